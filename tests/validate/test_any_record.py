"""Whatever a phone sends, it is judged: no record makes the judge raise, nor changes under its hands."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveyapp.answers import Node
from surveyapp.validate.circumstances import Circumstances
from surveyapp.validate.judge import judge
from surveyapp.validate.rules import CompiledRules, compile_rules
from surveyapp.xform.bind import bind
from surveyapp.xform.definition import FormDefinition, Group, Question, Repeat
from surveyapp.xform.parse import parse_xform
from tests.validate.fieldwork import COLLECT, RECEIVED, WEB
from tests.validate.reference import convert_form, household_table

TEXTS = st.one_of(
    st.none(),
    st.sampled_from(
        ["", "1", "-98", "2.5", "yes", "no", "n1", "s", "a01v1", "rice none", "2024-02-30", "2026-05-01", "x y"]
    ),
    st.sampled_from(
        ["10:00:00.000Z", "2026-05-01T10:00:00.000+08:00", "1e999", "1 2 3 4", "村", " ", "-", "inf", "nan"]
    ),
    st.text(max_size=8),
)


@pytest.fixture(scope="module")
def rules() -> CompiledRules:
    return compile_rules(parse_xform(convert_form("stress")), {"households.csv": household_table()})


def grow(data: st.DataObject, node: Node, holder: Group | Repeat) -> None:
    for child in holder.children:
        for _ in range(data.draw(st.integers(0, 2)) if isinstance(child, Repeat) else 1):
            grown = node.append(Node(child.name))
            if isinstance(child, Question):
                grown.text = data.draw(TEXTS)
            else:
                grow(data, grown, child)
    if data.draw(st.integers(0, 9)) == 0:
        node.append(Node(data.draw(st.sampled_from(["stray", "meta", "age", "member"])), "1"))
    if data.draw(st.integers(0, 5)) == 0 and node.children:
        del node.children[data.draw(st.integers(0, len(node.children) - 1))]


def outline(node: Node) -> list[tuple[str, str | None]]:
    return [(part.path(), part.text) for part in node.walk()]


def make_record(data: st.DataObject, definition: FormDefinition) -> Node:
    root = Node(definition.root.name)
    grow(data, root, definition.root)
    return root


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data(), st.sampled_from([COLLECT, WEB, ""]))
def test_any_record_is_judged_and_left_as_it_was(rules: CompiledRules, data: st.DataObject, agent: str) -> None:
    record = make_record(data, rules.definition)
    before = outline(record)
    unknown = bind(rules.definition, record)
    judgement = judge(rules, record, unknown, Circumstances(RECEIVED, agent, files=frozenset()), details=True)
    assert outline(record) == before
    assert len(judgement.findings) == judgement.violated
    assert len(judgement.unchecked) == judgement.not_checkable
    assert all(finding.message and finding.check for finding in judgement.findings)
    assert len({(finding.check, finding.path) for finding in judgement.findings}) == len(judgement.findings)
