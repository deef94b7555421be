"""A server that can be stopped, and somebody with the phone web app."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from surveyapp.config import Config
from surveyapp.store.database import Database
from surveyapp.store.migrations import migrate
from tests.fill.enumerator import Enumerator, enrolled, office_of
from tests.people import PEOPLE, Survey, serving
from tests.servers import MortalServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Survey]:
    """A server in the test's own process, for what does not depend on the database, with the form `people`."""
    config = Config.from_environ({"SURVEYAPP_DATA_DIR": str(tmp_path)})
    database = Database(config.database_url)
    migrate(database)
    database.close()
    with serving(config) as url:
        survey = Survey(config, url)
        survey.publish(PEOPLE)
        yield survey
        survey.database.close()


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[MortalServer]:
    """`surveyapp serve` on a port that stays the same over its deaths."""
    environment = {"SURVEYAPP_DATABASE_URL": database_url, "SURVEYAPP_DATA_DIR": str(tmp_path / "data")}
    found = MortalServer(environment)
    found.start()
    yield found
    found.kill()


@pytest.fixture
def village(server: MortalServer) -> Iterator[Survey]:
    """The office's side of it, where the form `people` is published."""
    with office_of(server) as survey:
        survey.publish(PEOPLE)
        yield survey


@pytest.fixture
def enumerator(browser: "Browser", village: Survey) -> Iterator[Enumerator]:
    """Somebody let in as `Phone 1`, with the forms on the phone."""
    with enrolled(browser, village) as found:
        yield found
