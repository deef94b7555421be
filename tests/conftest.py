"""What every test may ask for: a database of its own, on SQLite and on PostgreSQL.

    database_url          a database with the core tables at the newest migration
    empty_database_url    a database with nothing in it, for tests of the migrations themselves

Both are SQLAlchemy URLs, and a test that asks for one runs twice: `[sqlite]` and `[postgresql]`. Databases are copies
of a template that each worker lays once, some 20 ms a copy. Where no PostgreSQL can be had, the second run is skipped,
and the summary says why.
"""

import contextlib
import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy

from surveyapp.store.database import Database
from surveyapp.store.migrations import migrate
from tests.postgres import NoPostgres, server_url

KINDS = [
    pytest.param("sqlite", marks=pytest.mark.sqlite),
    pytest.param("postgresql", marks=pytest.mark.postgresql),
]
NUMBERS = itertools.count(1)
# No test may fail because the machine was busy.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")
# The fixture `browser`, for every folder that tests pages.
pytest_plugins = ["tests.browser"]


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of this test's own, core tables laid."""
    if request.param == "sqlite":
        path = tmp_path / "survey.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
    else:
        server, template = request.getfixturevalue("postgres_server"), request.getfixturevalue("postgres_template")
        with _postgres_database(server, template) as url:
            yield url


@pytest.fixture(params=KINDS)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of this test's own with nothing in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'survey.db'}"
    else:
        with _postgres_database(request.getfixturevalue("postgres_server"), "template0") as url:
            yield url


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The SQLAlchemy URL of the run's PostgreSQL, one for all workers."""
    folder = tmp_path_factory.getbasetemp()
    try:
        return server_url(folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder)
    except NoPostgres as refusal:
        pytest.skip(str(refusal))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the core tables."""
    path = tmp_path_factory.mktemp("template") / "survey.db"
    _lay_core_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """The name of a PostgreSQL database with the core tables."""
    with _postgres_database(postgres_server, "template0") as url:
        _lay_core_tables(url)
        yield str(sqlalchemy.make_url(url).database)


@contextlib.contextmanager
def _postgres_database(server: str, template: str) -> Iterator[str]:
    # The process id keeps workers, and runs that share a server, out of each other's way.
    name = f"surveyapp_test_{os.getpid()}_{next(NUMBERS)}"
    # FILE_COPY is four times as quick as the default for a small template.
    _command(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    try:
        yield sqlalchemy.make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        _command(server, f"DROP DATABASE {name} WITH (FORCE)")


def _command(server: str, statement: str) -> None:
    engine = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(statement))


def _lay_core_tables(url: str) -> None:
    database = Database(url)
    migrate(database)
    database.close()
