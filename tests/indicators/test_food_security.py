"""Food security scores on their raw items."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from surveyapp.indicators.bands import fcs_category
from surveyapp.indicators.measures import cari, fcs, hhs, lcs, rcsi

NAN = math.nan
days = st.integers(0, 7)


def test_food_consumption_of_a_worked_example() -> None:
    # 2·7 + 3·2 + 4·1 + 4·3 + 6 + 2 + 0.5·7 + 0.5·5 = 50
    assert float(fcs(7, 2, 1, 3, 6, 2, 7, 5)) == 50
    assert float(fcs(*[7] * 8)) == 112
    assert float(fcs(*[0] * 8)) == 0


def test_coping_of_a_worked_example() -> None:
    # 2 + 2·1 + 3 + 1 + 3·2 = 14
    assert float(rcsi(2, 1, 3, 1, 2)) == 14
    assert float(rcsi(*[7] * 5)) == 56


@pytest.mark.parametrize("score", [fcs, rcsi])
def test_a_missing_group_is_not_zero_days(score: Callable[..., NDArray[np.float64]]) -> None:
    size = 8 if score is fcs else 5
    columns = [np.array([1.0, 2.0])] * (size - 1)
    np.testing.assert_array_equal(np.isnan(score(*columns, [NAN, 2])), [True, False])


@pytest.mark.parametrize("wrong", [8, -98, 2.5])
def test_days_that_no_week_has_are_refused_or_missing(wrong: float) -> None:
    with pytest.raises(ValueError, match="1 answers are not whole days"):
        rcsi(1, 1, 1, 1, wrong)
    assert math.isnan(rcsi(1, 1, 1, 1, wrong, invalid="missing"))


def test_a_score_needs_all_its_items() -> None:
    with pytest.raises(ValueError, match="8 columns are needed, 7"):
        fcs(*[1] * 7)


@pytest.mark.parametrize(
    ("stress", "crisis", "emergency", "level"),
    [
        ([10, 10, 9999, 10], [10, 10, 10], [10, 9999, 10], 1),
        ([10, 20, 10, 10], [10, 10, 10], [10, 10, 10], 2),
        ([30, 10, 10, 10], [10, 20, 10], [10, 10, 10], 3),
        ([30, 10, 10, 10], [10, 10, 10], [10, 10, 30], 4),
        ([NAN] * 4, [NAN, NAN, 30], [NAN] * 3, 3),
        ([NAN] * 4, [NAN, NAN, 10], [NAN] * 3, 1),
        ([NAN] * 4, [NAN] * 3, [NAN] * 3, NAN),
    ],
)
def test_the_severest_strategy_counts(
    stress: list[float], crisis: list[float], emergency: list[float], level: float
) -> None:
    np.testing.assert_array_equal(lcs([stress], [crisis], [emergency]), [level])


def test_an_answer_outside_the_codes_of_coping_is_an_error() -> None:
    with pytest.raises(ValueError, match="10, 20, 30 or 9999"):
        lcs([[10, 1]], [[10]], [[10]])
    np.testing.assert_array_equal(lcs([[20, 1]], [[10]], [[10]], invalid="missing"), [2])


@pytest.mark.parametrize(
    ("answers", "score"),
    [
        ((0, NAN, 0, NAN, 0, NAN), 0),
        ((1, 1, 1, 2, 1, 3), 4),
        ((1, 3, 1, 3, 1, 3), 6),
        ((1, NAN, 0, NAN, 0, NAN), NAN),
        ((NAN, NAN, 0, NAN, 0, NAN), NAN),
    ],
)
def test_hunger_of_worked_examples(answers: tuple[float, ...], score: float) -> None:
    np.testing.assert_array_equal(hhs(*answers), score)


def test_hunger_that_was_not_asked_after_no_hardship_is_zero() -> None:
    missing = [np.array([NAN, NAN])] * 6
    np.testing.assert_array_equal(hhs(*missing, skipped=[True, False]), [0, NAN])
    with pytest.raises(ValueError, match="three pairs"):
        hhs(1, 2)


def test_food_security_gives_the_reference_output_of_wfp() -> None:
    # WFP-VAM/RAMResourcesScripts, cari_fes_complete_case_reference.csv: complete cases, then one item missing each.
    found = cari(
        [3, 3, 2, 1, NAN, 3, 3, 3], [0, 4, 10, 20, 0, NAN, 0, 0], [1, 2, 3, 4, 1, 1, NAN, 1], [1, 2, 3, 4, 1, 1, 3, NAN]
    )
    np.testing.assert_array_equal(found, [1, 2, 3, 4, NAN, NAN, NAN, NAN])


def test_a_half_rounds_up_and_never_to_even() -> None:
    # Current status 1, coping (3 + 1)/2 = 2: 1.5 is 2. Status 2, coping 3: 2.5 is 3, where half to even gives 2.
    assert float(cari(3, 0, 3, 1)) == 2
    assert float(cari(3, 4, 3, 3)) == 3
    # 1.25 and 1.75 are no halves.
    assert float(cari(3, 0, 2, 1)) == 1
    assert float(cari(3, 0, 3, 2)) == 2


def test_food_security_refuses_categories_that_do_not_exist() -> None:
    with pytest.raises(ValueError, match="fcs_categories"):
        cari(4, 0, 1, 1)
    with pytest.raises(ValueError, match="lcs_levels"):
        cari(3, 0, 5, 1)


@given(st.lists(days, min_size=8, max_size=8), st.lists(days, min_size=5, max_size=5), st.integers(1, 4))
def test_food_security_stays_in_its_range(groups: list[int], coping: list[int], level: int) -> None:
    score = fcs(*groups)
    assert 0 <= score <= 112
    assert 0 <= rcsi(*coping) <= 56
    for band in range(1, 5):
        assert cari(fcs_category(score), rcsi(*coping), level, band) in {1, 2, 3, 4}
