"""The quality board in a browser: from what looks odd to each finding, and acknowledged."""

from typing import TYPE_CHECKING

import pytest

from surveyapp.watch import Watch
from tests.browser import DESK, PHONE, find_barriers, overflow, visiting
from tests.doors.test_backcheck_rates import ask_again
from tests.doors.test_quality import ITEMS, interview, village
from tests.office import person
from tests.pages.test_people_in_browser import let_in
from tests.people import Survey

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def is_whole(page: "Page") -> None:
    """No barrier, and nothing beside the window."""
    assert find_barriers(page) == []
    assert overflow(page) == 0


@pytest.mark.parametrize(
    ("size", "language", "dark"),
    [(PHONE, "en", False), (DESK, "en", True), (PHONE, "zh", True), (DESK, "zh", False)],
    ids=["phone-en-light", "desk-en-dark", "phone-zh-dark", "desk-zh-light"],
)
def test_a_finding_is_looked_up_and_acknowledged(
    browser: "Browser", survey: Survey, size: tuple[int, int], language: str, *, dark: bool
) -> None:
    survey.publish(village())
    person(survey, "ada", "admin")
    phone = survey.phone()
    alike = dict.fromkeys(ITEMS, "the same")
    for number in range(3):
        phone.send(interview(str(number), {**alike, "income": str(400 + number)}, instance_id=f"uuid:{number}"))
    phone.send(interview("9", {"enumerator": "asdf"}, instance_id="uuid:9"))
    Watch(survey.config, survey.database, survey.files).check_waiting()
    with visiting(browser, size=size, language=language, dark=dark) as page:
        let_in(page, survey, "ada")
        page.goto(f"{survey.url}/p/default/forms/village/quality")
        is_whole(page)
        page.locator("main a[href*='check=S11']").first.click()
        page.wait_for_url("**/quality/findings*")
        is_whole(page)
        page.locator("input[name=finding]").check()
        page.locator("#reason").fill("his real name")
        page.locator("button[value=acknowledge]").click()
        page.wait_for_url("**done=saved*")
        is_whole(page)
        assert page.locator("input[name=finding]").count() == 0
        page.goto(f"{survey.url}/p/default/forms/village/quality/findings?state=acknowledged")
        is_whole(page)
        assert "his real name" in page.inner_text("main")
        page.locator("main a[href*='/submissions/']").first.click()
        page.wait_for_url("**/submissions/4")
        assert "his real name" in page.inner_text("main")
        page.locator("form:has(input[name=odd]) button").first.click()
        page.wait_for_url("**done=reopened*")
        page.locator("td .fold summary").first.click()
        is_whole(page)
        page.locator("td .fold input[name=reason]").first.fill("as he is called")
        page.locator("td .fold button").first.click()
        page.wait_for_url("**done=acknowledged*")
        assert "as he is called" in page.inner_text("main")


def test_backchecks_are_read_on_a_phone_and_at_a_desk(browser: "Browser", survey: Survey) -> None:
    ask_again(survey)
    person(survey, "ada", "admin")
    for size, language, dark in ((PHONE, "zh", True), (DESK, "en", False)):
        with visiting(browser, size=size, language=language, dark=dark) as page:
            let_in(page, survey, "ada")
            page.goto(f"{survey.url}/p/default/forms/village/quality")
            page.locator("a[href$='/quality/backchecks']").click()
            page.wait_for_url("**/quality/backchecks")
            is_whole(page)
            assert ("Income" if language == "en" else "收入") in page.inner_text("main")
            page.locator("main a[href*='enumerator=ana']").click()
            page.wait_for_url("**enumerator=ana")
            is_whole(page)
            assert "601" in page.inner_text("main")
            page.locator("main a[href*='/submissions/']").first.click()
            page.wait_for_url("**/submissions/*")
