"""The cookies of the pages, and the token that each form of a page carries back (CSRF).

The session cookie holds a random token, whose hash names a row: signing out works on the server. Whoever is not signed
in has a cookie for the visit, so that the sign-in form is protected as well.
"""

import hmac
import secrets
from typing import Final

from flask import Flask, Response, current_app, g, request

from surveyapp.problems import FORGED_REQUEST, Problem

SESSION: Final = "surveyapp_session"
VISIT: Final = "surveyapp_visit"
FIELD: Final = "csrf"
HEADER: Final = "X-CSRF-Token"
UPLOAD: Final = "multipart/form-data"
SAFE: Final = ("GET", "HEAD", "OPTIONS")
# Here a token in the request says who asks; cookies say nothing.
TOKEN_ROUTES: Final = ("/api/", "/c/", "/collect")
# Bytes of a form without files, which strangers may send as well: it is read into memory.
LONGEST_FORM: Final = 2_000_000


def register_cookies(app: Flask) -> None:
    """Ask every form of a page for its token, and give visitors their cookie."""
    app.before_request(refuse_forged)
    app.after_request(_keep_visit)


def _name(name: str) -> str:
    """Browsers keep a `__Host-` cookie to this host, and to https."""
    return f"__Host-{name}" if request.is_secure else name


def session_token() -> str | None:
    """The token of the session cookie."""
    return request.cookies.get(_name(SESSION))


def set_session(response: Response, token: str) -> None:
    """Sign this browser in."""
    _set(response, SESSION, token)


def end_session(response: Response) -> None:
    """Forget the session in this browser; and whatever else it keeps of our pages."""
    response.delete_cookie(_name(SESSION), path="/", secure=request.is_secure, httponly=True, samesite="Lax")


def _set(response: Response, name: str, value: str) -> None:
    response.set_cookie(_name(name), value, path="/", secure=request.is_secure, httponly=True, samesite="Lax")


def csrf_token() -> str:
    """What a form of a page sends back, in the field `csrf` or in the header X-CSRF-Token."""
    bound_to = session_token() or request.cookies.get(_name(VISIT)) or g.get("visit")
    if bound_to is None:
        bound_to = g.visit = secrets.token_urlsafe(24)
    key = f"{current_app.secret_key!s}:csrf".encode()
    return hmac.new(key, bound_to.encode(), "sha256").hexdigest()


def _keep_visit(response: Response) -> Response:
    if "visit" in g:
        _set(response, VISIT, g.visit)
    return response


def refuse_forged() -> None:
    """Another site may make a browser send a form to us, with our cookies; it cannot read our pages.

    Raises:
        Problem: FORGED_REQUEST.
    """
    if request.method in SAFE or request.path.startswith(TOKEN_ROUTES) or request.routing_exception is not None:
        return
    if request.mimetype != UPLOAD:
        request.max_content_length = LONGEST_FORM
    given = request.headers.get(HEADER) or request.form.get(FIELD, "")
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise Problem(FORGED_REQUEST, "The form was sent from another site.")
    if not hmac.compare_digest(given.encode(), csrf_token().encode()):
        raise Problem(FORGED_REQUEST, "The form does not carry the token of this browser.")
