"""Options of exports under a name: kept, used and deleted over the API, on the pages and from the command line."""

import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
import requests
from click.testing import CliRunner, Result

from surveyapp.cli import main
from surveyapp.people.programs import grant_api_token
from surveyapp.store.projects import get_project
from tests.office import browser, person
from tests.people import PEOPLE, Survey, now
from tests.programs import Program, assert_problem, one

WEEKLY = {"headers": "name", "labels": "labels", "columns": ["age"]}


@pytest.fixture
def asked_for(program: Program) -> Program:
    """A form with an interview, and options kept as `weekly` by a program."""
    assert program.send(one("A", "uuid:1")).status_code == 201
    kept = program.http.post(
        f"{program.form}/export-definitions", json={"name": " weekly ", "options": WEEKLY}, timeout=60
    )
    assert kept.status_code == 201
    return program


def run(survey: Survey, *words: str) -> Result:
    environment = {
        "SURVEYAPP_DATABASE_URL": survey.config.database_url,
        "SURVEYAPP_DATA_DIR": str(survey.config.data_dir),
    }
    return CliRunner().invoke(main, list(words), env=environment)


def test_options_are_kept_under_a_name_that_is_taken_once(asked_for: Program) -> None:
    address = f"{asked_for.form}/export-definitions"
    [kept] = asked_for.http.get(address, timeout=60).json()
    assert (kept["name"], kept["options"]) == ("weekly", WEEKLY)
    again = asked_for.http.post(address, json={"name": "weekly"}, timeout=60)
    assert_problem(again, 409, "export-definition-exists")
    odd: tuple[dict[str, object], ...] = (
        {"name": " "},
        {"name": "x" * 101},
        {"name": "a\nb"},
        {"name": "b", "options": {"labels": "odd"}},
    )
    for body in odd:
        assert_problem(asked_for.http.post(address, json=body, timeout=60), 422, "export-option")
    assert len(asked_for.http.get(address, timeout=60).json()) == 1


def test_an_export_is_asked_for_by_name_and_what_is_said_besides_goes_before(
    survey: Survey, asked_for: Program
) -> None:
    asked = {"definition": "weekly", "labels": "codes"}
    assert asked_for.http.post(f"{asked_for.form}/exports", json=asked, timeout=60).status_code == 202
    options = str(survey.rows("SELECT options FROM exports")[0][0])
    assert re.search(r"""['"]labels['"]: ['"]codes['"]""", options)
    assert re.search(r"""['"]headers['"]: ['"]name['"]""", options)
    unknown = asked_for.http.post(f"{asked_for.form}/exports", json={"definition": "yearly"}, timeout=60)
    assert_problem(unknown, 404, "export-definition-not-found")


def test_kept_options_are_changed_by_who_made_them_or_may_change_settings(survey: Survey, asked_for: Program) -> None:
    address = f"{asked_for.form}/export-definitions"
    [kept] = asked_for.http.get(address, timeout=60).json()
    one = f"{address}/{kept['number']}"
    changed = asked_for.http.put(one, json={"name": "monthly", "options": {"format": "sav"}}, timeout=60)
    assert (changed.status_code, changed.json()["name"], changed.json()["options"]) == (
        200,
        "monthly",
        {"format": "sav"},
    )
    assert asked_for.http.post(address, json={"name": "weekly"}, timeout=60).status_code == 201
    assert_problem(asked_for.http.put(one, json={"name": "weekly"}, timeout=60), 409, "export-definition-exists")
    assert_problem(
        asked_for.http.put(f"{address}/999", json={"name": "x"}, timeout=60), 404, "export-definition-not-found"
    )
    reader = reading(survey)
    assert_problem(reader.put(one, json={"name": "mine"}, timeout=60), 403, "not-allowed")


def test_a_token_that_only_reads_cannot_lower_the_protection(survey: Survey, asked_for: Program) -> None:
    reader = reading(survey)
    protection = {"classes": {"/data/age": "none"}, "confirmed_by": "me"}
    own = {"kind": "deidentified", "protection": protection}
    assert_problem(reader.post(f"{asked_for.form}/exports", json=own, timeout=60), 403, "not-allowed")
    kept = {"name": "mine", "options": own}
    assert_problem(reader.post(f"{asked_for.form}/export-definitions", json=kept, timeout=60), 403, "not-allowed")
    risky = {"name": "risky", "options": {**own, "protection": {**protection, "accept_risk": "we trust them"}}}
    refused = asked_for.http.post(f"{asked_for.form}/export-definitions", json=risky, timeout=60)
    assert_problem(refused, 422, "export-option")
    assert survey.count("exports") == 0


def reading(survey: Survey) -> requests.Session:
    """A program with the scope `read` alone."""
    with survey.database.begin() as session:
        token = grant_api_token(session, get_project(session, "default"), "reader", now(), scopes=("read",))
    http = requests.Session()
    http.trust_env = False
    http.headers["Authorization"] = f"Bearer {token}"
    return http


def test_the_command_exports_by_name_and_its_own_options_go_before(
    survey: Survey, asked_for: Program, tmp_path: Path
) -> None:
    del asked_for
    target = tmp_path / "people.xlsx"
    assert run(survey, "export", "people", str(target), "--definition", "weekly").exit_code == 0
    heads = [cell.value for cell in openpyxl.load_workbook(target)["data"][1]]
    assert "age" in heads
    assert "name" not in heads
    assert run(survey, "export", "people", str(target), "--definition", "weekly", "--column", "name").exit_code == 0
    heads = [cell.value for cell in openpyxl.load_workbook(target)["data"][1]]
    assert "name" in heads
    assert "age" not in heads
    csv = tmp_path / "people.zip"
    assert run(survey, "export", "people", str(csv), "--definition", "weekly").exit_code == 0
    assert zipfile.is_zipfile(csv)
    refused = run(survey, "export", "people", str(target), "--definition", "yearly")
    assert refused.exit_code != 0


def test_a_program_deletes_its_own_and_no_other_that_may_only_read(survey: Survey, asked_for: Program) -> None:
    [kept] = asked_for.http.get(f"{asked_for.form}/export-definitions", timeout=60).json()
    address = f"{asked_for.form}/export-definitions/{kept['number']}"
    token = run(survey, "token", "add", "other", "--scope", "read").stdout.split()[-1]
    assert_problem(
        asked_for.http.delete(address, headers={"Authorization": f"Bearer {token}"}, timeout=60), 403, "not-allowed"
    )
    assert asked_for.http.delete(address, timeout=60).status_code == 200
    assert_problem(asked_for.http.delete(address, timeout=60), 404, "export-definition-not-found")
    noted = survey.rows("SELECT action FROM audit_log WHERE action LIKE 'export_definition.%' ORDER BY id")
    assert noted == [("export_definition.saved",), ("export_definition.deleted",)]


def test_on_the_page_options_are_kept_begun_from_and_deleted_by_who_may(survey: Survey) -> None:
    survey.publish(PEOPLE)
    for login, role in (("supervisor", "supervisor"), ("other", "supervisor"), ("admin", "admin")):
        person(survey, login, role, team=login)
    page = f"{survey.url}/p/default/forms/people/exports"
    own, other, admin = (browser(survey, login) for login in ("supervisor", "other", "admin"))
    fields = {"format": "csv", "delimiter": "\t", "columns": "age\nname", "csv_bom": "yes", "definition": "Für R"}
    saved = own.post(f"{page}/definitions", data=fields, timeout=60)
    assert saved.status_code == 200
    assert 'value="\t" selected' in saved.text
    assert "age\nname</textarea>" in saved.text
    assert not re.search(r'id="formula_safe"[^>]* checked', saved.text)
    again = own.post(f"{page}/definitions", data={**fields, "labels": "both"}, timeout=60)
    assert again.status_code == 409
    assert 'value="both" selected' in again.text
    number = survey.rows("SELECT id FROM export_definitions")[0][0]
    change = f"{page}/definitions/{number}"
    renamed = own.post(change, data={**fields, "definition": "For R", "from": str(number)}, timeout=60)
    assert 'value="For R"' in renamed.text
    assert "Change “For R”" in renamed.text
    assert other.post(change, data={**fields, "definition": "Mine"}, timeout=60).status_code == 403
    assert survey.rows("SELECT name FROM export_definitions") == [("For R",)]
    drop = f"{page}/definitions/{number}/delete"
    listed = other.get(page, timeout=60).text
    assert "For R" in listed
    assert f"/{number}/delete" not in listed
    assert other.post(drop, timeout=60).status_code == 403
    assert f"/{number}/delete" in admin.get(page, timeout=60).text
    assert admin.post(drop, timeout=60).ok
    assert survey.count("export_definitions") == 0
