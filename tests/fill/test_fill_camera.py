"""Camera and microphone of a phone, as Chromium pretends to have them: what they see and hear becomes an answer."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import segno

from tests.browser import FLAGS, NAMES, PHONE, visiting
from tests.fill.enumerator import Enumerator
from tests.people import Survey

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CODE = "household a01v1-0007"
# A film of YUV 4:2:0: one byte of brightness a pixel, and grey for its colours.
WIDTH, HEIGHT, SCALE, FRAMES = 640, 480, 12, 5
WHITE, BLACK, GREY = 235, 16, 128
# The first bytes of a WebM file (EBML).
WEBM = bytes.fromhex("1a45dfa3")

TAKEN = """
| survey   |         |       |             |
|          | type    | name  | label       |
|          | barcode | code  | House card  |
|          | audio   | voice | In own words |
| settings |         |       |             |
|          | form_title | form_id | version |
|          | Taken   | taken | 1           |
"""


def film_of(text: str) -> bytes:
    """A still film (Y4M) of a QR code, as a camera in front of it would see it."""
    rows = [list(row) for row in segno.make(text, micro=False).matrix_iter(scale=SCALE, border=4)]
    side = len(rows)
    left, top = (WIDTH - side) // 2, (HEIGHT - side) // 2
    picture = bytearray([WHITE]) * (WIDTH * HEIGHT)
    for y, row in enumerate(rows, start=top):
        for x, dark in enumerate(row, start=left):
            if dark:
                picture[y * WIDTH + x] = BLACK
    frame = b"FRAME\n" + bytes(picture) + bytes([GREY]) * (WIDTH * HEIGHT // 2)
    return f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420\n".encode() + frame * FRAMES


@pytest.fixture
def equipped(browser: "Browser", tmp_path: Path) -> Iterator["Browser"]:
    """A browser with a camera before a house's card, and a microphone that beeps."""
    film = tmp_path / "card.y4m"
    film.write_bytes(film_of(CODE))
    program = next(filter(None, map(shutil.which, NAMES)))
    pretend = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    flags = [*FLAGS, *pretend, f"--use-file-for-fake-video-capture={film}"]
    started = browser.browser_type.launch(executable_path=program, args=flags)
    yield started
    started.close()


def test_a_card_is_scanned_and_a_voice_recorded_and_both_arrive(equipped: "Browser", office: Survey) -> None:
    office.publish(TAKEN, "taken.md")
    with visiting(equipped, size=PHONE, permissions=["camera", "microphone"]) as page:
        enumerator = Enumerator(page.context, office.url, page)
        enumerator.enrol(office.phone("Phone 1").url.rpartition("/")[2])
        page.get_by_role("listitem").filter(has_text="Taken").get_by_role("button").click()
        page.get_by_role("button", name="Scan").click()
        page.get_by_label("Camera picture").wait_for()
        page.get_by_label("Camera picture").wait_for(state="detached")
        assert page.get_by_role("textbox", name="House card").input_value() == CODE

        page.get_by_role("button", name="Record sound").click()
        page.get_by_role("button", name="Stop (2 s)").wait_for()
        # Turning the page ends the recording too.
        enumerator.turn()
        enumerator.finish()
        enumerator.wait_until_sent()
    assert office.rows("SELECT code FROM data_taken") == [(CODE,)]
    [(name, kind, sha256)] = office.rows("SELECT name, content_type, sha256 FROM submission_attachments")
    assert (name.rpartition(".")[2], kind) == ("webm", "audio/webm")
    assert office.files.path(sha256).read_bytes().startswith(WEBM)
    assert office.count("findings") == 0
