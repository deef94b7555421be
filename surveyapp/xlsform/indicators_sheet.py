"""The optional sheet `indicators` of an XLSForm: which question is which input of the catalogue, and settings.

    input    question    setting               value
    hh_size  members
                         poverty_line.amount   4200

A row says one thing or both. Further columns are the author's own. pyxform never sees the sheet. What the names mean is
not decided here: this floor does not know the catalogue (see `surveyapp.indicators.mapping`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from surveyapp.findings import FormFinding
from surveyapp.sentences import say
from surveyapp.xlsform.sheets import Sheet, read_sheet
from surveyapp.xlsform.sources import Grids

INDICATORS_SHEET: Final = "indicators"
PAIRS: Final = (("input", "question"), ("setting", "value"))
HOW: Final = say("Use the columns input and question, setting and value.")


@dataclass(frozen=True, slots=True)
class IndicatorRow:
    """One row that says something; `row` is its number in the sheet `sheet`, cells are '' where empty."""

    sheet: str
    row: int
    input: str = ""
    question: str = ""
    setting: str = ""
    value: str = ""


def read_indicator_rows(grids: Grids) -> tuple[list[IndicatorRow], list[FormFinding]]:
    """The rows of the sheet in order, none where there is no such sheet, and its faults."""
    for title, grid in grids.items():
        if title.strip().lower() == INDICATORS_SHEET:
            findings: list[FormFinding] = []
            sheet = read_sheet(INDICATORS_SHEET, title, grid, findings)
            # Not `sheet.columns`: elsewhere in a form `value` is another word for `name`.
            headers = {header.lower(): header for header in sheet.headers}
            findings += _list_missing(sheet, headers)
            return list(_list_rows(sheet, headers, findings)), findings
    return [], []


def _list_missing(sheet: Sheet, headers: dict[str, str]) -> Iterator[FormFinding]:
    known = [pair for pair in PAIRS if any(name in headers for name in pair)]
    if not known and sheet.rows:
        yield FormFinding(
            "column-missing", "error", "The sheet has none of its columns.", HOW, sheet.title, sheet.first_row - 1
        )
    for pair in known:
        for name in pair:
            if name not in headers:
                message = say("The column '{name}' is missing.", name=name)
                yield FormFinding("column-missing", "error", message, HOW, sheet.title, sheet.first_row - 1, name)


def _list_rows(sheet: Sheet, headers: dict[str, str], findings: list[FormFinding]) -> Iterator[IndicatorRow]:
    for number, row in sheet.numbered():
        cells = {name: row.get(headers.get(name, ""), "").strip() for pair in PAIRS for name in pair}
        for pair in PAIRS:
            findings += _check_half(sheet, number, cells, [name for name in pair if name in headers])
        if any(cells.values()):
            yield IndicatorRow(sheet.title, number, **cells)


def _check_half(sheet: Sheet, number: int, cells: dict[str, str], pair: list[str]) -> Iterator[FormFinding]:
    empty, full = ([name for name in pair if bool(cells[name]) is filled] for filled in (False, True))
    if empty and full:
        message = say("'{name}' is named, and its {empty} is not.", name=cells[full[0]], empty=empty[0])
        remedy = say("Fill in the {empty}, or empty the row.", empty=empty[0])
        yield FormFinding("indicator-half", "error", message, remedy, sheet.title, number, empty[0])
