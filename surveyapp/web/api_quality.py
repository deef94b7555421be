"""The checks across interviews over the JSON API: what they found, acknowledged, run again."""

from typing import Any

from sqlalchemy.orm import Session

from surveyapp.audit import note
from surveyapp.examine.backchecks import compare_backchecks
from surveyapp.examine.interviews import mark_again
from surveyapp.examine.settle import acknowledge
from surveyapp.quality.backcheck_rates import QuestionRate, Rate, only_of, rate_backchecks
from surveyapp.quality.paired_tests import TestResult
from surveyapp.quality.telling import names_of, sentence_of
from surveyapp.store.forms import get_form
from surveyapp.store.quality import QualityFilter, QualityRow, count_by_enumerator, list_quality_findings
from surveyapp.store.quality_summaries import count_unchecked
from surveyapp.web.api_blueprint import ApiBlueprint
from surveyapp.web.current import database, now, worker
from surveyapp.web.identity import allow_program
from surveyapp.web.shapes_quality import (
    AcknowledgedOut,
    AcknowledgeIn,
    BackchecksIn,
    BackchecksOut,
    QualityIn,
    QualityOut,
)

api_quality = ApiBlueprint(
    "quality",
    __name__,
    url_prefix="/api/v1/projects/<project>/forms/<form_id>/quality",
    description="Checks across interviews",
)


@api_quality.route("", methods=["GET"])
@api_quality.arguments(QualityIn, location="query")
@api_quality.response(200, QualityOut)
@api_quality.refuses(404, 422)
def get_quality(asked: dict[str, Any], project: str, form_id: str) -> dict[str, Any]:
    """What the checks across interviews found."""
    after, limit = asked.pop("after"), asked.pop("limit")
    wanted = QualityFilter(**asked)
    with database().reading() as session:
        access = allow_program(session, "see", project)
        form = get_form(session, access.project.id, form_id)
        rows = list_quality_findings(session, form.id, access.reach, wanted, limit=limit + 1, after=after)
        counts = count_by_enumerator(session, form.id, access.reach, wanted)
        waiting, failed = count_unchecked(session, form.id)
    return {
        "waiting": waiting,
        "failed": failed,
        "counts": [
            {"check": check, "severity": severity, "enumerator": who, "count": count}
            for (check, severity, who), count in sorted(counts.items())
        ],
        "items": [_described(row) for row in rows[:limit]],
        "next": rows[limit - 1].id if len(rows) > limit else None,
    }


@api_quality.route("/backchecks", methods=["GET"])
@api_quality.arguments(BackchecksIn, location="query")
@api_quality.response(200, BackchecksOut)
@api_quality.refuses(404, 422)
def get_backchecks(asked: dict[str, Any], project: str, form_id: str) -> dict[str, Any]:
    """How far the answers of households that were asked again agree."""
    with database().reading() as session:
        access = allow_program(session, "see", project)
        form = get_form(session, access.project.id, form_id)
        compared = compare_backchecks(worker().watch.examiner.plans, session, form, access.reach)
    comparison, enumerator = compared.comparison, asked["enumerator"]
    told = rate_backchecks(only_of(comparison, enumerator) if enumerator else comparison, compared.unmatched)
    return {
        "pairs": told.pairs,
        "unmatched": told.unmatched,
        "types": [_rate(rate) for rate in told.types],
        "questions": [_question(one) for one in told.questions],
        "people": [
            {"by": one.by, "name": one.name, "pairs": one.pairs, "types": [_rate(rate) for rate in one.rates]}
            for one in told.people
        ],
    }


def _rate(rate: Rate) -> dict[str, Any]:
    return {
        "type": rate.type,
        "differing": rate.differing,
        "compared": rate.compared,
        "share": rate.share,
        "alarming": rate.alarming,
    }


def _question(one: QuestionRate) -> dict[str, Any]:
    return {
        "path": one.path,
        "label": one.label,
        **_rate(one.rate),
        "mean_difference": one.mean_gap,
        "response_variance": one.response_variance,
        "reliability": one.reliability,
        "t_test": _test(one.t),
        "signed_rank": _test(one.ranks),
        "mcnemar": _test(one.changes),
    }


def _test(result: TestResult | None) -> dict[str, Any] | None:
    return None if result is None else {"statistic": result.statistic, "n": result.n, "p": result.p}


@api_quality.route("/acknowledge", methods=["POST"])
@api_quality.arguments(AcknowledgeIn)
@api_quality.response(200, AcknowledgedOut)
@api_quality.refuses(404, 422)
def post_acknowledge(asked: dict[str, Any], project: str, form_id: str) -> dict[str, Any]:
    """Acknowledge findings: they stay silent until the value changes."""

    def change(session: Session) -> list[int]:
        access = allow_program(session, "review", project)
        form = get_form(session, access.project.id, form_id)
        who, reason, numbers = access.who.actor, asked["reason"], asked["numbers"]
        changed = acknowledge(session, form, access.reach, numbers, who=who, channel="api", reason=reason, now=now())
        detail = {"findings": changed, "reason": reason}
        note(session, access.who, "finding.acknowledged", at=now(), project=project, subject=form_id, detail=detail)
        return changed

    return {"numbers": database().write(change)}


@api_quality.route("/check", methods=["POST"])
@api_quality.response(202, QualityOut)
@api_quality.refuses(404)
def post_check(project: str, form_id: str) -> dict[str, Any]:
    """Let all interviews be checked again, the enumerators and the form; the worker does it."""

    def change(session: Session) -> tuple[int, tuple[int, int]]:
        access = allow_program(session, "review", project)
        form = get_form(session, access.project.id, form_id)
        mark_again(session, form.id)
        note(session, access.who, "quality.checked", at=now(), project=project, subject=form_id)
        return form.id, count_unchecked(session, form.id)

    form_pk, (waiting, failed) = database().write(change)
    worker().check_form(form_pk)
    return {"waiting": waiting, "failed": failed, "counts": [], "items": [], "next": None}


def _described(row: QualityRow) -> dict[str, Any]:
    finding = row.finding
    return {
        "number": row.id,
        "check": finding.check,
        "kind": finding.kind,
        "severity": finding.severity,
        "state": row.state,
        "submission_no": row.submission_id,
        "instance_id": finding.instance_id,
        "row_key": finding.row_key,
        "subject": finding.subject,
        "enumerator": row.enumerator,
        "questions": names_of(finding).split(),
        "observed": finding.observed,
        "expected": finding.expected,
        "suggestion": finding.suggestion,
        "binding": finding.binding,
        "message": sentence_of(finding, "en", row.own),
        "opened_at": row.opened_at,
        "closed_at": row.closed_at,
        "settled_by": row.settled_by,
        "reason": row.reason,
        "settled_at": row.settled_at,
    }
