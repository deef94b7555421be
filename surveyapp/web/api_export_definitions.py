"""Options of exports under a name, over the JSON API: kept, listed, changed, deleted."""

from typing import Any

from sqlalchemy.orm import Session

from surveyapp.export.confirming import check_own_protection
from surveyapp.export.definitions import change_definition, drop_definition, save_definition
from surveyapp.store.export_definitions import ExportDefinition, list_export_definitions
from surveyapp.store.forms import get_form
from surveyapp.web.api_blueprint import ApiBlueprint
from surveyapp.web.current import database, now
from surveyapp.web.identity import allow_program
from surveyapp.web.notes import note_definition
from surveyapp.web.shapes_exports import ExportDefinitionIn, ExportDefinitionOut

api_export_definitions = ApiBlueprint(
    "export_definitions",
    __name__,
    url_prefix="/api/v1/projects/<project>/forms/<form_id>/export-definitions",
    description="Options of exports, kept under a name",
)


@api_export_definitions.route("", methods=["GET"])
@api_export_definitions.response(200, ExportDefinitionOut(many=True))
@api_export_definitions.refuses(404)
def get_definitions(project: str, form_id: str) -> list[ExportDefinition]:
    """Those of a form, by name."""
    with database().reading() as session:
        access = allow_program(session, "export", project)
        return list_export_definitions(session, get_form(session, access.project.id, form_id).id)


@api_export_definitions.route("", methods=["POST"])
@api_export_definitions.arguments(ExportDefinitionIn)
@api_export_definitions.response(201, ExportDefinitionOut)
@api_export_definitions.refuses(400, 404, 409, 422)
def post_definition(asked: dict[str, Any], project: str, form_id: str) -> ExportDefinition:
    """Keep options under a name."""

    def change(session: Session) -> ExportDefinition:
        access = allow_program(session, "export", project)
        form = get_form(session, access.project.id, form_id)
        check_own_protection(asked["options"], may_confirm=access.may("settings"))
        kept = save_definition(session, form, asked["name"], asked["options"], access.who.actor, now())
        note_definition(session, access, form, "export_definition.saved", kept, now())
        return kept

    return database().write(change)


@api_export_definitions.route("/<int:number>", methods=["PUT"])
@api_export_definitions.arguments(ExportDefinitionIn)
@api_export_definitions.response(200, ExportDefinitionOut)
@api_export_definitions.refuses(400, 404, 409, 422)
def put_definition(asked: dict[str, Any], project: str, form_id: str, number: int) -> ExportDefinition:
    """Give own ones other options, or another name; with a token that may change settings, any."""

    def change(session: Session) -> ExportDefinition:
        access = allow_program(session, "export", project)
        form = get_form(session, access.project.id, form_id)
        anybodys = access.may("settings")
        check_own_protection(asked["options"], may_confirm=anybodys)
        content = (asked["name"], asked["options"], access.who.actor)
        kept = change_definition(session, form, number, *content, anybodys=anybodys)
        note_definition(session, access, form, "export_definition.changed", kept, now())
        return kept

    return database().write(change)


@api_export_definitions.route("/<int:number>", methods=["DELETE"])
@api_export_definitions.response(200, ExportDefinitionOut)
@api_export_definitions.refuses(404)
def delete_definition(project: str, form_id: str, number: int) -> ExportDefinition:
    """Delete own ones; with a token that may change settings, any."""

    def change(session: Session) -> ExportDefinition:
        access = allow_program(session, "export", project)
        form = get_form(session, access.project.id, form_id)
        gone = drop_definition(session, form, number, access.who.actor, anybodys=access.may("settings"))
        note_definition(session, access, form, "export_definition.deleted", gone, now())
        return gone

    return database().write(change)
