"""A cleaning log from a sheet, tried before it is applied: every fault at once, every change shown.

headers = map_headers(sheet_headers)
dry_run = try_import(rows, headers, data, existing_log, meta)
new_rows = accept_import(dry_run, token, data.version, file_hash)
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from surveyapp.clean.fields import Field, Questionnaire
from surveyapp.clean.log import HUMAN_CHANGES, LogRow, label_of, log_order
from surveyapp.clean.log_checks import ConstraintCheck
from surveyapp.clean.log_damage import is_empty, loosely_equal, read_answer, read_plain
from surveyapp.clean.log_dry_run import (
    Difference,
    DryRun,
    ImportMeta,
    KnownData,
    KnownSubmission,
    Notice,
    Weight,
    hash_row,
    make_token,
)
from surveyapp.clean.log_headers import Headers
from surveyapp.clean.records import CellKey, Row, write_text
from surveyapp.sentences import say

# Words of others for our kinds of change.
CHANGE_WORDS: Final[Mapping[str, str]] = {
    **{kind: kind for kind in HUMAN_CHANGES},
    "change": "change_response",
    "replace": "change_response",
    "blank": "blank_response",
    "remove": "remove_survey",
    "delete_survey": "remove_survey",
    "drop": "remove_survey",
    "okay": "no_action",
    "ok": "no_action",
}
VALUED: Final = ("change_response", "add_response")


@dataclass
class _Trial:
    """One sheet on trial."""

    form: Questionnaire
    data: KnownData
    meta: ImportMeta
    headers: Headers
    translate: Callable[[Any], str]
    standing: Mapping[tuple[str, str, str], LogRow]
    notices: list[Notice] = field(default_factory=list)
    statuses: dict[int, str] = field(default_factory=dict)
    rows: dict[int, LogRow] = field(default_factory=dict)
    before: dict[int, str] = field(default_factory=dict)

    def say(self, number: int, weight: Weight, code: str, message: str) -> None:
        self.notices.append(Notice(number, weight, code, message))
        if weight in ("error", "blocked"):
            self.statuses[number] = "faulty" if weight == "error" else "blocked"

    def text(self, number: int, cells: Mapping[str, object], column: str) -> str:
        """A cell that is no answer."""
        reading = read_plain(cells.get(self.headers.columns.get(column, ""), None))
        if reading.fault:
            self.say(number, "error", "cell", say("{column} {fault}.", column=column, fault=reading.fault))
        return reading.text

    def cell(self, cells: Mapping[str, object], column: str) -> object:
        return cells.get(self.headers.columns.get(column, ""), None)


def try_import(
    rows: Sequence[Mapping[str, object]],
    headers: Headers,
    form: Questionnaire,
    data: KnownData,
    existing: Sequence[LogRow],
    meta: ImportMeta,
    *,
    numbers: Sequence[int] = (),
) -> DryRun:
    """What the rows of a sheet (header -> cell) would do to the data and the log. Changes nothing.

    `numbers` are those of `rows` in their sheet; without them they follow the header in row 1.
    """
    standing: dict[tuple[str, str, str], LogRow] = {}
    for entry in sorted((row for row in existing if row.is_standing), key=log_order):
        standing[entry.instance_id, entry.row_key, entry.path] = entry
    trial = _Trial(form, data, meta, headers, form.newest.text, standing)
    checks = ConstraintCheck(form)
    for number, cells in zip(numbers or range(2, len(rows) + 2), rows, strict=True):
        if hash_row(cells) in meta.exported:
            trial.statuses[number] = "unchanged"
            continue
        row = _read_row(trial, number, cells, checks)
        if row is not None:
            trial.rows[number] = row
    _compare_rows(trial)
    _check_reasons(trial)
    return _finish(trial)


def _read_row(trial: _Trial, number: int, cells: Mapping[str, object], checks: ConstraintCheck) -> LogRow | None:
    """One row as a decision; None where it has a fault, or nothing was decided."""
    before = len(trial.notices)
    kind = _read_kind(trial, number, cells)
    if not kind:
        return None
    instance_id = trial.text(number, cells, "instance_id")
    known = trial.data.find(instance_id) if instance_id else None
    row = LogRow(
        instance_id,
        "",
        kind,  # type: ignore[arg-type]  # one of CHANGE_WORDS
        missing_reason=trial.text(number, cells, "missing_reason") if kind == "blank_response" else "",
        issue=trial.text(number, cells, "issue"),
        check_id=trial.text(number, cells, "check_id"),
        binding=trial.text(number, cells, "binding"),
        source=trial.meta.source,
        reason=trial.text(number, cells, "reason"),
        changed_by=trial.meta.person,
        changed_at=trial.meta.at,
    )
    if not _check_submission(trial, number, row, known) or known is None:
        return None
    row = replace(row, submission_no=known.number, form_version=known.version)
    if kind == "remove_survey":
        return row if len(trial.notices) == before else None
    found = _read_place(trial, number, cells, row, known)
    if found is None:
        return None
    row, target, question = found
    if question is None or kind == "no_action":
        return row
    return _read_change(trial, number, cells, (row, target, question), checks)


def _read_kind(trial: _Trial, number: int, cells: Mapping[str, object]) -> str:
    """The kind of change, '' where there is none."""
    word = trial.text(number, cells, "change_type")
    if not word:
        if is_empty(trial.cell(cells, "new_value")):
            # A row that nobody has decided yet, as in a work log that went out half filled.
            trial.statuses[number] = "unchanged"
            return ""
        word = "change_response"
    kind = CHANGE_WORDS.get("_".join(word.casefold().split()))
    if kind is None:
        kinds = ", ".join(HUMAN_CHANGES)
        trial.say(
            number,
            "error",
            "change-type-unknown",
            say("“{word}” is no kind of change; those are {kinds}.", word=word, kinds=kinds),
        )
        return ""
    return kind


def _check_submission(trial: _Trial, number: int, row: LogRow, known: KnownSubmission | None) -> bool:
    name = row.instance_id
    if known is None:
        trial.say(number, "error", "uuid-unknown", say("There is no submission “{name}”.", name=name))
    elif known.form_id and known.form_id != trial.form.form_id:
        trial.say(
            number,
            "error",
            "other-form",
            say("The submission {name} is of the form {form_id}.", name=name, form_id=known.form_id),
        )
    elif known.deletion is not None:
        former = trial.standing.get((name, "", ""))
        if row.change_type == "remove_survey" and former is not None and former.change_type == "remove_survey":
            trial.statuses[number] = "already applied"
        else:
            why = known.deletion.reason_code
            trial.say(
                number,
                "error",
                "deleted",
                say("The submission {name} is not in the clean data ({why}).", name=name, why=why),
            )
    else:
        return True
    return False


def _read_place(
    trial: _Trial, number: int, cells: Mapping[str, object], row: LogRow, known: KnownSubmission
) -> tuple[LogRow, Row, Field | None] | None:
    """The row and the question that are meant."""
    key, name = trial.text(number, cells, "row_key"), trial.text(number, cells, "question")
    target = next((found for found in known.rows if found.key == key), None)
    if row.change_type == "remove_row" or (row.change_type == "no_action" and not name):
        if target is None or (row.change_type == "remove_row" and not key):
            _say_row(trial, number, row, key, "")
            return None
        return replace(row, row_key=key), target, None
    question = trial.form.find_field(name)
    if question is None and target is not None:
        question = next((f for f in trial.form.by_name.get(name, ()) if f.repeat == target.repeat), None)
    if question is None:
        near = trial.form.suggest(name)
        hint = say(" Did you mean “{near}”?", near=near) if near else ""
        trial.say(
            number, "error", "question-unknown", say("The form has no question “{name}”.{hint}", name=name, hint=hint)
        )
        return None
    if target is None or target.repeat != question.repeat:
        _say_row(trial, number, row, key, question.name)
        return None
    if not trial.form.has(known.version, question.path):
        message = say(
            "{name} is not asked by version {version}, with which {instance_id} was made.",
            name=question.name,
            version=known.version,
            instance_id=known.instance_id,
        )
        trial.say(number, "error", "question-not-in-version", message)
        return None
    return replace(row, row_key=key, path=question.path), target, question


def _say_row(trial: _Trial, number: int, row: LogRow, key: str, name: str) -> None:
    if row.change_type == "remove_row" and trial.standing.get((row.instance_id, key, "")) is not None:
        trial.statuses[number] = "already applied"
    elif not key:
        message = say("{what} lies in a repeat; row_key says which of its rows is meant.", what=name or say("The row"))
        trial.say(number, "error", "row-key-missing", message)
    else:
        place = say(" with {name}", name=name) if name else ""
        message = say("{instance} has no row “{key}”{place}.", instance=row.instance_id, key=key, place=place)
        trial.say(number, "error", "row-key-unknown", message)


def _read_change(
    trial: _Trial,
    number: int,
    cells: Mapping[str, object],
    place: tuple[LogRow, Row, Field],
    checks: ConstraintCheck,
) -> LogRow | None:
    row, target, question = place
    new_cell = trial.cell(cells, "new_value")
    if row.change_type == "blank_response" and not is_empty(new_cell):
        trial.say(number, "error", "new-value-present", say("An answer that is blanked has no new value."))
        return None
    if row.change_type in VALUED and is_empty(new_cell) and str(new_cell) not in question.choices:
        trial.say(number, "error", "new-value-missing", say("The new value of {name} is missing.", name=question.name))
        return None
    new = read_answer(new_cell, question, from_1904=trial.meta.from_1904)
    if row.change_type in VALUED and new.fault:
        trial.say(number, "error", "value", say("The new value {fault}.", fault=new.fault))
        return None
    wanted = new.text if row.change_type in VALUED else ""
    if new.healed and wanted:
        trial.say(
            number,
            "info",
            "healed",
            say("The new value was read as “{wanted}”: {healed}.", wanted=wanted, healed=new.healed),
        )
    row = replace(row, new_value=wanted)
    now = write_text(target.values.get(question.path))
    trial.before[number] = now
    if _is_standing(trial, row) and now == wanted:
        trial.statuses[number] = "already applied"
        return None
    if now == wanted:
        trial.statuses[number] = "unchanged"
        return None
    row = _check_old(trial, number, cells, row, question, now)
    if wanted and (broken := checks.find_fault(row, question, trial.data.find(row.instance_id))):
        trial.say(number, *broken)
    return None if number in trial.statuses else row


def _is_standing(trial: _Trial, row: LogRow) -> bool:
    former = trial.standing.get((row.instance_id, row.row_key, row.path))
    return former is not None and former.new_value == row.new_value


def _check_old(
    trial: _Trial, number: int, cells: Mapping[str, object], row: LogRow, question: Field, now: str
) -> LogRow:
    cell = trial.cell(cells, "old_value")
    if is_empty(cell):
        if now:
            message = say("The old value was not given; {name} is “{now}” now.", name=question.name, now=now)
            trial.say(number, "warning", "unverified", message)
        return replace(row, old_value=now)
    old = read_answer(cell, question, from_1904=trial.meta.from_1904)
    text = read_plain(cell).text if old.fault else old.text
    if not loosely_equal(text, now, question):
        message = say(
            "{name} was “{text}” for the author of this row and is “{now}” now.", name=question.name, text=text, now=now
        )
        trial.say(number, "blocked", "stale", message)
    return replace(row, old_value=now)


# -- rows beside each other -------------------------------------------------------------------------------------------
def _compare_rows(trial: _Trial) -> None:
    """The same cell twice, and submissions that are both changed and removed."""
    removed = {row.instance_id for row in trial.rows.values() if row.change_type == "remove_survey"}
    gone = {(row.instance_id, row.row_key) for row in trial.rows.values() if row.change_type == "remove_row"}
    seen: dict[tuple[str, CellKey, bool], int] = {}
    for number in sorted(trial.rows):
        row = trial.rows[number]
        whole = row.change_type == "remove_survey"
        if not whole and (
            row.instance_id in removed or (row.change_type != "remove_row" and (row.instance_id, row.row_key) in gone)
        ):
            trial.say(number, "warning", "removed-too", say("Another row removes it; this change is ignored."))
            trial.statuses[number] = "ignored"
            continue
        first = seen.setdefault((row.instance_id, row.cell, whole), number)
        if first == number:
            continue
        former = trial.rows[first]
        if (former.change_type, former.new_value) == (row.change_type, row.new_value):
            trial.say(number, "info", "merged", say("It says the same as row {first}.", first=first))
            trial.statuses[number] = "merged"
        else:
            trial.say(
                number,
                "error",
                "contradicts",
                say("It says something else of this cell than row {first}.", first=first),
            )
            trial.statuses[first] = "faulty"


def _check_reasons(trial: _Trial) -> None:
    """A decision says why. In logs of others what was found is reason enough, and none keeps a log out."""
    waiting = {number: row for number, row in trial.rows.items() if number not in trial.statuses}
    if "reason" not in trial.headers.columns:
        if waiting:
            trial.say(1, "warning", "reason-missing", say("The log has no column for reasons: nobody will know why."))
        return
    own = trial.headers.custom in ("ours", "by hand")
    for number, row in waiting.items():
        if not row.reason and (own or not row.issue):
            trial.say(number, "error" if own else "warning", "reason-missing", say("The row does not say why."))


def _finish(trial: _Trial) -> DryRun:
    kept = {number: row for number, row in sorted(trial.rows.items()) if number not in trial.statuses}
    differences = [
        _difference(trial, number, row) for number, row in kept.items() if row.path and row.change_type != "no_action"
    ]
    statuses = {**trial.statuses, **{number: row.change_type for number, row in kept.items()}}
    return DryRun(
        make_token(trial.data.version, trial.meta.file_hash),
        trial.meta.source,
        dict(Counter(statuses.values())),
        tuple(sorted(trial.notices)),
        tuple(differences),
        tuple(row.instance_id for row in kept.values() if row.change_type == "remove_survey"),
        tuple(kept.values()),
        statuses,
    )


def _difference(trial: _Trial, number: int, row: LogRow) -> Difference:
    known = trial.form.fields.get(row.path)
    old = trial.before.get(number, "")
    labels = [label_of(known, text, trial.translate) for text in (old, row.new_value)]
    name = known.name if known else row.path
    return Difference(number, row.instance_id, row.row_key, name, old, labels[0], row.new_value, labels[1])
