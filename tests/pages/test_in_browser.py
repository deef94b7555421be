"""The pages as a browser shows them: no barrier, no complaint, nothing beside the window, in each guise."""

from typing import TYPE_CHECKING

import pytest

from tests.browser import DESK, PHONE, find_barriers, overflow, visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ADDRESSES = ["/", "/api/v1/docs", "/gallery/", "/gallery/nobody"]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_has_no_barriers_and_fits_its_window(
    browser: "Browser", office_url: str, address: str, size: tuple[int, int], language: str, dark: bool
) -> None:
    with visiting(browser, size=size, language=language, dark=dark) as page:
        page.goto(office_url + address)
        assert page.evaluate("document.documentElement.lang") == {"en": "en", "zh": "zh-Hans"}[language]
        assert find_barriers(page) == []
        assert overflow(page) == 0


def test_a_page_still_fits_when_it_is_read_at_twice_the_size(browser: "Browser", office_url: str) -> None:
    # A window half as wide is what a browser makes of 200 %; 320 px is the narrowest that WCAG asks for (1.4.10).
    with visiting(browser, size=(320, 600)) as page:
        page.goto(f"{office_url}/gallery/")
        assert overflow(page) == 0


def test_the_first_key_leads_past_the_navigation(browser: "Browser", office_url: str) -> None:
    with visiting(browser) as page:
        page.goto(f"{office_url}/gallery/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"


def test_a_menu_opens_and_closes_by_keyboard(browser: "Browser", office_url: str) -> None:
    with visiting(browser, size=PHONE) as page:
        page.goto(f"{office_url}/gallery/")
        page.locator(".places summary").focus()
        page.keyboard.press("Enter")
        assert page.get_by_role("link", name="Corrections").is_visible()
        page.keyboard.press("Tab")
        page.keyboard.press("Escape")
        assert not page.get_by_role("link", name="Corrections").is_visible()
        assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_a_phone_reaches_every_section_without_scripts(browser: "Browser", office_url: str) -> None:
    with visiting(browser, size=PHONE, scripts=False) as page:
        page.goto(f"{office_url}/gallery/")
        assert not page.get_by_role("link", name="Corrections").is_visible()
        page.locator(".places summary").click()
        assert page.get_by_role("link", name="Corrections").is_visible()


def test_a_row_of_a_table_is_a_card_on_a_phone_and_stays_a_row_for_a_screen_reader(
    browser: "Browser", office_url: str
) -> None:
    with visiting(browser, size=PHONE) as page:
        page.goto(f"{office_url}/gallery/")
        row = page.get_by_role("row").filter(has_text="YN-04-0171")
        box = row.bounding_box()
        assert box
        assert box["width"] <= PHONE[0]
        assert row.get_by_role("cell").count() == 5
        label = row.locator("td").first.evaluate("cell => getComputedStyle(cell, '::before').content")
        assert label == '"Received"'


def test_a_part_is_fetched_under_the_policy_and_carries_the_token(browser: "Browser", office_url: str) -> None:
    with visiting(browser) as page:
        page.goto(f"{office_url}/gallery/")
        page.get_by_role("button", name="Preview").click()
        page.locator("#arrived").wait_for()
        assert page.locator("#arrived").text_content() == "a-token"


def test_a_refused_part_is_shown_at_the_top_of_the_page(browser: "Browser", office_url: str) -> None:
    with visiting(browser, tolerate=lambda complaint: "409" in complaint) as page:
        page.goto(f"{office_url}/gallery/")
        page.get_by_role("button", name="Refuse").click()
        page.locator("#notices .notice").wait_for()
        assert "Somebody else was quicker." in page.locator("#notices").inner_text()
        assert page.locator("#arriving").inner_text() == ""


def test_an_address_is_copied_by_its_button(browser: "Browser", office_url: str) -> None:
    with visiting(browser, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto(f"{office_url}/gallery/")
        page.get_by_role("button", name="Copy").click()
        page.get_by_role("button", name="Copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == page.locator("#address").inner_text()


def test_what_is_taken_away_is_asked_about_first(browser: "Browser", office_url: str) -> None:
    with visiting(browser, scripts=False) as page:
        page.goto(f"{office_url}/gallery/")
        assert not page.get_by_role("button", name="Remove", exact=True).is_visible()
        page.locator("details.confirm summary").click()
        assert page.get_by_role("button", name="Remove", exact=True).is_visible()
        assert page.locator("details.confirm input[name=csrf]").input_value() == "a-token"
