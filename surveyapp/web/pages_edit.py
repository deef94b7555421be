"""Answers edited on a page; and where somebody else was quicker, both side by side."""

from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from surveyapp.answers import Node
from surveyapp.collect.answering import is_editable
from surveyapp.collect.changes import map_answers
from surveyapp.collect.office_edit import Clash, Edited, OfficeEdit
from surveyapp.collect.reading import read_version
from surveyapp.problems import EDIT_REFUSED, INVALID_FIELDS, REVIEW_INCOMPLETE, Problem
from surveyapp.store.forms import Form, get_definition, get_form, get_form_version_by_pk
from surveyapp.store.listing import get_listed
from surveyapp.store.submissions import Version, get_current_version, get_numbered_version
from surveyapp.web.current import database
from surveyapp.web.identity import Access, allow_person
from surveyapp.web.office import asked
from surveyapp.web.reviewing import edit
from surveyapp.xform.bind import indexed_path
from surveyapp.xform.definition import FormDefinition, Group, Question

pages_edit = Blueprint(
    "edit_pages", __name__, url_prefix="/p/<project>/forms/<form_id>/submissions/<int:submission_no>"
)
# Before the path, in the names of the fields of answers.
ANSWER: Final = "a:"


def _enter(session: Session, project: str, form_id: str, submission_no: int) -> tuple[Access, Form]:
    access = allow_person(session, "review", project)
    form = get_form(session, access.project.id, form_id)
    get_listed(session, form.id, access.reach, submission_no)
    return access, form


@pages_edit.get("/edit")
def edit_form(project: str, form_id: str, submission_no: int) -> str:
    """The answers that the office may change, in the order of the form."""
    with database().reading() as session:
        _, form = _enter(session, project, form_id, submission_no)
        version = get_current_version(session, form.id, submission_no)
        return render_template("edit.html", **_fields(session, form, version, {}))


def _fields(session: Session, form: Form, version: Version, wanted: dict[str, str]) -> dict[str, Any]:
    definition = get_definition(session, get_form_version_by_pk(session, version.form_version_id))
    root, _ = read_version(session, form, version)
    fields: list[dict[str, Any]] = []
    _list_fields(definition, root, fields)
    for field in fields:
        field["value"] = wanted.get(field["path"], field["value"])
    return {"form": form, "number": version.submission_id, "base": version.number, "fields": fields}


def _list_fields(definition: FormDefinition, holder: Node, fields: list[dict[str, Any]]) -> None:
    """What may be changed below a group or row, also questions that the phone left out."""
    for child in definition.children_by_name[holder.element.path].values():
        nodes = holder.all(child.name)
        if isinstance(child, Question):
            path = indexed_path(nodes[0]) if nodes else f"{indexed_path(holder)}/{child.name}"
            if is_editable(child):
                label = " ".join(definition.text(child.label).split()) or child.name
                choices = [(one.name, definition.text(one.label) or one.name) for one in definition.choices(child)]
                fields.append(
                    {
                        "path": path,
                        "label": label,
                        "value": nodes[0].value if nodes else "",
                        "choices": choices if child.type == "select_one" else [],
                        "type": child.type,
                    }
                )
            continue
        if not nodes and isinstance(child, Group):
            stand_in = Node(child.name)
            stand_in.element, stand_in.parent = child, holder
            nodes = [stand_in]
        for node in nodes:
            _list_fields(definition, node, fields)


@pages_edit.post("/edit")
def post_edit(project: str, form_id: str, submission_no: int) -> Response:
    """Keep what was changed as the next version."""
    base = int(asked("base")) if asked("base").isdecimal() else 0
    wanted = {name[len(ANSWER) :]: text for name, text in request.form.items() if name.startswith(ANSWER)}

    def change(session: Session) -> tuple[Clash | Edited, dict[str, str]]:
        access, form = _enter(session, project, form_id, submission_no)
        if not base:
            raise Problem(INVALID_FIELDS, "The form does not say from which version it started.")
        version = get_numbered_version(session, form.id, submission_no, base)
        before = map_answers(read_version(session, form, version)[0])
        # Browsers send lines that end in CR LF.
        changes = {
            path: text.replace("\r\n", "\n")
            for path, text in wanted.items()
            if before.get(path, "") != text.replace("\r\n", "\n")
        }
        if asked("only"):
            changes = {path: text for path, text in changes.items() if asked(f"keep:{path}") != "theirs"}
        merge, keep_odd = bool(asked("merge")), bool(asked("keep_odd"))
        # What the editor chose over theirs is put on what is current now.
        on = int(asked("current")) if asked("only") and asked("current").isdecimal() else base
        plan = OfficeEdit(on, changes, asked("reason"), merge, keep_odd)
        return edit(session, access, form, submission_no, plan, "office"), changes

    try:
        made, changes = database().write(change)
    except Problem as refused:
        if refused.kind not in (EDIT_REFUSED, REVIEW_INCOMPLETE):
            raise
        return _again(project, form_id, submission_no, base, wanted, refused)
    place: dict[str, Any] = {"project": project, "form_id": form_id, "submission_no": submission_no}
    if isinstance(made, Clash):
        page = render_template("edit_clash.html", clash=made, changes=changes, place=place, reason=asked("reason"))
        return Response(page, 409)
    return redirect(f"{url_for('submission_page.submission', **place)}?done=edited", 303)  # type: ignore[return-value]  # werkzeug's response is Flask's here


def _again(
    project: str, form_id: str, submission_no: int, base: int, wanted: dict[str, str], refused: Problem
) -> Response:
    """The form once more, with what was wrong and what was typed."""
    with database().reading() as session:
        _, form = _enter(session, project, form_id, submission_no)
        version = get_numbered_version(session, form.id, submission_no, base)
        shown = _fields(session, form, version, wanted)
    faults = {error["path"]: error["message"] for error in refused.errors if "path" in error}
    page = render_template(
        "edit.html",
        refused=refused,
        faults=faults,
        reason=asked("reason"),
        may_keep=refused.kind is EDIT_REFUSED,
        **shown,
    )
    return Response(page, refused.kind.status)
