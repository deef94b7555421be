"""A real browser for tests of pages: the machine's own Chromium, driven by Playwright.

    browser                  fixture, one for the run; who asks for it is skipped where the machine has none
    visiting(browser, …)     a page with a fresh profile; leaving the block fails when the page complained
    find_barriers(page)      what axe-core finds against WCAG 2.2 AA
    scan(image)              what a phone's camera reads in a QR code of the page
    Journey(page, name)      a person who goes from page to page and looks at each

Playwright itself is imported late: most runs of the suite open no page.
"""

import base64
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

# Where a developer wants to look at the pages.
SHOTS = os.environ.get("SURVEYAPP_TEST_SHOTS", "")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
AXE = Path(__file__).parent / "pages/axe/axe.min.js"
PHONE, DESK = (390, 844), (1280, 900)
NOTE_VIOLATIONS = """
window.cspViolations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.cspViolations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""
# Brightness of each pixel of a PNG, as base64: the browser is the suite's only reader of pictures.
PIXELS = """
async (png) => {
  const bytes = Uint8Array.from(atob(png), (sign) => sign.charCodeAt(0));
  const picture = await createImageBitmap(new Blob([bytes]));
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const pen = canvas.getContext("2d");
  pen.drawImage(picture, 0, 0);
  const shown = pen.getImageData(0, 0, picture.width, picture.height).data;
  let grey = "";
  for (let at = 0; at < shown.length; at += 4) grey += String.fromCharCode(shown[at + 1]);
  return [picture.width, picture.height, btoa(grey)];
}
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


def scan(image: "Locator") -> str:
    """The text of the QR code that stands there, read from what the screen shows, as a camera would."""
    import zxingcpp  # noqa: PLC0415  # see the docstring of the module

    png = base64.b64encode(image.screenshot()).decode()
    width, height, grey = image.page.evaluate(PIXELS, png)
    found = zxingcpp.read_barcode(memoryview(base64.b64decode(grey)).cast("B", shape=(height, width)))
    assert found, "no code that a camera could read"
    return found.text


class Journey:
    """A person who goes from page to page; `name` is how the pictures of this one's pages are called."""

    def __init__(self, page: "Page", name: str) -> None:
        self.page = page
        self.name = name
        self.looked = 0

    def look(self, what: str) -> None:
        """Each page has no barrier and fits its window."""
        self.looked += 1
        self.page.wait_for_load_state("load")
        if SHOTS:
            self.page.screenshot(path=f"{SHOTS}/{self.name}-{self.looked:02}-{what}.png", full_page=True)
        assert find_barriers(self.page) == [], what
        assert overflow(self.page) == 0, what

    def press(self, place: str, what: str = "") -> None:
        """Follow or send what stands there, and look at the page that comes."""
        with self.page.expect_navigation():
            self.page.locator(place).first.click()
        if what:
            self.look(what)

    def fill(self, **answers: str) -> None:
        """Write into the fields of these names."""
        for name, answer in answers.items():
            self.page.locator(f"main [name={name}]").first.fill(answer)
