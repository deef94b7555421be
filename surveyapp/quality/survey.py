"""All interviews of a form together, as the checks of enumerators and of the form see them."""

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from surveyapp.quality.declaration import Setting
from surveyapp.quality.interview import Summary
from surveyapp.quality.plan import Plan


@dataclass(frozen=True, slots=True)
class OpenFinding:
    """A finding about a submission that nobody has settled yet."""

    instance_id: str
    kind: str
    opened_at: datetime.datetime


@dataclass(frozen=True)
class Survey:
    """The interviews of a form, of all its versions, and the findings of `kind`s that are open.

    `plan` is that of the newest version; `now` an aware instant. Rejected interviews count for nothing but the share of
    rejected ones (E11) and refusals (F02).
    """

    plan: Plan
    summaries: Sequence[Summary]
    now: datetime.datetime
    open_findings: Sequence[OpenFinding] = ()
    error_rates: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @cached_property
    def counted(self) -> list[Summary]:
        """Those that were not rejected and in which an interview took place."""
        return [one for one in self.summaries if not one.rejected and one.consent is not False]

    @cached_property
    def by_enumerator(self) -> Mapping[str, list[Summary]]:
        """The counted interviews of each enumerator, in order of name."""
        found: dict[str, list[Summary]] = defaultdict(list)
        for one in self.counted:
            if one.enumerator:
                found[one.enumerator].append(one)
        return dict(sorted(found.items()))

    def list_crews(self, setting: Setting) -> "list[Crew]":
        """The counted interviews by enumerator; with `by` of the setting one crew for each group, in order of name."""
        found: dict[str, dict[str, list[Summary]]] = defaultdict(lambda: defaultdict(list))
        for one in self.counted:
            group = one.groups.get(setting.by, "") if setting.by else ""
            found[group][one.enumerator].append(one)
        return [Crew(group, dict(sorted(members.items()))) for group, members in sorted(found.items())]


@dataclass(frozen=True, slots=True)
class Crew:
    """The enumerators whose interviews are compared with one another, with their interviews; '' is not known who."""

    group: str
    members: Mapping[str, Sequence[Summary]]

    def list_enough(self, setting: Setting) -> list[str]:
        """The enumerators with enough interviews to be compared."""
        if len(self.members) < 2:
            return []
        least = setting.number("interviews")
        return [who for who, own in self.members.items() if who and len(own) >= least]

    def subject(self, who: str) -> str:
        """Who it is about, and in which group."""
        return f"{who} ({self.group})" if self.group else who

    def tally(self, hits: Callable[[Summary], int], n: Callable[[Summary], int]) -> dict[str, tuple[int, int]]:
        """For each enumerator what `hits` and `n` give, added up over the interviews."""
        return {who: (sum(map(hits, own)), sum(map(n, own))) for who, own in self.members.items()}

    def numbers(self, measure: str) -> dict[str, NDArray[np.float64]]:
        """For each enumerator every number of a measure."""
        return {who: np.array(collect_numbers(own, measure)) for who, own in self.members.items()}


def without(tallies: Mapping[str, tuple[int, int]], who: str) -> tuple[int, int]:
    """The tally of everybody else."""
    hits, n = (sum(tally[place] for tally in tallies.values()) for place in (0, 1))
    return hits - tallies[who][0], n - tallies[who][1]


def collect_numbers(summaries: Iterable[Summary], measure: str) -> list[float]:
    """Every number of one measure."""
    return [number for one in summaries for number in one.measures.get(measure)]
