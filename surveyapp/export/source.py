"""What an export needs from the store, stated here so that the export can be tried on anything that gives rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple, Protocol, Self

from surveyapp.clean.edits import Revision
from surveyapp.clean.fields import Questionnaire
from surveyapp.clean.pipeline import Cleaner
from surveyapp.clean.records import CellKey, Source
from surveyapp.export.query import Chosen
from surveyapp.findings import Finding
from surveyapp.indicators.settings import MissingCodes
from surveyapp.indicators.tabulation import Tabulation
from surveyapp.store.comments import Comment
from surveyapp.store.frames import ListRows
from surveyapp.store.selection import Selection
from surveyapp.xform.definition import Choice, FormDefinition

if TYPE_CHECKING:
    from surveyapp.export.quality_sheets import QualityFound


class Ask(NamedTuple):
    """One value of a row: `part` of the answer to the question at `path`.

    `part` is "" for the value (int, float, str, date, time, aware datetime, bool, None), "lat" "lon" "alt" "acc" of a
    position (floats), "tz" of an instant ("+08:00"). With `path` "" it names metadata of the submission or of the
    repeat row, see MAIN_PARTS and REPEAT_PARTS.
    """

    path: str
    part: str = ""


# _submission_no int; _instance_id, _version, _state, _reviewed_by, _enumerator, _device text; _reviewed_at, _received,
# _start, _end aware datetimes; _edits,
# _findings_error, _findings_warn int; _extra None or JSON text {path with repeat indices: text} of what no typed
# column can hold. Never a column, and asked for beside files: _current_number int, which of its records is current.
MAIN_PARTS: Final = (
    "_submission_no",
    "_instance_id",
    "_version",
    "_state",
    "_reviewed_by",
    "_reviewed_at",
    "_received",
    "_start",
    "_end",
    "_enumerator",
    "_device",
    "_edits",
    "_findings_error",
    "_findings_warn",
    "_extra",
)
# _ordinal is the 1-based position within its parent.
REPEAT_PARTS: Final = ("_submission_no", "_instance_id", "_row_key", "_parent_row_key", "_ordinal")


# Never more are asked for at a time: PostgreSQL gives 1,664 columns a query, SQLite 2,000.
MOST_ASKS: Final = 1_500


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """One version of the form.

    `file_choices` holds by file name the choices that lie in attachments, as far as they could be read.
    """

    definition: FormDefinition
    published_at: datetime
    file_choices: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CutOff:
    """Up to where the snapshot goes.

    The number of the last submission, and when it was received (UTC; of an empty form: published).
    """

    submission_no: int
    received_at: datetime


class FoundIn(NamedTuple):
    """A finding and the submission that it is about, or a copy that was kept beside what the submission says."""

    submission_no: int
    instance_id: str
    finding: Finding
    is_copy: bool = False


class SaidOf(NamedTuple):
    """A comment and the submission that it is on."""

    submission_no: int
    instance_id: str
    comment: Comment


class EditOf(NamedTuple):
    """An edit and the submission that it is of."""

    submission_no: int
    instance_id: str
    revision: Revision


class LeftOut(NamedTuple):
    """A submission that came and is in no export: its state is none that the form's policy lets in, or it was deleted.

    `by` and `at` say who decided so, '' and None where nobody did; `reason` why it was deleted, or the code that the
    decision names, '' for none.
    """

    submission_no: int
    instance_id: str
    received_at: datetime
    state: str
    deleted: bool
    reason: str
    by: str
    at: datetime | None


class KeptMedia(NamedTuple):
    """A file that came with a submission: the name that the phone gave it, SHA-256 in hex, bytes."""

    submission_no: int
    name: str
    sha256: str
    size: int


class FormFile(NamedTuple):
    """What an office published: the version, the name of the file, its content."""

    version: str
    name: str
    content: bytes


class Asked(NamedTuple):
    """What a query is held against: the form, and the submissions that may be in exports, as they were sent."""

    form: Questionnaire
    submissions: Source


class Cleanable(NamedTuple):
    """What cleaning needs: the rules and decisions that hold, and the submissions.

    `unreadable` gives, of the submission that was given last, the cells that hold a text as sent, with their paths in
    `_extra`.
    """

    cleaner: Cleaner
    submissions: Source
    unreadable: Callable[[], Mapping[CellKey, str]]


class ExportSource(Protocol):
    """One snapshot of one form: all that is given agrees.

    Iterators are lazy and ordered by submission number, rows of repeats then by document order.
    Not more than MOST_ASKS are asked for at once; several iterators may be open at once. Only the submissions of the
    `selection` are given.
    """

    @property
    def title(self) -> str:
        """The form's title."""

    @property
    def form_id(self) -> str:
        """The form's id."""

    @property
    def versions(self) -> Sequence[PublishedVersion]:
        """All published versions, oldest first."""

    @property
    def cut_off(self) -> CutOff:
        """Up to where the snapshot goes."""

    @property
    def counts(self) -> Mapping[str, int]:
        """Further counts for the README, in words: {"conflict copies, not in this file": 3}."""

    @property
    def codes(self) -> MissingCodes:
        """The answers of this form that say why there is no answer."""

    @property
    def indicators(self) -> Tabulation | None:
        """The catalogue's indicators of all submissions of all versions; None where the form does not use it."""

    def tabulate(self, rows: ListRows) -> Tabulation | None:
        """The same, of the answers that `rows` gives."""

    @property
    def cleaning(self) -> Cleanable | None:
        """What makes answers clean; None where there are neither rules nor decisions."""

    @property
    def asked(self) -> Asked:
        """What a query is held against."""

    def narrow(self, chosen: Chosen) -> Self:
        """The same snapshot with these submissions alone; what is left out of exports is not told then."""

    @property
    def fingerprint(self) -> str:
        """A hash that changes whenever anything that an export may tell has changed."""

    def kept_path(self, path: str) -> str:
        """The path under which the answers to `path` are kept, where a question has moved between groups.

        Else `path`.
        """

    def count(self, repeat_path: str, selection: Selection) -> int:
        """How many rows `main_rows` ("" as path) or `repeat_rows` will give."""

    def main_rows(self, asks: Sequence[Ask], selection: Selection) -> Iterator[tuple[Any, ...]]:
        """One tuple a submission, in the order of `asks`."""

    def repeat_rows(self, repeat_path: str, asks: Sequence[Ask], selection: Selection) -> Iterator[tuple[Any, ...]]:
        """One tuple a row of the repeat, in the order of `asks`."""

    def left_out(self, selection: Selection) -> Iterator[LeftOut]:
        """What came, is within the bounds of the selection, and is not among the rows."""

    def findings(self, selection: Selection) -> Iterator[FoundIn]:
        """Every finding."""

    def quality(self, selection: Selection) -> "QualityFound | None":
        """What the checks across interviews found; None where nothing was checked."""

    def comments(self, selection: Selection) -> Iterator[SaidOf]:
        """Every comment of people on a submission, those on one in the order in which they were written."""

    def edits(self, selection: Selection) -> Iterator[EditOf]:
        """Every edit that a submission went through after it first came, those of one oldest first."""

    def missing_files(self, selection: Selection) -> Iterator[tuple[int, str]]:
        """(submission number, file name) of each file that an answer names and that has not arrived."""

    def media(self, selection: Selection) -> Iterator[KeptMedia]:
        """Every file that came with the submissions, by submission and name."""

    def open_media(self, sha256: str) -> IO[bytes]:
        """The content of a file. Raises OSError where it is not there."""

    def forms(self) -> Iterator[FormFile]:
        """The files that were published, one a version, oldest first."""
