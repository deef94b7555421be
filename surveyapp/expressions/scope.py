"""Where an expression is evaluated: the node, its place among its fellows, and what lies around the record."""

import datetime
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from surveyapp.answers import Node
from surveyapp.expressions.errors import NotCheckable

# Of the system, and so without a state: to make and seed a generator for each record took longer than some rules.
LOTS: Final = random.SystemRandom()


class Instances:
    """Secondary instances by id, with an index of each column that a filter compares with `=`.

    They belong to a form version and are shared by all its records. `missing` says of an id why it is not there.
    """

    def __init__(self, nodes: Mapping[str, Node], missing: Mapping[str, str] | None = None) -> None:
        self.nodes = dict(nodes)
        self.missing = dict(missing or {})
        self.indexes: dict[tuple[int, str, str], dict[str, list[Node]]] = {}

    def get(self, name: str) -> Node:
        """The `<instance>` element of that id.

        Raises:
            NotCheckable: there is none.
        """
        found = self.nodes.get(name)
        if found is None:
            raise NotCheckable(self.missing.get(name, f"the form has no instance {name!r}"))
        return found

    def index(self, parent: Node, item: str, column: str) -> dict[str, list[Node]]:
        """The children of `parent` that are called `item`, by the text of their `column`."""
        key = (id(parent), item, column)
        found = self.indexes.get(key)
        if found is None:
            found = {}
            for child in parent.children:
                if child.name == item:
                    cell = child.find(column)
                    found.setdefault("" if cell is None else cell.value, []).append(child)
            # Entered when it is whole: other threads may be judging records of the same form.
            self.indexes[key] = found
        return found


class Environment:
    """One record and its surroundings.

    `now` is an aware datetime in the record's zone. `choice_name(value, path, scope)` and `translate(id)` give labels.
    """

    __slots__ = (
        "by_path",
        "choice_name",
        "document",
        "instances",
        "language",
        "now",
        "random",
        "root",
        "translate",
        "version",
        "zone",
    )

    def __init__(
        self,
        root: Node,
        *,
        now: datetime.datetime,
        instances: Instances | None = None,
        language: str = "",
        version: str = "",
        by_path: dict[str, list[Node]] | None = None,
    ) -> None:
        self.root = root
        self.document = Node("")
        self.document.children = [root]
        self.now = now
        self.zone: datetime.tzinfo = now.tzinfo or datetime.UTC
        self.instances = instances or Instances({})
        self.language = language
        self.version = version
        self.by_path = paths_of(root) if by_path is None else by_path
        self.random: random.Random = LOTS
        self.choice_name: Callable[[str, str, Scope], str] | None = None
        self.translate: Callable[[str], str] | None = None


class Scope:
    """The context of one evaluation: node, 1-based position and size as XPath 1.0 has them, and `current()`."""

    __slots__ = ("current", "environment", "node", "position", "size")

    def __init__(
        self, environment: Environment, node: Node, current: Node | None = None, position: int = 0, size: int = 0
    ) -> None:
        self.environment = environment
        self.node = node
        self.current = node if current is None else current
        self.position = position
        self.size = size


def paths_of(root: Node) -> dict[str, list[Node]]:
    """Every node by its generic path, in document order."""
    found: dict[str, list[Node]] = {}
    stack = [(f"/{root.name}", root)]
    while stack:
        path, node = stack.pop()
        found.setdefault(path, []).append(node)
        for child in reversed(node.children):
            stack.append((f"{path}/{child.name}", child))
    return found


def list_repeats(by_path: Mapping[str, Sequence[Node]]) -> frozenset[str]:
    """The paths of nodes that have a sibling of the same name: what repeats in a tree of which no form is known."""
    return frozenset(path for path, nodes in by_path.items() if len({node.parent for node in nodes}) < len(nodes))


def lineage(node: Node) -> list[Node]:
    """The nodes from the root down to `node`."""
    line = [node]
    parent = node.parent
    while parent is not None:
        line.append(parent)
        parent = parent.parent
    line.reverse()
    return line


def children_named(nodes: Iterable[Node], name: str) -> list[Node]:
    """The children of that name of all `nodes`."""
    return [child for node in nodes for child in node.children if child.name == name]
