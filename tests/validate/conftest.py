"""Where the Java programs of this folder are compiled to."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def java_classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the session."""
    return tmp_path_factory.mktemp("classes")
