"""Living space (生活空间): the dwelling, its utilities, nearness to services, hazard."""

from typing import Final

from surveyapp.indicators.columns import Column, count_ticks, one_of, valued, with_levels
from surveyapp.indicators.declaration import SHARE, UNLIMITED, Indicator, twins
from surveyapp.indicators.reading import Reading
from surveyapp.indicators.scoring import all_of, mean_of, negation

STRUCTURES: Final = {
    "concrete": 1.0,
    "brickwood": 0.75,
    "cave_brick": 0.75,
    "cave_earth": 0.25,
    "earth": 0.25,
    "other": 0.5,
}
GRADES: Final = {"A": 1.0, "B": 0.75, "C": 0.25, "D": 0.0}
SAFE_SOURCES: Final = ("piped_in", "piped_pub", "well_prot", "spring_prot", "cistern")
WATER_RULES: Final = {"china": (SAFE_SOURCES, 20.0), "jmp": ((*SAFE_SOURCES, "tanker"), 30.0)}
CLEAN_FUELS: Final = ("elec", "gas", "biogas", "solar")
PRIVATE_TOILETS: Final = ("flush_in", "dry_clean")
SERVICES: Final = ("d_school", "d_clinic", "d_market", "d_road", "d_county")
TIMES: Final = tuple(f"{service}_@" for service in SERVICES)
OLD_HOUSE: Final = ("demolished", "standing", "used", "none")
BOTH: Final = "recall + panel"


def _area_pc(reading: Reading) -> Column:
    return reading["h_area_@"] / reading["hh_size_@"]


def _house_score(reading: Reading) -> Column:
    return mean_of([valued(reading["h_struct_@"], STRUCTURES), valued(reading["h_grade_@"], GRADES)])


def _house_safe(reading: Reading) -> Column:
    return one_of(reading["h_grade_@"], ("A", "B"))


def _water_safe(reading: Reading) -> Column:
    sources, minutes = WATER_RULES[reading.settings.water_rule]
    near = reading["w_min_@"].at_most(minutes)
    return all_of([one_of(reading["w_src_@"], sources), near, one_of(reading["w_short_@"], ("no",))])


def _facility(reading: Reading) -> Column:
    items = [
        one_of(reading["elec_@"], ("yes",)),
        one_of(reading["fuel_@"], CLEAN_FUELS),
        one_of(reading["san_@"], PRIVATE_TOILETS),
        one_of(reading["net_@"], ("yes",)),
        one_of(reading["w_src_@"], ("piped_in",)),
    ]
    return mean_of(items, at_least=4)


def _access(reading: Reading) -> Column:
    return mean_of([1.0 - reading.share_of_cap(name, reading[f"{name}_@"]) for name in SERVICES], at_least=4)


def _access_min(reading: Reading) -> Column:
    return mean_of([reading[name] for name in TIMES], at_least=4)


def _hazard_any(reading: Reading) -> Column:
    return count_ticks(reading["hazard_@"]).above(0)


def _u_living(reading: Reading) -> Column:
    housing = mean_of([reading.score("area_pc", reading["area_pc@"]), reading["house_score@"]])
    parts = [housing, reading["facility@"], reading["access@"], negation(reading["hazard_any@"])]
    return mean_of(parts, at_least=3)


def _old_house(reading: Reading) -> Column:
    return with_levels(reading["h_old"], OLD_HOUSE)


def _self_paid_share(reading: Reading) -> Column:
    own = reading["h_cost_self"]
    return own / (own + reading["gs_house_amt"])


INDICATORS: Final = (
    *twins(
        Indicator(
            code="area_pc",
            set="CORE",
            unit="m²/person",
            label_en="Floor area per head",
            label_zh="人均住房面积",
            definition="`h_area` / `hh_size`; before: `h_area_b` / `hh_size_b`.",
            formula=_area_pc,
            missing="Missing if either is.",
            recall=BOTH,
            source=("S1", "S12"),
            inputs=("h_area_@", "hh_size_@"),
            bounds=UNLIMITED,
        )
    ),
    *twins(
        Indicator(
            code="house_score",
            set="BLOCK",
            unit="0–1",
            label_en="Quality of the dwelling",
            label_zh="住房质量得分",
            definition="Mean of structure (concrete 1, brickwood and cave_brick .75, cave_earth and earth .25, other "
            ".5) and safety (A 1, B .75, C .25, D 0).",
            formula=_house_score,
            missing="Both must be present.",
            recall=BOTH,
            source=("S8", "S9"),
            inputs=("h_struct_@", "h_grade_@"),
            bounds=SHARE,
        )
    ),
    *twins(
        Indicator(
            code="house_safe",
            set="CORE",
            unit="0/1",
            label_en="Safe dwelling",
            label_zh="住房安全",
            definition="1 if `h_grade` is A or B, 0 if C or D.",
            formula=_house_safe,
            missing="Missing if the grade is.",
            recall=BOTH,
            source=("S13",),
            inputs=("h_grade_@",),
            bounds=SHARE,
        )
    ),
    *twins(
        Indicator(
            code="water_safe",
            set="CORE",
            unit="0/1",
            label_en="Safe drinking water",
            label_zh="饮水安全",
            definition="1 if the source is piped_in, piped_pub, well_prot, spring_prot or cistern, `w_min` ≤ 20 and "
            "`w_short` = no; 0 if one of the three fails. With `water_rule=jmp` tankers count too and the limit is 30.",
            formula=_water_safe,
            missing="Missing if none fails and one is missing.",
            recall=BOTH,
            source=("S6", "S13"),
            inputs=("w_src_@", "w_min_@", "w_short_@"),
            bounds=SHARE,
        )
    ),
    *twins(
        Indicator(
            code="facility",
            set="BLOCK",
            unit="0–1",
            label_en="Utilities in the dwelling",
            label_zh="住房设施指数",
            definition="Mean of five 0/1 items: electricity all year; clean fuel (elec, gas, biogas, solar); own "
            "sanitary toilet (flush_in, dry_clean); internet; water piped_in.",
            formula=_facility,
            missing="At least 4 of 5.",
            recall=BOTH,
            source=("S8",),
            inputs=("elec_@", "fuel_@", "san_@", "net_@", "w_src_@"),
            bounds=SHARE,
        )
    ),
    *twins(
        Indicator(
            code="access",
            set="BLOCK",
            unit="0–1",
            label_en="Nearness to services",
            label_zh="公共服务可达性",
            definition="Mean over school, clinic, market, road, county town of max(0, 1 − minutes/cap), caps 60, 60, "
            "90, 30, 180.",
            formula=_access,
            missing="At least 4 of 5.",
            recall=BOTH,
            source=("S2", "S3"),
            inputs=TIMES,
            bounds=SHARE,
        )
    ),
    *twins(
        Indicator(
            code="access_min",
            set="CORE",
            unit="minutes",
            label_en="Mean time to five services",
            label_zh="到五类服务平均时间",
            definition="Plain mean of the five times.",
            formula=_access_min,
            missing="At least 4 of 5.",
            recall=BOTH,
            source=("S2",),
            inputs=TIMES,
            bounds=UNLIMITED,
        )
    ),
    *twins(
        Indicator(
            code="hazard_any",
            set="BLOCK",
            unit="0/1",
            label_en="Dwelling threatened by a natural hazard",
            label_zh="住房受灾害威胁",
            definition="1 if any hazard other than `none` is ticked.",
            formula=_hazard_any,
            missing="`dk` or no answer is missing.",
            recall=BOTH,
            source=("S2",),
            inputs=("hazard_@",),
            bounds=SHARE,
        )
    ),
    *twins(
        Indicator(
            code="u_living",
            set="CORE",
            unit="0–1",
            label_en="Living-space index (U1)",
            label_zh="生活空间指数",
            definition="Mean of housing = mean(goalpost(area_pc; 0, 25), house_score); facility; access; "
            "1 − hazard_any.",
            formula=_u_living,
            missing="At least 3 of 4 components; housing needs both its terms.",
            recall=BOTH,
            source=("S4", "S5"),
            depends=("area_pc@", "house_score@", "facility@", "access@", "hazard_any@"),
            bounds=SHARE,
        )
    ),
    Indicator(
        code="old_house",
        set="EXT",
        unit="category",
        label_en="The old house",
        label_zh="旧房处置",
        definition="`h_old` as answered.",
        formula=_old_house,
        missing="Not applicable where the household did not move.",
        recall="now",
        source=("S1",),
        inputs=("h_old",),
        levels=OLD_HOUSE,
    ),
    Indicator(
        code="self_paid_share",
        set="EXT",
        unit="share",
        label_en="Share of the new dwelling that the household paid",
        label_zh="新房自筹比例",
        definition="`h_cost_self` / (`h_cost_self` + `gs_house_amt`).",
        formula=_self_paid_share,
        missing="Strict; undefined if the sum is 0; not applicable where the household did not move.",
        recall="now",
        source=("S12",),
        inputs=("h_cost_self", "gs_house_amt"),
        bounds=SHARE,
    ),
)
