"""Production space (生产空间): land, livestock, equipment, work."""

from typing import Final

import numpy as np

from surveyapp.indicators.columns import Column, Reason, choose, count_ticks, one_of, valued, with_reason, with_value
from surveyapp.indicators.declaration import SHARE, UNLIMITED, Indicator, twins
from surveyapp.indicators.inputs import WORKING
from surveyapp.indicators.reading import Reading
from surveyapp.indicators.scoring import all_of, mean_of, sum_of

ANIMALS: Final = ("cattle", "pig", "sheep", "poultry")
LABOUR: Final = {"full": 1.0, "half": 0.5, "none": 0.0}
WORKING_AGE: Final = (16, 64)
BOTH: Final = "recall + panel"
WORK: Final = ("m_age", "m_labour", "m_work", "m_work_months")


def _land_now(reading: Reading) -> Column:
    return _per_head(reading, reading["land_own_@"] - reading["land_out_@"] + reading["land_in_n"])


def _land_before(reading: Reading) -> Column:
    return _per_head(reading, reading["land_own_@"] - reading["land_out_@"])


def _per_head(reading: Reading, land: Column) -> Column:
    reading.flag("negative_land", land.values < 0)
    return land / reading["hh_size_@"]


def _land_transfer_share(reading: Reading) -> Column:
    return reading["land_out_@"] / reading["land_own_@"]


def _plot_min(reading: Reading) -> Column:
    return reading["d_land_@"]


def _tlu(reading: Reading) -> Column:
    units = reading.settings.livestock_units
    return sum_of([units[animal] * reading[f"lv_{animal}_@"] for animal in ANIMALS])


def _passet_n(reading: Reading) -> Column:
    return count_ticks(reading["p_assets_@"])


def _lab_equiv(reading: Reading) -> Column:
    ages = reading["m_age"]
    ability = valued(reading["m_labour"], LABOUR)
    below = ages.values < WORKING_AGE[0]
    counted = with_value(ability, below, 0.0)
    return reading.roster.total(Column(counted.values + 0 * ages.values, np.maximum(counted.reasons, ages.reasons)))


def able(reading: Reading) -> Column:
    """For each member: 16 to 64 years old with full or half labour."""
    lowest, highest = WORKING_AGE
    of_age = reading["m_age"].holds(lambda ages: (ages >= lowest) & (ages <= highest))
    return all_of([of_age, one_of(reading["m_labour"], ("full", "half"))])


def employed(reading: Reading, kinds: tuple[str, ...] = WORKING) -> Column:
    """For each member: able, in work of these kinds, for as many months as the settings ask."""
    months = reading["m_work_months"].at_least(reading.settings.months_employed)
    return all_of([able(reading), one_of(reading["m_work"], kinds), months])


def _emp_rate(reading: Reading) -> Column:
    able_here = reading.roster.total(able(reading))
    reading.flag("no_labour", able_here.values == 0)
    return _not_without(able_here, reading.roster.total(employed(reading)) / able_here)


def _one_job(reading: Reading) -> Column:
    able_here = reading.roster.any(able(reading))
    reading.flag("no_labour", able_here.values == 0)
    in_work = reading.roster.any(employed(reading))
    # That nobody has work says nothing of a household in which nobody is known to be able to.
    return _not_without(able_here, choose(in_work.values == 1, in_work, in_work + 0.0 * able_here))


def _not_without(able_here: Column, column: Column) -> Column:
    return with_reason(column, able_here.values == 0, Reason.NOT_APPLICABLE)


def _emp_local(reading: Reading) -> Column:
    kinds = ("wage", "post", "self")
    here = employed(reading, kinds)
    near = all_of([here, one_of(reading["m_work_place"], ("community", "town"))])
    workers = reading.roster.total(here)
    return _not_without(workers, reading.roster.total(near) / workers)


def _irr_share(reading: Reading) -> Column:
    own = reading["land_own_@"]
    share = reading["land_irr_@"] / own
    reading.flag("irrigated_above_owned", share.values > 1)
    return with_value(share.capped(1.0), own.values == 0, 0.0)


def _forest_pc(reading: Reading) -> Column:
    return reading["land_forest_@"] / reading["hh_size_@"]


def production_terms(reading: Reading) -> list[Column]:
    """Land, means, nearness, income: the components of the index."""
    means = [reading.score(name, reading[f"{name}@"]) for name in ("tlu", "passet_n")]
    return [
        reading.score("land_oper_pc", reading["land_oper_pc@"]),
        mean_of(means),
        reading.score("plot_min", reading["plot_min@"]),
        reading.score("inc_pc", reading["inc_pc@"]),
    ]


def _u_production(reading: Reading) -> Column:
    return mean_of(production_terms(reading), at_least=3)


def _u_production_full(reading: Reading) -> Column:
    more = [reading["emp_rate"], reading.score("inc_div", reading["inc_div"])]
    return mean_of([*production_terms(reading), *more], at_least=5)


INDICATORS: Final = (
    *twins(
        Indicator(
            code="land_oper_pc",
            set="CORE",
            unit="mu/person",
            label_en="Operated land per head",
            label_zh="人均经营耕地",
            definition="Now (`land_own` − `land_out` + `land_in`) / `hh_size`; before (`land_own` − `land_out`) / "
            "`hh_size_b`. A negative result is marked `negative_land`, never clipped.",
            formula=_land_now,
            missing="Strict; `land_out` is 0 where no land is owned.",
            recall="recall + panel (land transferred in only now)",
            source=("S8", "S9"),
            inputs=("land_own_@", "land_out_@", "land_in_n", "hh_size_@"),
            flags=("negative_land",),
        ),
        before=_land_before,
        before_inputs=("land_own_@", "land_out_@", "hh_size_@"),
    ),
    *twins(
        Indicator(
            code="land_transfer_share",
            set="EXT",
            unit="share",
            label_en="Share of land transferred out",
            label_zh="耕地转出比例",
            definition="`land_out` / `land_own`.",
            formula=_land_transfer_share,
            missing="Strict; undefined without land.",
            recall=BOTH,
            source=("S1", "S10"),
            inputs=("land_out_@", "land_own_@"),
            bounds=SHARE,
        )
    ),
    *twins(
        Indicator(
            code="plot_min",
            set="BLOCK",
            unit="minutes",
            label_en="Time to the farthest plot",
            label_zh="到最远地块时间",
            definition="`d_land` as answered.",
            formula=_plot_min,
            missing="Not applicable where no land is farmed.",
            recall=BOTH,
            source=("S4",),
            inputs=("d_land_@",),
            bounds=UNLIMITED,
        )
    ),
    *twins(
        Indicator(
            code="tlu",
            set="BLOCK",
            unit="cattle units",
            label_en="Livestock",
            label_zh="牲畜单位",
            definition="1·cattle + 0.25·pigs + 0.25·sheep + 0.005·poultry (`livestock_units` in the settings).",
            formula=_tlu,
            missing="All four needed.",
            recall=BOTH,
            source=("S9",),
            inputs=tuple(f"lv_{animal}_@" for animal in ANIMALS),
            bounds=UNLIMITED,
        )
    ),
    *twins(
        Indicator(
            code="passet_n",
            set="BLOCK",
            unit="count",
            label_en="Production assets",
            label_zh="生产性资产数",
            definition="Number of production assets ticked, `none` = 0.",
            formula=_passet_n,
            missing="`dk` or no answer is missing.",
            recall=BOTH,
            source=("S8",),
            inputs=("p_assets_@",),
            bounds=UNLIMITED,
        )
    ),
    Indicator(
        code="lab_equiv",
        set="EXT",
        unit="workers",
        label_en="Workers, in equivalents",
        label_zh="劳动力当量",
        definition="Σ over members of 16 and more: full 1, half 0.5, none 0.",
        formula=_lab_equiv,
        missing="Missing if the age of a member, or the ability of one of 16 and more, is missing.",
        recall="panel",
        source=("S9",),
        inputs=("m_age", "m_labour"),
        bounds=UNLIMITED,
    ),
    Indicator(
        code="emp_rate",
        set="EXT",
        unit="share",
        label_en="Share of able members in work",
        label_zh="劳动力就业率",
        definition="Among members of 16 to 64 with full or half labour, the share in farm, wage, post or self with "
        "`m_work_months` ≥ 6.",
        formula=_emp_rate,
        missing="Strict; not applicable, with mark `no_labour`, where there is no such member.",
        recall="panel",
        source=("S12",),
        inputs=WORK,
        bounds=SHARE,
        flags=("no_labour",),
    ),
    Indicator(
        code="one_job",
        set="CORE",
        unit="0/1",
        label_en="At least one job",
        label_zh="至少一人就业",
        definition="1 if a member of 16 to 64 with full or half labour is known to be employed as in `emp_rate`.",
        formula=_one_job,
        missing="A known yes decides; else missing if an answer about such a member is missing; not applicable, with "
        "mark `no_labour`, where there is no such member.",
        recall="panel",
        source=("S12",),
        inputs=WORK,
        bounds=SHARE,
        flags=("no_labour",),
    ),
    Indicator(
        code="emp_local",
        set="EXT",
        unit="share",
        label_en="Share of workers near home",
        label_zh="就近就业比例",
        definition="Of members employed in wage, post or self, the share working in the community or township.",
        formula=_emp_local,
        missing="Strict; not applicable where there is no such member.",
        recall="panel",
        source=("S1", "S4"),
        inputs=(*WORK, "m_work_place"),
        bounds=SHARE,
    ),
    *twins(
        Indicator(
            code="irr_share",
            set="BLOCK",
            unit="share",
            label_en="Irrigated share of land",
            label_zh="水浇地比例",
            definition="`land_irr` / `land_own`, 0 without land; capped at 1 with mark `irrigated_above_owned`.",
            formula=_irr_share,
            missing="Strict.",
            recall=BOTH,
            source=("S9",),
            inputs=("land_irr_@", "land_own_@"),
            bounds=SHARE,
            flags=("irrigated_above_owned",),
        )
    ),
    *twins(
        Indicator(
            code="forest_pc",
            set="BLOCK",
            unit="mu/person",
            label_en="Forest and orchard per head",
            label_zh="人均林地果园",
            definition="`land_forest` / `hh_size`.",
            formula=_forest_pc,
            missing="Strict.",
            recall=BOTH,
            source=("S8",),
            inputs=("land_forest_@", "hh_size_@"),
            bounds=UNLIMITED,
        )
    ),
    *twins(
        Indicator(
            code="u_production",
            set="CORE",
            unit="0–1",
            label_en="Production-space index (U2)",
            label_zh="生产空间指数",
            definition="Mean of goalpost(land_oper_pc; 0, 5); mean(goalpost(tlu; 0, 5), goalpost(passet_n; 0, 4)); "
            "goalpost(plot_min; 120, 0); goalpost(inc_pc; 0, 4 × poverty line).",
            formula=_u_production,
            missing="At least 3 of 4; nearness is absent where no land is farmed.",
            recall=BOTH,
            source=("S4", "S5"),
            depends=("land_oper_pc@", "tlu@", "passet_n@", "plot_min@", "inc_pc@"),
            bounds=SHARE,
        )
    ),
    Indicator(
        code="u_production_full",
        set="EXT",
        unit="0–1",
        label_en="Production-space index with work and diversity",
        label_zh="生产空间指数（含就业与多样性）",
        definition="As `u_production` with emp_rate and goalpost(inc_div; 0, 8/9) as further components.",
        formula=_u_production_full,
        missing="At least 5 of 6.",
        recall="panel; not to be compared with recall values",
        source=("S5",),
        depends=("land_oper_pc", "tlu", "passet_n", "plot_min", "inc_pc", "emp_rate", "inc_div"),
        bounds=SHARE,
    ),
)
