"""Migrations are code: up and down on both databases, and equal to the tables."""

from collections.abc import Iterator

import pytest
import sqlalchemy
from alembic import command
from alembic.script import ScriptDirectory

from surveyapp.store.database import Database
from surveyapp.store.migrations import alembic_config, find_revision, migrate, migrations_dir, newest_revision
from surveyapp.store.schema import core_tables


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Database]:
    database = Database(empty_database_url)
    yield database
    database.close()


def test_the_newest_revision_lays_exactly_the_tables(empty: Database) -> None:
    migrate(empty)
    assert find_revision(empty) == newest_revision(empty)
    command.check(alembic_config(empty))


def test_every_revision_goes_up_and_down_and_up_again(empty: Database) -> None:
    config = alembic_config(empty)
    revisions = [revision.revision for revision in ScriptDirectory.from_config(config).walk_revisions()][::-1]
    for revision in revisions:
        migrate(empty, revision)
        assert find_revision(empty) == revision
        command.downgrade(config, "-1")
        migrate(empty, revision)
    command.downgrade(config, "base")
    assert set(sqlalchemy.inspect(empty.engine).get_table_names()) <= {"alembic_version"}
    migrate(empty)
    assert set(core_tables().tables) <= set(sqlalchemy.inspect(empty.engine).get_table_names())


def test_migrating_twice_changes_nothing(empty: Database) -> None:
    migrate(empty)
    migrate(empty)
    assert find_revision(empty) == newest_revision(empty)


def test_revisions_are_one_line_numbered_in_order(empty: Database) -> None:
    revisions = list(ScriptDirectory.from_config(alembic_config(empty)).walk_revisions())[::-1]
    names = sorted(path.stem for path in (migrations_dir() / "versions").glob("*.py"))
    assert [name.partition("_")[0] for name in names] == [revision.revision for revision in revisions]
    assert [revision.revision for revision in revisions] == [f"{number:04}" for number in range(1, len(revisions) + 1)]
