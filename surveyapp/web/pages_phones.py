"""The phones of a project: let in, handed over with a card, given to people and teams, shut out."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, render_template, url_for
from sqlalchemy.orm import Session

from surveyapp.audit import note
from surveyapp.config import LOOPBACK
from surveyapp.people.phone_names import MOST_AT_ONCE, app_title, number_names, read_names
from surveyapp.people.phones import (
    Credentials,
    add_devices,
    assign_device,
    is_known_to,
    issue_credentials,
    revoke_device,
)
from surveyapp.people.settings_qr import collect_settings, draw_svg, encode_settings
from surveyapp.problems import DEVICE_NOT_FOUND, Problem
from surveyapp.sentences import say
from surveyapp.store.accounts import list_members
from surveyapp.store.devices import Device, get_device_by_id, list_devices
from surveyapp.store.projects import Project
from surveyapp.store.teams import list_teams
from surveyapp.web.current import database, now, public_url
from surveyapp.web.identity import Access, allow_person
from surveyapp.web.office import asked, done, render_once, render_refused

pages_phones = Blueprint("phones", __name__, url_prefix="/p/<project>/phones")


@dataclass(frozen=True, slots=True)
class Card:
    """What goes with a phone, shown once: both codes as images, and what stands in them to type."""

    name: str
    whose: str
    server_url: str
    username: str
    password: str
    settings_image: str
    web_url: str
    web_image: str


def make_card(device_name: str, whose: str, project: Project, credentials: Credentials) -> Card:
    """The card of one phone."""
    settings = collect_settings(public_url(), credentials, device_name, project.name)
    # What follows # stays in the browser: the token is in no log.
    web_url = f"{public_url()}/fill/#enrol={credentials.token}"
    return Card(
        device_name,
        whose,
        f"{public_url()}/c/{credentials.token}",
        credentials.username,
        credentials.password,
        _image(encode_settings(settings)),
        web_url,
        _image(web_url),
    )


def _image(text: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(draw_svg(text).encode()).decode()}"


@pages_phones.get("")
def phones(project: str) -> str:
    """The phones that the reader may know of: an admin all, a supervisor those of the teams, an enumerator the own."""
    with database().reading() as session:
        access = allow_person(session, "see", project)
        found = [one for one in list_devices(session, access.project.id) if is_known_to(access.reach, one)]
    live = [one for one in found if one.revoked_at is None]
    revoked = [one for one in found if one.revoked_at is not None]
    return render_template("phones.html", live=live, revoked=revoked, app_title=app_title)


@pages_phones.get("/add")
def add_form(project: str) -> str:
    """Asks for one phone or many."""
    return render_template("phones_add.html", **_choices(project))


def _choices(project: str) -> dict[str, Any]:
    with database().reading() as session:
        owner = allow_person(session, "phones", project).project
        return {
            "people_options": [(one.account.login, one.account.name) for one in list_members(session, owner.id)],
            "team_options": [(team.name, team.name) for team in list_teams(session, owner.id)],
            "most": MOST_AT_ONCE,
        }


@pages_phones.post("/add")
def add(project: str) -> Response:
    """Let them in; their cards are shown this once."""
    with database().reading() as session:
        access = allow_person(session, "phones", project)
    person, team = asked("person") or None, asked("team") or None

    def change(session: Session) -> list[Credentials]:
        owner = allow_person(session, "phones", project).project
        cards = add_devices(session, owner, names, person, team, now())
        for name in names:
            _note(session, access, "device.added", name, person=person, team=team)
        return cards

    try:
        names = _asked_names()
        credentials = database().write(change)
    except Problem as refused:
        return render_refused("phones_add.html", refused, **_choices(project))
    whose = " · ".join(filter(None, (team, person)))
    cards = [make_card(name, whose, access.project, one) for name, one in zip(names, credentials, strict=True)]
    return _show_cards(project, cards)


def _asked_names() -> list[str]:
    listed = read_names(asked("names"))
    if listed:
        return listed
    count, first = asked("count") or "1", asked("first") or "1"
    return number_names(asked("pattern"), _number(count), _number(first))


def _number(text: str) -> int:
    """The number, or -1, which no field takes."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else -1


def _show_cards(project: str, cards: Sequence[Card]) -> Response:
    back = url_for("phones.phones", project=project)
    # A phone that asks this address asks itself.
    unreachable = (urlsplit(public_url()).hostname or "") in LOOPBACK
    return render_once(
        "phone_cards.html", cards=cards, back=back, collect_url=f"{public_url()}/collect", unreachable=unreachable
    )


# -- one phone --------------------------------------------------------------------------------------------------------
@pages_phones.get("/<int:device_id>")
def phone(project: str, device_id: int) -> str:
    """One phone, and what can be done about it."""
    with database().reading() as session:
        access = allow_person(session, "phones", project)
        found = get_device_by_id(session, access.project.id, device_id)
    return render_template("phone.html", device=found, app_title=app_title, **_choices(project))


def _change(
    project: str, device_id: int, action: str, job: Callable[[Session, Access, Device], Any], **detail: Any
) -> tuple[Any, Access, Device]:
    """What `job` gives, after it was done with a phone that is not shut out, and written down.

    Raises:
        Problem: DEVICE_NOT_FOUND, and those of `job`.
    """

    def change(session: Session) -> tuple[Any, Access, Device]:
        access = allow_person(session, "phones", project)
        device = get_device_by_id(session, access.project.id, device_id)
        if device.revoked_at is not None:
            raise Problem(
                DEVICE_NOT_FOUND, say("{name!r} is shut out.", name=device.name), remedy="Let a new phone in."
            )
        given = job(session, access, device)
        _note(session, access, action, device.name, **detail)
        return given, access, device

    return database().write(change)


def _note(session: Session, access: Access, action: str, name: str, **detail: Any) -> None:
    note(session, access.who, action, at=now(), project=access.project.slug, subject=name, detail=detail)


@pages_phones.post("/<int:device_id>/assign")
def assign(project: str, device_id: int) -> Response:
    """Say whose phone it is, and of which team."""
    person, team = asked("person") or None, asked("team") or None

    def job(session: Session, access: Access, device: Device) -> None:
        assign_device(session, access.project, device.name, person, team)

    _change(project, device_id, "device.assigned", job, person=person, team=team)
    return done(url_for("phones.phone", project=project, device_id=device_id), "phone-assigned")


@pages_phones.post("/<int:device_id>/credentials")
def issue(project: str, device_id: int) -> Response:
    """A new card, for a phone that was lost or whose card others saw; the former one stops working."""

    def job(session: Session, access: Access, device: Device) -> Credentials:
        return issue_credentials(session, access.project, device.name)

    credentials, access, device = _change(project, device_id, "device.credentials", job)
    whose = " · ".join(filter(None, (device.team, device.person)))
    return _show_cards(project, [make_card(device.name, whose, access.project, credentials)])


@pages_phones.post("/<int:device_id>/revoke")
def revoke(project: str, device_id: int) -> Response:
    """Shut a phone out."""

    def job(session: Session, access: Access, device: Device) -> None:
        revoke_device(session, access.project, device.name, now())

    _change(project, device_id, "device.revoked", job)
    return done(url_for("phones.phones", project=project), "phone-revoked")
