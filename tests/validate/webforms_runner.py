"""The engine of ODK Web Forms under node: a second opinion where node is there and its packages can be had."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1] / "webforms"
# What npm says when the lock file itself is wrong; with anything else the packages are out of reach.
OUR_FAULT = ("EUSAGE", "EINTEGRITY")
needs_node = pytest.mark.skipif(
    shutil.which("node") is None or shutil.which("npm") is None,
    reason="the engine of ODK Web Forms needs node and npm",
)


def install(cache: Path) -> Path:
    """The project with its packages in a folder below `cache`, installed once for all processes and runs."""
    sources = sorted(path for path in PROJECT.iterdir() if path.suffix in (".json", ".mjs"))
    mark = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    folder = cache / mark
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "installed").exists():
            folder.mkdir(exist_ok=True)
            for source in sources:
                shutil.copy(source, folder)
            _install_packages(folder)
            (folder / "installed").touch()
    return folder


def _install_packages(folder: Path) -> None:
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=180, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not install the engine of ODK Web Forms within three minutes")
    if done.returncode:
        assert not any(fault in done.stderr for fault in OUR_FAULT), done.stderr
        said = " ".join(line for line in done.stderr.splitlines() if "error" in line)
        pytest.skip(f"npm could not install the engine of ODK Web Forms: {said[:200]}")


def run_node(program: str, folder: Path, *arguments: Path) -> list[str]:
    """What `program` prints, a line each; its clock is in UTC."""
    done = subprocess.run(
        ["node", program, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "TZ": "UTC", "LANG": "en_US.UTF-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()
