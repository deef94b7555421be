"""What differs between two records of one submission: which rows came and went, and answer by answer.

A row of a roster is named by its place in the older record, also where rows before it have gone since; rows that came
later follow after those that were there. So one path means one member, on whichever side it is read.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy.orm import Session

from surveyapp.answers import Node
from surveyapp.collect.reading import read_version
from surveyapp.store.answer_tables import AnswerTables, get_answer_tables
from surveyapp.store.answers import FORMER, RecordRows, RowOfRepeat, key_rows, spread_record
from surveyapp.store.forms import Form
from surveyapp.store.submissions import Version, list_versions
from surveyapp.xform.definition import Repeat

# A bound record, and the nodes that its form version does not know.
Record: TypeAlias = tuple[Node, Sequence[Node]]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a later record of a submission says otherwise than an earlier one.

    `changes` are (path, before, after), '' where one of them has no answer; `added` and `removed` the paths of rows.
    `root` is the later record, `answers` all that it says and `rows` its rows, both by path as the earlier one counts.
    """

    changes: tuple[tuple[str, str, str], ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    root: Node
    answers: Mapping[str, str]
    rows: Mapping[str, Node]


def compare_versions(session: Session, form: Form, old: Version, new: Version) -> Difference:
    """What differs between two versions of a submission; rows are followed through the versions between them."""
    line = [
        version
        for version in list_versions(session, form.id, old.submission_id)
        if old.number < version.number < new.number and version.kind in ("original", "edit")
    ]
    records = [read_version(session, form, version) for version in (old, *line, new)]
    return compare(get_answer_tables(session, form.id, form.answers_revision), records)


def compare(tables: AnswerTables, records: Sequence[Record]) -> Difference:
    """What differs between the first and the last of some records, each of which replaces the one before it.

    The order is that of the last record, then of the first. The meta block is left out.
    """
    old, new = records[0][0], records[-1][0]
    twins = _pair(tables, records)
    names = _name_rows(old, new, {id(later): earlier for earlier, later in twins})
    before, after = map_answers(old), map_answers(new, names)
    rows = {path: row for row, path in _list_rows(new, names)}
    former = [path for _, path in _list_rows(old, {})]
    paths = [*after, *(path for path in before if path not in after)]
    return Difference(
        tuple((path, before.get(path, ""), after.get(path, "")) for path in paths if _differs(path, before, after)),
        tuple(path for path in rows if path not in former),
        tuple(path for path in former if path not in rows),
        new,
        after,
        rows,
    )


def _differs(path: str, before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    """Whether the answer at `path` is another one; none and an empty one are the same."""
    return before.get(path, "") != after.get(path, "")


def _pair(tables: AnswerTables, records: Sequence[Record]) -> list[tuple[Node, Node]]:
    """The rows of the first record that are still there in the last one, each with what it is there."""
    former: RecordRows | None = None
    first: dict[str, Node] = {}
    last: dict[str, Node] = {}
    for number, (root, unknown) in enumerate(records, 1):
        spread = spread_record(tables, root, unknown)
        key_rows(spread, 0, number, former)
        keys = [row.key for row in _walk(spread.top)]
        nodes = [node for node in root.walk() if isinstance(node.element, Repeat)]
        last = dict(zip(keys, nodes, strict=True))
        first = first if former is not None else last
        former = spread
    return [(node, last[key]) for key, node in first.items() if key in last]


def _walk(top: RowOfRepeat) -> list[RowOfRepeat]:
    return [row for child in top.children for row in (child, *_walk(child))]


# -- names of rows ----------------------------------------------------------------------------------------------------
def _name_rows(old: Node, new: Node, twins: Mapping[int, Node]) -> dict[int, str]:
    """For each row of `new` its step in a path as `old` counts: `child[2]`."""
    counted: Counter[tuple[int, str]] = Counter()
    numbers: dict[int, int] = {}
    for row, _ in _list_rows(old, {}):
        place = (id(_holder(row)), row.element.path)
        counted[place] += 1
        numbers[id(row)] = counted[place]
    names: dict[int, str] = {}
    for row in new.walk():
        if not isinstance(row.element, Repeat):
            continue
        twin = twins.get(id(row))
        if twin is not None:
            names[id(row)] = f"{row.name}[{numbers[id(twin)]}]"
            continue
        holder = _holder(row)
        there = old if holder is new else twins.get(id(holder), holder)
        place = (id(there), row.element.path)
        counted[place] += 1
        names[id(row)] = f"{row.name}[{counted[place]}]"
    return names


def _holder(row: Node) -> Node:
    """The row around a row, else the root."""
    node = row.parent
    while node is not None and node.parent is not None and not isinstance(node.element, Repeat):
        node = node.parent
    assert node is not None
    return node


def _list_rows(root: Node, names: Mapping[int, str]) -> list[tuple[Node, str]]:
    """Each row with its path, in document order."""
    found: list[tuple[Node, str]] = []
    _visit(root, f"/{root.name}", names, found, {})
    return found


def map_rows(root: Node) -> dict[str, Node]:
    """The rows of a bound record by path."""
    return {path: row for row, path in _list_rows(root, {})}


def map_answers(root: Node, names: Mapping[int, str] | None = None) -> dict[str, str]:
    """The answers of a bound record by path with repeat indices, in document order; `names` are other steps of rows,
    by the id of their nodes.
    """
    found: dict[str, str] = {}
    _visit(root, f"/{root.name}", names or {}, [], found)
    return found


def _visit(
    holder: Node, path: str, names: Mapping[int, str], rows: list[tuple[Node, str]], answers: dict[str, str]
) -> None:
    seen: Counter[str] = Counter()
    for node in holder.children:
        if node.name == "meta" and holder.parent is None:
            continue
        if isinstance(node.element, Repeat):
            seen[node.name] += 1
            here = f"{path}/{names.get(id(node), f'{node.name}[{seen[node.name]}]')}"
            rows.append((node, here))
        else:
            here = f"{path}/{node.name}"
        if node.children:
            _visit(node, here, names, rows, answers)
        else:
            answers[here] = node.value


def number_rows(rows: Mapping[str, Node]) -> dict[int, int]:
    """The numbers that rows have in their paths, by the ids of their nodes."""
    return {id(row): _number(path) for path, row in rows.items()}


def _number(path: str) -> int:
    return int(path.rpartition("[")[2].rstrip("]"))


def mark_rows(root: Node, replaced: str, numbers: Mapping[int, int] | None = None) -> None:
    """Let each row of the bound record `root` say which row it is of the record `replaced`: the same as here, or as
    `numbers` say by the id of the node.
    """
    for path, row in map_rows(root).items():
        number = _number(path) if numbers is None else numbers.get(id(row), 0)
        row.attributes = {**row.attributes, FORMER: f"{replaced}#{number}"}
