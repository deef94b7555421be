"""Rows of a submission as the tree that expressions walk; what is changed later is changed in it too."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from surveyapp.answers import Node
from surveyapp.clean.fields import Questionnaire
from surveyapp.clean.records import Row, write_text
from surveyapp.expressions.references import walk
from surveyapp.expressions.scope import Environment
from surveyapp.expressions.syntax import Expression, Path
from surveyapp.xform.definition import Element, Group, Question, Repeat

PLAIN_AXES: Final = frozenset({"child", "self", "parent"})


@dataclass(frozen=True, slots=True)
class Step:
    """One element of a version: its name, its own and its kept path, its bind type, and what is inside it."""

    name: str
    path: str
    kept: str
    type: str
    repeats: bool
    inside: "tuple[Step, ...]"
    asked: bool


class Plan:
    """How the trees of one version of a form are built; `added` are the columns that rules add, by repeat."""

    def __init__(self, form: Questionnaire, version: str, added: Mapping[str, Sequence[str]]) -> None:
        known = form.versions.get(version)
        self.definition = form.newest if known is None else known.definition
        self.instances = (form.versions[form.newest.version] if known is None else known).instances
        outcomes = {} if known is None else known.outcomes
        self.repeats = frozenset(repeat.path for repeat in self.definition.repeats)
        self.steps = _steps(form, self.definition.root.children, outcomes)
        self.added = added
        self.own_path: dict[str, str] = {}
        for step in _walk(self.steps):
            self.own_path.setdefault(step.kept, step.path)
        for path in form.fields.keys() - self.own_path.keys():
            self.own_path[path] = path
        self.needed: set[str] = set()
        self.whole = False

    def need(self, tree: Expression, paths: Iterable[str]) -> None:
        """An expression will walk these `paths` of the version; more than plain steps may lead anywhere."""
        self.needed.update(paths)
        steps = [step for part in walk(tree) if isinstance(part, Path) for step in part.steps]
        elements = self.definition.elements
        if any(step.axis not in PLAIN_AXES or (step.axis == "child" and step.test[-1] in "*)") for step in steps):
            self.whole = True
        if any(isinstance(elements.get(path), Group) for path in paths):
            self.whole = True


def _steps(form: Questionnaire, elements: Iterable[Element], outcomes: Mapping[str, str]) -> tuple[Step, ...]:
    return tuple(
        Step(
            element.name,
            element.path,
            form.kept_path(element.path),
            _type(element, outcomes),
            isinstance(element, Repeat),
            () if isinstance(element, Question) else _steps(form, element.children, outcomes),
            isinstance(element, Question),
        )
        for element in elements
    )


def _type(element: Element, outcomes: Mapping[str, str]) -> str:
    if not isinstance(element, Question):
        return ""
    kind = "" if element.bind_type == "string" else element.bind_type
    return kind or outcomes.get(element.path, "")


def _walk(steps: Iterable[Step]) -> Iterable[Step]:
    for step in steps:
        yield step
        yield from _walk(step.inside)


def phone_text(value: Any) -> str:
    """A typed value as a phone writes it; an instant keeps its offset, so that its local day stays."""
    if value.__class__ is int:
        return str(value)
    return value.isoformat() if isinstance(value, datetime.datetime) else write_text(value)


class Tree:
    """One submission as nodes.

    `cells` are the nodes of questions and `places` those of rows, by row key, the former also by kept path. Unless it
    is `whole` it has the questions only that rules read.
    """

    def __init__(self, plan: Plan, rows: Sequence[Row], now: datetime.datetime, *, whole: bool = True) -> None:
        self.plan = plan
        # None: every question has its node.
        self.needed = None if whole or plan.whole else plan.needed
        self.cells: dict[str, dict[str, Node]] = {}
        self.places: dict[str, Node] = {}
        self.by_path: dict[str, list[Node]] = {}
        self.inside: dict[tuple[str, str], list[Row]] = {}
        for row in rows[1:]:
            self.inside.setdefault((row.parent, row.repeat), []).append(row)
        definition = plan.definition
        root = Node(definition.root.name)
        self.by_path[definition.root.path] = [root]
        self._fill(root, definition.root.path, plan.steps, rows[0])
        self.environment = Environment(
            root, now=now, instances=plan.instances, version=definition.version, by_path=self.by_path
        )

    def _fill(self, holder: Node, path: str, steps: Sequence[Step], row: Row) -> None:
        self.places[row.key] = holder
        cells = self.cells[row.key] = {}
        self._fill_in(holder, steps, row, cells)
        for kept in self.plan.added.get(row.repeat, ()):
            name = kept.rpartition("/")[2]
            self._cell(holder, name, f"{path}/{name}", kept, row, cells)

    def _fill_in(self, holder: Node, steps: Sequence[Step], row: Row, cells: dict[str, Node]) -> None:
        needed = self.needed
        for step in steps:
            if step.asked:
                if needed is not None and step.path not in needed:
                    continue
                self._cell(holder, step.name, step.path, step.kept, row, cells).type = step.type
            elif step.repeats:
                for inner in self.inside.get((row.key, step.kept), ()):
                    node = self._enter(holder, step.name, step.path)
                    self._fill(node, step.path, step.inside, inner)
            else:
                self._fill_in(self._enter(holder, step.name, step.path), step.inside, row, cells)

    def _cell(self, holder: Node, name: str, path: str, kept: str, row: Row, cells: dict[str, Node]) -> Node:
        value = row.values.get(kept)
        node = cells[kept] = self._enter(holder, name, path)
        if value is not None:
            node.text = value if value.__class__ is str else phone_text(value)
        return node

    def _enter(self, holder: Node, name: str, path: str) -> Node:
        node = Node(name)
        node.parent = holder
        holder.children.append(node)
        nodes = self.by_path.get(path)
        if nodes is None:
            self.by_path[path] = [node]
        else:
            nodes.append(node)
        return node

    def put(self, row_key: str, path: str, value: Any) -> None:
        """Write a changed cell; the submission's version may lack the question."""
        node = self.cells[row_key].get(path)
        if node is not None:
            node.text = phone_text(value)

    def find_node(self, row_key: str, path: str) -> Node:
        """The node of a cell; where the version lacks the question, that of its row."""
        cells = self.cells.get(row_key)
        if cells is None:
            return self.environment.root
        return cells.get(path) or self.places[row_key]


def list_groups_around(definition_path: str, elements: Mapping[str, Element]) -> list[str]:
    """The paths of the groups and repeats around a path, innermost first."""
    found = []
    while (definition_path := definition_path.rpartition("/")[0]) in elements:
        if isinstance(elements[definition_path], Group | Repeat):
            found.append(definition_path)
    return found
