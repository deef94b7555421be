"""Answers and rows edited on a page; and where somebody else was quicker, both side by side."""

from dataclasses import replace
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from surveyapp.collect.changes import map_answers
from surveyapp.collect.office_edit import Clash, Edited, OfficeEdit
from surveyapp.collect.reading import read_version
from surveyapp.problems import EDIT_REFUSED, INVALID_FIELDS, REVIEW_INCOMPLETE, Problem
from surveyapp.store.forms import Form, get_form
from surveyapp.store.listing import get_listed
from surveyapp.store.submissions import get_current_version, get_numbered_version
from surveyapp.web.current import database
from surveyapp.web.edit_fields import Typed, list_lines
from surveyapp.web.identity import Access, allow_person
from surveyapp.web.office import asked
from surveyapp.web.reviewing import edit

pages_edit = Blueprint(
    "edit_pages", __name__, url_prefix="/p/<project>/forms/<form_id>/submissions/<int:submission_no>"
)
# Before the path, in the names of the fields of answers and of what somebody chose between both.
ANSWER: Final = "a:"
KEEP: Final = "keep:"


def _enter(session: Session, project: str, form_id: str, submission_no: int) -> tuple[Access, Form]:
    access = allow_person(session, "review", project)
    form = get_form(session, access.project.id, form_id)
    get_listed(session, form.id, access.reach, submission_no)
    return access, form


@pages_edit.get("/edit")
def edit_form(project: str, form_id: str, submission_no: int) -> str:
    """The answers that the office may change, in the order of the form; with `?newest=1` as its newest version asks."""
    with database().reading() as session:
        _, form = _enter(session, project, form_id, submission_no)
        version = get_current_version(session, form.id, submission_no)
        return render_template("edit.html", **list_lines(session, form, version, Typed(), newest=bool(asked("newest"))))


@pages_edit.post("/edit")
def post_edit(project: str, form_id: str, submission_no: int) -> Response:
    """Keep what was changed as the next version; before rows go, ask once more."""
    typed, action = _read_typed(), asked("do")
    if action.startswith("add:"):
        typed = replace(typed, added=(*typed.added, action.removeprefix("add:")))
        return _again(project, form_id, submission_no, typed)
    if typed.removed and not asked("confirmed"):
        return _again(project, form_id, submission_no, typed, asks=True)

    def change(session: Session) -> Clash | Edited:
        access, form = _enter(session, project, form_id, submission_no)
        return edit(session, access, form, submission_no, _plan(session, form, submission_no, typed), "office")

    try:
        made = database().write(change)
    except Problem as refused:
        if refused.kind not in (EDIT_REFUSED, REVIEW_INCOMPLETE):
            raise
        return _again(project, form_id, submission_no, typed, refused)
    place: dict[str, Any] = {"project": project, "form_id": form_id, "submission_no": submission_no}
    if isinstance(made, Clash):
        return Response(render_template("edit_clash.html", clash=made, place=place), 409)
    return redirect(f"{url_for('submission_page.submission', **place)}?done=edited", 303)  # type: ignore[return-value]  # werkzeug's response is Flask's here


def _read_typed() -> Typed:
    # Browsers send lines that end in CR LF.
    answers = {
        name[len(ANSWER) :]: text.replace("\r\n", "\n")
        for name, text in request.form.items()
        if name.startswith(ANSWER)
    }
    removed = request.form.getlist("removed")
    # A new row that is not wanted after all was never there.
    added = [path for path in request.form.getlist("added") if path not in removed]
    return Typed(answers, tuple(added), tuple(path for path in removed if not path.endswith("]") or "[+" not in path))


def _base() -> int:
    return int(asked("base")) if asked("base").isdecimal() and len(asked("base")) < 9 else 0


def _plan(session: Session, form: Form, submission_no: int, typed: Typed) -> OfficeEdit:
    """What was typed, as an edit: what differs from the version that the page showed."""
    if not _base():
        raise Problem(INVALID_FIELDS, "The form does not say from which version it started.")
    version = get_numbered_version(session, form.id, submission_no, _base())
    before = map_answers(read_version(session, form, version)[0])
    chosen = {name[len(KEEP) :]: what for name, what in request.form.items() if name.startswith(KEEP)}
    theirs = {path for path, what in chosen.items() if what == "theirs"}
    new = tuple(path for path in typed.added if path not in theirs)
    return OfficeEdit(
        base=_base(),
        changes={
            path: text
            for path, text in typed.answers.items()
            if path not in theirs and _counts(path, text, before, new)
        },
        reason=asked("reason"),
        added=new,
        removed=tuple(path for path in typed.removed if path not in theirs),
        merge=bool(asked("merge")),
        over=frozenset(path for path, what in chosen.items() if what == "mine"),
        seen=int(asked("seen")) if asked("seen").isdecimal() and len(asked("seen")) < 9 else 0,
        keep_odd=bool(asked("keep_odd")),
        leave_out=bool(asked("leave_out")),
        newest=bool(asked("newest")),
    )


def _counts(path: str, text: str, before: dict[str, str], new: tuple[str, ...]) -> bool:
    """Whether an answer is changed: in a row that is new each is, and none in one that is not added after all."""
    if "[+" in path:
        return any(path.startswith(f"{row}/") for row in new)
    return before.get(path, "") != text


def _again(
    project: str,
    form_id: str,
    submission_no: int,
    typed: Typed,
    refused: Problem | None = None,
    *,
    asks: bool = False,
) -> Response:
    """The form once more with what was typed: with a row more, with what was wrong, or with the question before rows
    go.
    """
    with database().reading() as session:
        _, form = _enter(session, project, form_id, submission_no)
        version = get_numbered_version(session, form.id, submission_no, _base())
        shown = list_lines(session, form, version, typed, newest=bool(asked("newest")))
    errors = [] if refused is None else [error for error in refused.errors if "path" in error]
    paths = {line.path for line in shown["lines"]}
    page = render_template(
        "edit.html",
        refused=refused,
        faults={error["path"]: error["message"] for error in errors},
        elsewhere=[error for error in errors if error["path"] not in paths],
        reason=asked("reason"),
        may_keep=refused is not None and refused.kind is EDIT_REFUSED,
        may_leave_out=any(error.get("check") == "not-relevant-answered" for error in errors),
        asks=asks,
        confirmed=bool(asked("confirmed")),
        **shown,
    )
    return Response(page, 200 if refused is None else refused.kind.status)
