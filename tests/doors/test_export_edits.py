"""The sheet of edits: whoever reads the workbook sees what phones and the office changed before any cleaning."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import text

from surveyapp.export.options import ExportOptions
from surveyapp.export.run import write_export
from surveyapp.problems import Problem
from surveyapp.store.forms import get_form
from surveyapp.store.projects import get_project
from surveyapp.worker import open_form
from tests.doors.review_office import HOUSE, Office, answers, house
from tests.people import Survey

CHILDREN = "<child><c_age>5</c_age></child><child><c_age>7</c_age></child>"


def write(survey: Survey, target: Path, **asked: Any) -> Any:
    with survey.database.reading() as session:
        form = get_form(session, get_project(session, "default").id, "house")
        write_export(open_form(session, survey.files, form), ExportOptions(**asked), target)
    return openpyxl.load_workbook(target)


def told(book: Any) -> list[dict[str, Any]]:
    names, *rows = book["edits"].iter_rows(values_only=True)
    return [dict(zip(map(str, names), row, strict=True)) for row in rows]


def edited(survey: Survey) -> Office:
    """One house sent twice by a phone, then edited in the office; one sent once."""
    survey.publish(HOUSE)
    phone = survey.phone("tablet")
    office = Office(survey)
    assert phone.send(house("uuid:1", answers() + CHILDREN)).status_code == 201
    assert phone.send(house("uuid:9", answers("B", 41))).status_code == 201
    again = answers("Anna") + "<child><c_age>7</c_age></child>"
    assert phone.send(house("uuid:2", again, deprecated_id="uuid:1")).status_code == 201
    done = office.edit("uuid:1", 2, {"/data/age": "40"}, reason="She said so on the phone")
    assert done.status_code == 200, done.text
    return office


def test_each_changed_cell_is_told_with_old_new_who_when_and_why(survey: Survey, tmp_path: Path) -> None:
    edited(survey)
    book = write(survey, tmp_path / "a.xlsx")
    rows = told(book)
    by_phone = [row for row in rows if row["channel"] == "collect"]
    assert [(row["change_type"], row["question"], row["old_value"], row["new_value"]) for row in by_phone] == [
        ("change_response", "name", "A", "Anna"),
        ("blank_response", "c_age", "5", None),
        ("remove_row", None, None, None),
    ]
    assert [(row["repeat"], row["row_key"]) for row in by_phone] == [
        (None, None),
        ("child", "1/child-1"),
        ("child", "1/child-1"),
    ]
    assert {(row["edit"], row["changed_by"], row["submission_no"]) for row in by_phone} == {(2, "tablet", 1)}
    by_office = {row["question"]: row for row in rows if row["channel"] == "api"}
    assert {name: (row["old_value"], row["new_value"]) for name, row in by_office.items()} == {
        "age": ("30", "40"),
        "double": ("60", "80"),
        "four": ("120", "160"),
    }
    age = by_office["age"]
    assert (age["reason"], age["changed_by"], age["label"]) == ("She said so on the phone", "office", "Age")
    assert age["changed_at"] is not None
    readme = {row[0]: row[1] for row in book["README"].iter_rows(values_only=True)}
    assert readme["Submissions edited after they first came"] == 1
    assert (readme["… changes through collect"], readme["… changes through api"]) == (3, 3)


def test_undoing_the_edits_of_a_raw_sheet_gives_what_was_sent_first(survey: Survey, tmp_path: Path) -> None:
    edited(survey)
    book = write(survey, tmp_path / "a.xlsx", kind="raw", headers="name")
    names, *rows = book["data"].iter_rows(values_only=True)
    first = dict(zip(names, rows[0], strict=True))
    for edit in reversed(told(book)):
        if edit["repeat"] is None:
            first[edit["question"]] = edit["old_value"]
    assert [str(first[name]) for name in ("name", "age", "double", "four")] == ["A", "30", "60", "120"]


def test_what_was_sent_once_or_may_leave_the_house_has_no_sheet_of_edits(survey: Survey, tmp_path: Path) -> None:
    survey.publish(HOUSE)
    assert survey.phone().send(house("uuid:1")).status_code == 201
    assert "edits" not in write(survey, tmp_path / "a.xlsx").sheetnames


def test_a_record_that_arrives_after_its_own_edit_is_what_was_sent_first(survey: Survey, tmp_path: Path) -> None:
    survey.publish(HOUSE)
    phone = survey.phone()
    late = answers("A") + "<child><c_age>5</c_age></child>"
    assert phone.send(house("uuid:2", answers("Anna"), deprecated_id="uuid:1")).status_code == 201
    assert phone.send(house("uuid:1", late)).status_code in (201, 202)
    rows = told(write(survey, tmp_path / "a.xlsx"))
    assert [(row["change_type"], row["old_value"], row["new_value"]) for row in rows] == [
        ("change_response", "A", "Anna"),
        ("blank_response", "5", None),
        ("remove_row", None, None),
    ]


def test_no_file_is_given_out_where_the_keys_of_rows_are_not_those_of_the_records(
    survey: Survey, tmp_path: Path
) -> None:
    edited(survey)
    ((table,),) = survey.rows("SELECT name FROM answer_tables WHERE repeat_path <> ''")
    with survey.database.begin() as session:
        session.execute(text(f"UPDATE {table} SET _row_key = '1/child-1'"))
    with pytest.raises(Problem, match="not what the answer tables hold"):
        write(survey, tmp_path / "a.xlsx")
    assert not list(tmp_path.glob("*a.xlsx*"))
