"""A week without a network: nothing that was typed is lost, and what was filled arrives once, whole."""

import hashlib
import os
import random
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser import PHONE
from tests.fill.enumerator import PHOTO, Enumerator, bad_line
from tests.people import PEOPLE, Survey
from tests.servers import MortalServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Of interviews and of deaths; 40 and 20 in the long run.
FULL = bool(os.environ.get("SURVEYAPP_TEST_FULL"))
QUEUED, KILLS, CUTS = (40, 20, 8) if FULL else (12, 3, 3)


def test_interviews_of_days_without_a_server_arrive_with_their_photos(
    server: MortalServer, village: Survey, enumerator: Enumerator, tmp_path: Path
) -> None:
    server.kill()
    enumerator.close_tab()
    enumerator.open_app()
    for name in ("Household 1", "Household 2", "Household 3"):
        enumerator.interview(name)
    enumerator.begin("Household 4")
    enumerator.wait_until_saved()
    enumerator.close_tab()

    enumerator.open_app()
    enumerator.go("Drafts")
    enumerator.page.get_by_role("button", name="Continue").click()
    assert enumerator.page.get_by_role("textbox", name="Name").input_value() == "Household 4"
    enumerator.turn()
    enumerator.add_child("child of Household 4")
    enumerator.turn()
    enumerator.finish()
    assert enumerator.count("queued") == 4

    server.start()
    enumerator.send_now()
    enumerator.wait_until_sent()
    sheets = village.export("people", tmp_path / "out.xlsx")
    names = sorted(row["name"] for row in sheets["data"])
    assert names == ["Household 1", "Household 2", "Household 3", "Household 4"]
    assert sorted(row["c_name"] for row in sheets["child"]) == [f"child of {name}" for name in names]
    photos = village.rows("SELECT sha256 FROM submission_attachments")
    assert [sha256 for (sha256,) in photos] == [hashlib.sha256(PHOTO).hexdigest()] * 4
    assert village.count("findings") == 0


def test_a_queue_sent_over_a_bad_line_to_a_dying_server_arrives_once(
    browser: "Browser", server: MortalServer, village: Survey
) -> None:
    width, height = PHONE
    context = browser.new_context(viewport={"width": width, "height": height}, has_touch=True, locale="en-GB")
    with bad_line(server.port, CUTS) as line:
        enumerator = Enumerator(context, line.url)
        enumerator.enrol(village.phone("Phone 1").url.rpartition("/")[2])
        enumerator.wait_until_offline_is_possible()
        server.kill()
        enumerator.interview("first")
        enumerator.multiply(QUEUED - 1)
        second_tab = context.new_page()

        dying = threading.Thread(target=_die_now_and_then, args=(server,))
        dying.start()
        for page in (enumerator.page, second_tab):
            page.goto(f"{line.url}/fill/#outbox")
            page.reload()
        # Playwright belongs to this thread: both tabs are asked by turns until the server has died often enough.
        while dying.is_alive():
            for page in (enumerator.page, second_tab):
                page.evaluate("document.querySelector('main .button.wide:not(:disabled)')?.click()")
                page.wait_for_timeout(100)
        dying.join()
        enumerator.send_now()
        enumerator.wait_until_sent()
        assert enumerator.count("sent") == QUEUED
    context.close()

    assert village.count("submissions") == village.count("submission_versions") == QUEUED
    assert village.count("findings") == 0
    kept = village.rows("SELECT a.name, a.sha256, a.submission_version_id FROM submission_attachments a")
    assert len({version for _, _, version in kept}) == len(kept) == QUEUED
    assert len({sha256 for _, sha256, _ in kept}) == QUEUED
    for _, sha256, _ in kept:
        assert hashlib.sha256(village.files.path(sha256).read_bytes()).hexdigest() == sha256


def _die_now_and_then(server: MortalServer) -> None:
    for _ in range(KILLS):
        server.start()
        time.sleep(random.uniform(0.05, 0.6))
        server.kill()
    server.start()


def test_a_phone_that_was_shut_out_keeps_its_queue_until_it_is_let_in_again(
    server: MortalServer, village: Survey, enumerator: Enumerator
) -> None:
    server.kill()
    enumerator.interview("Household 1")
    server.start()
    village.revoke("Phone 1")
    enumerator.send_now()
    enumerator.page.get_by_text("no longer knows this phone").wait_for()
    assert enumerator.count("queued") == 1
    assert village.count("submissions") == 0

    enumerator.go("This phone")
    enumerator.page.get_by_role("button", name="Another person or project").click()
    enumerator.page.get_by_label("Link or server address").fill(village.phone("Phone 1b").url)
    enumerator.page.get_by_role("button", name="Continue").click()
    enumerator.page.get_by_role("button", name="new link for Phone 1").click()
    enumerator.wait_until_sent()
    assert village.count("submissions") == 1


def test_an_interview_keeps_the_version_it_was_begun_with(village: Survey, enumerator: Enumerator) -> None:
    enumerator.begin("Household 1", photo=False)
    enumerator.wait_until_saved()
    enumerator.page.go_back()
    village.publish(PEOPLE.replace("| 1            |", "| 2            |").replace("| Age   ", "| Years "))
    enumerator.go("Fill")
    enumerator.page.get_by_role("button", name="Look for new forms").click()
    enumerator.page.get_by_text("version 2").wait_for()
    enumerator.go("Drafts")
    enumerator.page.get_by_role("button", name="Continue").click()
    enumerator.page.get_by_role("textbox", name="Age").fill("33")
    enumerator.turn()
    enumerator.turn()
    enumerator.finish()
    enumerator.wait_until_sent()
    assert village.rows(
        "SELECT f.version FROM submission_versions s JOIN form_versions f ON f.id = s.form_version_id"
    ) == [("1",)]


def test_a_refused_record_stays_with_the_words_of_the_server_and_can_be_saved_as_a_file(
    server: MortalServer, village: Survey, enumerator: Enumerator, tmp_path: Path
) -> None:
    server.kill()
    enumerator.interview("Household 1")
    # A record that no server of ours would take: its form was never published.
    enumerator.multiply(1, form="none")
    server.start()
    enumerator.send_now()
    refused = enumerator.page.get_by_test_id("rejected")
    refused.get_by_text("none").wait_for()
    enumerator.page.get_by_test_id("sent").wait_for()
    with enumerator.page.expect_download() as download:
        refused.get_by_role("button", name="Save as file").click()
    target = tmp_path / "refused.zip"
    download.value.save_as(target)
    assert target.read_bytes()[:2] == b"PK"
    assert village.count("submissions") == 1
    assert enumerator.count("rejected") == 1
