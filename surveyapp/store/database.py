"""Where transactions begin and end: nothing outside this file commits.

with database.begin() as session:      writes; leaving the block commits
with database.reading() as session:    reads, all of it from one snapshot
database.write(job)                    runs job(session) in begin(), again when another process won a race
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

from sqlalchemy import Engine, Executable, Result, create_engine, event, exc, make_url
from sqlalchemy.orm import Session

Outcome = TypeVar("Outcome")
Rows: TypeAlias = Result[*tuple[Any, ...]]

# What the doors may see of the database going wrong: any failure of it, and its being locked, full or away.
DatabaseFailure: Final = exc.DBAPIError
DatabaseAway: Final = exc.OperationalError

ATTEMPTS: Final = 5
# Seconds that a writer waits for the other writers of an SQLite file.
SQLITE_PATIENCE: Final = 50


class Database:
    """One database, SQLite or PostgreSQL, for any number of threads."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        parsed = make_url(url)
        # Failures are logged, and what is written to the database is answers of people: hence hide_parameters.
        self.dialect: Final = parsed.get_backend_name()
        if self.dialect == "sqlite":
            Path(parsed.database or "").parent.mkdir(parents=True, exist_ok=True)
            self.engine = create_engine(
                parsed,
                connect_args={"timeout": SQLITE_PATIENCE, "check_same_thread": False},
                pool_size=pool_size,
                hide_parameters=True,
            )
            _tell_sqlite(self.engine)
            self._writing: Engine = self.engine.execution_options(surveyapp_begin="BEGIN IMMEDIATE")
            self._reading: Engine = self.engine
        else:
            # 1,800 s: below the idle limits of common connection poolers.
            self.engine = create_engine(parsed, pool_size=pool_size, pool_recycle=1800, hide_parameters=True)
            self._writing = self.engine
            self._reading = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A transaction that writes; leaving the block commits, an exception rolls everything back."""
        with Session(self._writing, autoflush=False, expire_on_commit=False) as session, session.begin():
            try:
                yield session
            finally:
                _close_streams(session)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One unchanging view of the database; nothing can be written."""
        with Session(self._reading, autoflush=False) as session:
            try:
                yield session
            finally:
                _close_streams(session)

    def write(self, job: Callable[[Session], Outcome]) -> Outcome:
        """Run `job` in one transaction; when another transaction got there first, look and decide again."""
        for attempt in range(ATTEMPTS):
            try:
                with self.begin() as session:
                    return job(session)
            except exc.DBAPIError as error:
                if attempt == ATTEMPTS - 1 or not _lost_a_race(error):
                    raise
                time.sleep(random.uniform(0, 0.02) * 2**attempt)
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()


# Where a session holds the results that are still read from.
OPEN: Final = "open_results"


@contextmanager
def streaming(session: Session, statement: Executable, at_once: int) -> Iterator[Rows]:
    """The rows of a statement, so many at once in memory. Whoever stops reading in the middle, for a refusal or a
    failure, leaves a cursor behind, which is closed with the transaction.

    It is not closed here then: a generator that was given up may be collected at any moment, also while the connection
    waits for the next rows of another one, and closing would wait for that connection for ever.
    """
    opened: list[Rows] = session.info.setdefault(OPEN, [])
    result = session.execute(statement, execution_options={"yield_per": at_once})
    opened.append(result)
    yield result
    opened.remove(result)
    result.close()


def _close_streams(session: Session) -> None:
    for result in session.info.pop(OPEN, ()):
        result.close()


# What PostgreSQL says to a transaction that lost to another one: serialization failure, deadlock; and to one whose
# answer
# tables were widened while it ran: no such column, no such table, a plan or a type that is no longer right.
RACES: Final = ("40001", "40P01", "42703", "42P01", "0A000", "42804")


def _lost_a_race(error: exc.DBAPIError) -> bool:
    return isinstance(error, exc.IntegrityError) or getattr(error.orig, "sqlstate", "") in RACES


def _tell_sqlite(engine: Engine) -> None:
    """Write-ahead log, durable commits, foreign keys; and transactions that we begin, not the driver."""

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16384"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("surveyapp_begin", "BEGIN"))
