"""What the checks across interviews found: kept under what makes two findings the same one, counted, settled.

A finding is open, acknowledged (somebody looked and left it so) or closed (it is no longer found). `follow_up` of
`surveyapp.quality.following` decides what a new run changes.
"""

import datetime
import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, insert, or_, select, true, update
from sqlalchemy.orm import Session

from surveyapp.findings import Severity
from surveyapp.problems import FINDING_NOT_FOUND, Problem
from surveyapp.quality.declaration import QualityFinding
from surveyapp.quality.following import Changes, KeptFinding, Status
from surveyapp.sentences import say
from surveyapp.store.quality_tables import quality_findings, quality_settings, quality_summaries
from surveyapp.store.reach import Reach, within
from surveyapp.store.search import add_own_marks
from surveyapp.store.tables import submissions

q = quality_findings.c
s = submissions.c
READ_AT_ONCE: Final = 2_000
SEVERITY_ORDER: Final = ("error", "warning", "info")
COLUMNS: Final = (
    *(q.id, q.submission_id, q.check_id, q.kind, q.check_version, q.severity, q.message, q.repeat_path, q.row_key),
    *(q.subject, q.questions, q.observed, q.expected, q.arguments, q.own_messages, q.binding, q.suggestion),
    *(q.enumerator, q.state, q.opened_at, q.closed_at, q.settled_by, q.reason, q.settled_at),
    s.instance_id,
)


@dataclass(frozen=True, slots=True)
class QualityRow:
    """A finding as it is kept. `own` are the author's sentences by language; `submission_id` None is about an
    enumerator, the form or another subject.
    """

    id: int
    submission_id: int | None
    finding: QualityFinding
    own: Mapping[str, str]
    enumerator: str
    state: Status
    opened_at: datetime.datetime
    closed_at: datetime.datetime | None
    settled_by: str
    reason: str
    settled_at: datetime.datetime | None


@dataclass(frozen=True, slots=True)
class QualityFilter:
    """Which findings; what is not said does not narrow."""

    state: Status | None = None
    check: str | None = None
    enumerator: str | None = None
    severity: str | None = None
    submission_id: int | None = None


def identity_of(finding: QualityFinding) -> str:
    """The hash of what makes two findings the same one."""
    said = json.dumps(finding.identity, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()


# -- reading ----------------------------------------------------------------------------------------------------------
def _rows(form_pk: int, reach: Reach) -> Select[Any]:
    """With the submissions they are about. What is about enumerators or the form is for those who see everything."""
    seen: ColumnElement[bool] = true() if reach.everything else and_(q.submission_id.is_not(None), within(reach))
    alive = or_(q.submission_id.is_(None), s.deleted_at.is_(None))
    return select(*COLUMNS).outerjoin(submissions, s.id == q.submission_id).where(q.form_pk == form_pk, seen, alive)


def select_open(form_pk: int, reach: Reach) -> Select[Any]:
    """What is open about submissions within the reach, in the order of receipt, to be read by `read_row`."""
    open_ones = (q.submission_id.is_not(None), q.state == "open")
    return _rows(form_pk, reach).where(*open_ones).order_by(q.submission_id, q.id)


def _wanted(wanted: QualityFilter) -> list[ColumnElement[bool]]:
    conditions = {
        "state": q.state == wanted.state,
        "check": q.check_id == wanted.check,
        "enumerator": q.enumerator == wanted.enumerator,
        "severity": q.severity == wanted.severity,
        "submission_id": q.submission_id == wanted.submission_id,
    }
    return [condition for name, condition in conditions.items() if getattr(wanted, name) is not None]


def read_row(row: Any) -> QualityRow:
    """A row of COLUMNS."""
    finding = QualityFinding(
        check=row.check_id,
        kind=row.kind,
        version=row.check_version,
        severity=cast("Severity", row.severity),
        message=row.message,
        instance_id=row.instance_id or "",
        repeat_path=row.repeat_path,
        row_key=row.row_key,
        subject=row.subject,
        questions=tuple(row.questions),
        observed=row.observed,
        expected=row.expected,
        arguments=row.arguments,
        binding=row.binding,
        suggestion=row.suggestion,
    )
    settled = (row.settled_by, row.reason, row.settled_at)
    kept = (row.enumerator, row.state, row.opened_at, row.closed_at)
    return QualityRow(row.id, row.submission_id, finding, row.own_messages, *kept, *settled)


def list_quality_findings(
    session: Session,
    form_pk: int,
    reach: Reach,
    wanted: QualityFilter,
    *,
    limit: int | None = None,
    after: int = 0,
    before: int | None = None,
) -> list[QualityRow]:
    """The findings of a form within the reach, oldest first, after the number `after`; or newest first, those below
    `before`.
    """
    statement = _rows(form_pk, reach).where(*_wanted(wanted)).limit(limit)
    if before is None:
        statement = statement.where(q.id > after).order_by(q.id)
    else:
        statement = statement.where(q.id < before).order_by(q.id.desc())
    return [read_row(row) for row in session.execute(statement)]


def list_all_findings(session: Session, form_pk: int, reach: Reach, wanted: QualityFilter) -> Iterator[QualityRow]:
    """The same, all of them, with little memory."""
    after = 0
    while rows := list_quality_findings(session, form_pk, reach, wanted, limit=READ_AT_ONCE, after=after):
        yield from rows
        after = rows[-1].id


def hash_quality(session: Session, form_pk: int) -> str:
    """What changes whenever the findings of a form, or what they were found by, do."""
    row = session.execute(
        select(
            func.count(), func.max(q.id), func.max(q.opened_at), func.max(q.closed_at), func.max(q.settled_at)
        ).where(q.form_pk == form_pk)
    ).one()
    states = session.execute(select(q.state, func.count()).where(q.form_pk == form_pk).group_by(q.state))
    checked = session.execute(select(func.count()).where(quality_summaries.c.form_pk == form_pk)).scalar_one()
    given = session.execute(select(func.max(quality_settings.c.number)).where(quality_settings.c.form_pk == form_pk))
    return repr((*row, sorted((state, count) for state, count in states), checked, given.scalar_one()))


def get_quality_finding(session: Session, form_pk: int, reach: Reach, number: int) -> QualityRow:
    """One finding.

    Raises:
        Problem: FINDING_NOT_FOUND, also for one that is out of reach.
    """
    row = session.execute(_rows(form_pk, reach).where(q.id == number)).one_or_none()
    if row is None:
        raise Problem(FINDING_NOT_FOUND, say("The form has no finding {number}.", number=number))
    return read_row(row)


def count_by_enumerator(
    session: Session, form_pk: int, reach: Reach, wanted: QualityFilter
) -> dict[tuple[str, str, str], int]:
    """How many findings there are by (check, severity, enumerator)."""
    inner = _rows(form_pk, reach).where(*_wanted(wanted)).subquery()
    rows = session.execute(
        select(inner.c.check_id, inner.c.severity, inner.c.enumerator, func.count()).group_by(
            inner.c.check_id, inner.c.severity, inner.c.enumerator
        )
    )
    return {(check, severity, who): count for check, severity, who, count in rows}


def list_kept(
    session: Session, form_pk: int, submission_id: int | None, kinds: Collection[str] | None = None
) -> list[KeptFinding]:
    """What was found before in a submission, or (None) about enumerators and the form; of some kinds of checks only."""
    about = q.submission_id.is_(None) if submission_id is None else q.submission_id == submission_id
    statement = select(*COLUMNS).outerjoin(submissions, s.id == q.submission_id).where(q.form_pk == form_pk, about)
    if kinds is not None:
        statement = statement.where(q.kind.in_(sorted(kinds)))
    kept = map(read_row, session.execute(statement))
    return [_as_kept(one) for one in kept]


def list_kept_by_submission(
    session: Session, form_pk: int, submission_ids: Collection[int], kinds: Collection[str]
) -> dict[int, list[KeptFinding]]:
    """What was found before in these submissions by some kinds of checks; those in which nothing was are left out."""
    statement = (
        select(*COLUMNS)
        .outerjoin(submissions, s.id == q.submission_id)
        .where(q.form_pk == form_pk, q.submission_id.in_(list(submission_ids)))
    )
    found: dict[int, list[KeptFinding]] = defaultdict(list)
    for row in map(read_row, session.execute(statement)):
        if row.finding.kind in kinds and row.submission_id is not None:
            found[row.submission_id].append(_as_kept(row))
    return found


def _as_kept(row: QualityRow) -> KeptFinding:
    return KeptFinding(str(row.id), row.finding, row.state, row.enumerator, row.own)


def list_submissions_with(session: Session, form_pk: int, kinds: Collection[str]) -> set[int]:
    """The submissions about which there are open findings of these kinds of checks."""
    statement = select(q.submission_id).where(q.form_pk == form_pk, q.kind.in_(sorted(kinds)), q.state == "open")
    return {one for one in session.execute(statement).scalars() if one is not None}


def list_open_kinds(session: Session, form_pk: int) -> list[tuple[str, str, datetime.datetime]]:
    """Instance id, kind and opening of each open finding about a submission."""
    rows = session.execute(
        select(s.instance_id, q.kind, q.opened_at)
        .join(submissions, s.id == q.submission_id)
        .where(q.form_pk == form_pk, q.state == "open", s.deleted_at.is_(None))
    )
    return [(instance_id, kind, opened_at) for instance_id, kind, opened_at in rows]


# -- changing ---------------------------------------------------------------------------------------------------------
def replace_quality_findings(
    session: Session,
    form_pk: int,
    submission_id: int | None,
    changes: Changes,
    *,
    enumerator: Callable[[QualityFinding], str],
    own_messages: Mapping[str, Mapping[str, str]],
    now: datetime.datetime,
) -> None:
    """Keep what a run changed in a submission (None: about the survey). `enumerator` says whose interviews a finding is
    about, `own_messages` are the author's sentences by check.
    """
    if changes.opened:
        rows = [
            {
                **_varying(finding, own_messages),
                "form_pk": form_pk,
                "submission_id": submission_id,
                "identity": identity_of(finding),
                "check_id": finding.check,
                "kind": finding.kind,
                "row_key": finding.row_key,
                "subject": finding.subject,
                "questions": list(finding.questions),
                "observed": _storable(finding.observed),
                "enumerator": enumerator(finding),
                "state": "open",
                "opened_at": now,
            }
            for finding in changes.opened
        ]
        session.connection().execute(insert(quality_findings), rows)
    if changes.renewed:
        renewed = [
            {**_varying(finding, own_messages), "enumerator": enumerator(finding), "renewed_id": int(number)}
            for number, finding in changes.renewed
        ]
        session.connection().execute(update(quality_findings).where(q.id == bindparam("renewed_id")), renewed)
    for number, finding in changes.reopened:
        values = {**_varying(finding, own_messages), "enumerator": enumerator(finding)}
        again = {"state": "open", "opened_at": now, "closed_at": None}
        session.execute(update(quality_findings).where(q.id == int(number)).values({**values, **again}))
    told = {
        (one.check, one.severity) for one in (*changes.opened, *(f for _, f in (*changes.renewed, *changes.reopened)))
    }
    if submission_id is not None and told:
        add_own_marks(session, form_pk, submission_id, told)
    if changes.closed:
        numbers = [int(number) for number in changes.closed]
        session.execute(
            update(quality_findings).where(q.id.in_(numbers), q.state == "open").values(state="closed", closed_at=now)
        )


def _varying(finding: QualityFinding, own_messages: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """What another run may tell differently of the same finding."""
    return {
        "check_version": finding.version,
        "severity": finding.severity,
        "message": finding.message,
        "repeat_path": finding.repeat_path,
        "expected": _storable(finding.expected),
        "arguments": {name: _storable(value) for name, value in finding.arguments.items()},
        "own_messages": dict(own_messages.get(finding.check, {})),
        "binding": _storable(finding.binding),
        "suggestion": _storable(finding.suggestion),
    }


def _storable(text: str) -> str:
    """What any database can hold."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def mark_acknowledged(
    session: Session, numbers: Sequence[int], who: str, reason: str, now: datetime.datetime
) -> list[int]:
    """These findings stay silent until their value changes; the numbers of those that were open."""
    statement = (
        update(quality_findings)
        .where(q.id.in_(list(numbers)), q.state == "open")
        .values(state="acknowledged", settled_by=who, reason=reason, settled_at=now)
        .returning(q.id)
    )
    return sorted(session.execute(statement).scalars())


def mark_reopened(session: Session, numbers: Sequence[int]) -> list[int]:
    """Take an acknowledgement back; the numbers of those that were acknowledged."""
    statement = (
        update(quality_findings)
        .where(q.id.in_(list(numbers)), q.state == "acknowledged")
        .values(state="open", settled_by="", reason="", settled_at=None)
        .returning(q.id)
    )
    return sorted(session.execute(statement).scalars())


def list_referring(session: Session, form_pk: int, instance_id: str, bindings: Collection[str]) -> set[int]:
    """The submissions with open findings that are bound by one of these, or are about a pair with that instance."""
    pair = or_(
        q.binding.startswith(f"{instance_id}|", autoescape=True),
        q.binding.endswith(f"|{instance_id}", autoescape=True),
    )
    statement = select(q.submission_id).where(
        q.form_pk == form_pk, q.state == "open", or_(q.binding.in_(sorted(bindings)), pair)
    )
    return {one for one in session.execute(statement).scalars() if one is not None}
