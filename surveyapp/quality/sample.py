"""What a project planned: the sampled households and where they are, areas, targets, days of work."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from surveyapp.quality.geography import Point


@dataclass(frozen=True, slots=True)
class Box:
    """The rectangle in which a project works, in degrees."""

    south: float
    west: float
    north: float
    east: float

    def holds(self, point: Point) -> bool:
        """Whether a (latitude, longitude) lies in it."""
        return self.south <= point[0] <= self.north and self.west <= point[1] <= self.east


@dataclass(frozen=True, slots=True)
class Sample:
    """The plan of a survey; whatever is not known is left empty, and the checks that need it say nothing.

    `households` are the ids of the sample list (normalised by `household_key`), `points` positions by household,
    `centres` and `areas` (polygons) by cluster, `targets` wanted interviews by stratum, `planned` the days of work by
    enumerator. `strip_zeros` says that the list itself writes ids without leading zeros.
    """

    households: frozenset[str] = frozenset()
    points: Mapping[str, Point] = field(default_factory=dict)
    centres: Mapping[str, Point] = field(default_factory=dict)
    areas: Mapping[str, Sequence[Point]] = field(default_factory=dict)
    box: Box | None = None
    targets: Mapping[str, int] = field(default_factory=dict)
    planned: Mapping[str, frozenset[datetime.date]] = field(default_factory=dict)
    strip_zeros: bool = False


NO_SAMPLE: Final = Sample()


def household_key(text: str, *, strip_zeros: bool = False) -> str:
    """A household's id, ready to be compared: trimmed, without case and, if so wanted, without leading zeros."""
    key = " ".join(text.split()).casefold()
    return (key.lstrip("0") or key) if strip_zeros else key
