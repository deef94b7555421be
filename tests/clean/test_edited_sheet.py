"""A data sheet edited by hand becomes rows of a log; what cannot be told is refused."""

import datetime
from typing import Any

import pytest

from surveyapp.clean.edited_sheet import HEADERS, compare_sheets
from surveyapp.problems import Problem
from tests.clean.household import HOUSEHOLD
from tests.clean.log_sheets import attempt

COLUMNS = {field.name: field for field in HOUSEHOLD.fields.values() if field.repeat == ""}
SHEET: list[dict[str, Any]] = [
    {"_instance_id": "uuid:1", "income": 500, "head": "Li Wei", "visit": datetime.date(2026, 1, 2), "_state": "x"},
    {"_instance_id": "uuid:2", "income": 70, "head": "Chen", "visit": None, "_state": "x"},
]


def edit(number: int, **cells: Any) -> list[dict[str, Any]]:
    return [{**row, **cells} if place == number else dict(row) for place, row in enumerate(SHEET)]


def test_an_edited_cell_becomes_a_row_of_a_log_that_can_be_tried() -> None:
    edits = compare_sheets(SHEET, edit(0, income=600, head=None), COLUMNS)
    assert [(row["question"], row["change_type"]) for row in edits.rows] == [
        ("/data/head", "blank_response"),
        ("/data/income", "change_response"),
    ]
    dry_run = attempt(*edits.rows, headers=HEADERS)  # type: ignore[arg-type]  # a row is any mapping
    assert [notice.code for notice in dry_run.notices] == ["reason-missing"]
    assert dry_run.counts == {"blank_response": 1, "change_response": 1}


def test_what_only_the_spreadsheet_changed_is_no_edit() -> None:
    edited = edit(0, income=500.0, head="Li Wei ", visit=46024, _state="y")
    assert compare_sheets(SHEET, edited, COLUMNS).rows == []


def test_sorted_rows_do_no_harm() -> None:
    assert compare_sheets(SHEET, SHEET[::-1], COLUMNS).rows == []


def test_a_row_that_is_gone_is_a_question() -> None:
    edits = compare_sheets(SHEET, SHEET[1:], COLUMNS)
    assert edits.rows == []
    assert [(row["instance_id"], row["change_type"]) for row in edits.removed] == [("uuid:1", "remove_survey")]


def test_a_column_that_is_gone_says_nothing() -> None:
    edited = [{key: value for key, value in row.items() if key != "income"} for row in SHEET]
    assert compare_sheets(SHEET, edited, COLUMNS).rows == []


@pytest.mark.parametrize(
    ("edited", "row"),
    [
        ([*SHEET, {"_instance_id": "uuid:3"}], 4),
        ([*SHEET, SHEET[0]], 4),
        (edit(0, mood="good"), 1),
        (edit(0, income="many"), 2),
        (edit(0, _instance_id=None), 2),
    ],
)
def test_what_does_not_fit_the_export_is_refused(edited: list[dict[str, Any]], row: int) -> None:
    with pytest.raises(Problem) as refused:
        compare_sheets(SHEET, edited, COLUMNS)
    assert refused.value.kind.code == "sheet-changed"
    assert [error["row"] for error in refused.value.errors][:1] == [row]
