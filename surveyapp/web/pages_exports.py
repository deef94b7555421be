"""Exports: asked for with their options, watched, cancelled, fetched."""

from collections.abc import Callable, Sequence
from typing import Any, Final, get_args

from flask import Blueprint, Response, redirect, render_template, request, send_file, url_for
from sqlalchemy.orm import Session

from surveyapp.export.confirming import with_protection
from surveyapp.export.definitions import change_definition, drop_definition, save_definition
from surveyapp.export.from_store import StoredForm
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
from surveyapp.export.pii import check_confirmation
from surveyapp.problems import EXPORT_NOT_FOUND, EXPORT_NOT_READY, NOT_ALLOWED, Problem
from surveyapp.store.export_definitions import ExportDefinition, find_confirmed_protection, list_export_definitions
from surveyapp.store.exports import Export, get_export, list_given_exports
from surveyapp.store.forms import Form, get_definition, get_form, get_form_version, list_form_versions, list_forms
from surveyapp.store.reviews import get_exported_states
from surveyapp.web.current import config, database, files, now, worker
from surveyapp.web.identity import Access, allow_person
from surveyapp.web.notes import note_definition
from surveyapp.web.office import asked, done, render_refused
from surveyapp.worker import cancel_export, export_path, form_address, request_export

pages_exports = Blueprint("export_pages", __name__, url_prefix="/p/<project>")

KINDS: Final = ("clean", "raw", "both", "deidentified", "quality", "worklog")
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
BOXES: Final = ("banner", "index", "media_links", "csv_bom", "formula_safe")
# What a definition may hold that the form has no field for. What is protected is always as it was confirmed last.
UNASKED: Final = ("zone", "states", "teams")
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
        return render_template("exports.html", exports=found, **_choices(session, access, form))


def _enter(session: Session, project: str, form_id: str) -> tuple[Access, Form]:
    access = allow_person(session, "export", project)
    return access, get_form(session, access.project.id, form_id)


def _choices(session: Session, access: Access, form: Form) -> dict[str, Any]:
    """What the form offers, and how it is filled in: as it came back, from a definition, or as usual."""
    versions = list_form_versions(session, form)
    definitions = list_export_definitions(session, form.id)
    begun = _begun_from(definitions)
    definition = get_definition(session, get_form_version(session, form))
    return {
        "form": form,
        "going": GOING,
        "confirmed": find_confirmed_protection(session, form.id),
        "let_in": get_exported_states(session, form.id),
        "definitions": definitions,
        "begun": begun,
        "droppable": {one.id for one in definitions if access.may("settings") or one.made_by == access.who.actor},
        "filled": {**USUAL, **(_sent() if request.method == "POST" else begun.options if begun else {})},
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


def _begun_from(definitions: Sequence[ExportDefinition]) -> ExportDefinition | None:
    return next((one for one in definitions if str(one.id) == asked("from")), None)


@pages_exports.post("/forms/<form_id>/exports")
def start(project: str, form_id: str) -> Response:
    """Ask for one; it is written in the background."""
    with database().reading() as session:
        access, form = _enter(session, project, form_id)
        choices = _choices(session, access, form)
        found = list_given_exports(session, form.id, access.who.actor, access.reach)
    try:
        options = _protected(form, access, _read_options(access, form, choices["begun"]))
        request_export(worker(), access.project, form, options, access.who, access.reach)
    except Problem as refused:
        return render_refused("exports.html", refused, exports=found, **choices)
    return done(url_for("export_pages.exports", project=project, form_id=form_id), "export-asked")


def _protected(form: Form, access: Access, options: dict[str, Any]) -> dict[str, Any]:
    """The options, a de-identified export's with what was confirmed, and why a risk is accepted.

    Raises:
        Problem: PII_UNCONFIRMED; NOT_ALLOWED for a risk that somebody else than an admin accepts.
    """
    with database().reading() as session:
        ready = with_protection(session, form, options)
        check_confirmation(StoredForm(session, files(), form), ExportOptions.from_json(ready))
    reason = asked("accept_risk")
    if ready.get("kind") != "deidentified" or not reason:
        return ready
    if not access.may("settings"):
        raise Problem(NOT_ALLOWED, "Only an admin may give out a file in which people could be known again.")
    return {**ready, "protection": {**ready["protection"], "accept_risk": reason}}


def _read_options(access: Access, form: Form, begun: ExportDefinition | None) -> dict[str, Any]:
    """The options that the form states, and found good; those that it has no field for are as in the definition that
    it was begun from.

    Raises:
        Problem: EXPORT_OPTION.
    """
    zone = access.project.timezone or config().timezone.key
    options: dict[str, Any] = {"zone": zone, "writer": config().export_writer}
    options |= {"address": form_address(config(), access.project.slug, form.form_id)}
    options |= {name: value for name, value in (begun.options if begun else {}).items() if name in UNASKED}
    options |= _sent()
    read = ExportOptions.from_json(options)
    # What is as usual need not be told in the list.
    return {name: value for name, value in options.items() if name == "zone" or getattr(read, name) != USUAL[name]}


def _sent() -> dict[str, Any]:
    """What was filled in."""
    # A tabulator is no space around an answer.
    said = {name: request.form.get(name, "") for name in CHOSEN}
    options: dict[str, Any] = {name: text for name, text in said.items() if text}
    options |= {name: asked(name) for name in DAYS if asked(name)}
    options |= {name: asked(name) == "yes" for name in BOXES}
    if asked("query"):
        options["query"] = asked("query")
    if asked("wide"):
        options["wide"] = int(asked("wide")) if asked("wide").isdecimal() else asked("wide")
    for name in ("versions", "columns"):
        listed = [one.strip() for text in request.form.getlist(name) for one in text.split("\n") if one.strip()]
        options |= {name: listed} if listed else {}
    return options


@pages_exports.post("/forms/<form_id>/exports/definitions")
def save(project: str, form_id: str) -> Response:
    """Keep the options under a name."""

    def change(session: Session) -> int:
        access, form = _enter(session, project, form_id)
        options = _read_kept(session, access, form)
        kept = save_definition(session, form, asked("definition"), options, access.who.actor, now())
        note_definition(session, access, form, "export_definition.saved", kept, now())
        return kept.id

    return _kept(project, form_id, change)


@pages_exports.post("/forms/<form_id>/exports/definitions/<int:number>")
def change_kept(project: str, form_id: str, number: int) -> Response:
    """Give options under a name others, or another name: own ones, and as an admin any."""

    def change(session: Session) -> int:
        access, form = _enter(session, project, form_id)
        content = (asked("definition"), _read_kept(session, access, form), access.who.actor)
        kept = change_definition(session, form, number, *content, anybodys=access.may("settings"))
        note_definition(session, access, form, "export_definition.changed", kept, now())
        return kept.id

    return _kept(project, form_id, change)


def _read_kept(session: Session, access: Access, form: Form) -> dict[str, Any]:
    """The options that the form states, as they are kept."""
    begun = _begun_from(list_export_definitions(session, form.id))
    options = _read_options(access, form, begun)
    if begun is None or "zone" not in begun.options:
        # That of the project, whenever the export is asked for.
        del options["zone"]
    return options


def _kept(project: str, form_id: str, change: Callable[[Session], int]) -> Response:
    """After the change: to the page, begun from what was kept."""
    try:
        number = database().write(change)
    except Problem as refused:
        with database().reading() as session:
            access, form = _enter(session, project, form_id)
            found = list_given_exports(session, form.id, access.who.actor, access.reach)
            return render_refused("exports.html", refused, exports=found, **_choices(session, access, form))
    address = url_for("export_pages.exports", project=project, form_id=form_id)
    return redirect(f"{address}?from={number}&done=definition-saved#new", 303)  # type: ignore[return-value]  # werkzeug's response is Flask's here


@pages_exports.post("/forms/<form_id>/exports/definitions/<int:number>/delete")
def drop(project: str, form_id: str, number: int) -> Response:
    """Forget options under a name: own ones, and as an admin any."""

    def change(session: Session) -> None:
        access, form = _enter(session, project, form_id)
        gone = drop_definition(session, form, number, access.who.actor, anybodys=access.may("settings"))
        note_definition(session, access, form, "export_definition.deleted", gone, now())

    database().write(change)
    return done(url_for("export_pages.exports", project=project, form_id=form_id), "definition-deleted")


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
