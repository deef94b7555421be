"""A form with 100,000 submissions of 146 questions and five roster rows: `python -m bench volume`.

Real submissions are sent over HTTP, multiplied inside the database, and then: does intake stay as fast as it was when
the tables were
empty, and what do the clean workbook and the CSV files cost in processor time and memory? The floor of the workbook
is that of `bench/workbook.py` at the same number of rows.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import inspect, text

from bench.commands import run
from bench.intake import SECONDS, make_requests, measure, our_server
from bench.workbook import _in_process
from surveyapp.store.database import Database
from tests.postgres import NoPostgres, running

SUBMISSIONS = int(os.environ.get("BENCH_SUBMISSIONS", "100000"))
CLIENTS = 16
# What a database does by itself in the weeks in which 100,000 submissions come.
TIDY = {"postgresql": ("VACUUM ANALYZE",), "sqlite": ("PRAGMA wal_checkpoint(TRUNCATE)", "ANALYZE")}


def multiply(database: Database, wanted: int) -> None:
    """Copy the submissions that are there, with new ids, until there are `wanted`."""
    names = inspect(database.engine).get_table_names()
    answers = [name for name in names if name.startswith("data_")]
    statements = [_copy(database, table) for table in ("submissions", "submission_versions", *answers)]
    with database.begin() as session:
        present = session.execute(text("SELECT count(*) FROM submissions")).scalar_one()
        while present < wanted:
            shift = session.execute(text("SELECT max(id) FROM submissions")).scalar_one()
            values = {"shift": shift, "limit": min(wanted - present, present), "mark": f"-{shift}"}
            for statement in statements:
                session.execute(text(statement), values)
            present += values["limit"]
        if database.dialect == "postgresql":
            for table in ("submissions", "submission_versions"):
                session.execute(text(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))"))


def _copy(database: Database, table: str) -> str:
    columns = [column["name"] for column in inspect(database.engine).get_columns(table)]
    quoted = [f'"{column}"' for column in columns]
    key = {"submissions": "id", "submission_versions": "submission_id"}.get(table, "_submission_id")
    changed = {
        "id": 'CAST(:shift AS BIGINT) + "id"' if table == "submissions" else 'CAST(:shift AS BIGINT) * 2 + "id"',
        "submission_id": 'CAST(:shift AS BIGINT) + "submission_id"',
        "_submission_id": 'CAST(:shift AS BIGINT) + "_submission_id"',
        "instance_id": '"instance_id" || CAST(:mark AS TEXT)',
        "_row_key": 'CAST(CAST(:shift AS BIGINT) + "_submission_id" AS TEXT) || \'/\' || "_position"',
    }
    picked = [changed.get(column, f'"{column}"') for column in columns]
    return (
        f'INSERT INTO "{table}" ({", ".join(quoted)}) SELECT {", ".join(picked)} FROM "{table}" '
        f'WHERE "{key}" IN (SELECT id FROM submissions WHERE id <= :shift ORDER BY id LIMIT :limit)'
    )


def export(url: str, folder: Path, name: str) -> dict[str, float]:
    """One export as a process of its own."""
    found = run(url, folder, "export", "intake", str(folder / name), "--select", "summary", "--missing", "none")
    return {**found, "file MB": (folder / name).stat().st_size / 1e6}


def compare(url: str, processes: list[psutil.Process]) -> dict[str, Any]:
    """Intake empty and full, and the exports."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with our_server(url or f"sqlite:///{folder}/volume.db", folder) as (port, process, path):
            requests = make_requests(path)
            measure(port, [process, *processes], requests, 2)
            empty = measure(port, [process, *processes], requests, CLIENTS)
            database = Database(url or f"sqlite:///{folder}/volume.db")
            multiply(database, SUBMISSIONS)
            with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                for tidy in TIDY[database.dialect]:
                    connection.exec_driver_sql(tidy)
            database.close()
            measure(port, [process, *processes], requests, 2)
            full = measure(port, [process, *processes], requests, CLIENTS)
        where = url or f"sqlite:///{folder}/volume.db"
        return {
            "submissions": SUBMISSIONS,
            "intake when empty, a second": empty["a second"],
            "intake when full, a second": full["a second"],
            "full, times empty": full["a second"] / empty["a second"],
            "cpu full, times empty": full["cpu ms each"] / empty["cpu ms each"],
            "xlsx": export(where, folder, "out.xlsx"),
            "csv": export(where, folder, "out.zip"),
        }


def main() -> dict[str, Any]:
    """SQLite and PostgreSQL; each over SECONDS for each figure of intake."""
    found: dict[str, Any] = {"seconds for each figure": SECONDS, "sqlite": compare("", [])}
    try:
        with running(durable=True) as url:
            home = url.partition("host=")[2]
            servers = [p for p in psutil.process_iter(["cmdline"]) if home in " ".join(p.info["cmdline"] or [])]
            found["postgresql"] = compare(url, [p for p in servers if p.ppid() == os.getpid()])
    except NoPostgres as refusal:
        print(f"no PostgreSQL: {refusal}")
    floor = found["floor of the workbook"] = _in_process("floor", SUBMISSIONS)
    for measured in (found["sqlite"], found.get("postgresql", {})):
        if measured:
            measured["xlsx cpu, times the floor"] = measured["xlsx"]["cpu s"] / floor["cpu_s"]
    return found
