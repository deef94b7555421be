"""Tests of answers given twice: known values, what must hold for any numbers, and every way counted."""

import itertools
import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from surveyapp.quality.paired_tests import mcnemar, paired_t, signed_rank, student_p

# Hamilton's depression scale before and after, Hollander & Wolfe (1973), p. 29.
BEFORE = (1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30)
AFTER = (0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29)
# Extra hours of sleep with two drugs, Student (1908).
FIRST = (0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0)
SECOND = (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4)

PAIRS = some.lists(some.tuples(some.integers(-20, 20), some.integers(-20, 20)), min_size=2, max_size=30)


def test_signed_ranks_of_the_textbook_are_those_of_r() -> None:
    found = signed_rank(list(zip(AFTER, BEFORE, strict=True)))
    assert found is not None
    assert (found.statistic, found.n, found.p) == (40.0, 9, 0.0390625)


def test_many_equal_ranks_are_corrected_for_as_by_r() -> None:
    found = signed_rank([(0.0, float(gap)) for gap in [1] * 40 + [-1] * 25 + [2] * 10 + [-3] * 2])
    assert found is not None
    assert (found.statistic, found.n) == (2025, 77)
    assert found.p == pytest.approx(0.004015663258, rel=1e-9)


def test_student_s_own_example_is_that_of_r() -> None:
    found = paired_t(list(zip(FIRST, SECOND, strict=True)))
    assert found is not None
    assert (found.statistic, found.p) == pytest.approx((4.0621277, 0.00283289), rel=1e-6)


def test_changes_are_counted_by_mcnemar_as_by_r() -> None:
    pairs = [(True, False)] * 150 + [(False, True)] * 86 + [(True, True)] * 794 + [(False, False)] * 570
    found = mcnemar(pairs)
    assert found is not None
    assert (found.statistic, found.n) == (86, 236)
    assert found.p == pytest.approx(3.715936e-05, rel=1e-6)


@pytest.mark.parametrize(("t", "df", "p"), [(12.706205, 1, 0.05), (2.228139, 10, 0.05), (63.65674, 1, 0.01), (0, 7, 1)])
def test_the_tails_of_student_are_those_of_the_tables(t: float, df: int, p: float) -> None:
    assert student_p(t, df) == pytest.approx(p, rel=1e-6)


@given(some.floats(-8, 8))
def test_with_many_degrees_of_freedom_student_is_normal(t: float) -> None:
    assert student_p(t, 10_000_000) == pytest.approx(math.erfc(abs(t) / math.sqrt(2)), rel=1e-4, abs=1e-18)


@given(PAIRS)
def test_the_order_of_the_two_answers_changes_no_p(pairs: list[tuple[int, int]]) -> None:
    turned = [(second, first) for first, second in pairs]
    for test in (paired_t, signed_rank):
        one, other = test(pairs), test(turned)
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            assert one.p == pytest.approx(other.p)
            assert 0 <= one.p <= 1


@given(PAIRS)
def test_p_of_few_ranks_is_the_share_of_all_ways_that_are_as_far_out(pairs: list[tuple[int, int]]) -> None:
    pairs = pairs[:9]
    found = signed_rank(pairs)
    gaps = [second - first for first, second in pairs if second != first]
    assume(gaps)
    sizes = [abs(gap) for gap in gaps]
    ranks = [sum(other < one for other in sizes) + (sizes.count(one) + 1) / 2 for one in sizes]
    above = sum(rank for rank, gap in zip(ranks, gaps, strict=True) if gap > 0)
    sums = [sum(itertools.compress(ranks, signs)) for signs in itertools.product((0, 1), repeat=len(ranks))]
    tails = (sum(one <= above for one in sums), sum(one >= above for one in sums))
    assert found is not None
    assert found.statistic == above
    assert found.p == pytest.approx(min(1.0, 2 * min(tails) / len(sums)))


@given(some.integers(61, 90), some.integers(0, 2**32))
def test_the_normal_distribution_takes_over_without_a_jump(n: int, seed: int) -> None:
    signs = [1 if seed >> (place % 32) & 1 else -1 for place in range(n)]
    pairs = [(0.0, float(sign * (place + 1))) for place, sign in enumerate(signs)]
    more, fewer = signed_rank(pairs), signed_rank(pairs[:60])
    assert more is not None
    assert fewer is not None
    z = abs(more.statistic - n * (n + 1) / 4) - 0.5
    z /= math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
    assert more.p == pytest.approx(math.erfc(max(0.0, z) / math.sqrt(2)))
    z = max(0.0, abs(fewer.statistic - 915) - 0.5) / math.sqrt(60 * 61 * 121 / 24)
    assert fewer.p == pytest.approx(math.erfc(z / math.sqrt(2)), abs=0.003)


@pytest.mark.parametrize("pairs", [[], [(1.0, 2.0)], [(1.0, 1.1), (2.0, 2.1), (7.0, 7.1)]])
def test_without_spread_there_is_no_t(pairs: list[tuple[float, float]]) -> None:
    assert paired_t(pairs) is None


def test_where_nothing_changed_there_is_nothing_to_test() -> None:
    assert signed_rank([(1.0, 1.0), (2.0, 2.0)]) is None
    assert mcnemar([(True, True), (False, False)]) is None
