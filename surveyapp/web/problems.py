"""A Problem in the caller's dialect: problem+json (RFC 9457), OpenRosa XML, or a page."""

import contextlib
import json
import logging
from typing import Any, Final
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from flask import Flask, Response, render_template, request
from flask_babel import gettext
from werkzeug.exceptions import HTTPException, NotFound, default_exceptions

from surveyapp.problems import (
    BAD_REQUEST,
    BUSY,
    INTERNAL,
    INVALID_FIELDS,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    NOT_SIGNED_IN,
    TOO_LARGE,
    Kind,
    Problem,
)
from surveyapp.sentences import Sentence, as_sentence, say
from surveyapp.store.database import DatabaseAway, DatabaseFailure
from surveyapp.web.challenge import is_stale, list_challenges
from surveyapp.web.current import database
from surveyapp.web.i18n import told
from surveyapp.web.identity import find_person
from surveyapp.web.office import signed_in

log = logging.getLogger(__name__)

OPENROSA: Final = ("/c/", "/collect")
API_PREFIX: Final = "/api/"
KINDS: Final[dict[int, Kind]] = {
    400: BAD_REQUEST,
    404: NOT_FOUND,
    405: METHOD_NOT_ALLOWED,
    413: TOO_LARGE,
    422: INVALID_FIELDS,
}
# They say in more words, and in English only, what our titles say.
WERKZEUGS_WORDS: Final = {error.description for error in default_exceptions.values()}


def register_problems(app: Flask) -> None:
    """Let every refusal and every failure of `app` leave through this file."""
    app.register_error_handler(Problem, write_problem)
    app.register_error_handler(HTTPException, _http_exception)
    app.register_error_handler(DatabaseAway, _database_failure)
    app.register_error_handler(Exception, _failure)
    app.before_request(_refuse_nul)


def _refuse_nul() -> None:
    """PostgreSQL cannot even look for a text with NUL in it."""
    if "\0" in request.path:
        raise NotFound


def write_problem(problem: Problem) -> Response:
    """`problem` as an answer."""
    if request.path.startswith(OPENROSA):
        response = openrosa_message(problem.kind.status, told(_whole(problem)))
        response.vary.add("Accept-Language")
    elif request.path.startswith(API_PREFIX):
        response = _problem_json(problem)
    elif problem.kind is NOT_SIGNED_IN and request.method == "GET":
        return _to_sign_in()
    else:
        response = _problem_page(problem)
    if problem.kind is NOT_SIGNED_IN:
        _challenge(response)
    return response


def _whole(problem: Problem) -> Sentence:
    """Title, detail and remedy as one, for an enumerator's phone."""
    parts = (problem.kind.title, problem.detail, problem.remedy)
    title, detail, remedy = map(as_sentence, parts)
    return say("{title}. {detail} {remedy}", title=title, detail=detail, remedy=remedy)


def _challenge(response: Response) -> None:
    if request.path.startswith(OPENROSA):
        for challenge in list_challenges(stale=is_stale()):
            response.headers.add("WWW-Authenticate", challenge)
    elif request.path.startswith(API_PREFIX):
        response.headers["WWW-Authenticate"] = 'Bearer realm="surveyapp"'


def _problem_page(problem: Problem) -> Response:
    """In the reader's language; a notice in its place on the page where htmx asks for a part."""
    partial = "HX-Request" in request.headers
    if problem.kind not in (BUSY, INTERNAL):
        _see_who_asks()
    page = render_template(
        "parts/problem.html" if partial else "problem.html",
        problem=problem,
        detail="" if problem.detail in WERKZEUGS_WORDS else problem.detail,
        title=gettext(problem.kind.title),
    )
    response = Response(page, problem.kind.status, content_type="text/html; charset=utf-8")
    if partial:
        response.headers.update({"HX-Retarget": "#notices", "HX-Reswap": "innerHTML"})
    return response


def _see_who_asks() -> None:
    """For the frame of the page, where the request was refused before anybody asked that."""
    if signed_in() is None:
        with contextlib.suppress(DatabaseFailure), database().reading() as session:
            find_person(session)


def _to_sign_in() -> Response:
    """To the sign-in page, and from there back to the page that was asked for; htmx is told to load the whole page."""
    asked = request.full_path.rstrip("?")
    if "HX-Request" in request.headers:
        return Response(status=204, headers={"HX-Refresh": "true"})
    return Response(status=303, headers={"Location": f"/sign-in?{urlencode({'next': asked})}"})


def openrosa_message(status: int, message: str, nature: str = "") -> Response:
    """An OpenRosaResponse; ODK Collect shows its message to the enumerator."""
    attribute = f' nature="{nature}"' if nature else ""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<OpenRosaResponse xmlns="http://openrosa.org/http/response">'
        f"<message{attribute}>{escape(_printable(message))}</message></OpenRosaResponse>"
    )
    return Response(body.encode(), status, content_type="text/xml; charset=utf-8")


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() or c in "\t\n" else "�" for c in text)


def problem_body(problem: Problem) -> dict[str, Any]:
    """The members of problem+json."""
    body: dict[str, Any] = {
        "type": f"urn:surveyapp:problem:{problem.kind.code}",
        "code": problem.kind.code,
        "title": problem.kind.title,
        "status": problem.kind.status,
        "detail": problem.detail,
        "remedy": problem.remedy,
    }
    if problem.errors:
        body["errors"] = problem.errors
    return body


def _problem_json(problem: Problem) -> Response:
    body = json.dumps(problem_body(problem))
    return Response(body, problem.kind.status, content_type="application/problem+json")


def _http_exception(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return error.get_response()  # type: ignore[return-value]  # a redirect is a plain response
    kind = KINDS.get(status) or (BAD_REQUEST if status < 500 else INTERNAL)
    kind = Kind(kind.code, status, kind.title, kind.remedy)
    fields = getattr(error, "data", None) or {}
    errors = [{"field": where, "message": what} for where, what in _flatten(fields.get("messages", {}))]
    response = write_problem(Problem(kind, str(error.description or kind.title), errors=errors))
    if status == 405 and hasattr(error, "valid_methods") and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _flatten(messages: Any, where: str = "") -> list[tuple[str, str]]:
    if isinstance(messages, dict):
        return [pair for key, inner in messages.items() for pair in _flatten(inner, f"{where}.{key}".strip("."))]
    if isinstance(messages, list):
        return [pair for inner in messages for pair in _flatten(inner, where)]
    return [(where, str(messages))]


def _database_failure(error: Exception) -> Response:
    """The database is locked, full or away: the caller shall come again."""
    log.exception("The database failed", exc_info=error)
    response = write_problem(Problem(BUSY, "The database did not answer."))
    response.headers["Retry-After"] = "30"
    return response


def _failure(error: Exception) -> Response:
    log.exception("A request failed", exc_info=error)
    return write_problem(Problem(INTERNAL, "Something went wrong that we did not foresee; it is in the server's log."))
