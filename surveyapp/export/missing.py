"""Answers that say why there is no answer: which question can have them, and what they mean.

Decided from the form, never from data, so that the columns of an export do not move.
"""

import re
from collections.abc import Mapping
from typing import Final

from surveyapp.export.merge import MergedQuestion
from surveyapp.indicators.settings import MissingCodes
from surveyapp.xform.definition import Question

DONT_KNOW: Final = "dont_know"
REFUSED: Final = "refused"
NOT_APPLICABLE: Final = "not_applicable"
INVALID: Final = "invalid"

_WORDS: Final = {"dk": DONT_KNOW, "rf": REFUSED, "na": NOT_APPLICABLE}
DEFAULT_CODES: Final = MissingCodes()
CHOICES: Final[Mapping[str, str]] = {name: _WORDS[reason] for name, reason in DEFAULT_CODES.choices.items()}


def list_reasons(question: MergedQuestion, codes: MissingCodes = DEFAULT_CODES) -> dict[str | int, str]:
    """The values of `question` that are reasons, with what they mean; empty where it can have none.

    `codes` are those of the form's settings, the same that the indicators obey.
    """
    if question.type in ("integer", "decimal"):
        numbers = {int(float(code)): _WORDS[reason] for code, reason in codes.numbers.items()}
        return {code: reason for code, reason in numbers.items() if any(_takes(q, code) for _, q in question.every)}
    if question.type in ("select_one", "select_multiple"):
        names = [choice.name for choice in question.choices]
        return {name: _WORDS[codes.choices[name.lower()]] for name in names if name.lower() in codes.choices}
    return {}


def _takes(question: Question, code: int) -> bool:
    """Whether a number may be this code: its rules name it, or it is typed in and nothing limits it."""
    sign = r"-\s*" if code < 0 else r"(?<![0-9.-])"
    named = re.compile(rf"{sign}{abs(code)}(?![0-9.])").search
    if question.rules.constraint:
        return bool(named(question.rules.constraint))
    if question.rules.calculate:
        return bool(named(question.rules.calculate))
    return question.control == "input"
