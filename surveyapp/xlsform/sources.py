"""Workbooks, CSV and Markdown read as grids of text: {sheet: rows of cells}.

Row i of a grid is row i + 1 of the sheet as a spreadsheet program shows it. Runs inside the limited process only: the
files come from outside. Limits: 32,767 characters a cell (Excel's own), 250,000 rows a sheet, 500 columns.
"""

import csv
import datetime
import io
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import openpyxl
import xlrd  # type: ignore[import-untyped]  # it ships no types
from openpyxl.utils import get_column_letter

from surveyapp.findings import FormFinding
from surveyapp.sentences import say
from surveyapp.xlsform.archive import SourceKind, check_archive
from surveyapp.xlsform.faults import FormFaultsError, fault

Grid: TypeAlias = list[list[str]]
Grids: TypeAlias = dict[str, Grid]

MAX_CELL = 32_767
MAX_ROWS = 250_000
MAX_COLUMNS = 500
# Formatting to the last row of a sheet reaches us as a million blank rows: after this many the sheet is over.
BLANK_ROWS_END = 1_000

_SHEET_NAMES = ("survey", "choices", "settings", "external_choices", "entities", "osm")
_MD_CELL_END = re.compile(r"(?<!\\)\|")


def read_grids(content: bytes, kind: SourceKind) -> tuple[Grids, list[FormFinding]]:
    """The sheets of a form file as text, and what is to be said about the reading.

    Raises FormFaultsError where the file cannot be read or passes a limit.
    """
    readers: dict[str, Callable[[bytes], tuple[Grids, list[FormFinding]]]] = {
        "xlsx": _read_xlsx,
        "xls": _read_xls,
        "csv": _read_csv,
        "md": _read_md,
    }
    return readers[kind](content)


def _read_xlsx(content: bytes) -> tuple[Grids, list[FormFinding]]:
    names = check_archive(content)
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        grids = {}
        for sheet in book.worksheets:
            # A wrong stated size would pad every row to 16,384 cells.
            sheet.reset_dimensions()
            grids[sheet.title] = _bounded(sheet.title, (_texts(row) for row in sheet.iter_rows(values_only=True)))
    except (MemoryError, FormFaultsError):
        raise
    except Exception as error:
        raise fault(
            "file-damaged",
            say("The workbook cannot be read ({name}).", name=type(error).__name__),
            say("Open it in Excel, save it as .xlsx and upload it again."),
        ) from error
    return grids, _macros(names)


def _macros(names: Iterable[str]) -> list[FormFinding]:
    if not any(name.lower().endswith("vbaproject.bin") for name in names):
        return []
    return [
        FormFinding(
            "macros-ignored",
            "warning",
            "The workbook holds macros; they were not run.",
            "Save it as .xlsx without macros.",
        )
    ]


def _read_xls(content: bytes) -> tuple[Grids, list[FormFinding]]:
    try:
        book = xlrd.open_workbook(file_contents=content, on_demand=True, logfile=io.StringIO())
        grids = {}
        for index in range(book.nsheets):
            sheet = book.sheet_by_index(index)
            rows = ([_xls_value(cell, book.datemode) for cell in sheet.row(number)] for number in range(sheet.nrows))
            grids[sheet.name] = _bounded(sheet.name, rows)
            book.unload_sheet(index)
    except (MemoryError, FormFaultsError):
        raise
    except Exception as error:
        raise fault(
            "file-damaged",
            say("The old Excel workbook (.xls) cannot be read ({name}).", name=type(error).__name__),
            say("Open it in Excel, save it as .xlsx and upload that."),
        ) from error
    return grids, []


def _xls_value(cell: Any, datemode: int) -> str:
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return "TRUE" if cell.value else "FALSE"
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, "#ERROR"))
    if cell.ctype == xlrd.XL_CELL_DATE:
        return as_text(xlrd.xldate_as_datetime(cell.value, datemode))
    return as_text(cell.value)


def _read_md(content: bytes) -> tuple[Grids, list[FormFinding]]:
    text, findings = _decoded(content)
    grids: Grids = {}
    grid: Grid | None = None
    for line in text.split("\n"):
        if not line.strip().startswith("|"):
            continue
        cells = [cell.strip().replace(r"\|", "|") for cell in _MD_CELL_END.split(line.strip().strip("\t "))[1:]]
        if cells and all(set(cell) <= {"-", ":"} for cell in cells) and any(cells):
            continue
        if cells and cells[0]:
            grid = grids.setdefault(cells[0], [])
        if grid is not None and any(cells[1:]):
            grid.append(cells[1:])
    return {name: _bounded(name, grid) for name, grid in grids.items()}, findings


def _read_csv(content: bytes) -> tuple[Grids, list[FormFinding]]:
    """The XLSForm way: sheet names stand alone in the first column, rows begin with an empty cell.

    A plain table with the columns type and name is taken as the survey sheet.
    """
    text, findings = _decoded(content)
    csv.field_size_limit(10 * 1024 * 1024)
    try:
        rows = list(csv.reader(io.StringIO(text.replace("\0", ""), newline=""), _dialect(text)))
    except csv.Error as error:
        raise fault(
            "file-damaged", say("The CSV cannot be read ({error}).", error=error), say("Save it again as CSV UTF-8.")
        ) from error
    first = {cell.strip().lower() for cell in next((row for row in rows if any(row)), [])}
    if {"type", "name"} <= first:
        return {"survey": _bounded("survey", rows)}, findings
    grids: Grids = {}
    grid: Grid | None = None
    for row in rows:
        name = row[0].strip() if row else ""
        if name:
            grid = grids.setdefault(name, [])
        if grid is not None and any(cell.strip() for cell in row[1:]):
            grid.append(row[1:])
    return {name: _bounded(name, grid) for name, grid in grids.items()}, findings


def _dialect(text: str) -> type[csv.Dialect]:
    """Excel writes semicolons or tabs where the computer's language has a decimal comma."""

    class Found(csv.excel):
        delimiter = max(",;\t", key=text[:5_000].count)

    return Found


def _decoded(content: bytes) -> tuple[str, list[FormFinding]]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace").lstrip("\ufeff"), []
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        pass
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError:
        raise fault("file-encoding", say("The text is not in UTF-8."), say("Save the file as CSV UTF-8.")) from None
    message = say("The text is not in UTF-8; it was read as GB 18030, Excel's Chinese encoding.")
    return text, [FormFinding("file-encoding", "warning", message, "Check the labels, or save the file as CSV UTF-8.")]


def _bounded(sheet: str, rows: Iterable[Sequence[str]]) -> Grid:
    """The rows up to the last that holds anything; raises where a limit is passed."""
    grid: Grid = []
    last = 0
    known = sheet.strip().lower() in _SHEET_NAMES
    for number, row in enumerate(rows, start=1):
        if number - last > BLANK_ROWS_END:
            break
        if number > MAX_ROWS:
            if not known:
                break
            raise fault(
                "sheet-too-long",
                say("The sheet has more than {max_rows:,} rows.", max_rows=MAX_ROWS),
                say("Move long lists to a CSV file."),
                sheet=sheet,
            )
        grid.append(_row(sheet, number, row, known))
        if any(grid[-1]):
            last = number
    return grid[:last]


def _row(sheet: str, number: int, row: Sequence[str], known: bool) -> list[str]:
    cells = list(row[:MAX_COLUMNS])
    for index, cell in enumerate(cells):
        if len(cell) > MAX_CELL and known:
            where = f"{get_column_letter(index + 1)}{number}"
            message = say(
                "Cell {where} holds {count:,} characters; {max_cell:,} are the limit.",
                where=where,
                count=len(cell),
                max_cell=MAX_CELL,
            )
            raise fault("cell-too-long", message, say("Shorten the text."), sheet=sheet, row=number)
    return cells


def _texts(row: Sequence[Any]) -> list[str]:
    return ["" if value is None else as_text(value) for value in row[:MAX_COLUMNS]]


def as_text(value: Any) -> str:
    """A cell's value as a form author sees it: whole numbers without `.0`, dates as 2026-11-23."""
    match value:
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case float():
            return str(int(value)) if value.is_integer() else f"{value:.15g}"
        case datetime.datetime() if value.time() == datetime.time():
            return value.date().isoformat()
        case _:
            return str(value)
