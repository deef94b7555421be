"""Submissions as cleaning takes and gives them, and the texts and hashes of their cells."""

import datetime
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol

from surveyapp.values import canonical_text

# Why a cell is empty.
REASONS: Final = (
    "not_asked",
    "no_answer",
    "dont_know",
    "refused",
    "not_applicable",
    "other_code",
    "blanked",
    "invalid",
    "version",
    "lost",
)


class SubmissionKey(NamedTuple):
    """A submission for ever: a duplicate may share the instance id, never the number of its receipt."""

    instance_id: str
    number: int


class CellKey(NamedTuple):
    """A cell of a submission: the key of its row ('' = the main record) and the kept path of its question."""

    row_key: str
    path: str


@dataclass(slots=True)
class Row:
    """A record of a submission: the main one (`repeat` and `key` '') or one row of a repeat.

    `values` are by kept path: int, float, str, bool, date, time, aware datetime, (lat, lon, alt, acc) of a position;
    a text where the question's type wants another says that the phone's text could not be read. None: asked and not
    answered; no entry: not asked. `reasons` say of empty cells why, where more is known. `parent` is the key of the row
    around it, '' in the main record.
    """

    repeat: str
    key: str
    parent: str
    values: dict[str, Any]
    reasons: dict[str, str] = field(default_factory=dict)

    def copy(self) -> "Row":
        """Another row with the same cells."""
        return Row(self.repeat, self.key, self.parent, dict(self.values), dict(self.reasons))


@dataclass(frozen=True, slots=True)
class Flag:
    """What a check has found about a cell or, with an empty `path`, a submission.

    `state` is open, acknowledged, accepted (its suggestion shall be carried out), fixed or false_alarm.
    """

    check: str
    path: str = ""
    row_key: str = ""
    state: str = "open"


@dataclass(frozen=True, slots=True)
class Submission:
    """The raw data of one submission: its current version, edits that were accepted included.

    `number` counts receipts within the form, `raw_hash` is of the bytes as received and `edits_hash` of what changed
    them since ('' = nothing). `rows` are the main record first, then rows of repeats in document order, each after the
    row around it. `context` are further columns of the log: household_id, enumerator, team, interview_date, start.
    """

    instance_id: str
    number: int
    received_at: datetime.datetime
    version: str
    rows: Sequence[Row]
    raw_hash: str = ""
    edits_hash: str = ""
    state: str = "received"
    flags: tuple[Flag, ...] = ()
    context: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> SubmissionKey:
        """Instance id and number."""
        return SubmissionKey(self.instance_id, self.number)

    @property
    def main(self) -> Row:
        """The main record."""
        return self.rows[0]


class Source(Protocol):
    """Where submissions come from: the store by pages, or memory.

    `list_submissions` may be called several times in a run and must give the same each time; the order is free.
    """

    def list_submissions(self) -> Iterator[Submission]:
        """Every submission of the form, conflict copies included."""


@dataclass(frozen=True)
class MemorySource:
    """Submissions in a list."""

    submissions: Sequence[Submission]

    def list_submissions(self) -> Iterator[Submission]:
        """Each of them."""
        return iter(self.submissions)


def write_text(value: Any) -> str:
    """The cell as canonical text, '' where it is empty; `surveyapp.values.read_value` reads it back."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return " ".join(canonical_text(part) for part in value if part is not None)
    return canonical_text(value)


def is_same(one: Any, other: Any) -> bool:
    """Whether two cells hold the same: by value and kind, so that 1 is 1.0, and True is not 1."""
    if one is other:
        return True
    if one is None or other is None:
        return False
    if one.__class__ is other.__class__:
        return bool(one == other)
    return write_text(one) == write_text(other)


def make_hash(*parts: str) -> str:
    """SHA-256 of several texts, in hex; no two lists of texts share one."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(content))
        digest.update(content)
    return digest.hexdigest()


def hash_rows(key: SubmissionKey, rows: Sequence[Row]) -> str:
    """The hash of the content of one submission: the same on every database and in every process."""
    content = [
        [row.repeat, row.key, row.parent, row.values, row.reasons]
        for row in (rows if len(rows) == 1 else sorted(rows, key=_row_order))
    ]
    text = json.dumps([key, content], default=write_text, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _row_order(row: Row) -> tuple[str, str]:
    return (row.repeat, row.key)
