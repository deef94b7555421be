"""Texts that no cell can hold: set aside on disk while the sheets are written, then a sheet of their own."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from surveyapp.export.cells import Row
from surveyapp.export.sheets import Sheet, SheetColumn
from surveyapp.export.text import split_units

LONG_TEXT_SHEET = Sheet(
    "long_text",
    (
        SheetColumn(("sheet",), "code", 16, "key"),
        SheetColumn(("row",), "int", 9, "key"),
        SheetColumn(("column",), "code", 26, "key"),
        SheetColumn(("key",), "text", 40, "key"),
        SheetColumn(("part",), "int", 8),
        SheetColumn(("text",), "text", 40),
    ),
    4,
)


class LongTexts:
    """Keeps long texts in a file without a name, in the order they come."""

    def __init__(self, folder: Path) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # closed by __exit__
        self.count = 0

    def __enter__(self) -> "LongTexts":
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    def add(self, sheet: str, row: int, column: str, key: str, text: str) -> None:
        """Set a text aside with the place where its beginning stands and the key of that row."""
        self._file.write(json.dumps([sheet, row, column, key, text]).encode() + b"\n")
        self.count += 1

    def rows(self) -> Iterator[Row]:
        """One row for each part that a cell can hold; reading them closes the list."""
        self._file.seek(0)
        for line in self._file:
            *where, text = json.loads(line)
            for number, part in enumerate(split_units(text), 1):
                yield (*where, number, part)
