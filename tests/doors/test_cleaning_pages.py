"""The pages of cleaning: a log tried, applied and taken back; rules drafted by their fields, tried, published."""

import re
from pathlib import Path

import pytest
import requests

from tests.farms import FARMS, farm
from tests.office import browser, person, team_phone
from tests.people import Phone, Survey

TOP = "p/default/forms/farms/cleaning"


@pytest.fixture
def farms(survey: Survey) -> Phone:
    """The phone of team a of a project where the form `farms` is published."""
    survey.publish(FARMS)
    person(survey, "chief", "admin")
    person(survey, "sun", "supervisor", team="a")
    person(survey, "other", "supervisor", team="b")
    person(survey, "walker", "enumerator", team="a")
    return team_phone(survey, "tablet", "walker", "a")


def token_of(page: requests.Response) -> str:
    found: list[str] = re.findall(r'name="csrf" value="(\w+)"', page.text)
    return found[0]


def carried(page: requests.Response) -> dict[str, str]:
    return dict(re.findall(r'name="(file|name|token|signature|csrf)" value="([^"]*)"', page.text))


def log_file(*rows: str) -> dict[str, tuple[str, bytes]]:
    return {"log": ("log.csv", "\n".join(["uuid,question,old_value,new_value,change_type", *rows]).encode())}


def test_a_supervisor_tries_a_log_applies_it_and_takes_it_back(survey: Survey, farms: Phone, tmp_path: Path) -> None:
    for number in (1, 2):
        assert farms.send(farm(number)).status_code == 201
    http, top = browser(survey, "sun"), f"{survey.url}/{TOP}"
    page = http.get(top, timeout=60)
    sent = log_file("uuid:farm-1,village,North,South,change_response")
    tried = http.post(f"{top}/log", files=sent, data={"csrf": token_of(page)}, timeout=60)
    assert tried.status_code == 200
    assert "South" in tried.text
    applied = http.post(f"{top}/log/apply", data=carried(tried), timeout=60)
    assert "The log is applied" in applied.text
    assert survey.export("farms", tmp_path / "a.xlsx")["data"][0]["village"] == "South"
    assert "South" in http.get(f"{top}/log", params={"question": "village"}, timeout=60).text
    assert "No such decisions" in http.get(f"{top}/log", params={"question": "income"}, timeout=60).text
    # What was tried is bound to the data of then.
    again = http.post(f"{top}/log/apply", data=carried(tried), timeout=60)
    assert again.status_code == 409
    undone = http.post(f"{top}/imports/1/undo", data={"csrf": token_of(page)}, timeout=60)
    assert "The import is taken back" in undone.text
    assert survey.export("farms", tmp_path / "b.xlsx")["data"][0]["village"] == "North"


def test_a_supervisor_corrects_the_own_teams_and_removes_nothing(survey: Survey, farms: Phone) -> None:
    farms.send(farm(1))
    top = f"{survey.url}/{TOP}"
    other = browser(survey, "other")
    token = token_of(other.get(top, timeout=60))
    sent = log_file("uuid:farm-1,village,North,South,change_response")
    tried = other.post(f"{top}/log", files=sent, data={"csrf": token}, timeout=60)
    assert "There is no submission" in tried.text
    own = browser(survey, "sun")
    token = token_of(own.get(top, timeout=60))
    tried = own.post(f"{top}/log", files=log_file("uuid:farm-1,,,,remove_survey"), data={"csrf": token}, timeout=60)
    assert own.post(f"{top}/log/apply", data=carried(tried), timeout=60).status_code == 403
    chief = browser(survey, "chief")
    token = token_of(chief.get(top, timeout=60))
    tried = chief.post(f"{top}/log", files=log_file("uuid:farm-1,,,,remove_survey"), data={"csrf": token}, timeout=60)
    assert chief.post(f"{top}/log/apply", data=carried(tried), timeout=60).status_code == 200


def test_an_admin_builds_a_ruleset_from_fields_tries_and_publishes_it(
    survey: Survey, farms: Phone, tmp_path: Path
) -> None:
    farms.send(farm(1, village="north"))
    http, top = browser(survey, "chief"), f"{survey.url}/{TOP}/rulesets"
    page = http.get(f"{top}/0", params={"kind": "normalise_text"}, timeout=60)
    assert 'name="parameter-case"' in page.text
    rule = {"id": "case", "kind": "normalise_text", "questions": "village", "parameter-case": "upper"}
    tried = http.post(f"{top}/0", data={"csrf": token_of(page), "rules": "[]", "do": "add", **rule}, timeout=60)
    assert "north → NORTH" in tried.text
    text = '[{"id": "case", "kind": "normalise_text", "questions": ["village"], "parameters": {"case": "upper"}}]'
    wrong = {"csrf": token_of(page), "rules": text.replace("village", "vilage"), "do": "draft"}
    refused = http.post(f"{top}/0", data=wrong, timeout=60)
    assert refused.status_code == 422
    assert "Did you mean “village”?" in refused.text
    done = http.post(f"{top}/0", data={"csrf": token_of(page), "rules": text, "do": "publish"}, timeout=60)
    assert "cleaned by these rules" in done.text
    assert survey.export("farms", tmp_path / "a.xlsx")["data"][0]["village"] == "NORTH"
    supervisor = browser(survey, "sun")
    assert "upper" not in supervisor.get(f"{top}/1", timeout=60).text
    assert "normalise_text" in supervisor.get(f"{top}/1", timeout=60).text
