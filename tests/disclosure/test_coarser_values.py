"""Pseudonyms, places and values: coarser, and the same each time."""

import math
import statistics
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.disclosure.generalise import MERGED, Tails, merged_counts, month_of, rare_codes, shifted
from surveyapp.disclosure.places import Centroid, displaced, metres_between
from surveyapp.disclosure.protection import Protection
from surveyapp.disclosure.pseudonyms import project_secret, pseudonym
from surveyapp.problems import Problem

SECRET = project_secret("key", 1)
LATITUDES = st.floats(-80, 80)
LONGITUDES = st.floats(-180, 180)


def test_pseudonym_hangs_on_the_secret_and_on_nothing_else() -> None:
    assert pseudonym(SECRET, "13800000000") == pseudonym(project_secret("key", 1), "13800000000")
    assert len({pseudonym(secret, "a") for secret in (SECRET, project_secret("key", 2), project_secret("k", 1))}) == 3
    assert len(pseudonym(SECRET, "a")) == 16


@given(LATITUDES, LONGITUDES, st.booleans(), st.integers(0, 10**6))
def test_displaced_place_is_within_the_distance_of_dhs(north: float, east: float, urban: bool, who: int) -> None:
    moved = displaced(SECRET, str(who), north, east, urban=urban)
    assert metres_between((north, east), moved) <= (2_001 if urban else 10_001)
    assert moved == displaced(SECRET, str(who), north, east, urban=urban)


def test_one_place_of_the_country_in_a_hundred_goes_farther_than_five_kilometres() -> None:
    origin = (26.5, 106.5)
    far = [metres_between(origin, displaced(SECRET, str(n), *origin, urban=False)) for n in range(20_000)]
    share = sum(distance > 5_001 for distance in far) / len(far)
    assert 0.003 < share < 0.008  # half of the one in a hundred that may go 10 km
    assert statistics.fmean(far) == pytest.approx(2_525, rel=0.03)
    assert max(far) > 8_000


def test_middle_of_a_village_on_the_date_line_is_there() -> None:
    village = Centroid()
    for east in (179.9, -179.9):
        village.add(10.0, east)
    assert village.position[0] == 10.0
    assert abs(village.position[1]) == pytest.approx(180.0)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=600))
def test_tails_become_their_mean_and_the_mean_of_all_stays(values: list[float]) -> None:
    tails = Tails(len(values))
    for value in values:
        tails.add(value)
    limits = tails.limits()
    cut = min(max(3, math.floor(0.005 * len(values))), len(values) // 2)
    ordered = sorted(values)
    coarse = [limits.apply(value) for value in values]
    assert sum(one != two for one, two in zip(values, coarse, strict=True)) <= 2 * cut
    if len(values) > 6 and ordered[cut - 1] < ordered[cut] and ordered[-cut] > ordered[-cut - 1]:
        assert math.fsum(coarse) == pytest.approx(math.fsum(values), abs=1e-3)
        assert max(coarse) <= statistics.fmean(ordered[-cut:]) + 1e-6


def test_largest_income_is_not_told() -> None:
    tails = Tails(400)
    for value in [*range(398), 10_000, 20_000]:
        tails.add(value)
    assert tails.limits().apply(20_000) == (10_000 + 20_000 + 397) / 3
    assert tails.limits().apply(100) == 100
    assert tails.limits().apply(0) == 1


@given(st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), st.integers(0, 40), max_size=12))
def test_no_code_is_left_that_few_have_unless_it_is_the_only_one(counts: dict[str, int]) -> None:
    merged = merged_counts(counts, rare_codes(counts))
    told = {code: count for code, count in merged.items() if count}
    if len(told) > 1:
        assert all(count >= 5 for code, count in told.items() if code != MERGED)
        assert told.get(MERGED, 2) >= 2
    assert merged.total() == sum(counts.values())


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 10**6))
def test_days_of_a_household_move_together(day: date, who: int) -> None:
    moved = shifted(SECRET, str(who), day)
    assert 0 < abs((moved - day).days) <= 182
    later = shifted(SECRET, str(who), day + timedelta(days=9))
    assert later - moved == timedelta(days=9)
    assert month_of(datetime(2026, 3, 9, 1)) == "2026-03"


def test_protection_survives_json_and_names_what_it_does_not_know() -> None:
    whole = Protection(
        classes={"/d/a": "direct"},
        confirmed_by="admin",
        places="displace",
        urban=("/d/u", ("1", "2")),
        tops={"/d/a": 9},
    )
    assert Protection.from_json(whole.to_json()) == whole
    with pytest.raises(Problem, match="knows no colour"):
        Protection.from_json({"colour": 1})
    with pytest.raises(Problem, match="class of /d/a cannot be 'secret'"):
        Protection.from_json({"classes": {"/d/a": "secret"}})
    with pytest.raises(Problem, match="keys of the protection"):
        Protection.from_json({"keys": "a"})
    with pytest.raises(Problem, match="Centroids need a village"):
        Protection(places="centroid")
