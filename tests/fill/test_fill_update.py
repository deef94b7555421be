"""A new version of the app is offered, and never taken while somebody is in an interview."""

import importlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import PHONE, visiting
from tests.fill.enumerator import BUNDLE, Enumerator
from tests.people import Survey

if TYPE_CHECKING:
    from playwright.sync_api import Browser


# `surveyapp.web.fill` is the blueprint, as the package imports it.
SERVING = importlib.import_module("surveyapp.web.fill")


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the app's files that the server hands out, and that a test may change."""
    copy = tmp_path / "fill"
    shutil.copytree(BUNDLE, copy)
    monkeypatch.setattr(SERVING, "BUNDLE", copy)
    forget()
    yield copy
    forget()


def forget() -> None:
    SERVING._assets.cache_clear()
    SERVING._asset.cache_clear()


def test_a_new_version_waits_until_no_interview_is_open(browser: "Browser", office: Survey, bundle: Path) -> None:
    with visiting(browser, size=PHONE, tolerate=lambda told: "404" in told) as page:
        enumerator = Enumerator(page.context, office.url, page)
        enumerator.enrol(office.phone("Phone 1").url.rpartition("/")[2])
        enumerator.wait_until_offline_is_possible()
        enumerator.begin("Household 1", photo=False)
        enumerator.wait_until_saved()

        worker = bundle / "sw.js"
        worker.write_text(worker.read_text().replace("const VERSION = '", "const VERSION = 'new-"))
        forget()
        page.evaluate("navigator.serviceWorker.getRegistration().then((one) => one.update()).then(() => undefined)")
        page.evaluate(UNTIL_WAITING)
        assert page.get_by_text("A new version of the app is ready.").count() == 0

        second = enumerator.context.new_page()
        second.goto(f"{office.url}/fill/")
        second.get_by_role("button", name="Use it").click()
        second.get_by_text("An interview is open.").wait_for()
        enumerator.page.get_by_role("button", name="Back to the list").click()
        enumerator.page.get_by_role("heading", name="Forms to fill").wait_for()
        with second.expect_navigation():
            second.get_by_role("button", name="Use it").click()
        [cache] = second.evaluate("caches.keys()")
        assert "new-" in cache


UNTIL_WAITING = """async () => {
  const registration = await navigator.serviceWorker.getRegistration()
  while (!registration.waiting) await new Promise((resolve) => setTimeout(resolve, 50))
}"""
