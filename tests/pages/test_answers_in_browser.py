"""Answers, summary and map in a browser: on a phone and on a desk, in both languages."""

from typing import TYPE_CHECKING

import pytest

from tests.browser import DESK, PHONE, SHOTS, find_barriers, overflow, visiting
from tests.office import person, team_phone
from tests.pages.data_office import HOUSEHOLD
from tests.pages.test_people_in_browser import let_in
from tests.people import Survey, record

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def look(page: "Page", name: str) -> None:
    """No barrier, and nothing beside the window."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
    assert find_barriers(page) == []
    assert overflow(page) == 0


@pytest.mark.parametrize(
    ("size", "language", "dark"), [(PHONE, "zh", True), (DESK, "en", False)], ids=["phone", "desk"]
)
def test_answers_are_looked_through_summed_up_and_found_on_the_map(
    browser: "Browser", survey: Survey, size: tuple[int, int], language: str, *, dark: bool
) -> None:
    survey.publish(HOUSEHOLD)
    person(survey, "ada", "admin")
    person(survey, "eve", "enumerator", team="a")
    phone = team_phone(survey, "phone", "eve", "a")
    for number in range(30):
        place = f"{25 + number % 7 * 0.003} {102 + number % 5 * 0.004} 1900 5" if number else "48.2 16.4 0 5"
        answers = (
            f"<hh_name>Head {number}</hh_name><village>{number % 3 or ''}</village><place>{place}</place>"
            f"<money><income>{number * 10}</income></money><member><m_name>A</m_name><m_age>{number}</m_age></member>"
        )
        phone.send(record(answers, instance_id=f"uuid:{number}"))
    name = f"{size[0]}-{language}"
    with visiting(browser, size=size, language=language, dark=dark) as page:
        let_in(page, survey, "ada")
        page.goto(f"{survey.url}/p/default/forms/people/answers")
        look(page, f"answers-{name}")
        assert page.locator("tbody tr").count() == 30
        page.locator("details:has(#c) summary").first.click()
        page.locator("#c label", has_text="收入" if language == "zh" else "Income").locator("input").uncheck()
        page.locator("main form button").nth(1).click()
        page.wait_for_url("**c=*")
        look(page, f"answers-chosen-{name}")
        assert "收入" not in page.inner_text("table thead")
        page.select_option("#table", index=1)
        page.locator("main form button").nth(1).click()
        page.wait_for_url("**table=*member*")
        look(page, f"answers-members-{name}")
        page.goto(f"{survey.url}/p/default/forms/people/summary")
        look(page, f"summary-{name}")
        assert page.locator("section.summary").count() == 5
        page.goto(f"{survey.url}/p/default/forms/people/map")
        look(page, f"map-{name}")
        assert page.locator(".scatter > svg circle").count() == 29
        page.locator(".scatter > svg a").last.click()
        page.wait_for_url("**/submissions/*")
