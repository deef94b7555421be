"""The form screen of the phone web app on a form of 1,440 questions: first screen, page turns, typing, memory.

On a desktop's processor and on one a quarter as fast, which stands for a cheap phone. Needs Node, the libraries of
surveyapp/frontend and Chromium.
"""

import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.browser import FLAGS, NAMES
from tests.fill.form_fixtures import xform_of
from tests.fill.form_screen import Screen, build_page, screen_in, served

GROUPS, ROSTERS, ROWS, QUESTIONS = 12, 3, 20, 20
TYPES = ("text", "integer", "select_one yn", "decimal")
PAINTED = "await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))"
TURN = f"""async () => {{
  const start = performance.now()
  document.querySelector('.f-foot .f-main').click()
  {PAINTED}
  return performance.now() - start
}}"""
TYPE = f"""async (text) => {{
  const box = document.querySelector('.fr-body input')
  const start = performance.now()
  box.value = text
  box.dispatchEvent(new Event('input', {{ bubbles: true }}))
  {PAINTED}
  return performance.now() - start
}}"""


def main() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, served(build_page(Path(folder))) as address:
        return {f"processor / {slowed}": _measure(address, slowed) for slowed in (1, 4)}


def _measure(address: str, slowed: int) -> dict[str, float]:
    xform = xform_of(large_form())
    program = next(filter(None, map(shutil.which, NAMES)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        with screen_in(browser, address) as screen:
            screen.page.set_default_timeout(60_000)
            session = screen.page.context.new_cdp_session(screen.page)
            session.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
            found = {"first screen, engine fetched too, ms": screen.open(xform)}
            found["first screen, engine there, ms"] = screen.open(xform)
            found |= _turns_and_typing(screen)
            found["memory, MB"] = _heap(screen.page, session)
        browser.close()
    return found


def _turns_and_typing(screen: Screen) -> dict[str, float]:
    turns = [screen.page.evaluate(TURN) for _ in range(GROUPS + ROSTERS - 1)]
    typed = [screen.page.evaluate(TYPE, "x" * length) for length in range(1, 11)]
    return {
        "page turn, median ms": statistics.median(turns),
        "page turn, longest ms": max(turns),
        "typing to paint, median ms": statistics.median(typed),
    }


def _heap(page: Page, session: CDPSession) -> float:
    session.send("HeapProfiler.collectGarbage")
    used: float = session.send("Runtime.getHeapUsage")["usedSize"]
    assert page.locator(".f-screen").count() == 1
    return used / 1e6


def large_form() -> str:
    """A form as Markdown tables: groups of questions, and rosters of as many rows."""
    lines = ["| survey | | | | | |", "| | type | name | label | relevant | constraint | repeat_count |"]
    for group in range(GROUPS):
        lines += [
            f"| | begin_group | g{group} | Group {group} | | | |",
            *_questions(f"g{group}"),
            "| | end_group | | | | | |",
        ]
    for roster in range(ROSTERS):
        begin = f"| | begin_repeat | r{roster} | Roster {roster} | | | {ROWS} |"
        lines += [begin, *_questions(f"r{roster}"), "| | end_repeat | | | | | |"]
    lines += ["| choices | | | |", "| | list_name | name | label |", "| | yn | yes | Yes |", "| | yn | no | No |"]
    return "\n".join([*lines, "| settings | | |", "| | form_title | form_id |", "| | Large | large |"])


def _questions(prefix: str) -> list[str]:
    rows = []
    for number in range(QUESTIONS):
        kind = TYPES[number % len(TYPES)]
        relevant = f"${{{prefix}_{number - 1}}} != ''" if kind.startswith("select") else ""
        constraint = ". >= 0" if kind in ("integer", "decimal") else ""
        rows.append(f"| | {kind} | {prefix}_{number} | Question {number} | {relevant} | {constraint} | |")
    return rows
