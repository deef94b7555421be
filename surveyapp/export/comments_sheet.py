"""The comments sheet: what people said of the submissions."""

import re
from collections.abc import Iterator
from typing import Final

from surveyapp.export.cells import Row
from surveyapp.export.convert import local_time
from surveyapp.export.layout import Layout, name_of
from surveyapp.export.options import ExportOptions
from surveyapp.export.sheets import Sheet, SheetColumn
from surveyapp.export.source import ExportSource

_INDEX: Final = re.compile(r"\[\d+\]")
COMMENTS_SHEET: Final = Sheet(
    "comments",
    (
        SheetColumn(("_submission_no",), "int", 12, "key"),
        SheetColumn(("_instance_id",), "text", 14, "key"),
        SheetColumn(("question",), "code", 22),
        SheetColumn(("label",), "code", 40),
        SheetColumn(("comment",), "text", 60),
        SheetColumn(("author",), "code", 16),
        SheetColumn(("said_at",), "datetime", 19),
        SheetColumn(("for_field",), "bool", 10),
        SheetColumn(("resolved_by",), "code", 16, "about"),
        SheetColumn(("resolved_at",), "datetime", 19, "about"),
        SheetColumn(("struck_by",), "code", 16, "about"),
        SheetColumn(("struck_at",), "datetime", 19, "about"),
        SheetColumn(("path",), "text", 36, "about"),
    ),
    2,
)


def comment_rows(source: ExportSource, layout: Layout, options: ExportOptions) -> Iterator[Row]:
    """One row for each comment on the submissions in the export, resolved and struck ones too."""
    clock = local_time(options.clock)
    questions = {question.path: question for table in layout.merged for question in table.questions}
    for number, instance_id, said in source.comments(options.selection):
        question = questions.get(source.kept_path(_INDEX.sub("", said.path))) if said.path else None
        about = (question.newest.name, layout.view.label(question)) if question is not None else (None, None)
        yield (
            *(number, instance_id, *about, said.content),
            *(name_of(said.author), clock(said.at), said.for_field),
            *(name_of(said.resolved_by), clock(said.resolved_at)),
            *(name_of(said.struck_by), clock(said.struck_at), said.path or None),
        )
