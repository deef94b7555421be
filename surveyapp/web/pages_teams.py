"""The people of a project: who has which role, and who is in which team."""

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from sqlalchemy.orm import Session

from surveyapp.audit import note
from surveyapp.people.accounts import (
    create_team,
    fill_team,
    give_role,
    invite,
    make_link,
    may_be_helped,
    may_be_taken_in,
)
from surveyapp.people.rights import ROLES
from surveyapp.problems import ACCOUNT_NOT_FOUND, NOT_ALLOWED, NOT_VOUCHED, Problem
from surveyapp.sentences import say
from surveyapp.store.accounts import Account, find_account, find_role, list_members
from surveyapp.store.projects import Project
from surveyapp.store.teams import get_team_by_id, list_team_accounts, list_teams
from surveyapp.web.current import database, now
from surveyapp.web.identity import allow_person
from surveyapp.web.office import asked, done, render_refused
from surveyapp.web.pages_people import hand_over

pages_teams = Blueprint("teams", __name__, url_prefix="/p/<project>")


@pages_teams.get("/people")
def members(project: str) -> str:
    """The people of the project with their roles and teams."""
    return render_template("members.html", **_members(project))


def _members(project: str) -> dict[str, Any]:
    with database().reading() as session:
        owner = allow_person(session, "people", project).project
        found = list_members(session, owner.id)
        teams = [(team, list_team_accounts(session, team.id)) for team in list_teams(session, owner.id)]
        helped = {member.account.id for member in found if may_be_helped(session, owner, member.account)}
        return {"members": found, "teams": teams, "helped": helped, "roles_offered": list(ROLES)}


def _members_url(project: str) -> str:
    return url_for("teams.members", project=project)


@pages_teams.post("/people")
def invite_member(project: str) -> Response:
    """Give somebody a role here; who is not known to the server is invited."""

    def change(session: Session) -> tuple[Account, str] | None:
        access = allow_person(session, "people", project)
        login, role = asked("login").lower(), asked("role")
        known, invited = find_account(session, login), None
        if known is None:
            invited = invite(session, login, asked("name"), now(), email=asked("email"))
            note(session, access.who, "person.invited", at=now(), project=access.project.slug, subject=login)
        elif not (access.may("operate") or may_be_taken_in(session, access.project, known)):
            detail = say("{login!r} is on this server already, and was invited by somebody else.", login=login)
            raise Problem(NOT_VOUCHED, detail)
        give_role(session, access.project, login, role)
        note(session, access.who, "person.role", at=now(), project=project, subject=login, detail={"role": role})
        return invited

    try:
        invited = database().write(change)
    except Problem as refused:
        return render_refused("members.html", refused, **_members(project))
    if invited is None:
        return done(_members_url(project), "invited")
    return hand_over(*invited, _members_url(project))


@pages_teams.post("/people/<login>/role")
def change_role(project: str, login: str) -> Response:
    """Another role, or none."""

    def change(session: Session) -> None:
        access = allow_person(session, "people", project)
        _get_member(session, access.project, login)
        role = asked("role")
        give_role(session, access.project, login, None if role == "none" else role)
        note(session, access.who, "person.role", at=now(), project=project, subject=login, detail={"role": role})

    try:
        database().write(change)
    except Problem as refused:
        return render_refused("members.html", refused, **_members(project))
    return done(_members_url(project), "role")


@pages_teams.post("/people/<login>/link")
def link_member(project: str, login: str) -> Response:
    """A new link for a member who forgot the password, when an admin of the project may make one."""

    def change(session: Session) -> tuple[Account, str]:
        access = allow_person(session, "people", project)
        account = _get_member(session, access.project, login)
        if not (access.may("operate") or may_be_helped(session, access.project, account)):
            detail = say("{login!r} is an operator, or has a role in another project.", login=login)
            raise Problem(NOT_ALLOWED, detail, remedy="Ask an operator of the server.")
        secret = make_link(session, account, now())
        note(session, access.who, "person.link", at=now(), project=project, subject=login)
        return account, secret

    account, secret = database().write(change)
    return hand_over(account, secret, _members_url(project))


def _get_member(session: Session, project: Project, login: str) -> Account:
    """A person who has a role here: of others an admin learns nothing.

    Raises:
        Problem: ACCOUNT_NOT_FOUND.
    """
    account = find_account(session, login)
    if account is None or find_role(session, project.id, account.id) is None:
        raise Problem(ACCOUNT_NOT_FOUND, say("The project has no person {login!r}.", login=login))
    return account


# -- teams ------------------------------------------------------------------------------------------------------------
@pages_teams.post("/teams")
def add_team(project: str) -> Response:
    """A new team; then who is in it."""

    def change(session: Session) -> int:
        access = allow_person(session, "people", project)
        team = create_team(session, access.project, asked("team"))
        note(session, access.who, "team.added", at=now(), project=project, subject=team.name)
        return team.id

    try:
        team_id = database().write(change)
    except Problem as refused:
        return render_refused("members.html", refused, **_members(project))
    return done(url_for("teams.team", project=project, team_id=team_id), "team-added")


@pages_teams.get("/teams/<int:team_id>")
def team(project: str, team_id: int) -> str:
    """Who is in a team."""
    with database().reading() as session:
        owner = allow_person(session, "people", project).project
        found = get_team_by_id(session, owner.id, team_id)
        present = list_team_accounts(session, team_id)
        return render_template("team.html", team=found, present=present, members=list_members(session, owner.id))


@pages_teams.post("/teams/<int:team_id>")
def change_team(project: str, team_id: int) -> Response:
    """Let the people who were ticked, and no others, be in the team."""

    def change(session: Session) -> None:
        access = allow_person(session, "people", project)
        found = get_team_by_id(session, access.project.id, team_id)
        known = {member.account.login for member in list_members(session, access.project.id)}
        logins = sorted(known.intersection(request.form.getlist("people")))
        fill_team(session, found, logins)
        note(
            session, access.who, "team.filled", at=now(), project=project, subject=found.name, detail={"people": logins}
        )

    database().write(change)
    return done(_members_url(project), "team-filled")
