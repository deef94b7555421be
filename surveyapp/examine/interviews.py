"""One interview after the other: read, checked by itself, compared with those that are there, its findings kept.

Reading and checking look at the database only; what they found is kept in a transaction of its own, which is short.
What changes in between is noticed: the submission then keeps its mark and is checked again.
"""

import datetime
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from surveyapp.answers import Node
from surveyapp.examine.memory import Memories, Memory, as_kept
from surveyapp.examine.plans import FormPlans, Plans
from surveyapp.quality.catalogue import CATALOGUE
from surveyapp.quality.declaration import QualityFinding
from surveyapp.quality.following import follow_up
from surveyapp.quality.interview import Facts, Interview
from surveyapp.quality.reading import read_interview
from surveyapp.quality.run import check_submission, compare_submission
from surveyapp.store.answer_tables import get_answer_tables
from surveyapp.store.answers import RowOfRepeat, read_keys, spread_record
from surveyapp.store.files import Files
from surveyapp.store.forms import Form, get_form_by_pk
from surveyapp.store.quality import list_kept, list_referring, replace_quality_findings
from surveyapp.store.quality_summaries import (
    KeptSummary,
    Standing,
    Waiting,
    get_standing,
    list_summaries,
    mark_checked,
    mark_form_unchecked,
    mark_unchecked,
    replace_summary,
)
from surveyapp.store.submissions import Version, get_current_version, list_attachments
from surveyapp.xform.definition import Question, Repeat

log = logging.getLogger(__name__)
ReadRecord: TypeAlias = Callable[[Session, Form, Version], tuple[Node, list[Node]]]
# What of a summary others are compared with, beside its codes.
COMPARED: Final = ("keys", "position", "start", "end", "enumerator", "device", "rejected", "backcheck")
CASE_KINDS: Final = frozenset(check.id for check in CATALOGUE.values() if check.run_case is not None)


@dataclass(frozen=True, slots=True)
class Examined:
    """What came of one submission; `summary` is None where its answers cannot be read, `failed` where we failed.
    `instance_id` is set where it says otherwise than when it was checked before; it then no longer has the keys `lost`.
    """

    waiting: Waiting
    enumerator: str = ""
    findings: tuple[QualityFinding, ...] = ()
    summary: KeptSummary | None = None
    plans: FormPlans | None = None
    failed: bool = False
    instance_id: str = ""
    lost: frozenset[str] = frozenset()


class _Shared(NamedTuple):
    """What the submissions of one form have in common."""

    form: Form
    plans: FormPlans
    memory: Memory


class Examiner:
    """What the checks of a process share: plans and interviews in memory. `read_record` reads a kept version."""

    def __init__(self, files: Files, zone: ZoneInfo, read_record: ReadRecord) -> None:
        self.files = files
        self.read_record = read_record
        self.plans = Plans(zone)
        self.memories = Memories()

    def examine(self, session: Session, waiting: Sequence[Waiting], now: datetime.datetime) -> list[Examined]:
        """Run the checks of some submissions, in this order. One on which they fail is told in the log, and does not
        hold up others. What those of one form share is read once.
        """
        known: dict[int, _Shared] = {}
        return [self._try(session, one, known, now) for one in waiting]

    def _try(self, session: Session, waiting: Waiting, known: dict[int, _Shared], now: datetime.datetime) -> Examined:
        try:
            if waiting.form_pk not in known:
                form = get_form_by_pk(session, waiting.form_pk)
                plans = self.plans.get(session, form)
                known[form.id] = _Shared(form, plans, self.memories.get(session, form.id, plans))
            return self._examine(session, waiting, known[waiting.form_pk], now)
        except Exception:
            log.exception("The checks of submission %s failed", waiting.submission_id)
            return Examined(waiting, failed=True)

    def _examine(self, session: Session, waiting: Waiting, shared: _Shared, now: datetime.datetime) -> Examined:
        form, plans, memory = shared
        standing = get_standing(session, waiting.submission_id)
        interview = self.read(session, form, plans, standing)
        if interview is None:
            return Examined(waiting, plans=plans)
        plan, summary = plans.plans[standing.form_version_id], interview.summary
        found: tuple[QualityFinding, ...] = ()
        if not summary.rejected:
            found = check_submission(plan, interview, now).findings
        if not summary.rejected and not summary.backcheck:
            found += compare_submission(plan, interview, memory.gathered, now).findings
        known = waiting.submission_id in memory.summaries
        memory.add(waiting.submission_id, summary, now)
        kept = as_kept(waiting.submission_id, summary, standing.form_version_id, now)
        before = next(list_summaries(session, [waiting.submission_id]), None) if known else None
        if before is None or not _says_otherwise(before, kept):
            return Examined(waiting, summary.enumerator, found, kept, plans)
        lost = _list_bindings(before) - (frozenset() if summary.rejected else _list_bindings(kept))
        told = (waiting, summary.enumerator, found, kept, plans)
        return Examined(*told, instance_id=summary.instance_id, lost=lost)

    def read(self, session: Session, form: Form, plans: FormPlans, standing: Standing) -> Interview | None:
        """What a submission says now; None where nothing of it can be read, as when it is encrypted."""
        version = get_current_version(session, form.id, standing.submission_id)
        root, unknown = self.read_record(session, form, version)
        if not any(node.element is not None for node in root.children):
            return None
        plan = plans.plans[standing.form_version_id]
        tables = get_answer_tables(session, form.id, form.answers_revision)
        rows = spread_record(tables, root, unknown)
        read_keys(session, tables, standing.submission_id, rows)
        attached = {one.name: one.sha256 for one in list_attachments(session, version.id) if not one.conflict}
        published_at, newer_at = plans.published[standing.form_version_id]
        facts = Facts(
            instance_id=standing.instance_id,
            received_at=standing.received_at,
            form_version=plans.versions[standing.form_version_id],
            published_at=published_at,
            newer_published_at=newer_at,
            enumerator="" if plan.roles.get("enumerator") else standing.device,
            device=standing.device,
            team=standing.team,
            files=attached,
            audit=self._audit_log(root, attached),
            rejected=standing.state == "rejected" or standing.deleted,
            row_keys=dict(_list_keys(root, f"/{root.name}", iter(rows.top.children))),
        )
        return read_interview(plan, root, facts)

    def _audit_log(self, root: Node, attached: dict[str, str]) -> bytes:
        meta = root.find("meta")
        audit = None if meta is None else meta.find("audit")
        name = "" if audit is None else audit.value.strip()
        return self.files.path(attached[name]).read_bytes() if name in attached else b""


def _list_keys(holder: Node, place: str, rows: Iterator[RowOfRepeat]) -> Iterator[tuple[str, str]]:
    """The key of each row by its path with row numbers; `rows` are those inside `holder` in the order of the record."""
    ordinals: dict[str, int] = {}
    for node in holder.children:
        if isinstance(node.element, Repeat):
            ordinals[node.name] = ordinals.get(node.name, 0) + 1
            here, row = f"{place}/{node.name}[{ordinals[node.name]}]", next(rows)
            yield here, row.key
            yield from _list_keys(node, here, iter(row.children))
        elif node.element is not None and not isinstance(node.element, Question):
            yield from _list_keys(node, f"{place}/{node.name}", rows)


def _says_otherwise(before: KeptSummary, now: KeptSummary) -> bool:
    """Whether anything changed that others are compared with."""
    return before.codes != now.codes or any(before.content.get(name) != now.content.get(name) for name in COMPARED)


def _list_bindings(kept: KeptSummary) -> frozenset[str]:
    """What findings about one of its keys are bound by."""
    keys = kept.content.get("keys", {})
    return frozenset(f"{kind}:{value}" for kind, values in keys.items() for value in values)


def keep(session: Session, examined: Examined, now: datetime.datetime) -> bool:
    """Keep what was found in a submission; False where it has changed meanwhile, so that nothing is kept."""
    waiting = examined.waiting
    if not mark_checked(session, waiting, failed=examined.failed):
        return False
    if examined.failed or examined.plans is None:
        return True
    changes = follow_up(list_kept(session, waiting.form_pk, waiting.submission_id, CASE_KINDS), examined.findings)
    replace_quality_findings(
        session,
        waiting.form_pk,
        waiting.submission_id,
        changes,
        enumerator=lambda _finding: examined.enumerator,
        own_messages=examined.plans.own,
        now=now,
    )
    if examined.summary is not None:
        replace_summary(session, waiting.form_pk, examined.summary)
    if examined.instance_id:
        # A pair has two sides, and the other one was told of what is no longer so. What is checked again without
        # having changed itself comes not by here, so that this ends.
        referring = list_referring(session, waiting.form_pk, examined.instance_id, examined.lost)
        mark_unchecked(session, referring - {waiting.submission_id})
    return True


def mark_again(session: Session, form_pk: int, since: datetime.datetime | None = None) -> int:
    """Let all submissions of a form be checked again, or those received since; how many that are."""
    return mark_form_unchecked(session, form_pk, since)
