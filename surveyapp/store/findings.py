"""What looks wrong in a version of a submission."""

from collections.abc import Sequence

from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.orm import Session

from surveyapp.findings import Finding
from surveyapp.store.search import add_marks
from surveyapp.store.submissions import IS_COPY
from surveyapp.store.tables import findings, submission_versions, submissions

v = submission_versions.c
s = submissions.c
f = findings.c


def add_findings(session: Session, version_id: int, found: Sequence[Finding]) -> None:
    """What looks wrong in a version."""
    rows = [
        {
            "submission_version_id": version_id,
            "check_id": finding.check,
            "severity": finding.severity,
            "outcome": finding.outcome,
            "path": finding.path,
            "question": finding.question,
            "value": finding.value,
            "rule": finding.rule,
            "message": finding.message,
        }
        for finding in found
    ]
    if rows:
        session.connection().execute(insert(findings), rows)
        add_marks(session, version_id, ((one.check, one.severity) for one in found))


def remove_findings(session: Session, version_id: int, *checks: str, value: str | None = None) -> int:
    """Take back findings of a version that no longer hold; how many there were."""
    statement = delete(findings).where(f.submission_version_id == version_id, f.check_id.in_(checks))
    if value is not None:
        statement = statement.where(f.value == value)
    return len(session.execute(statement.returning(f.id)).all())


def list_findings(session: Session, version_id: int) -> list[Finding]:
    """What looks wrong in a version, in the order in which it was found."""
    rows = session.execute(
        select(f.check_id, f.severity, f.message, f.path, f.question, f.value, f.rule, f.outcome)
        .where(f.submission_version_id == version_id)
        .order_by(f.id)
    )
    return [Finding(*row) for row in rows]


def count_findings(session: Session, form_pk: int) -> dict[tuple[str, str], int]:
    """How many findings there are of each (check, severity) in the current versions and copies of a form."""
    rows = session.execute(
        select(f.check_id, f.severity, func.count())
        .join(submission_versions, v.id == f.submission_version_id)
        .join(submissions, s.id == v.submission_id)
        .where(v.form_pk == form_pk, or_(v.number == s.current_number, IS_COPY))
        .group_by(f.check_id, f.severity)
    )
    return {(check, severity): count for check, severity, count in rows}
