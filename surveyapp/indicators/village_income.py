"""Income of villages and of the project: poverty, inequality, level."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from surveyapp.indicators.columns import Mask
from surveyapp.indicators.figures import PROJECT, Figure, Line, View, replace_values, with_error
from surveyapp.indicators.linearisation import theil_within
from surveyapp.indicators.measures import fgt_terms

BOTH: Final = ("village", "project")


def _income_poverty(view: View) -> Iterator[Figure]:
    income = view.column("inc_pc")
    line = view.settings.poverty_line.amount
    negative = Counter(_places_of(view, income.values < 0))
    for alpha, code in enumerate(("v_poor_h", "v_pov_gap", "v_pov_sq")):
        terms = replace_values(income, fgt_terms(income.values, line, alpha))
        for one in view.figures(code, view.estimates(terms, scale="logit", persons=True), "persons"):
            below_zero = (f"negative={negative[one.place]}",) if negative[one.place] and alpha else ()
            yield replace(one, flags=(*one.flags, *below_zero))


def _places_of(view: View, where: Mask) -> list[str]:
    return [PROJECT] * int(where.sum()) if view.labels is None else view.labels[where].tolist()


def _gini(view: View) -> Iterator[Figure]:
    yield from view.figures(
        "v_gini", view.estimates(view.column("inc_pc"), kind="gini", scale="logit", persons=True), "persons"
    )


def _income(view: View) -> Iterator[Figure]:
    income = view.column("inc_pc")
    yield from view.figures("v_inc_pc", view.estimates(income))
    yield from view.figures("v_inc_pc_median", view.estimates(income, kind="median"))


def _theil_within(view: View) -> Iterator[Figure]:
    income, sample = view.column("inc_pc"), view.sample
    rows = income.given & (sample.persons > 0)
    if not rows.any():
        return
    whole = view.estimates(income, kind="theil", persons=True)[PROJECT]
    weights = (sample.weights * sample.persons)[rows]
    villages = np.unique(sample.village[rows], return_inverse=True)[1]
    z = np.zeros(sample.n)
    share, z[rows] = theil_within(income.values[rows], weights, np.zeros_like(villages), 1, villages)
    (found,) = view.figures("v_theil_within", {PROJECT: whole}, "persons")
    found = replace(found, estimate=float(share[0]), se=math.nan, lower=math.nan, upper=math.nan)
    yield with_error(found, view.errors(z, rows, persons=True)[PROJECT])


LINES: Final = (
    Line(
        code="v_poor_h",
        codes={"v_poor_h": "share", "v_pov_gap": "share", "v_pov_sq": "share"},
        set="CORE",
        levels=BOTH,
        label_en="Income poverty: headcount, gap, squared gap",
        label_zh="收入贫困：发生率、深度、强度",
        definition="FGT 0, 1, 2 of inc_pc against the line, persons as units; negative incomes count as 0 in gap and "
        "squared gap, and their number is told.",
        formula=_income_poverty,
        source=("S14",),
        depends=("inc_pc",),
        units="persons",
    ),
    Line(
        code="v_gini",
        codes={"v_gini": "0–1"},
        set="CORE",
        levels=BOTH,
        label_en="Gini of income",
        label_zh="收入基尼系数",
        definition="Weighted Gini of inc_pc, persons as units; negative incomes count as 0, and their number is told.",
        formula=_gini,
        source=("S14", "S25"),
        depends=("inc_pc",),
        units="persons",
    ),
    Line(
        code="v_inc_pc",
        codes={"v_inc_pc": "yuan", "v_inc_pc_median": "yuan"},
        set="CORE",
        levels=BOTH,
        label_en="Income per head: mean and median",
        label_zh="人均纯收入：均值与中位数",
        definition="Weighted mean and median of inc_pc over households.",
        formula=_income,
        source=("S14",),
        depends=("inc_pc",),
    ),
    Line(
        code="v_theil_within",
        codes={"v_theil_within": "share"},
        set="EXT",
        levels=("project",),
        label_en="Share of inequality inside villages",
        label_zh="村内差异占比（泰尔）",
        definition="Within part / total of the Theil T of inc_pc over villages, persons as units.",
        formula=_theil_within,
        source=("S14",),
        depends=("inc_pc",),
        units="persons",
    ),
)
