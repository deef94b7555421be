"""Review over the JSON API: what becomes of a submission, what is said of it, answers edited; queue, policy."""

from dataclasses import asdict
from typing import Any, Final

from flask import Response, jsonify
from sqlalchemy.orm import Session

from surveyapp.collect.office_edit import Clash, OfficeEdit
from surveyapp.problems import EDIT_CONFLICT, Problem
from surveyapp.review.decide import Decision, decide, is_own_edit, list_parts
from surveyapp.review.history import verify_history
from surveyapp.review.policy import Policy, get_policy, set_policy
from surveyapp.review.remarks import acknowledge, comment, resolve_comment, strike_comment
from surveyapp.review.removal import delete_submission, restore_submission
from surveyapp.review.states import WAITING, list_next
from surveyapp.sentences import say
from surveyapp.store.comments import list_comments
from surveyapp.store.forms import Form, get_form
from surveyapp.store.listing import Filter, list_submissions
from surveyapp.store.reviews import get_standing, list_weighed
from surveyapp.store.submissions import get_version
from surveyapp.web.api_blueprint import ApiBlueprint
from surveyapp.web.current import database, now
from surveyapp.web.identity import Access, allow_program
from surveyapp.web.notes import note_policy
from surveyapp.web.problems import problem_body
from surveyapp.web.reviewing import edit, get_history, note_event, reviewer_of
from surveyapp.web.shapes_reviews import (
    AcknowledgementIn,
    AnswersIn,
    ClashOut,
    CommentChangeIn,
    CommentIn,
    DecisionIn,
    EditedOut,
    PolicyIn,
    PolicyOut,
    QueuedOut,
    QueueIn,
    ReasonIn,
    ReviewOut,
)

api_reviews = ApiBlueprint(
    "reviews",
    __name__,
    url_prefix="/api/v1/projects/<project>/forms/<form_id>",
    description="What becomes of submissions",
)
ONE: Final = "/submissions/<instance_id>"
CHANNEL: Final = "api"


def _find(session: Session, permission: Any, project: str, form_id: str, instance_id: str) -> tuple[Access, Form, int]:
    access = allow_program(session, permission, project)
    form = get_form(session, access.project.id, form_id)
    return access, form, get_version(session, form.id, instance_id).submission_id


# -- one submission ---------------------------------------------------------------------------------------------------
@api_reviews.route(f"{ONE}/review", methods=["GET"])
@api_reviews.response(200, ReviewOut)
@api_reviews.refuses(404)
def get_review(project: str, form_id: str, instance_id: str) -> dict[str, Any]:
    """How a submission stands: state, findings, comments, history, and what the caller may do with it."""
    with database().reading() as session:
        access, form, number = _find(session, "see", project, form_id, instance_id)
        return _review(session, access, form, number)


def _review(session: Session, access: Access, form: Form, number: int) -> dict[str, Any]:
    standing = get_standing(session, form.id, number, access.reach)
    reviewer = reviewer_of(access, CHANNEL)
    parts = list_parts(standing, reviewer) if access.may("review") else frozenset()
    own_edit = is_own_edit(session, standing, reviewer, get_policy(session, form.id))
    return {
        **asdict(standing),
        "submission_no": number,
        "version": standing.current_number,
        "next": sorted({way.to for way in list_next(standing.state, parts)} - ({"approved"} if own_edit else set())),
        "findings": [
            {
                **asdict(one.finding),
                "number": one.number,
                "acknowledged_by": one.acknowledged_by,
                "acknowledged_why": one.acknowledged_why,
            }
            for one in list_weighed(session, number)
        ],
        "comments": list_comments(session, [number]),
        "history": [
            {**asdict(entry), "changes": _changes(entry.changes)} for entry in get_history(session, form, number)
        ],
        "history_whole": verify_history(session, number).broken_at is None,
    }


def _changes(changes: Any) -> list[dict[str, str]]:
    return [{"path": path, "old": old, "new": new} for path, old, new in changes]


@api_reviews.route(f"{ONE}/review", methods=["POST"])
@api_reviews.arguments(DecisionIn)
@api_reviews.response(200, ReviewOut)
@api_reviews.refuses(404, 409, 422)
def post_review(said: dict[str, Any], project: str, form_id: str, instance_id: str) -> dict[str, Any]:
    """Say what becomes of a submission."""

    def change(session: Session) -> dict[str, Any]:
        access, form, number = _find(session, "review", project, form_id, instance_id)
        event = decide(session, form.id, number, read_decision(said), reviewer_of(access, CHANNEL))
        note_event(session, access, form, event)
        return _review(session, access, form, number)

    return database().write(change)


def read_decision(said: dict[str, Any]) -> Decision:
    """What a request says shall become of a submission."""
    questions = tuple((one["path"], one["text"]) for one in said["questions"])
    names = ("to", "comment", "reason_code", "override", "base")
    return Decision(**{name: said[name] for name in names}, questions=questions)


@api_reviews.route(f"{ONE}/comments", methods=["POST"])
@api_reviews.arguments(CommentIn)
@api_reviews.response(201, ReviewOut)
@api_reviews.refuses(404, 422)
def post_comment(said: dict[str, Any], project: str, form_id: str, instance_id: str) -> dict[str, Any]:
    """Say something of a submission, or of one question."""

    def change(session: Session) -> dict[str, Any]:
        access, form, number = _find(session, "review", project, form_id, instance_id)
        reviewer = reviewer_of(access, CHANNEL)
        comment(session, form.id, number, said["path"], said["text"], reviewer, for_field=said["for_field"])
        return _review(session, access, form, number)

    return database().write(change)


@api_reviews.route(f"{ONE}/comments/<int:comment_id>", methods=["PATCH"])
@api_reviews.arguments(CommentChangeIn)
@api_reviews.response(200, ReviewOut)
@api_reviews.refuses(404, 422)
def patch_comment(
    said: dict[str, Any], project: str, form_id: str, instance_id: str, comment_id: int
) -> dict[str, Any]:
    """Resolve a remark, or strike it; it stays to be read."""

    def change(session: Session) -> dict[str, Any]:
        access, form, number = _find(session, "review", project, form_id, instance_id)
        reviewer = reviewer_of(access, CHANNEL)
        if "resolved" in said:
            resolve_comment(session, form.id, number, comment_id, reviewer, resolved=said["resolved"])
        if "struck" in said:
            strike_comment(session, form.id, number, comment_id, reviewer)
        return _review(session, access, form, number)

    return database().write(change)


@api_reviews.route(f"{ONE}/acknowledgements", methods=["POST"])
@api_reviews.arguments(AcknowledgementIn)
@api_reviews.response(201, ReviewOut)
@api_reviews.refuses(404, 422)
def post_acknowledgement(said: dict[str, Any], project: str, form_id: str, instance_id: str) -> dict[str, Any]:
    """Say why a finding may stand: it is silent until that value changes."""

    def change(session: Session) -> dict[str, Any]:
        access, form, number = _find(session, "review", project, form_id, instance_id)
        acknowledge(session, form.id, number, said["finding"], said["reason"], reviewer_of(access, CHANNEL))
        return _review(session, access, form, number)

    return database().write(change)


@api_reviews.route(f"{ONE}/answers", methods=["PATCH"])
@api_reviews.arguments(AnswersIn)
@api_reviews.response(200, EditedOut)
@api_reviews.alt_response(
    409, schema=ClashOut, description="Others changed it meanwhile.", content_type="application/problem+json"
)
@api_reviews.refuses(404, 422)
def patch_answers(said: dict[str, Any], project: str, form_id: str, instance_id: str) -> Any:
    """Edit answers and rows as the form allows: what it computes is computed again, and a new version is kept."""
    same = ("base", "changes", "reason", "merge", "seen", "keep_odd", "leave_out", "newest")
    wanted = OfficeEdit(
        **{name: said[name] for name in same},
        added=tuple(said["add_rows"]),
        removed=tuple(said["remove_rows"]),
        over=frozenset(said["over"]),
    )

    def change(session: Session) -> Any:
        access, form, number = _find(session, "review", project, form_id, instance_id)
        return edit(session, access, form, number, wanted, CHANNEL)

    done = database().write(change)
    if isinstance(done, Clash):
        return _clash(done)
    return {**asdict(done), "changes": _changes(done.changes)}


def _clash(clash: Clash) -> Response:
    detail = say(
        "You started from version {base}; version {current} is current.", base=clash.base, current=clash.current
    )
    body = problem_body(Problem(EDIT_CONFLICT, detail))
    theirs = [{"path": path, "base": old, "current": new} for path, (old, new) in clash.theirs.items()]
    response = jsonify(
        body
        | {"current": clash.current, "base": clash.base, "changed_by_others": theirs}
        | {"rows_added": clash.rows_added, "rows_removed": clash.rows_removed}
        | {"yours": dict(clash.yours.changes), "overlap": clash.overlap, "gone": clash.gone}
    )
    response.status_code = EDIT_CONFLICT.status
    response.content_type = "application/problem+json"
    return response


@api_reviews.route(ONE, methods=["DELETE"])
@api_reviews.arguments(ReasonIn)
@api_reviews.response(204)
@api_reviews.refuses(404, 422)
def delete_one(said: dict[str, Any], project: str, form_id: str, instance_id: str) -> None:
    """Take a submission out of every list and export; it can come back for 30 days."""

    def change(session: Session) -> None:
        access, form, number = _find(session, "remove", project, form_id, instance_id)
        reviewer = reviewer_of(access, CHANNEL)
        note_event(session, access, form, delete_submission(session, form.id, number, said["reason"], reviewer))

    database().write(change)


@api_reviews.route(f"{ONE}/restore", methods=["POST"])
@api_reviews.arguments(ReasonIn)
@api_reviews.response(200, ReviewOut)
@api_reviews.refuses(404, 422)
def post_restore(said: dict[str, Any], project: str, form_id: str, instance_id: str) -> dict[str, Any]:
    """Bring a deleted submission back as it stood."""

    def change(session: Session) -> dict[str, Any]:
        access, form, number = _find(session, "remove", project, form_id, instance_id)
        reviewer = reviewer_of(access, CHANNEL)
        note_event(session, access, form, restore_submission(session, form.id, number, said["reason"], reviewer))
        return _review(session, access, form, number)

    return database().write(change)


# -- a form -----------------------------------------------------------------------------------------------------------
@api_reviews.route("/review-queue", methods=["GET"])
@api_reviews.arguments(QueueIn, location="query")
@api_reviews.response(200, QueuedOut(many=True))
@api_reviews.refuses(404, 422)
def get_queue(said: dict[str, Any], project: str, form_id: str) -> list[dict[str, Any]]:
    """What waits for somebody, oldest first."""
    with database().reading() as session:
        access = allow_program(session, "review", project)
        form = get_form(session, access.project.id, form_id)
        wanted = Filter(states=WAITING, severity=said["severity"], team_id=said["team_id"])
        found = list_submissions(session, form.id, access.reach, wanted, limit=said["limit"], after=said["after"])
    return [{**asdict(one), "submission_no": one.id} for one in reversed(found)]


@api_reviews.route("/review-policy", methods=["GET"])
@api_reviews.response(200, PolicyOut)
@api_reviews.refuses(404)
def get_form_policy(project: str, form_id: str) -> Policy:
    """Which states exports hold, and what an approval needs."""
    with database().reading() as session:
        access = allow_program(session, "see", project)
        return get_policy(session, get_form(session, access.project.id, form_id).id)


@api_reviews.route("/review-policy", methods=["PATCH"])
@api_reviews.arguments(PolicyIn)
@api_reviews.response(200, PolicyOut)
@api_reviews.refuses(404, 422)
def patch_form_policy(said: dict[str, Any], project: str, form_id: str) -> Policy:
    """Change the policy; former ones are kept."""

    def change(session: Session) -> Policy:
        access = allow_program(session, "remove", project)
        form = get_form(session, access.project.id, form_id)
        policy = set_policy(session, form.id, said, access.who.actor, now())
        note_policy(session, access, form, policy.to_json(), now())
        return policy

    return database().write(change)
