"""The forms of a project: closed and opened, their versions, what changed, and the files that go with them."""

import io
from collections.abc import Sequence
from typing import Any, Final

from flask import Blueprint, Response, render_template, send_file, url_for
from sqlalchemy.orm import Session

from surveyapp.problems import BAD_REQUEST, Problem
from surveyapp.publish import set_form_state
from surveyapp.sentences import say
from surveyapp.store.forms import (
    Form,
    FormVersion,
    get_definition,
    get_form,
    get_form_attachment,
    get_form_version,
    get_source,
    get_xform,
    list_form_attachments,
    list_form_versions,
    list_forms,
)
from surveyapp.store.listing import Filter, count_submissions
from surveyapp.web.current import database, files, now
from surveyapp.web.headers import type_of_media
from surveyapp.web.identity import Access, allow_person
from surveyapp.web.notes import note_form_state
from surveyapp.web.office import asked, done
from surveyapp.xform.changes import Change, list_changes

pages_forms = Blueprint("form_pages", __name__, url_prefix="/p/<project>/forms")

STATES: Final = ("open", "closed")


@pages_forms.get("")
def forms(project: str) -> str:
    """The forms of the project, each with its newest version."""
    with database().reading() as session:
        access = allow_person(session, "enter", project)
        found = [_described(session, access, form) for form in list_forms(session, access.project.id)]
    return render_template("forms.html", forms=found)


def _described(session: Session, access: Access, form: Form) -> dict[str, Any]:
    counted = count_submissions(session, form.id, access.reach, Filter()) if access.may("see") else None
    return {"form": form, "newest": get_form_version(session, form), "submissions": counted}


@pages_forms.get("/<form_id>")
def form_page(project: str, form_id: str) -> str:
    """A form, its versions, and what is to be known of one of them: the newest, or `?version=`."""
    with database().reading() as session:
        access = allow_person(session, "enter", project)
        form = get_form(session, access.project.id, form_id)
        versions = list_form_versions(session, form)
        shown = get_form_version(session, form, asked("version") or None)
        definition = get_definition(session, shown)
        return render_template(
            "form.html",
            **_described(session, access, form),
            versions=versions[::-1],
            shown=shown,
            former=_before(versions, shown),
            changes=_list_changes(session, versions, shown),
            attachments=list_form_attachments(session, shown),
            languages_of_form=[language for language in definition.languages if language],
            questions=sum(question.visible for question in definition.questions),
        )


def _before(versions: Sequence[FormVersion], shown: FormVersion) -> FormVersion | None:
    return next((one for one in versions if one.ordinal == shown.ordinal - 1), None)


def _list_changes(session: Session, versions: Sequence[FormVersion], shown: FormVersion) -> list[Change]:
    former = _before(versions, shown)
    if former is None:
        return []
    return list_changes(get_definition(session, former), get_definition(session, shown))


@pages_forms.post("/<form_id>/state")
def change_state(project: str, form_id: str) -> Response:
    """Close a form, or open it again."""
    state = asked("state")

    def change(session: Session) -> None:
        access = allow_person(session, "forms", project)
        if state not in STATES:
            raise Problem(BAD_REQUEST, say("A form cannot be {state!r}.", state=state), remedy="Choose open or closed.")
        form = get_form(session, access.project.id, form_id)
        set_form_state(session, form, state)
        note_form_state(session, access, form, state, now())

    database().write(change)
    return done(url_for("form_pages.form_page", project=project, form_id=form_id), f"form-{state}")


# -- what belongs to a version ----------------------------------------------------------------------------------------
@pages_forms.get("/<form_id>/versions/<version>/source")
def form_source(project: str, form_id: str, version: str) -> Response:
    """The workbook, or the XForm, as it was published."""
    with database().reading() as session:
        found = _find_version(session, project, form_id, version)
        content = get_source(session, found)
    return _download(content, found.source_name or f"{form_id}.xlsx")


@pages_forms.get("/<form_id>/versions/<version>/xform")
def form_xform(project: str, form_id: str, version: str) -> Response:
    """The XForm as phones get it."""
    with database().reading() as session:
        content = get_xform(session, _find_version(session, project, form_id, version))
    return _download(content, f"{form_id}.xml")


@pages_forms.get("/<form_id>/versions/<version>/media/<path:name>")
def form_media(project: str, form_id: str, version: str, name: str) -> Response:
    """A file that goes with a version."""
    with database().reading() as session:
        found = get_form_attachment(session, _find_version(session, project, form_id, version), name)
    return send_file(
        files().path(found.sha256),
        type_of_media(name),
        as_attachment=True,
        download_name=name,
    )


def _find_version(session: Session, project: str, form_id: str, version: str) -> FormVersion:
    access = allow_person(session, "enter", project)
    return get_form_version(session, get_form(session, access.project.id, form_id), version)


def _download(content: bytes, name: str) -> Response:
    return send_file(io.BytesIO(content), "application/octet-stream", as_attachment=True, download_name=name)
