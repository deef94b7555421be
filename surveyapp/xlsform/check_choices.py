"""Faults of the choices sheet, all at once."""

from collections import defaultdict

from surveyapp.findings import FormFinding, Severity
from surveyapp.sentences import say
from surveyapp.xlsform.sheets import Sheet, canonical

_LABELLED = frozenset(("label", "image", "big-image", "audio", "video", "media"))


def check_choices(choices: Sheet, survey: Sheet) -> list[FormFinding]:
    """Missing columns, list names, names and labels; names with spaces where they would break an answer."""
    missing = [column for column in ("list_name", "name") if column not in choices.columns]
    if missing:
        return [_missing_column(choices, column) for column in missing]
    multiple = {
        words[1]
        for _, row in survey.numbered()
        if len(words := survey.get(row, "type").split()) > 1 and words[0] in ("select_multiple", "rank")
    }
    used = {words[1] for _, row in survey.numbered() if len(words := survey.get(row, "type").split()) > 1}
    findings = []
    for number, row in choices.numbered():
        findings += _check_row(choices, number, row, multiple, used)
    return findings + _unlabelled(choices)


def _missing_column(choices: Sheet, column: str) -> FormFinding:
    message = say("The choices sheet has no column '{column}'.", column=column)
    return FormFinding(
        "column-missing",
        "error",
        message,
        say("Add a column '{column}' to its header.", column=column),
        choices.title,
        choices.first_row - 1,
        column,
    )


def _check_row(
    choices: Sheet, number: int, row: dict[str, str], multiple: set[str], used: set[str]
) -> list[FormFinding]:
    list_name, name = choices.get(row, "list_name"), choices.get(row, "name")
    labelled = any(canonical(header) in _LABELLED for header in row)

    def found(code: str, column: str, message: str, remedy: str) -> list[FormFinding]:
        severity: Severity = "error" if list_name in used or not list_name else "warning"
        return [FormFinding(code, severity, message, remedy, choices.title, number, column)]

    if not list_name and name and labelled:
        return found(
            "choice-without-list",
            "list_name",
            say("Choice '{name}' has no list_name.", name=name),
            say("Write the list's name in the row, or clear the row."),
        )
    if list_name and not name and labelled:
        return found(
            "choice-without-name",
            "name",
            say("A choice of list '{list_name}' has no name.", list_name=list_name),
            say("Give it a name."),
        )
    if list_name in multiple and len(name.split()) > 1:
        message = say(
            "Choice name '{name}' of list '{list_name}' holds a space, and several ticks are kept apart by spaces.",
            name=name,
            list_name=list_name,
        )
        return found("choice-name-space", "name", message, say("Write it with underscores."))
    if list_name and not name:
        row.clear()
    return []


def _unlabelled(choices: Sheet) -> list[FormFinding]:
    rows: dict[str, list[int]] = defaultdict(list)
    for number, row in choices.numbered():
        if choices.get(row, "name") and not any(canonical(header) in _LABELLED for header in row):
            rows[choices.get(row, "list_name")].append(number)
    return [
        FormFinding(
            "choice-without-label",
            "warning",
            say(
                "List '{name}' has choices without label ({count}, the first one here): phones show the name.",
                name=name,
                count=len(numbers),
            ),
            "Give each choice a label.",
            choices.title,
            numbers[0],
            "label",
        )
        for name, numbers in rows.items()
    ]
