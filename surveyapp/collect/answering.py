"""Answers and rows of a record changed as its form allows; and what was computed from them, computed again."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from surveyapp.answers import Node
from surveyapp.collect.changes import map_rows
from surveyapp.problems import EDIT_REFUSED, Problem
from surveyapp.sentences import say
from surveyapp.validate.circumstances import Circumstances
from surveyapp.validate.judge import TYPE_NAMES, Judgement, judge
from surveyapp.validate.order import ancestors
from surveyapp.validate.rules import CompiledRules
from surveyapp.values import INVALID, read_value
from surveyapp.xform.bind import bind
from surveyapp.xform.definition import FormDefinition, Question, Repeat

step = re.compile(r"([^/\[\]]+)(?:\[(\+?[1-9][0-9]{0,5})\])?")
# A form whose calculations still change after this many rounds hangs on itself.
MOST_ROUNDS: Final = 8
MISCOUNTED: Final = "calculate-differs"
UNASKED: Final = "not-relevant-answered"

# Where in a record something is, whatever number its row has now: the nearest node there is, and the path below it.
Place: TypeAlias = tuple[int, str]


# -- changing ---------------------------------------------------------------------------------------------------------
def change_record(
    definition: FormDefinition,
    root: Node,
    rows: dict[str, Node],
    changes: Mapping[str, str],
    added: Sequence[str],
    removed: Sequence[str],
) -> None:
    """Give the bound record `root` new rows, these answers by path ('' for none), and take rows away.

    `rows` are those that paths may name, as `/data/child[2]`; a new one is named `/data/child[+1]`, and is put there.

    Raises:
        Problem: EDIT_REFUSED with the faults: no such question or row, one that nobody answers, a value of
            another type.
    """
    faults = [*_add_rows(definition, root, rows, added), *_change_answers(definition, root, rows, changes)]
    for path in removed:
        row = rows.get(path)
        if row is None or row.parent is None:
            faults.append({"path": path, "message": say("The record has no such row.")})
        elif row in row.parent.children:
            row.parent.children.remove(row)
    if faults:
        raise Problem(EDIT_REFUSED, say("{count} answers cannot be given.", count=len(faults)), errors=faults)


def _change_answers(
    definition: FormDefinition, root: Node, rows: Mapping[str, Node], changes: Mapping[str, str]
) -> Iterator[dict[str, str]]:
    for path, text in changes.items():
        try:
            node = _find_or_make(definition, root, rows, path)
        except LookupError as error:
            yield {"path": path, "message": str(error)}
            continue
        fault = _fault(node.element, text)
        if fault:
            yield {"path": path, "message": fault}
        else:
            _put(node, text)


def is_editable(question: Question) -> bool:
    """Whether the office may change the answer: a person gave it, and it is no file."""
    return bool(question.control) and not question.rules.calculate and question.type not in ("note", "file")


def _fault(question: Any, text: str) -> str:
    if not isinstance(question, Question):
        return say("It is a group, not a question.")
    if not is_editable(question):
        return (
            say("A file cannot be changed here.")
            if question.type == "file"
            else say("Nobody answers it: the form fills it.")
        )
    if read_value(question.type, text) is INVALID:
        return say(
            "“{text}” is not {wanted}.",
            text=text[:80],
            wanted=TYPE_NAMES.get(question.type) or say("a value of type {type}", type=question.type),
        )
    return ""


def _put(node: Node, text: str) -> None:
    node.text = text
    node.typed = read_value(node.element.type, text)


def _find_or_make(definition: FormDefinition, root: Node, rows: Mapping[str, Node], path: str) -> Node:
    """The question or group at `path`; where the phone left it out, an empty one in its place.

    Raises:
        LookupError: the form or the record has no such place; says so in words for people.
    """
    first, *names = [step.fullmatch(part) for part in path.removeprefix("/").split("/")]
    if first is None or first[1] != root.name or first[2] or not names:
        raise LookupError(say("The form has no such question."))
    node, here = root, f"/{root.name}"
    for match in names:
        known = definition.children_by_name.get(node.element.path, {})
        element = known.get(match[1]) if match else None
        if match is None or element is None:
            raise LookupError(say("This version of the form has no such question."))
        number = match[2] or "1"
        here = f"{here}/{match[1]}[{number}]" if isinstance(element, Repeat) else f"{here}/{match[1]}"
        there = [rows[here]] if here in rows else [] if isinstance(element, Repeat) else node.all(match[1])
        if not there and (isinstance(element, Repeat) or number != "1"):
            raise LookupError(say("The record has no row {number} there.", number=number))
        if number != "1" and not isinstance(element, Repeat):
            raise LookupError(say("The record has no row {number} there.", number=number))
        node = there[0] if there else _insert(node, element, list(known))
    return node


def _insert(parent: Node, element: Any, order: list[str]) -> Node:
    """A new node after those of its own name, in its place among the others."""
    node = Node(element.name, namespace=parent.namespace)
    node.element, node.parent = element, parent
    later = set(order[order.index(element.name) + 1 :]) | ({"meta"} if parent.parent is None else set())
    place = next((at for at, child in enumerate(parent.children) if child.name in later), len(parent.children))
    parent.children.insert(place, node)
    return node


# -- rows -------------------------------------------------------------------------------------------------------------
def _add_rows(
    definition: FormDefinition, root: Node, rows: dict[str, Node], added: Sequence[str]
) -> Iterator[dict[str, str]]:
    for path in added:
        above, _, last = path.rpartition("/")
        match = step.fullmatch(last)
        try:
            parent = root if above == f"/{root.name}" else _find_or_make(definition, root, rows, above)
        except LookupError as error:
            yield {"path": path, "message": str(error)}
            continue
        known = {} if isinstance(parent.element, Question) else definition.children_by_name[parent.element.path]
        repeat = known.get(match[1]) if match else None
        if match is None or not isinstance(repeat, Repeat) or not (match[2] or "").startswith("+") or path in rows:
            yield {"path": path, "message": say("Name a new row by its repeat and [+1], the next by [+2].")}
            continue
        rows[path] = _insert(parent, repeat, list(known))
        _fill(rows[path])


def _fill(holder: Node) -> None:
    """What a phone puts into a new row: every question, with its default."""
    for element in holder.element.children:
        if isinstance(element, Repeat):
            continue
        node = holder.append(Node(element.name, namespace=holder.namespace))
        node.element = element
        if isinstance(element, Question):
            _put(node, element.default)
        else:
            _fill(node)


# -- computing --------------------------------------------------------------------------------------------------------
def locate(root: Node, path: str) -> Place:
    """Where the path of a judgement leads, so that it is found again when rows have gone."""
    node = root
    parts = path.removeprefix("/").split("/")[1:]
    for at, part in enumerate(parts):
        match = step.fullmatch(part)
        there = node.all(match[1]) if match else []
        number = int((match[2] if match else None) or 1)
        if number > len(there):
            return id(node), "/".join(parts[at:])
        node = there[number - 1]
    return id(node), ""


def try_rules(rules: CompiledRules, root: Node, circumstances: Circumstances) -> Judgement:
    """What all rules of the form say of `root`, which is bound anew; its name is judged like an answer."""
    unknown = bind(rules.definition, root)
    meta = root.find("meta")
    name = None if meta is None else meta.find("instanceName")
    if name is not None:
        name.element = next((one for one in rules.definition.meta if one.name == name.name), None)
    return judge(rules, root, unknown, circumstances, details=True)


def compute_again(
    rules: CompiledRules,
    root: Node,
    computed: Mapping[Place, str | None],
    circumstances: Circumstances,
    leave_out: Callable[[Judgement], Sequence[Node]],
) -> Judgement:
    """Bring what the form computes, the name of the record too, in line with the changed answers of `root`, leave out
    the answers and rows that `leave_out` names, and judge it anew.

    `computed` is what we made of the calculations before: what the phone computed from answers that nobody changed
    stays as it came, also where we compute something else.
    """
    for _ in range(MOST_ROUNDS):
        found = try_rules(rules, root, circumstances)
        odd = {one.path for one in found.findings if one.check == MISCOUNTED and one.outcome == "violated"}
        moved = [
            node
            for node in found.nodes
            if node.path in odd
            and node.calculated is not None
            and node.calculated != computed.get(locate(root, node.path))
        ]
        unasked = leave_out(found)
        if not moved and not unasked:
            return found
        for one in moved:
            _put(_computed_node(rules.definition, root, one.path), one.calculated or "")
        for node in unasked:
            if isinstance(node.element, Question):
                _put(node, "")
            elif node.parent is not None:
                node.parent.children.remove(node)
    return found


def _computed_node(definition: FormDefinition, root: Node, path: str) -> Node:
    if path.startswith(f"/{root.name}/meta/"):
        return next(node for node in root.walk() if node.path() == path)
    return _find_or_make(definition, root, map_rows(root), path)


def list_unasked(rules: CompiledRules, root: Node, found: Judgement) -> list[Node]:
    """The answers of `root` that were not asked, and the rows of which nothing is asked: a phone sends neither. Inner
    rows come first.
    """
    places = map_rows(root)
    answers = [
        _find_or_make(rules.definition, root, places, one.path) for one in found.findings if one.check == UNASKED
    ]
    asked: dict[str, bool] = {}
    for node in found.nodes:
        row = node.path.rpartition("]")[0]
        while row:
            asked[f"{row}]"] = asked.get(f"{row}]", False) or node.relevant
            row = row.rpartition("]")[0]
    ruled = rules.books["javarosa"].relevance
    return answers + [
        row
        for path, row in reversed(places.items())
        if not asked.get(path, True) and any(one in ruled for one in (row.element.path, *ancestors(row.element.path)))
    ]
