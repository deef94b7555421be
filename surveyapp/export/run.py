"""THE JOB: the submissions of a form become a workbook, or a zip of CSV files, that is complete or not there at all."""

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from surveyapp.export.cells import Row
from surveyapp.export.charts import CHARTS_TITLE, ChartSheet
from surveyapp.export.codebook import ORIGIN, TableFigures, choices_rows, choices_sheet, codebook_rows, codebook_sheet
from surveyapp.export.columns import TableLayout, sheet_columns
from surveyapp.export.csv_zip import CsvZip
from surveyapp.export.figures import Figures, observed
from surveyapp.export.findings_sheet import FINDINGS_SHEET, findings_rows
from surveyapp.export.indicator_part import IndicatorPart
from surveyapp.export.layout import Layout, plan_layout
from surveyapp.export.long_text import LONG_TEXT_SHEET, LongTexts
from surveyapp.export.options import ExportOptions
from surveyapp.export.package import PackageTooLarge
from surveyapp.export.plain import PlainWorkbook
from surveyapp.export.readme import Told, describe_sheets, readme_lines
from surveyapp.export.rows import main_rows, repeat_rows
from surveyapp.export.sheets import Line, Sheet, Written
from surveyapp.export.source import ExportSource, PublishedVersion
from surveyapp.export.splice import SpliceWorkbook, Watch
from surveyapp.export.text import Tally
from surveyapp.problems import EXPORT_OPTION, Problem

# Told rows written so far, rows in all, and the sheet at hand; may raise to stop the export.
Progress: TypeAlias = Callable[[int, int, str], None]

_HASHED = 1 << 20


class RowsLost(RuntimeError):
    """A sheet does not hold as many rows as the snapshot has; the file is not released."""


@dataclass(frozen=True, slots=True)
class ExportResult:
    """A finished export.

    The file, its SHA-256, the hash of its content, its sheets without README, what the README warns of.
    """

    path: Path
    manifest: Path
    sha256: str
    content_hash: str
    sheets: tuple[Written, ...]
    warnings: tuple[str, ...]


class _Writer(Protocol):
    def write(self, sheet: Sheet, rows: Iterable[Row], watch: Watch) -> list[Written]: ...

    def draw(self, charts: ChartSheet, /) -> list[Written]: ...

    def content_hash(self) -> str: ...

    def finish(self, target: Path, readme: Iterable[Line], cut_off: datetime, /) -> None: ...

    def verify(self, target: Path) -> None: ...

    def __enter__(self) -> "_Writer": ...

    def __exit__(self, *exception: object) -> None: ...


def write_export(
    source: ExportSource, options: ExportOptions, out_path: Path, *, progress: Progress | None = None
) -> ExportResult:
    """Write the snapshot `source` to `out_path` and a manifest beside it, through a temporary file in the same folder.

    The same snapshot and options give the same bytes. Memory does not grow with the number of submissions.

    Raises:
        Problem: EXPORT_OPTION for a version or a language that the form does not have, or a file beyond 4 GB.
        RowsLost: the rows written are not those of the snapshot.
    """
    missing = _collect_missing(source, options)
    chosen = _choose_versions(source, options)
    layout = plan_layout(chosen, options, source.kept_path, missing, published=source.versions)
    tally = Tally()
    folder = out_path.resolve().parent
    with LongTexts(folder) as long_texts, _open_writer(options, folder, tally, long_texts, layout) as writer:
        export = _Export(source, options, layout, writer, progress)
        export.write_sheets(long_texts)
        told = export.told(tally)
        unfinished = folder / f".{out_path.name}.{secrets.token_hex(4)}.part"
        try:
            writer.finish(unfinished, readme_lines(source, layout, options, told), source.cut_off.received_at)
            writer.verify(unfinished)
            return _release(unfinished, out_path, source, options, told, export.hashes)
        except PackageTooLarge as error:
            raise Problem(EXPORT_OPTION, f"{error}.", remedy="Choose one version, or select summary.") from error
        finally:
            unfinished.unlink(missing_ok=True)


def _choose_versions(source: ExportSource, options: ExportOptions) -> list[PublishedVersion]:
    known = [published.definition.version for published in source.versions]
    if not known:
        raise Problem(EXPORT_OPTION, "The form has no published version.", remedy="Publish the form first.")
    for version in options.versions:
        if version not in known:
            raise Problem(
                EXPORT_OPTION, f"The form has no version {version!r}.", remedy=f"Choose among: {', '.join(known)}."
            )
    wanted = options.versions or known
    return [published for published in source.versions if published.definition.version in wanted]


def _collect_missing(source: ExportSource, options: ExportOptions) -> dict[int, frozenset[str]]:
    found: dict[int, set[str]] = {}
    for number, file in source.missing_files(options.versions):
        found.setdefault(number, set()).add(file)
    return {number: frozenset(files) for number, files in found.items()}


def _open_writer(
    options: ExportOptions, folder: Path, tally: Tally, long_texts: LongTexts, layout: Layout
) -> "_Writer":
    if options.format == "csv":
        return CsvZip(folder, bom=options.csv_bom, formula_safe=options.formula_safe)
    names = {table.title: [column.name for column in table.columns] for table in layout.tables}

    def on_long(sheet: str, row_number: int, column: int, text: str, row: Sequence[Any]) -> None:
        columns = names.get(sheet) or names.get(sheet.rpartition("_")[0]) or []
        name = columns[column] if columns else str(column + 1)
        long_texts.add(sheet, row_number, name, str(row[1] or row[0]), text)

    made: _Writer = (
        PlainWorkbook(tally, on_long) if options.writer == "openpyxl" else SpliceWorkbook(folder, tally, on_long)
    )
    return made


class _Export:
    """The sheets of one export, written one after the other."""

    def __init__(
        self, source: ExportSource, options: ExportOptions, layout: Layout, writer: _Writer, progress: Progress | None
    ) -> None:
        self._source = source
        self._options = options
        self._layout = layout
        self._writer = writer
        self._progress = progress
        self._counts = {t.path: source.count(t.path, options.versions) for t in layout.tables}
        self._total = sum(self._counts[table.path] for table in layout.tables)
        self._done = 0
        self._written: dict[str, list[Written]] = {}
        self._figures: list[TableFigures] = []
        self.indicators = _find_indicators(source, layout, options)

    def write_sheets(self, long_texts: LongTexts) -> None:
        """Every sheet but README, in the order of the workbook."""
        for table in self._layout.tables:
            self._write_table(table)
        if self.indicators is not None:
            for sheet, rows in self.indicators.sheets():
                self._write(sheet, rows)
            self._written[CHARTS_TITLE] = self._writer.draw(self.indicators.charts())
        self._write(FINDINGS_SHEET, findings_rows(self._source, self._layout, self._options.versions))
        languages = self._layout.view.definition.languages or ("",)
        self._write_codebook(languages)
        self._write(choices_sheet(languages), choices_rows(self._layout, self._figures, languages))
        if long_texts.count:
            self._write(LONG_TEXT_SHEET, long_texts.rows())

    def told(self, tally: Tally) -> Told:
        """What the README tells about the written sheets."""
        warnings = [*self._layout.notes, *tally.warnings(), *self._warn_of_versions(), *self._warn_of_parts()]
        sheets = describe_sheets(self._layout, self._written)
        about = tuple(self.indicators.readme_lines()) if self.indicators is not None else ()
        return Told(sheets, self._figures, self._writer.content_hash(), warnings, about)

    @property
    def hashes(self) -> dict[str, str]:
        """Under which settings and parameters the indicators were computed; nothing where there are none."""
        if self.indicators is None:
            return {}
        table = self.indicators.tabulation.table
        return {"settings_hash": table.settings_hash, "parameters_hash": table.parameters_hash}

    def _write_codebook(self, languages: Sequence[str]) -> None:
        counts = {title: sum(part.rows for part in parts) for title, parts in self._written.items()}
        rows = codebook_rows(self._layout, self._figures, counts, languages)
        if self.indicators is None:
            self._write(codebook_sheet(languages), rows)
            return
        columns = sum(len(table.table.columns) for table in self._figures)
        answers = ((*row, *(None for _ in ORIGIN)) for row in rows)
        further = self.indicators.codebook_rows(languages, columns)
        self._write(codebook_sheet(languages, ORIGIN), chain(answers, further))

    def _write_table(self, table: TableLayout) -> None:
        columns = table.columns
        figures = [Figures(column.kind) for column in columns]
        rows = (repeat_rows if table.path else main_rows)(self._source, table, self._options)
        self._figures.append(TableFigures(table, figures))
        self._write(sheet_of(table, self._options), observed(rows, figures))
        found = sum(part.rows for part in self._written[table.title])
        if found != self._counts[table.path]:
            raise RowsLost(f"sheet {table.title} holds {found} rows, the snapshot has {self._counts[table.path]}")

    def _write(self, sheet: Sheet, rows: Iterator[Row]) -> None:
        def watch(count: int) -> None:
            self._done += count
            if self._progress is not None:
                self._progress(min(self._done, self._total), self._total, sheet.title)

        self._written[sheet.title] = self._writer.write(sheet, rows, watch)

    def _warn_of_versions(self) -> Iterator[str]:
        known = {published.definition.version for published in self._source.versions}
        main = self._figures[0]
        for column, figures in zip(main.table.columns, main.figures, strict=True):
            if column.name == "_version" and column.question is None and figures.codes is not None:
                for version in sorted(set(figures.codes) - known):
                    count = f"{figures.codes[version]:,} submissions name version {version!r}"
                    yield f"{count}, which was never published: matched by path."

    def _warn_of_parts(self) -> Iterator[str]:
        for title, parts in self._written.items():
            if len(parts) > 1:
                rest = ", ".join(part.title for part in parts[1:])
                yield f"Sheet {title} is full and goes on in {rest}."


def _find_indicators(source: ExportSource, layout: Layout, options: ExportOptions) -> IndicatorPart | None:
    """Only of clean answers, and of all versions: estimates from a part of the sample would be wrong."""
    if options.kind != "clean" or options.versions or source.indicators is None:
        return None
    return IndicatorPart(source.indicators, layout, options)


def sheet_of(table: TableLayout, options: ExportOptions) -> Sheet:
    """The sheet of a table, with the header rows that were asked for."""
    return Sheet(table.title, sheet_columns(table.columns, options.headers), table.keys)


def _release(
    unfinished: Path,
    out_path: Path,
    source: ExportSource,
    options: ExportOptions,
    told: Told,
    hashes: Mapping[str, str],
) -> ExportResult:
    digest = _sha256(unfinished)
    sheets = tuple(written for written, _ in told.sheets)
    manifest = {
        "form_id": source.form_id,
        "options": asdict(options),
        "versions": [published.definition.version for published in source.versions],
        "cut_off": {
            "submission_no": source.cut_off.submission_no,
            "received_at": source.cut_off.received_at.isoformat(),
        },
        "sheets": [{"title": written.title, "rows": written.rows} for written in sheets],
        "warnings": list(told.warnings),
        **hashes,
        "content_hash": told.content_hash,
        "sha256": digest,
    }
    beside = out_path.with_name(f"{out_path.name}.manifest.json")
    draft = unfinished.with_suffix(".json")
    draft.write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    os.replace(unfinished, out_path)
    os.replace(draft, beside)
    return ExportResult(out_path, beside, digest, told.content_hash, sheets, tuple(told.warnings))


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_HASHED):
            digest.update(chunk)
    return digest.hexdigest()
