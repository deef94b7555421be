"""Figures of villages and of the project, worked out by hand on small samples."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from surveyapp.indicators.compute import compute_households
from surveyapp.indicators.figures import Figure, mask_small
from surveyapp.indicators.frame import SurveyFrame
from surveyapp.indicators.measures import alkire_foster, gini
from surveyapp.indicators.parameters import NO_PARAMETERS, Parameters
from surveyapp.indicators.refit import refit
from surveyapp.indicators.sample import household_weights, make_sample
from surveyapp.indicators.settings import MPI_NAMES, Settings, read_settings
from surveyapp.indicators.summary import LINES, Summary, summarise
from tests.indicators.household import MEMBERS, frame_of, household, member
from tests.indicators.test_compute import simulated

Home = tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]


def earning(amount: int, village: str = "v1", size: int = 1, **changes: Any) -> Home:
    """A household whose only income is a wage."""
    nothing = {name: 0 for name in household() if name.startswith("inc_") and name not in ("inc_main_n", "inc_main_b")}
    none = {"cost_crop": ..., "cost_livestock": ...}
    place = {"inc_total_b": 8000, "inc_wage_local": amount, "village": village, "hh_size": str(size)}
    answers = household(**{**nothing, **none, **place, **changes})
    return answers, [member(0)] * size


def figures(
    homes: Sequence[Home], settings: Settings | None = None, parameters: Parameters = NO_PARAMETERS
) -> dict[tuple[str, str], Figure]:
    """All figures by code and place, unmasked."""
    found = summary_of(frame_of(*homes), settings, parameters)
    return {(one.code, one.place): one for one in (*found.villages, *found.project)}


def summary_of(
    frame: SurveyFrame, settings: Settings | None = None, parameters: Parameters = NO_PARAMETERS, masked: bool = False
) -> Summary:
    return summarise(frame, compute_households(frame, settings, parameters), settings, masked=masked)


# Two persons with 2,000 each, one with 5,000, one with 9,000; the line is 4,000.
FOUR = [earning(4000, size=2), earning(5000), earning(9000)]


def test_poverty_counts_persons() -> None:
    found = figures(FOUR)
    assert found["v_poor_h", "v1"].estimate == 2 / 4
    assert found["v_pov_gap", "v1"].estimate == 2 / 4 * 0.5
    assert found["v_pov_sq", "v1"].estimate == 2 / 4 * 0.25
    assert found["v_poor_h", "v1"].units == 4
    assert found["v_poor_h", "v1"].unit_kind == "persons"


def test_inequality_counts_persons_and_income_households() -> None:
    found = figures(FOUR)
    assert found["v_gini", "v1"].estimate == pytest.approx(gini([2000, 2000, 5000, 9000]))
    assert found["v_inc_pc", "v1"].estimate == pytest.approx((2000 + 5000 + 9000) / 3)
    assert found["v_inc_pc_median", "v1"].estimate == 5000


def test_a_loss_is_poor_and_its_gap_is_whole() -> None:
    loss = earning(0, inc_crop=100, cost_crop=5000)
    found = figures([loss, earning(8000)])
    assert found["v_pov_gap", "v1"].estimate == 0.5
    assert "negative=1" in found["v_pov_gap", "v1"].flags
    assert "negative=1" in found["v_gini", "v1"].flags


def test_a_village_that_was_taken_whole_has_no_error() -> None:
    census = read_settings({"design": {"households": {"v1": 3}}})
    one = figures(FOUR, census)["v_inc_pc", "v1"]
    assert one.se == 0
    assert "census" in one.flags


def test_the_finite_population_shrinks_the_error() -> None:
    free = figures(FOUR)["v_inc_pc", "v1"]
    known = figures(FOUR, Settings().with_village_sizes({"v1": 12}))["v_inc_pc", "v1"]
    assert known.se == pytest.approx(free.se * math.sqrt(1 - 3 / 12))
    assert free.se == pytest.approx(np.std([2000, 5000, 9000], ddof=1) / math.sqrt(3))


def test_a_village_that_says_it_is_smaller_than_the_sample_is_not_believed() -> None:
    small = figures(FOUR, Settings().with_village_sizes({"v1": 2}))["v_inc_pc", "v1"]
    assert small.se == pytest.approx(figures(FOUR)["v_inc_pc", "v1"].se)


def test_one_village_tells_no_error_of_the_project() -> None:
    one = figures(FOUR)["v_inc_pc", ""]
    assert math.isnan(one.se)
    assert "lonely_cluster" in one.flags


def test_villages_are_the_clusters_of_the_project() -> None:
    homes = [earning(4000), earning(6000), earning(8000, "v2"), earning(10000, "v2")]
    one = figures(homes)["v_inc_pc", ""]
    # The sums of (y − 7,000)/4 of the two villages are −1,000 and 1,000.
    assert one.estimate == 7000
    assert one.se == pytest.approx(math.sqrt(2 / 1 * 2 * 1000.0**2))
    assert one.df == 1


def test_response_counts_those_who_are_there() -> None:
    absent: Home = (household(visit_result="absent", consent=...), [])
    refused: Home = (household(visit_result="done", consent="no"), [])
    moved: Home = (household(visit_result="moved", consent=...), [])
    found = figures([*FOUR, absent, refused, moved])
    assert found["v_n", "v1"].estimate == 3
    assert found["v_response", "v1"].estimate == 3 / 5


def test_poverty_of_many_dimensions_is_that_of_the_measure() -> None:
    frame = simulated()
    table = compute_households(frame)
    found = {(one.code, one.place): one for one in summarise(frame, table, masked=False).project}
    sample = make_sample(frame, table, Settings())
    columns = [sample.table[f"mpi_d_{name}"] for name in MPI_NAMES]
    whole = sample.table["mpi_score"].given & (sample.persons > 0)
    matrix = np.stack([column.values[whole] for column in columns], axis=1)
    people = (sample.weights * sample.persons)[whole]
    measured = alkire_foster(matrix, list(Settings().mpi.weights().values()), "1/3", people)
    assert found["v_mpi_h", ""].estimate == pytest.approx(measured.H, rel=1e-12)
    assert found["v_mpi_m0", ""].estimate == pytest.approx(measured.M0, rel=1e-12)
    assert found["v_mpi_a", ""].estimate == pytest.approx(measured.A, rel=1e-12)
    for place, name in enumerate(MPI_NAMES):
        assert found[f"v_mpi_ch_{name}", ""].estimate == pytest.approx(measured.censored_headcounts[place], abs=1e-12)
        assert found[f"v_mpi_share_{name}", ""].estimate == pytest.approx(measured.contributions[place], abs=1e-12)
    assert sum(found[f"v_mpi_share_{name}", ""].estimate for name in MPI_NAMES) == pytest.approx(1)


def test_the_poverty_of_villages_adds_up_to_that_of_the_project() -> None:
    frame = simulated()
    table = compute_households(frame)
    sample = make_sample(frame, table, Settings())
    found = summarise(frame, table, masked=False)
    whole = next(one for one in found.project if one.code == "v_poor_h")
    people = sample.weights * sample.persons * sample.table["inc_pc"].given
    villages = {one.place: one.estimate for one in found.villages if one.code == "v_poor_h"}
    shares = {place: people[sample.village == place].sum() / people.sum() for place in villages}
    assert sum(shares[place] * value for place, value in villages.items()) == pytest.approx(whole.estimate)


def test_coordination_of_means_is_not_the_mean_of_coordination() -> None:
    homes = [(household(net_money=0, net_visit_n=2, co_meet=0), MEMBERS), (household(w_src_n="surface"), MEMBERS)]
    found = figures(homes)
    spaces = [found[f"v_{code}", "v1"].estimate for code in ("u_living", "u_production", "u_social")]
    assert found["v_ccd_macro", "v1"].estimate == pytest.approx(math.prod(spaces) ** (1 / 6))
    assert found["v_ccd_macro", "v1"].estimate != pytest.approx(found["v_ccd", "v1"].estimate, abs=1e-6)
    assert found["v_ccd_macro", "v1"].se > 0


def test_the_error_of_coordination_follows_its_slopes() -> None:
    differing = ((0, "piped_in", 2), (5, "surface", 0), (9, "tanker", 9), (2, "cistern", 4))
    homes = [
        (household(net_money=lenders, w_src_n=source, land_in_n=land), MEMBERS) for lenders, source, land in differing
    ]
    frame = frame_of(*homes)
    table = compute_households(frame)
    spaces = np.stack([table[code].values for code in ("u_living", "u_production", "u_social")])
    means, step = spaces.mean(axis=1), 1e-6

    def degree(levels: Any) -> float:
        return float(np.prod(levels) ** (1 / 6))

    slopes = [(degree(means + step * side) - degree(means - step * side)) / (2 * step) for side in np.eye(3)]
    pull = np.array(slopes) @ (spaces - means[:, None])
    found = next(one for one in summarise(frame, table, masked=False).villages if one.code == "v_ccd_macro")
    assert found.se == pytest.approx(np.std(pull, ddof=1) / math.sqrt(len(homes)), rel=1e-6)
    assert found.lower < found.estimate < found.upper


def test_the_spread_of_a_synergy_is_reported_with_it() -> None:
    homes = [(household(ic_job=answer), MEMBERS) for answer in ("yes", "yes", "no")]
    found = figures(homes)
    assert found["v_syn_inter", "v1"].estimate == pytest.approx((0.75 + 0.75 + 0.55) / 3)
    assert found["v_syn_inter_sd", "v1"].estimate == pytest.approx(np.std([0.75, 0.75, 0.55], ddof=1))


def test_dropout_counts_children() -> None:
    two = [member(0), member(2), member(2, m_school="no")]
    unknown = [member(0), member(2, m_school="dk")]
    one = figures([(household(), two), (household(), MEMBERS), (household(), unknown)])["v_dropout", "v1"]
    assert one.estimate == 1 / 3
    assert (one.units, one.unit_kind, one.n) == (3, "children", 2)


def test_return_is_asked_of_those_who_moved() -> None:
    stayed = (household(reloc_status="stayed", return_plan=..., return_months=...), MEMBERS)
    one = figures([(household(return_plan="4"), MEMBERS), (household(), MEMBERS), *[stayed] * 6])["v_return", "v1"]
    assert one.estimate == 0.5
    assert one.n == 2
    assert "coverage<80%" not in one.flags


def test_the_most_named_leader_and_how_concentrated_authority_is() -> None:
    named = ["elder", "elder", "party", "none", "none", "none"]
    found = figures([(household(co_leader=kind), MEMBERS) for kind in named])
    assert found["v_leader", "v1"].text == "elder"
    assert found["v_leader", "v1"].estimate == pytest.approx(2 / 6)
    assert found["v_leader_conc", "v1"].estimate == pytest.approx((2 / 3) ** 2 + (1 / 3) ** 2)


def test_nobody_leads_where_nobody_is_named() -> None:
    found = figures([(household(co_leader="none"), MEMBERS)] * 2)
    assert found["v_leader", "v1"].text == "none"
    assert found["v_leader", "v1"].estimate == 1
    assert math.isnan(found["v_leader_conc", "v1"].estimate)


def test_inequality_inside_villages_is_all_where_villages_are_alike() -> None:
    pair = [earning(4000), earning(8000)]
    alike = figures([*pair, earning(4000, "v2"), earning(8000, "v2")])
    assert alike["v_theil_within", ""].estimate == pytest.approx(1)
    apart = figures([earning(4000), earning(4000), earning(8000, "v2"), earning(8000, "v2")])
    assert apart["v_theil_within", ""].estimate == pytest.approx(0, abs=1e-12)


def test_a_change_is_that_of_the_same_households() -> None:
    homes = [(household(), MEMBERS), (household(h_area_n=100), MEMBERS), (household(h_area_b=-98), MEMBERS)]
    found = figures(homes)
    one = found["v_change_area_pc", "v1"]
    assert one.estimate == pytest.approx(((20 - 12) + (25 - 12)) / 2)
    assert one.n == 2
    assert "recall" in one.flags


def test_before_and_now_stand_side_by_side_over_the_same_households() -> None:
    homes = [(household(), MEMBERS), (household(h_area_n=100), MEMBERS), (household(h_area_b=-98), MEMBERS)]
    compared = summary_of(frame_of(*homes)).before_after
    one = next(pair for pair in compared if pair.code == "area_pc" and pair.place == "v1")
    assert (one.before.estimate, one.now.estimate, one.change.estimate) == (12, 22.5, 10.5)


def test_nothing_is_compared_with_the_network_of_before() -> None:
    assert not [code for line in LINES for code in line.codes if "net_size" in code]


def test_movers_are_compared_with_those_who_stayed() -> None:
    stayed: dict[str, Any] = {"reloc_status": "stayed", "village": "v2"}
    homes = [(household(h_area_n=100), MEMBERS), (household(h_area_n=80), MEMBERS),
             (household(**stayed), MEMBERS), (household(**stayed, h_area_n=60), MEMBERS)]  # fmt: skip
    one = figures(homes)["did_area_pc", ""]
    assert one.estimate == pytest.approx(((25 - 12) + (20 - 12)) / 2 - ((20 - 12) + (15 - 12)) / 2)
    assert "parallel trends assumed, not shown" in one.flags


def test_vulnerability_is_the_mean_of_its_sixteen_parts() -> None:
    homes = [(household(), MEMBERS)] * 2
    found = figures(homes)
    parts = [1 / 3, 0, 0, 0, 0, (1 / 7 - 0.1) / 0.9, 13 / 7 / 3, 0, 0.25, 30 / 60, 0, 4 / 56, 0, 0, 2 / 9, 0]
    assert found["lvi", "v1"].estimate == pytest.approx(sum(parts) / 16)
    assert found["lvi_m_health", "v1"].estimate == pytest.approx(0.375)
    adaptive, sensitivity, exposure = 1 - sum(parts[:8]) / 8, sum(parts[8:14]) / 6, sum(parts[14:]) / 2
    assert found["lvi_ipcc", "v1"].estimate == pytest.approx((exposure - adaptive) * sensitivity)


def test_a_new_household_has_the_mean_weight_of_its_village() -> None:
    weights = ["2", "4", None, "9", None]
    villages = ["v1", "v1", "v1", "v2", "v3"]
    homes = [(household(pre_weight=weight, village=village), MEMBERS)
             for weight, village in zip(weights, villages, strict=True)]  # fmt: skip
    assert household_weights(frame_of(*homes), Settings()).tolist() == [2, 4, 3, 9, 5]


def test_splitting_a_household_into_halves_of_its_weight_changes_nothing() -> None:
    whole = figures([earning(3000, pre_weight="2"), earning(9000, pre_weight="2"), earning(5000, pre_weight="2")])
    halves = figures([earning(amount, pre_weight="1") for amount in (3000, 3000, 9000, 9000, 5000, 5000)])
    for code in ("v_poor_h", "v_gini", "v_mpi_h", "v_mpi_m0", "v_inc_pc", "v_ccd_macro", "lvi", "v_fcs_acc"):
        left, right = whole[code, "v1"].estimate, halves[code, "v1"].estimate
        assert left == pytest.approx(right, nan_ok=True), code


# -- masking ----------------------------------------------------------------------------------------------------------
def small(place: str, n: int) -> Figure:
    return Figure("v_gini", place, 0.3, 0.01, 0.28, 0.32, 5, n, n, flags=("n<10", "recall") if n < 10 else ())


def test_small_cells_lose_value_and_error() -> None:
    one, other = mask_small([small("a", 9), small("b", 8)], 10, 30, {"a": "t", "b": "t"})
    assert one.masked
    assert math.isnan(one.estimate)
    assert math.isnan(one.se)
    assert one.flags == ("n<10", "recall")
    assert other.masked


def test_a_single_masked_village_takes_a_second_with_it() -> None:
    towns = {"a": "t", "b": "t", "c": "t", "d": "other"}
    found = mask_small([small("a", 9), small("b", 50), small("c", 20), small("d", 40)], 10, 30, towns)
    assert [one.masked for one in found] == [True, False, True, False]
    assert found[2].flags == ("n<30", "complementary")


def test_the_limits_are_those_of_the_project() -> None:
    (one,) = mask_small([small("a", 9)], 5, 9, {})
    assert not one.masked
    assert one.flags == ("recall",)


def test_counts_of_interviews_are_not_masked() -> None:
    found = summary_of(frame_of(*FOUR), masked=True)
    by_code = {one.code: one for one in found.villages}
    assert by_code["v_n"].estimate == 3
    assert by_code["v_gini"].masked
    assert all(pair.change.masked for pair in found.before_after)


def test_simulated_interviews_give_every_figure() -> None:
    frame = simulated()
    table = compute_households(frame, parameters=refit(frame, what=["entropy"]))
    found = summarise(frame, table)
    codes = {one.code for one in (*found.villages, *found.project)}
    assert codes == {code for line in LINES for code in line.codes}
    for one in (*found.villages, *found.project):
        small_or_shielding = one.flags[:1] == ("n<10",) or "complementary" in one.flags
        assert one.masked == (small_or_shielding and one.code not in ("v_n", "v_response")), one
        assert not one.masked or math.isnan(one.estimate)


def test_figures_that_the_table_cannot_give_are_left_out() -> None:
    frame = frame_of(*FOUR)
    found = summarise(frame, compute_households(frame, codes=["inc_pc"]), masked=False)
    assert {one.code for one in found.villages} >= {"v_n", "v_gini", "v_poor_h"}
    assert "v_ccd" not in {one.code for one in found.villages}
    assert {pair.code for pair in found.before_after} == {"inc_pc"}


@pytest.mark.parametrize("homes", [[], [(household(consent="no"), [])]])
def test_without_interviews_there_are_counts_and_nothing_else(homes: Sequence[Home]) -> None:
    found = summary_of(frame_of(*homes), masked=True)
    figures_of_answers = [one for one in (*found.villages, *found.project) if one.code not in ("v_n", "v_response")]
    assert all(math.isnan(one.estimate) for one in figures_of_answers)
    assert {one.estimate for one in found.villages if one.code == "v_n"} <= {0}


def test_a_village_where_nobody_answers_to_a_component_has_no_index_and_breaks_nothing() -> None:
    frame = frame_of(({"consent": "yes", "village": "v1", "hh_size": 3}, []))
    summary = summarise(frame, compute_households(frame), masked=False)
    found = {figure.place: figure for figure in summary.villages if figure.code == "lvi"}
    assert math.isnan(found["v1"].estimate)
    assert found["v1"].n == 0
