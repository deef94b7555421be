"""A session lasts as long as somebody is at work, and a form that is filled in is work."""

from typing import TYPE_CHECKING

from tests.browser import visiting
from tests.office import person
from tests.pages.test_people_in_browser import let_in
from tests.people import Survey

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_typing_into_a_form_keeps_the_session(browser: "Browser", survey: Survey) -> None:
    person(survey, "ada", "admin")
    with visiting(browser) as page:
        page.clock.install()
        let_in(page, survey, "ada")
        page.goto(f"{survey.url}/account")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.method))
        page.locator("input[name=name]").press_sequentially("A")
        assert asked == []
        page.clock.fast_forward("06:00")
        with page.expect_request("**/account") as sent:
            page.locator("input[name=name]").press_sequentially("da")
        assert sent.value.method == "HEAD"
        assert len(asked) == 1
