"""Signing in and out, and the link with which a person sets a password.

The secret of a link stands in its address: `logs.py` takes it out of what is logged, and Referrer-Policy keeps it from
other sites.
"""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from surveyapp.audit import Who, note
from surveyapp.people.accounts import get_invited, hash_new_password, use_link
from surveyapp.people.passwords import RULES
from surveyapp.people.signing import begin_attempt, end_session, finish_attempt, open_session
from surveyapp.problems import SIGN_IN_FAILED, Problem
from surveyapp.store.accounts import Account
from surveyapp.web.cookies import csrf_token, set_session
from surveyapp.web.cookies import end_session as forget_session
from surveyapp.web.current import database, now
from surveyapp.web.identity import address, find_person, get_person, seal, who_is
from surveyapp.web.office import asked, done, render_refused

pages_sign_in = Blueprint("sign_in", __name__)


def own_path(wish: str) -> str:
    """Where a person goes after signing in: `wish` when it is a path of this server, else the first page.

    Browsers read "//host" and "/\\host" as another host, and drop tabs and line ends before they look.
    """
    plain = wish.startswith("/") and wish.isprintable() and "\\" not in wish
    return wish if plain and not wish.startswith("//") else "/"


@pages_sign_in.get("/sign-in")
def sign_in_form() -> Response | str:
    """The form; whoever is signed in goes on."""
    with database().reading() as session:
        found = find_person(session)
    wanted = own_path(asked("next"))
    if found is not None:
        return _go(wanted)
    return render_template("sign_in.html", next=wanted, csrf_token=csrf_token())


@pages_sign_in.post("/sign-in")
def sign_in() -> Response:
    """One answer for all that can be wrong: it tells nobody who has an account here."""
    login, code, wanted = asked("login"), asked("code"), own_path(asked("next"))
    try:
        token = _try(login, request.form.get("password", ""), code)
    except Problem as refused:
        return render_refused("sign_in.html", refused, login=login, next=wanted, csrf_token=csrf_token())
    response = _go(wanted)
    set_session(response, token)
    return response


def _try(login: str, password: str, code: str) -> str:
    """The token of the new session.

    Raises:
        Problem: SIGN_IN_FAILED, TOO_MANY_ATTEMPTS.
    """
    attempt = database().write(lambda session: begin_attempt(session, login, address(), now(), seal()))
    # Takes a tenth of a second, which no transaction should last.
    if not attempt.is_right(password, code):
        raise Problem(SIGN_IN_FAILED, "The name, the password or the code is not right.")

    def finish(session: Session) -> str:
        token = finish_attempt(session, attempt, code, address(), _user_agent(), seal())
        note(session, Who(f"person:{login.lower()}", address()), "session.started", at=attempt.at)
        return token

    return database().write(finish)


@pages_sign_in.post("/sign-out")
def sign_out() -> Response:
    """Sign out of this browser."""

    def change(session: Session) -> None:
        found = get_person(session)
        end_session(session, found, found.id, now())
        note(session, who_is(found), "session.ended", at=now())

    database().write(change)
    response = done(url_for("start.start"), "signed-out")
    forget_session(response)
    return response


# -- the link that works once -----------------------------------------------------------------------------------------
@pages_sign_in.get("/link/<secret>")
def link_form(secret: str) -> str:
    """Asks for a password. Looking at the link does not use it up: mail programs look at links, too."""
    with database().reading() as session:
        account = get_invited(session, secret, now())
    return render_template("link.html", **_of_link(account))


@pages_sign_in.post("/link/<secret>")
def use_link_form(secret: str) -> Response:
    """Set the password and sign in; who has a second factor still has to show it."""
    with database().reading() as session:
        account = get_invited(session, secret, now())
    try:
        hashed = hash_new_password(account, request.form.get("password", ""))
    except Problem as refused:
        return render_refused("link.html", refused, **_of_link(account))

    def change(session: Session) -> str:
        owner = use_link(session, secret, hashed, now())
        who = Who(f"person:{owner.login}", address())
        note(session, who, "person.password", at=now(), subject=owner.login)
        if owner.has_totp:
            return ""
        note(session, who, "session.started", at=now())
        return open_session(session, owner, address(), _user_agent(), now())

    token = database().write(change)
    response = _go("/" if token else url_for("sign_in.sign_in_form"))
    if token:
        set_session(response, token)
    return response


def _of_link(account: Account) -> dict[str, object]:
    shown = "show" in request.args
    return {"invited": account, "shown": shown, "password_rules": RULES, "csrf_token": csrf_token()}


def _user_agent() -> str:
    return request.headers.get("User-Agent", "").replace("\0", "")


def _go(path: str) -> Response:
    return redirect(path, 303)  # type: ignore[return-value]  # werkzeug's response is Flask's here
