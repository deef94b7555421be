"""Answers edited in the office: typed, computed again, never over somebody else's."""

import pytest

from tests.doors.review_office import HOUSE as FORM
from tests.doors.review_office import Office, answers, house
from tests.people import Phone, Survey
from tests.programs import assert_problem

WITH_CHILDREN = f"{answers()}<photo>p.jpg</photo><child><c_age>5</c_age></child><child><c_age>7</c_age></child>"


@pytest.fixture
def phone(survey: Survey) -> Phone:
    survey.publish(FORM)
    found = survey.phone()
    assert found.send(house("uuid:1", WITH_CHILDREN), {"p.jpg": b"\xff\xd8\xff"}).status_code == 201
    return found


@pytest.fixture
def office(survey: Survey, phone: Phone) -> Office:
    assert phone
    return Office(survey)


def test_an_edit_is_a_new_version_and_computes_again_what_hangs_on_it(survey: Survey, office: Office) -> None:
    done = office.edit("uuid:1", 1, {"/data/age": "40"})
    assert done.status_code == 200, done.text
    changes = {one["path"]: (one["old"], one["new"]) for one in done.json()["changes"]}
    assert changes == {"/data/age": ("30", "40"), "/data/double": ("60", "80"), "/data/four": ("120", "160")}
    assert survey.rows("SELECT kind, deprecated_id FROM submission_versions ORDER BY number") == [
        ("original", None),
        ("edit", "uuid:1"),
    ]
    entry = office.review("uuid:1")["history"][-1]
    assert (entry["kind"], entry["actor"], entry["version"]) == ("edited", "program:office", 2)
    assert "/data/age" in entry["detail"]["paths"]


def test_files_rows_and_their_keys_stay_with_an_edit(survey: Survey, office: Office) -> None:
    ((table,),) = survey.rows("SELECT name FROM answer_tables WHERE repeat_path <> ''")
    rows = f"SELECT _row_key, c_age FROM {table} ORDER BY _ordinal"
    keys = survey.rows(rows)
    assert office.edit("uuid:1", 1, {"/data/child[2]/c_age": "8"}).status_code == 200
    assert survey.rows(rows) == [keys[0], (keys[1][0], 8)]
    found = office.ask("GET", "submissions/uuid:1").json()
    assert [one["name"] for one in found["attachments"]] == ["p.jpg"]
    assert [one["check"] for one in found["findings"]] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/data/age", "old"),
        ("/data/double", "4"),
        ("/data/photo", "q.jpg"),
        ("/data/nothing", "1"),
        ("/data/child[3]/c_age", "1"),
        ("/data/child", "1"),
        ("/other/age", "1"),
        ("age", "1"),
        ("/data/age[2]", "1"),
        ("/data/child[+1]/c_age", "1"),
    ],
)
def test_what_nobody_can_answer_is_refused_by_path(survey: Survey, office: Office, path: str, value: str) -> None:
    problem = assert_problem(office.edit("uuid:1", 1, {path: value}), 422, "edit-refused")
    assert [error["path"] for error in problem["errors"]] == [path]
    assert survey.count("submission_versions") == 1


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"/data/age": "150"}, "constraint-violated"),
        ({"/data/name": ""}, "required-missing"),
        ({"/data/school": "No. 1"}, "not-relevant-answered"),
    ],
)
def test_an_edit_that_breaks_a_rule_is_refused_unless_it_is_meant(
    office: Office, changes: dict[str, str], check: str
) -> None:
    problem = assert_problem(office.edit("uuid:1", 1, changes), 422, "edit-refused")
    assert check in [error["check"] for error in problem["errors"]]
    assert office.edit("uuid:1", 1, changes, keep_odd=True).status_code == 200
    assert check in [one["check"] for one in office.review("uuid:1")["findings"]]


def test_an_edit_of_an_older_version_says_what_others_changed(phone: Phone, office: Office) -> None:
    later = house("uuid:2", WITH_CHILDREN.replace("<name>A</name>", "<name>B</name>"), deprecated_id="uuid:1")
    assert phone.send(later).status_code == 201
    clash = office.edit("uuid:1", 1, {"/data/age": "40"})
    assert clash.status_code == 409
    body = clash.json()
    assert (body["code"], body["current"], body["base"], body["overlap"]) == ("edit-conflict", 2, 1, [])
    assert body["changed_by_others"] == [{"path": "/data/name", "base": "A", "current": "B"}]
    assert body["yours"] == {"/data/age": "40"}
    assert office.edit("uuid:1", 1, {"/data/age": "40"}, merge=True).json()["number"] == 3
    record = office.ask("GET", "submissions/uuid:1/versions/3/record").text
    assert "<name>B</name><age>40</age>" in record


def test_what_both_changed_is_never_merged(phone: Phone, office: Office) -> None:
    later = house("uuid:2", WITH_CHILDREN.replace("<name>A</name>", "<name>B</name>"), deprecated_id="uuid:1")
    assert phone.send(later).status_code == 201
    clash = office.edit("uuid:1", 1, {"/data/name": "C"}, merge=True)
    assert (clash.status_code, clash.json()["overlap"]) == (409, ["/data/name"])
    assert office.edit("uuid:1", 2, {"/data/name": "C"}).status_code == 200


def test_a_phone_that_repeats_the_older_version_is_told_that_it_arrived(phone: Phone, office: Office) -> None:
    assert office.edit("uuid:1", 1, {"/data/age": "40"}).status_code == 200
    assert phone.send(house("uuid:1", WITH_CHILDREN)).status_code == 202
    assert office.review("uuid:1")["version"] == 2


def test_an_edit_from_the_field_of_what_the_office_edited_is_kept_beside_it(phone: Phone, office: Office) -> None:
    assert office.edit("uuid:1", 1, {"/data/age": "40"}).status_code == 200
    late = house("uuid:3", WITH_CHILDREN.replace("<age>30</age>", "<age>50</age>"), deprecated_id="uuid:1")
    assert phone.send(late).status_code == 409
    assert "copy" in [entry["kind"] for entry in office.review("uuid:1")["history"]]
    assert office.review("uuid:1")["version"] == 2


def test_after_a_decision_an_edit_needs_a_reason_and_asks_for_a_new_decision(office: Office) -> None:
    office.decide("uuid:1", "approved")
    assert_problem(office.edit("uuid:1", 1, {"/data/age": "40"}), 422, "review-incomplete")
    assert office.edit("uuid:1", 1, {"/data/age": "40"}, reason="Misread").status_code == 200
    found = office.review("uuid:1")
    assert (found["state"], found["history"][-1]["reason"]) == ("corrected", "Misread")
    assert found["history_whole"]


def test_an_edit_that_changes_nothing_makes_no_version(survey: Survey, office: Office) -> None:
    assert office.edit("uuid:1", 1, {"/data/age": "30"}).json()["changes"] == []
    assert survey.count("submission_versions") == 1


def test_what_the_form_does_not_know_outlives_an_edit(phone: Phone, office: Office) -> None:
    assert phone.send(house("uuid:9", f"{answers()}<old>kept &amp; safe</old>")).status_code == 201
    assert office.edit("uuid:9", 1, {"/data/age": "31"}).status_code == 200
    assert "<old>kept &amp; safe</old>" in office.ask("GET", "submissions/uuid:9/versions/2/record").text


# -- versions of the form ---------------------------------------------------------------------------------------------
def test_a_submission_is_brought_to_the_newest_version_and_what_that_does_not_ask_stays(
    survey: Survey, office: Office
) -> None:
    newer = FORM.replace("| House        | house  | 1      |", "| House        | house  | 2      |")
    newer = newer.replace(
        "|          | text         | school | School |          |            | ${age}<20 |",
        "|          | text         | wall   | Wall   |          |            |           |",
    )
    newer = newer.replace("${age} * 2", "${age} * 3")
    survey.publish(newer)
    assert office.edit("uuid:1", 1, {"/data/age": "10", "/data/school": "No. 1"}).status_code == 200
    done = office.edit("uuid:1", 2, {"/data/wall": "brick"}, newest=True)
    assert done.status_code == 200, done.text
    assert done.json()["form_version"] == "2"
    changes = {one["path"]: (one["old"], one["new"]) for one in done.json()["changes"]}
    assert changes == {
        "/data/wall": ("", "brick"),
        "/data/double": ("20", "30"),
        "/data/four": ("40", "60"),
    }
    assert survey.rows("SELECT school, wall FROM data_house") == [("No. 1", "brick")]
    assert [one.check for one in survey.findings("house", "uuid:1")] == ["unknown-question"]
