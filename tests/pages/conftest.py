"""The application with the gallery in it: asked without a browser, and served for one."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from surveyapp.config import Config
from surveyapp.web import create_app
from surveyapp.web.current import KEY
from tests.pages.gallery import gallery
from tests.people import Survey, serving


@pytest.fixture
def survey(sqlite_template: Path, tmp_path: Path) -> Iterator[Survey]:
    """A running server with an empty database. What hangs on the kind of database is asked without a browser."""
    shutil.copyfile(sqlite_template, tmp_path / "survey.db")
    url = f"sqlite:///{tmp_path / 'survey.db'}"
    config = Config.from_environ({"SURVEYAPP_DATABASE_URL": url, "SURVEYAPP_DATA_DIR": str(tmp_path / "data")})
    with serving(config) as address:
        found = Survey(config, address)
        yield found
        found.database.close()


def _office(folder: Path) -> Flask:
    app = create_app(Config.from_environ({"SURVEYAPP_DATA_DIR": str(folder)}))
    app.register_blueprint(gallery)
    return app


@pytest.fixture
def client(tmp_path: Path) -> Iterator[FlaskClient]:
    """Who asks for pages without a browser."""
    app = _office(tmp_path)
    yield app.test_client()
    app.extensions[KEY].database.close()


@pytest.fixture(scope="session")
def office_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the pages; nothing is in the database, not even tables."""
    app = _office(tmp_path_factory.mktemp("office"))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    app.extensions[KEY].database.close()
