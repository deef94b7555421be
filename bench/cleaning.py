"""A full cleaning run, verified: seconds for 100,000 submissions of 150 columns, beside the bare reading of them.

First the run alone, then all of it through the product (`bench/cleaned_form.py`). `BENCH_SUBMISSIONS` says how many
submissions, `BENCH_DECISIONS` how many rows the imported log has; 10,000 and 2,000 take some two minutes.
"""

import datetime
import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import psutil
from pyxform.xls2xform import convert

from bench.aims import verdict
from bench.cleaned_form import measure
from surveyapp.clean.fields import KnownVersion, Questionnaire
from surveyapp.clean.log import LogRow
from surveyapp.clean.pipeline import Cleaner
from surveyapp.clean.records import Row, Submission
from surveyapp.clean.rulesets import compile_ruleset
from surveyapp.clean.runs import RunRecord, run_cleaning
from surveyapp.xform.parse import parse_xform

SUBMISSIONS: Final = int(os.environ.get("BENCH_SUBMISSIONS", "100000"))
DECISIONS: Final = int(os.environ.get("BENCH_DECISIONS", "10000"))
AIM: Final = 120.0
SHAPES: Final = 500
START: Final = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)
KINDS: Final = {"int": 50, "dec": 25, "sel": 40, "txt": 20, "day": 10}
XLS_TYPES: Final = {"int": "integer", "dec": "decimal", "sel": "select_one yn", "txt": "text", "day": "date"}


def questionnaire() -> Questionnaire:
    """150 columns: 145 questions, every fifth asked by the answer before it, and five calculations."""
    rows = ["| survey |", "| | type | name | label | relevant | constraint | calculation |"]
    for kind, count in KINDS.items():
        for number in range(count):
            relevant = f"${{{kind}{number - 1}}} != ''" if number % 5 == 4 else ""
            constraint = ". >= 0 or . = -99" if kind == "int" else ""
            rows.append(f"| | {XLS_TYPES[kind]} | {kind}{number} | Question | {relevant} | {constraint} | |")
    for number in range(5):
        terms = " + ".join(f"coalesce(${{int{number * 10 + step}}}, 0)" for step in range(4))
        rows.append(f"| | calculate | sum{number} | | | | {terms} |")
    rows += ["| choices |", "| | list_name | name | label |"]
    rows += [f"| | yn | {name} | {name} |" for name in ("yes", "no", "dk", "other")]
    text = convert("\n".join(rows), file_type=".md", form_name="data", validate=False).xform
    return Questionnaire([KnownVersion(parse_xform(text.encode()))])


def ruleset() -> list[dict[str, Any]]:
    """Thirty-odd rules of every stage, over nearly all columns."""
    rules: list[dict[str, Any]] = [
        {"id": "tests", "kind": "drop_submission", "when": "${txt0} = 'test'", "parameters": {"reason_code": "test"}},
        {
            "id": "twice",
            "kind": "dedupe",
            "reason": "one interview a household",
            "parameters": {"keys": ["txt1"], "keep": "newest"},
        },
        {"id": "spaces", "kind": "normalise_text", "questions": ["txt*"]},
        {"id": "codes", "kind": "missing_codes", "questions": ["int*", "dec*"]},
        {"id": "dk", "kind": "missing_codes", "questions": ["sel*"], "parameters": {"codes": {"dk": "dont_know"}}},
    ]
    rules += [
        {
            "id": f"recode{number}",
            "kind": "recode",
            "questions": [f"txt{number}"],
            "parameters": {"map": {"maiz": "maize", "rcie": "rice"}, "match": "casefold"},
        }
        for number in range(2, 12)
    ]
    rules += [
        {"id": f"range{n}", "kind": "clip", "questions": [f"dec{n}"], "parameters": {"max": 9000, "mode": "blank"}}
        for n in range(10)
    ]
    rules += [
        {"id": f"blank{n}", "kind": "blank_if", "questions": [f"int{n}"], "when": f"${{sel{n}}} = 'no' and . > 95"}
        for n in range(5)
    ]
    rules.append(
        {
            "id": "ratio",
            "kind": "derive",
            "parameters": {"name": "ratio", "type": "decimal", "expression": "${dec0} div (${int0} + 1)"},
        }
    )
    return rules


@dataclass
class MadeUp:
    """Submissions made from a few hundred shapes, so that making them costs little."""

    form: Questionnaire
    count: int

    @cached_property
    def shapes(self) -> list[dict[str, Any]]:
        """Answers by path; four in a hundred hold something for a rule to do."""
        draw = random.Random(1)
        return [{f.path: _answer(draw, f.type) for f in self.form.fields.values()} for _ in range(SHAPES)]

    def list_submissions(self) -> Iterator[Submission]:
        """Each with its own id and time."""
        for number in range(self.count):
            values = dict(self.shapes[number % SHAPES])
            values["/data/txt1"] = f"household {number - number % 1000 // 999}"
            yield Submission(
                f"uuid:{number:09d}",
                number,
                START + datetime.timedelta(seconds=number),
                "",
                (Row("", "", "", values),),
                raw_hash=f"{number:064x}",
            )


def _answer(draw: random.Random, kind: str) -> Any:
    if draw.random() < 0.1:
        return None
    odd = draw.random() < 0.01
    if kind == "integer":
        return -99 if odd else draw.randint(0, 100)
    if kind == "decimal":
        return 9999.5 if odd else round(draw.random() * 1000, 2)
    if kind == "select_one":
        return "dk" if odd else draw.choice(("yes", "no", "other"))
    if kind == "date":
        return datetime.date(2026, draw.randint(1, 12), draw.randint(1, 28))
    return "  Maiz " if odd else draw.choice(("maize", "rice", "a longer text of a few words"))


def decisions(count: int) -> list[LogRow]:
    """A log of one decision in each hundredth submission."""
    return [
        LogRow(f"uuid:{n:09d}", "/data/int9", "change_response", None, "7", source="log", changed_at=START)
        for n in range(0, count, 100)
    ]


def main() -> dict[str, Any]:
    """The run alone, and through the product."""
    return {**run_alone(), **measure(SUBMISSIONS, DECISIONS)}


def run_alone() -> dict[str, Any]:
    """Reading alone, then the run; CPU seconds and memory."""
    form = questionnaire()
    source = MadeUp(form, SUBMISSIONS)
    started = time.process_time()
    for _ in range(2):
        for submission in source.list_submissions():
            submission.main.copy()
    reading = time.process_time() - started
    cleaner = Cleaner(compile_ruleset(ruleset(), form, version=1), decisions(SUBMISSIONS))
    started = time.process_time()
    record: RunRecord = run_cleaning(cleaner, source)
    taken = time.process_time() - started
    assert record.holds, record.breaches[:3]
    return {
        f"{SUBMISSIONS:,} x {len(form.fields)}, {len(cleaner.program.ruleset.rules)} rules": {
            "clean, verify, hash: CPU s": taken,
            "of it reading twice: CPU s": reading,
            "ms a submission": 1000 * taken / SUBMISSIONS,
            "CPU s for 100,000": verdict(taken * 100_000 / SUBMISSIONS, AIM),
            "cells in the log": sum(record.log_rows.values()),
            "submissions dropped": record.deleted_rows.get("", 0),
            "memory MB": psutil.Process().memory_info().rss / 1e6,
        }
    }


if __name__ == "__main__":
    print(main())
