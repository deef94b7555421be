"""What leads from a submission elsewhere: people named in remarks, exports that held it."""

import datetime

from surveyapp.review.decide import Reviewer
from surveyapp.review.removal import purge
from surveyapp.store.exported import BLOCK, Exported, add_exported, list_exported
from surveyapp.store.forms import get_form
from surveyapp.store.projects import get_project
from surveyapp.store.reach import EVERYTHING
from surveyapp.worker import do_export
from tests.doors.review_office import HOUSE as FORM
from tests.doors.review_office import Office, answers, house
from tests.office import browser, person, team_phone
from tests.people import Survey, now


def sent(survey: Survey) -> Office:
    """Two submissions of the team North; one supervisor in it, one elsewhere, an admin."""
    survey.publish(FORM)
    person(survey, "lin", "supervisor", team="North")
    person(survey, "far.off", "supervisor", team="South")
    person(survey, "boss", "admin")
    phone = team_phone(survey, "Phone 1", "lin", "North")
    for number, name in enumerate(("A", "B"), 1):
        assert phone.send(house(f"uuid:{number}", answers(name))).status_code == 201
    return Office(survey)


def first_page(survey: Survey, login: str) -> str:
    return browser(survey, login).get(f"{survey.url}/", timeout=60).text


def test_a_remark_waits_on_the_first_page_of_whoever_it_names_until_it_is_resolved(survey: Survey) -> None:
    office = sent(survey)
    remark = {"text": "Is this so, @Lin? Ask lin@boss.example, @far.off or @nobody."}
    (said,) = office.ask("POST", "submissions/uuid:1/comments", remark).json()["comments"]
    page = first_page(survey, "lin")
    assert "You were named" in page
    assert f"/p/default/forms/house/submissions/1#comment-{said['id']}" in page
    # Whoever is out of reach of the submission is not led to it; an address of a mail names nobody.
    assert "You were named" not in first_page(survey, "far.off")
    assert "You were named" not in first_page(survey, "boss")
    assert survey.count("comment_mentions") == 2
    office.ask("PATCH", f"submissions/uuid:1/comments/{said['id']}", {"resolved": True})
    assert "You were named" not in first_page(survey, "lin")


def test_the_remark_of_a_decision_names_people_too(survey: Survey) -> None:
    office = sent(survey)
    assert office.decide("uuid:1", "has_issues", comment="@boss: twice the same name").status_code == 200
    assert "twice the same name" in first_page(survey, "boss")


def test_a_purge_takes_the_mentions_with_the_remarks(survey: Survey) -> None:
    office = sent(survey)
    office.ask("POST", "submissions/uuid:1/comments", {"text": "@lin"})
    assert office.ask("DELETE", "submissions/uuid:1", {"reason": "A test"}).status_code == 204
    assert "You were named" not in first_page(survey, "lin")
    later = Reviewer("command:test", EVERYTHING, admin=True, channel="command", at=now() + datetime.timedelta(days=31))
    with survey.database.begin() as session:
        assert purge(session, get_form(session, get_project(session, "default").id, "house"), later)[0] == [1]
    assert survey.count("comment_mentions") == 0


def test_the_history_says_in_which_exports_a_submission_went_out(survey: Survey) -> None:
    office = sent(survey)
    assert office.decide("uuid:2", "rejected", reason_code="test").status_code == 200
    export_id = office.ask("POST", "exports", {}).json()["id"]
    do_export(survey.config, survey.database, survey.files, export_id)
    (line,) = [one for one in office.review("uuid:1")["history"] if one["kind"] == "exported"]
    assert (line["actor"], line["detail"]) == ("program:office", {"export": export_id, "file": "house.xlsx"})
    assert "exported" not in [one["kind"] for one in office.review("uuid:2")["history"]]
    page = browser(survey, "boss").get(f"{survey.url}/p/default/forms/house/submissions/1", timeout=60).text
    assert "In an export" in page


def test_exports_are_told_for_exactly_the_submissions_that_they_held(survey: Survey) -> None:
    sent(survey)
    held = {1, 7, 8, BLOCK - 1, BLOCK, 3 * BLOCK + 9}
    with survey.database.begin() as session:
        for name in ("one", "two"):
            add_exported(session, 1, Exported(name, "person:boss", "house.xlsx", now()), held)
    with survey.database.reading() as session:
        for number in (*held, 0, 2, 6, 9, BLOCK + 1, 2 * BLOCK, 3 * BLOCK + 8):
            found = [one.export_id for one in list_exported(session, 1, number)]
            assert found == (["one", "two"] if number in held else []), number
