"""The history of a submission: what phones sent, what the office did and which exports held it, in one line; and the
proof that it is whole.

What phones sent is told by the versions, which are only added: it is read from them, not written a second time.
"""

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from sqlalchemy.orm import Session

from surveyapp.review.decide import Reviewer
from surveyapp.review.states import DECISIONS
from surveyapp.store.exported import Exported, add_exported, list_exported
from surveyapp.store.history import FIRST, Event, add_event, hash_event, list_events, list_record_hashes
from surveyapp.store.listing import Sent, list_history
from surveyapp.store.submissions import Version

# (path with repeat indices, before, after)
Change: TypeAlias = tuple[str, str, str]
KINDS: Final = {"original": "received", "edit": "version", "predecessor": "predecessor"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history. `number` is that of the event, None for what is read from the versions."""

    at: datetime.datetime
    kind: str
    actor: str
    channel: str
    reason: str = ""
    number: int | None = None
    version: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()


def read_history(
    session: Session, form_pk: int, submission_id: int, compare: Callable[[Version, Version], Sequence[Change]]
) -> list[Entry]:
    """Everything that happened to a submission, oldest first; `compare` tells what differs between two versions."""
    events = list_events(session, submission_id)
    by_version = {event.detail.get("version"): event for event in events if event.kind == "edited"}
    sent = _read_versions(list_history(session, form_pk, submission_id), by_version, compare)
    done = [
        Entry(event.at, event.kind, event.actor, event.channel, event.reason, event.number, None, event.detail)
        for event in events
        if event.kind != "edited"
    ]
    taken = [
        Entry(one.at, "exported", one.actor, "export", detail={"export": one.export_id, "file": one.file_name})
        for one in list_exported(session, form_pk, submission_id)
    ]
    # What came and was decided in the same moment came first.
    return sorted([*sent, *done, *taken], key=lambda entry: (entry.at, entry.number or 0))


def _read_versions(
    sent: Sequence[Sent], edited: Mapping[Any, Event], compare: Callable[[Version, Version], Sequence[Change]]
) -> list[Entry]:
    entries: list[Entry] = []
    current: Version | None = None
    for one in sent:
        version, event = one.version, edited.get(one.version.number)
        kind = KINDS.get(version.kind, "copy")
        changes: Sequence[Change] = ()
        if kind == "version" and current is not None:
            changes = compare(current, version)
        if kind in ("received", "version"):
            current = version
        entries.append(
            Entry(
                one.received_at,
                kind if event is None else "edited",
                f"phone:{one.device}" if event is None and one.device else event.actor if event else "",
                "collect" if event is None else event.channel,
                "" if event is None else event.reason,
                None if event is None else event.number,
                version.number,
                {"instance_id": version.instance_id} if event is None else event.detail,
                tuple(changes),
            )
        )
    return entries


def find_former_decision(session: Session, submission_id: int) -> str:
    """What was last decided about a submission, whatever arrived since; '' where nothing was."""
    states = [event.detail["to"] for event in list_events(session, submission_id) if event.kind in ("state", "undone")]
    decided = [state for state in states if DECISIONS.get(state, False)]
    return decided[-1] if decided else ""


def note_edit(
    session: Session, submission_id: int, detail: Mapping[str, Any], reviewer: Reviewer, reason: str
) -> Event:
    """That the office made the version which is current now: `detail` says which answers and rows it changed. What the
    answers were stands in the versions alone: the history is never purged, they are.
    """
    return add_event(
        session,
        submission_id,
        at=reviewer.at,
        actor=reviewer.actor,
        channel=reviewer.channel,
        kind="edited",
        reason=reason,
        detail=detail,
    )


def note_export(session: Session, form_pk: int, export: Exported, numbers: Iterable[int]) -> None:
    """That an export holds these submissions: each of them tells so in its history."""
    add_exported(session, form_pk, export, numbers)


@dataclass(frozen=True, slots=True)
class Proof:
    """`events` hang together; `broken_at` is the number of the first that does not, `why` what is wrong with it."""

    events: int
    head: str
    broken_at: int | None = None
    why: str = ""


def verify_history(session: Session, submission_id: int) -> Proof:
    """Whether no event was changed or taken out, and the records that they name are still those bytes.

    A record that was purged cannot be looked at any more and breaks nothing.
    """
    head, count = FIRST, 0
    records = list_record_hashes(session, submission_id)
    for event in list_events(session, submission_id):
        fault = _fault(event, count + 1, head, records)
        if fault:
            return Proof(count, head, event.number, fault)
        head, count = event.hash, count + 1
    return Proof(count, head)


def _fault(event: Event, number: int, head: str, records: Mapping[int, str]) -> str:
    if event.number != number:
        return f"event {number} is missing"
    if event.previous_hash != head:
        return "it does not follow the event before it"
    content = {name: getattr(event, name) for name in ("submission_id", "number", "at", "actor", "channel", "kind")}
    if event.hash != hash_event({**content, "reason": event.reason, "detail": event.detail}, head):
        return "it was changed"
    version = event.detail["version"]
    if records and records.get(version) != event.detail["record"]:
        return f"the record of version {version} is not the one that was there"
    return ""
