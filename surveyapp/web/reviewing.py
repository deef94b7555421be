"""What doors for programs and doors for people do alike when somebody reviews."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from surveyapp.audit import note
from surveyapp.collect.changes import compare_versions
from surveyapp.collect.office_edit import Clash, Edited, OfficeEdit, edit_answers
from surveyapp.problems import REVIEW_INCOMPLETE, Problem
from surveyapp.review.decide import Reviewer
from surveyapp.review.history import Change, Entry, note_edit, read_history
from surveyapp.store.forms import Form
from surveyapp.store.history import Event
from surveyapp.store.reviews import get_standing
from surveyapp.store.submissions import Version
from surveyapp.web.current import files, now
from surveyapp.web.identity import Access

# Nobody has decided yet: an edit needs no reason.
UNDECIDED = ("received", "in_review")


def reviewer_of(access: Access, channel: str) -> Reviewer:
    """Somebody who reviews through `channel` (office, api)."""
    return Reviewer(access.who.actor, access.reach, access.may("remove"), channel, now())


def get_history(session: Session, form: Form, submission_id: int) -> list[Entry]:
    """The history of a submission, with what each version changed."""

    def compare(old: Version, new: Version) -> Sequence[Change]:
        return compare_versions(session, form, old, new).changes

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
    return edit_with_event(session, access, form, submission_id, wanted, channel)[0]


def edit_with_event(
    session: Session, access: Access, form: Form, submission_id: int, wanted: OfficeEdit, channel: str
) -> tuple[Edited | Clash, Event | None]:
    """The same, with the event that tells of it; None where nothing was changed."""
    standing = get_standing(session, form.id, submission_id, access.reach)
    if standing.state not in UNDECIDED and not wanted.reason.strip():
        raise Problem(REVIEW_INCOMPLETE, "Somebody has decided about it: a reason is needed for an edit.")
    done = edit_answers(session, files(), form, submission_id, wanted, now())
    if isinstance(done, Clash) or not done.made:
        return done, None
    event = _note_edit(session, reviewer_of(access, channel), submission_id, done, wanted.reason)
    note_event(session, access, form, event)
    return done, event


def _note_edit(session: Session, reviewer: Reviewer, submission_id: int, done: Edited, reason: str) -> Event:
    detail = {
        "paths": [path for path, _, _ in done.changes],
        "rows_added": done.rows_added,
        "rows_removed": done.rows_removed,
        "form_version": done.form_version,
    }
    said = {name: value for name, value in detail.items() if value}
    return note_edit(session, submission_id, said, reviewer, reason.strip())


def note_bringing_back(
    session: Session, access: Access, form: Form, submission_id: int, done: Edited, reviewer: Reviewer
) -> None:
    """That the answers of a former version count again."""
    note_event(session, access, form, _note_edit(session, reviewer, submission_id, done, "Taken back"))
