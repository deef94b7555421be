"""Answers as rows: a bound record is spread over the answer tables of its form, and read back.

The tables can be made again from the raw records at any time (`surveyapp rebuild`); nothing lies here alone.
"""

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any, Final, TypeAlias, cast

from sqlalchemy import Connection, delete, select
from sqlalchemy.orm import Session

from surveyapp.answers import Node
from surveyapp.store.answer_tables import AnswerTable, AnswerTables
from surveyapp.values import INVALID, canonical_text, offset_text, read_value, storable
from surveyapp.xform.bind import indexed_path
from surveyapp.xform.columns import GEOPOINT_PARTS
from surveyapp.xform.definition import Question, QuestionType, Repeat

Values: TypeAlias = dict[str, Any]

# An attribute of rows in records that the office made: `<id of the record replaced>#<number of the row there>`, 0 for a
# row that is new. Which member is which is known then, and need not be guessed from the answers.
FORMER: Final = "urn:surveyapp:rows former"


# -- one record becomes rows ------------------------------------------------------------------------------------------
@dataclass
class RowOfRepeat:
    """One row of a repeat: its answers by (path, component), what it is inside of, and the paths of questions that were
    asked and left without an answer. `former` is its number in the version that was replaced, 0 for a new row, None
    where the record does not say.
    """

    repeat_path: str
    ordinal: int
    answers: dict[tuple[str, str], Any] = field(default_factory=dict)
    blank: list[str] = field(default_factory=list)
    children: "list[RowOfRepeat]" = field(default_factory=list)
    key: str = ""
    former: int | None = None

    def fingerprint(self) -> str:
        """Equal for rows with equal answers, children included."""
        inside = [child.fingerprint() for child in self.children]
        return repr((self.repeat_path, sorted((k, canonical_text(v)) for k, v in self.answers.items()), inside))


@dataclass
class RecordRows:
    """What one record puts into the answer tables: the row of the submission itself, with the rows of repeats inside
    it.

    `extra` holds by indexed path what no typed column can take.
    """

    top: RowOfRepeat
    extra: dict[str, str]

    @classmethod
    def empty(cls) -> "RecordRows":
        """Of a record whose answers cannot be read."""
        return cls(RowOfRepeat("", 1), {})


def spread_record(tables: AnswerTables, root: Node, unknown: Sequence[Node]) -> RecordRows:
    """Sort the answers of the bound record `root` by the row that they belong to."""
    top = RowOfRepeat("", 1)
    extra: dict[str, str] = {}
    _spread(tables, root, top, extra, _replaced(root))
    for node in unknown:
        if isinstance(node.parent, Node) and isinstance(node.parent.element, Question):
            extra.update((indexed_path(leaf), storable(leaf.value)) for leaf in node.walk() if leaf.value)
    return RecordRows(top, extra)


def _replaced(root: Node) -> str:
    meta = root.find("meta")
    node = None if meta is None else meta.find("deprecatedID")
    return "" if node is None else node.value.strip()


def _former(node: Node, replaced: str) -> int | None:
    """What a row says of itself; what it said of an earlier record does not count."""
    record, _, number = node.attributes.get(FORMER, "").rpartition("#")
    return int(number) if record == replaced and number.isascii() and number.isdecimal() and len(number) < 7 else None


def _spread(tables: AnswerTables, holder: Node, row: RowOfRepeat, extra: dict[str, str], replaced: str) -> None:
    seen: dict[str, int] = {}
    for node in holder.children:
        element = node.element
        if isinstance(element, Question):
            if node.typed is None:
                row.blank.append(tables.kept_path(element.path))
            elif node.typed is INVALID:
                extra[indexed_path(node)] = storable(node.value)
            else:
                _put(row.answers, tables.kept_path(element.path), element.type, node.typed)
        elif isinstance(element, Repeat):
            path = tables.kept_path(element.path)
            seen[path] = seen.get(path, 0) + 1
            child = RowOfRepeat(path, seen[path], former=_former(node, replaced) if replaced else None)
            row.children.append(child)
            _spread(tables, node, child, extra, replaced)
        elif element is not None:
            _spread(tables, node, row, extra, replaced)
        elif holder.parent is None and node.name == "meta":
            continue
        elif not _put_of_other_version(tables, node, row):
            extra.update((indexed_path(leaf), storable(leaf.value)) for leaf in node.walk() if leaf.value)


def _put_of_other_version(tables: AnswerTables, node: Node, row: RowOfRepeat) -> bool:
    """Whether another version of the form has a column for this answer, and it could be put there."""
    place = tables.places.get((tables.kept_path(node.path()), ""))
    if place is None or place[0].repeat_path != row.repeat_path or node.children:
        return False
    value = read_value(cast("QuestionType", place[2]), node.text)  # a kind of column is a type of question
    if value is None or value is INVALID:
        return False
    _put(row.answers, tables.kept_path(node.path()), place[2], value)
    return True


def _put(answers: dict[tuple[str, str], Any], path: str, kind: str, value: Any) -> None:
    if kind == "geopoint":
        answers.update(((path, part), number) for part, number in zip(GEOPOINT_PARTS, value, strict=True))
        return
    answers[path, ""] = value
    if kind == "datetime":
        answers[path, "tz"] = offset_text(value)


# -- row keys ---------------------------------------------------------------------------------------------------------
def key_rows(record: RecordRows, submission_id: int, number: int = 1, former: RecordRows | None = None) -> None:
    """Give each row of each repeat its permanent key, `<submission>/<repeat>-<n>`, nested ones below that of their
    parent.

    `number` is that of the version. A row that was there in the `former` version keeps its key: as the record says,
    else equal rows first, what lies between them in order. A row that is new in an edit is `<repeat>-<number>.<n>`, so
    that a key never means another member than before, also when members come and go.
    """
    record.top.key = str(submission_id)
    if former is None:
        _key_children(record.top, "", [])
    else:
        _key_children(record.top, f"{number}.", former.top.children)


def _key_children(parent: RowOfRepeat, mark: str, former: list[RowOfRepeat]) -> None:
    rows = parent.children
    for path in dict.fromkeys(row.repeat_path for row in rows):
        mine = [row for row in rows if row.repeat_path == path]
        theirs = [row for row in former if row.repeat_path == path]
        pairs = _pair(mine, theirs) if theirs else {}
        stem = f"{parent.key}/{path.rpartition('/')[2]}-{mark}"
        new = itertools.count(1)
        for row in mine:
            twin = pairs.get(id(row))
            row.key = f"{stem}{next(new)}" if twin is None else twin.key
            _key_children(row, "" if twin is None else mark, [] if twin is None else twin.children)


def _pair(mine: list[RowOfRepeat], theirs: list[RowOfRepeat]) -> dict[int, RowOfRepeat]:
    if any(row.former is not None for row in mine):
        # Each is given once: of two rows that claim to be the same, the second is new.
        by_number = {row.ordinal: row for row in theirs}
        claimed = ((row, by_number.pop(row.former or 0, None)) for row in mine)
        return {id(row): twin for row, twin in claimed if twin is not None}
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
    _take_keys(record.top.children, keys)


def _take_keys(rows: list[RowOfRepeat], keys: Mapping[str, Iterator[str]]) -> None:
    for row in rows:
        row.key = next(keys[row.repeat_path])
        _take_keys(row.children, keys)


# -- writing ----------------------------------------------------------------------------------------------------------
def add_rows(session: Session, tables: AnswerTables, submission_id: int, record: RecordRows) -> None:
    """Write the rows of one record; its keys are set (`key_rows`)."""
    queue = _Queue(tables, submission_id)
    extra = json.dumps(record.extra, ensure_ascii=False, sort_keys=True) if record.extra else None
    queue.add(record.top, {"_extra": extra})
    queue.add_children(record.top)
    for table in tables.tables:
        if table.name in queue.rows:
            _insert(session.connection(), table, queue.rows[table.name])


def _insert(connection: Connection, table: AnswerTable, rows: list[Values]) -> None:
    """On PostgreSQL as one JSON value: a statement with a parameter for each of hundreds of columns costs several
    times as much.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(table.insert_json, {"rows": json.dumps(rows, default=canonical_text, ensure_ascii=False)})
    else:
        connection.execute(table.insert, rows)


class _Queue:
    """Rows on their way, by table. Each has every column, so that one prepared statement serves all records."""

    def __init__(self, tables: AnswerTables, submission_id: int) -> None:
        self.tables = tables
        self.submission_id = submission_id
        self.rows: dict[str, list[Values]] = {}
        self.positions: dict[str, int] = {}

    def add_children(self, parent: RowOfRepeat) -> None:
        """The rows inside `parent`, and inside them."""
        for row in parent.children:
            self.positions[row.repeat_path] = self.positions.get(row.repeat_path, 0) + 1
            self.add(row, {"_row_key": row.key, "_parent_row_key": parent.key, "_ordinal": row.ordinal})
            self.add_children(row)

    def add(self, row: RowOfRepeat, known: Values) -> None:
        """One row, over the table of its repeat and the side tables."""
        for table in self.tables.parts[row.repeat_path]:
            values = dict(table.empty_row)
            values["_submission_id"] = self.submission_id
            if row.repeat_path:
                values["_position"] = self.positions[row.repeat_path]
            if table.part == 0:
                values.update(known)
                values["_blank"] = self._names(row.blank)
            for key, value in row.answers.items():
                place = table.columns.get(key)
                if place is not None:
                    values[place[0]] = _fitting(value, place[1])
            self.rows.setdefault(table.name, []).append(values)

    def _names(self, blank: list[str]) -> str | None:
        places = self.tables.places
        names = (places.get((path, "")) or places.get((path, GEOPOINT_PARTS[0])) for path in blank)
        return " ".join(place[1] for place in names if place is not None) or None


def _fitting(value: Any, kind: str) -> Any:
    """`value` in the type of a column that may have been widened since."""
    if kind == "text":
        return canonical_text(value)
    return float(value) if kind == "decimal" and value is not None else value


def remove_rows(session: Session, tables: AnswerTables, submission_id: int | None = None) -> None:
    """Take the rows of one submission, or of all, out of the answer tables."""
    for table in tables.tables:
        statement = delete(table.sql)
        if submission_id is not None:
            statement = statement.where(table.sql.c["_submission_id"] == submission_id)
        session.execute(statement)
