"""Who is asking, and may they: the one place that decides.

    phones      a token in the path (/c/<token>), in `Authorization: Bearer`, or a name and password (Digest; Basic over
                https) at /collect
    programs    `Authorization: Bearer` at /api/
    people      a session cookie on the pages

What each may do stands in `surveyapp.people.rights`; whose submissions they reach goes from here into every question
to the store.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flask import g, request
from sqlalchemy.orm import Session

from surveyapp.audit import Who
from surveyapp.people.rights import (
    NO_RIGHTS,
    Permission,
    Rights,
    get_person_rights,
    get_phone_rights,
    get_program_rights,
)
from surveyapp.people.sealing import Seal
from surveyapp.people.signing import get_signed_in
from surveyapp.people.tokens import hash_token
from surveyapp.problems import NOT_ALLOWED, NOT_SIGNED_IN, UNKNOWN_TOKEN, Problem
from surveyapp.sentences import say
from surveyapp.store.devices import ApiToken, Device, find_api_token, find_device
from surveyapp.store.projects import Project, find_project
from surveyapp.store.reach import Reach
from surveyapp.store.sessions import SignedIn
from surveyapp.web.challenge import get_named_device
from surveyapp.web.cookies import SAFE, TOKEN_ROUTES, UPLOAD, session_token
from surveyapp.web.current import database, now, surroundings

# Seconds.
ADMITTED_FOR: Final = 30
ADMITTED_AT_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Access:
    """Somebody in a project: what they may do there, with whose submissions, and how the log names them."""

    project: Project
    rights: Rights
    who: Who
    device: Device | None = None

    @property
    def reach(self) -> Reach:
        """Whose submissions they may see."""
        return self.rights.reach

    def may(self, permission: Permission) -> bool:
        """Whether they may do this here."""
        return permission in self.rights.permissions


# -- phones at the OpenRosa door --------------------------------------------------------------------------------------
def get_device(session: Session, token: str) -> Device:
    """The phone with this token; for an empty token, the one that gives its name and password.

    Raises:
        Problem: UNKNOWN_TOKEN (403, which never makes ODK Collect ask for a password); NOT_SIGNED_IN.
    """
    if not token:
        return get_named_device(session)
    device = find_device(session, hash_token(token))
    if device is None or device.revoked_at is not None:
        raise Problem(UNKNOWN_TOKEN, "The address of the server holds a token that is unknown or was revoked.")
    return device


def admit_device(token: str) -> None:
    """Look at a token before the body of a request is read, so that strangers cannot make us read theirs.

    Raises:
        Problem: UNKNOWN_TOKEN, NOT_SIGNED_IN.
    """
    _admit(token, lambda session: get_device(session, token))


def _admit(secret: str, look: Callable[[Session], object]) -> None:
    """Whoever was let in with this secret a moment ago is not looked up again: who keeps what comes looks itself, in
    its transaction.
    """
    admitted = surroundings().admitted
    moment = time.monotonic()
    if secret and moment - admitted.get(secret, -ADMITTED_FOR) < ADMITTED_FOR:
        return
    with database().reading() as session:
        look(session)
    if len(admitted) >= ADMITTED_AT_MOST:
        admitted.clear()
    if secret:
        admitted[secret] = moment


# -- programs, and phones at the JSON API -----------------------------------------------------------------------------
def _bearer() -> str:
    """The token of the Authorization header.

    Raises:
        Problem: NOT_SIGNED_IN.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Problem(NOT_SIGNED_IN, "The request carries no token.")
    return token.strip()


def admit_program() -> None:
    """Look at the token of a program, or of a phone, before the body of its request is read.

    Raises:
        Problem: NOT_SIGNED_IN.
    """
    secret = hash_token(_bearer())

    def look(session: Session) -> None:
        device = find_device(session, secret)
        if device is None or device.revoked_at is not None:
            _live(find_api_token(session, secret))

    _admit(secret, look)


def _live(token: ApiToken | None) -> ApiToken:
    if token is None or token.revoked_at is not None:
        raise Problem(NOT_SIGNED_IN, "The token is unknown or was revoked.")
    if token.expires_at is not None and token.expires_at <= now():
        raise Problem(NOT_SIGNED_IN, say("The token expired at {time} UTC.", time=f"{token.expires_at:%Y-%m-%d %H:%M}"))
    return token


def allow_program(session: Session, permission: Permission, slug: str) -> Access:
    """The project `slug`, when the caller is a program, or a phone that wants to send, and may do this in it.

    Raises:
        Problem: NOT_SIGNED_IN; NOT_ALLOWED, also for a project that does not exist.
    """
    project = find_project(session, slug)
    secret = hash_token(_bearer())
    device = find_device(session, secret)
    if device is not None and device.revoked_at is None:
        rights = NO_RIGHTS if project is None else get_phone_rights(device, project)
        return _granted(project, rights, permission, Who(f"phone:{device.name}", address()), slug, device)
    token = _live(find_api_token(session, secret))
    rights = NO_RIGHTS if project is None else get_program_rights(token, project)
    return _granted(project, rights, permission, Who(f"program:{token.name}", address()), slug)


# -- people on the pages ----------------------------------------------------------------------------------------------
def find_person(session: Session) -> SignedIn | None:
    """Who is signed in, asked once a request."""
    if "signed_in" not in g:
        token = session_token()
        g.signed_in = None if token is None else get_signed_in(session, token, now())
    found: SignedIn | None = g.signed_in
    return found


def get_person(session: Session) -> SignedIn:
    """Who is signed in.

    Raises:
        Problem: NOT_SIGNED_IN, which on a page leads to the sign-in page.
    """
    found = find_person(session)
    if found is None:
        raise Problem(NOT_SIGNED_IN, "Nobody is signed in here, or not any more.", remedy="Sign in.")
    return found


def admit_upload() -> None:
    """Look at who asks before the files of a form are read: on the pages, strangers send none.

    Raises:
        Problem: NOT_SIGNED_IN.
    """
    if request.mimetype != UPLOAD or request.method in SAFE or request.path.startswith(TOKEN_ROUTES):
        return
    with database().reading() as session:
        get_person(session)


def who_is(signed_in: SignedIn) -> Who:
    """A person, as the log names them."""
    return Who(f"person:{signed_in.account.login}", address())


def allow_person(session: Session, permission: Permission, slug: str) -> Access:
    """The project `slug`, when the person who is signed in may do this in it.

    Raises:
        Problem: NOT_SIGNED_IN; NOT_ALLOWED, also for a project that does not exist.
    """
    signed_in = get_person(session)
    project = find_project(session, slug)
    rights = NO_RIGHTS if project is None else get_person_rights(session, signed_in.account, project)
    # For the frame around the page: its navigation, and the zone of its times.
    access = g.access = _granted(project, rights, permission, who_is(signed_in), slug)
    return access


def get_operator(session: Session) -> Who:
    """The operator who is signed in.

    Raises:
        Problem: NOT_SIGNED_IN, NOT_ALLOWED.
    """
    signed_in = get_person(session)
    if not signed_in.account.operator:
        raise Problem(NOT_ALLOWED, "Only an operator of the server may do this.")
    return who_is(signed_in)


def address() -> str:
    """From where the request comes."""
    return request.remote_addr or ""


def seal() -> Seal:
    """With what the secrets of second factors are closed."""
    return Seal(surroundings().config.secret_key)


def _granted(
    project: Project | None, rights: Rights, permission: Permission, who: Who, slug: str, device: Device | None = None
) -> Access:
    if project is None or permission not in rights.permissions:
        raise Problem(NOT_ALLOWED, say("You may not do this in the project {slug!r}.", slug=slug))
    return Access(project, rights, who, device)
