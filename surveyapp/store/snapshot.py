"""All rows of a form in order, in bounded memory, with what we know of each submission beside its answers."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, func, null, or_, select
from sqlalchemy.orm import Session

from surveyapp.findings import Finding
from surveyapp.store.answer_tables import AnswerTables
from surveyapp.store.database import streaming
from surveyapp.store.people_tables import devices, teams
from surveyapp.store.reach import EVERYTHING as EVERYBODY
from surveyapp.store.reach import Reach, sent_within, within
from surveyapp.store.review_tables import submission_events
from surveyapp.store.selection import EVERYTHING, Selection
from surveyapp.store.submissions import IS_COPY
from surveyapp.store.tables import findings, submission_attachments, submission_versions, submissions

PAGE: Final = 500

s = submissions.c
v = submission_versions.c
f = findings.c
a = submission_attachments.c


class Snapshot:
    """The rows of one form as this session sees them.

    `preloads` maps start, end and username to the paths of the questions that phones fill with them. `selection`,
    everywhere, bounds the rows to those of some submissions.
    """

    def __init__(self, session: Session, tables: AnswerTables, preloads: Mapping[str, str]) -> None:
        self.session = session
        self.tables = tables
        self.preloads = preloads

    def count_rows(self, repeat_path: str, selection: Selection = EVERYTHING) -> int:
        """How many rows `list_rows` will give."""
        main = self.tables.parts[self.tables.kept_path(repeat_path)][0].sql
        statement = select(func.count()).select_from(main)
        if selection != EVERYTHING:
            statement = self._bounded(statement, main.c["_submission_id"], selection)
        counted: int = self.session.execute(statement).scalar_one()
        return counted

    def list_rows(
        self, repeat_path: str, asks: Sequence[tuple[str, str]], selection: Selection = EVERYTHING
    ) -> Iterator[tuple[Any, ...]]:
        """The rows of a repeat ('' = the submissions) in order of receipt, then of the record.

        `asks` are (path, component) of an answer, or ('', name) of what we know of the submission or row; a row has
        one value for each.
        """
        parts = self.tables.parts[self.tables.kept_path(repeat_path)]
        main = parts[0].sql
        keys = ["_submission_id", "_position"] if repeat_path else ["_submission_id"]
        source: Any = main.join(submissions, s.id == main.c["_submission_id"]).join(
            submission_versions, and_(v.submission_id == s.id, v.number == s.current_number)
        )
        for part in parts[1:]:
            source = source.join(part.sql, and_(*(part.sql.c[key] == main.c[key] for key in keys)))
        names = {name for path, name in asks if not path}
        if "_device" in names or "_enumerator" in names:
            source = source.outerjoin(devices, devices.c.id == v.device_id)
        counts = _finding_counts(self.tables.form_pk)
        if names & {"_findings_error", "_findings_warn"}:
            source = source.outerjoin(counts, counts.c.submission_id == s.id)
        columns = [
            self._answer(parts, path, name) if path else self._known(main, counts, name).label(f"known{name}_{number}")
            for number, (path, name) in enumerate(asks)
        ]
        statement = select(*columns).select_from(source).order_by(*(main.c[key] for key in keys))
        statement = statement.where(*self._bounds(selection))
        with streaming(self.session, statement, PAGE) as result:
            for page in result.partitions():
                yield from (tuple(row) for row in page)

    def _answer(self, parts: Sequence[Any], path: str, component: str) -> ColumnElement[Any]:
        key = (self.tables.kept_path(path), component)
        for part in parts:
            place = part.columns.get(key)
            if place is not None:
                found: ColumnElement[Any] = part.sql.c[place[0]]
                return found
        return null()

    def _known(self, main: Any, counts: Any, name: str) -> ColumnElement[Any]:
        if name in main.c:
            found: ColumnElement[Any] = main.c[name]
            return found
        edits = (
            select(func.count())
            .where(v.submission_id == s.id, v.kind == "edit")
            .correlate(submissions)
            .scalar_subquery()
        )
        known: dict[str, ColumnElement[Any]] = {
            "_submission_no": s.id,
            "_instance_id": s.instance_id,
            "_version": v.form_version,
            "_current_number": s.current_number,
            "_state": s.state,
            "_reviewed_by": s.reviewed_by,
            "_reviewed_at": s.reviewed_at,
            "_received": s.received_at,
            "_start": self._preloaded("start"),
            "_end": self._preloaded("end"),
            "_enumerator": func.coalesce(self._preloaded("username"), devices.c.name),
            "_device": devices.c.name,
            "_team": select(teams.c.name).where(teams.c.id == s.team_id).correlate(submissions).scalar_subquery(),
            "_edits": case((s.current_number > 1, edits), else_=0),
            "_findings_error": func.coalesce(counts.c.errors, 0),
            "_findings_warn": func.coalesce(counts.c.warnings, 0),
        }
        return known[name]

    def _preloaded(self, name: str) -> ColumnElement[Any]:
        path = self.preloads.get(name)
        return null() if path is None else self._answer(self.tables.parts[""], path, "")

    def _bounded(self, statement: Select[Any], submission_id: Any, selection: Selection) -> Select[Any]:
        return (
            statement.join(submissions, s.id == submission_id)
            .join(submission_versions, and_(v.submission_id == s.id, v.number == s.current_number))
            .where(*self._bounds(selection))
        )

    def _bounds(self, selection: Selection) -> list[ColumnElement[bool]]:
        """What holds for the submission and its version at hand."""
        return [within(selection.reach), *self._bounds_but_reach(selection)]

    def _bounds_but_reach(self, selection: Selection) -> list[ColumnElement[bool]]:
        bounds: list[ColumnElement[bool]] = []
        if selection.versions:
            bounds.append(v.form_version.in_(selection.versions))
        if selection.submissions:
            bounds.append(s.id.in_(selection.submissions))
        if selection.states:
            bounds.append(s.state.in_(selection.states))
        if selection.teams:
            bounds.append(s.team_id.in_(select(teams.c.id).where(teams.c.name.in_(selection.teams))))
        bounds += _between(s.received_at, selection.received_from, selection.received_before)
        if selection.interviewed_from or selection.interviewed_before:
            bounds.append(s.id.in_(self._interviewed(selection)))
        return bounds

    def _interviewed(self, selection: Selection) -> Select[Any]:
        main = self.tables.parts[""][0].sql
        path, source = self.preloads.get("start"), submissions.alias()
        known: Any = main
        started = null() if path is None else self._answer(self.tables.parts[""], path, "")
        for part in self.tables.parts[""][1:]:
            known = known.join(part.sql, part.sql.c["_submission_id"] == main.c["_submission_id"])
        moment = func.coalesce(started, source.c.received_at, type_=source.c.received_at.type)
        return (
            select(source.c.id)
            .select_from(known.join(source, source.c.id == main.c["_submission_id"]))
            .where(*_between(moment, selection.interviewed_from, selection.interviewed_before))
        )

    def list_findings(
        self, selection: Selection = EVERYTHING, *, check: str | None = None
    ) -> Iterator[tuple[int, str, bool, Finding]]:
        """(submission id, instance id of the version, whether it is a copy, finding) of the current versions and of
        copies that were kept, in order of receipt.
        """
        statement = (
            select(
                v.submission_id,
                v.instance_id,
                v.number != s.current_number,
                f.check_id,
                f.severity,
                f.message,
                f.path,
                f.question,
                f.value,
                f.rule,
                f.outcome,
            )
            .join(submission_versions, v.id == f.submission_version_id)
            .join(submissions, s.id == v.submission_id)
            .where(v.form_pk == self.tables.form_pk, or_(v.number == s.current_number, IS_COPY))
            .order_by(v.submission_id, f.id)
        )
        statement = statement.where(*self._bounds(selection))
        if check is not None:
            statement = statement.where(f.check_id == check)
        with streaming(self.session, statement, PAGE) as result:
            for submission_id, instance_id, is_copy, *columns in result:
                yield submission_id, instance_id, bool(is_copy), Finding(*columns)

    def list_left_out(self, selection: Selection, let_in: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """What came, is within the bounds, and is in a state that is not `let_in` or was deleted, in order of receipt:
        (submission id, instance id, received at, state, decided by, decided at, what the decision names as its reason
        or None, deleted by, deleted at, why).
        """
        e = submission_events.c
        decision = (
            select(e.detail["reason_code"].as_string())
            .where(e.submission_id == s.id, e.kind == "state")
            .order_by(e.number.desc())
            .limit(1)
            .scalar_subquery()
        )
        columns = (s.id, s.instance_id, s.received_at, s.state, s.reviewed_by, s.reviewed_at)
        current = and_(v.submission_id == s.id, v.number == s.current_number)
        statement = (
            select(*columns, decision, s.deleted_by, s.deleted_at, s.delete_reason)
            .outerjoin(submission_versions, current)
            .where(s.form_pk == self.tables.form_pk, sent_within(selection.reach))
            .where(or_(s.deleted_at.is_not(None), s.state.not_in(let_in)), *self._bounds_but_reach(selection))
            .order_by(s.id)
        )
        with streaming(self.session, statement, PAGE) as result:
            yield from (tuple(row) for row in result)

    def list_replaced(self, selection: Selection = EVERYTHING) -> Iterator[tuple[int, str]]:
        """(submission id, instance id) of the submissions whose record replaced another, in order of receipt."""
        other = submission_versions.alias().c
        replaced = select(other.id).where(other.submission_id == s.id, other.kind.in_(("edit", "predecessor")))
        statement = (
            select(s.id, s.instance_id)
            .join(submission_versions, and_(v.submission_id == s.id, v.number == s.current_number))
            .where(s.form_pk == self.tables.form_pk, replaced.correlate(submissions).exists())
            .where(*self._bounds(selection))
            .order_by(s.id)
        )
        with streaming(self.session, statement, PAGE) as result:
            yield from (tuple(row) for row in result)

    def list_attachments(self, selection: Selection = EVERYTHING) -> Iterator[tuple[int, str, str, int]]:
        """(submission id, file name, SHA-256, bytes) of each file of the current versions, in order of receipt and by
        name.
        """
        statement = (
            select(v.submission_id, a.name, a.sha256, a.size)
            .join(submission_versions, v.id == a.submission_version_id)
            .join(submissions, s.id == v.submission_id)
            .where(v.form_pk == self.tables.form_pk, v.number == s.current_number, ~a.conflict)
            .where(*self._bounds(selection))
            .order_by(v.submission_id, a.name)
        )
        with streaming(self.session, statement, PAGE) as result:
            yield from (tuple(row) for row in result)

    def fingerprint(self, reach: Reach = EVERYBODY) -> tuple[int, ...]:
        """Numbers that change with every record, edit, file, judgement and decision within the reach."""
        records = select(func.count(), func.max(v.id), func.sum(v.judged_by), func.sum(s.current_number)).join(
            submissions, s.id == v.submission_id
        )
        files = (
            select(func.count(), func.max(a.id))
            .join(submission_versions, v.id == a.submission_version_id)
            .join(submissions, s.id == v.submission_id)
        )
        found = (
            select(func.count(), func.max(f.id))
            .join(submission_versions, v.id == f.submission_version_id)
            .join(submissions, s.id == v.submission_id)
        )
        e = submission_events.c
        done = select(func.count(), func.max(e.id)).join(submissions, s.id == e.submission_id)
        done = done.join(submission_versions, and_(v.submission_id == s.id, v.number == s.current_number))
        numbers: list[int] = []
        for statement in (records, files, found, done):
            row = self.session.execute(statement.where(v.form_pk == self.tables.form_pk, within(reach))).one()
            numbers += [int(number or 0) for number in row]
        return tuple(numbers)

    def count_copies(self, reach: Reach = EVERYBODY) -> int:
        """How many conflict copies and stale edits are kept beside the submissions."""
        copies = select(func.count()).join(submissions, s.id == v.submission_id)
        statement = copies.where(v.form_pk == self.tables.form_pk, IS_COPY, within(reach))
        counted: int = self.session.execute(statement).scalar_one()
        return counted

    def find_last(self, reach: Reach = EVERYBODY) -> tuple[int, Any] | None:
        """Number and time of receipt of the last submission."""
        own = (s.form_pk == self.tables.form_pk, within(reach))
        statement = select(s.id, s.received_at).where(*own).order_by(s.id.desc()).limit(1)
        row = self.session.execute(statement).one_or_none()
        return None if row is None else (row[0], row[1])


def _between(
    moment: Any, first: datetime.datetime | None, before: datetime.datetime | None
) -> list[ColumnElement[bool]]:
    bounds: list[ColumnElement[bool]] = []
    if first is not None:
        bounds.append(moment >= first)
    if before is not None:
        bounds.append(moment < before)
    return bounds


def _finding_counts(form_pk: int) -> Any:
    def how_many(severity: str) -> ColumnElement[int]:
        return func.count().filter(f.severity == severity)

    return (
        select(
            v.submission_id.label("submission_id"),
            how_many("error").label("errors"),
            how_many("warning").label("warnings"),
        )
        .join(submission_versions, v.id == f.submission_version_id)
        .join(submissions, s.id == v.submission_id)
        .where(v.form_pk == form_pk, or_(v.number == s.current_number, IS_COPY))
        .group_by(v.submission_id)
        .subquery()
    )
