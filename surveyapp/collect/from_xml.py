"""A record as XML becomes a tree.

expat reads it: no DTD, no entities, bounded depth and number of nodes. The bytes themselves are kept elsewhere,
untouched.
"""

from typing import Final
from xml.parsers import expat

from surveyapp.answers import Node
from surveyapp.problems import BAD_XML, FORBIDDEN_XML, Problem
from surveyapp.sentences import say

DEPTH: Final = 100
NODES: Final = 200_000


class _Builder:
    """Receives expat's events."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.open: list[Node] = []
        self.text: list[str] = []
        self.nodes = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.nodes += 1
        if self.nodes > NODES or len(self.open) >= DEPTH:
            raise Problem(
                FORBIDDEN_XML,
                say(
                    "The record has more than {nodes:,} elements, or more than {depth} inside each other.",
                    nodes=NODES,
                    depth=DEPTH,
                ),
                remedy="",
            )
        namespace, _, name = tag.rpartition(" ")
        node = Node(name, namespace=namespace, attributes=attributes or None)
        if self.open:
            self.open[-1].append(node)
        else:
            self.root = node
        self.open.append(node)
        self.text.clear()

    def end(self, _tag: str) -> None:
        node = self.open.pop()
        if not node.children:
            node.text = "".join(self.text)
        self.text.clear()

    def doctype(self, *_: object) -> None:
        raise Problem(FORBIDDEN_XML, "The record holds a DOCTYPE.")


def read_xml(content: bytes) -> Node:
    """The tree of an XML record. Attribute names in a namespace read `uri local`.

    Raises:
        Problem: BAD_XML when it is not well-formed, FORBIDDEN_XML for a DOCTYPE and what is over the bounds.
    """
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text.append
    parser.StartDoctypeDeclHandler = builder.doctype
    try:
        parser.Parse(content.lstrip(), True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise Problem(BAD_XML, say("The record is not well-formed XML: {error}.", error=error)) from error
    if builder.root is None:
        raise Problem(BAD_XML, "The record is empty.")
    return builder.root
