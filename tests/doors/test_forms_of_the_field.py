"""Questionnaires as the field uses them: published, listed, answered by simulated interviews, and exported whole."""

import datetime
import os
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from surveyapp.simulate.interviews import SimulatedRecord, simulate_interviews
from surveyapp.store.forms import get_definition, get_form_version
from surveyapp.xform.definition import FormDefinition
from tests.people import Survey

HERE = Path(__file__).parents[2] / "forms"
FOLDER = os.environ.get("SURVEYAPP_TEST_FORMS", "")
RECORDS = 50
MONDAY = datetime.datetime(2026, 10, 5, 8, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))
ON_SQLITE = pytest.mark.parametrize("database_url", [pytest.param("sqlite", marks=pytest.mark.sqlite)], indirect=True)
EMPTY = datetime.time(0)


def publish(survey: Survey, path: Path, media: dict[str, bytes]) -> tuple[str, FormDefinition]:
    published = survey.publish(path.read_bytes(), path.name, media)
    with survey.database.reading() as session:
        return published.form.form_id, get_definition(session, get_form_version(session, published.form))


def take(survey: Survey, definition: FormDefinition, media: dict[str, bytes]) -> list[SimulatedRecord]:
    """Phones fetch the list and send what enumerators would."""
    phone = survey.phone()
    assert f"<formID>{definition.form_id}</formID>" in phone.form_list().text
    records = list(simulate_interviews(definition, RECORDS, attachments=media, started_at=MONDAY))
    for record in records:
        response = phone.send(record.xml, record.files)
        assert response.status_code == 201, response.text
    return records


def same(one: Any, other: Any) -> bool:
    """Whether openpyxl and calamine mean the same cell: calamine has '' for empty cells and floats for every number."""
    if one is None:
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
            theirs = [*theirs, *[""] * (len(mine) - len(theirs))]
            different = [(a, b) for a, b in zip(mine, theirs, strict=True) if not same(a, b)]
            assert not different, (sheet.title, number, different[:3])


def assert_exported(survey: Survey, form_id: str, definition: FormDefinition, folder: Path) -> None:
    for kind in ("clean", "raw"):
        target = folder / f"{kind}.xlsx"
        sheets = survey.export(form_id, target, kind=kind)
        assert len(sheets["data"]) == RECORDS
        rows = sum(survey.count(table) for (table,) in survey.rows("SELECT name FROM answer_tables WHERE repeat_path <> '' AND part = 0"))
        titles = [title for title in sheets if title not in ("README", "data", "findings", "codebook", "choices", "long_text")]
        assert len(titles) >= len(definition.repeats)
        assert sum(len(sheets[title]) for title in titles if "_row_key" in (sheets[title] or [{}])[0]) == rows
        assert_two_readers_agree(target)


@ON_SQLITE
def test_the_reference_questionnaire_goes_from_phone_to_workbook(survey: Survey, tmp_path: Path) -> None:
    media = {"households.csv": (HERE / "households.csv").read_bytes()}
    form_id, definition = publish(survey, HERE / "livelihood_space.xlsx", media)
    records = take(survey, definition, media)
    assert survey.rows("SELECT check_id, path, value FROM findings WHERE severity = 'error'") == []
    kept = {name for (name,) in survey.rows("SELECT name FROM submission_attachments")}
    assert kept == {name for record in records for name in record.files}
    assert_exported(survey, form_id, definition, tmp_path)


@ON_SQLITE
@pytest.mark.skipif(not FOLDER, reason="SURVEYAPP_TEST_FORMS names no folder with further questionnaires")
def test_every_questionnaire_of_a_folder_goes_from_phone_to_workbook(survey: Survey, tmp_path: Path) -> None:
    """XLSForms (.xlsx) in the folder; other files beside them are given to each as its media."""
    folder = Path(FOLDER)
    media = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix not in (".xlsx", ".md")}
    failed = {}
    for path in sorted(folder.glob("*.xlsx")):
        try:
            form_id, definition = publish(survey, path, media)
            records = list(simulate_interviews(definition, RECORDS, attachments=media, started_at=MONDAY))
            phone = survey.phone(path.name)
            assert f"<formID>{form_id}</formID>" in phone.form_list().text
            statuses = {phone.send(record.xml, record.files).status_code for record in records}
            assert statuses == {201}, statuses
            (tmp_path / path.stem).mkdir()
            for kind in ("clean", "raw"):
                target = tmp_path / path.stem / f"{kind}.xlsx"
                assert len(survey.export(form_id, target, kind=kind)["data"]) == RECORDS
                assert_two_readers_agree(target)
        except Exception as error:
            failed[path.name] = f"{type(error).__name__}: {error}"[:2000]
    assert failed == {}
