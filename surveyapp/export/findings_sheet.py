"""The findings sheet: everything that looked wrong, one row each, with whose interview it was."""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

from surveyapp.export.cells import Row
from surveyapp.export.cleaned import CleanedForm
from surveyapp.export.columns import Feed, sheet_columns
from surveyapp.export.convert import local_time
from surveyapp.export.layout import Layout, list_carried
from surveyapp.export.quoting import Quoting
from surveyapp.export.rows import compile_shape
from surveyapp.export.sheets import Sheet, SheetColumn
from surveyapp.export.source import Ask, ExportSource
from surveyapp.store.selection import Selection

_INDEX = re.compile(r"\[\d+\]")
_NUMBER: Final = Ask("", "_submission_no")
# Where the form does not record when an interview began, the day on which it came.
_BEGUN: Final = (Ask("", "_start"), Ask("", "_received"))
_COLUMNS: Final = (
    SheetColumn(("_submission_no",), "int", 12, "key"),
    SheetColumn(("_instance_id",), "text", 14, "key"),
    SheetColumn(("severity",), "code", 11),
    SheetColumn(("check",), "code", 20),
    SheetColumn(("question",), "code", 22),
    SheetColumn(("label",), "code", 40),
    SheetColumn(("value",), "text", 20),
    SheetColumn(("message",), "text", 60),
    SheetColumn(("rule",), "code", 30),
    SheetColumn(("path",), "text", 36),
    SheetColumn(("outcome",), "code", 14),
    SheetColumn(("_interviewed",), "date", 12, "about"),
)

CONSTRAINT: Final = "constraint-violated"
_NAMES: Final = [one.headers[0] for one in _COLUMNS]
_CHECK, _OUTCOME = _NAMES.index("check"), _NAMES.index("outcome")


def findings_sheet(layout: Layout) -> Sheet:
    """The sheet; after the finding stand the day of the interview, and what rows of repeats tell of their submission:
    village and household where the form asks for them, the enumerator.
    """
    columns = chain.from_iterable(feed.columns for feed in _about(layout))
    return Sheet("findings", (*_COLUMNS, *sheet_columns(columns, "name")), 2)


def findings_rows(source: ExportSource, layout: Layout, selection: Selection) -> Iterator[Row]:
    """One row for each finding of the submissions in the export."""
    # Messages quote what the enumerator read, and what is left out of the clean data has findings, too.
    sent = source.inner if isinstance(source, CleanedForm) else source
    quoting, interviews = Quoting(sent, selection), _Interviews(sent, layout, selection)
    questions = {question.path: question for table in layout.merged for question in table.questions}
    for found in source.findings(selection):
        finding = found.finding
        path = source.kept_path(_INDEX.sub("", finding.path)) if finding.path else ""
        question = questions.get(path)
        yield (
            found.submission_no,
            found.instance_id,
            finding.severity,
            finding.check,
            finding.question or (question.newest.name if question else None),
            layout.view.label(question) if question else None,
            finding.value or None,
            quoting.tell(found),
            finding.rule or None,
            finding.path or None,
            finding.outcome,
            *interviews.about(found.submission_no),
        )


class BrokenCounted:
    """The rows unchanged; `found` counts the answers among them that break a constraint of the form."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows = rows
        self.found = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            self.found += row[_CHECK] == CONSTRAINT and row[_OUTCOME] == "violated"
            yield row


def _about(layout: Layout) -> list[Feed]:
    main = next(table for table in layout.merged if not table.path)
    return list_carried(layout.view, main)


class _Interviews:
    """The submissions beside the findings, in the same order."""

    def __init__(self, source: ExportSource, layout: Layout, selection: Selection) -> None:
        asks, self._shape = compile_shape(_about(layout), (_NUMBER, *_BEGUN))
        self._number, *self._begun = (asks.index(ask) for ask in (_NUMBER, *_BEGUN))
        self._clock = local_time(layout.view.options.clock)
        self._nothing = (None,) * (1 + sum(len(feed.columns) for feed in _about(layout)))
        self._rows = source.main_rows(asks, selection)
        self._row = next(self._rows, None)

    def about(self, number: int) -> tuple[Any, ...]:
        """The day of the interview, and what is told of it."""
        while self._row is not None and self._row[self._number] < number:
            self._row = next(self._rows, None)
        if self._row is None or self._row[self._number] != number:
            return self._nothing
        start, received = (self._clock(self._row[place]) for place in self._begun)
        moment = start or received
        return (moment.date() if moment else None, *self._shape(self._row))
