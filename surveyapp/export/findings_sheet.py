"""The findings sheet: everything that looked wrong, one row each."""

import re
from collections.abc import Iterator

from surveyapp.export.cells import Row
from surveyapp.export.layout import Layout
from surveyapp.export.sheets import Sheet, SheetColumn
from surveyapp.export.source import ExportSource
from surveyapp.store.selection import Selection

_INDEX = re.compile(r"\[\d+\]")

FINDINGS_SHEET = Sheet(
    "findings",
    (
        SheetColumn(("_submission_no",), "int", 12, "key"),
        SheetColumn(("_instance_id",), "text", 14, "key"),
        SheetColumn(("severity",), "code", 11),
        SheetColumn(("check",), "code", 20),
        SheetColumn(("question",), "code", 22),
        SheetColumn(("label",), "code", 40),
        SheetColumn(("value",), "text", 20),
        SheetColumn(("message",), "code", 60),
        SheetColumn(("rule",), "code", 30),
        SheetColumn(("path",), "text", 36),
        SheetColumn(("outcome",), "code", 14),
    ),
    2,
)


def findings_rows(source: ExportSource, layout: Layout, selection: Selection) -> Iterator[Row]:
    """One row for each finding of the submissions in the export."""
    questions = {question.path: question for table in layout.merged for question in table.questions}
    for number, instance_id, finding in source.findings(selection):
        path = source.kept_path(_INDEX.sub("", finding.path)) if finding.path else ""
        question = questions.get(path)
        yield (
            number,
            instance_id,
            finding.severity,
            finding.check,
            finding.question or (question.newest.name if question else None),
            layout.view.label(question) if question else None,
            finding.value or None,
            finding.message,
            finding.rule or None,
            finding.path or None,
            finding.outcome,
        )
