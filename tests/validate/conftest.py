"""Where the programs of the other engines are compiled and installed."""

from pathlib import Path

import pytest

from tests.validate.webforms_runner import install


@pytest.fixture(scope="session")
def java_classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the session."""
    return tmp_path_factory.mktemp("classes")


@pytest.fixture(scope="session")
def webforms(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The node project with its packages, kept from run to run where pytest keeps anything."""
    cache: pytest.Cache | None = getattr(request.config, "cache", None)
    return install(tmp_path_factory.mktemp("webforms") if cache is None else cache.mkdir("webforms"))
