"""Options of exports kept under a name, and what was confirmed for de-identified exports."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from surveyapp.problems import EXPORT_DEFINITION_NOT_FOUND, Problem
from surveyapp.sentences import say
from surveyapp.store.export_tables import confirmed_protections, export_definitions

d = export_definitions.c
p = confirmed_protections.c


@dataclass(frozen=True, slots=True)
class ExportDefinition:
    """Options of an export of a form, under a name; `options` are as `ExportOptions.from_json` reads them."""

    id: int
    form_pk: int
    name: str
    options: dict[str, Any]
    made_by: str
    made_at: datetime.datetime


@dataclass(frozen=True, slots=True)
class ConfirmedProtection:
    """What an admin confirmed about a form; `content` is as `Protection.from_json` reads it."""

    content: dict[str, Any]
    confirmed_by: str
    confirmed_at: datetime.datetime


def add_export_definition(
    session: Session, form_pk: int, name: str, options: Mapping[str, Any], who: str, now: datetime.datetime
) -> int:
    """Keep options under a name that the form does not have yet; their number."""
    values = {"form_pk": form_pk, "name": name, "options": dict(options), "made_by": who, "made_at": now}
    number: int = session.execute(insert(export_definitions).values(values).returning(d.id)).scalar_one()
    return number


def list_export_definitions(session: Session, form_pk: int) -> list[ExportDefinition]:
    """Those of a form, by name."""
    rows = session.execute(select(export_definitions).where(d.form_pk == form_pk).order_by(d.name))
    return [ExportDefinition(*row) for row in rows]


def find_export_definition(session: Session, form_pk: int, name: str) -> ExportDefinition | None:
    """The one of that name."""
    row = session.execute(select(export_definitions).where(d.form_pk == form_pk, d.name == name)).one_or_none()
    return None if row is None else ExportDefinition(*row)


def get_named_definition(session: Session, form_pk: int, name: str) -> ExportDefinition:
    """The one of that name.

    Raises:
        Problem: EXPORT_DEFINITION_NOT_FOUND.
    """
    found = find_export_definition(session, form_pk, name)
    if found is None:
        raise Problem(EXPORT_DEFINITION_NOT_FOUND, say("The form has no export definition called {name!r}.", name=name))
    return found


def get_export_definition(session: Session, form_pk: int, number: int) -> ExportDefinition:
    """The one of that number.

    Raises:
        Problem: EXPORT_DEFINITION_NOT_FOUND.
    """
    row = session.execute(select(export_definitions).where(d.form_pk == form_pk, d.id == number)).one_or_none()
    if row is None:
        raise Problem(EXPORT_DEFINITION_NOT_FOUND, say("The form has no export definition {number}.", number=number))
    return ExportDefinition(*row)


def mark_export_definition(session: Session, number: int, name: str, options: Mapping[str, Any]) -> None:
    """Give one another name and other options; who made it stays."""
    session.execute(update(export_definitions).where(d.id == number).values(name=name, options=dict(options)))


def remove_export_definition(session: Session, number: int) -> None:
    """Forget one; exports that were asked for with it keep their options."""
    session.execute(delete(export_definitions).where(d.id == number))


def add_confirmed_protection(
    session: Session, form_pk: int, content: Mapping[str, Any], who: str, now: datetime.datetime
) -> None:
    """Keep what was confirmed; from now on it counts."""
    values = {"form_pk": form_pk, "content": dict(content), "confirmed_by": who, "confirmed_at": now}
    session.execute(insert(confirmed_protections).values(values))


def find_confirmed_protection(session: Session, form_pk: int) -> ConfirmedProtection | None:
    """What was confirmed last."""
    statement = select(p.content, p.confirmed_by, p.confirmed_at).where(p.form_pk == form_pk)
    row = session.execute(statement.order_by(p.id.desc()).limit(1)).one_or_none()
    return None if row is None else ConfirmedProtection(*row)
