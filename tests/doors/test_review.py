"""The life of a submission, through the JSON API and the phone's door."""

import pytest

from surveyapp.review.history import verify_history
from tests.doors.review_office import HOUSE as FORM
from tests.doors.review_office import Office, answers, house
from tests.office import browser, person
from tests.people import Phone, Survey
from tests.programs import assert_problem


@pytest.fixture
def field(survey: Survey) -> Phone:
    """A phone that has sent one good record and one with an error."""
    survey.publish(FORM)
    phone = survey.phone()
    assert phone.send(house("uuid:good")).status_code == 201
    assert phone.send(house("uuid:odd", answers(age=150))).status_code == 201
    return phone


@pytest.fixture
def office(survey: Survey, field: Phone) -> Office:
    assert field
    return Office(survey)


def test_a_decision_is_kept_with_its_event_and_its_line_in_the_log(survey: Survey, office: Office) -> None:
    assert office.decide("uuid:good", "approved").status_code == 200
    found = office.review("uuid:good")
    assert (found["state"], found["reviewed_by"]) == ("approved", "program:office")
    assert [entry["kind"] for entry in found["history"]] == ["received", "state"]
    assert found["history"][1]["detail"]["to"] == "approved"
    assert found["history_whole"]
    assert survey.rows("SELECT subject FROM audit_log WHERE action = 'submission.approved'") == [("1",)]


def test_an_open_error_stops_an_approval_until_it_is_acknowledged_or_overridden(office: Office) -> None:
    problem = assert_problem(office.decide("uuid:odd", "approved"), 422, "review-incomplete")
    assert [error["path"] for error in problem["errors"]] == ["/data/age"]
    (finding,) = [one for one in office.review("uuid:odd")["findings"] if one["severity"] == "error"]
    office.ask("POST", "submissions/uuid:odd/acknowledgements", {"finding": finding["number"], "reason": "Seen her ID"})
    assert office.decide("uuid:odd", "approved").status_code == 200


def test_an_override_is_a_reason_and_stands_in_the_history(office: Office) -> None:
    assert office.decide("uuid:odd", "approved", override="Oldest woman of the province").status_code == 200
    assert office.review("uuid:odd")["history"][-1]["detail"]["override"] == "Oldest woman of the province"


def test_an_acknowledged_finding_is_silent_until_its_value_changes(field: Phone, office: Office) -> None:
    (finding,) = [one for one in office.review("uuid:odd")["findings"] if one["severity"] == "error"]
    office.ask("POST", "submissions/uuid:odd/acknowledgements", {"finding": finding["number"], "reason": "Seen"})
    same = house("uuid:odd2", answers("B", 150), deprecated_id="uuid:odd")
    assert field.send(same).status_code == 201
    assert [one["acknowledged_why"] for one in office.review("uuid:odd")["findings"]] == ["Seen"]
    assert field.send(house("uuid:odd3", answers("B", 160), deprecated_id="uuid:odd2")).status_code == 201
    assert [one["acknowledged_why"] for one in office.review("uuid:odd")["findings"]] == [""]


@pytest.mark.parametrize(
    ("to", "more", "needed"),
    [
        ("returned", {}, "comment"),
        ("has_issues", {}, "comment"),
        ("rejected", {}, "reason"),
        ("rejected", {"reason_code": "other"}, "comment"),
    ],
)
def test_a_decision_without_what_it_needs_is_refused(
    office: Office, to: str, more: dict[str, str], needed: str
) -> None:
    problem = assert_problem(office.decide("uuid:good", to, **more), 422, "review-incomplete")
    assert needed in problem["detail"]
    assert office.review("uuid:good")["state"] == "received"


def test_who_decided_may_take_it_back_and_another_supervisor_may_not(survey: Survey, office: Office) -> None:
    first, second = Office(survey, "first", "review"), Office(survey, "second", "review")
    assert first.decide("uuid:good", "approved").status_code == 200
    assert_problem(second.decide("uuid:good", "in_review", comment="No"), 409, "review-state")
    assert first.decide("uuid:good", "in_review", comment="Too early").status_code == 200
    assert office.review("uuid:good")["state"] == "in_review"


def test_an_edit_from_the_field_after_a_decision_asks_for_a_new_one(field: Phone, office: Office) -> None:
    office.decide("uuid:good", "returned", comment="The age", questions=[{"path": "/data/age", "text": "Ask again"}])
    assert field.send(house("uuid:good2", answers(age=31), deprecated_id="uuid:good")).status_code == 201
    found = office.review("uuid:good")
    assert (found["state"], found["reviewed_by"], found["version"]) == ("corrected", "", 2)
    assert [entry["kind"] for entry in found["history"]] == ["received", "state", "version"]
    assert found["history"][1]["detail"]["to"] == "returned"
    changed = {change["path"]: (change["old"], change["new"]) for change in found["history"][2]["changes"]}
    assert changed == {"/data/age": ("30", "31"), "/data/double": ("60", "62"), "/data/four": ("120", "124")}


def test_an_edit_of_what_nobody_has_looked_at_waits_as_before(field: Phone, office: Office) -> None:
    assert field.send(house("uuid:good2", answers(age=31), deprecated_id="uuid:good")).status_code == 201
    assert office.review("uuid:good")["state"] == "received"


def test_a_decision_about_a_version_that_was_replaced_meanwhile_is_refused(field: Phone, office: Office) -> None:
    assert field.send(house("uuid:good2", answers(age=31), deprecated_id="uuid:good")).status_code == 201
    assert_problem(office.decide("uuid:good", "approved", base=1), 409, "edit-conflict")
    assert office.decide("uuid:good", "approved", base=2).status_code == 200


def test_two_approvals_are_of_two_people_and_the_second_of_an_admin(survey: Survey, office: Office) -> None:
    assert office.ask("PATCH", "review-policy", {"two_approvals": True}).json()["two_approvals"]
    first = Office(survey, "first", "review")
    assert first.decide("uuid:good", "approved").json()["state"] == "in_review"
    assert_problem(first.decide("uuid:good", "approved"), 409, "review-state")
    assert_problem(Office(survey, "second", "review").decide("uuid:good", "approved"), 409, "review-state")
    assert office.decide("uuid:good", "approved").json()["state"] == "approved"


def test_a_policy_may_ask_that_warnings_are_acknowledged_too(field: Phone, office: Office) -> None:
    field.send(house("uuid:noname", "<name/><age>3</age><double>6</double><four>12</four><strange>1</strange>"))
    warnings = [one for one in office.review("uuid:noname")["findings"] if one["severity"] == "warning"]
    assert warnings
    office.ask("PATCH", "review-policy", {"warnings": True})
    problem = assert_problem(office.decide("uuid:noname", "approved"), 422)
    assert {one["check"] for one in warnings} <= {error["check"] for error in problem["errors"]}


def test_by_four_eyes_who_edited_a_submission_does_not_approve_it(survey: Survey, office: Office) -> None:
    assert office.ask("PATCH", "review-policy", {"four_eyes": True}).json()["four_eyes"]
    editor, other = Office(survey, "editor", "review", "read"), Office(survey, "other", "review")
    assert editor.edit("uuid:good", 1, {"/data/age": "31"}).status_code == 200
    assert "approved" not in editor.review("uuid:good")["next"]
    problem = assert_problem(editor.decide("uuid:good", "approved", override="I am sure"), 409, "review-state")
    assert "somebody else" in problem["detail"]
    assert editor.decide("uuid:good", "in_review").status_code == 200
    assert other.decide("uuid:good", "approved").status_code == 200
    assert editor.decide("uuid:odd", "approved", override="Seen").status_code == 200, "which it did not edit"


def test_the_page_says_whether_exports_hold_a_submission_and_what_there_is_to_do(
    survey: Survey, office: Office
) -> None:
    person(survey, "boss", "admin")
    boss = browser(survey, "boss")

    def words() -> str:
        page = boss.get(f"{survey.url}/p/default/forms/house/submissions/1", timeout=60).text
        return page.partition('id="review"')[2][:2000]

    assert "It waits for a decision." in words()
    assert office.decide("uuid:good", "has_issues", comment="Odd").status_code == 200
    assert "No export and no indicator holds it as it stands" in words()
    assert "waits for a decision as “Corrected”" in words()
    assert office.edit("uuid:good", 1, {"/data/age": "31"}, reason="Misread").status_code == 200
    assert "Exports and indicators hold it." in words()
    assert "It was decided before (Has issues), and a new version came since" in words()


def test_a_policy_can_never_let_rejected_ones_out(office: Office) -> None:
    assert_problem(office.ask("PATCH", "review-policy", {"exported": ["approved", "rejected"]}), 422)


def test_comments_are_resolved_and_struck_and_stay(survey: Survey, office: Office) -> None:
    said = {"path": "/data/age", "text": "Is she really 30?"}
    (comment,) = office.ask("POST", "submissions/uuid:good/comments", said).json()["comments"]
    address = f"submissions/uuid:good/comments/{comment['id']}"
    assert office.ask("PATCH", address, {"resolved": True}).json()["comments"][0]["resolved_by"] == "program:office"
    stranger = Office(survey, "stranger", "review")
    assert_problem(stranger.ask("PATCH", address, {"struck": True}), 422)
    (struck,) = office.ask("PATCH", address, {"struck": True}).json()["comments"]
    assert (struck["content"], struck["struck_by"]) == ("Is she really 30?", "program:office")
    kinds = [entry["kind"] for entry in office.review("uuid:good")["history"]]
    assert kinds == ["received", "comment", "comment_resolved", "comment_struck"]


def test_the_queue_is_oldest_first_and_holds_what_waits(office: Office) -> None:
    assert [one["instance_id"] for one in office.ask("GET", "review-queue").json()] == ["uuid:good", "uuid:odd"]
    assert [one["instance_id"] for one in office.ask("GET", "review-queue", severity="error").json()] == ["uuid:odd"]
    office.decide("uuid:good", "approved")
    assert [one["instance_id"] for one in office.ask("GET", "review-queue").json()] == ["uuid:odd"]


def test_a_history_that_was_changed_or_has_a_gap_is_found(survey: Survey, office: Office) -> None:
    for to, more in (("in_review", {}), ("has_issues", {"comment": "Odd"}), ("approved", {})):
        assert office.decide("uuid:good", to, **more).status_code == 200
    with survey.database.reading() as session:
        assert (verify_history(session, 1).events, verify_history(session, 1).broken_at) == (3, None)
    with pytest.raises(Exception, match="append-only"), survey.database.begin() as session:
        session.execute(survey.sql("UPDATE submission_events SET actor = 'person:other' WHERE number = 2"))
    _without_triggers(survey, "UPDATE submission_events SET actor = 'person:other' WHERE number = 2")
    with survey.database.reading() as session:
        assert verify_history(session, 1).broken_at == 2
    assert not office.review("uuid:good")["history_whole"]
    _without_triggers(survey, "DELETE FROM submission_events WHERE number = 2")
    with survey.database.reading() as session:
        assert verify_history(session, 1).why == "event 2 is missing"


def test_a_record_whose_bytes_were_changed_breaks_the_history(survey: Survey, office: Office) -> None:
    office.decide("uuid:good", "approved")
    other = "(SELECT content FROM submission_versions WHERE id = 2)"
    _without_triggers(survey, f"UPDATE submission_versions SET content = {other} WHERE id = 1")
    with survey.database.reading() as session:
        assert "record of version 1" in verify_history(session, 1).why


def _without_triggers(survey: Survey, statement: str) -> None:
    with survey.database.begin() as session:
        if survey.database.dialect == "postgresql":
            session.execute(survey.sql("DROP TRIGGER IF EXISTS submission_events_append_only ON submission_events"))
        else:
            for name in ("update", "delete"):
                session.execute(survey.sql(f"DROP TRIGGER IF EXISTS submission_events_no_{name}"))
        session.execute(survey.sql(statement))
