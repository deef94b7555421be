"""A checked form, tried in the office as on a phone, before anybody publishes it."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import DESK, PHONE, find_barriers, overflow, visiting
from tests.office import browser as signed_in
from tests.office import person
from tests.people import Survey

if TYPE_CHECKING:
    from playwright.sync_api import Browser

VILLAGES = """
| survey   |                                  |         |               |
|          | type                             | name    | label         |
|          | text                             | head    | Who heads it? |
|          | select_one_from_file village.csv | village | Which place?  |
| settings |                                  |         |               |
|          | form_title                       | form_id | version       |
|          | Villages                         | places  | 1             |
"""


@pytest.mark.parametrize(("size", "language"), [(DESK, "en"), (PHONE, "zh")], ids=["desk-en", "phone-zh"])
def test_a_checked_form_is_tried_with_its_files_before_it_is_published(
    browser: "Browser", survey: Survey, tmp_path: Path, size: tuple[int, int], language: str
) -> None:
    person(survey, "admin", "admin")
    form, villages = tmp_path / "places.md", tmp_path / "village.csv"
    form.write_text(VILLAGES)
    villages.write_text("name,label\n1,Upper Mill\n2,Lower Mill\n")
    with visiting(browser, size=size, language=language) as page:
        token = signed_in(survey, "admin").cookies.get("surveyapp_session") or ""
        page.context.add_cookies([{"name": "surveyapp_session", "value": token, "url": survey.url}])
        page.goto(f"{survey.url}/p/default/publish")
        page.locator("#file").set_input_files(form)
        page.locator("#media").set_input_files(villages)
        page.locator("form.card button").click()
        page.locator("#preview > summary").click()
        frame = page.frame_locator("iframe.phone-frame")
        frame.get_by_role("heading", name="Who heads it?").wait_for()
        frame.get_by_text("Lower Mill").first.wait_for()
        assert find_barriers(page) == []
        assert overflow(page) == 0
    assert survey.count("forms") == 0
