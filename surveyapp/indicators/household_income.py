"""Income: its sum, its sources, what it is worth per head, and whether it is below the poverty line."""

from typing import Final

import numpy as np

from surveyapp.indicators.columns import Column, Numbers, Reason, as_flag, full, with_levels, with_reason
from surveyapp.indicators.declaration import SHARE, UNLIMITED, Indicator, twins
from surveyapp.indicators.inputs import INCOME_SOURCES
from surveyapp.indicators.measures import shannon, simpson
from surveyapp.indicators.reading import Reading
from surveyapp.indicators.scoring import as_levels, count_missing_as_zero, in_bands, sum_of

INCOMES: Final = tuple(f"inc_{source}" for source in INCOME_SOURCES)
COSTS: Final = ("cost_crop", "cost_livestock", "cost_business")
FARM: Final = ("inc_crop", "inc_livestock", "inc_forest")
GROUPS: Final = (
    *(("inc_crop",), ("inc_livestock",), ("inc_forest",), ("inc_wage_local",), ("inc_wage_migr",), ("inc_business",)),
    *(("inc_land_rent", "inc_dividend"), ("inc_gov",), ("inc_private", "inc_other")),
)
LIVELIHOODS: Final = ("off_farm", "off_farm_first", "farm_first", "pure_farm")
SOURCES: Final = (
    *("crop", "livestock", "forest", "wage_local", "wage_migr", "business", "property", "transfer", "private", "none"),
)
MOST_DIVERSE: Final = 8 / 9
BOTH: Final = "recall + panel (recall is one rough figure)"


def _inc_net(reading: Reading) -> Column:
    gains = reading.all_of_them(INCOMES)
    costs = reading.all_of_them(COSTS)
    if reading.settings.partial == "strict":
        return sum_of(gains) - sum_of(costs)
    gross, some_missing = count_missing_as_zero(gains)
    spent, costs_missing = count_missing_as_zero([*costs, full(reading.n, 0.0)])
    reading.flag("inc_partial", gross.given & (some_missing | costs_missing))
    return gross - spent


def _inc_net_before(reading: Reading) -> Column:
    return reading["inc_total_b"]


def _inc_pc(reading: Reading) -> Column:
    return reading["inc_net@"] / reading["hh_size_@"]


def _inc_pc_before(reading: Reading) -> Column:
    return reading["inc_net@"] * _price_factor(reading) / reading["hh_size_@"]


def _price_factor(reading: Reading) -> Column:
    prices = reading.settings.before_prices
    if not prices.by_year:
        return full(reading.n, prices.default)
    years = reading["ref_year"]
    factors = np.full(reading.n, prices.default)
    for year, factor in prices.by_year.items():
        factors[years.values == float(year)] = factor
    return Column(np.where(years.given, factors, np.nan), years.reasons)


def _groups(reading: Reading) -> tuple[Numbers, Column]:
    sums = [sum_of(reading.all_of_them(group)) for group in GROUPS]
    return np.stack([column.values for column in sums], axis=1), sum_of(sums)


def _diversity(reading: Reading, *, of_simpson: bool) -> Column:
    amounts, total = _groups(reading)
    values = simpson(amounts) if of_simpson else shannon(amounts)
    return with_reason(Column(values, total.reasons), total.values == 0, Reason.UNDEFINED)


def _inc_div(reading: Reading) -> Column:
    return _diversity(reading, of_simpson=True)


def _shannon_div(reading: Reading) -> Column:
    return _diversity(reading, of_simpson=False)


def _gov_share(reading: Reading) -> Column:
    return reading["inc_gov"] / sum_of(reading.all_of_them(INCOMES))


def _livelihood_type(reading: Reading) -> Column:
    share = sum_of(reading.all_of_them(FARM)) / sum_of(reading.all_of_them(INCOMES))
    return as_levels(in_bands(share, reading.settings.farm_shares), LIVELIHOODS)


def _main_source_changed(reading: Reading) -> Column:
    now, before = (with_levels(reading[name], SOURCES) for name in ("inc_main_n", "inc_main_b"))
    return as_flag(now.values != before.values, np.maximum(now.reasons, before.reasons))


def _poor_inc(reading: Reading) -> Column:
    return reading["inc_pc@"].below(reading.settings.poverty_line.amount)


INDICATORS: Final = (
    *twins(
        Indicator(
            code="inc_net",
            set="BLOCK",
            unit="yuan/year",
            label_en="Net household income",
            label_zh="家庭纯收入",
            definition="Σ of the eleven `inc_` amounts − `cost_crop` − `cost_livestock` − `cost_business`; before: "
            "`inc_total_b`. May be negative.",
            formula=_inc_net,
            missing="Strict; a cost that was not asked because that income is 0 is 0. With `partial=zero` missing "
            "amounts count as 0 and the household is marked `inc_partial`.",
            recall=BOTH,
            source=("S14",),
            inputs=(*INCOMES, *COSTS),
            flags=("inc_partial",),
        ),
        before=_inc_net_before,
        before_inputs=("inc_total_b",),
    ),
    *twins(
        Indicator(
            code="inc_pc",
            set="CORE",
            unit="yuan/person/year",
            label_en="Net income per head",
            label_zh="人均纯收入",
            definition="`inc_net` / `hh_size`; before: `inc_total_b` × price factor of `ref_year` / `hh_size_b`.",
            formula=_inc_pc,
            missing="Missing if either is.",
            recall=BOTH,
            source=("S14",),
            inputs=("hh_size_@",),
            depends=("inc_net@",),
        ),
        before=_inc_pc_before,
        before_inputs=("hh_size_@", "ref_year"),
    ),
    Indicator(
        code="inc_div",
        set="CORE",
        unit="0–0.889",
        label_en="Income diversity (Simpson)",
        label_zh="收入多样性（辛普森）",
        definition="1 − Σ s², s = shares of gross income of nine groups: crop; livestock; forest; wage_local; "
        "wage_migr; business; land_rent + dividend; gov; private + other.",
        formula=_inc_div,
        missing="Strict; undefined if the gross total is 0.",
        recall="panel",
        source=("S15",),
        inputs=INCOMES,
        bounds=(0.0, MOST_DIVERSE),
    ),
    Indicator(
        code="gov_share",
        set="EXT",
        unit="share",
        label_en="Government transfers in gross income",
        label_zh="转移性收入占比",
        definition="`inc_gov` / Σ of the eleven amounts.",
        formula=_gov_share,
        missing="Strict; undefined if the total is 0.",
        recall="panel",
        source=("S12",),
        inputs=INCOMES,
        bounds=SHARE,
    ),
    Indicator(
        code="shannon_div",
        set="EXT",
        unit="nats",
        label_en="Income diversity (Shannon)",
        label_zh="收入多样性（香农）",
        definition="−Σ s ln s over the nine groups of `inc_div`, 0 ln 0 = 0.",
        formula=_shannon_div,
        missing="Strict; undefined if the gross total is 0.",
        recall="panel",
        source=("S15",),
        inputs=INCOMES,
        bounds=UNLIMITED,
    ),
    Indicator(
        code="livelihood_type",
        set="EXT",
        unit="category",
        label_en="Livelihood type",
        label_zh="生计类型",
        definition="By the farm share of gross income (crop + livestock + forest): ≥ .9 pure farm; ≥ .5 farm first; "
        "≥ .1 off-farm first; else off-farm.",
        formula=_livelihood_type,
        missing="Strict; undefined if the total is 0.",
        recall="panel",
        source=("S10",),
        inputs=INCOMES,
        levels=LIVELIHOODS,
    ),
    Indicator(
        code="main_source_changed",
        set="EXT",
        unit="0/1",
        label_en="Main source of income changed",
        label_zh="主要收入来源改变",
        definition="1 if `inc_main_n` ≠ `inc_main_b`.",
        formula=_main_source_changed,
        missing="Missing if either is.",
        recall="recall",
        source=("S10",),
        inputs=("inc_main_n", "inc_main_b"),
        bounds=SHARE,
    ),
    *twins(
        Indicator(
            code="poor_inc",
            set="CORE",
            unit="0/1",
            label_en="Income below the poverty line",
            label_zh="收入贫困",
            definition="1 if `inc_pc` is strictly below the line of the settings (yuan per person and year).",
            formula=_poor_inc,
            missing="Missing if income per head is.",
            recall="recall + panel",
            source=("S13", "S14"),
            depends=("inc_pc@",),
            bounds=SHARE,
        )
    ),
)
