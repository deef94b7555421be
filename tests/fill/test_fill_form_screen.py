"""The form screen: pages, errors, rows, languages, drafts; with thumb, keyboard and reader."""

import base64
import io
import re
from collections.abc import Iterator

import pytest
import segno
from playwright.sync_api import Browser

from surveyapp.config import shipped_folder
from surveyapp.publish import prepare_form
from tests.browser import find_barriers, overflow
from tests.fill.form_cases import CASES, LABEL, points_typed
from tests.fill.form_fixtures import xform_of
from tests.fill.form_keys import Typist
from tests.fill.form_screen import PLACE, Screen, build_page, screen_in, served
from tests.people import now

HOUSEHOLD = """
| survey | | | | | | | |
| | type | name | label::English (en) | label::中文 (zh) | required | constraint | repeat_count |
| | begin group | head | Head of the household | 户主 | | | |
| | text | name | Name of **the head** | 户主姓名 | yes | | |
| | integer | age | Age | 年龄 | | . < 120 | |
| | end group | | | | | | |
| | integer | size | Members | 人数 | | | |
| | begin repeat | member | Member | 成员 | | | ${size} |
| | text | m_name | Member's name | 成员姓名 | yes | | |
| | end repeat | | | | | | |
| | begin repeat | plot | Plot | 地块 | | | |
| | text | crop | Crop of the plot | 作物 | | | |
| | image | photo | Photo of the plot | 照片 | | | |
| | end repeat | | | | | | |
| settings | | | | |
| | form_title | form_id | version | default_language |
| | Household | household | 1 | English (en) |
"""
TEXTS = """
| survey | | | | | | | |
| | type | name | label | hint | guidance_hint | media::image | required | constraint | constraint_message |
| | text | name | Name of **the head** | As on it | Ask for [it](https://example.org). | card.svg | yes | | |
| | integer | age | Age | | | | | . < 120 | At most 119, please. |
| settings | | |
| | form_title | form_id |
| | Texts | texts |
"""
WORDY = """
| survey | | | | | |
| | type | name | label::English (en) | label::العربية (ar) | appearance |
| | select_one mood | house | How satisfied are you with the house? | ما مدى رضاك عن المنزل؟ | likert |
| | rank mood | order | Put in order | رتبها | |
| | geoshape | field | Field | الحقل | |
| choices | | | | |
| | list_name | name | label::English (en) | label::العربية (ar) |
| | mood | 1 | Very dissatisfied | غير راض جدا |
| | mood | 2 | Somewhat dissatisfied | غير راض |
| | mood | 3 | Somewhat satisfied | راض |
| | mood | 4 | Very satisfied | راض جدا |
| settings | | | |
| | form_title | form_id | default_language |
| | Wordy | wordy | English (en) |
"""
CARD = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="40" height="20"/></svg>'


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(build_page(tmp_path_factory.mktemp("page"))) as url:
        yield url


@pytest.fixture(scope="module")
def loaded(browser: Browser, address: str) -> Iterator[Screen]:
    with screen_in(browser, address) as found:
        yield found


@pytest.fixture
def screen(loaded: Screen) -> Screen:
    loaded.open(xform_of(HOUSEHOLD))
    return loaded


def heading(screen: Screen) -> str:
    return screen.page.locator("h2.f-heading").inner_text()


def to_members(screen: Screen, size: str) -> None:
    screen.question("Name of").locator("input").fill("Li Wei")
    screen.next()
    screen.question("Members").locator("input").fill(size)
    screen.next()


def test_a_page_with_errors_is_held_once_and_its_first_error_has_the_focus(screen: Screen) -> None:
    screen.question("Age").locator("input").fill("130")
    screen.next()
    assert heading(screen) == "Head of the household"
    assert screen.errors() == ["This needs an answer.", "This answer is not allowed here."]
    assert screen.page.evaluate("document.activeElement.id").endswith("-control")
    assert screen.page.evaluate("document.activeElement.value") == ""
    assert find_barriers(screen.page) == []
    screen.question("Name of").locator("input").fill("Li Wei")
    screen.question("Age").locator("input").fill("30")
    screen.next()
    assert screen.page.locator("h2.f-heading").inner_text() == "Members"


def test_messages_and_wording_follow_the_language_at_any_time(screen: Screen) -> None:
    screen.question("Age").locator("input").fill("130")
    screen.next()
    screen.page.locator(".f-language").select_option("中文 (zh)")
    assert screen.errors() == ["此题必须回答。", "此处不允许这样回答。"]
    assert screen.page.locator(".f-foot .f-main").inner_text() == "下一页"
    assert screen.page.locator(".f-page").get_attribute("lang") == "zh"
    assert find_barriers(screen.page) == []


def test_an_error_left_behind_is_opened_and_focused_from_the_last_page(screen: Screen) -> None:
    to_members(screen, "2")
    screen.next()
    screen.page.get_by_role("button", name="Go on, mend later").click()
    screen.next()
    assert heading(screen) == "Finish"
    assert screen.page.locator(".f-summary").inner_text().startswith("2 answers must be mended")
    assert find_barriers(screen.page) == []
    screen.page.get_by_role("button", name="Finish interview").click()
    screen.page.locator(".fr-body").wait_for()
    assert heading(screen) == "Member"
    focused = "document.activeElement.closest('.fq').querySelector('.fq-label').innerText"
    assert "Member's name" in screen.page.evaluate(focused)
    assert screen.seen("finished") == 0


def test_an_interview_without_errors_is_finished(screen: Screen) -> None:
    to_members(screen, "0")
    screen.next()
    screen.next()
    screen.page.get_by_role("button", name="Finish interview").click()
    assert screen.seen("finished") == 1


def test_fewer_members_are_asked_for_and_come_back(screen: Screen) -> None:
    to_members(screen, "2")
    screen.page.locator(".fr-body input").last.fill("An")
    screen.page.locator(".fr-head").nth(1).click()
    screen.page.locator(".fr-body input").last.fill("Bo")
    assert "An" in screen.page.locator(".fr-head").first.inner_text()
    screen.page.get_by_role("button", name="Back", exact=True).click()
    box = screen.question("Members").locator("input")
    box.fill("1")
    box.blur()
    assert screen.page.get_by_role("dialog").locator("p").inner_text() == "1 row with answers will be removed."
    assert find_barriers(screen.page) == []
    screen.page.get_by_role("button", name="No, keep").click()
    assert box.input_value() == "2"
    box.fill("1")
    box.blur()
    screen.page.get_by_role("button", name="Remove them").click()
    assert "Bo" not in screen.take()["xml"]
    screen.page.get_by_role("button", name="Undo").click()
    assert "Bo" in screen.take()["xml"]
    assert box.input_value() == "2"


def test_a_count_of_millions_is_refused_without_a_freeze(screen: Screen) -> None:
    to_members(screen, "2")
    screen.page.get_by_role("button", name="Back", exact=True).click()
    box = screen.question("Members").locator("input")
    box.fill("3000000")
    box.blur()
    assert screen.errors() == ["More than 500 rows cannot be made. The answer before is kept."]
    assert "<size>2</size>" in screen.take()["xml"]


def test_of_rows_without_answers_the_first_is_open_and_what_was_folded_stays_folded(screen: Screen) -> None:
    to_members(screen, "2")
    assert [head.get_attribute("aria-expanded") for head in screen.page.locator(".fr-head").all()] == ["true", "false"]
    screen.page.locator(".fr-head").first.click()
    screen.page.get_by_role("button", name="Back", exact=True).click()
    screen.next()
    assert screen.page.locator(".fr-body").count() == 0


def test_a_row_is_removed_after_a_yes_and_can_be_taken_back(screen: Screen) -> None:
    to_members(screen, "0")
    screen.next()
    assert heading(screen) == "Plot"
    screen.question("Crop of the plot").locator("input").fill("rice")
    screen.page.get_by_role("button", name="Add Plot").click()
    assert screen.page.locator(".fr-card").count() == 2
    assert screen.page.evaluate("document.activeElement.className") == "fr-head"
    assert find_barriers(screen.page) == []
    screen.page.locator(".fr-head").first.click()
    screen.page.get_by_role("button", name="Remove Plot 1").click()
    screen.page.get_by_role("button", name="Remove", exact=True).click()
    assert "rice" not in screen.take()["xml"]
    screen.page.get_by_role("button", name="Undo").click()
    assert "rice" in screen.take()["xml"]


def test_the_contents_lead_to_any_page(screen: Screen) -> None:
    screen.page.get_by_role("button", name="Contents").click()
    assert screen.page.locator(".f-entry").all_inner_texts() == [
        "Head of the household",
        "Members",
        "Member",
        "Plot",
        "Finish",
    ]
    assert find_barriers(screen.page) == []
    screen.page.locator(".f-entry").nth(3).click()
    assert heading(screen) == "Plot"
    assert screen.seen("position") == "/data/plot"


def test_texts_are_drawn_with_their_markdown_guidance_and_pictures(screen: Screen) -> None:
    screen.open(xform_of(TEXTS), media={"card.svg": CARD})
    question = screen.question("Name of")
    assert question.locator("strong").inner_text() == "the head"
    assert question.locator(".fq-hint").inner_text() == "As on it"
    assert not question.get_by_role("link").is_visible()
    question.locator("summary").click()
    assert question.get_by_role("link", name="it").get_attribute("href") == "https://example.org"
    question.locator("img").wait_for()
    screen.question("Age").locator("input").fill("120")
    screen.question("Age").locator("input").blur()
    assert screen.errors() == ["At most 119, please."]
    screen.next()
    assert screen.page.locator(".f-summary .f-link").all_inner_texts() == ["Name of the head", "Age"]
    assert screen.page.evaluate("document.activeElement.tagName") == "INPUT"
    screen.open(xform_of(TEXTS))
    assert screen.question("Name of").locator(".fm-missing").inner_text() == "card.svg is not on this phone"


def test_a_draft_opens_again_with_its_photo_though_nobody_touches_it(screen: Screen) -> None:
    to_members(screen, "0")
    screen.next()
    files = [{"name": "field.png", "mimeType": "image/png", "buffer": b"not really a picture"}]
    screen.question("Photo of the plot").locator('input[type="file"]').last.set_input_files(files)  # type: ignore[arg-type]  # Playwright's own type of the same
    screen.page.locator("figure").wait_for()
    before = screen.take()
    screen.open(xform_of(HOUSEHOLD), draft={"xml": before["xml"], "files": before["files"]})
    screen.question("Age").locator("input").fill("44")
    after = screen.take()
    assert after["files"] == before["files"]
    assert after["instanceId"] == before["instanceId"]
    assert "Li Wei" in after["xml"]


def test_a_field_that_is_walked_around_is_drawn_and_measured(screen: Screen) -> None:
    case = next(one for one in CASES if one.name == "geoshape")
    xform = xform_of(case.table())
    screen.open(xform)
    question = screen.question(LABEL)
    # A hundred metres of a meridian, and of a parallel at this latitude.
    north, east = 0.00089934, 0.00104474
    way = [(0.0, 0.0), (0.0, 0.5), (0.0, 1.0), (0.5, 1.0), (1.0, 1.0), (1.0, 0.0)]
    start = PLACE["latitude"], PLACE["longitude"]
    question.get_by_role("button", name="Measure points").click()
    question.get_by_role("combobox").select_option("20")
    for number, (up, along) in enumerate(way, start=1):
        latitude, longitude = start[0] + up * north, start[1] + along * east
        screen.stand(latitude, longitude)
        question.get_by_text(f"{number} corners").wait_for()
        # Nearer than the step, and nothing is added.
        screen.stand(latitude + north / 20, longitude)
    counted = question.locator(".f-count").inner_text()
    assert counted == "6 corners; at least 3 are needed · about 1 ha, 400 m around"
    sketch = question.locator("svg")
    assert sketch.get_attribute("aria-label") == "Drawing of 6 positions, 100 m by 105 m"
    assert find_barriers(screen.page) == []
    question.get_by_role("button", name="Done").click()
    assert sketch.get_attribute("aria-label") == "Drawing of 6 positions, 100 m by 100 m"
    answer = screen.take()["xml"].partition("<q>")[2].partition("</q>")[0]
    assert answer.split(";")[0] == answer.split(";")[-1] == "30.5928 114.3055 0.0 4.0"
    assert screen.errors() == []
    screen.stand(*start)


def test_a_mark_is_on_the_photo_where_the_finger_was(screen: Screen) -> None:
    case = next(one for one in CASES if one.name == "image_annotate")
    screen.open(xform_of(case.table()))
    case.answer(screen.question(LABEL))
    # The finger went from 20 to 260 pixels from the left, on a photo of 1600 shown some 330 wide.
    left, right = screen.page.locator("figure img").evaluate(
        """(image) => {
          const canvas = document.createElement('canvas')
          canvas.width = image.naturalWidth
          canvas.height = image.naturalHeight
          const context = canvas.getContext('2d')
          context.drawImage(image, 0, 0)
          const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
          const red = []
          for (let at = 0; at < data.length; at += 4) {
            if (data[at] > 150 && data[at + 1] < 90) red.push(((at / 4) % canvas.width) / canvas.width)
          }
          red.sort((one, other) => one - other)
          return [red[0], red.at(-1)]
        }"""
    )
    assert left < 0.1
    assert 0.6 < right < 0.85


def test_a_code_is_read_by_the_reader_that_we_serve(screen: Screen) -> None:
    picture = io.BytesIO()
    segno.make("household a01v1-0007").save(picture, kind="png", scale=8)
    content = base64.b64encode(picture.getvalue()).decode()
    assert screen.page.evaluate("window.fill.readCode", content) == ["household a01v1-0007"]


def test_it_can_be_read_in_the_dark(screen: Screen) -> None:
    screen.page.emulate_media(color_scheme="dark")
    try:
        screen.next()
        assert find_barriers(screen.page) == []
        to_members(screen, "2")
        screen.next()
        assert find_barriers(screen.page) == []
        screen.page.get_by_role("button", name="Contents").click()
        assert find_barriers(screen.page) == []
    finally:
        screen.page.emulate_media(color_scheme="light")


def test_at_twice_the_size_nothing_runs_off_the_side(screen: Screen) -> None:
    screen.page.set_viewport_size({"width": 195, "height": 422})
    try:
        screen.next()
        assert overflow(screen.page) == 0
        to_members(screen, "2")
        assert overflow(screen.page) == 0
    finally:
        screen.page.set_viewport_size({"width": 390, "height": 844})


def test_on_a_narrow_phone_no_word_of_a_scale_is_torn_and_large_letters_stay_inside(screen: Screen) -> None:
    screen.open(xform_of(WORDY))
    page = screen.page
    steps = page.locator(".f-likert-cell")
    try:
        page.set_viewport_size({"width": 360, "height": 740})
        page.locator(".f-likert-stacked").wait_for()
        assert len({step.evaluate("(step) => step.offsetLeft") for step in steps.all()}) == 1
        points_typed("30.123456 114.123456", "30.2 114.2", "30.3 114.1")(screen.question("Field"))
        assert overflow(page) == 0
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert overflow(page) == 0
        page.evaluate("document.documentElement.style.fontSize = ''")
        page.set_viewport_size({"width": 900, "height": 740})
        page.locator(".f-likert-stacked").wait_for(state="detached")
        assert len({step.evaluate("(step) => step.offsetTop") for step in steps.all()}) == 1
    finally:
        page.evaluate("document.documentElement.style.fontSize = ''")
        page.set_viewport_size({"width": 390, "height": 844})


def test_a_language_that_is_written_from_the_right_begins_there(screen: Screen) -> None:
    screen.open(xform_of(WORDY))
    screen.page.locator(".f-language").select_option("العربية (ar)")
    question = screen.page.locator(".fq").first
    label, first = question.locator(".fq-label .ft"), question.locator(".f-likert-cell input").first
    width = screen.page.evaluate("window.innerWidth")
    for element in (label, first):
        box = element.bounding_box()
        assert box
        assert box["x"] + box["width"] > width * 0.75
    assert overflow(screen.page) == 0
    assert find_barriers(screen.page) == []


def test_the_reference_survey_is_filled_with_the_keyboard_alone(screen: Screen) -> None:
    folder = shipped_folder("forms")
    workbook = (folder / "livelihood_space.xlsx").read_bytes()
    prepared = prepare_form(workbook, "livelihood_space.xlsx", now(), ask_collect=False)
    households = (folder / "households.csv").read_text("utf-8")
    screen.open(prepared.conversion.xform.decode(), media={"households.csv": households})
    typist = Typist(screen.page, {"New household code": "lx1-0042", "Year of the move": "2015"})
    typist.fill_until(lambda: screen.seen("finished") == 1)
    taken = screen.take()
    assert taken["violations"] == 0
    assert len(re.findall(r"<(\w+)>[^<]+</\1>", taken["xml"])) > 60
