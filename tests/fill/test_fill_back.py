"""The phone's Back button, and Forward, in an interview: pages turn, what lies over them closes, no answer is lost."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser import PHONE, visiting
from tests.fill.enumerator import Enumerator
from tests.people import Survey

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PAGES = 24
HOUSEHOLD = """
| survey | | | | | |
| | type | name | label | appearance | repeat_count |
| | begin group | first | First page | | |
| | text | head | Head | | |
| | integer | size | Members | | |
| | date | moved | Month of the move | month-year | |
| | end group | | | | |
| | begin repeat | member | Member | | ${size} |
| | text | m_name | Member's name | | |
| | end repeat | | | | |
| | begin group | last | Signed | | |
| | image | signed | Signature | signature | |
| | end group | | | | |
| settings | | |
| | form_title | form_id |
| | Household | household |
"""
LONG = "\n".join(
    [
        "| survey | | | |",
        "| | type | name | label |",
        *(
            f"| | begin group | g{n} | Page {n} |\n| | text | q{n} | Answer {n} |\n| | end group | | |"
            for n in range(1, PAGES + 1)
        ),
        "| settings | | |",
        "| | form_title | form_id |",
        "| | Long | long |",
    ]
)


@pytest.fixture
def enumerator(browser: "Browser", office: Survey) -> Iterator[Enumerator]:
    for form in (HOUSEHOLD, LONG):
        office.publish(form, "form.md")
    with visiting(browser, size=PHONE) as page:
        found = Enumerator(page.context, office.url, page)
        found.enrol(office.phone("Phone 1").url.rpartition("/")[2])
        yield found


def begin(enumerator: Enumerator, form: str) -> "Page":
    page = enumerator.page
    page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=form)).get_by_role("button").click()
    return page


def test_back_and_forward_turn_pages_and_keep_what_is_still_being_typed(enumerator: Enumerator) -> None:
    page = begin(enumerator, "Household")
    page.get_by_role("textbox", name="Head").fill("Li Wei")
    page.get_by_role("textbox", name="Members").fill("2")
    enumerator.turn()
    page.get_by_role("textbox", name="Member's name").fill("An")
    page.go_back()
    page.get_by_role("textbox", name="Head").wait_for()
    # A number of rows is taken when its box is left, and Back leaves it.
    page.get_by_role("textbox", name="Members").fill("3")
    page.get_by_role("combobox", name="Month").select_option("05")
    page.get_by_role("textbox", name="Year").fill("2019")
    page.go_forward()
    page.get_by_role("button", name="Member 3").wait_for()
    assert page.get_by_role("textbox", name="Member's name").input_value() == "An"
    enumerator.wait_until_saved()
    page.reload()
    page.get_by_role("button", name="Member 3").wait_for()
    page.go_back()
    assert page.get_by_role("textbox", name="Members").input_value() == "3"
    assert page.get_by_role("textbox", name="Year").input_value() == "2019"
    page.go_back()
    page.get_by_text("Kept under Drafts.").wait_for()
    page.go_forward()
    assert page.get_by_role("textbox", name="Head").input_value() == "Li Wei"
    page.go_forward()
    page.get_by_role("button", name="Member 1 An").wait_for()
    page.go_back()
    page.go_back()
    page.get_by_role("heading", name="Forms to fill").wait_for()
    assert enumerator.count("draft") == 1


def test_back_closes_what_lies_over_the_page_and_keeps_what_was_drawn(enumerator: Enumerator) -> None:
    page = begin(enumerator, "Household")
    page.get_by_role("textbox", name="Members").fill("2")
    enumerator.turn()
    page.get_by_role("textbox", name="Member's name").fill("An")
    page.go_back()
    # Fewer rows than have answers: the question of the form stands over the page, and Back answers it with no.
    page.get_by_role("textbox", name="Members").fill("0")
    page.go_back()
    page.get_by_text("1 row with answers will be removed.").wait_for()
    page.go_back()
    page.get_by_role("dialog").wait_for(state="detached")
    assert page.get_by_role("textbox", name="Members").input_value() == "2"
    page.get_by_role("button", name="Contents").click()
    page.go_back()
    page.get_by_role("dialog").wait_for(state="detached")
    page.get_by_role("button", name="Contents").click()
    page.get_by_role("button", name="Signed").click()
    page.get_by_role("button", name="Sign", exact=True).click()
    draw(page)
    page.go_back()
    page.locator("figure img").wait_for()
    page.get_by_role("button", name="Sign", exact=True).click()
    draw(page)
    page.go_back()
    page.locator("canvas").wait_for(state="detached")
    page.get_by_role("heading", name="Signed").wait_for()
    page.go_back()
    assert page.get_by_role("textbox", name="Member's name").input_value() == "An"


def test_what_is_being_drawn_goes_along_when_the_page_is_turned(enumerator: Enumerator, office: Survey) -> None:
    page = begin(enumerator, "Household")
    page.get_by_role("button", name="Contents").click()
    page.get_by_role("button", name="Signed").click()
    page.get_by_role("button", name="Sign", exact=True).click()
    draw(page)
    enumerator.turn()
    enumerator.finish()
    enumerator.wait_until_sent()
    assert office.rows("SELECT content_type FROM submission_attachments") == [("image/png",)]
    assert page.get_by_role("heading", name="Forms to fill").is_visible()
    page.go_forward()
    page.get_by_text("This interview is not on this phone.").wait_for()


def draw(page: "Page") -> None:
    canvas = page.locator("canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 60, steps=5)
    page.mouse.up()
    page.get_by_role("button", name="Done").and_(page.locator(":enabled")).wait_for()


def test_twenty_quick_backs_are_twenty_pages_and_a_draft_has_as_many(enumerator: Enumerator) -> None:
    page = begin(enumerator, "Long")
    for number in range(1, PAGES):
        page.get_by_role("textbox", name=f"Answer {number}", exact=True).fill(f"a{number}")
        enumerator.turn()
    page.get_by_role("textbox", name=f"Answer {PAGES}").fill("the last")
    page.evaluate(QUICKLY, 4)
    page.get_by_role("textbox", name=f"Answer {PAGES - 20}", exact=True).wait_for()
    page.get_by_role("button", name="Back to the list").click()
    page.get_by_role("heading", name="Forms to fill").wait_for()
    # One entry stood below the interview, and the list is that one again.
    assert page.evaluate("history.state.at") == 0

    enumerator.go("Drafts")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Contents").click()
    page.get_by_role("button", name=f"Page {PAGES}").click()
    assert page.get_by_role("textbox", name=f"Answer {PAGES}").input_value() == "the last"
    enumerator.wait_until_saved()
    page.reload()
    page.get_by_role("textbox").wait_for()
    for number in range(PAGES - 1, 0, -1):
        page.go_back()
        assert page.get_by_role("textbox", name=f"Answer {number}", exact=True).input_value() == f"a{number}"
    page.go_back()
    page.get_by_role("heading", name="Unfinished interviews").wait_for()


QUICKLY = """async (times) => {
  for (let time = 0; time < times; time++) {
    const gone = new Promise((resolve) => addEventListener('popstate', resolve, { once: true }))
    // As one who presses faster than the phone can turn pages.
    history.go(-5)
    await gone
  }
}"""
