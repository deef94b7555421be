"""The process that converts one form: `python -m surveyapp.xlsform`.

Reads one line of JSON (`wanted`, `filename`, `default_version`, `seconds`, `memory_mb`) and then the file from
standard input; writes one line of JSON (`kind`, `findings`, `failed`, `rows`, `indicators`, `checks`, `xform_bytes`)
and then the XForm and the itemsets CSV to standard output. Where only the sheet `indicators` or `checks` is wanted, it
writes `failed`, `findings` and that. It limits itself before it looks at the file. Started by
`surveyapp.xlsform.convert` alone.
"""

import json
import resource
import sys
from dataclasses import asdict
from typing import Any

from surveyapp.xlsform.faults import FormFaultsError, write_finding
from surveyapp.xlsform.pipeline import read_checks, read_indicators, run

MAX_XFORM = 64 * 1024 * 1024
MAX_OPEN_FILES = 64
MAX_WRITTEN = 16 * 1024 * 1024


def main() -> None:
    """Convert what standard input holds."""
    request = json.loads(sys.stdin.buffer.readline())
    limit_process(request["seconds"], request["memory_mb"])
    content = sys.stdin.buffer.read()
    try:
        answer, parts = _answer(request, content)
    except MemoryError:
        answer, parts = _out_of_memory(), []
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
    for part in parts:
        sys.stdout.buffer.write(part)
    sys.stdout.buffer.flush()


def limit_process(seconds: int, memory_mb: int) -> None:
    """Set the limits that the kernel keeps: processor time, address space, files, no core dump."""
    for what, limit in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory_mb * 1024 * 1024),
        (resource.RLIMIT_FSIZE, MAX_WRITTEN),
        (resource.RLIMIT_NOFILE, MAX_OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        wanted = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(what, (wanted, wanted))


def _answer(request: dict[str, Any], content: bytes) -> tuple[dict[str, Any], list[bytes]]:
    if request["wanted"] == "indicators":
        return _read_indicators(content, request["filename"]), []
    if request["wanted"] == "checks":
        return _read_checks(content, request["filename"]), []
    return _convert(content, request["filename"], request["default_version"])


def _convert(content: bytes, filename: str, default_version: str) -> tuple[dict[str, Any], list[bytes]]:
    try:
        made = run(content, filename, default_version)
    except FormFaultsError as error:
        return {"failed": True, "findings": [write_finding(finding) for finding in error.findings]}, []
    if len(made.xform) > MAX_XFORM:
        return _out_of_memory(), []
    answer = {
        "failed": False,
        "kind": made.kind,
        "findings": [write_finding(finding) for finding in made.findings],
        "rows": made.rows,
        "indicators": [asdict(row) for row in made.indicators],
        "checks": made.checks,
        "xform_bytes": len(made.xform),
    }
    return answer, [made.xform, made.itemsets]


def _read_indicators(content: bytes, filename: str) -> dict[str, Any]:
    try:
        rows = read_indicators(content, filename)
    except FormFaultsError as error:
        return {"failed": True, "findings": [write_finding(finding) for finding in error.findings]}
    return {"failed": False, "findings": [], "indicators": [asdict(row) for row in rows]}


def _read_checks(content: bytes, filename: str) -> dict[str, Any]:
    try:
        grid = read_checks(content, filename)
    except FormFaultsError as error:
        return {"failed": True, "findings": [write_finding(finding) for finding in error.findings]}
    return {"failed": False, "findings": [], "checks": grid}


def _out_of_memory() -> dict[str, Any]:
    finding = {
        "code": "form-too-large",
        "severity": "error",
        "message": "The form is too large to be converted.",
        "remedy": "Move long choice lists to CSV files, or split the form.",
    }
    return {"failed": True, "findings": [finding]}


if __name__ == "__main__":
    main()
