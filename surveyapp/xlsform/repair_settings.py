"""The settings sheet completed: form id, title and version are never missing."""

import re
import unicodedata
from pathlib import PurePath

from surveyapp.findings import FormFinding
from surveyapp.sentences import say
from surveyapp.xlsform.sheets import Sheet

_NOT_SLUG = re.compile(r"[^\w.-]+")


def slug(filename: str) -> str:
    """A form id from a file name: `My survey (v2).xlsx` gives `my_survey_v2`."""
    stem = unicodedata.normalize("NFC", PurePath(filename.replace("\\", "/")).stem).lower()
    return _NOT_SLUG.sub("_", stem).strip("_.-")[:64] or "form"


def complete_settings(sheets: dict[str, Sheet], filename: str, default_version: str) -> list[FormFinding]:
    """Fill form_id from the file name, form_title from the form id and version from `default_version`, and say so."""
    settings = sheets.get("settings")
    if settings is None:
        settings = sheets["settings"] = Sheet("settings", "settings", [], [])
    # pyxform reads the first row alone, also when it is blank.
    row = next((row for _, row in settings.numbered()), {})
    settings.rows[:] = [row]
    findings = []

    def fill(column: str, value: str, message: str, remedy: str) -> None:
        settings.put(row, column, value)
        findings.append(
            FormFinding(
                f"{column.replace('_', '-')}-derived",
                "info",
                message,
                remedy,
                settings.title,
                0,
                column,
            )
        )

    form_id = settings.get(row, "form_id")
    if not form_id:
        form_id = slug(filename)
        fill(
            "form_id",
            form_id,
            say("There is no form_id; '{form_id}' was taken from the file name.", form_id=form_id),
            say("State form_id in the settings sheet."),
        )
    if not settings.get(row, "form_title"):
        settings.put(row, "form_title", form_id)
    if not settings.get(row, "version") and default_version:
        message = say("There is no version; '{default_version}' was set.", default_version=default_version)
        fill(
            "version",
            default_version,
            message,
            say("State version in the settings sheet and raise it with every change."),
        )
    return findings


def allow_duplicates(sheets: dict[str, Sheet]) -> FormFinding:
    """Let pyxform pass choice names that come twice under different filter values."""
    settings = sheets["settings"]
    settings.put(settings.rows[0], "allow_choice_duplicates", "yes")
    message = say(
        "Some choice names come more than once in a filtered list, under different filter values; that was allowed."
    )
    return FormFinding("choice-duplicates-allowed", "info", message, "", sheets["choices"].title)
