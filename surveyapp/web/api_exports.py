"""Exports over the JSON API: asked for, watched, cancelled, fetched."""

from typing import Any

from flask import Response, send_file, url_for

from surveyapp.export.confirming import check_own_protection, with_protection
from surveyapp.export.definitions import lay_under
from surveyapp.export.from_store import StoredForm
from surveyapp.export.options import ExportOptions
from surveyapp.export.pii import check_confirmation
from surveyapp.problems import EXPORT_NOT_FOUND, EXPORT_NOT_READY, Problem
from surveyapp.store.exports import Export, get_export, list_given_exports
from surveyapp.store.forms import Form, get_form
from surveyapp.web.api_blueprint import ApiBlueprint
from surveyapp.web.current import config, database, files, worker
from surveyapp.web.identity import Access, allow_program
from surveyapp.web.shapes import ExportOut
from surveyapp.web.shapes_exports import ExportAskedIn
from surveyapp.worker import cancel_export, export_path, form_address, request_export

api_exports = ApiBlueprint(
    "exports",
    __name__,
    url_prefix="/api/v1/projects/<project>/forms/<form_id>/exports",
    description="Workbooks and their companions",
)


@api_exports.route("", methods=["POST"])
@api_exports.arguments(ExportAskedIn, required=False)
@api_exports.response(202, ExportOut)
@api_exports.refuses(400, 404, 422)
def post_export(asked: dict[str, Any], project: str, form_id: str) -> dict[str, Any]:
    """Ask for an export; it is written in the background."""
    with database().reading() as session:
        access = allow_program(session, "export", project)
        owner, reach = access.project, access.reach
        form = get_form(session, owner.id, form_id)
        check_own_protection(asked, may_confirm=access.may("settings"))
        options = {"zone": owner.timezone or config().timezone.key, "writer": config().export_writer}
        options |= {"address": form_address(config(), owner.slug, form.form_id)}
        options |= lay_under(session, form, asked.pop("definition", ""), asked)
        options = with_protection(session, form, options)
        check_confirmation(StoredForm(session, files(), form, reach=reach), ExportOptions.from_json(options))
    export_id = request_export(worker(), owner, form, options, access.who, reach)
    return _described(project, form_id, _get(project, form_id, export_id)[2])


@api_exports.route("", methods=["GET"])
@api_exports.response(200, ExportOut(many=True))
@api_exports.refuses(404)
def get_exports(project: str, form_id: str) -> list[dict[str, Any]]:
    """The exports of a form, newest first."""
    with database().reading() as session:
        access = allow_program(session, "export", project)
        form = get_form(session, access.project.id, form_id)
        found = list_given_exports(session, form.id, access.who.actor, access.reach)
    return [_described(project, form_id, export) for export in found]


@api_exports.route("/<export_id>", methods=["GET"])
@api_exports.response(200, ExportOut)
@api_exports.refuses(404)
def get_one_export(project: str, form_id: str, export_id: str) -> dict[str, Any]:
    """How far an export is."""
    return _described(project, form_id, _get(project, form_id, export_id)[2])


@api_exports.route("/<export_id>", methods=["DELETE"])
@api_exports.response(200, ExportOut)
@api_exports.refuses(404)
def delete_export(project: str, form_id: str, export_id: str) -> dict[str, Any]:
    """Cancel an export that is queued or running."""
    access, form, _ = _get(project, form_id, export_id)
    cancel_export(worker(), access.project, form, export_id, access.who)
    return _described(project, form_id, _get(project, form_id, export_id)[2])


@api_exports.route("/<export_id>/file", methods=["GET"])
@api_exports.response(200, {"type": "string", "format": "binary"}, content_type="application/octet-stream")
@api_exports.refuses(404, 409)
def get_export_file(project: str, form_id: str, export_id: str) -> Response:
    """The file of an export that is done."""
    _, _, export = _get(project, form_id, export_id)
    if export.state != "done":
        raise Problem(EXPORT_NOT_READY, f"The export is {export.state}. {export.error}".strip())
    path = export_path(config(), export.id, export.file_name)
    if not path.exists():
        raise Problem(EXPORT_NOT_FOUND, "The file of this export is gone.")
    return send_file(path, as_attachment=True, download_name=export.file_name)


def _get(project: str, form_id: str, export_id: str) -> tuple[Access, Form, Export]:
    with database().reading() as session:
        access = allow_program(session, "export", project)
        form = get_form(session, access.project.id, form_id)
        return access, form, get_export(session, export_id, form.id, access.who.actor, access.reach)


def _described(project: str, form_id: str, export: Export) -> dict[str, Any]:
    address = url_for("exports.get_export_file", project=project, form_id=form_id, export_id=export.id)
    return {
        "id": export.id,
        "state": export.state,
        "done": export.done,
        "total": export.total,
        "error": export.error,
        "created_at": export.created_at,
        "finished_at": export.finished_at,
        "url": address if export.state == "done" else None,
    }
