"""Our judgement beside that of JavaRosa, on random records of forms that use the whole language."""

import datetime
import html
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from surveyapp.expressions.dates import read_date
from surveyapp.expressions.numbers import read_xforms
from surveyapp.validate.agreement import agrees
from surveyapp.validate.circumstances import Circumstances
from surveyapp.validate.judge import NodeJudgement, judge
from surveyapp.validate.rules import CompiledRules, compile_rules
from surveyapp.xform.definition import Question
from surveyapp.xform.parse import parse_xform
from tests.expressions.case_document import LIST, RECORD, ROWS, TYPES, read_cases
from tests.validate.fieldwork import COLLECT
from tests.validate.javarosa_runner import needs_java, run_java
from tests.validate.reference import FORMS, convert_form, household_table
from tests.validate.steering import Steering

RECORDS = 15
CONSENT = {"visit_result": "done", "consent": "yes"}


def judged_here(rules: CompiledRules, folder: Path, oddity: float) -> list[dict[str, NodeJudgement]]:
    """Our judgement of random records, which are written to `folder` with every question in them."""
    judgements = []
    now = datetime.datetime.now(datetime.UTC)
    for seed in range(RECORDS):
        record = Steering(rules, seed, oddity=oddity, fixed=CONSENT, rows=2).record(pruned=False)
        (folder / f"{seed}.xml").write_bytes(Steering.xml(record))
        judgement = judge(rules, record, [], Circumstances(now, COLLECT), details=True)
        judgements.append({node.path: node for node in judgement.nodes})
    return judgements


def compare(rules: CompiledRules, ours: Mapping[str, NodeJudgement], line: list[str], totals: Counter[str]) -> None:
    """Count in `totals` what JavaRosa's line and our judgement were asked, and under `!` where they differ."""
    path, relevant, required, constraint, value = line
    node = ours.get(path)
    if node is None:
        assert path.startswith("/data/meta/")
        return
    totals["relevant"] += 1
    totals["!relevant"] += (relevant == "true") != node.relevant
    question = rules.definition.elements[re.sub(r"\[\d+\]", "", path)]
    if not node.relevant or not isinstance(question, Question):
        return
    if question.control and question.type != "note":
        totals["required"] += 1
        totals["!required"] += (required == "true") != node.required
    if node.constraint_ok is not None:
        totals["constraint"] += 1
        totals["constraint violated"] += constraint == "false"
        totals["!constraint"] += (constraint == "true") != node.constraint_ok
    if node.calculated is not None:
        totals["calculate"] += 1
        totals["!calculate"] += not same_value(node.calculated, value, question)


def same_value(ours: str, theirs: str, question: Question) -> bool:
    number = read_xforms(ours)
    date = read_date(ours, datetime.UTC)
    computed = ours if number != number else number
    return agrees(computed if date is None else date, theirs, question.type, datetime.UTC)


@needs_java
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("oddity", [0.0, 0.2])
def test_javarosa_judges_as_we_do(form: str, oddity: float, tmp_path: Path, java_classes: Path) -> None:
    content = convert_form(form)
    (tmp_path / "form.xml").write_bytes(content)
    media, records = tmp_path / "media", tmp_path / "records"
    media.mkdir()
    records.mkdir()
    table = household_table()
    (media / "households.csv").write_bytes(table)
    rules = compile_rules(parse_xform(content), {"households.csv": table})
    ours = judged_here(rules, records, oddity)
    files = [records / f"{seed}.xml" for seed in range(RECORDS)]
    totals: Counter[str] = Counter()
    for line in run_java("ReferenceJudge", java_classes, tmp_path / "form.xml", media, *files):
        index, *rest = line.split("\t")
        assert rest[0] != "ERROR", line
        compare(rules, ours[int(index)], rest, totals)
    assert totals["relevant"] > RECORDS * 10
    assert not oddity or not totals["constraint"] or totals["constraint violated"] > 0
    assert {name: count for name, count in totals.items() if name.startswith("!") and count} == {}


# JavaRosa's own answer is an error, or of the machine's time zone or date.
NOT_COMPARABLE = re.compile(r"\b(now|today)\(|instance\('nolist'\)")


@needs_java
def test_the_table_of_cases_is_what_javarosa_computes(tmp_path: Path, java_classes: Path) -> None:
    cases = [(expression, value) for expression, value, _ in read_cases() if not NOT_COMPARABLE.search(expression)]
    binds = "".join(f'<bind nodeset="/data/{name}" type="{kind}"/>' for name, kind in TYPES.items() if name != "n")
    binds += '<bind nodeset="/data/r/n" type="int"/><bind nodeset="/data/r2/n" type="int"/>'
    rows = "".join(
        f'<group ref="/data/{name}"><repeat nodeset="/data/{name}"><input ref="/data/{name}/n"/></repeat></group>'
        for name in ("r", "r2")
    )
    model = f"<instance>{RECORD.replace(ROWS, '<r><n/></r><r2><n/></r2>')}</instance>{LIST}{binds}"
    namespaces = 'xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"'
    model += '<bind nodeset="/data/c" calculate="PLACE" type="string"/>'
    head = f"<h:head><h:title>t</h:title><model>{model}</model></h:head>"
    form = f"<h:html {namespaces}>{head}<h:body>{rows}</h:body></h:html>"
    (tmp_path / "form.xml").write_text(form, encoding="utf-8")
    (tmp_path / "record.xml").write_text(RECORD, encoding="utf-8")
    (tmp_path / "cases.txt").write_text("\n".join(html.escape(case[0]) for case in cases), encoding="utf-8")
    files = [tmp_path / name for name in ("record.xml", "form.xml", "cases.txt")]
    given = run_java("ReferenceValues", java_classes, *files)
    odd = [
        (expression, ours, theirs)
        for (expression, ours), theirs in zip(cases, given, strict=True)
        if not same_text(ours, theirs)
    ]
    assert odd == []


def same_text(ours: str, theirs: str) -> bool:
    """The text of our value beside what JavaRosa stores: booleans as 1 and 0, dates with a time, nothing for NaN."""
    stored = {"true": "1", "false": "0", "NaN": "", "error": "ERROR"}.get(ours, ours)
    return theirs in (ours, stored) or theirs.startswith(f"{ours}T") or read_xforms(ours) == read_xforms(theirs)
