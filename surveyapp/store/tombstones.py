"""Submissions removed: what is left of one that was purged is its number, its instance id, who deleted it and why, and
its history.
"""

import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from surveyapp.store.review_tables import submission_events
from surveyapp.store.schema import core_tables
from surveyapp.store.tables import form_attachments, submission_attachments, submission_versions, submissions

s = submissions.c
v = submission_versions.c


def mark_purged(session: Session, submission_id: int, at: datetime.datetime) -> list[str]:
    """Remove all that hangs on a submission but its history; the SHA-256 of the files that nothing names any more."""
    versions = select(v.id).where(v.submission_id == submission_id)
    names = submission_attachments.c
    own = select(names.sha256).where(names.submission_version_id.in_(versions))
    files = set(session.execute(own).scalars())
    _remove_belongings(session, submission_id)
    session.execute(update(submissions).where(s.id == submission_id).values(purged_at=at))
    return sorted(files - _still_named(session, files))


def remove_submission(session: Session, submission_id: int) -> None:
    """Remove a submission that has no history yet, and all that hangs on it but its answers."""
    _remove_belongings(session, submission_id)
    session.execute(delete(submissions).where(s.id == submission_id))


def _remove_belongings(session: Session, submission_id: int) -> None:
    versions = select(v.id).where(v.submission_id == submission_id)
    for table in reversed(core_tables().sorted_tables):
        if "submission_version_id" in table.c:
            session.execute(delete(table).where(table.c.submission_version_id.in_(versions)))
        elif "submission_id" in table.c and table is not submission_events:
            session.execute(delete(table).where(table.c.submission_id == submission_id))


def _still_named(session: Session, files: set[str]) -> set[str]:
    found: set[str] = set()
    for column in (submission_attachments.c.sha256, form_attachments.c.sha256):
        statement: Any = select(column).where(column.in_(sorted(files)))
        found |= set(session.execute(statement).scalars())
    return found


def list_tombstones(session: Session, form_pk: int) -> list[tuple[int, str, str, str, datetime.datetime, Any]]:
    """The deletion log of a form by number: (number, instance id, by whom, why, deleted at, purged at or None)."""
    columns = (s.id, s.instance_id, s.deleted_by, s.delete_reason, s.deleted_at, s.purged_at)
    rows = session.execute(select(*columns).where(s.form_pk == form_pk, s.deleted_at.is_not(None)).order_by(s.id))
    return [tuple(row) for row in rows]
