"""A record made ready to be judged: every question of the form has a node, also those that the phone left out.

Clients leave out what is not relevant. To judge whether it was rightly left out, an empty node stands in for the time
of judging and is taken away again.
"""

import re
from collections.abc import Mapping

from surveyapp.answers import Node
from surveyapp.xform.definition import Element, FormDefinition, Group, Repeat

stamp = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}(?:Z|[+-][0-9]{2}:?[0-9]{2})")


class PreparedRecord:
    """The nodes of a record by generic path, with stand-ins for what is absent. Use as a context manager.

    `types` are the bind types by path, '' for text; `outcomes` the types of what calculations yield.
    """

    def __init__(
        self,
        definition: FormDefinition,
        root: Node,
        types: Mapping[str, str],
        outcomes: Mapping[str, str] | None = None,
    ) -> None:
        self.definition = definition
        self.root = root
        self.types = types
        self.outcomes = outcomes or {}
        self.by_path: dict[str, list[Node]] = {}
        self.added: list[tuple[Node, int]] = []

    def __enter__(self) -> "PreparedRecord":
        stack = [self.root]
        while stack:
            node = stack.pop()
            self._enter_node(node)
            element = node.element
            if isinstance(element, Group | Repeat):
                self._add_absent(node, element)
            stack.extend(reversed(node.children))
        return self

    def _enter_node(self, node: Node) -> None:
        element = node.element
        path = node.path() if element is None else element.path
        node.relevant = True
        node.type = self.type_of(path, node.text)
        nodes = self.by_path.get(path)
        if nodes is None:
            self.by_path[path] = [node]
        else:
            nodes.append(node)

    def type_of(self, path: str, text: str | None) -> str:
        """The bind type as which rules read a node of that path.

        What JavaRosa computed stays what it is for the rules that read it, although its bind says text.
        """
        kind = self.types.get(path, "")
        if kind or not text or path not in self.outcomes:
            return kind
        return "dateTime" if stamp.fullmatch(text) else self.outcomes[path]

    def _add_absent(self, node: Node, element: Group | Repeat) -> None:
        present = {child.name for child in node.children}
        missing = [child for child in element.children if child.name not in present and not isinstance(child, Repeat)]
        if missing:
            self.added.append((node, len(node.children)))
            for child in missing:
                stand_in = node.append(Node(child.name))
                stand_in.element = child

    def __exit__(self, *_: object) -> None:
        for node, count in self.added:
            del node.children[count:]
        self.reset()

    def reset(self) -> None:
        """Every node relevant again."""
        for nodes in self.by_path.values():
            for node in nodes:
                node.relevant = True


def label_of(definition: FormDefinition, element: Element) -> str:
    """How people know the element: its label in the form's default language, else its name."""
    text = definition.text(element.label)
    return " ".join(text.split()) or element.name
