"""A whole run: every submission cleaned, counted, verified; and the record that says so."""

import datetime
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from surveyapp.clean.outcomes import Outcome
from surveyapp.clean.pipeline import Cleaner
from surveyapp.clean.records import Source, Submission, SubmissionKey, make_hash
from surveyapp.clean.verification import Breach, Travels, verify_submission

MOST_BREACHES: Final = 100


@dataclass(frozen=True)
class RunRecord:
    """What went in, what came out, and whether the identity held.

    `inputs_hash` is of all raw versions and edits, `content_hash` of all clean rows and deletions; neither hangs on the
    order of the database or on the process. Counts of cells are by source (`rule:<id>@<version>`, an import, the
    engine); counts of rows by repeat ('' = submissions).
    """

    form_id: str
    ruleset_version: int
    ruleset_hash: str
    log_hash: str
    inputs_hash: str
    content_hash: str
    raw_rows: Mapping[str, int]
    clean_rows: Mapping[str, int]
    deleted_rows: Mapping[str, int]
    deletions: Mapping[str, int]
    cells_touched: Mapping[str, int]
    cells_blocked: Mapping[str, int]
    log_rows: Mapping[str, int]
    decisions: Mapping[str, int]
    findings: Mapping[str, int]
    unmatched_decisions: int
    breaches: tuple[Breach, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether raw rows = clean rows + deletions, and raw with the log on it = clean, everywhere."""
        return not self.breaches


@dataclass
class Tally:
    """Counts outcomes in any order."""

    cleaner: Cleaner
    hashes: list[str] = field(default_factory=list)
    raw: Counter[str] = field(default_factory=Counter)
    clean: Counter[str] = field(default_factory=Counter)
    deleted: Counter[str] = field(default_factory=Counter)
    deletions: Counter[str] = field(default_factory=Counter)
    touched: Counter[str] = field(default_factory=Counter)
    blocked: Counter[str] = field(default_factory=Counter)
    log: Counter[str] = field(default_factory=Counter)
    decisions: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    met: set[str] = field(default_factory=set)
    breaches: list[Breach] = field(default_factory=list)
    travels: Travels = field(default_factory=Travels)

    def add(self, submission: Submission, outcome: Outcome) -> None:
        """Count one outcome, and verify it."""
        came = make_hash(*map(str, outcome.id), submission.raw_hash, submission.edits_hash)
        self.hashes.append("\0".join((*_order(outcome), came, outcome.digest or f"deleted {_reason(outcome)}")))
        self.raw.update(row.repeat for row in submission.rows)
        self.clean.update(row.repeat for row in outcome.rows)
        if outcome.deletion is not None:
            self.deletions[outcome.deletion.reason_code] += 1
            self.deleted[""] += 1
            self.deleted.update(outcome.deletion.rows_lost)
        else:
            gone = [row for row in outcome.log if row.change_type in ("remove_row", "merge_row")]
            repeats = {row.key: row.repeat for row in (*submission.rows, *outcome.arrived)} if gone else {}
            self.deleted.update(repeats[row.row_key] for row in gone)
        self.touched.update(outcome.touched)
        self.blocked.update(outcome.blocked)
        self.log.update(row.change_type for row in outcome.log)
        self.decisions.update(decided.status for decided in outcome.decided)
        self.met.update(decided.row.log_id for decided in outcome.decided)
        self.findings.update(finding.check for finding in outcome.findings)
        self.travels.see(outcome)
        if len(self.breaches) < MOST_BREACHES:
            self.breaches += verify_submission(self.cleaner.form, submission, outcome)

    def record(self) -> RunRecord:
        """The record of all that was added."""
        ruleset = self.cleaner.program.ruleset
        # One text a submission, and not a tuple of five things: a hundred thousand of them are kept.
        self.hashes.sort()
        every = [row.log_id for rows in self.cleaner.log.values() for row in rows]
        breaches = [*self.breaches, *self.travels.list_breaches(), *self._miscounts()]
        return RunRecord(
            ruleset.form_id,
            ruleset.version,
            ruleset.hash,
            self.cleaner.log_hash,
            _fold(text.split("\0", 4)[3] for text in self.hashes),
            _fold(text.split("\0", 4)[4] for text in self.hashes),
            dict(self.raw),
            dict(self.clean),
            dict(self.deleted),
            dict(self.deletions),
            dict(self.touched),
            dict(self.blocked),
            dict(self.log),
            dict(self.decisions),
            dict(self.findings),
            len(set(every) - self.met),
            tuple(breaches),
        )

    def _miscounts(self) -> list[Breach]:
        return [
            Breach(
                SubmissionKey("", 0), "", repeat, f"{self.raw[repeat]} rows came; clean and deleted are not as many."
            )
            for repeat in sorted(self.raw.keys() | self.clean.keys())
            if self.raw[repeat] != self.clean[repeat] + self.deleted[repeat]
        ]


def _reason(outcome: Outcome) -> str:
    deletion = outcome.deletion
    return "" if deletion is None else f"{deletion.reason_code} {deletion.source} {deletion.kept_instance_id}"


def _order(outcome: Outcome) -> tuple[str, str, str]:
    """The order of receipt as texts that sort in it."""
    moment = outcome.received_at.astimezone(datetime.UTC).isoformat(timespec="microseconds")
    return moment, outcome.id.instance_id, f"{outcome.id.number:020d}"


def _fold(texts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode())
        digest.update(b"\n")
    return digest.hexdigest()


def run_cleaning(cleaner: Cleaner, source: Source, take: Callable[[Outcome], None] | None = None) -> RunRecord:
    """Clean everything; each outcome is given to `take` as it is made, in the order of the source.

    Memory: some 200 bytes a submission, and what group rules remember of it.
    """
    decisions = cleaner.decide_groups(source)
    tally = Tally(cleaner)
    for submission in source.list_submissions():
        outcome = cleaner.clean(submission, decisions)
        tally.add(submission, outcome)
        if take is not None:
            take(outcome)
    return tally.record()
