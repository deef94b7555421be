"""The expressions of a form, compiled once for filling it: they never raise, and say what limits a constraint sets.

A simulated interview may be approximate, so that an expression that cannot be read or evaluated counts as its fallback.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from surveyapp.answers import Node
from surveyapp.expressions.compiler import Compiler
from surveyapp.expressions.dates import Date
from surveyapp.expressions.errors import ExpressionError
from surveyapp.expressions.numbers import write_javarosa
from surveyapp.expressions.parser import parse
from surveyapp.expressions.references import list_references, walk
from surveyapp.expressions.scope import Scope
from surveyapp.expressions.syntax import Call, Chain, Expression, Literal, Number, Path
from surveyapp.expressions.values import Value

Result = TypeVar("Result")

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a constraint says about `.`: numbers (days for dates) that bound it, values it may have, its length, its
    pattern.

    A bound comes with whether it is itself excluded.
    """

    least: tuple[tuple[Callable[[Scope], float], bool], ...] = ()
    most: tuple[tuple[Callable[[Scope], float], bool], ...] = ()
    values: tuple[Callable[[Scope], str], ...] = ()
    lengths: tuple[int, ...] = ()
    patterns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gate:
    """An answer that something waits for: `path` must be `value`."""

    path: str
    value: str


class Rules:
    """Compiles the expressions of one form in ODK Collect's dialect; `repeats` are the paths of its repeats."""

    def __init__(self, repeats: frozenset[str]) -> None:
        self._compiler = Compiler("javarosa", repeats)

    def boolean(self, expression: str, *, fallback: bool) -> Callable[[Scope], bool]:
        """Whether the expression holds; `fallback` where that cannot be known."""
        tree = _read(expression)
        return _safe(lambda: self._compiler.boolean(tree), fallback) if tree else lambda _: fallback

    def number(self, expression: str) -> Callable[[Scope], float]:
        """The expression as a number, NaN where it has none."""
        tree = _read(expression)
        return self._number(tree) if tree else lambda _: float("nan")

    def nodes(self, expression: str) -> Callable[[Scope], list[Node]]:
        """The nodes that a path gives."""
        tree = _read(expression)
        return _safe(lambda: self._compiler.nodes(tree), []) if tree else lambda _: []

    def stored(self, expression: str, bind_type: str) -> Callable[[Scope], str]:
        """The text that ODK Collect stores for a calculation in a node of that type."""
        tree = _read(expression)
        if tree is None:
            return lambda _: ""
        nothing: Value = ""
        compute = _safe(lambda: self._compiler.value(tree), nothing)
        single = self._compiler.dialect.single

        def stored(scope: Scope) -> str:
            value = compute(scope)
            try:
                return store_text(single(value, scope) if isinstance(value, list) else value, bind_type)
            except (ExpressionError, RecursionError):
                return ""

        return stored

    def limits(self, constraint: str) -> Limits:
        """What a constraint says about its own question, gathered from its comparisons wherever they stand."""
        tree = _read(constraint)
        if tree is None:
            return Limits()
        least, most, values, lengths = [], [], [], []
        for part in walk(tree):
            if not isinstance(part, Chain) or len(part.operands) != 2:
                continue
            found = _about_self(part)
            if found is None:
                continue
            symbol, operand, of_length = found
            if of_length:
                lengths += [int(operand.value)] if isinstance(operand, Number) else []
            elif symbol in (">", ">="):
                least.append((self._number(operand), symbol == ">"))
            elif symbol in ("<", "<="):
                most.append((self._number(operand), symbol == "<"))
            elif symbol == "=":
                values.append(self._text(operand))
        return Limits(tuple(least), tuple(most), tuple(values), tuple(lengths), tuple(_patterns(tree)))

    def _number(self, tree: Expression) -> Callable[[Scope], float]:
        return _safe(lambda: self._compiler.number(tree), float("nan"))

    def _text(self, tree: Expression) -> Callable[[Scope], str]:
        return _safe(lambda: self._compiler.text(tree), "")


def _read(expression: str) -> Expression | None:
    try:
        return parse(expression) if expression else None
    except (ExpressionError, RecursionError):
        return None


def _safe(compile_it: Callable[[], Callable[[Scope], Result]], fallback: Result) -> Callable[[Scope], Result]:
    try:
        compute = compile_it()
    except (ExpressionError, RecursionError):
        return lambda _: fallback

    def safely(scope: Scope) -> Result:
        try:
            return compute(scope)
        except (ExpressionError, RecursionError):
            return fallback

    return safely


def store_text(value: Value, bind_type: str) -> str:
    """A computed value as ODK Collect stores it: booleans as 1 and 0, NaN as nothing, dates by their bind."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        if value != value:
            return ""
        whole = bind_type in ("int", "integer", "long") and math.isfinite(value)
        return str(int(value)) if whole else write_javarosa(value)
    if isinstance(value, Date):
        return value.date_text() if bind_type == "date" else value.moment.isoformat(timespec="milliseconds")
    return value if isinstance(value, str) else ""


def list_gates(relevant: str, context: str) -> list[Gate]:
    """The answers that `relevant`, at the path `context`, waits for: `${q} = 'x'` and `selected(${q}, 'x')`."""
    tree = _read(relevant)
    gates = []
    for part in walk(tree) if tree else ():
        operands: tuple[Expression, ...] = ()
        if isinstance(part, Chain) and part.operators == ("=",):
            operands = part.operands
        elif isinstance(part, Call) and part.name == "selected":
            operands = part.arguments
        if len(operands) == 2 and isinstance(operands[0], Path) and isinstance(operands[1], Literal):
            gates += [Gate(path, operands[1].value) for path in list_references(operands[0], context).paths]
    return gates


def list_paths(expression: str, context: str) -> tuple[str, ...]:
    """The paths that an expression reads beside its own question."""
    tree = _read(expression)
    return tuple(path for path in list_references(tree, context).paths if path != context) if tree else ()


def _about_self(part: Chain) -> tuple[str, Expression, bool] | None:
    """`. <= 7` as (operator, operand, False), `7 >= .` the same; `string-length(.) = 11` with True."""
    left, right = part.operands
    symbol = part.operators[0]
    if symbol not in _MIRRORED:
        return None
    for one, other, sign in ((left, right, symbol), (right, left, _MIRRORED[symbol])):
        if _is_self(one):
            return sign, other, False
        if isinstance(one, Call) and one.name == "string-length" and one.arguments and _is_self(one.arguments[0]):
            return sign, other, True
    return None


def _is_self(tree: Expression) -> bool:
    return (
        isinstance(tree, Path) and not tree.absolute and tree.start is None and [s.axis for s in tree.steps] == ["self"]
    )


def _patterns(tree: Expression) -> list[str]:
    return [
        part.arguments[1].value
        for part in walk(tree)
        if isinstance(part, Call)
        and part.name == "regex"
        and len(part.arguments) == 2
        and _is_self(part.arguments[0])
        and isinstance(part.arguments[1], Literal)
    ]
