"""What is there already, as the checks that compare ask for it.

The store, or a cache before it, answers; `surveyapp.quality.gathered.Gathered` answers from memory.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from surveyapp.quality.distributions import Distribution
from surveyapp.quality.geography import Point
from surveyapp.quality.interview import Position, Summary

SHORT_ID: Final = 8


def name_beside(household: str, instance_id: str, own: str) -> str:
    """How a sentence about an interview of the household `own` names another one: by its household, or where that is
    not another one by the beginning of its instance id, by which it can be searched.
    """
    return household if household and household != own else instance_id.removeprefix("uuid:")[:SHORT_ID]


@dataclass(frozen=True, slots=True)
class Other:
    """Another submission that has something in common."""

    instance_id: str
    household: str
    enumerator: str


@dataclass(frozen=True, slots=True)
class Nearby:
    """Another submission whose position lies within some metres."""

    other: Other
    metres: float


@dataclass(frozen=True, slots=True)
class Visit:
    """An earlier interview of the same enumerator or device."""

    instance_id: str
    start: datetime.datetime
    end: datetime.datetime
    position: Position | None
    household: str = ""


@dataclass(frozen=True, slots=True)
class Centre:
    """The median position of a cluster, and how far its interviews lie from it, in metres."""

    point: Point
    distances: Distribution


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another submission with nearly the same answers: `different` of `compared` columns differ."""

    other: Other
    different: int
    compared: int


class Surroundings(Protocol):
    """The submissions of a form that count, without those that were rejected. None of them is the one that asks."""

    def find_distribution(self, measure: str, by: str, group: str) -> Distribution | None:
        """The numbers of a measure (a path, `minutes`, `section:…`) in the interviews whose answer to the question `by`
        is `group`; all of them where `by` is ''. None where there are none. The one that asks may be among them.
        """

    def list_same(self, kind: str, value: str, instance_id: str) -> Sequence[Other]:
        """The others with that key; kinds are content, household, composite, phone, position and photo."""

    def list_near(self, position: Position, metres: float, instance_id: str) -> Sequence[Nearby]:
        """The others within so many metres."""

    def find_previous(self, kind: str, who: str, start: datetime.datetime, instance_id: str) -> Visit | None:
        """The last other interview that began at or before `start`; `kind` is enumerator or device."""

    def find_centre(self, cluster: str) -> Centre | None:
        """Where the interviews of a cluster lie."""

    def list_alike(self, summary: Summary, most_different: int) -> Sequence[Neighbour]:
        """The others of whose compared answers at most so many differ, the most alike first."""
