"""The comments sheet: what people said of the submissions."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from surveyapp.export.cells import Row
from surveyapp.export.convert import local_time
from surveyapp.export.findings_sheet import find_question
from surveyapp.export.layout import Layout
from surveyapp.export.options import ExportOptions
from surveyapp.export.sheets import Sheet, SheetColumn
from surveyapp.export.source import ExportSource

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

    def moment(at: datetime | None) -> datetime | None:
        return None if at is None else clock(at)

    for number, instance_id, said in source.comments(options.selection):
        name, label = find_question(source, layout, said.path)
        yield (
            *(number, instance_id, name, label, said.content, _name_of(said.author), moment(said.at), said.for_field),
            *(_name_of(said.resolved_by), moment(said.resolved_at)),
            *(_name_of(said.struck_by), moment(said.struck_at), said.path or None),
        )


def _name_of(actor: str) -> str | None:
    return actor.partition(":")[2] or actor or None
