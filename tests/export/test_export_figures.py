"""Counts and limits of the codebook."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.export.cells import AsSent, Kind
from surveyapp.export.figures import Figures, observed


@given(st.lists(st.none() | st.integers(-1000, 1000), max_size=40))
def test_figures_are_those_of_the_answers(values: list[int | None]) -> None:
    figures = Figures("int")
    assert list(observed(((value,) for value in values), [figures])) == [(value,) for value in values]
    present = [value for value in values if value is not None]
    assert figures.answered == len(present)
    assert (figures.least, figures.most) == ((min(present), max(present)) if present else (None, None))
    assert figures.total == sum(present)


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("float", [1.5, float("nan"), float("inf"), AsSent("x"), 2.5], (2, 1.5, 2.5, 2.0)),
        ("float", [1e308, 1e308], (2, 1e308, 1e308, None)),
        ("int", [AsSent("a"), AsSent("b")], (0, None, None, None)),
        ("int", [True, 3], (2, True, 3, 2.0)),
        ("date", [date(2026, 2, 3), AsSent("soon"), date(2025, 1, 1)], (2, date(2025, 1, 1), date(2026, 2, 3), None)),
        ("date", [AsSent("soon")], (0, None, None, None)),
        ("text", ["b", "a"], (2, None, None, None)),
        ("code", ["b", "a", "b"], (3, None, None, None)),
    ],
)
def test_odd_values_do_not_spoil_the_figures(kind: Kind, values: list[Any], expected: tuple[Any, ...]) -> None:
    figures = Figures(kind)
    figures.take(values)
    assert (figures.answered, figures.least, figures.most, figures.mean) == expected


def test_codes_are_counted() -> None:
    figures = Figures("code")
    figures.take(["b", None, "a", "b"])
    assert figures.codes == {"a": 1, "b": 2}
    figures.take([str(number) for number in range(1001)])
    figures.take(["a"])
    assert not figures.codes
    assert figures.answered == 1005
