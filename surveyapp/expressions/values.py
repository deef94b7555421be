"""Values and how they turn into each other, in the two dialects.

A value is a text, a float, a boolean, a Date or a list of nodes. JavaRosa (ODK Collect) reads one node by the type of
its bind and refuses several where one is wanted; XForms clients (ODK Web Forms, Enketo) read the text of the first.
"""

import math
from abc import ABC, abstractmethod
from typing import Final, TypeAlias

from surveyapp.answers import Node
from surveyapp.expressions import numbers
from surveyapp.expressions.dates import Date, read_date, read_typed_time
from surveyapp.expressions.errors import ExpressionError
from surveyapp.expressions.scope import Scope
from surveyapp.sentences import say

Scalar: TypeAlias = str | float | bool | Date
Value: TypeAlias = str | float | bool | Date | list[Node]

NUMBER_TYPES: Final = frozenset({"int", "integer", "long", "decimal", "double", "float"})


def node_text(node: Node) -> str:
    """The string value of `node`; a node that is not relevant is blank."""
    if not node.relevant:
        return ""
    if node.children:
        return "".join(node_text(child) for child in node.children)
    return node.text or ""


class Dialect(ABC):
    """The rules of one family of clients. Every conversion takes the scope, for the zone of the record."""

    name: str

    @abstractmethod
    def single(self, nodes: list[Node], scope: Scope) -> Scalar:
        """The one value that `nodes` stand for."""

    @abstractmethod
    def text(self, value: Value, scope: Scope) -> str:
        """`string()`."""

    @abstractmethod
    def number(self, value: Value, scope: Scope) -> float:
        """`number()`."""

    @abstractmethod
    def boolean(self, value: Value, scope: Scope) -> bool:
        """`boolean()`."""

    @abstractmethod
    def equal(self, left: Value, right: Value, scope: Scope) -> bool:
        """`left = right`."""

    @abstractmethod
    def unequal(self, left: Value, right: Value, scope: Scope) -> bool:
        """`left != right`."""


class JavaRosa(Dialect):
    """JavaRosa, the engine of ODK Collect and KoboCollect."""

    name = "javarosa"

    def single(self, nodes: list[Node], scope: Scope) -> Scalar:
        """The value by the type of the bind; several nodes are an error."""
        if not nodes:
            return ""
        if len(nodes) > 1:
            raise ExpressionError(
                say("expected one node (the field {name!r} is repeated)", name=nodes[0].name),
                found=say("{count} nodes", count=len(nodes)),
            )
        return self.typed(nodes[0], scope)

    def typed(self, node: Node, scope: Scope) -> Scalar:
        """The value of `node` by the type of its bind."""
        text = node.text
        if not text or not node.relevant or node.children:
            return ""
        kind = node.type
        if not kind:
            return text
        if kind in NUMBER_TYPES:
            number = numbers.read_xforms(text)
            return text if number != number else number
        if kind in ("date", "dateTime"):
            found = read_date(text.strip(), scope.environment.zone, keep=True)
            return text if found is None else found.midnight() if kind == "date" else found
        if kind == "time":
            return read_typed_time(text.strip(), scope.environment.now) or text
        if kind == "boolean":
            return text.strip() in ("true", "1")
        return text

    def text(self, value: Value, scope: Scope) -> str:
        """`string()`."""
        if isinstance(value, list):
            value = self.single(value, scope)
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float):
            return numbers.write_javarosa(value)
        return value.date_text()

    def number(self, value: Value, scope: Scope) -> float:
        """`number()`."""
        if isinstance(value, list):
            value = self.single(value, scope)
        if isinstance(value, bool):
            return 1.0 if value else 0.0
        if isinstance(value, float):
            return value
        if isinstance(value, str):
            return numbers.read_javarosa(value) if value else math.nan
        return float(value.day)

    def boolean(self, value: Value, scope: Scope) -> bool:
        """`boolean()`."""
        if isinstance(value, list):
            value = self.single(value, scope)
        if isinstance(value, bool):
            return value
        if isinstance(value, float):
            return abs(value) > numbers.NEARLY_ZERO
        return True if isinstance(value, Date) else bool(value)

    def equal(self, left: Value, right: Value, scope: Scope) -> bool:
        """`left = right`."""
        if isinstance(left, list):
            left = self.single(left, scope)
        if isinstance(right, list):
            right = self.single(right, scope)
        if isinstance(left, str) and isinstance(right, str):
            return left == right
        if isinstance(left, bool) or isinstance(right, bool):
            return self.boolean(left, scope) == self.boolean(right, scope)
        if isinstance(left, float) or isinstance(right, float):
            return abs(self.number(left, scope) - self.number(right, scope)) < numbers.NEARLY_ZERO
        return self.text(left, scope) == self.text(right, scope)

    def unequal(self, left: Value, right: Value, scope: Scope) -> bool:
        """`left != right`."""
        return not self.equal(left, right, scope)


class XForms(Dialect):
    """XPath 1.0 with the date rules of ODK XForms, as ODK Web Forms and Enketo evaluate it."""

    name = "xforms"

    def single(self, nodes: list[Node], scope: Scope) -> Scalar:
        """The text of the first node; the `scope` plays no part."""
        del scope
        return node_text(nodes[0]) if nodes else ""

    def text(self, value: Value, scope: Scope) -> str:
        """`string()`; the `scope` plays no part."""
        del scope
        if isinstance(value, list):
            return node_text(value[0]) if value else ""
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float):
            return numbers.write_xforms(value)
        return value.full_text()

    def number(self, value: Value, scope: Scope) -> float:
        """`number()`."""
        if isinstance(value, list):
            value = node_text(value[0]) if value else ""
        if isinstance(value, bool):
            return 1.0 if value else 0.0
        if isinstance(value, float):
            return value
        if isinstance(value, str):
            return self.read(value, scope)
        return value.day + value.fraction

    def read(self, text: str, scope: Scope) -> float:
        """A number, or the days of a date."""
        number = numbers.read_xforms(text)
        if number != number and len(text) >= 10 and text[4] == "-":
            found = read_date(text.strip(), scope.environment.zone)
            return math.nan if found is None else found.day + found.fraction
        return number

    def boolean(self, value: Value, scope: Scope) -> bool:
        """`boolean()`; the `scope` plays no part."""
        del scope
        if isinstance(value, float):
            return value == value and value != 0
        return True if isinstance(value, Date) else bool(value)

    def equal(self, left: Value, right: Value, scope: Scope) -> bool:
        """`left = right`."""
        return self._exists(left, right, scope, equal=True)

    def unequal(self, left: Value, right: Value, scope: Scope) -> bool:
        """`left != right`."""
        return self._exists(left, right, scope, equal=False)

    def _exists(self, left: Value, right: Value, scope: Scope, *, equal: bool) -> bool:
        """Whether some pair of values compares so: a node-set against another value is existential."""
        if isinstance(left, bool) or isinstance(right, bool):
            return (self.boolean(left, scope) == self.boolean(right, scope)) is equal
        if not isinstance(left, list) and not isinstance(right, list):
            return self._scalars_equal(left, right, scope) is equal
        lefts: list[Scalar] = [node_text(node) for node in left] if isinstance(left, list) else [left]
        rights: list[Scalar] = [node_text(node) for node in right] if isinstance(right, list) else [right]
        return any(self._scalars_equal(one, other, scope) is equal for one in lefts for other in rights)

    def _scalars_equal(self, left: Scalar, right: Scalar, scope: Scope) -> bool:
        if isinstance(left, str) and isinstance(right, str):
            return left == right
        return self.number(left, scope) == self.number(right, scope)


DIALECTS: Final = {"javarosa": JavaRosa(), "xforms": XForms()}
