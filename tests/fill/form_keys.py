"""Somebody who fills a form with the keyboard alone."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Where the focus is, and in which question; `wrong` is what that question complains of.
FOCUS = """() => {
  const at = document.activeElement
  const question = at.closest('.fq')
  return {
    tag: at.tagName,
    type: at.type ?? '',
    value: at.value ?? '',
    number: at.inputMode !== '',
    next: at.matches('.f-foot .f-main'),
    closedRow: at.matches('.fr-head[aria-expanded="false"]'),
    point: at.id.endsWith('-control') && at.tagName === 'BUTTON',
    id: question?.id ?? '',
    label: question?.querySelector('.fq-label').innerText ?? '',
    answered: Boolean(question?.querySelector('input:checked')),
    wrong: question?.querySelector('.fq-error')?.innerText ?? '',
  }
}"""
# Tried one after the other, until the form has nothing against it.
NUMBERS = ["1", "2", "0", "5", "30", "20", "100", "1000", "2020"]
MOST_KEYS = 2500


class Typist:
    """Goes by Tab from control to control and answers what is asked."""

    def __init__(self, page: "Page", answers: Mapping[str, str]) -> None:
        """`answers` is what to type where the label begins so; anything that the form allows goes elsewhere."""
        self.page = page
        self.answers = answers
        self.tried: dict[str, int] = {}
        self.seen: set[str] = set()

    def fill_until(self, there: Callable[[], bool]) -> None:
        """Fills page after page until we are there."""
        for _ in range(MOST_KEYS):
            if there():
                return
            at = self.focus()
            self.answer(at)
            # Those put the focus where it should be: on an error, on the next page, on what has opened.
            if not (at["next"] or at["closedRow"]):
                self.press("Tab")
        wrong = self.page.locator(".fq-wrong").all_inner_texts()
        raise AssertionError(f"still at {self.focus()} with {wrong}")

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def focus(self) -> dict[str, Any]:
        found: dict[str, Any] = self.page.evaluate(FOCUS)
        return found

    def answer(self, at: dict[str, Any]) -> None:
        if at["next"] or at["closedRow"]:
            self.press("Enter")
        elif at["tag"] in ("INPUT", "TEXTAREA"):
            self.answer_box(at)
        elif at["tag"] == "SELECT" and at["id"] and not at["value"]:
            self.press("ArrowDown")
        elif at["tag"] == "BUTTON" and at["point"] and at["id"] not in self.seen:
            self.seen.add(at["id"])
            self.press("Enter")
            self.page.locator(".f-point").wait_for()

    def answer_box(self, at: dict[str, Any]) -> None:
        if at["type"] in ("radio", "checkbox"):
            if at["wrong"] and at["answered"]:
                self.press("ArrowDown")
            elif not at["answered"]:
                self.press("Space")
        elif at["type"] == "date":
            self.page.keyboard.type("05172024")
        elif at["type"] == "text" and (not at["value"] or at["wrong"]):
            self.press("Control+A")
            self.page.keyboard.type(self.words_for(at))
            self.press("Tab")
            self.press("Shift+Tab")

    def words_for(self, at: dict[str, Any]) -> str:
        for label, words in self.answers.items():
            if at["label"].startswith(label):
                return words
        turn = self.tried.get(at["id"], -1) + 1
        self.tried[at["id"]] = turn
        return NUMBERS[turn % len(NUMBERS)] if at["number"] else "Wei"
