"""Rows of a roster added and removed in the office: whoever stays is the same member, whatever number the row has."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveyapp.collect.rebuild import rebuild
from surveyapp.store.forms import get_form
from surveyapp.store.projects import get_project
from tests.doors.review_office import Office, house
from tests.office import browser, person
from tests.people import Survey
from tests.programs import assert_problem

ROSTER = """
| survey   |              |             |        |          |              |               |              |
|          | type         | name        | label  | required | relevant     | calculation   | repeat_count |
|          | text         | village     | Place  |          |              |               |              |
|          | select_one y | has_members | Any    |          |              |               |              |
|          | begin repeat | member      | Member |          | ${has_members}='y' |         |              |
|          | calculate    | nr          |        |          |              | position(..)  |              |
|          | text         | name        | Name   | yes      |              |               |              |
|          | integer      | age         | Age    |          |              |               |              |
|          | text         | school      | School |          | ${age}<18    |               |              |
|          | begin repeat | job         | Job    |          |              |               |              |
|          | text         | work        | Work   |          |              |               |              |
|          | end repeat   |             |        |          |              |               |              |
|          | end repeat   |             |        |          |              |               |              |
|          | calculate    | people      |        |          |              | count(${member}) |           |
|          | calculate    | ages        |        |          |              | sum(${age})   |              |
| choices  |              |             |        |          |              |               |              |
|          | list_name    | name        | label  |          |              |               |              |
|          | y            | y           | Yes    |          |              |               |              |
|          | y            | n           | No     |          |              |               |              |
| settings |              |             |        |          |              |               |              |
|          | form_title   | form_id     | version | instance_name |        |               |              |
|          | House        | house       | 1      | concat(${village}, ' ', ${people}) |  |      |              |
"""


def member(number: int, name: str, age: int, more: str = "") -> str:
    return f"<member><nr>{number}</nr><name>{name}</name><age>{age}</age>{more}</member>"


def roster(*members: str, ages: int) -> str:
    rows, meta = "".join(members), f"<people>{len(members)}</people><ages>{ages}</ages>"
    return f"<village>V</village><has_members>y</has_members>{rows}{meta}"


@pytest.fixture
def three(survey: Survey) -> Office:
    """An office with one household of three: Ann, Bo with a job, Cy."""
    survey.publish(ROSTER)
    jobs = "<job><work>farm</work></job>"
    body = roster(member(1, "Ann", 30), member(2, "Bo", 40, jobs), member(3, "Cy", 50), ages=120)
    named = house("uuid:1", body).replace("</orx:meta>", "<orx:instanceName>V 3</orx:instanceName></orx:meta>")
    assert survey.phone().send(named).status_code == 201
    return Office(survey)


def members(survey: Survey) -> list[tuple[str, str, int]]:
    ((table,),) = survey.rows("SELECT name FROM answer_tables WHERE repeat_path = '/data/member'")
    return survey.rows(f"SELECT _row_key, name, age FROM {table} ORDER BY _ordinal")


def test_a_row_is_removed_and_the_others_stay_who_they_were(survey: Survey, three: Office) -> None:
    keys = {name: key for key, name, _ in members(survey)}
    done = three.edit("uuid:1", 1, {"/data/member[3]/age": "51"}, remove_rows=["/data/member[1]"])
    assert done.status_code == 200, done.text
    # Every row is numbered anew by the form, and each of them is known to be the same member all the same.
    assert members(survey) == [(keys["Bo"], "Bo", 40), (keys["Cy"], "Cy", 51)]
    made = done.json()
    assert made["rows_removed"] == ["/data/member[1]"]
    changes = {one["path"]: (one["old"], one["new"]) for one in made["changes"]}
    assert changes["/data/member[1]/name"] == ("Ann", "")
    assert changes["/data/member[2]/nr"] == ("2", "1")
    assert changes["/data/member[3]/age"] == ("50", "51")
    assert (changes["/data/people"], changes["/data/ages"]) == (("3", "2"), ("120", "91"))
    assert three.review("uuid:1")["history"][-1]["detail"]["rows_removed"] == ["/data/member[1]"]
    person(survey, "boss", "admin")
    page = browser(survey, "boss").get(f"{survey.url}/p/default/forms/house/submissions/1", timeout=60).text
    shown = set(re.findall(r'<code class="name">(member\[[0-9]\]/[a-z]+)</code>', page))
    assert shown == {"member[1]/nr", "member[1]/name", "member[1]/age", "member[2]/nr", "member[3]/nr", "member[3]/age"}
    rebuild_all(survey)
    assert members(survey) == [(keys["Bo"], "Bo", 40), (keys["Cy"], "Cy", 51)]


def test_a_new_row_gets_answers_of_its_own_and_is_counted(survey: Survey, three: Office) -> None:
    new = {"/data/member[+1]/name": "Di", "/data/member[+1]/age": "20", "/data/member[2]/job[+1]/work": "shop"}
    done = three.edit("uuid:1", 1, new, add_rows=["/data/member[+1]", "/data/member[2]/job[+1]"])
    assert done.status_code == 200, done.text
    assert [(name, age) for _, name, age in members(survey)] == [("Ann", 30), ("Bo", 40), ("Cy", 50), ("Di", 20)]
    assert done.json()["rows_added"] == ["/data/member[2]/job[2]", "/data/member[4]"]
    changes = {one["path"]: one["new"] for one in done.json()["changes"]}
    assert (changes["/data/member[4]/nr"], changes["/data/people"], changes["/data/ages"]) == ("4", "4", "140")
    record = three.ask("GET", "submissions/uuid:1/versions/2/record").text
    assert ">V 4</" in record, "the name of the record is computed again"
    assert survey.findings("house", "uuid:1") == []


def test_a_new_row_obeys_the_rules_of_the_form(three: Office) -> None:
    problem = assert_problem(three.edit("uuid:1", 1, {}, add_rows=["/data/member[+1]"]), 422, "edit-refused")
    assert [(one["path"], one["check"]) for one in problem["errors"]] == [("/data/member[4]/name", "required-missing")]


@pytest.mark.parametrize("rows", [["/data/member[4]"], ["/data/village[+1]"], ["/data/member[9]/job[+1]"], ["x"]])
def test_a_row_that_the_form_has_no_place_for_is_refused(three: Office, rows: list[str]) -> None:
    problem = assert_problem(three.edit("uuid:1", 1, {}, add_rows=rows), 422, "edit-refused")
    assert [one["path"] for one in problem["errors"]] == rows


def test_what_is_not_asked_any_more_is_left_out_with_its_rows_where_that_is_meant(
    survey: Survey, three: Office
) -> None:
    problem = assert_problem(three.edit("uuid:1", 1, {"/data/has_members": "n"}), 422, "edit-refused")
    assert {one["check"] for one in problem["errors"]} == {"not-relevant-answered"}
    assert three.edit("uuid:1", 1, {"/data/has_members": "n"}, leave_out=True).status_code == 200
    assert members(survey) == []
    assert ">V 0</" in three.ask("GET", "submissions/uuid:1/versions/2/record").text
    assert survey.findings("house", "uuid:1") == []


def test_a_row_added_by_one_and_an_answer_edited_by_another_are_both_kept(survey: Survey, three: Office) -> None:
    first = three.edit("uuid:1", 1, {"/data/member[+1]/name": "Di"}, add_rows=["/data/member[+1]"])
    assert first.status_code == 200
    mine = {"/data/member[3]/age": "51", "/data/member[+1]/name": "Ed"}
    clash = three.edit("uuid:1", 1, mine, add_rows=["/data/member[+1]"], remove_rows=["/data/member[1]"])
    assert clash.status_code == 409
    body = clash.json()
    assert (body["rows_added"], body["overlap"], body["gone"]) == (["/data/member[4]"], [], [])
    rows = {"add_rows": ["/data/member[+1]"], "remove_rows": ["/data/member[1]"]}
    assert three.edit("uuid:1", 1, mine, **rows, merge=True).status_code == 200
    assert [(name, age) for _, name, age in members(survey)] == [("Bo", 40), ("Cy", 51), ("Di", None), ("Ed", None)]


def test_a_row_that_one_removed_and_another_changed_is_a_question_for_a_person(survey: Survey, three: Office) -> None:
    assert three.edit("uuid:1", 1, {"/data/member[2]/age": "41"}).status_code == 200
    removal = three.edit("uuid:1", 1, {}, remove_rows=["/data/member[2]"], merge=True)
    assert (removal.status_code, removal.json()["overlap"]) == (409, ["/data/member[2]"])
    chosen = {"remove_rows": ["/data/member[2]"], "merge": True, "over": ["/data/member[2]"], "seen": 2}
    assert three.edit("uuid:1", 1, {}, **{**chosen, "seen": 1}).status_code == 409, "not what was looked at"
    assert three.edit("uuid:1", 1, {}, **chosen).status_code == 200
    assert [name for _, name, _ in members(survey)] == ["Ann", "Cy"]
    late = three.edit("uuid:1", 1, {"/data/member[2]/name": "Bob", "/data/member[3]/name": "Cyr"}, merge=True)
    assert (late.status_code, late.json()["overlap"]) == (409, ["/data/member[2]/name"])
    assert late.json()["gone"] == ["/data/member[2]/name"]
    # What others removed meanwhile does not shift the row that is meant.
    assert three.edit("uuid:1", 1, {"/data/member[3]/name": "Cyr"}, merge=True).status_code == 200
    assert [name for _, name, _ in members(survey)] == ["Ann", "Cyr"]


def test_an_edit_on_the_phone_does_not_believe_what_an_older_record_said_of_its_rows(
    survey: Survey, three: Office
) -> None:
    assert three.edit("uuid:1", 1, {}, remove_rows=["/data/member[1]"]).status_code == 200
    ids = survey.rows("SELECT instance_id FROM submission_versions ORDER BY number")
    keys = {name: key for key, name, _ in members(survey)}
    record = three.ask("GET", "submissions/uuid:1/versions/2/record").text
    assert "former=" in record
    edit = re.sub("<instanceID([^>]*)>[^<]*", r"<instanceID\1>uuid:9", record)
    edit = re.sub("<deprecatedID([^>]*)>[^<]*", rf"<deprecatedID\1>{ids[1][0]}", edit).replace("#2", "#1")
    assert survey.phone("other").send(edit.replace("Cy", "Cyr")).status_code == 201
    assert {name: key for key, name, _ in members(survey)} == {"Bo": keys["Bo"], "Cyr": keys["Cy"]}


def rebuild_all(survey: Survey) -> None:
    """Make the answer tables again from the records alone."""
    with survey.database.begin() as session:
        form = get_form(session, get_project(session, "default").id, "house")
        rebuild(session, form, lambda done, total: None)


STEPS = st.lists(st.tuples(st.sets(st.integers(0, 4)), st.sets(st.integers(0, 4)), st.integers(0, 2)), max_size=4)


@given(steps=STEPS)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_added_and_removed_each_member_keeps_the_key(
    survey: Survey, steps: list[tuple[set[int], set[int], int]]
) -> None:
    number = survey.count("submissions") if survey.count("forms") else 0
    if not number:
        survey.publish(ROSTER)
    # All are called alike, so that only the rows themselves tell who is who.
    body = roster(*(member(place, "Li", 30) for place in (1, 2, 3)), ages=90)
    assert survey.phone(f"phone {number}").send(house(f"uuid:{number}", body)).status_code == 201
    office = Office(survey, f"office {number}")
    ((table,),) = survey.rows("SELECT name FROM answer_tables WHERE repeat_path = '/data/member'")
    asked = f"SELECT _row_key, age FROM {table} WHERE _submission_id = {number + 1} ORDER BY _ordinal"
    known, base = survey.rows(asked), 1
    for removed, older, new in steps:
        # Ages are swapped between rows now and then: a row that looks like another is still itself.
        ages = {at: known[at - 1][1] for at in older if 0 < at < len(known)}
        gone = {at for at in removed if at < len(known)}
        fresh = [f"/data/member[+{at}]" for at in range(1, new + 1)]
        changes = {f"/data/member[{at + 1}]/age": str(age) for at, age in ages.items() if at not in gone}
        changes |= {f"{row}/{name}": text for row in fresh for name, text in (("name", "Li"), ("age", "30"))}
        rows = {"add_rows": fresh, "remove_rows": [f"/data/member[{at + 1}]" for at in sorted(gone)]}
        done = office.edit(f"uuid:{number}", base, changes, **rows)
        assert done.status_code == 200, done.text
        base = done.json()["number"]
        stay = [(key, ages.get(at, age)) for at, (key, age) in enumerate(known) if at not in gone]
        now = survey.rows(asked)
        assert now[: len(stay)] == stay
        assert len({key for key, _ in now} - {key for key, _ in known}) == new
        known = now
    rebuild_all(survey)
    assert survey.rows(asked) == known
