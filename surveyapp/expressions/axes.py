"""The axes of XPath 1.0, section 2.2, on a tree of nodes. Reverse axes give the nearest node first."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from surveyapp.answers import Node


def children(node: Node) -> list[Node]:
    """The `child::` axis."""
    return node.children


def itself(node: Node) -> list[Node]:
    """The `self::` axis."""
    return [node]


def parents(node: Node) -> list[Node]:
    """The `parent::` axis."""
    return [] if node.parent is None else [node.parent]


def ancestors(node: Node) -> list[Node]:
    """The `ancestor::` axis."""
    found = []
    while node.parent is not None:
        node = node.parent
        found.append(node)
    return found


def ancestors_or_self(node: Node) -> list[Node]:
    """The `ancestor-or-self::` axis."""
    return [node, *ancestors(node)]


def descendants_or_self(node: Node) -> list[Node]:
    """The `descendant-or-self::` axis."""
    return list(node.walk())


def descendants(node: Node) -> list[Node]:
    """The `descendant::` axis."""
    return list(node.walk())[1:]


def following_siblings(node: Node) -> list[Node]:
    """The `following-sibling::` axis."""
    siblings = [] if node.parent is None else node.parent.children
    return siblings[_place(siblings, node) + 1 :]


def preceding_siblings(node: Node) -> list[Node]:
    """The `preceding-sibling::` axis."""
    siblings = [] if node.parent is None else node.parent.children
    return siblings[: max(_place(siblings, node), 0)][::-1]


def following(node: Node) -> list[Node]:
    """The `following::` axis."""
    branches = [sibling for step in ancestors_or_self(node) for sibling in following_siblings(step)]
    return [found for branch in branches for found in branch.walk()]


def preceding(node: Node) -> list[Node]:
    """The `preceding::` axis."""
    branches = [sibling for step in ancestors_or_self(node) for sibling in preceding_siblings(step)]
    return [found for branch in branches for found in reversed(list(branch.walk()))]


def attributes(node: Node) -> list[Node]:
    """The `attribute::` axis, each attribute as a node."""
    found = []
    for key, value in node.attributes.items():
        namespace, _, name = key.rpartition("}")
        attribute = Node(name, value, namespace=namespace[1:])
        attribute.parent = node
        found.append(attribute)
    return found


def _place(siblings: list[Node], node: Node) -> int:
    return next((place for place, sibling in enumerate(siblings) if sibling is node), len(siblings))


AXES: Final[Mapping[str, Callable[[Node], list[Node]]]] = {
    "ancestor": ancestors,
    "ancestor-or-self": ancestors_or_self,
    "attribute": attributes,
    "child": children,
    "descendant": descendants,
    "descendant-or-self": descendants_or_self,
    "following": following,
    "following-sibling": following_siblings,
    "parent": parents,
    "preceding": preceding,
    "preceding-sibling": preceding_siblings,
    "self": itself,
}


def in_document_order(nodes: Iterable[Node]) -> list[Node]:
    """`nodes`, each once, in document order."""
    unique = list({id(node): node for node in nodes}.values())
    return unique if len(unique) < 2 else sorted(unique, key=_document_key)


def _document_key(node: Node) -> tuple[int, ...]:
    places: list[int] = []
    while node.parent is not None:
        places.append(_place(node.parent.children, node))
        node = node.parent
    return tuple(reversed(places))
