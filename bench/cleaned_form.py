"""Cleaning through the product, on SQLite: interviews kept, rules published, logs imported, clean data exported.

Some hundred interviews of the form of `bench/intake.py` go through the main job, and are multiplied inside the
database, in which each then gets answers that the rules find something to do about. What is measured are commands, each
in a process of its own.
"""

import csv
import datetime
import json
import tempfile
from pathlib import Path
from typing import Any, Final

from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from bench.aims import verdict
from bench.commands import run
from bench.intake import form
from bench.volume import TIDY, multiply
from surveyapp.collect.from_xml import read_xml
from surveyapp.collect.incoming import Incoming
from surveyapp.collect.receive import receive
from surveyapp.config import Config
from surveyapp.people.projects import ensure_project
from surveyapp.publish import prepare_form, publish
from surveyapp.simulate.interviews import simulate_interviews
from surveyapp.store.database import Database
from surveyapp.store.files import Files
from surveyapp.store.forms import get_definition
from surveyapp.store.migrations import migrate

DISTINCT: Final = 250
EXPORT_AIM: Final = 120.0
MB_AIM: Final = 300.0
IMPORT_AIM: Final = 10.0
NOW: Final = datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC)
FIRST_DAY: Final = datetime.datetime(2026, 10, 12, 8, tzinfo=datetime.UTC)


def rules() -> list[dict[str, Any]]:
    """Rules of every stage over nearly all questions of the form of `bench/intake.py`."""
    found: list[dict[str, Any]] = [
        {"id": "tests", "kind": "drop_submission", "when": "${g0_t} = 'test'", "parameters": {"reason_code": "test"}},
        {
            "id": "twice",
            "kind": "dedupe",
            "reason": "one interview a household",
            "parameters": {"keys": ["g0_t"], "keep": "newest"},
        },
        {"id": "spaces", "kind": "normalise_text", "questions": ["g*_t"]},
        {"id": "codes", "kind": "missing_codes", "questions": ["g*_n*", "g*_d"]},
        {"id": "names", "kind": "normalise_text", "questions": ["m_name"], "parameters": {"case": "title"}},
        {"id": "alone", "kind": "drop_row", "parameters": {"repeat": "member"}, "when": "${m_age} > 114"},
    ]
    found += [
        {
            "id": f"spelled{n}",
            "kind": "recode",
            "questions": [f"g{n}_t"],
            "parameters": {"map": {"maiz": "maize", "rcie": "rice"}, "match": "casefold"},
        }
        for n in range(1, 11)
    ]
    found += [
        {"id": f"range{n}", "kind": "clip", "questions": [f"g{n}_d"], "parameters": {"max": 99_000, "mode": "blank"}}
        for n in range(10)
    ]
    found += [
        {"id": f"blank{n}", "kind": "blank_if", "questions": [f"g{n}_n3"], "when": f"${{g{n}_s}} = 'd' and . > 4900"}
        for n in range(5)
    ]
    ratio = {"name": "ratio", "type": "decimal", "expression": "coalesce(${g0_d}, 0) div (${g0_c} + 1)"}
    return [*found, {"id": "ratio", "kind": "derive", "parameters": ratio}]


def keep_interviews(database: Database, files: Files, count: int) -> None:
    """`count` submissions of the form, each with a household of its own but for one in a thousand."""
    migrate(database)
    prepared = prepare_form(form().encode(), "intake.md", NOW, ask_collect=False)
    with database.begin() as session:
        project = ensure_project(session, "default", NOW)
        version = publish(session, files, project, prepared, {}, NOW).version
        for record in simulate_interviews(
            get_definition(session, version), min(DISTINCT, count), seed=5, started_at=FIRST_DAY
        ):
            receive(session, files, project.id, Incoming(record.xml, "text/xml", read_xml(record.xml), (), NOW))
    multiply(database, count)
    with database.begin() as session:
        _give_work(session)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for tidy in TIDY[database.dialect]:
            connection.exec_driver_sql(tidy)


def _give_work(session: Session) -> None:
    """Households, some twice and some tests; and in each hundredth submission an answer for each kind of rule."""
    names = inspect(session.connection()).get_table_names()
    main, member = "data_intake", next(name for name in names if name.startswith("data_intake") and "member" in name)
    number = "_submission_id"
    household = f"CASE WHEN {number} % 1000 = 7 THEN 'test' ELSE 'h' || ({number} - ({number} % 1000 = 999)) END"
    session.execute(text(f"UPDATE {main} SET g0_t = {household}"))
    for group in range(1, 13):
        here = f"WHERE {number} % 100 = {group}"
        session.execute(text(f"UPDATE {main} SET g{group}_n0 = -99, g{group}_t = '  Maiz ', g{group}_d = 99999 {here}"))
    session.execute(text(f"UPDATE {member} SET m_age = 115 WHERE {number} % 100 = 50 AND _ordinal = 2"))


def write_log(database: Database, path: Path, count: int) -> None:
    """A cleaning log as CSV: a decision on a number that a calculation reads, in `count` submissions."""
    with database.reading() as session, path.open("w", newline="") as file:
        written = csv.writer(file)
        written.writerow(["instance_id", "question", "change_type", "new_value", "reason"])
        chosen = "SELECT instance_id FROM submissions WHERE id % 1000 NOT IN (7, 998, 999) ORDER BY id LIMIT :count"
        for place, instance_id in enumerate(session.execute(text(chosen), {"count": count}).scalars()):
            written.writerow([instance_id, f"g{place % 13}_n{place % 4}", "change_response", 4_321, "asked again"])


def measure(count: int, decisions: int) -> dict[str, Any]:
    """Rules published, a log imported, the clean data exported, and the raw ones beside them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder}/clean.db"
        database = Database(url)
        files = Files(Config.from_environ({"SURVEYAPP_DATA_DIR": str(folder / "data")}).files_dir)
        keep_interviews(database, files, count)
        (folder / "rules.json").write_text(json.dumps(rules()))
        write_log(database, folder / "log.csv", decisions)
        database.close()
        raw = run(url, folder, "export", "intake", str(folder / "raw.xlsx"), "--kind", "raw", "--select", "summary")
        run(url, folder, "clean", "intake", str(folder / "rules.json"), "--publish")
        imported = run(url, folder, "log", "import", "intake", str(folder / "log.csv"), "--apply")
        clean = run(url, folder, "export", "intake", str(folder / "clean.xlsx"), "--select", "summary")
    return {
        f"through the product, {count:,} x 146 and their roster rows, {len(rules())} rules": {
            "raw export": raw,
            "clean export": clean,
            "clean export, CPU times the raw one": clean["cpu s"] / raw["cpu s"],
            "clean export, CPU s for 100,000": verdict(clean["cpu s"] * 100_000 / count, EXPORT_AIM),
            "clean export, peak MB": verdict(clean["peak MB"], MB_AIM),
        },
        f"a log of {decisions:,} rows, imported among {count:,}": {
            **imported,
            "CPU s for 10,000 rows": verdict(imported["cpu s"] * 10_000 / decisions, IMPORT_AIM),
        },
    }
