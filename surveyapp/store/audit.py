"""The log of what was changed, by whom: append-only, each line bound to the one before it by its hash."""

import datetime
import hashlib
import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from surveyapp.store.people_tables import audit_log

FIRST: Final = "0" * 64
# Lines are chained, so that they are written one after the other, on PostgreSQL behind this lock.
LOCK: Final = text("SELECT pg_advisory_xact_lock(7300184205)")

c = audit_log.c


@dataclass(frozen=True, slots=True)
class AuditLine:
    """Who did what to which thing of which project, when and from where."""

    id: int
    at: datetime.datetime
    actor: str
    address: str
    action: str
    project: str
    subject: str
    detail: Mapping[str, Any]
    previous_hash: str
    hash: str


def hash_line(line: Mapping[str, Any], previous_hash: str) -> str:
    """SHA-256 over the line and the hash of the one before it, as canonical JSON."""
    at = line["at"].astimezone(datetime.UTC).isoformat(timespec="microseconds")
    content = [at, *(line[name] for name in ("actor", "address", "action", "project", "subject", "detail"))]
    canonical = json.dumps([previous_hash, *content], ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def add_audit_line(session: Session, **line: Any) -> None:
    """One line: at, actor, address, action, project, subject, detail (a dict of JSON values)."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(LOCK)
    previous = session.execute(select(c.hash).order_by(c.id.desc()).limit(1)).scalar_one_or_none() or FIRST
    session.execute(insert(audit_log).values(**line, previous_hash=previous, hash=hash_line(line, previous)))


def list_audit_lines(
    session: Session,
    *,
    limit: int,
    project: str | None = None,
    actor: str | None = None,
    action: str | None = None,
    before: int | None = None,
) -> list[AuditLine]:
    """Lines, newest first: of one project, of one actor, of actions that begin so, older than the line `before`."""
    statement = select(audit_log).order_by(c.id.desc()).limit(limit)
    if project is not None:
        statement = statement.where(c.project == project)
    if actor is not None:
        statement = statement.where(c.actor == actor)
    if action is not None:
        statement = statement.where(c.action.startswith(action, autoescape=True))
    if before is not None:
        statement = statement.where(c.id < before)
    return [AuditLine(*row) for row in session.execute(statement)]


def list_whole_audit(session: Session) -> Generator[AuditLine, None, None]:
    """All lines, oldest first."""
    with session.execute(select(audit_log).order_by(c.id), execution_options={"yield_per": 500}) as result:
        for row in result:
            yield AuditLine(*row)
