"""The sheets and the part of the README that account for what cleaning did."""

from collections.abc import Iterator
from typing import Any, Final

from surveyapp.clean.log import DELETION_COLUMNS, LOG_COLUMNS, deletion_cells, log_cells
from surveyapp.export.cells import Kind, Row
from surveyapp.export.cleaned import CleanedForm
from surveyapp.export.convert import local_time
from surveyapp.export.layout import Layout
from surveyapp.export.options import ExportOptions
from surveyapp.export.sheets import Line, Sheet, SheetColumn, width_for

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


CLEANING_LOG: Final = _sheet("cleaning_log", LOG_COLUMNS, 3)
DELETION_LOG: Final = _sheet("deletion_log", DELETION_COLUMNS, 2)


def log_rows(source: CleanedForm, layout: Layout, options: ExportOptions) -> Iterator[Row]:
    """One row for each cell and row that cleaning changed, and for each decision that changed nothing."""
    repeats = {table.path: table.name for table in layout.merged}
    clock = local_time(options.clock)
    places = [place for place, name in enumerate(LOG_COLUMNS) if name in TIMES]
    repeat = LOG_COLUMNS.index("repeat")
    for told in source.list_told(options.selection):
        for row in told.log:
            cells: list[Any] = list(log_cells(row, source.find_field(row), layout.view.text))
            cells[repeat] = repeats.get(source.find_repeat(row), "")
            yield _ready(cells, places, clock)


def deletion_rows(source: CleanedForm, options: ExportOptions) -> Iterator[Row]:
    """One row for each submission that is not in the clean data."""
    clock = local_time(options.clock)
    places = [place for place, name in enumerate(DELETION_COLUMNS) if name in TIMES]
    for told in source.list_told(options.selection):
        if told.deletion is not None:
            yield _ready(list(deletion_cells(told.deletion)), places, clock)


def _ready(cells: list[Any], times: list[int], clock: Any) -> Row:
    for place in times:
        cells[place] = None if cells[place] is None else clock(cells[place])
    return tuple(None if cell == "" else cell for cell in cells)


def cleaning_lines(source: CleanedForm, layout: Layout, options: ExportOptions) -> Iterator[Line]:
    """The README's account: every raw row is in the clean data or in the deletion log, every change in the log."""
    record, account = source.clean.record, source.account(options.selection)
    titles = {table.path: table.title for table in reversed(layout.tables)}
    yield Line("heading", ("Cleaning",))
    number = record.ruleset_version
    yield Line("line", ("Ruleset", f"{number}, SHA-256 {record.ruleset_hash}" if number else "none published"))
    yield Line("line", ("Submissions received", account.raw[""]))
    for (code, by), count in sorted(account.deletions.items()):
        yield Line("line", (f"… left out: {code}, by {by}", count))
    yield Line("line", ("… in the clean data", account.clean[""]))
    for path, count in account.raw.items():
        if path and path in titles:
            lost = count - account.clean[path]
            told = f"{count:,} rows received − {lost:,} left out = {account.clean[path]:,} clean"
            yield Line("line", (f"Sheet {titles[path]}", told))
    for by, count in sorted(account.cells.items()):
        yield Line("line", (f"Changes by {by}", count))
    for status, count in sorted(account.idle.items()):
        yield Line("line", (f"Decisions without a change: {status}", count))
    if record.unmatched_decisions:
        yield Line("line", ("Decisions about submissions that are not there", record.unmatched_decisions))
    words = "Verified for all data: received = clean + left out; as sent, with the cleaning log on it = clean."
    yield Line("line", ("Identity", words))
    yield Line("line", ("Clean data (SHA-256)", record.content_hash))
    yield Line("line")
