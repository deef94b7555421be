"""The charts sheet: each chart at the left, the small table that it is drawn from at its right."""

import hashlib
import math
from collections.abc import Sequence
from typing import Any, Final

from openpyxl.cell import WriteOnlyCell
from openpyxl.chart import BarChart, RadarChart, Reference
from openpyxl.chart.data_source import NumDataSource, NumRef
from openpyxl.chart.error_bar import ErrorBars
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText, Text
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties, RegularTextRun
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.pagebreak import Break

from surveyapp.export.chart_tables import Bar, ChartTable
from surveyapp.export.sheets import text_cell

CHARTS_TITLE: Final = "charts"
# The chart takes the columns before this one (1-based), and as many rows of 0.53 cm.
TABLE_COLUMN: Final = 12
CHART_ROWS: Final = 24
_WIDTH_CM, _HEIGHT_CM = 22.0, 12.0
_A4 = 9
_PRINT_SCALE = 70
_CHARTS_A_PAGE = 2
_HEADER_HEIGHT = 45
_CHART_COLUMN, _NUMBERS, _WIDE = 11.0, 15.0, 30.0
_PALETTE: Final = ("0072B2", "E69F00", "009E73", "CC79A7", "56B4E9", "D55E00")
_FOOD_PALETTE: Final = ("D55E00", "F0C55A", "009E73")
_GRID: Final = "D9D9D9"


class ChartSheet:
    """Draws the tables on an empty worksheet, row by row from the top."""

    def __init__(self, tables: Sequence[ChartTable], title: str) -> None:
        self._tables = tables
        self._title = title

    @property
    def count(self) -> int:
        """How many charts are drawn."""
        return sum(table.drawn for table in self._tables)

    @property
    def content_hash(self) -> str:
        """SHA-256 over what is drawn: the tables beside the charts, their titles and notes."""
        return hashlib.sha256(repr((self._title, *self._tables)).encode(errors="replace")).hexdigest()

    def draw(self, worksheet: Any) -> None:
        """Write the tables and the charts."""
        _set_up(worksheet)
        worksheet.append([_styled(worksheet, self._title, Font("Calibri", bold=True, size=14))])
        worksheet.append([])
        row, drawn = 3, 0
        for table in self._tables:
            row += _write_block(worksheet, table, row)
            drawn += table.drawn
            if table.drawn and drawn % _CHARTS_A_PAGE == 0:
                worksheet.row_breaks.append(Break(id=row - 1))
        worksheet.print_area = f"A1:{get_column_letter(TABLE_COLUMN - 1)}{row - 1}"


def _set_up(worksheet: Any) -> None:
    for number in range(1, TABLE_COLUMN + 12):
        letter = get_column_letter(number)
        numbers = _WIDE if number == TABLE_COLUMN else _NUMBERS
        worksheet.column_dimensions[letter].width = _CHART_COLUMN if number < TABLE_COLUMN else numbers
    worksheet.sheet_view.showGridLines = False
    worksheet.page_setup.orientation = "portrait"
    worksheet.page_setup.paperSize = _A4
    worksheet.page_setup.scale = _PRINT_SCALE


def _write_block(worksheet: Any, table: ChartTable, row: int) -> int:
    """Heading, chart and table from `row` on; how many rows they take."""
    worksheet.append([_styled(worksheet, table.title, Font("Calibri", bold=True, size=12, color="FF1F4E78"))])
    note = _styled(worksheet, table.note, Font("Calibri", italic=True, color="FF595959")) if table.note else None
    worksheet.append([note])
    if not table.drawn:
        worksheet.append([])
        return 3
    worksheet.row_dimensions[row + 2].height = _HEADER_HEIGHT
    lines = _table_lines(worksheet, table)
    for line in lines:
        worksheet.append([None] * (TABLE_COLUMN - 1) + line)
    for _ in range(max(0, CHART_ROWS - len(lines)) + 1):
        worksheet.append([])
    worksheet.add_chart(_chart(worksheet, table, row + 2), f"A{row + 2}")
    return max(CHART_ROWS, len(lines)) + 3


def _table_lines(worksheet: Any, table: ChartTable) -> list[list[Any]]:
    """Header and one line a category: the values of all series, then how far their intervals reach down and up."""
    bold = Font("Calibri", bold=True)
    ends = [f"{name} {end}" for name in table.series for end in ("−", "+")] if table.intervals else []
    lines = [[_styled(worksheet, text, bold, wrap=True) for text in (table.across, *table.series, *ends)]]
    for category, bars in zip(table.categories, table.bars, strict=True):
        values = [bar.value for bar in bars]
        reach = [length for bar in bars for length in _reach(bar)] if table.intervals else []
        lines.append([text_cell(worksheet, category), *(_value(worksheet, table, number) for number in values + reach)])
    return lines


def _reach(bar: Bar) -> tuple[float, float]:
    return bar.value - bar.lower, bar.upper - bar.value


def _value(worksheet: Any, table: ChartTable, number: float) -> Any:
    cell = WriteOnlyCell(worksheet, float(number) if math.isfinite(number) else None)
    cell.number_format = "0.0%" if table.share else "0.000"
    return cell


def _styled(worksheet: Any, text: str, font: Font, *, wrap: bool = False) -> Any:
    cell = text_cell(worksheet, text)
    cell.font = font
    if wrap:
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _chart(worksheet: Any, table: ChartTable, first: int) -> Any:
    chart = _radar() if table.shape == "radar" else _bars(table)
    last = first + len(table.categories)
    chart.add_data(
        Reference(
            worksheet,
            min_col=TABLE_COLUMN + 1,
            max_col=TABLE_COLUMN + len(table.series),
            min_row=first,
            max_row=last,
        ),
        titles_from_data=True,
    )
    chart.set_categories(Reference(worksheet, min_col=TABLE_COLUMN, min_row=first + 1, max_row=last))
    chart.title = _title(table.title, 1300, bold=True)
    chart.legend.position = "b"
    chart.legend.overlay = False
    chart.width, chart.height = _WIDTH_CM, _HEIGHT_CM
    _dress_axes(chart, table)
    for place, series in enumerate(chart.series):
        _colour(series, table, place)
        if table.intervals:
            series.errBars = _error_bars(worksheet, TABLE_COLUMN + 1 + len(table.series) + 2 * place, first, last)
    return chart


def _radar() -> Any:
    chart = RadarChart()
    chart.type = "marker"
    return chart


def _bars(table: ChartTable) -> Any:
    chart = BarChart()
    stacked = table.shape == "stacked"
    chart.type = "col" if table.shape == "columns" else "bar"
    chart.grouping = "percentStacked" if stacked else "clustered"
    chart.overlap = 100 if stacked else 0
    chart.gapWidth = 50
    return chart


def _dress_axes(chart: Any, table: ChartTable) -> None:
    # Without `delete` set, newer programs hide the axes that openpyxl writes.
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.y_axis.scaling.min = 0
    chart.y_axis.number_format = "0%" if table.share else "0.0"
    chart.y_axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill=_GRID))
    chart.y_axis.scaling.max, chart.y_axis.majorUnit = _scale(table)
    if table.shape == "radar":
        return
    chart.y_axis.title = _title(table.upwards, 1000)
    chart.x_axis.title = _title(table.across, 1000)
    chart.x_axis.tickLblPos = "low"
    if table.shape != "columns":
        # The first category on top, as in the table, with the scale still below.
        chart.x_axis.scaling.orientation = "maxMin"
        chart.y_axis.crosses = "max"


def _scale(table: ChartTable) -> tuple[float, float]:
    """The upper end of the scale and its step: whole steps above the longest bar and interval, at most 1."""
    if table.shape == "stacked" or (table.intervals and not table.share):
        return 1.0, 0.2
    ends = [end for bars in table.bars for bar in bars for end in (bar.value, bar.upper)]
    highest = max((end for end in ends if math.isfinite(end)), default=1.0)
    step = 0.2 if highest > 0.5 else 0.1
    return min(1.0, round(max(1, math.ceil(highest / step)) * step, 1)), step


def _colour(series: Any, table: ChartTable, place: int) -> None:
    palette = _FOOD_PALETTE if table.shape == "stacked" else _PALETTE
    colour = palette[place % len(palette)]
    if table.shape == "radar":
        series.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=colour, w=28575))
        series.marker.symbol = "circle"
        series.marker.size = 6
        series.marker.graphicalProperties = GraphicalProperties(solidFill=colour)
    else:
        series.graphicalProperties = GraphicalProperties(solidFill=colour)
        series.invertIfNegative = False


def _error_bars(worksheet: Any, column: int, first: int, last: int) -> ErrorBars:
    """Down by the lengths in `column`, up by those in the next."""
    down, up = (
        NumDataSource(numRef=NumRef(f=f"{quote_sheetname(worksheet.title)}!${letter}${first + 1}:${letter}${last}"))
        for letter in (get_column_letter(column), get_column_letter(column + 1))
    )
    return ErrorBars(
        errBarType="both",
        errValType="cust",
        noEndCap=False,
        plus=up,
        minus=down,
        spPr=GraphicalProperties(ln=LineProperties(solidFill="404040", w=12700)),
    )


def _title(text: str, size: int, *, bold: bool = False) -> Title:
    """A title of `size` hundredths of a point that keeps its own place."""
    look = CharacterProperties(sz=size, b=bold)
    paragraph = Paragraph(pPr=ParagraphProperties(defRPr=look), r=[RegularTextRun(rPr=look, t=text)])
    return Title(tx=Text(rich=RichText(p=[paragraph])), overlay=False)
