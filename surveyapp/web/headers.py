"""Headers for the safety of whoever looks at an answer in a browser, and the names under which we let us be asked."""

import mimetypes
from typing import Final

from flask import Flask, Response, request

from surveyapp.config import Config
from surveyapp.problems import UNKNOWN_HOST, Problem
from surveyapp.sentences import say

# Of our pages.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# Of a page with the preview of a form in it.
FRAMING: Final = f"{POLICY}; frame-src 'self'"
ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    # No other site is told where somebody came from: the secret of a phone is in its address.
    "Referrer-Policy": "no-referrer",
    # For browsers that do not know frame-ancestors.
    "X-Frame-Options": "DENY",
    # What the phone web app asks for: photos, sound, position.
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# For whatever is no page of ours: a form or a record is XML, in which a browser would run scripts, and anybody may have
# written it. Nothing in it is loaded, run or sent, and it is of no origin.
SEALED: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
# Media of forms that a client shows or plays, and lists that it reads.
SHOWN: Final = ("image/", "audio/", "video/")
READ: Final = ("text/csv", "text/xml", "application/xml", "application/json", "application/geo+json")
# A year. Not for the other names of the domain, which are not ours.
HSTS: Final = "max-age=31536000"


def use_headers(app: Flask, config: Config, policy: str) -> None:
    """Put the headers on every answer of `app`, `policy` as the Content-Security-Policy of its pages; refuse unknown
    names.
    """
    if config.allowed_hosts:
        app.before_request(lambda: _refuse_unknown_host(config.allowed_hosts))

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in ALWAYS.items():
            response.headers.setdefault(name, value)
        is_page = response.mimetype == "text/html"
        response.headers.setdefault("Content-Security-Policy", policy if is_page else SEALED)
        if request.is_secure or config.public_url.startswith("https://"):
            response.headers.setdefault("Strict-Transport-Security", HSTS)
        return response


def type_of_media(name: str) -> str:
    """The type of a file of a form. Pages and scripts are plain bytes: no form's author runs one at our address."""
    guessed = mimetypes.guess_type(name)[0] or ""
    return guessed if guessed.startswith(SHOWN) or guessed in READ else "application/octet-stream"


def _refuse_unknown_host(allowed: frozenset[str]) -> None:
    """Links are made from the name that was asked for: a made-up one would lead people elsewhere.

    Raises:
        Problem: UNKNOWN_HOST.
    """
    host = request.host.lower()
    # [::1]:8000, or survey.example.org:443.
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    if name.rstrip(".") not in allowed:
        raise Problem(UNKNOWN_HOST, say("This server has no name {name!r}.", name=name))
