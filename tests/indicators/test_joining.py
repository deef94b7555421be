"""What is new or changed is computed by itself; what comes out is what computing all of it gives."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveyapp.indicators.columns import Column
from surveyapp.indicators.compute import compute_households
from surveyapp.indicators.frame import FrameMaker, Household
from surveyapp.indicators.joining import Computed, join_computed
from surveyapp.indicators.settings import Settings
from surveyapp.indicators.summary import summarise
from tests.indicators.household import FORM, MEMBERS, household, member
from tests.indicators.test_compute import families

Home = tuple[dict[str, Any], list[dict[str, Any]]]


def computed(homes: dict[int, Home], own: Settings | None = None) -> Computed:
    """These households by number of their submission."""
    maker = FrameMaker(FORM)
    for answers, members in homes.values():
        maker.add(answers, members, "1")
    frame = maker.make()
    return Computed([Household(number, f"uuid:{number}") for number in homes], frame, compute_households(frame, own))


def names(column: Column) -> list[Any]:
    """Choices and ticks without the order of their levels."""
    if column.ticks:
        return [
            {level for bit, level in enumerate(column.levels) if value >> bit & 1} for value in column.values.tolist()
        ]
    return [column.levels[place] if place >= 0 else None for place in column.values.tolist()]


def same(left: Computed, right: Computed) -> None:
    assert list(left.households) == list(right.households)
    assert left.frame.household.tolist() == right.frame.household.tolist()
    pairs = [(left.frame.main, right.frame.main), (left.frame.member, right.frame.member)]
    pairs.append((left.table.columns, right.table.columns))
    for ours, theirs in pairs:
        assert list(ours) == list(theirs)
        for name, column in ours.items():
            assert column.reasons.tolist() == theirs[name].reasons.tolist(), name
            if column.levels or theirs[name].levels:
                assert names(column) == names(theirs[name]), name
            else:
                # Powers of numpy differ in the last bit with the place of a number in its array.
                wanted = theirs[name].values.astype(float)
                assert np.allclose(column.values.astype(float), wanted, rtol=1e-14, atol=0, equal_nan=True), name
    assert {name: mask.tolist() for name, mask in left.table.marks.items()} == {
        name: mask.tolist() for name, mask in right.table.marks.items()
    }


def test_what_was_joined_is_the_whole_in_values_reasons_and_figures() -> None:
    homes = {number: (household(h_area_n=20 + number), list(MEMBERS)) for number in range(1, 13)}
    homes[3] = (household(h_area_n=-98, p_assets_n="tractor", h_grade_n="C"), list(MEMBERS))
    changed = {number: (household(h_area_n=90 + number), [member(0)]) for number in (2, 7, 13)}
    changed[2] = (household(h_area_n=-99, p_assets_n="truck", h_grade_n="D", land_irr_n=90), [member(1), member(2)])
    kept = np.array([number not in changed for number in homes], bool)
    joined = join_computed(computed(homes), kept, computed(changed))
    whole = computed(dict(sorted({**homes, **changed}.items())))
    same(joined, whole)
    mine, theirs = (summarise(one.frame, one.table) for one in (joined, whole))
    assert [one.code for one in mine.project] == [one.code for one in theirs.project]
    for ours, wanted in zip(mine.project, theirs.project, strict=True):
        assert (ours.estimate, ours.se) == pytest.approx((wanted.estimate, wanted.se), rel=1e-9, nan_ok=True), ours.code


@given(st.data())
@settings(max_examples=15, deadline=None)
def test_whatever_is_new_changed_or_gone_the_whole_comes_out(data: st.DataObject) -> None:
    before = dict(enumerate(data.draw(st.lists(families(), max_size=4)), 1))
    gone = {number for number in before if data.draw(st.booleans())}
    fresh = {number: data.draw(families()) for number in gone if data.draw(st.booleans())}
    fresh |= {number: data.draw(families()) for number in range(5, 5 + data.draw(st.integers(0, 2)))}
    fresh = dict(sorted(fresh.items()))
    after = dict(sorted({**{n: home for n, home in before.items() if n not in gone}, **fresh}.items()))
    kept = np.array([number not in gone for number in before], bool)
    same(join_computed(computed(before), kept, computed(fresh)), computed(after))


def test_households_of_other_settings_are_not_mixed() -> None:
    one = {1: (household(), list(MEMBERS))}
    with pytest.raises(ValueError, match="different settings"):
        join_computed(
            computed(one), np.array([True]), computed({2: (household(), [member(0)])}, Settings(fcs_high=True))
        )
