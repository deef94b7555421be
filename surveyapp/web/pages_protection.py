"""What answers can give away: an admin confirms a class for each question, for de-identified exports."""

from typing import Any, Final, get_args

from flask import Blueprint, Response, render_template, request, url_for
from sqlalchemy.orm import Session

from surveyapp.audit import note
from surveyapp.disclosure.classes import CLASSES
from surveyapp.disclosure.protection import DateMode, PlaceMode, Protection
from surveyapp.export.confirming import confirm_protection
from surveyapp.export.from_store import StoredForm
from surveyapp.export.merge import merge_versions
from surveyapp.export.pii import suggest_classes
from surveyapp.problems import Problem
from surveyapp.quality.telling import language_of
from surveyapp.store.export_definitions import find_confirmed_protection
from surveyapp.store.forms import Form, get_form
from surveyapp.web.current import database, files, now
from surveyapp.web.i18n import page_language
from surveyapp.web.identity import Access, allow_person
from surveyapp.web.office import asked, done, render_refused

pages_protection = Blueprint("protection", __name__, url_prefix="/p/<project>/forms/<form_id>/exports/protection")

CLASS: Final = "class:"
CHOSEN: Final = ("places", "village", "dates")


def _enter(session: Session, project: str, form_id: str) -> tuple[Access, Form]:
    access = allow_person(session, "settings", project)
    return access, get_form(session, access.project.id, form_id)


@pages_protection.get("")
def protection_page(project: str, form_id: str) -> str:
    """Each question with its class: as confirmed, else as it seems."""
    with database().reading() as session:
        _, form = _enter(session, project, form_id)
        return render_template("protection.html", **_shown(session, form))


def _shown(session: Session, form: Form) -> dict[str, Any]:
    source = StoredForm(session, files(), form)
    confirmed = find_confirmed_protection(session, form.id)
    content = confirmed.content if confirmed else Protection().to_json()
    definition = source.versions[-1].definition
    language = language_of(definition, page_language())
    questions = [
        {
            "path": question.path,
            "name": question.newest.name,
            "label": " ".join(definition.text(question.label, language).split()) or question.newest.name,
            "suggested": suggestion,
            "fresh": question.path not in content["classes"],
            "class": content["classes"].get(question.path, suggestion.pii),
        }
        for question, suggestion in suggest_classes(merge_versions(source.versions, source.kept_path))
    ]
    return {
        "form": form,
        "confirmed": confirmed,
        "content": content,
        "questions": questions,
        "classes": CLASSES,
        "places_offered": get_args(PlaceMode),
        "dates_offered": get_args(DateMode),
    }


@pages_protection.post("")
def confirm(project: str, form_id: str) -> Response:
    """Confirm the classes."""

    def change(session: Session) -> None:
        access, form = _enter(session, project, form_id)
        found = find_confirmed_protection(session, form.id)
        # What the page has no field for stays as it was confirmed.
        content = dict(found.content) if found else {}
        content |= {name: asked(name) for name in CHOSEN if asked(name)}
        if not asked("village"):
            content["village"] = ""
        sent = {name.removeprefix(CLASS): asked(name) for name in request.form if name.startswith(CLASS)}
        content["classes"] = {path: pii for path, pii in sent.items() if pii}
        who = access.who.actor.removeprefix("person:")
        confirm_protection(session, StoredForm(session, files(), form), form, content, who, now())
        detail = {"classes": content["classes"], **{name: content.get(name, "") for name in CHOSEN}}
        slug = access.project.slug
        note(session, access.who, "protection.confirmed", at=now(), project=slug, subject=form.form_id, detail=detail)

    try:
        database().write(change)
    except Problem as refused:
        with database().reading() as session:
            _, form = _enter(session, project, form_id)
            return render_refused("protection.html", refused, **_shown(session, form))
    return done(url_for("export_pages.exports", project=project, form_id=form_id), "protection-confirmed")
