"""What goes wrong in the field: a full phone, a wrong clock, a form that is replaced, languages that change."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.browser import PHONE, visiting
from tests.fill.enumerator import Enumerator
from tests.people import PEOPLE, Survey

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TWO_TONGUES = """
| survey | | | | | | |
| | type | name | label::English (en) | label::中文 (zh) | appearance | required |
| | text | name | Name | 姓名 | | yes |
| | select_one roof | roof | Roof | 屋顶 | minimal | |
| | date | built | Built in | 建于 | month-year | |
| choices | | | | |
| | list_name | name | label::English (en) | label::中文 (zh) |
| | roof | tin | Tin | 铁皮 |
| | roof | straw | Straw | 茅草 |
| settings | | | |
| | form_title | form_id | default_language |
| | Tongues | tongues | English (en) |
"""


@pytest.fixture
def enumerator(browser: "Browser", office: Survey) -> Iterator[Enumerator]:
    with visiting(browser, size=PHONE) as page:
        found = Enumerator(page.context, office.url, page)
        found.enrol(office.phone("Phone 1").url.rpartition("/")[2])
        yield found


def test_on_a_full_phone_back_does_not_leave_what_could_not_be_saved(browser: "Browser", office: Survey) -> None:
    with visiting(browser, size=PHONE) as page:
        enumerator = Enumerator(page.context, office.url, page)
        # From the start: the browser remembers for a while how much room there was.
        leave_room(page, office.url, 3_000_000)
        enumerator.enrol(office.phone("Phone 1").url.rpartition("/")[2])
        be_stopped_by_a_photo(enumerator)


def be_stopped_by_a_photo(enumerator: Enumerator) -> None:
    page = enumerator.page
    enumerator.begin("Household 1", photo=False)
    enumerator.wait_until_saved()
    enumerator.photograph(os.urandom(5_000_000))
    page.get_by_text("NOT SAVED: the phone's storage is full.").wait_for()
    page.go_back()
    page.get_by_role("alert").get_by_text("NOT SAVED").wait_for()
    # Where the form was all the time, and would be after a reload.
    page.wait_for_url("**/fill/#fill=*")
    assert page.get_by_role("textbox", name="Name").input_value() == "Household 1"
    leave_room(page, enumerator.url, 50_000_000)
    page.get_by_role("textbox", name="Name").fill("Household 2")
    enumerator.wait_until_saved()
    page.go_back()
    page.get_by_text("Kept under Drafts.").wait_for()


def leave_room(page: "Page", origin: str, size: int) -> None:
    """The phone has so many bytes for us."""
    tools = page.context.new_cdp_session(page)
    tools.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": size})


def test_a_phone_whose_clock_is_wrong_is_told(enumerator: Enumerator) -> None:
    page = enumerator.page
    page.clock.set_system_time(datetime.now(UTC) - timedelta(hours=2))
    page.get_by_role("button", name="Look for new forms").click()
    page.get_by_text("This phone's clock is 120 minutes wrong").wait_for()
    enumerator.interview("Household 1")
    enumerator.wait_until_sent()
    page.clock.set_system_time(datetime.now(UTC))
    page.get_by_role("button", name="Look for new forms").click()
    page.get_by_text("minutes wrong").wait_for(state="detached")


def test_a_form_that_is_replaced_under_an_interview_without_answers_stays_for_it(
    enumerator: Enumerator, office: Survey
) -> None:
    page = enumerator.page
    page.get_by_role("button", name="Start an interview").first.click()
    page.get_by_role("textbox", name="Name").wait_for()
    office.publish(re.sub(r"(people +)\| 1 ", r"\1| 2 ", PEOPLE))
    # The phone looks for forms again, in this tab or in another.
    second = enumerator.context.new_page()
    second.goto(f"{enumerator.url}/fill/")
    second.get_by_text("version 2").wait_for()
    page.get_by_role("textbox", name="Name").fill("Household 1")
    enumerator.wait_until_saved()
    page.reload()
    assert page.get_by_role("textbox", name="Name").input_value() == "Household 1"
    enumerator.turn()
    enumerator.turn()
    enumerator.finish()
    enumerator.wait_until_sent()
    assert office.rows("SELECT name FROM data_people") == [("Household 1",)]


def test_the_language_changes_in_the_middle_and_no_answer_with_it(enumerator: Enumerator, office: Survey) -> None:
    page = enumerator.page
    office.publish(TWO_TONGUES, "tongues.md")
    page.get_by_role("button", name="Look for new forms").click()
    page.get_by_role("button", name="Start an interview: Tongues").click()
    page.get_by_role("textbox", name="Name").fill("Li Wei")
    page.get_by_role("combobox", name="Roof").select_option("straw")
    page.get_by_role("combobox", name="Month").select_option("05")
    page.get_by_role("combobox", name="Language").select_option("中文 (zh)")
    assert page.get_by_role("combobox", name="屋顶").locator("option:checked").inner_text() == "茅草"
    page.get_by_role("textbox", name="年").fill("1998")
    page.get_by_text("已保存在本机").wait_for()
    page.wait_for_url("**/fill/#fill=*")
    page.reload()
    assert page.get_by_role("textbox", name="姓名").input_value() == "Li Wei"
    page.get_by_role("button", name="下一页").click()
    page.get_by_role("button", name="完成访谈").click()
    page.get_by_text("服务器已收到").wait_for()
    assert office.rows("SELECT name, roof FROM data_tongues") == [("Li Wei", "straw")]
