"""Refusals, faults, answers to phones in the reader's language. Programs compare codes and are answered in English."""

import re

import pytest
import requests
from click.testing import CliRunner
from lxml import html

from surveyapp.cli import main
from tests.doors.review_office import HOUSE, answers, house
from tests.office import browser, person, team_phone
from tests.people import PEOPLE, Survey, record
from tests.visitor import signed_in

CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9"}
FAULTY = b"| survey | | | |\n| | type | name | label |\n| | text | a b | Name |\n| | select_one none | c | Kind |\n"
# Sentences of English, not names of questions, files and commands.
ENGLISH = re.compile(r"\b[A-Z][a-z]+ (?:[a-z]+ ){2,}")


def test_faults_of_a_form_and_what_to_do_are_chinese_on_a_chinese_page(survey: Survey) -> None:
    person(survey, "chief", "admin")
    chief = browser(survey, "chief")
    chief.headers.update(CHINESE)
    answer = chief.post(f"{survey.url}/p/default/publish", files={"file": ("form.md", FAULTY)}, timeout=60)
    assert answer.status_code == 422
    told = str(html.fromstring(answer.text).xpath("string(//main)"))
    assert "“a b”不能作为名称" in told
    assert "列表“none”不在 choices 工作表中" in told
    assert not ENGLISH.search(told)


def test_who_may_not_is_told_so_in_chinese_and_a_program_in_english(survey: Survey) -> None:
    person(survey, "eve", "enumerator")
    eve = browser(survey, "eve")
    eve.headers.update(CHINESE)
    page = eve.get(f"{survey.url}/p/default/settings", timeout=60)
    assert page.status_code == 403
    assert "您在项目“default”中不能这样做。" in page.text
    asked = requests.get(f"{survey.url}/api/v1/projects/default/forms", headers=CHINESE, timeout=60)
    assert asked.json()["detail"] == "The request carries no token."


def test_a_phone_is_answered_in_the_language_that_it_asks_for(survey: Survey) -> None:
    survey.publish(PEOPLE)
    phone = survey.phone()
    phone.http.headers.update(CHINESE)
    assert "已收到问卷。" in phone.send(record("<name>A</name>", instance_id="uuid:1")).text
    refused = phone.send(record("<name>B</name>", instance_id="uuid:1"))
    assert refused.status_code == 409
    assert "记录 uuid:1 在以下方面不同：name。" in refused.text
    assert "Accept-Language" in refused.headers["Vary"]
    del phone.http.headers["Accept-Language"]
    assert "differs in name." in phone.send(record("<name>C</name>", instance_id="uuid:1")).text


def test_an_unknown_address_keeps_the_frame_of_whoever_is_signed_in(survey: Survey) -> None:
    person(survey, "ada", "admin")
    answer = browser(survey, "ada").get(f"{survey.url}/nowhere", timeout=60)
    assert answer.status_code == 404
    assert ">Sign out<" in answer.text
    assert ">Sign in<" not in answer.text
    assert ">Sign in<" in requests.get(f"{survey.url}/nowhere", timeout=60).text


def test_the_filter_of_the_queue_goes_along_from_one_submission_to_the_next(survey: Survey) -> None:
    survey.publish(HOUSE)
    person(survey, "sup", "supervisor", team="north")
    person(survey, "chief", "admin")
    for name, team in (("p1", "north"), ("p2", "south"), ("p3", "north")):
        person(survey, f"e-{name}", "enumerator", team=team)
        team_phone(survey, name, f"e-{name}", team).send(house(f"uuid:{name}", answers()))
    chief = signed_in(survey, "chief")
    chief.open("/p/default/forms/house/review")
    (north,) = chief.page.xpath("//select[@name='team']/option[.='north']/@value")
    chief.open(f"/p/default/forms/house/review?team={north}")
    (begin,) = chief.page.xpath("//a[@data-key='n']/@href")
    chief.open(begin)
    (skip,) = chief.page.xpath("//a[@data-key='s']/@href")
    assert "/submissions/3?" in skip
    assert f"team={north}" in skip
    chief.send("/p/default/forms/house/submissions/1/review", to="approved")
    assert "/submissions/3?" in chief.answer.url
    chief.send("/p/default/forms/house/submissions/3/review", to="approved")
    assert chief.answer.url.endswith(f"/review?team={north}&done=decided")
    assert "uuid:p2" not in chief.text()


@pytest.mark.parametrize("database_url", [pytest.param("sqlite", marks=pytest.mark.sqlite)], indirect=True)
def test_a_phone_let_in_at_the_command_line_is_warned_of_an_address_that_is_the_computer_itself(
    survey: Survey,
) -> None:
    environment = {
        "SURVEYAPP_DATABASE_URL": survey.config.database_url,
        "SURVEYAPP_DATA_DIR": str(survey.config.data_dir),
    }
    for url, warned in (("http://127.0.0.1:8000", True), ("https://survey.example.org", False)):
        done = CliRunner().invoke(
            main, ["device", "add", f"at {url[-4:]}"], env=environment | {"SURVEYAPP_PUBLIC_URL": url}
        )
        assert done.exit_code == 0, done.output
        assert done.stdout.startswith(f"{url}/c/")
        assert ("Phones cannot reach this address" in done.stderr) is warned
