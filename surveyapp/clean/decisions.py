"""Stage 6: what people decided about cells and rows, carried out in the order in which they decided it.

A decision was taken on a value. Where the answer is now another one, because it was edited since, the decision is
superseded and said so; it is never carried out on what its author did not see.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from surveyapp.clean.drafts import Author, Draft
from surveyapp.clean.fields import Field
from surveyapp.clean.log import Decided, LogRow
from surveyapp.clean.records import CellKey, Row, write_text
from surveyapp.values import INVALID, read_value

UNKNOWN_ROW: Final = "the row is not, or no longer, there"


def find_removal(log: Sequence[LogRow]) -> LogRow | None:
    """The last decision to take the whole submission out; None where there is none."""
    return next((row for row in reversed(log) if row.change_type == "remove_survey" and row.is_standing), None)


def decide(draft: Draft, log: Sequence[LogRow], raw: Mapping[str, Row]) -> list[Decided]:
    """Carry out decisions, in order; `raw` are the rows as they came, by key. Every row of the log gets its status."""
    decided: dict[str, Decided] = {}
    last: dict[CellKey, LogRow] = {}
    for row in log:
        outcome = _decide(draft, row, raw)
        decided[row.log_id] = outcome
        if outcome.status != "applied" or row.change_type == "remove_row":
            continue
        former = last.get(row.cell)
        if former is not None and former.log_id != row.log_id:
            decided[former.log_id] = Decided(former, "superseded", "a later decision on the same cell")
        last[row.cell] = row
    return list(decided.values())


def settle(draft: Draft, decided: Sequence[Decided]) -> list[Decided]:
    """The same at the end of all stages: what was decided of a row that is gone has no effect any more."""
    present = {row.key for row in draft.rows} | {c.row.key for c in draft.row_changes if c.kind == "move_row"}
    return [
        Decided(one.row, "superseded", "its row was removed")
        if one.status == "applied" and one.row.path and one.row.row_key not in present
        else one
        for one in decided
    ]


def _decide(draft: Draft, row: LogRow, raw: Mapping[str, Row]) -> Decided:
    if not row.is_standing or row.change_type == "no_action":
        return Decided(row, "acknowledged" if row.is_standing else "rejected")
    if row.change_type == "remove_survey":
        return Decided(row, "superseded", "another removal stands")
    target = draft.find_row(row.row_key)
    if target is None:
        return Decided(row, "superseded" if row.row_key in raw else "blocked", UNKNOWN_ROW)
    author = Author(row.source, row.reason, row.cascade, row.log_id)
    if row.change_type == "remove_row":
        if not target.repeat:
            return Decided(row, "blocked", "it names no row of a repeat")
        draft.take_out(target, "remove_row", author)
        return Decided(row, "applied")
    known = draft.form.fields.get(row.path)
    if known is None or known.repeat != target.repeat:
        return Decided(row, "blocked", "the form has no such question there")
    if not draft.form.has(draft.submission.version, row.path):
        return Decided(row, "blocked", f"version {draft.submission.version} does not ask it")
    return _change(draft, target, known, row, author, raw)


def _change(draft: Draft, target: Row, known: Field, row: LogRow, author: Author, raw: Mapping[str, Row]) -> Decided:
    before = target.values.get(known.path)
    came = raw[target.key].values.get(known.path) if target.key in raw else None
    seen = {comparable(known, write_text(before)), comparable(known, write_text(came))}
    new = None if row.change_type == "blank_response" else read_value(known.type, row.new_value)
    if new is INVALID or (isinstance(new, str) and not known.allows(new)):
        return Decided(row, "blocked", f"{known.name} cannot hold “{row.new_value[:80]}”")
    wanted = comparable(known, write_text(new))
    if row.old_value is not None and comparable(known, row.old_value) not in seen | {wanted} and wanted not in seen:
        draft.report(
            "decision-outdated",
            target,
            known,
            f"A decision on “{row.old_value[:80]}” was not carried out: the answer is another one now.",
            value=before,
        )
        return Decided(row, "superseded", "the answer is another one now")
    key = CellKey(target.key, known.path)
    draft.locked.discard(key)
    draft.put(target, known, new, author, (row.missing_reason or "blanked") if new is None else "")
    draft.locked.add(key)
    return Decided(row, "applied")


def comparable(known: Field, text: str) -> str:
    """A value as far as spaces and spelling do not count: typed where it can be, white space as one space."""
    value = read_value(known.type, text)
    return " ".join((text if value is INVALID else write_text(value)).split())
