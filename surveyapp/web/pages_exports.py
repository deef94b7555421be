"""Exports: asked for with their options, watched, cancelled, fetched."""

from typing import Any, Final, get_args

from flask import Blueprint, Response, redirect, render_template, request, send_file, url_for
from sqlalchemy.orm import Session

from surveyapp.export.options import (
    ENDINGS,
    Delimiter,
    ExportOptions,
    HeaderMode,
    MissingMode,
    NameMode,
    SelectMode,
    Separator,
    ValueMode,
)
from surveyapp.problems import EXPORT_NOT_FOUND, EXPORT_NOT_READY, Problem
from surveyapp.store.exports import Export, get_export, list_given_exports
from surveyapp.store.forms import Form, get_definition, get_form, get_form_version, list_form_versions, list_forms
from surveyapp.web.current import config, database, worker
from surveyapp.web.identity import Access, allow_person
from surveyapp.web.office import asked, done, render_refused
from surveyapp.worker import cancel_export, export_path, request_export

pages_exports = Blueprint("export_pages", __name__, url_prefix="/p/<project>")

# De-identified files need a class for every question, which no page asks for yet: see docs/exports.md.
KINDS: Final = ("clean", "raw", "quality")
CHOSEN: Final = (
    "kind",
    "format",
    "labels",
    "headers",
    "names",
    "separator",
    "select",
    "missing",
    "language",
    "delimiter",
)
DAYS: Final = ("received_from", "received_until", "interviewed_from", "interviewed_until")
BOXES: Final = ("banner", "csv_bom", "formula_safe")
USUAL: Final = ExportOptions().to_json()
GOING: Final = ("queued", "running")


@pages_exports.get("/exports")
def all_exports(project: str) -> str | Response:
    """The forms to choose from; straight to the exports where there is one form."""
    with database().reading() as session:
        access = allow_person(session, "export", project)
        forms = list_forms(session, access.project.id)
    if len(forms) == 1:
        address = url_for("export_pages.exports", project=project, form_id=forms[0].form_id)
        return redirect(address, 303)  # type: ignore[return-value]  # werkzeug's response is Flask's here
    return render_template("exports_of_forms.html", forms=forms)


@pages_exports.get("/forms/<form_id>/exports")
def exports(project: str, form_id: str) -> str:
    """What was asked for, and the form that asks for more; with `?part=list` the first alone, for a page that waits."""
    with database().reading() as session:
        access, form = _enter(session, project, form_id)
        found = list_given_exports(session, form.id, access.who.actor, access.reach)
        if asked("part") == "list":
            return render_template("parts/export_list.html", form=form, exports=found, going=GOING)
        return render_template("exports.html", exports=found, **_choices(session, form))


def _enter(session: Session, project: str, form_id: str) -> tuple[Access, Form]:
    access = allow_person(session, "export", project)
    return access, get_form(session, access.project.id, form_id)


def _choices(session: Session, form: Form) -> dict[str, Any]:
    versions = list_form_versions(session, form)
    definition = get_definition(session, get_form_version(session, form))
    return {
        "form": form,
        "going": GOING,
        "usual": ExportOptions(),
        "kinds": KINDS,
        "formats": list(ENDINGS),
        "labels": get_args(ValueMode),
        "headers": get_args(HeaderMode),
        "names": get_args(NameMode),
        "separators": get_args(Separator),
        "selects": get_args(SelectMode),
        "missing": get_args(MissingMode),
        "delimiters": get_args(Delimiter),
        "languages_of_form": [(one, one) for one in definition.languages if one],
        "versions": [(one.version, one.version) for one in versions][::-1],
    }


@pages_exports.post("/forms/<form_id>/exports")
def start(project: str, form_id: str) -> Response:
    """Ask for one; it is written in the background."""
    with database().reading() as session:
        access, form = _enter(session, project, form_id)
        choices = _choices(session, form)
        found = list_given_exports(session, form.id, access.who.actor, access.reach)
    try:
        options = _read_options(access)
        request_export(worker(), access.project, form, options, access.who, access.reach)
    except Problem as refused:
        return render_refused("exports.html", refused, exports=found, **choices)
    return done(url_for("export_pages.exports", project=project, form_id=form_id), "export-asked")


def _read_options(access: Access) -> dict[str, Any]:
    """The options that the form states, and found good.

    Raises:
        Problem: EXPORT_OPTION.
    """
    zone = access.project.timezone or config().timezone.key
    options: dict[str, Any] = {"zone": zone, "writer": config().export_writer}
    # A tabulator is no space around an answer.
    said = {name: request.form.get(name, "") for name in CHOSEN}
    options |= {name: text for name, text in said.items() if text}
    options |= {name: asked(name) for name in DAYS if asked(name)}
    options |= {name: asked(name) == "yes" for name in BOXES}
    if asked("wide"):
        options["wide"] = int(asked("wide")) if asked("wide").isdecimal() else asked("wide")
    for name in ("versions", "columns"):
        listed = [one.strip() for text in request.form.getlist(name) for one in text.split("\n") if one.strip()]
        options |= {name: listed} if listed else {}
    read = ExportOptions.from_json(options)
    # What is as usual need not be told in the list.
    return {name: value for name, value in options.items() if name == "zone" or getattr(read, name) != USUAL[name]}


@pages_exports.post("/forms/<form_id>/exports/<export_id>/cancel")
def cancel(project: str, form_id: str, export_id: str) -> Response:
    """Cancel one that waits or runs."""
    access, form, export = _find(project, form_id, export_id)
    cancel_export(worker(), access.project, form, export.id, access.who)
    return done(url_for("export_pages.exports", project=project, form_id=form_id), "export-cancelled")


@pages_exports.get("/forms/<form_id>/exports/<export_id>/file")
def export_file(project: str, form_id: str, export_id: str) -> Response:
    """The file of one that is done."""
    _, _, export = _find(project, form_id, export_id)
    if export.state != "done":
        raise Problem(EXPORT_NOT_READY, f"The export is {export.state}. {export.error}".strip())
    path = export_path(config(), export.id, export.file_name)
    if not path.exists():
        raise Problem(EXPORT_NOT_FOUND, "The file of this export is gone.")
    response = send_file(path, as_attachment=True, download_name=export.file_name)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _find(project: str, form_id: str, export_id: str) -> tuple[Access, Form, Export]:
    with database().reading() as session:
        access, form = _enter(session, project, form_id)
        return access, form, get_export(session, export_id, form.id, access.who.actor, access.reach)
