"""A filled tree as the XML that ODK Collect uploads."""

from surveyapp.answers import Node
from surveyapp.xform.definition import FormDefinition

_NAMESPACES = (
    ' xmlns:ev="http://www.w3.org/2001/xml-events" xmlns:orx="http://openrosa.org/xforms"'
    ' xmlns:odk="http://www.opendatakit.org/xforms" xmlns:h="http://www.w3.org/1999/xhtml"'
    ' xmlns:jr="http://openrosa.org/javarosa" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
)
_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_ATTRIBUTE = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\t": "&#9;"})


def write_record(definition: FormDefinition, root: Node, meta: dict[str, str]) -> bytes:
    """The record: root with id and version, relevant nodes alone, `orx:meta` at the end. `meta` maps names to texts."""
    attributes = f' id="{definition.form_id.translate(_ATTRIBUTE)}"'
    if definition.version:
        attributes += f' version="{definition.version.translate(_ATTRIBUTE)}"'
    if definition.instance_xmlns:
        attributes += f' xmlns="{definition.instance_xmlns.translate(_ATTRIBUTE)}"'
    parts = [f"<?xml version='1.0' ?><{root.name}{attributes}{_NAMESPACES}>"]
    for child in root.children:
        _write(child, parts)
    parts.append("<orx:meta>")
    parts += [_element(f"orx:{name}", text) for name, text in meta.items()]
    parts.append(f"</orx:meta></{root.name}>")
    return "".join(parts).encode()


def _write(node: Node, parts: list[str]) -> None:
    if not node.relevant:
        return
    if not node.children:
        parts.append(_element(node.name, node.text or ""))
        return
    parts.append(f"<{node.name}>")
    for child in node.children:
        _write(child, parts)
    parts.append(f"</{node.name}>")


def _element(name: str, text: str) -> str:
    return f"<{name}>{text.translate(_TEXT)}</{name}>" if text else f"<{name} />"
