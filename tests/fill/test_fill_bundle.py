"""The committed bundle is what its source builds, and the app's own tests hold. Both need Node; installing does not."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.fill.enumerator import BUNDLE
from tests.fill.form_screen import FRONTEND, LIBRARIES

SOURCES = ("src", "public", "vite", "index.html", "package.json", "vite.config.js")


@pytest.fixture(scope="module")
def npx() -> str:
    program = shutil.which("npx")
    if program is None:
        pytest.skip("no Node on this machine: the bundle cannot be built again to compare")
    if not LIBRARIES.is_file():
        pytest.skip("`make node` was not run here, or npm could not bring the libraries")
    return program


def run(*command: str, where: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NO_COLOR": "1"}
    return subprocess.run(command, cwd=where, env=environment, capture_output=True, text=True, check=False, timeout=600)


def test_the_committed_bundle_is_what_the_source_builds(npx: str, tmp_path: Path) -> None:
    # In another folder, so that a path of this machine in the bundle would be seen. The look of all pages lies beside.
    frontend = tmp_path / "surveyapp/frontend"
    static = tmp_path / "surveyapp/web/static"
    frontend.mkdir(parents=True)
    static.mkdir(parents=True)
    for name in SOURCES:
        source = FRONTEND / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, frontend / name)
    shutil.copy(BUNDLE.parent / "tokens.css", static)
    (frontend / "node_modules").symlink_to(FRONTEND / "node_modules")
    built = run(npx, "vite", "build", where=frontend)
    assert built.returncode == 0, built.stderr
    assert contents(static / "fill") == contents(BUNDLE), "Run `make frontend`."


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_tests_of_the_app_pass(npx: str) -> None:
    told = run(npx, "vitest", "run", "--reporter=dot", where=FRONTEND)
    assert told.returncode == 0, told.stdout[-5_000:] + told.stderr[-2_000:]
