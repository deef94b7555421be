"""A real browser for tests of pages: the machine's own Chromium, driven by Playwright.

    browser                  fixture, one for the run; who asks for it is skipped where the machine has none
    visiting(browser, …)     a page with a fresh profile; leaving the block fails when the page complained
    find_barriers(page)      what axe-core finds against WCAG 2.2 AA

Playwright itself is imported late: most runs of the suite open no page.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
AXE = Path(__file__).parent / "pages/axe/axe.min.js"
PHONE, DESK = (390, 844), (1280, 900)
NOTE_VIOLATIONS = """
window.cspViolations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.cspViolations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """The machine's Chromium, for the whole run."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(f"no browser on this machine: looked for {', '.join(NAMES)}")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # see the docstring

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield started
        started.close()


@contextmanager
def visiting(
    browser: "Browser",
    *,
    size: tuple[int, int] = DESK,
    language: str = "en",
    dark: bool = False,
    scripts: bool = True,
    tolerate: Callable[[str], bool] = lambda complaint: False,
    **more: Any,
) -> "Iterator[Page]":
    """A page in a profile of its own.

    Leaving the block fails on whatever the page complained of: violations of its content security policy, errors on
    the console, exceptions, requests to other hosts than the first one. `tolerate` names the complaints that a test
    means to cause. `more` goes to Playwright's new_context.
    """
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale={"en": "en-GB", "zh": "zh-CN"}[language],
        color_scheme="dark" if dark else "light",
        has_touch=size == PHONE,
        java_script_enabled=scripts,
        **more,
    )
    context.add_init_script(NOTE_VIOLATIONS)
    page = context.new_page()
    complaints: list[str] = []
    hosts: set[str] = set()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    try:
        yield page
        if scripts:
            complaints += page.evaluate("window.cspViolations")
    finally:
        context.close()
    foreign = {host for host in hosts if host} - {urlsplit(page.url).netloc}
    complaints += [f"asked another host: {host}" for host in sorted(foreign)]
    assert not [complaint for complaint in complaints if not tolerate(complaint)]


def find_barriers(page: "Page") -> list[str]:
    """What axe-core finds against WCAG 2.2 A and AA: rule, elements, reason; empty when it finds nothing."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", tags)
    return [
        f"{rule['id']}: {node['html'][:160]} — {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def overflow(page: "Page") -> int:
    """Pixels by which the page is wider than its window: a reader would have to scroll sideways."""
    found: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return found
