"""Which sheets and columns an export has.

Computed from the published versions and the options before the first row is read.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from surveyapp.clean.fields import Field
from surveyapp.export import convert
from surveyapp.export.columns import Beside, Column, Feed, TableLayout
from surveyapp.export.feeds import View, find_reason_feed, list_feeds
from surveyapp.export.merge import KeptPath, MergedQuestion, MergedTable, merge_versions
from surveyapp.export.missing import DEFAULT_CODES
from surveyapp.export.names import path_names, sheet_title, short_names, stats_names, unique_names
from surveyapp.export.options import ExportOptions
from surveyapp.export.sheets import COLUMNS_OF_EXCEL
from surveyapp.export.source import MAIN_PARTS, Ask, PublishedVersion
from surveyapp.indicators.settings import MissingCodes
from surveyapp.problems import EXPORT_OPTION, Problem
from surveyapp.sentences import say
from surveyapp.xform.definition import Question

# Titles of sheets that are not answers; no repeat may take one.
FIXED_TITLES: Final = (
    *("README", "data", "indicators", "village_summary", "project_summary", "before_after", "charts"),
    *("data_quality", "enumerators", "quality_findings", "comments", "edits"),
    *("findings", "cleaning_log", "deletion_log", "codebook", "choices", "long_text", "disclosure"),
)


@dataclass(frozen=True, slots=True)
class Layout:
    """The sheets of answers in order, main sheet first. `notes` tells what did not fit and how it was solved."""

    tables: tuple[TableLayout, ...]
    merged: tuple[MergedTable, ...]
    view: View
    notes: tuple[str, ...]


def choose_versions(versions: Sequence[PublishedVersion], options: ExportOptions) -> list[PublishedVersion]:
    """Those of the form's versions that the options ask for.

    Raises:
        Problem: EXPORT_OPTION for one that the form does not have, and where it has none at all.
    """
    known = [published.definition.version for published in versions]
    if not known:
        raise Problem(EXPORT_OPTION, "The form has no published version.", remedy="Publish the form first.")
    for version in options.versions:
        if version not in known:
            told, remedy = f"The form has no version {version!r}.", f"Choose among: {', '.join(known)}."
            raise Problem(EXPORT_OPTION, told, remedy=remedy)
    return [one for one in versions if not options.versions or one.definition.version in options.versions]


def plan_layout(
    versions: Sequence[PublishedVersion],
    options: ExportOptions,
    kept_path: KeptPath,
    missing_files: Mapping[int, frozenset[str]] | None = None,
    most_columns: int = COLUMNS_OF_EXCEL,
    published: Sequence[PublishedVersion] = (),
    *,
    codes: MissingCodes = DEFAULT_CODES,
    added: Sequence[Field] = (),
    reasoned: Collection[str] | None = None,
) -> Layout:
    """Lay out the sheets for `versions`, oldest first; `published` are all versions where these are some.

    `added` are columns of cleaning rules, `reasoned` the paths of questions whose answers cleaning may take away.

    A sheet wider than `most_columns` first loses the split of its select_multiple questions, then goes on in
    `<title>_b`, `<title>_c` with the same keys.
    """
    merged = _with_added(merge_versions(versions, kept_path, published), versions[-1], added)
    options = replace(options, language=_find_language(versions, options.language))
    merged = _choose_columns(merged, options.columns)
    view = View(options, versions[-1].definition, options.select, missing_files or {}, codes, reasoned)
    tables: list[TableLayout] = []
    notes: list[str] = []
    titles: dict[str, str] = {}
    taken = [*FIXED_TITLES]
    for table in merged:
        title = "data" if not table.path else sheet_title(table.name, taken)
        taken.append(title)
        titles[table.path] = title
        parent = titles.get(table.parent, "data")
        layout = _table_layout(view, table, title, merged, parent)
        if len(layout.columns) > most_columns and view.select != "summary":
            notes.append(f"Sheet {title}: too many columns, choices of select_multiple questions are not split.")
            layout = _table_layout(replace(view, select="summary"), table, title, merged, parent)
        parts = _split(layout, most_columns, taken)
        if len(parts) > 1:
            notes.append(f"Sheet {title}: goes on to the right in {', '.join(part.title for part in parts[1:])}.")
        tables.extend(parts)
    if options.names == "stats":
        tables = [_with_stats_names(table) for table in tables]
    return Layout(tuple(tables), merged, view, tuple(notes))


def _with_added(
    merged: tuple[MergedTable, ...], newest: PublishedVersion, added: Sequence[Field]
) -> tuple[MergedTable, ...]:
    """The tables with the columns of rules at the end."""
    further: dict[str, list[MergedQuestion]] = {}
    for known in added:
        question = Question(known.name, known.path, known.type, known.type, label=known.label)
        made = MergedQuestion(known.path, known.type, known.label, {}, question, ((newest, question),), (), "", {})
        further.setdefault(known.repeat, []).append(made)
    return tuple(replace(table, questions=(*table.questions, *further.get(table.path, ()))) for table in merged)


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
    raise Problem(
        EXPORT_OPTION,
        say("The form has no labels in {wanted!r}.", wanted=wanted),
        remedy=say("Its languages: {offered}.", offered=offered),
    )


def _choose_columns(merged: tuple[MergedTable, ...], wanted: Sequence[str]) -> tuple[MergedTable, ...]:
    """The tables with the questions that were asked for: by name, path, or path of a group around them."""
    if not wanted:
        return merged

    def is_wanted(question: MergedQuestion) -> bool:
        path = question.path
        return question.newest.name in wanted or any(path == one or path.startswith(f"{one}/") for one in wanted)

    chosen = tuple(replace(table, questions=tuple(filter(is_wanted, table.questions))) for table in merged)
    reached = {text for table in chosen for q in table.questions for text in (q.newest.name, *_around(q.path))}
    if unknown := [one for one in wanted if one not in reached and one not in MAIN_PARTS and one != "_minutes"]:
        raise Problem(
            EXPORT_OPTION, say("There is no column {unknown}.", unknown=unknown), remedy="See the codebook for them."
        )
    return tuple(table for table in chosen if table.questions or not table.path)


def _around(path: str) -> list[str]:
    """The path and those of all groups around it."""
    steps = path.split("/")
    return ["/".join(steps[: count + 1]) for count in range(1, len(steps))]


def _with_stats_names(table: TableLayout) -> TableLayout:
    names = iter(stats_names([column.name for column in table.columns]))

    def renamed(feeds: Sequence[Feed]) -> tuple[Feed, ...]:
        return tuple(replace(f, columns=tuple(replace(c, name=next(names)) for c in f.columns)) for f in feeds)

    feeds, carried, reasons = renamed(table.feeds), renamed(table.carried), renamed(table.reasons)
    beside = tuple(replace(b, columns=tuple(replace(c, name=next(names)) for c in b.columns)) for b in table.beside)
    return replace(table, feeds=feeds, carried=carried, reasons=reasons, beside=beside)


def _names(view: View, table: MergedTable) -> dict[str, str]:
    paths = [question.path for question in table.questions]
    if view.options.names == "path":
        return path_names(paths, table.path, view.options.separator)
    return short_names(paths)


def _table_layout(
    view: View, table: MergedTable, title: str, merged: Sequence[MergedTable], parent: str = ""
) -> TableLayout:
    """`parent` is the title of the sheet of the rows around those of a repeat."""
    names, main = _names(view, table), merged[0]
    answers: list[Feed] = []
    reasons: list[Feed] = []
    for question in table.questions:
        name = names[question.path]
        answers.extend(list_feeds(view, question, name))
        reason = find_reason_feed(view, question, name)
        if reason is not None:
            reasons.append(reason)
    keys = _repeat_keys() if table.path else _main_keys()
    if view.options.index:
        keys += _index_keys(parent) if table.path else [_numbered("_index", "Number of the row")]
    about = [] if table.path else [feed for feed in _main_about(view) if _is_asked_for(view, feed)]
    carried = list_carried(view, main) if table.path else []
    groups = [[*keys, *answers, *about], carried, reasons]
    named = iter(_with_unique_names([feed for group in groups for feed in group], [*keys, *about]))
    feeds, carried_feeds, reason_feeds = (tuple(next(named) for _ in group) for group in groups)
    label = view.text(table.label)
    laid = TableLayout(title, table.path, table.parent, label, feeds, len(keys), carried_feeds, reason_feeds)
    return laid if table.path or not view.options.wide else replace(laid, beside=_beside(view, merged, laid))


def _is_asked_for(view: View, feed: Feed) -> bool:
    return not view.options.columns or feed.columns[0].name in view.options.columns


def _beside(view: View, merged: Sequence[MergedTable], main: TableLayout) -> tuple[Beside, ...]:
    """The first rows of each repeat of the submission, to stand in its row."""
    taken = [column.name for column in main.columns]
    found = []
    for table in merged[1:]:
        if table.parent:
            continue
        names = _names(view, table)
        feeds = tuple(feed for q in table.questions for feed in list_feeds(view, q, names[q.path]))
        columns = [
            replace(column, name=f"{column.name}_{number}", label=f"{column.label} ({number})", role="about")
            for number in range(1, view.options.wide + 1)
            for feed in feeds
            for column in feed.columns
        ]
        unique = unique_names([column.name for column in columns], taken)
        taken += unique
        shown = tuple(replace(column, name=name) for column, name in zip(columns, unique, strict=True))
        found.append(Beside(table.path, feeds, view.options.wide, shown))
    return tuple(found)


def _meta(part: str, label: str, kind: str, *, role: str = "about", width: float = 0.0, note: str = "") -> Feed:
    column = Column(part, label, kind, role, note or label, width=width, known=part)  # type: ignore[arg-type]  # from a table of literals
    return Feed((Ask("", part),), (column,))


def name_of(actor: str | None) -> str | None:
    """The name of a person or program, without what kind of actor it is; None where nobody has decided."""
    return actor.partition(":")[2] or None if actor else None


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


def _numbered(known: str, label: str) -> Feed:
    """A column that the rows are numbered into as they pass (`surveyapp.export.rows`)."""
    made = _meta(known, label, "int", role="key", note=f"{label} in this file; use the keys to join files")
    return replace(made, asks=(Ask("", "_submission_no"),))


def _index_keys(parent: str) -> list[Feed]:
    table = _meta("_parent_table_name", "Sheet of the row that this one belongs to", "code", role="key")
    return [
        _numbered("_index", "Number of the row"),
        replace(table, asks=(Ask("", "_submission_no"),), make=lambda _: parent),
        _numbered("_parent_index", "Number of the row that this one belongs to"),
    ]


def with_parent(table: TableLayout, parent: str) -> TableLayout:
    """The table, where the sheet of the rows around its own is called otherwise."""

    def named(feed: Feed) -> Feed:
        ours = feed.columns[0].known == "_parent_table_name"
        return replace(feed, make=lambda _: parent) if ours else feed

    return replace(table, feeds=tuple(map(named, table.feeds)))


def _main_about(view: View) -> list[Feed]:
    zone = view.options.zone
    clock = convert.local_time(view.options.clock)

    def instant(part: str, label: str) -> Feed:
        column = Column(part, f"{label} ({zone})", "datetime", "about", f"clock time in {zone}", known=part)
        return Feed((Ask("", part),), (column,), clock)

    minutes = Column("_minutes", "Minutes from start to end", "float", "about", number_format="0.0", known="_minutes")
    return [
        _meta("_version", "Form version", "code"),
        _meta("_state", "Review state", "code"),
        replace(_meta("_reviewed_by", "Who decided", "code", width=16), make=name_of),
        instant("_reviewed_at", "Decided"),
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


def list_carried(view: View, main: MergedTable) -> list[Feed]:
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
    groups: list[Sequence[Feed | Beside]] = [layout.feeds[layout.keys :], layout.carried]
    groups += [layout.reasons, layout.beside]
    parts: list[tuple[list[Any], ...]] = [([], [], [], [])]
    used = 0
    for place, group in enumerate(groups):
        for feed in group:
            if used and used + len(feed.columns) > room:
                parts.append(([], [], [], []))
                used = 0
            if len(feed.columns) > room:
                remedy = say("Ask for fewer rows side by side, or for select summary.")
                raise Problem(EXPORT_OPTION, say("Sheet {title} is too wide.", title=layout.title), remedy=remedy)
            parts[-1][place].append(feed)
            used += len(feed.columns)
    split = []
    for number, (own, *others) in enumerate(parts):
        title = sheet_title(f"{layout.title}_{_letters(number)}", taken) if number else layout.title
        taken.append(title)
        feeds = (*keys, *own)
        carried, reasons, beside = map(tuple, others)
        split.append(replace(layout, title=title, feeds=feeds, carried=carried, reasons=reasons, beside=beside))
    return split


def _letters(number: int) -> str:
    """1 = b, 2 = c, 26 = ba."""
    return chr(ord("a") + number) if number < 26 else _letters(number // 26 - 1) + chr(ord("a") + number % 26)
