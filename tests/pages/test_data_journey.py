"""From a workbook with a fault to the Excel file on the supervisor's desk, in a browser."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest

from surveyapp.problems import FORM_INVALID
from tests.browser import DESK, PHONE, find_barriers, overflow, visiting
from tests.office import browser as sign_in
from tests.office import person, team_phone
from tests.pages.data_office import HOUSEHOLD, JPEG, answers, working
from tests.people import Survey, record

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# Where a developer wants to look at the pages.
SHOTS = os.environ.get("SURVEYAPP_TEST_SHOTS", "")
FAULTY = HOUSEHOLD.replace("${m_name}", "${nobody}")


class Desk:
    """A person at a browser, who looks at each page for barriers."""

    def __init__(self, page: "Page", survey: Survey, login: str, name: str) -> None:
        self.page = page
        self.survey = survey
        self.name = name
        token = sign_in(survey, login).cookies.get("surveyapp_session") or ""
        page.context.add_cookies([{"name": "surveyapp_session", "value": token, "url": survey.url}])

    def look(self, what: str) -> None:
        if SHOTS:
            self.page.screenshot(path=f"{SHOTS}/{self.name}-{what}.png", full_page=True)
        assert find_barriers(self.page) == []
        assert overflow(self.page) == 0

    def go(self, path: str) -> None:
        self.page.goto(f"{self.survey.url}/p/default{path}")


@pytest.mark.parametrize(
    ("size", "language", "dark"),
    # What these two leave out is looked at by test_journey_setup.py.
    [(PHONE, "en", True), (DESK, "zh", False)],
    ids=["phone-en-dark", "desk-zh"],
)
def test_a_form_is_mended_published_filled_read_and_exported(
    browser: "Browser", survey: Survey, tmp_path: Path, size: tuple[int, int], language: str, dark: bool
) -> None:
    person(survey, "admin", "admin")
    person(survey, "enumerator", "enumerator", team="a")
    person(survey, "supervisor", "supervisor", team="a")
    name = f"{size[0]}-{language}"

    def tolerate(complaint: str) -> bool:
        return str(FORM_INVALID.status) in complaint

    with visiting(browser, size=size, language=language, dark=dark, tolerate=tolerate) as page:
        admin = Desk(page, survey, "admin", name)
        admin.go("/forms")
        admin.look("forms-none")
        admin.go("/publish")
        for what, content in (("faulty", FAULTY), ("mended", HOUSEHOLD)):
            upload = tmp_path / f"{what}.md"
            upload.write_text(content)
            page.locator("#file").set_input_files(upload)
            page.locator("form.card button").click()
            page.wait_for_load_state()
            admin.look(f"publish-{what}")
        page.locator("form:has([name=carried]) button").click()
        page.wait_for_url(re.compile("done=form-published"))
        admin.look("form")
        admin.go("/forms")
        admin.look("forms")

    sent = record(answers("Head", -5), instance_id="uuid:1")
    assert team_phone(survey, "phone", "enumerator", "a").send(sent, {"house.jpg": JPEG}).status_code == 201

    with visiting(browser, size=size, language=language, dark=dark, accept_downloads=True) as page:
        supervisor = Desk(page, survey, "supervisor", name)
        supervisor.go("/submissions")
        supervisor.look("submissions")
        page.locator("tbody th a").click()
        page.wait_for_load_state()
        assert page.locator(".photo img").evaluate("image => image.getAttribute('src')").endswith("/files/house.jpg")
        supervisor.look("submission")
        supervisor.go("/exports")
        page.locator("form section button.primary").click()
        page.wait_for_url(re.compile("done=export-asked"))
        supervisor.look("exports-waiting")
        with working(survey):
            page.locator("#exports a.button.primary").wait_for(timeout=30_000)
        supervisor.look("exports")
        with page.expect_download() as fetched:
            page.locator("#exports a.button.primary").click()
        fetched.value.save_as(tmp_path / "fetched.xlsx")
        supervisor.go("/forms/people/indicators")
        supervisor.look("indicators")
    workbook = openpyxl.load_workbook(tmp_path / "fetched.xlsx")
    assert "Head" in {cell for sheet in workbook for row in sheet.iter_rows(values_only=True) for cell in row}


def test_an_export_is_started_and_fetched_without_scripts(browser: "Browser", survey: Survey) -> None:
    person(survey, "admin", "admin")
    survey.publish(HOUSEHOLD)
    with visiting(browser, scripts=False) as page:
        admin = Desk(page, survey, "admin", "plain")
        admin.go("/forms/people/exports")
        page.locator("form section button.primary").click()
        with working(survey):
            for _ in range(100):
                page.wait_for_timeout(100)
                page.locator("#exports p a").click()
                if page.locator("#exports a.button.primary").count():
                    break
        assert page.locator("#exports a.button.primary").count() == 1
