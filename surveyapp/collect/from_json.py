"""A record as JSON becomes the same tree as one in XML.

    {"version": "3", "instance_id": "uuid:...", "deprecated_id": null, "instance_name": "...",
     "answers": {"group": {"question": "text", "number": 3}, "repeat": [{"name": "..."}, {"name": "..."}]}}

Groups are objects, repeats are lists of objects, a select_multiple may be a list of choice names. Numbers keep their
digits.
"""

import json
from typing import Any, Final

from surveyapp.answers import Node
from surveyapp.collect.from_xml import DEPTH, NODES
from surveyapp.problems import BAD_JSON, INVALID_FIELDS, Problem
from surveyapp.sentences import say
from surveyapp.values import storable

FIELDS: Final = frozenset({"version", "instance_id", "deprecated_id", "instance_name", "answers"})
META: Final = (("instance_id", "instanceID"), ("deprecated_id", "deprecatedID"), ("instance_name", "instanceName"))


class _Number(str):
    """A JSON number, digits as sent."""

    __slots__ = ()


def read_json(content: bytes) -> Any:
    """Any JSON document; numbers stay text so that no digit is lost.

    Raises:
        Problem: BAD_JSON.
    """
    try:
        return json.loads(content, parse_float=_Number, parse_int=_Number, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Problem(BAD_JSON, say("The JSON cannot be read: {error}.", error=error)) from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def write_json(item: Any) -> bytes:
    """The bytes that are kept of one record of a batch: as sent, white space apart."""
    return _dump(item).encode("utf-8", errors="surrogatepass")


def _dump(item: Any) -> str:
    if isinstance(item, _Number):
        return str(item)
    if isinstance(item, dict):
        return (
            "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{_dump(value)}" for key, value in item.items()) + "}"
        )
    if isinstance(item, list):
        return "[" + ",".join(map(_dump, item)) + "]"
    return json.dumps(item, ensure_ascii=False)


def read_record(item: Any, form_id: str, root_name: str) -> Node:
    """The tree of one JSON record; `root_name` is the name of the form's root.

    Raises:
        Problem: INVALID_FIELDS when its shape is not that of a record. Odd answers are not judged here.
    """
    if not isinstance(item, dict) or not isinstance(item.get("answers"), dict):
        raise Problem(INVALID_FIELDS, "A record is an object with the object `answers`.")
    strange = sorted(set(item) - FIELDS)
    if strange:
        raise Problem(
            INVALID_FIELDS,
            say("A record has no field {name!r}.", name=strange[0]),
            remedy=say("The fields are {fields}.", fields=sorted(FIELDS)),
        )
    root = Node(root_name, attributes={"id": form_id, "version": _text(item.get("version"), "version")})
    _grow(root, item["answers"], 1, [0])
    meta = root.append(Node("meta"))
    for field, name in META:
        if item.get(field) is not None:
            meta.append(Node(name, _text(item[field], field)))
    return root


def _text(value: Any, where: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return storable(str(value))
    raise Problem(INVALID_FIELDS, say("{where} must be text, a number, true, false or null.", where=where))


def _grow(parent: Node, answers: dict[str, Any], depth: int, count: list[int]) -> None:
    for said, value in answers.items():
        name = storable(said)
        count[0] += 1
        if depth >= DEPTH or count[0] > NODES:
            raise Problem(
                INVALID_FIELDS,
                say(
                    "A record has at most {nodes:,} answers, at most {depth} inside each other.",
                    nodes=NODES,
                    depth=DEPTH,
                ),
                remedy="",
            )
        if isinstance(value, dict):
            _grow(parent.append(Node(name)), value, depth + 1, count)
        elif isinstance(value, list) and any(isinstance(row, dict) for row in value):
            for row in value:
                if not isinstance(row, dict):
                    raise Problem(INVALID_FIELDS, say("{name}: the rows of a repeat are objects.", name=name))
                _grow(parent.append(Node(name)), row, depth + 1, count)
        elif isinstance(value, list):
            parent.append(Node(name, " ".join(_text(choice, name) for choice in value)))
        else:
            parent.append(Node(name, _text(value, name)))
