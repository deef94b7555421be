"""Who is asking, and may they: the one place that decides.

A phone brings its token in the path (`/c/<token>`), a program in `Authorization: Bearer`. Names with passwords
(Basic, Digest) will be decided here too.
"""

import secrets
import time
from typing import Final

from flask import request
from sqlalchemy.orm import Session

from surveyapp.people import hash_token
from surveyapp.problems import NOT_ALLOWED, NOT_SIGNED_IN, UNKNOWN_TOKEN, Problem
from surveyapp.store.devices import Device, find_api_token, find_device
from surveyapp.store.projects import Project
from surveyapp.web.current import database, surroundings

# Seconds.
ADMITTED_FOR: Final = 30
ADMITTED_AT_MOST: Final = 10_000


def get_device(session: Session, token: str) -> Device:
    """The phone with this token.

    Raises:
        Problem: UNKNOWN_TOKEN (403, which never makes ODK Collect ask for a password).
    """
    device = find_device(session, hash_token(token))
    if device is None or device.revoked_at is not None:
        raise Problem(UNKNOWN_TOKEN, "The address of the server holds a token that is unknown or was revoked.")
    return device


def admit_device(token: str) -> None:
    """Look at a token before the body of a request is read, so that strangers cannot make us read theirs.

    A phone that was let in a moment ago is not looked up again: who keeps what comes checks the token itself, in its
    transaction.

    Raises:
        Problem: UNKNOWN_TOKEN.
    """
    admitted = surroundings().admitted
    now = time.monotonic()
    if now - admitted.get(token, -ADMITTED_FOR) < ADMITTED_FOR:
        return
    with database().reading() as session:
        get_device(session, token)
    if len(admitted) >= ADMITTED_AT_MOST:
        admitted.clear()
    admitted[token] = now


def bearer() -> str:
    """The token of the Authorization header.

    Raises:
        Problem: NOT_SIGNED_IN.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Problem(NOT_SIGNED_IN, "The request carries no token.")
    return token.strip()


def get_api_project(session: Session, slug: str) -> Project:
    """The project `slug`, when the caller's API token is for it.

    Raises:
        Problem: NOT_SIGNED_IN; NOT_ALLOWED, also for a project that does not exist.
    """
    return _same(get_caller_project(session), slug)


def get_caller_project(session: Session) -> Project:
    """The project that the caller's API token is for.

    Raises:
        Problem: NOT_SIGNED_IN.
    """
    token = find_api_token(session, hash_token(bearer()))
    if token is None or token.revoked_at is not None:
        raise Problem(NOT_SIGNED_IN, "The token is unknown or was revoked.")
    return token.project


def get_sender(session: Session, slug: str) -> tuple[Project, Device | None]:
    """Who may send records to the project `slug`: one of its phones, or a program with its API token.

    Raises:
        Problem: NOT_SIGNED_IN, NOT_ALLOWED.
    """
    device = find_device(session, hash_token(bearer()))
    if device is not None and device.revoked_at is None:
        return _same(device.project, slug), device
    return get_api_project(session, slug), None


def _same(project: Project, slug: str) -> Project:
    if not secrets.compare_digest(project.slug.encode(), slug.encode()):
        raise Problem(NOT_ALLOWED, f"The token is not for the project {slug!r}.")
    return project
