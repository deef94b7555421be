"""The same sheets as CSV files in one zip, for programs."""

import csv
import hashlib
import re
import tempfile
from collections.abc import Iterable
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import IO, Any

from surveyapp.export.cells import Row
from surveyapp.export.charts import ChartSheet
from surveyapp.export.package import Deflater, PackageWriter, Segment, check_package
from surveyapp.export.rows import chunks
from surveyapp.export.sheets import Line, Sheet, Written
from surveyapp.export.splice import Watch
from surveyapp.export.text import REPLACEMENT

_CHUNK = 500
_BOM = "\ufeff"
# Beginnings that a spreadsheet program would take for a formula when it opens a CSV file.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class CsvZip:
    """RFC 4180 files in UTF-8, one per sheet, and README.txt.

    Numbers have a point, dates are in ISO form, no answer is an empty field.
    `formula_safe` puts an apostrophe before text that a spreadsheet program would run as a formula.
    """

    def __init__(self, folder: Path, *, bom: bool = True, formula_safe: bool = True) -> None:
        self._spool: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # closed by __exit__
        self._bom = _BOM if bom else ""
        self._safe = formula_safe
        self._files: list[tuple[str, Segment, bytes]] = []

    def __enter__(self) -> "CsvZip":
        return self

    def __exit__(self, *exception: object) -> None:
        self._spool.close()

    def write(self, sheet: Sheet, rows: Iterable[Row], watch: Watch) -> list[Written]:
        """Stream `rows` into `<title>.csv`; the first line has the column names."""
        deflater = Deflater(self._spool)
        header = _csv_text([[column.headers[0] for column in sheet.columns]])
        count = 0
        try:
            for chunk in chunks(rows, _CHUNK):
                ready = map(_made_safe, chunk) if self._safe else chunk
                deflater.write(_csv_text(ready).encode(errors="replace"))
                count += len(chunk)
                watch(len(chunk))
            self._files.append((f"{sheet.title}.csv", deflater.finish(), (self._bom + header).encode(errors="replace")))
        finally:
            deflater.stop()
        return [Written(sheet.title, count)]

    def draw(self, _charts: ChartSheet, /) -> list[Written]:
        """Nothing: CSV has no charts; their figures are in the files of indicators."""
        return []

    def content_hash(self) -> str:
        """SHA-256 over the files, in order."""
        return hashlib.sha256("".join(f"{name}\n{body.sha256}\n" for name, body, _ in self._files).encode()).hexdigest()

    def finish(self, target: Path, readme: Iterable[Line], _cut_off: datetime, /) -> None:
        """Put the zip together in `target`."""
        told = "\n".join("\t".join("" if cell is None else str(cell) for cell in line.cells) for line in readme)
        if self._safe:
            told += "\nText that begins like a formula has an apostrophe before it."
        with target.open("wb") as file:
            package = PackageWriter(file)
            package.add("README.txt", f"{self._bom}{told}\n".encode(errors="replace"))
            for name, body, header in self._files:
                package.add_around(name, header, body, self._spool, b"")
            package.close()

    def verify(self, target: Path) -> None:
        """Read the whole zip back."""
        check_package(target, {})


# The offset of an instant, as +08:00: ours, and no formula.
_offset = re.compile(r"[+-][0-9]{2}:[0-9]{2}")


def _made_safe(row: Row) -> list[Any]:
    return [f"'{value}" if isinstance(value, str) and _is_formula(value) else value for value in row]


def _is_formula(text: str) -> bool:
    return text.startswith(_FORMULA) and not _offset.fullmatch(text)


def _csv_text(rows: Iterable[Iterable[Any]]) -> str:
    buffer = StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue().replace("\x00", REPLACEMENT)
