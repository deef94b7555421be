"""A submission as a tree of groups, repeats and answers.

The same light tree serves every reader of a record: rules, storage, export. Attributes are few and in slots
because a record of 150 questions is built and walked for each submission.
"""

from collections.abc import Iterator
from typing import Any


class Node:
    """One element of a record.

    `name` is the local name, `text` the text as the phone sent it (None where the element has children). `element` is
    the part of the
    form that the node answers and `typed` its value in that type, both set by `surveyapp.xform.bind`. `relevant` and
    `type` are for the rule engine: whether the node takes part, and the type that its bind gives it.
    """

    __slots__ = (
        "attributes",
        "children",
        "element",
        "name",
        "namespace",
        "parent",
        "relevant",
        "text",
        "type",
        "typed",
    )

    def __init__(
        self,
        name: str,
        text: str | None = None,
        *,
        namespace: str = "",
        attributes: dict[str, str] | None = None,
    ) -> None:
        self.name = name
        self.namespace = namespace
        self.text = text
        self.attributes = attributes or {}
        self.parent: Node | None = None
        self.children: list[Node] = []
        self.element: Any = None
        self.typed: Any = None
        self.relevant = True
        self.type = ""

    def append(self, child: "Node") -> "Node":
        """Add `child` as the last child and return it."""
        child.parent = self
        self.children.append(child)
        return child

    def find(self, name: str) -> "Node | None":
        """The first child of that name."""
        for child in self.children:
            if child.name == name:
                return child
        return None

    def all(self, name: str) -> "list[Node]":
        """The children of that name, in document order."""
        return [child for child in self.children if child.name == name]

    def walk(self) -> "Iterator[Node]":
        """This node and everything below it, in document order."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))

    @property
    def value(self) -> str:
        """The text, '' where there is none."""
        return self.text or ""

    def path(self) -> str:
        """The generic path, without indices: `/data/member/m_age`."""
        names: list[str] = []
        node: Node | None = self
        while node is not None:
            names.append(node.name)
            node = node.parent
        return "/" + "/".join(reversed(names))

    def __repr__(self) -> str:
        return f"<Node {self.path()} {self.text!r}>"


def list_differences(old: Node, new: Node) -> list[str]:
    """The paths of the answers that differ between two records of one form, in the order of `new`; the meta block is
    left out.
    """
    before, after = _leaves(old), _leaves(new)
    return [path for path in (after | before) if after.get(path, "") != before.get(path, "")]


def _leaves(root: Node) -> dict[str, str]:
    found: dict[str, str] = {}
    stack = [(root, "/" + root.name)]
    while stack:
        node, path = stack.pop()
        inside = []
        seen: dict[str, int] = {}
        for child in node.children:
            if node is root and child.name == "meta":
                continue
            number = seen[child.name] = seen.get(child.name, 0) + 1
            inside.append((child, f"{path}/{child.name}" + (f"[{number}]" if number > 1 else "")))
        if not node.children:
            found[path] = node.value
        stack.extend(reversed(inside))
    return found
