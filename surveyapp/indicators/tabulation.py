"""The indicators of a form, with which submission each row is."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from surveyapp.indicators.compute import IndicatorTable, compute_households
from surveyapp.indicators.frame import SurveyFrame
from surveyapp.indicators.parameters import NO_PARAMETERS, Parameters
from surveyapp.indicators.settings import Settings
from surveyapp.indicators.summary import Summary, summarise


@dataclass(frozen=True, slots=True)
class Household:
    """Which submission a row of the table is."""

    submission_no: int
    instance_id: str
    version: str


@dataclass(frozen=True)
class Tabulation:
    """Row by row, and for the villages and the project."""

    households: Sequence[Household]
    frame: SurveyFrame
    table: IndicatorTable
    settings: Settings

    @cached_property
    def summary(self) -> Summary:
        """Villages and the project, small cells masked."""
        return summarise(self.frame, self.table, self.settings)


def tabulate(
    households: Sequence[Household],
    frame: SurveyFrame,
    settings: Settings,
    parameters: Parameters = NO_PARAMETERS,
) -> Tabulation:
    """Every indicator of the catalogue for these households."""
    return Tabulation(households, frame, compute_households(frame, settings, parameters), settings)
