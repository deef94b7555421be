"""Exports of the submissions for which a condition holds, the work log as an export, and links to files."""

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import requests
from click.testing import CliRunner, Result

from surveyapp.cli import main
from surveyapp.correct.rulesets import publish_ruleset, save_draft
from surveyapp.export.options import ExportOptions
from surveyapp.export.run import write_export
from surveyapp.problems import Problem
from surveyapp.store.forms import get_form
from surveyapp.store.projects import get_project
from surveyapp.worker import do_export, open_form
from tests.farms import FARMS
from tests.people import Survey, now, record
from tests.programs import assert_problem

RULES: list[dict[str, Any]] = [
    {"id": "tests", "kind": "drop_submission", "when": "${village} = 'TEST'", "parameters": {"reason_code": "test"}},
    {"id": "spaces", "kind": "normalise_text", "questions": ["village"], "parameters": {"case": "casefold"}},
]
FILES = """
| survey   |              |        |       |
|          | type         | name   | label |
|          | text         | name   | Name  |
|          | begin repeat | child  | Child |
|          | image        | photo  | Photo |
|          | end repeat   |        |       |
| settings |              |        |       |
|          | form_title   | form_id | version |
|          | Files        | files  | 1     |
"""


def farm(number: int, village: str, ages: tuple[int, ...]) -> str:
    members = "".join(f"<member><m_name>M</m_name><m_age>{age}</m_age></member>" for age in ages)
    body = f"<hh_id>h{number}</hh_id><village>{village}</village><income>{number}</income>{members}"
    return record(body, form="farms", instance_id=f"uuid:{number}")


@pytest.fixture
def farms(survey: Survey) -> Survey:
    survey.publish(FARMS)
    phone = survey.phone()
    sent = [("V03", (40, 12)), ("v03", (50,)), ("v04", (60, 61, 62)), ("TEST", (1,)), ("v03", ())]
    for number, (village, ages) in enumerate(sent, 1):
        assert phone.send(farm(number, village, ages)).status_code == 201
    return survey


def clean(survey: Survey) -> None:
    with survey.database.begin() as session:
        form = get_form(session, get_project(session, "default").id, "farms")
        number = save_draft(session, survey.files, form, RULES, who="person:boss", now=now())
        publish_ruleset(session, survey.files, form, number, who="person:boss", now=now())


def exported(survey: Survey, target: Path, form_id: str = "farms", **asked: Any) -> Any:
    with survey.database.reading() as session:
        form = get_form(session, get_project(session, "default").id, form_id)
        write_export(open_form(session, survey.files, form), ExportOptions(**{"headers": "name", **asked}), target)
    return openpyxl.load_workbook(target)


def ask(survey: Survey, method: str, path: str, body: Any = None) -> requests.Response:
    address = f"{survey.url}/api/v1/projects/default/forms/farms/{path}"
    return survey.api().request(method, address, json=body, timeout=60)


def command(survey: Survey, *words: str) -> Result:
    environment = {
        "SURVEYAPP_DATABASE_URL": survey.config.database_url,
        "SURVEYAPP_DATA_DIR": str(survey.config.data_dir),
    }
    return CliRunner().invoke(main, list(words), env=environment)


def column(book: Any, title: str, name: str) -> list[Any]:
    names, *rows = book[title].iter_rows(values_only=True)
    return [row[names.index(name)] for row in rows]


def test_a_query_is_put_to_the_answers_that_the_file_shows(farms: Survey, tmp_path: Path) -> None:
    clean(farms)
    query = "${village} = 'v03' and count(${member}) > 0"
    book = exported(farms, tmp_path / "clean.xlsx", query=query)
    assert column(book, "data", "hh_id") == ["h1", "h2"]
    assert column(book, "member", "m_age") == [40, 12, 50]
    assert column(book, "cleaning_log", "submission_no") == [1]
    # The same of what was sent: nobody has made V03 small there.
    raw = exported(farms, tmp_path / "raw.xlsx", query=query, kind="raw")
    assert (column(raw, "data", "hh_id"), column(raw, "member", "m_age")) == (["h2"], [50])
    readme = {row[0]: row[1] for row in book["README"].iter_rows(values_only=True)}
    assert query in readme["Filter"]
    assert readme["Submissions received, within the filter"] == 2


def test_what_a_rule_leaves_out_is_judged_by_what_was_sent(farms: Survey, tmp_path: Path) -> None:
    clean(farms)
    book = exported(farms, tmp_path / "a.xlsx", query="${income} >= 4")
    assert column(book, "data", "hh_id") == ["h5"]
    assert column(book, "deletion_log", "submission_no") == [4]


def test_a_query_that_has_no_value_is_told_and_chooses_nothing(farms: Survey, tmp_path: Path) -> None:
    book = exported(farms, tmp_path / "a.xlsx", query="${m_age} > 45")
    readme = [row[1] for row in book["README"].iter_rows(values_only=True)]
    told = [words for words in readme if isinstance(words, str) and "has no value" in words]
    assert told == ["The query has no value for 2 submissions; they are not in this file."]
    assert column(book, "data", "hh_id") == ["h2"]


def test_a_query_is_checked_when_it_is_kept_and_when_it_is_asked_for(farms: Survey) -> None:
    wrong = {"query": "${vilage} = 'v03'"}
    for path, body in (("exports", wrong), ("export-definitions", {"name": "one", "options": wrong})):
        told = assert_problem(ask(farms, "POST", path, body), 422, "export-option")
        assert "At character 1" in told["detail"]
        assert "${village}" in told["detail"]
    kept = ask(farms, "POST", "export-definitions", {"name": "v03", "options": {"query": "${village} = 'v03'"}})
    assert kept.status_code == 201, kept.text
    asked = ask(farms, "POST", "exports", {"definition": "v03"})
    assert asked.status_code == 202, asked.text
    do_export(farms.config, farms.database, farms.files, asked.json()["id"])
    blocks = farms.rows("SELECT bits FROM exported_blocks")
    # Submissions 2 and 5, and no other, tell that they went out.
    assert [int.from_bytes(bytes(bits), "little") for (bits,) in blocks] == [1 << 2 | 1 << 5]


def test_the_work_log_is_an_export_too(farms: Survey, tmp_path: Path) -> None:
    asked = ask(farms, "POST", "exports", {"kind": "worklog"})
    assert asked.status_code == 202, asked.text
    do_export(farms.config, farms.database, farms.files, asked.json()["id"])
    content = ask(farms, "GET", f"exports/{asked.json()['id']}/file").content
    assert {"readme", "cleaning_log", "choices"} <= set(openpyxl.load_workbook(io.BytesIO(content)).sheetnames)
    told = assert_problem(ask(farms, "POST", "exports", {"kind": "worklog", "query": "true()"}), 422, "export-option")
    assert told["detail"] == "The work log is one workbook of all that waits."
    environment = {
        "SURVEYAPP_DATABASE_URL": farms.config.database_url,
        "SURVEYAPP_DATA_DIR": str(farms.config.data_dir),
    }
    words = ["export", "farms", str(tmp_path / "log.xlsx"), "--kind", "worklog"]
    assert CliRunner().invoke(main, words, env=environment).exit_code == 0
    assert "cleaning_log" in openpyxl.load_workbook(tmp_path / "log.xlsx").sheetnames


def test_the_command_asks_with_a_query_and_the_history_tells_of_its_file(farms: Survey, tmp_path: Path) -> None:
    environment = {
        "SURVEYAPP_DATABASE_URL": farms.config.database_url,
        "SURVEYAPP_DATA_DIR": str(farms.config.data_dir),
    }
    words = ["export", "farms", str(tmp_path / "a.zip"), "--query", "${village} = 'v04'"]
    done = CliRunner().invoke(main, words, env=environment)
    assert (done.exit_code, "1 submissions are in" in done.output.replace("\n", " ")) == (0, True), done.output
    with zipfile.ZipFile(tmp_path / "a.zip") as package:
        rows = list(csv.DictReader(io.StringIO(package.read("data.csv").decode("utf-8-sig"))))
    assert [row["hh_id"] for row in rows] == ["h3"]
    ((actor, bits),) = farms.rows("SELECT actor, bits FROM exported_blocks")
    assert (actor.partition(":")[0], int.from_bytes(bytes(bits), "little")) == ("command", 1 << 3)


def test_a_file_has_a_link_where_the_server_knows_its_address(survey: Survey, tmp_path: Path) -> None:
    survey.publish(FILES)
    body = "<name>A</name><child><photo>a b.jpg</photo></child><child><photo/></child>"
    sent = survey.phone().send(record(body, form="files", instance_id="uuid:1"), {"a b.jpg": b"\xff\xd8\xff"})
    assert sent.status_code == 201
    asked = {"media_links": True, "index": True, "kind": "both"}
    book = exported(survey, tmp_path / "a.xlsx", "files", address=f"{survey.url}/p/default/forms/files", **asked)
    link = f"{survey.url}/p/default/forms/files/submissions/1/versions/1/files/a%20b.jpg"
    assert column(book, "child", "photo__link") == [link, None]
    assert column(book, "child", "photo__received") == [1, None]
    # Rows of raw sheets lie in raw sheets.
    assert set(column(book, "raw_child", "_parent_table_name")) == {"raw_data"}
    assert set(column(book, "child", "_parent_table_name")) == {"data"}
    with pytest.raises(Problem, match="public address"):
        ExportOptions(media_links=True)


def test_the_row_of_labels_can_be_folded_away(farms: Survey, tmp_path: Path) -> None:
    sheet = exported(farms, tmp_path / "a.xlsx", headers="hidden")["data"]
    assert (sheet.row_dimensions[2].hidden, sheet.row_dimensions[1].hidden) == (True, False)
    assert sheet.freeze_panes.endswith("3")
    plain = exported(farms, tmp_path / "b.xlsx", headers="hidden", writer="openpyxl")["data"]
    assert plain.row_dimensions[2].hidden
