"""A server of each test's own, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from surveyapp.config import Config
from tests.people import PEOPLE, Phone, Survey, serving
from tests.programs import Program


@pytest.fixture
def environment() -> dict[str, str]:
    """Settings of the server beside those that every test needs; for a test module to replace."""
    return {}


@pytest.fixture
def survey(database_url: str, tmp_path: Path, environment: dict[str, str]) -> Iterator[Survey]:
    """A running server with an empty database."""
    needed = {"SURVEYAPP_DATABASE_URL": database_url, "SURVEYAPP_DATA_DIR": str(tmp_path / "data")}
    config = Config.from_environ({**needed, **environment})
    with serving(config) as url:
        found = Survey(config, url)
        yield found
        found.database.close()


@pytest.fixture
def phone(survey: Survey) -> Phone:
    """A phone of the default project, where the form `people` is published."""
    survey.publish(PEOPLE)
    return survey.phone()


@pytest.fixture
def program(survey: Survey) -> Program:
    """A program of the default project, where the form `people` is published."""
    survey.publish(PEOPLE)
    return Program(survey)


@pytest.fixture
def office(survey: Survey, monkeypatch: pytest.MonkeyPatch) -> Survey:
    """Commands work on the survey's database."""
    monkeypatch.setenv("SURVEYAPP_DATABASE_URL", survey.config.database_url)
    monkeypatch.setenv("SURVEYAPP_DATA_DIR", str(survey.config.data_dir))
    return survey
