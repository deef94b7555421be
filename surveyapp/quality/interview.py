"""One interview as the checks see it: whole, for the checks of one submission; in short, for those that compare.

An `Interview` holds every answer. Its `Summary` is what the others need to know of it: some kilobytes that can be kept
beside the submission and gathered by the hundred thousand.
"""

import datetime
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from surveyapp.answers import Node
from surveyapp.quality.audit import Paradata


@dataclass(frozen=True, slots=True)
class Facts:
    """What the server knows of a submission besides its answers. Instants are aware.

    `files` gives the SHA-256 of each attachment received, by name; `audit` the bytes of its audit log.
    `newer_published_at` is when the version after that of the submission was published, `corrections` how many cells
    were changed in the office, `is_test` whether its device or account is marked as one for tests.
    """

    instance_id: str
    received_at: datetime.datetime
    form_version: str = ""
    published_at: datetime.datetime | None = None
    newer_published_at: datetime.datetime | None = None
    enumerator: str = ""
    device: str = ""
    team: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    audit: bytes = b""
    corrections: int = 0
    rejected: bool = False
    is_test: bool = False
    row_keys: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Position:
    """Where an interview was held: degrees and metres, as the phone sent them, possible or not."""

    latitude: float
    longitude: float
    accuracy: float | None = None

    @property
    def point(self) -> tuple[float, float]:
        """Latitude and longitude."""
        return self.latitude, self.longitude

    @property
    def possible(self) -> bool:
        """Whether there is such a place, other than the zero that phones without a fix send."""
        return abs(self.latitude) <= 90 and abs(self.longitude) <= 180 and (self.latitude, self.longitude) != (0, 0)


class Measures:
    """The numbers of an interview by name of measure. Names of single numbers are shared between interviews."""

    __slots__ = ("many", "names", "numbers")

    def __init__(
        self, names: Mapping[str, int], numbers: "array[float]", many: Mapping[str, tuple[float, ...]]
    ) -> None:
        self.names = names
        self.numbers = numbers
        self.many = many

    def __eq__(self, other: object) -> bool:
        """Whether the numbers are the same, those that are not there among them."""
        if not isinstance(other, Measures):
            return NotImplemented
        mine, theirs = (one.numbers.tobytes() for one in (self, other))
        return mine == theirs and self.many == other.many and self.names == other.names

    __hash__ = None  # type: ignore[assignment]  # numbers may be entered later

    def get(self, name: str) -> tuple[float, ...]:
        """The numbers of one measure: none, one, or one for each row of a roster that has it."""
        place = self.names.get(name)
        if place is None:
            return self.many.get(name, ())
        number = self.numbers[place]
        return (number,) if number == number else ()

    def items(self) -> Iterator[tuple[str, tuple[float, ...]]]:
        """Every measure that has a number."""
        for name, place in self.names.items():
            number = self.numbers[place]
            if number == number:
                yield name, (number,)
        yield from self.many.items()


@dataclass(slots=True)
class Counts:
    """How many questions of an interview were asked, answered and how; `gates_no` are those of the questions on which
    at least three others depend that were answered no; `digits` are whole numbers of 10 and more, `fives` those among
    them that end in 0 or 5.
    """

    asked: int = 0
    answered: int = 0
    dont_know: int = 0
    refused: int = 0
    with_other: int = 0
    other: int = 0
    gates: int = 0
    gates_no: int = 0
    digits: int = 0
    fives: int = 0

    @property
    def missing(self) -> int:
        """Asked and not answered."""
        return self.asked - self.answered


@dataclass(slots=True)
class Summary:
    """What other interviews, and the checks over all, need to know of one.

    `keys` are texts by which it may equal another (content, household, composite, phone, position, photo); `groups`
    the answers to the questions by which checks may be grouped, by path; `grids` how long the longest run of equal
    answers is in each grid, as a share; `others` the questions answered with other, `with_other` those that offer it
    and were answered; `codes` its row of a CodeMatrix with the columns `compared`; `coded` the numbers that may
    stand for something else, by path; `backcheck` whether it asks a household again, so that it counts for no other
    check.
    """

    instance_id: str
    household: str
    enumerator: str
    device: str
    team: str
    cluster: str
    stratum: str
    form_version: str
    received_at: datetime.datetime
    start: datetime.datetime | None
    end: datetime.datetime | None
    consent: bool | None
    visit_refused: bool
    replaced: bool
    position: Position | None
    position_asked: bool
    counts: Counts
    measures: Measures
    keys: Mapping[str, tuple[str, ...]]
    groups: Mapping[str, str]
    grids: Mapping[str, float]
    others: frozenset[str]
    with_other: frozenset[str]
    compared: tuple[str, ...]
    codes: bytes
    media_missing: int
    corrections: int
    rejected: bool
    backcheck: bool = False
    coded: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def minutes(self) -> float | None:
        """From start to end."""
        return next(iter(self.measures.get("minutes")), None)

    @property
    def day(self) -> datetime.date:
        """The day of the interview on the phone's calendar."""
        return (self.start or self.received_at).date()


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the repeat at the generic path `repeat`; the record itself has an empty key and repeat.

    `values` and `texts` are by generic path; `place` is the path with row numbers.
    """

    key: str
    parent_key: str
    ordinal: int
    repeat: str
    place: str
    values: Mapping[str, Any]
    texts: Mapping[str, str]
    node: Node | None = None


@dataclass(frozen=True, slots=True)
class Interview:
    """One submission with every answer.

    `main` is the record itself as a row with an empty key; `rows` are by path of the repeat. A value is typed as
    `surveyapp.values` types it, None where the question was asked and not answered; a question that is not in `values`
    was not asked.
    """

    facts: Facts
    summary: Summary
    main: Row
    rows: Mapping[str, Sequence[Row]]
    paradata: Paradata | None
    expected_files: tuple[str, ...]


def remember(summary: Summary) -> Interview:
    """An interview of which only the summary is at hand."""
    facts = Facts(summary.instance_id, summary.received_at)
    return Interview(facts, summary, Row("", "", 1, "", "", {}, {}), {}, None, ())
