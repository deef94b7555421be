"""The reference questionnaire: correct interviews raise nothing, odd ones what they should."""

import statistics
import time

import pytest

from surveyapp.answers import Node
from surveyapp.validate.circumstances import Circumstances
from surveyapp.validate.form_checks import check_form
from surveyapp.validate.judge import Judgement, judge
from surveyapp.validate.rules import CompiledRules, compile_rules
from surveyapp.xform.bind import bind
from tests.validate.fieldwork import COLLECT, WEB
from tests.validate.reference import household_table, questionnaire
from tests.validate.steering import NOW, Steering

ANSWERED = {"visit_result": "done", "consent": "yes"}


@pytest.fixture(scope="module")
def rules() -> CompiledRules:
    return compile_rules(questionnaire(), {"households.csv": household_table()})


def judged(rules: CompiledRules, record: Node, agent: str = COLLECT) -> Judgement:
    return judge(rules, record, bind(rules.definition, record), Circumstances(NOW, agent))


@pytest.mark.parametrize("agent", [COLLECT, WEB, "curl/8"])
def test_correct_interviews_raise_no_finding(rules: CompiledRules, agent: str) -> None:
    for seed in range(20):
        record = Steering(rules, seed, fixed=ANSWERED, dialect="xforms" if agent == WEB else "javarosa").record()
        judgement = judged(rules, record, agent)
        assert judgement.findings == ()
        assert judgement.unchecked == ()
        assert judgement.ok > 150


def test_an_odd_answer_raises_one_finding(rules: CompiledRules) -> None:
    record = Steering(rules, 7, fixed=ANSWERED).record()
    age = next(node for node in record.walk() if node.name == "m_age")
    age.text = "190"
    checks = {(finding.check, finding.question) for finding in judged(rules, record).findings}
    assert ("constraint-violated", "m_age") in checks


def test_the_form_itself_has_no_fault(rules: CompiledRules) -> None:
    assert check_form(rules) == []


def test_one_interview_is_judged_in_a_few_milliseconds(rules: CompiledRules) -> None:
    records = [Steering(rules, seed, fixed=ANSWERED).record() for seed in range(10)]
    times = []
    for record in records * 3:
        started = time.perf_counter()
        judged(rules, record)
        times.append(time.perf_counter() - started)
    # The aim is 5 ms; a shared machine under test may be several times slower.
    assert statistics.median(times) < 0.02
