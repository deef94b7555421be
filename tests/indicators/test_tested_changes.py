"""t and p of a change: against R, and where there is nothing to test."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.indicators.figures import Figure
from surveyapp.indicators.student import LARGE, beyond, two_sided_quantile


# R 4.2.2: 2 * pt(-t, df).
@pytest.mark.parametrize(
    ("t", "df", "p"),
    [
        (2.0, 10, 0.07338803),
        (2.5, 7, 0.04099222),
        (4.0, 1, 0.1559583),
        (-2.0, 10, 0.07338803),
        (1.96, 5000, 0.05005125),
    ],
)
def test_p_is_that_of_r(t: float, df: int, p: float) -> None:
    assert beyond(t, df) == pytest.approx(p, abs=1e-7)


@given(df=st.integers(1, 3 * LARGE), level=st.floats(0.01, 0.999))
def test_p_is_what_the_quantile_leaves_outside(df: int, level: float) -> None:
    assert beyond(two_sided_quantile(level, df), df) == pytest.approx(1 - level, abs=1e-6)


def test_an_interval_that_touches_0_has_a_p_of_5_per_cent() -> None:
    t = two_sided_quantile(0.95, 12)
    assert Figure("did_area_pc", "", 3.0, 3.0 / t, df=12).p == pytest.approx(0.05)


@pytest.mark.parametrize(
    "figure",
    [
        Figure("v_change_inc_pc", "", math.nan, df=4, masked=True),
        Figure("v_change_inc_pc", "", 3.0, 0.0, df=4),
        Figure("v_change_inc_pc", "", 3.0, math.nan, df=4),
        Figure("v_change_inc_pc", "", 3.0, 1.0, df=0),
    ],
)
def test_without_an_error_there_is_no_p(figure: Figure) -> None:
    assert math.isnan(figure.p)


def test_only_changes_and_differences_are_tested() -> None:
    codes = ("v_change_inc_pc", "did_inc_pc", "v_inc_pc", "v_lci")
    assert [Figure(code, "", 1.0).tested for code in codes] == [True, True, False, False]
