"""THE JOB: the submissions of a form become a workbook, or a zip of files, that is complete or not there at all."""

import contextlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from surveyapp.export.clean_rows import CleanRows
from surveyapp.export.cleaned import CleanedForm
from surveyapp.export.filling import Filling, Progress
from surveyapp.export.guard import Guard
from surveyapp.export.layout import choose_versions, plan_layout
from surveyapp.export.long_text import LongTexts
from surveyapp.export.manifest import describe_export, hash_file, hash_inputs, release
from surveyapp.export.media_zip import MediaZip, write_forms
from surveyapp.export.options import FILES, STATS, ExportOptions
from surveyapp.export.package import PackageTooLarge, check_package
from surveyapp.export.query import Chosen, Query
from surveyapp.export.readme import readme_lines
from surveyapp.export.sheets import Written
from surveyapp.export.source import ExportSource, PublishedVersion
from surveyapp.export.text import Tally
from surveyapp.export.writers import open_writer
from surveyapp.problems import EXPORT_OPTION, Problem
from surveyapp.sentences import say


@dataclass(frozen=True, slots=True)
class ExportResult:
    """A finished export.

    The file, its SHA-256, the hash of its content, its sheets without README, what the README warns of; and for which
    submissions a query held, None where there was none.
    """

    path: Path
    manifest: Path
    sha256: str
    content_hash: str
    sheets: tuple[Written, ...]
    warnings: tuple[str, ...]
    chosen: Chosen | None = None


def write_export(
    source: ExportSource,
    options: ExportOptions,
    out_path: Path,
    *,
    progress: Progress | None = None,
    secret: bytes = b"",
) -> ExportResult:
    """Write the snapshot `source` to `out_path` and a manifest beside it, through a temporary file in the same folder.

    The same snapshot and options give the same bytes. Memory does not grow with the number of submissions, but for the
    formats sav and dta, and by some 200 bytes a row for the kind deidentified. That kind needs the `secret` of the
    project (`surveyapp.disclosure.pseudonyms.project_secret`).

    Raises:
        Problem: EXPORT_OPTION for a version, language or column that the form does not have, or a file beyond 4 GB;
            EXPORT_EXTRA for a format whose library is not installed; PII_UNCONFIRMED and DISCLOSURE_RISK for the kind
            deidentified.
        RowsLost: the rows written are not those of the snapshot.
    """
    options = options.fitted()
    if options.kind == "worklog":
        raise ValueError("the work log is written by surveyapp.correct.worklog")
    chosen = choose_versions(source.versions, options)
    unfinished = out_path.resolve().parent / f".{out_path.name}.{secrets.token_hex(4)}.part"
    try:
        with _narrowed(source, options, unfinished.parent) as (ready, found):
            plan = _Plan(ready, options, chosen, secret, progress, found)
            write = _write_files if options.format in FILES else _write_sheets
            return write(plan, unfinished, out_path)
    except PackageTooLarge as error:
        raise Problem(
            EXPORT_OPTION, say("{error}.", error=error), remedy="Choose one version, or select summary."
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)


@contextlib.contextmanager
def _narrowed(
    source: ExportSource, options: ExportOptions, folder: Path
) -> Iterator[tuple[ExportSource, Chosen | None]]:
    """The rows that the file is of: clean ones, where they are asked for and there is anything to clean them by; those
    for which the query holds, which is put to the same answers.
    """
    query = options.query if options.format != "form" else ""
    tables = options.format not in FILES
    if options.kind in ("raw", "quality") or source.cleaning is None or not (tables or query):
        found = Query(query, source.asked.form).ask_all(source.asked.submissions) if query else None
        yield source if found is None else source.narrow(found), found
        return
    with contextlib.closing(CleanRows(source.cleaning, folder, query)) as rows:
        keep_codes = options.missing == "codes" and options.format not in STATS
        found = rows.query.chosen if rows.query is not None else None
        inner = source if found is None else source.narrow(found)
        yield CleanedForm(inner, rows, keep_codes=keep_codes), found


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be written."""

    source: ExportSource
    options: ExportOptions
    chosen: Sequence[PublishedVersion]
    secret: bytes
    progress: Progress | None
    found: Chosen | None


@dataclass(frozen=True, slots=True)
class _Contents:
    """What is in a finished file, for its manifest."""

    sheets: Sequence[Written]
    warnings: Sequence[str]
    hashes: Mapping[str, str]


def _write_sheets(plan: _Plan, unfinished: Path, out_path: Path) -> ExportResult:
    source, options, folder = plan.source, plan.options, unfinished.parent
    missing = _collect_missing(source, options)
    cleaned = source if isinstance(source, CleanedForm) else None
    layout = plan_layout(
        plan.chosen,
        options,
        source.kept_path,
        missing,
        published=source.versions,
        codes=source.codes,
        # Nobody has said what the columns of rules give away.
        added=cleaned.added if cleaned is not None and options.kind != "deidentified" else (),
        reasoned=cleaned.reasoned if cleaned is not None else None,
    )
    if plan.found is not None and plan.found.failed:
        words = f"The query has no value for {plan.found.failed:,} submissions; they are not in this file."
        layout = replace(layout, notes=(*layout.notes, words))
    guard = Guard(layout, plan.secret, folder) if options.kind == "deidentified" else None
    layout = guard.layout if guard is not None else layout
    tally, inputs_hash = Tally(), hash_inputs(source, options)
    cut_off = source.cut_off.received_at
    if guard is not None:
        cut_off = datetime(cut_off.year, cut_off.month, 1, tzinfo=UTC)
    with LongTexts(folder) as long_texts, open_writer(options, folder, tally, long_texts, layout, cut_off) as writer:
        export = Filling(source, options, layout, writer, plan.progress, guard)
        export.write_sheets(long_texts)
        told = export.told(tally, inputs_hash)
        writer.finish(unfinished, readme_lines(source, layout, options, told), cut_off)
        writer.verify(unfinished)
    hashes = {**export.hashes, "inputs_hash": inputs_hash, "content_hash": told.content_hash}
    contents = _Contents([one for one, _ in told.sheets], told.warnings, hashes)
    return _release(plan, unfinished, out_path, contents)


def _write_files(plan: _Plan, unfinished: Path, out_path: Path) -> ExportResult:
    source, options, progress = plan.source, plan.options, plan.progress
    warnings = []
    if options.format == "form":
        written = write_forms(source, options, unfinished)
    else:
        media, done = MediaZip(source, options), 0

        def watch(count: int) -> None:
            nonlocal done
            done += count
            if progress is not None:
                progress(done, max(total, done), "media")

        total = sum(1 for _ in source.media(options.selection))
        written = media.write(unfinished, watch)
        if media.lost:
            warnings.append(f"{media.lost:,} files are not in the zip: see column state of index.csv.")
    check_package(unfinished, {})
    hashes = {"inputs_hash": hash_inputs(source, options)}
    return _release(plan, unfinished, out_path, _Contents(written, warnings, hashes))


def _release(plan: _Plan, unfinished: Path, out_path: Path, contents: _Contents) -> ExportResult:
    digest, sheets, warnings = hash_file(unfinished), contents.sheets, contents.warnings
    manifest = describe_export(plan.source, plan.options, sheets, warnings, **contents.hashes, sha256=digest)
    beside = release(unfinished, out_path, manifest)
    content_hash = contents.hashes.get("content_hash", "")
    return ExportResult(out_path, beside, digest, content_hash, tuple(sheets), tuple(warnings), plan.found)


def _collect_missing(source: ExportSource, options: ExportOptions) -> dict[int, frozenset[str]]:
    found: dict[int, set[str]] = {}
    for number, file in source.missing_files(options.selection):
        found.setdefault(number, set()).add(file)
    return {number: frozenset(files) for number, files in found.items()}
