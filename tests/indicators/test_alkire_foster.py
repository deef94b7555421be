"""Multidimensional poverty: a worked example, exact cut-offs, missing deprivations, and what must hold for all."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.indicators.measures import alkire_foster

NAN = math.nan
people = st.lists(
    st.tuples(st.lists(st.booleans(), min_size=4, max_size=4), st.integers(1, 9)), min_size=1, max_size=20
)
POINTS = [3, 3, 1, 5]


def test_a_worked_example() -> None:
    # Scores 1/2, 1/4, 1, 0; k = 1/2, persons 4, 2, 2, 2.
    table = [[1, 0, 0], [0, 1, 0], [1, 1, 1], [0, 0, 0]]
    found = alkire_foster(table, ["1/2", "1/4", "1/4"], "1/2", [4, 2, 2, 2])
    assert found.scores.tolist() == [0.5, 0.25, 1, 0]
    assert found.poor.tolist() == [1, 0, 1, 0]
    assert pytest.approx([0.6, 0.4, 2 / 3]) == [found.H, found.M0, found.A]
    assert found.headcounts.tolist() == pytest.approx([0.6, 0.4, 0.2])
    assert found.censored_headcounts.tolist() == pytest.approx([0.6, 0.2, 0.2])
    assert found.contributions.tolist() == pytest.approx([0.75, 0.125, 0.125])
    assert found.weights == (Fraction(1, 2), Fraction(1, 4), Fraction(1, 4))


def test_ten_weights_of_a_tenth_reach_a_cutoff_of_one() -> None:
    assert sum([0.1] * 10) < 1
    found = alkire_foster(np.ones((1, 10)), [0.1] * 10, 1)
    assert (found.H, found.A, found.M0) == (1, 1, 1)
    assert found.weights == (Fraction(1, 10),) * 10


@pytest.mark.parametrize(
    "weights",
    [
        [1 / 3] * 3,
        [Fraction(1, 3)] * 3,
        ["1/3"] * 3,
        [8, 8, 8],
        list(np.full(3, 1 / 3)),
        list(np.array([8, 8, 8])),
    ],
)
@pytest.mark.parametrize("cutoff", [1 / 3, Fraction(1, 3), "1/3"])
def test_a_third_is_a_third_however_it_is_written(
    weights: list[float | Fraction | str], cutoff: float | Fraction | str
) -> None:
    assert alkire_foster([[1, 0, 0]], weights, cutoff).H == 1
    assert alkire_foster([[1, 1, 0]], weights, "2/3").H == 1


def test_nobody_poor_leaves_the_intensity_missing() -> None:
    found = alkire_foster([[1, 0], [0, 0]], [1, 1], 1)
    assert (found.H, found.M0) == (0, 0)
    assert math.isnan(found.A)
    assert np.isnan(found.contributions).all()


def test_a_household_with_a_missing_deprivation_is_left_out_and_counted() -> None:
    found = alkire_foster(np.array([[1, 1], [1, NAN], [0, 0]]), [1, 1], 0.5)
    assert (found.n, found.left_out, found.H) == (2, 1, 0.5)
    np.testing.assert_array_equal(found.scores, [1, NAN, 0])
    np.testing.assert_array_equal(found.poor, [1, NAN, 0])


@pytest.mark.parametrize("table", [np.empty((0, 2)), [[NAN, 1]]])
def test_nobody_gives_missing_figures(table: list[list[float]]) -> None:
    found = alkire_foster(table, [1, 1], 0.5)
    assert all(math.isnan(figure) for figure in (found.H, found.A, found.M0))
    assert np.isnan(found.headcounts).all()


@pytest.mark.parametrize(
    ("weights", "cutoff", "said"),
    [
        ([0.5, 0.4], 0.5, "add up to 0.9"),
        ([1, -1], 0.5, "negative"),
        ([], 0.5, "at least one"),
        ([1, 1, 1], 0.5, "3 weights"),
        ([Fraction(1, 3), Fraction(2, 3) - Fraction(1, 3**40), Fraction(1, 3**40)], 0.5, "too large"),
        ([1, 1], 0, "cutoff"),
        ([1, 1], 1.5, "cutoff"),
    ],
)
def test_impossible_structures_are_refused(weights: list[float | Fraction], cutoff: float, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        alkire_foster(np.ones((1, 2 if said != "too large" else 3)), weights, cutoff)


def test_anything_but_0_and_1_is_refused() -> None:
    with pytest.raises(ValueError, match="1 answers are not 0 or 1"):
        alkire_foster([[1, 0.5]], [1, 1], 0.5)


@given(people, st.integers(1, 12))
def test_figures_agree_with_one_another(rows: list[tuple[list[bool], int]], cutoff: int) -> None:
    table, persons = np.array([row for row, _ in rows], dtype=float), [n for _, n in rows]
    k = Fraction(cutoff, 12)
    found = alkire_foster(table, POINTS, k, persons)
    assert 0 <= found.M0 <= found.H <= 1
    assert (found.censored_headcounts <= found.headcounts + 1e-12).all()
    assert float(found.censored_headcounts @ np.array(POINTS) / 12) == pytest.approx(found.M0)
    if found.M0 > 0:
        assert k <= found.A + 1e-12
        assert found.contributions.sum() == pytest.approx(1)
        assert pytest.approx(found.M0) == found.H * found.A
    exact = [sum(Fraction(p, 12) for p, g in zip(POINTS, row, strict=True) if g) for row, _ in rows]
    assert found.poor.tolist() == [float(score >= k) for score in exact]


@given(people)
def test_m0_is_the_mean_of_its_groups_and_copies_change_nothing(rows: list[tuple[list[bool], int]]) -> None:
    table, persons = np.array([row for row, _ in rows], dtype=float), np.array([n for _, n in rows], dtype=float)
    whole = alkire_foster(table, POINTS, "1/3", persons)
    doubled = alkire_foster(np.repeat(table, 2, axis=0), POINTS, "1/3", np.repeat(persons / 2, 2))
    assert pytest.approx(whole.M0) == doubled.M0
    first = np.arange(len(rows)) % 2 == 0
    parts = [
        persons[part].sum() / persons.sum() * alkire_foster(table[part], POINTS, "1/3", persons[part]).M0
        for part in (first, ~first)
        if part.any()
    ]
    assert sum(parts) == pytest.approx(whole.M0)
