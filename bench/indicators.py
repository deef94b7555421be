"""The CORE indicators of 1,000,000 households against the bare arithmetic: `python -m bench indicators`.

300 simulated interviews of the reference questionnaire are repeated until there are as many households as wanted. The
floor reads
what the indicators read and does no more than arithmetic: for each indicator the sum of its inputs and of the
indicators that it
rests on, over the whole columns, without reasons, bounds or rules. Processor seconds, each in a process of its own.
"""

import datetime
import json
import os
import resource
import subprocess
import sys
import time
from typing import Any

import numpy as np

from surveyapp.collect.from_xml import read_xml
from surveyapp.config import shipped_folder
from surveyapp.indicators.catalogue import CATALOGUE
from surveyapp.indicators.columns import Column
from surveyapp.indicators.compute import compute_households
from surveyapp.indicators.declaration import resolve
from surveyapp.indicators.frame import FrameMaker, SurveyFrame
from surveyapp.indicators.inputs import QUESTIONS
from surveyapp.simulate.interviews import simulate_interviews
from surveyapp.xform.bind import bind
from surveyapp.xform.parse import parse_xform
from surveyapp.xlsform.convert import convert_form

HOUSEHOLDS = int(os.environ.get("BENCH_HOUSEHOLDS", "1000000"))
INTERVIEWS = 300


def make_frame(households: int) -> SurveyFrame:
    """Simulated interviews, repeated."""
    forms = shipped_folder("forms")
    register = {"households.csv": (forms / "households.csv").read_bytes()}
    form = convert_form((forms / "livelihood_space.xlsx").read_bytes(), "livelihood_space.xlsx")
    definition = parse_xform(form.xform)
    maker = FrameMaker({definition.version: frozenset(q.name for q in definition.questions)})
    started = datetime.datetime(2026, 10, 12, 8, tzinfo=datetime.UTC)
    for made in simulate_interviews(definition, INTERVIEWS, attachments=register, seed=3, started_at=started):
        root = read_xml(made.xml)
        bind(definition, root)
        maker.add_record(root, definition.version)
    return repeat(maker.make(), list_core_questions(), -(-households // INTERVIEWS))


def list_core_questions() -> frozenset[str]:
    """What the CORE indicators read, and the questions that decide whether those were asked."""
    found: set[str] = set()
    waiting = [
        resolve(name, one.when) for one in CATALOGUE.in_order(CATALOGUE.list_codes("CORE")) for name in one.inputs
    ]
    while waiting:
        name = waiting.pop()
        question = QUESTIONS.get(name)
        if name not in found and question is not None:
            found.add(name)
            waiting.extend(need for gate in question.gates for need in gate.needs)
    return frozenset(found)


def repeat(frame: SurveyFrame, names: frozenset[str], times: int) -> SurveyFrame:
    """The columns `names` of the frame, so many times one after the other."""

    def columns(found: Any) -> dict[str, Column]:
        return {
            name: Column(np.tile(one.values, times), np.tile(one.reasons, times), one.levels, one.ticks, one.constant)
            for name, one in found.items()
            if name in names
        }

    shifts = np.repeat(np.arange(times) * frame.n, len(frame.household))
    return SurveyFrame(
        n=frame.n * times,
        main=columns(frame.main),
        member=columns(frame.member),
        household=np.tile(frame.household, times) + shifts,
        version=np.tile(frame.version, times),
        versions=frame.versions,
        questions=frame.questions,
    )


def compute_floor(frame: SurveyFrame) -> None:
    """Sums of inputs; roster questions are first added up by household."""
    results: dict[str, Any] = {}
    for one in CATALOGUE.in_order(CATALOGUE.list_codes("CORE")):
        total = np.zeros(frame.n)
        for name in (resolve(written, one.when) for written in one.inputs):
            if name in frame.main:
                total = total + frame.main[name].values
            elif name in frame.member:
                values = frame.member[name].values.astype(float)
                total = total + np.bincount(frame.household, values, minlength=frame.n)
        for code in one.depends:
            total = total + results.get(resolve(code, one.when), 0.0)
        results[one.code] = total


def measure(what: str) -> dict[str, float]:
    """One of the two, in this process."""
    frame = make_frame(HOUSEHOLDS)
    started, used = time.perf_counter(), time.process_time()
    if what == "floor":
        compute_floor(frame)
    else:
        compute_households(frame, codes=CATALOGUE.list_codes("CORE"))
    return {
        "cpu s": time.process_time() - used,
        "wall s": time.perf_counter() - started,
        "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> dict[str, Any]:
    """Floor and catalogue side by side."""
    found: dict[str, Any] = {"households": HOUSEHOLDS}
    for what in ("floor", "catalogue"):
        command = [sys.executable, "-m", "bench.indicators", what]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found[what] = json.loads(printed.splitlines()[-1])
    found["cpu, times the floor"] = found["catalogue"]["cpu s"] / found["floor"]["cpu s"]
    return found


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1])))
