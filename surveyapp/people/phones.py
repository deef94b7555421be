"""Phones: let in, given to a person and a team, given a name and password, shut out.

Three ways in, one identity. The token goes into the server's address (ODK Collect) or into `Authorization: Bearer` (the
web app); a name and password are for clients that ask for them (Digest, and Basic over https).
"""

import datetime
import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from surveyapp.people.tokens import hash_token, make_token
from surveyapp.problems import DEVICE_EXISTS, INVALID_NAME, Problem
from surveyapp.sentences import say
from surveyapp.store.accounts import get_account
from surveyapp.store.devices import (
    Device,
    add_device,
    find_named_device,
    get_live_device,
    list_devices,
    mark_device,
    mark_device_seen,
)
from surveyapp.store.projects import Project
from surveyapp.store.reach import Reach
from surveyapp.store.teams import get_team

REALM: Final = "surveyapp"
LONGEST_NAME: Final = 100
# Without letters and digits that are taken for one another.
ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
# 16 of 31 signs: 79 bits, which can be typed and not guessed, also by whoever has HA1.
PASSWORD_GROUPS: Final = 4
PASSWORD_GROUP: Final = 4
SEEN_EVERY: Final = datetime.timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is written on the card of a phone, shown once."""

    token: str
    username: str
    password: str


def hash_ha1(username: str, password: str) -> str:
    """What Digest authentication compares with: MD5 of username:realm:password (RFC 7616)."""
    return hashlib.md5(f"{username}:{REALM}:{password}".encode(), usedforsecurity=False).hexdigest()


def enrol_device(session: Session, project: Project, name: str, now: datetime.datetime) -> str:
    """Let a phone in; its secret token, which is shown this once and kept as a hash.

    Raises:
        Problem: INVALID_NAME, DEVICE_EXISTS.
    """
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise Problem(INVALID_NAME, "A device needs a name of 1 to 100 characters.", remedy="Choose another name.")
    if any(device.name == name and device.revoked_at is None for device in list_devices(session, project.id)):
        raise Problem(DEVICE_EXISTS, say("The project has a device {name!r}.", name=name))
    token = make_token()
    add_device(session, project.id, name, hash_token(token), now)
    return token


def issue_credentials(session: Session, project: Project, name: str) -> Credentials:
    """A new token, and a new password, for the live phone called `name`; the former ones stop working at once.

    This is what a lost phone, or a card that was seen by others, needs: who the phone is and what it sent stays.

    Raises:
        Problem: DEVICE_NOT_FOUND.
    """
    device = get_live_device(session, project.id, name)
    username = device.username or _free_username(session, name)
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(PASSWORD_GROUP)) for _ in range(PASSWORD_GROUPS))
    credentials = Credentials(make_token(), username, "-".join(groups))
    mark_device(
        session,
        device.id,
        token_hash=hash_token(credentials.token),
        username=username,
        ha1=hash_ha1(username, credentials.password),
    )
    return credentials


def is_known_to(reach: Reach, device: Device) -> bool:
    """Whether somebody of this reach may know of the phone: it is in one of their teams, or their own."""
    mine = reach.account_id is not None and device.account_id == reach.account_id
    return reach.everything or device.team_id in reach.team_ids or mine


def add_devices(
    session: Session,
    project: Project,
    names: Sequence[str],
    person: str | None,
    team: str | None,
    now: datetime.datetime,
) -> list[Credentials]:
    """Let many phones in at once, all of one person and team; what is written on the card of each, in their order.

    Raises:
        Problem: INVALID_NAME, DEVICE_EXISTS (naming each), ACCOUNT_NOT_FOUND, TEAM_NOT_FOUND; none is let in then.
    """
    if not names:
        raise Problem(INVALID_NAME, "No phone was named.", remedy="Give at least one name.")
    present = {device.name for device in list_devices(session, project.id) if device.revoked_at is None}
    taken = [name for name in names if name in present]
    if taken:
        raise Problem(DEVICE_EXISTS, say("The project has these devices: {names}.", names=taken[:10]))
    cards = []
    for name in names:
        enrol_device(session, project, name, now)
        if person or team:
            assign_device(session, project, name, person, team)
        cards.append(issue_credentials(session, project, name))
    return cards


def _free_username(session: Session, name: str) -> str:
    """A sign-in name like the phone's name, in ASCII: clients do not agree on the encoding of others."""
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:30] or "phone"
    username, number = stem, 1
    while find_named_device(session, username) is not None:
        number += 1
        username = f"{stem}-{number}"
    return username


def reissue_device(session: Session, project: Project, name: str, now: datetime.datetime) -> str:
    """A new secret token for the phone called `name`; what had the old one is shut out. A phone of a new name is let
    in.
    """
    if any(device.name == name and device.revoked_at is None for device in list_devices(session, project.id)):
        return issue_credentials(session, project, name).token
    return enrol_device(session, project, name, now)


def assign_device(session: Session, project: Project, name: str, person: str | None, team: str | None) -> Device:
    """Say whose phone it is and to which team it belongs; what it sends from now on is theirs.

    Raises:
        Problem: DEVICE_NOT_FOUND, ACCOUNT_NOT_FOUND, TEAM_NOT_FOUND.
    """
    device = get_live_device(session, project.id, name)
    account_id = None if person is None else get_account(session, person).id
    team_id = None if team is None else get_team(session, project.id, team).id
    mark_device(session, device.id, account_id=account_id, team_id=team_id)
    return get_live_device(session, project.id, name)


def is_news(device: Device, now: datetime.datetime) -> bool:
    """Whether it is time to keep that the phone was seen."""
    return device.last_seen_at is None or now - device.last_seen_at > SEEN_EVERY


def note_device(session: Session, device: Device, user_agent: str, now: datetime.datetime) -> None:
    """Keep that the phone was seen, and with which app."""
    mark_device_seen(session, device.id, now, user_agent)


def revoke_device(session: Session, project: Project, name: str, now: datetime.datetime) -> None:
    """Shut a phone out; what it sent stays.

    Raises:
        Problem: DEVICE_NOT_FOUND.
    """
    mark_device(session, get_live_device(session, project.id, name).id, revoked_at=now)
