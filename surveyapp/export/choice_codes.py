"""The numbers that stand for choices, and for answers that are missing, in statistics programs."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from surveyapp.clean.missing_codes import satisfies
from surveyapp.export.feeds import MOST_FILE_CHOICES, View
from surveyapp.export.merge import MergedQuestion, MergedTable
from surveyapp.export.missing import (
    BLANKED,
    DONT_KNOW,
    INVALID,
    NOT_APPLICABLE,
    OTHER_CODE,
    REFUSED,
    can_be_invalid,
    list_reasons,
)

# Answers that are no answer, as SPSS has them; in Stata .a to .f. An answer that is not in the list of choices is coded
# as other_code, too. Reasons that are not here leave an empty cell: it was not asked, or not answered.
REASON_CODES: Final[Mapping[str, int]] = {
    DONT_KNOW: -98,
    REFUSED: -99,
    NOT_APPLICABLE: -97,
    OTHER_CODE: -96,
    BLANKED: -95,
    INVALID: -94,
}
# SPSS takes three single missing values a variable, or a range of them.
MOST_SINGLE: Final = 3
# Where a question may have one of these numbers as an answer, its codes are smaller by this: -999,998 for -98.
_FAR: Final = 999_900
_whole = re.compile(r"0|-?[1-9][0-9]{0,8}").fullmatch


def list_name(question: MergedQuestion) -> str:
    """The name of the list that a select takes its choices from; its own name where they stand in the question."""
    if question.newest.itemset is not None:
        return question.newest.itemset.list_name
    return question.newest.name if question.choices else ""


def is_register(question: MergedQuestion) -> bool:
    """Whether the choices are so many lines of a file that they are a register, no list of answers."""
    return bool(question.choice_file) and len(question.choices) > MOST_FILE_CHOICES


def number_reasons(view: View, question: MergedQuestion) -> dict[str, int]:
    """The code of each reason for which an answer to a question of numbers can be missing."""
    reasons = set(list_reasons(question, view.codes).values())
    reasons |= {INVALID} if can_be_invalid(question) else set()
    reasons |= REASON_CODES.keys() if question.path in (view.reasoned or ()) else set()
    codes = {reason: code for reason, code in REASON_CODES.items() if reason in reasons}
    said = set(list_reasons(question, view.codes))
    odd = {reason for reason, code in codes.items() if code not in said and _admits(question, code)}
    # Where SPSS takes a range, nothing else may lie in it.
    far = set(codes) if odd and len(codes) > MOST_SINGLE else odd
    return {reason: code - _FAR if reason in far else code for reason, code in codes.items()}


def _admits(question: MergedQuestion, code: int) -> bool:
    """Whether the code may be an answer in any version."""
    rules = [one.rules.constraint for _, one in question.every]
    return any(not rule or satisfies(rule, str(code)) for rule in rules)


def number_choices(view: View, tables: Sequence[MergedTable]) -> dict[str, dict[str, int]]:
    """For each list the number of each of its codes.

    Codes that are whole numbers are kept. Others are counted from 1 in the order of the form; reasons for missing
    answers have REASON_CODES in both cases.
    """
    lists: dict[str, dict[str, str]] = {}
    for table in tables:
        for question in table.questions:
            if question.type == "select_one" and question.choices and not is_register(question):
                reasons = list_reasons(question, view.codes)
                codes = lists.setdefault(list_name(question), {})
                codes.update({choice.name: reasons.get(choice.name, "") for choice in question.choices})
    return {name: _numbers(codes) for name, codes in lists.items()}


def _numbers(codes: Mapping[str, str]) -> dict[str, int]:
    """`codes` has the reason that each code stands for, '' for an answer."""
    answers = [code for code, reason in codes.items() if not reason]
    if all(_whole(code) for code in answers) and not _TAKEN & set(answers):
        numbers = {code: int(code) for code in answers}
    else:
        numbers = {code: number for number, code in enumerate(answers, 1)}
    return {code: REASON_CODES[reason] if reason else numbers[code] for code, reason in codes.items()}


_TAKEN: Final = frozenset(map(str, REASON_CODES.values()))
