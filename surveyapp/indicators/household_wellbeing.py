"""What people say of their life, shocks, and the household parts of the Livelihood Vulnerability Index."""

from typing import Final

import numpy as np

from surveyapp.indicators.columns import (
    Column,
    Reason,
    as_flag,
    count_ticks,
    full,
    of_mask,
    one_of,
    with_levels,
    with_reason,
    with_value,
)
from surveyapp.indicators.declaration import SHARE, UNLIMITED, Formula, Indicator
from surveyapp.indicators.household_income import FARM, GROUPS, INCOMES
from surveyapp.indicators.household_social import scale
from surveyapp.indicators.reading import Reading
from surveyapp.indicators.roster import between
from surveyapp.indicators.scoring import all_of, mean_of, negation, sum_of

SATISFACTIONS: Final = ("sat_house", "sat_social", "sat_all")
NO_SCHOOLING: Final = ("none", "preschool")


def _shock_loss_ratio(reading: Reading) -> Column:
    loss, income = reading["sh_loss"], reading["inc_net"]
    whole = income + loss
    ratio = with_reason(loss / whole, whole.values <= 0, Reason.UNDEFINED)
    return with_value(ratio, count_ticks(reading["sh_types"]).values == 0, 0.0)


def _head(reading: Reading, trait: Column) -> Column:
    """The trait of the head: missing where no head is listed."""
    heads = one_of(reading["m_relation"], ("head",))
    found = reading.roster.any(all_of([heads, trait]))
    listed = reading.roster.any(heads)
    return with_reason(found, listed.values == 0, Reason.BLANK)


def _female_head(reading: Reading) -> Column:
    return _head(reading, one_of(reading["m_sex"], ("f",)))


def _head_unschooled(reading: Reading) -> Column:
    return _head(reading, one_of(reading["m_edu"], NO_SCHOOLING))


def _migrant(reading: Reading) -> Column:
    away = one_of(reading["m_work_place"], ("province", "outside"))
    works_away = with_value(away, away.reasons == Reason.NOT_APPLICABLE, 0.0)
    return reading.roster.any(works_away)


def _farm_only(reading: Reading) -> Column:
    farm = sum_of(reading.all_of_them(FARM))
    total = sum_of(reading.all_of_them(INCOMES))
    only = as_flag(farm.values >= total.values, total.reasons)
    return with_reason(only, total.values == 0, Reason.UNDEFINED)


def _few_sources(reading: Reading) -> Column:
    counted = full(reading.n, 0.0)
    for group in GROUPS:
        counted = counted + sum_of(reading.all_of_them(group)).above(0)
    return full(reading.n, 1.0) / (counted + 1.0)


def _help_ratio(reading: Reading) -> Column:
    return (reading["mh_got"] + 1.0) / (reading["mh_given"] + 1.0)


def _no_lender(reading: Reading) -> Column:
    return negation(reading["net_money"].above(0))


def _ill(reading: Reading) -> Column:
    ill = one_of(reading["m_health"], ("chronic", "serious"))
    everyone = of_mask(np.ones(len(ill), bool))
    return reading.roster.total(ill) / reading.roster.total(everyone)


def _own_crops(reading: Reading) -> Column:
    crop, total = reading["inc_crop"], sum_of(reading.all_of_them(INCOMES))
    most = as_flag(crop.values > 0.5 * total.values, total.reasons)
    return with_reason(most, total.values == 0, Reason.UNDEFINED)


def _part(code: str, words: tuple[str, str, str], formula: Formula, inputs: tuple[str, ...], *, unit: str = "0/1",
          bounds: tuple[float, float] = SHARE) -> Indicator:  # fmt: skip
    label_en, label_zh, definition = words
    return Indicator(
        code=f"lvi_{code}",
        set="EXT",
        unit=unit,
        label_en=f"LVI: {label_en}",
        label_zh=f"脆弱性：{label_zh}",
        definition=definition,
        formula=formula,
        missing="Strict; undefined where a ratio is.",
        recall="panel",
        source=("S21",),
        inputs=inputs,
        bounds=bounds,
        part_of="lvi",
    )


LVI_PARTS: Final = (
    _part("female_head", ("female head", "女户主", "The head is a woman."), _female_head, ("m_relation", "m_sex")),
    _part("head_unschooled", ("head without schooling", "户主未上学", "The head never attended, or preschool only."),
          _head_unschooled, ("m_relation", "m_edu")),
    _part("migrant", ("migrant worker", "外出务工", "A member works outside the county."), _migrant,
          ("m_work_place",)),
    _part("farm_only", ("farm only", "仅农业", "All gross income is from crops, livestock, forest."), _farm_only,
          INCOMES),
    _part("few_sources", ("few sources", "来源单一", "1/(number of income groups above 0 + 1)."), _few_sources, INCOMES,
          unit="0–1"),
    _part("help_ratio", ("help got to given", "受助/助人", "(got + 1)/(given + 1)."), _help_ratio,
          ("mh_got", "mh_given"), unit="ratio", bounds=UNLIMITED),
    _part("no_lender", ("no lender", "无处借钱", "`net_money` = 0."), _no_lender, ("net_money",)),
    _part("ill", ("illness", "患病成员比例", "Share of members with chronic or serious illness."), _ill, ("m_health",),
          unit="share"),
    _part("clinic_min", ("minutes to the clinic", "到卫生室时间", "`d_clinic_n`."),
          lambda reading: reading["d_clinic_n"], ("d_clinic_n",), unit="minutes", bounds=UNLIMITED),
    _part("own_crops", ("own crops", "依赖种植", "Crops are more than half of gross income."), _own_crops, INCOMES),
    _part("water_short", ("water short", "缺水", "`w_short_n` = yes."),
          lambda reading: one_of(reading["w_short_n"], ("yes",)), ("w_short_n",)),
    _part("water_min", ("minutes to water", "取水时间", "`w_min_n`."), lambda reading: reading["w_min_n"],
          ("w_min_n",), unit="minutes", bounds=UNLIMITED),
    _part("shocks", ("kinds of shock", "冲击种类", "Kinds of shock ticked."),
          lambda reading: count_ticks(reading["sh_types"]), ("sh_types",), unit="count", bounds=UNLIMITED),
)  # fmt: skip

LEADERS: Final = ("party", "committee", "able", "elder", "resident_cadre", "none")


def _pupils(reading: Reading) -> Column:
    ages = reading["m_age"]
    return of_mask(between(ages, 6, 15) & reading["m_school"].given)


def _children_out(reading: Reading) -> Column:
    out = one_of(reading["m_school"], ("no",)).values == 1
    return reading.roster.total(of_mask((_pupils(reading).values == 1) & out))


COUNTS: Final = (
    Indicator(
        code="children_n",
        set="EXT",
        unit="count",
        label_en="Children 6–15 whose schooling is known",
        label_zh="6–15岁儿童数（就学情况已知）",
        definition="Members of 6 to 15 with an answer to `m_school`.",
        formula=lambda reading: reading.roster.total(_pupils(reading)),
        missing="Children without an answer are not counted.",
        recall="panel",
        source=("S13",),
        inputs=("m_age", "m_school"),
        bounds=UNLIMITED,
        part_of="v_dropout",
    ),
    Indicator(
        code="children_out_n",
        set="EXT",
        unit="count",
        label_en="Children 6–15 out of school",
        label_zh="6–15岁失学儿童数",
        definition="Members of 6 to 15 with `m_school` = no.",
        formula=_children_out,
        missing="Children without an answer are not counted.",
        recall="panel",
        source=("S13",),
        inputs=("m_age", "m_school"),
        bounds=UNLIMITED,
        part_of="v_dropout",
    ),
    Indicator(
        code="leader",
        set="EXT",
        unit="category",
        label_en="Whom people listen to first",
        label_zh="最愿意听谁的",
        definition="`co_leader` as answered.",
        formula=lambda reading: with_levels(reading["co_leader"], LEADERS),
        missing="Missing if the answer is.",
        recall="panel",
        source=("S1",),
        inputs=("co_leader",),
        levels=LEADERS,
        part_of="v_leader",
    ),
)

INDICATORS: Final = (
    *COUNTS,
    Indicator(
        code="better_off",
        set="EXT",
        unit="−2…2",
        label_en="Life compared with before",
        label_zh="与搬迁前相比",
        definition="`better` as answered.",
        formula=lambda reading: reading["better"],
        missing="Missing if the answer is.",
        recall="recall by nature",
        source=("S11",),
        inputs=("better",),
        bounds=(-2.0, 2.0),
    ),
    Indicator(
        code="sat_idx",
        set="EXT",
        unit="0–1",
        label_en="Satisfaction",
        label_zh="满意度指数",
        definition="Mean score of `sat_house`, `sat_social`, `sat_all`.",
        formula=lambda reading: mean_of([scale(reading[name]) for name in SATISFACTIONS], at_least=2),
        missing="At least 2 of 3.",
        recall="panel",
        source=("S11",),
        inputs=SATISFACTIONS,
        bounds=SHARE,
    ),
    Indicator(
        code="shock_loss_ratio",
        set="EXT",
        unit="ratio",
        label_en="Loss by shocks",
        label_zh="冲击损失比",
        definition="`sh_loss` / (inc_net + `sh_loss`); no shock → 0.",
        formula=_shock_loss_ratio,
        missing="Strict; undefined where inc_net + loss is 0 or less.",
        recall="panel",
        source=("S24",),
        inputs=("sh_types", "sh_loss"),
        depends=("inc_net",),
    ),
    Indicator(
        code="shock_recovered",
        set="EXT",
        unit="1–5",
        label_en="Recovered from shocks",
        label_zh="冲击恢复程度",
        definition="`sh_recover` as answered.",
        formula=lambda reading: reading["sh_recover"],
        missing="Missing if the answer is; not applicable without a shock.",
        recall="panel",
        source=("S24",),
        inputs=("sh_recover",),
        bounds=(1.0, 5.0),
        part_of="shock_loss_ratio",
    ),
    *LVI_PARTS,
)
