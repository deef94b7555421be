"""Repairs of the choices sheet, and duplicates: dropped or allowed where that is safe, else an error."""

import re
from collections import defaultdict

from surveyapp.findings import FormFinding
from surveyapp.sentences import say
from surveyapp.xlsform.repair import RepairLog
from surveyapp.xlsform.sheets import Sheet, canonical

_FLOAT = re.compile(r"-?\d+\.0+")
_ELEMENT = re.compile(r"[^\W\d][\w.\-]*|list[ _]name", re.IGNORECASE)
_LABEL = re.compile(r"(label|caption|image|big-image|audio|video|media)\s*::?", re.IGNORECASE)
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def repair_choice_numbers(choices: Sheet, log: RepairLog) -> None:
    """`1.0` as `1` in the names of a list whose numbers are all whole: a spreadsheet or script made them decimals."""
    by_list = defaultdict(list)
    for number, row in choices.numbered():
        if _NUMBER.fullmatch(choices.get(row, "name")):
            by_list[choices.get(row, "list_name")].append((number, row))
    for rows in by_list.values():
        names = [choices.get(row, "name") for _, row in rows]
        if not any(_FLOAT.fullmatch(name) for name in names) or any(
            "." in name and not _FLOAT.fullmatch(name) for name in names
        ):
            continue
        for number, row in rows:
            name = choices.get(row, "name")
            if _FLOAT.fullmatch(name):
                choices.put(row, "name", name.partition(".")[0])
                log.note("number-name", say("Choice names such as 1.0 were written as 1."), choices, number, "name")


def drop_bad_columns(choices: Sheet) -> list[FormFinding]:
    """Further columns become XML elements for filters to read: those whose name cannot be one are left out."""
    findings = []
    for header in [h for h in choices.headers if not _LABEL.match(h) and not _ELEMENT.fullmatch(h)]:
        choices.headers.remove(header)
        for row in choices.rows:
            row.pop(header, None)
        message = say("The column '{header}' was left out: a choice filter could not name it.", header=header)
        remedy = say("Use letters, digits, underscore, dash and full stop, beginning with a letter.")
        row_number = choices.first_row - 1
        findings.append(FormFinding("column-dropped", "warning", message, remedy, choices.title, row_number, header))
    return findings


def repair_list_case(survey: Sheet, choices: Sheet, log: RepairLog) -> None:
    """`select_one YN` finds the list `yn` where no other list differs from it in letter case only."""
    lists = {choices.get(row, "list_name") for _, row in choices.numbered()} - {""}
    folded = defaultdict(set)
    for name in lists:
        folded[name.lower()].add(name)
    for number, row in survey.numbered():
        words = survey.get(row, "type").split()
        if len(words) < 2 or not words[0].startswith(("select", "rank")) or words[1] in lists:
            continue
        same = folded.get(words[1].lower(), set())
        if len(same) == 1:
            words[1] = next(iter(same))
            survey.put(row, "type", " ".join(words))
            log.note(
                "list-case",
                say("The list '{name}' was meant; letter case mended.", name=words[1]),
                survey,
                number,
                "type",
            )


def settle_duplicates(survey: Sheet, choices: Sheet) -> tuple[bool, list[FormFinding]]:
    """Choice names that come twice in one list, settled. Returns whether pyxform must allow duplicates, and what is
    to be said.

    Rows that are wholly equal: the second is dropped. Same name under different filter values of a filtered list (a
    "don't know" in every county): allowed. Anything else: an error with both rows, since an answer could mean either.
    """
    filtered = {
        survey.get(row, "type").split()[1]
        for _, row in survey.numbered()
        if survey.get(row, "choice_filter") and len(survey.get(row, "type").split()) > 1
    }
    allow = False
    findings: list[FormFinding] = []
    seen: dict[tuple[str, str], tuple[int, dict[str, str]]] = {}
    for number, row in choices.numbered():
        key = (choices.get(row, "list_name"), choices.get(row, "name"))
        if not all(key):
            continue
        if key not in seen:
            seen[key] = (number, dict(row))
            continue
        first, other = seen[key]
        if row == other:
            row.clear()
            message = say(
                "Choice '{name}' of list '{list_name}' repeats row {first} word for word and was left out.",
                name=key[1],
                list_name=key[0],
                first=first,
            )
            findings.append(
                FormFinding("choice-repeated", "info", message, "Delete the row.", choices.title, number, "name")
            )
        elif key[0] in filtered and _filter_values(row) != _filter_values(other):
            allow = True
        else:
            findings.append(_ambiguous(choices, key, first, number))
    return allow, findings


def _filter_values(row: dict[str, str]) -> dict[str, str]:
    return {header: value for header, value in row.items() if canonical(header) not in ("label", "list_name", "name")}


def _ambiguous(choices: Sheet, key: tuple[str, str], first: int, number: int) -> FormFinding:
    list_name, name = key
    message = say(
        "Choice '{name}' of list '{list_name}' is already in row {first} with another label or column.",
        name=name,
        list_name=list_name,
        first=first,
    )
    remedy = say("Give one of the two another name, or delete it: an answer could mean either.")
    return FormFinding("choice-duplicate", "error", message, remedy, choices.title, number, "name")
