"""The sheets of one export, one after the other, and what its README tells of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import TypeAlias

from surveyapp.export.cells import Row
from surveyapp.export.charts import CHARTS_TITLE
from surveyapp.export.cleaned import CleanedForm
from surveyapp.export.codebook import (
    ORIGIN,
    STATISTICS,
    TableFigures,
    choices_rows,
    choices_sheet,
    codebook_rows,
    codebook_sheet,
)
from surveyapp.export.columns import Column, TableLayout, sheet_columns
from surveyapp.export.comments_sheet import COMMENTS_SHEET, comment_rows
from surveyapp.export.disclosure_sheet import DISCLOSURE_SHEET, disclosure_rows
from surveyapp.export.distribution import Observed
from surveyapp.export.edits_sheet import EDITS_SHEET, EditRows, edit_lines
from surveyapp.export.figure_labels import is_chinese
from surveyapp.export.figures import observed, observed_coded
from surveyapp.export.findings_sheet import BrokenCounted, findings_rows, findings_sheet
from surveyapp.export.guard import Guard
from surveyapp.export.indicator_part import find_indicators
from surveyapp.export.layout import FIXED_TITLES, Layout, choose_versions, plan_layout, with_parent
from surveyapp.export.log_sheets import (
    CLEANING_LOG,
    DELETION_LOG,
    account_lines,
    cleaning_lines,
    deletion_rows,
    log_rows,
)
from surveyapp.export.long_text import LONG_TEXT_SHEET, LongTexts
from surveyapp.export.names import sheet_title
from surveyapp.export.options import STATS, ExportOptions
from surveyapp.export.quality_sheets import (
    DATA_QUALITY,
    ENUMERATORS,
    QUALITY_FINDINGS,
    enumerator_rows,
    finding_rows,
    quality_rows,
)
from surveyapp.export.readme import RAW, Told, describe_sheets
from surveyapp.export.rows import main_rows, repeat_rows
from surveyapp.export.sheets import Line, Sheet, Written
from surveyapp.export.source import ExportSource
from surveyapp.export.text import Tally
from surveyapp.export.writers import Writer

# Told rows written so far, rows in all, and the sheet at hand; may raise to stop the export.
Progress: TypeAlias = Callable[[int, int, str], None]


class RowsLost(RuntimeError):
    """A sheet does not hold as many rows as the snapshot has; the file is not released."""


class Filling:
    """The sheets of one export, written one after the other."""

    def __init__(
        self,
        source: ExportSource,
        options: ExportOptions,
        layout: Layout,
        writer: Writer,
        progress: Progress | None,
        guard: Guard | None,
    ) -> None:
        self._source = source
        self._options = options
        self._layout = layout
        self._writer = writer
        self._progress = progress
        self._guard = guard
        self._counts = {t.path: source.count(t.path, options.selection) for t in layout.tables}
        self._total = sum(self._counts[table.path] for table in layout.tables)
        self._done = 0
        self._written: dict[str, list[Written]] = {}
        self._figures: list[TableFigures] = []
        self._broken: BrokenCounted | None = None
        self._edits = EditRows(source, layout, options)
        self.indicators = find_indicators(source, layout, options)

    def write_sheets(self, long_texts: LongTexts) -> None:
        """Every sheet but README, in the order of the workbook."""
        if self._options.kind == "quality":
            self._write_quality()
            return
        for table in self._layout.tables:
            self._write_table(table)
        if self._guard is not None:
            self._guard.check()
            self._write(DISCLOSURE_SHEET, disclosure_rows(self._guard))
        if self.indicators is not None:
            for sheet, rows in self.indicators.sheets():
                self._write(sheet, rows)
            self._written[CHARTS_TITLE] = self._writer.draw(self.indicators.charts())
        if self._options.kind == "both":
            self._write_raw()
        if self._guard is None:
            self._write_quality()
            self._write_logs()
        languages = self._layout.view.definition.languages or ("",)
        self._write_codebook(languages)
        self._write(choices_sheet(languages), choices_rows(self._layout, self._figures, languages))
        if long_texts.count:
            self._write(LONG_TEXT_SHEET, long_texts.rows())

    def _write_logs(self) -> None:
        edits = iter(self._edits)
        if (edited := next(edits, None)) is not None:
            self._write(EDITS_SHEET, chain((edited,), edits))
        cleaned, gone = isinstance(self._source, CleanedForm), deletion_rows(self._source, self._options)
        if isinstance(self._source, CleanedForm):
            self._write(CLEANING_LOG, log_rows(self._source, self._layout, self._options))
        if (first := next(gone, None)) is not None or cleaned:
            self._write(DELETION_LOG, chain(() if first is None else (first,), gone))

    def _write_quality(self) -> None:
        found = self._source.quality(self._options.selection)
        language = "zh" if is_chinese(self._options.language) else "en"
        if found is not None:
            self._write(DATA_QUALITY, quality_rows(found, language))
            self._write(ENUMERATORS, enumerator_rows(found))
            self._write(QUALITY_FINDINGS, finding_rows(found, self._options, language))
        self._broken = BrokenCounted(findings_rows(self._source, self._layout, self._options.selection))
        self._write(findings_sheet(self._layout), iter(self._broken))
        said = comment_rows(self._source, self._layout, self._options)
        if self._options.kind != "raw" and (first := next(said, None)) is not None:
            self._write(COMMENTS_SHEET, chain((first,), said))

    def told(self, tally: Tally, inputs_hash: str) -> Told:
        """What the README tells about the written sheets."""
        warnings = [*self._layout.notes, *tally.warnings(), *self._warn_of_versions(), *self._warn_of_parts()]
        sheets = describe_sheets(self._layout, self._written)
        about = tuple(self.indicators.readme_lines()) if self.indicators is not None else ()
        account: list[Line] = []
        if self._figures:
            account += account_lines(self._source, self._options, self._counts[""])
            account += edit_lines(self._edits)
        if isinstance(self._source, CleanedForm) and self._guard is None:
            account += cleaning_lines(self._source, self._layout, self._options)
        content_hash, broken = self._writer.content_hash(), self._broken.found if self._broken is not None else None
        return Told(sheets, self._figures, content_hash, inputs_hash, warnings, about, account, broken)

    @property
    def hashes(self) -> dict[str, str]:
        """Under which settings and parameters the indicators were computed; nothing where there are none."""
        if self.indicators is None:
            return {}
        table = self.indicators.tabulation.table
        return {"settings_hash": table.settings_hash, "parameters_hash": table.parameters_hash}

    def _write_codebook(self, languages: Sequence[str]) -> None:
        counts = {title: sum(part.rows for part in parts) for title, parts in self._written.items()}
        if self.indicators is None:
            self._write(codebook_sheet(languages), codebook_rows(self._layout, self._figures, counts, languages))
            return
        columns = sum(len(table.table.columns) for table in self._figures)
        answers = codebook_rows(self._layout, self._figures, counts, languages, len(ORIGIN))
        further = ((*row, *(None for _ in STATISTICS)) for row in self.indicators.codebook_rows(languages, columns))
        self._write(codebook_sheet(languages, ORIGIN), chain(answers, further))

    def _write_table(self, table: TableLayout) -> None:
        seen = [Observed(column.kind) for column in table.columns]
        asked = table if self._guard is None else self._guard.source_table(table)
        rows: Iterator[Row] = (repeat_rows if table.path else main_rows)(self._source, asked, self._options)
        if self._guard is not None:
            rows = self._guard.rows(table, rows, self._counts[table.path])
        self._figures.append(TableFigures(table, seen))
        watched = observed_coded if self._options.format in STATS else observed
        self._write(self._sheet(table), watched(rows, seen))
        found = sum(part.rows for part in self._written[table.title])
        if found != self._counts[table.path]:
            raise RowsLost(f"sheet {table.title} holds {found} rows, the snapshot has {self._counts[table.path]}")

    def _write_raw(self) -> None:
        """The sheets of answers once more, as the phones sent them."""
        source = self._source.inner if isinstance(self._source, CleanedForm) else self._source
        options = replace(self._options, kind="raw", wide=0)
        chosen = choose_versions(source.versions, options)
        taken = [*FIXED_TITLES, *(table.title for table in self._layout.tables)]
        layout = plan_layout(chosen, options, source.kept_path, published=source.versions, codes=source.codes)
        titles: dict[str, str] = {}
        for table in layout.tables:
            title = sheet_title(f"{RAW}{table.title}", taken)
            taken.append(title)
            titles.setdefault(table.path, title)
            table = with_parent(table, titles[table.parent])  # noqa: PLW2901  # the table as its sheet is called here
            rows: Iterator[Row] = (repeat_rows if table.path else main_rows)(source, table, options)
            self._write(self._sheet(replace(table, title=title)), rows)
            found = sum(part.rows for part in self._written[title])
            if found != source.count(table.path, options.selection):
                raise RowsLost(f"sheet {title} holds {found} rows, which is not what the snapshot has")

    def _sheet(self, table: TableLayout) -> Sheet:
        """The sheet of a table, with the header rows that were asked for."""
        view = self._layout.view

        def section(column: Column) -> str:
            return view.text(column.question.section) if column.question is not None else ""

        banner, headers = section if self._options.banner else None, self._options.headers
        columns = sheet_columns(table.columns, headers, banner)
        return Sheet(table.title, columns, table.keys, folded=headers == "hidden")

    def _write(self, sheet: Sheet, rows: Iterator[Row]) -> None:
        def watch(count: int) -> None:
            self._done += count
            if self._progress is not None:
                self._progress(min(self._done, self._total), self._total, sheet.title)

        self._written[sheet.title] = self._writer.write(sheet, rows, watch)

    def _warn_of_versions(self) -> Iterator[str]:
        known = {published.definition.version for published in self._source.versions}
        if not self._figures:
            return
        main = self._figures[0]
        for column, figures in zip(main.table.columns, main.figures, strict=True):
            if column.known == "_version" and figures.codes is not None:
                for version in sorted(set(figures.codes) - known):
                    count = f"{figures.codes[version]:,} submissions name version {version!r}"
                    yield f"{count}, which was never published: matched by path."

    def _warn_of_parts(self) -> Iterator[str]:
        for title, parts in self._written.items():
            if len(parts) > 1:
                rest = ", ".join(part.title for part in parts[1:])
                yield f"Sheet {title} is full and goes on in {rest}."
