"""The web application: blueprints, error handlers, headers; nothing else."""

import logging

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from surveyapp import __version__
from surveyapp.config import Config
from surveyapp.store.database import Database
from surveyapp.store.files import Files
from surveyapp.web.addresses import RowNumber
from surveyapp.web.api_blueprint import ProblemApi
from surveyapp.web.api_bulk import api_bulk
from surveyapp.web.api_cleaning import api_cleaning
from surveyapp.web.api_devices import api_devices
from surveyapp.web.api_export_definitions import api_export_definitions
from surveyapp.web.api_exports import api_exports
from surveyapp.web.api_forms import api_forms
from surveyapp.web.api_quality import api_quality
from surveyapp.web.api_reviews import api_reviews
from surveyapp.web.api_submissions import api_submissions
from surveyapp.web.cookies import register_cookies
from surveyapp.web.current import KEY, Surroundings
from surveyapp.web.fill import fill
from surveyapp.web.headers import POLICY, use_headers
from surveyapp.web.i18n import register_languages
from surveyapp.web.identity import admit_upload
from surveyapp.web.logs import use_request_log
from surveyapp.web.multipart import use_spooling
from surveyapp.web.office import person_language, project_timezone, register_office
from surveyapp.web.openrosa import openrosa
from surveyapp.web.pages_account import pages_account
from surveyapp.web.pages_answers import pages_answers
from surveyapp.web.pages_audit import pages_audit
from surveyapp.web.pages_bulk import pages_bulk
from surveyapp.web.pages_cleaning import pages_cleaning
from surveyapp.web.pages_cleaning_log import pages_cleaning_log
from surveyapp.web.pages_edit import pages_edit
from surveyapp.web.pages_exports import pages_exports
from surveyapp.web.pages_forms import pages_forms
from surveyapp.web.pages_indicators import pages_indicators
from surveyapp.web.pages_metrics import use_meters
from surveyapp.web.pages_people import pages_people
from surveyapp.web.pages_phones import pages_phones
from surveyapp.web.pages_projects import pages_projects
from surveyapp.web.pages_protection import pages_protection
from surveyapp.web.pages_publish import pages_publish
from surveyapp.web.pages_quality import pages_quality
from surveyapp.web.pages_review import pages_review
from surveyapp.web.pages_rulesets import pages_rulesets
from surveyapp.web.pages_sign_in import pages_sign_in
from surveyapp.web.pages_start import pages_start
from surveyapp.web.pages_submission import pages_submission
from surveyapp.web.pages_submissions import pages_submissions
from surveyapp.web.pages_summary import pages_summary
from surveyapp.web.pages_teams import pages_teams
from surveyapp.web.pages_tokens import pages_tokens
from surveyapp.web.problems import register_problems
from surveyapp.web.returned import returned
from surveyapp.worker import make_worker

PAGES = (
    pages_start,
    pages_sign_in,
    pages_account,
    pages_people,
    pages_projects,
    pages_teams,
    pages_phones,
    pages_tokens,
    pages_audit,
    pages_forms,
    pages_publish,
    pages_submissions,
    pages_submission,
    pages_answers,
    pages_summary,
    pages_review,
    pages_bulk,
    pages_edit,
    pages_exports,
    pages_protection,
    pages_indicators,
    pages_quality,
    pages_cleaning,
    pages_cleaning_log,
    pages_rulesets,
)
APIS = (
    api_forms,
    api_submissions,
    api_reviews,
    api_bulk,
    api_quality,
    api_cleaning,
    api_exports,
    api_export_definitions,
    api_devices,
)


def create_app(config: Config) -> Flask:
    """The application for these settings; the database is not touched until the first request."""
    app = Flask(__name__)
    app.secret_key = config.secret_key
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.url_map.converters["int"] = RowNumber
    database, files = Database(config.database_url, pool_size=config.threads + 2), Files(config.files_dir)
    app.extensions[KEY] = Surroundings(config, database, files, make_worker(config, database, files))
    # First, so that their marks are on every answer, whoever gives it.
    use_request_log(app)
    use_meters(app, config)
    use_headers(app, config, POLICY)
    use_spooling(app, config.max_upload_mb * 1_000_000)
    app.register_blueprint(openrosa)
    app.register_blueprint(openrosa, name="openrosa_named", url_prefix="/collect", url_defaults={"token": ""})
    app.register_blueprint(fill)
    app.register_blueprint(returned)
    for pages in PAGES:
        app.register_blueprint(pages)
    _register_api(app)
    register_problems(app)
    # Before the token of a form is looked for, which reads the form.
    app.before_request(admit_upload)
    register_cookies(app)
    register_languages(app, str(config.timezone), person_language, project_timezone)
    register_office(app)
    if config.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=config.proxies, x_proto=config.proxies, x_host=config.proxies)  # type: ignore[method-assign]  # how ProxyFix is meant to be put on
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    return app


def _register_api(app: Flask) -> None:
    app.config.update(
        API_TITLE="surveyapp",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api/v1",
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
            "security": [{"bearer": []}],
        },
    )
    api = ProblemApi(app)
    for blueprint in APIS:
        api.register_blueprint(blueprint)
