"""An expression's tree back to text, such that parsing it again gives an equal tree."""

from typing import Final

from surveyapp.expressions.parser import EVERYWHERE, PRECEDENCE
from surveyapp.expressions.syntax import Call, Expression, Literal, Negation, Number, Path, Step

TIGHTEST: Final = 9
UNION: Final = 8
UNARY: Final = 7


def print_expression(tree: Expression) -> str:
    """The text of `tree`, with the fewest parentheses."""
    return _text(tree, 1)


def _text(tree: Expression, lowest: int) -> str:
    if isinstance(tree, Number):
        return tree.text or format(tree.value, "f")
    if isinstance(tree, Literal):
        return f'"{tree.value}"' if "'" in tree.value else f"'{tree.value}'"
    if isinstance(tree, Call):
        return f"{tree.name}({', '.join(_text(argument, 1) for argument in tree.arguments)})"
    if isinstance(tree, Path):
        return _path(tree)
    if isinstance(tree, Negation):
        return _enclosed("-" * tree.times + _text(tree.operand, UNION), lowest > UNARY)
    level = UNION if tree.operators[0] == "|" else PRECEDENCE[tree.operators[0]]
    parts = [_text(tree.operands[0], level + 1)]
    for operator, operand in zip(tree.operators, tree.operands[1:], strict=True):
        parts += [operator, _text(operand, level + 1)]
    return _enclosed(" ".join(parts), level < lowest)


def _enclosed(text: str, wanted: bool) -> str:
    return f"({text})" if wanted else text


def _path(path: Path) -> str:
    steps = "/".join("" if step == EVERYWHERE else _step(step) for step in path.steps)
    if path.start is None:
        return f"/{steps}" if path.absolute else steps
    start = _text(path.start, TIGHTEST)
    if not isinstance(path.start, Call | Literal | Number) and not start.startswith("("):
        start = f"({start})"
    return start + _predicates(path.predicates) + (f"/{steps}" if steps else "")


def _step(step: Step) -> str:
    if step.test == "node()" and step.axis in ("self", "parent"):
        return {"self": ".", "parent": ".."}[step.axis] + _predicates(step.predicates)
    axis = {"child": "", "attribute": "@"}.get(step.axis, f"{step.axis}::")
    return axis + step.test + _predicates(step.predicates)


def _predicates(predicates: tuple[Expression, ...]) -> str:
    return "".join(f"[{_text(predicate, 1)}]" for predicate in predicates)
