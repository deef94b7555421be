"""One answer set in all submissions that a filter finds: tried first, judged each by its own version, taken back."""

import pytest

from tests.doors.review_office import HOUSE as FORM
from tests.doors.review_office import Office, answers, house
from tests.office import browser, person
from tests.people import Phone, Survey
from tests.programs import assert_problem

ASK = {"where": {}, "path": "/data/name", "text": "Same", "reason": "The list was wrong"}


@pytest.fixture
def phone(survey: Survey) -> Phone:
    """Has sent three households, the last of them by a version without the question on walls."""
    survey.publish(FORM)
    place = FORM.index("|          | image")
    wall = "|          | text         | wall   | Wall   |  |  |  |  |  |\n"
    survey.publish((FORM[:place] + wall + FORM[place:]).replace("| house  | 1 ", "| house  | 2 "))
    found = survey.phone()
    for number, name in enumerate(("A", "B"), 1):
        assert found.send(house(f"uuid:{number}", answers(name), version="2")).status_code == 201
    assert found.send(house("uuid:3", answers("C"), version="1")).status_code == 201
    return found


@pytest.fixture
def office(survey: Survey, phone: Phone) -> Office:
    assert phone
    return Office(survey)


def names(survey: Survey) -> list[str]:
    return [row[0] for row in survey.rows("SELECT name FROM data_house ORDER BY _submission_id")]


def test_a_preview_shows_what_would_change_and_changes_nothing(survey: Survey, office: Office) -> None:
    seen = office.ask("POST", "bulk-edits", {**ASK, "preview": True}).json()
    assert (seen["count"], seen["decided"], seen["id"]) == (3, [1, 2, 3], None)
    assert seen["changes"][0] == {"submission_no": 1, "path": "/data/name", "old": "A", "new": "Same"}
    assert names(survey) == ["A", "B", "C"]
    assert survey.count("submission_versions") == 3


def test_an_answer_is_set_in_each_with_a_history_of_its_own_and_taken_back(survey: Survey, office: Office) -> None:
    assert office.decide("uuid:2", "approved").status_code == 200
    done = office.ask("POST", "bulk-edits", ASK).json()
    assert done["decided"] == [1, 2, 3]
    assert names(survey) == ["Same"] * 3
    history = office.review("uuid:2")["history"]
    assert (history[-1]["kind"], history[-1]["reason"]) == ("edited", "The list was wrong")
    assert office.review("uuid:2")["state"] == "corrected"
    # What was touched since stays as it is.
    assert office.edit("uuid:1", 2, {"/data/age": "31"}).status_code == 200
    undone = office.ask("POST", f"bulk-reviews/{done['id']}/undo").json()
    assert (undone["decided"], [one["submission_no"] for one in undone["skipped"]]) == ([2, 3], [1])
    assert names(survey) == ["Same", "B", "C"]
    found = office.review("uuid:2")
    assert (found["state"], found["reviewed_by"]) == ("approved", "program:office")
    assert [entry["kind"] for entry in found["history"]] == ["received", "state", "edited", "edited", "undone"]
    assert found["history_whole"]


def test_what_the_version_of_a_submission_does_not_ask_is_skipped_and_said(office: Office) -> None:
    done = office.ask("POST", "bulk-edits", {**ASK, "path": "/data/wall", "text": "brick"}).json()
    assert done["decided"] == [1, 2]
    assert done["skipped"] == [{"submission_no": 3, "reason": "This version of the form has no such question."}]


def test_the_rules_of_the_form_hold_for_each(office: Office) -> None:
    asked = {**ASK, "path": "/data/age", "text": "150"}
    assert [one["submission_no"] for one in office.ask("POST", "bulk-edits", asked).json()["skipped"]] == [1, 2, 3]
    assert office.ask("POST", "bulk-edits", {**asked, "keep_odd": True}).json()["decided"] == [1, 2, 3]


def test_too_many_for_one_request_are_refused_before_anything_changes(
    survey: Survey, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("surveyapp.web.reviewing_many.MOST_EDITED", 2)
    assert_problem(office.ask("POST", "bulk-edits", ASK), 422, "review-incomplete")
    assert office.ask("POST", "bulk-edits", {**ASK, "where": {"version": "2"}}).json()["decided"] == [1, 2]
    assert names(survey) == ["Same", "Same", "C"]


def test_the_pages_set_an_answer_and_approve_with_a_reason(survey: Survey, phone: Phone) -> None:
    assert phone.send(house("uuid:4", answers("D", 150), version="2")).status_code == 201
    person(survey, "boss", "admin")
    boss, form = browser(survey, "boss"), f"{survey.url}/p/default/forms/house/review"
    said = {"path": "/data/name", "answer": "Same", "reason": "The list was wrong"}
    tried = boss.post(f"{form}/bulk-edit?version=2", data=said | {"up_to": "4"}, timeout=60)
    assert (tried.status_code, "Same" in tried.text, names(survey)[:1]) == (200, True, ["A"])
    assert boss.post(f"{form}/bulk-edit?version=2", data={"path": "/data/name"}, timeout=60).status_code == 422
    done = boss.post(f"{form}/bulk-edit?version=2", data=said | {"confirmed": "yes"}, timeout=60)
    assert "3 submissions were edited" in done.text
    assert names(survey) == ["Same", "Same", "C", "Same"]
    approval = {"to": "approved", "confirmed": "yes"}
    assert "3 submissions were decided" in boss.post(f"{form}/bulk", data=approval, timeout=60).text
    over = approval | {"override": "Seen by the village head"}
    assert "1 submission was decided" in boss.post(f"{form}/bulk?severity=error", data=over, timeout=60).text
    assert survey.rows("SELECT DISTINCT state FROM submissions") == [("approved",)]
    undo = boss.post(f"{form}/bulk/1/undo", timeout=60)
    assert undo.status_code == 200
