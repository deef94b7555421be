"""How the answers of a column are spread, taken while the rows pass, in memory that does not grow with them.

Columns of up to 4,000 different values are counted whole, and everything is exact. Of columns with more, a random
sample of 4,000 answers stands for all (the same one each time): a quartile then lies within about 1.4 % of its rank.
"""

import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any, Final

from surveyapp.export.cells import AsSent, Kind
from surveyapp.export.figures import Figures

MOST_DISTINCT: Final = 4_000
_SAMPLE: Final = 4_000
_PLACES: Final = 6


@dataclass(frozen=True, slots=True)
class Spread:
    """`distinct` is None where there are more than 4,000 different values; `exact` says whether quartiles are."""

    distinct: int | None
    deviation: float | None
    quartiles: tuple[Any, Any, Any] | None
    exact: bool


class Distribution:
    """The answers of one column."""

    def __init__(self, kind: Kind) -> None:
        self._numeric = kind in ("int", "float")
        self._ordered = self._numeric or kind in ("date", "datetime", "time")
        self._counts: Counter[Any] | None = Counter()
        self._sample: list[Any] = []
        self._seen = 0
        self._mean = 0.0
        self._squares = 0.0
        self._next = 0
        self._threshold = 1.0
        self._chance = random.Random(0)

    def take(self, values: Sequence[Any]) -> None:
        """Count the values of some rows."""
        present = [value for value in values if value is not None and self._counts_in(value)]
        if self._counts is not None:
            self._counts.update(present)
            if len(self._counts) > MOST_DISTINCT:
                self._turn_to_sample(self._counts)
        elif self._ordered:
            self._add_moments(present)
            self._add_to_sample(present)

    def _counts_in(self, value: Any) -> bool:
        if type(value) is float:
            return math.isfinite(value)
        return not (self._ordered and isinstance(value, AsSent))

    def spread(self) -> Spread:
        """What was counted."""
        if self._counts is None:
            deviation = math.sqrt(self._squares / (self._seen - 1)) if self._numeric else None
            return Spread(None, _rounded(deviation), self._quartiles_of(sorted(self._sample)), exact=False)
        counts, distinct = self._counts, len(self._counts)
        if not self._ordered or not counts:
            return Spread(distinct, None, None, exact=True)
        ordered = sorted(counts.items())
        return Spread(
            distinct, _rounded(_deviation(ordered)) if self._numeric else None, _quartiles(ordered), exact=True
        )

    def _quartiles_of(self, values: Sequence[Any]) -> tuple[Any, Any, Any] | None:
        return _quartiles([(value, 1) for value in values]) if values else None

    def _turn_to_sample(self, counts: Counter[Any]) -> None:
        self._counts = None
        if not self._ordered:
            return
        self._seen = counts.total()
        if self._numeric:
            self._mean = math.fsum(value * count for value, count in counts.items()) / self._seen
            self._squares = math.fsum(count * (value - self._mean) ** 2 for value, count in counts.items())
        self._sample = self._chance.sample(list(counts), _SAMPLE, counts=list(counts.values()))
        self._skip()

    def _add_moments(self, values: Sequence[Any]) -> None:
        """Chan, Golub & LeVeque (1979): sums of squares of two parts joined."""
        if not self._numeric or not values:
            return
        mean = math.fsum(values) / len(values)
        squares = math.fsum((value - mean) ** 2 for value in values)
        both = self._seen + len(values)
        self._squares += squares + (mean - self._mean) ** 2 * self._seen * len(values) / both
        self._mean += (mean - self._mean) * len(values) / both

    def _add_to_sample(self, values: Sequence[Any]) -> None:
        """Reservoir sampling with skips (Li 1994, algorithm L)."""
        end = self._seen + len(values)
        while self._next < end:
            self._sample[self._chance.randrange(_SAMPLE)] = values[self._next - self._seen]
            self._threshold *= math.exp(math.log(1.0 - self._chance.random()) / _SAMPLE)
            self._draw_next(self._next + 1)
        self._seen = end

    def _skip(self) -> None:
        # The share of the sample among what was seen stands in for the thresholds of the first rounds.
        self._threshold = _SAMPLE / self._seen
        self._draw_next(self._seen)

    def _draw_next(self, seen: int) -> None:
        """Which answer enters the sample next, counted from 0."""
        self._next = seen + math.floor(math.log(1.0 - self._chance.random()) / math.log1p(-self._threshold))


@dataclass(slots=True)
class Observed(Figures):
    """The figures of one column with its distribution, both taken in one pass."""

    distribution: Distribution = field(init=False)

    def __post_init__(self) -> None:
        self.distribution = Distribution(self.kind)

    def take(self, values: Sequence[Any]) -> None:
        """Count the values of some rows."""
        Figures.take(self, values)  # super() does not know a class that slots=True made anew
        self.distribution.take(values)


def _deviation(ordered: Sequence[tuple[float, int]]) -> float | None:
    count = sum(times for _, times in ordered)
    if count < 2:
        return None
    try:
        mean = math.fsum(value * times for value, times in ordered) / count
        return math.sqrt(math.fsum(times * (value - mean) ** 2 for value, times in ordered) / (count - 1))
    except OverflowError:
        return None


def _quartiles(ordered: Sequence[tuple[Any, int]]) -> tuple[Any, Any, Any]:
    """Type 7 of Hyndman & Fan for numbers; for days and times the value at or below the place."""
    total = sum(times for _, times in ordered)
    first, middle, last = (_at(ordered, (total - 1) * part / 4) for part in (1, 2, 3))
    return first, middle, last


def _at(ordered: Sequence[tuple[Any, int]], place: float) -> Any:
    low, share = math.floor(place), place - math.floor(place)
    lower, upper = _value_at(ordered, low), _value_at(ordered, math.ceil(place))
    if isinstance(lower, date | time):
        return lower
    return _rounded(lower * (1 - share) + upper * share)


def _value_at(ordered: Sequence[tuple[Any, int]], rank: int) -> Any:
    passed = 0
    for value, times in ordered:
        passed += times
        if rank < passed:
            return value
    return ordered[-1][0]


def _rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(f"{value:.{_PLACES}g}")
