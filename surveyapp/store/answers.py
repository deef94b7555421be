"""Answers as rows: a bound record is spread over the answer tables of its form, and read back.

The tables can be made again from the raw records at any time (`surveyapp rebuild`); nothing lies here alone.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any, TypeAlias

from sqlalchemy import Connection, delete, select
from sqlalchemy.orm import Session

from surveyapp.answers import Node
from surveyapp.store.answer_tables import AnswerTable, AnswerTables
from surveyapp.values import INVALID, canonical_text, offset_text, storable
from surveyapp.xform.bind import indexed_path
from surveyapp.xform.columns import GEOPOINT_PARTS
from surveyapp.xform.definition import Question, Repeat

Values: TypeAlias = dict[str, Any]


# -- one record becomes rows ------------------------------------------------------------------------------------------
@dataclass
class RowOfRepeat:
    """One row of a repeat: its answers by (path, component), and what it is inside of."""

    repeat_path: str
    ordinal: int
    answers: dict[tuple[str, str], Any] = field(default_factory=dict)
    children: "list[RowOfRepeat]" = field(default_factory=list)
    key: str = ""

    def fingerprint(self) -> str:
        """Equal for rows with equal answers, children included."""
        inside = [child.fingerprint() for child in self.children]
        return repr((self.repeat_path, sorted((k, canonical_text(v)) for k, v in self.answers.items()), inside))


@dataclass
class RecordRows:
    """What one record puts into the answer tables. `extra` holds by indexed path what no typed column can take."""

    answers: dict[tuple[str, str], Any]
    children: list[RowOfRepeat]
    extra: dict[str, str]

    @classmethod
    def empty(cls) -> "RecordRows":
        """Of a record whose answers cannot be read."""
        return cls({}, [], {})


def spread_record(tables: AnswerTables, root: Node, unknown: Sequence[Node]) -> RecordRows:
    """Sort the answers of the bound record `root` by the row that they belong to."""
    top = RowOfRepeat("", 1)
    extra = {indexed_path(leaf): storable(leaf.value) for node in unknown for leaf in node.walk() if leaf.value}
    _spread(tables, root, top, extra)
    return RecordRows(top.answers, top.children, extra)


def _spread(tables: AnswerTables, holder: Node, row: RowOfRepeat, extra: dict[str, str]) -> None:
    for node in holder.children:
        element = node.element
        if isinstance(element, Question):
            if node.typed is INVALID:
                extra[indexed_path(node)] = storable(node.value)
            elif node.typed is not None:
                _put(row.answers, tables.kept_path(element.path), element.type, node.typed)
        elif isinstance(element, Repeat):
            path = tables.kept_path(element.path)
            child = RowOfRepeat(path, 1 + sum(other.repeat_path == path for other in row.children))
            row.children.append(child)
            _spread(tables, node, child, extra)
        elif element is not None:
            _spread(tables, node, row, extra)


def _put(answers: dict[tuple[str, str], Any], path: str, kind: str, value: Any) -> None:
    if kind == "geopoint":
        answers.update(((path, part), number) for part, number in zip(GEOPOINT_PARTS, value, strict=True))
        return
    answers[path, ""] = value
    if kind == "datetime":
        answers[path, "tz"] = offset_text(value)


# -- row keys ---------------------------------------------------------------------------------------------------------
def key_rows(record: RecordRows, submission_id: int, former: RecordRows | None = None) -> None:
    """Give each row of each repeat its permanent key, `<submission>/<repeat>-<n>`, nested ones below that of their
    parent.

    A row that was there in the `former` version of the record keeps its key: equal rows first, what lies between them
    in order. A row that is new gets the next free number, so a key never means another member than before.
    """
    _key_children(record.children, str(submission_id), [] if former is None else former.children)


def _key_children(rows: list[RowOfRepeat], parent_key: str, former: list[RowOfRepeat]) -> None:
    for path in dict.fromkeys(row.repeat_path for row in rows):
        mine = [row for row in rows if row.repeat_path == path]
        theirs = [row for row in former if row.repeat_path == path]
        pairs = _pair(mine, theirs) if theirs else {}
        stem = f"{parent_key}/{path.rpartition('/')[2]}-"
        free = 1 + max((int(row.key.rpartition("-")[2]) for row in theirs), default=0)
        for row in mine:
            twin = pairs.get(id(row))
            if twin is None:
                row.key = f"{stem}{free}"
                free += 1
            else:
                row.key = twin.key
            _key_children(row.children, row.key, [] if twin is None else twin.children)


def _pair(mine: list[RowOfRepeat], theirs: list[RowOfRepeat]) -> dict[int, RowOfRepeat]:
    matcher = SequenceMatcher(None, [r.fingerprint() for r in theirs], [r.fingerprint() for r in mine], autojunk=False)
    pairs: dict[int, RowOfRepeat] = {}
    for _, start_theirs, end_theirs, start_mine, end_mine in matcher.get_opcodes():
        for twin, row in zip(theirs[start_theirs:end_theirs], mine[start_mine:end_mine], strict=False):
            pairs[id(row)] = twin
    return pairs


def read_keys(session: Session, tables: AnswerTables, submission_id: int, record: RecordRows) -> None:
    """Give the rows of `record` the keys under which they lie in the tables."""
    keys: dict[str, Iterator[str]] = {}
    for path, parts in tables.parts.items():
        if path:
            c = parts[0].sql.c
            statement = select(c["_row_key"]).where(c["_submission_id"] == submission_id).order_by(c["_position"])
            keys[path] = iter(session.execute(statement).scalars().all())
    _take_keys(record.children, keys)


def _take_keys(rows: list[RowOfRepeat], keys: Mapping[str, Iterator[str]]) -> None:
    for row in rows:
        row.key = next(keys[row.repeat_path])
        _take_keys(row.children, keys)


# -- writing ----------------------------------------------------------------------------------------------------------
def add_rows(session: Session, tables: AnswerTables, submission_id: int, record: RecordRows) -> None:
    """Write the rows of one record; its keys are set (`key_rows`)."""
    pending: dict[str, list[Values]] = {}
    extra = json.dumps(record.extra, ensure_ascii=False, sort_keys=True) if record.extra else None
    _queue(pending, tables, "", record.answers, {"_submission_id": submission_id, "_extra": extra})
    positions: dict[str, int] = {}
    _queue_children(pending, tables, submission_id, str(submission_id), record.children, positions)
    for table in tables.tables:
        if table.name in pending:
            _insert(session.connection(), table, pending[table.name])


def _insert(connection: Connection, table: AnswerTable, rows: list[Values]) -> None:
    """On PostgreSQL as one JSON value: a statement with a parameter for each of hundreds of columns costs several
    times as much.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(table.insert_json, {"rows": json.dumps(rows, default=canonical_text, ensure_ascii=False)})
    else:
        connection.execute(table.insert, rows)


def _queue_children(
    pending: dict[str, list[Values]],
    tables: AnswerTables,
    submission_id: int,
    parent_key: str,
    rows: list[RowOfRepeat],
    positions: dict[str, int],
) -> None:
    for row in rows:
        position = positions[row.repeat_path] = positions.get(row.repeat_path, 0) + 1
        fixed = {
            "_submission_id": submission_id,
            "_position": position,
            "_row_key": row.key,
            "_parent_row_key": parent_key,
            "_ordinal": row.ordinal,
        }
        _queue(pending, tables, row.repeat_path, row.answers, fixed)
        _queue_children(pending, tables, submission_id, row.key, row.children, positions)


def _queue(
    pending: dict[str, list[Values]],
    tables: AnswerTables,
    repeat_path: str,
    answers: Mapping[tuple[str, str], Any],
    fixed: Values,
) -> None:
    """Every table of the repeat gets a row, with every column named, so that one prepared statement serves all
    records.
    """
    for table in tables.parts[repeat_path]:
        values = table.empty_row | fixed
        if table.part and not repeat_path:
            values["_extra"] = None
        for key, value in answers.items():
            place = table.columns.get(key)
            if place is not None:
                name, kind = place
                if kind == "text":
                    values[name] = canonical_text(value)
                elif kind == "decimal" and value is not None:
                    values[name] = float(value)
                else:
                    values[name] = value
        pending.setdefault(table.name, []).append(values)


def remove_rows(session: Session, tables: AnswerTables, submission_id: int | None = None) -> None:
    """Take the rows of one submission, or of all, out of the answer tables."""
    for table in tables.tables:
        statement = delete(table.sql)
        if submission_id is not None:
            statement = statement.where(table.sql.c["_submission_id"] == submission_id)
        session.execute(statement)
