"""Answers that say why there is no answer: which question can have them, and what they mean.

Decided from the form, never from data, so that the columns of an export do not move.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from surveyapp.clean.missing_codes import satisfies
from surveyapp.export.merge import MergedQuestion
from surveyapp.indicators.settings import MissingCodes
from surveyapp.xform.definition import Question

DONT_KNOW: Final = "dont_know"
REFUSED: Final = "refused"
NOT_APPLICABLE: Final = "not_applicable"
OTHER_CODE: Final = "other_code"
BLANKED: Final = "blanked"
INVALID: Final = "invalid"
# Types of questions that cannot hold every text; what a phone sends all the same is no answer of theirs.
TYPED: Final = frozenset({"integer", "decimal", "date", "time", "datetime", "geopoint"})

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


def list_undeclared(question: MergedQuestion, codes: MissingCodes = DEFAULT_CODES) -> list[str]:
    """The reasons that `list_reasons` gives for numbers that no version names and each version's constraint forbids."""
    found = {reason: code for code, reason in list_reasons(question, codes).items() if isinstance(code, int)}
    every = [one for _, one in question.every]
    return [
        reason
        for reason, code in found.items()
        if all(one.rules.constraint and not _names(one.rules.constraint, code) for one in every)
    ]


def can_be_invalid(question: MergedQuestion) -> bool:
    """Whether somebody answers it, and may answer what its type cannot hold."""
    rules = question.newest.rules
    return question.type in TYPED and not rules.preload and not rules.calculate


def _takes(question: Question, code: int) -> bool:
    """Whether a number may be this code: the rules name it or do not allow it as an answer, or nothing limits what is
    typed in.
    """
    if question.rules.constraint:
        return _names(question.rules.constraint, code) or _forbids(question.rules.constraint, code)
    if question.rules.calculate:
        return _names(question.rules.calculate, code)
    return question.control == "input"


@lru_cache(maxsize=4_096)
def _forbids(constraint: str, code: int) -> bool:
    return not satisfies(constraint, str(code))


def _names(expression: str, code: int) -> bool:
    sign = r"-\s*" if code < 0 else r"(?<![0-9.-])"
    return bool(re.search(rf"{sign}{abs(code)}(?![0-9.])", expression))
