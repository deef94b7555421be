"""The sheets and the parts of the README that account for what came and is not in the data, and for every change."""

import heapq
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Any, Final

from surveyapp.clean.log import DELETION_COLUMNS, LOG_COLUMNS, DeletionRow, deletion_cells, log_cells
from surveyapp.export.cells import Kind, Row
from surveyapp.export.cleaned import CleanedForm
from surveyapp.export.convert import local_time
from surveyapp.export.layout import Layout
from surveyapp.export.options import ExportOptions
from surveyapp.export.sheets import Line, Sheet, SheetColumn, width_for
from surveyapp.export.source import ExportSource, LeftOut

TIMES: Final = frozenset({"changed_at", "reviewed_at", "received", "deleted_at"})
KEYS: Final = frozenset({"log_id", "instance_id", "submission_no"})
# Texts that people wrote or answered; the others come from few words.
WRITTEN: Final = frozenset(
    {"old_value", "new_value", "reason", "issue", "log_id", "instance_id", "row_key", "household_id", "raw_hash"}
)


def _sheet(title: str, names: tuple[str, ...], frozen: int) -> Sheet:
    def kind(name: str) -> Kind:
        if name in TIMES:
            return "datetime"
        if name == "submission_no":
            return "int"
        return "text" if name in WRITTEN else "code"

    columns = (
        SheetColumn((name,), kind(name), width_for((name,), kind(name)), "key" if name in KEYS else "answer")
        for name in names
    )
    return Sheet(title, tuple(columns), frozen)


# Who is told to have left out a submission because of its state.
POLICY: Final = "policy"


class Unaccounted(RuntimeError):
    """Submissions came that are neither in the file nor left out for a reason; the file is not released."""


CLEANING_LOG: Final = _sheet("cleaning_log", LOG_COLUMNS, 3)
DELETION_LOG: Final = _sheet("deletion_log", DELETION_COLUMNS, 2)


def log_rows(source: CleanedForm, layout: Layout, options: ExportOptions) -> Iterator[Row]:
    """One row for each cell and row that cleaning changed, and for each decision that changed nothing; at the end those
    about submissions that are in no export.
    """
    repeats = {table.path: table.name for table in layout.merged}
    clock = local_time(options.clock)
    places = [place for place, name in enumerate(LOG_COLUMNS) if name in TIMES]
    repeat = LOG_COLUMNS.index("repeat")
    listed = (row for told in source.list_told(options.selection) for row in told.log)
    for row in chain(listed, source.list_unmet(options.selection)):
        cells: list[Any] = list(log_cells(row, source.find_field(row), layout.view.text))
        cells[repeat] = repeats.get(source.find_repeat(row), "")
        yield _ready(cells, places, clock)


def deletion_rows(source: ExportSource, options: ExportOptions) -> Iterator[Row]:
    """One row for each submission that came and is not in the data, in order of receipt."""
    clock = local_time(options.clock)
    places = [place for place, name in enumerate(DELETION_COLUMNS) if name in TIMES]
    cleaned = source.list_told(options.selection) if isinstance(source, CleanedForm) else iter(())
    by_rules = (told.deletion for told in cleaned if told.deletion is not None)
    by_people = map(_deletion_of, source.left_out(options.selection))
    for row in heapq.merge(by_rules, by_people, key=lambda row: row.submission_no):
        yield _ready(list(deletion_cells(row)), places, clock)


def _deletion_of(left: LeftOut) -> DeletionRow:
    """Why a submission is in no export, as a row of the deletion log."""
    code, source = ("deleted", "deletion") if left.deleted else (f"state {left.state}", POLICY)
    reason = left.reason
    if not left.deleted:
        kept_out = "The policy of the form keeps this state out of exports."
        reason = f"{left.reason}. {kept_out}" if left.reason else kept_out
    made = DeletionRow(left.instance_id, left.submission_no, left.received_at, left.state, code, reason, source)
    return replace(made, deleted_by=left.by, deleted_at=left.at)


def _ready(cells: list[Any], times: list[int], clock: Any) -> Row:
    for place in times:
        cells[place] = None if cells[place] is None else clock(cells[place])
    return tuple(None if cell == "" else cell for cell in cells)


def account_lines(source: ExportSource, options: ExportOptions, rows: int) -> Iterator[Line]:
    """The README's account of submissions: received = in this file, `rows`, + left out, each for its reason.

    Raises:
        Unaccounted: the sum is another.
    """
    states = Counter("" if one.deleted else one.state for one in source.left_out(options.selection))
    left, deleted = states.total(), states.pop("", 0)
    account = source.account(options.selection) if isinstance(source, CleanedForm) else None
    raw = account.raw[""] if account is not None else source.count("", options.selection)
    cut = account.deletions if account is not None else Counter[tuple[str, str]]()
    if raw != rows + cut.total():
        raise Unaccounted(f"{raw} submissions came, {rows} are in the file, {cut.total()} were left out by rules")
    yield Line("heading", ("Submissions",))
    bounded = options.is_narrow
    yield Line("line", ("Submissions received" + (", within the filter" if bounded else ""), raw + left))
    for state, count in sorted(states.items()):
        yield Line("line", (f"… left out: state {state}, by the policy of the form", count))
    if deleted:
        yield Line("line", ("… left out: deleted by people", deleted))
    for (code, by), count in sorted(cut.items()):
        yield Line("line", (f"… left out: {code}, by {by}", count))
    yield Line("line", ("… in the clean data" if account is not None else "… in this file", rows))
    if states:
        told = "They stay out while they are in that state, also after their answers were corrected."
        yield Line("line", ("States left out", told))
    yield Line("line")


def cleaning_lines(source: CleanedForm, layout: Layout, options: ExportOptions) -> Iterator[Line]:
    """The README's account of cleaning: every raw row is in the clean data or told of, every change in the log."""
    record, account = source.clean.record, source.account(options.selection)
    titles = {table.path: table.title for table in reversed(layout.tables)}
    yield Line("heading", ("Cleaning",))
    number = record.ruleset_version
    yield Line("line", ("Ruleset", f"{number}, SHA-256 {record.ruleset_hash}" if number else "none published"))
    for path, count in account.raw.items():
        if path and path in titles:
            lost = count - account.clean[path]
            told = f"{count:,} rows received − {lost:,} left out = {account.clean[path]:,} clean"
            yield Line("line", (f"Sheet {titles[path]}", told))
    for by, count in sorted(account.cells.items()):
        yield Line("line", (f"Changes by {by}", count))
    for status, count in sorted(account.idle.items()):
        yield Line("line", (f"Decisions without a change: {status}", count))
    if unmet := sum(1 for _ in source.list_unmet(options.selection)):
        yield Line("line", ("Decisions about submissions that are left out: left_out", unmet))
    words = "Verified for all data: received = clean + left out; as sent, with the cleaning log on it = clean."
    yield Line("line", ("Identity", words))
    yield Line("line", ("Clean data (SHA-256)", record.content_hash))
    yield Line("line")
