"""Stage 3: answers that say why there is none become empty, with the reason beside them."""

import datetime
import re
from typing import Any, Final

from surveyapp.answers import Node
from surveyapp.clean.fields import NUMBERS, SELECTS, Field
from surveyapp.clean.making import Cell, Clean, Making, Unusable, Verdict
from surveyapp.clean.records import REASONS, write_text
from surveyapp.expressions.errors import ExpressionError
from surveyapp.expressions.evaluation import compile_expression
from surveyapp.expressions.scope import Environment, Scope
from surveyapp.sentences import say

# 99 and its like are plausible answers: they count only where a rule names them.
USUAL: Final = {"-99": "dont_know", "-98": "refused", "-88": "other_code"}
ANY_DAY: Final = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)


def a_reason(value: Any) -> str:
    """A missing reason that a rule may give."""
    if value not in REASONS[2:8]:
        raise ValueError(say("One of {reasons} is needed.", reasons=REASONS[2:8]))
    return str(value)


def make_missing_codes(making: Making, known: Field) -> Clean:
    """codes -> reason. Never where the question's own range holds the code: refused where the rule names the question,
    passed over where a pattern does.
    """
    codes = {_spelling(known, code): reason for code, reason in making.given["codes"].items()}
    named = not any(letter in name for name in making.rule.questions for letter in "*?[")
    usable = {}
    for code, reason in codes.items():
        if not holds_code(known, code):
            usable[code] = reason
        elif named:
            raise Unusable(
                "parameters.codes",
                say("{code} is an answer that {name} allows.", code=code, name=known.name),
                say("Take this code or question away."),
            )
    if named and not usable:
        raise Unusable(
            "parameters.codes", say("{name} can hold none of the codes.", name=known.name), say("Check the codes.")
        )
    numeric = known.type in NUMBERS
    verdicts: dict[Any, Verdict] = {
        float(code) if numeric else code: Verdict(None, reason) for code, reason in usable.items()
    }

    def clean(value: Any, cell: Cell) -> Verdict | None:
        del cell
        return None if value is None else verdicts.get(value)

    return clean


def usual_codes(known: Field) -> dict[float, str]:
    """What the usual codes mean among the numbers of a question, where its own range does not hold them."""
    if known.type not in NUMBERS:
        return {}
    return {float(code): reason for code, reason in USUAL.items() if not holds_code(known, code)}


def _spelling(known: Field, code: str) -> str:
    """The code as canonical text of the question's type: -99.0 is -99."""
    try:
        return write_text(float(code)) if known.type in NUMBERS else code
    except ValueError:
        return code


def holds_code(known: Field, code: str) -> bool:
    """Whether the question means something else by `code`: a number inside its range or constraint."""
    if known.type in SELECTS or known.type not in NUMBERS:
        return False
    try:
        number = float(code)
    except ValueError:
        return True
    question = known.newest
    if question is None:
        return False
    if question.control == "range":
        low, high = sorted((_number(question.range_start), _number(question.range_end)))
        return low <= number <= high
    constraint = question.rules.constraint
    if not constraint or re.search(rf"(?<![0-9.]){re.escape(_bare(code))}(?![0-9.])", constraint.replace("- ", "-")):
        return False
    return satisfies(constraint, code)


def _bare(code: str) -> str:
    return code.removesuffix(".0")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def satisfies(constraint: str, code: str) -> bool:
    """Whether a number, as text, passes a constraint; other answers are empty. Yes where that cannot be worked out."""
    node = Node("answer", code)
    node.type = "decimal"
    try:
        compiled = compile_expression(constraint)
        return compiled.boolean(Scope(Environment(node, now=ANY_DAY), node))
    except ExpressionError:
        return True
