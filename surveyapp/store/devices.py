"""Phones and programs that may speak to us; only hashes of their tokens are kept."""

import datetime
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, bindparam, insert, select, update
from sqlalchemy.orm import Session

from surveyapp.problems import DEVICE_NOT_FOUND, Problem
from surveyapp.sentences import say
from surveyapp.store.people_tables import accounts, api_tokens, devices, projects, teams
from surveyapp.store.projects import COLUMNS, Project

d = devices.c
k = api_tokens.c


@dataclass(frozen=True, slots=True)
class Device:
    """A phone that may fetch forms and send submissions; whose it is, in which team, what it last was seen with."""

    project: Project
    id: int
    name: str
    created_at: datetime.datetime
    revoked_at: datetime.datetime | None
    account_id: int | None
    team_id: int | None
    username: str | None
    app: str
    submissions: int
    last_seen_at: datetime.datetime | None
    person: str | None
    team: str | None


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A program that may use the JSON API of one project."""

    project: Project
    id: int
    name: str
    created_at: datetime.datetime
    revoked_at: datetime.datetime | None
    expires_at: datetime.datetime | None
    scopes: frozenset[str]


DEVICE: Final = (
    d.id,
    d.name,
    d.created_at,
    d.revoked_at,
    d.account_id,
    d.team_id,
    d.username,
    d.app,
    d.submissions,
    d.last_seen_at,
    accounts.c.login.label("person"),
    teams.c.name.label("team"),
)


def _devices(*more: ColumnElement[Any]) -> Select[Any]:
    return (
        select(*DEVICE, *COLUMNS, *more)
        .join(projects, projects.c.id == d.project_id)
        .outerjoin(accounts, accounts.c.id == d.account_id)
        .outerjoin(teams, teams.c.id == d.team_id)
    )


FIND_DEVICE: Final = _devices().where(d.token_hash == bindparam("token_hash"))
FIND_NAMED: Final = _devices(d.ha1).where(d.username == bindparam("username"), d.revoked_at.is_(None))


def _device(row: Any) -> Device:
    return Device(Project(*row[len(DEVICE) : len(DEVICE) + len(COLUMNS)]), *row[: len(DEVICE)])


# -- phones -----------------------------------------------------------------------------------------------------------
def add_device(session: Session, project_id: int, name: str, token_hash: str, created_at: datetime.datetime) -> int:
    """A new device; its id."""
    values = {"project_id": project_id, "name": name, "token_hash": token_hash, "created_at": created_at}
    added: int = session.execute(insert(devices).values(values).returning(d.id)).scalar_one()
    return added


def find_device(session: Session, token_hash: str) -> Device | None:
    """The device with this token, revoked or not."""
    row = session.connection().execute(FIND_DEVICE, {"token_hash": token_hash}).one_or_none()
    return None if row is None else _device(row)


def find_named_device(session: Session, username: str) -> tuple[Device, str] | None:
    """The live device that signs in under this name, and its HA1."""
    row = session.connection().execute(FIND_NAMED, {"username": username}).one_or_none()
    return None if row is None or row.ha1 is None else (_device(row), row.ha1)


def get_live_device(session: Session, project_id: int, name: str) -> Device:
    """The live device called `name`.

    Raises:
        Problem: DEVICE_NOT_FOUND.
    """
    statement = _devices().where(d.project_id == project_id, d.name == name, d.revoked_at.is_(None))
    row = session.execute(statement).one_or_none()
    if row is None:
        raise Problem(DEVICE_NOT_FOUND, say("The project has no live device {name!r}.", name=name))
    return _device(row)


def get_device_by_id(session: Session, project_id: int, device_id: int) -> Device:
    """The device that a row of the project names, revoked or not.

    Raises:
        Problem: DEVICE_NOT_FOUND.
    """
    row = session.execute(_devices().where(d.project_id == project_id, d.id == device_id)).one_or_none()
    if row is None:
        raise Problem(DEVICE_NOT_FOUND, say("The project has no device {device_id}.", device_id=device_id))
    return _device(row)


def list_devices(session: Session, project_id: int) -> list[Device]:
    """All devices of a project by name, revoked ones too."""
    rows = session.execute(_devices().where(d.project_id == project_id).order_by(d.name, d.id))
    return [_device(row) for row in rows]


def mark_device(session: Session, device_id: int, **columns: Any) -> None:
    """Change columns of a device."""
    session.execute(update(devices).where(d.id == device_id).values(**columns))


SEEN: Final = (
    update(devices)
    .where(d.id == bindparam("device_id"))
    .values(
        last_seen_at=bindparam("at"),
        app=bindparam("app_now"),
        submissions=d.submissions + bindparam("more_submissions"),
    )
)


def mark_device_seen(
    session: Session, device_id: int, at: datetime.datetime, user_agent: str, submissions: int = 0
) -> None:
    """A phone asked for something, or sent so many new submissions; with which app is the first word of what it says
    of itself, as org.odk.collect.android/v2026.3.1.
    """
    app = user_agent.partition(" ")[0][:100]
    values = {"device_id": device_id, "at": at, "app_now": app, "more_submissions": submissions}
    session.connection().execute(SEEN, values)


# -- programs ---------------------------------------------------------------------------------------------------------
TOKEN: Final = (k.id, k.name, k.created_at, k.revoked_at, k.expires_at, k.scopes)


def _tokens() -> Select[Any]:
    return select(*TOKEN, *COLUMNS).join(projects, projects.c.id == k.project_id)


def _token(row: Any) -> ApiToken:
    number, name, created_at, revoked_at, expires_at, scopes, *project = row
    return ApiToken(Project(*project), number, name, created_at, revoked_at, expires_at, frozenset(scopes.split()))


def add_api_token(session: Session, project_id: int, name: str, token_hash: str, **columns: Any) -> int:
    """A new token for the JSON API, with its scopes, created_at and expires_at; its id."""
    values = {"project_id": project_id, "name": name, "token_hash": token_hash, **columns}
    added: int = session.execute(insert(api_tokens).values(values).returning(k.id)).scalar_one()
    return added


def find_api_token(session: Session, token_hash: str) -> ApiToken | None:
    """The API token with this hash, revoked or not."""
    row = session.execute(_tokens().where(k.token_hash == token_hash)).one_or_none()
    return None if row is None else _token(row)


def list_api_tokens(session: Session, project_id: int) -> list[ApiToken]:
    """All API tokens of a project by name, revoked ones too."""
    return [_token(row) for row in session.execute(_tokens().where(k.project_id == project_id).order_by(k.name, k.id))]


def mark_api_token_revoked(session: Session, project_id: int, name: str, at: datetime.datetime) -> int:
    """Close the door to the live API tokens called `name`; how many that were."""
    live = (k.project_id == project_id) & (k.name == name) & k.revoked_at.is_(None)
    return len(session.execute(update(api_tokens).where(live).values(revoked_at=at).returning(k.id)).all())
