"""Phones and programs that may speak to us; only hashes of their tokens are kept."""

import datetime
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from surveyapp.store.projects import COLUMNS, Project
from surveyapp.store.tables import api_tokens, devices, projects


@dataclass(frozen=True, slots=True)
class Device:
    """A phone that may fetch forms and send submissions."""

    id: int
    name: str
    project: Project
    created_at: datetime.datetime
    revoked_at: datetime.datetime | None


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A program that may use the JSON API of one project."""

    id: int
    name: str
    project: Project
    created_at: datetime.datetime
    revoked_at: datetime.datetime | None


def _select(table: Table):  # type: ignore[no-untyped-def]  # the type of a select over two tables cannot be written down
    return select(table.c.id, table.c.name, table.c.created_at, table.c.revoked_at, *COLUMNS).join(
        projects, projects.c.id == table.c.project_id
    )


FIND_DEVICE: Final[Any] = _select(devices).where(devices.c.token_hash == bindparam("token_hash"))


def add_device(session: Session, project_id: int, name: str, token_hash: str, created_at: datetime.datetime) -> int:
    """A new device; its id."""
    return _add(session, devices, project_id, name, token_hash, created_at)


def add_api_token(session: Session, project_id: int, name: str, token_hash: str, created_at: datetime.datetime) -> int:
    """A new token for the JSON API; its id."""
    return _add(session, api_tokens, project_id, name, token_hash, created_at)


def _add(session: Session, table: Table, project_id: int, name: str, token_hash: str, at: datetime.datetime) -> int:
    added: int = session.execute(
        insert(table)
        .values(project_id=project_id, name=name, token_hash=token_hash, created_at=at)
        .returning(table.c.id)
    ).scalar_one()
    return added


def find_device(session: Session, token_hash: str) -> Device | None:
    """The device with this token, revoked or not."""
    row = session.connection().execute(FIND_DEVICE, {"token_hash": token_hash}).one_or_none()
    return None if row is None else Device(row[0], row[1], Project(*row[4:]), row[2], row[3])


def find_api_token(session: Session, token_hash: str) -> ApiToken | None:
    """The API token with this hash, revoked or not."""
    row = session.execute(_select(api_tokens).where(api_tokens.c.token_hash == token_hash)).one_or_none()
    return None if row is None else ApiToken(row[0], row[1], Project(*row[4:]), row[2], row[3])


def list_devices(session: Session, project_id: int) -> list[Device]:
    """All devices of a project by name, revoked ones too."""
    rows = session.execute(
        _select(devices).where(devices.c.project_id == project_id).order_by(devices.c.name, devices.c.id)
    )
    return [Device(row[0], row[1], Project(*row[4:]), row[2], row[3]) for row in rows]


def list_api_tokens(session: Session, project_id: int) -> list[ApiToken]:
    """All API tokens of a project by name, revoked ones too."""
    t = api_tokens.c
    rows = session.execute(_select(api_tokens).where(t.project_id == project_id).order_by(t.name, t.id))
    return [ApiToken(row[0], row[1], Project(*row[4:]), row[2], row[3]) for row in rows]


def mark_device_revoked(session: Session, project_id: int, name: str, at: datetime.datetime) -> int:
    """Close the door to the live device called `name`; how many that were."""
    return _mark_revoked(session, devices, project_id, name, at)


def mark_api_token_revoked(session: Session, project_id: int, name: str, at: datetime.datetime) -> int:
    """Close the door to the live API tokens called `name`; how many that were."""
    return _mark_revoked(session, api_tokens, project_id, name, at)


def _mark_revoked(session: Session, table: Table, project_id: int, name: str, at: datetime.datetime) -> int:
    live = (table.c.project_id == project_id) & (table.c.name == name) & table.c.revoked_at.is_(None)
    return len(session.execute(update(table).where(live).values(revoked_at=at).returning(table.c.id)).all())
