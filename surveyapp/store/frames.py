"""Answers as columns, for the catalogue of indicators."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, Final, TypeAlias

from sqlalchemy.orm import Session

from surveyapp.indicators.columns import Reason
from surveyapp.indicators.compute import SLICE
from surveyapp.indicators.frame import Households, SurveyFrame, list_questions, make_frame
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


# Rows that are read, and laid down by column, at once.
PIECE: Final = 256


def list_frames(
    session: Session,
    form: Form,
    settings: Settings,
    selection: Selection = EVERYTHING,
    rows: ListRows | None = None,
    *,
    size: int = SLICE,
) -> Iterator[tuple[Households, SurveyFrame]]:
    """The current submissions of `form` as columns by name of question, and which submission each row is: in parts of
    `size` households in the order of receipt, the last of them smaller; one empty part where there is none.

    `rows` gives their answers where they are not those that were received.
    """
    return _FrameReader(session, form, settings, selection, rows).list_parts(size)


class _FrameReader:
    """One pass over the submissions and one over the roster, in the same order."""

    def __init__(
        self, session: Session, form: Form, settings: Settings, selection: Selection, rows: ListRows | None
    ) -> None:
        self.selection = selection
        self.settings = settings
        self.tables: AnswerTables = get_answer_tables(session, form.id, form.answers_revision)
        self.list_rows: ListRows = rows or Snapshot(session, self.tables, {}).list_rows
        self.definitions = [get_definition(session, version) for version in list_form_versions(session, form)]
        self.versions = {one.version: frozenset(q.name for q in one.questions) for one in self.definitions}
        self.questions = list_questions(settings)

    def list_parts(self, size: int) -> Iterator[tuple[Households, SurveyFrame]]:
        """Households and their members, both in the order of receipt."""
        names, asks = self._asks("")
        places = {version: place for place, version in enumerate(self.versions)}
        newest = places[self.definitions[-1].version]
        rows = self.list_rows("", [*(("", key) for key in MAIN_KEYS), *asks], self.selection)
        members = _Members(self._member_rows())
        roster = self._roster()
        member_names = self._asks(roster)[0] if roster else []
        begun = False
        while True:
            part = _Part(self._laid("", names), self._laid(roster, member_names), places, newest)
            while len(part.numbers) < size and (piece := list(islice(rows, min(PIECE, size - len(part.numbers))))):
                part.add(piece, members.up_to(piece[-1][0]))
            if begun and not part.numbers:
                return
            begun = True
            main, member = part.main.columns, part.member.columns
            frame = make_frame(self.versions, self.settings, main, member, part.household, part.version)
            yield Households(part.numbers, part.instance_ids), frame

    def _laid(self, repeat: str, names: Sequence[str]) -> "_Laid":
        place = "member" if repeat else "main"
        known = frozenset().union(*self.versions.values())
        wanted = [name for name, question in self.questions.items() if question.place == place and name in known]
        return _Laid(names, wanted, self._column_names.get(repeat, {}))

    def _member_rows(self) -> Iterator[tuple[Any, ...]]:
        """The rows of the roster."""
        roster = self._roster()
        if not roster:
            return iter(())
        return self.list_rows(roster, [*(("", key) for key in ROW_KEYS), *self._asks(roster)[1]], self.selection)

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
        wanted = {question.path for question in definition.questions if question.name in self.questions}
        return [path for path in definition.elements if path in wanted]

    def _asks(self, repeat: str) -> tuple[list[str], list[tuple[str, str]]]:
        """The questions of a repeat by name, the newest version's path for each."""
        paths: dict[str, str] = {}
        for definition in self.definitions:
            for path in self._paths(definition):
                if self.tables.kept_path(definition.repeat_of[path]) == repeat:
                    paths[path.rpartition("/")[2]] = path
        return list(paths), [(path, "") for path in paths.values()]

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


class _Laid:
    """Answers laid down by column: a value, None where there is none, a reason; all were asked but where it says so."""

    def __init__(self, names: Sequence[str], wanted: Sequence[str], column_names: Mapping[str, str]) -> None:
        self.names = names
        self.columns: dict[str, list[Any]] = {name: [] for name in wanted}
        self._column_names = column_names
        self._n = 0

    def add(self, rows: Sequence[Sequence[Any]], keys: int, blank: int, invalid: Sequence[tuple[int, str]]) -> None:
        """Some rows, whose answers follow `keys` other values; that at `blank` names the questions that were asked and
        not answered, `invalid` (row, name) of what could not be read.
        """
        by_name = dict(zip(self.names, map(list, islice(zip(*rows, strict=True), keys, None)), strict=False))
        for place, row in enumerate(rows):
            for written in (row[blank] or "").split():
                column = by_name.get(self._column_names.get(written, written))
                if column is not None and column[place] is None:
                    column[place] = Reason.BLANK
        for place, name in invalid:
            if name in by_name:
                by_name[name][place] = Reason.INVALID
        for name, whole in self.columns.items():
            found = by_name.get(name)
            if found is None:
                whole.extend([Reason.NOT_ASKED] * len(rows))
            else:
                whole.extend([Reason.NOT_ASKED if answer is None else answer for answer in found])


class _Part:
    """Some households with their members, as they are read."""

    def __init__(self, main: _Laid, member: _Laid, places: Mapping[str, int], newest: int) -> None:
        self.main = main
        self.member = member
        self.numbers: list[int] = []
        self.instance_ids: list[str] = []
        self.version: list[int] = []
        self.household: list[int] = []
        self._places = places
        self._newest = newest

    def add(self, rows: Sequence[tuple[Any, ...]], members: Sequence[tuple[Any, ...]]) -> None:
        """Rows with MAIN_KEYS before their answers, and those of the roster, with ROW_KEYS, up to the last of them."""
        place_of = {row[0]: len(self.numbers) + place for place, row in enumerate(rows)}
        wrong = {row[0]: _list_invalid(row[4]) for row in rows if row[4]}
        here = [row for row in members if row[0] in place_of]
        main = [(place, name) for place, row in enumerate(rows) for name in wrong.get(row[0], {}).get(0, ())]
        of_rows = [(place, name) for place, row in enumerate(here) for name in wrong.get(row[0], {}).get(row[2], ())]
        self.main.add(rows, len(MAIN_KEYS), 3, main)
        if here:
            self.member.add(here, len(ROW_KEYS), 1, of_rows)
        self.household += [place_of[row[0]] for row in here]
        self.numbers += [row[0] for row in rows]
        self.instance_ids += [row[1] for row in rows]
        self.version += [self._places.get(row[2], self._newest) for row in rows]


class _Members:
    """Rows of the roster, read beside the submissions."""

    def __init__(self, rows: Iterator[tuple[Any, ...]]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def up_to(self, number: int) -> list[tuple[Any, ...]]:
        """Those of the submissions up to that one."""
        found = []
        while self._next is not None and self._next[0] <= number:
            found.append(self._next)
            self._next = next(self._rows, None)
        return found


def _list_invalid(extra: str | None) -> dict[int, list[str]]:
    """The questions whose answer no typed column could take: by the number of the roster row, 0 for the household."""
    found: dict[int, list[str]] = {}
    for path in json.loads(extra) if extra else ():
        row = step_number.search(path)
        found.setdefault(int(row[1]) if row else 0, []).append(step_number.sub("", path).rpartition("/")[2])
    return found
