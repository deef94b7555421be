"""JavaRosa, the engine of ODK Collect, as it comes inside pyxform: a second opinion where a JDK is there."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
import pyxform

JAR = Path(pyxform.__file__).parent / "validators" / "odk_validate" / "bin" / "ODK_Validate.jar"
SOURCES = Path(__file__).parent / "javarosa"
needs_java = pytest.mark.skipif(
    shutil.which("javac") is None or not JAR.exists(),
    reason="JavaRosa needs javac and pyxform's ODK_Validate.jar",
)


@cache
def compile_sources(folder: Path) -> Path:
    """Both programs, compiled into `folder`."""
    sources = [str(source) for source in sorted(SOURCES.glob("*.java"))]
    subprocess.run(["javac", "-nowarn", "-cp", str(JAR), "-d", str(folder), *sources], check=True, capture_output=True)
    return folder


def run_java(program: str, folder: Path, *arguments: Path) -> list[str]:
    """What `program` prints, a line each; its clock is in UTC."""
    classes = f"{compile_sources(folder)}{os.pathsep}{JAR}"
    command = ["java", "-Duser.timezone=UTC", "-Duser.language=en", "-Duser.country=US", "-cp", classes, program]
    done = subprocess.run(
        [*command, *map(str, arguments)], check=True, capture_output=True, encoding="utf-8", timeout=120
    )
    return done.stdout.splitlines()
