"""Projects, and the phones and programs that may speak to them."""

import datetime
import hashlib
import re
import secrets
from typing import Final

from sqlalchemy.orm import Session

from surveyapp.problems import (
    DEVICE_EXISTS,
    DEVICE_NOT_FOUND,
    INVALID_NAME,
    PROJECT_EXISTS,
    TOKEN_NOT_FOUND,
    Problem,
)
from surveyapp.store.devices import (
    add_api_token,
    add_device,
    list_devices,
    mark_api_token_revoked,
    mark_device_revoked,
)
from surveyapp.store.projects import Project, add_project, find_project, get_project

DEFAULT_PROJECT: Final = "default"
slug_text = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def hash_token(token: str) -> str:
    """What is kept of a token. Tokens are random and long, so that a plain SHA-256 cannot be searched."""
    return hashlib.sha256(token.encode()).hexdigest()


def make_token() -> str:
    """43 characters, 256 bits."""
    return secrets.token_urlsafe(32)


def create_project(session: Session, slug: str, name: str, timezone: str, now: datetime.datetime) -> Project:
    """A new project.

    Raises:
        Problem: INVALID_NAME, PROJECT_EXISTS.
    """
    if not slug_text.fullmatch(slug):
        detail = f"The project name {slug!r} is not lower-case letters, digits, dash and underscore, at most 40."
        raise Problem(INVALID_NAME, detail)
    if find_project(session, slug) is not None:
        raise Problem(PROJECT_EXISTS, f"There is a project {slug!r} already.")
    add_project(session, slug, name or slug, timezone, now)
    return get_project(session, slug)


def ensure_project(session: Session, slug: str, now: datetime.datetime) -> Project:
    """The project `slug`; the default project is made when it is first asked for.

    Raises:
        Problem: PROJECT_NOT_FOUND.
    """
    if slug == DEFAULT_PROJECT and find_project(session, slug) is None:
        return create_project(session, slug, "Default project", "", now)
    return get_project(session, slug)


def enrol_device(session: Session, project: Project, name: str, now: datetime.datetime) -> str:
    """Let a phone in; its secret token, which is shown this once and kept as a hash.

    Raises:
        Problem: INVALID_NAME, DEVICE_EXISTS.
    """
    if not name.strip() or len(name) > 100:
        raise Problem(INVALID_NAME, "A device needs a name of 1 to 100 characters.", remedy="Choose another name.")
    if any(device.name == name and device.revoked_at is None for device in list_devices(session, project.id)):
        raise Problem(DEVICE_EXISTS, f"The project has a device {name!r}.")
    token = make_token()
    add_device(session, project.id, name, hash_token(token), now)
    return token


def reissue_device(session: Session, project: Project, name: str, now: datetime.datetime) -> str:
    """A new secret token for the phone called `name`; what had the old one is shut out. A phone of a new name is let
    in.
    """
    mark_device_revoked(session, project.id, name, now)
    return enrol_device(session, project, name, now)


def revoke_device(session: Session, project: Project, name: str, now: datetime.datetime) -> None:
    """Shut a phone out; what it sent stays.

    Raises:
        Problem: DEVICE_NOT_FOUND.
    """
    if not mark_device_revoked(session, project.id, name, now):
        raise Problem(DEVICE_NOT_FOUND, f"The project has no live device {name!r}.")


def revoke_api_token(session: Session, project: Project, name: str, now: datetime.datetime) -> None:
    """Shut a program out.

    Raises:
        Problem: TOKEN_NOT_FOUND.
    """
    if not mark_api_token_revoked(session, project.id, name, now):
        raise Problem(TOKEN_NOT_FOUND, f"The project has no live token {name!r}.")


def grant_api_token(session: Session, project: Project, name: str, now: datetime.datetime) -> str:
    """Let a program use the JSON API of a project; its secret token, shown this once."""
    token = make_token()
    add_api_token(session, project.id, name, hash_token(token), now)
    return token
