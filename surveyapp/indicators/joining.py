"""Households computed before and households computed anew, put together as if all had been computed at once.

A household's indicators rest on its own answers, the settings and the stored parameters alone. Where those are the
same, what is new or changed can be read and computed by itself and takes its place among the rest.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from surveyapp.indicators.columns import Column, Mask
from surveyapp.indicators.compute import IndicatorTable
from surveyapp.indicators.frame import Household, Households, SurveyFrame

Places = NDArray[np.int64]
K = TypeVar("K")


@dataclass(frozen=True)
class Computed:
    """Households in order of their submissions, their answers, their indicators; `parts` are what it was made of, one
    after the other, where it was made of parts.
    """

    households: Sequence[Household]
    frame: SurveyFrame
    table: IndicatorTable
    parts: "Sequence[Computed]" = ()


def chain_computed(parts: Sequence[Computed]) -> Computed:
    """Parts one after the other, as one. Columns of indicators are put together when they are asked for.

    ValueError: they were computed under different settings or parameters, or from other form versions.
    """
    for other in parts[1:]:
        _check_same(parts[0], other)
    frame = chain_frames([part.frame for part in parts])
    tables = [part.table for part in parts]
    table = replace(
        tables[0],
        n=frame.n,
        columns=_Chained([table.columns for table in tables]),
        marks=_chain_marks(tables),
    )
    return Computed(_ChainedHouseholds([part.households for part in parts]), frame, table, tuple(parts))


def chain_frames(frames: Sequence[SurveyFrame]) -> SurveyFrame:
    """Frames of the same form one after the other, as one."""
    starts = np.cumsum([0, *(frame.n for frame in frames)])
    return replace(
        frames[0],
        n=int(starts[-1]),
        main={name: _chain([one.main[name] for one in frames]) for name in frames[0].main},
        member={name: _chain([one.member[name] for one in frames]) for name in frames[0].member},
        household=np.concatenate([one.household + start for one, start in zip(frames, starts, strict=False)]),
        version=np.concatenate([one.version for one in frames]),
    )


def pick_computed(computed: Computed, rows: Places) -> Computed:
    """Some of the households, by place, ascending."""
    households = computed.households
    picked = Households.of([households[place] for place in rows.tolist()])
    return Computed(picked, _frame_rows(computed.frame, rows), computed.table.rows(rows))


class _Chained(Mapping[str, Column]):
    """Columns of parts, put together one by one."""

    def __init__(self, parts: Sequence[Mapping[str, Column]]) -> None:
        self._parts = parts

    def __getitem__(self, code: str) -> Column:
        return _chain([part[code] for part in self._parts])

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts[0])

    def __contains__(self, code: object) -> bool:
        return code in self._parts[0]

    def __len__(self) -> int:
        return len(self._parts[0])


class _ChainedHouseholds(Sequence[Household]):
    """The households of parts."""

    def __init__(self, parts: Sequence[Sequence[Household]]) -> None:
        self._parts = parts
        self._ends = list(accumulate(len(part) for part in parts))

    def __len__(self) -> int:
        return self._ends[-1]

    @overload
    def __getitem__(self, place: int) -> Household: ...
    @overload
    def __getitem__(self, place: slice) -> list[Household]: ...
    def __getitem__(self, place: int | slice) -> Household | list[Household]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        inside = range(len(self))[place]
        number = bisect_right(self._ends, inside)
        part = self._parts[number]
        return part[inside - self._ends[number] + len(part)]


def join_computed(known: Computed, kept: Mask, fresh: Computed) -> Computed:
    """The households of `known` that are `kept` and those of `fresh`, in order of their submissions.

    ValueError: the two were computed under different settings or parameters, or from other form versions.
    """
    _check_same(known, fresh)
    old = [one for one, keep in zip(known.households, kept.tolist(), strict=True) if keep]
    households = [*old, *fresh.households]
    order = np.argsort([one.submission_no for one in households], kind="stable")
    rows = np.flatnonzero(kept)
    return Computed(
        Households.of([households[place] for place in order.tolist()]),
        _join_frames(_frame_rows(known.frame, rows), fresh.frame, order),
        _join_tables(known.table.rows(rows), fresh.table, order),
    )


def _check_same(one: Computed, other: Computed) -> None:
    ours, theirs = (
        (part.table.settings_hash, part.table.parameters_hash, tuple(part.frame.versions)) for part in (one, other)
    )
    if ours != theirs:
        raise ValueError("The two were computed under different settings, or from other versions of the form.")


def _frame_rows(frame: SurveyFrame, rows: Places) -> SurveyFrame:
    new_place = np.full(frame.n, -1, np.int64)
    new_place[rows] = np.arange(len(rows))
    household = new_place[frame.household]
    members = household >= 0
    return replace(
        frame,
        n=len(rows),
        main={name: column.rows(rows) for name, column in frame.main.items()},
        member={name: column.rows(members) for name, column in frame.member.items()},
        household=household[members],
        version=frame.version[rows],
    )


def _join_frames(left: SurveyFrame, right: SurveyFrame, order: Places) -> SurveyFrame:
    new_place = np.empty(len(order), np.int64)
    new_place[order] = np.arange(len(order))
    household = new_place[np.concatenate((left.household, right.household + left.n))]
    members = np.argsort(household, kind="stable")
    return replace(
        left,
        n=left.n + right.n,
        main=_join_columns(left.main, right.main, order),
        member=_join_columns(left.member, right.member, members),
        household=household[members],
        version=np.concatenate((left.version, right.version))[order],
    )


def _join_tables(left: IndicatorTable, right: IndicatorTable, order: Places) -> IndicatorTable:
    marks = {name: whole[order] for name, whole in _chain_marks([left, right]).items() if whole.any()}
    return replace(left, n=len(order), columns=_join_columns(left.columns, right.columns, order), marks=marks)


def _chain_marks(tables: Sequence[IndicatorTable]) -> dict[tuple[str, str], Mask]:
    names = dict.fromkeys(name for table in tables for name in table.marks)
    return {
        name: np.concatenate([table.marks.get(name, np.zeros(table.n, bool)) for table in tables]) for name in names
    }


def _join_columns(left: Mapping[K, Column], right: Mapping[K, Column], order: Places) -> dict[K, Column]:
    return {name: _chain([column, right[name]]).rows(order) for name, column in left.items()}


def _chain(columns: Sequence[Column]) -> Column:
    """Columns one after the other, with the levels of all in the order in which they are met."""
    levels = tuple(dict.fromkeys(level for column in columns for level in column.levels))
    values = [column.values if column.levels == levels else _moved(column, levels) for column in columns]
    reasons = [column.reasons for column in columns]
    return replace(columns[0], values=np.concatenate(values), reasons=np.concatenate(reasons), levels=levels)


def _moved(column: Column, levels: tuple[str, ...]) -> NDArray[np.generic]:
    """The values of a choice or of ticks, for another list of levels that holds all of its own."""
    if column.ticks:
        bits = np.zeros(len(column), np.uint64)
        for place, level in enumerate(column.levels):
            ticked = (column.values >> np.uint64(place)) & np.uint64(1)
            bits |= ticked << np.uint64(levels.index(level))
        return bits
    places = np.array([*(levels.index(level) for level in column.levels), -1], column.values.dtype)
    moved: NDArray[np.generic] = places[column.values]
    return moved
