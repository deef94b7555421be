"""What happened to a submission in the office: append-only, each event bound to the one before it by its hash.

An event also names the record that was current when it happened, by number and SHA-256.
"""

import datetime
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import and_, insert, select
from sqlalchemy.orm import Session

from surveyapp.store.review_tables import submission_events
from surveyapp.store.tables import submission_versions, submissions

FIRST: Final = "0" * 64

e = submission_events.c
s = submissions.c
v = submission_versions.c


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that was done, by whom (as the audit log names them), when, through what, and why."""

    submission_id: int
    number: int
    at: datetime.datetime
    actor: str
    channel: str
    kind: str
    reason: str
    detail: Mapping[str, Any]
    previous_hash: str
    hash: str


def hash_event(event: Mapping[str, Any], previous_hash: str) -> str:
    """SHA-256 over the event and the hash of the one before it, as canonical JSON."""
    at = event["at"].astimezone(datetime.UTC).isoformat(timespec="microseconds")
    names = ("submission_id", "number", "actor", "channel", "kind", "reason", "detail")
    content = [previous_hash, at, *(event[name] for name in names)]
    canonical = json.dumps(content, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def add_event(
    session: Session,
    submission_id: int,
    *,
    at: datetime.datetime,
    actor: str,
    channel: str,
    kind: str,
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
) -> Event:
    """One event more of a submission, which the caller has locked."""
    last = session.execute(
        select(e.number, e.hash).where(e.submission_id == submission_id).order_by(e.number.desc()).limit(1)
    ).one_or_none()
    number, previous = (1, FIRST) if last is None else (last.number + 1, last.hash)
    event: dict[str, Any] = {
        "submission_id": submission_id,
        "number": number,
        "at": at,
        "actor": actor,
        "channel": channel,
        "kind": kind,
        "reason": reason,
        "detail": {**(detail or {}), **_current_record(session, submission_id)},
    }
    digest = hash_event(event, previous)
    session.execute(insert(submission_events).values(**event, previous_hash=previous, hash=digest))
    return Event(**event, previous_hash=previous, hash=digest)


def _current_record(session: Session, submission_id: int) -> dict[str, Any]:
    row = session.execute(
        select(v.number, v.sha256)
        .join(submissions, and_(s.id == v.submission_id, s.current_number == v.number))
        .where(s.id == submission_id)
    ).one()
    return {"version": row.number, "record": row.sha256}


def list_events(session: Session, submission_id: int) -> list[Event]:
    """The events of a submission, oldest first."""
    columns = [column for column in submission_events.c if column.name != "id"]
    rows = session.execute(select(*columns).where(e.submission_id == submission_id).order_by(e.number))
    return [Event(*row) for row in rows]


def list_submissions_with_events(session: Session, form_pk: int) -> list[int]:
    """The numbers of the submissions of a form to which something happened."""
    statement = select(e.submission_id).join(submissions, s.id == e.submission_id).where(s.form_pk == form_pk)
    return list(session.execute(statement.distinct().order_by(e.submission_id)).scalars())


def list_record_hashes(session: Session, submission_id: int) -> dict[int, str]:
    """For each version of a submission the SHA-256 of its bytes, computed from them now."""
    rows = session.execute(select(v.number, v.content).where(v.submission_id == submission_id))
    return {row.number: hashlib.sha256(row.content).hexdigest() for row in rows}
