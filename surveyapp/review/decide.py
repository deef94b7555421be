"""A decision about one submission, by the table of `states` and the policy of the form; and who holds it meanwhile."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from surveyapp.problems import EDIT_CONFLICT, REVIEW_INCOMPLETE, REVIEW_STATE, Problem
from surveyapp.quality.telling import sentence_of
from surveyapp.review.mentions import note_mentions
from surveyapp.review.policy import Policy, get_policy
from surveyapp.review.states import DECISIONS, REASON_CODES, Part, Transition, find_transition
from surveyapp.sentences import say
from surveyapp.store.comments import add_comment
from surveyapp.store.history import Event, add_event, list_events
from surveyapp.store.quality import QualityFilter, QualityRow, list_quality_findings
from surveyapp.store.quality_summaries import mark_unchecked
from surveyapp.store.reach import EVERYTHING, Reach
from surveyapp.store.reviews import Standing, find_lease, get_standing, list_weighed, mark_state, replace_lease
from surveyapp.store.submissions import lock_submission

LEASE: Final = datetime.timedelta(minutes=15)
# How long a supervisor may take back what she decided herself.
TAKE_BACK: Final = datetime.timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who decides: as the log names them, with the submissions they reach, through what (office, api, command), and
    when.
    """

    actor: str
    reach: Reach
    admin: bool
    channel: str
    at: datetime.datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What shall become of a submission.

    `comment` is for people; `questions` are further remarks, each a path and a text. `reason_code` says why it is
    rejected, `override` why it is approved although something is open. `base` is the number of the version that the
    reviewer looked at; None does not look at that.
    """

    to: str
    comment: str = ""
    questions: tuple[tuple[str, str], ...] = ()
    reason_code: str = ""
    override: str = ""
    base: int | None = None


def decide(session: Session, form_pk: int, submission_id: int, decision: Decision, reviewer: Reviewer) -> Event:
    """Let a submission become what the decision says; the event that is kept of it.

    Raises:
        Problem: SUBMISSION_NOT_FOUND; REVIEW_STATE where the table has no such way for this reviewer; REVIEW_INCOMPLETE
            where the way needs something more; EDIT_CONFLICT where another version is current than was looked at.
    """
    lock_submission(session, submission_id)
    standing = get_standing(session, form_pk, submission_id, reviewer.reach)
    if decision.base is not None and decision.base != standing.current_number:
        detail = say(
            "You looked at version {base}; version {current_number} is current.",
            base=decision.base,
            current_number=standing.current_number,
        )
        raise Problem(EDIT_CONFLICT, detail)
    way = find_transition(standing.state, decision.to, list_parts(standing, reviewer))
    if way is None:
        detail = say("You cannot bring a submission that is {state} to {to!r}.", state=standing.state, to=decision.to)
        raise Problem(REVIEW_STATE, detail)
    policy = get_policy(session, form_pk)
    if decision.to == "approved" and is_own_edit(session, standing, reviewer, policy):
        raise Problem(REVIEW_STATE, "You edited it, and by the form's policy somebody else approves it then.")
    _weigh(session, standing, way, decision, policy)
    comments = _comment(session, standing, decision, reviewer)
    return _bring(session, standing, decision, reviewer, policy, comments)


def list_parts(standing: Standing, reviewer: Reviewer) -> frozenset[Part]:
    """The parts that a reviewer has before a submission."""
    parts: set[Part] = {"reviewer"}
    if reviewer.admin:
        parts.add("admin")
    recent = standing.reviewed_at is not None and reviewer.at - standing.reviewed_at < TAKE_BACK
    if recent and standing.reviewed_by == reviewer.actor:
        parts.add("same_reviewer")
    return frozenset(parts)


def is_own_edit(session: Session, standing: Standing, reviewer: Reviewer, policy: Policy) -> bool:
    """Whether the form's policy keeps a reviewer from approving what they edited themselves."""
    if not policy.four_eyes:
        return False
    return any(one.kind == "edited" and one.actor == reviewer.actor for one in list_events(session, standing.id))


def _weigh(session: Session, standing: Standing, way: Transition, decision: Decision, policy: Policy) -> None:
    """Whether what the way needs is there.

    Raises:
        Problem: REVIEW_INCOMPLETE.
    """
    needs = way.needs
    said = decision.comment or any(text for _, text in decision.questions)
    if needs == "reason_code" and decision.reason_code not in REASON_CODES:
        raise Problem(REVIEW_INCOMPLETE, say("A reason is needed: {codes}.", codes=REASON_CODES))
    if needs == "reason_code" and decision.reason_code == "other" and not decision.comment:
        raise Problem(REVIEW_INCOMPLETE, "The reason “other” needs a comment.")
    if needs in ("comment", "reason") and not said:
        raise Problem(REVIEW_INCOMPLETE, "A comment is needed that says why.")
    if needs not in ("no_open_errors", "finding_or_comment") or (said and needs == "finding_or_comment"):
        return
    if needs == "finding_or_comment":
        found = any(not one.acknowledged_by for one in list_weighed(session, standing.id))
        if not found and not _list_odd(session, standing):
            raise Problem(REVIEW_INCOMPLETE, "Nothing was found in it: a comment is needed that says what is wrong.")
        return
    errors = [] if decision.override else list(list_in_the_way(session, standing, policy))
    if errors:
        detail = say(
            "{count} findings are open: acknowledge them, or say why it is approved all the same.", count=len(errors)
        )
        raise Problem(REVIEW_INCOMPLETE, detail, errors=errors)


def list_in_the_way(session: Session, standing: Standing, policy: Policy) -> Iterator[dict[str, str]]:
    """The open findings that an approval must say something about, of the form's rules and of the checks across
    interviews: check, path and message of each.
    """
    severities = ("error", "warning") if policy.warnings else ("error",)
    for one in list_weighed(session, standing.id):
        finding = one.finding
        if not one.acknowledged_by and finding.severity in severities and finding.outcome == "violated":
            yield {"check": finding.check, "path": finding.path, "message": finding.message}
    for odd in _list_odd(session, standing):
        if odd.finding.severity in severities:
            path = next(iter(odd.finding.questions), "")
            yield {"check": odd.finding.check, "path": path, "message": sentence_of(odd.finding, "en", odd.own)}


def _list_odd(session: Session, standing: Standing) -> list[QualityRow]:
    """What the checks across interviews found in it and nobody has acknowledged."""
    wanted = QualityFilter(state="open", submission_id=standing.id)
    return list_quality_findings(session, standing.form_pk, EVERYTHING, wanted)


def _comment(session: Session, standing: Standing, decision: Decision, reviewer: Reviewer) -> list[int]:
    for_field = decision.to == "returned"
    remarks: Sequence[tuple[str, str]] = [("", decision.comment), *decision.questions]
    numbers = []
    for path, text in remarks:
        if text:
            number = add_comment(session, standing.id, path, text, reviewer.actor, reviewer.at, for_field=for_field)
            note_mentions(session, standing.form_pk, standing.id, number, text)
            numbers.append(number)
    return numbers


def _bring(
    session: Session,
    standing: Standing,
    decision: Decision,
    reviewer: Reviewer,
    policy: Policy,
    comments: list[int],
) -> Event:
    to, once = decision.to, ""
    if to == "approved" and policy.two_approvals:
        to, once = _second_or_first(standing, reviewer)
    decided = DECISIONS.get(to, False)  # type: ignore[call-overload]  # `to` is a state: the table has a way to it
    mark_state(
        session,
        standing.id,
        to,
        reviewer.actor if decided else "",
        reviewer.at if decided else None,
        approved_once_by=once,
    )
    if "rejected" in (standing.state, to):
        mark_unchecked(session, [standing.id])
    detail: dict[str, object] = {"from": standing.state, "to": to}
    detail |= {"comments": comments} if comments else {}
    detail |= {"reason_code": decision.reason_code} if decision.reason_code else {}
    detail |= {"override": decision.override} if decision.override else {}
    return add_event(
        session,
        standing.id,
        at=reviewer.at,
        actor=reviewer.actor,
        channel=reviewer.channel,
        kind="approved_once" if once else "state",
        detail=detail,
    )


def _second_or_first(standing: Standing, reviewer: Reviewer) -> tuple[str, str]:
    """To which state an approval leads where two are needed, and who has given the first of them.

    Raises:
        Problem: REVIEW_STATE for a second one by the same person, or by somebody who is no admin.
    """
    if not standing.approved_once_by:
        return "in_review", reviewer.actor
    if standing.approved_once_by == reviewer.actor or not reviewer.admin:
        raise Problem(
            REVIEW_STATE, "It is approved once; the second approval is that of an admin who is somebody else."
        )
    return "approved", ""


def open_submission(
    session: Session, submission_id: int, actor: str, now: datetime.datetime
) -> tuple[str, datetime.datetime] | None:
    """Note that somebody has the submission open; who else has, and until when that is taken to be so. It blocks
    nobody.
    """
    held = find_lease(session, submission_id, now)
    if held is None or held[0] == actor:
        replace_lease(session, submission_id, actor, now + LEASE)
        return None
    return held
