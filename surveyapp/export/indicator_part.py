"""The sheets of indicators of one export: what they are, their rows, their charts, what codebook and README tell."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from surveyapp.export.cells import Row
from surveyapp.export.chart_tables import ChartTables
from surveyapp.export.charts import ChartSheet
from surveyapp.export.columns import sheet_columns
from surveyapp.export.figure_labels import is_chinese
from surveyapp.export.figures import Figures, observed
from surveyapp.export.indicator_codebook import (
    absent_codebook_rows,
    indicator_codebook_rows,
    line_codebook_rows,
    list_absent,
)
from surveyapp.export.indicator_sheet import INDICATORS_TITLE, KEYS, indicator_columns, indicator_rows, list_shown
from surveyapp.export.layout import Layout
from surveyapp.export.options import ExportOptions
from surveyapp.export.sheets import Line, Sheet
from surveyapp.export.source import ExportSource
from surveyapp.export.summary_sheets import (
    BEFORE_AFTER_SHEET,
    PANEL_SHEET,
    PROJECT_SHEET,
    VILLAGE_SHEET,
    comparison_rows,
    figure_rows,
    panel_rows,
)
from surveyapp.indicators.catalogue import CATALOGUE
from surveyapp.indicators.settings import Settings
from surveyapp.indicators.summary import list_paired
from surveyapp.indicators.tabulation import Tabulation


class IndicatorPart:
    """One tabulation as sheets, in the language of the export."""

    def __init__(self, tabulation: Tabulation, layout: Layout, options: ExportOptions) -> None:
        self.tabulation = tabulation
        self._layout = layout
        self._options = options
        self._reasons = options.missing == "columns"
        self._chinese = is_chinese(layout.view.options.language or layout.view.definition.default_language)
        self._shown = list_shown(tabulation.table)
        self._columns = indicator_columns(self._shown, reasons=self._reasons, chinese=self._chinese)
        self._figures = [Figures(column.kind) for column in self._columns]

    def sheets(self) -> Iterator[tuple[Sheet, Iterator[Row]]]:
        """Each sheet with its rows, in the order of the workbook."""
        sheet = Sheet(
            INDICATORS_TITLE,
            sheet_columns(self._columns, self._options.headers),
            KEYS,
            folded=self._options.headers == "hidden",
        )
        yield sheet, observed(indicator_rows(self.tabulation, self._shown, reasons=self._reasons), self._figures)
        summary, names = self.tabulation.summary, self._villages
        yield VILLAGE_SHEET, figure_rows(summary.villages, names, self._chinese)
        yield PROJECT_SHEET, figure_rows(summary.project, names, self._chinese)
        if list_paired(self.tabulation.table):
            yield BEFORE_AFTER_SHEET, comparison_rows(summary.before_after, names, self._chinese)
        if summary.panel.changes:
            yield PANEL_SHEET, panel_rows(summary.panel, names, self._chinese)

    def charts(self) -> ChartSheet:
        """The charts, with their figures."""
        kinds = self._choice_labels(self._in_form("group"))
        tables = ChartTables(self.tabulation, kinds, self._villages, self._chinese).all()
        return ChartSheet(tables, "指标图表" if self._chinese else "Charts of the indicators")

    def codebook_rows(self, languages: Sequence[str], order: int) -> Iterator[Row]:
        """Rows of the codebook, once the sheets are written; `order` is the number of the row before."""
        yield from indicator_codebook_rows(self._columns, self._figures, self.tabulation.table, languages, order)
        summary = self.tabulation.summary
        present = {one.code for one in (*summary.villages, *summary.project)}
        lines = list(line_codebook_rows(present, languages, order + len(self._columns)))
        yield from lines
        yield from absent_codebook_rows(self.tabulation.table, languages, order + len(self._columns) + len(lines))

    def readme_lines(self) -> Iterator[Line]:
        """What the README tells about the indicators."""
        table, settings = self.tabulation.table, self.tabulation.settings
        yield Line("heading", ("Indicators",))
        yield Line("line", ("Households", table.n))
        yield Line("line", ("Settings (SHA-256)", table.settings_hash))
        yield Line("line", ("Parameters (SHA-256)", table.parameters_hash))
        line = settings.poverty_line
        told = f"{line.amount:,g} yuan a person and year, in prices of {line.price_year}"
        yield Line("line", ("Poverty line", told))
        for name, value, default in list_changed(settings.as_json(), Settings().as_json()):
            yield Line("line", (f"Setting {name}", f"{_written(value)}; the catalogue has {_written(default)}"))
        small = f"Figures of fewer than {settings.smallest_cell} households are empty, and masked is 1. Where just one "
        yield Line("line", ("Small cells", f"{small}village of a township is, a second one is masked too."))
        yield Line("line", ("Before", "What people recall of the time before the move (flag recall), no panel."))
        yield from self._panel_lines()
        yield Line("line", ("did_ codes", "A description: parallel trends are assumed, not shown."))
        if absent := list_absent(table):
            counted = sum(1 for one in CATALOGUE if one.counted)
            told = f"{len(absent)} of {counted} indicators: no version of the form asks what they need. They have no "
            yield Line("line", ("Not computable", f"{told}columns and no figures; the codebook names them at its end."))
        for version, lacking in table.not_computable.items():
            if codes := [code for code in lacking if code in table.computable]:
                told = f"{', '.join(codes)}. The questions that they lack: see codebook, or publish them."
                yield Line("line", (f"Not computable for version {version}", told))
        yield Line("line")

    def _panel_lines(self) -> Iterator[Line]:
        summary = self.tabulation.summary
        if summary.wave:
            told = f"Villages, project, before and charts: interviews of wave {summary.wave} alone."
            yield Line("line", ("Wave", told))
        for one in summary.panel.matched:
            told = f"{one.households} households in {one.first}; in {one.later} {one.pairs} again, {one.lost} lost, "
            more = f"{one.new} new. {one.repeated} repeated interviews inside a wave do not count."
            yield Line("line", (f"Panel {one.first} to {one.later}", told + more))

    @cached_property
    def _villages(self) -> dict[str, str]:
        return self._choice_labels(self._in_form("village"))

    def _in_form(self, what: str) -> str:
        """The form's name of the question behind a setting of the design."""
        settings = self.tabulation.settings
        return settings.in_form(getattr(settings.design, what))

    def _choice_labels(self, question_name: str) -> dict[str, str]:
        """The labels of a question's choices by code, in the order of the form; empty where the form has none."""
        view = self._layout.view
        for question in self._layout.merged[0].questions:
            if question.newest.name == question_name:
                return {choice.name: view.choice_label(choice) for choice in question.choices}
        return {}


def list_changed(stated: Mapping[str, Any], default: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """The settings that are not those of the catalogue: their path, what they are, and what the catalogue has."""
    for name, value in stated.items():
        usual = default.get(name)
        # Names that the author of the form chose are one setting: what it is by default says nothing of its parts.
        if isinstance(value, Mapping) and isinstance(usual, Mapping) and usual:
            yield from ((f"{name}.{path}", *both) for path, *both in list_changed(value, usual))
        elif value != usual:
            yield name, value, usual


def _written(value: Any) -> str:
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def find_indicators(source: ExportSource, layout: Layout, options: ExportOptions) -> IndicatorPart | None:
    """Only of clean answers, and of all versions: estimates from a part of the sample would be wrong."""
    bounded = options.is_narrow or bool(options.columns)
    if options.kind not in ("clean", "both") or bounded or source.indicators is None:
        return None
    return IndicatorPart(source.indicators, layout, options)
