"""What an import of a log is tried on, and what its trial says."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, TypeAlias

from surveyapp.clean.log import DeletionRow, LogRow
from surveyapp.clean.log_damage import read_plain
from surveyapp.clean.records import Row, make_hash
from surveyapp.problems import LOG_CHANGED, LOG_INVALID, Problem
from surveyapp.sentences import say

# error: mend the file; blocked: the row is left out; warning, info: the row goes in.
Weight: TypeAlias = Literal["error", "blocked", "warning", "info"]


class Notice(NamedTuple):
    """Something to say about a row: its number in the sheet (1 = the header), a code, and the sentence."""

    row: int
    weight: Weight
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class KnownSubmission:
    """What is known of a submission: its clean rows, or its deletion; `form_id` where it is of another form."""

    instance_id: str
    number: int
    version: str
    rows: Sequence[Row] = ()
    deletion: DeletionRow | None = None
    form_id: str = ""


class KnownData(Protocol):
    """The data that an import is tried on."""

    @property
    def version(self) -> str:
        """What changes whenever they change, such as the content hash of the last run."""

    def find(self, instance_id: str) -> KnownSubmission | None:
        """A submission of any form; of copies the one that is not deleted."""


@dataclass(frozen=True, slots=True)
class ImportMeta:
    """Who imports what, and when. `exported` are hashes of rows as they went out (`hash_row`)."""

    file_name: str
    file_hash: str
    person: str
    at: datetime.datetime
    from_1904: bool = False
    exported: frozenset[str] = frozenset()

    @property
    def source(self) -> str:
        """How the log names this import, as a unit."""
        return f"import:{self.file_name}#{self.file_hash[:8]}"


class Difference(NamedTuple):
    """A cell before and after, with labels."""

    row: int
    instance_id: str
    row_key: str
    question: str
    old: str
    old_label: str
    new: str
    new_label: str


@dataclass(frozen=True)
class DryRun:
    """What an import would do.

    `counts`: changes by kind, and already applied, unchanged, merged, ignored, blocked, faulty. `log` are the rows that
    it would add, `removals` the instances that it would take out, `statuses` by number of row what becomes of each.
    """

    token: str
    source: str
    counts: Mapping[str, int]
    notices: tuple[Notice, ...]
    differences: tuple[Difference, ...]
    removals: tuple[str, ...]
    log: tuple[LogRow, ...]
    statuses: Mapping[int, str]

    @property
    def faults(self) -> list[Notice]:
        """What keeps the whole file from being applied."""
        return [notice for notice in self.notices if notice.weight == "error"]


def hash_row(cells: Mapping[str, object]) -> str:
    """The hash of a row of a sheet, to know later whether it was changed."""
    return make_hash(*(f"{header}={read_plain(cells[header]).text}" for header in sorted(cells)))


def make_token(data_version: str, file_hash: str) -> str:
    """What binds an import to its dry run."""
    return make_hash("import", data_version, file_hash)


def accept_import(dry_run: DryRun, token: str, data_version: str, file_hash: str) -> tuple[LogRow, ...]:
    """The rows to add to the log, all in one transaction.

    Raises:
        Problem: LOG_CHANGED where the file or the data are not those of the dry run; LOG_INVALID where it has faults.
    """
    if token != dry_run.token or token != make_token(data_version, file_hash):
        raise Problem(LOG_CHANGED, "Since the dry run the file or the data have changed.")
    if dry_run.faults:
        errors = [notice._asdict() for notice in dry_run.faults]
        raise Problem(LOG_INVALID, say("{count} rows of the log have faults.", count=len(errors)), errors=errors)
    return dry_run.log
