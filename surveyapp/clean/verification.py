"""The identity that must hold in every run: raw rows = clean rows + deletions; raw with the log on it = clean.

Told apart from the engine on purpose: it knows raw data, the log as texts, and clean data, and no rule.
"""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from surveyapp.clean.fields import Questionnaire
from surveyapp.clean.log import LogRow
from surveyapp.clean.outcomes import Outcome
from surveyapp.clean.records import Row, Submission, SubmissionKey, is_same, write_text
from surveyapp.values import INVALID, read_value


class Breach(NamedTuple):
    """One place where the identity does not hold."""

    id: SubmissionKey
    row_key: str
    path: str
    message: str


def verify(form: Questionnaire, raw: Iterable[Submission], outcomes: Iterable[Outcome]) -> list[Breach]:
    """Every breach of the identity over a whole run; empty where it holds."""
    by_id: dict[SubmissionKey, Outcome] = {}
    breaches = []
    travels = Travels()
    for outcome in outcomes:
        travels.see(outcome)
        if outcome.id in by_id:
            breaches.append(Breach(outcome.id, "", "", "It is there twice."))
        by_id[outcome.id] = outcome
    for submission in raw:
        found = by_id.pop(submission.id, None)
        if found is None:
            breaches.append(Breach(submission.id, "", "", "It is neither clean nor deleted."))
        else:
            breaches += verify_submission(form, submission, found)
    breaches += [Breach(key, "", "", "No raw submission is behind it.") for key in by_id]
    return breaches + travels.list_breaches()


class Travels:
    """Rows between submissions: each that left has arrived, with the same cells, and no other."""

    def __init__(self) -> None:
        self.departed: dict[str, tuple[SubmissionKey, str]] = {}
        self.arrived: dict[str, tuple[SubmissionKey, str]] = {}

    def see(self, outcome: Outcome) -> None:
        """Take in one outcome."""
        for store, rows in ((self.departed, outcome.departed), (self.arrived, outcome.arrived)):
            store.update((row.key, (outcome.id, repr(sorted(row.values.items())))) for row in rows)

    def list_breaches(self) -> list[Breach]:
        """What was lost, made up or changed on the way."""
        keys = sorted(self.departed.keys() | self.arrived.keys())
        nowhere = (SubmissionKey("", 0), "")
        return [
            Breach(self.departed.get(key, self.arrived.get(key, nowhere))[0], key, "", "The row was lost on its way.")
            for key in keys
            if self.departed.get(key, nowhere)[1] != self.arrived.get(key, nowhere)[1]
        ]


def verify_submission(form: Questionnaire, submission: Submission, outcome: Outcome) -> list[Breach]:
    """The breaches in one submission."""
    breaches = [
        Breach(outcome.id, "", "", f"The decision {decided.row.log_id} has no effect and no status that says so.")
        for decided in outcome.decided
        if decided.status == "applied" and not _has_effect(form, outcome, decided.row)
    ]
    if outcome.deletion is not None:
        lost = dict(Counter(row.repeat for row in submission.rows if row.repeat))
        if outcome.rows or dict(outcome.deletion.rows_lost) != lost:
            breaches.append(Breach(outcome.id, "", "", "It is deleted, and rows of it are not accounted for."))
        return breaches
    return breaches + _verify_rows(form, submission, outcome)


def _has_effect(form: Questionnaire, outcome: Outcome, decision: LogRow) -> bool:
    """Whether the clean data are as the decision wants them."""
    if decision.change_type == "remove_survey":
        return outcome.deletion is not None
    row = next((row for row in (*outcome.rows, *outcome.departed) if row.key == decision.row_key), None)
    if decision.change_type == "remove_row":
        return row is None
    if row is None:
        return False
    return is_same(row.values.get(decision.path), _read(form, decision))


def _read(form: Questionnaire, row: LogRow) -> object:
    known = form.fields.get(row.path)
    if row.change_type == "blank_response":
        return None
    return row.new_value or None if known is None else read_value(known.type, row.new_value)


def _verify_rows(form: Questionnaire, submission: Submission, outcome: Outcome) -> list[Breach]:
    cells: dict[str, list[LogRow]] = {}
    gone: dict[str, str] = {}
    for entry in outcome.log:
        if entry.path:
            cells.setdefault(entry.row_key, []).append(entry)
        else:
            gone[entry.row_key] = entry.change_type
    clean = {row.key: row for row in outcome.rows}
    departed = {row.key: row for row in outcome.departed}
    breaches = []
    if len(clean) != len(outcome.rows):
        breaches.append(Breach(outcome.id, "", "", "Two rows have one key."))
    for row in (*submission.rows, *outcome.arrived):
        other = clean.pop(row.key, None)
        if (other is None) is not (row.key in gone):
            breaches.append(Breach(outcome.id, row.key, "", "The row is neither clean nor in the log, or in both."))
        elif other is not None and other.parent != row.parent and row.parent not in gone:
            breaches.append(Breach(outcome.id, row.key, "", "It lies in another row, and the log does not say so."))
        end = other or departed.get(row.key)
        if end is not None:
            breaches += _verify_cells(form, outcome, row, end, cells.get(row.key, []))
    breaches += [Breach(outcome.id, key, "", "The row comes from nowhere.") for key in clean]
    return breaches


def _verify_cells(form: Questionnaire, outcome: Outcome, raw: Row, clean: Row, log: list[LogRow]) -> list[Breach]:
    expected = dict(raw.values)
    reasons = dict(raw.reasons)
    for row in log:
        expected[row.path] = _read(form, row)
        reasons.pop(row.path, None)
        if row.missing_reason:
            reasons[row.path] = row.missing_reason
        if row.old_value != write_text(raw.values.get(row.path)) and not _is_spelling(form, row, raw):
            return [Breach(outcome.id, raw.key, row.path, "The log's old value is not the raw one.")]
    # Most cells are the very same object, and need no closer look.
    suspects = {path for path, value in clean.values.items() if value is not expected.get(path)}
    suspects |= (expected.keys() - clean.values.keys()) | reasons.keys() | clean.reasons.keys()
    return [
        Breach(outcome.id, raw.key, path, "Raw with the log on it is not the clean value.")
        for path in sorted(suspects)
        if path in form.fields and not _agree(form, path, expected, clean, reasons)
    ]


def _is_spelling(form: Questionnaire, row: LogRow, raw: Row) -> bool:
    """Whether the old value is the raw one in its question's type: 5.0 of a whole number is 5."""
    known = form.fields.get(row.path)
    value = raw.values.get(row.path)
    return known is not None and write_text(_canonical(form, row.path, value)) == row.old_value


def _agree(form: Questionnaire, path: str, expected: dict[str, object], clean: Row, reasons: dict[str, str]) -> bool:
    value = expected.get(path)
    same = is_same(value, clean.values.get(path)) or is_same(_canonical(form, path, value), clean.values.get(path))
    return same and reasons.get(path, "") == clean.reasons.get(path, "")


def _canonical(form: Questionnaire, path: str, value: object) -> object:
    text = write_text(value)
    found = read_value(form.fields[path].type, text) if value is not None else None
    return text if found is INVALID else found
