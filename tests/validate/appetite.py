"""What answers a form's own rules speak of, so that random records meet them on both sides."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

from surveyapp.expressions.errors import ExpressionError
from surveyapp.expressions.parser import parse
from surveyapp.expressions.references import follow, walk
from surveyapp.expressions.syntax import Call, Chain, Expression, Literal, Number, Path
from surveyapp.validate.form_checks import list_expressions
from surveyapp.xform.definition import FormDefinition

COMPARISONS: Final = frozenset({"=", "!=", "<", "<=", ">", ">="})


def list_appetites(definition: FormDefinition) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """For the path of a question: what relevance asks of it, and what its own constraint compares it with."""
    asked: dict[str, list[str]] = {}
    bounds: dict[str, list[str]] = {}
    for written in list_expressions(definition):
        if written.column not in ("relevant", "required", "constraint"):
            continue
        found = bounds if written.column == "constraint" else asked
        for path, text in _comparisons(written.text, written.element.path):
            found.setdefault(path, []).append(text)
    return asked, bounds


def _comparisons(text: str, context: str) -> Iterator[tuple[str, str]]:
    """Each question with a text that it is compared with; of a number also its neighbours."""
    for part in walk(_tree(text)):
        sides: Sequence[Expression] = ()
        if isinstance(part, Chain) and COMPARISONS.issuperset(part.operators):
            sides = part.operands
        elif isinstance(part, Call) and part.name == "selected":
            sides = part.arguments
        literals = [side.value for side in sides if isinstance(side, Literal | Number)]
        for path in (path for side in sides for path in _paths(side, context)):
            for literal in literals:
                near = [f"{literal + step:g}" for step in (-1, 0, 1)] if isinstance(literal, float) else [literal]
                yield from ((path, value) for value in near)


@cache
def _tree(text: str) -> Expression:
    try:
        return parse(text)
    except ExpressionError:
        return Literal("")


def _paths(side: Expression, context: str) -> Iterator[str]:
    """The question that `side` is or wraps."""
    for part in walk(side):
        if isinstance(part, Path) and part.start is None:
            here: str | None = "" if part.absolute else context
            for step in part.steps:
                here = None if here is None else follow(here, step)
            if here:
                yield here
