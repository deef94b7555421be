"""How a submission stands: state, tombstone, who holds it, what was acknowledged; and the policy of its form."""

import datetime
import hashlib
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, and_, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from surveyapp.findings import Finding
from surveyapp.problems import SUBMISSION_NOT_FOUND, Problem
from surveyapp.sentences import say
from surveyapp.store.reach import Reach, within
from surveyapp.store.review_tables import acknowledgements, review_leases, review_policies
from surveyapp.store.submissions import IS_COPY
from surveyapp.store.tables import findings, submission_versions, submissions

s = submissions.c
v = submission_versions.c
f = findings.c
a = acknowledgements.c

# What an export holds where the form's policy says nothing else. Being looked at is no decision: a row must not drop
# out of a file because somebody opened it.
EXPORTED: Final = ("received", "in_review", "corrected", "approved")


@dataclass(frozen=True, slots=True)
class Standing:
    """A submission as review sees it. `reviewed_by` names who decided last, '' where nobody has; `approved_once_by`
    who gave the first of two approvals.
    """

    id: int
    form_pk: int
    instance_id: str
    current_number: int
    version_id: int
    state: str
    reviewed_by: str
    reviewed_at: datetime.datetime | None
    approved_once_by: str
    account_id: int | None
    team_id: int | None
    deleted_by: str
    delete_reason: str
    deleted_at: datetime.datetime | None
    purged_at: datetime.datetime | None


STANDING: Final = (
    s.id,
    s.form_pk,
    v.instance_id,
    s.current_number,
    v.id.label("version_id"),
    s.state,
    s.reviewed_by,
    s.reviewed_at,
    s.approved_once_by,
    s.account_id,
    s.team_id,
    s.deleted_by,
    s.delete_reason,
    s.deleted_at,
    s.purged_at,
)


def _standings(form_pk: int) -> Select[Any]:
    current = and_(v.submission_id == s.id, v.number == s.current_number)
    return select(*STANDING).join(submission_versions, current).where(s.form_pk == form_pk)


def get_standing(session: Session, form_pk: int, submission_id: int, reach: Reach) -> Standing:
    """How a submission stands, for somebody with this reach.

    Raises:
        Problem: SUBMISSION_NOT_FOUND, also for one that is out of reach or deleted.
    """
    row = session.execute(_standings(form_pk).where(s.id == submission_id, within(reach))).one_or_none()
    if row is None:
        raise Problem(
            SUBMISSION_NOT_FOUND, say("The form has no submission {submission_id}.", submission_id=submission_id)
        )
    return Standing(*row)


def get_deleted(session: Session, form_pk: int, submission_id: int) -> Standing:
    """A submission that was deleted and is still there.

    Raises:
        Problem: SUBMISSION_NOT_FOUND.
    """
    found = [one for one in list_deleted(session, form_pk) if one.id == submission_id]
    if not found:
        raise Problem(
            SUBMISSION_NOT_FOUND,
            say("No submission {submission_id} of the form was deleted.", submission_id=submission_id),
        )
    return found[0]


def list_deleted(session: Session, form_pk: int, before: datetime.datetime | None = None) -> list[Standing]:
    """What was deleted and is still there, by number: all, or what was deleted before a moment."""
    statement = _standings(form_pk).where(s.deleted_at.is_not(None), s.purged_at.is_(None)).order_by(s.id)
    if before is not None:
        statement = statement.where(s.deleted_at < before)
    return [Standing(*row) for row in session.execute(statement)]


def mark_state(
    session: Session,
    submission_id: int,
    state: str,
    by: str = "",
    at: datetime.datetime | None = None,
    approved_once_by: str = "",
) -> None:
    """Bring a submission into `state`; `by` and `at` say who decided so, where it is a decision."""
    values = {"state": state, "reviewed_by": by, "reviewed_at": at, "approved_once_by": approved_once_by}
    session.execute(update(submissions).where(s.id == submission_id).values(**values))


def mark_deleted(
    session: Session, submission_id: int, by: str = "", reason: str = "", at: datetime.datetime | None = None
) -> None:
    """Lay a tombstone, or take it away where `at` is None."""
    values = {"deleted_by": by, "delete_reason": reason, "deleted_at": at}
    session.execute(update(submissions).where(s.id == submission_id).values(**values))


# -- findings ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Weighed:
    """A finding with its number, and who has acknowledged it and why, '' where nobody has."""

    number: int
    finding: Finding
    acknowledged_by: str
    acknowledged_why: str


def list_weighed(session: Session, submission_id: int) -> list[Weighed]:
    """The findings of the current version and of kept copies. An acknowledgement holds while check, path and value are
    the same.
    """
    rows = session.execute(
        select(f.id, f.check_id, f.severity, f.message, f.path, f.question, f.value, f.rule, f.outcome)
        .join(submission_versions, v.id == f.submission_version_id)
        .join(submissions, s.id == v.submission_id)
        .where(s.id == submission_id, or_(v.number == s.current_number, IS_COPY))
        .order_by(f.id)
    )
    known = {
        row.fingerprint: (row.actor, row.reason)
        for row in session.execute(select(a.fingerprint, a.actor, a.reason).where(a.submission_id == submission_id))
    }
    found = [(row[0], Finding(*row[1:])) for row in rows]
    return [Weighed(number, one, *known.get(_fingerprint(one), ("", ""))) for number, one in found]


def _fingerprint(finding: Finding) -> str:
    return hashlib.sha256(repr((finding.check, finding.path, finding.value)).encode()).hexdigest()


def add_acknowledgement(
    session: Session, submission_id: int, finding: Finding, actor: str, reason: str, at: datetime.datetime
) -> None:
    """Let a finding be silent for as long as the value is the same; what was said of it before is replaced."""
    fingerprint = _fingerprint(finding)
    own = (a.submission_id == submission_id, a.fingerprint == fingerprint)
    session.execute(delete(acknowledgements).where(*own))
    session.execute(
        insert(acknowledgements).values(
            submission_id=submission_id,
            check_id=finding.check,
            path=finding.path,
            value=finding.value,
            fingerprint=fingerprint,
            reason=reason,
            actor=actor,
            at=at,
        )
    )


# -- leases -----------------------------------------------------------------------------------------------------------
def find_lease(session: Session, submission_id: int, now: datetime.datetime) -> tuple[str, datetime.datetime] | None:
    """Who has the submission open, and until when that is taken to be so."""
    c = review_leases.c
    row = session.execute(select(c.actor, c.until).where(c.submission_id == submission_id, c.until > now)).one_or_none()
    return None if row is None else (row.actor, row.until)


def replace_lease(session: Session, submission_id: int, actor: str, until: datetime.datetime) -> None:
    """Say who has the submission open."""
    session.execute(delete(review_leases).where(review_leases.c.submission_id == submission_id))
    session.execute(insert(review_leases).values(submission_id=submission_id, actor=actor, until=until))


# -- policies ---------------------------------------------------------------------------------------------------------
def find_policy(session: Session, form_pk: int) -> tuple[int, dict[str, Any]] | None:
    """The number and the content of a form's policy; None while nobody has made one."""
    c = review_policies.c
    row = session.execute(
        select(c.number, c.content).where(c.form_pk == form_pk).order_by(c.number.desc()).limit(1)
    ).one_or_none()
    return None if row is None else (row.number, row.content)


def add_policy(
    session: Session, form_pk: int, number: int, content: dict[str, Any], actor: str, at: datetime.datetime
) -> None:
    """The next policy of a form; former ones stay."""
    values = {"form_pk": form_pk, "number": number, "content": content, "actor": actor, "created_at": at}
    session.execute(insert(review_policies).values(**values))


def get_exported_states(session: Session, form_pk: int) -> tuple[str, ...]:
    """The states whose submissions go into the exports and indicators of a form."""
    found = find_policy(session, form_pk)
    return EXPORTED if found is None else tuple(found[1]["exported"])
