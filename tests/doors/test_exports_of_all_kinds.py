"""Exports asked for over the API and from the command line: the formats, the filters, what may leave the house."""

import csv
import datetime
import gc
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from surveyapp.cli import main
from surveyapp.export.from_store import StoredForm
from surveyapp.export.manifest import hash_inputs
from surveyapp.export.options import ExportOptions
from surveyapp.store.forms import get_form
from surveyapp.store.projects import get_project
from surveyapp.store.selection import Selection
from surveyapp.worker import do_export
from tests.people import PEOPLE, Phone, Survey, record
from tests.programs import Program, assert_problem, one

STARTED = """
| survey   |                |        |               |
|          | type           | name   | label         |
|          | start          | start  |               |
|          | text           | name   | Name          |
|          | begin repeat   | child  | Child         |
|          | text           | c_name | Child's name  |
|          | end repeat     |        |               |
| settings |                |        |               |
|          | form_title     | form_id | version      |
|          | Started        | started | 1            |
"""


def run(survey: Survey, *words: str) -> Result:
    environment = {
        "SURVEYAPP_DATABASE_URL": survey.config.database_url,
        "SURVEYAPP_DATA_DIR": str(survey.config.data_dir),
    }
    return CliRunner().invoke(main, list(words), env=environment)


def started(number: int, moment: str) -> str:
    return (
        f'<data id="started" version="1"><start>{moment}</start><name>N{number}</name>'
        f"<child><c_name>C{number}</c_name></child><meta><instanceID>uuid:{number}</instanceID></meta></data>"
    )


def sheet(path: Path, title: str) -> list[dict[str, Any]]:
    names, *rows = openpyxl.load_workbook(path)[title].iter_rows(values_only=True)
    return [dict(zip(map(str, names), row, strict=True)) for row in rows]


def test_only_interviews_of_the_days_asked_for_are_exported(survey: Survey, tmp_path: Path) -> None:
    survey.publish(STARTED)
    phone = survey.phone()
    moments = ("2026-03-01T23:59:59.999+08:00", "2026-03-02T00:00:00.000+08:00", "2026-03-03T00:00:00.000+08:00", "")
    for number, moment in enumerate(moments, 1):
        assert phone.send(started(number, moment)).status_code == 201
    asked = {"interviewed_from": "2026-03-02", "interviewed_until": "2026-03-02", "zone": "Asia/Shanghai"}
    sheets = survey.export("started", tmp_path / "a.xlsx", **asked)
    assert [row["name"] for row in sheets["data"]] == ["N2"]
    assert [row["c_name"] for row in sheets["child"]] == ["C2"]
    # Without a start, what counts is when it was received: today.
    sheets = survey.export("started", tmp_path / "b.xlsx", interviewed_from="2026-03-04")
    assert [row["name"] for row in sheets["data"]] == ["N4"]
    day = datetime.datetime.now(datetime.UTC).date()
    today = survey.export("started", tmp_path / "c.xlsx", received_until=(day + datetime.timedelta(days=1)).isoformat())
    assert len(today["data"]) == len(today["child"]) == 4
    past = survey.export("started", tmp_path / "d.xlsx", received_until=(day - datetime.timedelta(days=2)).isoformat())
    assert past["data"] == past["child"] == past["findings"] == []


def test_files_that_phones_sent_are_fetched_in_parts(program: Program) -> None:
    survey = program.survey
    phone = survey.phone()
    photo = bytes(range(256)) * 40
    phone.send(record("<name>Ana</name><photo>a.jpg</photo>", instance_id="uuid:1"), {"a.jpg": photo})
    phone.send(record("<name>Eva</name><photo>b.jpg</photo>", instance_id="uuid:2"))
    asked = program.http.post(f"{program.form}/exports", json={"format": "media"}, timeout=60).json()
    do_export(survey.config, survey.database, survey.files, asked["id"])
    url = survey.url + program.get(f"exports/{asked['id']}").json()["url"]
    whole = program.http.get(url, timeout=60)
    assert whole.headers["Accept-Ranges"] == "bytes"
    with zipfile.ZipFile(io.BytesIO(whole.content)) as package:
        names = package.namelist()
        (name,) = [name for name in names if name.endswith("_photo_a.jpg")]
        assert package.read(name) == photo
        index = list(csv.DictReader(io.StringIO(package.read("index.csv").decode("utf-8-sig"))))
    assert [(row["original"], row["state"]) for row in index] == [("a.jpg", "received"), ("b.jpg", "not received")]
    part = program.http.get(url, headers={"Range": "bytes=100-199"}, timeout=60)
    assert (part.status_code, part.content) == (206, whole.content[100:200])


def test_an_edit_brings_its_file_and_the_former_one_is_not_exported(program: Program, tmp_path: Path) -> None:
    survey = program.survey
    phone = survey.phone()
    phone.send(record("<name>Ana</name><photo>a.jpg</photo>", instance_id="uuid:1"), {"a.jpg": b"first"})
    edit = record("<name>Ana</name><photo>b.jpg</photo>", instance_id="uuid:2", deprecated_id="uuid:1")
    assert phone.send(edit, {"b.jpg": b"second"}).status_code == 201
    assert run(survey, "export", "people", str(tmp_path / "p.media.zip")).exit_code == 0
    with zipfile.ZipFile(tmp_path / "p.media.zip") as package:
        assert [package.read(name) for name in package.namelist() if name != "index.csv"] == [b"second"]


def test_same_export_of_the_same_data_is_not_written_again(program: Program) -> None:
    survey = program.survey
    program.send(one("Ana"))
    made = []
    for name in ("", "", "Eva"):
        if name:
            program.send(one(name))
        asked = program.http.post(f"{program.form}/exports", json={"headers": "name"}, timeout=60).json()
        do_export(survey.config, survey.database, survey.files, asked["id"])
        (path,) = (survey.config.exports_dir / asked["id"]).glob("*.xlsx")
        made.append(path.stat().st_ino)
    assert made[0] == made[1] != made[2]


def test_fingerprint_changes_with_records_edits_files_and_versions(survey: Survey, phone: Phone) -> None:
    def inputs() -> str:
        with survey.database.reading() as session:
            found = get_form(session, get_project(session, "default").id, "people")
            return hash_inputs(StoredForm(session, survey.files, found), ExportOptions())

    seen = [inputs()]
    phone.send(record("<name>Ana</name><photo>a.jpg</photo>", instance_id="uuid:1"))
    seen.append(inputs())
    assert inputs() == seen[-1]
    phone.send(record("<name>Ana</name><photo>a.jpg</photo>", instance_id="uuid:1"), {"a.jpg": b"x"})
    seen.append(inputs())
    phone.send(record("<name>Eva</name>", instance_id="uuid:2", deprecated_id="uuid:1"))
    seen.append(inputs())
    survey.publish(PEOPLE.replace("| People         | people  | 1 ", "| People         | people  | 2 "))
    seen.append(inputs())
    assert len(set(seen)) == len(seen)


def test_command_tells_formats_by_the_ending_and_what_is_up_to_date(program: Program, tmp_path: Path) -> None:
    survey = program.survey
    program.send(one("Ana"))
    target = tmp_path / "people.jsonl.zip"
    assert "1 submissions are in" in run(survey, "export", "people", str(target)).output
    with zipfile.ZipFile(target) as package:
        assert json.loads(package.read("data.jsonl"))["name"] == "Ana"
    assert "is up to date" in run(survey, "export", "people", str(target)).output
    assert "1 submissions are in" in run(survey, "export", "people", str(target), "--column", "age").output
    refused = run(survey, "export", "people", str(tmp_path / "people.pdf"))
    assert refused.exit_code == 2
    assert ".parquet.zip" in refused.output
    assert run(survey, "export", "people", str(tmp_path / "x"), "--format", "form").exit_code == 0
    with zipfile.ZipFile(tmp_path / "x") as package:
        assert package.read(package.namelist()[0]) == PEOPLE.encode()


def test_deidentified_export_needs_the_protection_that_the_command_suggests(survey: Survey, tmp_path: Path) -> None:
    survey.publish(PEOPLE)
    phone = survey.phone()
    for number in range(12):
        phone.send(record(f"<name>Secret{number:02}</name><age>{30 + number % 2}</age>", instance_id=f"uuid:{number}"))
    target, file = tmp_path / "open.xlsx", tmp_path / "protection.json"
    refused = run(survey, "export", "people", str(target), "--kind", "deidentified")
    assert refused.exit_code == 1
    suggested = json.loads(run(survey, "protection", "people").output)
    assert suggested["classes"]["/data/name"] == "direct"
    assert suggested["confirmed_by"] == ""
    file.write_text(json.dumps({**suggested, "confirmed_by": "an admin"}))
    done = run(survey, "export", "people", str(target), "--kind", "deidentified", "--protection", str(file))
    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(target) as package:
        assert not any(b"Secret" in package.read(name) for name in package.namelist())
    first = {row["_instance_id"] for row in sheet(target, "data")}
    assert len(first - {None}) >= 12


@pytest.mark.parametrize("database_url", [pytest.param("sqlite", marks=pytest.mark.sqlite)], indirect=True)
def test_options_that_do_not_fit_are_refused_at_once(program: Program) -> None:
    for asked in (
        {"format": "sav", "kind": "raw"},
        {"received_from": "03/01/2026"},
        {"wide": 99},
        {"names": "long"},
        {"protection": {"colour": 1}},
        {"kind": "deidentified", "protection": {"classes": {"/data/age": "indirect"}}},
    ):
        assert_problem(program.http.post(f"{program.form}/exports", json=asked, timeout=60), 422)
    told = program.http.post(f"{program.form}/exports", json={"kind": "deidentified"}, timeout=60).json()
    assert (told["code"], told["errors"][0]["suggested"]) == ("pii-unconfirmed", "direct")
    assert program.survey.count("exports") == 0


def test_rows_that_are_given_up_are_let_go_with_the_transaction_and_not_before(survey: Survey) -> None:
    # Collected while the connection waits for other rows, a generator that closes its cursor waits for ever.
    survey.publish(PEOPLE)
    phone = survey.phone()
    for name in "AB":
        assert phone.send(record(f"<name>{name}</name>")).status_code == 201
    with survey.database.reading() as session:
        form = get_form(session, get_project(session, "default").id, "people")
        rows = StoredForm(session, survey.files, form).snapshot.list_rows("", [("/data/name", "")], Selection())
        next(rows)
        del rows
        gc.collect()
        (left,) = session.info["open_results"]
        assert not left.closed
    assert left.closed
    assert not session.info
