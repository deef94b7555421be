"""A whole data sheet that was edited by hand: compared with its export, and turned into rows of a cleaning log.

Rows are known by their keys, so that sorting does no harm. Added rows and columns are refused; rows that are gone are a
question to the person, not an answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from surveyapp.clean.fields import Field
from surveyapp.clean.log_damage import NoStoredValue, read_answer, read_plain
from surveyapp.clean.log_headers import Headers
from surveyapp.clean.records import write_text
from surveyapp.problems import SHEET_CHANGED, Problem
from surveyapp.sentences import say

INSTANCE: Final = "_instance_id"
ROW_KEY: Final = "_row_key"
# The headers of the rows that `compare_sheets` gives, to be tried like those of any other log.
HEADERS: Final = Headers(
    {name: name for name in ("instance_id", "row_key", "question", "old_value", "new_value", "change_type")}, "ours"
)


@dataclass(frozen=True)
class SheetEdits:
    """What was edited.

    `rows` are rows of a log under HEADERS, with the numbers that they have in the edited sheet; `removed` the rows of a
    log that would take out what is gone from the sheet.
    """

    rows: Sequence[Mapping[str, object]]
    numbers: Sequence[int]
    removed: Sequence[Mapping[str, object]]


def compare_sheets(
    exported: Sequence[Mapping[str, object]],
    edited: Sequence[Mapping[str, object]],
    columns: Mapping[str, Field],
    *,
    from_1904: bool = False,
    first_row: int = 2,
) -> SheetEdits:
    """The differences of an `edited` sheet from its export, both as rows header -> cell.

    `columns` are the questions behind headers; other columns are not compared. A cell that only the spreadsheet
    program changed (1 to 1.0, a date to its serial number, spaces around a text) is not edited.

    Raises:
        Problem: SHEET_CHANGED; `errors` has a row and a message for each added row or column, lost or doubled key and
            unreadable cell.
    """
    by_key = {_key(row): row for row in exported}
    errors = _compare_headers(exported, edited)
    # A column that was taken out says nothing about its answers.
    there = set().union(*(row.keys() for row in edited))
    present = {header: known for header, known in columns.items() if header in there}
    rows: list[Mapping[str, object]] = []
    numbers: list[int] = []
    seen: dict[tuple[str, str], int] = {}
    for number, row in enumerate(edited, first_row):
        key = _key(row)
        former = by_key.get(key)
        if former is None:
            errors.append(
                {"row": number, "message": say("This row was not in the export; interviews cannot be added here.")}
            )
        elif seen.setdefault(key, number) != number:
            errors.append({"row": number, "message": say("Row {number} has the same key.", number=seen[key])})
        else:
            for header, known in present.items():
                change = _compare(former.get(header), row.get(header), known, from_1904)
                if change is not None and "fault" in change:
                    errors.append(
                        {"row": number, "message": say("{header} {change}.", header=header, change=change["fault"])}
                    )
                elif change is not None:
                    rows.append({"instance_id": key[0], "row_key": key[1], "question": known.path, **change})
                    numbers.append(number)
    if errors:
        raise Problem(
            SHEET_CHANGED,
            say("The sheet cannot be compared with its export ({count} reasons).", count=len(errors)),
            errors=errors,
        )
    return SheetEdits(rows, numbers, [_removal(key) for key in by_key if key not in seen])


def _key(row: Mapping[str, object]) -> tuple[str, str]:
    return read_plain(row.get(INSTANCE)).text, read_plain(row.get(ROW_KEY)).text


def _compare_headers(
    exported: Sequence[Mapping[str, object]], edited: Sequence[Mapping[str, object]]
) -> list[dict[str, Any]]:
    before = set().union(*(row.keys() for row in exported))
    after = set().union(*(row.keys() for row in edited))
    errors = [
        {
            "row": 1,
            "message": say("The column “{name}” was not in the export; add questions to the form instead.", name=name),
        }
        for name in sorted(after - before)
    ]
    lost = sorted((before - after) & {INSTANCE, ROW_KEY})
    return errors + [
        {"row": 1, "message": say("The column {name} is gone; without it rows are not known.", name=name)}
        for name in lost
    ]


def _compare(before: object, after: object, known: Field, from_1904: bool) -> dict[str, str] | None:
    if before == after and type(before) is type(after):
        return None
    old, new = read_answer(before, known, from_1904=from_1904), read_answer(after, known, from_1904=from_1904)
    if new.fault:
        # What was no value of its type in the export stays what it was.
        same = not isinstance(after, NoStoredValue) and write_text(before) == write_text(after)
        return None if same else {"fault": new.fault}
    if old.text == new.text and not old.fault:
        return None
    kind = "change_response" if new.text else "blank_response"
    return {"old_value": old.text, "new_value": new.text, "change_type": kind}


def _removal(key: tuple[str, str]) -> dict[str, object]:
    kind = "remove_row" if key[1] else "remove_survey"
    return {"instance_id": key[0], "row_key": key[1], "question": "", "change_type": kind}
