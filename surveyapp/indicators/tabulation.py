"""The indicators of a form, with which submission each row is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from surveyapp.indicators.compute import IndicatorTable, compute_households
from surveyapp.indicators.frame import Household, SurveyFrame
from surveyapp.indicators.joining import Computed
from surveyapp.indicators.panel import Wave
from surveyapp.indicators.parameters import NO_PARAMETERS, Parameters
from surveyapp.indicators.sample import Sample, make_sample
from surveyapp.indicators.settings import Settings
from surveyapp.indicators.summary import Summary, summarise


@dataclass(frozen=True)
class Tabulation:
    """Row by row, and for the villages and the project; `earlier` is a first wave that another form asked.

    `parts` are what households and table were put together from.
    """

    households: Sequence[Household]
    frame: SurveyFrame
    table: IndicatorTable
    settings: Settings
    earlier: Wave | None = None
    parts: Sequence[Computed] = ()

    def list_parts(self) -> Iterator[tuple[Sequence[Household], IndicatorTable]]:
        """Households with their indicators, some at a time: all columns of all households need not be in memory."""
        if not self.parts:
            yield self.households, self.table
        for part in self.parts:
            yield part.households, part.table

    @cached_property
    def summary(self) -> Summary:
        """Villages and the project, small cells masked."""
        return summarise(self.frame, self.table, self.settings, earlier=self.earlier)

    @cached_property
    def sample(self) -> Sample:
        """The households that the figures of the summary are of."""
        everybody = make_sample(self.frame, self.table, self.settings)
        return everybody.of_wave(self.summary.wave) if self.summary.wave else everybody


def tabulate(
    households: Sequence[Household],
    frame: SurveyFrame,
    settings: Settings,
    parameters: Parameters = NO_PARAMETERS,
) -> Tabulation:
    """Every indicator of the catalogue for these households."""
    return Tabulation(households, frame, compute_households(frame, settings, parameters), settings)
