"""Five livelihood capitals (生计资本), each from 3 to 5 scores, and the indices built on them."""

from typing import Final

import numpy as np

from surveyapp.indicators.columns import (
    Column,
    Reason,
    choose,
    count_ticks,
    missing,
    one_of,
    valued,
)
from surveyapp.indicators.declaration import SHARE, UNLIMITED, Formula, Indicator, twins
from surveyapp.indicators.reading import Reading
from surveyapp.indicators.scoring import all_of, as_levels, mean_of

YEARS: Final = {"none": 0.0, "preschool": 0.0, "primary": 6.0, "junior": 9.0, "senior": 12.0, "college": 15.0}
ADULT: Final = 16
HUMAN: Final = ("score_labour", "score_edu", "score_health", "score_train")
NATURAL: Final = ("score_land", "score_irr", "score_forest")
PHYSICAL: Final = ("score_area", "score_house", "score_tlu", "score_passet", "score_dasset")
FINANCIAL: Final = ("score_income", "score_div", "score_savings", "score_credit")
SOCIAL: Final = ("score_trust", "score_net", "score_org")
SCORES: Final = (*HUMAN, *NATURAL, *PHYSICAL, *FINANCIAL, *SOCIAL)
CAPITALS: Final = ("cap_human", "cap_natural", "cap_physical", "cap_financial", "cap_social")
BOTH: Final = "recall + panel"


def _score_of(goalpost: str, name: str) -> Formula:
    return lambda reading: reading.score(goalpost, reading[name])


def _same(name: str) -> Formula:
    return lambda reading: reading[name]


def _mean(names: tuple[str, ...], at_least: int | None = None) -> Formula:
    return lambda reading: mean_of([reading[name] for name in names], at_least)


def _adults(reading: Reading) -> Column:
    return reading["m_age"].at_least(ADULT)


def _adult_edu(reading: Reading) -> Column:
    adults = _adults(reading)
    years = valued(reading["m_edu"], YEARS)
    mean = reading.roster.mean(years, adults.values == 1)
    unknown_age = reading.roster.worst(adults.reasons, ~adults.given)
    reasons = np.maximum(mean.reasons, unknown_age)
    return Column(np.where(reasons == 0, mean.values, np.nan), reasons)


def _score_health(reading: Reading) -> Column:
    good = one_of(reading["m_health"], ("good",))
    return reading.roster.mean(good, np.ones(len(good), bool))


def _score_train(reading: Reading) -> Column:
    return reading.roster.any(all_of([_adults(reading), reading["m_train"].above(0)]))


def _dasset_n(reading: Reading) -> Column:
    return count_ticks(reading["d_assets_@"])


def _score_savings(reading: Reading) -> Column:
    return one_of(reading["sav_any"], ("yes",))


def _score_credit(reading: Reading) -> Column:
    needed = one_of(reading["loan_need"], ("yes",))
    got, lenders = one_of(reading["loan_got"], ("yes",)), reading["net_money"].above(0)
    return choose(needed.given, choose(needed.values == 1, got, lenders), needed)


def _lci_ent(reading: Reading) -> Column:
    entropy = reading.parameters.entropy
    scores = [reading[name] for name in SCORES]
    reasons = np.maximum.reduce([score.reasons for score in scores])
    if entropy is None:
        return Column(np.full(reading.n, np.nan), np.maximum(reasons, np.uint8(Reason.NOT_FITTED)))
    total = np.zeros(reading.n)
    for name, score in zip(SCORES, scores, strict=True):
        total += entropy.weights.get(name, 0.0) * score.values
    return Column(total, reasons)


def _lci_recall(reading: Reading) -> Column:
    income = reading.score("inc_pc", reading["inc_pc@"])
    visits = reading.score("net_visit", reading["new_year_visits@"])
    return mean_of([reading["cap_natural@"], reading["cap_physical@"], income, visits])


def _shortfalls(reading: Reading) -> tuple[list[Column], Column]:
    entropy = reading.parameters.entropy
    if entropy is None:
        nothing = missing(reading.n, Reason.NOT_FITTED)
        return [nothing] * len(SCORES), nothing
    parts = [entropy.weights.get(name, 0.0) * (1.0 - reading[name]) for name in SCORES]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return parts, total


def _obstacle_of(place: int) -> Formula:
    def formula(reading: Reading) -> Column:
        parts, total = _shortfalls(reading)
        return parts[place] / total

    return formula


def _greatest(reading: Reading) -> tuple[Column, Column]:
    shares = np.stack([reading[f"obstacle_{name[6:]}"].values for name in SCORES], axis=1)
    reasons = reading[f"obstacle_{SCORES[0][6:]}"].reasons
    return Column(shares.max(axis=1), reasons), Column(shares.argmax(axis=1).astype(np.float64), reasons)


def _obstacle(reading: Reading) -> Column:
    return _greatest(reading)[0]


def _obstacle_first(reading: Reading) -> Column:
    return as_levels(_greatest(reading)[1], [name[6:] for name in SCORES])


def _score(
    name: str, capital: str, words: tuple[str, str, str], formula: Formula, inputs: tuple[str, ...] = (), *,
    depends: tuple[str, ...] = (), rule: str = "Strict.",
) -> Indicator:  # fmt: skip
    label_en, label_zh, definition = words
    return Indicator(
        code=name,
        set="BLOCK",
        unit="0–1",
        label_en=f"Score: {label_en}",
        label_zh=f"得分：{label_zh}",
        definition=definition,
        formula=formula,
        missing=rule,
        recall=BOTH if "@" in "".join((*inputs, *depends)) else "panel",
        source=("S7", "S9"),
        inputs=inputs,
        depends=depends,
        bounds=SHARE,
        part_of=capital,
    )


HUMAN_SCORES: Final = (
    _score(
        "score_labour", "cap_human", ("labour", "劳动力", "goalpost(lab_equiv; 0, 4)."),
        _score_of("lab_equiv", "lab_equiv"), depends=("lab_equiv",),
    ),
    _score(
        "score_edu", "cap_human",
        ("schooling of adults", "成人受教育年限",
         "goalpost(adult_edu; 0, 12)."),
        _score_of("adult_edu", "adult_edu"), depends=("adult_edu",),
    ),
    _score(
        "score_health", "cap_human", ("health", "健康", "Share of members whose health is `good`."),
        _score_health, ("m_health",), rule="Missing if one member's is missing.",
    ),
    _score(
        "score_train", "cap_human",
        ("training", "培训", "1 if a member of 16 and more has `m_train` > 0, else 0."),
        _score_train, ("m_age", "m_train"), rule="A known yes decides; else missing if one is missing.",
    ),
)  # fmt: skip
NATURAL_SCORES: Final = (
    _score("score_land", "cap_natural", ("land", "耕地", "goalpost(land_oper_pc; 0, 5)."),
           _score_of("land_oper_pc", "land_oper_pc@"), depends=("land_oper_pc@",)),
    _score("score_irr", "cap_natural", ("irrigation", "灌溉", "irr_share."), _same("irr_share@"),
           depends=("irr_share@",)),
    _score("score_forest", "cap_natural", ("forest", "林地", "goalpost(forest_pc; 0, 10)."),
           _score_of("forest_pc", "forest_pc@"), depends=("forest_pc@",)),
)  # fmt: skip
PHYSICAL_SCORES: Final = (
    _score("score_area", "cap_physical", ("floor area", "住房面积", "goalpost(area_pc; 0, 25)."),
           _score_of("area_pc", "area_pc@"), depends=("area_pc@",)),
    _score("score_house", "cap_physical", ("dwelling", "住房质量", "house_score."), _same("house_score@"),
           depends=("house_score@",)),
    _score("score_tlu", "cap_physical", ("livestock", "牲畜", "goalpost(tlu; 0, 5)."), _score_of("tlu", "tlu@"),
           depends=("tlu@",)),
    _score("score_passet", "cap_physical", ("production assets", "生产性资产", "goalpost(passet_n; 0, 4)."),
           _score_of("passet_n", "passet_n@"), depends=("passet_n@",)),
    _score("score_dasset", "cap_physical",
           ("durables", "耐用品", "goalpost(dasset_n; 0, 10)."), _score_of("dasset_n", "dasset_n@"),
           depends=("dasset_n@",)),
)  # fmt: skip
INCOME_SCORES: Final = (
    _score("score_income", "cap_financial", ("income", "收入", "goalpost(inc_pc; 0, 4 × poverty line)."),
           _score_of("inc_pc", "inc_pc"), depends=("inc_pc",)),
    _score("score_div", "cap_financial", ("diversity", "多样性", "goalpost(inc_div; 0, 8/9)."),
           _score_of("inc_div", "inc_div"), depends=("inc_div",)),
    _score("score_savings", "cap_financial", ("savings", "储蓄", "`sav_any` yes."), _score_savings, ("sav_any",)),
    _score("score_credit", "cap_financial",
           ("credit", "信贷", "A loan was needed → `loan_got`; not needed → 1 if `net_money` > 0, else 0."),
           _score_credit, ("loan_need", "loan_got", "net_money"), rule="Missing if what it rests on is missing."),
)  # fmt: skip
SOCIAL_SCORES: Final = (
    _score("score_trust", "cap_social", ("trust", "信任", "trust_idx."), _same("trust_idx"), depends=("trust_idx",)),
    _score("score_net", "cap_social", ("network", "关系网络", "net_size."), _same("net_size"), depends=("net_size",)),
    _score("score_org", "cap_social", ("organisations", "组织", "goalpost(org_n; 0, 3)."),
           _score_of("org_n", "org_n"), depends=("org_n",)),
)  # fmt: skip


def _capital(
    code: str, words: tuple[str, str, str], scores: tuple[str, ...], at_least: int, source: tuple[str, ...], *,
    recalled: bool = False,
) -> Indicator:  # fmt: skip
    label_en, label_zh, rule = words
    names = tuple(f"{name}@" for name in scores) if recalled else scores
    return Indicator(
        code=code,
        set="BLOCK",
        unit="0–1",
        label_en=label_en,
        label_zh=label_zh,
        definition="Mean of " + ", ".join(scores) + ".",
        formula=_mean(names, at_least),
        missing=rule,
        recall=BOTH if recalled else "panel",
        source=source,
        depends=names,
        bounds=SHARE,
    )


QUANTITIES: Final = (
    Indicator(
        code="adult_edu",
        set="BLOCK",
        unit="years",
        label_en="Schooling of adults",
        label_zh="成人平均受教育年限",
        definition="Mean over members of 16 and more of none and preschool 0, primary 6, junior 9, senior 12, college "
        "15 years.",
        formula=_adult_edu,
        missing="Missing if an adult's schooling or any age is missing; not applicable where there is no adult.",
        recall="panel",
        source=("S7", "S9"),
        inputs=("m_age", "m_edu"),
        bounds=(0.0, 15.0),
        part_of="cap_human",
    ),
    *twins(
        Indicator(
            code="dasset_n",
            set="BLOCK",
            unit="count",
            label_en="Durables",
            label_zh="耐用消费品数",
            definition="Number of household durables ticked, `none` = 0.",
            formula=_dasset_n,
            missing="`dk` or no answer is missing.",
            recall=BOTH,
            source=("S8",),
            inputs=("d_assets_@",),
            bounds=UNLIMITED,
            part_of="cap_physical",
        )
    ),
    *twins(
        Indicator(
            code="new_year_visits",
            set="EXT",
            unit="count",
            label_en="Households visited at New Year",
            label_zh="过年走动户数",
            definition="`net_visit` as answered.",
            formula=lambda reading: reading["net_visit_@"],
            missing="Missing if the answer is.",
            recall=BOTH,
            source=("S10",),
            inputs=("net_visit_@",),
            bounds=UNLIMITED,
            part_of="lci_recall",
        )
    ),
)

INDICATORS: Final = (
    *QUANTITIES,
    *HUMAN_SCORES,
    *(twin for score in (*NATURAL_SCORES, *PHYSICAL_SCORES) for twin in twins(score)),
    *INCOME_SCORES,
    *SOCIAL_SCORES,
    _capital("cap_human", ("Human capital", "人力资本", "At least 3 of 4."), HUMAN, 3, ("S7", "S9")),
    *twins(_capital("cap_natural", ("Natural capital", "自然资本", "All three."), NATURAL, 3, ("S7", "S8"),
                    recalled=True)),
    *twins(_capital("cap_physical", ("Physical capital", "物质资本", "At least 4 of 5."), PHYSICAL, 4,
                    ("S7", "S8", "S9"), recalled=True)),
    _capital("cap_financial", ("Financial capital", "金融资本", "At least 3 of 4."), FINANCIAL, 3, ("S7", "S9")),
    _capital("cap_social", ("Social capital", "社会资本", "All three."), SOCIAL, 3, ("S7", "S16")),
    Indicator(
        code="lci_eq",
        set="CORE",
        unit="0–1",
        label_en="Livelihood capital index, equal weights",
        label_zh="生计资本指数（等权）",
        definition="Mean of the five capitals.",
        formula=_mean(CAPITALS),
        missing="All five needed.",
        recall="panel",
        source=("S7", "S10"),
        depends=CAPITALS,
        bounds=SHARE,
    ),
    Indicator(
        code="lci_ent",
        set="CORE",
        unit="0–1",
        label_en="Livelihood capital index, entropy weights",
        label_zh="生计资本指数（熵权）",
        definition="Σ w·x over the 19 scores, with stored entropy weights.",
        formula=_lci_ent,
        missing="All 19 scores needed; not fitted until weights are stored.",
        recall="panel, with weights fixed in the first wave",
        source=("S10", "S18"),
        depends=SCORES,
        bounds=SHARE,
        needs_fit=True,
    ),
    *twins(
        Indicator(
            code="lci_recall",
            set="EXT",
            unit="0–1",
            label_en="Livelihood capital index for recall",
            label_zh="生计资本指数（可回忆部分）",
            definition="Mean of cap_natural, cap_physical, goalpost(inc_pc), goalpost(`net_visit`; 0, 30).",
            formula=_lci_recall,
            missing="All four needed.",
            recall="recall",
            source=("S10",),
            depends=("cap_natural@", "cap_physical@", "inc_pc@", "new_year_visits@"),
            bounds=SHARE,
        )
    ),
    *(
        Indicator(
            code=f"obstacle_{name[6:]}",
            set="EXT",
            unit="share",
            label_en=f"Obstacle degree: {name[6:]}",
            label_zh=f"障碍度：{name[6:]}",
            definition=f"w(1 − {name}) / Σ w(1 − x) over the 19 scores.",
            formula=_obstacle_of(place),
            missing="As lci_ent; undefined where nothing is lacking.",
            recall="panel",
            source=("S20",),
            depends=SCORES,
            bounds=SHARE,
            part_of="obstacle",
            needs_fit=True,
        )
        for place, name in enumerate(SCORES)
    ),
    Indicator(
        code="obstacle",
        set="EXT",
        unit="share",
        label_en="Greatest obstacle degree",
        label_zh="最大障碍度",
        definition="The greatest of the 19 obstacle degrees O = w(1 − x) / Σ w(1 − x).",
        formula=_obstacle,
        missing="As lci_ent; undefined where nothing is lacking.",
        recall="panel",
        source=("S20",),
        depends=tuple(f"obstacle_{name[6:]}" for name in SCORES),
        bounds=SHARE,
        needs_fit=True,
    ),
    Indicator(
        code="obstacle_first",
        set="EXT",
        unit="category",
        label_en="The greatest obstacle",
        label_zh="首要障碍因素",
        definition="The score with the greatest obstacle degree; of equals the first in the order of the capitals.",
        formula=_obstacle_first,
        missing="As obstacle.",
        recall="panel",
        source=("S20",),
        depends=tuple(f"obstacle_{name[6:]}" for name in SCORES),
        levels=tuple(name[6:] for name in SCORES),
        part_of="obstacle",
        needs_fit=True,
    ),
)  # fmt: skip
