"""Values made coarser, so that fewer people have one of their own."""

import heapq
import math
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Final, TypeVar

from surveyapp.disclosure.pseudonyms import chances

Day = TypeVar("Day", date, datetime)

TAIL: Final = 0.005
# The mean of a tail of one or two would tell what they have.
_SHORTEST_TAIL: Final = 3
RARE: Final = 5
MERGED: Final = "merged_rare"
# Days by which the dates of a household are moved, at most.
_MOST_DAYS: Final = 182


def month_of(day: date) -> str:
    """`2026-03` for a day or instant in March 2026."""
    return f"{day:%Y-%m}"


def shifted(secret: bytes, who: str, day: Day) -> Day:
    """The day moved by up to half a year, by the same number of days for the same `who`."""
    (chance,) = chances(secret, "dates", who, 1)
    days = int(chance * (2 * _MOST_DAYS + 1)) - _MOST_DAYS
    return day + timedelta(days=days or 1)


class Tails:
    """The smallest and largest values of a column of at most `count` numbers, taken as they come.

    What lies beyond the 0.5 % at either end, and always the three smallest and the three largest, is told as the mean
    of its tail. Memory: one in a hundred numbers.
    """

    __slots__ = ("_high", "_low", "_most", "seen")

    def __init__(self, count: int) -> None:
        # One more than can ever be cut, to know where the tail ends.
        self._most = _tail(count) + 1
        self._low: list[float] = []
        self._high: list[float] = []
        self.seen = 0

    def add(self, value: float) -> None:
        """Take one more value."""
        self.seen += 1
        if len(self._low) < self._most:
            heapq.heappush(self._low, -value)
            heapq.heappush(self._high, value)
            return
        if value < -self._low[0]:
            heapq.heapreplace(self._low, -value)
        if value > self._high[0]:
            heapq.heapreplace(self._high, value)

    def limits(self) -> "Limits":
        """Where the tails begin, and their means."""
        cut = min(_tail(self.seen), self.seen // 2)
        low, high = sorted(-value for value in self._low), sorted(self._high, reverse=True)
        if not cut:
            return Limits(-math.inf, 0.0, math.inf, 0.0)
        # Of an even number all of which is cut, each half ends where the other begins.
        return Limits(
            low[cut] if cut < len(low) else math.inf,
            math.fsum(low[:cut]) / cut,
            high[cut] if cut < len(high) else -math.inf,
            math.fsum(high[:cut]) / cut,
        )


def _tail(count: int) -> int:
    return max(_SHORTEST_TAIL, math.floor(TAIL * count))


class Limits:
    """Values under `low` become `low_mean`, over `high` become `high_mean`."""

    __slots__ = ("high", "high_mean", "low", "low_mean")

    def __init__(self, low: float, low_mean: float, high: float, high_mean: float) -> None:
        self.low, self.low_mean, self.high, self.high_mean = low, low_mean, high, high_mean

    def apply(self, value: float) -> float:
        """The value, or the mean of its tail."""
        return self.low_mean if value < self.low else self.high_mean if value > self.high else value


def rare_codes(counts: Mapping[str, int], kept: Collection[str] = ()) -> frozenset[str]:
    """The codes that fewer than 5 answers name, apart from `kept`; where that is one code alone, the next rarest too.

    One code alone would still be known: whoever is `merged` has it.
    """
    order = sorted((count, code) for code, count in counts.items() if count and code not in kept)
    rare = [code for count, code in order if count < RARE]
    if len(rare) == 1 and len(order) > 1:
        rare.append(order[1][1])
    return frozenset(rare if len(rare) > 1 else ())


def merged_counts(counts: Mapping[str, int], rare: Collection[str]) -> Counter[str]:
    """The counts after the rare codes became one."""
    merged: Counter[str] = Counter()
    for code, count in counts.items():
        merged[MERGED if code in rare else code] += count
    return merged
