"""Review and the checks across interviews together: what was found counts, what is rejected or gone does not."""

import re
from pathlib import Path
from typing import Any

import pytest
import requests

from surveyapp.examine.survey import examine_form
from surveyapp.review.decide import Reviewer
from surveyapp.review.removal import purge
from surveyapp.store.forms import get_form
from surveyapp.store.projects import get_project
from surveyapp.store.quality import QualityFilter, QualityRow, list_quality_findings
from surveyapp.store.quality_summaries import count_unchecked
from surveyapp.store.reach import EVERYTHING
from surveyapp.watch import Watch
from tests.doors.review_office import Office
from tests.doors.test_quality import ITEMS, interview, village
from tests.office import browser, person, team_phone
from tests.people import Phone, Survey, now
from tests.programs import assert_problem

PLACE = "/p/default/forms/village"
# It ends before it starts: an error of the checks across interviews, and of no rule of the form.
BACKWARDS = {"end": "2026-05-04T08:00:00.000+00:00"}


class Village(Office):
    """The office of the form `village`, with a worker that checks when it is told to."""

    def __init__(self, survey: Survey) -> None:
        super().__init__(survey)
        self.url = self.url.replace("/house", "/village")
        self.survey = survey
        self.watch = Watch(survey.config, survey.database, survey.files)

    def check(self) -> int:
        return self.watch.check_waiting()

    def waiting(self) -> tuple[int, int]:
        with self.survey.database.reading() as session:
            return count_unchecked(session, get_form(session, get_project(session, "default").id, "village").id)

    def found(self, **wanted: Any) -> list[QualityRow]:
        """The findings, without what the checks say of the whole form."""
        with self.survey.database.reading() as session:
            form = get_form(session, get_project(session, "default").id, "village")
            return list_quality_findings(session, form.id, EVERYTHING, QualityFilter(**{"state": "open", **wanted}))

    def surveyed(self) -> set[str]:
        """The interviews that the checks of enumerators and of the form look at."""
        with self.survey.database.reading() as session:
            form = get_form(session, get_project(session, "default").id, "village")
            return set(examine_form(self.watch.examiner, session, form, now()).about)


@pytest.fixture
def phone(survey: Survey) -> Phone:
    survey.publish(village())
    return survey.phone()


@pytest.fixture
def office(survey: Survey, phone: Phone) -> Village:
    """An interview that went backwards has come and was checked."""
    phone.send(interview("1", BACKWARDS, instance_id="uuid:1"))
    found = Village(survey)
    assert found.check() == 1
    return found


@pytest.fixture
def boss(survey: Survey) -> requests.Session:
    """The browser of a supervisor of everything."""
    return browser(survey, person(survey, "boss", "admin"))


def settle(survey: Survey, http: requests.Session, number: int, **said: str) -> requests.Response:
    address = f"{survey.url}{PLACE}/submissions/1/acknowledge"
    return http.post(address, data={"odd": str(number), **said}, timeout=60)


def test_what_the_checks_found_stops_an_approval_until_it_is_acknowledged(
    survey: Survey, office: Village, boss: requests.Session
) -> None:
    (error,) = office.found(severity="error")
    problem = assert_problem(office.decide("uuid:1", "approved"), 422, "review-incomplete")
    assert [one["check"] for one in problem["errors"]] == [error.finding.check]
    assert settle(survey, boss, error.id).status_code == 422
    assert settle(survey, boss, error.id, reason="The clock of the phone").status_code == 200
    assert office.decide("uuid:1", "approved").status_code == 200
    history = office.review("uuid:1")["history"]
    assert [(one["kind"], one["reason"]) for one in history[1:]] == [
        ("acknowledged", "The clock of the phone"),
        ("state", ""),
    ]
    (kept,) = office.found(state="acknowledged")
    assert (kept.settled_by, kept.reason) == ("person:boss", "The clock of the phone")


def test_an_acknowledgement_that_is_taken_back_stops_the_approval_again(
    survey: Survey, office: Village, boss: requests.Session
) -> None:
    (error,) = office.found(severity="error")
    settle(survey, boss, error.id, reason="Seen")
    settle(survey, boss, error.id, what="reopen")
    assert_problem(office.decide("uuid:1", "approved"), 422, "review-incomplete")
    assert [one["kind"] for one in office.review("uuid:1")["history"]][1:] == ["acknowledged", "finding_reopened"]
    assert office.review("uuid:1")["history_whole"]


def test_a_finding_of_another_submission_is_not_acknowledged_here(
    survey: Survey, phone: Phone, office: Village, boss: requests.Session
) -> None:
    phone.send(interview("2", {**BACKWARDS, "enumerator": "bo"}, instance_id="uuid:2"))
    office.check()
    (other,) = office.found(severity="error", submission_id=2)
    assert settle(survey, boss, other.id, reason="Seen").status_code == 404


def test_a_policy_on_warnings_holds_for_the_checks_too(phone: Phone, office: Village) -> None:
    phone.send(interview("3", {"enumerator": "test"}, instance_id="uuid:3"))
    office.check()
    (test,) = office.found(check="S11")
    office.ask("PATCH", "review-policy", {"warnings": test.finding.severity == "warning"})
    problem = assert_problem(office.decide("uuid:3", "approved"), 422, "review-incomplete")
    assert "S11" in [one["check"] for one in problem["errors"]]


def test_an_open_finding_is_enough_to_say_that_there_are_issues(phone: Phone, office: Village) -> None:
    phone.send(interview("3", {"enumerator": "test"}, instance_id="uuid:3"))
    assert_problem(office.decide("uuid:3", "has_issues"), 422, "review-incomplete")
    office.check()
    assert office.decide("uuid:3", "has_issues").status_code == 200


def test_the_page_of_a_submission_tells_what_was_found_and_the_queue_counts_it(
    survey: Survey, office: Village, boss: requests.Session
) -> None:
    (error,) = office.found(severity="error")
    page = boss.get(f"{survey.url}{PLACE}/submissions/1", timeout=60).text
    assert "Odd beside other interviews" in page
    assert f'name="odd" value="{error.id}"' in page
    assert "Why is it right although errors are open?" in page
    chinese = boss.get(f"{survey.url}{PLACE}/submissions/1?lang=zh", timeout=60).text
    assert re.search("时间顺序", chinese)
    (queued,) = office.ask("GET", "review-queue").json()
    assert queued["errors"] == 1


def test_an_enumerator_is_not_told_what_the_checks_found(survey: Survey, office: Village) -> None:
    ana = person(survey, "ana", "enumerator", team="North")
    own = team_phone(survey, "Phone 9", ana, "North")
    own.send(interview("9", BACKWARDS, instance_id="uuid:9"))
    office.check()
    assert office.found(submission_id=2)
    page = browser(survey, ana).get(f"{survey.url}{PLACE}/submissions/2", timeout=60)
    assert page.status_code == 200
    assert "Odd beside other interviews" not in page.text


def test_what_is_rejected_is_compared_with_nothing_until_it_comes_back(phone: Phone, office: Village) -> None:
    alike = dict.fromkeys(ITEMS, "the same")
    phone.send(interview("2", alike, instance_id="uuid:2"))
    office.check()
    office.decide("uuid:2", "rejected", reason_code="fabricated")
    office.decide("uuid:1", "rejected", reason_code="test")
    assert office.waiting() == (2, 0)
    office.check()
    assert not office.found(submission_id=1)
    phone.send(interview("3", {**alike, "item3": "other"}, instance_id="uuid:3"))
    office.check()
    assert not office.found(check="D07")
    office.decide("uuid:2", "in_review", comment="It was not")
    assert office.waiting() == (1, 0)
    office.check()
    assert office.found(check="D07")


def test_a_bulk_rejection_that_is_taken_back_is_checked_both_times(office: Village) -> None:
    asked = {"where": {"state": "received"}, "to": "rejected", "reason_code": "test"}
    seen = office.ask("POST", "bulk-reviews", asked | {"preview": True}).json()
    assert office.waiting() == (0, 0)
    done = office.ask("POST", "bulk-reviews", asked | {"up_to": seen["up_to"]}).json()
    assert office.check() == 1
    assert not office.found()
    office.ask("POST", f"bulk-reviews/{done['id']}/undo")
    assert office.check() == 1
    assert office.found(severity="error")


def test_what_was_deleted_is_in_no_sheet_of_quality_and_comes_back_with_its_findings(
    survey: Survey, phone: Phone, office: Village, tmp_path: Path
) -> None:
    phone.send(interview("2", {"enumerator": "bo"}, instance_id="uuid:2"))
    office.check()
    office.ask("DELETE", "submissions/uuid:1", {"reason": "Asked to be forgotten"})
    assert not office.found(submission_id=1)
    office.check()
    sheets = survey.export("village", tmp_path / "out.xlsx")
    assert [row["enumerator"] for row in sheets["enumerators"]] == ["bo"]
    assert not [row for row in sheets.get("quality_findings", []) if row["_instance_id"] == "uuid:1"]
    assert office.surveyed() == {"uuid:2"}
    office.ask("POST", "submissions/uuid:1/restore", {"reason": "Another household"})
    office.check()
    assert office.found(submission_id=1, severity="error")


def test_a_purge_leaves_nothing_that_the_checks_kept_and_nothing_to_check(survey: Survey, office: Village) -> None:
    office.ask("DELETE", "submissions/uuid:1", {"reason": "Asked to be forgotten"})
    with survey.database.begin() as session:
        form = get_form(session, get_project(session, "default").id, "village")
        later = now().replace(year=now().year + 1)
        purge(session, form, Reviewer("command:tester", EVERYTHING, True, "command", later))
    assert survey.rows("SELECT count(*) FROM quality_findings WHERE submission_id = 1") == [(0,)]
    assert survey.count("quality_summaries") == 0
    assert office.ask("POST", "quality/check").status_code == 202
    assert (office.check(), office.waiting()) == (0, (0, 0))


def test_comments_have_a_sheet_of_their_own_but_for_raw_files(survey: Survey, office: Village, tmp_path: Path) -> None:
    assert "comments" not in survey.export("village", tmp_path / "before.xlsx")
    office.ask("POST", "submissions/uuid:1/comments", {"text": "Ask again", "path": "/data/income", "for_field": True})
    office.decide("uuid:1", "in_review", comment="Looking")
    number = office.review("uuid:1")["comments"][0]["id"]
    office.ask("PATCH", f"submissions/uuid:1/comments/{number}", {"resolved": True})
    for kind in ("clean", "both", "quality"):
        rows = survey.export("village", tmp_path / f"{kind}.xlsx", kind=kind)["comments"]
        assert [(row["question"], row["label"], row["comment"], row["author"], row["resolved_by"]) for row in rows] == [
            ("income", "Income", "Ask again", "office", "office"),
            (None, None, "Looking", "office", None),
        ]
        assert [row["_instance_id"] for row in rows] == ["uuid:1", "uuid:1"]
    assert "comments" not in survey.export("village", tmp_path / "raw.xlsx", kind="raw")


def test_the_list_leads_to_many_at_once_with_its_filter(
    survey: Survey, office: Village, boss: requests.Session
) -> None:
    assert office.found()
    page = boss.get(f"{survey.url}{PLACE}/submissions?state=received", timeout=60).text
    assert f'href="{PLACE}/review/bulk?state=received"' in page
    ana = person(survey, "ana", "enumerator", team="North")
    team_phone(survey, "Phone 9", ana, "North").send(interview("9", instance_id="uuid:9"))
    own = browser(survey, ana).get(f"{survey.url}{PLACE}/submissions", timeout=60).text
    assert "uuid:9" in own
    assert "/review/bulk" not in own
