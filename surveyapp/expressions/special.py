"""Functions that need their arguments as they are written: lazy ones, and those that speak of the context."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from surveyapp.answers import Node
from surveyapp.expressions.errors import ExpressionError
from surveyapp.expressions.functions import BOTH
from surveyapp.expressions.numbers import to_int
from surveyapp.expressions.paths import generic_names, rows_at
from surveyapp.expressions.scope import Scope
from surveyapp.expressions.syntax import Call, Path
from surveyapp.expressions.values import Value
from surveyapp.sentences import say

if TYPE_CHECKING:
    from surveyapp.expressions.compiler import Compiler

Compute: TypeAlias = Callable[[Scope], Value]


@dataclass(frozen=True, slots=True)
class Special:
    """A function with `least` to `most` arguments, and how its closure is built."""

    least: int
    most: int
    build: "Callable[[Compiler, Call], Compute]"
    dialects: tuple[str, ...] = BOTH


def _build_if(compiler: "Compiler", call: Call) -> Compute:
    """A long `else if` is a loop, not a tower of frames."""
    branches = []
    tree = call
    while True:
        condition, then, otherwise = tree.arguments
        branches.append((compiler.boolean(condition), compiler.value(then)))
        if not (isinstance(otherwise, Call) and otherwise.name == "if" and len(otherwise.arguments) == 3):
            break
        tree = otherwise
    last = compiler.value(otherwise)

    def compute(scope: Scope) -> Value:
        for condition, then in branches:
            if condition(scope):
                return then(scope)
        return last(scope)

    return compute


def _build_coalesce(compiler: "Compiler", call: Call) -> Compute:
    first, second = map(compiler.value, call.arguments)
    text = compiler.dialect.text

    def compute(scope: Scope) -> Value:
        value = first(scope)
        return second(scope) if text(value, scope) in ("", "NaN") else value

    return compute


def _build_once(compiler: "Compiler", call: Call) -> Compute:
    otherwise, dialect = compiler.value(call.arguments[0]), compiler.dialect

    def compute(scope: Scope) -> Value:
        own = dialect.single([scope.node], scope)
        return otherwise(scope) if own == "" else own

    return compute


def row_number(node: Node) -> float:
    """The 1-based place of `node` among the siblings of its name."""
    siblings = [node] if node.parent is None else node.parent.children
    place = 0
    for sibling in siblings:
        place += sibling.name == node.name
        if sibling is node:
            break
    return float(place)


def _build_position(compiler: "Compiler", call: Call) -> Compute:
    if not call.arguments:
        return lambda scope: float(scope.position) if scope.position else row_number(scope.node)
    path = compiler.value(call.arguments[0])

    def compute(scope: Scope) -> Value:
        nodes = path(scope)
        if not isinstance(nodes, list):
            raise ExpressionError(say("expected a path in position()"), found=say("a value"), position=call.position)
        return row_number(nodes[0]) if nodes else 0.0

    return compute


def _build_last(compiler: "Compiler", call: Call) -> Compute:
    del compiler, call
    return lambda scope: float(scope.size or 1)


def _build_indexed_repeat(compiler: "Compiler", call: Call) -> Compute:
    target, pairs = call.arguments[0], call.arguments[1:]
    if len(pairs) % 2:
        raise ExpressionError(
            say("expected a repeat and an index in pairs in indexed-repeat()"), position=call.position
        )
    groups = pairs[::2]
    if not isinstance(target, Path) or not all(isinstance(group, Path) for group in groups):
        raise ExpressionError(say("expected paths in indexed-repeat()"), position=call.position)
    paths = [group for group in groups if isinstance(group, Path)]
    indices = [compiler.number(index) for index in pairs[1::2]]
    least = 1 if compiler.dialect.name == "javarosa" else 0

    def compute(scope: Scope) -> Value:
        names, wanted = generic_names(target, scope), {}
        for path, index in zip(paths, indices, strict=True):
            group = generic_names(path, scope)
            if names[: len(group)] != group:
                raise ExpressionError(
                    say("expected a repeat around the question in indexed-repeat()"), position=path.position
                )
            wanted[len(group) - 1] = max(least, to_int(index(scope))) - 1
        nodes = rows_at(scope, names, wanted)
        return [node for node in nodes if node.relevant] if least else nodes

    return compute


SPECIAL: Final = {
    "if": Special(3, 3, _build_if),
    "coalesce": Special(2, 2, _build_coalesce),
    "once": Special(1, 1, _build_once),
    "position": Special(0, 1, _build_position),
    "last": Special(0, 0, _build_last, ("xforms",)),
    "indexed-repeat": Special(3, 11, _build_indexed_repeat),
}
