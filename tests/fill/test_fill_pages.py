"""The pages of the phone web app, for eyes, ears and keyboards, in both languages; PIN, preview, correction."""

import base64
import contextlib
import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import PHONE, find_barriers, overflow, visiting
from tests.fill.enumerator import PHOTO, Enumerator
from tests.people import Survey

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# Twice the letters on a phone of 390 pixels leave room for half of them.
ZOOMED = (195, 422)


def token_of(office: Survey, name: str = "Phone 1") -> str:
    return office.phone(name).url.rpartition("/")[2]


@contextmanager
def filling(browser: "Browser", office: Survey, **how: Any) -> Iterator[Enumerator]:
    with visiting(browser, **{"size": PHONE, **how}) as page:
        enumerator = Enumerator(page.context, office.url, page)
        enumerator.enrol(token_of(office))
        yield enumerator


def look(page: "Page") -> list[str]:
    return [*find_barriers(page), *([f"wider than the window by {overflow(page)}"] if overflow(page) > 0 else [])]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page_can_be_used_by_everybody(browser: "Browser", office: Survey, dark: bool) -> None:
    with filling(browser, office, dark=dark, tolerate=lambda told: "ERR_FAILED" in told) as enumerator:
        page = enumerator.page
        enumerator.begin("Household 1")
        enumerator.wait_until_saved()
        page.go_back()
        # Nothing leaves the phone while we look at the queue.
        page.route("**/submission*", lambda route: route.abort())
        enumerator.interview("Household 2")
        for language, tabs in (
            ("English", ["Fill", "Drafts", "Outbox", "This phone"]),
            ("中文", ["填写", "草稿", "发件箱", "本机"]),
        ):
            page.goto(f"{office.url}/fill/#phone")
            page.get_by_role("button", name=language).click()
            for tab in tabs:
                page.get_by_role("navigation").get_by_role("link", name=tab).click()
                assert look(page) == [], (language, tab)
            page.goto(f"{office.url}/fill/#enrol")
            page.locator("#address").fill("my phone")
            page.keyboard.press("Enter")
            page.locator("#enrol-message:not(:empty)").wait_for()
            assert look(page) == [], (language, "enrol")
        page.unroute("**/submission*")


def test_twice_as_large_letters_fit_on_every_page(browser: "Browser", office: Survey) -> None:
    with filling(browser, office, size=ZOOMED) as enumerator:
        enumerator.begin("Household 1", photo=False)
        enumerator.wait_until_saved()
        assert overflow(enumerator.page) == 0
        enumerator.page.go_back()
        for tab in ("Fill", "Drafts", "Outbox", "This phone"):
            enumerator.go(tab)
            assert overflow(enumerator.page) == 0, tab


def test_what_can_be_touched_is_as_large_as_a_thumb(browser: "Browser", office: Survey) -> None:
    with filling(browser, office) as enumerator:
        small = []
        for tab in ("Fill", "Drafts", "Outbox", "This phone"):
            enumerator.go(tab)
            for control in enumerator.page.locator(
                "button:visible, main a:visible, nav a:visible, input:visible"
            ).all():
                box = control.bounding_box()
                assert box
                if box["height"] < 44 or box["width"] < 44:
                    small.append((tab, control.inner_text(), box))
        assert not small


def test_the_keyboard_alone_fills_and_sends(browser: "Browser", office: Survey) -> None:
    with filling(browser, office) as enumerator:
        page = enumerator.page
        press_until(page, "Start an interview")
        page.keyboard.press("Enter")
        page.get_by_role("textbox", name="Name").wait_for()
        press_until(page, "Name")
        page.keyboard.type("Household 1")
        for button in ("Next", "Next", "Finish interview"):
            press_until(page, button)
            page.keyboard.press("Enter")
        page.get_by_text("Finished and kept").wait_for()
        enumerator.wait_until_sent()
    assert office.count("submissions") == 1


def press_until(page: "Page", name: str) -> None:
    """Tab until what has the focus is called so."""
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "(document.activeElement.labels?.[0]?.innerText ?? document.activeElement.innerText ?? '').trim()"
        )
        if focused.startswith(name):
            return
    raise AssertionError(f"{name} cannot be reached with the keyboard")


def test_the_language_that_was_chosen_is_that_of_the_next_start(browser: "Browser", office: Survey) -> None:
    with filling(browser, office) as enumerator:
        enumerator.go("This phone")
        enumerator.page.get_by_role("button", name="中文").click()
        enumerator.page.reload()
        enumerator.page.get_by_role("heading", name="本机").wait_for()
        assert enumerator.page.evaluate("document.documentElement.lang") == "zh"


def test_the_token_is_never_in_the_address_that_the_browser_keeps(browser: "Browser", office: Survey) -> None:
    with filling(browser, office) as enumerator:
        assert enumerator.page.url in (f"{office.url}/fill/", f"{office.url}/fill/#")


def test_a_pin_keeps_others_out_and_the_link_opens_again(browser: "Browser", office: Survey) -> None:
    token = token_of(office)
    with visiting(browser, size=PHONE) as page:
        enumerator = Enumerator(page.context, office.url, page)
        enumerator.enrol(token)
        enumerator.go("This phone")
        page.get_by_label("PIN, 4 to 6 digits").fill("4711")
        page.get_by_role("button", name="Set a PIN").click()
        page.get_by_text("The PIN is set.").wait_for()
        page.reload()
        page.get_by_role("heading", name="PIN of Phone 1").wait_for()
        assert page.get_by_role("button", name="Start an interview").count() == 0
        assert look(page) == []
        page.get_by_label("PIN, 4 to 6 digits").fill("4712")
        page.get_by_role("button", name="Open").click()
        page.get_by_text("That is not the PIN.").wait_for()
        page.get_by_label("PIN, 4 to 6 digits").fill("4711")
        page.get_by_role("button", name="Open").click()
        page.get_by_role("heading", name="This phone").wait_for()
        page.reload()
        page.get_by_role("heading", name="PIN of Phone 1").wait_for()
        page.goto(f"{office.url}/fill/#enrol={token}")
        page.get_by_text("may now fill").wait_for()


def test_two_people_on_a_phone_see_their_own_interviews(browser: "Browser", office: Survey) -> None:
    with filling(browser, office) as enumerator:
        page = enumerator.page
        enumerator.begin("Household 1", photo=False)
        enumerator.wait_until_saved()
        page.goto(f"{office.url}/fill/#enrol={token_of(office, 'Phone 2')}")
        page.get_by_text("Phone 2 may now fill").wait_for()
        enumerator.go("Drafts")
        page.get_by_text("No interview is unfinished.").wait_for()
        enumerator.go("This phone")
        page.get_by_role("button", name="Change to Phone 1").click()
        enumerator.go("Drafts")
        page.get_by_role("button", name="Continue").wait_for()


def test_a_draft_is_open_in_one_tab_only(browser: "Browser", office: Survey) -> None:
    with filling(browser, office) as enumerator:
        enumerator.begin("Household 1", photo=False)
        enumerator.wait_until_saved()
        second = enumerator.context.new_page()
        second.goto(enumerator.page.url)
        second.get_by_text("open in another tab").wait_for()
        assert second.get_by_role("textbox", name="Name").count() == 0
        enumerator.page.get_by_role("button", name="Back to the list").click()
        enumerator.page.get_by_role("heading", name="Forms to fill").wait_for()
        second.reload()
        second.get_by_role("textbox", name="Name").wait_for()


def test_the_office_sees_a_form_that_is_not_published(browser: "Browser", office: Survey) -> None:
    xform = published_xform(office, PREVIEWED)
    # Chromium marks a fault of XML with a style of its own, and then complains of it.
    with visiting(browser, size=PHONE, tolerate=lambda told: "inline style" in told) as page:
        page.route("**/office", lambda route: route.fulfill(body="<title>office</title>", content_type="text/html"))
        page.goto(f"{office.url}/office")
        page.evaluate(FRAME, {"xform": xform})
        frame = page.frame_locator("iframe")
        frame.get_by_role("textbox", name="Crop").fill("rice")
        frame.get_by_text("nothing is kept or sent").wait_for()
        page.evaluate("xform => window.show({ xform, media: {} })", "<broken")
        frame.get_by_text("The form cannot be opened").wait_for()
    assert office.count("submissions") == 0


def test_the_engine_makes_every_digest_though_its_ciphers_were_left_out(browser: "Browser", office: Survey) -> None:
    ways = [*((name, "hex") for name in ("MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512")), ("SHA-256", "base64")]
    rows = [
        f"| | note | n{i} | ${{d{i}}} | |\n| | calculate | d{i} | | digest('水 rice', '{n}', '{c}') |"
        for i, (n, c) in enumerate(ways)
    ]
    table = "\n".join(["| survey | | | | |", "| | type | name | label | calculation |", *rows, *DIGESTS_FORM])
    xform = published_xform(office, table)
    with visiting(browser, size=PHONE) as page:
        page.route("**/office", lambda route: route.fulfill(body="<title>office</title>", content_type="text/html"))
        page.goto(f"{office.url}/office")
        page.evaluate(FRAME, {"xform": xform})
        for name, code in ways:
            digest = hashlib.new(name.replace("-", ""), "水 rice".encode()).digest()
            text = digest.hex() if code == "hex" else base64.b64encode(digest).decode()
            page.frame_locator("iframe").get_by_text(text).first.wait_for()


DIGESTS_FORM = ["| settings | | | | |", "| | form_title | form_id | version | |", "| | Digests | digests | 1 | |"]


def published_xform(office: Survey, form: str) -> str:
    published = office.publish(form, "preview.md")
    phone = office.phone("reader")
    return phone.get(f"{phone.url}/forms/{published.version.id}/form.xml").text


PREVIEWED = """
| survey   |      |      |         |
|          | type | name | label   |
|          | text | crop | Crop    |
| settings |            |         |         |
|          | form_title | form_id | version |
|          | Crops      | crops   | 1       |
"""
FRAME = """({ xform }) => {
  const frame = document.createElement('iframe')
  window.show = (form) => frame.contentWindow.postMessage({ type: 'surveyapp:preview', ...form }, location.origin)
  window.addEventListener('message', ({ data }) => {
    if (data.type === 'surveyapp:preview-ready') window.show({ xform, media: {} })
  })
  frame.src = '/fill/?preview'
  frame.title = 'preview'
  document.body.append(frame)
}"""


def test_a_returned_interview_is_corrected_and_sent_as_an_edit_with_its_photo(
    browser: "Browser", office: Survey
) -> None:
    with filling(browser, office) as enumerator:
        page = enumerator.page
        begin_correction(enumerator, office)
        # Left and taken up again: what the engine forgets of an edit then, the app must not.
        page.reload()
        assert page.get_by_role("textbox", name="Age").input_value() == "44"
        send(enumerator)
    assert office.count("submissions") == 1
    assert office.rows("SELECT age FROM data_people WHERE age IS NOT NULL") == [(44,)]
    assert office.rows("SELECT state FROM submissions") == [("corrected",)]
    assert office.count("submission_versions") == 2
    photos = office.rows("SELECT submission_version_id, sha256 FROM submission_attachments")
    assert len({version for version, _ in photos}) == 2
    assert len({sha256 for _, sha256 in photos}) == 1
    assert office.count("findings") == 0


def begin_correction(enumerator: Enumerator, office: Survey) -> None:
    """An interview with a photo was sent; the office returned it, and it is on its way of being corrected."""
    page = enumerator.page
    enumerator.begin("Household 1")
    send(enumerator)
    [(instance_id,)] = office.rows("SELECT instance_id FROM submission_versions")
    review = f"{office.url}/api/v1/projects/default/forms/people/submissions/{instance_id}/review"
    decision = {"to": "returned", "comment": "The age is missing."}
    assert office.api().post(review, json=decision, timeout=60).status_code == 200
    page.get_by_role("button", name="Look for new forms").click()
    page.get_by_text("The age is missing.").wait_for()
    page.get_by_role("button", name="Correct it").click()
    page.get_by_role("textbox", name="Age").fill("44")
    enumerator.wait_until_saved()


def test_a_correction_brings_its_photo_to_a_server_that_was_put_back_to_before_the_interview(
    browser: "Browser", office: Survey
) -> None:
    with filling(browser, office) as enumerator:
        address = office.config.database_url.removeprefix("sqlite:///")
        with contextlib.closing(sqlite3.connect(address)) as live, sqlite3.connect(":memory:") as backup:
            live.backup(backup)
            begin_correction(enumerator, office)
            backup.backup(live)
        send(enumerator)
    assert office.rows("SELECT name, age FROM data_people") == [("Household 1", 44)]
    photos = office.rows("SELECT sha256 FROM submission_attachments")
    assert photos == [(hashlib.sha256(PHOTO).hexdigest(),)]
    assert office.rows("SELECT check_id FROM findings") == [("unknown-original",)]


def test_a_file_that_no_server_would_take_is_refused_before_the_interview_hangs_on_it(
    browser: "Browser", office: Survey
) -> None:
    with filling(browser, office) as enumerator:
        page = enumerator.page
        page.reload()
        enumerator.begin("Household 1", photo=False)
        enumerator.photograph(b"x" * office.config.accept_content_length)
        page.get_by_text("This file has 10 MB; the server takes at most 9.8 MB.").wait_for()
        assert look(page) == []
        send(enumerator)
    assert office.rows("SELECT name FROM data_people") == [("Household 1",)]
    assert office.count("submission_attachments") == office.count("findings") == 0


def test_who_comes_back_finds_the_page_that_was_open(browser: "Browser", office: Survey) -> None:
    with filling(browser, office) as enumerator:
        enumerator.begin("Household 1", photo=False)
        enumerator.wait_until_saved()
        enumerator.turn()
        enumerator.page.get_by_role("textbox", name="Child's name").wait_for()
        # As a phone does that needs the room for its camera: hidden first, then gone.
        enumerator.page.evaluate("window.dispatchEvent(new Event('pagehide'))")
        enumerator.wait_until_saved()
        enumerator.page.reload()
        enumerator.page.get_by_role("textbox", name="Child's name").wait_for()


def test_what_became_of_an_interview_is_told_until_the_next_one(browser: "Browser", office: Survey) -> None:
    with filling(browser, office, tolerate=lambda told: "ERR_FAILED" in told) as enumerator:
        page = enumerator.page
        told = page.get_by_role("status").filter(has_text="Finished and kept")
        page.route("**/submission*", lambda route: route.abort())
        enumerator.begin("Household 1", photo=False)
        enumerator.turn()
        enumerator.turn()
        enumerator.finish()
        assert told.inner_text() == "Finished and kept. It is sent as soon as there is a connection."
        page.unroute("**/submission*")
        enumerator.send_now()
        enumerator.wait_until_sent()
        told.get_by_text("The server has received it.").wait_for()
        page.get_by_role("navigation", name="Pages").get_by_role("link", name="Fill").click()
        enumerator.begin("Household 2", photo=False)
        page.get_by_role("button", name="Back to the list").click()
        page.get_by_role("heading", name="Forms to fill").wait_for()
        assert told.count() == 0


def send(enumerator: Enumerator) -> None:
    """Finish and send the open interview."""
    enumerator.turn()
    enumerator.turn()
    enumerator.finish()
    enumerator.wait_until_sent()
