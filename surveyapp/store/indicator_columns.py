"""Columns of indicators on disk: of 100,000 households of the reference form they are 180 MB.

They lie in a nameless file that goes with whoever holds it. A column is read when it is asked for.
"""

import os
import tempfile
import threading
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from surveyapp.indicators.columns import Column


class ColumnFile:
    """Arrays one after the other in a nameless file of the system's folder for such files; several threads may read."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the last who holds it
        weakref.finalize(self, self._file.close)
        self._lock = threading.Lock()
        self._end = 0

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self._end

    def keep(self, columns: Mapping[str, Column]) -> "FiledColumns":
        """Write these columns; what gives them back."""
        buffer = bytearray()
        with self._lock:
            places = {code: _lay(column, buffer, self._end) for code, column in columns.items()}
            written = 0
            while written < len(buffer):
                written += os.pwrite(self._file.fileno(), memoryview(buffer)[written:], self._end + written)
            self._end += written
        return FiledColumns(self, places)

    def read(self, place: int, kind: DTypeLike, count: int) -> NDArray[Any]:
        """An array that was kept."""
        size = np.dtype(kind).itemsize * count
        found = os.pread(self._file.fileno(), size, place)
        if len(found) != size:
            raise OSError(f"The file of columns ends at {place + len(found)}; {size} bytes were kept at {place}.")
        return np.frombuffer(found, kind)


@dataclass(frozen=True, slots=True)
class _Array:
    """Where an array lies; one that holds the same everywhere is kept once."""

    place: int
    kind: np.dtype[Any]
    kept: int
    count: int

    def read(self, file: ColumnFile) -> NDArray[Any]:
        found = file.read(self.place, self.kind, self.kept)
        return found if self.kept == self.count else np.broadcast_to(found, self.count)


@dataclass(frozen=True, slots=True)
class _Filed:
    values: _Array
    reasons: _Array
    levels: tuple[str, ...]
    ticks: bool
    constant: bool


class FiledColumns(Mapping[str, Column]):
    """Columns by name, each read from the file when it is asked for."""

    def __init__(self, file: ColumnFile, places: Mapping[str, _Filed]) -> None:
        self._file = file
        self._places = places

    @property
    def size(self) -> int:
        """Bytes on disk."""
        arrays = [array for one in self._places.values() for array in (one.values, one.reasons)]
        return sum(array.kind.itemsize * array.kept for array in arrays)

    def __getitem__(self, code: str) -> Column:
        one = self._places[code]
        return Column(one.values.read(self._file), one.reasons.read(self._file), one.levels, one.ticks, one.constant)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __contains__(self, code: object) -> bool:
        return code in self._places

    def __len__(self) -> int:
        return len(self._places)


def _lay(column: Column, buffer: bytearray, start: int) -> _Filed:
    values, reasons = (_append(array, buffer, start) for array in (column.values, column.reasons))
    return _Filed(values, reasons, column.levels, column.ticks, column.constant)


def _append(array: NDArray[Any], buffer: bytearray, start: int) -> _Array:
    once = len(array) > 1 and array.strides == (0,)
    kept = array[:1] if once else array
    place = start + len(buffer)
    buffer += kept.tobytes()
    return _Array(place, array.dtype, len(kept), len(array))
