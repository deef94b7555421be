"""Findings in words: `${name}` in the message of a finding is filled in with the answer that stood there.

Only the questions that messages quote are read, in the order of the submissions, and one submission is held at a time.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from surveyapp.answers import Node
from surveyapp.export.source import Ask, ExportSource, FoundIn
from surveyapp.store.selection import Selection
from surveyapp.xform.definition import Question
from surveyapp.xform.shown import Reading

_QUOTED: Final = re.compile(r"\$\{\s*([^${}]+?)\s*\}")
_INDEX: Final = re.compile(r"\[(\d+)\]")
_NUMBER: Final = Ask("", "_submission_no")
_KEYS: Final = (_NUMBER, Ask("", "_row_key"), Ask("", "_parent_row_key"), Ask("", "_ordinal"))
# Where a row stands: its repeat, and the index of each row around it and of its own.
_Place = tuple[str, tuple[int, ...]]


class Quoting:
    """Tells findings of one selection; asked in the order of the submissions.

    Copies that were kept for comparison have answers of their own, which an export does not read: `…` stands for them.
    """

    def __init__(self, source: ExportSource, selection: Selection) -> None:
        names = {name for found in source.findings(selection) for name in _QUOTED.findall(found.finding.message)}
        definition = source.versions[-1].definition
        self._source = source
        self._reading = Reading(definition, definition.default_language, source.versions[-1].file_choices)
        self._asked = _find_questions(source, names)
        self._rows = {repeat: self._read(repeat, selection) for repeat in sorted(self._asked, key=len)}
        self._waiting = {repeat: next(rows, None) for repeat, rows in self._rows.items()}
        self._number = 0
        self._nodes: dict[_Place, Node] = {}

    def tell(self, found: FoundIn) -> str:
        """The message of a finding."""
        message = found.finding.message
        if "${" not in message:
            return message
        if found.is_copy:
            return self._reading.fill(message, Node(""))
        if found.submission_no != self._number:
            self._move_to(found.submission_no)
        return self._reading.fill(message, self._find_row(found.finding.path))

    def _find_row(self, path: str) -> Node:
        """The innermost row around a path whose answers are quoted, else the submission."""
        while path := path.rpartition("]")[0]:
            indices = tuple(map(int, _INDEX.findall(path + "]")))
            place = self._source.kept_path(_INDEX.sub("", path + "]")), indices
            if place in self._nodes:
                return self._nodes[place]
        return self._nodes.get(("", ()), Node(""))

    def _move_to(self, number: int) -> None:
        self._number, self._nodes = number, {}
        places: dict[str, _Place] = {}
        for repeat in self._rows:
            for row in self._rows_of(repeat, number):
                node = Node(repeat)
                for question, value in zip(self._asked[repeat], row[len(_KEYS) :], strict=True):
                    node.append(_answered(question, value))
                if repeat:
                    place = self._place(repeat, row, places)
                    node.parent = self._nodes.get(places.get(row[2], ("", ())))
                    places[row[1]] = place
                else:
                    place = "", ()
                self._nodes[place] = node

    @staticmethod
    def _place(repeat: str, row: tuple[Any, ...], places: Mapping[str, _Place]) -> _Place:
        around = places.get(row[2])
        return repeat, (*(around[1] if around else ()), row[3])

    def _rows_of(self, repeat: str, number: int) -> list[tuple[Any, ...]]:
        waiting = self._waiting[repeat]
        while waiting is not None and waiting[0] < number:
            waiting = self._waiting[repeat] = next(self._rows[repeat], None)
        return waiting[1] if waiting is not None and waiting[0] == number else []

    def _read(self, repeat: str, selection: Selection) -> Iterator[tuple[int, list[tuple[Any, ...]]]]:
        asks = [Ask(self._source.kept_path(question.path)) for question in self._asked[repeat]]
        if repeat:
            rows = self._source.repeat_rows(repeat, (*_KEYS, *asks), selection)
        else:
            # As many as of a repeat: nothing stands around a submission.
            rows = self._source.main_rows((*[_NUMBER] * len(_KEYS), *asks), selection)
        for number, some in groupby(rows, key=itemgetter(0)):
            yield number, list(some)


def _find_questions(source: ExportSource, names: set[str]) -> dict[str, list[Question]]:
    """The questions of these names by the repeat that they are in, '' for none; repeats around those have an entry."""
    found: dict[str, dict[str, Question]] = {"": {}}
    for version in source.versions:
        definition = version.definition
        for question in definition.questions:
            if question.name not in names:
                continue
            repeat = definition.repeat_of[question.path]
            while repeat:
                found.setdefault(source.kept_path(repeat), {})
                repeat = definition.repeat_of[repeat]
            home = source.kept_path(definition.repeat_of[question.path]) if definition.repeat_of[question.path] else ""
            found[home][source.kept_path(question.path)] = question
    return {repeat: list(questions.values()) for repeat, questions in found.items()}


def _answered(question: Question, value: Any) -> Node:
    node = Node(question.name, _text(value))
    node.element = question
    return node


def _text(value: Any) -> str | None:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return None if value is None else str(value)
