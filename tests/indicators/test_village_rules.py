"""Rules of figures that comparing numbers would not tell: what is masked, on whom a figure rests, its interval."""

import math
import random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from surveyapp.indicators.compute import compute_households
from surveyapp.indicators.estimation import Design, estimate
from surveyapp.indicators.figures import Figure, mask_small
from surveyapp.indicators.summary import LINES, summarise
from tests.indicators.household import MEMBERS, frame_of, household
from tests.indicators.made_up import USUAL, interviews


def figures(*homes: Any, masked: bool = False) -> dict[tuple[str, str], Figure]:
    frame = frame_of(*homes)
    found = summarise(frame, compute_households(frame), masked=masked)
    return {(one.code, one.place): one for one in (*found.villages, *found.project)}


def moved_and_stayed(moved: int, stayed: int) -> list[Any]:
    kinds = ["relocated"] * moved + ["stayed"] * stayed
    return [
        (household(reloc_status=kind, village=f"v{place % 4}", h_area_n=60 + place), MEMBERS)
        for place, kind in enumerate(kinds)
    ]


def test_a_difference_from_a_handful_is_masked_however_many_stand_on_the_other_side() -> None:
    found = figures(*moved_and_stayed(30, 9), masked=True)["did_area_pc", ""]
    assert (found.n, found.masked, found.flags[0]) == (39, True, "n<10")
    found = figures(*moved_and_stayed(30, 12), masked=True)["did_area_pc", ""]
    assert (found.n, found.masked, found.flags[0]) == (42, False, "n<30")


def sized(**counts: int) -> list[Figure]:
    return [Figure("v_gini", place, 0.3 if n else math.nan, 0.01, n=n) for place, n in counts.items()]


def test_a_village_without_households_neither_hides_another_nor_is_a_hiding_place() -> None:
    towns = dict.fromkeys("abc", "t")
    assert [one.masked for one in mask_small(sized(a=0, b=40, c=20), 10, 30, towns)] == [True, False, False]
    assert [one.masked for one in mask_small(sized(a=0, b=40, c=5), 10, 30, towns)] == [True, True, True]


def test_where_no_error_can_be_told_there_is_no_interval_of_none_or_all_either() -> None:
    found = figures(*[(household(), MEMBERS)] * 12)
    one = found["v_fcs_acc", ""]
    assert (one.estimate, one.flags) == (1, ("n<30", "lonely_cluster", "constant"))
    assert all(math.isnan(end) for end in (one.se, one.lower, one.upper))
    one = found["v_fcs_acc", "v1"]
    assert (one.se, one.lower, one.upper) == (0, 1, 1)


def test_authority_rests_on_those_who_named_somebody() -> None:
    named = ["party"] * 9 + ["elder"] * 2 + ["none"] * 8
    found = figures(*((household(co_leader=leader), MEMBERS) for leader in named), masked=True)
    assert (found["v_leader", "v1"].n, found["v_leader_conc", "v1"].n) == (19, 11)
    fewer = figures(*((household(co_leader=leader), MEMBERS) for leader in named[2:]), masked=True)
    assert not fewer["v_leader", "v1"].masked
    assert fewer["v_leader_conc", "v1"].masked


def test_a_component_rests_on_the_answers_to_its_own_questions() -> None:
    homes = [(household(rcsi_less=3 if place < 4 else -98), MEMBERS) for place in range(12)]
    found = figures(*homes)
    assert [found[code, "v1"].n for code in ("lvi_m_health", "lvi_m_food", "lvi", "lvi_ipcc")] == [12, 4, 4, 4]
    assert "coverage<80%" in found["lvi", "v1"].flags
    assert "coverage<80%" not in found["lvi_m_health", "v1"].flags
    homes = [(household(rcsi_less=-98, d_clinic_n=10 + place), MEMBERS) for place in range(12)]
    found = figures(*homes)
    assert found["lvi_m_health", "v1"].se > 0
    assert math.isnan(found["lvi_m_food", "v1"].estimate)
    assert math.isnan(found["lvi", "v1"].estimate)


def test_who_can_adapt_is_less_vulnerable() -> None:
    """Lenders and more sources of income are capacity: with them the index by exposure and capacity falls."""
    alone, helped = (
        figures(*[(household(net_money=lenders, mh_got=got, hazard_n="flood"), MEMBERS)] * 3)["lvi_ipcc", "v1"].estimate
        for lenders, got in ((0, 12), (5, 0))
    )
    assert helped < alone


def test_losses_that_count_as_zero_are_numbered_in_the_share_of_inequality_too() -> None:
    homes = [
        (household(village=f"v{place % 3}", cost_crop=60000 if place < 2 else 1000 * place), MEMBERS)
        for place in range(12)
    ]
    assert "negative=2" in figures(*homes)["v_theil_within", ""].flags


def test_two_that_differ_are_not_constant_in_their_spread() -> None:
    found = figures(*((household(ic_job=answer), MEMBERS) for answer in ("yes", "no")))
    assert found["v_syn_inter_sd", "v1"].estimate > 0
    assert "constant" not in found["v_syn_inter_sd", "v1"].flags


SHARES = {code for line in LINES for code, unit in line.codes.items() if unit in ("share", "0–1")} - {"v_response"}


@given(st.integers(0, 10**6), st.sampled_from([(1.0,), (0.1, 30.0)]))
@settings(max_examples=3, deadline=None)
def test_intervals_of_shares_and_indices_lie_between_0_and_1(seed: int, weights: tuple[float, ...]) -> None:
    found = figures(*interviews(USUAL, random.Random(seed), pre_weight=weights))
    told = [one for one in found.values() if one.code in SHARES and not one.code.startswith(("v_change", "did"))]
    assert len({one.code for one in told}) > 50
    for one in told:
        if not math.isnan(one.lower):
            assert 0 <= one.lower <= one.estimate + 1e-12, one
            assert one.estimate - 1e-12 <= one.upper <= 1, one


@given(st.lists(st.tuples(st.integers(0, 9), st.floats(0.1, 5)), min_size=3, max_size=12), st.floats(1, 1e9))
@example([(1, 0.1), (2, 0.3), (4, 0.15), (8, 0.25)], 1e7 / 7)  # half of the weight is met exactly
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("kind", ["gini", "median"])
def test_a_heavy_village_takes_no_digit_from_a_light_one(kind: Any, light: Any, weight: float) -> None:
    values, weights = [float(y) for y, _ in light], [w for _, w in light]
    alone = estimate(values, Design(weights), kind=kind)
    labels = ["a"] * 5 + ["b"] * len(values)
    beside = Design([weight] * 5 + weights, strata=labels)
    together = estimate([3.0, 1, 4, 1, 5, *values], beside, kind=kind, by=labels)["b"]
    ours, theirs = ((one.estimate, one.se, one.lower, one.upper) for one in (together, alone))
    assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-13, nan_ok=True)
