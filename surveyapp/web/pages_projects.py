"""Projects: which there are, how one begins, and what it is called."""

import zoneinfo
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, render_template, url_for
from sqlalchemy.orm import Session

from surveyapp.audit import note
from surveyapp.people.phones import is_known_to
from surveyapp.people.projects import change_project, create_project
from surveyapp.people.rights import get_person_rights
from surveyapp.problems import Problem
from surveyapp.store.accounts import list_roles
from surveyapp.store.devices import list_devices
from surveyapp.store.exports import list_exports
from surveyapp.store.forms import Form, list_forms
from surveyapp.store.listing import Filter, list_submissions
from surveyapp.store.mentions import Mention, list_mentions
from surveyapp.store.projects import Project, list_projects
from surveyapp.store.sessions import SignedIn
from surveyapp.web.current import config, database, now
from surveyapp.web.identity import Access, allow_person, get_operator, get_person
from surveyapp.web.office import asked, done, project_url, render_refused

pages_projects = Blueprint("projects", __name__)


def list_own(session: Session, found: SignedIn) -> list[tuple[Any, str]]:
    """The projects that a person may enter, each with the role there ("operator" where that is what lets them in)."""
    roles = list_roles(session, found.account.id)
    other = "operator" if found.account.operator else None
    with_roles = [(project, roles.get(project.slug, other)) for project in list_projects(session)]
    return [(project, role) for project, role in with_roles if role is not None]


def list_named(session: Session, found: SignedIn, projects: Sequence[Project]) -> list[tuple[str, Mention]]:
    """The remarks that name a person in some projects and wait for them, each with the short name of its project."""
    return [
        (project.slug, one)
        for project in projects
        if (rights := get_person_rights(session, found.account, project)).permissions & {"see"}
        for one in list_mentions(session, project.id, found.account.id, rights.reach)
    ]


@pages_projects.get("/projects")
def list_all() -> str:
    """The projects of whoever is signed in."""
    return render_template("projects.html", **_projects())


def _projects() -> dict[str, Any]:
    with database().reading() as session:
        found = get_person(session)
        own = list_own(session, found)
        return {"own": own, "named": list_named(session, found, [project for project, _ in own]), **_zones()}


def _zones() -> dict[str, Any]:
    names = sorted(name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/"))
    return {"zones": ["UTC", *names], "zone_of_server": config().timezone.key}


@pages_projects.post("/projects")
def add_project() -> Response:
    """A new project."""
    slug = asked("slug").lower()

    def change(session: Session) -> None:
        who = get_operator(session)
        name, timezone = asked("name"), asked("timezone")
        create_project(session, slug, name, timezone, now())
        detail = {"name": name, "timezone": timezone}
        note(session, who, "project.added", at=now(), project=slug, subject=slug, detail=detail)

    try:
        database().write(change)
    except Problem as refused:
        return render_refused("projects.html", refused, **_projects())
    return done(project_url(slug), "project-added")


@pages_projects.get("/p/<project>")
def overview(project: str) -> str:
    """Where the project stands, and what comes next."""
    with database().reading() as session:
        access = allow_person(session, "enter", project)
        forms = list_forms(session, access.project.id)
        named = list_named(session, get_person(session), [access.project])
        return render_template("overview.html", forms=forms, named=named, **_state(session, access, forms))


def _state(session: Session, access: Access, forms: list[Form]) -> dict[str, Any]:
    known = [one for one in list_devices(session, access.project.id) if is_known_to(access.reach, one)]
    phones = [one for one in known if one.revoked_at is None]
    return {
        "phones": len(phones),
        "phones_seen": sum(one.last_seen_at is not None for one in phones),
        # What phones counted themselves: a count of the submissions would take longer the more there are.
        "sent": sum(one.submissions for one in known),
        "received": any(list_submissions(session, form.id, access.reach, Filter(), limit=1) for form in forms),
        "exported": any(list_exports(session, form.id) for form in forms),
    }


@pages_projects.get("/p/<project>/settings")
def settings(project: str) -> str:
    """What the project is called, and in which zone its times are written."""
    return render_template("project_settings.html", **_settings(project))


def _settings(project: str) -> dict[str, Any]:
    with database().reading() as session:
        return {"changed": allow_person(session, "settings", project).project, **_zones()}


@pages_projects.post("/p/<project>/settings")
def change_settings(project: str) -> Response:
    """Change both."""

    def change(session: Session) -> None:
        access = allow_person(session, "settings", project)
        name, timezone = asked("name"), asked("timezone")
        change_project(session, access.project, name, timezone)
        detail = {"name": name, "timezone": timezone}
        note(session, access.who, "project.changed", at=now(), project=project, subject=project, detail=detail)

    try:
        database().write(change)
    except Problem as refused:
        return render_refused("project_settings.html", refused, **_settings(project))
    return done(url_for("projects.settings", project=project), "saved")
