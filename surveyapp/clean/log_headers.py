"""Which column of somebody's cleaning log is what: ours, IMPACT's, IPA's, or as a person says."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from surveyapp.problems import LOG_UNREADABLE, Problem
from surveyapp.sentences import say

Custom: TypeAlias = Literal["ours", "impact", "ipa", "by hand"]

# What marks a file as UTF-8 sticks to its first header, in one of these shapes.
mark = re.compile("^(?:\ufeff|ï»¿|x\\.u\\.feff\\.)+", re.IGNORECASE)
# Of each of our columns the headers that others use, in the spelling of `plain_header`.
SYNONYMS: Final[Mapping[str, Mapping[Custom, tuple[str, ...]]]] = {
    "instance_id": {
        "ours": ("instance_id", "_instance_id", "instanceid", "meta_instanceid"),
        "impact": ("uuid", "x_uuid", "_uuid"),
        "ipa": ("key",),
    },
    "submission_no": {"ours": ("submission_no", "_submission_no")},
    "row_key": {"ours": ("row_key", "_row_key")},
    "question": {"ours": ("question",), "impact": ("questions", "question_name"), "ipa": ("variable",)},
    "old_value": {"ours": ("old_value",), "ipa": ("value", "oldvalue")},
    "new_value": {"ours": ("new_value",), "ipa": ("newvalue",)},
    "change_type": {"ours": ("change_type",), "ipa": ("action",)},
    "missing_reason": {"ours": ("missing_reason",)},
    "issue": {"ours": ("issue",)},
    "check_id": {"ours": ("check_id",)},
    "binding": {"ours": ("binding",), "impact": ("check_binding",)},
    "reason": {"ours": ("reason",), "impact": ("comment", "feedback"), "ipa": ("comments",)},
    "log_id": {"ours": ("log_id",)},
}
NEEDED: Final = ("instance_id", "question")
EITHER: Final = ("change_type", "new_value")


@dataclass(frozen=True, slots=True)
class Headers:
    """The header of each of our columns that the sheet has, and whose custom they follow."""

    columns: Mapping[str, str]
    custom: Custom


def plain_header(header: object) -> str:
    """A header without marks, case, and kinds of separators: `X.U.FEFF.old.value` is `old_value`."""
    text = mark.sub("", str(header or "").strip().strip("\"'“”"))
    return re.sub(r"[\s./-]+", "_", text).casefold()


def map_headers(headers: Sequence[object], by_hand: Mapping[str, str] | None = None) -> Headers:
    """Our columns in a sheet with these headers; `by_hand` gives headers of our columns and goes first.

    Raises:
        Problem: LOG_UNREADABLE where a needed column cannot be found; `errors` names each, and the headers that are
            there.
    """
    present: dict[str, str] = {}
    for header in headers:
        if str(header or "").strip():
            present.setdefault(plain_header(header), str(header))
    found: dict[str, str] = {}
    customs: list[Custom] = []
    for column, header in (by_hand or {}).items():
        if column not in SYNONYMS or plain_header(header) not in present:
            detail = say(
                "“{header}” for {column} cannot be used: the sheet has no such column, or the log has none.",
                header=header,
                column=column,
            )
            raise Problem(LOG_UNREADABLE, detail)
        found[column] = present[plain_header(header)]
        customs.append("by hand")
    for column, synonyms in SYNONYMS.items():
        named = ((custom, name) for custom, names in synonyms.items() for name in names)
        for custom, name in named:
            if column not in found and name in present and present[name] not in found.values():
                found[column] = present[name]
                customs.append(custom)
    lacking = [name for name in NEEDED if name not in found]
    if not any(name in found for name in EITHER):
        lacking.append(" or ".join(EITHER))
    if lacking:
        there = ", ".join(present.values()) or "none"
        errors = [{"column": name, "message": say("There is no column for {name}.", name=name)} for name in lacking]
        raise Problem(LOG_UNREADABLE, say("Columns are missing; the sheet has {there}.", there=there), errors=errors)
    return Headers(found, next((c for c in ("by hand", "ipa", "impact") if c in customs), "ours"))
