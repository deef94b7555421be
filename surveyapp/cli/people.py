"""Commands for projects, phones and tokens."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from surveyapp.cli.tools import Tools, now, out, project_option
from surveyapp.people import (
    create_project,
    enrol_device,
    ensure_project,
    grant_api_token,
    revoke_api_token,
    revoke_device,
)
from surveyapp.store.devices import ApiToken, Device, list_api_tokens, list_devices
from surveyapp.store.projects import get_project, list_projects


@click.group("project")
def project_group() -> None:
    """Projects own forms, devices and data."""


@project_group.command("add")
@click.argument("slug")
@click.option("--name", default="", help="The name for people.")
@click.option("--timezone", default="", help="Zone in which exports write times, as Asia/Shanghai.")
@click.pass_obj
def project_add(tools: Tools, slug: str, name: str, timezone: str) -> None:
    """Make a project; SLUG is its short name in addresses."""
    if timezone:
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise click.BadParameter(f"there is no time zone {timezone!r}", param_hint="--timezone") from error
    with tools.database.begin() as session:
        create_project(session, slug, name, timezone, now())
    out.print(f"Project {slug} is there.", markup=False)


@project_group.command("list")
@click.pass_obj
def project_list(tools: Tools) -> None:
    """List the projects."""
    with tools.database.reading() as session:
        for project in list_projects(session):
            out.print(f"{project.slug}\t{project.name}\t{project.timezone or tools.config.timezone.key}", markup=False)


@click.group("device")
def device_group() -> None:
    """Phones that may fetch forms and send submissions."""


@device_group.command("add")
@click.argument("name")
@project_option
@click.pass_obj
def device_add(tools: Tools, name: str, project: str) -> None:
    """Let a phone in; prints the server URL for it, this once."""
    with tools.database.begin() as session:
        token = enrol_device(session, ensure_project(session, project, now()), name, now())
    out.print(f"{tools.config.public_url or 'http://127.0.0.1:8000'}/c/{token}", markup=False)


@device_group.command("list")
@project_option
@click.pass_obj
def device_list(tools: Tools, project: str) -> None:
    """List the phones of a project."""
    with tools.database.reading() as session:
        for device in list_devices(session, get_project(session, project).id):
            out.print(_line(device), markup=False)


@device_group.command("revoke")
@click.argument("name")
@project_option
@click.pass_obj
def device_revoke(tools: Tools, name: str, project: str) -> None:
    """Shut a phone out; what it sent stays."""
    with tools.database.begin() as session:
        revoke_device(session, get_project(session, project), name, now())
    out.print(f"Device {name} is revoked.", markup=False)


@click.group("token")
def token_group() -> None:
    """Tokens for programs that use the JSON API."""


@token_group.command("add")
@click.argument("name")
@project_option
@click.pass_obj
def token_add(tools: Tools, name: str, project: str) -> None:
    """Let a program use the JSON API of a project; prints its token, this once."""
    with tools.database.begin() as session:
        out.print(grant_api_token(session, ensure_project(session, project, now()), name, now()), markup=False)


@token_group.command("list")
@project_option
@click.pass_obj
def token_list(tools: Tools, project: str) -> None:
    """List the tokens of a project; the secrets themselves are not kept."""
    with tools.database.reading() as session:
        for token in list_api_tokens(session, get_project(session, project).id):
            out.print(_line(token), markup=False)


@token_group.command("revoke")
@click.argument("name")
@project_option
@click.pass_obj
def token_revoke(tools: Tools, name: str, project: str) -> None:
    """Shut a program out."""
    with tools.database.begin() as session:
        revoke_api_token(session, get_project(session, project), name, now())
    out.print(f"Token {name} is revoked.", markup=False)


def _line(door: Device | ApiToken) -> str:
    state = f"revoked {door.revoked_at:%Y-%m-%d %H:%M}" if door.revoked_at else "live"
    return f"{door.name}\t{door.created_at:%Y-%m-%d %H:%M}\t{state}"
