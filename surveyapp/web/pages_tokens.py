"""Programs that use the JSON API of a project: let in with scopes and an end, shut out."""

import datetime
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from sqlalchemy.orm import Session

from surveyapp.audit import note
from surveyapp.people.programs import SCOPES, grant_api_token, revoke_api_token
from surveyapp.problems import INVALID_NAME, Problem
from surveyapp.sentences import say
from surveyapp.store.devices import list_api_tokens
from surveyapp.web.current import database, now, public_url
from surveyapp.web.identity import allow_person
from surveyapp.web.office import asked, done, render_once, render_refused

pages_tokens = Blueprint("tokens", __name__, url_prefix="/p/<project>/tokens")
MOST_DAYS = 3650


@pages_tokens.get("")
def tokens(project: str) -> str:
    """The programs of the project; the secrets themselves are not kept."""
    return render_template("tokens.html", **_tokens(project))


def _tokens(project: str) -> dict[str, Any]:
    with database().reading() as session:
        owner = allow_person(session, "phones", project).project
        return {"tokens": list_api_tokens(session, owner.id), "scopes": SCOPES, "now": now(), "most_days": MOST_DAYS}


@pages_tokens.post("")
def add(project: str) -> Response:
    """Let a program in; its token is shown this once."""
    name, scopes = asked("name"), request.form.getlist("scopes")

    def change(session: Session) -> str:
        access = allow_person(session, "phones", project)
        days = _asked_days()
        until = None if days is None else now() + datetime.timedelta(days=days)
        token = grant_api_token(session, access.project, name, now(), scopes=scopes, expires_at=until)
        detail = {"scopes": scopes, "days": days}
        note(session, access.who, "token.added", at=now(), project=project, subject=name, detail=detail)
        return token

    try:
        token = database().write(change)
    except Problem as refused:
        return render_refused("tokens.html", refused, **_tokens(project))
    address = f"{public_url()}/api/v1/projects/{project}/forms"
    return render_once("token.html", token=token, name=name, address=address)


def _asked_days() -> int | None:
    text = asked("days")
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:9]) <= MOST_DAYS:
        raise Problem(
            INVALID_NAME,
            say("{text!r} days.", text=text),
            remedy=say("Take 1 to {most_days} days, or none.", most_days=MOST_DAYS),
        )
    return int(text)


@pages_tokens.post("/revoke")
def revoke(project: str) -> Response:
    """Shut a program out."""

    def change(session: Session) -> None:
        access = allow_person(session, "phones", project)
        revoke_api_token(session, access.project, asked("name"), now())
        note(session, access.who, "token.revoked", at=now(), project=project, subject=asked("name"))

    database().write(change)
    return done(url_for("tokens.tokens", project=project), "token-revoked")
