"""Which writer makes which format."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from surveyapp.export.cells import Row
from surveyapp.export.charts import ChartSheet
from surveyapp.export.choice_codes import number_choices
from surveyapp.export.csv_zip import CsvZip, Dialect
from surveyapp.export.geojson import GeoJson
from surveyapp.export.json_lines import JsonLines
from surveyapp.export.layout import Layout
from surveyapp.export.long_text import LongTexts
from surveyapp.export.options import STATS, ExportOptions
from surveyapp.export.parquet_files import ParquetFiles
from surveyapp.export.plain import PlainWorkbook
from surveyapp.export.sheets import Line, Sheet, Written
from surveyapp.export.splice import SpliceWorkbook, Watch
from surveyapp.export.stats_files import StatsFiles
from surveyapp.export.table_files import TableFiles, TableFormat
from surveyapp.export.text import Tally
from surveyapp.problems import EXPORT_OPTION, Problem


class Writer(Protocol):
    """What takes the sheets of an export one after the other; a context manager that owns temporary files."""

    def write(self, sheet: Sheet, rows: Iterable[Row], watch: Watch) -> list[Written]:
        """Stream `rows` into `sheet`; what was written, in parts where one sheet cannot hold them."""

    def draw(self, charts: ChartSheet, /) -> list[Written]:
        """A sheet of charts, where the format has charts."""

    def content_hash(self) -> str:
        """A hash of all rows."""

    def finish(self, target: Path, readme: Iterable[Line], cut_off: datetime, /) -> None:
        """Put the file together in `target`; `cut_off` is the date that it bears, UTC."""

    def verify(self, target: Path) -> None:
        """Read it back. Raises PackageDamaged."""

    def __enter__(self) -> "Writer": ...

    def __exit__(self, *exception: object) -> None: ...


def open_writer(
    options: ExportOptions, folder: Path, tally: Tally, long_texts: LongTexts, layout: Layout, cut_off: datetime
) -> Writer:
    """The writer of the format that was asked for; it keeps temporary files in `folder`."""
    dialect = Dialect(options.delimiter, options.csv_bom, options.formula_safe)
    if options.format == "csv":
        return CsvZip(folder, dialect)
    if options.format != "xlsx":
        return TableFiles(folder, layout, _table_format(options, tally, layout, cut_off), dialect)
    names = {table.title: [column.name for column in table.columns] for table in layout.tables}
    instance_ids = {
        table.title: place
        for table in layout.tables
        for place, column in enumerate(table.columns)
        if column.known == "_instance_id"
    }

    def on_long(sheet: str, row_number: int, column: int, text: str, row: Sequence[Any]) -> None:
        title = sheet if sheet in names else sheet.rpartition("_")[0]
        columns = names.get(title) or []
        name = columns[column] if columns else str(column + 1)
        long_texts.add(sheet, row_number, name, str(row[instance_ids.get(title, 1)] or row[0]), text)

    made: Writer = (
        PlainWorkbook(tally, on_long) if options.writer == "openpyxl" else SpliceWorkbook(folder, tally, on_long)
    )
    return made


def _table_format(options: ExportOptions, tally: Tally, layout: Layout, cut_off: datetime) -> TableFormat:
    if options.format in STATS:
        return StatsFiles(options.format, layout.view, number_choices(layout.view, layout.merged), cut_off, tally)
    if options.format == "parquet":
        return ParquetFiles(layout.view, tally)
    if options.format == "jsonl":
        return JsonLines()
    types = {column.question.type for table in layout.tables for column in table.columns if column.question}
    if not types & {"geopoint", "geotrace", "geoshape"}:
        raise Problem(EXPORT_OPTION, "There are no places in this export.", remedy="Choose another format.")
    return GeoJson()
