"""Forms as Markdown tables, and interviews of them, for the tests of the judge."""

import datetime
from collections.abc import Mapping

from pyxform.xls2xform import convert

from surveyapp.answers import Node
from surveyapp.expressions.evaluation import read_tree
from surveyapp.validate.circumstances import Circumstances
from surveyapp.validate.judge import Judgement, judge
from surveyapp.validate.rules import CompiledRules, compile_rules
from surveyapp.xform.bind import bind
from surveyapp.xform.definition import FormDefinition
from surveyapp.xform.parse import parse_xform

RECEIVED = datetime.datetime(2026, 9, 1, 12, 0, tzinfo=datetime.UTC)
COLLECT = "org.odk.collect.android/v2026.1 Dalvik"
WEB = "Mozilla/5.0 Enketo"
COLUMNS = (
    "| type | name | label | relevant | required | constraint | constraint_message | calculation | choice_filter |"
)


def parse_form(table: str) -> FormDefinition:
    """The definition of an XLSForm written as a Markdown table."""
    return parse_xform(convert(table, file_type=".md", form_name="data", validate=False).xform.encode())


def rules_of(table: str) -> CompiledRules:
    """The rules of an XLSForm written as a whole Markdown table."""
    return compile_rules(parse_form(table), {})


def make_rules(survey: str, more: str = "", attachments: Mapping[str, bytes] | None = None) -> CompiledRules:
    """The rules of a survey given as rows under COLUMNS, with further sheets in `more`."""
    rows = "\n".join(f"| {line.strip()}" for line in survey.strip().splitlines())
    return compile_rules(parse_form(f"| survey |\n| {COLUMNS}\n{rows}\n{more}"), attachments or {})


def read_record(rules: CompiledRules, answers: str) -> Node:
    """A bound record from the XML inside its root."""
    root = read_tree(f'<data id="data">{answers}</data>')
    bind(rules.definition, root)
    return root


def interview(
    rules: CompiledRules,
    answers: str,
    *,
    agent: str = COLLECT,
    files: frozenset[str] | None = None,
    received: datetime.datetime = RECEIVED,
) -> Judgement:
    """The judgement of the record with these answers (XML inside its root)."""
    root = read_tree(f'<data id="data">{answers}</data>')
    unknown = bind(rules.definition, root)
    return judge(rules, root, unknown, Circumstances(received, agent, files=files), details=True)


def found(judgement: Judgement) -> list[tuple[str, str]]:
    """Check and path of each finding."""
    return [(finding.check, finding.path) for finding in judgement.findings]


def doubted(judgement: Judgement) -> list[tuple[str, str]]:
    """Check and path of each rule that could not be checked."""
    return [(finding.check, finding.path) for finding in judgement.unchecked]
