"""All rows of a form in order, in bounded memory, with what we know of each submission beside its answers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, null, or_, select
from sqlalchemy.orm import Session

from surveyapp.findings import Finding
from surveyapp.store.answer_tables import AnswerTables
from surveyapp.store.submissions import IS_COPY
from surveyapp.store.tables import devices, findings, submission_versions, submissions

PAGE: Final = 500

s = submissions.c
v = submission_versions.c
f = findings.c


class Snapshot:
    """The rows of one form as this session sees them.

    `preloads` maps start, end and username to the paths of the questions that phones fill with them. `versions`,
    everywhere, bounds the rows to submissions made with these versions; empty means all.
    """

    def __init__(self, session: Session, tables: AnswerTables, preloads: Mapping[str, str]) -> None:
        self.session = session
        self.tables = tables
        self.preloads = preloads

    def count_rows(self, repeat_path: str, versions: Sequence[str]) -> int:
        """How many rows `list_rows` will give."""
        main = self.tables.parts[self.tables.kept_path(repeat_path)][0].sql
        statement = select(func.count()).select_from(main)
        if versions:
            statement = self._with_versions(statement, main.c["_submission_id"], versions)
        counted: int = self.session.execute(statement).scalar_one()
        return counted

    def list_rows(
        self, repeat_path: str, asks: Sequence[tuple[str, str]], versions: Sequence[str]
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
        if versions:
            statement = statement.where(v.form_version.in_(versions))
        with self.session.execute(statement, execution_options={"yield_per": PAGE}) as result:
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
            "_state": literal("received"),
            "_received": s.received_at,
            "_start": self._preloaded("start"),
            "_end": self._preloaded("end"),
            "_enumerator": func.coalesce(self._preloaded("username"), devices.c.name),
            "_device": devices.c.name,
            "_edits": case((s.current_number > 1, edits), else_=0),
            "_findings_error": func.coalesce(counts.c.errors, 0),
            "_findings_warn": func.coalesce(counts.c.warnings, 0),
        }
        return known[name]

    def _preloaded(self, name: str) -> ColumnElement[Any]:
        path = self.preloads.get(name)
        return null() if path is None else self._answer(self.tables.parts[""], path, "")

    def _with_versions(self, statement: Select[Any], submission_id: Any, versions: Sequence[str]) -> Select[Any]:
        return (
            statement.join(submissions, s.id == submission_id)
            .join(submission_versions, and_(v.submission_id == s.id, v.number == s.current_number))
            .where(v.form_version.in_(versions))
        )

    def list_findings(self, versions: Sequence[str], *, check: str | None = None) -> Iterator[tuple[int, str, Finding]]:
        """(submission id, instance id of the version, finding) of the current versions and of copies that were kept,
        in order of receipt.
        """
        statement = (
            select(
                v.submission_id,
                v.instance_id,
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
        if versions:
            statement = statement.where(v.form_version.in_(versions))
        if check is not None:
            statement = statement.where(f.check_id == check)
        with self.session.execute(statement, execution_options={"yield_per": PAGE}) as result:
            for submission_id, instance_id, *columns in result:
                yield submission_id, instance_id, Finding(*columns)

    def count_copies(self) -> int:
        """How many conflict copies and stale edits are kept beside the submissions."""
        statement = select(func.count()).where(v.form_pk == self.tables.form_pk, IS_COPY)
        counted: int = self.session.execute(statement).scalar_one()
        return counted

    def find_last(self) -> tuple[int, Any] | None:
        """Number and time of receipt of the last submission."""
        statement = select(s.id, s.received_at).where(s.form_pk == self.tables.form_pk).order_by(s.id.desc()).limit(1)
        row = self.session.execute(statement).one_or_none()
        return None if row is None else (row[0], row[1])


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
