"""Answers as columns, for the catalogue of indicators."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, TypeAlias

from sqlalchemy.orm import Session

from surveyapp.indicators.columns import Reason
from surveyapp.indicators.frame import FrameMaker, Household, SurveyFrame, list_questions
from surveyapp.indicators.settings import Settings
from surveyapp.store.answer_tables import AnswerTables, get_answer_tables
from surveyapp.store.forms import Form, get_definition, list_form_versions
from surveyapp.store.selection import EVERYTHING, Selection
from surveyapp.store.snapshot import Snapshot
from surveyapp.xform.definition import FormDefinition

MAIN_KEYS: Final = ("_submission_no", "_instance_id", "_version", "_blank", "_extra")
ROW_KEYS: Final = ("_submission_no", "_blank", "_ordinal")
step_number = re.compile(r"\[(\d+)\]")


# Gives rows as `surveyapp.store.snapshot.Snapshot.list_rows` does; a value may be a Reason.
ListRows: TypeAlias = Callable[[str, Sequence[tuple[str, str]], Selection], Iterator[tuple[Any, ...]]]


# Number of the submission, position within it, answers by name.
_Member: TypeAlias = tuple[int, int, dict[str, Any]]


def get_frame(
    session: Session,
    form: Form,
    settings: Settings,
    selection: Selection = EVERYTHING,
    rows: ListRows | None = None,
) -> tuple[list[Household], SurveyFrame]:
    """The current submissions of `form` as columns by name of question, and which submission each row is.

    `rows` gives their answers where they are not those that were received.
    """
    return _FrameReader(session, form, settings, selection, rows).read()


class _FrameReader:
    """One pass over the submissions and one over the roster, in the same order."""

    def __init__(
        self, session: Session, form: Form, settings: Settings, selection: Selection, rows: ListRows | None
    ) -> None:
        self.selection = selection
        self.tables: AnswerTables = get_answer_tables(session, form.id, form.answers_revision)
        self.list_rows: ListRows = rows or Snapshot(session, self.tables, {}).list_rows
        self.definitions = [get_definition(session, version) for version in list_form_versions(session, form)]
        self.versions = {one.version: frozenset(q.name for q in one.questions) for one in self.definitions}
        self.maker = FrameMaker(self.versions, settings)
        self.wanted = frozenset(list_questions(settings))

    def read(self) -> tuple[list[Household], SurveyFrame]:
        """Households and their members, both in the order of receipt."""
        households = []
        names, asks = self._asks("")
        newest = self.definitions[-1].version
        main = self.list_rows("", [*(("", key) for key in MAIN_KEYS), *asks], self.selection)
        members = _Members(self._members())
        for number, instance_id, version, blank, extra, *values in main:
            wrong = _list_invalid(extra)
            answers = self._answers("", names, values, blank, wrong.get(0, ()))
            known = version if version in self.versions else newest
            rows = members.of(number)
            for ordinal, row in rows:
                row.update(dict.fromkeys(wrong.get(ordinal, ()), Reason.INVALID))
            self.maker.add(answers, [row for _, row in rows], known)
            households.append(Household(number, instance_id, version))
        return households, self.maker.make()

    def _members(self) -> Iterator[_Member]:
        """The rows of the roster."""
        roster = self._roster()
        if not roster:
            return
        names, asks = self._asks(roster)
        keys = [("", key) for key in ROW_KEYS]
        for number, blank, ordinal, *values in self.list_rows(roster, [*keys, *asks], self.selection):
            yield number, ordinal, self._answers(roster, names, values, blank, ())

    def _roster(self) -> str:
        """The repeat that holds most of the catalogue's questions about members, '' where none does."""
        votes: dict[str, int] = {}
        for definition in self.definitions:
            for path in self._paths(definition):
                repeat = self.tables.kept_path(definition.repeat_of[path])
                if repeat:
                    votes[repeat] = votes.get(repeat, 0) + 1
        return max(votes, key=lambda path: votes[path], default="")

    def _paths(self, definition: FormDefinition) -> list[str]:
        wanted = {question.path for question in definition.questions if question.name in self.wanted}
        return [path for path in definition.elements if path in wanted]

    def _asks(self, repeat: str) -> tuple[list[str], list[tuple[str, str]]]:
        """The questions of a repeat by name, the newest version's path for each."""
        paths: dict[str, str] = {}
        for definition in self.definitions:
            for path in self._paths(definition):
                if self.tables.kept_path(definition.repeat_of[path]) == repeat:
                    paths[path.rpartition("/")[2]] = path
        return list(paths), [(path, "") for path in paths.values()]

    def _answers(
        self, repeat: str, names: Sequence[str], values: Sequence[Any], blank: str | None, invalid: Sequence[str]
    ) -> dict[str, Any]:
        """Answers by name: a value, None where there is none, a reason; a question that was not asked is left out."""
        answers = {name: value for name, value in zip(names, values, strict=True) if value is not None}
        columns = self._column_names[repeat]
        for name in (blank or "").split():
            answers.setdefault(columns.get(name, name), None)
        answers.update(dict.fromkeys(invalid, Reason.INVALID))
        return answers

    @cached_property
    def _column_names(self) -> Mapping[str, Mapping[str, str]]:
        """For each repeat the question's name by the name of its column."""
        return {
            repeat: {
                column: path.rpartition("/")[2]
                for table in parts
                for (path, component), (column, _) in table.columns.items()
                if component in ("", "lat")
            }
            for repeat, parts in self.tables.parts.items()
        }


class _Members:
    """Rows of the roster, read beside the submissions."""

    def __init__(self, rows: Iterator[_Member]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def of(self, number: int) -> list[tuple[int, dict[str, Any]]]:
        """Those of that submission."""
        found = []
        while self._next is not None and self._next[0] <= number:
            if self._next[0] == number:
                found.append(self._next[1:])
            self._next = next(self._rows, None)
        return found


def _list_invalid(extra: str | None) -> dict[int, list[str]]:
    """The questions whose answer no typed column could take: by the number of the roster row, 0 for the household."""
    found: dict[int, list[str]] = {}
    for path in json.loads(extra) if extra else ():
        row = step_number.search(path)
        found.setdefault(int(row[1]) if row else 0, []).append(step_number.sub("", path).rpartition("/")[2])
    return found
