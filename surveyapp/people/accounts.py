"""People: invited, given roles, helped back in, shut out."""

import datetime
import re
from typing import Final

from sqlalchemy.orm import Session

from surveyapp.people.passwords import hash_password
from surveyapp.people.rights import ROLES
from surveyapp.people.tokens import hash_token, make_token
from surveyapp.problems import (
    ACCOUNT_EXISTS,
    INVALID_NAME,
    LAST_OPERATOR,
    LINK_EXPIRED,
    TEAM_EXISTS,
    Problem,
)
from surveyapp.sentences import say
from surveyapp.store.accounts import (
    Account,
    add_account,
    find_account,
    get_account,
    list_accounts,
    list_roles,
    mark_account,
    replace_role,
)
from surveyapp.store.projects import Project
from surveyapp.store.sessions import (
    SignedIn,
    add_link,
    find_link,
    mark_link_used,
    mark_sessions_ended,
    remove_links,
)
from surveyapp.store.teams import Team, add_team, find_team, replace_team_accounts

LINK_DAYS: Final = 7
FIRST_OPERATOR: Final = "operator"
login_text = re.compile(r"[a-z0-9][a-z0-9._+@-]{1,79}")
email_text = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+")


def invite(
    session: Session, login: str, name: str, now: datetime.datetime, *, operator: bool = False, email: str = ""
) -> tuple[Account, str]:
    """A new person, and the secret of the link with which they set their password.

    Raises:
        Problem: INVALID_NAME, ACCOUNT_EXISTS.
    """
    login = login.strip().lower()
    if not login_text.fullmatch(login):
        detail = say("The sign-in name {login!r} is not 2 to 80 letters, digits and . _ + @ -", login=login)
        raise Problem(INVALID_NAME, detail, remedy="Take the person's e-mail address, or a short name.")
    if find_account(session, login) is not None:
        raise Problem(ACCOUNT_EXISTS, say("There is a person {login!r} already.", login=login))
    account = add_account(session, login, name.strip() or login, operator=operator, created_at=now)
    _check_email(email.strip())
    address = email.strip() or (login if "@" in login else "")
    if address:
        mark_account(session, account.id, email=address)
    return get_account(session, login), make_link(session, account, now)


def ensure_operator(session: Session, now: datetime.datetime) -> str | None:
    """Where no operator can sign in yet: the secret of a new link that lets the first one in."""
    operators = [account for account in list_accounts(session) if account.operator]
    if any(account.has_password for account in operators):
        return None
    if operators:
        return make_link(session, operators[0], now)
    return invite(session, FIRST_OPERATOR, "Operator", now, operator=True)[1]


def make_link(session: Session, account: Account, now: datetime.datetime) -> str:
    """The secret of a link that works once: to set a first password, or a new one. Former links stop working."""
    token = make_token()
    add_link(session, account.id, hash_token(token), now, now + datetime.timedelta(days=LINK_DAYS))
    return token


def get_invited(session: Session, token: str, now: datetime.datetime) -> Account:
    """Whose link it is.

    Raises:
        Problem: LINK_EXPIRED.
    """
    account = find_link(session, hash_token(token), now)
    if account is None or account.disabled_at is not None:
        raise Problem(
            LINK_EXPIRED,
            say("The link was used, was replaced, or is older than {link_days} days.", link_days=LINK_DAYS),
        )
    return account


def use_link(session: Session, token: str, password_hash: str, now: datetime.datetime) -> Account:
    """Set the password by a link, which is used up; whoever was signed in as that person is signed out.

    Raises:
        Problem: LINK_EXPIRED.
    """
    account = get_invited(session, token, now)
    if not mark_link_used(session, hash_token(token), now):
        raise Problem(LINK_EXPIRED, "The link was used a moment ago.")
    mark_account(session, account.id, password_hash=password_hash)
    mark_sessions_ended(session, account.id, now)
    return account


def hash_new_password(account: Account, password: str) -> str:
    """The hash of a password that a person chose; takes a tenth of a second, so do it outside of a transaction.

    Raises:
        Problem: PASSWORD_WEAK.
    """
    return hash_password(password, account.login, account.name)


def disable_account(session: Session, login: str, now: datetime.datetime) -> None:
    """Shut a person out; what they did stays in the log.

    Raises:
        Problem: ACCOUNT_NOT_FOUND, LAST_OPERATOR.
    """
    account = get_account(session, login)
    _refuse_last_operator(session, account)
    mark_account(session, account.id, disabled_at=now)
    mark_sessions_ended(session, account.id, now)


def enable_account(session: Session, login: str) -> None:
    """Let a person in again.

    Raises:
        Problem: ACCOUNT_NOT_FOUND.
    """
    mark_account(session, get_account(session, login).id, disabled_at=None)


def set_operator(session: Session, login: str, *, operator: bool) -> None:
    """Let a person do everything, or no longer.

    Raises:
        Problem: ACCOUNT_NOT_FOUND, LAST_OPERATOR.
    """
    account = get_account(session, login)
    if not operator:
        _refuse_last_operator(session, account)
    mark_account(session, account.id, operator=operator)


def _refuse_last_operator(session: Session, account: Account) -> None:
    others = [o for o in list_accounts(session) if o.operator and o.disabled_at is None and o.id != account.id]
    if account.operator and not others:
        raise Problem(LAST_OPERATOR, say("{login!r} is the only operator.", login=account.login))


def change_profile(session: Session, account: Account, name: str, email: str, language: str) -> None:
    """What a person says of themselves.

    Raises:
        Problem: INVALID_NAME.
    """
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise Problem(INVALID_NAME, "A name has 1 to 100 characters.", remedy="Choose another name.")
    _check_email(email)
    mark_account(session, account.id, name=name.strip(), email=email, language=language)


def _check_email(email: str) -> None:
    if email and (not email_text.fullmatch(email) or len(email) > 200):
        raise Problem(
            INVALID_NAME, say("{email!r} is not an e-mail address.", email=email), remedy="Check the address."
        )


def change_password(session: Session, found: SignedIn, password_hash: str, now: datetime.datetime) -> None:
    """A new password for whoever is signed in; their other browsers are signed out."""
    mark_account(session, found.account.id, password_hash=password_hash)
    mark_sessions_ended(session, found.account.id, now, spare=found.id)


def may_be_helped(session: Session, project: Project, account: Account) -> bool:
    """Whether an admin of this project may make a link for a person: who has a link becomes that person, so it must
    be one who can do nothing outside of the project.
    """
    return not account.operator and set(list_roles(session, account.id)) == {project.slug}


def may_be_taken_in(session: Session, project: Project, account: Account) -> bool:
    """Whether an admin of this project may give a person a role in it: only who has one here already. Anybody else was
    invited elsewhere, by somebody who may have opened the link and knows the password; for them an operator vouches.
    """
    return project.slug in list_roles(session, account.id)


def give_role(session: Session, project: Project, login: str, role: str | None) -> None:
    """Give a person a role in a project, instead of the one they had; None takes it away.

    Whoever was invited elsewhere and has no password yet needs a new link then: somebody else may hold the one that was
    made before, and would come in here with it.

    Raises:
        Problem: ACCOUNT_NOT_FOUND, INVALID_NAME.
    """
    if role is not None and role not in ROLES:
        raise Problem(
            INVALID_NAME,
            say("There is no role {role!r}.", role=role),
            remedy=say("The roles are: {roles}.", roles=ROLES),
        )
    account = get_account(session, login)
    if not account.has_password and set(list_roles(session, account.id)) - {project.slug}:
        remove_links(session, account.id)
    replace_role(session, project.id, account.id, role)


def create_team(session: Session, project: Project, name: str) -> Team:
    """A new team of a project.

    Raises:
        Problem: INVALID_NAME, TEAM_EXISTS.
    """
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise Problem(INVALID_NAME, "A team needs a name of 1 to 100 characters.", remedy="Choose another name.")
    if find_team(session, project.id, name) is not None:
        raise Problem(TEAM_EXISTS, say("The project has a team {name!r}.", name=name))
    return add_team(session, project.id, name)


def fill_team(session: Session, team: Team, logins: list[str]) -> None:
    """Let these people, and no others, be in the team.

    Raises:
        Problem: ACCOUNT_NOT_FOUND.
    """
    replace_team_accounts(session, team.id, {get_account(session, login).id for login in logins})
