"""The stages, in their fixed order, for one submission: clean = f(raw, edits, ruleset version, log).

    cleaner = Cleaner(compile_ruleset(rules, form, version=3), log)
    decisions = cleaner.decide_groups(source)
    for submission in source.list_submissions():
        outcome = cleaner.clean(submission, decisions)

No clock, no lot, no order of the database has a part in it.
"""

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from surveyapp.clean.decisions import decide, find_removal, settle
from surveyapp.clean.drafts import Author, Draft
from surveyapp.clean.dropping import Candidate, Drop, GroupDecisions, choose, name_reason
from surveyapp.clean.fields import Field
from surveyapp.clean.language import describe, scalar_text
from surveyapp.clean.log import Decided, DeletionRow, LogRow, by_instance, hash_log
from surveyapp.clean.making import Cell, Verdict
from surveyapp.clean.outcomes import Outcome, list_changes, list_departed
from surveyapp.clean.recompute import Dependents, Ripple
from surveyapp.clean.records import (
    Row,
    Source,
    Submission,
    SubmissionKey,
    hash_rows,
    is_same,
    make_hash,
    write_text,
)
from surveyapp.clean.roster_rules import Move
from surveyapp.clean.rulesets import CellRule, Program
from surveyapp.clean.trees import Plan
from surveyapp.expressions.errors import ExpressionError
from surveyapp.values import INVALID, read_value

TYPES: Final = Author("engine:types")
PYTHON: Final[Mapping[str, type]] = {
    "integer": int,
    "decimal": float,
    "boolean": bool,
    "date": datetime.date,
    "time": datetime.time,
    "datetime": datetime.datetime,
    "geopoint": tuple,
}
# Raised whenever the same rules mean something else than before, so that kept outcomes are made anew.
ENGINE: Final = "1"
BEFORE_LOG: Final = (3, 4, 5)
NO_DECISIONS: Final = GroupDecisions()


class Cleaner:
    """A ruleset and a log, ready for any number of submissions of the form."""

    def __init__(self, program: Program, log: Sequence[LogRow] = ()) -> None:
        self.program = program
        self.form = program.form
        self.log = by_instance(log)
        self.log_hash = hash_log(log)
        self.dependents: dict[str, Dependents] = {}
        # The class of each field's values: compared for every cell of every submission.
        self.classes = {f.path: PYTHON.get(f.type, str) for f in self.form.fields.values()}

    # -- incremental --------------------------------------------------------------------------------------------------
    def key_of(self, submission: Submission, decisions: GroupDecisions = NO_DECISIONS) -> str:
        """What the outcome of a submission hangs on. While it stays, a kept Outcome may be used again.

        Raw hash, edits, version, context, state, flags, ruleset, the decisions on it and what was decided of its group.
        """
        arrivals = [hash_rows(submission.id, [row]) for row in decisions.arrivals.get(submission.id, ())]
        here = sorted(row.key for row in submission.rows if row.key in decisions.moved)
        return make_hash(
            ENGINE,
            submission.instance_id,
            str(submission.number),
            submission.version,
            repr(sorted(submission.context.items())),
            submission.raw_hash,
            submission.edits_hash,
            submission.state,
            repr(sorted(submission.flags, key=repr)),
            self.program.ruleset.hash,
            hash_log(self._log_of(submission)),
            repr(decisions.drops.get(submission.id)),
            repr(here),
            *arrivals,
        )

    def _log_of(self, submission: Submission) -> list[LogRow]:
        rows = self.log.get(submission.instance_id)
        if rows is None:
            return []
        return [row for row in rows if row.submission_no in (None, submission.number)]

    # -- groups -------------------------------------------------------------------------------------------------------
    def decide_groups(self, source: Source) -> GroupDecisions:
        """What must be known of all submissions before the first can be cleaned; reads them once if any rule asks."""
        program = self.program
        if not program.looks_at_groups:
            return NO_DECISIONS
        candidates: list[list[Candidate]] = [[] for _ in program.dedupes]
        movers = _Movers(program.moves)
        for submission in source.list_submissions():
            draft = self._start(submission)
            log = self._log_of(submission)
            if self._find_drop(draft, log, NO_DECISIONS) is not None:
                continue
            for rule, group in zip(program.dedupes, candidates, strict=True):
                candidate = rule.candidate(draft)
                if candidate is not None:
                    group.append(candidate)
            if submission.instance_id in movers.instances:
                self._clean_answers(draft, log)
                movers.see(draft)
        drops: dict[SubmissionKey, Drop] = {}
        for rule, group in zip(program.dedupes, candidates, strict=True):
            left = [candidate for candidate in group if candidate.id not in drops]
            drops.update(choose(rule, left, self._decided(left)))
        return GroupDecisions(drops, *movers.settle(drops))

    def _decided(self, group: Sequence[Candidate]) -> frozenset[SubmissionKey]:
        """Of which a person said that it stays: `no_action` on the whole submission."""
        return frozenset(
            candidate.id
            for candidate in group
            for row in self.log.get(candidate.id.instance_id, ())
            if row.is_standing
            and row.submission_no in (None, candidate.id.number)
            and (row.change_type == "no_action" and not row.path and not row.row_key)
        )

    # -- one submission -----------------------------------------------------------------------------------------------
    def clean(self, submission: Submission, decisions: GroupDecisions = NO_DECISIONS) -> Outcome:
        """The outcome of one submission by itself, given what was decided of its group."""
        log = self._log_of(submission)
        draft = self._start(submission)
        raw = [row.copy() for row in draft.rows]
        drop = self._find_drop(draft, log, decisions)
        if drop is not None:
            return _dropped(draft, drop, log)
        decided = self._clean_answers(draft, log)
        arrivals = [row.copy() for row in decisions.arrivals.get(submission.id, ())]
        if arrivals:
            draft.take_in([row.copy() for row in arrivals])
        # Rows come and go first, so that other rules of rosters meet them in their own household.
        for author, work in sorted(self.program.rows, key=lambda pair: not isinstance(pair[1], Move)):
            if isinstance(work, Move):
                _move(draft, work, author, decisions)
            else:
                work(draft, author)
        before = [*raw, *arrivals]
        if draft.changed or draft.row_changes or arrivals:
            Ripple(self._dependents(draft.plan), draft, before, arrivals).run()
        self._derive(draft)
        settled = settle(draft, decided)
        return Outcome(
            submission.id,
            submission.received_at,
            submission.version,
            tuple(draft.rows),
            tuple(list_changes(self.program, draft, before, {row.log_id: row for row in log})),
            tuple(settled),
            None,
            tuple(draft.findings),
            draft.touched,
            draft.blocked,
            hash_rows(submission.id, draft.rows),
            tuple(list_departed(draft)),
            tuple(arrivals),
        )

    def _clean_answers(self, draft: Draft, log: Sequence[LogRow]) -> list[Decided]:
        """Stages 2 to 7."""
        raw = {row.key: row.copy() for row in draft.rows} if log else {}
        self._read_texts(draft)
        for stage in BEFORE_LOG:
            self._run_stage(draft, stage)
        decided = decide(draft, log, raw) if log else []
        self._run_stage(draft, 7)
        return decided

    def _start(self, submission: Submission) -> Draft:
        """Stage 0: each cell in the type of its question; nothing is guessed."""
        plan = self.program.plans.get(submission.version) or self.program.plans[self.form.newest.version]
        draft = Draft(self.form, plan, submission, [row.copy() for row in submission.rows])
        find_class = self.classes.get
        for row in draft.rows:
            values = row.values
            odd = [p for p, value in values.items() if value.__class__ is not find_class(p) and value is not None]
            for path in odd:
                known = self.form.fields.get(path)
                if known is not None:
                    values[path] = _canonical(known, values[path])
                    if values[path].__class__ is str and find_class(path) is not str:
                        draft.unread.append((row, path))
        return draft

    def _find_drop(self, draft: Draft, log: Sequence[LogRow], decisions: GroupDecisions) -> Drop | None:
        """Stage 1: the decision of a person first, then rules by position, then duplicates."""
        removal = find_removal(log)
        if removal is not None:
            code, text = name_reason(removal.check_id) or "other", removal.reason or removal.issue
            return Drop(removal.source, code, text, None, removal.changed_by, removal.changed_at)
        for rule, source, drops in self.program.drops:
            if drops(draft):
                return Drop(source, str(rule.parameters["reason_code"]), rule.reason)
        return decisions.drops.get(draft.submission.id)

    def _read_texts(self, draft: Draft) -> None:
        """Stage 2, and the end of it: what still is not of its question's type becomes empty."""
        self._run_stage(draft, 2)
        for row, path in draft.unread:
            if row.values[path].__class__ is str:
                draft.put(row, self.form.fields[path], None, TYPES, "invalid")

    def _run_stage(self, draft: Draft, stage: int) -> None:
        main = Cell(draft, draft.main)
        values = draft.main.values
        for rule in self.program.cells.get(stage, ()):
            known = rule.field
            if known.repeat:
                for row in draft.list_rows(known.repeat):
                    cell = Cell(draft, row)
                    verdict = rule.clean(row.values.get(known.path), cell)
                    if verdict is not None:
                        _apply(rule, cell, verdict)
            else:
                verdict = rule.clean(values.get(known.path), main)
                if verdict is not None:
                    _apply(rule, main, verdict)

    def _dependents(self, plan: Plan) -> Dependents:
        version = plan.definition.version
        found = self.dependents.get(version)
        if found is None:
            found = self.dependents[version] = Dependents(plan)
        return found

    def _derive(self, draft: Draft) -> None:
        """Stage 10: the columns of rules."""
        for column in self.program.derived:
            for row in draft.list_rows(column.field.repeat):
                try:
                    value = column.formula.value(draft.tree(), row.key, "")
                except ExpressionError as error:
                    draft.report("rule-not-evaluated", row, column.field, describe(error, column.field))
                    continue
                text = scalar_text(value)
                typed = read_value(column.field.type, _whole(text) if column.field.type == "integer" else text)
                if typed is INVALID:
                    draft.report("rule-not-evaluated", row, column.field, f"“{text[:80]}” is no {column.field.type}.")
                elif typed is not None:
                    draft.put(row, column.field, typed, column.author)


class _Movers:
    """Rows on their way from one household to another, gathered while all submissions are read."""

    def __init__(self, moves: Sequence[Move]) -> None:
        self.moves = moves
        self.instances = {name for move in moves for name in (move.instance_id, move.target)}
        self.leaving: dict[str, tuple[SubmissionKey, list[Row]]] = {}
        self.keys: dict[SubmissionKey, set[str]] = {}

    def see(self, draft: Draft) -> None:
        """Remember the rows of a household that give or take."""
        self.keys[draft.submission.id] = {row.key for row in draft.rows}
        for move in self.moves:
            row = draft.find_row(move.row_key)
            if move.instance_id == draft.submission.instance_id and row is not None and row.repeat:
                moved = row.copy()
                moved.parent = move.parent
                self.leaving[move.row_key] = (draft.submission.id, [moved, *_inside(draft.rows, row.key)])

    def settle(self, drops: Mapping[SubmissionKey, Drop]) -> tuple[dict[SubmissionKey, list[Row]], frozenset[str]]:
        """The rows by target, and the keys of rows that move. A row whose target is not there stays where it is."""
        arrivals: dict[SubmissionKey, list[Row]] = {}
        moved = set()
        for move in self.moves:
            targets = [key for key in self.keys if key.instance_id == move.target and key not in drops]
            origin, rows = self.leaving.get(move.row_key, (None, []))
            target = max(targets, default=None)
            if origin is None or origin in drops or target is None or move.parent not in self.keys[target]:
                continue
            if move.row_key not in moved:
                arrivals.setdefault(target, []).extend(rows)
                moved.add(move.row_key)
        return arrivals, frozenset(moved)


def _move(draft: Draft, move: Move, author: Author, decisions: GroupDecisions) -> None:
    row = draft.find_row(move.row_key) if draft.submission.instance_id == move.instance_id else None
    if row is None:
        return
    if move.row_key in decisions.moved:
        draft.take_out(row, "move_row", author, move.target)
    else:
        draft.report("row-not-moved", row, None, f"It was not moved: {move.target} has no place for it.")


def _apply(rule: CellRule, cell: Cell, verdict: Verdict) -> None:
    draft, row = cell
    known, author = rule.field, rule.author
    path = known.path
    if not draft.form.has(draft.submission.version, path):
        return
    try:
        if rule.when is not None and not rule.when.is_true(draft.tree(), row.key, path):
            return
    except ExpressionError as error:
        draft.report("rule-not-evaluated", row, known, describe(error, known))
        return
    if verdict.finding:
        draft.report("rule-not-applied", row, known, verdict.finding, value=row.values.get(path))
    before = row.values.get(path)
    changes = [(known, verdict.value, verdict.reason), *verdict.also]
    for target, value, reason in changes:
        if target is known and (verdict.keep or is_same(before, value)):
            continue
        draft.put(row, target, value, author._replace(derived=target.added), reason)


def _canonical(known: Field, value: Any) -> Any:
    """The value in the type of its question; as text where it cannot be read so."""
    text = write_text(value)
    found = read_value(known.type, text)
    return text if found is INVALID else found


def _whole(text: str) -> str:
    return text.removesuffix(".0")


def _inside(rows: Sequence[Row], key: str) -> list[Row]:
    """Copies of the rows below a row, however deep."""
    found = []
    for row in rows:
        if row.repeat and row.parent == key:
            found += [row.copy(), *_inside(rows, row.key)]
    return found


def _dropped(draft: Draft, drop: Drop, log: Sequence[LogRow]) -> Outcome:
    submission = draft.submission
    removal = find_removal(log)
    decided = []
    for row in log:
        if not row.is_standing:
            decided.append(Decided(row, "rejected"))
        elif row.change_type == "no_action":
            decided.append(Decided(row, "acknowledged"))
        elif removal is not None and row.log_id == removal.log_id:
            decided.append(Decided(row, "applied"))
        else:
            decided.append(Decided(row, "superseded", "the submission was removed"))
    deletion = DeletionRow(
        submission.instance_id,
        submission.number,
        submission.received_at,
        submission.state,
        drop.code,
        drop.text,
        drop.source,
        drop.by,
        drop.at,
        drop.kept.instance_id if drop.kept else "",
        drop.kept.number if drop.kept else None,
        dict(Counter(row.repeat for row in draft.rows if row.repeat)),
        submission.raw_hash,
        submission.context,
    )
    return Outcome(
        submission.id,
        submission.received_at,
        submission.version,
        (),
        (),
        tuple(decided),
        deletion,
        tuple(draft.findings),
        Counter({drop.source: 1}),
    )
