"""What the catalogue reads: answers of households and of their members, as columns by name of question."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, overload

import numpy as np
from numpy.typing import NDArray

from surveyapp.answers import Node
from surveyapp.indicators.columns import (
    Column,
    Mask,
    Reason,
    missing,
    only_named,
    read_choices,
    read_numbers,
    read_ticks,
)
from surveyapp.indicators.inputs import QUESTIONS, Question
from surveyapp.indicators.settings import MissingCodes, Settings
from surveyapp.values import INVALID
from surveyapp.xform.definition import Repeat

DEFAULT_CODES: Final = MissingCodes()
# What the settings call the reasons.
CODED: Final = {"dk": Reason.DONT_KNOW, "rf": Reason.REFUSED, "na": Reason.NOT_APPLICABLE}


class Frame(Protocol):
    """Answers of `n` households.

    `main` and `member` hold columns by name of question *in the form*; rows of `member` are sorted by household and
    `household` is the place (0 to n - 1) of each row's household. `version` is for each household a place in
    `versions`; `questions` says which questions each of these versions has. A column may lack a question that no
    version has; where a version lacks it, the values of its households are not read.
    """

    @property
    def n(self) -> int:
        """How many households."""

    @property
    def main(self) -> Mapping[str, Column]:
        """Answers of the household."""

    @property
    def member(self) -> Mapping[str, Column]:
        """Answers of the rows of the roster."""

    @property
    def household(self) -> NDArray[np.int64]:
        """For each row of the roster the place of its household, ascending."""

    @property
    def version(self) -> NDArray[np.int64]:
        """For each household the place of its form version."""

    @property
    def versions(self) -> Sequence[str]:
        """Names of the form versions."""

    @property
    def questions(self) -> Mapping[str, frozenset[str]]:
        """The questions of each version."""


@dataclass(frozen=True, slots=True)
class Household:
    """Which submission a row of a frame is."""

    submission_no: int
    instance_id: str


class Households(Sequence[Household]):
    """Which submission each row of a frame is; some 50 bytes a row. `numbers` are those of the submissions."""

    def __init__(self, numbers: Iterable[int], instance_ids: Iterable[str]) -> None:
        self.numbers = np.fromiter(numbers, np.int64)
        self._names = np.array([name.encode() for name in instance_ids], dtype=np.bytes_)

    @classmethod
    def of(cls, households: Sequence[Household]) -> "Households":
        """These."""
        return cls([one.submission_no for one in households], [one.instance_id for one in households])

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, place: int) -> Household: ...
    @overload
    def __getitem__(self, place: slice) -> "list[Household]": ...
    def __getitem__(self, place: int | slice) -> "Household | list[Household]":
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        return Household(int(self.numbers[place]), self._names[place].decode())


@dataclass(frozen=True)
class SurveyFrame:
    """A `Frame` in memory."""

    n: int
    main: Mapping[str, Column]
    member: Mapping[str, Column]
    household: NDArray[np.int64]
    version: NDArray[np.int64]
    versions: Sequence[str]
    questions: Mapping[str, frozenset[str]]


def read_question(question: Question, answers: Sequence[Any], missing: MissingCodes = DEFAULT_CODES) -> Column:
    """The typed answers to one question of the catalogue as a column; `missing` are those that are no answers.

    An answer is a number, a text, None (blank), or a `Reason` that says why there is none.
    """
    if question.kind == "number":
        numbers = {float(code): CODED[reason] for code, reason in missing.numbers.items()} if question.coded else {}
        codes = {**numbers, **question.codes}
        return read_numbers(
            answers, codes=codes, lowest=question.lowest, highest=question.highest, allowed=question.allowed
        )
    names = {name: CODED[reason] for name, reason in missing.choices.items()} if question.coded else {}
    if question.kind == "choices":
        return read_ticks(answers, names)
    if question.kind == "text":
        return read_choices([str(answer) if type(answer) in (int, float) else answer for answer in answers], names)
    return only_named(read_choices(answers, names), question.names) if question.names else read_choices(answers, names)


def list_questions(settings: Settings) -> dict[str, Question]:
    """What a frame should hold, by name in the form: the questions of the catalogue, and those of the design."""
    design = settings.design
    found = {settings.in_form(question.name): question for question in QUESTIONS.values()}
    for name in (design.village, design.township, design.group, *design.strata):
        found.setdefault(settings.in_form(name), Question(name, "choice"))
    for name in (design.household, design.wave):
        found.setdefault(settings.in_form(name), Question(name, "text", coded=False))
    found.setdefault(settings.in_form(design.weight), Question(design.weight, "number"))
    return found


@dataclass
class FrameMaker:
    """Collects records one by one and makes a frame of them. `questions` are those of each form version.

    Answers are kept by question, and only those that a frame has: a mapping for each household took ten times as much.
    """

    questions: Mapping[str, frozenset[str]]
    settings: Settings = field(default_factory=Settings)
    _main: dict[str, list[Any]] = field(default_factory=dict)
    _members: dict[str, list[Any]] = field(default_factory=dict)
    _household: list[int] = field(default_factory=list)
    _version: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        known = frozenset().union(*self.questions.values())
        for name, question in list_questions(self.settings).items():
            if name in known:
                (self._main if question.place == "main" else self._members)[name] = []

    def add(self, answers: Mapping[str, Any], members: Iterable[Mapping[str, Any]], version: str) -> None:
        """One household: its answers by name of question, and those of each member."""
        for member in members:
            for name, column in self._members.items():
                column.append(member.get(name, Reason.NOT_ASKED))
            self._household.append(len(self._version))
        for name, column in self._main.items():
            column.append(answers.get(name, Reason.NOT_ASKED))
        self._version.append(list(self.questions).index(version))

    def add_record(self, root: Node, version: str) -> None:
        """One bound record (see `surveyapp.xform.bind`). A question without a node was not asked."""
        answers: dict[str, Any] = {}
        members: list[dict[str, Any]] = []
        _collect(root, answers, members)
        wanted = {name for name, question in list_questions(self.settings).items() if question.place == "member"}
        # A form may have other repeats: plots, animals. Their rows are no members.
        self.add(answers, [row for row in members if wanted & row.keys()], version)

    def make(self) -> SurveyFrame:
        """The frame of all that was added."""
        return make_frame(self.questions, self.settings, self._main, self._members, self._household, self._version)


def make_frame(
    versions: Mapping[str, frozenset[str]],
    settings: Settings,
    main: Mapping[str, Sequence[Any]],
    member: Mapping[str, Sequence[Any]],
    household: Sequence[int],
    version: Sequence[int],
) -> SurveyFrame:
    """A frame of answers by question; `versions` says which questions each form version has, the others are as in
    `Frame`.
    """
    questions = list_questions(settings)

    def read(columns: Mapping[str, Sequence[Any]]) -> dict[str, Column]:
        return {name: read_question(questions[name], answers, settings.missing) for name, answers in columns.items()}

    return SurveyFrame(
        n=len(version),
        main=read(main),
        member=read(member),
        household=np.array(household, dtype=np.int64),
        version=np.array(version, dtype=np.int64),
        versions=tuple(versions),
        questions=versions,
    )


def _collect(node: Node, answers: dict[str, Any], members: list[dict[str, Any]]) -> None:
    for child in node.children:
        if isinstance(child.element, Repeat):
            row: dict[str, Any] = {}
            _collect(child, row, members)
            members.append(row)
        elif child.children:
            _collect(child, answers, members)
        else:
            answers[child.name] = Reason.INVALID if child.typed is INVALID else child.typed


def lacking(frame: Frame, name: str, households: slice) -> Mask | None:
    """Which of these households' form versions lack the question (named as in the form); None where none does."""
    lacks = np.array([name not in frame.questions[version] for version in frame.versions], dtype=bool)
    return lacks[frame.version[households]] if lacks.any() else None


def unknown_column(question: Question, n: int) -> Column:
    """The column of a question that no version has."""
    if question.kind == "number":
        return missing(n, Reason.NOT_IN_VERSION)
    reasons = np.full(n, Reason.NOT_IN_VERSION, np.uint8)
    if question.kind == "choices":
        return Column(np.zeros(n, np.uint64), reasons, ticks=True)
    return Column(np.full(n, -1, np.int32), reasons)
