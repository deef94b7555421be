"""A form that cannot be used, told inside the converting process; and how faults get out of it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from surveyapp.findings import FormFinding
from surveyapp.sentences import pack, unpack


class FormFaultsError(Exception):
    """The form cannot be converted: `findings` say why, one each fault."""

    def __init__(self, findings: Sequence[FormFinding]) -> None:
        super().__init__("; ".join(str(finding) for finding in findings))
        self.findings = tuple(findings)


def fault(
    code: str, message: str, remedy: str = "", *, sheet: str = "", row: int = 0, column: str = ""
) -> FormFaultsError:
    """One fault, ready to be raised."""
    return FormFaultsError([FormFinding(code, "error", message, remedy, sheet, row, column)])


def write_finding(finding: FormFinding) -> dict[str, Any]:
    """`finding` as JSON, its sentences with what they were made from."""
    return {**asdict(finding), "message": pack(finding.message), "remedy": pack(finding.remedy)}


def read_finding(written: Mapping[str, Any]) -> FormFinding:
    """What `write_finding` was given."""
    words = {name: unpack(written.get(name, "")) for name in ("message", "remedy")}
    return FormFinding(**{**written, **words})
