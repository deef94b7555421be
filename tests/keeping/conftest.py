"""A place from which a backup is taken, and another one into which it is restored: each on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from surveyapp.config import Config
from tests.people import Survey


@pytest.fixture
def here(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The settings of the deployment that is backed up."""
    return {"SURVEYAPP_DATABASE_URL": database_url, "SURVEYAPP_DATA_DIR": str(tmp_path / "here")}


@pytest.fixture
def elsewhere(empty_database_url: str, tmp_path: Path) -> dict[str, str]:
    """The settings of another deployment, on another database with nothing in it."""
    (tmp_path / "elsewhere").mkdir()
    url = empty_database_url
    if url.startswith("sqlite"):
        url = f"sqlite:///{tmp_path / 'elsewhere' / 'survey.db'}"
    return {"SURVEYAPP_DATABASE_URL": url, "SURVEYAPP_DATA_DIR": str(tmp_path / "elsewhere")}


@pytest.fixture
def office(here: dict[str, str]) -> Iterator[Survey]:
    """The office of the deployment that is backed up; no server runs."""
    survey = Survey(Config.from_environ(here), "http://127.0.0.1:1")
    yield survey
    survey.database.close()
