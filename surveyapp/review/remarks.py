"""What is said of a submission: comments, and findings that are acknowledged."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from surveyapp.problems import FINDING_NOT_FOUND, REVIEW_INCOMPLETE, Problem
from surveyapp.review.decide import Reviewer
from surveyapp.review.mentions import note_mentions
from surveyapp.sentences import say
from surveyapp.store.comments import add_comment, get_comment, mark_comment_resolved, mark_comment_struck
from surveyapp.store.history import Event, add_event
from surveyapp.store.quality import QualityRow, get_quality_finding, mark_acknowledged, mark_reopened
from surveyapp.store.reviews import add_acknowledgement, get_standing, list_weighed
from surveyapp.store.submissions import lock_submission


def comment(
    session: Session,
    form_pk: int,
    submission_id: int,
    path: str,
    content: str,
    reviewer: Reviewer,
    *,
    for_field: bool = False,
) -> int:
    """Say something of a submission, or of the question at `path`; the number of the comment.

    Raises:
        Problem: SUBMISSION_NOT_FOUND; REVIEW_INCOMPLETE for an empty one.
    """
    _enter(session, form_pk, submission_id, reviewer)
    if not content.strip():
        raise Problem(REVIEW_INCOMPLETE, "The comment is empty.")
    words, author = content.strip(), reviewer.actor
    number = add_comment(session, submission_id, path, words, author, reviewer.at, for_field=for_field)
    note_mentions(session, form_pk, submission_id, number, words)
    _note(session, submission_id, reviewer, "comment", "", {"comment": number, "path": path})
    return number


def resolve_comment(
    session: Session,
    form_pk: int,
    submission_id: int,
    number: int,
    reviewer: Reviewer,
    *,
    resolved: bool = True,
) -> None:
    """Say that what a comment asked for is done, or that it is not.

    Raises:
        Problem: SUBMISSION_NOT_FOUND, COMMENT_NOT_FOUND.
    """
    _enter(session, form_pk, submission_id, reviewer)
    found = get_comment(session, submission_id, number)
    if (found.resolved_at is not None) != resolved:
        mark_comment_resolved(session, number, reviewer.actor if resolved else "", reviewer.at if resolved else None)
        kind = "comment_resolved" if resolved else "comment_reopened"
        _note(session, submission_id, reviewer, kind, "", {"comment": number})


def strike_comment(session: Session, form_pk: int, submission_id: int, number: int, reviewer: Reviewer) -> None:
    """Let a comment count no more; it can still be read.

    Raises:
        Problem: SUBMISSION_NOT_FOUND, COMMENT_NOT_FOUND; REVIEW_INCOMPLETE for somebody else's, but for admins.
    """
    _enter(session, form_pk, submission_id, reviewer)
    found = get_comment(session, submission_id, number)
    if found.author != reviewer.actor and not reviewer.admin:
        raise Problem(REVIEW_INCOMPLETE, "Who wrote a comment strikes it, or an admin.", remedy="Resolve it instead.")
    if found.struck_at is None:
        mark_comment_struck(session, number, reviewer.actor, reviewer.at)
        _note(session, submission_id, reviewer, "comment_struck", "", {"comment": number})


def acknowledge(
    session: Session,
    form_pk: int,
    submission_id: int,
    finding_number: int,
    reason: str,
    reviewer: Reviewer,
) -> None:
    """Say of a finding that somebody has looked, and why it may stand: it is silent until that value changes.

    Raises:
        Problem: SUBMISSION_NOT_FOUND; REVIEW_INCOMPLETE without a reason, or where there is no such finding any more.
    """
    _enter(session, form_pk, submission_id, reviewer)
    if not reason.strip():
        raise Problem(REVIEW_INCOMPLETE, "A reason is needed: why may the finding stand?")
    found = [one for one in list_weighed(session, submission_id) if one.number == finding_number]
    if not found:
        raise Problem(REVIEW_INCOMPLETE, "The finding is not there any more.", remedy="Load the submission again.")
    finding = found[0].finding
    add_acknowledgement(session, submission_id, finding, reviewer.actor, reason.strip(), reviewer.at)
    detail = {"check": finding.check, "path": finding.path}
    _note(session, submission_id, reviewer, "acknowledged", reason.strip(), detail)


def acknowledge_odd(
    session: Session,
    form_pk: int,
    submission_id: int,
    number: int,
    reason: str,
    reviewer: Reviewer,
) -> None:
    """The same of what the checks across interviews found; `number` is that of the finding.

    Raises:
        Problem: SUBMISSION_NOT_FOUND, FINDING_NOT_FOUND; REVIEW_INCOMPLETE without a reason.
    """
    finding = _find_odd(session, form_pk, submission_id, number, reviewer).finding
    if not reason.strip():
        raise Problem(REVIEW_INCOMPLETE, "A reason is needed: why may the finding stand?")
    if mark_acknowledged(session, [number], reviewer.actor, reason.strip(), reviewer.at):
        detail = {"check": finding.check, "finding": number}
        _note(session, submission_id, reviewer, "acknowledged", reason.strip(), detail)


def reopen_odd(session: Session, form_pk: int, submission_id: int, number: int, reviewer: Reviewer) -> None:
    """Take that back: the finding is open again.

    Raises:
        Problem: SUBMISSION_NOT_FOUND, FINDING_NOT_FOUND.
    """
    finding = _find_odd(session, form_pk, submission_id, number, reviewer).finding
    if mark_reopened(session, [number]):
        detail = {"check": finding.check, "finding": number}
        _note(session, submission_id, reviewer, "finding_reopened", "", detail)


def _find_odd(session: Session, form_pk: int, submission_id: int, number: int, reviewer: Reviewer) -> QualityRow:
    _enter(session, form_pk, submission_id, reviewer)
    found = get_quality_finding(session, form_pk, reviewer.reach, number)
    if found.submission_id != submission_id:
        raise Problem(FINDING_NOT_FOUND, say("The submission has no finding {number}.", number=number))
    return found


def _enter(session: Session, form_pk: int, submission_id: int, reviewer: Reviewer) -> None:
    lock_submission(session, submission_id)
    get_standing(session, form_pk, submission_id, reviewer.reach)


def _note(
    session: Session,
    submission_id: int,
    reviewer: Reviewer,
    kind: str,
    reason: str,
    detail: Mapping[str, object],
) -> Event:
    return add_event(
        session,
        submission_id,
        at=reviewer.at,
        actor=reviewer.actor,
        channel=reviewer.channel,
        kind=kind,
        reason=reason,
        detail=detail,
    )
