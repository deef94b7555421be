"""Cleaned interviews that a log is imported into, for the tests of the import."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from surveyapp.clean.log import LogRow
from surveyapp.clean.log_dry_run import DryRun, ImportMeta, KnownSubmission
from surveyapp.clean.log_headers import Headers, map_headers
from surveyapp.clean.log_import import try_import
from surveyapp.clean.records import Submission
from tests.clean.household import HOUSEHOLD, NOON, clean_all, interview, member


@dataclass
class Cleaned:
    """The clean data of some interviews under a log."""

    submissions: Sequence[Submission]
    log: Sequence[LogRow] = ()
    others: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        outcomes, record = clean_all(self.submissions, log=self.log)
        self.outcomes = {outcome.id.instance_id: outcome for outcome in outcomes}
        self.version = record.content_hash

    def find(self, instance_id: str) -> KnownSubmission | None:
        if instance_id in self.others:
            return KnownSubmission(instance_id, 1, "1", form_id=self.others[instance_id])
        found = self.outcomes.get(instance_id)
        if found is None:
            return None
        return KnownSubmission(instance_id, found.id.number, found.version, found.rows, found.deletion)


def cleaned(log: Sequence[LogRow] = ()) -> Cleaned:
    """Two interviews of one village, the first with two members."""
    first = interview(
        1,
        rows=[member(1, m_name="Ana", m_age=40), member(2, m_name="Bo", m_age=9)],
        head="Li Wei",
        income=500,
        age=44,
        crop="maize",
        crops="maize rice",
    )
    return Cleaned([first, interview(2, head="Chen", income=70)], log, {"uuid:trees": "trees"})


META = ImportMeta("log.xlsx", "f" * 64, "supervisor", NOON)
HEADERS = map_headers(["uuid", "question", "row_key", "old_value", "new_value", "change_type", "comment"])


def attempt(
    *rows: dict[str, Any],
    log: Sequence[LogRow] = (),
    headers: Headers = HEADERS,
    meta: ImportMeta = META,
    data: Cleaned | None = None,
) -> DryRun:
    """The dry run of some rows; what they do not say is about the first interview."""
    full = [{"uuid": "uuid:1", **row} for row in rows] if headers is HEADERS else list(rows)
    return try_import(full, headers, HOUSEHOLD, data or cleaned(log), log, meta)


def codes(dry_run: DryRun) -> list[tuple[int, str, str]]:
    """Row, weight and code of each notice."""
    return [(notice.row, notice.weight, notice.code) for notice in dry_run.notices]
