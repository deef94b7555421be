"""The reference survey on a phone, in villages without a network."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from surveyapp.config import shipped_folder
from tests.fill.enumerator import PHOTO, Enumerator, enrolled, office_of
from tests.fill.form_keys import Typist
from tests.fill.form_screen import PLACE, ZONE
from tests.people import Survey
from tests.servers import MortalServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FORM = "livelihood_space"
# Finished without an interruption; in the long run three of them.
WHOLE = 3 if os.environ.get("SURVEYAPP_TEST_FULL") else 1
CODES = [f"lx1-{number:04d}" for number in range(WHOLE + 1)]
# The page on which the last interview is left.
HALFWAY = "F. Consumption expenditure, yuan"


@pytest.fixture
def office_there(server: MortalServer) -> Iterator[Survey]:
    folder = shipped_folder("forms")
    with office_of(server) as survey:
        workbook, register = ((folder / name).read_bytes() for name in (f"{FORM}.xlsx", "households.csv"))
        survey.publish(workbook, f"{FORM}.xlsx", {"households.csv": register})
        yield survey


class Interviewer:
    """Fills the reference survey for one household: by keyboard, apart from the photo and the second member."""

    def __init__(self, enumerator: Enumerator, code: str) -> None:
        self.enumerator = enumerator
        self.code = code
        self.photo = PHOTO + code.encode()
        self.typist = self._typist()

    def _typist(self) -> Typist:
        answers = {"New household code": self.code, "Year of the move": "2015", "Name": f"of {self.code}"}
        return Typist(self.enumerator.page, answers)

    def begin(self) -> None:
        """As far as the page on which somebody may be interrupted."""
        page = self.enumerator.page
        page.get_by_role("button", name="Start an interview").first.click()
        self.typist.fill_until(lambda: self.heading() == "B. Member")
        page.get_by_role("button", name="Add B. Member").click()
        self.typist.fill_until(lambda: self.heading() == HALFWAY)

    def take_up_again(self) -> None:
        self.typist = self._typist()

    def end(self) -> None:
        page = self.enumerator.page
        self.typist.fill_until(lambda: page.locator("input[type=file]").count() > 0)
        self.enumerator.photograph(self.photo)
        page.locator("figure").wait_for()
        self.typist.fill_until(lambda: page.get_by_text("Finished and kept").count() > 0)

    def heading(self) -> str:
        heading = self.enumerator.page.locator("h2.f-heading")
        return heading.inner_text() if heading.count() else ""


def test_the_reference_survey_of_days_without_a_server_arrives_whole(
    browser: "Browser", server: MortalServer, office_there: Survey, tmp_path: Path
) -> None:
    with enrolled(
        browser, office_there, timezone_id=ZONE, geolocation=PLACE, permissions=["geolocation"]
    ) as enumerator:
        server.kill()
        enumerator.close_tab()
        enumerator.open_app()
        households = [Interviewer(enumerator, code) for code in CODES]
        *whole, last = households
        for household in whole:
            household.begin()
            household.end()
        last.begin()
        enumerator.wait_until_saved()
        enumerator.close_tab()

        enumerator.open_app()
        enumerator.go("Drafts")
        enumerator.page.get_by_role("button", name="Continue").click()
        enumerator.page.locator("h2.f-heading").wait_for()
        last.take_up_again()
        assert last.heading() == HALFWAY
        last.end()
        assert enumerator.count("queued") == WHOLE + 1

        server.start()
        enumerator.send_now()
        enumerator.wait_until_sent()

    sheets = office_there.export(FORM, tmp_path / "out.xlsx")
    assert sorted(row["hh_code"] for row in sheets["data"]) == CODES
    assert sorted(row["m_name"] for row in sheets["member"]) == sorted(2 * [f"of {code}" for code in CODES])
    photos = office_there.rows("SELECT sha256 FROM submission_attachments")
    assert sorted(photos) == sorted((hashlib.sha256(household.photo).hexdigest(),) for household in households)
    for household in households:
        kept = office_there.files.path(hashlib.sha256(household.photo).hexdigest())
        assert kept.read_bytes() == household.photo
    # The engine let each of them be finished, and the server has nothing against them either.
    assert office_there.rows("SELECT * FROM findings") == []
