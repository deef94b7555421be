"""The README sheet: what this file holds, up to when, and how to read it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from surveyapp.export.codebook import TableFigures
from surveyapp.export.layout import Layout
from surveyapp.export.missing import list_undeclared
from surveyapp.export.options import STATS, ExportOptions
from surveyapp.export.sheets import Line, Written
from surveyapp.export.source import CutOff, ExportSource

_KINDS = {
    "clean": "clean: real dates and numbers; reasons for missing answers apart from the answers",
    "raw": "raw: every answer as the phone sent it",
    "both": "clean, and in sheets raw_… every answer as the phone sent it",
    "worklog": "what somebody should look at, to be filled in and sent back",
    "quality": "what checks found and what became of it, without the answers",
    "deidentified": "de-identified: see sheet disclosure; it may still be personal data in the sense of the law",
}
# How the titles of raw sheets beside clean ones begin.
RAW = "raw_"
_OTHER_SHEETS = {
    "indicators": "one row per submission: the catalogue's indicators, why one is missing at the far right",
    "village_summary": "one row per village and figure: estimate, error, 95 % interval, households, flags",
    "project_summary": "one row per figure of the whole project",
    "before_after": "before the move, now and the change, over the households that have both values",
    "charts": "charts of the indicators with the figures behind them; rows counts the charts",
    "data_quality": "one row per check across interviews: what it found, and what became of it",
    "enumerators": "one row per enumerator: interviews, times, shares of missing answers, findings",
    "quality_findings": "what checks across interviews found, one row each; at most 50,000 in a workbook",
    "findings": "everything that looked wrong, one row each; the answers themselves were kept",
    "comments": "what people said of the submissions, one row each; resolved and struck ones too",
    "edits": "one row per cell that phones or the office changed after the submission first came, before cleaning",
    "cleaning_log": "one row per cell that cleaning changed: from what, to what, by which rule or whom, and why",
    "deletion_log": "one row per submission that came and is not in this file, and why",
    "codebook": "one row per column: question, type, labels, rules, missing codes, counts",
    "choices": "the codes and labels of every list, all versions",
    "disclosure": "what was done to protect people, and how likely they are known again",
    "long_text": "texts that are too long for a cell, in parts",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What is known once all sheets are written; `broken` counts answers that break a constraint of the form."""

    sheets: Sequence[tuple[Written, str]]
    tables: Sequence[TableFigures]
    content_hash: str
    inputs_hash: str
    warnings: Sequence[str]
    indicators: Sequence[Line] = ()
    account: Sequence[Line] = ()
    broken: int | None = None


def readme_lines(source: ExportSource, layout: Layout, options: ExportOptions, told: Told) -> Iterator[Line]:
    """The rows of the README sheet."""
    yield Line("title", (source.title,))
    yield Line("line")
    yield from _warnings(told.warnings)
    yield from _about(source, layout, options, told)
    yield from told.account
    yield from _counts(source, layout, told)
    yield from told.indicators
    yield from _sheet_list(told.sheets)
    yield from _how_to_read(layout, options)


def _warnings(warnings: Sequence[str]) -> Iterator[Line]:
    if not warnings:
        return
    yield Line("heading", ("Please note",))
    for warning in warnings:
        yield Line("warning", (None, warning))
    yield Line("line")


def _about(source: ExportSource, layout: Layout, options: ExportOptions, told: Told) -> Iterator[Line]:
    language = layout.view.options.language or layout.view.definition.default_language
    yield Line("heading", ("About this file",))
    yield Line("line", ("Form id", source.form_id))
    for published in source.versions:
        chosen = not options.versions or published.definition.version in options.versions
        day = f"{published.published_at.astimezone(options.clock):%Y-%m-%d}"
        told_of = f"{published.definition.version}, published {day}" + ("" if chosen else ", left out")
        yield Line("line", ("Form version", told_of))
    yield Line("line", ("Data up to", _last(source.cut_off, options)))
    yield Line("line", ("Times are in zone", options.zone))
    yield Line("line", ("Kind", _KINDS[options.kind]))
    yield Line("line", ("Labels in", language or "the form's only language"))
    yield Line("line", ("Filter", _filter(options)))
    yield Line("line", ("Content hash (SHA-256)", told.content_hash))
    yield Line("line", ("Inputs (SHA-256)", told.inputs_hash))
    yield Line("line", ("Software", f"surveyapp {version('surveyapp')}"))
    yield Line("line")


def _last(cut_off: CutOff, options: ExportOptions) -> str:
    received = cut_off.received_at.astimezone(options.clock)
    if options.kind == "deidentified":
        return f"{received:%Y-%m}"
    return f"submission {cut_off.submission_no}, received {received:%Y-%m-%d %H:%M:%S}"


def _filter(options: ExportOptions) -> str:
    parts = [f"versions {', '.join(options.versions)}"] if options.versions else []
    for word, first, last in (
        ("received", options.received_from, options.received_until),
        ("interviewed", options.interviewed_from, options.interviewed_until),
    ):
        if first or last:
            parts.append(" ".join([word, *([f"from {first}"] if first else []), *([f"until {last}"] if last else [])]))
    for word, some in (("states", options.states), ("teams", options.teams)):
        parts += [f"{word} {', '.join(some)}"] if some else []
    if options.query:
        parts.append(f"submissions for which {options.query}, of those that the form's policy lets in")
    told = f"{'; '.join(parts)}; sheets of indicators come only with all submissions" if parts else "all submissions"
    return f"{told}; columns {', '.join(options.columns)}" if options.columns else told


def _counts(source: ExportSource, layout: Layout, told: Told) -> Iterator[Line]:
    if not told.tables:
        return
    main = told.tables[0]
    by_name = {
        column.known: figures for column, figures in zip(main.table.columns, main.figures, strict=True) if column.known
    }
    yield Line("heading", ("Counts",))
    yield Line("line", ("Submissions in this file", by_name["_instance_id"].answered))
    for name, word in (("_state", "state"), ("_version", "version")):
        figures = by_name.get(name)
        for code, count in sorted(figures.codes.items()) if figures and figures.codes else ():
            yield Line("line", (f"… {word} {code}", count))
    for words, count in source.counts.items():
        yield Line("line", (words, count))
    if told.broken is not None:
        words = "Answers that break a constraint of the form: they stay, unless a rule of cleaning changes them"
        yield Line("line", (words, told.broken))
    if taken := _count_undeclared(layout, told.tables):
        yield Line("line", ("… of questions whose constraint forbids the missing codes: taken as missing", taken))
    yield Line("line")


def _count_undeclared(layout: Layout, tables: Sequence[TableFigures]) -> int:
    """The answers missing for a reason that the codes of the settings give, and the form does not."""
    found = 0
    for table in tables:
        for column, figures in zip(table.table.columns, table.figures, strict=True):
            if column.role == "reason" and column.question is not None and figures.codes:
                reasons = list_undeclared(column.question, layout.view.codes)
                found += sum(figures.codes[reason] for reason in reasons)
    return found


def _sheet_list(sheets: Sequence[tuple[Written, str]]) -> Iterator[Line]:
    yield Line("heading", ("Sheets",))
    yield Line("table", ("Sheet", "Holds", "Rows"))
    for written, holds in sheets:
        yield Line("line", (written.title, holds, written.rows))
    yield Line("line")


def describe_sheets(layout: Layout, written: Mapping[str, Sequence[Written]]) -> list[tuple[Written, str]]:
    """Each sheet of the workbook with what it holds; `written` gives the parts of each planned sheet."""
    described = []
    titles = {table.path: table.title for table in reversed(layout.tables)}
    for table in layout.tables:
        parent = titles.get(table.parent, "data")
        words = f"one row per {table.label or table.title}, inside {parent}" if table.path else "one row per submission"
        described += [(part, words) for part in written.get(table.title, ())]
    planned = {table.title for table in layout.tables}
    for title, parts in written.items():
        if title.startswith(RAW) and title not in planned:
            described += [(part, "every answer as the phone sent it, nothing left out") for part in parts]
    for title, words in _OTHER_SHEETS.items():
        described += [(part, words) for part in written.get(title, ())]
    return described


def _how_to_read(layout: Layout, options: ExportOptions) -> Iterator[Line]:
    yield Line("heading", ("How to read it",))
    if options.headers in ("both", "hidden"):
        first = 2 if options.banner else 1
        folded = " (hidden)" if options.headers == "hidden" else ""
        words = f"Row {first} has the column names, row {first + 1} the labels{folded}; data begin in row {first + 2}."
        yield Line("line", ("Headers", words))
    if any(table.path for table in layout.tables):
        yield Line("line", ("Joining sheets", "A row belongs to the submission with the same _instance_id."))
        yield Line("line", (None, "Inside another repeat: _parent_row_key is the _row_key of the outer sheet."))
        yield Line("line", (None, "_row_key stays the same when the submission is edited."))
    if options.kind != "deidentified":
        words = "An edited submission is here as its newest record says; sheet edits tells what was changed."
        yield Line("line", ("Edits", words))
    yield Line("line", ("select_multiple", "question__choice is 1 (ticked), 0 (not ticked) or empty (not answered)."))
    yield Line("line", ("Empty cell", "Not asked or not answered."))
    if options.kind != "raw":
        yield from _missing_legend(options)
    if options.kind != "deidentified":
        yield Line("line", ("_extra", "Answers that no column can take: JSON of path and text as sent."))


def _missing_legend(options: ExportOptions) -> Iterator[Line]:
    codes = "-98, dk, dont_know = dont_know; -99, rf, refused = refused"
    if options.format in STATS:
        words = (
            "SPSS, user-missing: -98 don't know, -99 refused, -97 does not apply, -96 other code or not in the list, "
        )
        yield Line("line", ("Missing codes", f"{words}-95 emptied in cleaning, -94 could not be read."))
        yield Line("line", (None, "Where such a number may be an answer: 999,900 less. Stata: .a .b .c .d .e .f"))
        return
    if options.missing == "codes":
        yield Line("line", ("Missing codes", f"They stand in the cells as sent: {codes}."))
        return
    yield Line("line", ("Missing codes", f"{codes}. The cell is empty."))
    told = "A number that the form allows as an answer is no code: see column missing codes of the codebook."
    yield Line("line", (None, told))
    if options.missing == "columns":
        yield Line("line", (None, "The reason is in question__missing, at the far right of the sheet."))
        yield Line("line", (None, "invalid = what was sent is not of the question's type; its text is in _extra."))
