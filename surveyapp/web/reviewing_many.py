"""What doors for programs and doors for people do alike when somebody treats many submissions at once."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from surveyapp.audit import note
from surveyapp.collect.office_edit import OfficeEdit, bring_back
from surveyapp.problems import REVIEW_INCOMPLETE, Problem
from surveyapp.review.bulk import (
    MOST_EDITED,
    Act,
    Done,
    Part,
    Skipped,
    deciding,
    start_bulk,
    start_undo,
    treat_part,
    undo_part,
)
from surveyapp.review.decide import Decision
from surveyapp.sentences import say
from surveyapp.store.forms import Form
from surveyapp.store.listing import Filter, count_up_to
from surveyapp.store.reviews import get_standing
from surveyapp.store.submissions import get_current_version, get_version
from surveyapp.web.current import database, files, now
from surveyapp.web.identity import Access
from surveyapp.web.reviewing import edit_with_event, note_bringing_back, reviewer_of


@dataclass(frozen=True, slots=True)
class AnswerForAll:
    """One answer that shall stand in many submissions: the path of its question, the text, and why."""

    path: str
    text: str
    reason: str
    keep_odd: bool = False


def editing(access: Access, form: Form, answer: AnswerForAll, channel: str) -> Act:
    """To set that answer in each, by the rules of its form version."""

    def act(session: Session, number: int) -> Done | None:
        base = get_standing(session, form.id, number, access.reach).current_number
        wanted = OfficeEdit(base, {answer.path: answer.text}, answer.reason, keep_odd=answer.keep_odd)
        done, event = edit_with_event(session, access, form, number, wanted, channel)
        return None if event is None else Done(event, getattr(done, "changes", ()))

    return act


def decide_many(
    access: Access, form: Form, wanted: Filter, decision: Decision, up_to: int, channel: str
) -> tuple[int, Part]:
    """Decide about all that a filter finds, a transaction for each part; the number by which it can be undone."""
    names = ("to", "comment", "reason_code", "override")
    asked = {name: getattr(decision, name) for name in names if getattr(decision, name)}
    act = deciding(form.id, decision, reviewer_of(access, channel))
    return _treat_many(access, form, wanted, act, asked, up_to, channel=channel)


def edit_many(
    access: Access, form: Form, wanted: Filter, answer: AnswerForAll, up_to: int, channel: str
) -> tuple[int, Part]:
    """Set one answer in all that a filter finds, likewise.

    Raises:
        Problem: REVIEW_INCOMPLETE without a reason, or where they are too many for one request.
    """
    with database().reading() as session:
        check_edit(session, access, form, wanted, answer)
    act = editing(access, form, answer, channel)
    return _treat_many(access, form, wanted, act, asdict(answer), up_to, channel=channel)


def check_edit(session: Session, access: Access, form: Form, wanted: Filter, answer: AnswerForAll) -> None:
    """Whether an answer may be set in all that a filter finds.

    Raises:
        Problem: REVIEW_INCOMPLETE.
    """
    if not answer.reason.strip():
        raise Problem(REVIEW_INCOMPLETE, "A reason is needed for an edit of many.")
    if count_up_to(session, form.id, access.reach, wanted, MOST_EDITED) > MOST_EDITED:
        remedy = say("Narrow the filter, or write a rule of cleaning: it also holds for what is sent later.")
        raise Problem(
            REVIEW_INCOMPLETE,
            say("An answer is set in {most_edited:,} submissions at most.", most_edited=MOST_EDITED),
            remedy=remedy,
        )


def _treat_many(
    access: Access,
    form: Form,
    wanted: Filter,
    act: Act,
    asked: Mapping[str, Any],
    up_to: int,
    *,
    channel: str,
) -> tuple[int, Part]:
    reviewer = reviewer_of(access, channel)
    where = {name: str(value) for name, value in asdict(wanted).items() if value}

    def start(session: Session) -> int:
        number = start_bulk(session, form.id, {"where": where, **asked}, reviewer)
        told = {name: asked[name] for name in ("to", "path") if name in asked}
        detail = {"form": form.form_id, "bulk": number, **told}
        note(session, access.who, "submission.bulk", at=now(), project=access.project.slug, detail=detail)
        return number

    number = database().write(start)

    def go_on(after: int, session: Session) -> Part:
        return treat_part(
            session, form.id, number, wanted, act, reviewer, after=after, up_to=up_to, edits="path" in asked
        )

    return number, _in_parts(go_on)


def undo_many(access: Access, form: Form, number: int, channel: str) -> Part:
    """Take a decision about many, or an answer set in many, back, a transaction for each part."""
    reviewer = reviewer_of(access, channel)

    def start(session: Session) -> bool:
        bulk = start_undo(session, form.id, number, reviewer)
        detail = {"form": form.form_id, "bulk": number}
        note(session, access.who, "submission.bulk_undone", at=now(), project=access.project.slug, detail=detail)
        return "path" in bulk.asked

    def revert(session: Session, submission_id: int) -> None:
        current = get_current_version(session, form.id, submission_id)
        former = get_version(session, form.id, current.deprecated_id or "")
        done = bring_back(session, files(), form, submission_id, former.number, reviewer.at)
        note_bringing_back(session, access, form, submission_id, done, reviewer)

    reverting = revert if database().write(start) else None
    return _in_parts(lambda after, session: undo_part(session, form.id, number, reviewer, reverting, after=after))


def _in_parts(go_on: Callable[[int, Session], Part]) -> Part:
    after: int | None = 0
    decided: list[int] = []
    skipped: list[Skipped] = []
    while after is not None:
        part = database().write(partial(go_on, after))
        decided += part.decided
        skipped += part.skipped
        after = part.last
    return Part(None, tuple(decided), tuple(skipped), {})
