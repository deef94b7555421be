"""Villages and the project: every line of the catalogue, small cells masked."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from surveyapp.indicators import changes, village_income, village_lines, village_poverty
from surveyapp.indicators.changes import Comparison
from surveyapp.indicators.compute import IndicatorTable
from surveyapp.indicators.figures import Figure, Line, View, mask_small
from surveyapp.indicators.frame import Frame
from surveyapp.indicators.panel import (
    NO_PANEL,
    Panel,
    PanelChange,
    Wave,
    choose_wave,
    compare_waves,
    list_waves,
    with_attrition_hidden,
)
from surveyapp.indicators.sample import make_sample
from surveyapp.indicators.settings import Settings

LINES: Final[tuple[Line, ...]] = (
    *village_lines.LINES,
    *village_income.LINES,
    *village_poverty.LINES,
    *changes.LINES,
)

# The later wave where the first was asked with another form, and this one has no question of waves.
NOW: Final = "now"
C = TypeVar("C", Comparison, PanelChange)


@dataclass(frozen=True)
class Summary:
    """Figures of villages and of the project in the order of the catalogue, the comparison of what was recalled with
    now, and of the waves of a panel. `wave` is the wave that the figures are of, '' where there are no waves.
    """

    villages: tuple[Figure, ...]
    project: tuple[Figure, ...]
    before_after: tuple[Comparison, ...]
    panel: Panel = NO_PANEL
    wave: str = ""


def summarise(
    frame: Frame,
    table: IndicatorTable,
    settings: Settings | None = None,
    *,
    lines: Iterable[Line] = LINES,
    masked: bool = True,
    earlier: Wave | None = None,
) -> Summary:
    """All lines for every village and for the project, from a table that holds all indicators of this frame.

    Lines whose indicators the table lacks are left out, and figures of indicators that no version of the form can give.
    `masked=False` is for those who may see small cells. `earlier` is a first wave that was asked with another form.
    """
    settings = settings or Settings()
    everybody = make_sample(frame, table, settings)
    waves = list_waves(everybody, settings.design.waves)
    wave = choose_wave(waves, settings)
    sample = everybody if wave is None else wave.sample
    usable = [line for line in lines if all(code in table.columns for code in line.depends)]
    villages, project = View(sample, "village"), View(sample, "project")
    by_village = [one for line in usable for one in _figures(line, villages, table)]
    of_project = [one for line in usable for one in _figures(line, project, table)]
    compared = [one for view in (project, villages) for one in changes.compare(view, list_paired(table))]
    panel = compare_waves(waves if earlier is None else [earlier, *(waves or [Wave(NOW, everybody)])])
    panel = replace(panel, changes=tuple(one for one in panel.changes if one.code in table.computable))
    if masked:
        towns = dict(zip(sample.village.tolist(), sample.township.tolist(), strict=True))
        by_village, of_project = _masked(by_village, settings, towns), _masked(of_project, settings, towns)
        compared = _mask_parts(compared, ("before", "now", "change"), settings, towns)
        panel = _mask_panel(panel, settings, towns)
    name = "" if wave is None else wave.name
    return Summary(tuple(by_village), tuple(of_project), tuple(compared), panel, name)


def list_paired(table: IndicatorTable) -> list[str]:
    """The indicators that the form can give for now and for before."""
    return [code for code in changes.PAIRED if {code, f"{code}_b"} <= table.computable]


def _figures(line: Line, view: View, table: IndicatorTable) -> list[Figure]:
    """The figures of a line; of one that rests in part on indicators that no version can give, those that are there."""
    possible = [code for code in line.depends if code in table.computable]
    if view.level not in line.levels or (line.depends and not possible):
        return []
    figures = list(line.formula(view))
    if len(possible) == len(line.depends):
        return figures
    there = {one.code for one in figures if one.n or math.isfinite(one.estimate)}
    return [one for one in figures if one.code in there]


def _masked(figures: list[Figure], settings: Settings, towns: dict[str, str]) -> list[Figure]:
    return mask_small(figures, settings.smallest_cell, settings.careful_cell, towns)


def _mask_parts(compared: list[C], parts: tuple[str, ...], settings: Settings, towns: dict[str, str]) -> list[C]:
    masked = [_masked([getattr(one, part) for one in compared], settings, towns) for part in parts]
    return [
        replace(one, **dict(zip(parts, figures, strict=True)))
        for one, figures in zip(compared, zip(*masked, strict=True), strict=True)
    ]


def _mask_panel(panel: Panel, settings: Settings, towns: dict[str, str]) -> Panel:
    found: list[PanelChange] = []
    for later in dict.fromkeys(one.later for one in panel.changes):
        changed = [one for one in panel.changes if one.later == later]
        found += _mask_parts(changed, ("before", "now", "change", "stayed", "lost"), settings, towns)
    return replace(panel, changes=tuple(with_attrition_hidden(one) for one in found))
