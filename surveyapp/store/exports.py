"""Exports that were asked for, and what became of them."""

import datetime
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from surveyapp.problems import EXPORT_NOT_FOUND, Problem
from surveyapp.sentences import say
from surveyapp.store.reach import Reach
from surveyapp.store.tables import exports


@dataclass(frozen=True, slots=True)
class Export:
    """One export. `state` is queued, running, done, failed or cancelled; `done` of `total` rows are written.

    `reach` says whose submissions it holds, as `surveyapp.store.reach.Reach` in JSON; None means all.
    """

    id: str
    form_pk: int
    options: dict[str, Any]
    asked_by: str
    reach: dict[str, Any] | None
    state: str
    done: int
    total: int
    file_name: str
    error: str
    created_at: datetime.datetime
    finished_at: datetime.datetime | None


def add_export(
    session: Session, export_id: str, form_pk: int, options: dict[str, Any], now: datetime.datetime, **columns: Any
) -> None:
    """A new export, queued; `columns` are asked_by and reach."""
    values = {"id": export_id, "form_pk": form_pk, "options": options, "state": "queued", "created_at": now}
    session.execute(insert(exports).values(**values, **columns))


def find_export(session: Session, export_id: str) -> Export | None:
    """The export with this id."""
    row = session.execute(select(exports).where(exports.c.id == export_id)).one_or_none()
    return None if row is None else Export(*row)


def get_export(session: Session, export_id: str, form_pk: int, actor: str, reach: Reach) -> Export:
    """The export with this id, of this form, when somebody may fetch it: see list_given_exports.

    Raises:
        Problem: EXPORT_NOT_FOUND.
    """
    export = find_export(session, export_id)
    if export is None or export.form_pk != form_pk or not _is_given(export, actor, reach):
        raise Problem(EXPORT_NOT_FOUND, say("The form has no export {export_id!r}.", export_id=export_id))
    return export


def list_exports(session: Session, form_pk: int) -> list[Export]:
    """The exports of a form, newest first."""
    rows = session.execute(select(exports).where(exports.c.form_pk == form_pk).order_by(exports.c.created_at.desc()))
    return [Export(*row) for row in rows]


def list_given_exports(session: Session, form_pk: int, actor: str, reach: Reach) -> list[Export]:
    """The exports of a form that somebody may fetch, newest first: all, or the own ones with nothing in them beyond the
    reach that they have now.
    """
    return [export for export in list_exports(session, form_pk) if _is_given(export, actor, reach)]


def _is_given(export: Export, actor: str, reach: Reach) -> bool:
    return reach.everything or (export.asked_by == actor and reach.covers(Reach.from_json(export.reach)))


def mark_export(session: Session, export_id: str, *, only_from: tuple[str, ...] = (), **columns: Any) -> bool:
    """Change an export, if `only_from` is empty or names its state; whether it was changed."""
    statement = update(exports).where(exports.c.id == export_id)
    if only_from:
        statement = statement.where(exports.c.state.in_(only_from))
    return bool(session.execute(statement.values(columns).returning(exports.c.id)).all())


def list_finished_before(session: Session, moment: datetime.datetime) -> list[Export]:
    """Exports that ended before `moment`."""
    rows = session.execute(select(exports).where(exports.c.finished_at < moment))
    return [Export(*row) for row in rows]


def remove_export(session: Session, export_id: str) -> None:
    """Forget an export."""
    session.execute(delete(exports).where(exports.c.id == export_id))


def list_exports_in_state(session: Session, state: str) -> list[Export]:
    """The exports of all forms that are in `state`, oldest first."""
    rows = session.execute(select(exports).where(exports.c.state == state).order_by(exports.c.created_at))
    return [Export(*row) for row in rows]
