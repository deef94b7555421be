"""What cleaning changes, worked out once and kept on disk: the rest of the rows come from the store as they are."""

import contextlib
import logging
import pickle
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from surveyapp.clean.log import DeletionRow, LogRow
from surveyapp.clean.outcomes import Outcome
from surveyapp.clean.records import CellKey, Row, Submission
from surveyapp.clean.runs import RunRecord, Tally
from surveyapp.export.query import Query
from surveyapp.export.source import Cleanable
from surveyapp.findings import Finding
from surveyapp.problems import CLEANING_BROKEN, Problem
from surveyapp.sentences import say

log = logging.getLogger(__name__)

MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class Change:
    """Where the clean rows of one submission differ from those in the store.

    `cells` are by key of row ('' = the submission) and kept path: the value, and why there is none. `healed` are paths
    with indices of texts that could be read after all. `arrived` are rows from another submission, with their position.
    """

    number: int
    instance_id: str
    deleted: bool = False
    cells: Mapping[str, Mapping[str, tuple[Any, str]]] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    healed: frozenset[str] = frozenset()
    arrived: tuple[tuple[int, Row], ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of one submission: its rows of the logs, and what cleaning found."""

    number: int
    instance_id: str
    deletion: DeletionRow | None
    log: tuple[LogRow, ...]
    findings: tuple[Finding, ...]


class CleanRows:
    """A run of cleaning over all submissions, verified. Memory: a few bytes a submission; the rest lies in `folder`.

    `lost` counts rows that are not in the clean data, by number of submission and repeat ('' = the submission itself);
    what arrived from elsewhere counts below zero. `reasoned` are the kept paths of cells that are empty for a reason,
    `unmet` by instance id the decisions about submissions that were not cleaned. A `query` is held against the clean
    answers on the way.
    """

    def __init__(self, cleanable: Cleanable, folder: Path, query: str = "") -> None:
        self.form = cleanable.cleaner.form
        self.program = cleanable.cleaner.program
        self.lost: dict[int, Counter[str]] = {}
        self.reasoned: set[str] = set()
        self.unmet: dict[str, list[LogRow]] = {}
        self.query = Query(query, self.form, self.program.plans) if query else None
        self._files = contextlib.ExitStack()
        drawer = Path(self._files.enter_context(tempfile.TemporaryDirectory(dir=folder, prefix=".clean-")))
        self._changes = self._files.enter_context((drawer / "changes").open("wb"))
        self._told = self._files.enter_context((drawer / "told").open("wb"))
        try:
            self.record = self._run(cleanable)
        except BaseException:
            self._files.close()
            raise

    def close(self) -> None:
        """Give back the disk."""
        self._files.close()

    def list_changes(self) -> Iterator[Change]:
        """Submissions whose clean rows differ, in the order of receipt."""
        yield from _unpickle(self._changes.name)

    def list_told(self) -> Iterator[Told]:
        """Submissions of which the logs or the findings tell something, in the order of receipt."""
        yield from _unpickle(self._told.name)

    def _run(self, cleanable: Cleanable) -> RunRecord:
        cleaner, source = cleanable.cleaner, cleanable.submissions
        decisions = cleaner.decide_groups(source)
        tally = Tally(cleaner)
        for submission in source.list_submissions():
            outcome = cleaner.clean(submission, decisions)
            tally.add(submission, outcome)
            self._keep(submission, outcome, cleanable.unreadable())
            if self.query is not None:
                # Of what is left out there are no clean answers.
                self.query.ask(submission, submission.rows if outcome.deletion is not None else outcome.rows)
        self._changes.flush()
        self._told.flush()
        for instance_id, rows in cleaner.log.items():
            if unmet := [row for row in rows if row.log_id not in tally.met]:
                self.unmet[instance_id] = unmet
        record = tally.record()
        if not record.holds:
            for breach in record.breaches:
                log.error("Cleaning %s: %s", record.form_id, breach)
            count = len(record.breaches)
            detail = say(
                "Raw data with the cleaning log on it are not the clean data ({count} times, or more).", count=count
            )
            raise Problem(CLEANING_BROKEN, detail)
        return record

    def _keep(self, submission: Submission, outcome: Outcome, unreadable: Mapping[CellKey, str]) -> None:
        rows = (*outcome.log, *_without_effect(submission, outcome))
        if rows or outcome.deletion or outcome.findings:
            told = Told(submission.number, submission.instance_id, outcome.deletion, rows, outcome.findings)
            pickle.dump(told, self._told, pickle.HIGHEST_PROTOCOL)
        if outcome.deletion is not None:
            lost = Counter(row.repeat for row in submission.rows)
            self.lost[submission.number] = lost
            change = Change(submission.number, submission.instance_id, deleted=True)
        elif outcome.log or outcome.arrived or self.program.columns:
            change = self._compare(submission, outcome, unreadable)
        else:
            return
        pickle.dump(change, self._changes, pickle.HIGHEST_PROTOCOL)

    def _compare(self, submission: Submission, outcome: Outcome, unreadable: Mapping[CellKey, str]) -> Change:
        raw = {row.key: row for row in submission.rows}
        cells: dict[str, dict[str, tuple[Any, str]]] = {}
        arrived: list[tuple[int, Row]] = []
        positions: Counter[tuple[str, str]] = Counter()
        for row in outcome.rows:
            positions[row.repeat, row.parent] += 1
            before = raw.get(row.key)
            if before is None:
                arrived.append((positions[row.repeat, row.parent], row))
                self.reasoned.update(row.reasons)
                continue
            reasons, former = row.reasons, before.values
            self.reasoned.update(reasons)
            changed = {
                path: (value, reasons.get(path, ""))
                for path, value in row.values.items()
                if value is not former.get(path, MISSING)
            }
            changed.update({path: (row.values.get(path), reason) for path, reason in reasons.items()})
            if changed:
                cells[row.key] = changed
        here = {row.key for row in outcome.rows}
        gone = [row for row in submission.rows if row.key not in here]
        if gone or arrived:
            lost = Counter(row.repeat for row in gone)
            lost.subtract(row.repeat for _, row in arrived)
            self.lost[submission.number] = lost
        healed = frozenset(
            path
            for key, path in unreadable.items()
            if (cell := cells.get(key.row_key, {}).get(key.path)) and cell[1] != "invalid"
        )
        names = frozenset(row.key for row in gone)
        return Change(submission.number, submission.instance_id, False, cells, names, healed, tuple(arrived))


def _without_effect(submission: Submission, outcome: Outcome) -> list[LogRow]:
    """Decisions that changed no cell, with the status that says why."""
    shown = {row.decision_id for row in outcome.log}
    return [
        replace(
            one.row,
            status=one.status,
            reason=f"{one.row.reason} ({one.note})".strip() if one.note else one.row.reason,
            decision_id=one.row.log_id,
            context=submission.context,
            submission_no=submission.number,
        )
        for one in outcome.decided
        if one.row.log_id not in shown
    ]


def _unpickle(name: str) -> Iterator[Any]:
    with Path(name).open("rb") as file:
        while True:
            try:
                yield pickle.load(file)
            except EOFError:
                return
