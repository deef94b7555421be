"""The first day of a server, in a browser: the operator's link, a password, a project, phones and their cards."""

import re
from typing import TYPE_CHECKING

import pytest

from surveyapp.people.accounts import ensure_operator
from tests.browser import DESK, PHONE, find_barriers, overflow, visiting
from tests.office import browser as signed_in
from tests.office import person, team_phone
from tests.people import PEOPLE, Phone, Survey, now, record

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, PdfMargins

MARGINS: "PdfMargins" = {"top": "10mm", "bottom": "10mm", "left": "10mm", "right": "10mm"}
PASSWORD = "seven quiet herons wade"


def is_whole(page: "Page") -> None:
    """No barrier, and nothing beside the window."""
    assert find_barriers(page) == []
    assert overflow(page) == 0


def let_in(page: "Page", survey: Survey, login: str) -> None:
    """Sign a person in without a password."""
    for name, value in signed_in(survey, login).cookies.items():
        page.context.add_cookies([{"name": name, "value": str(value), "url": survey.url}])


# What these two leave out is looked at by test_journey_setup.py.
@pytest.mark.parametrize(("size", "language"), [(PHONE, "en"), (DESK, "zh")], ids=["phone-en", "desk-zh"])
def test_from_the_first_link_to_a_phone_that_sends(
    browser: "Browser", survey: Survey, size: tuple[int, int], language: str
) -> None:
    with survey.database.begin() as session:
        secret = ensure_operator(session, now())
    with visiting(browser, size=size, language=language) as page:
        page.goto(f"{survey.url}/link/{secret}")
        is_whole(page)
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("main form button").click()
        page.wait_for_url("**/projects")
        is_whole(page)
        page.locator("#name").fill("Livelihood survey")
        page.locator("#slug").fill("livelihood")
        page.locator("main form button").click()
        page.wait_for_url("**/p/livelihood*")
        is_whole(page)
        page.locator(".step a[href$='/phones/add']").click()
        is_whole(page)
        page.locator("#count").fill("3")
        page.locator("main form button").click()
        page.locator(".phone-card").first.wait_for()
        is_whole(page)
        assert page.locator(".phone-card").count() == 3
        # The codes are drawn, and large enough to be scanned.
        for image in page.locator("img.qr").all():
            assert image.evaluate("image => image.naturalWidth > 0 && image.clientWidth > 90")
        survey.publish(PEOPLE, project="livelihood")
        url = page.locator(".server-url").first.inner_text()
        assert Phone(url).send(record("<name>A</name>")).status_code == 201
        page.goto(f"{survey.url}/p/livelihood/phones")
        is_whole(page)
        assert "ODK Collect 2026.3.1" in page.inner_text("main")
        page.goto(f"{survey.url}/p/livelihood")
        assert page.locator(".step.is-done").count() == 3


ADDRESSES = [
    "/account",
    "/account/totp",
    "/people",
    "/people/sup",
    "/projects",
    "/audit",
    "/audit/verify",
    "/p/default",
    "/p/default/people",
    "/p/default/teams/1",
    "/p/default/phones",
    "/p/default/phones/1",
    "/p/default/phones/add",
    "/p/default/tokens",
    "/p/default/audit",
    "/p/default/settings",
]


# Each size, language and colour meets each other one in two of these.
@pytest.mark.parametrize(
    ("size", "language", "dark"),
    [(PHONE, "en", False), (PHONE, "zh", True), (DESK, "en", True), (DESK, "zh", False)],
    ids=["phone-en-light", "phone-zh-dark", "desk-en-dark", "desk-zh-light"],
)
def test_every_page_of_people_has_no_barriers_and_fits_its_window(
    browser: "Browser", survey: Survey, size: tuple[int, int], language: str, dark: bool
) -> None:
    survey.publish(PEOPLE)
    person(survey, "root", operator=True)
    person(survey, "sup", "supervisor", team="North")
    team_phone(survey, "Phone 1", "sup", "North").form_list()
    program = survey.api()
    assert program.post(f"{survey.url}/api/v1/projects/default/devices", json={"names": ["B"]}, timeout=60).ok
    with visiting(browser, size=size, language=language, dark=dark) as page:
        let_in(page, survey, "root")
        for address in ADDRESSES:
            answer = page.goto(survey.url + address)
            assert answer
            assert answer.ok, address
            assert find_barriers(page) == [], address
            assert overflow(page) == 0, address


def test_a_person_signs_in_and_out_without_scripts(browser: "Browser", survey: Survey) -> None:
    with survey.database.begin() as session:
        secret = ensure_operator(session, now())
    with visiting(browser, scripts=False) as page:
        page.goto(f"{survey.url}/link/{secret}")
        page.get_by_text("Show what I type").click()
        page.locator("[name=password]").fill(PASSWORD)
        assert page.locator("[name=password]").get_attribute("type") == "text"
        page.locator("main form button").click()
        page.locator(".bar .menu.right summary").click()
        page.get_by_role("button", name="Sign out").click()
        assert "You are signed out." in page.inner_text("main")
        page.get_by_role("link", name="Sign in").last.click()
        page.locator("#login").fill("operator")
        page.locator("#password").fill(PASSWORD)
        page.locator("main form button").click()
        page.wait_for_url("**/projects")


def test_six_cards_fit_a_printed_page(browser: "Browser", survey: Survey) -> None:
    survey.create_project("alpha")
    person(survey, "chief", "admin", project="alpha")
    with visiting(browser) as page:
        let_in(page, survey, "chief")
        page.goto(f"{survey.url}/p/alpha/phones/add")
        page.locator("#count").fill("12")
        page.locator("main form button").click()
        page.locator(".phone-card").first.wait_for()
        printed = page.pdf(format="A4", margin=MARGINS)
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 2
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 718, "height": 1047})  # 190 mm, what A4 leaves
        cut = "cards => cards.filter(card => card.scrollHeight > card.clientHeight).length"
        assert page.locator(".phone-card").evaluate_all(cut) == 0
