"""The tree of an expression to one closure, once for each form version.

A closure takes a Scope and gives a value. What the dialect decides is decided here, not at each evaluation.
"""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from surveyapp.answers import Node
from surveyapp.expressions import numbers
from surveyapp.expressions.axes import in_document_order
from surveyapp.expressions.catalogue import CONTEXT_FUNCTIONS, FUNCTIONS
from surveyapp.expressions.errors import ExpressionError
from surveyapp.expressions.functions import Function
from surveyapp.expressions.paths import compile_path
from surveyapp.expressions.scope import Scope
from surveyapp.expressions.special import SPECIAL
from surveyapp.expressions.syntax import Call, Chain, Expression, Literal, Negation, Number, Path, Step
from surveyapp.expressions.values import DIALECTS, Dialect, Value, node_text
from surveyapp.sentences import say

Compute: TypeAlias = Callable[[Scope], Value]
Texts: TypeAlias = Callable[[Scope], str]
Numbers: TypeAlias = Callable[[Scope], float]
Booleans: TypeAlias = Callable[[Scope], bool]
Nodes: TypeAlias = Callable[[Scope], list[Node]]
Predicate: TypeAlias = Callable[[list[Node], Scope], list[Node]]


def divide(left: float, right: float) -> float:
    """IEEE 754 division."""
    if right != 0:
        return left / right
    if left == 0 or left != left:
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def remainder(left: float, right: float) -> float:
    """What truncating division leaves, with the sign of `left`."""
    if right == 0 or math.isinf(left) or left != left or right != right:
        return math.nan
    return math.fmod(left, right)


ARITHMETIC: Final[Mapping[str, Callable[[float, float], float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "div": divide,
    "mod": remainder,
}
ORDER: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Compiler:
    """Compiles for one dialect and one form.

    `repeats` are the generic paths that repeat; `levels` is how many leading steps of an absolute path may be fixed to
    the context's own rows, None for all.
    """

    def __init__(
        self,
        dialect: str,
        repeats: frozenset[str] = frozenset(),
        namespaces: Mapping[str, str] | None = None,
        levels: int | None = None,
    ) -> None:
        self.dialect: Dialect = DIALECTS[dialect]
        self.repeats = repeats
        self.levels = levels
        self.namespaces = dict(namespaces or {})

    # -- by the kind of value that is wanted --------------------------------------------------------------------------
    def value(self, tree: Expression) -> Compute:
        """Whatever the expression gives."""
        if isinstance(tree, Path):
            return compile_path(self, tree)
        if isinstance(tree, Number | Literal):
            constant = tree.value
            return lambda scope: constant
        if isinstance(tree, Negation):
            return self._negation(tree)
        return self._chain(tree) if isinstance(tree, Chain) else self._call(tree)

    def text(self, tree: Expression) -> Texts:
        """`string()` of it."""
        if isinstance(tree, Literal):
            constant = tree.value
            return lambda scope: constant
        compute, convert = self.value(tree), self.dialect.text

        def text(scope: Scope) -> str:
            value = compute(scope)
            return value if value.__class__ is str else convert(value, scope)

        return text

    def number(self, tree: Expression) -> Numbers:
        """`number()` of it."""
        if isinstance(tree, Number):
            constant = tree.value
            return lambda scope: constant
        compute, convert = self.value(tree), self.dialect.number

        def number(scope: Scope) -> float:
            value = compute(scope)
            return value if value.__class__ is float else convert(value, scope)

        return number

    def boolean(self, tree: Expression) -> Booleans:
        """`boolean()` of it."""
        compute, convert = self.value(tree), self.dialect.boolean

        def boolean(scope: Scope) -> bool:
            value = compute(scope)
            return value if value.__class__ is bool else convert(value, scope)

        return boolean

    def nodes(self, tree: Expression) -> Nodes:
        """The node-set that it must be; a path stands for all its rows."""
        compute = self.whole(tree)
        position = tree.position

        def nodes(scope: Scope) -> list[Node]:
            value = compute(scope)
            if not isinstance(value, list):
                raise ExpressionError(say("expected a path (a node-set)"), found=say("a value"), position=position)
            return value

        return nodes

    def whole(self, tree: Expression) -> Compute:
        """As `value`, but a path stands for all its rows."""
        return compile_path(self, tree, whole=True) if isinstance(tree, Path) else self.value(tree)

    def keys(self, tree: Expression) -> Callable[[Scope], Sequence[str] | None]:
        """The texts that an equal cell of a list may have; None where the comparison is not one of texts."""
        compute, dialect = self.value(tree), self.dialect

        def keys(scope: Scope) -> Sequence[str] | None:
            value = compute(scope)
            if isinstance(value, list):
                if dialect.name == "xforms":
                    return list(dict.fromkeys(node_text(node) for node in value))
                value = dialect.single(value, scope)
            return (value,) if isinstance(value, str) else None

        return keys

    def predicate(self, tree: Expression) -> Predicate:
        """A filter of candidates."""
        compute, dialect = self.value(tree), self.dialect
        counts = dialect.name == "xforms"

        def keep(candidates: list[Node], scope: Scope) -> list[Node]:
            inner = Scope(scope.environment, scope.node, scope.current)
            inner.size = len(candidates)
            kept = []
            for place, candidate in enumerate(candidates, 1):
                inner.node, inner.position = candidate, place
                value = compute(inner)
                if value.__class__ is bool:
                    passed = value
                elif not counts:
                    # JavaRosa keeps nothing where a predicate is not a boolean: `rep[2]` finds no row in ODK Collect.
                    passed = False
                elif isinstance(value, float):
                    passed = value == place
                else:
                    passed = dialect.boolean(value, inner)
                if passed:
                    kept.append(candidate)
            return kept

        return keep

    # -- operators ----------------------------------------------------------------------------------------------------
    def _negation(self, tree: Negation) -> Compute:
        number, odd = self.number(tree.operand), tree.times % 2 == 1
        return lambda scope: -number(scope) if odd else number(scope)

    def _chain(self, tree: Chain) -> Compute:
        first = tree.operators[0]
        if first in ("and", "or"):
            return self._logic(first, [self.boolean(operand) for operand in tree.operands])
        if first in ARITHMETIC:
            return self._arithmetic(tree)
        if first == "|":
            return self._union([self.nodes(operand) for operand in tree.operands])
        compute = self.value(tree.operands[0])
        for symbol, operand in zip(tree.operators, tree.operands[1:], strict=True):
            compute = self._comparison(symbol, compute, operand, tree.position)
        return compute

    def _logic(self, symbol: str, operands: Sequence[Booleans]) -> Booleans:
        deciding = symbol == "or"
        if len(operands) == 2:
            left, right = operands
            if deciding:
                return lambda scope: left(scope) or right(scope)
            return lambda scope: left(scope) and right(scope)

        def compute(scope: Scope) -> bool:
            for operand in operands:
                if operand(scope) is deciding:
                    return deciding
            return not deciding

        return compute

    def _arithmetic(self, tree: Chain) -> Numbers:
        first = self.number(tree.operands[0])
        rest = [
            (ARITHMETIC[symbol], self.number(operand))
            for symbol, operand in zip(tree.operators, tree.operands[1:], strict=True)
        ]

        def compute(scope: Scope) -> float:
            result = first(scope)
            for apply, operand in rest:
                result = apply(result, operand(scope))
            return result

        return compute

    def _union(self, operands: Sequence[Nodes]) -> Nodes:
        return lambda scope: in_document_order(node for operand in operands for node in operand(scope))

    def _comparison(self, symbol: str, left: Compute, operand: Expression, position: int) -> Booleans:
        if symbol in ORDER:
            return self._order(symbol, left, self.value(operand))
        dialect = self.dialect
        compare = dialect.equal if symbol == "=" else dialect.unequal
        if dialect.name == "javarosa" and isinstance(operand, Literal):
            return self._equals_literal(left, operand.value, symbol == "=")
        right = self.value(operand)

        def compute(scope: Scope) -> bool:
            try:
                return compare(left(scope), right(scope), scope)
            except ExpressionError as error:
                error.position = error.position or position
                raise

        return compute

    def _equals_literal(self, left: Compute, literal: str, wanted: bool) -> Booleans:
        """`path = 'text'`, the commonest comparison there is."""
        dialect = self.dialect

        def compute(scope: Scope) -> bool:
            value = left(scope)
            if isinstance(value, list):
                value = dialect.single(value, scope)
            if value.__class__ is str:
                return (value == literal) is wanted
            return dialect.equal(value, literal, scope) is wanted

        return compute

    def _order(self, symbol: str, left: Compute, right: Compute) -> Booleans:
        compare, number = ORDER[symbol], self.dialect.number
        if self.dialect.name == "javarosa":
            return lambda scope: compare(number(left(scope), scope), number(right(scope), scope))
        boolean = self.dialect.boolean

        def compute(scope: Scope) -> bool:
            one, other = left(scope), right(scope)
            if (isinstance(one, bool) and isinstance(other, list)) or (
                isinstance(one, list) and isinstance(other, bool)
            ):
                return compare(float(boolean(one, scope)), float(boolean(other, scope)))
            ones: Sequence[Value] = [node_text(node) for node in one] if isinstance(one, list) else [one]
            others: Sequence[Value] = [node_text(node) for node in other] if isinstance(other, list) else [other]
            return any(compare(number(a, scope), number(b, scope)) for a in ones for b in others)

        return compute

    # -- functions ----------------------------------------------------------------------------------------------------
    def _call(self, call: Call) -> Compute:
        if not call.arguments and call.name in CONTEXT_FUNCTIONS:
            call = Call(call.name, (Path((Step("self", "node()"),)),), call.position)
        special = SPECIAL.get(call.name)
        function = FUNCTIONS[self.dialect.name].get(call.name)
        if special is not None and self.dialect.name in special.dialects:
            if special.least <= len(call.arguments) <= special.most:
                return special.build(self, call)
            return self._failing(call, f"expected {_arity(special.least, special.most)} in {call.name}()")
        if function is None:
            return self._failing(call, f"expected a function that {_clients(self.dialect.name)} knows")
        if not function.least <= len(call.arguments) <= function.most:
            return self._failing(call, f"expected {_arity(function.least, function.most)} in {call.name}()")
        return self._plain_call(function, call)

    def _failing(self, call: Call, expected: str) -> Compute:
        """An unknown function harms only where it is reached."""
        found = f"{call.name}() with {len(call.arguments)} arguments"

        def compute(_: Scope) -> Value:
            raise ExpressionError(expected, found=found, position=call.position)

        return compute

    def _plain_call(self, function: Function, call: Call) -> Compute:
        kinds = [function.kinds[min(place, len(function.kinds) - 1)] for place in range(len(call.arguments))]
        getters: list[Callable[[Scope], Value]] = [
            getattr(self, kind)(argument) for kind, argument in zip(kinds, call.arguments, strict=True)
        ]
        body, position = function.body, call.position
        if not function.scoped and len(getters) == 1:
            getter = getters[0]
            return _guarded(lambda scope: body(getter(scope)), position)
        if not function.scoped:
            return _guarded(lambda scope: body(*[getter(scope) for getter in getters]), position)
        return _guarded(lambda scope: body(scope, *[getter(scope) for getter in getters]), position)


def _guarded(inner: Compute, position: int) -> Compute:
    """Gives an error its place, and turns what arithmetic cannot do into NaN."""

    def compute(scope: Scope) -> Value:
        try:
            return inner(scope)
        except ExpressionError as error:
            error.position = error.position or position
            raise
        except (ArithmeticError, ValueError):
            return numbers.NAN

    return compute


def _arity(least: int, most: int) -> str:
    if least == most:
        return f"{least} argument{'' if least == 1 else 's'}"
    return f"at least {least} arguments" if most > 100 else f"{least} to {most} arguments"


def _clients(dialect: str) -> str:
    return "ODK Collect" if dialect == "javarosa" else "ODK Web Forms"
