"""WebKitGTK, the engine next to Safari's that a Linux machine can have, driven over the W3C WebDriver protocol.

Playwright brings a WebKit of its own, which is not that of the machine; Debian's speaks WebDriver, which needs nothing
but HTTP.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

# Where Debian lays what WebKit's driver starts.
BROWSERS = ("/usr/lib/*/webkit2gtk-4.1/MiniBrowser", "/usr/lib/*/webkitgtk-6.0/MiniBrowser")
FILE_BOX = "//input[@type = 'file']"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
# Seconds. The machine may be busy with other tests; nothing is measured.
PATIENCE = 60


class Window:
    """A browser window, and what a person does in it."""

    def __init__(self, driver: str, browser: str) -> None:
        self.http = requests.Session()
        self.http.trust_env = False
        options = {"binary": browser, "args": ["--automation"]}
        asked = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
        self.address = driver
        self.address = f"{driver}/session/{self._tell('session', **asked)['sessionId']}"

    def _tell(self, command: str, **said: Any) -> Any:
        answer = self.http.post(f"{self.address}/{command}", json=said, timeout=2 * PATIENCE)
        value = answer.json()["value"]
        assert answer.ok, value
        return value

    def close(self) -> None:
        self.http.delete(self.address, timeout=PATIENCE)

    def go_to(self, url: str) -> None:
        self._tell("url", url=url)

    def reload(self) -> None:
        self._tell("refresh")

    def run(self, script: str, *arguments: Any) -> Any:
        """What the body of a function returns, also where that is a promise."""
        return self._tell("execute/sync", script=script, args=list(arguments))

    def find(self, xpath: str) -> str:
        """The element, once it is there."""
        wanted = {"using": "xpath", "value": xpath}
        found = self._until(lambda: self._tell("elements", **wanted), xpath)
        return str(found[0][ELEMENT])

    def _until(self, there: Callable[[], Any], what: str) -> Any:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if found := there():
                return found
            time.sleep(0.1)
        seen = self.run("return document.body.innerText")
        raise AssertionError(f"there is no {what}; on the page stands:\n{seen}")

    def wait_for(self, words: str) -> None:
        self._until(lambda: words in self.run("return document.body.innerText"), words)

    def press(self, name: str) -> None:
        """The first button or link of that name."""
        named = f"//*[self::button or self::a][contains(., {json.dumps(name)})]"
        self._tell(f"element/{self.find(named)}/click")

    def type_in(self, label: str, words: str) -> None:
        labelled = f"//*[@id = //label[contains(., {json.dumps(label)})]/@for]"
        self._tell(f"element/{self.find(labelled)}/value", text=words)

    def choose_file(self, path: Path) -> None:
        self._tell(f"element/{self.find(FILE_BOX)}/value", text=str(path))


@contextlib.contextmanager
def webkit_window() -> Iterator[Window]:
    """A window with a fresh profile; the test is skipped where the machine has no WebKit, or no screen to draw on."""
    driver = shutil.which("WebKitWebDriver")
    browser = next((str(path) for pattern in BROWSERS for path in Path("/").glob(pattern[1:])), None)
    if driver is None or browser is None:
        pytest.skip("no WebKitGTK with its driver on this machine (Debian: webkit2gtk-driver)")
    with screen() as display, driver_at(driver, display) as address:
        window = Window(address, browser)
        try:
            yield window
        finally:
            window.close()


@contextlib.contextmanager
def screen() -> Iterator[str]:
    """The machine's screen, or one in memory."""
    if shown := os.environ.get("DISPLAY"):
        yield shown
        return
    program = shutil.which("Xvfb")
    if program is None:
        pytest.skip("neither a screen nor Xvfb on this machine")
    read, write = os.pipe()
    command = [program, "-displayfd", str(write), "-screen", "0", "800x900x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as told:
        number = told.readline().strip()
    try:
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


@contextlib.contextmanager
def driver_at(program: str, display: str) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Its own processes share no memory with a graphics card here, and tell no desktop what they draw.
    quiet = {"DISPLAY": display, "LIBGL_ALWAYS_SOFTWARE": "1", "NO_AT_BRIDGE": "1", "GTK_A11Y": "none"}
    started = subprocess.Popen(
        [program, f"--port={port}"],
        env={**os.environ, **quiet},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for_port(port)
        yield address
    finally:
        os.killpg(started.pid, signal.SIGTERM)
        started.wait()


def _wait_for_port(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise TimeoutError("WebKit's driver did not start")
