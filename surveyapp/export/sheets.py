"""What a sheet looks like: columns, headers, widths, freeze, filter. Both writers dress their worksheets here."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias
from unicodedata import east_asian_width

from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import Cell
from openpyxl.comments import Comment
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.properties import PageSetupProperties

from surveyapp.export.cells import Kind
from surveyapp.export.text import CELL_UNITS, Tally, cell_text, cut, is_long

Role: TypeAlias = Literal["key", "answer", "about", "reason"]
LineStyle: TypeAlias = Literal["title", "heading", "table", "line", "warning"]

ROWS_OF_EXCEL = 1_048_576
COLUMNS_OF_EXCEL = 16_384
LABEL_HEIGHT = 45
_COMMENT = 1_000
ZOOM = 90
# Excel works out conditional formats whenever it draws: more would make it slow.
SHADED_ROWS = 5_000

FORMATS: dict[Kind, str] = {
    "int": "0",
    "float": "General",
    "text": "@",
    "code": "General",
    "date": "yyyy-mm-dd",
    "datetime": "yyyy-mm-dd hh:mm:ss",
    "time": "hh:mm:ss",
    "bool": "General",
}
_COLOURS: dict[Role, str] = {"key": "FFD9D9D9", "answer": "FFDDEBF7", "about": "FFEDEDED", "reason": "FFFCE4D6"}
_FILLS = {role: PatternFill("solid", fgColor=colour) for role, colour in _COLOURS.items()}
_NAME = "Calibri"
_BOLD = Font(_NAME, bold=True)
_ITALIC = Font(_NAME, italic=True, color="FF595959")
_WRAPPED = Alignment(wrap_text=True, vertical="top")
_LINE_FONTS: dict[LineStyle, Font] = {
    "title": Font(_NAME, bold=True, size=14),
    "heading": Font(_NAME, bold=True, size=12, color="FF1F4E78"),
    "table": _BOLD,
    "line": Font(_NAME),
    "warning": Font(_NAME, color="FFC00000"),
}


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """One column: its header cells from the top, the kind of its values, its width in characters.

    `comment` is shown when the mouse rests on the last header cell.
    """

    headers: tuple[str, ...]
    kind: Kind
    width: float
    role: Role = "answer"
    number_format: str = ""
    comment: str = ""

    @property
    def format(self) -> str:
        """The number format of its cells."""
        return self.number_format or FORMATS[self.kind]


@dataclass(frozen=True, slots=True)
class Shade:
    """A colour for rows whose cell in the column `header` is `value`; '' stands for any number above 0."""

    header: str
    value: str
    colour: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of rows that are all alike.

    `frozen` columns stay in sight; every column has the same number of headers, the last of which may be `folded` away.
    `shades` are for small sheets.
    """

    title: str
    columns: tuple[SheetColumn, ...]
    frozen: int = 0
    shades: tuple[Shade, ...] = ()
    folded: bool = False

    @property
    def header_rows(self) -> int:
        """How many rows the headers take."""
        return len(self.columns[0].headers)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of the columns, for the row encoder."""
        return tuple(column.kind for column in self.columns)


@dataclass(frozen=True, slots=True)
class Written:
    """A sheet that was written: its title in the workbook and its rows without headers."""

    title: str
    rows: int


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the README sheet."""

    style: LineStyle
    cells: tuple[str | int | float | None, ...] = ()


def width_for(headers: Sequence[str], kind: Kind) -> float:
    """A column width, 9 to 40 characters, from the header and the kind of the values; data are never scanned."""
    least = {"date": 11.0, "datetime": 19.0, "time": 9.0, "text": 16.0}.get(kind, 9.0)
    name = len(headers[0]) + 4
    label = sum(2 if east_asian_width(letter) in "WF" else 1 for letter in headers[-1]) / 3
    return float(min(40, max(least, name, label)))


def dress(worksheet: Any, sheet: Sheet) -> None:
    """Give an empty worksheet its widths, freeze, zoom, print titles and outline."""
    for index, column in enumerate(sheet.columns, 1):
        dimension = worksheet.column_dimensions[get_column_letter(index)]
        dimension.width = column.width
        if column.role == "reason":
            dimension.outlineLevel = 1
    worksheet.freeze_panes = f"{get_column_letter(sheet.frozen + 1)}{sheet.header_rows + 1}"
    worksheet.sheet_view.zoomScale = ZOOM
    worksheet.print_title_rows = f"1:{sheet.header_rows}"
    worksheet.page_setup.orientation = "landscape"
    if sheet.header_rows > 1:
        worksheet.row_dimensions[sheet.header_rows].height = LABEL_HEIGHT
        worksheet.row_dimensions[sheet.header_rows].hidden = sheet.folded
    for shade in sheet.shades:
        _shade(worksheet, sheet, shade)


def _shade(worksheet: Any, sheet: Sheet, shade: Shade) -> None:
    place = next(place for place, column in enumerate(sheet.columns, 1) if column.headers[-1] == shade.header)
    first, column = sheet.header_rows + 1, get_column_letter(place)
    condition = f'="{shade.value}"' if shade.value else ">0"
    fill = PatternFill("solid", bgColor=shade.colour)
    rule = Rule(type="expression", formula=[f"${column}{first}{condition}"], dxf=DifferentialStyle(fill=fill))
    cells = f"A{first}:{get_column_letter(len(sheet.columns))}{first + SHADED_ROWS - 1}"
    worksheet.conditional_formatting.add(cells, rule)


def header_rows(worksheet: Any, sheet: Sheet) -> list[list[Cell]]:
    """The header cells, row by row, styled."""
    rows = []
    for level in range(sheet.header_rows):
        cells = []
        for column in sheet.columns:
            cell = text_cell(worksheet, column.headers[level])
            cell.font = _ITALIC if level else _BOLD
            cell.fill = _FILLS[column.role]
            if level:
                cell.alignment = _WRAPPED
            if column.comment and level == sheet.header_rows - 1:
                cell.comment = _comment(column.comment)
            cells.append(cell)
        rows.append(cells)
    return rows


def _comment(text: str) -> Comment:
    """A comment; its box is as high as its text needs."""
    ready = cell_text(text[:_COMMENT], Tally())
    return Comment(ready, "surveyapp", height=20 + 16 * (1 + len(ready) // 30), width=240)


def prototype_row(worksheet: Any, sheet: Sheet) -> list[Cell]:
    """Empty cells with the number format of each column."""
    cells = []
    for column in sheet.columns:
        cell = WriteOnlyCell(worksheet)
        cell.number_format = column.format
        cells.append(cell)
    return cells


def text_cell(worksheet: Any, text: str) -> Cell:
    """A cell that holds `text` and nothing else: never a formula, never an error value."""
    ready = cell_text(cut(text) if is_long(text) else text, Tally())[:CELL_UNITS]
    cell = WriteOnlyCell(worksheet, None)
    if ready:
        cell.value = ready
        cell.data_type = "s"
    return cell


def set_filter(worksheet: Any, sheet: Sheet, rows: int) -> None:
    """The autofilter over all rows, and a defined name for the whole table."""
    last = get_column_letter(len(sheet.columns))
    end = sheet.header_rows + max(rows, 1)
    worksheet.auto_filter.ref = f"A{sheet.header_rows}:{last}{end}"
    name = f"{worksheet.title}_range"
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        reference = f"'{worksheet.title}'!$A${sheet.header_rows}:${last}${end}"
        worksheet.parent.defined_names[name] = DefinedName(name, attr_text=reference)


def write_readme(worksheet: Any, lines: Iterable[Line]) -> None:
    """Fill the README sheet."""
    for letter, width in (("A", 34), ("B", 90), ("C", 12)):
        worksheet.column_dimensions[letter].width = width
    worksheet.sheet_view.showGridLines = False
    worksheet.page_setup.orientation = "landscape"
    worksheet.page_setup.fitToHeight = 0
    worksheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    for line in lines:
        cells = []
        for value in line.cells:
            cell = text_cell(worksheet, value) if isinstance(value, str) else WriteOnlyCell(worksheet, value)
            cell.font = _LINE_FONTS[line.style]
            if line.style in ("line", "warning"):
                cell.alignment = _WRAPPED
            if isinstance(value, int):
                cell.number_format = "#,##0"
            cells.append(cell)
        worksheet.append(cells)
