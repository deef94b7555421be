"""Waves held against one another: pairs by household, their change and its error, who was lost."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from surveyapp.indicators.compute import compute_households
from surveyapp.indicators.estimation import paired_change
from surveyapp.indicators.frame import FrameMaker, SurveyFrame
from surveyapp.indicators.inputs import QUESTIONS
from surveyapp.indicators.panel import PanelChange, Wave
from surveyapp.indicators.sample import make_sample
from surveyapp.indicators.settings import Settings, read_settings
from surveyapp.indicators.summary import Summary, summarise
from tests.indicators.household import MEMBERS, household

Visit = tuple[str, str, float, str]
FORM = {"1": frozenset(QUESTIONS) | {"hh_code", "wave", "pre_weight"}}


def frame_of(visits: Sequence[Visit]) -> SurveyFrame:
    """Visits of (household, wave, floor area, village) to families of four."""
    maker = FrameMaker(FORM)
    for code, wave, area, village in visits:
        weight = {"pre_weight": 1.0 + len(code) % 3}
        extra: dict[str, Any] = {"hh_code": code, "wave": wave, "village": village, **weight}
        maker.add({**household(h_area_n=area), **extra}, MEMBERS, "1")
    return maker.make()


def summary_of(visits: Sequence[Visit], settings: Settings | None = None, **asked: Any) -> Summary:
    frame = frame_of(visits)
    return summarise(frame, compute_households(frame, settings), settings, **{"masked": False, **asked})


def changes(found: Summary, code: str = "area_pc") -> dict[str, PanelChange]:
    return {one.place: one for one in found.panel.changes if one.code == code}


def panel_of(pairs: int, lost: int, new: int) -> list[Visit]:
    """Villages of four; every third household grew by 8 m², the others by 4."""
    first = [(f"h{n}", "baseline", 80.0 + 2 * n, f"v{n // 4}") for n in range(pairs + lost)]
    second = [(code, "wave2", area + (8 if n % 3 == 0 else 4), place) for n, (code, _, area, place) in enumerate(first)]
    return [*first, *second[:pairs], *((f"n{n}", "wave2", 60.0, "v0") for n in range(new))]


def test_the_change_is_that_of_the_pairs_with_its_error() -> None:
    found = changes(summary_of(panel_of(pairs=12, lost=4, new=2)))[""]
    each = np.array([2.0 if n % 3 == 0 else 1.0 for n in range(12)])
    weights = np.array([1.0 + len(f"h{n}") % 3 for n in range(12)])
    assert found.change.estimate == pytest.approx(np.average(each, weights=weights))
    assert found.change.n == 12
    assert found.attrition == pytest.approx(4 / 16)
    assert found.now.estimate - found.before.estimate == pytest.approx(found.change.estimate)
    assert (found.stayed.n, found.lost.n) == (12, 4)
    assert found.lost.estimate == pytest.approx(np.mean([(80 + 2 * n) / 4 for n in range(12, 16)]))


def test_the_error_is_that_of_the_one_function_over_the_design_of_the_first_wave() -> None:
    visits = panel_of(pairs=12, lost=4, new=2)
    first = frame_of([one for one in visits if one[1] == "baseline"])
    sample = make_sample(first, compute_households(first), Settings())
    after = np.array([(80 + 2 * n + (8 if n % 3 == 0 else 4)) / 4 if n < 12 else math.nan for n in range(16)])
    wanted = paired_change(sample.table["area_pc"].values, after, sample.over_villages).change
    found = changes(summary_of(visits))[""].change
    assert (found.se, found.df, found.lower) == pytest.approx((wanted.se, wanted.df, wanted.lower))
    assert found.se > 0
    assert {"panel", "weights_from_wave"} <= set(found.flags)


def test_households_are_counted_as_pairs_lost_and_new() -> None:
    (matched,) = summary_of([*panel_of(pairs=5, lost=2, new=3), ("h0", "wave2", 100.0, "v0")]).panel.matched
    assert (matched.first, matched.later) == ("baseline", "wave2")
    assert (matched.households, matched.pairs, matched.lost, matched.new, matched.repeated) == (7, 5, 2, 3, 1)


def test_of_repeated_interviews_the_last_counts() -> None:
    visits = [("h0", "baseline", 80.0, "v0"), ("h0", "wave2", 84.0, "v0"), ("h0", "wave2", 88.0, "v0")]
    assert changes(summary_of(visits))[""].change.estimate == pytest.approx(2.0)


def test_villages_have_changes_of_their_own_and_small_ones_are_masked() -> None:
    visits = panel_of(pairs=12, lost=4, new=0)
    assert set(changes(summary_of(visits))) == {"", "v0", "v1", "v2", "v3"}
    masked = changes(summary_of(visits, masked=True))["v0"]
    assert masked.change.masked
    assert math.isnan(masked.change.estimate)
    assert math.isnan(masked.attrition)
    assert math.isnan(masked.lost.estimate)


def test_without_a_household_seen_twice_there_is_no_panel() -> None:
    visits = [("h0", "baseline", 80.0, "v0"), ("h1", "wave2", 84.0, "v0"), ("", "wave2", 84.0, "v0")]
    assert summary_of(visits).panel.changes == ()
    assert summary_of([("h0", "", 80.0, "v0"), ("h0", "", 80.0, "v0")]).panel.matched == ()


def test_what_is_recalled_is_not_a_wave() -> None:
    codes = {one.code for one in summary_of(panel_of(pairs=5, lost=0, new=0)).panel.changes}
    assert "area_pc" in codes
    assert not codes & {"area_pc_b", "better_off", "main_source_changed", "old_house", "lci_recall"}


def test_waves_stand_in_the_order_of_their_interviews_or_as_stated() -> None:
    visits = [(code, {"baseline": "z", "wave2": "a"}[wave], *rest) for code, wave, *rest in panel_of(5, 0, 0)]
    assert summary_of(visits).panel.last == "a"  # type: ignore[arg-type]  # the rest is area and village
    stated = read_settings({"design": {"waves": ["a", "z"]}})
    assert summary_of(visits, stated).panel.last == "z"  # type: ignore[arg-type]  # as above


def test_every_later_wave_is_held_against_the_first() -> None:
    visits = [("h0", wave, area, "v0") for wave, area in (("w1", 80.0), ("w2", 88.0), ("w3", 100.0))]
    visits = [("h1", "w1", 80.0, "v0"), *visits, ("h1", "w3", 88.0, "v0")]
    found = [one for one in summary_of(visits).panel.changes if one.code == "area_pc" and not one.place]
    assert [(one.first, one.later, one.change.estimate) for one in found] == [("w1", "w2", 2.0), ("w1", "w3", 3.5)]


def test_figures_of_places_count_nobody_twice() -> None:
    visits = panel_of(pairs=12, lost=4, new=0)
    found = summary_of(visits)
    done = {one.place: one.n for one in (*found.villages, *found.project) if one.code == "v_n"}
    assert found.wave == "wave2"
    assert done[""] == 12
    named = summary_of(visits, read_settings({"design": {"figures_of": "baseline"}}))
    assert (named.wave, next(one.n for one in named.project if one.code == "v_n")) == ("baseline", 16)


def test_a_few_interviews_under_a_wrong_wave_do_not_push_the_others_out() -> None:
    found = summary_of([*panel_of(pairs=0, lost=16, new=0), ("h0", "wave4", 80.0, "v0")])
    assert found.wave == "baseline"


def test_the_first_wave_may_have_been_another_form() -> None:
    visits = panel_of(pairs=12, lost=4, new=2)
    first = frame_of([one for one in visits if one[1] == "baseline"])
    earlier = Wave("survey_2019", make_sample(first, compute_households(first), Settings()))
    later = [(code, "", area, place) for code, wave, area, place in visits if wave == "wave2"]
    found = summary_of(later, earlier=earlier)
    assert [(one.first, one.later, one.pairs) for one in found.panel.matched] == [("survey_2019", "now", 12)]
    assert changes(found)[""].change.estimate == changes(summary_of(visits))[""].change.estimate
