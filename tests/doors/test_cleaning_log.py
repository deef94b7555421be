"""The cleaning log goes out to a spreadsheet program and comes back: exactly the edits, applied and undone as one."""

import csv
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from surveyapp.cli import main
from surveyapp.people.programs import grant_api_token
from surveyapp.store.projects import get_project
from surveyapp.watch import Watch
from tests.farms import FARMS, farm
from tests.office import browser, person
from tests.people import Phone, Survey, now, read_sheets

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")


def run(survey: Survey, *words: str) -> Result:
    environment = {
        "SURVEYAPP_DATABASE_URL": survey.config.database_url,
        "SURVEYAPP_DATA_DIR": str(survey.config.data_dir),
        "COLUMNS": "300",
    }
    return CliRunner().invoke(main, list(words), env=environment)


@pytest.fixture
def farms(survey: Survey) -> Phone:
    """A phone of a project where the form `farms` is published."""
    survey.publish(FARMS)
    return survey.phone()


def send_wrong_ones(phone: Phone) -> None:
    """A crop that is not among the choices, an income that is no number; the third is fine."""
    assert phone.send(farm(1, crop="barley")).status_code == 201
    assert phone.send(farm(2, income="many", members=2)).status_code == 201
    assert phone.send(farm(3)).status_code == 201


def by_openpyxl(path: Path, _: Path) -> Path:
    return path


def by_libreoffice(path: Path, folder: Path) -> Path:
    """Opened and saved again by LibreOffice."""
    if SOFFICE is None:
        pytest.skip("LibreOffice is not installed")
    profile = f"-env:UserInstallation=file://{folder / 'profile'}"
    command = [SOFFICE, profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir"]
    (folder / "saved").mkdir()
    subprocess.run([*command, str(folder / "saved"), str(path)], check=True, capture_output=True, timeout=180)
    return folder / "saved" / path.name


def fill_in(path: Path, **decisions: dict[str, Any]) -> None:
    """Decide about rows of the work log, by question."""
    book = openpyxl.load_workbook(path)
    sheet = book["cleaning_log"]
    heads = [cell.value for cell in sheet[1]]
    for row in sheet.iter_rows(min_row=2):
        told = decisions.get(str(row[heads.index("question")].value), {})
        for name, value in told.items():
            row[heads.index(name)].value = value
    book.save(path)


@pytest.mark.parametrize("saved", [by_openpyxl, by_libreoffice])
def test_a_work_log_comes_back_as_exactly_the_edits_and_undo_is_as_before(
    survey: Survey, farms: Phone, tmp_path: Path, saved: Callable[[Path, Path], Path]
) -> None:
    send_wrong_ones(farms)
    before = survey.export("farms", tmp_path / "before.xlsx")
    log = tmp_path / "log.xlsx"
    assert run(survey, "log", "export", "farms", str(log)).exit_code == 0
    rows = read_sheets(log)["cleaning_log"]
    assert {row["question"] for row in rows if row["instance_id"]} >= {"crop", "income"}
    # Sent back as it went out, it changes nothing.
    untouched = run(survey, "log", "import", "farms", str(saved(log, tmp_path)), "--apply")
    assert "0 changes" in untouched.output, untouched.output
    shutil.rmtree(tmp_path / "saved", ignore_errors=True)
    fill_in(
        log,
        crop={"change_type": "change_response", "new_value": "Maize", "reason": "asked again"},
        income={"change_type": "change_response", "new_value": 77, "reason": "asked again"},
    )
    sent = saved(log, tmp_path)
    tried = run(survey, "log", "import", "farms", str(sent))
    assert tried.exit_code == 0, tried.output
    assert "2 change_response" in tried.output
    assert survey.export("farms", tmp_path / "tried.xlsx")["data"] == before["data"]
    applied = run(survey, "log", "import", "farms", str(sent), "--apply")
    assert "Imported as number 1" in applied.output, applied.output
    sheets = survey.export("farms", tmp_path / "after.xlsx")
    assert [(row["crop"], row["income"]) for row in sheets["data"]] == [("maize", 101), ("rice", 77), ("rice", 103)]
    told = {row["question"]: row for row in sheets["cleaning_log"]}
    assert (told["crop"]["old_value"], told["crop"]["new_value"]) == ("barley", "maize")
    assert (told["income"]["source"], told["income"]["reason"]) == ("import:log.xlsx#1", "asked again")
    # The same file twice.
    again = run(survey, "log", "import", "farms", str(sent), "--apply")
    assert "2 already applied" in again.output
    assert "0 changes" in again.output
    assert run(survey, "log", "undo", "farms", "1").exit_code == 0
    assert survey.export("farms", tmp_path / "undone.xlsx")["data"] == before["data"]
    assert run(survey, "log", "undo", "farms", "1").exit_code == 1


CHECKS = """
| checks | | | | | |
| | check_id | kind | questions | parameters | message::English (en) |
| | poor | S07 | income | expression=${income} < 10 | Hardly any income |
| | odd  | S07 | income | expression=${income} < 10 | |
"""


def test_rows_of_a_work_log_say_in_a_sentence_what_was_found_and_name_the_question(
    survey: Survey, tmp_path: Path
) -> None:
    survey.publish(FARMS + CHECKS)
    phone = survey.phone()
    assert phone.send(farm(1, income=5)).status_code == 201
    Watch(survey.config, survey.database, survey.files).check_waiting()
    log = tmp_path / "log.xlsx"
    assert run(survey, "log", "export", "farms", str(log)).exit_code == 0
    told = {row["check_id"]: row for row in read_sheets(log)["cleaning_log"] if row["instance_id"]}
    assert (told["poor"]["issue"], told["poor"]["label"]) == ("Hardly any income", "Income")
    # The check has words of its own, not the key of a message.
    assert " " in told["odd"]["issue"]
    person(survey, "chief", "admin")
    page = browser(survey, "chief").get(f"{survey.url}/p/default/forms/farms/cleaning/work-log?lang=zh", timeout=60)
    log.write_bytes(page.content)
    chinese = {row["check_id"]: row for row in read_sheets(log)["cleaning_log"] if row["instance_id"]}
    assert chinese["odd"]["issue"] != told["odd"]["issue"]
    assert not chinese["odd"]["issue"].isascii()


def test_a_removed_interview_stands_in_the_deletion_log(survey: Survey, farms: Phone, tmp_path: Path) -> None:
    send_wrong_ones(farms)
    path = tmp_path / "log.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["X.U.FEFF.uuid", "question", "old.value", "new.value", "change_type", "comment"])
        writer.writerow(["uuid:farm-3", "", "", "", "remove_survey", "the household does not exist"])
        writer.writerow(["uuid:farm-1", "village", "North", "South", "change_response", "wrong village"])
    result = run(survey, "log", "import", "farms", str(path), "--apply")
    assert result.exit_code == 0, result.output
    sheets = survey.export("farms", tmp_path / "after.xlsx")
    assert [row["hh_id"] for row in sheets["data"]] == ["H1", "H2"]
    assert sheets["data"][0]["village"] == "South"
    assert [row["reason"] for row in sheets["deletion_log"]] == ["the household does not exist"]


def test_faults_of_a_log_are_told_at_once_and_nothing_is_applied(survey: Survey, farms: Phone, tmp_path: Path) -> None:
    send_wrong_ones(farms)
    path = tmp_path / "log.csv"
    path.write_text(
        "uuid,question,old_value,new_value,change_type\n"
        "uuid:nobody,village,North,South,change_response\n"
        "uuid:farm-1,vilage,North,South,change_response\n"
        "uuid:farm-1,village,North,South,change_response\n"
    )
    result = run(survey, "log", "import", "farms", str(path), "--apply")
    assert result.exit_code == 1
    assert "row 2: There is no submission" in result.output
    assert "Did you mean “village”" in result.output
    assert "cleaning_log" not in survey.export("farms", tmp_path / "after.xlsx")


def test_an_edited_workbook_of_answers_becomes_a_log(survey: Survey, farms: Phone, tmp_path: Path) -> None:
    send_wrong_ones(farms)
    exported, edited = tmp_path / "export.xlsx", tmp_path / "edited.xlsx"
    survey.export("farms", exported, headers="both")
    book = openpyxl.load_workbook(exported)
    for title, column, value in (("data", "village", "South"), ("data", "income", 5), ("member", "m_age", 33)):
        sheet = book[title]
        heads = [cell.value for cell in sheet[1]]
        sheet.cell(3, heads.index(column) + 1).value = value
    book.save(edited)
    result = run(survey, "log", "import", "farms", str(edited), "--edited-from", str(exported), "--apply")
    assert result.exit_code == 0, result.output
    sheets = survey.export("farms", tmp_path / "after.xlsx")
    assert (sheets["data"][0]["village"], sheets["data"][0]["income"]) == ("South", 5)
    assert sheets["member"][0]["m_age"] == 33
    by_import = [row for row in sheets["cleaning_log"] if row["source"].startswith("import:")]
    assert len(by_import) == 3
    book["data"].cell(3, [cell.value for cell in book["data"][1]].index("_version") + 1).value = "9"
    book.save(edited)
    refused = run(survey, "log", "import", "farms", str(edited), "--edited-from", str(exported))
    assert refused.exit_code == 1
    assert "_version cannot be corrected in this sheet" in refused.output


# -- over the API -----------------------------------------------------------------------------------------------------
CLEANING = "api/v1/projects/default/forms/farms/cleaning"


def log_file(*rows: str) -> dict[str, Any]:
    return {"file": ("log.csv", "\n".join(["uuid,question,old_value,new_value,change_type", *rows]).encode())}


def test_a_program_tries_a_log_applies_it_by_its_token_and_takes_it_back(
    survey: Survey, farms: Phone, tmp_path: Path
) -> None:
    send_wrong_ones(farms)
    http, top = survey.api(), f"{survey.url}/{CLEANING}"
    sent = log_file("uuid:farm-1,village,North,South,change_response", "uuid:farm-3,,,,remove_survey")
    tried = http.post(f"{top}/log/trial", files=sent, timeout=60).json()
    assert tried["counts"] == {"change_response": 1, "remove_survey": 1}
    assert [one["new"] for one in tried["differences"]] == ["South"]
    wrong = http.post(f"{top}/log/imports", files=sent, data={"token": "x"}, timeout=60)
    assert (wrong.status_code, wrong.json()["code"]) == (409, "log-changed")
    applied = http.post(f"{top}/log/imports", files=sent, data={"token": tried["token"]}, timeout=60)
    assert applied.status_code == 201, applied.text
    number = applied.json()["number"]
    assert len(survey.export("farms", tmp_path / "a.xlsx")["data"]) == 2
    # Its token is used up: what it was bound to has changed.
    again = http.post(f"{top}/log/imports", files=sent, data={"token": tried["token"]}, timeout=60)
    assert again.status_code == 409
    undone = http.delete(f"{top}/log/imports/{number}", timeout=60)
    assert (undone.status_code, undone.json()["undone_by"]) == (200, "program:test")
    assert [one["number"] for one in http.get(f"{top}/log/imports", timeout=60).json()] == [number]
    assert len(survey.export("farms", tmp_path / "b.xlsx")["data"]) == 3
    assert http.get(f"{top}/work-log", timeout=60).content.startswith(b"PK")


def test_a_program_drafts_tries_and_publishes_rules(survey: Survey, farms: Phone) -> None:
    send_wrong_ones(farms)
    http, top = survey.api(), f"{survey.url}/{CLEANING}/rulesets"
    rules = [{"id": "south", "kind": "set", "questions": ["village"], "parameters": {"value": "South"}}]
    trial = http.post(f"{top}/trial", json={"rules": rules}, timeout=60).json()
    assert (trial["against"], trial["cells"], trial["effects"][0]["touched"]) == (0, {"/data/village": 3}, 3)
    faulty = http.post(top, json={"rules": [{**rules[0], "questions": ["vilage"]}]}, timeout=60)
    assert (faulty.status_code, faulty.json()["errors"][0]["remedy"]) == (422, "Did you mean “village”?")
    assert http.post(top, json={"rules": rules}, timeout=60).json()["number"] == 1
    assert http.post(f"{top}/1/publish", timeout=60).json()["state"] == "published"
    assert http.put(f"{top}/1", json={"rules": []}, timeout=60).json()["code"] == "ruleset-published"


def test_a_program_that_may_only_review_removes_nothing(survey: Survey, farms: Phone) -> None:
    send_wrong_ones(farms)
    with survey.database.begin() as session:
        token = grant_api_token(session, get_project(session, "default"), "reviewer", now(), scopes=("review",))
    http, top = survey.api(), f"{survey.url}/{CLEANING}"
    http.headers["Authorization"] = f"Bearer {token}"
    sent = log_file("uuid:farm-3,,,,remove_survey")
    tried = http.post(f"{top}/log/trial", files=sent, timeout=60).json()
    refused = http.post(f"{top}/log/imports", files=sent, data={"token": tried["token"]}, timeout=60)
    assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")
    changed = log_file("uuid:farm-3,village,North,South,change_response")
    tried = http.post(f"{top}/log/trial", files=changed, timeout=60).json()
    assert http.post(f"{top}/log/imports", files=changed, data={"token": tried["token"]}, timeout=60).status_code == 201
