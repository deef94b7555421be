"""A panel: households that were interviewed in more than one wave, and how they changed since the first.

The waves are told apart by a question of one form (`design.wave`), or the first wave was asked with another form
(`design.earlier_form`); households are the same where they have the same code (`design.household`). What people recall
of the time before the move never enters: a recall change compares two answers of one interview.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from surveyapp.indicators.catalogue import CATALOGUE
from surveyapp.indicators.columns import Column, Numbers, Reason
from surveyapp.indicators.estimation import Estimate, PairedChange, paired_change
from surveyapp.indicators.figures import NOT_ELIGIBLE, PROJECT, Figure, View
from surveyapp.indicators.sample import UNKNOWN, Sample
from surveyapp.indicators.settings import Settings

# What is asked alike in every wave. What is only told of one visit, or recalled, is not compared between waves.
FOLLOWED: Final = tuple(one.code for one in CATALOGUE if one.counted and not one.levels and "panel" in one.recall)


@dataclass(frozen=True)
class Wave:
    """The interviews of one wave."""

    name: str
    sample: Sample


@dataclass(frozen=True)
class PanelChange:
    """One indicator of one place in the first wave and in a later one, over the households with both values.

    `attrition` is the share of the households with a value in the first wave that have none in the later; `stayed` and
    `lost` are the means in the first wave of those and of the others. Weights, strata and villages are those of the
    first wave.
    """

    code: str
    place: str
    first: str
    later: str
    before: Figure
    now: Figure
    change: Figure
    attrition: float
    stayed: Figure
    lost: Figure


@dataclass(frozen=True)
class Matched:
    """How the households of a later wave match those of the first.

    `households` were interviewed in the first wave; `pairs` of them again; `lost` were not; `new` are only in the
    later. `repeated` interviews of a household within its wave do not count: the last one received does.
    """

    first: str
    later: str
    households: int
    pairs: int
    lost: int
    new: int
    repeated: int


@dataclass(frozen=True)
class Panel:
    """Every later wave held against the first."""

    matched: tuple[Matched, ...] = ()
    changes: tuple[PanelChange, ...] = ()

    @property
    def last(self) -> str:
        """The name of the last wave, '' where there is no panel."""
        return self.matched[-1].later if self.matched else ""


NO_PANEL: Final = Panel()


def list_waves(sample: Sample, order: Sequence[str] = ()) -> list[Wave]:
    """The waves in `order`, or where none is given as their interviews came in; interviews of no wave are in none."""
    places = {name: np.flatnonzero(sample.wave == name) for name in set(sample.wave.tolist()) - {UNKNOWN}}
    names = sorted(places, key=lambda name: (float(np.median(places[name])), name))
    if order:
        names = [name for name in order if name in places]
    return [Wave(name, sample.of_wave(name)) for name in names]


def choose_wave(waves: Sequence[Wave], settings: Settings) -> Wave | None:
    """The wave that figures of villages and of the project are of; None where the form has no more than one.

    It is the one that the settings name, else the last that has the households for a figure: a household that was seen
    twice may not count twice, and an interview under a wrong wave may not push all others out.
    """
    if len(waves) < 2:
        return None
    named = [wave for wave in waves if wave.name == settings.design.figures_of]
    large = [wave for wave in waves if wave.sample.n >= settings.smallest_cell]
    found = named or large
    return found[-1] if found else None


def compare_waves(waves: Sequence[Wave]) -> Panel:
    """Each later wave with households of the first against it; nothing where no household was seen twice."""
    matched: list[Matched] = []
    changes: list[PanelChange] = []
    for later in waves[1:]:
        counts, places = _match(waves[0], later)
        if counts.pairs:
            matched.append(counts)
            changes += _list_changes(waves[0], later, places)
    return Panel(tuple(matched), tuple(changes))


def _match(first: Wave, later: Wave) -> tuple[Matched, NDArray[np.int64]]:
    """The counts, and for each row of the first wave its row in the later: -1 if lost, -2 if it does not count."""
    sides = [_rows_by_code(wave.sample.household) for wave in (first, later)]
    places = np.full(first.sample.n, -2, np.int64)
    for code, row in sides[0].items():
        places[row] = sides[1].get(code, -1)
    known = [int((wave.sample.household != UNKNOWN).sum()) for wave in (first, later)]
    pairs = int((places >= 0).sum())
    repeated = sum(known) - sum(len(side) for side in sides)
    size = len(sides[0])
    return Matched(first.name, later.name, size, pairs, size - pairs, len(sides[1]) - pairs, repeated), places


def _rows_by_code(codes: NDArray[np.str_]) -> dict[str, int]:
    return {code: row for row, code in enumerate(codes.tolist()) if code != UNKNOWN}


def _list_changes(first: Wave, later: Wave, places: NDArray[np.int64]) -> Iterator[PanelChange]:
    views = [View(first.sample, "project"), View(first.sample, "village")]
    for code in FOLLOWED:
        before, after = first.sample.table[code], _carried(later.sample.table[code], places)
        if not (before.given & after.given).any():
            continue
        for view in views:
            yield from _compare(view, code, (first.name, later.name), before, after, places > -2)


def _carried(column: Column, places: NDArray[np.int64]) -> Column:
    """A column of the later wave in the rows of the first."""
    here = places >= 0
    values, reasons = np.full(len(places), np.nan), np.full(len(places), Reason.BLANK, np.uint8)
    values[here], reasons[here] = column.values[places[here]], column.reasons[places[here]]
    return Column(values, reasons)


def _compare(
    view: View, code: str, names: tuple[str, str], before: Column, after: Column, counted: NDArray[np.bool_]
) -> Iterator[PanelChange]:
    # A question that did not apply at either visit leaves the household out; one that was not asked again is a loss.
    asked = counted & ~np.isin(before.reasons, NOT_ELIGIBLE) & (after.reasons != Reason.NOT_APPLICABLE)
    first, second = _numbers(before), _numbers(after)
    both = np.where(np.isnan(first + second), np.maximum(np.maximum(before.reasons, after.reasons), 1), 0)
    means = [
        view.estimates(Column(np.where(both == 0, side, np.nan), both.astype(np.uint8))) for side in (first, second)
    ]
    for place, found in _paired(view, first, second, asked).items():
        if place not in means[0]:
            continue
        change, then, now, stayed, lost = (
            _figure(f"panel_{code}", place, one)
            for one in (found.change, means[0][place], means[1][place], found.stayed, found.lost)
        )
        yield PanelChange(code, place, *names, then, now, change, found.attrition, stayed, lost)


def _paired(view: View, first: Numbers, second: Numbers, asked: NDArray[np.bool_]) -> dict[str, PairedChange]:
    if view.labels is None:
        return {PROJECT: paired_change(first, second, view.design, domain=asked, lonely=view.lonely)}
    found = paired_change(first, second, view.design, by=view.labels, domain=asked, lonely=view.lonely)
    return {str(place): one for place, one in found.items()}


def _numbers(column: Column) -> Numbers:
    return np.where(column.given, column.values, np.nan)


def _figure(code: str, place: str, one: Estimate) -> Figure:
    flags = (*one.flags, "panel", "weights_from_wave")
    return Figure(code, place, one.estimate, one.se, one.lower, one.upper, one.df, one.n, one.units, flags=flags)


def with_attrition_hidden(one: PanelChange) -> PanelChange:
    """Where the change is masked, so is what would tell who left."""
    return replace(one, attrition=math.nan) if one.change.masked else one
