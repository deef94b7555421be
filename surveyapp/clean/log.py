"""The cleaning log and the deletion log: what people decided, and what a run did."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeAlias

from surveyapp.clean.fields import SELECTS, Field
from surveyapp.clean.records import CellKey, SubmissionKey, make_hash
from surveyapp.xform.definition import Text

ChangeType: TypeAlias = Literal[
    "change_response",
    "blank_response",
    "add_response",
    "derived",
    "no_action",
    "remove_survey",
    "remove_row",
    "move_row",
    "merge_row",
]
# blocked: by the form or the data; superseded: by a later decision, or by a removal; left_out: the submission was not
# among those that were cleaned.
Status: TypeAlias = Literal["applied", "superseded", "blocked", "rejected", "acknowledged", "left_out"]
# Gives a text in the language of the export, as `FormDefinition.text` does.
Translate: TypeAlias = Callable[[Text], str]
# What a person may decide.
HUMAN_CHANGES: Final = (
    "change_response",
    "blank_response",
    "add_response",
    "no_action",
    "remove_survey",
    "remove_row",
)


@dataclass(frozen=True, slots=True)
class LogRow:
    """One decision of a person, or one change that a run made.

    `path` is the kept path of the question, '' for a whole row or submission; `row_key` is '' in the main record.
    `submission_no` None stands for every copy of the instance. Values are canonical text. `old_value` None was not
    verified. Of a row that a run made, `changed_by` is `rule` and `changed_at` None: a run has no clock; where it
    carried out a decision, `decision_id` is the id of that.
    """

    instance_id: str
    path: str
    change_type: ChangeType
    old_value: str | None = None
    new_value: str = ""
    row_key: str = ""
    submission_no: int | None = None
    form_version: str = ""
    missing_reason: str = ""
    issue: str = ""
    check_id: str = ""
    binding: str = ""
    source: str = ""
    reason: str = ""
    changed_by: str = "rule"
    changed_at: datetime.datetime | None = None
    reviewed_by: str = ""
    reviewed_at: datetime.datetime | None = None
    status: Status = "applied"
    cascade: bool = False
    decision_id: str = ""
    context: Mapping[str, str] = field(default_factory=dict)

    @property
    def log_id(self) -> str:
        """Stable: the same decision, or the same cell changed by the same rule, has it in every run."""
        if self.decision_id:
            return self.decision_id
        moment = self.changed_at.astimezone(datetime.UTC).isoformat() if self.changed_at else ""
        number = "" if self.submission_no is None else str(self.submission_no)
        what = (self.change_type, self.new_value) if self.changed_at else ("", "")
        return make_hash(self.instance_id, number, self.row_key, self.path, self.source, moment, *what)[:24]

    @property
    def cell(self) -> CellKey:
        """Its cell in the submission."""
        return CellKey(self.row_key, self.path)

    @property
    def is_standing(self) -> bool:
        """Whether a run has to look at it: it was neither rejected nor undone."""
        return self.status != "rejected"


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of one decision, `row` of the log, in a run."""

    row: LogRow
    status: Status
    note: str = ""


@dataclass(frozen=True, slots=True)
class DeletionRow:
    """A submission that is not in the clean data, keyed by instance id and number: a duplicate shares the first.

    `rows_lost` counts rows by repeat. `deleted_at` is None where a rule did it.
    """

    instance_id: str
    submission_no: int
    received_at: datetime.datetime
    state: str
    reason_code: str
    reason: str
    source: str
    deleted_by: str = "rule"
    deleted_at: datetime.datetime | None = None
    kept_instance_id: str = ""
    kept_submission_no: int | None = None
    rows_lost: Mapping[str, int] = field(default_factory=dict)
    raw_hash: str = ""
    context: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> SubmissionKey:
        """Instance id and number."""
        return SubmissionKey(self.instance_id, self.submission_no)


def log_order(row: LogRow) -> tuple[Any, ...]:
    """In which order decisions are carried out: the later one wins."""
    moment = row.changed_at or datetime.datetime.min.replace(tzinfo=datetime.UTC)
    return (moment, row.log_id)


def by_instance(log: Sequence[LogRow]) -> dict[str, list[LogRow]]:
    """The decisions on each instance, in order."""
    found: dict[str, list[LogRow]] = {}
    for row in sorted(log, key=log_order):
        found.setdefault(row.instance_id, []).append(row)
    return found


def hash_log(rows: Sequence[LogRow]) -> str:
    """SHA-256 of decisions, whatever their order."""
    return make_hash(*sorted(make_hash(row.log_id, *map(repr, _effects(row))) for row in rows))


def _effects(row: LogRow) -> tuple[object, ...]:
    """What of a decision, beside what its id holds, shows in the outcome."""
    return row.status, row.old_value, row.missing_reason, row.cascade, row.check_id, row.reason, row.issue, row.binding


def undo(log: Sequence[LogRow], source: str) -> list[LogRow]:
    """The log with everything that came from one import, `source`, rejected."""
    return [replace(row, status="rejected") if row.source == source else row for row in log]


# -- as a table -------------------------------------------------------------------------------------------------------
CONTEXT: Final = ("household_id", "enumerator", "team", "interview_date")
LOG_COLUMNS: Final = (
    *("log_id", "instance_id", "submission_no", "form_version", "repeat", "row_key", *CONTEXT),
    *("question", "label", "old_value", "old_label", "new_value", "new_label", "change_type", "missing_reason"),
    *("issue", "check_id", "binding", "source", "reason", "changed_by", "changed_at", "reviewed_by", "reviewed_at"),
    "status",
)
DELETION_COLUMNS: Final = (
    *("instance_id", "submission_no", "household_id", "enumerator", "team", "start", "received", "state"),
    *("reason_code", "reason", "source", "deleted_by", "deleted_at", "kept_instance_id", "rows_lost", "raw_hash"),
)


def label_of(known: Field | None, text: str, translate: Translate) -> str:
    """The labels of a chosen value, '' where it is no select's."""
    if known is None or known.type not in SELECTS or not text:
        return ""
    names = [text] if known.type == "select_one" else text.split()
    return "; ".join(translate(known.choices.get(name, {})) or name for name in names)


def log_cells(row: LogRow, known: Field | None, translate: Translate) -> tuple[Any, ...]:
    """One row of LOG_COLUMNS: texts, whole numbers, aware datetimes and None.

    `translate` gives a Text in the language of the export (`FormDefinition.text`).
    """
    label: Text = known.label if known else {}
    return (
        *(row.log_id, row.instance_id, row.submission_no, row.form_version, known.repeat if known else "", row.row_key),
        *(row.context.get(name, "") for name in CONTEXT),
        *(known.name if known else row.path, translate(label) if label else ""),
        *(row.old_value, label_of(known, row.old_value or "", translate)),
        *(row.new_value, label_of(known, row.new_value, translate), row.change_type, row.missing_reason),
        *(row.issue, row.check_id, row.binding, row.source, row.reason),
        *(row.changed_by, row.changed_at, row.reviewed_by, row.reviewed_at, row.status),
    )


def deletion_cells(row: DeletionRow) -> tuple[Any, ...]:
    """One row of DELETION_COLUMNS."""
    lost = ", ".join(f"{path.rpartition('/')[2]}: {count}" for path, count in sorted(row.rows_lost.items()))
    context = row.context
    return (
        *(row.instance_id, row.submission_no, context.get("household_id", ""), context.get("enumerator", "")),
        *(context.get("team", ""), context.get("start", ""), row.received_at, row.state, row.reason_code, row.reason),
        *(row.source, row.deleted_by, row.deleted_at, row.kept_instance_id, lost, row.raw_hash),
    )
