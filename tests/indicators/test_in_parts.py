"""Households are read, computed and kept on disk some at a time; what comes out is what computing all at once gives."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveyapp.indicators.columns import Column
from surveyapp.indicators.joining import chain_computed, pick_computed
from surveyapp.indicators.listing import list_household_rows
from surveyapp.indicators.sample import keep_sampled
from surveyapp.indicators.settings import Settings
from surveyapp.indicators.summary import summarise
from surveyapp.indicators.tabulation import Tabulation
from surveyapp.store.indicator_columns import ColumnFile
from tests.indicators.household import MEMBERS, household
from tests.indicators.test_compute import families
from tests.indicators.test_joining import computed, same


@given(st.data())
@settings(max_examples=10, deadline=None)
def test_into_how_many_parts_households_are_cut_does_not_matter(data: st.DataObject) -> None:
    homes = dict(enumerate(data.draw(st.lists(families(), min_size=1, max_size=6)), 1))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(homes)))) | {len(homes)})
    numbers, file = list(homes), ColumnFile()
    parts = []
    for start, stop in zip([0, *cuts], cuts, strict=False):
        part = computed({number: homes[number] for number in numbers[start:stop]})
        parts.append(replace(part, table=replace(part.table, columns=file.keep(part.table.columns))))
    same(chain_computed(parts), computed(homes))


def test_figures_and_rows_of_parts_on_disk_are_those_of_the_whole() -> None:
    homes = {
        n: (household(h_area_n=20 + n, p_assets_n="truck" if n % 3 else "tv"), list(MEMBERS)) for n in range(1, 25)
    }
    whole, file = computed(homes), ColumnFile()
    parts = [pick_computed(whole, np.arange(start, start + 8)) for start in (0, 8, 16)]
    parts = [replace(part, table=replace(part.table, columns=file.keep(part.table.columns))) for part in parts]
    chained = chain_computed(parts)
    kept = keep_sampled(chained.frame, Settings())
    assert len(kept.main) < len(whole.frame.main) / 10
    assert repr(summarise(kept, chained.table)) == repr(summarise(whole.frame, whole.table))
    ours = Tabulation(chained.households, kept, chained.table, Settings(), parts=chained.parts)
    theirs = Tabulation(whole.households, whole.frame, whole.table, Settings())
    assert list(list_household_rows(ours)) == list(list_household_rows(theirs))
    assert len(list(list_household_rows(ours))) == 24


def test_residents_are_counted_from_what_is_kept_of_the_roster() -> None:
    resident = Settings(hh_rule="resident")
    whole = computed({n: (household(), list(MEMBERS)) for n in range(1, 13)}, resident)
    kept = keep_sampled(whole.frame, resident)
    assert repr(summarise(kept, whole.table, resident)) == repr(summarise(whole.frame, whole.table, resident))


@pytest.mark.parametrize(
    ("values", "levels", "ticks"),
    [
        (np.array([1.5, np.nan, -0.0]), (), False),
        (np.broadcast_to(np.array([np.nan]), 3), (), False),
        (np.array([0, -1, 1], np.int32), ("yes", "no"), False),
        (np.array([3, 0, 1 << 63], np.uint64), ("a", "b"), True),
        (np.zeros(0), (), False),
    ],
)
def test_a_column_comes_back_from_disk_as_it_went(values: Any, levels: tuple[str, ...], ticks: bool) -> None:
    column = Column(values, np.arange(len(values), dtype=np.uint8), levels, ticks)
    file = ColumnFile()
    file.keep({"earlier": column})
    found = file.keep({"one": column})["one"]
    assert found.values.tobytes() == column.values.tobytes()
    assert found.values.dtype == column.values.dtype
    assert found.reasons.tolist() == column.reasons.tolist()
    assert (found.levels, found.ticks) == (levels, ticks)
