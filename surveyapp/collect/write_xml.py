"""A tree as an XML record: for a version that the office makes. `from_xml.read_xml` reads the same tree again."""

import re
from typing import Final

from surveyapp.answers import Node
from surveyapp.xform.parse import OPENROSA

_TEXT: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_ATTRIBUTE: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\t": "&#9;", "\r": "&#13;"}
)
# What XML 1.0 cannot hold, and JSON can.
unwritable = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Its prefix is bound by XML itself.
XML: Final = "http://www.w3.org/XML/1998/namespace"
IDS: Final = ("instanceID", "deprecatedID")


def write_record(root: Node, instance_id: str, deprecated_id: str) -> bytes:
    """The record with other ids; everything else of it stays, also what the form does not know."""
    parts = ['<?xml version="1.0" encoding="UTF-8"?>']
    children = [node for node in root.children if node.name != "meta"]
    _write(_with_children(root, [*children, _meta(root, instance_id, deprecated_id)]), "", parts)
    return "".join(parts).encode()


def _meta(root: Node, instance_id: str, deprecated_id: str) -> Node:
    former = root.find("meta")
    namespace = former.namespace if former is not None else OPENROSA
    ids = [Node(name, text, namespace=namespace) for name, text in zip(IDS, (instance_id, deprecated_id), strict=True)]
    others = [] if former is None else [node for node in former.children if node.name not in IDS]
    return _with_children(Node("meta", namespace=namespace), [*ids, *others])


def _with_children(node: Node, children: list[Node]) -> Node:
    copy = Node(node.name, node.text, namespace=node.namespace, attributes=node.attributes)
    copy.children = children
    return copy


def _write(node: Node, around: str, parts: list[str]) -> None:
    """`around` is the default namespace where the node stands."""
    said = [] if node.namespace == around else [f' xmlns="{_escape(node.namespace, _ATTRIBUTE)}"']
    for number, (name, value) in enumerate(node.attributes.items()):
        uri, _, local = name.rpartition(" ")
        prefix = "xml:" if uri == XML else f"a{number}:" if uri else ""
        said += [f' xmlns:a{number}="{_escape(uri, _ATTRIBUTE)}"'] if uri not in ("", XML) else []
        said.append(f' {prefix}{local}="{_escape(value, _ATTRIBUTE)}"')
    head = f"<{node.name}{''.join(said)}"
    if not node.children:
        parts.append(f"{head}>{_escape(node.value, _TEXT)}</{node.name}>")
        return
    parts.append(f"{head}>")
    for child in node.children:
        _write(child, node.namespace, parts)
    parts.append(f"</{node.name}>")


def _escape(text: str, table: dict[int, str]) -> str:
    return unwritable.sub("�", text).translate(table)
