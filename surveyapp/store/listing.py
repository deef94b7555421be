"""The list of a form's submissions, page by page, as far as somebody's reach goes.

Pages go by the submission's number (keyset): the thousandth costs what the first does.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, FromClause, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from surveyapp.problems import SUBMISSION_NOT_FOUND, Problem
from surveyapp.sentences import say
from surveyapp.store.people_tables import accounts, devices, teams
from surveyapp.store.quality_tables import quality_findings
from surveyapp.store.reach import Reach, within
from surveyapp.store.search import find_called, marked
from surveyapp.store.submissions import VERSION, Version
from surveyapp.store.tables import findings, submission_versions, submissions

s = submissions.c
v = submission_versions.c
f = findings.c
q = quality_findings.c

CURRENT: Final = submissions.join(submission_versions, and_(v.submission_id == s.id, v.number == s.current_number))

Narrowed: TypeAlias = tuple[Select[Any], ColumnElement[int]]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which submissions; what is not said does not narrow. Times are aware, `until` is not included.

    `check` is the id of a check, `severity` that of a finding; `text` is the beginning of words of the record's
    name, or of its id, or its number.
    """

    state: str | None = None
    states: tuple[str, ...] = ()
    team_id: int | None = None
    account_id: int | None = None
    device_id: int | None = None
    version: str | None = None
    since: datetime.datetime | None = None
    until: datetime.datetime | None = None
    severity: str | None = None
    check: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A submission in the list: what it says now, from whom, and how it stands. `errors` and `warnings` are findings of
    the form's rules, and open ones of the checks across interviews.
    """

    id: int
    instance_id: str
    instance_name: str
    version: str
    state: str
    received_at: datetime.datetime
    edited: bool
    device: str | None
    person: str | None
    team: str | None
    errors: int
    warnings: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A version of a submission, and how it came."""

    version: Version
    instance_name: str
    form_version: str
    received_at: datetime.datetime
    user_agent: str
    device_identifier: str
    device: str | None


LISTED: Final = (
    s.id,
    v.id.label("version_id"),
    v.instance_id,
    v.instance_name,
    v.form_version,
    s.state,
    s.received_at,
    (s.current_number > 1).label("edited"),
    devices.c.name,
    accounts.c.login,
    teams.c.name.label("team"),
)


def list_submissions(
    session: Session,
    form_pk: int,
    reach: Reach,
    wanted: Filter,
    *,
    limit: int,
    before: int | None = None,
    after: int | None = None,
) -> list[Listed]:
    """Up to `limit` submissions, newest first: those numbered below `before`, or the ones next above `after`."""
    statement, number = _listed(session, form_pk, reach, wanted)
    if after is not None:
        newer = statement.where(number > after, v.submission_id > after).order_by(number).limit(limit)
        rows: list[Any] = list(session.execute(newer))[::-1]
    else:
        # Said of both: PostgreSQL merges them from the end otherwise, and a page takes the longer the deeper it lies.
        older = () if before is None else (number < before, v.submission_id < before)
        statement = statement.where(*older)
        rows = list(session.execute(statement.order_by(number.desc()).limit(limit)))
    return _with_counts(session, rows)


def list_numbers(
    session: Session, form_pk: int, reach: Reach, wanted: Filter, *, after: int, up_to: int, limit: int
) -> list[int]:
    """The numbers of up to `limit` submissions, above `after` and not above `up_to`, in order."""
    statement, number = narrow(session, select(s.id).select_from(CURRENT), form_pk, reach, wanted)
    between = (number > after, v.submission_id > after, number <= up_to)
    rows = session.execute(statement.where(*between).order_by(number).limit(limit))
    return list(rows.scalars())


def get_listed(session: Session, form_pk: int, reach: Reach, submission_id: int) -> Listed:
    """The submission of this number, as the list has it.

    Raises:
        Problem: SUBMISSION_NOT_FOUND, also for one that is out of reach.
    """
    statement, number = _listed(session, form_pk, reach, Filter())
    found = _with_counts(session, list(session.execute(statement.where(number == submission_id))))
    if not found:
        raise Problem(
            SUBMISSION_NOT_FOUND, say("The form has no submission {submission_id}.", submission_id=submission_id)
        )
    return found[0]


def list_history(session: Session, form_pk: int, submission_id: int) -> list[Sent]:
    """Each version of a submission and how it came, oldest first, copies included."""
    columns = (v.instance_name, v.form_version, v.received_at, v.user_agent, v.device_identifier, devices.c.name)
    rows = session.execute(
        select(*VERSION, *columns)
        .join(submissions, s.id == v.submission_id)
        .outerjoin(devices, devices.c.id == v.device_id)
        .where(v.form_pk == form_pk, v.submission_id == submission_id)
        .order_by(v.number)
    )
    return [Sent(Version(*row[: len(VERSION)]), *row[len(VERSION) :]) for row in rows]


def count_up_to(session: Session, form_pk: int, reach: Reach, wanted: Filter, most: int) -> int:
    """How many submissions these are; `most` + 1 for more than `most`, which are not counted: a large form is not read
    whole to number its pages.
    """
    found, number = narrow(session, select(s.id).select_from(_counted(wanted)), form_pk, reach, wanted)
    some = found.order_by(number.desc()).limit(most + 1).subquery()
    counted: int = session.execute(select(func.count()).select_from(some)).scalar_one()
    return counted


def count_submissions(session: Session, form_pk: int, reach: Reach, wanted: Filter) -> int:
    """How many submissions these are."""
    statement, _ = narrow(session, select(func.count()).select_from(_counted(wanted)), form_pk, reach, wanted)
    counted: int = session.execute(statement).scalar_one()
    return counted


def _counted(wanted: Filter) -> FromClause:
    """What must be read to count these: versions only where the filter asks for something of theirs."""
    of_versions = (wanted.version, wanted.device_id, wanted.severity, wanted.check)
    return submissions if all(one is None for one in of_versions) else CURRENT


def count_states(session: Session, form_pk: int, reach: Reach) -> dict[str, int]:
    """How many submissions there are in each state."""
    statement = select(s.state, func.count()).where(s.form_pk == form_pk, within(reach)).group_by(s.state)
    return {row.state: row[1] for row in session.execute(statement)}


def is_within(session: Session, submission_id: int, reach: Reach) -> bool:
    """Whether somebody of this reach may see the submission."""
    return session.execute(select(s.id).where(s.id == submission_id, within(reach))).one_or_none() is not None


def _listed(session: Session, form_pk: int, reach: Reach, wanted: Filter) -> Narrowed:
    source = (
        select(*LISTED)
        .select_from(CURRENT)
        .outerjoin(devices, devices.c.id == v.device_id)
        .outerjoin(accounts, accounts.c.id == s.account_id)
        .outerjoin(teams, teams.c.id == s.team_id)
    )
    return narrow(session, source, form_pk, reach, wanted)


def _with_counts(session: Session, rows: Sequence[Any]) -> list[Listed]:
    counts = _count_findings(session, [row.version_id for row in rows])
    odd = _count_odd(session, [row.id for row in rows])
    listed = []
    for number, version_id, *columns in rows:
        (errors, warnings), (more_errors, more_warnings) = counts.get(version_id, (0, 0)), odd.get(number, (0, 0))
        rest = [*columns, errors + more_errors, warnings + more_warnings]
        listed.append(Listed(number, *rest))
    return listed


def narrow(session: Session, statement: Select[Any], form_pk: int, reach: Reach, wanted: Filter) -> Narrowed:
    """The statement, which reads from CURRENT, bounded; and the number of the submission, by which it is to be ordered
    and paged. Where marks lead to the submissions it is theirs, so that their index gives the order.
    """
    number: ColumnElement[int] = s.id
    for name in ("severity", "check"):
        if getattr(wanted, name) is not None:
            marks, holds = marked(form_pk, name, getattr(wanted, name))
            statement = statement.join(marks, and_(holds, marks.c.submission_id == s.id))
            number = marks.c.submission_id
    conditions: Mapping[str, ColumnElement[bool]] = {
        "state": s.state == wanted.state,
        "team_id": s.team_id == wanted.team_id,
        "account_id": s.account_id == wanted.account_id,
        "device_id": v.device_id == wanted.device_id,
        "version": v.form_version == wanted.version,
        "severity": or_(_has_finding(f.severity == wanted.severity), _is_odd(q.severity == wanted.severity)),
        "check": or_(_has_finding(f.check_id == wanted.check), _is_odd(q.check_id == wanted.check)),
    }
    said = [condition for name, condition in conditions.items() if getattr(wanted, name) is not None]
    if wanted.states:
        said.append(s.state.in_(wanted.states))
    # Unlike equality, order cannot even be stated with None.
    if wanted.since is not None:
        said.append(s.received_at >= wanted.since)
    if wanted.until is not None:
        said.append(s.received_at < wanted.until)
    all_named = False
    if wanted.text:
        called, all_named = find_called(session, form_pk, wanted.text)
        said.append(called)
    # Without the sum SQLite looks for the named ones in a whole index of the form, which has the order already.
    own = s.form_pk + 0 == form_pk if all_named else s.form_pk == form_pk
    return statement.where(own, within(reach), *said), number


def _has_finding(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """In what the submission says now, or in a copy that is kept beside it. Each is asked of one submission after the
    other: as EXISTS, or with OR inside, PostgreSQL reads all findings first.
    """
    other = submission_versions.alias()
    current = select(f.id).where(condition, f.submission_version_id == v.id)
    copies = (
        select(f.id)
        .join(other, other.c.id == f.submission_version_id)
        .where(condition, other.c.submission_id == s.id, other.c.kind.in_(("conflict", "stale_edit")))
    )
    return or_(
        current.limit(1).correlate(submissions, submission_versions).scalar_subquery().is_not(None),
        copies.limit(1).correlate(submissions, submission_versions).scalar_subquery().is_not(None),
    )


def _is_odd(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Beside the others: an open finding of the checks across interviews."""
    found = select(q.id).where(condition, q.submission_id == s.id, q.state == "open").limit(1)
    return found.correlate(submissions).scalar_subquery().is_not(None)


def _count_findings(session: Session, version_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Errors and warnings of each of these versions."""
    grave = (func.count().filter(f.severity == severity) for severity in ("error", "warning"))
    own = f.submission_version_id.in_(version_ids)
    counted = session.execute(select(f.submission_version_id, *grave).where(own).group_by(f.submission_version_id))
    return {row[0]: (row[1], row[2]) for row in counted}


def _count_odd(session: Session, submission_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Open errors and warnings of the checks across interviews in each of these submissions."""
    grave = (func.count().filter(q.severity == severity) for severity in ("error", "warning"))
    own = (q.submission_id.in_(submission_ids), q.state == "open")
    counted = session.execute(select(q.submission_id, *grave).where(*own).group_by(q.submission_id))
    return {row[0]: (row[1], row[2]) for row in counted}
