"""Rows of a submission as the tree that expressions walk: a node is made when the first expression asks for it.

Most expressions read a handful of questions, and making nodes for all of them was half the work of cleaning.
"""

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from surveyapp.answers import Node
from surveyapp.clean.fields import Questionnaire
from surveyapp.clean.records import Row, write_text
from surveyapp.expressions.references import walk
from surveyapp.expressions.scope import Environment
from surveyapp.expressions.syntax import Expression, Path
from surveyapp.xform.definition import Element, Group, Question, Repeat

PLAIN_AXES: Final = frozenset({"child", "self", "parent"})


class Needs(NamedTuple):
    """What an expression walks: these paths of the version, or anything."""

    paths: tuple[str, ...]
    whole: bool = False


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
        self.steps = {step.path: step for step in _walk(_steps(form, self.definition.root.children, outcomes))}
        self.added = added
        self.own_path: dict[str, str] = {}
        for step in self.steps.values():
            self.own_path.setdefault(step.kept, step.path)
        for path in form.fields.keys() - self.own_path.keys():
            self.own_path[path] = path

    def find_needs(self, tree: Expression, paths: Iterable[str]) -> Needs:
        """What an expression with these `paths` walks; more than plain steps to questions may lead anywhere."""
        wanted, elements = tuple(paths), self.definition.elements
        steps = [step for part in walk(tree) if isinstance(part, Path) for step in part.steps]
        strange = any(step.axis not in PLAIN_AXES or (step.axis == "child" and step.test[-1] in "*)") for step in steps)
        # The text of a group is that of all inside it.
        return Needs(wanted, strange or any(isinstance(elements.get(path), Group | Repeat) for path in wanted))

    def list_steps(self) -> list[Step]:
        """Every step in document order, those of added columns last."""
        return [*self.steps.values(), *self._list_added()]

    def find_step(self, path: str) -> Step | None:
        """The step at a path of the version; None where it has none."""
        return self.steps.get(path) or next((step for step in self._list_added() if step.path == path), None)

    def _list_added(self) -> Iterator[Step]:
        for repeat, columns in self.added.items():
            around = self.own_path.get(repeat, repeat) or self.definition.root.path
            for kept in columns:
                name = kept.rpartition("/")[2]
                yield Step(name, f"{around}/{name}", kept, "", False, (), True)


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
    """One submission as nodes, each made when it is first needed, from the rows as they are then."""

    def __init__(self, plan: Plan, rows: Sequence[Row], now: datetime.datetime) -> None:
        self.plan = plan
        self._rows = rows
        self.by_path: dict[str, list[Node]] = {}
        definition = plan.definition
        self.root = Node(definition.root.name)
        self.environment = Environment(
            self.root, now=now, instances=plan.instances, version=definition.version, by_path=self.by_path
        )
        # Of the root, groups and repeats: their nodes, each with the row that it is of or lies in.
        self._holders: dict[str, list[tuple[Node, Row]]] = {}
        self._cells: dict[tuple[str, str], Node] = {}
        self._places: dict[str, Node] = {}
        self._there: set[str] = set()
        self._whole = False
        self._inside: dict[tuple[str, str], list[Row]] = {}
        for row in rows[1:]:
            self._inside.setdefault((row.parent, row.repeat), []).append(row)
        self._clear()

    def _clear(self) -> None:
        path = self.plan.definition.root.path
        self.root.children.clear()
        self.by_path.clear()
        self._cells.clear()
        self.by_path[path] = [self.root]
        self._holders = {path: [(self.root, self._rows[0])]}
        self._places = {self._rows[0].key: self.root}
        self._there = {path}

    def need(self, needs: Needs) -> None:
        """Make what an expression will walk. Nodes of questions may be other ones afterwards."""
        if self._whole:
            return
        if needs.whole:
            # From the beginning, because all must lie in document order.
            self._clear()
            for step in self.plan.list_steps():
                self._make(step)
            self._whole = True
            return
        for path in needs.paths:
            if path not in self._there:
                self._reach(path)

    def _reach(self, path: str) -> None:
        self._there.add(path)
        step = self.plan.find_step(path)
        if step is not None:
            around = path.rpartition("/")[0]
            if around not in self._there:
                self._reach(around)
            self._make(step)

    def _make(self, step: Step) -> None:
        """The nodes of one step, in all rows."""
        path, kept = step.path, step.kept
        made: list[Node] = []
        around = self._holders.get(path.rpartition("/")[0], ())
        if step.asked:
            for holder, row in around:
                node = _enter(holder, step.name, made)
                node.type = step.type
                value = row.values.get(kept)
                if value is not None:
                    node.text = value if value.__class__ is str else phone_text(value)
                self._cells[row.key, kept] = node
        else:
            holders = self._holders[path] = []
            for holder, row in around:
                for inner in self._inside.get((row.key, kept), ()) if step.repeats else (row,):
                    node = _enter(holder, step.name, made)
                    holders.append((node, inner))
                    if step.repeats:
                        self._places[inner.key] = node
        if made:
            self.by_path[path] = made

    def put(self, row_key: str, path: str, value: Any) -> None:
        """Write a changed cell; what has no node yet will be made from its row."""
        node = self._cells.get((row_key, path))
        if node is not None:
            node.text = phone_text(value)

    def find_node(self, row_key: str, path: str) -> Node:
        """The node of a cell; where the version lacks the question, that of its row."""
        self._need_path(self.plan.own_path.get(path, path))
        return self._cells.get((row_key, path)) or self.find_place(row_key)

    def find_place(self, row_key: str) -> Node:
        """The node of a row; that of the record where the version lacks its repeat."""
        if row_key and row_key not in self._places:
            for repeat in {row.repeat for row in self._rows if row.key == row_key}:
                self._need_path(self.plan.own_path.get(repeat, repeat))
        return self._places.get(row_key, self.root)

    def has_row(self, row_key: str) -> bool:
        """Whether the version has a place for a row."""
        self.find_place(row_key)
        return row_key in self._places

    def _need_path(self, path: str) -> None:
        if not self._whole and path not in self._there:
            self._reach(path)


def _enter(holder: Node, name: str, fellows: list[Node]) -> Node:
    node = Node(name)
    node.parent = holder
    holder.children.append(node)
    fellows.append(node)
    return node


def list_groups_around(definition_path: str, elements: Mapping[str, Element]) -> list[str]:
    """The paths of the groups and repeats around a path, innermost first."""
    found = []
    while (definition_path := definition_path.rpartition("/")[0]) in elements:
        if isinstance(elements[definition_path], Group | Repeat):
            found.append(definition_path)
    return found
