"""Which calculations give numbers.

XLSForm gives every calculation the type text, so a phone sends `count(${member})` as a text; the shape of the
expression says that it is a number. Nothing is inferred from answers.
"""

import math
import re
from typing import Any, Final

from surveyapp.export.cells import AsSent
from surveyapp.export.merge import MergedQuestion
from surveyapp.expressions.errors import ExpressionError
from surveyapp.expressions.parser import parse
from surveyapp.expressions.syntax import Call, Chain, Expression, Literal, Negation, Number, Path
from surveyapp.xform.definition import FormDefinition, Question

_ARITHMETIC: Final = frozenset({"+", "-", "*", "div", "mod"})
_NUMERIC: Final = frozenset(
    {
        *("abs", "acos", "area", "asin", "atan", "atan2", "ceiling", "cos", "count", "count-non-empty"),
        *("count-selected", "decimal-date-time", "decimal-time", "distance", "exp", "exp10", "floor", "int", "log"),
        *("log10", "max", "min", "number", "pi", "position", "pow", "random", "round", "sin", "sqrt"),
        *("string-length", "sum", "tan"),
    }
)
# Functions whose value is one of their arguments, from this one on.
_PASSING: Final = {"if": 1, "coalesce": 0, "once": 0}
_DEEPEST: Final = 20
_number_text = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?").fullmatch


def gives_number(question: MergedQuestion) -> bool:
    """Whether `question` is a calculation of type text that gives a number in every version."""
    return question.type == "text" and all(
        not asked.control and bool(asked.rules.calculate) and _is_number(version.definition, asked, _DEEPEST)
        for version, asked in question.every
    )


def _is_number(definition: FormDefinition, question: Question, depth: int) -> bool:
    if question.type in ("integer", "decimal"):
        return True
    if question.type != "text" or question.control or not question.rules.calculate or not depth:
        return False
    try:
        tree = parse(question.rules.calculate)
    except ExpressionError:
        return False
    return _numeric(definition, question, tree, depth)


def _numeric(definition: FormDefinition, question: Question, tree: Expression, depth: int) -> bool:
    if isinstance(tree, Number | Negation):
        return True
    if isinstance(tree, Chain):
        return _ARITHMETIC.issuperset(tree.operators)
    if isinstance(tree, Path):
        target = definition.elements.get(_absolute(question, tree))
        return isinstance(target, Question) and _is_number(definition, target, depth - 1)
    if not isinstance(tree, Call):
        return False
    if tree.name not in _PASSING:
        return tree.name in _NUMERIC
    passed = [argument for argument in tree.arguments[_PASSING[tree.name] :] if argument != Literal("")]
    return bool(passed) and all(_numeric(definition, question, argument, depth) for argument in passed)


def _absolute(question: Question, path: Path) -> str:
    """The path of the question that `path` leads to, '' where that cannot be told from its steps."""
    if path.start is not None or path.predicates:
        return ""
    steps = [] if path.absolute else question.path.strip("/").split("/")
    for step in path.steps:
        if step.axis == "parent" and steps:
            steps.pop()
        elif step.axis == "child" and step.test[-1] not in "*)":
            steps.append(step.test)
        elif step.axis != "self":
            return ""
    return "/" + "/".join(steps)


def read_number(text: Any) -> Any:
    """The text of a calculated number as a number; a text that is none is handed on as sent."""
    if not isinstance(text, str):
        return text
    if text == "NaN":
        return math.nan
    if not _number_text(text):
        return AsSent(text)
    return int(text) if text.lstrip("+-").isdigit() else float(text)
