"""The journey of an interview in WebKitGTK, the engine next to Safari's; in the long run, where the machine has it
(Debian: webkit2gtk-driver, xvfb).

Its window is a private one, as Safari's can be: what a browser keeps there differs.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fill.enumerator import PHOTO
from tests.fill.webkit import Window, webkit_window
from tests.people import Survey
from tests.servers import MortalServer

pytestmark = pytest.mark.skipif(
    not os.environ.get("SURVEYAPP_TEST_FULL"), reason="other browsers are tried in the long run (SURVEYAPP_TEST_FULL)"
)
HOUSEHOLDS = [f"Household {number}" for number in range(1, 5)]
CONTROLLED = "return navigator.serviceWorker.ready.then(() => Boolean(navigator.serviceWorker.controller))"


@pytest.fixture
def window() -> Iterator[Window]:
    with webkit_window() as found:
        yield found


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    path.write_bytes(PHOTO)
    return path


def test_interviews_without_a_server_arrive_with_their_photos_from_webkit(
    window: Window, server: MortalServer, village: Survey, photo: Path
) -> None:
    token = village.phone("Phone 1").url.rpartition("/")[2]
    window.go_to(f"{village.url}/fill/#enrol={token}")
    window.wait_for("Start an interview")
    assert window.run(CONTROLLED)
    server.kill()
    window.reload()
    *whole, last = HOUSEHOLDS
    for name in whole:
        begin(window, name, photo)
        end(window, name)
    begin(window, last, photo)
    window.wait_for("Saved on this phone")
    window.reload()
    window.find("//figure/img")
    end(window, last)
    window.wait_for("4 not sent yet")

    server.start()
    window.press("Outbox")
    window.run("document.querySelector('main .button.wide:not(:disabled)')?.click()")
    window.wait_for("Everything is sent")
    assert sorted(village.rows("SELECT name FROM data_people")) == [(name,) for name in HOUSEHOLDS]
    photos = village.rows("SELECT sha256 FROM submission_attachments")
    assert photos == [(hashlib.sha256(PHOTO).hexdigest(),)] * len(HOUSEHOLDS)
    assert village.count("findings") == 0


def begin(window: Window, name: str, photo: Path) -> None:
    window.press("Start an interview")
    window.type_in("Name", name)
    window.choose_file(photo)
    window.find("//figure/img")


def end(window: Window, name: str) -> None:
    window.press("Next")
    window.type_in("Child's name", f"child of {name}")
    window.press("Next")
    window.press("Finish interview")
    window.wait_for("Finished and kept")
