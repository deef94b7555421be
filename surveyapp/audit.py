"""The log of what was changed: a line for each change, and the proof that none was changed or taken out since.

What phones send needs no line: records are kept as rows that are only added, each with its hash.
"""

import datetime
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from surveyapp.store.audit import FIRST, add_audit_line, hash_line, list_whole_audit


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody, as the log names them: person:<login>, program:<name>, phone:<name>, command:<user>; and from where."""

    actor: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """`lines` hang together up to `head`, the hash of the last good one; `broken_at` is the first that does not.

    `has_head` tells whether the head that was asked for is among them.
    """

    lines: int
    head: str
    broken_at: int | None
    has_head: bool


def note(
    session: Session,
    who: Who,
    action: str,
    *,
    at: datetime.datetime,
    project: str = "",
    subject: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write down what is changed in this transaction: an action as `form.published`, of what, with which particulars.

    Secrets never go into `detail`.
    """
    add_audit_line(
        session,
        at=at,
        actor=who.actor,
        address=who.address,
        action=action,
        project=project,
        subject=subject,
        detail=dict(detail or {}),
    )


def verify_audit(session: Session, noted: str | None = None) -> Verification:
    """Whether each line still hangs on the one before it. A head that was `noted` earlier, elsewhere, also tells
    whether the end was cut off.
    """
    lines, head, has_head = 0, FIRST, noted in (None, FIRST)
    with closing(list_whole_audit(session)) as whole:
        for line in whole:
            content = {
                "at": line.at,
                "actor": line.actor,
                "address": line.address,
                "action": line.action,
                "project": line.project,
                "subject": line.subject,
                "detail": line.detail,
            }
            if line.previous_hash != head or line.hash != hash_line(content, head):
                return Verification(lines, head, line.id, has_head)
            lines, head, has_head = lines + 1, line.hash, has_head or line.hash == noted
    return Verification(lines, head, None, has_head)
