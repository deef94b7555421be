"""The core tables brought to the newest revision."""

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from surveyapp.config import shipped_folder
from surveyapp.store.database import Database


def migrations_dir() -> Path:
    """The folder of the revisions."""
    return shipped_folder("migrations")


def alembic_config(database: Database) -> AlembicConfig:
    """Alembic's settings for `database`."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(migrations_dir()).replace("%", "%%"))
    config.attributes["database"] = database
    return config


def migrate(database: Database, revision: str = "head") -> None:
    """Bring the core tables of `database` to `revision`."""
    command.upgrade(alembic_config(database), revision)


def find_revision(database: Database) -> str | None:
    """The revision that the database is at, None before the first."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision(database: Database) -> str | None:
    """The revision that this code needs."""
    return ScriptDirectory.from_config(alembic_config(database)).get_current_head()


def lay_revision(database: Database, revision: str) -> None:
    """Bring the core tables of a database without rows to exactly `revision`, up or down.

    Raises:
        LookupError: this code does not know the revision.
    """
    config = alembic_config(database)
    try:
        ScriptDirectory.from_config(config).get_revision(revision)
    except CommandError as error:
        raise LookupError(revision) from error
    if find_revision(database) not in (None, revision):
        command.downgrade(config, "base")
    command.upgrade(config, revision)
