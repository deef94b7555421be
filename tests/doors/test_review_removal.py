"""What exports hold, what is deleted and comes back or goes for good, and decisions about many."""

import datetime
from pathlib import Path
from typing import Any

import pytest

from surveyapp.review.decide import Reviewer
from surveyapp.review.removal import purge
from surveyapp.store.forms import get_form
from surveyapp.store.projects import get_project
from surveyapp.store.reach import EVERYTHING
from surveyapp.store.tombstones import list_tombstones
from tests.doors.review_office import HOUSE as FORM
from tests.doors.review_office import Office, answers, house
from tests.people import Phone, Survey, now
from tests.programs import assert_problem


@pytest.fixture
def phone(survey: Survey) -> Phone:
    survey.publish(FORM)
    found = survey.phone()
    for number in range(1, 6):
        body = answers(f"N{number}", 150 if number == 5 else 30) + "<photo>p.jpg</photo>"
        assert found.send(house(f"uuid:{number}", body), {"p.jpg": b"\xff\xd8\xff"}).status_code == 201
    return found


@pytest.fixture
def office(survey: Survey, phone: Phone) -> Office:
    assert phone
    return Office(survey)


def exported(survey: Survey, tmp_path: Path, **asked: Any) -> dict[str, dict[str, Any]]:
    rows = survey.export("house", tmp_path / "house.xlsx", **asked)["data"]
    return {row["_instance_id"]: row for row in rows}


def test_an_export_holds_the_states_of_the_policy_and_never_the_rejected(
    survey: Survey, office: Office, tmp_path: Path
) -> None:
    office.decide("uuid:1", "approved")
    office.decide("uuid:2", "rejected", reason_code="duplicate")
    office.decide("uuid:3", "has_issues", comment="Odd")
    office.decide("uuid:4", "in_review")
    found = exported(survey, tmp_path)
    assert {key: row["_state"] for key, row in found.items()} == {
        "uuid:1": "approved",
        "uuid:4": "in_review",
        "uuid:5": "received",
    }
    assert found["uuid:1"]["_reviewed_by"] == "office"
    assert isinstance(found["uuid:1"]["_reviewed_at"], datetime.datetime)
    assert found["uuid:5"]["_reviewed_by"] is None
    office.ask("PATCH", "review-policy", {"exported": ["approved", "has_issues"]})
    assert set(exported(survey, tmp_path)) == {"uuid:1", "uuid:3"}
    assert set(exported(survey, tmp_path, kind="raw")) == {"uuid:1", "uuid:3"}


def test_what_is_deleted_is_in_no_list_count_or_export_and_comes_back_as_it_stood(
    survey: Survey, office: Office, tmp_path: Path
) -> None:
    office.decide("uuid:1", "approved")
    assert_problem(Office(survey, "other", "review").ask("DELETE", "submissions/uuid:1", {"reason": "x"}), 403)
    assert office.ask("DELETE", "submissions/uuid:1", {"reason": "Asked to be forgotten"}).status_code == 204
    for path in ("", "/review", "/record", "/versions/1/record", "/attachments/p.jpg"):
        assert office.ask("GET", f"submissions/uuid:1{path}").status_code == 404, path
    assert "uuid:1" not in [one["instance_id"] for one in office.ask("GET", "submissions").json()["items"]]
    assert "uuid:1" not in exported(survey, tmp_path)
    assert_problem(office.decide("uuid:1", "rejected", reason_code="test"), 404)
    restored = office.ask("POST", "submissions/uuid:1/restore", {"reason": "It was another household"})
    assert restored.json()["state"] == "approved"
    assert "uuid:1" in exported(survey, tmp_path)
    assert [entry["kind"] for entry in restored.json()["history"]] == ["received", "state", "deleted", "restored"]


def test_a_phone_that_repeats_what_was_deleted_is_told_that_it_arrived(phone: Phone, office: Office) -> None:
    office.ask("DELETE", "submissions/uuid:1", {"reason": "Test"})
    again = house("uuid:1", answers("N1") + "<photo>p.jpg</photo>")
    assert phone.send(again, {"p.jpg": b"\xff\xd8\xff"}).status_code == 202
    assert office.ask("GET", "submissions/uuid:1").status_code == 404


def test_after_30_days_a_purge_leaves_the_tombstone_and_the_history_alone(survey: Survey, office: Office) -> None:
    office.ask("POST", "submissions/uuid:1/comments", {"text": "Says N1"})
    office.edit("uuid:1", 1, {"/data/name": "Secret"})
    office.ask("DELETE", "submissions/uuid:1", {"reason": "Asked to be forgotten"})
    assert purged(survey, days=29) == []
    assert purged(survey, days=31) == [1]
    with survey.database.reading() as session:
        form = get_form(session, get_project(session, "default").id, "house")
        ((number, instance_id, by, reason, _, purged_at),) = list_tombstones(session, form.id)
    assert (number, instance_id, by, reason) == (1, "uuid:1", "program:office", "Asked to be forgotten")
    assert purged_at is not None
    assert survey.rows("SELECT count(*) FROM submission_versions WHERE submission_id = 1") == [(0,)]
    assert survey.rows("SELECT count(*) FROM submission_comments") == [(0,)]
    assert "Secret" not in str(survey.rows("SELECT detail, reason FROM submission_events"))
    assert "Secret" not in str(survey.rows("SELECT detail FROM audit_log"))
    assert purged(survey, days=31) == []


def purged(survey: Survey, days: int) -> list[int]:
    with survey.database.begin() as session:
        form = get_form(session, get_project(session, "default").id, "house")
        later = now() + datetime.timedelta(days=days)
        return purge(session, form, Reviewer("command:tester", EVERYTHING, True, "command", later))[0]


# -- many at once -----------------------------------------------------------------------------------------------------
def test_many_are_decided_by_filter_each_by_the_same_rules_and_taken_back(office: Office) -> None:
    asked = {"where": {"state": "received"}, "to": "approved"}
    seen = office.ask("POST", "bulk-reviews", asked | {"preview": True}).json()
    assert (seen["count"], seen["decided"], seen["id"]) == (5, [1, 2, 3, 4], None)
    assert [one["submission_no"] for one in seen["skipped"]] == [5]
    assert office.review("uuid:1")["state"] == "received"
    assert len(office.review("uuid:1")["history"]) == 1
    done = office.ask("POST", "bulk-reviews", asked | {"up_to": seen["up_to"]}).json()
    assert (done["decided"], [one["submission_no"] for one in done["skipped"]]) == ([1, 2, 3, 4], [5])
    assert office.review("uuid:1")["state"] == "approved"
    assert office.review("uuid:5")["state"] == "received"
    office.decide("uuid:2", "returned", comment="After all")
    undone = office.ask("POST", f"bulk-reviews/{done['id']}/undo").json()
    assert (undone["decided"], [one["submission_no"] for one in undone["skipped"]]) == ([1, 3, 4], [2])
    assert [office.review(f"uuid:{number}")["state"] for number in (1, 2)] == ["received", "returned"]
    assert office.review("uuid:1")["history_whole"]
    assert_problem(office.ask("POST", f"bulk-reviews/{done['id']}/undo"), 409)


def test_what_arrives_after_the_preview_is_not_decided_with_it(phone: Phone, office: Office) -> None:
    asked = {"where": {}, "to": "in_review"}
    seen = office.ask("POST", "bulk-reviews", asked | {"preview": True}).json()
    assert phone.send(house("uuid:late")).status_code == 201
    office.ask("POST", "bulk-reviews", asked | {"up_to": seen["up_to"]})
    assert office.review("uuid:late")["state"] == "received"


def test_more_than_one_part_is_decided_and_undone(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surveyapp.review.bulk.PART", 2)
    done = office.ask("POST", "bulk-reviews", {"where": {}, "to": "rejected", "reason_code": "test"}).json()
    assert done["decided"] == [1, 2, 3, 4, 5]
    assert office.ask("POST", f"bulk-reviews/{done['id']}/undo").json()["decided"] == [1, 2, 3, 4, 5]
