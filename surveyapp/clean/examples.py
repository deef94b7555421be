"""The test drawer of a ruleset: each rule's examples run through it alone."""

import datetime
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final, NamedTuple

from surveyapp.clean.fields import Field, Questionnaire
from surveyapp.clean.making import Rule
from surveyapp.clean.outcomes import Outcome
from surveyapp.clean.pipeline import Cleaner
from surveyapp.clean.records import Row, Submission, write_text
from surveyapp.clean.rulesets import Program, compile_ruleset
from surveyapp.values import INVALID, read_value

ANY_DAY: Final = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
# In the answers wanted: whether the submission leaves the clean data.
DROPPED: Final = "_dropped"
# In the answers given: the review state.
STATE: Final = "_state"


class ExampleFault(NamedTuple):
    """An example, its number from 1, that does not come out as wanted."""

    rule_id: str
    example: int
    question: str
    wanted: str
    got: str


def run_examples(program: Program) -> list[ExampleFault]:
    """Every example of every rule, also of rules that are not active; empty where all come out as wanted."""
    return [fault for rule in program.ruleset.rules if rule.examples for fault in _run_rule(program.form, rule)]


def _run_rule(form: Questionnaire, rule: Rule) -> list[ExampleFault]:
    data = asdict(rule) | {"active": True, "questions": list(rule.questions), "examples": []}
    alone = compile_ruleset([data], form)
    cleaner = Cleaner(alone)
    faults = []
    for number, example in enumerate(rule.examples, 1):
        outcome = cleaner.clean(_make_submission(form, example.given))
        got = _answers(outcome)
        for name, wanted in example.wanted.items():
            if name == DROPPED:
                found, expected = str(outcome.deletion is not None).lower(), str(bool(wanted)).lower()
            else:
                known = alone.columns.get(name) or form.find_field(name)
                found, expected = got.get(name, ""), _text(known, wanted)
            if found != expected:
                faults.append(ExampleFault(rule.id, number, name, expected, found))
    return faults


def _make_submission(form: Questionnaire, given: Mapping[str, Any]) -> Submission:
    """A submission of these answers; each repeat that they name has one row."""
    rows: dict[str, Row] = {"": Row("", "", "", {})}
    for name, value in given.items():
        known = form.find_field(name)
        if known is None:
            continue
        around = []
        repeat = known.repeat
        while repeat:
            around.append(repeat)
            repeat = form.repeats[repeat]
        parent = ""
        for path in reversed(around):
            rows.setdefault(path, Row(path, path, parent, {}))
            parent = path
        text = "" if value is None else _plain(value)
        typed = read_value(known.type, text)
        rows[known.repeat].values[known.path] = text if typed is INVALID else typed
    state = str(given.get(STATE, "received"))
    return Submission("example", 1, ANY_DAY, form.newest.version, tuple(rows.values()), state=state)


def _answers(outcome: Outcome) -> dict[str, str]:
    return {path.rpartition("/")[2]: write_text(v) for row in outcome.rows for path, v in row.values.items()}


def _plain(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _text(known: Field | None, value: Any) -> str:
    """What is wanted, as canonical text of its question's type."""
    if value is None:
        return ""
    text = _plain(value)
    typed = read_value(known.type, text) if known else INVALID
    return text if typed is INVALID else write_text(typed)
