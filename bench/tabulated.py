"""The indicators of a form through the product, on SQLite: `python -m bench tabulated`.

Some hundred simulated interviews of the reference questionnaire go through the main job and are multiplied inside the
database. What is measured are commands, each in a process of its own: figures and households as they were sent, the
same of clean answers, and the workbook with and without the sheets of indicators. `BENCH_SUBMISSIONS` says how many.
"""

import datetime
import json
import os
import tempfile
from pathlib import Path
from typing import Any, Final

from bench.aims import verdict
from bench.commands import run
from bench.volume import TIDY, multiply
from surveyapp.collect.from_xml import read_xml
from surveyapp.collect.incoming import Incoming
from surveyapp.collect.receive import receive
from surveyapp.config import Config, shipped_folder
from surveyapp.people.projects import ensure_project
from surveyapp.publish import prepare_form, publish
from surveyapp.simulate.interviews import simulate_interviews
from surveyapp.store.database import Database
from surveyapp.store.files import Files
from surveyapp.store.forms import get_definition
from surveyapp.store.migrations import migrate

SUBMISSIONS: Final = int(os.environ.get("BENCH_SUBMISSIONS", "100000"))
DISTINCT: Final = 300
MB_AIM: Final = 300.0
FORM: Final = "livelihood_space"
NOW: Final = datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC)
FIRST_DAY: Final = datetime.datetime(2026, 10, 12, 8, tzinfo=datetime.UTC)
# One of each stage that looks at a submission by itself.
RULES: Final[list[dict[str, Any]]] = [
    {"id": "codes", "kind": "missing_codes", "questions": ["inc_*", "cost_*", "x_*", "debt_*"]},
    {
        "id": "area",
        "kind": "clip",
        "questions": ["h_area_n", "h_area_b"],
        "parameters": {"max": 900, "mode": "blank"},
    },
]


def keep_interviews(database: Database, files: Files, count: int) -> None:
    """`count` submissions of the reference questionnaire."""
    migrate(database)
    forms = shipped_folder("forms")
    register = {"households.csv": (forms / "households.csv").read_bytes()}
    prepared = prepare_form((forms / f"{FORM}.xlsx").read_bytes(), f"{FORM}.xlsx", NOW, ask_collect=False)
    with database.begin() as session:
        project = ensure_project(session, "default", NOW)
        version = publish(session, files, project, prepared, register, NOW).version
        made = simulate_interviews(
            get_definition(session, version),
            min(DISTINCT, count),
            attachments=register,
            seed=3,
            started_at=FIRST_DAY,
        )
        for record in made:
            receive(session, files, project.id, Incoming(record.xml, "text/xml", read_xml(record.xml), (), NOW))
    multiply(database, count)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for tidy in TIDY[database.dialect]:
            connection.exec_driver_sql(tidy)


def _export(url: str, folder: Path, name: str, *options: str) -> dict[str, float]:
    found = run(url, folder, "export", FORM, str(folder / name), *options)
    return {**found, "file MB": (folder / name).stat().st_size / 1e6}


def measure(count: int) -> dict[str, Any]:
    """Each command once."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder}/indicators.db"
        database = Database(url)
        keep_interviews(
            database, Files(Config.from_environ({"SURVEYAPP_DATA_DIR": str(folder / "data")}).files_dir), count
        )
        database.close()
        found: dict[str, Any] = {
            "figures": run(url, folder, "indicators", FORM, str(folder / "raw.csv")),
            "households": run(url, folder, "indicators", FORM, str(folder / "households.csv"), "--by", "household"),
            "workbook without indicators": _export(url, folder, "raw.xlsx", "--kind", "raw"),
            "workbook": _export(url, folder, "out.xlsx"),
        }
        (folder / "rules.json").write_text(json.dumps(RULES))
        run(url, folder, "clean", FORM, str(folder / "rules.json"), "--publish")
        found["figures, cleaned"] = run(url, folder, "indicators", FORM, str(folder / "clean.csv"))
        found["workbook, cleaned"] = _export(url, folder, "clean.xlsx")
    for one in found.values():
        one["peak MB"] = verdict(one["peak MB"], MB_AIM)
    return {"submissions": count, **found}


def main() -> dict[str, Any]:
    """As many as BENCH_SUBMISSIONS says."""
    return measure(SUBMISSIONS)
