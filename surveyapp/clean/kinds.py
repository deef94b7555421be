"""Every kind of rule: its stage, what it acts on, its parameters, and who makes it.

Stages, in this order: 0 types, 1 drop, 2 text, 3 missing codes, 4 recode, 5 units, 6 the log, 7 set and ranges,
8 rosters, 9 what is computed, 10 columns of rules. 0, 6 and 9 belong to the engine; 11, checks on clean data, to
`surveyapp.quality`. What stands at 12 has no part in a run.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from surveyapp.clean.cell_rules import (
    make_blank_if,
    make_clip,
    make_convert,
    make_recode,
    make_recode_other,
    make_scale10,
    make_set,
)
from surveyapp.clean.dropping import KEEPS, REASON_CODES
from surveyapp.clean.fields import NUMBERS, SELECTS, TEXTS, Field
from surveyapp.clean.making import (
    Clean,
    Making,
    Parameter,
    Target,
    Work,
    a_flag,
    a_map,
    a_number,
    a_scalar,
    a_text,
    a_whole_number,
    one_of,
    texts,
)
from surveyapp.clean.missing_codes import USUAL, a_reason, make_missing_codes
from surveyapp.clean.roster_rules import (
    make_drop_row,
    make_fix_relation,
    make_merge_rows,
    make_renumber,
)
from surveyapp.clean.text_rules import (
    CASES,
    check_formats,
    make_normalise_text,
    make_parse_date,
    make_parse_number,
)
from surveyapp.sentences import say

MakeClean: TypeAlias = Callable[[Making, Field], Clean]
MakeWork: TypeAlias = Callable[[Making], Work]

DATES: Final = frozenset({"date"})
EVERY_MATCH: Final = ("exact", "casefold", "regex")


class Kind(NamedTuple):
    """One kind of rule.

    `types` are the question types that it can work on (empty = any); a pattern passes over others. `needs` are fields
    of the rule beside its parameters that must be there.
    """

    stage: int
    target: Target
    parameters: Mapping[str, Parameter]
    types: frozenset[str] = frozenset()
    needs: tuple[str, ...] = ()
    clean: MakeClean | None = None
    work: MakeWork | None = None


def _optional(read: Callable[[Any], Any]) -> Parameter:
    return Parameter(lambda value: None if value is None else read(value), None)


def _mark(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 1 or value.isalnum():
        raise ValueError(say("One mark, such as . or , is needed."))
    return value


def _positive(value: Any) -> float:
    number = a_number(value)
    if number <= 0:
        raise ValueError(say("A number above 0 is needed."))
    return number


def _decimal(value: Any) -> str:
    if value not in (".", ","):
        raise ValueError(say(". or , is needed."))
    return str(value)


NEW_CHOICE: Final = Parameter(a_map(a_scalar), {})
QUESTION: Final = ("questions",)

KINDS: Final[Mapping[str, Kind]] = {
    "drop_submission": Kind(
        1,
        "submission",
        {
            "reason_code": Parameter(one_of(*REASON_CODES)),
            "states": Parameter(texts, ()),
            "finding": Parameter(a_text, ""),
        },
    ),
    "dedupe": Kind(1, "group", {"keys": Parameter(texts), "keep": Parameter(one_of(*KEEPS))}),
    "normalise_text": Kind(
        2,
        "cell",
        {
            "trim": Parameter(a_flag, True),
            "collapse": Parameter(a_flag, True),
            "nfc": Parameter(a_flag, True),
            "digits": Parameter(a_flag, False),
            "case": Parameter(one_of(*CASES), "keep"),
        },
        TEXTS | NUMBERS | DATES,
        QUESTION,
        clean=make_normalise_text,
    ),
    "parse_number": Kind(
        2,
        "cell",
        {"decimal": Parameter(_decimal, "."), "grouping": Parameter(_mark, "")},
        NUMBERS | TEXTS,
        QUESTION,
        clean=make_parse_number,
    ),
    "parse_date": Kind(
        2, "cell", {"formats": Parameter(check_formats)}, DATES | TEXTS, QUESTION, clean=make_parse_date
    ),
    "missing_codes": Kind(
        3,
        "cell",
        {"codes": Parameter(a_map(a_reason), USUAL)},
        NUMBERS | SELECTS | TEXTS,
        QUESTION,
        clean=make_missing_codes,
    ),
    "recode": Kind(
        4,
        "cell",
        {
            "map": Parameter(a_map(lambda value: None if value is None else a_scalar(value))),
            "match": Parameter(one_of(*EVERY_MATCH), "exact"),
            "new_choice": NEW_CHOICE,
        },
        SELECTS | TEXTS | NUMBERS,
        QUESTION,
        clean=make_recode,
    ),
    "recode_other": Kind(
        4,
        "cell",
        {
            "parent": Parameter(a_text),
            "map": Parameter(a_map(a_scalar)),
            "match": Parameter(one_of("exact", "contains", "begins", "ends"), "exact"),
            "other": Parameter(a_text, "other"),
            "text": Parameter(one_of("blank", "keep"), "blank"),
            "new_choice": NEW_CHOICE,
        },
        TEXTS,
        QUESTION,
        clean=make_recode_other,
    ),
    "convert": Kind(
        5,
        "cell",
        {
            "unit": Parameter(a_text),
            "factors": Parameter(a_map(a_number)),
            "target": Parameter(a_text),
            "keep_original": Parameter(a_flag, False),
        },
        NUMBERS,
        QUESTION,
        clean=make_convert,
    ),
    "scale10": Kind(
        5,
        "cell",
        {
            "exponent": Parameter(a_whole_number),
            "instances": Parameter(texts, ()),
            "finding": Parameter(a_text, ""),
        },
        NUMBERS,
        QUESTION,
        clean=make_scale10,
    ),
    "set": Kind(
        7, "cell", {"value": _optional(a_scalar), "expression": _optional(a_text)}, needs=QUESTION, clean=make_set
    ),
    "set_if": Kind(
        7,
        "cell",
        {"value": _optional(a_scalar), "expression": _optional(a_text)},
        needs=("questions", "when"),
        clean=make_set,
    ),
    "blank_if": Kind(
        7, "cell", {"missing": Parameter(a_reason, "blanked")}, needs=("questions", "when"), clean=make_blank_if
    ),
    "clip": Kind(
        7,
        "cell",
        {
            "min": _optional(a_number),
            "max": _optional(a_number),
            "mode": Parameter(one_of("clip", "blank", "flag"), "flag"),
        },
        NUMBERS,
        QUESTION,
        clean=make_clip,
    ),
    "drop_row": Kind(8, "row", {"row_keys": Parameter(texts, ()), "repeat": Parameter(a_text, "")}, work=make_drop_row),
    "merge_rows": Kind(8, "row", {"keep": Parameter(a_text), "drop": Parameter(a_text)}, work=make_merge_rows),
    "move_row": Kind(
        8,
        "row",
        {
            "row_key": Parameter(a_text),
            "instance": Parameter(a_text),
            "to": Parameter(a_text),
            "to_parent": Parameter(a_text, ""),
        },
    ),
    "renumber": Kind(8, "row", {"question": Parameter(a_text)}, work=make_renumber),
    "fix_relation": Kind(
        8, "row", {"question": Parameter(a_text), "values": Parameter(a_map(a_scalar))}, work=make_fix_relation
    ),
    "derive": Kind(
        10,
        "column",
        {
            "name": Parameter(a_text),
            "type": Parameter(one_of("integer", "decimal", "text", "date", "boolean")),
            "label": Parameter(a_map(a_text, unnamed=True), {}),
            "expression": Parameter(a_text),
            "repeat": Parameter(a_text, ""),
        },
    ),
    "pii": Kind(
        12,
        "export",
        {
            "action": Parameter(one_of("drop", "hash", "mask", "coarsen")),
            "width": Parameter(_positive, 10),
        },
        needs=QUESTION,
    ),
}
