"""The first page, the state of the server, and the description of the JSON API for people."""

from typing import Any

from flask import Blueprint, Response, current_app, jsonify, redirect, render_template, url_for

from surveyapp import __version__
from surveyapp.store.database import DatabaseFailure
from surveyapp.store.migrations import find_revision, newest_revision
from surveyapp.web.current import database
from surveyapp.web.identity import find_person
from surveyapp.web.office import project_url
from surveyapp.web.pages_projects import list_own

pages_start = Blueprint("start", __name__)


@pages_start.get("/")
def start() -> Response | str:
    """A person goes to the project, or to the list where there is not just one; a stranger reads what this is."""
    with database().reading() as session:
        found = find_person(session)
        own = [] if found is None else list_own(session, found)
    if found is None:
        return render_template("start.html", version=__version__)
    target = project_url(own[0][0].slug) if len(own) == 1 else url_for("projects.list_all")
    return redirect(target, 303)  # type: ignore[return-value]  # werkzeug's response is Flask's here


@pages_start.get("/health")
def health() -> tuple[Response, int]:
    """200 when the database answers and is at the revision that this code needs, else 503."""
    try:
        revision = find_revision(database())
    except DatabaseFailure:
        return jsonify(status="failing", reason="The database does not answer."), 503
    if revision != newest_revision(database()):
        return jsonify(status="failing", reason="The database needs `surveyapp migrate`."), 503
    return jsonify(status="ok", version=__version__), 200


@pages_start.get("/api/v1/docs")
def api_docs() -> str:
    """The OpenAPI document as a page."""
    api: Any = current_app.extensions["flask-smorest"]["apis"][""]["ext_obj"]
    return render_template("api.html", spec=api.spec.to_dict())
