"""Submissions that are taken out: a tombstone first, which can be lifted; after a month all but the tombstone."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy.orm import Session

from surveyapp.problems import NOT_ALLOWED, REVIEW_INCOMPLETE, Problem
from surveyapp.review.decide import Reviewer
from surveyapp.store.answer_tables import get_answer_tables
from surveyapp.store.answers import remove_rows
from surveyapp.store.files import Files
from surveyapp.store.forms import Form
from surveyapp.store.history import Event, add_event
from surveyapp.store.quality_summaries import mark_unchecked
from surveyapp.store.reviews import get_deleted, get_standing, list_deleted, mark_deleted
from surveyapp.store.submissions import lock_submission
from surveyapp.store.tombstones import mark_purged

KEPT_FOR: Final = datetime.timedelta(days=30)
# Seconds.
FRESH: Final = 3600


def delete_submission(session: Session, form_pk: int, submission_id: int, reason: str, reviewer: Reviewer) -> Event:
    """Take a submission out of every list, count and export; for 30 days at least it can come back.

    Raises:
        Problem: NOT_ALLOWED for who is no admin; SUBMISSION_NOT_FOUND; REVIEW_INCOMPLETE without a reason.
    """
    _check(reason, reviewer)
    lock_submission(session, submission_id)
    standing = get_standing(session, form_pk, submission_id, reviewer.reach)
    event = _note(session, submission_id, "deleted", reason, reviewer, {"from": standing.state})
    mark_deleted(session, submission_id, reviewer.actor, reason.strip(), reviewer.at)
    mark_unchecked(session, [submission_id])
    return event


def restore_submission(session: Session, form_pk: int, submission_id: int, reason: str, reviewer: Reviewer) -> Event:
    """Bring a deleted submission back as it stood.

    Raises:
        Problem: NOT_ALLOWED, SUBMISSION_NOT_FOUND, REVIEW_INCOMPLETE as in delete_submission.
    """
    _check(reason, reviewer)
    lock_submission(session, submission_id)
    get_deleted(session, form_pk, submission_id)
    mark_deleted(session, submission_id)
    mark_unchecked(session, [submission_id])
    return _note(session, submission_id, "restored", reason, reviewer, {})


def purge(session: Session, form: Form, reviewer: Reviewer) -> tuple[list[int], list[str]]:
    """Remove for good what was deleted more than 30 days ago: records, answers, findings, comments. Numbers, instance
    ids, reasons and the history, which holds no answers, stay.

    Returns:
        The numbers of the submissions, and the SHA-256 of the files that no row names any more: they may be removed
        once the transaction is over.

    Raises:
        Problem: NOT_ALLOWED for who is no admin.
    """
    _check("purge", reviewer)
    tables = get_answer_tables(session, form.id, form.answers_revision)
    gone: list[int] = []
    loose: list[str] = []
    for standing in list_deleted(session, form.id, before=reviewer.at - KEPT_FOR):
        lock_submission(session, standing.id)
        _note(session, standing.id, "purged", standing.delete_reason, reviewer, {})
        remove_rows(session, tables, standing.id)
        loose += mark_purged(session, standing.id, reviewer.at)
        gone.append(standing.id)
    return gone, loose


def remove_loose_files(files: Files, digests: Sequence[str], now: datetime.datetime) -> int:
    """Remove files that no row names any more; how many. One that came again within the last hour stays: its row may
    not be there yet.
    """
    removed = 0
    for sha256 in digests:
        path = files.path(sha256)
        if path.exists() and now.timestamp() - path.stat().st_mtime > FRESH:
            path.unlink()
            removed += 1
    return removed


def _check(reason: str, reviewer: Reviewer) -> None:
    if not reviewer.admin:
        raise Problem(NOT_ALLOWED, "Only an admin of the project deletes and restores submissions.")
    if not reason.strip():
        raise Problem(REVIEW_INCOMPLETE, "A reason is needed.")


def _note(
    session: Session,
    submission_id: int,
    kind: str,
    reason: str,
    reviewer: Reviewer,
    detail: Mapping[str, object],
) -> Event:
    return add_event(
        session,
        submission_id,
        at=reviewer.at,
        actor=reviewer.actor,
        channel=reviewer.channel,
        kind=kind,
        reason=reason.strip(),
        detail=detail,
    )
