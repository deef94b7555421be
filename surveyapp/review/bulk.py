"""One decision about all submissions that a filter finds, or one answer set in all of them: looked at first, made in
parts, taken back within a day.

Each submission is treated by the same rules as alone and gets an event of its own; which could not be is told.
"""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from sqlalchemy.orm import Session

from surveyapp.problems import EDIT_REFUSED, REVIEW_STATE, Problem
from surveyapp.review.decide import Decision, Reviewer, decide
from surveyapp.sentences import say
from surveyapp.store.bulk_reviews import (
    BulkItem,
    BulkReview,
    add_bulk_items,
    add_bulk_review,
    get_bulk_review,
    list_bulk_items,
    mark_bulk_undone,
)
from surveyapp.store.history import Event, add_event, list_events
from surveyapp.store.listing import Filter, list_numbers
from surveyapp.store.quality_summaries import mark_unchecked
from surveyapp.store.reviews import Standing, get_standing, mark_state
from surveyapp.store.submissions import lock_submission

# So many submissions a transaction; of edits, each of which judges a record, fewer: phones wait to send meanwhile.
PART: Final = 500
EDITED_PART: Final = 50
# An answer is set in so many at most: whoever asked waits for it.
MOST_EDITED: Final = 1_000
SHOWN: Final = 20
UNDO: Final = datetime.timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A submission that stays as it is, and why."""

    submission_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Done:
    """What was done with one submission: its event, and the answers that changed (path, before, after)."""

    event: Event
    changes: tuple[tuple[str, str, str], ...] = ()


# What is done with each submission; refusals are raised, None says that there was nothing to do.
Act: TypeAlias = Callable[[Session, int], Done | None]
NOTHING_TO_DO: Final = say("It says so already.")


@dataclass(frozen=True, slots=True)
class Part:
    """What became of some submissions. `last` is the highest number that was looked at, None at the end of the list.
    `changes` are the answers that changed, by submission, where it was only tried.
    """

    last: int | None
    decided: tuple[int, ...]
    skipped: tuple[Skipped, ...]
    changes: Mapping[int, tuple[tuple[str, str, str], ...]]


def deciding(form_pk: int, decision: Decision, reviewer: Reviewer) -> Act:
    """To decide so about each."""
    return lambda session, number: Done(decide(session, form_pk, number, decision, reviewer))


def try_part(
    session: Session,
    form_pk: int,
    wanted: Filter,
    act: Act,
    reviewer: Reviewer,
    *,
    up_to: int,
    limit: int = SHOWN,
) -> Part:
    """What would be done to the first submissions that the filter finds. Everything is tried and taken back: the
    session can be used on.
    """
    numbers = list_numbers(session, form_pk, reviewer.reach, wanted, after=0, up_to=up_to, limit=limit)
    return _treat_each(session, form_pk, numbers, act, reviewer, keep=None)


def start_bulk(session: Session, form_pk: int, asked: Mapping[str, Any], reviewer: Reviewer) -> int:
    """Note that a decision about many begins; its number. `asked` is the filter and the decision as JSON."""
    return add_bulk_review(session, form_pk, dict(asked), reviewer.actor, reviewer.at)


def treat_part(
    session: Session,
    form_pk: int,
    bulk_id: int,
    wanted: Filter,
    act: Act,
    reviewer: Reviewer,
    *,
    after: int,
    up_to: int,
    edits: bool = False,
) -> Part:
    """Treat the next submissions that the filter finds, numbered above `after` and not above `up_to`; fewer of them
    where `act` edits.
    """
    limit = EDITED_PART if edits else PART
    numbers = list_numbers(session, form_pk, reviewer.reach, wanted, after=after, up_to=up_to, limit=limit)
    part = _treat_each(session, form_pk, numbers, act, reviewer, keep=bulk_id)
    return part if len(numbers) == limit else replace(part, last=None)


def _treat_each(
    session: Session,
    form_pk: int,
    numbers: Sequence[int],
    act: Act,
    reviewer: Reviewer,
    *,
    keep: int | None,
) -> Part:
    """Treat each; `keep` is the number of the bulk decision, None to take everything back."""
    items: list[BulkItem] = []
    skipped: list[Skipped] = []
    changes: dict[int, tuple[tuple[str, str, str], ...]] = {}
    for number in numbers:
        before = get_standing(session, form_pk, number, reviewer.reach)
        try:
            with session.begin_nested() as point:
                done = act(session, number)
                if keep is None:
                    point.rollback()
        except Problem as refused:
            skipped.append(Skipped(number, _reason_of(refused)))
            continue
        if done is None:
            skipped.append(Skipped(number, NOTHING_TO_DO))
            continue
        items.append(_item(before, done.event.number))
        if keep is None:
            changes[number] = done.changes
    if keep is not None:
        add_bulk_items(session, keep, items)
    last = numbers[-1] if numbers else None
    return Part(last, tuple(item.submission_id for item in items), tuple(skipped), changes)


def _reason_of(refused: Problem) -> str:
    """Of an answer that cannot be given, what is wrong with it; else what was refused."""
    said = [str(error["message"]) for error in refused.errors if "message" in error]
    return said[0] if refused.kind is EDIT_REFUSED and said else refused.detail


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


def undo_part(
    session: Session,
    form_pk: int,
    bulk_id: int,
    reviewer: Reviewer,
    revert: Callable[[Session, int], object] | None,
    *,
    after: int,
) -> Part:
    """Bring the next submissions back to where they stood; one to which something happened since stays. `revert` brings
    the answers of one back, where they were set.
    """
    limit = PART if revert is None else EDITED_PART
    items = list_bulk_items(session, bulk_id, after, limit)
    undone: list[int] = []
    skipped: list[Skipped] = []
    for item in items:
        lock_submission(session, item.submission_id)
        reason = _reason_to_stay(session, form_pk, item, reviewer)
        if reason:
            skipped.append(Skipped(item.submission_id, reason))
            continue
        if revert is not None:
            revert(session, item.submission_id)
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
    last = items[-1].submission_id if len(items) == limit else None
    return Part(last, tuple(undone), tuple(skipped), {})


def _reason_to_stay(session: Session, form_pk: int, item: BulkItem, reviewer: Reviewer) -> str:
    try:
        standing = get_standing(session, form_pk, item.submission_id, reviewer.reach)
    except Problem as refused:
        return refused.detail
    last = [event for event in list_events(session, item.submission_id) if event.kind not in ASIDE][-1]
    same = last.number == item.event_number and last.detail["version"] == standing.current_number
    return "" if same else say("Something happened to it since.")


# What is said of a submission does not change where it stands.
ASIDE: Final = (
    *("comment", "comment_resolved", "comment_reopened", "comment_struck"),
    *("acknowledged", "finding_reopened"),
)
