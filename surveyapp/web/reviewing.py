"""What doors for programs and doors for people do alike when somebody reviews."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from surveyapp.audit import note
from surveyapp.collect.changes import list_changes
from surveyapp.collect.office_edit import Clash, Edited, OfficeEdit, edit_answers
from surveyapp.collect.reading import read_version
from surveyapp.problems import REVIEW_INCOMPLETE, Problem
from surveyapp.review.bulk import Part, Skipped, decide_part, start_bulk, start_undo, undo_part
from surveyapp.review.decide import Decision, Reviewer
from surveyapp.review.history import Change, Entry, note_edit, read_history
from surveyapp.store.forms import Form
from surveyapp.store.history import Event
from surveyapp.store.listing import Filter
from surveyapp.store.reviews import get_standing
from surveyapp.store.submissions import Version
from surveyapp.web.current import database, files, now
from surveyapp.web.identity import Access

# Nobody has decided yet: an edit needs no reason.
UNDECIDED = ("received", "in_review")


def reviewer_of(access: Access, channel: str) -> Reviewer:
    """Somebody who reviews through `channel` (office, api)."""
    return Reviewer(access.who.actor, access.reach, access.may("remove"), channel, now())


def get_history(session: Session, form: Form, submission_id: int) -> list[Entry]:
    """The history of a submission, with what each version changed."""

    def compare(old: Version, new: Version) -> Sequence[Change]:
        return list_changes(read_version(session, form, old)[0], read_version(session, form, new)[0])

    return read_history(session, form.id, submission_id, compare)


def note_event(session: Session, access: Access, form: Form, event: Event) -> None:
    """A line in the log of the project, which also keeps the head of the submission's own history."""
    detail: dict[str, Any] = {"form": form.form_id, "event": event.number, "hash": event.hash, **event.detail}
    subject = str(event.submission_id)
    action = f"submission.{event.detail.get('to') or event.kind}"
    note(session, access.who, action, at=event.at, project=access.project.slug, subject=subject, detail=detail)


def edit(
    session: Session, access: Access, form: Form, submission_id: int, wanted: OfficeEdit, channel: str
) -> Edited | Clash:
    """Edit answers, and keep who did it and why.

    Raises:
        Problem: as edit_answers; REVIEW_INCOMPLETE without a reason once somebody has decided.
    """
    standing = get_standing(session, form.id, submission_id, access.reach)
    if standing.state not in UNDECIDED and not wanted.reason.strip():
        raise Problem(REVIEW_INCOMPLETE, "Somebody has decided about it: a reason is needed for an edit.")
    done = edit_answers(session, files(), form, submission_id, wanted, now())
    if isinstance(done, Edited) and done.changes:
        paths = [path for path, _, _ in done.changes]
        event = note_edit(
            session,
            submission_id,
            paths,
            actor=access.who.actor,
            channel=channel,
            reason=wanted.reason.strip(),
            at=now(),
        )
        note_event(session, access, form, event)
    return done


# -- many at once -----------------------------------------------------------------------------------------------------
def decide_many(
    access: Access, form: Form, wanted: Filter, decision: Decision, up_to: int, channel: str
) -> tuple[int, Part]:
    """Decide about all that a filter finds, a transaction for each part; the number by which it can be undone."""
    reviewer = reviewer_of(access, channel)
    where = {name: str(value) for name, value in asdict(wanted).items() if value}
    asked = {"where": where, "to": decision.to, "comment": decision.comment}

    def start(session: Session) -> int:
        number = start_bulk(session, form.id, asked, reviewer)
        detail = {"form": form.form_id, "bulk": number, "to": decision.to}
        note(session, access.who, "submission.bulk", at=now(), project=access.project.slug, detail=detail)
        return number

    number = database().write(start)

    def go_on(after: int, session: Session) -> Part:
        return decide_part(session, form.id, number, wanted, decision, reviewer, after=after, up_to=up_to)

    return number, _in_parts(go_on)


def undo_many(access: Access, form: Form, number: int, channel: str) -> Part:
    """Take a decision about many back, a transaction for each part."""
    reviewer = reviewer_of(access, channel)

    def start(session: Session) -> None:
        start_undo(session, form.id, number, reviewer)
        detail = {"form": form.form_id, "bulk": number}
        note(session, access.who, "submission.bulk_undone", at=now(), project=access.project.slug, detail=detail)

    database().write(start)
    return _in_parts(lambda after, session: undo_part(session, form.id, number, reviewer, after=after))


def _in_parts(go_on: Callable[[int, Session], Part]) -> Part:
    after: int | None = 0
    decided: list[int] = []
    skipped: list[Skipped] = []
    while after is not None:
        part = database().write(partial(go_on, after))
        decided += part.decided
        skipped += part.skipped
        after = part.last
    return Part(None, tuple(decided), tuple(skipped))
