"""What becomes of one submission: its clean rows, or its deletion, and the log of every difference."""

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from surveyapp.clean.drafts import Author, Draft
from surveyapp.clean.log import ChangeType, Decided, DeletionRow, LogRow
from surveyapp.clean.records import CellKey, Row, SubmissionKey, is_same, write_text
from surveyapp.clean.rulesets import Program
from surveyapp.findings import Finding


@dataclass(frozen=True, slots=True)
class Outcome:
    """One submission, cleaned.

    `rows` are the clean rows, empty where `deletion` says why there are none. `log` has one row for each cell and row
    of a repeat that differs from raw (columns that rules add have none: they have no raw). `decided` says of each
    decision in the log what became of it. `touched` and `blocked` count by source. `digest` is the hash of the rows.
    `departed` are rows that went to another submission, `arrived` those that came from one, as they came.
    """

    id: SubmissionKey
    received_at: datetime.datetime
    version: str
    rows: tuple[Row, ...]
    log: tuple[LogRow, ...]
    decided: tuple[Decided, ...] = ()
    deletion: DeletionRow | None = None
    findings: tuple[Finding, ...] = ()
    touched: Counter[str] = field(default_factory=Counter)
    blocked: Counter[str] = field(default_factory=Counter)
    digest: str = ""
    departed: tuple[Row, ...] = ()
    arrived: tuple[Row, ...] = ()


def list_changes(program: Program, draft: Draft, raw: Sequence[Row], decisions: Mapping[str, LogRow]) -> list[LogRow]:
    """The log of one submission: cells in the order of rows and questions, then rows that are gone or came."""
    if not draft.changed and not draft.row_changes:
        return []
    before = {row.key: row for row in raw}
    after = {row.key: row for row in (*draft.rows, *list_departed(draft))}
    found = []
    for key, author in sorted(draft.changed.items()):
        known = program.find_field(key.path)
        row = after.get(key.row_key)
        if row is None or known is None or known.added:
            continue
        came = before[key.row_key].values.get(key.path) if key.row_key in before else None
        clean = row.values.get(key.path)
        why = before[key.row_key].reasons.get(key.path) if key.row_key in before else None
        if not is_same(came, clean) or row.reasons.get(key.path) != why:
            found.append(_cell_row(draft, row, key, author, came, decisions))
    for change in draft.row_changes:
        if change.row.key in before:
            made = _row_of(draft, change.author, decisions)
            found.append(
                replace(
                    made,
                    # Rows inside a removed one go with it, but nobody decided about them by themselves.
                    decision_id=made.decision_id if made.row_key == change.row.key else "",
                    path="",
                    row_key=change.row.key,
                    change_type=change.kind,
                    new_value=change.target,
                    old_value=None,
                )
            )
    return found


def list_departed(draft: Draft) -> list[Row]:
    """The rows that went to another submission."""
    return [change.row for change in draft.row_changes if change.kind == "move_row"]


def _cell_row(
    draft: Draft, row: Row, key: CellKey, author: Author, came: object, decisions: Mapping[str, LogRow]
) -> LogRow:
    clean = row.values.get(key.path)
    kind: ChangeType = "change_response"
    if author.derived:
        kind = "derived"
    elif clean is None:
        kind = "blank_response"
    elif came is None:
        kind = "add_response"
    return replace(
        _row_of(draft, author, decisions),
        path=key.path,
        row_key=key.row_key,
        change_type=kind,
        old_value=write_text(came),
        new_value=write_text(clean),
        missing_reason=row.reasons.get(key.path, "") if clean is None else "",
    )


def _row_of(draft: Draft, author: Author, decisions: Mapping[str, LogRow]) -> LogRow:
    """What a log row says of its author: a decision brings its own words along."""
    submission = draft.submission
    made = decisions.get(author.log_id) or LogRow("", "", "derived", source=author.source, reason=author.reason)
    return replace(
        made,
        instance_id=submission.instance_id,
        submission_no=submission.number,
        form_version=submission.version,
        context=submission.context,
        status="applied",
        decision_id=author.log_id,
    )
