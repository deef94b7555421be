"""Commands for phones and for programs."""

import datetime
from pathlib import Path
from urllib.parse import urlsplit

import click
from sqlalchemy.orm import Session

from surveyapp.audit import note
from surveyapp.cli.tools import Tools, command_line, err, now, out, project_option
from surveyapp.config import LOOPBACK
from surveyapp.people.phones import (
    Credentials,
    assign_device,
    enrol_device,
    issue_credentials,
    revoke_device,
)
from surveyapp.people.programs import SCOPES, grant_api_token, revoke_api_token
from surveyapp.people.projects import ensure_project
from surveyapp.people.settings_qr import collect_settings, draw_png, draw_svg, encode_settings
from surveyapp.store.devices import list_api_tokens, list_devices
from surveyapp.store.projects import Project, get_project

# What an analyst needs; more is said.
READ_ONLY = ("read",)


@click.group("device")
def device_group() -> None:
    """Phones that may fetch forms and send submissions."""


def _note(session: Session, action: str, project: Project, name: str, **detail: object) -> None:
    note(session, command_line(), action, at=now(), project=project.slug, subject=name, detail=detail)


def _public_url(tools: Tools) -> str:
    return tools.config.public_url or "http://127.0.0.1:8000"


def _warn_of_loopback(tools: Tools) -> None:
    """Beside the address, not in it: scripts read the address."""
    if (urlsplit(_public_url(tools)).hostname or "") in LOOPBACK:
        err.print(
            "Phones cannot reach this address: it is this computer itself, for each phone too. Set"
            " SURVEYAPP_PUBLIC_URL to one that they can reach, and start the server so that it listens there"
            " (--host 0.0.0.0).",
            markup=False,
        )


@device_group.command("add")
@click.argument("name")
@click.option("--person", help="Sign-in name of the person who has the phone.")
@click.option("--team", help="Team to which the phone belongs.")
@project_option
@click.pass_obj
def device_add(tools: Tools, name: str, person: str | None, team: str | None, project: str) -> None:
    """Let a phone in; prints the server URL for it, this once."""
    with tools.database.begin() as session:
        owner = ensure_project(session, project, now())
        token = enrol_device(session, owner, name, now())
        if person or team:
            assign_device(session, owner, name, person, team)
        _note(session, "device.added", owner, name, person=person, team=team)
    out.print(f"{_public_url(tools)}/c/{token}", markup=False)
    _warn_of_loopback(tools)


@device_group.command("qr")
@click.argument("name")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--password", "by_password", is_flag=True, help="Let the phone sign in by name and password.")
@click.option("--again", is_flag=True, help="Also for a phone that is in use: it has to scan the new code.")
@project_option
@click.pass_obj
def device_qr(tools: Tools, name: str, target: Path, by_password: bool, again: bool, project: str) -> None:
    """Draw the settings code of ODK Collect for the phone NAME into TARGET, a .png or .svg; a new phone is let in.

    The code holds a new token and a new password; those that the phone had stop working.
    """
    with tools.database.begin() as session:
        owner = ensure_project(session, project, now())
        present = [one for one in list_devices(session, owner.id) if one.name == name and one.revoked_at is None]
        if present and present[0].last_seen_at is not None and not again:
            raise click.ClickException(
                f"The phone {name!r} is in use, and would have to scan the new code. If that is meant, say --again."
            )
        if not present:
            enrol_device(session, owner, name, now())
        credentials = issue_credentials(session, owner, name)
        _note(session, "device.credentials", owner, name, by_password=by_password)
    settings = collect_settings(_public_url(tools), credentials, name, owner.name, by_password=by_password)
    text = encode_settings(settings)
    target.write_bytes(draw_svg(text).encode() if target.suffix.lower() == ".svg" else draw_png(text))
    _say_credentials(tools, credentials)
    out.print(f"The settings code is in {target}.", markup=False)
    _warn_of_loopback(tools)


@device_group.command("password")
@click.argument("name")
@project_option
@click.pass_obj
def device_password(tools: Tools, name: str, project: str) -> None:
    """Make a new token and a new password for a phone that was lost or is set up by hand; prints them, this once."""
    with tools.database.begin() as session:
        owner = get_project(session, project)
        credentials = issue_credentials(session, owner, name)
        _note(session, "device.credentials", owner, name)
    _say_credentials(tools, credentials)


def _say_credentials(tools: Tools, credentials: Credentials) -> None:
    url = _public_url(tools)
    out.print(f"{url}/c/{credentials.token}", markup=False)
    out.print(f"or {url}/collect\tusername {credentials.username}\tpassword {credentials.password}", markup=False)


@device_group.command("assign")
@click.argument("name")
@click.option("--person", help="Sign-in name of the person who has the phone; without it, nobody's.")
@click.option("--team", help="Team to which the phone belongs; without it, none.")
@project_option
@click.pass_obj
def device_assign(tools: Tools, name: str, person: str | None, team: str | None, project: str) -> None:
    """Say whose phone it is and in which team; what it sends from now on is theirs."""
    with tools.database.begin() as session:
        owner = get_project(session, project)
        assign_device(session, owner, name, person, team)
        _note(session, "device.assigned", owner, name, person=person, team=team)
    out.print(f"Device {name}: {person or 'nobody'}, {team or 'no team'}.", markup=False)


@device_group.command("list")
@project_option
@click.pass_obj
def device_list(tools: Tools, project: str) -> None:
    """List the phones of a project."""
    with tools.database.reading() as session:
        for device in list_devices(session, get_project(session, project).id):
            seen = f"seen {device.last_seen_at:%Y-%m-%d %H:%M}" if device.last_seen_at else "never seen"
            whose = f"{device.person or '-'}\t{device.team or '-'}\t{device.submissions}\t{seen}\t{device.app}"
            out.print(f"{_line(device.name, device.created_at, device.revoked_at)}\t{whose}", markup=False)


@device_group.command("revoke")
@click.argument("name")
@project_option
@click.pass_obj
def device_revoke(tools: Tools, name: str, project: str) -> None:
    """Shut a phone out; what it sent stays."""
    with tools.database.begin() as session:
        owner = get_project(session, project)
        revoke_device(session, owner, name, now())
        _note(session, "device.revoked", owner, name)
    out.print(f"Device {name} is revoked.", markup=False)


@click.group("token")
def token_group() -> None:
    """Tokens for programs that use the JSON API."""


@token_group.command("add")
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES), help="What it may do; without it, read.")
@click.option("--days", type=click.IntRange(1, 3650), help="For how many days it works; without it, until revoked.")
@project_option
@click.pass_obj
def token_add(tools: Tools, name: str, scopes: tuple[str, ...], days: int | None, project: str) -> None:
    """Let a program use the JSON API of a project; prints its token, this once."""
    expires_at = None if days is None else now() + datetime.timedelta(days=days)
    with tools.database.begin() as session:
        owner = ensure_project(session, project, now())
        token = grant_api_token(session, owner, name, now(), scopes=scopes or READ_ONLY, expires_at=expires_at)
        _note(session, "token.added", owner, name, scopes=list(scopes or READ_ONLY), days=days)
    out.print(token, markup=False)


@token_group.command("list")
@project_option
@click.pass_obj
def token_list(tools: Tools, project: str) -> None:
    """List the tokens of a project; the secrets themselves are not kept."""
    with tools.database.reading() as session:
        for token in list_api_tokens(session, get_project(session, project).id):
            until = f"until {token.expires_at:%Y-%m-%d}" if token.expires_at else "no end"
            scopes = ",".join(scope for scope in SCOPES if scope in token.scopes)
            out.print(f"{_line(token.name, token.created_at, token.revoked_at)}\t{scopes}\t{until}", markup=False)


@token_group.command("revoke")
@click.argument("name")
@project_option
@click.pass_obj
def token_revoke(tools: Tools, name: str, project: str) -> None:
    """Shut a program out."""
    with tools.database.begin() as session:
        owner = get_project(session, project)
        revoke_api_token(session, owner, name, now())
        _note(session, "token.revoked", owner, name)
    out.print(f"Token {name} is revoked.", markup=False)


def _line(name: str, created_at: datetime.datetime, revoked_at: datetime.datetime | None) -> str:
    state = f"revoked {revoked_at:%Y-%m-%d %H:%M}" if revoked_at else "live"
    return f"{name}\t{created_at:%Y-%m-%d %H:%M}\t{state}"
