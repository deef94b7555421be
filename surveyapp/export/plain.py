"""The same workbook by openpyxl alone, several times slower: a second opinion when a file made by splicing is doubted.

Chosen by `ExportOptions(writer="openpyxl")`. Numbers keep only the 16 digits that openpyxl writes; the bytes differ
from run to run.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import Cell

from surveyapp.export.cells import FIRST_DAY, LARGEST_INTEGER, Kind, Row
from surveyapp.export.charts import CHARTS_TITLE, ChartSheet
from surveyapp.export.names import sheet_title
from surveyapp.export.package import check_package
from surveyapp.export.rows import chunks
from surveyapp.export.sheets import ROWS_OF_EXCEL, Line, Sheet, Written, dress, header_rows, set_filter, write_readme
from surveyapp.export.splice import OnLongIn, Watch
from surveyapp.export.text import Tally, cell_text, cut, is_long

_CHUNK = 500


class PlainWorkbook:
    """Same calls as `surveyapp.export.splice.SpliceWorkbook`."""

    def __init__(self, tally: Tally, on_long: OnLongIn, *, most_rows: int = ROWS_OF_EXCEL) -> None:
        self._tally = tally
        self._on_long = on_long
        self._most_rows = most_rows
        self._workbook = Workbook(write_only=True)
        self._readme: Any = self._workbook.create_sheet("README")

    def __enter__(self) -> "PlainWorkbook":
        return self

    def __exit__(self, *exception: object) -> None:
        self._workbook.close()

    def write(self, sheet: Sheet, rows: Iterable[Row], watch: Watch) -> list[Written]:
        """Stream `rows` into `sheet`, and into `<title>_2` and so on where one sheet cannot hold them."""
        written: list[Written] = []
        for number, part in enumerate(self._parts(sheet, rows), 1):
            title = sheet.title if number == 1 else f"{sheet.title}_{number}"
            worksheet: Any = self._workbook.create_sheet(sheet_title(title, self._workbook.sheetnames))
            dress(worksheet, sheet)
            for cells in header_rows(worksheet, sheet):
                worksheet.append(cells)
            for offset, row in enumerate(part, sheet.header_rows + 1):
                worksheet.append(self._cells(worksheet, sheet, row, offset))
            watch(len(part))
            set_filter(worksheet, sheet, len(part))
            written.append(Written(worksheet.title, len(part)))
        return written

    def draw(self, charts: ChartSheet) -> list[Written]:
        """A sheet of charts."""
        worksheet: Any = self._workbook.create_sheet(sheet_title(CHARTS_TITLE, self._workbook.sheetnames))
        charts.draw(worksheet)
        return [Written(worksheet.title, charts.count)]

    def content_hash(self) -> str:
        """Not known: this writer makes no promise about its bytes."""
        return "not computed by this writer"

    def finish(self, target: Path, readme: Iterable[Line], cut_off: datetime, /) -> None:
        """Write the README and save the workbook in `target`."""
        write_readme(self._readme, readme)
        self._workbook.properties.creator = "surveyapp"
        self._workbook.properties.created = cut_off.replace(tzinfo=None, microsecond=0)
        self._workbook.save(target)

    def verify(self, target: Path) -> None:
        """Read the whole package back."""
        check_package(target, {})

    def _parts(self, sheet: Sheet, rows: Iterable[Row]) -> Iterable[list[Row]]:
        yielded = False
        for part in chunks(rows, self._most_rows - sheet.header_rows):
            yielded = True
            yield part
        if not yielded:
            yield []

    def _cells(self, worksheet: Any, sheet: Sheet, row: Row, number: int) -> list[Cell]:
        cells = []
        for index, (column, value) in enumerate(zip(sheet.columns, row, strict=True)):
            cell = WriteOnlyCell(worksheet)
            cell.number_format = column.format
            ready = self._ready(column.kind, value)
            if isinstance(ready, str):
                cell.value = self._fitting(worksheet.title, ready, (number, index, row)) or None
                cell.data_type = "s" if ready else "n"
            else:
                cell.value = ready
                cell.number_format = column.format
            cells.append(cell)
        return cells

    def _fitting(self, title: str, text: str, where: tuple[int, int, Row]) -> str:
        if is_long(text):
            self._tally.cut += 1
            self._on_long(title, *where[:2], text, where[2])
            text = cut(text)
        return cell_text(text, self._tally)

    def _ready(self, kind: Kind, value: Any) -> Any:
        return None if value is None else value if isinstance(value, str) else _READY[kind](value, self._tally)


def _number(value: Any, tally: Tally) -> Any:
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        tally.long_integers += 1
        return str(value)
    if value != value or value in (float("inf"), float("-inf")):
        tally.not_numbers += 1
        return None
    return value


def _day(value: date, tally: Tally) -> Any:
    if value.toordinal() >= FIRST_DAY:
        return value
    tally.early_dates += 1
    return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()


def _same(value: Any, _tally: Tally) -> Any:
    return value


_READY: Final[Mapping[Kind, Callable[[Any, Tally], Any]]] = {
    "int": _number,
    "float": _number,
    "text": _same,
    "code": _same,
    "date": _day,
    "datetime": _day,
    "time": _same,
    "bool": _same,
}
