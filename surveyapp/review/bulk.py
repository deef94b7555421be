"""One decision about all submissions that a filter finds: looked at first, made in parts, taken back within a day.

Each submission is decided by the same rules as alone and gets an event of its own; which could not be decided is told.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy.orm import Session

from surveyapp.problems import REVIEW_STATE, Problem
from surveyapp.review.decide import Decision, Reviewer, decide
from surveyapp.store.bulk_reviews import (
    BulkItem,
    BulkReview,
    add_bulk_items,
    add_bulk_review,
    get_bulk_review,
    list_bulk_items,
    mark_bulk_undone,
)
from surveyapp.store.history import add_event, list_events
from surveyapp.store.listing import Filter, list_numbers
from surveyapp.store.quality_summaries import mark_unchecked
from surveyapp.store.reviews import Standing, get_standing, mark_state
from surveyapp.store.submissions import lock_submission

# So many submissions a transaction.
PART: Final = 500
SHOWN: Final = 20
UNDO: Final = datetime.timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A submission that stays as it is, and why."""

    submission_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Part:
    """What became of some submissions. `last` is the highest number that was looked at, None at the end of the list."""

    last: int | None
    decided: tuple[int, ...]
    skipped: tuple[Skipped, ...]


def try_part(
    session: Session,
    form_pk: int,
    wanted: Filter,
    decision: Decision,
    reviewer: Reviewer,
    *,
    up_to: int,
    limit: int = SHOWN,
) -> Part:
    """What the decision would do to the first submissions that the filter finds. Everything is tried and taken back:
    the session can be used on.
    """
    numbers = list_numbers(session, form_pk, reviewer.reach, wanted, after=0, up_to=up_to, limit=limit)
    return _decide_each(session, form_pk, numbers, decision, reviewer, keep=None)


def start_bulk(session: Session, form_pk: int, asked: Mapping[str, Any], reviewer: Reviewer) -> int:
    """Note that a decision about many begins; its number. `asked` is the filter and the decision as JSON."""
    return add_bulk_review(session, form_pk, dict(asked), reviewer.actor, reviewer.at)


def decide_part(
    session: Session,
    form_pk: int,
    bulk_id: int,
    wanted: Filter,
    decision: Decision,
    reviewer: Reviewer,
    *,
    after: int,
    up_to: int,
) -> Part:
    """Decide about the next submissions that the filter finds, numbered above `after` and not above `up_to`."""
    numbers = list_numbers(session, form_pk, reviewer.reach, wanted, after=after, up_to=up_to, limit=PART)
    part = _decide_each(session, form_pk, numbers, decision, reviewer, keep=bulk_id)
    return part if len(numbers) == PART else replace(part, last=None)


def _decide_each(
    session: Session,
    form_pk: int,
    numbers: Sequence[int],
    decision: Decision,
    reviewer: Reviewer,
    *,
    keep: int | None,
) -> Part:
    """Decide each; `keep` is the number of the bulk decision, None to take everything back."""
    items: list[BulkItem] = []
    skipped: list[Skipped] = []
    for number in numbers:
        before = get_standing(session, form_pk, number, reviewer.reach)
        try:
            with session.begin_nested() as point:
                event = decide(session, form_pk, number, decision, reviewer)
                if keep is None:
                    point.rollback()
        except Problem as refused:
            skipped.append(Skipped(number, refused.detail))
            continue
        items.append(_item(before, event.number))
    if keep is not None:
        add_bulk_items(session, keep, items)
    last = numbers[-1] if numbers else None
    return Part(last, tuple(item.submission_id for item in items), tuple(skipped))


def _item(before: Standing, event_number: int) -> BulkItem:
    return BulkItem(before.id, before.state, before.reviewed_by, before.reviewed_at, event_number)


def start_undo(session: Session, form_pk: int, bulk_id: int, reviewer: Reviewer) -> BulkReview:
    """Begin to take a bulk decision back.

    Raises:
        Problem: BULK_NOT_FOUND, also for somebody else's unless an admin asks; REVIEW_STATE after a day, or twice.
    """
    bulk = get_bulk_review(session, form_pk, bulk_id)
    if not reviewer.admin and bulk.actor != reviewer.actor:
        raise Problem(REVIEW_STATE, "Who made a bulk decision takes it back, or an admin.")
    if bulk.undone_at is not None or reviewer.at - bulk.at > UNDO:
        raise Problem(REVIEW_STATE, "It was taken back before, or is older than a day.")
    mark_bulk_undone(session, bulk_id, reviewer.at)
    return bulk


def undo_part(session: Session, form_pk: int, bulk_id: int, reviewer: Reviewer, *, after: int) -> Part:
    """Bring the next submissions back to where they stood; one to which something happened since stays."""
    items = list_bulk_items(session, bulk_id, after, PART)
    undone: list[int] = []
    skipped: list[Skipped] = []
    for item in items:
        lock_submission(session, item.submission_id)
        reason = _reason_to_stay(session, form_pk, item, reviewer)
        if reason:
            skipped.append(Skipped(item.submission_id, reason))
            continue
        at = item.former_reviewed_at
        state = get_standing(session, form_pk, item.submission_id, reviewer.reach).state
        mark_state(session, item.submission_id, item.former, item.former_reviewer, at)
        if "rejected" in (state, item.former):
            mark_unchecked(session, [item.submission_id])
        add_event(
            session,
            item.submission_id,
            at=reviewer.at,
            actor=reviewer.actor,
            channel=reviewer.channel,
            kind="undone",
            detail={"from": state, "to": item.former, "bulk": bulk_id},
        )
        undone.append(item.submission_id)
    last = items[-1].submission_id if len(items) == PART else None
    return Part(last, tuple(undone), tuple(skipped))


def _reason_to_stay(session: Session, form_pk: int, item: BulkItem, reviewer: Reviewer) -> str:
    try:
        standing = get_standing(session, form_pk, item.submission_id, reviewer.reach)
    except Problem as refused:
        return refused.detail
    last = [event for event in list_events(session, item.submission_id) if event.kind not in ASIDE][-1]
    same = last.number == item.event_number and last.detail["version"] == standing.current_number
    return "" if same else "Something happened to it since."


# What is said of a submission does not change where it stands.
ASIDE: Final = (
    *("comment", "comment_resolved", "comment_reopened", "comment_struck"),
    *("acknowledged", "finding_reopened"),
)
