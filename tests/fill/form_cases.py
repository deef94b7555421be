"""Every type of question and appearance that the form screen draws: how people answer, and what the engine is given."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Locator

LABEL, LABEL_ZH = "The question", "这个问题"
CHOICES = [("rice", "Rice", "水稻"), ("tea", "Tea", "茶叶"), ("maize", "Maize", "玉米")]
LONG = [(f"v{number}", f"Village {number}", f"VILLAGE {number} 村") for number in range(1, 61)]


@dataclass(frozen=True)
class Case:
    """A question `q` in a form `case`.

    `answer` does what a person does inside the question; `engine` is the same as the engine takes it, None where it
    is a file, whose type is `file` then.
    """

    name: str
    kind: str
    answer: Callable[[Locator], None]
    engine: Any = None
    appearance: str = ""
    parameters: str = ""
    choices: list[tuple[str, str, str]] = field(default_factory=lambda: CHOICES)
    file: str = ""

    def table(self) -> str:
        choices = "\n".join(f"| | list | {name} | {english} | {chinese} |" for name, english, chinese in self.choices)
        return f"""
| survey | | | | | | | |
| | type | name | label::English (en) | label::中文 (zh) | appearance | parameters | required |
| | {self.kind} | q | {LABEL} | {LABEL_ZH} | {self.appearance} | {self.parameters} | yes |
| choices | | | | |
| | list_name | name | label::English (en) | label::中文 (zh) |
{choices}
| settings | | | | |
| | form_title | form_id | version | default_language |
| | Case | case_{self.name} | 1 | English (en) |
"""


def typed(text: str) -> Callable[[Locator], None]:
    def answer(question: Locator) -> None:
        question.locator("input, textarea").first.fill(text)
        question.locator("input, textarea").first.blur()

    return answer


def ticked(*values: str) -> Callable[[Locator], None]:
    def answer(question: Locator) -> None:
        for value in values:
            question.locator(f'input[value="{value}"]').check()

    return answer


def quickly_ticked(value: str) -> Callable[[Locator], None]:
    """The page turns by itself; back to it."""

    def answer(question: Locator) -> None:
        question.locator(f'input[value="{value}"]').click()
        question.wait_for(state="detached")
        question.page.locator(".f-foot button").first.click()
        question.wait_for()

    return answer


def picked(value: str) -> Callable[[Locator], None]:
    def answer(question: Locator) -> None:
        question.locator("select").select_option(value)

    return answer


def unfolded(*values: str) -> Callable[[Locator], None]:
    def answer(question: Locator) -> None:
        question.locator("summary").click()
        ticked(*values)(question)

    return answer


def searched(text: str, value: str) -> Callable[[Locator], None]:
    def answer(question: Locator) -> None:
        question.locator('input[type="search"]').fill(text)
        ticked(value)(question)

    return answer


def slid(keys: str, times: int) -> Callable[[Locator], None]:
    def answer(question: Locator) -> None:
        question.locator('input[type="range"]').focus()
        for _ in range(times):
            question.page.keyboard.press(keys)

    return answer


def starred(question: Locator) -> None:
    question.locator(".f-star").nth(3).click()


def ranked(question: Locator) -> None:
    question.locator("li").nth(2).get_by_role("button").first.click()


def month_typed(question: Locator) -> None:
    question.locator("select").select_option("05")
    typed("2024")(question)


def measured(question: Locator) -> None:
    question.get_by_role("button").first.click()
    question.locator(".f-point").wait_for()


def points_typed(*points: str) -> Callable[[Locator], None]:
    def answer(question: Locator) -> None:
        question.locator("summary").click()
        for point in points:
            question.locator("details input").fill(point)
            question.locator("details input").press("Enter")

    return answer


def corrected(question: Locator) -> None:
    """Four points, of which one is changed and one is taken out again."""
    points_typed("30 114", "30.1 114.2", "30.2 114.2", "30.3 114.3")(question)
    # What opens a box; the same names in Chinese.
    question.locator("li").nth(1).get_by_role("button").first.click()
    question.locator("li input").fill("30.1, 114.1")
    question.locator("li input").press("Enter")
    # A box that is open is of the point that it was opened for.
    question.locator("li").nth(3).get_by_role("button").first.click()
    question.locator("li").nth(2).get_by_role("button").last.click()
    question.locator("li input").wait_for(state="detached")


def placed(question: Locator) -> None:
    """Measured, and moved 10 metres to the north."""
    measured(question)
    question.locator(".f-place").get_by_role("button").first.click()


def file_chosen(name: str, kind: str, content: bytes = b"some bytes") -> Callable[[Locator], None]:
    def answer(question: Locator) -> None:
        payload: Any = {"name": name, "mimeType": kind, "buffer": content}
        question.locator('input[type="file"]').last.set_input_files(payload)
        question.locator("figure").wait_for()

    return answer


def photo_taken(question: Locator) -> None:
    """A photo of 1600 by 1200, made in the page."""
    question.locator('input[type="file"]').first.evaluate(
        """async (input) => {
          const canvas = document.createElement('canvas')
          canvas.width = 1600
          canvas.height = 1200
          canvas.getContext('2d').fillRect(100, 100, 500, 300)
          const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg'))
          const files = new DataTransfer()
          files.items.add(new File([blob], 'IMG_1.jpg', { type: 'image/jpeg' }))
          input.files = files.files
          input.dispatchEvent(new Event('change'))
        }"""
    )
    question.locator("figure, canvas").first.wait_for()


def drawn(question: Locator) -> None:
    if question.locator("canvas").count() == 0:
        question.get_by_role("button").last.click()
    question.locator("canvas").scroll_into_view_if_needed()
    box = question.locator("canvas").bounding_box()
    assert box
    mouse = question.page.mouse
    mouse.move(box["x"] + 20, box["y"] + 20)
    mouse.down()
    for step in range(1, 9):
        mouse.move(box["x"] + 20 + 30 * step, box["y"] + 20 + (step % 3) * 25)
    mouse.up()
    question.get_by_role("button").first.click()
    question.locator("canvas").wait_for(state="detached")
    question.locator("figure").wait_for()


def annotated(question: Locator) -> None:
    photo_taken(question)
    question.locator("canvas").wait_for()
    question.page.wait_for_timeout(300)
    drawn(question)


CASES = [
    Case("text", "text", typed("Li Wei <&> 李伟"), "Li Wei <&> 李伟"),
    Case("text_multiline", "text", typed("one\ntwo"), "one\ntwo", "multiline", "rows=3"),
    Case("text_numbers", "text", typed("027-8765"), "027-8765", "numbers"),
    Case("text_url", "text", typed("https://example.org"), "https://example.org", "url"),
    Case("text_masked", "text", typed("secret"), "secret", "masked"),
    Case("text_unknown", "text", typed("plain"), "plain", "bearing w9"),
    Case("integer", "integer", typed("１２"), "12"),
    Case("integer_thousands", "integer", typed("1,234,567"), "1234567", "thousands-sep"),
    Case("decimal", "decimal", typed("12.50"), "12.5"),
    Case("decimal_thousands", "decimal", typed("1,234.5"), "1234.5", "thousands-sep"),
    Case("one", "select_one list", ticked("tea"), ["tea"]),
    Case("one_minimal", "select_one list", picked("tea"), ["tea"], "minimal"),
    Case("one_autocomplete", "select_one list", searched("vIllAge 57", "v57"), ["v57"], "autocomplete", choices=LONG),
    Case("one_minimal_autocomplete", "select_one list", unfolded("tea"), ["tea"], "minimal autocomplete"),
    Case("one_long", "select_one list", searched("Village 44", "v44"), ["v44"], choices=LONG),
    Case("one_columns", "select_one list", ticked("maize"), ["maize"], "columns-2"),
    Case("one_columns_5", "select_one list", ticked("maize"), ["maize"], "columns-5"),
    Case("one_pack", "select_one list", ticked("maize"), ["maize"], "columns-pack no-buttons"),
    Case("one_likert", "select_one list", ticked("tea"), ["tea"], "likert"),
    Case("one_quick", "select_one list", quickly_ticked("tea"), ["tea"], "quick"),
    Case("one_nolabel", "select_one list", ticked("tea"), ["tea"], "list-nolabel"),
    Case("one_map", "select_one list", ticked("tea"), ["tea"], "image-map"),
    Case("many", "select_multiple list", ticked("maize", "rice"), ["rice", "maize"]),
    Case("many_minimal", "select_multiple list", unfolded("maize", "tea"), ["tea", "maize"], "minimal"),
    Case("many_columns", "select_multiple list", ticked("tea"), ["tea"], "columns-3"),
    Case("many_long", "select_multiple list", searched("village 60", "v60"), ["v60"], "autocomplete", choices=LONG),
    Case("rank", "rank list", ranked, ["rice", "maize", "tea"]),
    Case("range", "range", slid("ArrowRight", 3), "3", parameters="start=0 end=10 step=1"),
    Case("range_no_ticks", "range", slid("ArrowRight", 2), "0.2", "no-ticks", "start=0 end=1 step=0.1"),
    Case("range_vertical", "range", slid("ArrowUp", 2), "3", "vertical", "start=1 end=5 step=1"),
    Case("range_rating", "range", starred, "4", "rating", "start=1 end=5 step=1"),
    Case("range_picker", "range", picked("2.5"), "2.5", "picker", "start=0 end=5 step=0.5"),
    Case("date", "date", typed("2024-05-17"), "2024-05-17"),
    Case("date_no_calendar", "date", typed("2024-05-17"), "2024-05-17", "no-calendar"),
    Case("date_month", "date", month_typed, "2024-05-01", "month-year"),
    Case("date_year", "date", typed("1976"), "1976-01-01", "year"),
    Case("time", "time", typed("07:30"), "07:30:00.000+08:00"),
    Case("datetime", "dateTime", typed("2024-05-17T07:30"), "2024-05-17T07:30:00.000+08:00"),
    Case("geopoint", "geopoint", measured, "30.5928 114.3055 0 4", parameters="capture-accuracy=10"),
    Case("geopoint_maps", "geopoint", measured, "30.5928 114.3055 0 4", "maps"),
    Case("geopoint_placed", "geopoint", placed, "30.5928899 114.3055 0 0", "placement-map"),
    Case("geotrace_corrected", "geotrace", corrected, "30 114 0 0;30.1 114.1 0 0;30.3 114.3 0 0", "placement-map"),
    Case("geotrace", "geotrace", points_typed("30 114", "30.1 114.1"), "30 114 0 0;30.1 114.1 0 0"),
    Case(
        "geoshape",
        "geoshape",
        points_typed("30 114", "30, 115", "31 115"),
        "30 114 0 0;30 115 0 0;31 115 0 0;30 114 0 0",
    ),
    Case("image", "image", photo_taken, file="image/jpeg", parameters="max-pixels=600"),
    Case("image_new", "image", photo_taken, appearance="new", file="image/jpeg"),
    Case("image_selfie", "image", photo_taken, appearance="new-front", file="image/jpeg"),
    Case("image_signature", "image", drawn, appearance="signature", file="image/png"),
    Case("image_draw", "image", drawn, appearance="draw", file="image/png"),
    Case("image_annotate", "image", annotated, appearance="annotate", file="image/jpeg"),
    Case("audio", "audio", file_chosen("sound.m4a", "audio/mp4"), file="audio/mp4"),
    Case("video", "video", file_chosen("film.mp4", "video/mp4"), file="video/mp4"),
    Case("file", "file", file_chosen("list.pdf", "application/pdf"), file="application/pdf"),
    Case("barcode", "barcode", typed("6901234567892"), "6901234567892"),
    Case("acknowledge", "acknowledge", lambda question: question.locator("input").check(), True),
]
