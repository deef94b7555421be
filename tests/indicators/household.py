"""A household of the hand-worked examples: four persons who moved, everything answered, round figures."""

from collections.abc import Mapping, Sequence
from typing import Any

from surveyapp.indicators.columns import REASON_NAMES, Reason
from surveyapp.indicators.compute import IndicatorTable, compute_households
from surveyapp.indicators.frame import FrameMaker, SurveyFrame
from surveyapp.indicators.inputs import QUESTIONS
from surveyapp.indicators.parameters import NO_PARAMETERS, Parameters
from surveyapp.indicators.settings import Settings, read_settings

FORM = {"1": frozenset(QUESTIONS)}

# Head of 45 who farms, wife of 43 who works in town, son of 10 at school, mother of 70.
MEMBERS: tuple[dict[str, Any], ...] = (
    {
        "m_relation": "head",
        "m_sex": "m",
        "m_age": 45,
        "m_months_home": 12,
        "m_edu": "junior",
        "m_health": "good",
        "m_labour": "full",
        "m_work": "farm",
        "m_work_months": 10,
        "m_train": 1,
        "m_insured": "yes",
    },
    {
        "m_relation": "spouse",
        "m_sex": "f",
        "m_age": 43,
        "m_months_home": 12,
        "m_edu": "primary",
        "m_health": "chronic",
        "m_labour": "half",
        "m_work": "wage",
        "m_work_months": 4,
        "m_work_place": "town",
        "m_train": 0,
        "m_insured": "yes",
    },
    {
        "m_relation": "child",
        "m_sex": "m",
        "m_age": 10,
        "m_months_home": 12,
        "m_edu": "primary",
        "m_school": "yes",
        "m_health": "good",
        "m_insured": "yes",
    },
    {
        "m_relation": "parent",
        "m_sex": "f",
        "m_age": 70,
        "m_months_home": 5,
        "m_edu": "none",
        "m_health": "disabled",
        "m_labour": "none",
        "m_work": "idle",
        "m_train": 0,
        "m_insured": "yes",
    },
)

_NOW: dict[str, Any] = {
    "h_area_n": 80,
    "h_struct_n": "concrete",
    "h_grade_n": "B",
    "w_src_n": "piped_in",
    "w_min_n": 0,
    "w_short_n": "no",
    "elec_n": "yes",
    "fuel_n": "gas",
    "san_n": "pit",
    "net_n": "yes",
    "d_school_n": 15,
    "d_clinic_n": 30,
    "d_market_n": 45,
    "d_road_n": 3,
    "d_county_n": 90,
    "hazard_n": "none",
    "land_own_n": 10,
    "land_out_n": 4,
    "land_in_n": 2,
    "land_irr_n": 5,
    "land_forest_n": 8,
    "d_land_n": 60,
    "lv_cattle_n": 1,
    "lv_pig_n": 4,
    "lv_sheep_n": 2,
    "lv_poultry_n": 20,
    "p_assets_n": "tractor pump",
    "inc_main_n": "wage_local",
    "d_assets_n": "tv fridge washer phone moto",
    "net_visit_n": 15,
}
_BEFORE: dict[str, Any] = {
    "h_area_b": 60,
    "h_struct_b": "cave_earth",
    "h_grade_b": "D",
    "w_src_b": "surface",
    "w_min_b": 40,
    "w_short_b": "yes",
    "elec_b": "yes",
    "fuel_b": "wood",
    "san_b": "pit",
    "net_b": "no",
    "d_school_b": 90,
    "d_clinic_b": 60,
    "d_market_b": 120,
    "d_road_b": 15,
    "d_county_b": 240,
    "hazard_b": "landslide flood",
    "land_own_b": 12,
    "land_out_b": 2,
    "land_irr_b": 0,
    "land_forest_b": 20,
    "d_land_b": 30,
    "lv_cattle_b": 2,
    "lv_pig_b": 2,
    "lv_sheep_b": 10,
    "lv_poultry_b": 0,
    "p_assets_b": "none",
    "inc_main_b": "crop",
    "d_assets_b": "tv",
    "net_visit_b": 30,
    "inc_total_b": 8000,
    "hh_size_b": 5,
}
_INCOME: dict[str, Any] = {
    "inc_crop": 6000,
    "inc_livestock": 4000,
    "inc_forest": 0,
    "inc_wage_local": 20000,
    "inc_wage_migr": 0,
    "inc_business": 0,
    "inc_land_rent": 2000,
    "inc_dividend": 2000,
    "inc_gov": 4000,
    "inc_private": 1000,
    "inc_other": 1000,
    "cost_crop": 2000,
    "cost_livestock": 2000,
}
_SPENDING: dict[str, Any] = {
    "x_food_buy_7d": 140,
    "x_food_own_7d": 70,
    "x_utility_30d": 90,
    "x_property_30d": 30,
    "x_transport_30d": 120,
    "x_daily_30d": 60,
    "x_edu_12m": 1000,
    "x_health_12m": 2000,
    "x_gift_12m": 3000,
    "x_other_12m": 400,
    "lack_clothes": "no",
    "med_forgone": "no",
    "sav_any": "yes",
    "debt_any": "yes",
    "debt_amt": 18000,
    "debt_reloc": 9000,
    "loan_need": "yes",
    "loan_got": "no",
}
_SOCIAL: dict[str, Any] = {
    "gs_house_amt": 100000,
    "h_cost_self": 25000,
    "h_old": "demolished",
    "gs_train": "yes",
    "gs_job": "no",
    "gs_industry": "pv workshop",
    "gs_guide": "land market",
    "gs_visits": 6,
    "gs_sat": "4",
    "co_leader": "able",
    "co_leader_trust": "5",
    "co_leader_help": "yes",
    "co_rules": "4",
    "co_meet": 3,
    "co_voice": "3",
    "co_open": "3",
    "co_org": "coop women",
    "co_labour": 5,
    "co_space": "square clinic shop",
    "tr_neigh": "4",
    "tr_fellow": "5",
    "tr_host": "3",
    "tr_cadre": "4",
    "tr_gov": "4",
    "net_money": 5,
    "mh_given": 6,
    "mh_got": 12,
    "belong": "5",
    "ic_forms": "land event",
    "ic_benefit": "4",
    "ic_conflict": "no",
    "ic_job": "yes",
    "ca_coop": "yes",
    "ca_share": "land",
    "ca_contract": "no",
    "ca_job": "no",
    "ca_fair": "3",
}
_FOOD: dict[str, Any] = {
    "fcs_staple": 7,
    "fcs_pulse": 3,
    "fcs_dairy": 1,
    "fcs_protein": 4,
    "fcs_veg": 7,
    "fcs_fruit": 2,
    "fcs_fat": 7,
    "fcs_sugar": 4,
    "fcs_cond": 7,
    "rcsi_less": 2,
    "rcsi_borrow": 0,
    "rcsi_meals": 1,
    "rcsi_portion": 1,
    "rcsi_adult": 0,
    **{f"lcs_{way}": "10" for way in ("s1", "s2", "s4", "c1", "c2", "c3", "e1", "e2", "e3")},
    "lcs_s3": "30",
}
ANSWERS: dict[str, Any] = {
    "consent": "yes",
    "visit_result": "done",
    "reloc_status": "relocated",
    "county": "c1",
    "township": "t1",
    "village": "v1",
    "hh_size": "4",
    "ask_before": "1",
    "ref_year": "2016",
    "pre_weight": "1.0",
    **_NOW,
    **_BEFORE,
    **_INCOME,
    **_SPENDING,
    **_SOCIAL,
    **_FOOD,
    "sh_types": "illness crop",
    "sh_loss": 8000,
    "sh_recover": "4",
    "sat_house": "5",
    "sat_social": "4",
    "sat_all": "3",
    "better": "1",
    "return_plan": "2",
    "return_months": 1,
}


def household(**changes: Any) -> dict[str, Any]:
    """The answers with some of them changed; None leaves one out as blank, `...` as not asked."""
    answers = {**ANSWERS, **changes}
    return {name: answer for name, answer in answers.items() if answer is not ...}


def member(place: int, **changes: Any) -> dict[str, Any]:
    """One of the four with some answers changed."""
    return {name: answer for name, answer in {**MEMBERS[place], **changes}.items() if answer is not ...}


def frame_of(
    *households: tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]],
    settings: Settings | None = None,
    form: Mapping[str, frozenset[str]] = FORM,
    versions: Sequence[str] = (),
) -> SurveyFrame:
    """A frame of households, each with its members."""
    maker = FrameMaker(form, settings or Settings())
    for place, (answers, members) in enumerate(households):
        maker.add(answers, members, versions[place] if versions else next(iter(form)))
    return maker.make()


def table_of(
    *,
    members: Sequence[Mapping[str, Any]] = MEMBERS,
    settings: Mapping[str, Any] | None = None,
    parameters: Parameters = NO_PARAMETERS,
    **changes: Any,
) -> IndicatorTable:
    """The indicators of the one household."""
    read = read_settings(settings)
    return compute_households(frame_of((household(**changes), members), settings=read), read, parameters)


def value(code: str, **changes: Any) -> Any:
    """One indicator of the one household: a number, the name of a category, or '(reason)' where it is missing."""
    return cell(table_of(**changes), code)


def cell(table: IndicatorTable, code: str, row: int = 0) -> Any:
    """One cell, as `value` gives it."""
    column = table[code]
    if column.reasons[row]:
        return f"({REASON_NAMES[Reason(column.reasons[row])]})"
    found = column.values[row]
    return column.levels[int(found)] if column.levels else float(found)


def marks(table: IndicatorTable, row: int = 0) -> set[str]:
    """The marks of one household, as `indicator.mark`."""
    return {f"{code}.{name}" for (code, name), where in table.marks.items() if where[row]}
