"""Would ODK Collect open this form? Asked of ODK Validate, which is Collect's own engine and comes with pyxform.

It needs Java; where there is none, nothing is said. Runs as a process of its own with limits on time and memory.
"""

import importlib.util
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from surveyapp.findings import FormFinding
from surveyapp.sentences import say

JAR = "validators/odk_validate/bin/ODK_Validate.jar"

_NOISE = re.compile(
    r"^(\s+at |\s*\.\.\. \d+ more|Validating: |>> |The following files|/\S+\.xml$|Result: |Caused by: |\s*$)"
)
_JAVA = re.compile(r"(?:[a-z]\w*\.)+\w*(?:Exception|Error): ?|,? ?Bad node: \S+|java\.lang\.\w+")
_PATH = re.compile(r"(?<![\w.'\"])/[\w.-]+(?:\[\d+\])?(?:/[\w.-]+(?:\[\d+\])?)+")


def find_validator() -> list[str]:
    """The command that runs ODK Validate, [] where Java or the program is missing."""
    java, package = shutil.which("java"), importlib.util.find_spec("pyxform")
    jar = Path(package.origin).parent / JAR if package and package.origin else None
    return [java, "-jar", str(jar)] if java and jar and jar.exists() else []


def check_for_collect(
    xform: bytes, *, rows: Mapping[str, int] | None = None, seconds: int = 60, memory_mb: int = 512
) -> tuple[FormFinding, ...]:
    """Why ODK Collect would refuse the form, () where it would take it or cannot be asked.

    `rows` gives the row of each question on the survey sheet, where the form came from one.
    """
    command = find_validator()
    if not command:
        return ()
    options = [f"-Xmx{memory_mb}m", "-XX:+UseSerialGC", "-Djava.awt.headless=true"]
    with tempfile.NamedTemporaryFile(suffix=".xml") as file:
        file.write(xform)
        file.flush()
        try:
            done = subprocess.run(
                [command[0], *options, *command[1:], file.name],
                capture_output=True,
                timeout=seconds,
                env={"LANG": "C.UTF-8"},
                check=False,
            )
        except subprocess.TimeoutExpired:
            return (_undecided(say("ODK Validate gave no answer within {seconds} seconds.", seconds=seconds)),)
    told = (done.stdout + b"\n" + done.stderr).decode("utf-8", "replace")
    if "Xform is valid" in told or "XForm is valid" in told:
        return ()
    if "Result: Invalid" not in told:
        return (_undecided(say("ODK Validate could not look at the form.")),)
    return (_refusal(told, rows or {}),)


def _undecided(message: str) -> FormFinding:
    return FormFinding("collect-undecided", "warning", message, "Open the form on a phone before fieldwork begins.")


def _refusal(told: str, rows: Mapping[str, int]) -> FormFinding:
    lines = [_JAVA.sub("", line).strip(" ,") for line in told.splitlines() if not _NOISE.match(line)]
    names = [path.rpartition("/")[2].partition("[")[0] for path in _PATH.findall("\n".join(lines))]
    text = " ".join(_PATH.sub(_as_question, line) for line in dict.fromkeys(lines) if line)
    row = next((rows[name] for name in names if name in rows), 0)
    remedy = say("Mend the expression; see the list of functions at docs.getodk.org/form-operators-functions.")
    message = say("ODK Collect could not open this form. {text}", text=text)
    return FormFinding("collect-refuses", "error", message, remedy, "survey" if row else "", row)


def _as_question(path: re.Match[str]) -> str:
    return "${" + path[0].rpartition("/")[2].partition("[")[0] + "}"
