"""The checks across interviews over the JSON API: what they found, acknowledged, run again."""

from typing import Any

from sqlalchemy.orm import Session

from surveyapp.audit import note
from surveyapp.examine.interviews import mark_again
from surveyapp.examine.settle import acknowledge
from surveyapp.quality.telling import names_of, sentence_of
from surveyapp.store.forms import get_form
from surveyapp.store.quality import QualityFilter, QualityRow, count_by_enumerator, list_quality_findings
from surveyapp.store.quality_summaries import count_unchecked
from surveyapp.web.api_blueprint import ApiBlueprint
from surveyapp.web.current import database, now, worker
from surveyapp.web.identity import allow_program
from surveyapp.web.shapes_quality import AcknowledgedOut, AcknowledgeIn, QualityIn, QualityOut

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


@api_quality.route("/acknowledge", methods=["POST"])
@api_quality.arguments(AcknowledgeIn)
@api_quality.response(200, AcknowledgedOut)
@api_quality.refuses(404, 422)
def post_acknowledge(asked: dict[str, Any], project: str, form_id: str) -> dict[str, Any]:
    """Acknowledge findings: they stay silent until the value changes."""

    def change(session: Session) -> list[int]:
        access = allow_program(session, "review", project)
        form = get_form(session, access.project.id, form_id)
        who, reason = access.who.actor, asked["reason"]
        changed = acknowledge(session, form, access.reach, asked["numbers"], who=who, reason=reason, now=now())
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
