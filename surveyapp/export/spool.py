"""Rows kept on disk for a second look, given back in another order."""

import pickle
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from surveyapp.export.cells import Row


class Spool:
    """Rows in a nameless file of `folder`. Memory: some 100 bytes a row for its key and place."""

    def __init__(self, folder: Path) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # closed by __exit__
        self._places: list[tuple[str, int]] = []

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    def add(self, key: str, row: Row) -> None:
        """Keep a row."""
        self._places.append((key, self._file.tell()))
        pickle.dump(tuple(row), self._file, pickle.HIGHEST_PROTOCOL)

    def sorted_rows(self) -> Iterator[tuple[str, Row]]:
        """(key, row) by key, rows of one key in the order in which they came."""
        for key, place in sorted(self._places):
            self._file.seek(place)
            yield key, pickle.load(self._file)
