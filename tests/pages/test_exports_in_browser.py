"""Exports in a browser: options kept under a name and begun from, and the classes of questions confirmed."""

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser import DESK, PHONE, find_barriers, overflow, visiting
from tests.office import browser as signed_in
from tests.office import person
from tests.pages.data_office import HOUSEHOLD
from tests.people import Survey

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.mark.parametrize(
    ("size", "language", "dark"), [(PHONE, "zh", True), (DESK, "en", False)], ids=["phone-zh-dark", "desk-en"]
)
def test_options_are_kept_and_begun_from_and_classes_confirmed(
    browser: "Browser", survey: Survey, size: tuple[int, int], language: str, dark: bool
) -> None:
    person(survey, "admin", "admin")
    survey.publish(HOUSEHOLD)
    with visiting(browser, size=size, language=language, dark=dark) as page:
        token = signed_in(survey, "admin").cookies.get("surveyapp_session") or ""
        page.context.add_cookies([{"name": "surveyapp_session", "value": token, "url": survey.url}])
        page.goto(f"{survey.url}/p/default/forms/people/exports")
        page.locator("#format").select_option("sav")
        page.locator("details.fold > summary").last.click()
        page.locator("#definition").fill("Weekly")
        page.locator("[formaction]").click()
        page.wait_for_url(re.compile("done=definition-saved"))
        assert find_barriers(page) == []
        assert overflow(page) == 0
        page.goto(f"{survey.url}/p/default/forms/people/exports")
        assert page.locator("#format").input_value() == "xlsx"
        page.locator("a[href*='from=']").click()
        page.wait_for_url(re.compile("from="))
        assert page.locator("#format").input_value() == "sav"
        page.locator("a[href$='/exports/protection']").click()
        page.wait_for_url(re.compile("/exports/protection$"))
        assert find_barriers(page) == []
        assert overflow(page) == 0
        page.locator("main button.primary").click()
        page.wait_for_url(re.compile("done=protection-confirmed"))
    assert survey.count("confirmed_protections") == 1
