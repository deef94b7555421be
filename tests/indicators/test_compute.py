"""Many households at once: order, slices, units, changes, and simulated interviews from end to end."""

import datetime
import functools
import zoneinfo
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveyapp.collect.from_xml import read_xml
from surveyapp.indicators.catalogue import CATALOGUE
from surveyapp.indicators.columns import Column, Reason
from surveyapp.indicators.compute import IndicatorTable, compute_households
from surveyapp.indicators.frame import FrameMaker, SurveyFrame
from surveyapp.indicators.household_capitals import SCORES
from surveyapp.indicators.refit import refit
from surveyapp.indicators.settings import read_settings
from surveyapp.simulate.interviews import simulate_interviews
from surveyapp.xform.bind import bind
from surveyapp.xform.parse import parse_xform
from surveyapp.xlsform.pipeline import run
from tests.indicators.household import MEMBERS, cell, frame_of, household, member

FORMS = Path(__file__).parents[2] / "forms"
MONDAY = datetime.datetime(2026, 10, 5, tzinfo=zoneinfo.ZoneInfo("Asia/Shanghai"))


@functools.cache
def simulated() -> SurveyFrame:
    path = FORMS / "livelihood_space.xlsx"
    form = parse_xform(run(path.read_bytes(), path.name, "1").xform)
    maker = FrameMaker({form.version: frozenset(question.name for question in form.questions)})
    register = {"households.csv": (FORMS / "households.csv").read_bytes()}
    for record in simulate_interviews(form, 300, attachments=register, seed=7, started_at=MONDAY):
        root = read_xml(record.xml)
        bind(form, root)
        maker.add_record(root, form.version)
    return maker.make()


@functools.cache
def computed() -> IndicatorTable:
    return compute_households(simulated(), parameters=refit(simulated()))


def same(left: IndicatorTable, right: IndicatorTable) -> bool:
    return all(
        np.array_equal(left[code].reasons, right[code].reasons)
        # Powers of numpy differ in the last bit with the place of a number in its array.
        and np.allclose(left[code].values, right[code].values, rtol=1e-14, atol=0, equal_nan=True)
        for code in left.columns
    ) and list(left.columns) == list(right.columns)


@pytest.mark.parametrize("code", CATALOGUE.list_codes("CORE"))
def test_every_core_indicator_is_computed_from_simulated_interviews(code: str) -> None:
    column = computed()[code]
    # lci_ent needs all 19 scores, and the simulated families refuse and forget much.
    assert column.given.sum() >= (60 if code == "lci_ent" else 100)
    assert not (column.reasons == Reason.NOT_IN_VERSION).any()


def test_the_reference_form_has_every_question_of_the_catalogue() -> None:
    (version,) = computed().not_computable
    assert computed().not_computable[version] == {}


def test_values_stay_within_their_bounds() -> None:
    for one in CATALOGUE:
        if one.bounds is None or one.levels:
            continue
        values = computed()[one.code].values[computed()[one.code].given]
        assert ((values >= one.bounds[0]) & (values <= one.bounds[1] + 1e-12)).all(), one.code


def test_a_value_is_there_or_a_reason_is() -> None:
    for code, column in computed().columns.items():
        if not column.levels:
            assert np.array_equal(np.isnan(column.values), column.reasons != 0), code
        else:
            assert np.array_equal(column.values < 0, column.reasons != 0), code


@pytest.mark.parametrize("size", [1, 7, 299])
def test_the_slices_do_not_matter(size: int) -> None:
    assert same(compute_households(simulated(), slice_size=size), compute_households(simulated()))


def test_nobody_is_a_table_without_rows() -> None:
    table = compute_households(frame_of())
    assert table.n == 0
    assert len(table["ccd"]) == 0


def test_entropy_weights_add_to_one_and_leave_out_incomplete_households() -> None:
    fitted = refit(simulated(), what=["entropy"]).entropy
    assert fitted is not None
    assert sum(fitted.weights.values()) == pytest.approx(1)
    complete = np.logical_and.reduce([computed()[code].given for code in SCORES])
    assert fitted.n == complete.sum()


def test_the_asset_index_is_standardised_over_persons_and_rises_with_assets() -> None:
    frame, fitted = simulated(), refit(simulated(), what=["assets"])
    table = compute_households(frame, parameters=fitted, codes=["asset_pca", "passet_n", "cap_physical"])
    score = table["asset_pca"]
    persons = frame.main["hh_size"].values * frame.main["pre_weight"].values
    used = score.given & np.isfinite(persons)
    assert np.average(score.values[used], weights=persons[used]) == pytest.approx(0, abs=0.05)
    assert np.average(score.values[used] ** 2, weights=persons[used]) == pytest.approx(1, rel=0.05)
    assets = table["passet_n"].values + table["dasset_n"].values
    both = used & np.isfinite(assets)
    assert np.corrcoef(score.values[both], assets[both])[0, 1] > 0


def test_pooled_bounds_are_those_of_both_times() -> None:
    frame = frame_of((household(h_area_n=80), MEMBERS), (household(h_area_n=40, h_area_b=250), MEMBERS))
    pooled = read_settings({"bounds": "pooled"})
    fitted = refit(frame, pooled, what=["bounds"])
    assert list(fitted.bounds["area_pc"]) == [10, 50]  # 40/4 now, 250/5 before
    table = compute_households(frame, pooled, fitted)
    assert cell(table, "score_area") == (20 - 10) / 40
    assert cell(table, "score_area_b", 1) == 1
    # The farthest plot is the worst: its greatest time has the score 0.
    assert list(fitted.bounds["plot_min"]) == [30, 60]


def test_a_constant_quantity_scores_nothing_and_weighs_nothing() -> None:
    alike: dict[str, Any] = {"hh_size_b": 4, "h_area_b": 80}
    frame = frame_of((household(**alike), MEMBERS), (household(**alike, inc_crop=9000), MEMBERS))
    pooled = read_settings({"bounds": "pooled"})
    table = compute_households(frame, pooled, refit(frame, pooled, what=["bounds"]))
    assert cell(table, "score_area") == 0
    # Housing is the quality alone, and the capital the mean of what varies.
    assert cell(table, "u_living") == pytest.approx((0.875 + 0.8 + 0.63 + 1) / 4)
    fitted = refit(frame, pooled, what=["bounds", "entropy"]).entropy
    assert fitted is not None
    assert fitted.weights["score_area"] == 0


@pytest.mark.parametrize("homes", [[], [(household(), MEMBERS)] * 3])
def test_an_asset_index_needs_households_that_differ(homes: Any) -> None:
    with pytest.raises(ValueError, match="The asset index needs"):
        refit(frame_of(*homes), what=["assets"])


def test_pooled_bounds_that_were_never_fitted_are_no_scores() -> None:
    table = compute_households(frame_of((household(), MEMBERS)), read_settings({"bounds": "pooled"}))
    assert cell(table, "score_area") == "(not_fitted)"


def test_a_shift_keeps_scores_off_the_ends() -> None:
    table = compute_households(frame_of((household(h_area_n=400), MEMBERS)), read_settings({"shift": 0.1}))
    assert cell(table, "score_area") == pytest.approx(0.9)


amounts = st.one_of(st.integers(0, 90000), st.just(-98), st.just(-99), st.none())


@st.composite
def families(draw: st.DrawFn) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    changes = {
        **{name: draw(amounts) for name in ("inc_crop", "inc_wage_migr", "inc_gov", "cost_crop", "debt_amt")},
        **{name: draw(st.one_of(st.integers(0, 20), st.just(-98))) for name in ("land_own_n", "land_in_n", "h_area_n")},
        "tr_neigh": draw(st.sampled_from(["1", "3", "5", "dk"])),
        "p_assets_n": draw(st.sampled_from(["none", "dk", "tractor", "tractor truck"])),
    }
    members = draw(st.lists(st.integers(0, 3).map(member), min_size=1, max_size=4))
    return household(**changes, hh_size=str(len(members))), members


@given(st.lists(families(), min_size=2, max_size=5), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_the_order_of_households_and_members_does_not_matter(homes: Any, rng: Any) -> None:
    order = list(range(len(homes)))
    rng.shuffle(order)
    shuffled = [(homes[place][0], rng.sample(homes[place][1], len(homes[place][1]))) for place in order]
    straight, mixed = compute_households(frame_of(*homes)), compute_households(frame_of(*shuffled))
    for code in straight.columns:
        for row, place in enumerate(order):
            left, right = cell(mixed, code, row), cell(straight, code, place)
            assert left == right or left == pytest.approx(right, rel=1e-12), code


@given(families(), st.sampled_from([0.1, 7.0, 1000.0]))
@settings(max_examples=25, deadline=None)
def test_another_currency_leaves_scores_and_shares_as_they_are(home: Any, rate: float) -> None:
    answers, members = home
    money = [name for name in answers if name.startswith(("inc_", "cost_", "debt_a", "debt_r", "x_", "sh_loss"))]
    exchanged = {
        name: value * rate if name in money and isinstance(value, int) and value > 0 else value
        for name, value in answers.items()
    }
    here = compute_households(frame_of((answers, members)))
    there = compute_households(frame_of((exchanged, members)), read_settings({"poverty_line": {"amount": 4000 * rate}}))
    for code in ("u_production", "inc_div", "gov_share", "poor_inc", "cap_financial", "debt_ratio", "fes", "lci_eq"):
        left, right = cell(here, code), cell(there, code)
        assert left == right or left == pytest.approx(right, rel=1e-9), code


def test_columns_may_be_compact() -> None:
    frame = frame_of((household(), MEMBERS), (household(h_area_n=-98), MEMBERS))
    area = frame.main["h_area_n"]
    compact = {**frame.main, "h_area_n": Column(np.array([80, 0], np.int16), area.reasons)}
    table = compute_households(SurveyFrame(**{**frame.__dict__, "main": compact}))
    assert [cell(table, "area_pc", row) for row in (0, 1)] == [20, "(dk)"]
