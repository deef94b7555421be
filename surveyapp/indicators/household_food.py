"""Food security (食物安全) and what a household spends."""

from typing import Final

import numpy as np

from surveyapp.indicators.columns import Column, Reason, Reasons, one_of
from surveyapp.indicators.declaration import SHARE, UNLIMITED, Indicator
from surveyapp.indicators.inputs import COPING, EXPENSES, FOODS, HUNGER, SHOWS_HARDSHIP, STRATEGIES
from surveyapp.indicators.measures import cari, fcs, hhs, lcs, rcsi
from surveyapp.indicators.reading import Reading
from surveyapp.indicators.scoring import any_of, as_levels, in_bands, in_grades, sum_of

COUNTED_FOODS: Final = tuple(f"fcs_{food}" for food in FOODS if food != "cond")
WAYS: Final = tuple(f"rcsi_{way}" for way in COPING)
STRATEGY_NAMES: Final = tuple(f"lcs_{way}" for way in STRATEGIES)
HUNGER_NAMES: Final = tuple(name for item in HUNGER for name in (item, f"{item}_f"))
FCS_LEVELS: Final = ("poor", "borderline", "acceptable")
RCSI_LEVELS: Final = ("none_or_low", "medium", "high")
HHS_LEVELS: Final = ("little_or_none", "moderate", "severe")
WEEKS, MONTHS = 365 / 7, 365 / 30
FOOD_7D, REST_30D, REST_12M = EXPENSES[:2], EXPENSES[2:6], EXPENSES[6:]
NOT_APPLICABLE_CODE = 9999.0


def _together(reading: Reading, names: tuple[str, ...]) -> tuple[list[Column], Reasons]:
    columns = reading.all_of_them(names)
    return columns, np.maximum.reduce([column.reasons for column in columns])


def _fcs(reading: Reading) -> Column:
    groups, reasons = _together(reading, COUNTED_FOODS)
    score = Column(fcs(*(group.values for group in groups)), reasons)
    first = groups[0].values
    reading.flag("fcs_below_14", score.values < 14)
    reading.flag("fcs_above_100", score.values > 100)
    reading.flag("fcs_all_equal", np.logical_and.reduce([group.values == first for group in groups]))
    return score


def _fcs_cat(reading: Reading) -> Column:
    return as_levels(in_grades(reading["fcs"], reading.settings.fcs_bounds), FCS_LEVELS)


def _rcsi(reading: Reading) -> Column:
    ways, reasons = _together(reading, WAYS)
    return Column(rcsi(*(way.values for way in ways)), reasons)


def _rcsi_band(reading: Reading) -> Column:
    return as_levels(in_grades(reading["rcsi"], reading.settings.rcsi_bands), RCSI_LEVELS)


def _lcs_max(reading: Reading) -> Column:
    columns, reasons = _together(reading, STRATEGY_NAMES)
    answers = np.stack(
        [np.where(column.reasons == Reason.NOT_APPLICABLE, NOT_APPLICABLE_CODE, column.values) for column in columns],
        axis=1,
    )
    level = np.asarray(lcs(answers[:, :4], answers[:, 4:7], answers[:, 7:]))
    return Column(level, np.where(np.isnan(level), reasons, 0).astype(np.uint8))


def _hhs(reading: Reading) -> Column:
    answers, reasons = [], np.zeros(reading.n, np.uint8)
    for item in HUNGER:
        happened, often = one_of(reading[item], ("yes",)), reading[f"{item}_f"]
        answers += [happened.values, np.where(often.values == 0, np.nan, often.values)]
        reasons = np.maximum(reasons, np.where(happened.values == 0, 0, np.maximum(happened.reasons, often.reasons)))
    limits = ((name, 2 if name == "rcsi_meals" else 0) for name in SHOWS_HARDSHIP)
    hardship = any_of([reading[name].above(limit) for name, limit in limits])
    reading.flag("hhs_skipped", hardship.values == 0)
    return Column(np.asarray(hhs(*answers)), reasons.astype(np.uint8))


def _hhs_cat(reading: Reading) -> Column:
    return as_levels(in_grades(reading["hhs"], reading.settings.hhs_bands), HHS_LEVELS)


def _by_year(reading: Reading) -> tuple[Column, Column]:
    food = WEEKS * sum_of(reading.all_of_them(FOOD_7D))
    rest = MONTHS * sum_of(reading.all_of_them(REST_30D)) + sum_of(reading.all_of_them(REST_12M))
    return food, food + rest


def _exp_pc(reading: Reading) -> Column:
    return _by_year(reading)[1] / reading["hh_size"]


def _fes(reading: Reading) -> Column:
    food, total = _by_year(reading)
    return food / total


def _fes_band(reading: Reading) -> Column:
    return in_bands(reading["fes"], reading.settings.fes_bands) + 1.0


def _cari(reading: Reading) -> Column:
    category, days, level, band = (reading[name] for name in ("fcs_cat", "rcsi", "lcs_max", "fes_band"))
    acceptable = np.where(category.given, category.values + 1.0, np.nan)
    reasons = np.maximum.reduce([column.reasons for column in (category, days, level, band)])
    return Column(np.asarray(cari(acceptable, days.values, level.values, band.values)), reasons)


INDICATORS: Final = (
    Indicator(
        code="fcs",
        set="CORE",
        unit="0–112",
        label_en="Food consumption score",
        label_zh="食物消费得分",
        definition="2·staple + 3·pulse + 4·dairy + 4·protein + veg + fruit + 0.5·fat + 0.5·sugar, days 0–7; "
        "condiments are not counted. Marks: below 14, above 100, all eight equal.",
        formula=_fcs,
        missing="Any missing group.",
        recall="panel",
        source=("S23",),
        inputs=COUNTED_FOODS,
        bounds=(0.0, 112.0),
        flags=("fcs_below_14", "fcs_above_100", "fcs_all_equal"),
    ),
    Indicator(
        code="fcs_cat",
        set="BLOCK",
        unit="category",
        label_en="Food consumption class",
        label_zh="食物消费等级",
        definition="≤ 21 poor, ≤ 35 borderline, above acceptable; with `fcs_high` ≤ 28 and ≤ 42.",
        formula=_fcs_cat,
        missing="Missing if the score is.",
        recall="panel",
        source=("S23",),
        depends=("fcs",),
        levels=FCS_LEVELS,
    ),
    Indicator(
        code="rcsi",
        set="CORE",
        unit="0–56",
        label_en="Reduced coping strategies index",
        label_zh="简化应对策略指数",
        definition="less + 2·borrow + meals + portion + 3·adult, days 0–7.",
        formula=_rcsi,
        missing="Any missing answer.",
        recall="panel",
        source=("S23",),
        inputs=WAYS,
        bounds=(0.0, 56.0),
    ),
    Indicator(
        code="rcsi_band",
        set="CORE",
        unit="category",
        label_en="Coping, band",
        label_zh="应对策略等级",
        definition="0–3 none or low, 4–18 medium, 19 and more high.",
        formula=_rcsi_band,
        missing="Missing if the index is.",
        recall="panel",
        source=("S23",),
        depends=("rcsi",),
        levels=RCSI_LEVELS,
        part_of="rcsi",
    ),
    Indicator(
        code="lcs_max",
        set="CORE",
        unit="1–4",
        label_en="Severest livelihood coping strategy",
        label_zh="生计应对策略最高等级",
        definition="4 if any emergency, else 3 if any crisis, else 2 if any stress strategy was answered 20 or 30; "
        "else 1. 9999 is an answer: not applicable.",
        formula=_lcs_max,
        missing="Missing only if all ten are.",
        recall="panel",
        source=("S23",),
        inputs=STRATEGY_NAMES,
        bounds=(1.0, 4.0),
    ),
    Indicator(
        code="hhs",
        set="EXT",
        unit="0–6",
        label_en="Household hunger scale",
        label_zh="家庭饥饿量表",
        definition="Each of three items: 0 if no, 1 if rarely or sometimes, 2 if often; sum. Not asked because the "
        "answers on coping show no hardship: 0, with mark `hhs_skipped`.",
        formula=_hhs,
        missing="Yes without how often, or a missing item.",
        recall="panel",
        source=("S23",),
        inputs=(*HUNGER_NAMES, *SHOWS_HARDSHIP),
        bounds=(0.0, 6.0),
        flags=("hhs_skipped",),
    ),
    Indicator(
        code="hhs_cat",
        set="EXT",
        unit="category",
        label_en="Hunger, band",
        label_zh="饥饿等级",
        definition="0–1 little or none, 2–3 moderate, 4–6 severe.",
        formula=_hhs_cat,
        missing="Missing if the scale is.",
        recall="panel",
        source=("S23",),
        depends=("hhs",),
        levels=HHS_LEVELS,
        part_of="hhs",
    ),
    Indicator(
        code="exp_pc",
        set="EXT",
        unit="yuan/person/year",
        label_en="Consumption per head",
        label_zh="人均消费支出",
        definition="[(food_buy + food_own) × 365/7 + (utility + property + transport + daily) × 365/30 + edu + health "
        "+ gift + other] / `hh_size`.",
        formula=_exp_pc,
        missing="Strict.",
        recall="panel",
        source=("S14",),
        inputs=(*EXPENSES, "hh_size"),
        bounds=UNLIMITED,
    ),
    Indicator(
        code="fes",
        set="EXT",
        unit="share",
        label_en="Food share of consumption",
        label_zh="食物支出比例",
        definition="Food × 365/7 / total consumption of a year.",
        formula=_fes,
        missing="Strict; undefined if the total is 0.",
        recall="panel",
        source=("S23",),
        inputs=EXPENSES,
        bounds=SHARE,
    ),
    Indicator(
        code="fes_band",
        set="EXT",
        unit="1–4",
        label_en="Food share, band",
        label_zh="食物支出等级",
        definition="< .50, < .65, < .75, ≥ .75 → 1, 2, 3, 4.",
        formula=_fes_band,
        missing="Missing if the share is.",
        recall="panel",
        source=("S23",),
        depends=("fes",),
        bounds=(1.0, 4.0),
        part_of="fes",
    ),
    Indicator(
        code="cari",
        set="EXT",
        unit="1–4",
        label_en="Consolidated food security (CARI)",
        label_zh="综合粮食安全等级",
        definition="Current status: acceptable 1, but 2 if rcsi ≥ 4; borderline 3; poor 4. Coping = mean(lcs_max, "
        "fes band). Mean of both, a half rounded up.",
        formula=_cari,
        missing="All four needed.",
        recall="panel",
        source=("S23",),
        depends=("fcs_cat", "rcsi", "lcs_max", "fes_band"),
        bounds=(1.0, 4.0),
    ),
)
