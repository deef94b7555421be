"""Households computed before and households computed anew, put together as if all had been computed at once.

A household's indicators rest on its own answers, the settings and the stored parameters alone. Where those are the
same, what is new or changed can be read and computed by itself and takes its place among the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from surveyapp.indicators.columns import Column, Mask
from surveyapp.indicators.compute import IndicatorTable
from surveyapp.indicators.frame import Household, SurveyFrame

Places = NDArray[np.int64]
K = TypeVar("K")


@dataclass(frozen=True)
class Computed:
    """Households in order of their submissions, their answers, their indicators."""

    households: Sequence[Household]
    frame: SurveyFrame
    table: IndicatorTable

    @property
    def size(self) -> int:
        """Bytes of its columns."""
        columns = [*self.frame.main.values(), *self.frame.member.values(), *self.table.columns.values()]
        return sum(column.values.nbytes + column.reasons.nbytes for column in columns)


def join_computed(known: Computed, kept: Mask, fresh: Computed) -> Computed:
    """The households of `known` that are `kept` and those of `fresh`, in order of their submissions.

    ValueError: the two were computed under different settings or parameters, or from other form versions.
    """
    ours, theirs = (
        (one.table.settings_hash, one.table.parameters_hash, tuple(one.frame.versions)) for one in (known, fresh)
    )
    if ours != theirs:
        raise ValueError("The two were computed under different settings, or from other versions of the form.")
    old = [one for one, keep in zip(known.households, kept.tolist(), strict=True) if keep]
    households = [*old, *fresh.households]
    order = np.argsort([one.submission_no for one in households], kind="stable")
    rows = np.flatnonzero(kept)
    return Computed(
        [households[place] for place in order.tolist()],
        _join_frames(_frame_rows(known.frame, rows), fresh.frame, order),
        _join_tables(known.table.rows(rows), fresh.table, order),
    )


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
    marks = {}
    for name in dict.fromkeys((*left.marks, *right.marks)):
        sides = [side.marks.get(name, np.zeros(side.n, bool)) for side in (left, right)]
        whole = np.concatenate(sides)[order]
        if whole.any():
            marks[name] = whole
    return replace(left, n=len(order), columns=_join_columns(left.columns, right.columns, order), marks=marks)


def _join_columns(left: Mapping[K, Column], right: Mapping[K, Column], order: Places) -> dict[K, Column]:
    return {name: _join(column, right[name], order) for name, column in left.items()}


def _join(left: Column, right: Column, order: Places) -> Column:
    levels = tuple(dict.fromkeys((*left.levels, *right.levels)))
    values = right.values if right.levels == levels else _moved(right, levels)
    return replace(
        left,
        values=np.concatenate((left.values, values))[order],
        reasons=np.concatenate((left.reasons, right.reasons))[order],
        levels=levels,
    )


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
