"""Review in a browser: the queue by keyboard, two supervisors at one submission, and every page without barriers."""

from typing import TYPE_CHECKING

import pytest

from tests.browser import DESK, PHONE, find_barriers, overflow, visiting
from tests.doors.review_office import HOUSE, answers, house
from tests.office import browser as signed_in
from tests.office import person, team_phone
from tests.people import Survey

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FORM = "/p/default/forms/house"


def let_in(page: "Page", survey: Survey, login: str) -> None:
    """Sign a person in without a password."""
    for name, value in signed_in(survey, login).cookies.items():
        page.context.add_cookies([{"name": name, "value": str(value), "url": survey.url}])


@pytest.fixture
def sent(survey: Survey) -> Survey:
    """Three submissions of a team with two supervisors, the last of them with an error."""
    survey.publish(HOUSE)
    for login in ("one", "two"):
        person(survey, login, "supervisor", team="North")
    person(survey, "boss", "admin")
    phone = team_phone(survey, "Phone 1", "one", "North")
    for number, age in ((1, 30), (2, 40), (3, 150)):
        assert phone.send(house(f"uuid:{number}", answers(f"N{number}", age))).status_code == 201
    return survey


def state(survey: Survey, number: int) -> str:
    found: str = survey.rows(f"SELECT state FROM submissions WHERE id = {number}")[0][0]
    return found


def test_a_supervisor_goes_through_the_queue_by_keyboard_and_may_switch_the_keys_off(
    browser: "Browser", sent: Survey
) -> None:
    with visiting(browser) as page:
        let_in(page, sent, "one")
        page.goto(f"{sent.url}{FORM}/review")
        page.keyboard.press("n")
        page.wait_for_url("**/submissions/1?queue=1")
        page.keyboard.press("a")
        page.wait_for_url("**/submissions/2?*")
        assert state(sent, 1) == "approved"
        page.goto(f"{sent.url}{FORM}/review")
        page.locator("[data-keys-switch]").click()
        page.goto(f"{sent.url}{FORM}/submissions/2?queue=1")
        page.keyboard.press("a")
        page.wait_for_timeout(300)
        assert state(sent, 2) == "received"
        page.get_by_role("button", name="Approve", exact=True).click()
        page.wait_for_url("**/submissions/3?*")
        assert state(sent, 2) == "approved"


def test_two_supervisors_edit_at_once_and_nothing_is_lost(browser: "Browser", sent: Survey) -> None:
    with visiting(browser) as first, visiting(browser, tolerate=lambda words: "409" in words) as second:
        let_in(first, sent, "one")
        let_in(second, sent, "two")
        for page in (first, second):
            page.goto(f"{sent.url}{FORM}/submissions/1/edit")
        first.locator('[name="a:/data/age"]').fill("31")
        first.get_by_role("button", name="Save").click()
        first.wait_for_url("**/submissions/1?done=edited")
        second.locator('[name="a:/data/name"]').fill("Anna")
        second.get_by_role("button", name="Save").click()
        assert "31" in second.locator("main table").inner_text()
        assert find_barriers(second) == []
        second.get_by_role("button", name="Apply mine on top").click()
        second.wait_for_url("**/submissions/1?done=edited")
        # Now both want the same answer.
        for page in (first, second):
            page.goto(f"{sent.url}{FORM}/submissions/1/edit")
        assert first.locator('[name="a:/data/name"]').input_value() == "Anna"
        assert first.locator('[name="a:/data/age"]').input_value() == "31"
        for page, age in ((first, "32"), (second, "33")):
            page.locator('[name="a:/data/age"]').fill(age)
            page.get_by_role("button", name="Save").click()
        assert second.locator('input[type=radio][value="theirs"]').is_checked()
        second.locator('input[type=radio][value="mine"]').check()
        second.get_by_role("button", name="Apply what I chose").click()
        second.wait_for_url("**/submissions/1?done=edited")
    contents = [row[0] for row in sent.rows("SELECT content FROM submission_versions WHERE submission_id = 1")]
    assert [b"<age>%d</age>" % age in content for age, content in zip((30, 31, 31, 32, 33), contents, strict=True)]
    assert b"<name>Anna</name>" in contents[-1]


def test_a_row_added_by_one_and_an_answer_edited_by_the_other_both_count(browser: "Browser", sent: Survey) -> None:
    phone = team_phone(sent, "Phone 2", "one", "North")
    body = f"{answers('Roster')}<child><c_age>5</c_age></child><child><c_age>7</c_age></child>"
    assert phone.send(house("uuid:9", body)).status_code == 201
    edit = f"{sent.url}{FORM}/submissions/4/edit"
    with visiting(browser) as first, visiting(browser, tolerate=lambda words: "409" in words) as second:
        let_in(first, sent, "one")
        let_in(second, sent, "two")
        for page in (first, second):
            page.goto(edit)
        # One adds a child, and takes the first one out, which is asked once more.
        first.get_by_role("button", name="Add a row: Child").click()
        first.locator('[name="a:/data/child[+1]/c_age"]').fill("3")
        first.get_by_label("Remove Child 1").check()
        first.get_by_role("button", name="Save", exact=True).click()
        assert "/data/child[1]: Age 5" in first.get_by_role("alert").inner_text()
        assert find_barriers(first) == []
        first.get_by_role("button", name="Save, and remove them").click()
        first.wait_for_url("**/submissions/4?done=edited")
        # The other, who still sees the former two, means the second of them.
        second.locator('[name="a:/data/child[2]/c_age"]').fill("8")
        second.get_by_role("button", name="Save", exact=True).click()
        assert "Row removed" in second.locator("main table").inner_text()
        assert find_barriers(second) == []
        second.get_by_role("button", name="Apply mine on top").click()
        second.wait_for_url("**/submissions/4?done=edited")
        # What lies in a row that is gone cannot be put on top of it.
        second.goto(edit)
        first.goto(edit)
        first.get_by_label("Remove Child 2").check()
        first.get_by_role("button", name="Save", exact=True).click()
        first.get_by_role("button", name="Save, and remove them").click()
        first.wait_for_url("**/submissions/4?done=edited")
        second.locator('[name="a:/data/child[2]/c_age"]').fill("4")
        second.locator('[name="a:/data/name"]').fill("Rosters")
        second.get_by_role("button", name="Save", exact=True).click()
        assert "The row was removed" in second.locator("main table").inner_text()
        second.get_by_role("button", name="Apply what I chose").click()
        second.wait_for_url("**/submissions/4?done=edited")
    ((table,),) = sent.rows("SELECT name FROM answer_tables WHERE repeat_path <> ''")
    assert sent.rows(f"SELECT c_age FROM {table} WHERE _submission_id = 4") == [(8,)]
    assert sent.rows("SELECT name FROM data_house WHERE _submission_id = 4") == [("Rosters",)]
    assert sent.rows("SELECT max(number) FROM submission_versions WHERE submission_id = 4") == [(5,)]


def test_who_has_it_open_is_told_to_the_second_and_blocks_nobody(browser: "Browser", sent: Survey) -> None:
    with visiting(browser) as page:
        let_in(page, sent, "one")
        page.goto(f"{sent.url}{FORM}/submissions/1")
    with visiting(browser) as page:
        let_in(page, sent, "two")
        page.goto(f"{sent.url}{FORM}/submissions/1")
        assert "one has it open too" in page.locator("main").inner_text()
        page.get_by_role("button", name="Approve", exact=True).click()
        page.wait_for_url("**done=decided*")
    assert state(sent, 1) == "approved"


ADDRESSES = [
    "/review",
    "/submissions/1",
    "/submissions/3",
    "/submissions/3/edit",
    "/returned",
    "/deleted",
    "/review/bulk?state=received",
    "/review/bulk-edit?state=received",
    "/review/policy",
]


@pytest.mark.parametrize(
    ("size", "language", "dark"), [(PHONE, "zh", True), (DESK, "en", False)], ids=["phone-zh-dark", "desk-en-light"]
)
def test_every_page_of_review_has_no_barriers_and_fits_its_window(
    browser: "Browser", sent: Survey, size: tuple[int, int], language: str, dark: bool
) -> None:
    boss = signed_in(sent, "boss")
    address = f"{sent.url}{FORM}/submissions"
    returned = {"to": "returned", "comment": "Ask for the school"}
    assert boss.post(f"{address}/2/review", data=returned, timeout=60).status_code == 200
    remark = {"text": "Is it true?", "path": "/data/age"}
    assert boss.post(f"{address}/3/comments", data=remark, timeout=60).status_code == 200
    with visiting(browser, size=size, language=language, dark=dark) as page:
        let_in(page, sent, "boss")
        for path in ADDRESSES:
            page.goto(f"{sent.url}{FORM}{path}")
            for fold in page.locator("main details").all():
                fold.evaluate("fold => { fold.open = true }")
            assert find_barriers(page) == [], path
            assert overflow(page) == 0, path
