"""Answers of a record changed one by one, as its form allows; and what was computed from them, computed again."""

import re
from collections.abc import Mapping
from typing import Any, Final

from surveyapp.answers import Node
from surveyapp.problems import EDIT_REFUSED, Problem
from surveyapp.validate.circumstances import Circumstances
from surveyapp.validate.judge import TYPE_NAMES, Judgement, judge
from surveyapp.validate.rules import CompiledRules
from surveyapp.values import INVALID, read_value
from surveyapp.xform.bind import bind
from surveyapp.xform.definition import FormDefinition, Question, Repeat

step = re.compile(r"([^/\[\]]+)(?:\[([1-9][0-9]{0,5})\])?")
# A form whose calculations still change after this many rounds hangs on itself.
MOST_ROUNDS: Final = 8
MISCOUNTED: Final = "calculate-differs"


def change_answers(definition: FormDefinition, root: Node, changes: Mapping[str, str]) -> None:
    """Give the bound record `root` these answers by path with repeat indices, '' for none.

    Raises:
        Problem: EDIT_REFUSED with the faults: no such question or row, one that nobody answers, a value of
            another type.
    """
    faults = []
    for path, text in changes.items():
        try:
            node = _find_or_make(definition, root, path)
        except LookupError as error:
            faults.append({"path": path, "message": str(error)})
            continue
        fault = _fault(node.element, text)
        if fault:
            faults.append({"path": path, "message": fault})
        else:
            _put(node, text)
    if faults:
        raise Problem(EDIT_REFUSED, f"{len(faults)} answers cannot be given.", errors=faults)


def is_editable(question: Question) -> bool:
    """Whether the office may change the answer: a person gave it, and it is no file."""
    return bool(question.control) and not question.rules.calculate and question.type not in ("note", "file")


def _fault(question: Question, text: str) -> str:
    if not is_editable(question):
        return "A file cannot be changed here." if question.type == "file" else "Nobody answers it: the form fills it."
    if read_value(question.type, text) is INVALID:
        return f"“{text[:80]}” is not {TYPE_NAMES.get(question.type, f'a value of type {question.type}')}."
    return ""


def _put(node: Node, text: str) -> None:
    node.text = text
    node.typed = read_value(node.element.type, text)


def _find_or_make(definition: FormDefinition, root: Node, path: str) -> Node:
    """The question at `path`; where the phone left it out, an empty one in its place.

    Raises:
        LookupError: the form or the record has no such place; says so in words for people.
    """
    first, *names = [step.fullmatch(part) for part in path.removeprefix("/").split("/")]
    if first is None or first[1] != root.name or first[2] or not names:
        raise LookupError("The form has no such question.")
    node = root
    for match in names:
        known = definition.children_by_name.get(node.element.path, {})
        element = known.get(match[1]) if match else None
        if match is None or element is None:
            raise LookupError("This version of the form has no such question.")
        rows = node.all(match[1])
        number = int(match[2] or 1)
        if number > len(rows) and (isinstance(element, Repeat) or number > 1):
            raise LookupError(f"The record has no row {number} there.")
        node = rows[number - 1] if rows else _insert(node, element, list(known))
    if not isinstance(node.element, Question):
        raise LookupError("It is a group, not a question.")
    return node


def _insert(parent: Node, element: Any, order: list[str]) -> Node:
    node = Node(element.name, namespace=parent.namespace)
    node.element, node.parent = element, parent
    later = set(order[order.index(element.name) + 1 :]) | ({"meta"} if parent.parent is None else set())
    place = next((at for at, child in enumerate(parent.children) if child.name in later), len(parent.children))
    parent.children.insert(place, node)
    return node


def compute_again(rules: CompiledRules, root: Node, before: Judgement, circumstances: Circumstances) -> Judgement:
    """Bring what the form computes in line with the changed answers of `root`, and judge it anew.

    What the phone computed from answers that nobody changed stays as it came, also where we compute something else.
    """
    computed = {node.path: node.calculated for node in before.nodes}
    for _ in range(MOST_ROUNDS):
        found = judge(rules, root, bind(rules.definition, root), circumstances, details=True)
        odd = {one.path for one in found.findings if one.check == MISCOUNTED and one.outcome == "violated"}
        moved = [
            node
            for node in found.nodes
            if node.path in odd and node.calculated is not None and node.calculated != computed.get(node.path)
        ]
        if not moved:
            return found
        for one in moved:
            _put(_find_or_make(rules.definition, root, one.path), one.calculated or "")
    return found
