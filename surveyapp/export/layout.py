"""Which sheets and columns an export has.

Computed from the published versions and the options before the first row is read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from surveyapp.export import convert
from surveyapp.export.columns import Column, Feed, TableLayout
from surveyapp.export.feeds import View, find_reason_feed, list_feeds
from surveyapp.export.merge import KeptPath, MergedQuestion, MergedTable, merge_versions
from surveyapp.export.names import sheet_title, short_names, unique_names
from surveyapp.export.options import ExportOptions
from surveyapp.export.sheets import COLUMNS_OF_EXCEL
from surveyapp.export.source import Ask, PublishedVersion
from surveyapp.problems import EXPORT_OPTION, Problem

# Titles of sheets that are not answers; no repeat may take one.
FIXED_TITLES: Final = (
    *("README", "data", "indicators", "village_summary", "project_summary", "before_after", "charts"),
    *("findings", "codebook", "choices", "long_text"),
)


@dataclass(frozen=True, slots=True)
class Layout:
    """The sheets of answers in order, main sheet first. `notes` tells what did not fit and how it was solved."""

    tables: tuple[TableLayout, ...]
    merged: tuple[MergedTable, ...]
    view: View
    notes: tuple[str, ...]


def plan_layout(
    versions: Sequence[PublishedVersion],
    options: ExportOptions,
    kept_path: KeptPath,
    missing_files: Mapping[int, frozenset[str]] | None = None,
    most_columns: int = COLUMNS_OF_EXCEL,
    published: Sequence[PublishedVersion] = (),
) -> Layout:
    """Lay out the sheets for `versions`, oldest first; `published` are all versions where these are some.

    A sheet wider than `most_columns` first loses the split of its select_multiple questions, then goes on in
    `<title>_b`, `<title>_c` with the same keys.
    """
    merged = merge_versions(versions, kept_path, published)
    options = replace(options, language=_find_language(versions, options.language))
    view = View(options, versions[-1].definition, options.select, missing_files or {})
    tables: list[TableLayout] = []
    notes: list[str] = []
    taken = [*FIXED_TITLES]
    for table in merged:
        title = "data" if not table.path else sheet_title(table.name, taken)
        taken.append(title)
        layout = _table_layout(view, table, title, merged[0])
        if len(layout.columns) > most_columns and view.select != "summary":
            notes.append(f"Sheet {title}: too many columns, choices of select_multiple questions are not split.")
            layout = _table_layout(replace(view, select="summary"), table, title, merged[0])
        parts = _split(layout, most_columns, taken)
        if len(parts) > 1:
            notes.append(f"Sheet {title}: goes on to the right in {', '.join(part.title for part in parts[1:])}.")
        tables.extend(parts)
    return Layout(tuple(tables), merged, view, tuple(notes))


def _find_language(versions: Sequence[PublishedVersion], wanted: str) -> str:
    """The language of the form that `wanted` means: its whole name, `English` or `en` for `English (en)`."""
    languages = list(dict.fromkeys(name for version in reversed(versions) for name in version.definition.languages))
    if not wanted or wanted in languages:
        return wanted
    for language in languages:
        name, _, code = language.lower().partition("(")
        if wanted.lower() in (language.lower(), name.strip(), code.strip(" )")):
            return language
    offered = ", ".join(languages) or "none: the form has labels without language"
    raise Problem(EXPORT_OPTION, f"The form has no labels in {wanted!r}.", remedy=f"Its languages: {offered}.")


def _table_layout(view: View, table: MergedTable, title: str, main: MergedTable) -> TableLayout:
    names = short_names([question.path for question in table.questions])
    answers: list[Feed] = []
    reasons: list[Feed] = []
    for question in table.questions:
        name = names[question.path]
        answers.extend(list_feeds(view, question, name))
        reason = find_reason_feed(view, question, name)
        if reason is not None:
            reasons.append(reason)
    keys = _repeat_keys() if table.path else _main_keys()
    about = [] if table.path else _main_about(view)
    carried = _carried(view, main) if table.path else []
    groups = [[*keys, *answers, *about], carried, reasons]
    named = iter(_with_unique_names([feed for group in groups for feed in group], [*keys, *about]))
    feeds, carried_feeds, reason_feeds = (tuple(next(named) for _ in group) for group in groups)
    label = view.text(table.label)
    return TableLayout(title, table.path, table.parent, label, feeds, len(keys), carried_feeds, reason_feeds)


def _meta(part: str, label: str, kind: str, *, role: str = "about", width: float = 0.0, note: str = "") -> Feed:
    column = Column(part, label, kind, role, note or label, width=width)  # type: ignore[arg-type]  # from a table of literals
    return Feed((Ask("", part),), (column,))


def _main_keys() -> list[Feed]:
    return [
        _meta("_submission_no", "Submission number", "int", role="key"),
        _meta("_instance_id", "Instance id", "text", role="key", width=16),
    ]


def _repeat_keys() -> list[Feed]:
    return [
        *_main_keys(),
        _meta("_row_key", "Key of this row, permanent", "text", role="key"),
        _meta("_parent_row_key", "Key of the row that this one belongs to", "text", role="key"),
        _meta("_ordinal", "Position within its parent", "int", role="key"),
    ]


def _main_about(view: View) -> list[Feed]:
    zone = view.options.zone
    clock = convert.local_time(view.options.clock)

    def instant(part: str, label: str) -> Feed:
        column = Column(part, f"{label} ({zone})", "datetime", "about", f"clock time in {zone}")
        return Feed((Ask("", part),), (column,), clock)

    minutes = Column("_minutes", "Minutes from start to end", "float", "about", number_format="0.0")
    return [
        _meta("_version", "Form version", "code"),
        _meta("_state", "Review state", "code"),
        instant("_received", "Received"),
        instant("_start", "Started"),
        instant("_end", "Ended"),
        Feed((Ask("", "_start"), Ask("", "_end")), (minutes,), convert.minutes_between),
        _meta("_enumerator", "Enumerator", "code", width=16),
        _meta("_device", "Device", "code", width=16),
        _meta("_edits", "How often the record was edited", "int"),
        _meta("_findings_error", "Findings: errors", "int"),
        _meta("_findings_warn", "Findings: warnings", "int"),
        _meta("_extra", "Answers that fit no column (JSON)", "text", note="path and text as sent, JSON"),
    ]


def _carried(view: View, main: MergedTable) -> list[Feed]:
    """Answers and metadata of the submission that each row of a repeat repeats."""
    wanted = [name.lower() for name in view.options.carry]
    chosen: list[MergedQuestion] = [q for q in main.questions if q.newest.name.lower() in wanted]
    plain = replace(view, select="summary")
    feeds = [feed for question in chosen for feed in list_feeds(plain, question, question.newest.name)]
    feeds += [_meta("_state", "Review state", "code"), _meta("_enumerator", "Enumerator", "code", width=16)]
    return [replace(feed, columns=tuple(replace(c, role="about") for c in feed.columns)) for feed in feeds]


def _with_unique_names(feeds: Sequence[Feed], first: Sequence[Feed]) -> list[Feed]:
    """The same feeds with column names that differ; those of `first` are never changed."""
    reserved = [column.name for feed in first for column in feed.columns]
    others = [column.name for feed in feeds if feed not in first for column in feed.columns]
    names = iter(unique_names(others, reserved))
    return [
        feed
        if feed in first
        else replace(feed, columns=tuple(replace(column, name=next(names)) for column in feed.columns))
        for feed in feeds
    ]


def _split(layout: TableLayout, most_columns: int, taken: list[str]) -> list[TableLayout]:
    if len(layout.columns) <= most_columns:
        return [layout]
    keys = layout.feeds[: layout.keys]
    room = most_columns - len(keys)
    groups = (layout.feeds[layout.keys :], layout.carried, layout.reasons)
    parts: list[tuple[list[Feed], list[Feed], list[Feed]]] = [([], [], [])]
    used = 0
    for place, group in enumerate(groups):
        for feed in group:
            if used and used + len(feed.columns) > room:
                parts.append(([], [], []))
                used = 0
            parts[-1][place].append(feed)
            used += len(feed.columns)
    split = []
    for number, (own, carried, reasons) in enumerate(parts):
        title = sheet_title(f"{layout.title}_{_letters(number)}", taken) if number else layout.title
        taken.append(title)
        feeds = (*keys, *own)
        split.append(replace(layout, title=title, feeds=feeds, carried=tuple(carried), reasons=tuple(reasons)))
    return split


def _letters(number: int) -> str:
    """1 = b, 2 = c, 26 = ba."""
    return chr(ord("a") + number) if number < 26 else _letters(number // 26 - 1) + chr(ord("a") + number % 26)
