"""How Alembic reaches the database: the URL comes from the caller or from the settings."""

import os
from typing import Any, Literal

from alembic import context

from surveyapp.config import Config
from surveyapp.store.columns import Instant
from surveyapp.store.database import Database
from surveyapp.store.schema import core_tables

metadata = core_tables()
database = context.config.attributes.get("database") or Database(Config.from_environ(os.environ).database_url)


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """Answer tables are made by publishing forms; Alembic leaves them alone."""
    return kind != "table" or name in metadata.tables


def render_item(kind: str, column_type: Any, _context: object) -> str | Literal[False]:
    """A migration stands by itself: it names the type of the column, not our class that may change or go."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(column_type, Instant) else False


def compare_server_default(*defaults: Any) -> bool | None:
    """Alembic takes SQLite's '' for another default than our empty text; of the rest it judges itself."""
    *_, inspected, _metadata, rendered = defaults
    return False if inspected in ("''", "('')") and rendered == "" else None


with database.engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_name=include_name,
        render_item=render_item,
        compare_server_default=compare_server_default,
        render_as_batch=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
