"""How long the checks take: near duplicates among 100,000 interviews, and all checks of the reference questionnaire.

The floor of a near duplicate is one comparison of every code with numpy. The run over all is measured on some
interviews among 100,000 and extrapolated; its floor is to read and bind the same records. What the product adds to it,
reading from the database and keeping what was found, is measured on the same interviews kept on SQLite.
"""

import datetime
import statistics
import tempfile
import time
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from pyxform.xls2xform import convert

from bench.aims import verdict
from surveyapp.answers import Node
from surveyapp.collect.from_xml import read_xml
from surveyapp.collect.incoming import Incoming, IncomingFile
from surveyapp.collect.receive import receive
from surveyapp.config import Config
from surveyapp.examine.interviews import mark_again
from surveyapp.expressions.evaluation import read_tree
from surveyapp.people.projects import ensure_project
from surveyapp.publish import prepare_form, publish
from surveyapp.quality.automatic import configure
from surveyapp.quality.code_matrix import CodeMatrix
from surveyapp.quality.gathered import Gathered
from surveyapp.quality.interview import Facts, Interview
from surveyapp.quality.plan import Plan, make_plan
from surveyapp.quality.reading import read_interview
from surveyapp.quality.roles import find_roles
from surveyapp.quality.run import check_submission, check_survey, compare_submission
from surveyapp.quality.survey import Survey
from surveyapp.simulate.interviews import SimulatedRecord, simulate_interviews
from surveyapp.store.database import Database
from surveyapp.store.files import Files
from surveyapp.store.migrations import migrate
from surveyapp.watch import Watch
from surveyapp.xform.bind import bind
from surveyapp.xform.parse import parse_xform

ROWS: Final = 100_000
COLUMNS: Final = 150
DRAWN: Final = 200
ENUMERATORS: Final = 80
FORMS: Final = Path("forms")
NOW: Final = datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC)
FIRST_DAY: Final = datetime.datetime(2026, 10, 1, tzinfo=datetime.UTC)
MINUTES_AIM: Final = 10.0


def near_duplicates() -> dict[str, float]:
    """One new interview against ROWS x COLUMNS, in ms."""
    draw = np.random.default_rng(1)
    # Answers as they are met: most questions have few choices, some many.
    codes = draw.integers(1, draw.integers(2, 60, COLUMNS), (ROWS, COLUMNS)).astype(np.uint8)
    matrix = CodeMatrix([f"/data/q{number}" for number in range(COLUMNS)])
    started = time.perf_counter()
    rows = [row.tobytes() + row.astype("<u2").tobytes() for row in codes]
    for number, row in enumerate(rows):
        matrix.put(f"uuid:{number}", row)
    filled = time.perf_counter() - started
    floor = _median(lambda number: int(np.count_nonzero(codes != codes[number])), 5)
    found = _median(lambda number: matrix.find_alike(rows[number], 10), 30)
    started = time.perf_counter()
    kept = matrix.to_bytes()
    written = time.perf_counter() - started
    started = time.perf_counter()
    CodeMatrix.from_bytes(kept)
    return {
        "one against all, ms": found,
        "one against all, times one numpy comparison": found / floor,
        "fill, s": filled,
        "save, s": written,
        "load, s": time.perf_counter() - started,
        "MB": len(kept) / 1e6,
    }


def _median(work: Callable[[int], object], times: int) -> float:
    """The median processor time of `work`, in ms: other work on the machine is left out."""
    taken = []
    for number in range(times):
        started = time.process_time()
        work(number)
        taken.append(1000 * (time.process_time() - started))
    return statistics.median(taken)


def all_checks() -> dict[str, Any]:
    """Every automatic check of the reference questionnaire, among ROWS interviews."""
    definition = parse_xform(convert(FORMS / "livelihood_space.xlsx", validate=False, form_name="data").xform.encode())
    roles = find_roles(definition)
    plan = make_plan(definition, configure(definition, roles), roles)
    monday = datetime.datetime(2026, 10, 5, tzinfo=zoneinfo.ZoneInfo("Asia/Shanghai"))
    files = {"households.csv": (FORMS / "households.csv").read_bytes()}
    records = list(simulate_interviews(definition, DRAWN, attachments=files, seed=3, started_at=monday))
    started = time.process_time()
    roots = [_bind(plan, record) for record in records]
    floor = 1000 * (time.process_time() - started) / DRAWN
    started = time.process_time()
    interviews = [read_interview(plan, root, _facts(record)) for root, record in zip(roots, records, strict=True)]
    read = 1000 * (time.process_time() - started) / DRAWN
    few, there = Gathered(plan.compared, [one.summary for one in interviews]), _gather(plan, interviews)
    started = time.process_time()
    for one in interviews:
        check_submission(plan, one, NOW)
    alone = 1000 * (time.process_time() - started) / DRAWN
    started = time.process_time()
    for one in interviews:
        compare_submission(plan, one, there, NOW)
    compared = 1000 * (time.process_time() - started) / DRAWN
    started = time.process_time()
    for one in interviews:
        compare_submission(plan, one, few, NOW)
    compared_few = 1000 * (time.process_time() - started) / DRAWN
    started = time.process_time()
    check_survey(Survey(plan, list(there.summaries.values()), NOW))
    survey = time.process_time() - started
    whole = recheck(records, files) - compared_few + compared
    return {
        "checks set": float(len({setting.check.id for setting in plan.settings})),
        "read and bind the record, ms": floor,
        "answers, audit log and codes, ms": read,
        "checks at the receipt, ms": alone,
        "checks against 100,000 others, ms": compared,
        "checks of enumerators and form over 100,000, s": survey,
        "a check again through the product, among 100,000, ms": whole,
        "times reading and binding the record": whole / floor,
        "CPU minutes for 100,000 (extrapolated)": verdict(whole * ROWS / 60_000 + survey / 60, MINUTES_AIM),
    }


def recheck(records: Sequence[SimulatedRecord], attachments: Mapping[str, bytes]) -> float:
    """Milliseconds for each interview that is kept and checked again, as the worker does it."""
    with tempfile.TemporaryDirectory() as name:
        config = Config.from_environ({"SURVEYAPP_DATA_DIR": name})
        database, files = Database(f"sqlite:///{name}/quality.db"), Files(config.files_dir)
        migrate(database)
        workbook = FORMS / "livelihood_space.xlsx"
        prepared = prepare_form(workbook.read_bytes(), workbook.name, FIRST_DAY, ask_collect=False)
        with database.begin() as session:
            project = ensure_project(session, "default", FIRST_DAY)
            form = publish(session, files, project, prepared, attachments, FIRST_DAY).form
        for record in records:
            sent = [IncomingFile(name, "", files.keep(content)) for name, content in record.files.items()]
            ended_at = record.ended_at.astimezone(datetime.UTC)
            incoming = Incoming(record.xml, "text/xml", read_xml(record.xml), sent, ended_at)
            with database.begin() as session:
                receive(session, files, project.id, incoming)
        watch = Watch(config, database, files)
        watch.check_waiting(form.id)
        with database.begin() as session:
            mark_again(session, form.id)
        started = time.process_time()
        count = watch.check_waiting(form.id)
        taken = time.process_time() - started
        database.close()
    return 1000 * taken / count


def _bind(plan: Plan, record: SimulatedRecord) -> Node:
    root = read_tree(record.xml.decode())
    bind(plan.definition, root)
    return root


def _facts(record: SimulatedRecord) -> Facts:
    files = {name: f"{record.instance_id}/{name}" for name in record.files}
    audit = record.files.get("audit.csv", b"")
    return Facts(record.instance_id, record.ended_at, device=record.device_id, files=files, audit=audit)


def _gather(plan: Plan, interviews: list[Interview]) -> Gathered:
    """The interviews, and copies of them under other names at other times, until there are ROWS."""
    there = Gathered(plan.compared, [one.summary for one in interviews])
    draw = np.random.default_rng(2)
    width = len(plan.compared)
    for number in range(ROWS - len(interviews)):
        one = interviews[number % len(interviews)].summary
        later = datetime.timedelta(days=1 + number // len(interviews))
        codes = np.frombuffer(one.codes, np.uint8).copy()
        codes[: width // 3] = draw.integers(0, 9, width // 3)
        there.add(
            replace(
                one,
                instance_id=f"uuid:{number}",
                household=f"h{number}",
                keys={"household": (f"h{number}",)},
                start=None if one.start is None else one.start + later,
                end=None if one.end is None else one.end + later,
                position=None,
                enumerator=f"e{number % ENUMERATORS}",
                codes=codes.tobytes(),
            )
        )
    return there


def main() -> dict[str, Any]:
    """Near duplicates, then all checks."""
    return {
        f"near duplicates, {ROWS} x {COLUMNS}": near_duplicates(),
        "reference questionnaire": all_checks(),
    }


if __name__ == "__main__":
    print(main())
