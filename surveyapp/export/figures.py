"""Counts, limits and means of every column, taken while the rows pass."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from surveyapp.export.cells import Gone, Kind, Row
from surveyapp.export.rows import chunks

_CHUNK = 500
_MOST_CODES = 1_000


@dataclass(slots=True)
class Figures:
    """What one column holds.

    Answers, smallest, largest, sum of numbers, how often each code occurs (while there are not too many).
    """

    kind: Kind
    answered: int = 0
    least: Any = None
    most: Any = None
    total: float = 0.0
    codes: Counter[str] | None = field(default_factory=Counter)

    @property
    def mean(self) -> float | None:
        """The mean of a numeric column, rounded to six significant digits; None where there is none."""
        if not self.answered or self.kind not in ("int", "float") or not math.isfinite(self.total):
            return None
        return float(f"{self.total / self.answered:.6g}")

    def take(self, values: Sequence[Any]) -> None:
        """Count the values of some rows."""
        present = [value for value in values if value is not None] if None in values else values
        if not present:
            return
        if self.kind == "code":
            self._count(present)
        elif self.kind != "text":
            present = self._measure(present)
        self.answered += len(present)

    def _count(self, values: Sequence[str]) -> None:
        if self.codes is not None:
            self.codes.update(values)
            if len(self.codes) > _MOST_CODES:
                self.codes = None

    def _measure(self, values: Sequence[Any]) -> Sequence[Any]:
        """Take limits and sum; return the values that count: all but the rare text or infinity among numbers."""
        try:
            least, most = min(values), max(values)
            total = math.fsum(values) if self.kind in ("int", "float") else 0.0
        except (TypeError, OverflowError, ValueError):
            return self._measure_countable(values)
        if isinstance(least, str) or not math.isfinite(total):
            return self._measure_countable(values)
        self._add(least, most, total)
        return values

    def _add(self, least: Any, most: Any, total: float) -> None:
        self.least = least if self.least is None else min(least, self.least)
        self.most = most if self.most is None else max(most, self.most)
        self.total += total

    def _measure_countable(self, values: Sequence[Any]) -> Sequence[Any]:
        countable = [
            value
            for value in values
            if not isinstance(value, str) and (not isinstance(value, float) or math.isfinite(value))
        ]
        if countable:
            total = sum(countable) if self.kind in ("int", "float") else 0.0
            self._add(min(countable), max(countable), total)
        return countable


def observed(rows: Iterable[Row], figures: Sequence[Figures]) -> Iterator[Row]:
    """`rows` unchanged, counted into `figures` on the way."""
    for chunk in chunks(rows, _CHUNK):
        for column, values in zip(figures, zip(*chunk, strict=True), strict=True):
            column.take(values)
        yield from chunk


def observed_coded(rows: Iterable[Row], figures: Sequence[Figures]) -> Iterator[Row]:
    """The same where cells themselves may say why there is no answer: those are none."""
    for chunk in chunks(rows, _CHUNK):
        for column, values in zip(figures, zip(*chunk, strict=True), strict=True):
            column.take([None if isinstance(value, Gone) else value for value in values])
        yield from chunk
