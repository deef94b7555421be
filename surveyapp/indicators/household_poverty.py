"""Poverty outcomes (贫困): dependants, deprivations and their score, two worries and three guarantees, debt, return."""

from typing import Final

import numpy as np

from surveyapp.indicators.columns import (
    Column,
    Reason,
    count_among,
    is_choice,
    of_mask,
    one_of,
    ticked,
    with_reason,
    with_value,
)
from surveyapp.indicators.declaration import SHARE, UNLIMITED, Formula, Indicator
from surveyapp.indicators.reading import Reading
from surveyapp.indicators.roster import between
from surveyapp.indicators.scoring import all_of, any_of, fraction_sum, negation
from surveyapp.indicators.settings import MPI_NAMES

JUNIOR_OR_MORE: Final = ("junior", "senior", "college")
BAD_TOILETS: Final = ("pit", "shared", "none")
DIRTY_FUELS: Final = ("coal", "wood", "dung", "other")
SMALL_DURABLES: Final = ("tv", "fridge", "washer", "phone", "computer", "ebike", "moto")
SCHOOL_AGE: Final = (6, 15)
FOOD_ENOUGH, COPING_LITTLE = 35.5, 18.0
GUARANTEES: Final = ("tnw_food", "tnw_coping", "tnw_clothes", "tnw_school", "insured_all", "house_safe", "water_safe")


def _dep_ratio(reading: Reading) -> Column:
    ages, roster = reading["m_age"], reading.roster
    young, old = between(ages, 0, 14), between(ages, 65)
    dependants = roster.total(Column(of_mask(young | old).values, ages.reasons))
    workers = roster.total(Column(of_mask(between(ages, 15, 64)).values, ages.reasons))
    reading.flag("no_working_age", workers.values == 0)
    return dependants / workers


def _school_age(reading: Reading) -> Column:
    lowest, highest = SCHOOL_AGE
    return reading["m_age"].holds(lambda ages: (ages >= lowest) & (ages <= highest))


def _out_of_school(reading: Reading) -> Column:
    return reading.roster.any(all_of([_school_age(reading), one_of(reading["m_school"], ("no",))]))


def _schooling(reading: Reading) -> Column:
    adults = reading["m_age"].at_least(16)
    return negation(reading.roster.any(all_of([adults, one_of(reading["m_edu"], JUNIOR_OR_MORE)])))


def _insurance(reading: Reading) -> Column:
    return reading.roster.any(negation(one_of(reading["m_insured"], ("yes",))))


def _chosen(name: str, choices: tuple[str, ...]) -> Formula:
    return lambda reading: one_of(reading[name], choices)


def _not(name: str) -> Formula:
    return lambda reading: negation(reading[name])


def _few_assets(reading: Reading) -> Column:
    durables = reading["d_assets_n"]
    return all_of([count_among(durables, SMALL_DURABLES).below(2), negation(ticked(durables, ("car",)))])


def _work(reading: Reading) -> Column:
    job, transfers = reading["one_job"], reading["inc_gov"]
    without_labour = job.reasons == Reason.NOT_APPLICABLE
    otherwise = negation(transfers.above(0))
    lacks_job = negation(job)
    return Column(
        np.where(without_labour, otherwise.values, lacks_job.values),
        np.where(without_labour, otherwise.reasons, lacks_job.reasons),
    )


def _food(reading: Reading) -> Column:
    return negation(one_of(reading["fcs_cat"], ("acceptable",)))


def _mpi_score(reading: Reading) -> Column:
    weights = reading.settings.mpi.weights()
    return fraction_sum([reading[f"mpi_d_{name}"] for name in weights], list(weights.values()))


def _mpi_poor(reading: Reading) -> Column:
    # Both sides are one correctly rounded division of whole numbers, so equal shares are equal floats.
    return reading["mpi_score"].at_least(float(reading.settings.mpi.cutoff))


def _two_no_worries(reading: Reading) -> Column:
    return all_of([reading[name] for name in GUARANTEES])


def _dropout(reading: Reading) -> Column:
    pupils = reading.roster.any(_school_age(reading))
    return with_reason(_out_of_school(reading), pupils.values == 0, Reason.NOT_APPLICABLE)


def _insured_all(reading: Reading) -> Column:
    return reading.roster.every(one_of(reading["m_insured"], ("yes",)))


def _debt_ratio(reading: Reading) -> Column:
    debt, income = reading["debt_amt"], reading["inc_net"]
    loss = income.values <= 0
    reading.flag("no_income_to_compare", loss & (debt.values > 0))
    share = with_reason(debt / income, loss & debt.given, Reason.UNDEFINED)
    return with_value(share, debt.values == 0, 0.0)


def _debt_reloc_share(reading: Reading) -> Column:
    return reading["debt_reloc"] / reading["debt_amt"]


def _return_risk(reading: Reading) -> Column:
    moved, plan = reading["reloc_status"], reading["return_plan"]
    risk = any_of([plan.at_least(3), reading["return_months"].at_least(reading.settings.return_months)])
    unknown = np.where(moved.given, risk.reasons, moved.reasons).astype(np.uint8)
    known = Column(np.where(moved.given, risk.values, np.nan), unknown)
    return with_reason(known, moved.given & ~is_choice(moved, ("relocated",)), Reason.NOT_APPLICABLE)


def _deprivation(
    name: str, words: tuple[str, str, str], formula: Formula, inputs: tuple[str, ...] = (),
    depends: tuple[str, ...] = (), rule: str = "Missing if the answer is.",
) -> Indicator:  # fmt: skip
    label_en, label_zh, definition = words
    return Indicator(
        code=f"mpi_d_{name}",
        set="BLOCK",
        unit="0/1",
        label_en=f"Deprived: {label_en}",
        label_zh=f"剥夺：{label_zh}",
        definition=definition,
        formula=formula,
        missing=rule,
        recall="panel",
        source=("S6", "S22"),
        inputs=inputs,
        depends=depends,
        bounds=SHARE,
        part_of="mpi_score",
    )


DEPRIVATIONS: Final = (
    _deprivation("schooling", ("schooling", "受教育", "No member of 16 and more is known to have junior middle school "
                 "or more; nor is there a member of that age."), _schooling, ("m_age", "m_edu"),
                 rule="A known yes decides; else missing if one is unknown."),
    _deprivation("attendance", ("attendance", "入学", "Any member of 6 to 15 with `m_school` = no."), _out_of_school,
                 ("m_age", "m_school"), rule="A known yes decides; else missing if one is unknown; no child: not "
                 "deprived."),
    _deprivation("insurance", ("insurance", "医保", "Any member not insured."), _insurance, ("m_insured",),
                 rule="A known no decides; else missing if one is unknown."),
    _deprivation("care", ("care", "就医", "`med_forgone` = yes."), _chosen("med_forgone", ("yes",)), ("med_forgone",)),
    _deprivation("housing", ("housing", "住房", "house_safe = 0."), _not("house_safe"), depends=("house_safe",)),
    _deprivation("water", ("water", "饮水", "water_safe = 0."), _not("water_safe"), depends=("water_safe",)),
    _deprivation("sanitation", ("sanitation", "卫生厕所", "Toilet pit, shared or none."),
                 _chosen("san_n", BAD_TOILETS), ("san_n",)),
    _deprivation("fuel", ("fuel", "炊事燃料", "Cooking with coal, wood, dung or other."),
                 _chosen("fuel_n", DIRTY_FUELS), ("fuel_n",)),
    _deprivation("electricity", ("electricity", "用电", "`elec_n` = no."), _chosen("elec_n", ("no",)), ("elec_n",)),
    _deprivation("assets", ("assets", "资产", "Fewer than 2 of tv, fridge, washer, phone, computer, ebike, moto; "
                 "and no car."), _few_assets, ("d_assets_n",)),
    _deprivation("work", ("work", "就业", "one_job = 0; households without labour: deprived unless `inc_gov` > 0."),
                 _work, ("inc_gov",), ("one_job",), rule="Missing if what it rests on is."),
    _deprivation("food", ("food", "食物", "fcs_cat is not acceptable."), _food, depends=("fcs_cat",)),
)  # fmt: skip


def _guarantee(code: str, words: tuple[str, str, str], formula: Formula, inputs: tuple[str, ...] = (),
               depends: tuple[str, ...] = ()) -> Indicator:  # fmt: skip
    label_en, label_zh, definition = words
    return Indicator(
        code=code,
        set="EXT",
        unit="0/1",
        label_en=label_en,
        label_zh=label_zh,
        definition=definition,
        formula=formula,
        missing="Missing if what it rests on is.",
        recall="panel",
        source=("S13",),
        inputs=inputs,
        depends=depends,
        bounds=SHARE,
        part_of="two_no_worries",
    )


INDICATORS: Final = (
    Indicator(
        code="dep_ratio",
        set="CORE",
        unit="ratio",
        label_en="Dependency ratio",
        label_zh="抚养比",
        definition="(members 0–14 + members 65 and more) / members 15–64.",
        formula=_dep_ratio,
        missing="Any missing age; undefined, with mark `no_working_age`, where nobody is 15–64.",
        recall="panel",
        source=("S21",),
        inputs=("m_age",),
        bounds=UNLIMITED,
        flags=("no_working_age",),
    ),
    *DEPRIVATIONS,
    Indicator(
        code="mpi_score",
        set="BLOCK",
        unit="0–1 in 24ths",
        label_en="Deprivation score",
        label_zh="多维贫困剥夺得分",
        definition="Σ w·deprived over the twelve indicators of `mpi` in the settings, in whole 24ths.",
        formula=_mpi_score,
        missing="Missing if any indicator is; indicators may be dropped project-wide, their weight going to the rest "
        "of their dimension.",
        recall="panel",
        source=("S6", "S22"),
        depends=tuple(f"mpi_d_{name}" for name in MPI_NAMES),
        bounds=SHARE,
    ),
    Indicator(
        code="mpi_poor",
        set="CORE",
        unit="0/1",
        label_en="Multidimensionally poor",
        label_zh="多维贫困",
        definition="1 if mpi_score ≥ 1/3.",
        formula=_mpi_poor,
        missing="Missing if the score is.",
        recall="panel",
        source=("S6", "S22"),
        depends=("mpi_score",),
        bounds=SHARE,
    ),
    _guarantee("tnw_food", ("Enough to eat", "不愁吃", "fcs ≥ 35.5."),
               lambda reading: reading["fcs"].at_least(FOOD_ENOUGH), depends=("fcs",)),
    _guarantee("tnw_coping", ("Little coping", "少应对", "rcsi ≤ 18."),
               lambda reading: reading["rcsi"].at_most(COPING_LITTLE), depends=("rcsi",)),
    _guarantee("tnw_clothes", ("Clothes for the season", "不愁穿", "`lack_clothes` = no."),
               _chosen("lack_clothes", ("no",)), ("lack_clothes",)),
    _guarantee("tnw_school", ("No child out of school", "义务教育有保障", "No member of 6 to 15 with `m_school` = no."),
               lambda reading: negation(_out_of_school(reading)), ("m_age", "m_school")),
    Indicator(
        code="two_no_worries",
        set="EXT",
        unit="0/1",
        label_en="Two no-worries and three guarantees met",
        label_zh="两不愁三保障",
        definition="fcs ≥ 35.5 and rcsi ≤ 18 and `lack_clothes` = no and no child 6–15 out of school and every member "
        "insured and house_safe and water_safe.",
        formula=_two_no_worries,
        missing="0 if any fails; missing if none fails and one is missing.",
        recall="panel",
        source=("S13",),
        depends=GUARANTEES,
        bounds=SHARE,
    ),
    Indicator(
        code="dropout",
        set="EXT",
        unit="0/1",
        label_en="A child out of school",
        label_zh="有适龄儿童失学",
        definition="1 if a member of 6 to 15 has `m_school` = no.",
        formula=_dropout,
        missing="A known yes decides; else missing if one is unknown; not applicable without such a member.",
        recall="panel",
        source=("S13",),
        inputs=("m_age", "m_school"),
        bounds=SHARE,
    ),
    Indicator(
        code="insured_all",
        set="EXT",
        unit="0/1",
        label_en="Every member insured",
        label_zh="全员参保",
        definition="1 if every member is insured.",
        formula=_insured_all,
        missing="A known no decides; else missing if one is unknown.",
        recall="panel",
        source=("S13",),
        inputs=("m_insured",),
        bounds=SHARE,
    ),
    Indicator(
        code="debt_ratio",
        set="EXT",
        unit="ratio",
        label_en="Debt to income",
        label_zh="负债收入比",
        definition="`debt_amt` / inc_net; no debt → 0.",
        formula=_debt_ratio,
        missing="Strict; undefined, with mark `no_income_to_compare`, where there is debt and income is 0 or less.",
        recall="panel",
        source=("S9",),
        inputs=("debt_amt",),
        depends=("inc_net",),
        bounds=UNLIMITED,
        flags=("no_income_to_compare",),
    ),
    Indicator(
        code="debt_reloc_share",
        set="EXT",
        unit="share",
        label_en="Share of debt due to the move",
        label_zh="搬迁负债占比",
        definition="`debt_reloc` / `debt_amt`.",
        formula=_debt_reloc_share,
        missing="Strict; undefined without debt; not applicable where the household did not move.",
        recall="now",
        source=("S12",),
        inputs=("debt_reloc", "debt_amt"),
        bounds=SHARE,
    ),
    Indicator(
        code="return_risk",
        set="CORE",
        unit="0/1",
        label_en="May return to the old village",
        label_zh="返迁风险",
        definition="1 if `return_plan` is 3 or 4, or `return_months` ≥ 3.",
        formula=_return_risk,
        missing="A known yes decides; else missing if one is missing; not applicable where the household did not move.",
        recall="panel",
        source=("S11", "S12"),
        inputs=("return_plan", "return_months", "reloc_status"),
        bounds=SHARE,
    ),
)  # fmt: skip
