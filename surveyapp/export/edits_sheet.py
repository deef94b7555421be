"""The edits sheet: what phones and the office changed in submissions after they first came, before any cleaning."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from surveyapp.clean.edits import Edit
from surveyapp.export.cells import Row
from surveyapp.export.convert import local_time
from surveyapp.export.feeds import View
from surveyapp.export.layout import Layout, name_of
from surveyapp.export.merge import MergedQuestion
from surveyapp.export.options import ExportOptions
from surveyapp.export.sheets import Line, Sheet, SheetColumn
from surveyapp.export.source import ExportSource

# The columns that the cleaning log has, too, have its names.
EDITS_SHEET: Final = Sheet(
    "edits",
    (
        SheetColumn(("submission_no",), "int", 12, "key"),
        SheetColumn(("instance_id",), "text", 14, "key"),
        SheetColumn(("edit",), "int", 9, "key"),
        SheetColumn(("form_version",), "code", 12),
        SheetColumn(("repeat",), "code", 16),
        SheetColumn(("row_key",), "text", 16),
        SheetColumn(("question",), "code", 22),
        SheetColumn(("label",), "code", 40),
        SheetColumn(("old_value",), "text", 20),
        SheetColumn(("old_label",), "code", 24),
        SheetColumn(("new_value",), "text", 20),
        SheetColumn(("new_label",), "code", 24),
        SheetColumn(("change_type",), "code", 18),
        SheetColumn(("channel",), "code", 10),
        SheetColumn(("reason",), "text", 40),
        SheetColumn(("changed_by",), "code", 16, "about"),
        SheetColumn(("changed_at",), "datetime", 19, "about"),
        SheetColumn(("path",), "text", 36, "about"),
    ),
    3,
)


class EditRows:
    """One row for each cell and row of a repeat that an edit changed, submission by submission, oldest edit first.

    Once they were given out, `changes` counts them by channel, `submissions` those that were edited.
    """

    def __init__(self, source: ExportSource, layout: Layout, options: ExportOptions) -> None:
        self._source = source
        self._layout = layout
        self._options = options
        self.changes: Counter[str] = Counter()
        self.submissions = 0

    def __iter__(self) -> Iterator[Row]:
        clock, view = local_time(self._options.clock), self._layout.view
        repeats = {table.path: table.name for table in self._layout.merged}
        questions = {question.path: question for table in self._layout.merged for question in table.questions}
        repeat_of = {question.path: table.path for table in self._layout.merged for question in table.questions}
        last = None
        for number, instance_id, revision in self._source.edits(self._options.selection):
            self.submissions += number != last
            last = number
            self.changes[revision.channel] += len(revision.edits)
            about = (revision.channel, revision.reason or None)
            who = (name_of(revision.changed_by), clock(revision.changed_at))
            for edit in revision.edits:
                question = questions.get(edit.path)
                repeat = repeats.get(edit.path if edit.path in repeats else repeat_of.get(edit.path, ""))
                where = (repeat or None if edit.row_key else None, edit.row_key or None)
                told = _tell(view, edit, question)
                yield (
                    *(number, instance_id, revision.number, revision.form_version or None),
                    *(*where, *told, edit.change_type, *about, *who, edit.path),
                )


def _tell(view: View, edit: Edit, question: MergedQuestion | None) -> tuple[str | None, ...]:
    """Question, label, the value before with its label, the value after with its label."""
    name = None if edit.change_type in ("add_row", "remove_row") else edit.path.rpartition("/")[2]
    label = view.label(question) if question is not None else None
    values = (
        told
        for text in (edit.old_value, edit.new_value)
        for told in (text or None, _label(view, question, text) if question is not None and text else None)
    )
    return name, label, *values


def _label(view: View, question: MergedQuestion, text: str) -> str | None:
    if not question.type.startswith("select"):
        return None
    labels = {choice.name: view.choice_label(choice) for choice in question.choices}
    names = [text] if question.type == "select_one" else text.split()
    return "; ".join(labels.get(name, name) for name in names)


def edit_lines(rows: EditRows) -> Iterator[Line]:
    """The README's account of edits."""
    if not rows.submissions:
        return
    yield Line("heading", ("Edits",))
    yield Line("line", ("Submissions edited after they first came", rows.submissions))
    for channel, count in sorted(rows.changes.items()):
        yield Line("line", (f"… changes through {channel}", count))
    words = "Verified for each of them: as first sent, with sheet edits on it = as it is now, before cleaning."
    yield Line("line", ("Identity", words))
    yield Line("line")
