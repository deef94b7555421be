"""Forms, submissions and exports on the pages: who sees what, and what the pages say."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
import requests

from surveyapp.config import Config
from surveyapp.web.pages_submissions import PER_PAGE
from tests.office import browser, person
from tests.pages.data_office import HOUSEHOLD, JPEG, Office, answers, working
from tests.people import Survey, record, serving


@pytest.fixture
def survey(database_url: str, tmp_path: Path) -> Iterator[Survey]:
    """A running server with an empty database, on SQLite and on PostgreSQL."""
    needed = {"SURVEYAPP_DATABASE_URL": database_url, "SURVEYAPP_DATA_DIR": str(tmp_path / "data")}
    config = Config.from_environ(needed)
    with serving(config) as url:
        found = Survey(config, url)
        yield found
        found.database.close()


@pytest.fixture
def office(survey: Survey) -> Office:
    """An office with a submission of each of its two teams."""
    return Office(survey)


# -- submissions ------------------------------------------------------------------------------------------------------
def test_the_list_shows_what_the_reader_may_see_and_no_more(office: Office) -> None:
    pages = {
        login: office.who(login).get(f"{office.form}/submissions", timeout=60).text
        for login in ("supervisor-a", "enumerator-b", "admin")
    }
    assert {login: ("Head a" in page, "Head b" in page) for login, page in pages.items()} == {
        "supervisor-a": (True, False),
        "enumerator-b": (False, True),
        "admin": (True, True),
    }
    assert "1 submission<" in pages["supervisor-a"]
    assert "2 submissions<" in pages["admin"]
    assert office.who("stranger").get(f"{office.form}/submissions", timeout=60).status_code == 403


def test_a_submission_out_of_reach_is_like_one_that_does_not_exist(office: Office) -> None:
    supervisor = office.who("supervisor-a")
    for below in ("", "/versions/1/record", "/versions/1/files/house.jpg"):
        own, other, none = (
            supervisor.get(f"{office.form}/submissions/{number}{below}", timeout=60).status_code
            for number in (office.numbers["a"], office.numbers["b"], 9_999)
        )
        assert (own, other, none) == (200, 404, 404)


def test_the_filter_narrows_and_the_pages_of_the_list_meet(office: Office) -> None:
    for number in range(2 * PER_PAGE - 1):
        office.send("a", f"More {number}", f"uuid:more-{number}")
    admin = office.who("admin")
    expected = [f"More {number}" for number in reversed(range(2 * PER_PAGE - 1))]

    def names(address: str) -> list[str]:
        return re.findall(r">((?:Head|More) \w+)</a>", admin.get(address, timeout=60).text)

    first = f"{office.form}/submissions"
    assert names(f"{first}?text=more") == expected[:PER_PAGE]
    assert names(f"{first}?text=more+7") == [f"More {number}" for number in range(79, 69, -1)] + ["More 7"]
    assert names(f"{first}?team={office.survey.rows('SELECT max(id) FROM teams')[0][0]}") == ["Head b"]
    assert names(f"{first}?since=2001-01-01&until=2001-01-02") == []
    assert names(f"{first}?severity=error") == []
    read = []
    address = first
    for _ in range(3):
        read += names(address)
        older = re.search(r'href="([^"]+)" rel="next"', admin.get(address, timeout=60).text)
        address = office.survey.url + older[1].replace("&amp;", "&") if older else ""
    assert read == [*expected, "Head b", "Head a"]
    assert address == ""
    back = admin.get(f"{first}?before={office.numbers['b'] + 1}", timeout=60).text
    newer = re.search(r'href="([^"]+)" rel="prev"', back)
    assert newer
    assert names(office.survey.url + newer[1].replace("&amp;", "&")) == [*expected[-PER_PAGE:]]


def test_a_submission_is_read_with_labels_in_the_language_asked_for(office: Office) -> None:
    address = f"{office.form}/submissions/{office.numbers['a']}"
    english = office.who("supervisor-a").get(address, params={"labels": "English (en)"}, timeout=60).text
    assert "Village of Head a" in english
    assert "Lower" in english
    assert "Income of Head a" in english
    chinese = office.who("supervisor-a").get(address, params={"labels": "中文 (zh)"}, timeout=60).text
    assert "Head a的村" in chinese
    assert "下村" in chinese
    order = [chinese.index(text) for text in ("户主姓名", "房屋照片", "Head a的收入", "家庭成员")]
    assert order == sorted(order)
    assert 'href="geo:25.1,102.7"' in chinese


def test_a_picture_is_shown_in_place_and_whatever_else_is_a_download(office: Office) -> None:
    page = b"<html><script>alert(1)</script>"
    assert office.phones["a"].send(record(answers("Evil"), instance_id="uuid:evil"), {"house.jpg": page}).ok
    number = office.survey.rows("SELECT max(id) FROM submissions")[0][0]
    supervisor = office.who("supervisor-a")
    good = supervisor.get(f"{office.form}/submissions/{office.numbers['a']}/versions/1/files/house.jpg", timeout=60)
    assert (good.content, good.headers["Content-Type"]) == (JPEG, "image/jpeg")
    evil = supervisor.get(f"{office.form}/submissions/{number}/versions/1/files/house.jpg", timeout=60)
    assert evil.headers["Content-Type"] == "application/octet-stream"
    assert evil.headers["Content-Disposition"].startswith("attachment")
    for answer in (good, evil):
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "<img" not in supervisor.get(f"{office.form}/submissions/{number}", timeout=60).text


def test_versions_and_copies_are_shown_with_what_differs(office: Office) -> None:
    phone = office.phones["a"]
    edit = record(answers("Head a", 99), instance_id="uuid:a2", deprecated_id="uuid:a")
    assert phone.send(edit).status_code == 201
    assert phone.send(record(answers("Somebody else", 99), instance_id="uuid:a2")).status_code == 409
    address = f"{office.form}/submissions/{office.numbers['a']}"
    page = office.who("supervisor-a").get(address, timeout=60).text
    assert "Copy: other answers under the same id" in page
    changed = re.findall(r'<code class="name">((?:money/)?\w+)</code>.*?</tr>', page, re.DOTALL)
    assert {"money/income", "hh_name"} <= set(changed)
    assert "Somebody else" in page
    first = office.who("supervisor-a").get(address, params={"shown": "1"}, timeout=60).text
    assert "This is not what counts now" in first


def test_a_finding_names_the_question_as_the_enumerator_read_it(office: Office) -> None:
    assert office.phones["a"].send(record(answers("Poor", -5), instance_id="uuid:poor"), {"house.jpg": JPEG}).ok
    number = office.survey.rows("SELECT max(id) FROM submissions")[0][0]
    page = office.who("supervisor-a").get(f"{office.form}/submissions/{number}", timeout=60).text
    assert "“Income of Poor”" in page
    listed = office.who("supervisor-a").get(f"{office.form}/submissions?severity=error", timeout=60).text
    assert "1 error" in listed
    assert "Head a" not in listed


# -- forms ------------------------------------------------------------------------------------------------------------
def upload(http: requests.Session, survey: Survey, form: str, name: str = "form.md") -> requests.Response:
    return http.post(f"{survey.url}/p/default/publish", files={"file": (name, form.encode())}, timeout=120)


def carried(page: str) -> str:
    found = re.search(r'name="carried" value="([^"]+)"', page)
    assert found
    return found[1]


def test_a_form_with_faults_is_refused_row_by_row_and_published_when_they_are_mended(survey: Survey) -> None:
    person(survey, "admin", "admin")
    admin = browser(survey, "admin")
    faulty = upload(admin, survey, HOUSEHOLD.replace("${m_name}", "${nobody}"))
    assert faulty.status_code == 422
    assert "nobody" in faulty.text
    assert 'data-label="Sheet"' in faulty.text
    checked = upload(admin, survey, HOUSEHOLD)
    assert checked.status_code == 200
    assert survey.count("forms") == 0
    said = {"carried": carried(checked.text)}
    published = admin.post(f"{survey.url}/p/default/publish/confirmed", data=said, timeout=120)
    assert "done=form-published" in published.url
    assert survey.rows("SELECT form_id FROM forms") == [("people",)]
    assert survey.rows("SELECT actor FROM audit_log WHERE action = 'form.published'") == [("person:admin",)]


def test_a_check_shows_what_would_change_and_changes_nothing(office: Office) -> None:
    wider = HOUSEHOLD.replace("| integer              | income", "| decimal              | income")
    page = upload(office.who("admin"), office.survey, wider.replace("| people   | 1 ", "| people   | 2 ")).text
    assert "Column widened" in page
    assert "It can be published" in page
    narrower = HOUSEHOLD.replace("| text                 | hh_name", "| integer              | hh_name")
    refused = upload(office.who("admin"), office.survey, narrower.replace("| people   | 1 ", "| people   | 2 "))
    assert refused.status_code == 409
    assert 'name="carried"' not in refused.text
    assert office.survey.count("form_versions") == 1


def test_only_what_was_checked_here_is_published(office: Office) -> None:
    page = upload(office.who("admin"), office.survey, HOUSEHOLD.replace("| people   | 1 ", "| people   | 2 ")).text
    content, _, signature = carried(page).partition(".")
    for forged in (f"{content}.{signature[:-1]}x", f"{content[:-4]}AAAA.{signature}", ""):
        told = {"carried": forged}
        answer = office.who("admin").post(f"{office.survey.url}/p/default/publish/confirmed", data=told, timeout=60)
        assert answer.status_code == 400
    assert office.survey.count("form_versions") == 1


def test_a_form_is_closed_and_opened_on_its_page(office: Office) -> None:
    admin = office.who("admin")
    for state, listed in (("closed", False), ("open", True)):
        assert admin.post(f"{office.form}/state", data={"state": state}, timeout=60).ok
        assert ("<formID>people</formID>" in office.phones["a"].form_list().text) == listed
    assert office.who("supervisor-a").post(f"{office.form}/state", data={"state": "closed"}).status_code == 403


# -- exports ----------------------------------------------------------------------------------------------------------
def workbook_of(office: Office, login: str, path: Path, **options: str) -> openpyxl.Workbook:
    http = office.who(login)
    assert http.post(f"{office.form}/exports", data={"headers": "name", **options}, timeout=60).ok
    with working(office.survey):
        for _ in range(600):
            found = re.search(r'href="(\S+/file)"', http.get(f"{office.form}/exports?part=list", timeout=60).text)
            if found:
                break
            time.sleep(0.05)
    assert found
    path.write_bytes(http.get(office.survey.url + found[1], timeout=60).content)
    return openpyxl.load_workbook(path)


def test_an_export_holds_no_more_than_its_reader_may_see(office: Office, tmp_path: Path) -> None:
    assert office.phones["b"].send(record(answers("Poor b", -5), instance_id="uuid:poor")).ok
    for login, heads in (("admin", {"Head a", "Head b", "Poor b"}), ("supervisor-a", {"Head a"})):
        workbook = workbook_of(office, login, tmp_path / f"{login}.xlsx")
        words = {
            str(cell)
            for sheet in workbook
            for row in sheet.iter_rows(values_only=True)
            for cell in row
            if cell is not None
        }
        assert {word for word in words if word in ("Head a", "Head b", "Poor b")} == heads
        assert ("uuid:poor" in words) == ("Poor b" in heads)


def test_people_see_the_exports_that_they_asked_for_and_admins_all(office: Office) -> None:
    for login in ("supervisor-a", "supervisor-b", "admin"):
        assert office.who(login).post(f"{office.form}/exports", timeout=60).ok
    shown = {
        login: len(re.findall(r"/exports/[\w-]+/cancel", office.who(login).get(f"{office.form}/exports").text))
        for login in ("supervisor-a", "supervisor-b", "admin")
    }
    assert shown == {"supervisor-a": 1, "supervisor-b": 1, "admin": 3}
    theirs = office.survey.rows("SELECT id FROM exports WHERE asked_by = 'person:supervisor-b'")[0][0]
    own = office.who("supervisor-a")
    assert own.get(f"{office.form}/exports/{theirs}/file", timeout=60).status_code == 404
    assert own.post(f"{office.form}/exports/{theirs}/cancel", timeout=60).status_code == 404
    assert office.who("enumerator-a").get(f"{office.form}/exports", timeout=60).status_code == 403


def test_who_leaves_a_team_no_longer_gets_what_was_exported_of_it(office: Office) -> None:
    assert office.who("supervisor-a").post(f"{office.form}/exports", timeout=60).ok
    with office.survey.database.begin() as session:
        session.execute(office.survey.sql("DELETE FROM team_members"))
    assert "/cancel" not in office.who("supervisor-a").get(f"{office.form}/exports", timeout=60).text


def test_an_export_is_cancelled_and_an_option_that_is_not_offered_is_refused(office: Office) -> None:
    admin = office.who("admin")
    assert admin.post(f"{office.form}/exports", data={"kind": "odd"}, timeout=60).status_code == 422
    assert admin.post(f"{office.form}/exports", data={"format": "csv", "delimiter": "\t"}, timeout=60).ok
    [(export_id,)] = office.survey.rows("SELECT id FROM exports")
    assert admin.post(f"{office.form}/exports/{export_id}/cancel", timeout=60).ok
    assert office.survey.rows("SELECT state FROM exports") == [("cancelled",)]
    told = office.survey.rows("SELECT action FROM audit_log WHERE action LIKE 'export.%' ORDER BY id")
    assert told == [("export.asked",), ("export.cancelled",)]


def test_the_indicators_say_what_the_form_lacks(office: Office) -> None:
    page = office.who("supervisor-a").get(f"{office.form}/indicators", timeout=120)
    assert page.status_code == 200
    assert "Not all can be computed" in page.text
    assert "not of the whole survey" in page.text
