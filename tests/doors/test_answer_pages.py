"""The answers to a form on pages: as a table, at a glance, on a map; as far as somebody's reach goes."""

from pathlib import Path

import lxml.html
import pytest
import requests

from tests.doors.test_cleaning import publish_rules
from tests.farms import FARMS, RULES, farm
from tests.office import browser, person, team_phone
from tests.pages.data_office import HOUSEHOLD, Office
from tests.people import Survey, record

JITTER = 0.001


@pytest.fixture
def office(survey: Survey) -> Office:
    return Office(survey)


def page(http: requests.Session, url: str, **asked: str | list[str]) -> lxml.html.HtmlElement:
    found = http.get(url, params=asked, timeout=60)
    assert found.status_code == 200
    return lxml.html.fromstring(found.text)


def table(document: lxml.html.HtmlElement) -> list[list[str]]:
    return [[" ".join(cell.text_content().split()) for cell in row] for row in document.xpath(".//table//tr")]


def test_the_answers_are_a_table_with_the_labels_of_the_form(office: Office) -> None:
    found = table(page(office.who("admin"), f"{office.form}/answers"))
    assert found[0][:4] == ["Record", "Name of the head", "Village of …", "Where the house stands"]
    assert [row[:4] for row in found[1:]] == [
        ["Head b", "Head b", "Lower", "25.10000, 102.70000"],
        ["Head a", "Head a", "Lower", "25.10000, 102.70000"],
    ]
    chinese = table(page(office.who("admin"), f"{office.form}/answers", lang="zh"))
    assert (chinese[0][1], chinese[1][2]) == ("户主姓名", "下村")


def test_questions_are_chosen_and_rows_of_a_roster_are_a_table_of_their_own(office: Office) -> None:
    admin = office.who("admin")
    document = page(admin, f"{office.form}/answers")
    key = document.xpath("//label[contains(., 'Income')]/input[@name='c']/@value")[0]
    assert [row[1] for row in table(page(admin, f"{office.form}/answers", c=[key]))] == ["Income of …", "10", "10"]
    repeat = document.xpath("//select[@name='table']/option[contains(., 'Members')]/@value")[0]
    rows = table(page(admin, f"{office.form}/answers", table=repeat))
    assert rows[0][:4] == ["Record", "Row", "Name", "Age of …"]
    assert [row[:4] for row in rows[1:3]] == [["Head b", "1", "A", "40"], ["Head b", "2", "B", "7"]]


@pytest.mark.parametrize("side", ["answers", "summary", "map"])
def test_nobody_sees_what_is_out_of_reach(office: Office, side: str) -> None:
    own = office.who("supervisor-a").get(f"{office.form}/{side}", timeout=60).text
    everything = office.who("admin").get(f"{office.form}/{side}", timeout=60).text
    assert "Head b" not in own
    if side == "summary":
        assert "Of 1 row," in own
        assert "Of 2 rows" in everything
    else:
        assert "Head a" in own
        assert "Head b" in everything
    assert office.who("stranger").get(f"{office.form}/{side}", timeout=60).status_code == 403


def test_the_filter_of_the_list_holds_for_answers_summary_and_map(office: Office) -> None:
    admin = office.who("admin")
    assert len(table(page(admin, f"{office.form}/answers", text="head a"))) == 2
    assert "Of 1 row," in page(admin, f"{office.form}/summary", text="head a").text_content()
    assert len(page(admin, f"{office.form}/map", text="head a").xpath("//figure//a")) == 1


def test_clean_answers_are_those_that_the_rules_leave(survey: Survey, tmp_path: Path) -> None:
    survey.publish(FARMS)
    phone = survey.phone()
    phone.send(farm(1, income="1,234", village=" north  bank "))
    phone.send(farm(2, village="TEST"))
    assert publish_rules(survey, tmp_path, RULES).exit_code == 0
    person(survey, "ada", "admin")
    ada, url = browser(survey, "ada"), f"{survey.url}/p/default/forms/farms/answers"
    for answers, village, income in (("raw", "north bank", "1,234"), ("clean", "North Bank", "1234")):
        heads, newer, older = table(page(ada, url, answers=answers))
        first, second = dict(zip(heads, older, strict=True)), dict(zip(heads, newer, strict=True))
        assert (first["Village"], first["Income"]) == (village, income)
        assert second["Village"] == ("TEST" if answers == "raw" else "")
        assert ("Removed by cleaning" in second["Record"]) == (answers == "clean")
    assert "Members" in page(ada, url, answers="clean").find_class("choices")[0].text_content()


def test_pages_of_answers_follow_one_another(survey: Survey) -> None:
    survey.publish(HOUSEHOLD)
    person(survey, "ada", "admin")
    phone = survey.phone()
    for number in range(51):
        phone.send(record(f"<hh_name>N{number}</hh_name>", instance_id=f"uuid:{number}"))
    ada = browser(survey, "ada")
    first = page(ada, f"{survey.url}/p/default/forms/people/answers")
    (older,) = first.xpath("//a[@rel='next']/@href")
    assert [row[1] for row in table(first)[1:]] == [f"N{number}" for number in range(50, 0, -1)]
    assert [row[1] for row in table(page(ada, survey.url + older))[1:]] == ["N0"]


def test_a_summary_counts_choices_and_measures_numbers(survey: Survey) -> None:
    survey.publish(HOUSEHOLD)
    person(survey, "ada", "admin")
    phone = survey.phone()
    for number, village in enumerate(["1", "1", "1", "2", "9", ""]):
        income = "" if number == 5 else str(10 * (number + 1))
        phone.send(
            record(
                f"<hh_name>N</hh_name><village>{village}</village><money><income>{income}</income></money>",
                instance_id=f"uuid:{number}",
            )
        )
    found = page(browser(survey, "ada"), f"{survey.url}/p/default/forms/people/summary")
    village, income = (
        next(
            one for one in found.xpath("//section[contains(@class, 'summary')]") if one.xpath("h2/code")[0].text == name
        )
        for name in ("village", "income")
    )
    assert "5 of 6 who were asked have answered (83 %)" in village.text_content()
    assert [row[:2] for row in table(village)[1:]] == [["Upper", "3"], ["Lower", "1"], ["9", "1"]]
    assert [cell.text_content() for cell in income.xpath(".//dd")] == ["10", "20", "30", "40", "50", "30"]


def test_a_summary_keeps_answers_that_say_why_there_is_none_apart(survey: Survey, tmp_path: Path) -> None:
    survey.publish(FARMS)
    phone = survey.phone()
    for number, income in enumerate((4, 6, -99, -98, 77), 1):
        phone.send(farm(number, income=income))
    codes = {"codes": {"77": "refused"}}
    rules = [{"id": "r1", "kind": "missing_codes", "questions": ["income"], "parameters": codes}]
    assert publish_rules(survey, tmp_path, rules).exit_code == 0
    person(survey, "ada", "admin")
    ada, url = browser(survey, "ada"), f"{survey.url}/p/default/forms/farms/summary"

    def told(**asked: str) -> str:
        found = page(ada, url, **asked)
        (section,) = found.xpath("//section[contains(@class, 'summary')][h2/code='income']")
        return " ".join(section.text_content().split())

    assert "3 of 5 who were asked" in told()
    assert "does not know 1" in told()
    assert "refused to say 1" in told(answers="clean")
    assert "Greatest6" in told(answers="clean")


def test_the_map_draws_every_position_to_scale_and_names_what_lies_far_off(survey: Survey) -> None:
    survey.publish(HOUSEHOLD)
    person(survey, "ada", "admin")
    person(survey, "eve", "enumerator", team="a")
    phone = team_phone(survey, "phone", "eve", "a")
    for number in range(60):
        place = f"{25 + number * JITTER} {102 + number % 2 * JITTER} 0 5" if number else "48.2 16.4 0 5"
        phone.send(record(f"<hh_name>N</hh_name><place>{place}</place>", instance_id=f"uuid:{number}"))
    ada = browser(survey, "ada")
    found = page(ada, f"{survey.url}/p/default/forms/people/map", by="person")
    points = found.xpath("//figure/*[local-name()='svg']//*[local-name()='circle']")
    assert len(points) == 59
    heights = {float(point.get("cy")) for point in points}
    assert max(heights) - min(heights) == pytest.approx(552, abs=1)
    (far,) = found.xpath("//div[@class='notice warn']//a")
    assert far.get("href").endswith("/submissions/1")
    assert "eve 60" in " ".join(found.find_class("legend")[0].text_content().split())
    # 58 steps of 0.001° of latitude are 6,457 m and 552 units: 200 units are 2,339 m, the bar has a round length.
    assert found.find_class("scale-text")[0].text_content() == "2 km"
