"""A page of the list of submissions at 10,000 and at 1,000,000 of them: `python -m bench lists`.

What the page asks of the store is timed: the rows of a page of 50 with their findings, and the count that it shows. One
submission in ten has an error; there are ten teams, and one submission in a hundred is approved. The aim: no page takes
more than 1.5 times what it took at 10,000.
"""

import datetime
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from bench.volume import TIDY
from surveyapp.people.projects import ensure_project
from surveyapp.publish import prepare_form, publish
from surveyapp.store.database import Database
from surveyapp.store.files import Files
from surveyapp.store.listing import Filter, count_up_to, list_submissions
from surveyapp.store.migrations import migrate
from surveyapp.store.reach import EVERYTHING, Reach
from tests.people import PEOPLE
from tests.postgres import NoPostgres, running

SIZES: Final = (10_000, int(os.environ.get("BENCH_LISTED", "1000000")))
PER_PAGE: Final = 50
COUNTED: Final = 1_000
TEAMS: Final = 10
REPEATS: Final = 60

# Numbers from :low + 1 to :high, as each database makes them.
NUMBERS: Final = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT :low + 1 UNION ALL SELECT i + 1 FROM n WHERE i < :high)",
    "postgresql": "WITH n(i) AS (SELECT generate_series(CAST(:low AS BIGINT) + 1, CAST(:high AS BIGINT)))",
}
# What fifty submissions have at either size, none of them among the newest of a million.
RARE: Final = "i < 10000 AND i % 200 = 3"
FILL: Final = (
    "INSERT INTO submissions (id, form_pk, instance_id, current_number, state, team_id, received_at) {numbers} "
    "SELECT i, :form, 'uuid:' || i, 1, CASE WHEN i % 100 = 0 THEN 'approved' ELSE 'received' END, :team + i % 10, :at "
    "FROM n",
    "INSERT INTO submission_versions (id, submission_id, form_pk, form_version_id, number, kind, instance_id, "
    "instance_name, form_version, sha256, content_type, content, received_at) {numbers} "
    "SELECT i, i, :form, :version, 1, 'original', 'uuid:' || i, 'Household ' || i, '1', '', 'text/xml', :content, :at "
    "FROM n",
    "INSERT INTO findings (submission_version_id, check_id, severity, outcome, path, question, value, rule, message) "
    "{numbers} SELECT i, 'required-missing', 'error', 'violated', '', '', '', '', '' FROM n WHERE i % 10 = 0",
    "INSERT INTO findings (submission_version_id, check_id, severity, outcome, path, question, value, rule, message) "
    "{numbers} SELECT i, 'rare', 'warning', 'violated', '', '', '', '', '' FROM n WHERE {rare}",
    "INSERT INTO submission_marks (form_pk, mark, submission_id) {numbers} "
    "SELECT :form, 'severity:error', i FROM n WHERE i % 10 = 0",
    "INSERT INTO submission_marks (form_pk, mark, submission_id) {numbers} "
    "SELECT :form, 'check:rare', i FROM n WHERE {rare}",
    "INSERT INTO submission_words (submission_id, word, form_pk) {numbers} SELECT i, 'household', :form FROM n",
    "INSERT INTO submission_words (submission_id, word, form_pk) {numbers} SELECT i, CAST(i AS TEXT), :form FROM n",
    "INSERT INTO submission_words (submission_id, word, form_pk) {numbers} SELECT i, '=' || i, :form FROM n",
    "INSERT INTO submission_words (submission_id, word, form_pk) {numbers} "
    "SELECT i, 'zebra', :form FROM n WHERE {rare}",
)


def fill(database: Database, values: Mapping[str, Any], low: int, high: int) -> None:
    """Submissions numbered from `low` + 1 to `high`."""
    with database.begin() as session:
        at = datetime.datetime(2026, 5, 1, tzinfo=datetime.UTC)
        for statement in FILL:
            told = text(statement.format(numbers=NUMBERS[database.dialect], rare=RARE))
            session.execute(told, {**values, "low": low, "high": high, "at": at.isoformat(sep=" "), "content": b""})
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for tidy in TIDY[database.dialect]:
            connection.exec_driver_sql(tidy)


def time_pages(database: Database, form: int, team: int, size: int) -> dict[str, dict[str, float]]:
    """The median and the 95th percentile of each kind of page, in milliseconds."""
    deep = size - 999 * PER_PAGE if size > 1_000 * PER_PAGE else size // 2
    own = Reach(team_ids=frozenset({team + 3}), account_id=1)
    kinds: dict[str, Callable[[Session], Any]] = {
        "first page": lambda session: _page(session, form, EVERYTHING, Filter()),
        "1,000th page": lambda session: _page(session, form, EVERYTHING, Filter(), deep),
        "one state": lambda session: _page(session, form, EVERYTHING, Filter(state="approved")),
        "one team": lambda session: _page(session, form, EVERYTHING, Filter(team_id=team + 3)),
        "with errors": lambda session: _page(session, form, EVERYTHING, Filter(severity="error")),
        "reach of a supervisor": lambda session: _page(session, form, own, Filter()),
        "with a rare finding": lambda session: _page(session, form, EVERYTHING, Filter(check="rare")),
        "search for an id": lambda session: _page(session, form, EVERYTHING, Filter(text="uuid:7777")),
        "search for two words": lambda session: _page(session, form, EVERYTHING, Filter(text="household zeb")),
        "search that finds all": lambda session: _page(session, form, EVERYTHING, Filter(text="house")),
        "search that finds none": lambda session: _page(session, form, EVERYTHING, Filter(text="nobody")),
    }
    return {kind: _time(database, ask) for kind, ask in kinds.items()}


def _page(session: Session, form: int, reach: Reach, wanted: Filter, before: int | None = None) -> None:
    list_submissions(session, form, reach, wanted, limit=PER_PAGE + 1, before=before)
    count_up_to(session, form, reach, wanted, COUNTED)


def _time(database: Database, ask: Callable[[Session], Any]) -> dict[str, float]:
    taken = []
    for _ in range(REPEATS):
        with database.reading() as session:
            started = time.perf_counter()
            ask(session)
            taken.append((time.perf_counter() - started) * 1_000)
        if sum(taken) > 20_000 and len(taken) > 4:
            break
    return {
        "least ms": min(taken[1:]),
        "median ms": statistics.median(taken[1:]),
        "p95 ms": statistics.quantiles(taken[1:], n=20)[-1],
    }


def compare(url: str, folder: Path) -> dict[str, Any]:
    """Both sizes in one database, the smaller first."""
    database = Database(url)
    migrate(database)
    at = datetime.datetime.now(datetime.UTC)
    with database.begin() as session:
        project = ensure_project(session, "default", at)
        prepared = prepare_form(PEOPLE.encode(), "form.md", at, ask_collect=False)
        published = publish(session, Files(folder / "files"), project, prepared, {}, at)
        for number in range(TEAMS):
            told = {"project": project.id, "name": f"team {number}"}
            session.execute(text("INSERT INTO teams (project_id, name) VALUES (:project, :name)"), told)
        team = session.execute(text("SELECT min(id) FROM teams")).scalar_one()
    values = {"form": published.form.id, "version": published.version.id, "team": team}
    found: dict[str, Any] = {}
    low = 0
    for size in SIZES:
        fill(database, values, low, size)
        found[f"at {size:,}"] = time_pages(database, published.form.id, team, size)
        low = size
    small, large = (found[f"at {size:,}"] for size in SIZES)
    # Of the least: the rest is whatever else the machine does.
    found["times"] = {kind: large[kind]["least ms"] / small[kind]["least ms"] for kind in small}
    database.close()
    return found


def main() -> dict[str, Any]:
    """SQLite and PostgreSQL."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        found["sqlite"] = compare(f"sqlite:///{name}/lists.db", Path(name))
        try:
            with running(durable=True) as url:
                found["postgresql"] = compare(url, Path(name))
        except NoPostgres as refusal:
            print(f"no PostgreSQL: {refusal}")
    return found
