"""A workbook of answers that was edited by hand, beside the export that it came from."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from surveyapp.clean.edited_sheet import INSTANCE, ROW_KEY, SheetEdits, compare_sheets
from surveyapp.clean.fields import Field, Questionnaire
from surveyapp.clean.log_damage import read_plain
from surveyapp.correct.sheets import SentFile, SheetRows
from surveyapp.problems import SHEET_CHANGED, Problem
from surveyapp.sentences import say

# What one column of a workbook holds as it is; moments stand there in the project's zone.
COMPARED: Final = frozenset(
    {"text", "barcode", "integer", "decimal", "date", "select_one", "select_multiple", "rank", "file", "acknowledge"}
)


def compare_exports(exported: SentFile, edited: SentFile, form: Questionnaire) -> SheetEdits:
    """What was edited in all sheets of answers, as rows of a log.

    Raises:
        Problem: SHEET_CHANGED for an added row or column, a lost key, or a change in a column that holds no answer.
    """
    rows: list[Mapping[str, object]] = []
    numbers: list[int] = []
    removed: list[Mapping[str, object]] = []
    pairs = [(sheet, edited.sheets[title]) for title, sheet in exported.sheets.items() if title in edited.sheets]
    pairs = [(old, new) for old, new in pairs if INSTANCE in old.headers and "label" not in old.headers]
    if not pairs:
        raise Problem(SHEET_CHANGED, "The file has none of the sheets of answers of its export.")
    for old, new in pairs:
        if "_submission_no" not in old.headers or old.title.startswith("raw_"):
            continue
        found = _compare(old, new, form)
        rows += found.rows
        numbers += [len(numbers) + place for place in range(2, 2 + len(found.rows))]
        removed += found.removed
    return SheetEdits(rows, numbers, removed)


def _compare(old: SheetRows, new: SheetRows, form: Questionnaire) -> SheetEdits:
    columns: dict[str, Field] = {}
    repeats = [path for path in form.repeats if path.rpartition("/")[2].startswith(old.title[:20])]
    for header in old.headers:
        named = [known for known in form.fields.values() if header in (known.name, known.path)]
        if ROW_KEY in old.headers:
            named = [known for known in named if known.repeat in repeats] if repeats else named
        else:
            named = [known for known in named if not known.repeat]
        if len(named) == 1 and named[0].type in COMPARED:
            columns[header] = named[0]
    before, after = _answers(old), _answers(new)
    _refuse_others(before, after, columns, new)
    return compare_sheets(before, after, columns, from_1904=new.from_1904, first_row=_first_row(new))


def _answers(sheet: SheetRows) -> list[Mapping[str, object]]:
    """The rows without the one of labels below the headers."""
    return [row for row in sheet.rows if read_plain(row.get("_submission_no")).text.isdigit()]


def _first_row(sheet: SheetRows) -> int:
    kept = [number for number, row in zip(sheet.numbers, sheet.rows, strict=True) if _is_answer(row)]
    return kept[0] if kept else 2


def _is_answer(row: Mapping[str, object]) -> bool:
    return read_plain(row.get("_submission_no")).text.isdigit()


def _refuse_others(
    before: Sequence[Mapping[str, object]],
    after: Sequence[Mapping[str, object]],
    columns: Mapping[str, Any],
    sheet: SheetRows,
) -> None:
    """Say so where somebody edited what is no answer: an edit that is passed over would be lost."""
    former = {_key(row): row for row in before}
    errors = []
    for number, row in zip(
        (n for n, r in zip(sheet.numbers, sheet.rows, strict=True) if _is_answer(r)), after, strict=True
    ):
        old = former.get(_key(row), row)
        for header, cell in row.items():
            if header in columns or header not in old or header in (INSTANCE, ROW_KEY):
                continue
            if read_plain(old[header]).text != read_plain(cell).text:
                message = say(
                    "{header} cannot be corrected in this sheet; correct it in a cleaning log.", header=header
                )
                errors.append({"row": number, "column": header, "message": message})
    if errors:
        detail = say("{count} cells were changed that cannot be corrected here.", count=len(errors))
        raise Problem(SHEET_CHANGED, detail, errors=errors)


def _key(row: Mapping[str, object]) -> tuple[str, str]:
    return read_plain(row.get(INSTANCE)).text, read_plain(row.get(ROW_KEY)).text
