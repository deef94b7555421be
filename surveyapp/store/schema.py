"""All core tables together, for Alembic and for whoever copies a database."""

from sqlalchemy import MetaData

from surveyapp.store import (
    cleaning_tables,
    export_tables,
    people_tables,
    quality_tables,
    review_tables,
    search_tables,
    tables,
)
from surveyapp.store.columns import metadata

# Each file of tables lays its tables in when it is imported.
FILES = (cleaning_tables, export_tables, people_tables, quality_tables, review_tables, search_tables, tables)


def core_tables() -> MetaData:
    """The core tables."""
    return metadata
