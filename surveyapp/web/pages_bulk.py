"""Many submissions at once on the pages: one decision, or one answer, for all that the filter of the list finds."""

from typing import Any, Final

from flask import Blueprint, Response, render_template, request, url_for
from sqlalchemy.orm import Session

from surveyapp.collect.answering import is_editable
from surveyapp.problems import EDIT_REFUSED, REVIEW_INCOMPLETE, Problem
from surveyapp.review.bulk import SHOWN, UNDO, Act, Part, deciding, try_part
from surveyapp.review.states import REASON_CODES, STATES
from surveyapp.store.bulk_reviews import list_bulk_reviews
from surveyapp.store.forms import Form, get_definition, get_form, get_form_version
from surveyapp.store.listing import Filter, count_submissions, list_submissions
from surveyapp.web.current import database, now
from surveyapp.web.identity import Access, allow_person
from surveyapp.web.office import asked, done, render_refused
from surveyapp.web.pages_review import read_decision
from surveyapp.web.pages_submissions import narrowing, read_filter
from surveyapp.web.reviewing import reviewer_of
from surveyapp.web.reviewing_many import AnswerForAll, check_edit, decide_many, edit_many, editing, undo_many

pages_bulk = Blueprint("bulk_pages", __name__, url_prefix="/p/<project>/forms/<form_id>/review")
CHANNEL: Final = "office"


def _enter(session: Session, project: str, form_id: str) -> tuple[Access, Form]:
    access = allow_person(session, "review", project)
    return access, get_form(session, access.project.id, form_id)


def _look(session: Session, access: Access, form: Form) -> tuple[Filter, dict[str, Any]]:
    """What the filter finds, and up to which number: what arrives after the look is not touched."""
    wanted = read_filter(access)
    newest = list_submissions(session, form.id, access.reach, wanted, limit=1)
    said = asked("up_to")
    return wanted, {
        "form": form,
        "narrowed": narrowing(),
        "counted": count_submissions(session, form.id, access.reach, wanted),
        "up_to": int(said) if said.isascii() and said.isdecimal() and len(said) < 19 else newest[0].id if newest else 0,
        "shown": SHOWN,
        "recent": list_bulk_reviews(session, form.id, now() - UNDO),
    }


def _try(access: Access, form: Form, wanted: Filter, act: Act, up_to: int) -> Part:
    reviewer = reviewer_of(access, CHANNEL)
    return database().write(lambda session: try_part(session, form.id, wanted, act, reviewer, up_to=up_to))


@pages_bulk.route("/bulk", methods=["GET", "POST"])
def bulk(project: str, form_id: str) -> Response | str:
    """Decide about all that the filter of the list finds: first see how many, and try the first ones."""
    decision = read_decision()
    with database().reading() as session:
        access, form = _enter(session, project, form_id)
        wanted, seen = _look(session, access, form)
    seen |= {
        "decision": decision,
        "states": [state for state in STATES if state not in ("received", "corrected")],
        "reason_codes": REASON_CODES,
    }
    if request.method == "POST" and asked("confirmed"):
        number, part = decide_many(access, form, wanted, decision, seen["up_to"], CHANNEL)
        return render_template("bulk_review.html", **seen, number=number, part=part)
    if request.method == "POST":
        act = deciding(form.id, decision, reviewer_of(access, CHANNEL))
        seen["tried"] = _try(access, form, wanted, act, seen["up_to"])
    return render_template("bulk_review.html", **seen)


@pages_bulk.route("/bulk-edit", methods=["GET", "POST"])
def bulk_edit(project: str, form_id: str) -> Response | str:
    """Set one answer in all that the filter of the list finds: first see how many, and try the first ones."""
    answer = AnswerForAll(asked("path"), asked("answer"), asked("reason"), bool(asked("keep_odd")))
    with database().reading() as session:
        access, form = _enter(session, project, form_id)
        wanted, seen = _look(session, access, form)
        seen |= {"answer": answer, "questions": _list_questions(session, form)}
    if request.method != "POST":
        return render_template("bulk_edit.html", **seen)
    try:
        if asked("confirmed"):
            number, part = edit_many(access, form, wanted, answer, seen["up_to"], CHANNEL)
            return render_template("bulk_edit.html", **seen, number=number, part=part)
        with database().reading() as session:
            check_edit(session, access, form, wanted, answer)
    except Problem as refused:
        if refused.kind not in (EDIT_REFUSED, REVIEW_INCOMPLETE):
            raise
        return render_refused("bulk_edit.html", refused, **seen)
    act = editing(access, form, answer, CHANNEL)
    return render_template("bulk_edit.html", **seen, tried=_try(access, form, wanted, act, seen["up_to"]))


def _list_questions(session: Session, form: Form) -> list[tuple[str, str]]:
    """The questions of the newest version that may be set: those outside of rosters, where a path names one answer."""
    definition = get_definition(session, get_form_version(session, form))
    return [
        (one.path, f"{' '.join(definition.text(one.label).split())} ({one.name})")
        for one in definition.questions
        if is_editable(one) and not definition.repeat_of[one.path]
    ]


@pages_bulk.post("/bulk/<int:bulk_id>/undo")
def post_undo(project: str, form_id: str, bulk_id: int) -> Response:
    """Take a decision about many, or an answer set in many, back."""
    with database().reading() as session:
        access, form = _enter(session, project, form_id)
    undo_many(access, form, bulk_id, CHANNEL)
    return done(url_for("bulk_pages.bulk", project=project, form_id=form_id), "undone")
