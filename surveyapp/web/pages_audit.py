"""The log of what was changed, by whom: of a project for its admins, of the whole server for operators."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session

from surveyapp.audit import verify_audit
from surveyapp.store.audit import list_audit_lines
from surveyapp.web.current import database
from surveyapp.web.identity import allow_person, get_operator
from surveyapp.web.office import asked

pages_audit = Blueprint("audit", __name__)
LINES = 50


@pages_audit.get("/p/<project>/audit")
def project_log(project: str) -> str:
    """What was changed in a project."""
    with database().reading() as session:
        access = allow_person(session, "audit", project)
        return render_template("audit.html", whole=False, **_page(session, access.project.slug))


@pages_audit.get("/audit")
def server_log() -> str:
    """What was changed anywhere."""
    with database().reading() as session:
        get_operator(session)
        return render_template("audit.html", whole=True, **_page(session, None))


@pages_audit.get("/audit/verify")
def verify() -> str:
    """Whether the lines still hang together; the head, to be noted elsewhere."""
    noted = asked("head") or None
    with database().reading() as session:
        get_operator(session)
        return render_template("audit_verified.html", found=verify_audit(session, noted), noted=noted)


def _page(session: Session, project: str | None) -> dict[str, Any]:
    before = asked("before")
    lines = list_audit_lines(
        session,
        limit=LINES + 1,
        project=project,
        actor=asked("actor") or None,
        action=asked("action") or None,
        before=int(before) if before.isascii() and before.isdecimal() and len(before) < 18 else None,
    )
    kept = {name: asked(name) for name in ("actor", "action") if asked(name)}
    older = f"{request.path}?{urlencode({**kept, 'before': lines[LINES - 1].id})}" if len(lines) > LINES else ""
    newest = f"{request.path}?{urlencode(kept)}" if before else ""
    return {
        "lines": lines[:LINES],
        "older": older,
        "newest": newest,
        "actor": asked("actor"),
        "action": asked("action"),
    }
