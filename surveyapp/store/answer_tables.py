"""The tables that answers lie in: one for each form, one for each repeat, and what is known of them.

They are made and widened when a version is published (`surveyapp.store.answer_growth`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    Insert,
    Integer,
    MetaData,
    Table,
    Text,
    TextClause,
    insert,
    select,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable, DropTable

from surveyapp.store import tables
from surveyapp.store.tables import ANSWER_TYPES

_POSTGRESQL: Any = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


@dataclass(frozen=True)
class AnswerTable:
    """One physical table. `columns` maps (path, component) to the name and kind of the column."""

    pk: int
    repeat_path: str
    part: int
    name: str
    columns: Mapping[tuple[str, str], tuple[str, str]]

    @cached_property
    def sql(self) -> Table:
        """The table for SQLAlchemy."""
        return make_sql_table(self.name, self.repeat_path, self.part, self.columns.values())

    @cached_property
    def empty_row(self) -> dict[str, Any]:
        """Every column without a value."""
        return dict.fromkeys(column.name for column in self.sql.columns)

    @cached_property
    def insert(self) -> Insert:
        """Puts rows in."""
        return insert(self.sql)

    @cached_property
    def insert_json(self) -> TextClause:
        """Puts in the rows of a JSON array, on PostgreSQL; the types are those of the columns."""
        name = _POSTGRESQL.identifier_preparer.quote(self.name)
        return text(f"INSERT INTO {name} SELECT * FROM json_populate_recordset(NULL::{name}, CAST(:rows AS json))")

    @cached_property
    def column_names(self) -> frozenset[str]:
        """The names of all columns, lower case."""
        return frozenset(name for name, _ in self.columns.values())


@dataclass(frozen=True)
class AnswerTables:
    """All tables of one form, main table first. `moved` maps a path of a later version to the path under which its
    column is kept.
    """

    form_pk: int
    tables: tuple[AnswerTable, ...]
    moved: Mapping[str, str]

    @cached_property
    def parts(self) -> Mapping[str, tuple[AnswerTable, ...]]:
        """The main and side tables for each repeat ('' = the form)."""
        found: dict[str, list[AnswerTable]] = {}
        for table in self.tables:
            found.setdefault(table.repeat_path, []).append(table)
        return {repeat: tuple(parts) for repeat, parts in found.items()}

    @cached_property
    def places(self) -> Mapping[tuple[str, str], tuple[AnswerTable, str, str]]:
        """Where (path, component) is kept: table, column name, kind."""
        return {key: (table, name, kind) for table in self.tables for key, (name, kind) in table.columns.items()}

    def kept_path(self, path: str) -> str:
        """The path under which the question or repeat at `path` is kept."""
        return self.moved.get(path, path)


def make_sql_table(name: str, repeat_path: str, part: int, columns: Iterable[tuple[str, str]]) -> Table:
    """An answer table for SQLAlchemy; `columns` are names and kinds.

    Side tables (`part` above 0) have the key alone beside their answers. `_blank` names the columns of questions that
    were asked and left without an answer; `_extra` holds what no column can take.
    """
    fixed: list[Column[Any]] = [Column("_submission_id", BigInteger, primary_key=True, autoincrement=False)]
    if repeat_path:
        fixed.append(Column("_position", Integer, primary_key=True, autoincrement=False))
    if repeat_path and not part:
        fixed.append(Column("_row_key", Text, nullable=False))
        fixed.append(Column("_parent_row_key", Text, nullable=False))
        fixed.append(Column("_ordinal", Integer, nullable=False))
    if not part:
        fixed.append(Column("_blank", Text))
        fixed += [] if repeat_path else [Column("_extra", Text)]
    answers: list[Column[Any]] = [Column(column, ANSWER_TYPES[kind]) for column, kind in columns]
    return Table(name, MetaData(), *fixed, *answers)


# -- reading ----------------------------------------------------------------------------------------------------------
_known: WeakKeyDictionary[Engine, dict[tuple[int, int], AnswerTables]] = WeakKeyDictionary()


def get_answer_tables(session: Session, form_pk: int, revision: int) -> AnswerTables:
    """The tables of a form as of `revision` (forms.answers_revision); kept in memory, they change with the revision
    only.
    """
    known = _known.setdefault(session.get_bind().engine, {})
    if (form_pk, revision) not in known:
        known[form_pk, revision] = read_answer_tables(session, form_pk)
    return known[form_pk, revision]


def read_answer_tables(session: Session, form_pk: int) -> AnswerTables:
    """The tables of a form as they stand in this transaction."""
    columns: dict[int, dict[tuple[str, str], tuple[str, str]]] = {}
    c = tables.answer_columns.c
    t = tables.answer_tables.c
    for row in session.execute(
        select(c.answer_table_id, c.path, c.component, c.name, c.kind)
        .join(tables.answer_tables, t.id == c.answer_table_id)
        .where(t.form_pk == form_pk)
        .order_by(c.id)
    ):
        columns.setdefault(row.answer_table_id, {})[row.path, row.component] = (row.name, row.kind)
    found = [
        AnswerTable(row.id, row.repeat_path, row.part, row.name, columns.get(row.id, {}))
        for row in session.execute(select(tables.answer_tables).where(t.form_pk == form_pk).order_by(t.id))
    ]
    p = tables.answer_paths.c
    moved = session.execute(select(p.path, p.column_path).where(p.form_pk == form_pk))
    return AnswerTables(form_pk, tuple(found), {row.path: row.column_path for row in moved})


def recreate_answer_tables(session: Session, answer_tables: AnswerTables) -> None:
    """Drop the tables and make them again, empty; what is in them can be made again from the raw records."""
    connection = session.connection()
    for table in answer_tables.tables:
        connection.execute(DropTable(table.sql, if_exists=True))
        connection.execute(CreateTable(table.sql))
