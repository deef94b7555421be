"""Forms over the JSON API."""

from dataclasses import asdict
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from surveyapp.assess import assess
from surveyapp.export.named_figures import list_named_rows
from surveyapp.indicators.listing import describe
from surveyapp.problems import BAD_REQUEST, Problem
from surveyapp.publish import Published, prepare_form, publish, set_form_state
from surveyapp.store.findings import count_findings
from surveyapp.store.forms import (
    Form,
    get_definition,
    get_form,
    get_form_version,
    get_xform,
    list_form_versions,
    list_forms,
)
from surveyapp.store.submissions import count_rules
from surveyapp.web.api_blueprint import ApiBlueprint
from surveyapp.web.current import config, database, files, now
from surveyapp.web.identity import allow_program
from surveyapp.web.multipart import part_name, read_part
from surveyapp.web.notes import note_form_state, note_published
from surveyapp.web.shapes import (
    ChangeOut,
    FormFindingsOut,
    FormOut,
    FormStateIn,
    IndicatorsIn,
    IndicatorsOut,
    PublishedOut,
)
from surveyapp.xform.changes import list_changes

api_forms = ApiBlueprint(
    "forms", __name__, url_prefix="/api/v1/projects/<project>/forms", description="Forms and their versions"
)


@api_forms.route("", methods=["GET"])
@api_forms.response(200, FormOut(many=True))
@api_forms.refuses()
def get_forms(project: str) -> list[dict[str, Any]]:
    """List the forms of the project."""
    with database().reading() as session:
        owner = allow_program(session, "enter", project).project
        return [_described(session, form) for form in list_forms(session, owner.id)]


@api_forms.route("", methods=["POST"])
@api_forms.doc(
    requestBody={
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "XLSForm or XForm XML."},
                        "media": {"type": "array", "items": {"type": "string", "format": "binary"}},
                    },
                }
            }
        },
    }
)
@api_forms.response(201, PublishedOut)
@api_forms.alt_response(200, schema=PublishedOut, description="This version was published before.")
@api_forms.refuses(400, 409, 413, 422)
def post_form(project: str) -> Any:
    """Publish a form: part `file`, and a part `media` for each file it needs."""
    with database().reading() as session:
        access = allow_program(session, "forms", project)
    form_file = request.files.get("file")
    if form_file is None:
        raise Problem(BAD_REQUEST, "The upload has no part `file`.")
    content = _whole(form_file)
    media = {part_name(part): _whole(part) for part in request.files.getlist("media")}
    prepared = prepare_form(content, part_name(form_file), now())

    def change(session: Session) -> Published:
        published = publish(session, files(), access.project, prepared, media, now())
        if published.fresh:
            note_published(session, access, published, now())
        return published

    published = database().write(change)
    body = {
        "form_id": published.form.form_id,
        "version": published.version.version,
        "fresh": published.fresh,
        "findings": [asdict(finding) for finding in published.findings],
    }
    return body, 201 if published.fresh else 200


@api_forms.route("/<form_id>", methods=["GET"])
@api_forms.response(200, FormOut)
@api_forms.refuses(404)
def get_one_form(project: str, form_id: str) -> dict[str, Any]:
    """One form with its versions."""
    with database().reading() as session:
        owner = allow_program(session, "enter", project).project
        return _described(session, get_form(session, owner.id, form_id))


@api_forms.route("/<form_id>", methods=["PATCH"])
@api_forms.arguments(FormStateIn)
@api_forms.response(200, FormOut)
@api_forms.refuses(400, 404, 422)
def patch_form(wanted: dict[str, str], project: str, form_id: str) -> dict[str, Any]:
    """Close a form (phones no longer list it, filled records are still taken) or open it again."""

    def change(session: Session) -> dict[str, Any]:
        access = allow_program(session, "forms", project)
        form = get_form(session, access.project.id, form_id)
        set_form_state(session, form, wanted["state"])
        note_form_state(session, access, form, wanted["state"], now())
        return _described(session, get_form(session, form.project_id, form_id))

    return database().write(change)


@api_forms.route("/<form_id>/versions/<version>/xform", methods=["GET"])
@api_forms.response(200, {"type": "string", "format": "binary"}, content_type="text/xml")
@api_forms.refuses(404)
def get_version_xform(project: str, form_id: str, version: str) -> Response:
    """The XForm of a version, byte for byte as phones get it."""
    with database().reading() as session:
        form = get_form(session, allow_program(session, "enter", project).project.id, form_id)
        content = get_xform(session, get_form_version(session, form, version))
    return Response(content, content_type="text/xml; charset=utf-8")


@api_forms.route("/<form_id>/findings", methods=["GET"])
@api_forms.response(200, FormFindingsOut)
@api_forms.refuses(404)
def get_form_findings(project: str, form_id: str) -> dict[str, Any]:
    """Count what looks wrong in the submissions of a form, and the rules that held, were broken, could not be
    checked.
    """
    with database().reading() as session:
        form = get_form(session, allow_program(session, "see", project).project.id, form_id)
        counts, rules = count_findings(session, form.id), count_rules(session, form.id)
    listed = [{"check": check, "severity": severity, "count": count} for (check, severity), count in counts.items()]
    return {
        "counts": sorted(listed, key=lambda one: (one["check"], one["severity"])),
        "rules_ok": rules.ok,
        "rules_violated": rules.violated,
        "rules_not_checkable": rules.not_checkable,
    }


@api_forms.route("/<form_id>/indicators", methods=["GET"])
@api_forms.arguments(IndicatorsIn, location="query")
@api_forms.response(200, IndicatorsOut)
@api_forms.refuses(404, 422)
def get_indicators(wanted: dict[str, str], project: str, form_id: str) -> dict[str, Any]:
    """Compute the indicators of the catalogue from the clean answers of the current submissions, or with
    `?answers=raw` from those that were sent; small cells are masked.
    """
    with database().reading() as session:
        form = get_form(session, allow_program(session, "export", project).project.id, form_id)
        found = assess(session, files(), form, raw=wanted["answers"] == "raw")
        rows = list(list_named_rows(session, form, found, wanted["by"]))
    return {"answers": wanted["answers"], **describe(found), "rows": rows}


@api_forms.route("/<form_id>/changes/<old>/<new>", methods=["GET"])
@api_forms.response(200, ChangeOut(many=True))
@api_forms.refuses(404)
def get_changes(project: str, form_id: str, old: str, new: str) -> list[dict[str, Any]]:
    """What changed between two versions."""
    with database().reading() as session:
        form = get_form(session, allow_program(session, "enter", project).project.id, form_id)
        before, after = (get_definition(session, get_form_version(session, form, name)) for name in (old, new))
    return [asdict(change) for change in list_changes(before, after)]


def _described(session: Session, form: Form) -> dict[str, Any]:
    versions = [asdict(version) for version in list_form_versions(session, form)]
    return {"form_id": form.form_id, "title": form.title, "state": form.state, "versions": versions}


def _whole(part: FileStorage) -> bytes:
    return read_part(part, config().max_upload_mb * 1_000_000)
