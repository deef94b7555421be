"""Answers that say why there is no answer: which question can have them, and what they mean.

Decided from the form, never from data, so that the columns of an export do not move.
"""

import re
from collections.abc import Mapping
from typing import Final

from surveyapp.export.merge import MergedQuestion
from surveyapp.xform.definition import Question

DONT_KNOW: Final = "dont_know"
REFUSED: Final = "refused"
INVALID: Final = "invalid"

NUMBERS: Final[Mapping[int, str]] = {-98: DONT_KNOW, -99: REFUSED}
CHOICES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("dk", "dnk", "dont_know", "don_t_know", "dontknow", "do_not_know", "-98"), DONT_KNOW),
    **dict.fromkeys(("rf", "ref", "refuse", "refused", "refused_to_answer", "pnta", "-99"), REFUSED),
}


def list_reasons(question: MergedQuestion) -> dict[str | int, str]:
    """The values of `question` that are reasons, with what they mean; empty where it can have none."""
    if question.type in ("integer", "decimal"):
        return {code: reason for code, reason in NUMBERS.items() if any(_takes(q, code) for _, q in question.every)}
    if question.type in ("select_one", "select_multiple"):
        names = [choice.name for choice in question.choices]
        return {name: CHOICES[name.lower()] for name in names if name.lower() in CHOICES}
    return {}


def _takes(question: Question, code: int) -> bool:
    """Whether a number may be this code: its rules name it, or it is typed in and nothing limits it."""
    named = re.compile(rf"-\s*{-code}(?![0-9.])").search
    if question.rules.constraint:
        return bool(named(question.rules.constraint))
    if question.rules.calculate:
        return bool(named(question.rules.calculate))
    return question.control == "input"
