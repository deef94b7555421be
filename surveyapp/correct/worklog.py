"""The work log: a workbook with a row for each cell that somebody should look at, to be filled in and sent back."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from sqlalchemy.orm import Session

from surveyapp.clean.fields import SELECTS, Field, Questionnaire, find_language
from surveyapp.clean.log import HUMAN_CHANGES, label_of
from surveyapp.clean.log_dry_run import hash_row
from surveyapp.clean.outcomes import Outcome
from surveyapp.clean.records import REASONS, CellKey, Submission, write_text
from surveyapp.correct.sheets import LOG_SHEET, META_SHEET, ROW_HASH
from surveyapp.correct.suspicions import Suspicions
from surveyapp.store.cleaning_source import Cleaning, StoredSubmissions, Suspicion, get_cleaning, get_compared
from surveyapp.store.files import Files
from surveyapp.store.forms import Form
from surveyapp.store.reach import Reach
from surveyapp.store.selection import Selection

# What stands in a row, with widths; EDITABLE are for people, the others are locked.
COLUMNS: Final = (
    *(("instance_id", 20), ("submission_no", 10), ("row_key", 12), ("household_id", 14), ("enumerator", 14)),
    *(("team", 12), ("interview_date", 12), ("question", 18), ("label", 34), ("old_value", 20), ("old_label", 20)),
    *(("change_type", 18), ("new_value", 20), ("missing_reason", 16), ("reason", 34)),
    *(("issue", 50), ("check_id", 18), ("binding", 12)),
)
NAMES: Final = tuple(name for name, _ in COLUMNS)
EDITABLE: Final = frozenset({"change_type", "new_value", "missing_reason", "reason"})
# Rows at the end in which everything can be written: what no check has found.
FREE_ROWS: Final = 200
# Beyond this a work log is no use to anybody.
MOST_ROWS: Final = 20_000
GREY: Final = PatternFill("solid", fgColor="FFEDEDED")
SHADES: Final = (PatternFill("solid", fgColor="FFFFF2CC"), PatternFill("solid", fgColor="FFE2EFDA"))
HEAD: Final = PatternFill("solid", fgColor="FFD9D9D9")
HOW_TO: Final = (
    "One row for each answer that somebody should look at. Grey columns are locked; fill in the others.",
    "change_type: change_response or add_response with a new_value; blank_response with a missing_reason;",
    "  remove_row or remove_survey; no_action where the answer is right as it is.",
    "new_value: the name of a choice or its label; dates as 2026-03-31.",
    "reason: why, in a sentence. Rows of one colour belong together.",
    "Rows that you leave as they are change nothing. The free rows at the end take further corrections.",
    "Send the file back on the page of imports, or with: surveyapp log import FORM FILE",
)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A row of the log, and the question that it is about."""

    cells: Sequence[str]
    question: Field | None
    binding: str


def write_worklog(
    session: Session,
    files: Files,
    form: Form,
    reach: Reach,
    target: Path,
    now: datetime.datetime,
    *,
    language: str = "en",
) -> tuple[int, bool]:
    """Write the work log of a form, of the submissions within the reach: how many rows, and whether some had no room.

    The answers shown are the clean ones; checks speak the `language`, en or zh, and so do labels where the form does.
    """
    cleaning = get_cleaning(session, files, form)
    entries: list[_Entry] = []
    more = False
    for entry in _list_entries(session, form, cleaning, reach, language):
        if len(entries) == MOST_ROWS:
            more = True
            break
        entries.append(entry)
    told = {"form": form.form_id, "ruleset": str(cleaning.program.ruleset.version), "made_at": now.isoformat()}
    _make_workbook(cleaning.program.form, form.title, entries, told).save(target)
    return len(entries), more


def _list_entries(session: Session, form: Form, cleaning: Cleaning, reach: Reach, language: str) -> Iterator[_Entry]:
    questionnaire, cleaner, asks_checks = cleaning.program.form, cleaning.cleaner, cleaning.asks_checks
    decisions = cleaner.decide_groups(get_compared(session, form, questionnaire, flags=asks_checks))
    source = StoredSubmissions(session, form, questionnaire, flags=asks_checks, selection=Selection(reach=reach))
    suspicions = Suspicions(source, source.list_suspicions(language))
    for submission in source.list_submissions():
        here = suspicions.of(submission)
        if not here:
            continue
        outcome = cleaner.clean(submission, decisions)
        if outcome.deletion is None:
            for one, cell in here.items():
                yield _make_entry(questionnaire, submission, outcome, one, cell, language)


def _make_entry(
    questionnaire: Questionnaire,
    submission: Submission,
    outcome: Outcome,
    one: Suspicion,
    cell: CellKey,
    language: str,
) -> _Entry:
    key, path = cell
    question = questionnaire.fields.get(path)
    row = next((row for row in outcome.rows if row.key == key), None)
    value = write_text(row.values.get(path)) if row is not None and question is not None else ""
    translate = partial(questionnaire.newest.text, language=find_language(questionnaire, language))
    # What several repeats call by one name is named by its path.
    name = "" if question is None else question.name
    if question is not None and len(questionnaire.by_name.get(name, ())) > 1:
        name = question.path
    told = {
        **submission.context,
        "instance_id": submission.instance_id,
        "submission_no": str(submission.number),
        "row_key": key,
        "question": name,
        "label": translate(question.label) if question is not None and question.label else "",
        "old_value": value,
        "old_label": label_of(question, value, translate),
        "issue": one.message,
        "check_id": one.check,
        "binding": one.binding,
    }
    return _Entry([told.get(name, "") for name in NAMES], question, one.binding)


def _make_workbook(form: Questionnaire, title: str, entries: Sequence[_Entry], told: dict[str, str]) -> Workbook:
    book = Workbook()
    readme: Any = book.active
    readme.title = "readme"
    for line in (title, "", *HOW_TO, "", *(f"{name}: {value}" for name, value in told.items())):
        readme.append([inert(line)])
    readme.column_dimensions["A"].width = 100
    readme["A1"].font = Font(bold=True, size=14)
    log = book.create_sheet(LOG_SHEET)
    ranges = _write_choices(book, form)
    _write_log(log, entries, ranges)
    meta = book.create_sheet(META_SHEET)
    for name, value in told.items():
        meta.append([name, value])
    for entry in entries:
        meta.append([ROW_HASH, hash_row(dict(zip(NAMES, entry.cells, strict=True)))])
    meta.sheet_state = "hidden"
    book.active = 1
    return book


def inert(text: str) -> str:
    """Text that no spreadsheet program takes for a formula, and that its file can hold."""
    return "".join(letter for letter in text if letter >= " " or letter in "\t\n")[:32_000]


def _write_choices(book: Workbook, form: Questionnaire) -> dict[str, str]:
    """The sheet of choices; where the names of each select's choices stand in it, by path."""
    sheet = book.create_sheet("choices")
    sheet.append(["question", "name", "label"])
    found: dict[str, str] = {}
    for known in form.fields.values():
        if known.type not in SELECTS or not known.choices:
            continue
        first = sheet.max_row + 1
        for name, label in known.choices.items():
            sheet.append([known.name, inert(name), inert(form.newest.text(label))])
            for cell in sheet[sheet.max_row]:
                cell.data_type, cell.number_format = "s", "@"
        if known.type == "select_one":
            found[known.path] = f"choices!$B${first}:$B${sheet.max_row}"
    for letter, width in zip("ABC", (24, 24, 50), strict=True):
        sheet.column_dimensions[letter].width = width
    return found


def _write_log(sheet: Any, entries: Sequence[_Entry], ranges: dict[str, str]) -> None:
    sheet.append(list(NAMES))
    for place, (_, width) in enumerate(COLUMNS, 1):
        head = sheet.cell(1, place)
        head.font, head.fill = Font(bold=True), HEAD
        sheet.column_dimensions[get_column_letter(place)].width = width
    lists: dict[str, DataValidation] = {}
    shades: dict[str, PatternFill] = {}
    for number, entry in enumerate(entries, 2):
        shade = shades.setdefault(entry.binding, SHADES[len(shades) % 2]) if entry.binding else None
        for place, (name, text) in enumerate(zip(NAMES, entry.cells, strict=True), 1):
            cell = sheet.cell(number, place)
            if text:
                cell.value, cell.data_type = inert(text), "s"
            cell.number_format = "@"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if name in EDITABLE:
                cell.protection = Protection(locked=False)
                if shade is not None:
                    cell.fill = shade
            else:
                cell.fill = shade or GREY
        if entry.question is not None and entry.question.path in ranges:
            path = entry.question.path
            if path not in lists:
                lists[path] = DataValidation(
                    "list", formula1=f"={ranges[path]}", allow_blank=True, errorStyle="warning"
                )
                sheet.add_data_validation(lists[path])
            lists[path].add(f"{get_column_letter(NAMES.index('new_value') + 1)}{number}")
    last = len(entries) + 1 + FREE_ROWS
    for number in range(len(entries) + 2, last + 1):
        for place in range(1, len(NAMES) + 1):
            cell = sheet.cell(number, place)
            cell.number_format, cell.protection = "@", Protection(locked=False)
    _offer(sheet, "change_type", HUMAN_CHANGES, last)
    _offer(sheet, "missing_reason", REASONS, last)
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(NAMES))}{len(entries) + 1}"
    sheet.protection.sheet = True
    sheet.protection.autoFilter = sheet.protection.sort = sheet.protection.formatColumns = False


def _offer(sheet: Any, column: str, words: Sequence[str], last: int) -> None:
    """A list of words to choose from in a column."""
    letter = get_column_letter(NAMES.index(column) + 1)
    offered = DataValidation("list", formula1=f'"{",".join(words)}"', allow_blank=True)
    sheet.add_data_validation(offered)
    offered.add(f"{letter}2:{letter}{last}")
