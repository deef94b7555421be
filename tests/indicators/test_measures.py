"""Inequality, poverty, diversity, weights and coupling: worked examples, edges, and what must hold for all."""

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from surveyapp.indicators.bands import fcs_category, fes_band, grade
from surveyapp.indicators.measures import (
    coupling,
    entropy_weights,
    fgt,
    fgt_terms,
    gini,
    shannon,
    simpson,
    theil,
    theil_parts,
)

NAN = math.nan
Numbers = NDArray[np.float64]
Measure = Callable[..., float]
Rule = Literal["limit", "shift"]
amounts = st.integers(-5_000, 200_000)
households = st.lists(st.tuples(amounts, st.integers(1, 9)), min_size=2, max_size=30)
scores = st.floats(0, 1)


def _columns(rows: list[tuple[int, int]]) -> tuple[Numbers, Numbers]:
    table = np.array(rows, dtype=float)
    return table[:, 0], table[:, 1]


# -- inequality and poverty -------------------------------------------------------------------------------------------
def test_gini_of_a_worked_example() -> None:
    # Incomes 1, 2, 3, 4 of one person each: mean absolute difference 1.25, twice the mean 5.
    assert gini([3, 1, 4, 2]) == pytest.approx(0.25)
    # One of four has everything: (n - 1)/n.
    assert gini([0, 0, 0, 8]) == pytest.approx(0.75)


def test_theil_of_a_worked_example() -> None:
    # Two households at 1/2 and 3/2 of the mean.
    assert theil([1, 3]) == pytest.approx((0.5 * math.log(0.5) + 1.5 * math.log(1.5)) / 2)
    assert theil([0, 0, 0, 8]) == pytest.approx(math.log(4))


@pytest.mark.parametrize("measure", [gini, theil])
def test_inequality_of_nobody_is_missing_and_of_nothing_is_none(measure: Measure) -> None:
    assert math.isnan(measure([]))
    assert math.isnan(measure([1, 2], [0, 0]))
    assert measure([0, 0]) == 0
    assert measure([-5, -7]) == 0
    assert measure([3, 3, 3]) == 0


@pytest.mark.parametrize("measure", [gini, theil])
def test_a_missing_value_among_many_is_refused(measure: Measure) -> None:
    with pytest.raises(ValueError, match="1 of 2 are missing"):
        measure([1, NAN])
    with pytest.raises(ValueError, match="negative"):
        measure([1, 2], [1, -1])
    with pytest.raises(ValueError, match="1 weights for 2 values"):
        measure([1, 2], [1])


@given(households, st.integers(0, 1000))
def test_inequality_does_not_hang_on_order_unit_or_splitting(rows: list[tuple[int, int]], seed: int) -> None:
    y, w = _columns(rows)
    shuffled = np.random.default_rng(seed).permutation(len(y))
    for measure in (gini, theil):
        expected = pytest.approx(measure(y, w), rel=1e-9, abs=1e-12)
        assert measure(y[shuffled], w[shuffled]) == expected
        assert measure(np.repeat(y, 2), np.repeat(w / 2, 2)) == expected
        assert measure(y * 0.137, w * 3) == expected
    assert 0 <= gini(y, w) <= 1
    assert theil(y, w) >= 0


@given(households)
def test_gini_is_half_the_relative_mean_difference(rows: list[tuple[int, int]]) -> None:
    y, w = _columns(rows)
    y = np.maximum(y, 0)
    if not y.any():
        return
    apart = float((np.abs(y[:, None] - y) * np.outer(w, w)).sum()) / w.sum() ** 2
    assert gini(y, w) == pytest.approx(apart / (2 * float(w @ y) / w.sum()), abs=1e-12)


@given(households)
def test_theil_is_what_lies_between_groups_and_within_them(rows: list[tuple[int, int]]) -> None:
    y, w = _columns(rows)
    groups = np.arange(len(y)) % 3
    parts = theil_parts(y, groups, w)
    shares = [float(w[groups == g] @ np.maximum(y[groups == g], 0)) for g in range(3)]
    within = sum(
        share / sum(shares) * theil(y[groups == g], w[groups == g]) for g, share in enumerate(shares) if share > 0
    )
    assert parts.total == pytest.approx(parts.between + parts.within)
    assert parts.within == pytest.approx(within, abs=1e-9)


def test_poverty_of_a_worked_example() -> None:
    # Line 100; incomes 20, 60, 100 (not poor: strictly below) and 180.
    values, line = [20, 60, 100, 180], 100
    assert fgt(values, line, 0) == pytest.approx(0.5)
    assert fgt(values, line, 1) == pytest.approx((0.8 + 0.4) / 4)
    assert fgt(values, line, 2) == pytest.approx((0.64 + 0.16) / 4)
    assert fgt(values, line, 1, [1, 1, 0, 0]) == pytest.approx(0.6)


def test_a_household_that_made_a_loss_is_poor_but_its_gap_is_not_above_one() -> None:
    assert fgt([-900, 500], 100, 0) == 0.5
    assert fgt([-900, 500], 100, 1) == 0.5
    assert fgt([-900, 500], 100, 2) == 0.5


def test_poverty_of_nobody_is_missing_and_a_line_of_zero_is_refused() -> None:
    assert math.isnan(fgt([], 100, 0))
    with pytest.raises(ValueError, match="line"):
        fgt([1], 0, 1)
    with pytest.raises(ValueError, match="missing"):
        fgt([NAN], 100, 0)
    np.testing.assert_array_equal(fgt_terms([NAN, 0, 100, 200], 100, 0), [NAN, 1, 0, 0])


@given(households, st.integers(1, 50_000), st.sampled_from([0, 1, 2]))
def test_poverty_is_the_mean_of_its_groups(rows: list[tuple[int, int]], line: int, alpha: int) -> None:
    y, w = _columns(rows)
    whole = fgt(y, line, alpha, w)
    first = np.arange(len(y)) % 2 == 0
    parts = [(w[part].sum() / w.sum()) * fgt(y[part], line, alpha, w[part]) for part in (first, ~first)]
    assert whole == pytest.approx(sum(parts))
    assert fgt(y * 7, line * 7, alpha, w) == pytest.approx(whole)
    assert 0 <= whole <= 1


# -- diversity --------------------------------------------------------------------------------------------------------
def test_diversity_of_worked_examples() -> None:
    table = np.array([[1, 0, 0], [2, 2, 0], [1, 1, 1], [0, 0, 0], [1, NAN, 0]])
    np.testing.assert_allclose(simpson(table), np.array([0, 0.5, 2 / 3, NAN, NAN]))
    np.testing.assert_allclose(shannon(table), np.array([0, math.log(2), math.log(3), NAN, NAN]), atol=1e-12)
    assert simpson(np.ones(9)) == pytest.approx(8 / 9)


def test_a_negative_part_is_refused() -> None:
    with pytest.raises(ValueError, match="1 answers are not finite and 0 or more"):
        simpson([[1, -2]])


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=9))
def test_diversity_does_not_hang_on_unit_or_order(parts: list[int]) -> None:
    for measure in (simpson, shannon):
        found = measure(parts)
        np.testing.assert_allclose(measure(np.array(parts[::-1]) * 3.5), found, atol=1e-12)
    if any(parts):
        assert 0 <= simpson(parts) <= 1 - 1 / len(parts) + 1e-12
        assert 0 <= shannon(parts) <= math.log(len(parts)) + 1e-12


# -- entropy weights --------------------------------------------------------------------------------------------------
def test_entropy_weights_of_the_published_decision_matrix() -> None:
    # Elsayed, Dawood & Karthikeyan (2017), Int. J. Eng. Trends Technol. 46(2) 60–66.
    matrix: list[list[float]] = [
        [7, 312, 1891, 6613, 163],
        [72, 88, 728, 941804, 1078],
        [10, 252, 2594, 3466, 117471],
        [10, 145, 980, 2371, 86329],
        [65, 54, 350, 501, 29897],
        [29, 48, 380, 912, 34051],
        [7, 476, 3300, 78470, 2212],
        [70, 87, 650, 733, 819000],
        [4, 86, 591, 3015, 103],
        [12, 79, 579, 3240, 96098],
        [21, 45, 261, 1253, 453],
        [1, 72, 530, 4333, 0.104800],
    ]
    found = entropy_weights(matrix)
    assert found.weights.round(6).tolist() == [0.104991, 0.069124, 0.071373, 0.449937, 0.304575]


def test_entropy_weights_of_a_worked_example_with_a_zero() -> None:
    # Column 1: p = (0, 1), entropy 0. Column 2: p = (1/4, 3/4).
    found = entropy_weights([[0.0, 0.2], [1.0, 0.6]])
    second = 1 + (0.25 * math.log(0.25) + 0.75 * math.log(0.75)) / math.log(2)
    assert found.weights.tolist() == pytest.approx([1 / (1 + second), second / (1 + second)])
    assert found.entropies.tolist() == pytest.approx([0, 1 - second])
    shifted = entropy_weights([[0.0, 0.2], [1.0, 0.6]], zero_rule="shift")
    assert shifted.weights[0] != found.weights[0]
    assert shifted.weights.tolist() == pytest.approx(found.weights.tolist(), abs=0.02)


def test_entropy_weights_refuse_what_is_no_table_of_scores() -> None:
    for wrong in ([0.5, 0.5], [[-0.1, 1]], [[math.inf, 1]], 0.5):
        with pytest.raises(ValueError, match="scores"):
            entropy_weights(wrong)


def test_groups_are_as_many_as_values() -> None:
    with pytest.raises(ValueError, match="1 labels for 2 values"):
        theil_parts([1, 2], ["a"])


def test_a_constant_or_empty_column_has_no_entropy_weight() -> None:
    found = entropy_weights([[0.3, 0.0, 0.1], [0.3, 0.0, 0.9], [0.3, 0.0, NAN]])
    assert found.weights.tolist() == [0, 0, 1]
    assert (found.n, found.left_out, found.equal) == (2, 1, False)
    assert found.constant.tolist() == [True, True, False]


@pytest.mark.parametrize("table", [[[0.5, 0.5], [0.5, 0.5]], [[0.1, 0.9]], np.empty((0, 2))])
@pytest.mark.parametrize("rule", ["limit", "shift"])
def test_without_any_spread_all_weigh_the_same(table: list[list[float]], rule: Rule) -> None:
    found = entropy_weights(table, rule)
    assert found.weights.tolist() == [0.5, 0.5]
    assert found.equal


@given(st.lists(st.tuples(scores, scores, scores), min_size=2, max_size=20), st.sampled_from(["limit", "shift"]))
def test_entropy_weights_are_shares(rows: list[tuple[float, ...]], rule: Rule) -> None:
    found = entropy_weights(rows, rule)
    assert found.weights.sum() == pytest.approx(1)
    assert ((found.weights >= 0) & (found.entropies >= 0) & (found.entropies <= 1)).all()
    backwards = entropy_weights(rows[::-1], rule)
    np.testing.assert_allclose(backwards.weights, found.weights, atol=1e-6)


# -- coupling ---------------------------------------------------------------------------------------------------------
def test_coupling_of_a_worked_example() -> None:
    # U = 0.4, 0.9: geometric mean 0.6, mean 0.65.
    c, t, d = coupling([0.4, 0.9])
    assert [float(c), float(t), float(d)] == pytest.approx([0.6 / 0.65, 0.65, math.sqrt(0.6)])
    adjusted = coupling([0.4, 0.9], adjusted=True)
    assert float(adjusted.C) == pytest.approx(math.sqrt(0.5 * 0.4 / 0.9))
    # U = 0.2, 0.4, 0.8: mean distance 0.4, ratios to the largest 1/4, 1/2, 1.
    three = coupling([0.2, 0.4, 0.8], adjusted=True)
    assert float(three.C) == pytest.approx(math.sqrt(0.6 * math.sqrt(1 / 8)))


def test_weights_of_the_systems_enter_the_level_alone() -> None:
    plain, weighted = coupling([[0.4, 0.9]]), coupling([[0.4, 0.9]], weights=[0.25, 0.75])
    assert weighted.C == plain.C
    assert weighted.T.tolist() == pytest.approx([0.775])


@pytest.mark.parametrize("adjusted", [False, True])
def test_a_system_at_zero_uncouples_and_a_missing_one_is_missing(adjusted: bool) -> None:
    c, t, d = coupling([[0.0, 1.0], [0.0, 0.0], [NAN, 0.5], [1.0, 1.0]], adjusted=adjusted)
    np.testing.assert_array_equal(c, [0, 0, NAN, 1])
    np.testing.assert_array_equal(t, [0.5, 0, NAN, 1])
    np.testing.assert_array_equal(d, [0, 0, NAN, 1])


def test_coupling_refuses_other_scales_and_single_systems() -> None:
    with pytest.raises(ValueError, match="1 lie outside 0 to 1"):
        coupling([[0.5, 3]])
    with pytest.raises(ValueError, match="two systems"):
        coupling([[0.5], [0.2]])
    with pytest.raises(ValueError, match="not to 1"):
        coupling([[0.5, 0.5]], weights=[1, 1])


@given(st.lists(scores, min_size=2, max_size=6), st.booleans())
def test_coupling_lies_between_0_and_1_whatever_the_order(systems: list[float], adjusted: bool) -> None:
    found, turned = coupling(systems, adjusted=adjusted), coupling(systems[::-1], adjusted=adjusted)
    for here, there in zip(found, turned, strict=True):
        assert 0 <= here <= 1
        assert float(here) == pytest.approx(float(there), rel=1e-6, abs=1e-12)


@given(st.floats(0.001, 1), st.integers(2, 5))
def test_equal_systems_are_fully_coupled(score: float, n: int) -> None:
    for adjusted in (False, True):
        c, _, d = coupling([score] * n, adjusted=adjusted)
        assert [float(c), float(d)] == pytest.approx([1, math.sqrt(score)])


# -- bands ------------------------------------------------------------------------------------------------------------
def test_the_upper_bound_of_a_grade_belongs_to_it() -> None:
    cuts = [round(0.1 * k, 1) for k in range(1, 10)]
    values = [0, 0.1, 0.1 + 0.2, 0.31, 1, NAN]
    np.testing.assert_array_equal(grade(values, cuts), [1, 1, 3, 4, 10, NAN])
    with pytest.raises(ValueError, match="ascend"):
        grade([0.5], [0.4, 0.4])


def test_food_consumption_is_banded_by_either_pair_of_cuts() -> None:
    np.testing.assert_array_equal(fcs_category([21, 21.5, 35, 35.5, NAN]), [1, 2, 2, 3, NAN])
    np.testing.assert_array_equal(fcs_category([28, 28.5, 42, 42.5], high=True), [1, 2, 2, 3])


def test_bands_of_the_food_share_are_open_above() -> None:
    np.testing.assert_array_equal(fes_band([0.49, 0.5, 0.65, 0.75, 1, NAN]), [1, 2, 3, 4, 4, NAN])
