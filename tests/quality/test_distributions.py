"""The statistics agree with numpy and the standard library, and stay within their bounds."""

import math
import statistics

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from surveyapp.quality.distributions import (
    PERCENTS,
    chi_square_p,
    distribution_of,
    find_outliers,
    intraclass_correlation,
    rate_z,
    response_variance,
    whipple_index,
)

number = some.floats(-1e6, 1e6).map(lambda value: round(value, 3))
numbers = some.lists(number, min_size=1, max_size=60)


@given(numbers)
def test_a_distribution_agrees_with_numpy_and_the_standard_library(values: list[float]) -> None:
    found = distribution_of(values)
    assert found is not None
    assert (found.n, found.distinct) == (len(values), len(set(values)))
    assert found.median == pytest.approx(statistics.median(values))
    for percent in PERCENTS:
        assert found.quantiles[percent] == pytest.approx(float(np.quantile(values, percent / 100, method="linear")))
    away = [abs(value - statistics.median(values)) for value in values]
    assert found.plain.mad == pytest.approx(statistics.median(away))
    assert found.plain.mean_ad == pytest.approx(statistics.fmean(away))
    if len(values) > 1:
        assert found.plain.sd == pytest.approx(statistics.stdev(values), abs=1e-6)
    assert (found.log is None) == (min(values) < 0)


@given(some.lists(some.sampled_from([0.0, 0.0, 1.5, -2.0, 7.0]), min_size=1, max_size=40))
def test_numbers_other_than_zero_are_known_by_themselves(values: list[float]) -> None:
    found = distribution_of(values)
    assert found is not None
    others = [value for value in values if value]
    if 0 < len(others) < len(values):
        assert found.nonzero == distribution_of(others)
        assert found.zero_share == pytest.approx(values.count(0.0) / len(values))
    else:
        assert (found.nonzero, found.zero_share) == (None, 0.0)


def test_nothing_has_no_distribution() -> None:
    assert distribution_of([]) is None


def test_quantiles_interpolate_linearly() -> None:
    found = distribution_of([1, 2, 3, 4])
    assert found is not None
    assert (found.quantiles[25.0], found.quantiles[75.0]) == (1.75, 3.25)


def test_the_robust_z_is_0_6745_by_the_mad() -> None:
    found = distribution_of([-2, 1, 2, 3, 4])
    assert found is not None
    assert found.robust_z(9) == pytest.approx(0.6745 * 7 / 1)


def test_the_mean_distance_stands_in_where_the_mad_is_0() -> None:
    found = distribution_of([-1] * 9 + [9])
    assert found is not None
    assert found.plain.mad == 0
    assert found.robust_z(9) == pytest.approx(0.7979 * 10 / 1)


def test_without_variation_there_is_no_robust_z() -> None:
    found = distribution_of([5] * 30)
    assert found is not None
    assert found.robust_z(6) is None


def test_amounts_are_compared_by_their_logarithm() -> None:
    values = [math.expm1(step / 10) for step in range(30)]
    found = distribution_of(values)
    assert found is not None
    assert found.robust_z(math.expm1(5)) == pytest.approx(0.6745 * (5 - 1.45) / 0.75)


@pytest.mark.parametrize(("n", "distinct", "enough"), [(20, 5, True), (19, 5, False), (20, 4, False)])
def test_there_is_enough_from_twenty_numbers_and_five_values_on(n: int, distinct: int, enough: bool) -> None:
    found = distribution_of([float(value % distinct) for value in range(n)])
    assert found is not None
    assert found.enough is enough


def test_the_rate_z_compares_with_the_others() -> None:
    judged = rate_z(30, 100, 200, 1000)
    assert judged is not None
    assert judged[0] == pytest.approx(0.1 / math.sqrt(0.2 * 0.8 / 100))
    assert judged[1] == pytest.approx(10)
    assert rate_z(1, 10, 0, 50) == (math.inf, 10)
    assert rate_z(0, 0, 1, 2) is None


def test_chi_square_agrees_with_a_worked_example() -> None:
    # 20 of 40 against 10 of 40: chi-square 5.333, p 0.0209.
    assert chi_square_p(20, 40, 10, 40) == pytest.approx(0.020921, abs=1e-6)
    assert chi_square_p(5, 40, 5, 40) == 1
    assert chi_square_p(0, 40, 0, 40) == 1


@given(some.integers(0, 50), some.integers(0, 50), some.integers(1, 50), some.integers(1, 50))
def test_a_p_value_lies_between_0_and_1(hits: int, other_hits: int, more: int, other_more: int) -> None:
    assert 0 <= chi_square_p(hits, hits + more, other_hits, other_hits + other_more) <= 1


def test_whipples_index_is_100_for_even_ages_and_500_for_heaped_ones() -> None:
    assert whipple_index(range(100)) == (100.0, 40)
    assert whipple_index([25, 30, 60]) == (500.0, 3)
    assert whipple_index([22, 63]) == (100.0, 0)


@given(some.lists(some.lists(number, min_size=2, max_size=8), min_size=2, max_size=6))
def test_the_icc_agrees_with_the_analysis_of_variance(groups: list[list[float]]) -> None:
    everything = [value for group in groups for value in group]
    assume(statistics.pvariance(everything) > 1e-3)
    grand, k, n = statistics.fmean(everything), len(groups), len(everything)
    between = sum(len(group) * (statistics.fmean(group) - grand) ** 2 for group in groups) / (k - 1)
    within = sum((value - statistics.fmean(group)) ** 2 for group in groups for value in group) / (n - k)
    size = (n - sum(len(group) ** 2 for group in groups) / n) / (k - 1)
    found = intraclass_correlation(groups)
    assert found == pytest.approx((between - within) / (between + (size - 1) * within), rel=1e-6, abs=1e-9)


def test_the_icc_is_1_where_only_the_group_counts() -> None:
    assert intraclass_correlation([[1, 1], [2, 2], [3, 3]]) == 1
    assert intraclass_correlation([[1, 2]]) is None
    assert intraclass_correlation([[1, 1], [1, 1]]) is None


def test_the_response_variance_of_a_worked_example() -> None:
    found = response_variance([(1, 2), (3, 3), (5, 5), (7, 6)])
    assert found is not None
    srv, reliability = found
    assert srv == pytest.approx((1 + 0 + 0 + 1) / 8)
    assert reliability == pytest.approx(1 - 0.25 / statistics.variance([1, 2, 3, 3, 5, 5, 7, 6]))
    assert response_variance([]) is None
    assert response_variance([(1, 1)]) == (0, None)


def test_outliers_among_few_are_not_told() -> None:
    assert find_outliers([1, 2, 3, 100], 2.5) == []
    assert [place for place, _ in find_outliers([1, 2, 3, 2, 100], 2.5)] == [4]
