"""Review on the pages: the queue, decisions, comments, acknowledged findings, tombstones; the policy of a form."""

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from surveyapp.problems import Problem
from surveyapp.review.decide import Decision, decide
from surveyapp.review.policy import NEVER_EXPORTED, get_policy, set_policy
from surveyapp.review.remarks import (
    acknowledge,
    acknowledge_odd,
    comment,
    reopen_odd,
    resolve_comment,
    strike_comment,
)
from surveyapp.review.removal import delete_submission, restore_submission
from surveyapp.review.states import STATES
from surveyapp.store.comments import list_comments
from surveyapp.store.forms import Form, get_form
from surveyapp.store.listing import Filter, count_submissions, list_submissions
from surveyapp.store.teams import list_teams
from surveyapp.store.tombstones import list_tombstones
from surveyapp.web.current import database, now
from surveyapp.web.identity import Access, allow_person
from surveyapp.web.notes import note_policy
from surveyapp.web.office import asked, done, render_refused
from surveyapp.web.review_queue import carry_queue, find_waiting, read_waiting
from surveyapp.web.reviewing import note_event, reviewer_of

pages_review = Blueprint("review_pages", __name__, url_prefix="/p/<project>/forms/<form_id>")
ONE: Final = "/submissions/<int:submission_no>"
PER_PAGE: Final = 50
CHANNEL: Final = "office"


def _enter(session: Session, permission: Any, project: str, form_id: str) -> tuple[Access, Form]:
    access = allow_person(session, permission, project)
    return access, get_form(session, access.project.id, form_id)


def _number(name: str) -> int | None:
    text = asked(name)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


# -- the queue --------------------------------------------------------------------------------------------------------
@pages_review.get("/review")
def queue(project: str, form_id: str) -> str:
    """What waits for somebody, oldest first."""
    with database().reading() as session:
        access, form = _enter(session, "review", project, form_id)
        wanted = read_waiting()
        after = _number("after") or 0
        rows = list_submissions(session, form.id, access.reach, wanted, limit=PER_PAGE + 1, after=after)[::-1]
        return render_template(
            "review_queue.html",
            form=form,
            rows=rows[:PER_PAGE],
            more=rows[PER_PAGE - 1].id if len(rows) > PER_PAGE else None,
            counted=count_submissions(session, form.id, access.reach, wanted),
            chosen={"severity": wanted.severity or "", "team": str(wanted.team_id or "")},
            narrowed={name: asked(name) for name in ("severity", "team") if asked(name)},
            teams=[
                (str(team.id), team.name)
                for team in list_teams(session, access.project.id)
                if access.reach.everything or team.id in access.reach.team_ids
            ],
            returned=count_submissions(session, form.id, access.reach, Filter(state="returned")),
        )


@pages_review.get("/returned")
def returned(project: str, form_id: str) -> str:
    """What was sent back to the field: for whoever visits again, to read and to print."""
    with database().reading() as session:
        access, form = _enter(session, "see", project, form_id)
        rows = list_submissions(session, form.id, access.reach, Filter(state="returned"), limit=500, after=0)[::-1]
        remarks: dict[int, list[Any]] = {}
        for one in list_comments(session, [row.id for row in rows]):
            if one.for_field and not one.struck_at and not one.resolved_at:
                remarks.setdefault(one.submission_id, []).append(one)
        return render_template("returned.html", form=form, rows=rows, remarks=remarks)


# -- one submission ---------------------------------------------------------------------------------------------------
def _change(project: str, form_id: str, submission_no: int, code: str, job: Callable[..., Any], permission: str) -> Any:
    """Run `job(session, access, form)` and go back to the submission; from the queue, to the next one in it."""

    def change(session: Session) -> int | None:
        access, form = _enter(session, permission, project, form_id)
        job(session, access, form)
        if not asked("queue"):
            return None
        return find_waiting(session, access, form, submission_no)

    following = database().write(change)
    if asked("queue") and code == "decided":
        if following is None:
            narrowed: dict[str, Any] = {name: text for name, text in carry_queue().items() if name != "queue"}
            return redirect(url_for("review_pages.queue", project=project, form_id=form_id, **narrowed, done=code), 303)
        submission_no = following
    said: dict[str, Any] = {"submission_no": submission_no, "done": code, **carry_queue()}
    return redirect(url_for("submission_page.submission", project=project, form_id=form_id, **said), 303)


@pages_review.post(f"{ONE}/review")
def post_decision(project: str, form_id: str, submission_no: int) -> Response:
    """Say what becomes of a submission."""
    decision = read_decision()

    def job(session: Session, access: Access, form: Form) -> None:
        event = decide(session, form.id, submission_no, decision, reviewer_of(access, CHANNEL))
        note_event(session, access, form, event)

    answer: Response = _change(project, form_id, submission_no, "decided", job, "review")
    return answer


def read_decision() -> Decision:
    """What the form of a decision says."""
    return Decision(
        to=asked("to"),
        comment=asked("comment"),
        reason_code=asked("reason_code"),
        override=asked("override"),
        base=_number("base"),
    )


@pages_review.post(f"{ONE}/comments")
def post_comment(project: str, form_id: str, submission_no: int) -> Response:
    """Say something of a submission or of a question."""

    def job(session: Session, access: Access, form: Form) -> None:
        reviewer, for_field = reviewer_of(access, CHANNEL), bool(asked("for_field"))
        comment(session, form.id, submission_no, asked("path"), asked("text"), reviewer, for_field=for_field)

    answer: Response = _change(project, form_id, submission_no, "commented", job, "review")
    return answer


@pages_review.post(f"{ONE}/comments/<int:comment_id>")
def change_comment(project: str, form_id: str, submission_no: int, comment_id: int) -> Response:
    """Resolve a remark, open it again, or strike it."""

    def job(session: Session, access: Access, form: Form) -> None:
        reviewer, what = reviewer_of(access, CHANNEL), asked("what")
        if what == "strike":
            strike_comment(session, form.id, submission_no, comment_id, reviewer)
        else:
            resolve_comment(session, form.id, submission_no, comment_id, reviewer, resolved=what != "reopen")

    answer: Response = _change(project, form_id, submission_no, "commented", job, "review")
    return answer


@pages_review.post(f"{ONE}/acknowledge")
def post_acknowledgement(project: str, form_id: str, submission_no: int) -> Response:
    """Say why a finding may stand; of one of the checks across interviews (`odd`) also that it may not."""

    def job(session: Session, access: Access, form: Form) -> None:
        reviewer, reason, odd = reviewer_of(access, CHANNEL), asked("reason"), _number("odd")
        if odd is None:
            acknowledge(session, form.id, submission_no, _number("finding") or 0, reason, reviewer)
        elif asked("what") == "reopen":
            reopen_odd(session, form.id, submission_no, odd, reviewer)
        else:
            acknowledge_odd(session, form.id, submission_no, odd, reason, reviewer)

    code = "reopened" if asked("what") == "reopen" else "acknowledged"
    answer: Response = _change(project, form_id, submission_no, code, job, "review")
    return answer


@pages_review.post(f"{ONE}/delete")
def post_delete(project: str, form_id: str, submission_no: int) -> Response:
    """Take a submission out of every list and export."""

    def change(session: Session) -> None:
        access, form = _enter(session, "remove", project, form_id)
        reviewer = reviewer_of(access, CHANNEL)
        note_event(session, access, form, delete_submission(session, form.id, submission_no, asked("reason"), reviewer))

    database().write(change)
    return done(url_for("review_pages.deleted", project=project, form_id=form_id), "deleted")


@pages_review.get("/deleted")
def deleted(project: str, form_id: str) -> str:
    """The deletion log: what was deleted by whom and why, and what can come back."""
    with database().reading() as session:
        _, form = _enter(session, "remove", project, form_id)
        return render_template("deleted.html", form=form, rows=list_tombstones(session, form.id))


@pages_review.post(f"{ONE}/restore")
def post_restore(project: str, form_id: str, submission_no: int) -> Response:
    """Bring a deleted submission back."""

    def job(session: Session, access: Access, form: Form) -> None:
        reviewer = reviewer_of(access, CHANNEL)
        event = restore_submission(session, form.id, submission_no, asked("reason"), reviewer)
        note_event(session, access, form, event)

    answer: Response = _change(project, form_id, submission_no, "restored", job, "remove")
    return answer


# -- the policy -------------------------------------------------------------------------------------------------------
@pages_review.route("/review/policy", methods=["GET", "POST"])
def policy(project: str, form_id: str) -> Response | str:
    """Which states exports hold, and what an approval needs."""

    def read(session: Session) -> dict[str, Any]:
        _, form = _enter(session, "remove", project, form_id)
        offered = [state for state in STATES if state not in NEVER_EXPORTED]
        return {"form": form, "policy": get_policy(session, form.id), "offered": offered}

    def change(session: Session) -> None:
        access, form = _enter(session, "remove", project, form_id)
        wanted = {
            "exported": request.form.getlist("exported"),
            "two_approvals": bool(asked("two_approvals")),
            "warnings": bool(asked("warnings")),
            "four_eyes": bool(asked("four_eyes")),
        }
        made = set_policy(session, form.id, wanted, access.who.actor, now())
        note_policy(session, access, form, made.to_json(), now())

    if request.method == "GET":
        with database().reading() as session:
            return render_template("review_policy.html", **read(session))
    try:
        database().write(change)
    except Problem as refused:
        with database().reading() as session:
            return render_refused("review_policy.html", refused, **read(session))
    return done(url_for("review_pages.policy", project=project, form_id=form_id), "saved")
