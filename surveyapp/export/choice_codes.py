"""The numbers that stand for the choices of a list in statistics programs."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from surveyapp.export.feeds import MOST_FILE_CHOICES, View
from surveyapp.export.merge import MergedQuestion, MergedTable
from surveyapp.export.missing import DONT_KNOW, NOT_APPLICABLE, REFUSED, list_reasons

# Answers that are no answer, as SPSS has them; in Stata .a, .b, .c and .d.
OTHER_CODE: Final = -96
REASON_CODES: Final[Mapping[str, int]] = {DONT_KNOW: -98, REFUSED: -99, NOT_APPLICABLE: -97}
_whole = re.compile(r"0|-?[1-9][0-9]{0,8}").fullmatch


def list_name(question: MergedQuestion) -> str:
    """The name of the list that a select takes its choices from; its own name where they stand in the question."""
    if question.newest.itemset is not None:
        return question.newest.itemset.list_name
    return question.newest.name if question.choices else ""


def is_register(question: MergedQuestion) -> bool:
    """Whether the choices are so many lines of a file that they are a register, no list of answers."""
    return bool(question.choice_file) and len(question.choices) > MOST_FILE_CHOICES


def number_choices(view: View, tables: Sequence[MergedTable]) -> dict[str, dict[str, int]]:
    """For each list the number of each of its codes.

    Codes that are whole numbers are kept. Others are counted from 1 in the order of the form; reasons for missing
    answers are −97 to −99 in both cases.
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


_TAKEN: Final = frozenset(str(code) for code in (*REASON_CODES.values(), OTHER_CODE))
