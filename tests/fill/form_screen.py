"""The form screen of the phone web app alone in a real browser, on a page that only tests see."""

import base64
import functools
import http.server
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page

from tests.browser import PHONE, visiting

FRONTEND = Path(__file__).parents[2] / "surveyapp" / "frontend"
# npm writes it last.
LIBRARIES = FRONTEND / "node_modules/.package-lock.json"
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; connect-src 'self'; worker-src 'self'; font-src 'self'; base-uri 'none'"
)
# Where Python's own table depends on the machine.
TYPES = {".js": "text/javascript", ".wasm": "application/wasm"}
PATIENCE_MS = 5_000
# Wuhan, as a phone there would have it.
ZONE, PLACE = "Asia/Shanghai", {"latitude": 30.5928, "longitude": 114.3055, "accuracy": 4.0}


def build_page(folder: Path) -> Path:
    """Builds the page into `folder`; skips the test where Node or the page's libraries are not there."""
    npx = shutil.which("npx")
    if npx is None or not LIBRARIES.is_file():
        pytest.skip("no Node, or `make node` was not run here")
    config = "src/form/harness/vite.config.js"
    command = [npx, "vite", "build", "--config", config, "--outDir", str(folder), "--logLevel", "error"]
    subprocess.run(command, cwd=FRONTEND, check=True, capture_output=True)
    return folder


class _Files(http.server.SimpleHTTPRequestHandler):
    def guess_type(self, path: "str | os.PathLike[str]") -> str:
        return TYPES.get(Path(path).suffix) or super().guess_type(path)

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *words: Any) -> None:
        """Says nothing: the tests' output is for their own words."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The files of `folder` under the app's own content security policy; the address."""
    handler = functools.partial(_Files, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@contextmanager
def screen_in(browser: Browser, address: str) -> Iterator["Screen"]:
    """The page, loaded once: tests open one form after the other on it. Fails where the browser complained."""
    place: Any = {"timezone_id": ZONE, "geolocation": PLACE, "permissions": ["geolocation"]}
    with visiting(browser, size=PHONE, tolerate=lambda complaint: "404" in complaint, **place) as page:
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{address}/index.html")
        yield Screen(page)


class Screen:
    """What a person sees and does."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(
        self,
        xform: str,
        language: str = "en",
        media: Mapping[str, str] | None = None,
        draft: Mapping[str, Any] | None = None,
    ) -> float:
        """Opens a form; the milliseconds until it was painted."""
        start = {"kind": "restore", **draft} if draft else {"kind": "new"}
        asked = [xform, {"language": language, "media": dict(media or {}), "from": start}]
        taken: float = self.page.evaluate("([xml, asked]) => window.fill.open(xml, asked)", asked)
        return taken

    def take(self) -> dict[str, Any]:
        """The record as the outbox gets it; files as base64."""
        taken: dict[str, Any] = self.page.evaluate("window.fill.take()")
        return taken

    def complaints(self) -> set[tuple[str, str]]:
        """What the engine has against the record: reference and kind of each."""
        return {(reference, kind) for reference, kind in self.page.evaluate("window.fill.complaints()")}

    def by_engine(self, xform: str, answers: Mapping[str, Any], media: Mapping[str, str] | None = None) -> str:
        """The record that the engine alone makes of these answers."""
        asked = [xform, dict(answers), dict(media or {})]
        taken = self.page.evaluate("([xml, answers, media]) => window.fill.byEngine(xml, answers, media)", asked)
        return str(taken["xml"])

    def seen(self, what: str) -> Any:
        return self.page.evaluate("(what) => window.fill.seen[what]", what)

    def next(self) -> None:
        self.page.locator(".f-foot .f-main").click()

    def stand(self, latitude: float, longitude: float) -> None:
        """The phone is there now, as well as satellites can tell."""
        self.page.context.set_geolocation({"latitude": latitude, "longitude": longitude, "accuracy": 4.0})

    def question(self, label: str) -> Locator:
        return self.page.locator(".fq").filter(
            has=self.page.locator(f".fq-label:has-text({json.dumps(label, ensure_ascii=False)})")
        )

    def errors(self) -> list[str]:
        return self.page.locator(".fq-error").all_inner_texts()


def content_of(file: Mapping[str, Any]) -> bytes:
    return base64.b64decode(file["content"])
