"""What an expression refers to: paths, functions, instances.

For the order of dependencies and for the checks at publish.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from surveyapp.expressions.syntax import Call, Chain, Expression, Literal, Negation, Path, Step


@dataclass(frozen=True, slots=True)
class References:
    """`paths` are absolute and generic (`/data/member/age`); `instances` the ids of secondary instances."""

    paths: tuple[str, ...]
    functions: frozenset[str]
    instances: frozenset[str]


def walk(tree: Expression) -> Iterator[Expression]:
    """`tree` and everything inside it, predicates and arguments too."""
    stack: list[Expression] = [tree]
    while stack:
        part = stack.pop()
        yield part
        if isinstance(part, Chain):
            stack.extend(part.operands)
        elif isinstance(part, Negation):
            stack.append(part.operand)
        elif isinstance(part, Call):
            stack.extend(part.arguments)
        elif isinstance(part, Path):
            stack.extend(part.predicates)
            stack.extend(predicate for step in part.steps for predicate in step.predicates)
            if part.start is not None:
                stack.append(part.start)


def list_references(tree: Expression, context: str) -> References:
    """What `tree` refers to when it is evaluated at the node of the generic path `context`.

    Paths inside a filter on a secondary instance that start at its item are no paths of the record and are left out.
    """
    calls = [part for part in walk(tree) if isinstance(part, Call)]
    instances = {
        call.arguments[0].value
        for call in calls
        if call.name in ("instance", "pulldata") and call.arguments and isinstance(call.arguments[0], Literal)
    }
    paths = dict.fromkeys(_paths(tree, context, context))
    return References(tuple(paths), frozenset(call.name for call in calls), frozenset(instances))


def _paths(tree: Expression, context: str | None, current: str) -> Iterator[str]:
    """The paths in `tree`; `context` is None inside a secondary instance."""
    if isinstance(tree, Chain):
        for operand in tree.operands:
            yield from _paths(operand, context, current)
    elif isinstance(tree, Negation):
        yield from _paths(tree.operand, context, current)
    elif isinstance(tree, Call):
        for argument in tree.arguments:
            yield from _paths(argument, context, current)
    elif isinstance(tree, Path):
        yield from _path(tree, context, current)


def _path(path: Path, context: str | None, current: str) -> Iterator[str]:
    here: str | None = "" if path.absolute else context
    if path.start is not None:
        yield from () if _is_current(path.start) else _paths(path.start, context, current)
        here = _start(path.start, context, current)
        for predicate in path.predicates:
            yield from _paths(predicate, here, current)
    for step in path.steps:
        here = None if here is None else follow(here, step)
        for predicate in step.predicates:
            yield from _paths(predicate, here, current)
    if here:
        yield here


def _is_current(tree: Expression) -> bool:
    return isinstance(tree, Call) and tree.name == "current"


def _start(start: Expression, context: str | None, current: str) -> str | None:
    if _is_current(start):
        return current
    if isinstance(start, Path):
        return next(reversed(list(_path(start, context, current))), None)
    return None


def follow(path: str, step: Step) -> str | None:
    """The generic path after `step`, None where an axis may lead anywhere."""
    if step.axis == "parent":
        return path.rpartition("/")[0]
    if step.axis == "child" and step.test != "node()":
        return f"{path}/{step.test.rpartition(':')[2]}"
    if step.axis == "attribute":
        return f"{path}/@{step.test.rpartition(':')[2]}"
    return path if step.axis == "self" else None
