"""Tables of answers as typed files, one a table, in one zip with the small sheets as CSV beside them."""

import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Protocol

from surveyapp.export.archive import Archive
from surveyapp.export.cells import Row
from surveyapp.export.charts import ChartSheet
from surveyapp.export.columns import TableLayout
from surveyapp.export.csv_zip import Dialect, write_csv
from surveyapp.export.layout import Layout
from surveyapp.export.rows import chunks
from surveyapp.export.sheets import Line, Sheet, Written
from surveyapp.export.splice import Watch

_CHUNK = 500


class TableFormat(Protocol):
    """One kind of file."""

    def write(self, folder: Path, table: TableLayout, rows: Iterator[Row]) -> list[Path]:
        """Write all `rows` of `table` into files of `folder`; the files, whose names go into the zip."""


class TableFiles:
    """Same calls as `surveyapp.export.splice.SpliceWorkbook`; tables of answers are written by `kind`."""

    def __init__(self, folder: Path, layout: Layout, kind: TableFormat, dialect: Dialect) -> None:
        self._archive = Archive(folder)
        self._folder = folder
        self._tables = {table.title: table for table in layout.tables}
        self._kind = kind
        self._dialect = dialect

    def __enter__(self) -> "TableFiles":
        return self

    def __exit__(self, *exception: object) -> None:
        self._archive.__exit__(*exception)

    def write(self, sheet: Sheet, rows: Iterable[Row], watch: Watch) -> list[Written]:
        """The rows of a table as a typed file, those of any other sheet as CSV."""
        table = self._tables.get(sheet.title)
        if table is None:
            return [write_csv(self._archive, self._dialect, sheet, rows, watch)]
        count = 0

        def passing() -> Iterator[Row]:
            nonlocal count
            for chunk in chunks(rows, _CHUNK):
                yield from chunk
                count += len(chunk)
                watch(len(chunk))

        with tempfile.TemporaryDirectory(dir=self._folder, prefix=".tables-") as draft:
            for path in self._kind.write(Path(draft), table, passing()):
                self._archive.add_file(path.name, path)
        return [Written(sheet.title, count)]

    def draw(self, _charts: ChartSheet, /) -> list[Written]:
        """Nothing: charts are for workbooks."""
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
