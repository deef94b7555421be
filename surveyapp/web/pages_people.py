"""All people of the server, for its operators: invited, helped back in, shut out."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, render_template, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session

from surveyapp.audit import note
from surveyapp.mail import send_mail
from surveyapp.people.accounts import (
    LINK_DAYS,
    disable_account,
    enable_account,
    invite,
    make_link,
    set_operator,
)
from surveyapp.people.signing import remove_totp
from surveyapp.problems import Problem
from surveyapp.store.accounts import Account, get_account, list_accounts, list_roles
from surveyapp.web.current import config, database, now, public_url
from surveyapp.web.identity import get_operator
from surveyapp.web.office import asked, done, render_once, render_refused

pages_people = Blueprint("people", __name__, url_prefix="/people")


def hand_over(account: Account, secret: str, back: str) -> Response:
    """Send the link with which a person sets a password; without a mail server, show it this once."""
    link = f"{public_url()}/link/{secret}"
    text = gettext("With this link, which works once, you set your password:")
    if send_mail(config(), account.email, gettext("Your account at surveyapp"), f"{text}\n\n{link}\n"):
        return done(back, "mailed")
    return render_once("handover.html", invited=account, link=link, back=back, days=LINK_DAYS)


@pages_people.get("")
def all_people() -> str:
    """Everybody, with their roles."""
    return render_template("people.html", **_people())


def _people() -> dict[str, Any]:
    with database().reading() as session:
        get_operator(session)
        return {"people": [(account, list_roles(session, account.id)) for account in list_accounts(session)]}


@pages_people.post("")
def invite_person() -> Response:
    """A new person, who gets a link."""

    def change(session: Session) -> tuple[Account, str]:
        who = get_operator(session)
        operator = bool(asked("operator"))
        account, secret = invite(session, asked("login"), asked("name"), now(), operator=operator, email=asked("email"))
        note(session, who, "person.invited", at=now(), subject=account.login, detail={"operator": operator})
        return account, secret

    try:
        account, secret = database().write(change)
    except Problem as refused:
        return render_refused("people.html", refused, **_people())
    return hand_over(account, secret, url_for("people.all_people"))


@pages_people.get("/<login>")
def one_person(login: str) -> str:
    """One person, and what an operator can do for them."""
    with database().reading() as session:
        get_operator(session)
        account = get_account(session, login)
        return render_template("person.html", one=account, roles=list_roles(session, account.id))


def _change(login: str, action: str, job: Callable[[Session, Account], object], code: str, **detail: Any) -> Response:
    def change(session: Session) -> None:
        who = get_operator(session)
        job(session, get_account(session, login))
        note(session, who, action, at=now(), subject=login, detail=detail)

    database().write(change)
    return done(url_for("people.one_person", login=login), code)


@pages_people.post("/<login>/link")
def link_person(login: str) -> Response:
    """A new link, for who forgot the password or lost the invitation."""

    def change(session: Session) -> tuple[Account, str]:
        who = get_operator(session)
        account = get_account(session, login)
        secret = make_link(session, account, now())
        note(session, who, "person.link", at=now(), subject=login)
        return account, secret

    account, secret = database().write(change)
    return hand_over(account, secret, url_for("people.one_person", login=login))


@pages_people.post("/<login>/disable")
def disable_person(login: str) -> Response:
    """Shut a person out, everywhere and at once."""
    return _change(
        login, "person.disabled", lambda session, one: disable_account(session, one.login, now()), "disabled"
    )


@pages_people.post("/<login>/enable")
def enable_person(login: str) -> Response:
    """Let a person in again."""
    return _change(login, "person.enabled", lambda session, one: enable_account(session, one.login), "enabled")


@pages_people.post("/<login>/operator")
def make_operator(login: str) -> Response:
    """Let a person do everything, or no longer."""
    operator = asked("operator") == "yes"
    return _change(
        login,
        "person.operator",
        lambda session, one: set_operator(session, one.login, operator=operator),
        "role",
        operator=operator,
    )


@pages_people.post("/<login>/totp-off")
def take_totp_away(login: str) -> Response:
    """For who lost the phone with the authenticator app."""
    return _change(login, "person.totp_off", remove_totp, "totp-off")
