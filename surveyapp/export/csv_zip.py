"""The same sheets as CSV files in one zip, for programs."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

from surveyapp.export.archive import Archive
from surveyapp.export.cells import Row
from surveyapp.export.charts import ChartSheet
from surveyapp.export.rows import chunks
from surveyapp.export.sheets import Line, Sheet, Written
from surveyapp.export.splice import Watch
from surveyapp.export.text import REPLACEMENT

_CHUNK = 500
_BOM = "\ufeff"
# Beginnings that a spreadsheet program would take for a formula when it opens a CSV file.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How CSV is written: RFC 4180 with `delimiter`; UTF-8, with a byte order mark where `bom`.

    `formula_safe` puts an apostrophe before text that a spreadsheet program would run as a formula.
    """

    delimiter: str = ","
    bom: bool = True
    formula_safe: bool = True

    def text(self, rows: Iterable[Iterable[Any]]) -> str:
        """The rows as CSV. Numbers have a point, dates are in ISO form, no answer is an empty field."""
        buffer = StringIO()
        csv.writer(buffer, delimiter=self.delimiter).writerows(rows)
        return buffer.getvalue().replace("\x00", REPLACEMENT)

    def head(self, sheet: Sheet) -> bytes:
        """The first line: the names of the columns, or their labels."""
        names = self.text([[column.headers[0] for column in sheet.columns]])
        return ((_BOM if self.bom else "") + names).encode(errors="replace")

    def body(self, rows: Iterable[Row], watch: Watch) -> Iterator[bytes]:
        """The lines, many at a time; `watch` is told of them."""
        for chunk in chunks(rows, _CHUNK):
            yield self.text(map(_made_safe, chunk) if self.formula_safe else chunk).encode(errors="replace")
            watch(len(chunk))

    def readme(self, lines: Iterable[Line]) -> bytes:
        """The README as text."""
        told = "\n".join("\t".join("" if cell is None else str(cell) for cell in line.cells) for line in lines)
        if self.formula_safe:
            told += "\nCSV files: text that begins like a formula has an apostrophe before it."
        return f"{_BOM if self.bom else ''}{told}\n".encode(errors="replace")


class CsvZip:
    """One CSV file per sheet, and README.txt. Same calls as `surveyapp.export.splice.SpliceWorkbook`."""

    def __init__(self, folder: Path, dialect: Dialect | None = None) -> None:
        self._archive = Archive(folder)
        self._dialect = dialect or Dialect()

    def __enter__(self) -> "CsvZip":
        return self

    def __exit__(self, *exception: object) -> None:
        self._archive.__exit__(*exception)

    def write(self, sheet: Sheet, rows: Iterable[Row], watch: Watch) -> list[Written]:
        """Stream `rows` into `<title>.csv`; the first line has the column names."""
        return [write_csv(self._archive, self._dialect, sheet, rows, watch)]

    def draw(self, _charts: ChartSheet, /) -> list[Written]:
        """Nothing: CSV has no charts; their figures are in the files of indicators."""
        return []

    def content_hash(self) -> str:
        """SHA-256 over the files, in order."""
        return self._archive.content_hash()

    def finish(self, target: Path, readme: Iterable[Line], _cut_off: datetime, /) -> None:
        """Put the zip together in `target`."""
        self._archive.finish(target, self._dialect.readme(readme))

    def verify(self, target: Path) -> None:
        """Read the whole zip back."""
        self._archive.verify(target)


def write_csv(archive: Archive, dialect: Dialect, sheet: Sheet, rows: Iterable[Row], watch: Watch) -> Written:
    """Stream `rows` into a member `<title>.csv` of `archive`."""
    count = 0

    def counted(more: int) -> None:
        nonlocal count
        count += more
        watch(more)

    archive.add(f"{sheet.title}.csv", dialect.body(rows, counted), dialect.head(sheet))
    return Written(sheet.title, count)


# The offset of an instant, as +08:00: ours, and no formula.
_offset = re.compile(r"[+-][0-9]{2}:[0-9]{2}")


def _made_safe(row: Row) -> list[Any]:
    return [f"'{value}" if isinstance(value, str) and _is_formula(value) else value for value in row]


def _is_formula(text: str) -> bool:
    return text.startswith(_FORMULA) and not _offset.fullmatch(text)
