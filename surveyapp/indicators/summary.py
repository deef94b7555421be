"""Villages and the project: every line of the catalogue, small cells masked."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from surveyapp.indicators import changes, village_income, village_lines, village_poverty
from surveyapp.indicators.changes import Comparison
from surveyapp.indicators.compute import IndicatorTable
from surveyapp.indicators.figures import Figure, Line, View, mask_small
from surveyapp.indicators.frame import Frame
from surveyapp.indicators.sample import make_sample
from surveyapp.indicators.settings import Settings

LINES: Final[tuple[Line, ...]] = (
    *village_lines.LINES,
    *village_income.LINES,
    *village_poverty.LINES,
    *changes.LINES,
)


@dataclass(frozen=True)
class Summary:
    """Figures of villages and of the project in the order of the catalogue, and the comparison of before and now."""

    villages: tuple[Figure, ...]
    project: tuple[Figure, ...]
    before_after: tuple[Comparison, ...]


def summarise(
    frame: Frame,
    table: IndicatorTable,
    settings: Settings | None = None,
    *,
    lines: Iterable[Line] = LINES,
    masked: bool = True,
) -> Summary:
    """All lines for every village and for the project, from a table that holds all indicators of this frame.

    Lines whose indicators the table lacks are left out. `masked=False` is for those who may see small cells.
    """
    settings = settings or Settings()
    sample = make_sample(frame, table, settings)
    usable = [line for line in lines if all(code in table.columns for code in line.depends)]
    villages, project = View(sample, "village"), View(sample, "project")
    by_village = [one for line in usable if "village" in line.levels for one in line.formula(villages)]
    of_project = [one for line in usable if "project" in line.levels for one in line.formula(project)]
    paired = [code for code in changes.PAIRED if code in table.columns and f"{code}_b" in table.columns]
    compared = [one for view in (project, villages) for one in changes.compare(view, paired)]
    if masked:
        towns = dict(zip(sample.village.tolist(), sample.township.tolist(), strict=True))
        by_village, of_project = _masked(by_village, settings, towns), _masked(of_project, settings, towns)
        compared = _mask_compared(compared, settings, towns)
    return Summary(tuple(by_village), tuple(of_project), tuple(compared))


def _masked(figures: list[Figure], settings: Settings, towns: dict[str, str]) -> list[Figure]:
    return mask_small(figures, settings.smallest_cell, settings.careful_cell, towns)


def _mask_compared(compared: list[Comparison], settings: Settings, towns: dict[str, str]) -> list[Comparison]:
    parts = [_masked([getattr(one, part) for one in compared], settings, towns) for part in ("before", "now", "change")]
    return [
        replace(one, before=before, now=now, change=change)
        for one, before, now, change in zip(compared, *parts, strict=True)
    ]
