"""A form file becomes an XForm, or we say why not.

The file comes from outside and pyxform was not made for hostile input, so that everything that opens it runs in a
fresh process (`surveyapp.xlsform.__main__`) with limits on processor time, memory and wall time, and without our
environment (no database address, no secrets). The answer comes back as JSON and bytes, never as pickled objects.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from surveyapp.findings import FormFinding
from surveyapp.problems import FORM_FILE_UNSUPPORTED, FORM_INVALID, TOO_LARGE, Problem
from surveyapp.sentences import say
from surveyapp.xlsform.faults import read_finding
from surveyapp.xlsform.indicators_sheet import IndicatorRow

MAX_FILE = 50 * 1024 * 1024

_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
_UNSUPPORTED = frozenset(("file-empty", "file-unknown", "xml-no-form"))


@dataclass(frozen=True, slots=True)
class Conversion:
    """A form that can be published.

    `xform` is the XForm as it is to be stored and served, for an uploaded XForm byte for byte what came. `itemsets`
    is the content of `itemsets.csv`, which a form with select_one_external needs as attachment, else b''.
    `findings` are warnings and the repairs made; `source_kind` is xlsx, xls, csv, md or xform; `rows` gives the row
    of each question on the survey sheet; `indicators` are the rows of the sheet of that name, `checks` the cells of
    the sheet of that one.
    """

    xform: bytes
    findings: tuple[FormFinding, ...]
    source_kind: str
    itemsets: bytes = b""
    rows: Mapping[str, int] = field(default_factory=dict)
    indicators: tuple[IndicatorRow, ...] = ()
    checks: tuple[tuple[str, ...], ...] = ()


def convert_form(
    content: bytes,
    filename: str,
    *,
    default_version: str = "",
    seconds: int = 60,
    memory_mb: int = 1024,
) -> Conversion:
    """Convert an XLSForm (.xlsx, .xls, .csv, .md) or check an XForm; the kind is told from the content.

    `default_version` is set where the workbook states none. Raises Problem FORM_INVALID (or FORM_FILE_UNSUPPORTED,
    TOO_LARGE) with each fault in `errors` as the fields of a FormFinding; also when a limit (`seconds` of processor and
    of wall time, `memory_mb`) is passed.
    """
    if len(content) > MAX_FILE:
        raise Problem(
            TOO_LARGE,
            say(
                "The form file has {size:.0f} MB; {limit} MB are the limit.",
                size=len(content) / 1024**2,
                limit=MAX_FILE // 1024**2,
            ),
        )
    request = {"wanted": "form", "filename": filename, "default_version": default_version}
    answer, rest = _ask({**request, "seconds": seconds, "memory_mb": memory_mb}, content)
    findings = tuple(read_finding(finding) for finding in answer["findings"])
    if answer["failed"]:
        raise _problem(findings)
    size = answer["xform_bytes"]
    indicators = tuple(IndicatorRow(**row) for row in answer["indicators"])
    checks = tuple(map(tuple, answer["checks"]))
    return Conversion(rest[:size], findings, answer["kind"], rest[size:], answer["rows"], indicators, checks)


def read_indicators_sheet(
    content: bytes, filename: str, *, seconds: int = 60, memory_mb: int = 1024
) -> tuple[IndicatorRow, ...]:
    """The sheet `indicators` of a workbook that was converted before. Raises Problem as `convert_form` does."""
    request = {"wanted": "indicators", "filename": filename, "seconds": seconds, "memory_mb": memory_mb}
    answer, _ = _ask(request, content)
    if answer["failed"]:
        raise _problem(tuple(read_finding(finding) for finding in answer["findings"]))
    return tuple(IndicatorRow(**row) for row in answer["indicators"])


def read_checks_sheet(
    content: bytes, filename: str, *, seconds: int = 60, memory_mb: int = 1024
) -> tuple[tuple[str, ...], ...]:
    """The sheet `checks` of a workbook that was converted before. Raises Problem as `convert_form` does."""
    request = {"wanted": "checks", "filename": filename, "seconds": seconds, "memory_mb": memory_mb}
    answer, _ = _ask(request, content)
    if answer["failed"]:
        raise _problem(tuple(read_finding(finding) for finding in answer["findings"]))
    return tuple(map(tuple, answer["checks"]))


def _ask(request: Mapping[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
    """The converting process's answer. Raises Problem where it was killed or died."""
    seconds = request["seconds"]
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "surveyapp.xlsform"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        cwd="/",
    )
    with process:
        try:
            output, _ = process.communicate(json.dumps(request).encode() + b"\n" + content, timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise _too_heavy(f"The form could not be converted within {seconds} seconds.") from None
    if process.returncode != 0:
        raise _too_heavy("The conversion of the form was stopped: it needed too much time or memory.")
    head, _, rest = output.partition(b"\n")
    return json.loads(head), rest


def _environment() -> dict[str, str]:
    """What the converting process may know of ours; a fixed hash seed makes equal XForms of equal workbooks."""
    path = os.pathsep.join([str(_PACKAGE_ROOT), *(part for part in sys.path if part and Path(part).is_dir())])
    return {"PYTHONPATH": path, "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", "LANG": "C.UTF-8"}


def _too_heavy(message: str) -> Problem:
    remedy = say("Move long choice lists to CSV files, shorten very long expressions, or split the form.")
    return _problem((FormFinding("form-too-large", "error", message, remedy),))


def _problem(findings: tuple[FormFinding, ...]) -> Problem:
    errors = sorted(
        (finding for finding in findings if finding.severity == "error"), key=lambda found: (found.sheet, found.row)
    )
    others = [finding for finding in findings if finding.severity == "warning"]
    first = errors[0]
    kind = FORM_FILE_UNSUPPORTED if first.code in _UNSUPPORTED else FORM_INVALID
    where = str(FormFinding(first.code, "error", first.message, "", first.sheet, first.row, first.column))
    if len(errors) > 1:
        where = say("{first} ({count} more in errors)", first=where, count=len(errors) - 1)
    return Problem(kind, where, remedy=first.remedy or None, errors=[asdict(finding) for finding in [*errors, *others]])
