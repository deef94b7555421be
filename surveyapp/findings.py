"""Something looks wrong, and where: we kept it.

A `Finding` is about a record that we stored, a `FormFinding` about a form definition. What we refuse
to keep is a `surveyapp.problems.Problem`.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from surveyapp.sentences import as_sentence, say

Severity: TypeAlias = Literal["error", "warning", "info"]
Outcome: TypeAlias = Literal["violated", "not_checkable"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One odd thing in one stored record.

    `path` is the XPath of the node with repeat indices (`/data/member[2]/m_age`), empty when the finding is about the
    whole record; `rule` is the rule's text as the form states it, or the limit that was passed.
    """

    check: str
    severity: Severity
    message: str
    path: str = ""
    question: str = ""
    value: str = ""
    rule: str = ""
    outcome: Outcome = "violated"


@dataclass(frozen=True, slots=True)
class FormFinding:
    """One thing to mend, or that we mended, in a form definition.

    `sheet`, `row` (1-based, as the spreadsheet program shows it; 0 = unknown) and `column` say where, `message` what,
    `remedy` what to do.
    """

    code: str
    severity: Severity
    message: str
    remedy: str = ""
    sheet: str = ""
    row: int = 0
    column: str = ""

    def __str__(self) -> str:
        said = as_sentence(self.message)
        if self.remedy:
            said = say("{what} {remedy}", what=said, remedy=as_sentence(self.remedy))
        where = [
            *([say("sheet {sheet}", sheet=self.sheet)] if self.sheet else []),
            *([say("row {row}", row=self.row)] if self.row else []),
            *([say("column {column}", column=self.column)] if self.column else []),
        ]
        return say("{where}: {what}", where=where, what=said) if where else said
