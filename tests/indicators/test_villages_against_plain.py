"""Every figure of villages and project, from made-up interviews of odd designs, against the plain computation."""

import math
import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from surveyapp.indicators.compute import compute_households
from surveyapp.indicators.figures import Figure
from surveyapp.indicators.inputs import QUESTIONS
from surveyapp.indicators.settings import read_settings
from surveyapp.indicators.summary import Summary, summarise
from tests.indicators.household import frame_of
from tests.indicators.made_up import USUAL, Interview, Places, homes_of, interviews, rules_of
from tests.indicators.plain_catalogue import summarise_plainly
from tests.indicators.plain_villages import Home, Plain, hidden

# A third county with one village of either kind; v4 is a single household.
LONELY: Places = {**USUAL, "v4": ("c1", "t2", 1, 0), "v8": ("c3", "t4", 7, 0), "v9": ("c3", "t4", 0, 5)}
MOVED: Places = {name: (county, town, moved + stayed, 0) for name, (county, town, moved, stayed) in USUAL.items()}
# v3 and v7 were asked whole, v5 says it has fewer households than were asked; one stratum was taken whole.
SIZES = {
    "households": {"v1": 16, "v2": 40, "v3": 11, "v5": 2, "v6": 90, "v7": 14},
    "villages_in_stratum": {"c1 × relocated": 9, "c2 × relocated": 3, "c1 × stayed": 2, "c2 × stayed": 5},
}
SAFE = {"h_grade_n": ("A",), "w_src_n": ("piped_in",), "w_min_n": (0,), "w_short_n": ("no",), "san_n": ("flush_in",)}
WELL = {"fuel_n": ("gas",), "elec_n": ("yes",), "d_assets_n": ("tv car",), "fcs_dairy": (7,), "med_forgone": ("no",)}
ROUND = ("inc_wage_local", "inc_crop", "inc_gov", "inc_livestock", "cost_crop")
DESIGNS: Mapping[str, tuple[Places, Mapping[str, Any], Mapping[str, tuple[Any, ...]]]] = {
    "usual": (USUAL, {}, {}),
    "populations known, one too small": (USUAL, SIZES, {}),
    "a stratum with one cluster": (LONELY, {}, {}),
    "lonely clusters adjusted": (LONELY, {**SIZES, "lonely": "adjust"}, {}),
    "lonely clusters certain": (LONELY, {"lonely": "certainty"}, {}),
    "weights very unequal": (USUAL, {}, {"pre_weight": (0.01, 1.0, 500.0)}),
    "weights missing": (USUAL, {}, {"pre_weight": (None, None, 2.0, 3.5)}),
    "no weights, all equal": (USUAL, {}, {"pre_weight": (None,)}),
    "nobody to compare with": (MOVED, {}, {}),
    "nobody poor": (USUAL, {}, {"inc_wage_local": (90000, 200000), "inc_crop": (3000,), "cost_crop": (2000,)}),
    "everybody at a loss": (USUAL, {}, {"inc_wage_local": (0,), "inc_crop": (1200,), "cost_crop": (90000,)}),
    "incomes all alike": (USUAL, {}, dict.fromkeys(ROUND, (1000,))),
    "nobody deprived": (USUAL, {}, {**SAFE, **WELL, "inc_gov": (300,)}),
    "nobody answers some questions": (USUAL, {}, {"h_grade_n": ("dk",), "rcsi_less": (-98,), "co_leader": ("dk",)}),
    "nobody leads": (USUAL, {}, {"co_leader": ("none",)}),
    "beyond the bounds of vulnerability": (USUAL, {}, {"d_clinic_n": (70, 90, 200), "net_money": (0,)}),
}
# Where a ratio is the same for everybody is a matter of the last digit.
RATIOS = ("v_dropout", "v_mpi_a", "v_mpi_share")


def both(
    made: list[Interview], stated: Mapping[str, Any], *, masked: bool = False
) -> tuple[Summary, list[Home], dict[tuple[str, str], Plain]]:
    """The product's summary, the households, and the plain figures."""
    settings = read_settings({"design": stated})
    frame = frame_of(*made, settings=settings)
    table = compute_households(frame, settings)
    homes = homes_of(made, table, list(table.columns))
    return summarise(frame, table, settings, masked=masked), homes, summarise_plainly(homes, rules_of(settings))


def agree(ours: Figure, plain: Plain) -> None:
    """To nine digits; errors to seven, for small differences of very unequal weights have no more."""
    assert ours.estimate == pytest.approx(plain.estimate, rel=1e-9, abs=1e-12, nan_ok=True)
    assert (ours.n, ours.units, ours.text) == (plain.n, plain.units, plain.text)
    if math.isnan(plain.estimate):
        assert all(math.isnan(one) for one in (ours.se, ours.lower, ours.upper))
        return
    numbers = [plain.se, plain.lower, plain.upper]
    assert [ours.se, ours.lower, ours.upper] == pytest.approx(numbers, rel=1e-7, abs=1e-10, nan_ok=True)
    assert ours.df == plain.df
    open_ = {"constant"} if ours.code.startswith(RATIOS) else set()
    assert set(ours.flags) ^ plain.flags <= open_


@pytest.mark.parametrize("design", DESIGNS)
def test_every_figure_is_that_of_the_plain_computation(design: str) -> None:
    places, stated, answers = DESIGNS[design]
    made = interviews(places, random.Random(design), **answers)
    found, _, plain = both(made, stated)
    ours = {(one.code, one.place): one for one in (*found.villages, *found.project) if one.code not in COUNTS}
    # A figure that nobody can be counted in may be told or left out.
    assert not [key for key in plain.keys() - ours.keys() if plain[key].n]
    assert not [key for key in ours.keys() - plain.keys() if ours[key].n]
    assert len(ours) > 800
    for key in ours.keys() & plain.keys():
        try:
            agree(ours[key], plain[key])
        except AssertionError as error:
            raise AssertionError(f"{key}: {ours[key]}, plainly {plain[key]}") from error


COUNTS = ("v_n", "v_response")


def test_counts_are_those_of_the_visits() -> None:
    made = interviews(USUAL, random.Random(7), visit_result=("done", "absent", "refused", "moved_away"))
    for answers, _ in made:
        answers["consent"] = "yes" if answers["visit_result"] == "done" else None
    made[0][0].update(visit_result="done", consent="no")
    found, homes, _ = both(made, {})
    outcomes = Counter(answers["visit_result"] for answers, _ in made)
    whole = {one.code: one.estimate for one in found.project if one.code in COUNTS}
    assert len(homes) == outcomes["done"] - 1
    assert whole["v_n"] == outcomes["done"] - 1
    valid = outcomes["done"] + outcomes["absent"] + outcomes["refused"]
    assert whole["v_response"] == pytest.approx((outcomes["done"] - 1) / valid)


@pytest.mark.parametrize("smallest", [5, 10])
def test_the_same_villages_are_hidden(smallest: int) -> None:
    made = interviews(LONELY, random.Random(3))
    settings = read_settings({"smallest_cell": smallest})
    frame = frame_of(*made)
    found = summarise(frame, compute_households(frame), settings)
    towns = {name: town for name, (_, town, *_) in LONELY.items()}
    codes = {one.code for one in found.villages} - set(COUNTS)
    reasons = set()
    for code in codes:
        here = {one.place: one for one in found.villages if one.code == code}
        wanted = hidden({place: one.n for place, one in here.items()}, towns, smallest)
        assert {place for place, one in here.items() if one.masked} == set(wanted), code
        assert all(wanted[place] in here[place].flags for place in wanted), code
        assert all(math.isnan(here[place].estimate) and here[place].text == "" for place in wanted)
        reasons |= set(wanted.values())
    assert reasons == {f"n<{smallest}", "complementary"}


def test_before_and_now_are_means_over_the_same_households() -> None:
    found, homes, plain = both(interviews(USUAL, random.Random(11)), {})
    assert len(found.before_after) > 100
    for one in found.before_after:
        pair = (one.code, f"{one.code}_b")
        here = [home for home in homes if one.place in ("", home.village) and all(code in home.cells for code in pair)]
        assert one.change.n == one.before.n == one.now.n == len(here)
        for code, figure in zip(pair, (one.now, one.before), strict=True):
            weight = sum(home.weight for home in here)
            wanted = sum(home.weight * home.number(code) for home in here) / weight if here else math.nan
            assert figure.estimate == pytest.approx(wanted, rel=1e-9, abs=1e-12, nan_ok=True), (one.code, one.place)
        agree(one.change, plain[f"v_change_{one.code}", one.place])


def test_waves_are_compared_over_the_pairs_with_the_weights_of_the_first() -> None:
    draw = random.Random(5)
    first = [({**answers, "wave": "w1"}, members) for answers, members in interviews(USUAL, draw)]
    second = [({**answers, "wave": "w2"}, members) for answers, members in interviews(MOVED, draw)]
    again = [one for number, one in enumerate(second) if number % 5]
    form = {"1": frozenset(QUESTIONS) | {"hh_code", "wave"}}
    frame = frame_of(*first, *again, again[3], form=form)
    found = summarise(frame, compute_households(frame), masked=False)
    frames = [frame_of(*wave) for wave in (first, again)]
    before, after = (
        {home.name: home for home in homes_of(wave, table, list(table.columns))}
        for wave, table in zip((first, again), map(compute_households, frames), strict=True)
    )
    seen = {one.code for one in found.panel.changes}
    assert {"inc_pc", "ccd", "trust_idx", "mpi_poor", "return_risk"} <= seen
    for one in found.panel.changes:
        rows = [home for home in before.values() if one.place in ("", home.village)]
        asked = [home for home in rows if one.code in home.cells and one.code not in exempt_of(after.get(home.name))]
        pairs = [home for home in asked if home.name in after and one.code in after[home.name].cells]
        lost = [home for home in asked if home not in pairs]
        values = {home.name: after[home.name].number(one.code) - home.number(one.code) for home in pairs}
        weight = sum(home.weight for home in pairs)
        change = sum(home.weight * values[home.name] for home in pairs) / weight if pairs else math.nan
        assert one.change.estimate == pytest.approx(change, rel=1e-9, abs=1e-9, nan_ok=True), (one.code, one.place)
        assert (one.change.n, one.stayed.n, one.lost.n) == (len(pairs), len(pairs), len(lost)), (one.code, one.place)
        assert one.attrition == pytest.approx(len(lost) / len(asked) if asked else math.nan, nan_ok=True)
        gone = sum(home.weight * home.number(one.code) for home in lost) / sum(home.weight for home in lost or rows)
        assert one.lost.estimate == pytest.approx(gone if lost else math.nan, rel=1e-9, abs=1e-12, nan_ok=True)


def exempt_of(home: Home | None) -> frozenset[str]:
    return frozenset() if home is None else home.exempt
