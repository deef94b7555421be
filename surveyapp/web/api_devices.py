"""Phones over the JSON API: let in, given new credentials, given to people and teams, shut out."""

from typing import Any

from sqlalchemy.orm import Session

from surveyapp.audit import note
from surveyapp.people.phones import Credentials, add_devices, assign_device, issue_credentials, revoke_device
from surveyapp.people.settings_qr import collect_settings, encode_settings
from surveyapp.store.devices import Device, get_live_device, list_devices
from surveyapp.store.projects import Project
from surveyapp.web.api_blueprint import ApiBlueprint
from surveyapp.web.current import database, now, public_url
from surveyapp.web.identity import Access, allow_program
from surveyapp.web.shapes_devices import CredentialsOut, DeviceIn, DeviceOut, DevicesIn

api_devices = ApiBlueprint(
    "devices", __name__, url_prefix="/api/v1/projects/<project>/devices", description="Phones of a project"
)


@api_devices.route("", methods=["GET"])
@api_devices.response(200, DeviceOut(many=True))
@api_devices.refuses()
def get_devices(project: str) -> list[Device]:
    """The phones of the project by name, those that are shut out too."""
    with database().reading() as session:
        return list_devices(session, allow_program(session, "phones", project).project.id)


@api_devices.route("", methods=["POST"])
@api_devices.arguments(DevicesIn)
@api_devices.response(201, CredentialsOut(many=True))
@api_devices.refuses(400, 404, 409, 422)
def post_devices(wanted: dict[str, Any], project: str) -> list[dict[str, Any]]:
    """Let phones in, all or none; their secrets are given this once."""
    person, team = wanted["person"], wanted["team"]

    def change(session: Session) -> list[dict[str, Any]]:
        access = allow_program(session, "phones", project)
        cards = add_devices(session, access.project, wanted["names"], person, team, now())
        for name in wanted["names"]:
            _note(session, access, "device.added", name, person=person, team=team)
        return [_card(access.project, name, one) for name, one in zip(wanted["names"], cards, strict=True)]

    return database().write(change)


@api_devices.route("/<path:name>/credentials", methods=["POST"])
@api_devices.response(201, CredentialsOut)
@api_devices.refuses(404)
def post_credentials(project: str, name: str) -> dict[str, Any]:
    """New secrets for a phone, given this once; the former ones stop working."""

    def change(session: Session) -> dict[str, Any]:
        access = allow_program(session, "phones", project)
        card = issue_credentials(session, access.project, name)
        _note(session, access, "device.credentials", name)
        return _card(access.project, name, card)

    return database().write(change)


@api_devices.route("/<path:name>", methods=["PATCH"])
@api_devices.arguments(DeviceIn, required=False)
@api_devices.response(200, DeviceOut)
@api_devices.refuses(400, 404, 422)
def patch_device(wanted: dict[str, Any], project: str, name: str) -> Device:
    """Say whose phone it is and of which team; what the body does not name stays."""

    def change(session: Session) -> Device:
        access = allow_program(session, "phones", project)
        device = get_live_device(session, access.project.id, name)
        now_of = {"person": device.person, "team": device.team, **wanted}
        _note(session, access, "device.assigned", name, **now_of)
        return assign_device(session, access.project, name, now_of["person"], now_of["team"])

    return database().write(change)


@api_devices.route("/<path:name>", methods=["DELETE"])
@api_devices.response(204)
@api_devices.refuses(404)
def delete_device(project: str, name: str) -> None:
    """Shut a phone out; what it sent stays."""

    def change(session: Session) -> None:
        access = allow_program(session, "phones", project)
        revoke_device(session, access.project, name, now())
        _note(session, access, "device.revoked", name)

    database().write(change)


def _note(session: Session, access: Access, action: str, name: str, **detail: Any) -> None:
    note(session, access.who, action, at=now(), project=access.project.slug, subject=name, detail=detail)


def _card(project: Project, name: str, credentials: Credentials) -> dict[str, Any]:
    return {
        "name": name,
        "server_url": f"{public_url()}/c/{credentials.token}",
        "token": credentials.token,
        "username": credentials.username,
        "password": credentials.password,
        "settings_code": encode_settings(collect_settings(public_url(), credentials, name, project.name)),
        "web_url": f"{public_url()}/fill/#enrol={credentials.token}",
    }
