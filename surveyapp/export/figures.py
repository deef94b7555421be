"""Counts, limits and means of every column, taken while the rows pass."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from surveyapp.export.cells import Kind, Row
from surveyapp.export.rows import chunks

_CHUNK = 500
_MOST_CODES = 5_000


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
    codes: Counter[str] = field(default_factory=Counter)

    @property
    def mean(self) -> float | None:
        """The mean of a numeric column, rounded to six significant digits."""
        if not self.answered or self.kind not in ("int", "float"):
            return None
        return float(f"{self.total / self.answered:.6g}")

    def take(self, values: Sequence[Any]) -> None:
        """Count the values of some rows."""
        present = [value for value in values if value is not None] if None in values else values
        if not present:
            return
        if self.kind == "code":
            if len(self.codes) < _MOST_CODES:
                self.codes.update(present)
        elif self.kind != "text":
            present = [value for value in present if _countable(value)]
            self._limits(present)
        self.answered += len(present)

    def _limits(self, values: Sequence[Any]) -> None:
        if not values:
            return
        least, most = min(values), max(values)
        self.least = least if self.least is None else min(least, self.least)
        self.most = most if self.most is None else max(most, self.most)
        if self.kind in ("int", "float"):
            self.total += math.fsum(values)


def _countable(value: Any) -> bool:
    return not isinstance(value, str) and (not isinstance(value, float) or math.isfinite(value))


def observed(rows: Iterable[Row], figures: Sequence[Figures]) -> Iterator[Row]:
    """`rows` unchanged, counted into `figures` on the way."""
    for chunk in chunks(rows, _CHUNK):
        for column, values in zip(figures, zip(*chunk, strict=True), strict=True):
            column.take(values)
        yield from chunk
