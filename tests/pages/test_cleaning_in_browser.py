"""Cleaning and exports in a browser: the editor by keyboard alone, a log out and back, and no page with barriers."""

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest

from tests.browser import DESK, PHONE, find_barriers, overflow, visiting
from tests.farms import FARMS, farm
from tests.office import browser as signed_in
from tests.office import person, team_phone
from tests.people import Survey

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

FORM = "/p/default/forms/farms"
CLEANING = f"{FORM}/cleaning"
# More stops than any of the pages has.
STOPS = 200


@pytest.fixture
def sent(survey: Survey) -> Survey:
    """Four interviews, one with a crop under "other" and one with a crop that the form does not offer."""
    survey.publish(FARMS)
    person(survey, "boss", "admin")
    person(survey, "walker", "enumerator", team="North")
    phone = team_phone(survey, "Phone 1", "walker", "North")
    for record in (farm(1, crop="other", crop_other="Corn"), farm(2), farm(3, crop="barley"), farm(4)):
        assert phone.send(record).status_code == 201
    return survey


def let_in(page: "Page", survey: Survey, login: str) -> None:
    """Sign a person in without a password."""
    for name, value in signed_in(survey, login).cookies.items():
        page.context.add_cookies([{"name": name, "value": str(value), "url": survey.url}])


def reach(page: "Page", wanted: "Locator") -> None:
    """Go there with the Tab key, on a new page past the navigation by the link for that, and nothing else."""
    if page.evaluate("document.activeElement === document.body"):
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    for _ in range(STOPS):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not lead to {wanted}")


def press(page: "Page", wanted: "Locator") -> None:
    """Reach a link or button, and press it."""
    reach(page, wanted)
    page.keyboard.press("Enter")
    page.wait_for_load_state()


def write(page: "Page", selector: str, text: str) -> None:
    """Reach a field, and type into it; in a list that chooses by its first letters."""
    reach(page, page.locator(selector))
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def clean_crops(survey: Survey, target: Path) -> list[str]:
    return [row["crop"] for row in survey.export("farms", target)["data"]]


def check(page: "Page", where: str) -> None:
    for fold in page.locator("main details.fold").all():
        fold.evaluate("fold => { fold.open = true }")
    assert find_barriers(page) == [], where
    assert overflow(page) == 0, where


def test_rules_and_a_log_by_keyboard_alone(browser: "Browser", sent: Survey, tmp_path: Path) -> None:
    with visiting(browser, size=DESK, accept_downloads=True, tolerate=lambda words: "422" in words) as page:
        let_in(page, sent, "boss")
        build_rules(page, sent, tmp_path)
        send_log(page, sent, tmp_path)


def build_rules(page: "Page", sent: Survey, tmp_path: Path) -> None:
    """A draft, its rule with a fault and then without, what it would change, published."""
    page.goto(f"{sent.url}{CLEANING}")
    check(page, "cleaning")
    page.goto(f"{sent.url}{CLEANING}")
    press(page, page.get_by_role("button", name="New rules"))
    page.wait_for_url("**/rulesets/1")
    write(page, "#kind", "Recode")
    press(page, page.get_by_role("button", name="Fill in the rule"))
    page.wait_for_url("**/rule?kind=recode_other")
    write(page, "#id", "maize")
    write(page, "select[name=questions] >> nth=0", "Other crop")
    write(page, "#p-parent", "Crop")
    write(page, "input[name=p-map-old] >> nth=0", "corn")
    page.keyboard.press("Tab")
    page.keyboard.type("wheat")
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    # The fault stands beside its field, and what was typed is still there.
    assert "wheat" in page.locator("#p-map-error").inner_text()
    check(page, "a faulty rule")
    write(page, "input[name=p-map-new] >> nth=0", "maize")
    press(page, page.get_by_role("button", name="Save the rule"))
    page.wait_for_url("**/rulesets/1?done=saved")
    assert "corn → maize" in page.locator("main table").inner_text()
    check(page, "a draft")
    press(page, page.locator("main .button.primary"))
    page.wait_for_url("**/trial")
    assert "Other → Maize" in page.locator("main").inner_text()
    check(page, "a trial")
    with page.expect_download() as fetched:
        press(page, page.get_by_role("link", name="Download (Excel)"))
    assert openpyxl.load_workbook(io.BytesIO(fetched.value.path().read_bytes()))["differences"].max_row == 3
    press(page, page.get_by_role("button", name="Publish"))
    page.wait_for_url("**/cleaning?done=ruleset-published")
    assert clean_crops(sent, tmp_path / "ruled.xlsx") == ["maize", "rice", "barley", "rice"]


def send_log(page: "Page", sent: Survey, tmp_path: Path) -> None:
    """The work log goes out, is filled in, comes back and is taken back."""
    with page.expect_download() as fetched:
        press(page, page.get_by_role("link", name="The work log", exact=True))
    filled = fill_in(fetched.value.path(), "crop", new_value="maize", reason="asked again")
    page.locator("#log").set_input_files({"name": "log.xlsx", "mimeType": "", "buffer": filled})
    press(page, page.get_by_role("button", name="Try the log"))
    page.wait_for_url("**/cleaning/log")
    assert "No. 3" in page.locator("main").inner_text()
    check(page, "a tried log")
    press(page, page.get_by_role("button", name="Apply"))
    page.wait_for_url("**/cleaning?done=log-imported")
    assert clean_crops(sent, tmp_path / "logged.xlsx") == ["maize", "rice", "maize", "rice"]
    press(page, page.locator("details.confirm > summary"))
    press(page, page.get_by_role("button", name="Take back"))
    page.wait_for_url("**/cleaning?done=log-undone")
    assert clean_crops(sent, tmp_path / "undone.xlsx") == ["maize", "rice", "barley", "rice"]


def fill_in(path: Path, question: str, **told: str) -> bytes:
    """Decide about the rows of a work log that are about one question."""
    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
    sheet = book["cleaning_log"]
    heads = [cell.value for cell in sheet[1]]
    for row in sheet.iter_rows(min_row=2):
        if row[heads.index("question")].value == question:
            for name, value in {"change_type": "change_response", **told}.items():
                row[heads.index(name)].value = value
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


PAGES = ["", "/log", "/rulesets/1", "/rulesets/2", "/rulesets/2/trial?indicators=yes"]
KINDS = ["drop_submission", "dedupe", "missing_codes"]


def test_on_a_phone_in_chinese_no_page_has_barriers_or_is_too_wide(browser: "Browser", sent: Survey) -> None:
    http = signed_in(sent, "boss")
    rules = f'[{{"id": "v", "kind": "set", "questions": ["village"], "parameters": {{"value": "{"Long" * 9}"}}}}]'
    for number in (1, 2):
        assert http.post(f"{sent.url}{CLEANING}/rulesets", timeout=60).status_code == 200
        draft = f"{sent.url}{CLEANING}/rulesets/{number}"
        assert http.post(draft, data={"do": "replace", "rules": rules}, timeout=60).status_code == 200
        if number == 1:
            assert http.post(draft, data={"do": "publish"}, timeout=60).status_code == 200
    sheet = b"Satz,Frage,neu,warum\nuuid:farm-2,crop,maize,nachgefragt\n"
    with visiting(browser, size=PHONE, language="zh", dark=True, tolerate=lambda words: "422" in words) as page:
        let_in(page, sent, "boss")
        for path in (*PAGES, *(f"/rulesets/2/rule?kind={kind}" for kind in KINDS)):
            page.goto(f"{sent.url}{CLEANING}{path}")
            check(page, path)
        page.goto(f"{sent.url}{CLEANING}")
        page.locator("#log").set_input_files({"name": "log.csv", "mimeType": "text/csv", "buffer": sheet})
        page.locator("main button.primary").click()
        page.locator("#column-instance_id").select_option("Satz")
        check(page, "columns")
        for name, header in (("question", "Frage"), ("new_value", "neu"), ("reason", "warum")):
            page.locator(f"#column-{name}").select_option(header)
        page.locator("main button.primary").click()
        page.wait_for_selector("form[action$='/log/apply']")
        check(page, "tried")
        page.goto(f"{sent.url}{FORM}/exports")
        page.locator("details.fold > summary").last.click()
        page.locator("#definition").fill("每周")
        page.locator("[formaction$='/definitions']").click()
        page.wait_for_url(re.compile("from="))
        check(page, "exports")
        page.locator("#kind").select_option("both")
        page.locator("[formaction$='/definitions/1']").click()
        page.wait_for_url(re.compile("done=definition-saved"))
        assert page.locator("#kind").input_value() == "both"
        # Every card says what its cells are.
        empty = page.locator("table.cards td[data-label='']:not(.actions-cell)")
        assert empty.count() == 0
