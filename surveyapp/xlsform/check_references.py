"""Every `${name}` must lead to one question."""

import re
from collections import Counter, defaultdict

from surveyapp.findings import FormFinding
from surveyapp.sentences import say
from surveyapp.xlsform.sheets import Sheet, canonical, nearest

_REFERENCE = re.compile(r"\$\{([^${}]*)(\}?)")
# A note to oneself may hold anything; pyxform checks every other column of the survey sheet.
_SKIPPED = frozenset(("type", "name", "trigger"))
_CHOICE_COLUMNS = frozenset(("label", "image", "big-image", "audio", "video", "media"))


def check_references(sheets: dict[str, Sheet]) -> list[FormFinding]:
    """References to nothing, to a name that comes twice, and such as are not closed."""
    survey = sheets["survey"]
    rows: dict[str, list[int]] = defaultdict(list)
    for number, row in survey.numbered():
        name = survey.get(row, "name")
        if name and not survey.get(row, "type").startswith("end_"):
            rows[name].append(number)
    checker = _Checker(rows)
    for name in ("survey", "choices", "settings", "entities"):
        if name in sheets:
            checker.check_sheet(sheets[name])
    return checker.findings


class _Checker:
    def __init__(self, rows: dict[str, list[int]]) -> None:
        self.rows = rows
        self.findings: list[FormFinding] = []
        self._told: Counter[str] = Counter()

    def check_sheet(self, sheet: Sheet) -> None:
        for number, row in sheet.numbered():
            for header, cell in row.items():
                column = canonical(header)
                skipped = (
                    column in _SKIPPED
                    if sheet.name == "survey"
                    else sheet.name == "choices" and column not in _CHOICE_COLUMNS
                )
                if "${" in cell and not skipped:
                    self._check_cell(sheet, number, header, cell)

    def _check_cell(self, sheet: Sheet, number: int, header: str, cell: str) -> None:
        for inner, closed in dict.fromkeys(_REFERENCE.findall(cell)):
            name = inner.removeprefix("last-saved#")
            code, message, remedy = self._judge(name, closed)
            if code:
                self.findings.append(FormFinding(code, "error", message, remedy, sheet.title, number, header))

    def _judge(self, name: str, closed: str) -> tuple[str, str, str]:
        if not closed:
            return (
                "reference-open",
                say("The reference ${{{name} is not closed.", name=name[:40]),
                say("Write it as ${name}."),
            )
        rows = self.rows.get(name, [])
        if not rows:
            meant = nearest(name, set(self.rows))
            hint = say(" Did you mean ${{{meant}}}?", meant=meant) if meant else ""
            return (
                "reference-unknown",
                say("${{{name}}} leads to no question.{hint}", name=name, hint=hint),
                say("Mend the name, or add the question."),
            )
        if len(rows) > 1:
            message = say("${{{name}}} could mean the questions of rows {rows}.", name=name, rows=rows)
            return "reference-ambiguous", message, say("Give the questions different names.")
        return "", "", ""
