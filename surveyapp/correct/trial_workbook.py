"""What rules, or a log, would change, as a workbook: answers, findings, and a log with its verdicts."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from surveyapp.clean.comparison import CellExample, Watch
from surveyapp.clean.fields import Field, Questionnaire, find_language
from surveyapp.clean.log import label_of
from surveyapp.clean.log_damage import read_plain
from surveyapp.clean.log_dry_run import DryRun
from surveyapp.clean.outcomes import Outcome
from surveyapp.clean.records import Submission
from surveyapp.correct.sheets import SheetRows
from surveyapp.correct.trials import FindingsEffect, Trial
from surveyapp.correct.worklog import inert

# More differences than anybody reads.
MOST_ROWS: Final = 100_000
DIFFERENCES: Final = (
    *("submission_no", "instance_id", "row_key", "question", "label"),
    *("now", "now_label", "then", "then_label"),
)
RULES: Final = ("rule", "cells", "stopped_by_decisions")
FINDINGS: Final = ("check", "open", "about_changed_answers", "found_by_cleaning_now", "found_by_cleaning_then")
STATUS, REMARKS = "status", "remarks"


class TrialWorkbook:
    """A workbook of a trial, written while the trial runs: `watch` is told of each difference."""

    def __init__(self, form: Questionnaire, language: str) -> None:
        self._form = form
        self._translate = partial(form.newest.text, language=find_language(form, language))
        self._book = Workbook(write_only=True)
        self._sheet = self._begin("differences", DIFFERENCES)
        self._rows = 0
        self._left_out = 0

    def watch(self, submission: Submission, old: Outcome, new: Outcome, cells: Sequence[CellExample]) -> None:
        """Write where the two differ."""
        del old
        for cell in cells:
            if self._rows == MOST_ROWS:
                self._left_out += 1
                continue
            self._rows += 1
            known = self._form.fields.get(cell.path)
            self._append(self._sheet, (submission.number, *self._tell(cell, known, new)))

    def _tell(self, cell: CellExample, known: Field | None, new: Outcome) -> tuple[str, ...]:
        label = self._translate(known.label) if known is not None else ""
        labels = [label_of(known, text, self._translate) for text in (cell.before, cell.after)]
        name = cell.path.rpartition("/")[2]
        return (new.id.instance_id, cell.row_key, name, label, cell.before, labels[0], cell.after, labels[1])

    def add_rules(self, trial: Trial) -> None:
        """A row for each rule."""
        sheet = self._begin("rules", RULES)
        for name, effect in trial.difference.effects.items():
            self._append(sheet, (name, effect.touched, effect.blocked))

    def add_findings(self, effect: FindingsEffect) -> None:
        """A row for each check."""
        sheet = self._begin("findings", FINDINGS)
        for check in sorted(effect.open.keys() | effect.before.keys() | effect.after.keys()):
            counts = (effect.open, effect.settled, effect.before, effect.after)
            self._append(sheet, (check, *(count[check] for count in counts)))

    def add_log(self, sent: SheetRows, dry_run: DryRun) -> None:
        """The rows that were sent, with what becomes of each."""
        sheet = self._begin("cleaning_log", (*sent.headers, STATUS, REMARKS))
        said: dict[int, list[str]] = {}
        for notice in dry_run.notices:
            said.setdefault(notice.row, []).append(notice.message)
        for number, row in zip(sent.numbers, sent.rows, strict=True):
            cells = [read_plain(row.get(header)).text for header in sent.headers]
            self._append(sheet, (*cells, dry_run.statuses.get(number, ""), " ".join(said.get(number, []))))

    def save(self, target: Path) -> None:
        """Write it."""
        if self._left_out:
            self._append(self._sheet, (f"{self._left_out} more differences are not in this file.",))
        self._book.save(target)

    def _begin(self, title: str, heads: Iterable[str]) -> Any:
        sheet = self._book.create_sheet(title)
        sheet.freeze_panes = "A2"
        cells = []
        for place, head in enumerate(heads, 1):
            cell = _text(sheet, head)
            cell.font = Font(bold=True)
            cells.append(cell)
            sheet.column_dimensions[get_column_letter(place)].width = 24
        sheet.append(cells)
        return sheet

    @staticmethod
    def _append(sheet: Any, cells: Iterable[str | int]) -> None:
        sheet.append([_text(sheet, cell) if isinstance(cell, str) else cell for cell in cells])


def _text(sheet: Any, text: str) -> Any:
    """A cell that no spreadsheet program takes for a formula."""
    cell = WriteOnlyCell(sheet)
    if text:
        cell.value, cell.data_type = inert(text), "s"
    return cell


def write_trial(
    form: Questionnaire,
    language: str,
    run: Callable[[Watch], Trial],
    target: Path,
    sent: tuple[SheetRows, DryRun] | None = None,
) -> Trial:
    """Run a trial, told to tell of each difference, and write its workbook; `sent` is the log on trial."""
    book = TrialWorkbook(form, language)
    trial = run(book.watch)
    if trial.difference.effects:
        book.add_rules(trial)
    book.add_findings(trial.findings)
    if sent is not None:
        book.add_log(*sent)
    book.save(target)
    return trial
