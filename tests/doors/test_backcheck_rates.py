"""Backchecks in a form of their own or marked in the same form: told on a page, by the API and by a command."""

import json

import pytest
from click.testing import CliRunner

from surveyapp.cli import main
from surveyapp.examine.settle import keep_quality_settings
from surveyapp.store.forms import get_form
from surveyapp.store.projects import get_project
from surveyapp.watch import Watch
from tests.doors.test_quality import ITEMS, interview
from tests.office import browser, person, team_phone
from tests.people import Survey, now

QUESTIONS = "\n".join(f"| | text | {item} | {item} | {item} |" for item in ITEMS)
MARKED = f"""
| survey | | | | |
| | type | name | label::English (en) | label::中文 (zh) |
| | start | start | | |
| | end | end | | |
| | text | hh_id | Household id | 户编码 |
| | text | enumerator | Enumerator | 调查员 |
| | select_one visit | kind_of_visit | Kind of visit | 访问类型 |
| | integer | income | Income | 收入 |
{QUESTIONS}

| choices | | | | |
| | list_name | name | label::English (en) | label::中文 (zh) |
| | visit | interview | Interview | 访问 |
| | visit | backcheck | Backcheck | 回访 |

| settings | | |
| | form_id | version |
| | village | 1 |

| checks | | | | |
| | check_id | kind | questions | parameters |
| | again | B1 | income item0 | type=1 |
"""


def ask_again(survey: Survey) -> None:
    """Six households of two enumerators, asked again by a third in the same form; the incomes of Ana's differ."""
    survey.publish(MARKED)
    with survey.database.begin() as session:
        form = get_form(session, get_project(session, "default").id, "village")
        keep_quality_settings(session, form, json.dumps({"roles": {"backcheck": "kind_of_visit"}}), now())
    person(survey, "ann", "supervisor", team="north")
    person(survey, "ben", "enumerator", team="north")
    person(survey, "cat", "enumerator", team="south")
    north, south = team_phone(survey, "p1", "ben", "north"), team_phone(survey, "p2", "cat", "south")
    for number in range(6):
        phone, who = (north, "ana") if number < 5 else (south, "bo")
        phone.send(interview(f"h{number}", {"enumerator": who}, instance_id=f"uuid:{number}"))
        asked = {"enumerator": "checker", "kind_of_visit": "backcheck", "income": str(600 + number)}
        south.send(interview(f"H{number} ", asked if number < 5 else {**asked, "income": "500"}))
    south.send(interview("nowhere", {"enumerator": "checker", "kind_of_visit": "backcheck"}))
    Watch(survey.config, survey.database, survey.files).check_waiting()


@pytest.fixture
def office(survey: Survey, monkeypatch: pytest.MonkeyPatch) -> Survey:
    """Commands work on the survey whose households were asked again."""
    monkeypatch.setenv("SURVEYAPP_DATABASE_URL", survey.config.database_url)
    monkeypatch.setenv("SURVEYAPP_DATA_DIR", str(survey.config.data_dir))
    ask_again(survey)
    return survey


def run(*words: str) -> str:
    result = CliRunner().invoke(main, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.usefixtures("office")
def test_marked_interviews_are_compared_and_count_for_nothing_else() -> None:
    run("quality", "village", "--check")
    told = json.loads(run("quality", "village", "--json"))["findings"]
    assert {one["instance_id"] for one in told if one["kind"] == "B1" and one["instance_id"]} == {
        f"uuid:{number}" for number in range(5)
    }
    # The same households twice, and nearly the same answers: of a backcheck that is no wonder.
    assert not {one["kind"] for one in told} & {"D02", "D03", "D06", "D07", "D08"}
    assert {one["enumerator"] for one in told if one["kind"][0] == "E"} <= {"ana", "bo", ""}


def test_rates_are_told_by_the_command_and_the_api(office: Survey) -> None:
    told = json.loads(run("backcheck-rates", "village", "--json"))
    assert (told["pairs"], told["unmatched"]) == (6, 1)
    url = f"{office.url}/api/v1/projects/default/forms/village/quality/backchecks"
    said = office.api().get(url, timeout=60).json()
    assert (said["pairs"], said["unmatched"]) == (6, 1)
    assert said["types"] == [{"type": 1, "differing": 5, "compared": 12, "share": 5 / 12, "alarming": True}]
    income, item = said["questions"]
    assert (income["path"], income["differing"], income["compared"], income["mean_difference"]) == (
        "/data/income",
        5,
        6,
        pytest.approx(510 / 6),
    )
    assert income["signed_rank"] == {"statistic": 15.0, "n": 5, "p": 2 / 32}
    assert income["t_test"]["n"] == 6
    # Household ids are written differently, so that their items are.
    assert (item["differing"], item["t_test"], item["mcnemar"]) == (0, None, None)
    assert {(one["by"], one["name"]): one["pairs"] for one in said["people"]} == {
        ("enumerator", "ana"): 5,
        ("enumerator", "bo"): 1,
        ("backchecker", "checker"): 6,
        ("team", "north"): 5,
        ("team", "south"): 1,
    }
    assert office.api().get(f"{url}?enumerator=bo", timeout=60).json()["types"][0]["differing"] == 0
    assert "41.7% !" not in run("backcheck-rates", "village", "--enumerator", "bo")


def test_a_supervisor_sees_the_pairs_of_her_teams(office: Survey) -> None:
    http = browser(office, "ann")
    address = f"{office.url}/p/default/forms/village/quality/backchecks"
    page = http.get(address, timeout=60).text
    assert "Income" in page
    assert "enumerator=ana" in page
    assert "enumerator=bo" not in page
    shown = http.get(f"{address}?enumerator=ana", timeout=60).text
    assert "Answers that differ" in shown
    assert "601" in shown
    assert "收入" in http.get(f"{address}?lang=zh", timeout=60).text
