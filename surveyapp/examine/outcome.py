"""What the checks of interviews came to is kept: findings, summaries, and the marks of what waits for its checks.

What has changed while it was checked is noticed here: the submission then keeps its mark and is checked again.
"""

import datetime
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from surveyapp.examine.plans import FormPlans
from surveyapp.quality.catalogue import CATALOGUE
from surveyapp.quality.declaration import QualityFinding
from surveyapp.quality.following import KeptFinding, follow_up, leave_equal
from surveyapp.store.quality import list_kept_by_submission, list_referring, replace_quality_findings
from surveyapp.store.quality_summaries import KeptSummary, Waiting, mark_checked, mark_unchecked, replace_summary

# What of a summary others are compared with, beside its codes.
COMPARED: Final = ("keys", "position", "start", "end", "enumerator", "device", "rejected", "backcheck")
CASE_KINDS: Final = frozenset(check.id for check in CATALOGUE.values() if check.run_case is not None)
COMPARISON_KINDS: Final = frozenset(kind for kind in CASE_KINDS if CATALOGUE[kind].moment == "comparison")


@dataclass(frozen=True, slots=True)
class Examined:
    """What came of one submission by the checks of `kinds`.

    `summary` is None where it is not to be kept: its answers cannot be read, or it is as it was. `failed` says that we
    did. `touched` are submissions of which the other side of a pair may be told now. `instance_id` is set where the
    submission says otherwise than when it was checked before; it then no longer has the keys `lost`.
    """

    waiting: Waiting
    enumerator: str = ""
    findings: tuple[QualityFinding, ...] = ()
    summary: KeptSummary | None = None
    plans: FormPlans | None = None
    failed: bool = False
    touched: frozenset[int] = frozenset()
    instance_id: str = ""
    lost: frozenset[str] = frozenset()
    kinds: frozenset[str] = CASE_KINDS


def says_otherwise(before: KeptSummary, now: KeptSummary) -> bool:
    """Whether anything changed that others are compared with."""
    return before.codes != now.codes or any(before.content.get(name) != now.content.get(name) for name in COMPARED)


def list_bindings(kept: KeptSummary) -> frozenset[str]:
    """What findings about one of its keys are bound by."""
    keys = kept.content.get("keys", {})
    return frozenset(f"{kind}:{value}" for kind, values in keys.items() for value in values)


def keep(session: Session, examined: Sequence[Examined], now: datetime.datetime) -> None:
    """Keep what was found in some submissions; nothing of those that have changed meanwhile."""
    mark_checked(session, [one.waiting for one in examined if one.failed], failed=True)
    marked = mark_checked(session, [one.waiting for one in examined if not one.failed])
    by_form: dict[int, list[Examined]] = defaultdict(list)
    for one in examined:
        if one.waiting.submission_id in marked:
            by_form[one.waiting.form_pk].append(one)
    for form_pk, listed in by_form.items():
        before = list_kept_by_submission(session, form_pk, [one.waiting.submission_id for one in listed], CASE_KINDS)
        for one in listed:
            _keep(session, one, before.get(one.waiting.submission_id, []), now)


def _keep(session: Session, examined: Examined, before: list[KeptFinding], now: datetime.datetime) -> None:
    waiting, plans = examined.waiting, examined.plans
    if plans is None:
        return

    def whose(_finding: QualityFinding) -> str:
        return examined.enumerator

    old = [kept for kept in before if kept.finding.kind in examined.kinds]
    changes = leave_equal(follow_up(old, examined.findings), old, whose, plans.own)
    replace_quality_findings(
        session, waiting.form_pk, waiting.submission_id, changes, enumerator=whose, own_messages=plans.own, now=now
    )
    if examined.summary is not None:
        replace_summary(session, waiting.form_pk, examined.summary)
    touched = set(examined.touched)
    if examined.instance_id:
        touched |= list_referring(session, waiting.form_pk, examined.instance_id, examined.lost)
    if touched:
        # A pair has two sides, and the other one was told of what is no longer so, or not of what is now. What is
        # checked again without having changed itself comes not by here, so that this ends.
        mark_unchecked(session, touched - {waiting.submission_id})
