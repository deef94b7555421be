"""Which submissions wait for their checks, and the summaries of those that were checked."""

import datetime
import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from surveyapp.store.people_tables import devices, teams
from surveyapp.store.quality_tables import quality_summaries
from surveyapp.store.submissions import ONCE_MORE
from surveyapp.store.tables import submission_attachments, submission_versions, submissions

a = submission_attachments.c
s = submissions.c
v = submission_versions.c
m = quality_summaries.c
READ_AT_ONCE: Final = 500
# What could not be checked has this, until it changes or somebody asks again.
FAILED: Final = -1


@dataclass(frozen=True, slots=True)
class Waiting:
    """A submission that waits for its checks. `seen` is how often it was changed since they were run: who has run them
    takes the mark away only if nothing has changed meanwhile. `number` is that of its current version.
    """

    submission_id: int
    form_pk: int
    number: int
    seen: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How a submission came and stands: what the checks want to know besides its answers. `instance_id` is that of its
    first version, `device` and `team` are names; `files` gives the SHA-256 of each file of its current version by name.
    """

    submission_id: int
    instance_id: str
    version_id: int
    form_version_id: int
    received_at: datetime.datetime
    state: str
    deleted: bool
    device: str
    team: str
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeptSummary:
    """The summary of a submission as it is kept: `content` as `surveyapp.quality.summaries` writes it."""

    submission_id: int
    content: Mapping[str, Any]
    codes: bytes
    checked_at: datetime.datetime


# -- waiting ----------------------------------------------------------------------------------------------------------
def list_waiting(session: Session, limit: int, form_pk: int | None = None) -> list[Waiting]:
    """The submissions that wait for their checks, oldest first."""
    statement = (
        select(s.id, s.form_pk, s.current_number, s.unchecked)
        .where(s.unchecked > 0, s.purged_at.is_(None))
        .order_by(s.id)
        .limit(limit)
    )
    if form_pk is not None:
        statement = statement.where(s.form_pk == form_pk)
    return [Waiting(*row) for row in session.execute(statement)]


def count_unchecked(session: Session, form_pk: int) -> tuple[int, int]:
    """How many submissions of a form wait for their checks, and how many could not be checked."""
    waits, failed = (func.count().filter(condition) for condition in (s.unchecked > 0, s.unchecked == FAILED))
    row = session.execute(
        select(waits, failed).where(s.form_pk == form_pk, s.unchecked != 0, s.purged_at.is_(None))
    ).one()
    return row[0], row[1]


def mark_unchecked(session: Session, submission_ids: Collection[int]) -> None:
    """Let the checks of these submissions be run again: after an edit, a file that came late, a decision."""
    session.execute(update(submissions).where(s.id.in_(list(submission_ids))).values(unchecked=ONCE_MORE))


def mark_form_unchecked(session: Session, form_pk: int, since: datetime.datetime | None = None) -> int:
    """Let the checks of all submissions of a form be run again, or of those received since; how many there are."""
    statement = update(submissions).where(s.form_pk == form_pk, s.unchecked <= 0, s.purged_at.is_(None))
    if since is not None:
        statement = statement.where(s.received_at >= since)
    return len(session.execute(statement.values(unchecked=1).returning(s.id)).all())


def mark_some_unchecked(session: Session, form_pk: int, after: int, limit: int) -> int:
    """Let the checks be run again of so many submissions of a form, those after the number `after`; the number of the
    last of them, 0 where there are none.
    """
    some = (
        select(s.id).where(s.form_pk == form_pk, s.id > after, s.purged_at.is_(None)).order_by(s.id).limit(limit)
    ).subquery()
    last = session.execute(select(func.max(some.c.id))).scalar_one()
    if last is None:
        return 0
    session.execute(
        update(submissions)
        .where(s.form_pk == form_pk, s.id > after, s.id <= last, s.unchecked <= 0, s.purged_at.is_(None))
        .values(unchecked=1)
    )
    return int(last)


def mark_checked(session: Session, waiting: Iterable[Waiting], *, failed: bool = False) -> set[int]:
    """The checks were run on what was `waiting`, or `failed`; the submissions of which that holds. What has changed
    since is not among them, and its checks must run again.
    """
    marked: set[int] = set()
    seen = attrgetter("seen", "number")
    for (times, number), some in itertools.groupby(sorted(waiting, key=seen), seen):
        statement = update(submissions).where(
            s.id.in_([one.submission_id for one in some]), s.unchecked == times, s.current_number == number
        )
        marked.update(session.execute(statement.values(unchecked=FAILED if failed else 0).returning(s.id)).scalars())
    return marked


def list_checked_forms(session: Session) -> list[int]:
    """The forms of which anything was checked or waits for it."""
    return list(session.execute(select(s.form_pk).distinct().order_by(s.form_pk)).scalars())


def list_standings(session: Session, submission_ids: Collection[int]) -> dict[int, Standing]:
    """How these submissions stand now, by their numbers."""
    rows = session.execute(
        select(
            s.id,
            s.instance_id,
            v.id,
            v.form_version_id,
            s.received_at,
            s.state,
            s.deleted_at.is_not(None),
            func.coalesce(devices.c.name, ""),
            func.coalesce(teams.c.name, ""),
        )
        .join(submission_versions, (v.submission_id == s.id) & (v.number == s.current_number))
        .outerjoin(devices, devices.c.id == v.device_id)
        .outerjoin(teams, teams.c.id == s.team_id)
        .where(s.id.in_(list(submission_ids)))
    )
    standings = [Standing(*row) for row in rows]
    files: dict[int, dict[str, str]] = defaultdict(dict)
    attached = session.execute(
        select(a.submission_version_id, a.name, a.sha256)
        .where(a.submission_version_id.in_([one.version_id for one in standings]), a.conflict.is_(False))
        .order_by(a.name, a.id)
    )
    for version_id, name, sha256 in attached:
        files[version_id][name] = sha256
    return {one.submission_id: replace(one, files=files[one.version_id]) for one in standings}


# -- summaries --------------------------------------------------------------------------------------------------------
def list_summary_marks(
    session: Session, form_pk: int, since: datetime.datetime | None = None
) -> dict[int, datetime.datetime]:
    """When each summary was made, by submission; those made since only."""
    statement = select(m.submission_id, m.checked_at).where(m.form_pk == form_pk).order_by(m.submission_id)
    if since is not None:
        statement = statement.where(m.checked_at >= since)
    return {row.submission_id: row.checked_at for row in session.execute(statement)}


def count_summaries(session: Session, form_pk: int) -> int:
    """How many submissions of a form were checked."""
    counted: int = session.execute(select(func.count()).where(m.form_pk == form_pk)).scalar_one()
    return counted


def list_summaries(session: Session, submission_ids: Collection[int]) -> Iterator[KeptSummary]:
    """The summaries of these submissions, in their order."""
    wanted = sorted(submission_ids)
    for start in range(0, len(wanted), READ_AT_ONCE):
        rows = session.execute(
            select(m.submission_id, m.content, m.codes, m.checked_at)
            .where(m.submission_id.in_(wanted[start : start + READ_AT_ONCE]))
            .order_by(m.submission_id)
        )
        for row in rows:
            yield KeptSummary(row.submission_id, row.content, bytes(row.codes), row.checked_at)


def replace_summary(session: Session, form_pk: int, kept: KeptSummary) -> None:
    """Keep the summary of a submission."""
    values = {"content": dict(kept.content), "codes": kept.codes, "checked_at": kept.checked_at}
    changed = session.execute(
        update(quality_summaries).where(m.submission_id == kept.submission_id).values(values).returning(m.id)
    ).all()
    if not changed:
        session.execute(insert(quality_summaries).values(form_pk=form_pk, submission_id=kept.submission_id, **values))
