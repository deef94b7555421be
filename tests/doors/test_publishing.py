"""A form is published, refused or taken up again, from the command line and over the API; a refusal leaves nothing."""

import csv
import io
import json
import threading
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import requests
from click.testing import CliRunner, Result
from sqlalchemy import inspect

from surveyapp.cli import main
from tests.people import PEOPLE, Survey, record

ON_SQLITE = pytest.mark.parametrize("database_url", [pytest.param("sqlite", marks=pytest.mark.sqlite)], indirect=True)

SETTINGS = [["form_title", "form_id", "version"], ["Shops", "shops", "1"]]
ROWS = [
    ["type", "name", "label"],
    ["text", "owner", "Owner"],
    ["integer", "staff", "Staff"],
    ["select_one_from_file wares.csv", "ware", "Ware"],
]
WARES = b"name,label\nrice,Rice\noil,Oil\n"


def workbook(rows: list[list[str]], settings: list[list[str]] = SETTINGS) -> bytes:
    book = openpyxl.Workbook()
    for title, content in (("survey", rows), ("settings", settings)):
        sheet = book.create_sheet(title)
        for row in content:
            sheet.append(row)
    del book["Sheet"]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_csv(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    for title, content in (("survey", rows), ("settings", SETTINGS)):
        writer.writerow([title])
        writer.writerows(["", *row] for row in content)
    return out.getvalue().encode()


def as_md(rows: list[list[str]], version: str = "1", form_id: str = "shops") -> bytes:
    lines = ["| survey |", *("| | " + " | ".join(row) + " |" for row in rows)]
    lines += ["| settings |", "| | form_title | form_id | version |", f"| | Shops | {form_id} | {version} |"]
    return "\n".join(lines).encode()


XFORM = (
    b'<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head><h:title>Shops</h:title>'
    b'<model><instance><data id="shops" version="1"><owner/><meta><instanceID/></meta></data></instance>'
    b'<bind nodeset="/data/owner" type="string"/></model></h:head>'
    b'<h:body><input ref="/data/owner"><label>Owner</label></input></h:body></h:html>'
)
FILES = {
    "shops.xlsx": workbook(ROWS),
    "shops.csv": as_csv(ROWS),
    "shops.md": as_md(ROWS),
    "shops.xml": XFORM,
}


class Office:
    """The two doors through which an admin publishes; each answers with status, form finding codes and text."""

    def __init__(self, survey: Survey, folder: Path) -> None:
        self.survey = survey
        self.folder = folder
        self.url = f"{survey.url}/api/v1/projects/default/forms"
        self.api = survey.api()

    def cli(self, *arguments: str) -> Result:
        config = self.survey.config
        environment = {"SURVEYAPP_DATABASE_URL": config.database_url, "SURVEYAPP_DATA_DIR": str(config.data_dir)}
        return CliRunner().invoke(main, arguments, env=environment)

    def publish_file(self, content: bytes, name: str, media: dict[str, bytes] | None = None) -> Result:
        folder = self.folder / "upload"
        (folder / "media").mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        for file, data in (media or {}).items():
            (folder / "media" / file).write_bytes(data)
        return self.cli("publish", str(folder / name), *(["--media", str(folder / "media")] if media else []))

    def upload(self, content: bytes, name: str, media: dict[str, bytes] | None = None) -> requests.Response:
        parts: list[Any] = [("file", (name, content))]
        parts += [("media", (file, data)) for file, data in (media or {}).items()]
        return self.api.post(self.url, files=parts, timeout=120)


@pytest.fixture
def office(survey: Survey, tmp_path: Path) -> Office:
    return Office(survey, tmp_path)


def columns(survey: Survey) -> dict[str, list[tuple[str, str]]]:
    """Every table with its columns and their types."""
    found = inspect(survey.database.engine)
    return {table: [(c["name"], str(c["type"])) for c in found.get_columns(table)] for table in found.get_table_names()}


def everything(survey: Survey) -> dict[str, Any]:
    """What a refused publication must leave as it was."""
    kept = ("projects", "forms", "form_versions", "form_attachments", "answer_tables", "answer_columns", "answer_paths")
    return {"columns": columns(survey), "counts": {table: survey.count(table) for table in kept}}


# -- formats ----------------------------------------------------------------------------------------------------------
@ON_SQLITE
@pytest.mark.parametrize("name", FILES)
def test_each_format_is_published_by_the_api(office: Office, name: str) -> None:
    response = office.upload(FILES[name], name, {"wares.csv": WARES})
    assert response.status_code == 201, response.text
    body = response.json()
    assert (body["form_id"], body["version"], body["fresh"]) == ("shops", "1", True)
    [entry] = office.api.get(office.url, timeout=60).json()
    assert [version["version"] for version in entry["versions"]] == ["1"]
    assert "owner" in dict(columns(office.survey)["data_shops"])


@pytest.mark.parametrize("name", FILES)
@ON_SQLITE
def test_each_format_is_published_from_the_command_line(office: Office, name: str) -> None:
    result = office.publish_file(FILES[name], name, {"wares.csv": WARES})
    assert result.exit_code == 0, result.output
    assert "Form shops, version 1, is published." in result.output
    assert "shops" in office.cli("forms").output
    assert office.publish_file(FILES[name], name, {"wares.csv": WARES}).output.endswith("with the same content.\n")


def test_an_uploaded_xform_is_kept_byte_for_byte(office: Office) -> None:
    office.upload(XFORM, "shops.xml")
    assert office.api.get(f"{office.url}/shops/versions/1/xform", timeout=60).content == XFORM


@ON_SQLITE
def test_choices_of_select_one_external_travel_as_itemsets_csv(office: Office) -> None:
    form = as_md(
        [
            ["type", "name", "label", "choice_filter"],
            ["text", "state", "State", ""],
            ["select_one_external city", "city", "City", "state=${state}"],
        ]
    )
    external = b"\n| external_choices |\n| | list_name | name | label | state |\n| | city | b | Brno | m |\n"
    assert office.upload(form + external, "form.md").status_code == 201
    assert office.survey.rows("SELECT name FROM form_attachments") == [("itemsets.csv",)]


# -- refusals ---------------------------------------------------------------------------------------------------------
BAD_ROWS = [*ROWS, ["text", "owner", "Owner again"], ["intger", "size", "Size"], ["select_one nolist", "kind", "Kind"]]


@ON_SQLITE
def test_every_error_is_listed_with_sheet_and_row(office: Office) -> None:
    response = office.upload(workbook(BAD_ROWS), "shops.xlsx")
    assert response.status_code == 422
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["code"] == "form-invalid"
    errors = [(error["sheet"], error["row"]) for error in problem["errors"] if error["severity"] == "error"]
    assert errors == [("survey", 5), ("survey", 6), ("survey", 7)]
    assert all(error["message"] and error["remedy"] for error in problem["errors"])
    result = office.publish_file(workbook(BAD_ROWS), "shops.xlsx")
    assert result.exit_code == 1
    for row in (5, 6, 7):
        assert f"sheet survey row {row}" in result.stderr
    assert office.survey.count("forms") == 0


@ON_SQLITE
def test_what_is_no_form_is_refused_in_words(office: Office) -> None:
    for content, name in (
        (b"", "empty.xlsx"),
        (b"\x00\xff", "x.xlsx"),
        (b"<html/>", "x.xml"),
        (b"PK\x03\x04", "x.xlsx"),
    ):
        response = office.upload(content, name)
        assert response.status_code == 422, name
        assert response.json()["remedy"]
    missing = office.api.post(office.url, files={"other": b"x"}, timeout=60)
    assert (missing.status_code, missing.json()["code"]) == (400, "bad-request")
    assert office.survey.count("forms") == 0


def test_a_command_on_a_database_without_tables_says_what_to_do(tmp_path: Path) -> None:
    environment = {"SURVEYAPP_DATA_DIR": str(tmp_path / "fresh"), "SURVEYAPP_DATABASE_URL": ""}
    result = CliRunner().invoke(main, ["forms"], env=environment)
    assert result.exit_code == 1
    assert "surveyapp migrate" in result.stderr


# -- versions ---------------------------------------------------------------------------------------------------------
def test_the_same_version_again_is_200_and_stored_once(office: Office) -> None:
    assert office.upload(FILES["shops.md"], "shops.md", {"wares.csv": WARES}).status_code == 201
    again = office.upload(FILES["shops.md"], "shops.md", {"wares.csv": WARES})
    assert (again.status_code, again.json()["fresh"]) == (200, False)
    assert office.survey.count("form_versions") == 1


@ON_SQLITE
def test_the_same_version_with_other_content_is_409_and_changes_nothing(office: Office) -> None:
    office.upload(FILES["shops.md"], "shops.md", {"wares.csv": WARES})
    before = everything(office.survey)
    other_question = office.upload(as_md([*ROWS, ["text", "more", "More"]]), "shops.md")
    other_file = office.upload(FILES["shops.md"], "shops.md", {"wares.csv": b"name,label\nsalt,Salt\n"})
    for response in (other_question, other_file):
        assert response.status_code == 409
        assert response.json()["code"] == "form-version-exists"
        assert "version" in response.json()["remedy"]
    assert everything(office.survey) == before


@ON_SQLITE
def test_an_older_version_may_be_published_again_after_a_newer_one(office: Office) -> None:
    office.upload(FILES["shops.md"], "shops.md", {"wares.csv": WARES})
    office.upload(as_md(ROWS, "2"), "shops.md", {"wares.csv": b"name,label\nsalt,Salt\n"})
    for media in ({}, {"wares.csv": WARES}):
        assert office.upload(FILES["shops.md"], "shops.md", media).status_code == 200


@ON_SQLITE
def test_versions_chain_and_a_file_is_carried_over_until_it_is_sent_anew(office: Office) -> None:
    missing = office.upload(as_md(ROWS), "shops.md").json()
    assert [finding["code"] for finding in missing["findings"]] == ["form-file-missing"]
    assert "wares.csv" in missing["findings"][0]["message"]
    sent = office.upload(as_md(ROWS, "2"), "shops.md", {"wares.csv": WARES, "stray.txt": b"x"}).json()
    assert [finding["code"] for finding in sent["findings"]] == ["form-file-unused"]
    carried = office.upload(as_md(ROWS, "3"), "shops.md").json()
    assert [finding["code"] for finding in carried["findings"]] == ["form-file-kept"]
    office.upload(as_md(ROWS, "4"), "shops.md", {"wares.csv": b"name,label\nsalt,Salt\n"})
    rows = office.survey.rows(
        "SELECT v.ordinal, v.version, a.md5 FROM form_versions v"
        " LEFT JOIN form_attachments a ON a.form_version_id = v.id ORDER BY v.ordinal"
    )
    assert [row[:2] for row in rows] == [(1, "1"), (2, "2"), (3, "3"), (4, "4")]
    assert rows[0][2] is None
    assert rows[1][2] == rows[2][2] != rows[3][2]


@ON_SQLITE
def test_closing_and_reopening_from_the_command_line(office: Office) -> None:
    office.survey.publish(PEOPLE)
    phone = office.survey.phone()
    assert office.cli("close", "people").output == "Form people is closed.\n"
    assert "<xform>" not in phone.form_list().text
    assert phone.send(record("<name>Ana</name>")).status_code == 201
    assert office.cli("open", "people").output == "Form people is open.\n"
    assert "<xform>" in phone.form_list().text
    unknown = office.cli("close", "nobody")
    assert unknown.exit_code == 1
    assert "nobody" in unknown.stderr


# -- narrowing --------------------------------------------------------------------------------------------------------
NARROWINGS = {
    "text to integer": ("text", "integer"),
    "decimal to integer": ("decimal", "integer"),
    "integer to date": ("integer", "date"),
    "date to dateTime": ("date", "dateTime"),
}


@pytest.mark.parametrize(("old", "new"), NARROWINGS.values(), ids=NARROWINGS.keys())
def test_a_narrowed_question_is_refused_with_a_remedy_and_nothing_is_left(office: Office, old: str, new: str) -> None:
    rows = [["type", "name", "label"], ["text", "a", "A"], [old, "b", "B"]]
    office.survey.publish(as_md(rows))
    before = everything(office.survey)
    wider = [["type", "name", "label"], ["text", "a", "A"], [new, "b", "B"], ["text", "c", "C"]]
    wider += [["begin repeat", "d", "D"], ["text", "e", "E"], ["end repeat", "", ""]]
    response = office.upload(as_md(wider, "2"), "shops.md")
    assert (response.status_code, response.json()["code"]) == (409, "form-narrowed")
    assert "b" in response.json()["detail"]
    assert "new name" in response.json()["remedy"]
    assert everything(office.survey) == before
    office.survey.publish(as_md(rows, "2"))


@ON_SQLITE
def test_the_command_line_tells_what_is_narrowed_before_it_is_tried(office: Office) -> None:
    office.upload(as_md([["type", "name", "label"], ["integer", "b", "B"]]), "shops.md")
    office.upload(as_md([["type", "name", "label"], ["decimal", "b", "B"], ["text", "c", "C"]], "2"), "shops.md")
    told = office.cli("diff", "shops", "1", "2").output
    assert "type widened b: integer → decimal [widened]" in told
    assert "question added c" in told
    backwards = office.cli("diff", "shops", "2", "1").output
    assert "type narrowed b: decimal → integer [refused]" in backwards
    url = f"{office.url}/shops/changes/1/2"
    kinds = {change["kind"] for change in json.loads(office.api.get(url, timeout=60).text)}
    assert kinds == {"type widened", "question added"}
    assert office.cli("diff", "shops", "1", "9").exit_code == 1


def test_two_admins_who_publish_the_same_version_at_once_both_hear_of_one_version(office: Office) -> None:

    statuses: list[int] = []

    def upload() -> None:
        statuses.append(office.upload(FILES["shops.md"], "shops.md", {"wares.csv": WARES}).status_code)

    threads = [threading.Thread(target=upload) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 200, 201]
    assert office.survey.count("form_versions") == 1
