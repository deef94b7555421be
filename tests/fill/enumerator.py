"""Who fills in these tests: somebody with the phone web app in a real browser, and a village with bad lines."""

import contextlib
import random
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from surveyapp.config import Config
from tests.browser import PHONE
from tests.people import Survey
from tests.servers import MortalServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, FilePayload, Page

BUNDLE = Path(__file__).parents[2] / "surveyapp/web/static/fill"
STORE = Path(__file__).with_name("phone_store.js")
# A picture that the app leaves as it is: small enough not to be shrunk.
PHOTO = (BUNDLE / "icon-192.png").read_bytes()
# Milliseconds. The machine may be busy with other tests; nothing is measured.
PATIENCE = 60_000


class Enumerator:
    """Somebody with the app open. `context` outlives its pages: closing one is closing a tab."""

    def __init__(self, context: "BrowserContext", url: str, page: "Page | None" = None) -> None:
        self.context = context
        self.url = url
        context.set_default_timeout(PATIENCE)
        context.add_init_script(path=STORE)
        self.page: Page = page or context.new_page()

    def enrol(self, token: str) -> None:
        self.page.goto(f"{self.url}/fill/#enrol={token}")
        self.page.get_by_text("may now fill").wait_for()
        self.page.get_by_role("button", name="Start an interview").first.wait_for()

    def wait_until_offline_is_possible(self) -> None:
        """Until the worker controls the page, the app needs the server to start."""
        self.page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")

    def begin(self, name: str, *, photo: bool = True) -> None:
        """A new interview with a name and a photo, not finished."""
        self.page.get_by_role("button", name="Start an interview").first.click()
        self.page.get_by_role("textbox", name="Name").fill(name)
        if photo:
            self.photograph(PHOTO)

    def photograph(self, content: bytes) -> None:
        """Choose a picture for the first question on the page that wants one."""
        picture: FilePayload = {"name": "photo.png", "mimeType": "image/png", "buffer": content}
        self.page.locator("input[type=file]").first.set_input_files([picture])

    def add_child(self, name: str) -> None:
        """On the page of the children, where the only row is open."""
        self.page.get_by_role("textbox", name="Child's name").fill(name)

    def turn(self) -> None:
        """To the next page."""
        self.page.get_by_role("button", name="Next", exact=True).click()

    def finish(self) -> None:
        self.page.get_by_role("button", name="Finish interview").click()
        self.page.get_by_text("Finished and kept").wait_for()

    def interview(self, name: str) -> None:
        """A whole one, with a photo and a child."""
        self.begin(name)
        self.turn()
        self.add_child(f"child of {name}")
        self.turn()
        self.finish()

    def wait_until_saved(self) -> None:
        self.page.get_by_test_id("saved").get_by_text("Saved on this phone").wait_for()
        # What is typed is saved a second later; the state says so from the first key on.
        self.page.wait_for_url(re.compile("#fill="))

    def close_tab(self) -> None:
        self.page.close()

    def open_app(self) -> None:
        self.page = self.context.new_page()
        self.page.goto(f"{self.url}/fill/")

    def multiply(self, count: int, form: str = "people") -> None:
        """Put `count` copies of the one queued record beside it, as records of `form`."""
        self.page.evaluate("how => phoneStore.multiply(how)", {"count": count, "form": form})

    def send_now(self) -> None:
        """Unless the app was quicker: it tries by itself when it is looked at, and the button goes when all is sent or
        refused.
        """
        self.go("Outbox")
        button = self.page.locator("main .button.wide:not(:disabled)")
        done = self.page.get_by_test_id("sync").get_by_text("Everything is sent")
        button.or_(done).or_(self.page.get_by_test_id("rejected")).first.wait_for()
        self.page.evaluate("document.querySelector('main .button.wide:not(:disabled)')?.click()")

    def go(self, tab: str) -> None:
        self.page.get_by_role("navigation", name="Pages").get_by_role("link", name=tab).click()

    def wait_until_sent(self) -> None:
        self.page.get_by_test_id("sync").get_by_text("Everything is sent").wait_for()

    def count(self, state: str) -> int:
        """How many records of this state the phone holds."""
        counted: int = self.page.evaluate("state => phoneStore.count(state)", state)
        return counted


@contextlib.contextmanager
def enrolled(browser: "Browser", survey: Survey, **more: Any) -> Iterator[Enumerator]:
    """Somebody let in as `Phone 1`, with the forms on the phone; `more` is what else the browser context is told."""
    width, height = PHONE
    context = browser.new_context(viewport={"width": width, "height": height}, has_touch=True, locale="en-GB", **more)
    found = Enumerator(context, survey.url)
    found.enrol(survey.phone("Phone 1").url.rpartition("/")[2])
    found.wait_until_offline_is_possible()
    yield found
    context.close()


@contextlib.contextmanager
def office_of(server: MortalServer) -> Iterator[Survey]:
    """The office's side of a server that may be dead."""
    ours = {name: value for name, value in server.environment.items() if name.startswith("SURVEYAPP_")}
    survey = Survey(Config.from_environ(ours), server.url)
    yield survey
    survey.database.close()


class BadLine:
    """A line between the phones and the server, with an address of its own. Now and then it is cut after the server has
    answered a POST and before the phone hears it.
    """

    def __init__(self, port: int, cuts: int) -> None:
        self.server = ("127.0.0.1", port)
        self.cuts = cuts
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        self.listener.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), socket.create_connection(self.server) as server:
            posted = threading.Event()
            back = threading.Thread(target=self._carry_back, args=(server, client, posted), daemon=True)
            back.start()
            while chunk := client.recv(65_536):
                if chunk.startswith(b"POST "):
                    posted.set()
                server.sendall(chunk)
            server.shutdown(socket.SHUT_WR)
            back.join()

    def _carry_back(self, server: socket.socket, client: socket.socket, posted: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while chunk := server.recv(65_536):
                if posted.is_set() and self.cuts > 0 and random.random() < 0.4:
                    self.cuts -= 1
                    break
                posted.clear()
                client.sendall(chunk)
        # Also after a server that died: otherwise the phone would wait for a minute.
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def bad_line(port: int, cuts: int) -> Iterator[BadLine]:
    line = BadLine(port, cuts)
    try:
        yield line
    finally:
        line.close()
