"""Where figures of a household go wrong if nobody looks: skipped questions, missing codes, losses, nobody to work."""

from typing import Any

import pytest

from surveyapp.indicators.columns import texts_of
from surveyapp.indicators.compute import compute_households
from surveyapp.indicators.frame import FrameMaker, read_question
from surveyapp.indicators.inputs import QUESTIONS
from surveyapp.indicators.settings import read_settings
from tests.indicators.household import FORM, MEMBERS, cell, household, marks, member, table_of, value

ALONE = [member(0)]
INCOMES = ("crop", "livestock", "forest", "wage_local", "wage_migr", "business", "land_rent", "dividend", "gov")
NOTHING: dict[str, Any] = {f"inc_{name}": 0 for name in (*INCOMES, "private", "other")}
NOTHING |= {"cost_crop": ..., "cost_livestock": ...}


# -- structural values ------------------------------------------------------------------------------------------------
def test_a_cost_that_was_not_asked_is_nothing() -> None:
    assert value("inc_net", inc_crop=0, cost_crop=...) == 34000 - 2000


def test_a_cost_is_missing_where_the_income_is() -> None:
    assert value("inc_net", inc_crop=-98, cost_crop=...) == "(dk)"


def test_a_cost_that_was_asked_and_left_empty_is_blank() -> None:
    assert value("inc_net", cost_crop=None) == "(blank)"


def test_more_minutes_than_a_day_has_are_no_answer() -> None:
    assert value("plot_min", d_land_n=1440) == 1440
    assert value("plot_min", d_land_n=1441) == "(invalid)"


def test_one_slip_of_the_finger_does_not_make_the_mean_of_the_services() -> None:
    # Four of the five times are enough.
    assert value("access_min", d_county_n=987654321) == value("access_min", d_county_n=...)


def test_land_let_out_is_nothing_where_none_is_owned() -> None:
    assert value("land_oper_pc", land_own_n=0, land_out_n=...) == 2 / 4


def test_land_let_out_is_refused_where_land_owned_is() -> None:
    assert value("land_oper_pc", land_own_n=-99, land_out_n=...) == "(rf)"


def test_nearness_is_left_out_where_no_land_is_farmed() -> None:
    changes: dict[str, Any] = {"land_own_n": 0, "land_out_n": ..., "land_in_n": 0, "d_land_n": ...}
    assert value("plot_min", **changes) == "(na)"
    assert value("u_production", **changes) == pytest.approx((0 + 0.51 + 0.5625) / 3)


def test_two_missing_terms_are_too_many_for_production() -> None:
    changes: dict[str, Any] = {"land_own_n": 0, "land_out_n": ..., "land_in_n": 0, "d_land_n": ..., "inc_gov": -98}
    assert value("u_production", **changes) == "(dk)"


def test_no_debt_is_a_ratio_of_nothing_even_with_a_loss() -> None:
    assert value("debt_ratio", debt_any="no", debt_amt=..., debt_reloc=..., cost_crop=99000) == 0


def test_debt_without_income_has_no_ratio() -> None:
    table = table_of(cost_crop=99000)
    assert cell(table, "debt_ratio") == "(undefined)"
    assert "debt_ratio.no_income_to_compare" in marks(table)


def test_debt_is_unknown_where_the_question_before_it_was_refused() -> None:
    assert value("debt_ratio", debt_any="rf", debt_amt=..., debt_reloc=...) == "(rf)"


def test_credit_rests_on_lenders_where_no_loan_was_needed() -> None:
    assert value("score_credit", loan_need="no", loan_got=...) == 1
    assert value("score_credit", loan_need="no", loan_got=..., net_money=0) == 0
    assert value("score_credit", loan_need="dk", loan_got=...) == "(dk)"


def test_no_shock_is_no_loss() -> None:
    changes: dict[str, Any] = {"sh_types": "none", "sh_loss": ..., "sh_recover": ...}
    assert value("shock_loss_ratio", **changes) == 0
    assert value("shock_recovered", **changes) == "(na)"
    assert value("shock_loss_ratio", **{**changes, "sh_types": "dk"}) == "(dk)"


def test_fairness_is_left_out_where_there_is_no_business_with_firms() -> None:
    assert value("syn_capital", ca_coop="no", ca_fair=...) == 1 / 4


def test_what_was_asked_of_movers_does_not_apply_to_others() -> None:
    stayed: dict[str, Any] = {"reloc_status": "stayed", "return_plan": ..., "return_months": ..., "gs_house_amt": ...}
    assert value("return_risk", **stayed) == "(na)"
    assert value("syn_gov_state", **stayed) == 0.5
    assert value("self_paid_share", **stayed, h_cost_self=...) == "(na)"


def test_plans_and_months_in_the_old_village_are_a_risk_from_three_on() -> None:
    assert value("return_risk", return_months=3) == 1
    assert value("return_risk", return_months=2) == 0
    assert value("return_risk", return_plan="3", return_months=-98) == 1
    assert value("return_risk", return_months=-98) == "(dk)"


def test_two_of_three_terms_are_enough_of_government_where_nobody_moved() -> None:
    stayed: dict[str, Any] = {"reloc_status": "host", "gs_house_amt": ..., "gs_guide": None}
    assert value("syn_gov_state", **stayed) == 0.5
    assert value("syn_gov_state", **stayed, gs_visits=None) == "(blank)"


def test_recall_is_asked_once() -> None:
    later: dict[str, Any] = {"ask_before": "0", "h_area_b": ..., "hh_size_b": ...}
    assert value("area_pc_b", **later) == "(not_asked)"


# -- missing codes ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("code", "reason"), [(-98, "(dk)"), (-99, "(rf)"), (None, "(blank)"), (-5, "(invalid)")])
def test_an_amount_that_is_none_never_enters_arithmetic(code: object, reason: str) -> None:
    assert value("inc_pc", inc_gov=code) == reason
    assert value("inc_div", inc_gov=code) == reason


def test_missing_amounts_count_as_nothing_where_the_project_says_so() -> None:
    table = table_of(inc_gov=-98, settings={"partial": "zero"})
    assert cell(table, "inc_net") == 32000
    assert "inc_net.inc_partial" in marks(table)


def test_answers_outside_the_scale_are_invalid() -> None:
    assert value("fcs", fcs_veg=8) == "(invalid)"
    assert value("lcs_max", **{f"lcs_{way}": "40" for way in ("s1", "s2", "s3", "s4")}) == 1
    assert value("belonging", belong="6") == "(invalid)"


def test_only_dont_know_is_missing_and_none_is_nothing() -> None:
    assert value("passet_n", p_assets_n="dk") == "(dk)"
    assert value("passet_n", p_assets_n="none") == 0
    assert value("hazard_any", hazard_n=None) == "(blank)"


def test_strategies_that_do_not_apply_are_an_answer() -> None:
    nothing = {f"lcs_{way}": "9999" for way in ("s1", "s2", "s3", "s4", "c1", "c2", "c3", "e1", "e2", "e3")}
    assert value("lcs_max", **nothing) == 1
    assert value("lcs_max", **dict.fromkeys(nothing)) == "(blank)"
    assert value("lcs_max", **{**dict.fromkeys(nothing), "lcs_e2": "20"}) == 4


def test_a_known_failure_decides_about_water() -> None:
    assert value("water_safe", w_min_n=21, w_short_n="dk") == 0
    assert value("water_safe", w_short_n="dk") == "(dk)"
    assert value("water_safe", w_src_n="tanker") == 0
    assert value("water_safe", w_src_n="tanker", w_min_n=30, settings={"water_rule": "jmp"}) == 1


# -- who lives here ---------------------------------------------------------------------------------------------------
def test_one_person_can_be_a_household() -> None:
    table = table_of(members=ALONE, hh_size="1")
    assert cell(table, "area_pc") == 80
    assert cell(table, "dep_ratio") == 0
    assert cell(table, "emp_rate") == 1
    assert cell(table, "score_edu") == 9 / 12


def test_a_household_without_labour_has_no_rate_of_employment() -> None:
    table = table_of(members=[member(3)], hh_size="1")
    assert cell(table, "one_job") == cell(table, "emp_rate") == "(na)"
    assert {"one_job.no_labour", "emp_rate.no_labour", "dep_ratio.no_working_age"} <= marks(table)
    assert cell(table, "dep_ratio") == "(undefined)"
    assert cell(table, "mpi_d_work") == 0


def test_without_labour_and_without_transfers_a_household_is_deprived_of_work() -> None:
    assert value("mpi_d_work", members=[member(3)], hh_size="1", inc_gov=0) == 1


def test_a_known_job_decides_whatever_else_is_unknown() -> None:
    assert value("one_job", members=[member(0), member(1, m_work="dk", m_work_months=...)]) == 1
    idle = member(0, m_work="idle", m_work_months=...)
    assert value("one_job", members=[idle, member(1, m_work="dk", m_work_months=...)]) == "(dk)"
    assert value("one_job", members=[idle]) == 0


def test_an_unknown_age_makes_counts_by_age_missing() -> None:
    members = [*MEMBERS, member(2, m_age=-98, m_school=...)]
    table = table_of(members=members, hh_size="5")
    for code in ("dep_ratio", "lab_equiv", "emp_rate", "score_edu", "dropout"):
        assert cell(table, code) == "(dk)", code
    assert cell(table, "one_job") == 1


def test_work_near_home_is_a_share_of_those_in_work() -> None:
    assert value("emp_local", members=[member(0), member(1, m_work_months=6)]) == 1
    away = member(0, m_work="post", m_work_place="outside")
    assert value("emp_local", members=[away, member(1, m_work_months=6)]) == 0.5


def test_absent_members_divide_unless_the_project_says_otherwise() -> None:
    assert value("area_pc", settings={"hh_rule": "resident"}) == 80 / 3


def test_a_child_out_of_school_is_seen_everywhere() -> None:
    members = [*MEMBERS[:2], member(2, m_school="no"), MEMBERS[3]]
    table = table_of(members=members)
    assert cell(table, "dropout") == cell(table, "mpi_d_attendance") == 1
    assert cell(table, "two_no_worries") == cell(table, "tnw_school") == 0
    assert cell(table, "children_out_n") == 1


def test_without_children_nobody_can_drop_out() -> None:
    table = table_of(members=ALONE, hh_size="1")
    assert cell(table, "dropout") == "(na)"
    assert cell(table, "mpi_d_attendance") == 0


def test_no_adult_means_no_schooling() -> None:
    table = table_of(members=[member(2)], hh_size="1")
    assert cell(table, "mpi_d_schooling") == 1
    assert cell(table, "score_edu") == "(na)"


# -- losses, limits, leaders ------------------------------------------------------------------------------------------
def test_a_loss_makes_income_negative_and_its_score_nothing() -> None:
    table = table_of(cost_crop=60000)
    assert cell(table, "inc_net") == -22000
    assert cell(table, "inc_pc") == -5500
    assert cell(table, "poor_inc") == 1
    assert cell(table, "score_income") == 0


def test_no_income_at_all_has_no_diversity() -> None:
    table = table_of(**NOTHING)
    assert cell(table, "inc_div") == cell(table, "livelihood_type") == cell(table, "gov_share") == "(undefined)"
    assert cell(table, "inc_net") == 0


def test_one_source_is_no_diversity() -> None:
    assert value("inc_div", **{**NOTHING, "inc_wage_migr": 5000}) == 0


def test_more_land_let_out_than_owned_is_marked_not_clipped() -> None:
    table = table_of(land_out_n=20)
    assert cell(table, "land_oper_pc") == -2
    assert "land_oper_pc.negative_land" in marks(table)
    assert cell(table, "score_land") == 0


def test_more_irrigated_than_owned_is_capped_with_a_mark() -> None:
    table = table_of(land_irr_n=15)
    assert cell(table, "irr_share") == 1
    assert "irr_share.irrigated_above_owned" in marks(table)
    assert value("irr_share", land_own_n=0, land_out_n=..., land_irr_n=0) == 0


@pytest.mark.parametrize("leader", ["none", "resident_cadre"])
def test_a_leader_who_is_not_their_own_counts_as_none(leader: str) -> None:
    assert value("syn_gov_community", co_leader=leader) == pytest.approx((0 + 0 + 0.5625 + 0.5) / 4)


def test_an_unknown_leader_leaves_too_little_to_say() -> None:
    assert value("syn_gov_community", co_leader="dk", co_leader_trust=..., co_leader_help=...) == "(dk)"


def test_a_space_without_value_makes_coordination_nothing() -> None:
    nothing: dict[str, Any] = {"net_money": 0, "net_visit_n": 0}
    assert value("syn_intra", **nothing) == 0


def test_the_poverty_line_is_not_below_itself() -> None:
    assert value("poor_inc", settings={"poverty_line": {"amount": 9000}}) == 0
    assert value("poor_inc", settings={"poverty_line": {"amount": 9000.01}}) == 1


def test_incomes_of_other_years_are_brought_to_the_prices_of_the_line() -> None:
    assert value("inc_pc_b", settings={"before_prices": {"by_year": {"2016": 1.25}}}) == 2000
    assert value("inc_pc_b", settings={"before_prices": {"default": 2, "by_year": {"2015": 1.25}}}) == 3200


def test_eight_of_24_points_are_poor_and_seven_are_not() -> None:
    care: dict[str, Any] = {"med_forgone": "yes", "fcs_pulse": 0, "fcs_protein": 0, "fcs_dairy": 0, "fcs_fruit": 0}
    seven = table_of(**care)
    assert cell(seven, "mpi_score") == 7 / 24
    assert cell(seven, "mpi_poor") == 0
    eight = table_of(**care, fuel_n="wood")
    assert cell(eight, "mpi_score") == 8 / 24
    assert cell(eight, "mpi_poor") == 1


def test_ten_equal_weights_reach_one() -> None:
    names = ["schooling", "attendance", "insurance", "care", "housing", "water", "sanitation", "fuel", "electricity"]
    structure = [{"name": name, "dimension": "all", "weight": 1} for name in [*names, "assets"]]
    bad: dict[str, Any] = {"h_grade_n": "D", "w_min_n": 90, "fuel_n": "dung", "elec_n": "no", "d_assets_n": "tv"}
    members = [member(2, m_edu="none", m_school="no", m_insured="no")]
    table = table_of(
        members=members, settings={"mpi": {"cutoff": "1", "indicators": structure}}, med_forgone="yes", **bad
    )
    assert cell(table, "mpi_score") == 1
    assert cell(table, "mpi_poor") == 1


def test_a_dropped_indicator_leaves_its_weight_to_its_dimension() -> None:
    table = table_of(med_forgone=None, settings={"mpi": {"drop": ["care"]}}, members=[member(0, m_insured="no")])
    assert cell(table, "mpi_score") == pytest.approx(6 / 24 + 1 / 24)
    assert value("mpi_score", med_forgone=None) == "(blank)"


def test_a_car_is_worth_more_than_two_small_things() -> None:
    assert value("mpi_d_assets", d_assets_n="car") == 0
    assert value("mpi_d_assets", d_assets_n="tv aircon heater") == 1


# -- food -------------------------------------------------------------------------------------------------------------
def test_hunger_needs_to_know_how_often() -> None:
    asked: dict[str, Any] = {"rcsi_borrow": 1, "hhs_nofood": "yes", "hhs_sleep": "no", "hhs_day": "no"}
    assert value("hhs", **asked, hhs_nofood_f="3") == 2
    assert value("hhs", **asked, hhs_nofood_f=None) == "(blank)"
    assert value("hhs", **{**asked, "hhs_sleep": "rf"}, hhs_nofood_f="3") == "(rf)"
    assert value("hhs", rcsi_borrow=-98) == "(dk)"


def test_food_classes_follow_the_cuts_of_the_project() -> None:
    plain: dict[str, Any] = {f"fcs_{food}": 0 for food in ("pulse", "dairy", "protein", "fruit", "fat", "sugar")}
    assert value("fcs_cat", **plain, fcs_veg=7) == "poor"  # 21, on the cut
    assert value("fcs_cat", **{**plain, "fcs_fat": 1}) == "borderline"  # 21.5
    assert value("fcs_cat", **{**plain, "fcs_fat": 1}, settings={"fcs_high": True}) == "poor"


def test_strange_food_answers_are_marked() -> None:
    equal: dict[str, Any] = {f"fcs_{food}": 7 for food in ("pulse", "dairy", "protein", "fruit", "sugar")}
    assert {"fcs.fcs_all_equal", "fcs.fcs_above_100"} <= marks(table_of(**equal))


def test_a_half_rounds_up_in_cari() -> None:
    changes: dict[str, Any] = {"lcs_s3": "10", "rcsi_less": 0}  # status 1; coping (1 + 2)/2; mean 1.25
    assert value("cari", **changes) == 1
    assert value("cari", **changes, lcs_c1="30") == 2  # coping (3 + 2)/2 = 2.5; mean 1.75
    assert value("cari", **{**changes, "lcs_s3": "30"}) == 2  # coping 2; mean 1.5


# -- nobody was asked -------------------------------------------------------------------------------------------------
def test_without_an_interview_nothing_is_known_and_nothing_is_zero() -> None:
    table = table_of(members=[], consent="no", hh_size=None, h_area_n=None)
    assert cell(table, "area_pc") == cell(table, "dep_ratio") == "(not_asked)"


def test_an_empty_roster_of_an_interview_is_blank() -> None:
    assert value("dep_ratio", members=[]) == "(blank)"


def test_what_waits_for_a_fit_says_so() -> None:
    assert value("lci_ent") == value("asset_pca") == value("obstacle") == "(not_fitted)"


def test_the_codes_of_the_settings_count_and_no_others() -> None:
    own = read_settings({"missing": {"numbers": {"999": "dk"}, "choices": {"hush": "rf"}}})
    maker = FrameMaker(FORM, own)
    maker.add(household(d_school_n=999, h_grade_n="hush", p_assets_n="hush", net_money=-98), MEMBERS, "1")
    table = compute_households(maker.make(), own)
    assert [cell(table, code) for code in ("house_safe", "passet_n")] == ["(rf)", "(rf)"]
    assert cell(table, "access_min") == cell(table_of(d_school_n=-98), "access_min")
    # -98 is no code here, and no number of households that would lend.
    assert cell(table, "net_size") == "(invalid)"


def test_a_visit_that_was_refused_is_no_missing_answer() -> None:
    column = read_question(QUESTIONS["visit_result"], ["refused", "done"])
    assert texts_of(column) == ["refused", "done"]
