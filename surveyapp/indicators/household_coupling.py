"""Coupling of the spaces (空间耦合协调)."""

from typing import Final

import numpy as np

from surveyapp.indicators.columns import Column
from surveyapp.indicators.declaration import SHARE, Formula, Indicator, twins
from surveyapp.indicators.household_synergy import coupled
from surveyapp.indicators.measures import coupling
from surveyapp.indicators.reading import Reading
from surveyapp.indicators.scoring import as_levels, in_grades
from surveyapp.indicators.settings import GRADES_EN

SPACES: Final = ("u_living", "u_production", "u_social")
LAGS: Final = ("living", "production", "social", "balanced")
STAGES: Final = ("low", "antagonism", "running_in", "high")


def _of_three(reading: Reading) -> Column:
    return coupled([reading[name] for name in SPACES])


def _adjusted(reading: Reading) -> Column:
    return coupled([reading[name] for name in SPACES], adjusted=True)


def _of_two(reading: Reading) -> Column:
    return coupled([reading["u_living@"], reading["u_production@"]])


def _degree(reading: Reading) -> Column:
    systems = [reading[name] for name in SPACES]
    found = coupling(np.stack([system.values for system in systems], axis=1))
    return Column(np.asarray(found.C), np.maximum.reduce([system.reasons for system in systems]))


def _stage(reading: Reading) -> Column:
    return as_levels(in_grades(reading["ccd_c"], reading.settings.stage_cuts), STAGES)


def _grade_of(name: str) -> Formula:
    def formula(reading: Reading) -> Column:
        return as_levels(in_grades(reading[name], reading.settings.grade_cuts), reading.settings.grades)

    return formula


def _space_lag(reading: Reading) -> Column:
    systems = [reading[name] for name in SPACES]
    reasons = np.maximum.reduce([system.reasons for system in systems])
    values = np.stack([np.where(reasons == 0, system.values, 0.0) for system in systems], axis=1)
    lowest = values.argmin(axis=1)
    least = values.min(axis=1)
    others = (values.sum(axis=1) - least) / (len(SPACES) - 1)
    lags = np.where(others - least > reading.settings.lag_gap, lowest, len(SPACES))
    return as_levels(Column(np.where(reasons == 0, lags, np.nan), reasons), LAGS)


INDICATORS: Final = (
    Indicator(
        code="ccd",
        set="CORE",
        unit="0–1",
        label_en="Coupling coordination of the three spaces",
        label_zh="三生空间耦合协调度",
        definition="D = √(C·T) of u_living, u_production, u_social; C = 3 (Π U)^(1/3) / Σ U, T = mean U.",
        formula=_of_three,
        missing="All three needed.",
        recall="panel",
        source=("S5", "S17"),
        depends=SPACES,
        bounds=SHARE,
    ),
    Indicator(
        code="ccd_grade",
        set="CORE",
        unit="category",
        label_en="Grade of coordination",
        label_zh="耦合协调等级",
        definition="Ten grades of D, upper bounds inclusive at .1, .2, … .9 (`grade_cuts`).",
        formula=_grade_of("ccd"),
        missing="As ccd.",
        recall="panel",
        source=("S17",),
        depends=("ccd",),
        levels=GRADES_EN,
        part_of="ccd",
    ),
    Indicator(
        code="ccd_c",
        set="CORE",
        unit="0–1",
        label_en="Coupling degree C",
        label_zh="耦合度",
        definition="C = 3 (Π U)^(1/3) / Σ U.",
        formula=_degree,
        missing="As ccd.",
        recall="panel",
        source=("S17",),
        depends=SPACES,
        bounds=SHARE,
        part_of="ccd",
    ),
    Indicator(
        code="ccd_stage",
        set="CORE",
        unit="category",
        label_en="Stage of coupling",
        label_zh="耦合阶段",
        definition="C ≤ .3 low, ≤ .5 antagonism, ≤ .8 running-in, above high.",
        formula=_stage,
        missing="As ccd.",
        recall="panel",
        source=("S17",),
        depends=("ccd_c",),
        levels=STAGES,
        part_of="ccd",
    ),
    *twins(
        Indicator(
            code="ccd_recall",
            set="CORE",
            unit="0–1",
            label_en="Coupling coordination of living and production",
            label_zh="生活—生产空间耦合协调度",
            definition="D of u_living and u_production.",
            formula=_of_two,
            missing="Both needed.",
            recall="recall + panel",
            source=("S5", "S17"),
            depends=("u_living@", "u_production@"),
            bounds=SHARE,
        )
    ),
    *twins(
        Indicator(
            code="ccd_recall_grade",
            set="CORE",
            unit="category",
            label_en="Grade of coordination of living and production",
            label_zh="生活—生产空间耦合协调等级",
            definition="Ten grades of D, as ccd_grade.",
            formula=_grade_of("ccd_recall@"),
            missing="As ccd_recall.",
            recall="recall + panel",
            source=("S17",),
            depends=("ccd_recall@",),
            levels=GRADES_EN,
            part_of="ccd_recall",
        )
    ),
    Indicator(
        code="ccd_adj",
        set="EXT",
        unit="0–1",
        label_en="Coupling coordination, adjusted",
        label_zh="修正耦合协调度",
        definition="D with C' = √{[1 − mean over pairs |U_i − U_j|] · [Π (U_i / max U)]^(1/2)}.",
        formula=_adjusted,
        missing="All three needed.",
        recall="panel",
        source=("S17",),
        depends=SPACES,
        bounds=SHARE,
    ),
    Indicator(
        code="space_lag",
        set="EXT",
        unit="category",
        label_en="The space that lags behind",
        label_zh="滞后空间",
        definition="The lowest of the three, if it is more than .1 below the mean of the other two; else balanced. Of "
        "equals the first.",
        formula=_space_lag,
        missing="All three needed.",
        recall="panel",
        source=("S5",),
        depends=SPACES,
        levels=LAGS,
    ),
)
