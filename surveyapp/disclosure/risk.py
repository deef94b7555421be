"""How likely a record is known again: groups of records that share what an attacker may know.

A group is all records with the same values of the key variables; missing is a value of its own. The size of a record's
group is its k (Samarati & Sweeney 1998); the number of different values of a sensitive answer in a group is its l
(Machanavajjhala et al. 2007). A record's risk is 1 over the sum of the sampling weights of its group, the estimated
number of such households in the population, and never more than 1 (Hundepool et al. 2012, 3.3).
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Key: TypeAlias = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True)
class RiskFigures:
    """What a file gives away.

    sizes: k to the number of records that have it. variety: l to the number of records, empty where no answer is
    sensitive. rate: expected share of records that are known again, 0 to 1. members: households with at least one
    member whose group of members (own keys and those of the household) is of one, or smaller than 3.
    """

    records: int
    sizes: dict[int, int]
    variety: dict[int, int] = field(default_factory=dict)
    rate: float = 0.0
    unique_by_members: int = 0
    small_by_members: int = 0

    def below(self, limit: int) -> int:
        """How many records are in groups smaller than `limit`."""
        return sum(count for size, count in self.sizes.items() if size < limit)


class RiskCounter:
    """Counts records as they pass. Memory: one key a different group, and one number a record's members."""

    def __init__(self) -> None:
        self._groups: Counter[Key] = Counter()
        self._weights: dict[Key, float] = {}
        self._values: dict[Key, set[Any]] = {}
        self._members: dict[Key, list[str]] = {}

    def add(self, key: Key, weight: float = 1.0, sensitive: Hashable = None, *, told: bool = False) -> None:
        """One household; `told` says whether there is a sensitive question, `sensitive` its answer."""
        self._groups[key] += 1
        self._weights[key] = self._weights.get(key, 0.0) + weight
        if told:
            self._values.setdefault(key, set()).add(sensitive)

    def add_member(self, key: Key, household: str) -> None:
        """One member of a household; `key` holds its own values and those of the household.

        Of large groups nothing more is kept than that they are large.
        """
        households = self._members.setdefault(key, [])
        if len(households) < _LARGE:
            households.append(household)

    def figures(self) -> RiskFigures:
        """What was counted."""
        sizes: Counter[int] = Counter()
        variety: Counter[int] = Counter()
        expected = 0.0
        for key, size in self._groups.items():
            sizes[size] += size
            expected += size * min(1.0, 1.0 / max(self._weights[key], 1.0))
            if key in self._values:
                variety[len(self._values[key])] += size
        records = self._groups.total()
        rate = expected / records if records else 0.0
        unique = {group[0] for group in self._members.values() if len(group) == 1}
        small = {household for group in self._members.values() if len(group) < _LARGE for household in group}
        return RiskFigures(
            records, dict(sorted(sizes.items())), dict(sorted(variety.items())), rate, len(unique), len(small)
        )


_LARGE = 3


def key_of(row: Sequence[Any], places: Sequence[int]) -> Key:
    """The values at `places`, None for what is missing."""
    return tuple(row[place] for place in places)
