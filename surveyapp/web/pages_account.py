"""The account of whoever is signed in: name, language, password, second factor, browsers."""

import base64
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from sqlalchemy.orm import Session

from surveyapp.audit import note
from surveyapp.people.accounts import change_password, change_profile, hash_new_password
from surveyapp.people.passwords import RULES, is_password
from surveyapp.people.settings_qr import draw_svg
from surveyapp.people.signing import (
    begin_attempt,
    end_other_sessions,
    end_session,
    forget_failures,
    make_totp_secret,
    remove_totp,
    set_totp,
    totp_address,
)
from surveyapp.problems import PASSWORD_WRONG, Problem
from surveyapp.store.accounts import list_roles
from surveyapp.store.sessions import SignedIn, list_sessions
from surveyapp.web.current import database, now
from surveyapp.web.i18n import COOKIE, LANGUAGES
from surveyapp.web.identity import address, get_person, seal, who_is
from surveyapp.web.office import asked, done, render_once, render_refused

pages_account = Blueprint("account", __name__, url_prefix="/account")


@pages_account.get("")
def account_page() -> str:
    """What the server knows of the person, and what they can change."""
    return render_template("account.html", **_account())


def _account() -> dict[str, Any]:
    with database().reading() as session:
        found = get_person(session)
        return {
            "me": found.account,
            "here": found.id,
            "sessions": list_sessions(session, found.account.id),
            "roles": list_roles(session, found.account.id),
            "languages_offered": list(LANGUAGES.items()),
            "password_rules": RULES,
        }


def _again(refused: Problem) -> Response:
    return render_refused("account.html", refused, **_account())


@pages_account.post("/profile")
def change_own_profile() -> Response:
    """Name, mail address, language of the pages."""
    language = asked("language") if asked("language") in LANGUAGES else ""

    def change(session: Session) -> None:
        found = get_person(session)
        change_profile(session, found.account, asked("name"), asked("email"), language)
        note(session, who_is(found), "person.profile", at=now(), subject=found.account.login)

    try:
        database().write(change)
    except Problem as refused:
        return _again(refused)
    response = done(url_for("account.account_page"), "saved")
    # What the language switch remembers in this browser would go before it.
    response.delete_cookie(COOKIE)
    return response


def _prove(password: str) -> SignedIn:
    """Who is signed in, once more by the password: whoever finds the browser open shall not take the account over.

    Raises:
        Problem: PASSWORD_WRONG, TOO_MANY_ATTEMPTS.
    """
    with database().reading() as session:
        found = get_person(session)
    attempt = database().write(lambda session: begin_attempt(session, found.account.login, address(), now(), seal()))
    if not is_password(attempt.secrets.password_hash, password):
        raise Problem(PASSWORD_WRONG, "The password that you have now is not right.")
    database().write(lambda session: forget_failures(session, attempt))
    return found


@pages_account.post("/password")
def change_own_password() -> Response:
    """A new password; the other browsers are signed out."""
    try:
        found = _prove(request.form.get("old", ""))
        hashed = hash_new_password(found.account, request.form.get("new", ""))
    except Problem as refused:
        return _again(refused)

    def change(session: Session) -> None:
        change_password(session, found, hashed, now())
        note(session, who_is(found), "person.password", at=now(), subject=found.account.login)

    database().write(change)
    return done(url_for("account.account_page"), "password")


# -- browsers ---------------------------------------------------------------------------------------------------------
@pages_account.post("/sessions/<int:number>/end")
def end_one_session(number: int) -> Response:
    """Sign out of one browser."""

    def change(session: Session) -> None:
        found = get_person(session)
        end_session(session, found, number, now())
        note(session, who_is(found), "session.ended", at=now(), detail={"session": number})

    database().write(change)
    return done(url_for("account.account_page"), "sessions")


@pages_account.post("/sessions/end-others")
def end_others() -> Response:
    """Sign out of all browsers but this one."""

    def change(session: Session) -> None:
        found = get_person(session)
        end_other_sessions(session, found, now())
        note(session, who_is(found), "session.ended", at=now(), detail={"session": "others"})

    database().write(change)
    return done(url_for("account.account_page"), "sessions")


# -- a second factor --------------------------------------------------------------------------------------------------
@pages_account.get("/totp")
def totp_form() -> Response:
    """A new secret, as a QR code and as text; it counts once a code of it was typed."""
    with database().reading() as session:
        found = get_person(session)
    return render_once("totp.html", **_of_secret(found, make_totp_secret()))


@pages_account.post("/totp")
def switch_totp_on() -> Response:
    """From now on a code is asked for as well."""
    secret = asked("secret")

    def change(session: Session) -> None:
        found = get_person(session)
        set_totp(session, found.account, secret, asked("code"), now(), seal())
        note(session, who_is(found), "person.totp_on", at=now(), subject=found.account.login)

    try:
        database().write(change)
    except Problem as refused:
        with database().reading() as session:
            found = get_person(session)
        return render_refused("totp.html", refused, **_of_secret(found, secret or make_totp_secret()))
    return done(url_for("account.account_page"), "totp-on")


def _of_secret(found: SignedIn, secret: str) -> dict[str, str]:
    drawn = draw_svg(totp_address(secret, found.account.login))
    return {"secret": secret, "qr": f"data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode()}"}


@pages_account.post("/totp/off")
def switch_totp_off() -> Response:
    """The password alone is enough again; it is asked for once more."""
    try:
        found = _prove(request.form.get("password", ""))
    except Problem as refused:
        return _again(refused)

    def change(session: Session) -> None:
        remove_totp(session, found.account)
        note(session, who_is(found), "person.totp_off", at=now(), subject=found.account.login)

    database().write(change)
    return done(url_for("account.account_page"), "totp-off")
