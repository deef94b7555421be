"""Options of exports that people keep under a name, so that the same export can be asked for again.

Whoever may export sees those of a form and keeps own ones; a name is taken once a form. Own ones can be changed and
deleted, and by admins any.
"""

import datetime
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy.orm import Session

from surveyapp.export.options import ExportOptions
from surveyapp.export.query import check_query
from surveyapp.problems import EXPORT_DEFINITION_EXISTS, EXPORT_OPTION, NOT_ALLOWED, Problem
from surveyapp.sentences import say
from surveyapp.store.export_definitions import (
    ExportDefinition,
    add_export_definition,
    find_export_definition,
    get_export_definition,
    get_named_definition,
    mark_export_definition,
    remove_export_definition,
)
from surveyapp.store.forms import Form, get_definition, list_form_versions

LONGEST_NAME: Final = 100
# How the server writes is its own affair.
_OF_SERVER: Final = frozenset({"writer", "address"})


def save_definition(
    session: Session, form: Form, name: str, options: Mapping[str, Any], who: str, now: datetime.datetime
) -> ExportDefinition:
    """Keep the options under a name.

    Raises:
        Problem: EXPORT_OPTION for a name or an option that cannot be; EXPORT_DEFINITION_EXISTS.
    """
    name, asked = _check(session, form, name, options, 0)
    number = add_export_definition(session, form.id, name, asked, who, now)
    return ExportDefinition(number, form.id, name, asked, who, now)


def change_definition(
    session: Session, form: Form, number: int, name: str, options: Mapping[str, Any], who: str, *, anybodys: bool
) -> ExportDefinition:
    """Keep other options, or another name; `anybodys` says whether those that others made may be changed.

    Raises:
        Problem: EXPORT_DEFINITION_NOT_FOUND, NOT_ALLOWED; EXPORT_OPTION, EXPORT_DEFINITION_EXISTS.
    """
    found = _get_own(session, form, number, who, anybodys)
    name, asked = _check(session, form, name, options, number)
    mark_export_definition(session, number, name, asked)
    return replace(found, name=name, options=asked)


def _check(
    session: Session, form: Form, name: str, options: Mapping[str, Any], number: int
) -> tuple[str, dict[str, Any]]:
    """The name and the options as they are kept; `number` is that of the definition itself, 0 for a new one."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        remedy = say("Use a name of 1 to {longest_name} characters, in one line.", longest_name=LONGEST_NAME)
        raise Problem(EXPORT_OPTION, "The export definition has no name that can be kept.", remedy=remedy)
    taken = find_export_definition(session, form.id, name)
    if taken is not None and taken.id != number:
        raise Problem(
            EXPORT_DEFINITION_EXISTS, say("The form has an export definition called {name!r} already.", name=name)
        )
    asked = {option: value for option, value in options.items() if option not in _OF_SERVER}
    # Whether links can be made is known when the export is asked for.
    read = ExportOptions.from_json({**asked, "address": options.get("address") or "-"})
    check_query(read.query, [get_definition(session, version) for version in list_form_versions(session, form)])
    protection = read.protection
    if protection is not None and protection.accept_risk:
        remedy = say("Say the reason when the export is asked for.")
        raise Problem(EXPORT_OPTION, "A risk is accepted for one export, never for all to come.", remedy=remedy)
    return name, asked


def _get_own(session: Session, form: Form, number: int, who: str, anybodys: bool) -> ExportDefinition:
    found = get_export_definition(session, form.id, number)
    if not anybodys and found.made_by != who:
        raise Problem(NOT_ALLOWED, "Somebody else made this export definition.")
    return found


def drop_definition(session: Session, form: Form, number: int, who: str, *, anybodys: bool) -> ExportDefinition:
    """Forget one; `anybodys` says whether those that others made may be forgotten.

    Raises:
        Problem: EXPORT_DEFINITION_NOT_FOUND, NOT_ALLOWED.
    """
    found = _get_own(session, form, number, who, anybodys)
    remove_export_definition(session, found.id)
    return found


def lay_under(session: Session, form: Form, name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the definition called `name`, and over them those that are asked for besides; '' for none.

    Raises:
        Problem: EXPORT_DEFINITION_NOT_FOUND.
    """
    return {**(get_named_definition(session, form.id, name).options if name else {}), **options}
