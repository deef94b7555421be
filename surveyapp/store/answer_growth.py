"""Answer tables grow when a version is published: new tables, new columns, wider columns, questions that moved.

A table holds at most COLUMNS_A_TABLE questions' columns; what is more goes to side tables `<name>_2`, `<name>_3` ...
with the same key. The limit is far below PostgreSQL's 1,600 columns because a PostgreSQL row must also fit a page of
8 kB, and texts of up to 23 bytes always stay in the row: 300 columns of 24 bytes do, beside the keys.
"""

import hashlib
import re
from collections.abc import Callable, Container, Iterable, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import Table, bindparam, insert, inspect, select, tuple_, update
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateColumn, CreateTable

from surveyapp.problems import FORM_INVALID, FORM_NARROWED, Problem
from surveyapp.sentences import say
from surveyapp.store import tables
from surveyapp.store.answer_tables import AnswerTable, AnswerTables, make_sql_table, read_answer_tables
from surveyapp.values import canonical_text
from surveyapp.xform.columns import AnswerColumn, find_wider_kind, list_columns, plain_key
from surveyapp.xform.definition import FormDefinition, Group, Repeat

COLUMNS_A_TABLE: Final = 300
# PostgreSQL cuts longer names off; room is left for component, side table number and repeat.
NAME_BYTES: Final = 48
BATCH: Final = 1000

# Whether it is a repeat, and its path without groups.
PlainKey: TypeAlias = tuple[bool, str]
KeyOf: TypeAlias = Callable[[FormDefinition, str], str]


def extend_answer_tables(
    session: Session, form_pk: int, stem: str, definition: FormDefinition, former: Sequence[FormDefinition]
) -> list[str]:
    """Make room for the answers of a new version; return in words what was widened.

    `stem` is the wished name of the main table, `former` the versions published before.

    Raises:
        Problem: FORM_NARROWED when a question has an answer column that could not hold what it holds now;
        FORM_INVALID when two
            questions would share a column.
    """
    plan = _Plan(session, read_answer_tables(session, form_pk), stem)
    plan.follow_moves(definition, former)
    plan.refuse_shared_columns(definition)
    for repeat in ("", *(repeat.path for repeat in definition.repeats)):
        plan.ensure_table(repeat, 0)
    narrowed: list[str] = []
    widened: list[str] = []
    for column in list_columns(definition):
        kept = plan.kept(column)
        if kept is None:
            plan.add(column)
            continue
        kind = find_wider_kind(kept[1], column.kind)
        if kind is None:
            narrowed.append(
                say("{path} was {former} and would become {kind}", path=column.path, former=kept[1], kind=column.kind)
            )
        elif kind != kept[1]:
            plan.widen(column, kind)
            widened.append(say("{path}: {former} became {kind}", path=column.path, former=kept[1], kind=kind))
    if narrowed:
        raise Problem(FORM_NARROWED, say("{narrowed}. Answers that were given would be lost.", narrowed=narrowed))
    plan.write()
    return widened


def _list_plain(definition: FormDefinition, known: Container[str], key_of: KeyOf) -> dict[PlainKey, str]:
    """The questions and repeats that are not at a `known` path, by what stays the same in a move; those of which
    that is not unique are left out.
    """
    found: dict[PlainKey, list[str]] = {}
    for element in definition.walk():
        if not isinstance(element, Group) and element.path not in known:
            key = (isinstance(element, Repeat), key_of(definition, element.path))
            found.setdefault(key, []).append(element.path)
    return {key: paths[0] for key, paths in found.items() if len(paths) == 1}


def _inside(_: FormDefinition, path: str) -> str:
    """`path` without the root, which may have another name in each version."""
    return path.lstrip("/").partition("/")[2]


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
        """A question or repeat that left one group for another keeps its column or table, where it is plain which
        one it was.
        """
        seen = {path for old in former for path in old.elements}
        for key_of in (_inside, plain_key):
            gone: dict[PlainKey, str] = {}
            for old in former:
                for key, path in _list_plain(old, definition.elements.keys(), key_of).items():
                    gone[key] = self._path(path)
            held = {self._path(path) for path in definition.elements if path in seen}
            for key, path in _list_plain(definition, seen, key_of).items():
                if key in gone and gone[key] not in held:
                    self._move(path, gone[key])
                    seen.add(path)

    def _move(self, path: str, kept: str) -> None:
        self.moved[path] = kept
        self.session.execute(insert(tables.answer_paths).values(form_pk=self.form_pk, path=path, column_path=kept))

    def refuse_shared_columns(self, definition: FormDefinition) -> None:
        """A question that moved away cannot come back to its former place beside itself.

        Raises:
            Problem: FORM_INVALID.
        """
        holders: dict[str, str] = {}
        for question in definition.questions:
            other = holders.setdefault(self._path(question.path), question.path)
            if other != question.path:
                detail = say(
                    "{path} and {other} were one question in a former version, and would share its answers.",
                    path=question.path,
                    other=other,
                )
                raise Problem(FORM_INVALID, detail, remedy="Give one of them a new name.")

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
    wider = make_sql_table(table.name, table.repeat_path, table.part, [former, wanted])
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
    """In batches and by our own text form, which is not that of any one database.

    Names of parameters begin with _, as those of answer columns never do.
    """
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
        matches = [key == bindparam(f"_key{key.name}") for key in keys]
        session.connection().execute(
            update(table).where(*matches).values({fresh: bindparam("_as_text")}),
            [
                {f"_key{k.name}": v for k, v in zip(keys, row[:-1], strict=True)}
                | {"_as_text": canonical_text(row[-1])}
                for row in rows
            ],
        )
