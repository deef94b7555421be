"""People who sign in on the pages: let in by the store, so that a test of something else needs no password."""

import hashlib
import hmac

import requests
from sqlalchemy.orm import Session

from surveyapp.people.accounts import create_team, fill_team, give_role, invite
from surveyapp.people.phones import assign_device, enrol_device
from surveyapp.people.projects import ensure_project
from surveyapp.people.tokens import hash_token, make_token
from surveyapp.store.accounts import find_account, get_account
from surveyapp.store.sessions import add_session
from surveyapp.store.teams import find_team, get_team
from surveyapp.store.teams import list_team_accounts as list_members
from tests.people import Phone, Survey, now


def person(
    survey: Survey,
    login: str,
    role: str | None = None,
    *,
    project: str = "default",
    team: str = "",
    operator: bool = False,
) -> str:
    """Let a person be there, with a role in a project and in a team; the sign-in name."""
    with survey.database.begin() as session:
        if find_account(session, login) is None:
            invite(session, login, login, now(), operator=operator)
        if role is not None:
            give_role(session, ensure_project(session, project, now()), login, role)
        if team:
            _join(session, project, team, login)
    return login


def _join(session: Session, project: str, name: str, login: str) -> None:
    owner = ensure_project(session, project, now())
    team = find_team(session, owner.id, name) or create_team(session, owner, name)
    present = list_members(session, team.id) | {get_account(session, login).id}
    logins = [one for one in (login,) if one] + [
        row[0] for row in session.execute(Survey.sql("SELECT login, id FROM accounts")) if row[1] in present
    ]
    fill_team(session, get_team(session, owner.id, name), sorted(set(logins)))


def team_phone(survey: Survey, name: str, login: str, team: str, project: str = "default") -> Phone:
    """A phone of a person and a team."""
    with survey.database.begin() as session:
        owner = ensure_project(session, project, now())
        if find_team(session, owner.id, team) is None:
            create_team(session, owner, team)
        token = enrol_device(session, owner, name, now())
        assign_device(session, owner, name, login, team)
    return Phone(f"{survey.url}/c/{token}")


def browser(survey: Survey, login: str | None) -> requests.Session:
    """A browser in which this person is signed in; it sends the token of its forms with each request."""
    http = requests.Session()
    http.trust_env = False
    if login is None:
        return http
    token = make_token()
    with survey.database.begin() as session:
        account = get_account(session, login)
        add_session(session, account.id, hash_token(token), "127.0.0.1", "test", now())
    http.cookies.set("surveyapp_session", token)
    key = f"{survey.config.secret_key}:csrf".encode()
    http.headers["X-CSRF-Token"] = hmac.new(key, token.encode(), hashlib.sha256).hexdigest()
    return http
