"""Surroundings in memory: summaries added one by one, answered at once.

For tests, for a full run over all submissions, and as the cache of a process that receives. Summaries of 100,000
interviews take some hundred megabytes.
"""

import bisect
import datetime
import math
from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

import numpy as np

from surveyapp.quality.code_matrix import CodeMatrix, realign_codes
from surveyapp.quality.distributions import Distribution, distribution_of
from surveyapp.quality.geography import EARTH_RADIUS, metres_between
from surveyapp.quality.interview import Position, Summary
from surveyapp.quality.surroundings import Centre, Nearby, Neighbour, Other, Visit

# A distribution is computed again when a twentieth more numbers are there.
STALE: Final = 1.05
CELL_METRES: Final = 11.0
METRES_A_DEGREE: Final = math.radians(1) * EARTH_RADIUS
Timeline: TypeAlias = list[tuple[datetime.datetime, str]]


class Gathered:
    """The interviews of a form. `columns` are the compared questions of the newest version; the codes of other versions
    are laid under them by path.
    """

    def __init__(self, columns: Sequence[str], summaries: Iterable[Summary] = ()) -> None:
        self.summaries: dict[str, Summary] = {}
        self.matrix = CodeMatrix(columns)
        self._numbers: dict[tuple[str, str, str], array[float]] = defaultdict(lambda: array("d"))
        self._distributions: dict[tuple[str, str, str], tuple[int, Distribution | None]] = {}
        self._keys: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        self._cells: dict[tuple[int, int], dict[str, None]] = defaultdict(dict)
        self._timelines: dict[tuple[str, str], Timeline] = defaultdict(list)
        self._clusters: dict[str, dict[str, Position]] = defaultdict(dict)
        self._centres: dict[str, tuple[int, Centre | None]] = {}
        for summary in summaries:
            self.add(summary)

    def add(self, summary: Summary) -> None:
        """One interview more, or the newer version of one. Rejected ones and backchecks are not entered."""
        self.drop(summary.instance_id)
        if summary.rejected or summary.backcheck:
            return
        self.summaries[summary.instance_id] = summary
        for measure, numbers in summary.measures.items():
            self._numbers[measure, "", ""].extend(numbers)
            for by, group in summary.groups.items():
                self._numbers[measure, by, group].extend(numbers)
        for kind, values in summary.keys.items():
            for value in values:
                self._keys[kind, value][summary.instance_id] = None
        if summary.start is not None:
            for kind, who in _followed(summary):
                bisect.insort(self._timelines[kind, who], (summary.start, summary.instance_id))
        if summary.position is not None and summary.position.possible:
            self._cells[_cell(summary.position.point)][summary.instance_id] = None
            if summary.cluster:
                self._clusters[summary.cluster][summary.instance_id] = summary.position
        if summary.compared:
            codes = realign_codes(summary.codes, summary.compared, self.matrix.columns)
            self.matrix.put(summary.instance_id, codes)

    def drop(self, instance_id: str) -> None:
        """Take an interview out of what is looked up. Its numbers stay in the distributions, where one among thousands
        changes nothing, until these are gathered anew.
        """
        summary = self.summaries.pop(instance_id, None)
        if summary is None:
            return
        self.matrix.drop(instance_id)
        for kind, values in summary.keys.items():
            for value in values:
                self._keys[kind, value].pop(instance_id, None)
        if summary.start is not None:
            for kind, who in _followed(summary):
                self._timelines[kind, who].remove((summary.start, instance_id))
        if summary.position is not None and summary.position.possible:
            self._cells[_cell(summary.position.point)].pop(instance_id, None)
            self._clusters[summary.cluster].pop(instance_id, None)

    # -- what checks ask ----------------------------------------------------------------------------------------------
    def find_distribution(self, measure: str, by: str, group: str) -> Distribution | None:
        """See `Surroundings`."""
        key = (measure, by, group)
        numbers = self._numbers.get(key)
        if not numbers:
            return None
        known = self._distributions.get(key)
        if known is None or len(numbers) > STALE * known[0]:
            known = self._distributions[key] = (len(numbers), distribution_of(np.array(numbers)))
        return known[1]

    def list_same(self, kind: str, value: str, instance_id: str) -> Sequence[Other]:
        """See `Surroundings`."""
        return [self._other(one) for one in self._keys.get((kind, value), ()) if one != instance_id]

    def list_near(self, position: Position, metres: float, instance_id: str) -> Sequence[Nearby]:
        """See `Surroundings`."""
        latitude, longitude = _cell(position.point)
        reach = math.ceil(metres / CELL_METRES)
        # Degrees of longitude are shorter away from the equator.
        wide = math.ceil(metres / (CELL_METRES * max(0.01, math.cos(math.radians(position.latitude)))))
        found = []
        for north in range(latitude - reach, latitude + reach + 1):
            for east in range(longitude - wide, longitude + wide + 1):
                for one in self._cells.get((north, east), ()):
                    there = self.summaries[one].position
                    away = metres_between(position.point, there.point) if there is not None else math.inf
                    if one != instance_id and away <= metres:
                        found.append(Nearby(self._other(one), away))
        return sorted(found, key=lambda near: near.metres)

    def find_previous(self, kind: str, who: str, start: datetime.datetime, instance_id: str) -> Visit | None:
        """See `Surroundings`."""
        line = self._timelines.get((kind, who), [])
        place = bisect.bisect_right(line, (start, "\U0010ffff")) - 1
        while place >= 0:
            summary = self.summaries[line[place][1]]
            # Two that began at the same instant: the one with the smaller id counts as the first.
            earlier = summary.start is not None and (summary.start, summary.instance_id) < (start, instance_id)
            if earlier and summary.start is not None:
                end = summary.end if summary.end is not None else summary.start
                return Visit(summary.instance_id, summary.start, end, summary.position, summary.household)
            place -= 1
        return None

    def find_next(self, kind: str, who: str, start: datetime.datetime, instance_id: str) -> str:
        """The first other interview of an enumerator or device that began after `start`, else ''."""
        line = self._timelines.get((kind, who), [])
        place = bisect.bisect_right(line, (start, instance_id))
        return line[place][1] if place < len(line) else ""

    def list_cluster(self, cluster: str) -> Sequence[str]:
        """The interviews of a cluster that have a position."""
        return tuple(self._clusters.get(cluster, ()))

    def find_centre(self, cluster: str) -> Centre | None:
        """See `Surroundings`."""
        positions = self._clusters.get(cluster)
        if not positions:
            return None
        known = self._centres.get(cluster)
        if known is None or not known[0] <= len(positions) <= STALE * known[0]:
            points = [position.point for position in positions.values()]
            middle = (
                float(np.median([point[0] for point in points])),
                float(np.median([point[1] for point in points])),
            )
            distances = distribution_of([metres_between(middle, point) for point in points])
            centre = None if distances is None else Centre(middle, distances)
            known = self._centres[cluster] = (len(points), centre)
        return known[1]

    def list_alike(self, summary: Summary, most_different: int) -> Sequence[Neighbour]:
        """See `Surroundings`."""
        codes = realign_codes(summary.codes, summary.compared, self.matrix.columns)
        alike = self.matrix.find_alike(codes, most_different, but=summary.instance_id)
        return [Neighbour(self._other(one.instance_id), one.different, one.compared) for one in alike]

    def _other(self, instance_id: str) -> Other:
        summary = self.summaries[instance_id]
        return Other(instance_id, summary.household, summary.enumerator)


def _followed(summary: Summary) -> list[tuple[str, str]]:
    return [(kind, who) for kind, who in (("enumerator", summary.enumerator), ("device", summary.device)) if who]


def _cell(point: tuple[float, float]) -> tuple[int, int]:
    size = CELL_METRES / METRES_A_DEGREE
    return math.floor(point[0] / size), math.floor(point[1] / size)
