"""The catalogue: every indicator of a household, checked and ready to compute."""

from typing import Final

from surveyapp.indicators import (
    household_assets,
    household_capitals,
    household_coupling,
    household_food,
    household_income,
    household_living,
    household_poverty,
    household_production,
    household_social,
    household_synergy,
    household_wellbeing,
)
from surveyapp.indicators.registry import Registry

CATALOGUE: Final = Registry(
    (
        *household_living.INDICATORS,
        *household_production.INDICATORS,
        *household_income.INDICATORS,
        *household_social.INDICATORS,
        *household_synergy.INDICATORS,
        *household_capitals.INDICATORS,
        *household_assets.INDICATORS,
        *household_coupling.INDICATORS,
        *household_poverty.INDICATORS,
        *household_wellbeing.INDICATORS,
        *household_food.INDICATORS,
    ),
    accompanied=("lvi", "v_dropout", "v_leader"),
)
