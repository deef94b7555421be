"""The tables that answers lie in: one for each form, one for each repeat, made and widened when a version is published.

A table holds at most COLUMNS_A_TABLE questions' columns; what is more goes to side tables `<name>_2`, `<name>_3` ... with the same key. The limit is
below PostgreSQL's 1,600 columns because a PostgreSQL row must also fit a page of 8 kB: 400 columns of at most 18 bytes do.
"""

import hashlib
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeAlias
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
    bindparam,
    insert,
    inspect,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateColumn, CreateTable, DropTable

from surveyapp.problems import FORM_NARROWED, Problem
from surveyapp.store import tables
from surveyapp.store.tables import ANSWER_TYPES
from surveyapp.values import canonical_text
from surveyapp.xform.columns import AnswerColumn, find_wider_kind, list_columns, plain_key
from surveyapp.xform.definition import FormDefinition, Group, Repeat

COLUMNS_A_TABLE: Final = 400
# PostgreSQL cuts longer names off; room is left for component, side table number and repeat.
NAME_BYTES: Final = 48
BATCH: Final = 1000

# Whether it is a repeat, and its path without groups.
PlainKey: TypeAlias = tuple[bool, str]
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
        return _sql_table(self.name, self.repeat_path, self.columns.values())

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
    """All tables of one form, main table first. `moved` maps a path of a later version to the path under which its column is kept."""

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


def _sql_table(name: str, repeat_path: str, columns: Iterable[tuple[str, str]]) -> Table:
    fixed: list[Column[Any]] = [Column("_submission_id", BigInteger, primary_key=True, autoincrement=False)]
    if repeat_path:
        fixed.append(Column("_position", Integer, primary_key=True, autoincrement=False))
        fixed.append(Column("_row_key", Text, nullable=False))
        fixed.append(Column("_parent_row_key", Text, nullable=False))
        fixed.append(Column("_ordinal", Integer, nullable=False))
    else:
        fixed.append(Column("_extra", Text))
    answers: list[Column[Any]] = [Column(column, ANSWER_TYPES[kind]) for column, kind in columns]
    return Table(name, MetaData(), *fixed, *answers)


# -- reading ----------------------------------------------------------------------------------------------------------
_known: WeakKeyDictionary[Engine, dict[tuple[int, int], AnswerTables]] = WeakKeyDictionary()


def get_answer_tables(session: Session, form_pk: int, revision: int) -> AnswerTables:
    """The tables of a form as of `revision` (forms.answers_revision); kept in memory, they change with the revision only."""
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


# -- publishing -------------------------------------------------------------------------------------------------------
def extend_answer_tables(
    session: Session, form_pk: int, stem: str, definition: FormDefinition, former: Sequence[FormDefinition]
) -> list[str]:
    """Make room for the answers of a new version; return in words what was widened.

    `stem` is the wished name of the main table, `former` the versions published before.

    Raises:
        Problem: FORM_NARROWED when a question has an answer column that could not hold what it holds now.
    """
    plan = _Plan(session, read_answer_tables(session, form_pk), stem)
    plan.follow_moves(definition, former)
    for repeat in ("", *(repeat.path for repeat in definition.repeats)):
        plan.ensure_table(repeat, 0)
    narrowed, widened = [], []
    for column in list_columns(definition):
        kept = plan.kept(column)
        if kept is None:
            plan.add(column)
            continue
        kind = find_wider_kind(kept[1], column.kind)
        if kind is None:
            narrowed.append(f"{column.path} was {kept[1]} and would become {column.kind}")
        elif kind != kept[1]:
            plan.widen(column, kind)
            widened.append(f"{column.path}: {kept[1]} became {kind}")
    if narrowed:
        raise Problem(FORM_NARROWED, f"{'; '.join(narrowed)}. Answers that were given would be lost.")
    plan.write()
    return widened


def _list_plain(definition: FormDefinition, known: Container[str]) -> dict[PlainKey, str]:
    """The questions and repeats that are not at a `known` path, by what stays the same in a move; those of which that is not unique are left out."""
    found: dict[PlainKey, list[str]] = {}
    for element in definition.walk():
        if not isinstance(element, Group) and element.path not in known:
            key = (isinstance(element, Repeat), plain_key(definition, element.path))
            found.setdefault(key, []).append(element.path)
    return {key: paths[0] for key, paths in found.items() if len(paths) == 1}


class _Plan:
    """The changes that one publication makes, collected first and written at the end."""

    def __init__(self, session: Session, present: AnswerTables, stem: str) -> None:
        self.session = session
        self.form_pk = present.form_pk
        self.moved = dict(present.moved)
        self.tables: dict[tuple[str, int], AnswerTable] = {(t.repeat_path, t.part): t for t in present.tables}
        self.new_columns: dict[tuple[str, int], list[AnswerColumn]] = {}
        self.new_tables: list[tuple[str, int]] = []
        self.column_rows: list[dict[str, Any]] = []
        self.taken: dict[str, set[str]] = {}
        for table in present.tables:
            self.taken.setdefault(table.repeat_path, set()).update(table.column_names)
        self.stem = stem

    def follow_moves(self, definition: FormDefinition, former: Sequence[FormDefinition]) -> None:
        """A question or repeat that left one group for another keeps its column or table, where it is plain which one it was."""
        gone: dict[PlainKey, str] = {}
        for old in former:
            for key, path in _list_plain(old, definition.elements.keys()).items():
                gone[key] = self._path(path)
        seen = {path for old in former for path in old.elements}
        held = {self._path(path) for path in definition.elements if path in seen}
        for key, path in _list_plain(definition, seen).items():
            kept = gone.get(key)
            if kept is not None and kept not in held:
                self.moved[path] = kept
                self.session.execute(
                    insert(tables.answer_paths).values(form_pk=self.form_pk, path=path, column_path=kept)
                )

    def _path(self, path: str) -> str:
        return self.moved.get(path, path)

    def kept(self, column: AnswerColumn) -> tuple[str, str] | None:
        """Name and kind of the column that takes these answers already."""
        key = (self._path(column.path), column.component)
        for (repeat, _), table in self.tables.items():
            if repeat == self._path(column.repeat_path) and key in table.columns:
                return table.columns[key]
        return None

    def ensure_table(self, repeat: str, part: int) -> None:
        """The table of `repeat`, made if there is none."""
        repeat = self._path(repeat)
        if (repeat, part) in self.tables:
            return
        name = self._free_table_name(repeat, part)
        row = self.session.execute(
            insert(tables.answer_tables)
            .values(form_pk=self.form_pk, repeat_path=repeat, part=part, name=name)
            .returning(tables.answer_tables.c.id)
        ).scalar_one()
        self.tables[repeat, part] = AnswerTable(row, repeat, part, name, {})
        self.new_tables.append((repeat, part))

    def add(self, column: AnswerColumn) -> None:
        """A new column, in the last table of its repeat that has room."""
        repeat = self._path(column.repeat_path)
        part = max(number for path, number in self.tables if path == repeat)
        if len(self.tables[repeat, part].columns) >= COLUMNS_A_TABLE:
            part += 1
            self.ensure_table(column.repeat_path, part)
        table = self.tables[repeat, part]
        path = self._path(column.path)
        taken = self.taken.setdefault(repeat, set())
        name = free_name(column.name + (f"_{column.component}" if column.component else ""), taken)
        taken.add(name)
        self.column_rows.append(
            {
                "answer_table_id": table.pk,
                "path": path,
                "component": column.component,
                "name": name,
                "kind": column.kind,
            }
        )
        columns = {**table.columns, (path, column.component): (name, column.kind)}
        self.tables[repeat, part] = AnswerTable(table.pk, repeat, part, table.name, columns)
        self.new_columns.setdefault((repeat, part), []).append(column)

    def widen(self, column: AnswerColumn, kind: str) -> None:
        """Give a column that holds answers a wider type."""
        key = (self._path(column.path), column.component)
        repeat = self._path(column.repeat_path)
        table = next(t for t in self.tables.values() if t.repeat_path == repeat and key in t.columns)
        name, old_kind = table.columns[key]
        c = tables.answer_columns.c
        self.session.execute(
            update(tables.answer_columns).where(c.answer_table_id == table.pk, c.name == name).values(kind=kind)
        )
        fresh = free_name(f"{name}_wider", table.column_names)
        _widen_column(self.session, table, (name, old_kind), (fresh, kind))
        columns = {**table.columns, key: (name, kind)}
        self.tables[table.repeat_path, table.part] = AnswerTable(
            table.pk, table.repeat_path, table.part, table.name, columns
        )

    def write(self) -> None:
        """Create the new tables and add the new columns."""
        connection = self.session.connection()
        if self.column_rows:
            connection.execute(insert(tables.answer_columns), self.column_rows)
        for key in self.new_tables:
            connection.execute(CreateTable(self.tables[key].sql))
        for key, columns in self.new_columns.items():
            if key in self.new_tables:
                continue
            table = self.tables[key]
            for column in columns:
                _add_column(self.session, table.sql, table.columns[self._path(column.path), column.component][0])
        f = tables.forms.c
        self.session.execute(
            update(tables.forms).where(f.id == self.form_pk).values(answers_revision=f.answers_revision + 1)
        )

    def _free_table_name(self, repeat: str, part: int) -> str:
        main = self.tables.get(("", 0))
        wish = self.stem if main is None else main.name
        if repeat:
            wish = f"{wish}_{repeat.rpartition('/')[2]}"
        taken = set(inspect(self.session.connection()).get_table_names()) | {t.name for t in self.tables.values()}
        return free_name(f"{wish}_{part + 1}" if part else wish, taken)


def free_name(wish: str, taken: Iterable[str]) -> str:
    """`wish` as a name for SQL: lower case, word characters, short enough, not in `taken`."""
    name = re.sub(r"\W", "_", wish.lower())
    if len(name.encode()) > NAME_BYTES:
        digest = hashlib.sha256(wish.encode()).hexdigest()[:6]
        name = f"{name.encode()[: NAME_BYTES - 7].decode(errors='ignore')}_{digest}"
    used = set(taken)
    if name not in used and not name.startswith("_"):
        return name
    number = 2
    while f"{name.lstrip('_')}_{number}" in used:
        number += 1
    return f"{name.lstrip('_')}_{number}"


def _quote(session: Session, name: str) -> str:
    return session.get_bind().dialect.identifier_preparer.quote(name)


def _add_column(session: Session, table: Table, name: str) -> None:
    connection = session.connection()
    specification = CreateColumn(table.c[name]).compile(dialect=connection.dialect)
    connection.exec_driver_sql(f"ALTER TABLE {_quote(session, table.name)} ADD COLUMN {specification}")


def _widen_column(session: Session, table: AnswerTable, former: tuple[str, str], wanted: tuple[str, str]) -> None:
    """Add a column of the wider type, carry the answers over, drop the old one: the same steps on every database.

    `former` and `wanted` are names and kinds; in the end the column has its former name.
    """
    (name, _), (fresh, kind) = former, wanted
    wider = _sql_table(table.name, table.repeat_path, [former, wanted])
    _add_column(session, wider, fresh)
    if kind == "text":
        _carry_as_text(session, wider, name, fresh)
    else:
        session.execute(update(wider).values({fresh: wider.c[name]}))
    quoted, old, new = (_quote(session, n) for n in (table.name, name, fresh))
    connection = session.connection()
    connection.exec_driver_sql(f"ALTER TABLE {quoted} DROP COLUMN {old}")
    connection.exec_driver_sql(f"ALTER TABLE {quoted} RENAME COLUMN {new} TO {old}")


def _carry_as_text(session: Session, table: Table, name: str, fresh: str) -> None:
    """In batches and by our own text form, which is not that of any one database."""
    keys = list(table.primary_key.columns)
    after: Any = None
    while True:
        query = select(*keys, table.c[name]).where(table.c[name].is_not(None)).order_by(*keys).limit(BATCH)
        if after is not None:
            query = query.where(tuple_(*keys) > tuple_(*after))
        rows = session.execute(query).all()
        if not rows:
            return
        after = rows[-1][:-1]
        matches = [key == bindparam(f"key_{key.name}") for key in keys]
        session.connection().execute(
            update(table).where(*matches).values({fresh: bindparam("as_text")}),
            [
                {f"key_{k.name}": v for k, v in zip(keys, row[:-1], strict=True)} | {"as_text": canonical_text(row[-1])}
                for row in rows
            ],
        )
