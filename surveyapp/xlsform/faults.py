"""A form that cannot be used, told inside the converting process."""

from collections.abc import Sequence

from surveyapp.findings import FormFinding


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
