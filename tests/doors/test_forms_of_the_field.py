"""Questionnaires as the field uses them: published, listed, answered by simulated interviews, and exported whole."""

import datetime
import os
from itertools import zip_longest
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from surveyapp.simulate.interviews import simulate_interviews
from surveyapp.store.forms import get_definition, get_form_version
from surveyapp.xform.definition import FormDefinition
from tests.people import Survey

HERE = Path(__file__).parents[2] / "forms"
FOLDER = os.environ.get("SURVEYAPP_TEST_FORMS", "")
NONE = pytest.param(None, marks=pytest.mark.skip("SURVEYAPP_TEST_FORMS names no folder with further questionnaires"))
FURTHER: list[Any] = sorted(Path(FOLDER).glob("*.xlsx")) if FOLDER else [NONE]
RECORDS = 50
MONDAY = datetime.datetime(2026, 10, 5, 8, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))
ON_SQLITE = pytest.mark.parametrize("database_url", [pytest.param("sqlite", marks=pytest.mark.sqlite)], indirect=True)
EMPTY = datetime.time(0)


def walk_through(survey: Survey, path: Path, media: dict[str, bytes], folder: Path) -> None:
    """From the workbook of the questionnaire to the workbook of its answers."""
    published = survey.publish(path.read_bytes(), path.name, media)
    with survey.database.reading() as session:
        definition = get_definition(session, get_form_version(session, published.form))
    phone = survey.phone()
    assert f"<formID>{definition.form_id}</formID>" in phone.form_list().text
    records = list(simulate_interviews(definition, RECORDS, attachments=media, started_at=MONDAY))
    for record in records:
        response = phone.send(record.xml, record.files)
        assert response.status_code == 201, response.text
    kept = {name for (name,) in survey.rows("SELECT name FROM submission_attachments")}
    assert kept == {name for record in records for name in record.files}
    for kind in ("clean", "raw"):
        target = folder / f"{kind}.xlsx"
        assert_whole(survey, definition, survey.export(definition.form_id, target, kind=kind))
        assert_two_readers_agree(target)


def assert_whole(survey: Survey, definition: FormDefinition, sheets: dict[str, list[dict[str, Any]]]) -> None:
    """Every submission and every row of every repeat is in the workbook, once."""
    assert len(sheets["data"]) == RECORDS
    tables = survey.rows("SELECT name FROM answer_tables WHERE repeat_path <> '' AND part = 0")
    assert len(tables) == len(definition.repeats)
    keys = [row["_row_key"] for rows in sheets.values() for row in rows if "_row_key" in row]
    assert len(keys) == len(set(keys)) == sum(survey.count(table) for (table,) in tables)


def same(one: object, other: object) -> bool:
    """Whether openpyxl and calamine mean the same cell: calamine has '' for empty cells and floats for every number."""
    if one in ("", None):
        return other in ("", None)
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, datetime.datetime) and isinstance(other, datetime.date):
        other = other if isinstance(other, datetime.datetime) else datetime.datetime.combine(other, EMPTY)
        return abs(one - other) < datetime.timedelta(milliseconds=2)
    if isinstance(one, int | float) and isinstance(other, int | float):
        return float(one) == float(other)
    return bool(one == other)


def assert_two_readers_agree(path: Path) -> None:
    book, other = openpyxl.load_workbook(path), CalamineWorkbook.from_path(str(path))
    assert other.sheet_names == book.sheetnames
    for sheet in book.worksheets:
        left = [list(row) for row in sheet.iter_rows(values_only=True)]
        right = other.get_sheet_by_name(sheet.title).to_python(skip_empty_area=False)
        assert len(left) == len(right), sheet.title
        for number, (mine, theirs) in enumerate(zip(left, right, strict=True), 1):
            different = [(a, b) for a, b in zip_longest(mine, theirs, fillvalue="") if not same(a, b)]
            assert not different, (sheet.title, number, different[:3])


@ON_SQLITE
def test_the_reference_questionnaire_goes_from_phone_to_workbook(survey: Survey, tmp_path: Path) -> None:
    media = {"households.csv": (HERE / "households.csv").read_bytes()}
    walk_through(survey, HERE / "livelihood_space.xlsx", media, tmp_path)
    assert survey.rows("SELECT check_id, path, value FROM findings WHERE severity = 'error'") == []


@ON_SQLITE
@pytest.mark.parametrize("path", FURTHER, ids=lambda path: path.name if isinstance(path, Path) else "none")
def test_a_questionnaire_of_the_folder_goes_from_phone_to_workbook(survey: Survey, tmp_path: Path, path: Path) -> None:
    """CSV files in the folder are given to each questionnaire as its media."""
    media = {file.name: file.read_bytes() for file in path.parent.glob("*.csv")}
    walk_through(survey, path, media, tmp_path)
