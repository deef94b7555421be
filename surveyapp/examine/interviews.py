"""One interview after the other: read, checked by itself, compared with those that are there.

Reading and checking look at the database only; what they found is kept in a transaction of its own, which is short (see
`surveyapp.examine.outcome`). An interview of which nothing has changed since it was read is compared again by its
summary in memory, and only what may be odd is read once more.
"""

import datetime
import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from surveyapp.answers import Node
from surveyapp.examine.memory import Memories, Memory, as_kept
from surveyapp.examine.neighbours import list_touched
from surveyapp.examine.outcome import COMPARISON_KINDS, Examined, list_bindings, says_otherwise
from surveyapp.examine.plans import FormPlans, Plans
from surveyapp.quality.declaration import QualityFinding
from surveyapp.quality.interview import Facts, Interview, Summary
from surveyapp.quality.reading import read_interview
from surveyapp.quality.run import check_submission, compare_again, compare_submission
from surveyapp.store.answer_tables import get_answer_tables
from surveyapp.store.answers import RowOfRepeat, read_keys, spread_record
from surveyapp.store.files import Files
from surveyapp.store.forms import Form, get_form_by_pk
from surveyapp.store.quality_summaries import (
    Standing,
    Waiting,
    list_standings,
    list_summaries,
    mark_form_unchecked,
    mark_some_unchecked,
)
from surveyapp.store.submissions import Version, get_current_version
from surveyapp.xform.definition import Question, Repeat

log = logging.getLogger(__name__)
ReadRecord: TypeAlias = Callable[[Session, Form, Version], tuple[Node, list[Node]]]


class _Shared(NamedTuple):
    """What the submissions of one form have in common."""

    form: Form
    plans: FormPlans
    memory: Memory


class _Turn(NamedTuple):
    """A submission whose turn it is: how it waits, how it stands, what it shares; and when."""

    waiting: Waiting
    standing: Standing
    shared: _Shared
    now: datetime.datetime


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
        standings = list_standings(session, [one.submission_id for one in waiting])
        return [self._try(session, one, standings, known, now) for one in waiting]

    def _try(
        self,
        session: Session,
        waiting: Waiting,
        standings: Mapping[int, Standing],
        known: dict[int, _Shared],
        now: datetime.datetime,
    ) -> Examined:
        try:
            if waiting.form_pk not in known:
                form = get_form_by_pk(session, waiting.form_pk)
                plans = self.plans.get(session, form)
                known[form.id] = _Shared(form, plans, self.memories.get(session, form.id, plans))
            turn = _Turn(waiting, standings[waiting.submission_id], known[waiting.form_pk], now)
            return self._compare_again(turn) or self._examine(session, turn)
        except Exception:
            log.exception("The checks of submission %s failed", waiting.submission_id)
            return Examined(waiting, failed=True)

    def _compare_again(self, turn: _Turn) -> Examined | None:
        """The comparisons of what is known and has not changed; None where it must be read."""
        waiting, standing, (_, plans, memory), now = turn
        summary = memory.summaries.get(waiting.submission_id)
        made_of = memory.made_of.get(waiting.submission_id)
        # A file that has not come is told later, by the clock.
        if summary is None or summary.media_missing or made_of != _made_of(plans, standing):
            return None
        found: tuple[QualityFinding, ...] | None = ()
        if not summary.rejected and not summary.backcheck:
            found = compare_again(plans.plans[standing.form_version_id], summary, memory.gathered, now)
        if found is None:
            return None
        return Examined(waiting, summary.enumerator, found, plans=plans, kinds=COMPARISON_KINDS)

    def _examine(self, session: Session, turn: _Turn) -> Examined:
        waiting, standing, (form, plans, memory), now = turn
        interview = self.read(session, form, plans, standing)
        if interview is None:
            return Examined(waiting, plans=plans)
        plan, summary = plans.plans[standing.form_version_id], interview.summary
        found: tuple[QualityFinding, ...] = ()
        if not summary.rejected:
            found = check_submission(plan, interview, now).findings
        if not summary.rejected and not summary.backcheck:
            found += compare_submission(plan, interview, memory.gathered, now).findings
        return self._beside_before(session, turn, summary, found)

    def _beside_before(
        self, session: Session, turn: _Turn, summary: Summary, found: tuple[QualityFinding, ...]
    ) -> Examined:
        """What was found, and whom else it is about, by what the submission said before."""
        waiting, standing, (_, plans, memory), now = turn
        number, made_of = waiting.submission_id, _made_of(plans, standing)
        before = next(list_summaries(session, [number]), None) if number in memory.summaries else None
        memory.add(number, summary, made_of, now)
        kept = as_kept(number, summary, standing.form_version_id, made_of, now)
        same = before is not None and before.codes == kept.codes and before.content == kept.content
        told = (waiting, summary.enumerator, found, None if same else kept, plans)
        if before is not None and not says_otherwise(before, kept):
            return Examined(*told)
        touched = memory.list_numbers(list_touched(memory.gathered, plans.newest, summary, found))
        if before is None:
            return Examined(*told, touched=touched)
        lost = list_bindings(before) - (frozenset() if summary.rejected else list_bindings(kept))
        return Examined(*told, touched=touched, instance_id=summary.instance_id, lost=lost)

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
            files=standing.files,
            audit=self._audit_log(root, standing.files),
            rejected=_is_out(standing),
            row_keys=dict(_list_keys(root, f"/{root.name}", iter(rows.top.children))),
        )
        return read_interview(plan, root, facts)

    def _audit_log(self, root: Node, attached: Mapping[str, str]) -> bytes:
        meta = root.find("meta")
        audit = None if meta is None else meta.find("audit")
        name = "" if audit is None else audit.value.strip()
        return self.files.path(attached[name]).read_bytes() if name in attached else b""


def _is_out(standing: Standing) -> bool:
    return standing.state == "rejected" or standing.deleted


def _made_of(plans: FormPlans, standing: Standing) -> str:
    """The hash of all that a summary, and the findings at the receipt, are made of."""
    told = (standing.version_id, standing.form_version_id, _is_out(standing), standing.device, standing.team)
    return hashlib.sha256(repr((plans.mark, *told, sorted(standing.files.items()))).encode()).hexdigest()[:32]


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


def mark_again(session: Session, form_pk: int, since: datetime.datetime | None = None) -> int:
    """Let all submissions of a form be checked again, or those received since; how many that are."""
    return mark_form_unchecked(session, form_pk, since)


def mark_some_again(session: Session, form_pk: int, after: int, limit: int) -> int:
    """Let so many submissions of a form be checked again, those after the number `after`; that of the last of them."""
    return mark_some_unchecked(session, form_pk, after, limit)
