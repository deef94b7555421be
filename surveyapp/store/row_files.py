"""Tables as files and back: one gzipped file a table, one JSON array a row, the same on every database.

What a file holds is said by a `TableShape`: which columns, of which kind. Core tables are made by the migrations before
their rows come back; a table that does not exist then is an answer table, and is made from its shape.
"""

import base64
import datetime
import gzip
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    Time,
    func,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable

from surveyapp.store.columns import Instant
from surveyapp.store.schema import core_tables
from surveyapp.store.tables import answer_tables

# Exports can be made again, and their files are no part of a backup; the revision stands in the manifest.
NOT_KEPT: Final = {"exports", "alembic_version"}
# Rows may carry a record of several megabytes.
BATCH: Final = 200
# Quick, and a third larger than the best.
COMPRESSION: Final = 3

# The first that fits is the kind of a column.
KINDS: Final[tuple[tuple[type[Any], str], ...]] = (
    (LargeBinary, "bytes"),
    (Boolean, "boolean"),
    (JSON, "json"),
    (BigInteger, "int64"),
    (Integer, "int32"),
    (Float, "decimal"),
    (DateTime, "instant"),
    (Date, "date"),
    (Time, "time"),
    (String, "text"),
)
TYPES: Final[Mapping[str, Any]] = {
    "bytes": LargeBinary(),
    "boolean": Boolean(),
    "int64": BigInteger(),
    "int32": Integer(),
    "decimal": Float(53),
    "instant": Instant(),
    "date": Date(),
    "time": Time(),
    "text": Text(),
}


def _write_bytes(value: bytes) -> str:
    """Records and forms are nearly always UTF-8: as text they can be read, and are packed three times as small."""
    try:
        return f"text:{value.decode()}"
    except UnicodeDecodeError:
        return f"base64:{base64.b64encode(value).decode()}"


def _read_bytes(text: str) -> bytes:
    form, _, content = text.partition(":")
    return content.encode() if form == "text" else base64.b64decode(content)


WRITTEN: Final[Mapping[str, Callable[[Any], str]]] = {
    "bytes": _write_bytes,
    "instant": datetime.datetime.isoformat,
    "date": datetime.date.isoformat,
    "time": datetime.time.isoformat,
}
READ: Final[Mapping[str, Callable[[str], Any]]] = {
    "bytes": _read_bytes,
    "instant": datetime.datetime.fromisoformat,
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
}


@dataclass(frozen=True, slots=True)
class ColumnShape:
    """A column: its name, its kind (of KINDS), whether it may be empty."""

    name: str
    kind: str
    nullable: bool


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table: its name, its columns in order, the names of its primary key."""

    name: str
    columns: tuple[ColumnShape, ...]
    key: tuple[str, ...]

    def sql(self) -> Table:
        """The table for SQLAlchemy."""
        return Table(self.name, MetaData(), *(self._column(column) for column in self.columns))

    def _column(self, column: ColumnShape) -> Column[Any]:
        # JSON has a null of its own, which may stand where SQL's may not.
        kind = JSON(none_as_null=column.nullable) if column.kind == "json" else TYPES[column.kind]
        in_key = column.name in self.key
        return Column(column.name, kind, primary_key=in_key, autoincrement=False, nullable=column.nullable)

    @property
    def names_files(self) -> bool:
        """Whether its rows name kept files: those are always kept with digest and size."""
        return {"sha256", "size"} <= {column.name for column in self.columns}


# -- out --------------------------------------------------------------------------------------------------------------
def list_kept_tables(session: Session) -> list[str]:
    """The names of all tables that belong into a backup: the core tables, and the answer tables of the catalogue."""
    present = set(inspect(session.connection()).get_table_names())
    answers = set(session.execute(select(answer_tables.c.name)).scalars())
    return sorted(present & ((set(core_tables().tables) | answers) - NOT_KEPT))


def list_strange_tables(session: Session) -> list[str]:
    """The names of tables in our schema that are not ours, and are in no backup."""
    present = set(inspect(session.connection()).get_table_names())
    return sorted(present - set(list_kept_tables(session)) - NOT_KEPT)


def lock_shapes(session: Session, names: Sequence[str]) -> None:
    """Let nobody change the columns of these tables until the transaction ends; to be called first in it.

    On PostgreSQL a transaction sees rows as they were, but columns as they are: a column that is widened meanwhile
    would read as empty. On SQLite columns are part of what a transaction sees.
    """
    if session.get_bind().dialect.name == "postgresql" and names:
        quote = session.get_bind().dialect.identifier_preparer.quote
        session.execute(text(f"LOCK TABLE {', '.join(quote(name) for name in names)} IN ACCESS SHARE MODE"))


def list_shapes(session: Session, names: Iterable[str]) -> list[TableShape]:
    """The shapes of these tables; one that another refers to comes before it."""
    wanted, inspector = set(names), inspect(session.connection())
    ordered = [name for name, _ in inspector.get_sorted_table_and_fkc_names() if name in wanted]
    return [
        TableShape(
            name,
            tuple(
                ColumnShape(column["name"], _kind(name, column), bool(column["nullable"]))
                for column in inspector.get_columns(name)
            ),
            tuple(inspector.get_pk_constraint(name)["constrained_columns"]),
        )
        for name in ordered
        if name
    ]


def _kind(table: str, column: Any) -> str:
    for family, kind in KINDS:
        if isinstance(column["type"], family):
            return kind
    raise TypeError(f"{table}.{column['name']} is {column['type']}, which KINDS does not know")


def write_rows(session: Session, shape: TableShape, path: Path) -> int:
    """Write the rows of a table in the order of its key; how many there are."""
    table, count = shape.sql(), 0
    special = [(n, WRITTEN[column.kind]) for n, column in enumerate(shape.columns) if column.kind in WRITTEN]
    dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
    statement = select(table).order_by(*table.primary_key.columns)
    with (
        gzip.open(path, "wt", compresslevel=COMPRESSION, encoding="utf-8", newline="\n") as file,
        session.execute(statement, execution_options={"yield_per": BATCH}) as result,
    ):
        for row in result:
            values = list(row)
            for number, write in special:
                if values[number] is not None:
                    values[number] = write(values[number])
            file.write(dump(values) + "\n")
            count += 1
    return count


def list_named_files(session: Session, shapes: Iterable[TableShape]) -> set[str]:
    """The digests of all files that rows of these tables name."""
    named: set[str] = set()
    for shape in shapes:
        if shape.names_files:
            named.update(session.execute(select(shape.sql().c.sha256).distinct()).scalars())
    return named


# -- in ---------------------------------------------------------------------------------------------------------------
def find_occupied_table(session: Session, names: Iterable[str]) -> str | None:
    """The first of our tables, or of these, that holds a row."""
    present = set(inspect(session.connection()).get_table_names())
    for name in sorted(present & ((set(core_tables().tables) | set(names)) - NOT_KEPT)):
        quoted = session.get_bind().dialect.identifier_preparer.quote(name)
        if session.execute(text(f"SELECT 1 FROM {quoted} LIMIT 1")).first() is not None:
            return name
    return None


def add_rows_from(session: Session, shape: TableShape, path: Path) -> int:
    """Put the rows of a file back, into a table that is made if it does not exist; how many there were."""
    table, count = shape.sql(), 0
    if not inspect(session.connection()).has_table(shape.name):
        session.connection().execute(CreateTable(table))
    rows = _read_rows(shape, path)
    while batch := list(itertools.islice(rows, BATCH)):
        session.connection().execute(insert(table), batch)
        count += len(batch)
    return count


def _read_rows(shape: TableShape, path: Path) -> Iterator[dict[str, Any]]:
    names = [column.name for column in shape.columns]
    special = [(n, READ[column.kind]) for n, column in enumerate(shape.columns) if column.kind in READ]
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
        for line in file:
            values = json.loads(line)
            for number, read in special:
                if values[number] is not None:
                    values[number] = read(values[number])
            yield dict(zip(names, values, strict=True))


def mark_counters(session: Session, shapes: Iterable[TableShape]) -> None:
    """Let PostgreSQL go on counting rows where the rows end; SQLite does so by itself."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for shape in shapes:
        if len(shape.key) != 1:
            continue
        key = shape.sql().c[shape.key[0]]
        quoted = session.get_bind().dialect.identifier_preparer.quote(shape.name)
        counter = session.execute(select(func.pg_get_serial_sequence(quoted, key.name))).scalar_one()
        if counter is not None:
            last = session.execute(select(func.max(key))).scalar_one()
            session.execute(select(func.setval(counter, last or 1, last is not None)))
