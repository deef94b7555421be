"""Rulesets as data: every fault at once, hashes, and the drawer of examples."""

from typing import Any

import pytest

from surveyapp.clean.examples import run_examples
from surveyapp.clean.kinds import KINDS
from surveyapp.clean.rulesets import compile_ruleset
from surveyapp.problems import Problem
from tests.clean.household import HOUSEHOLD, program, rule
from tests.house.source import ROOT


def faults(*rules: Any) -> list[tuple[int, str]]:
    """Number of the rule and field of each fault."""
    with pytest.raises(Problem) as refused:
        compile_ruleset(rules, HOUSEHOLD)
    assert refused.value.kind.code == "ruleset-invalid"
    assert all(error["message"] and error["remedy"] for error in refused.value.errors)
    return [(error["rule"], error["field"]) for error in refused.value.errors]


def test_all_faults_of_all_rules_are_told_at_once() -> None:
    found = faults(
        {"kind": "recode", "colour": "red"},
        rule("recode", "head"),
        rule("set", "nothing", value=1, id="a"),
        rule("blank_if", "head", id="b"),
        rule("set_if", "head", value="x", when="${head} = ", id="c"),
        rule("convert", "head", unit="unit", target="ton", factors={"bag": "x"}, id="d"),
        "recode",
        rule("magic", id="e"),
    )
    assert found == [
        (1, "colour"),
        (1, "id"),
        (2, "parameters.map"),
        (3, "questions"),
        (4, "when"),
        (5, "when"),
        (6, "parameters.factors"),
        (6, "questions"),
        (7, ""),
        (8, "kind"),
    ]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (rule("recode", "crop", map={"dk": "sorghum"}), "parameters.map"),
        (rule("recode", "head", map={"(": "x"}, match="regex"), "parameters.map"),
        (rule("recode", "age", map={"7": "many"}), "parameters.map"),
        (rule("recode", "head", map={"x": "y"}, new_choice={"y": "Y"}), "parameters.new_choice"),
        (rule("recode_other", "crop_other", parent="age", map={"a": "maize"}), "parameters.parent"),
        (rule("set", "age", value="x"), "parameters.value"),
        (rule("set", "age"), "parameters.value"),
        (rule("set", "age", expression="random()"), "parameters.expression"),
        (rule("set", "age", expression="today()"), "parameters.expression"),
        (rule("set", "age", expression="${agee}"), "parameters.expression"),
        (rule("clip", "age"), "parameters.min"),
        (rule("clip", "age", min=5, max=4), "parameters.min"),
        (rule("clip", "age", max="5"), "parameters.max"),
        (rule("missing_codes", "age", codes={"99": "dont_know"}), "parameters.codes"),
        (rule("missing_codes", "age", codes={"-99": "bored"}), "parameters.codes"),
        (rule("parse_date", "visit", formats=["%d/%m"]), "parameters.formats"),
        (rule("parse_number", "harvest", decimal=",", grouping=","), "parameters.grouping"),
        (rule("scale10", "income", exponent=0, instances=["a"]), "parameters.exponent"),
        (rule("scale10", "income", exponent=1), "parameters.instances"),
        (rule("convert", "harvest", unit="unit", target="ton", factors={"bag": 5}), "parameters.target"),
        (rule("drop_submission", reason_code="other"), "when"),
        (rule("drop_submission", reason_code="bored", when="true()"), "parameters.reason_code"),
        (rule("dedupe", keys=["m_name"], keep="newest"), "parameters.keys"),
        (rule("dedupe", keys=["head"], keep="best"), "parameters.keep"),
        (rule("drop_row", row_keys=["a"], repeat="member", when="true()"), "parameters.row_keys"),
        (rule("drop_row", repeat="plot", when="true()"), "parameters.repeat"),
        (rule("merge_rows", keep="a", drop="a"), "parameters.drop"),
        (rule("move_row", row_key="a", instance="b", to="b"), "parameters.to"),
        (rule("renumber", question="age"), "parameters.question"),
        (rule("fix_relation", question="m_relation", values={"a": "aunt"}), "parameters.values"),
        (rule("derive", name="age", type="integer", expression="1"), "name"),
        (rule("derive", name="a b", type="integer", expression="1"), "parameters.name"),
        (rule("normalise_text", "head", scope="plot"), "scope"),
        (rule("normalise_text", "head", scope="member"), "scope"),
        (rule("normalise_text", "crop"), "questions"),
        (rule("pii", "head", action="coarsen", width=0), "parameters.width"),
        (rule("normalise_text", "head", colour="red"), "parameters.colour"),
        ({**rule("normalise_text", "head"), "examples": [{"in": 1}]}, "examples"),
        ({**rule("normalise_text", "head"), "active": "yes"}, "active"),
    ],
)
def test_a_fault_names_its_field(given: dict[str, Any], field: str) -> None:
    assert faults(given) == [(1, field)]


def test_an_id_is_used_once() -> None:
    assert faults(rule("set", "head", value="a"), rule("set", "head", value="b")) == [(2, "id")]


def test_an_unknown_name_has_a_suggestion() -> None:
    with pytest.raises(Problem) as refused:
        program(rule("set", "incme", value=1))
    assert "income" in refused.value.errors[0]["remedy"]


def test_the_hash_is_of_the_content() -> None:
    one, same = (program(rule("set", "head", value="a")).ruleset.hash for _ in range(2))
    assert one == same
    assert one != program(rule("set", "head", value="b")).ruleset.hash
    assert one != program(rule("set", "head", value="a", reason="so")).ruleset.hash


def test_examples_are_run_and_those_that_fail_are_named() -> None:
    examples = [
        {"in": {"crop": "other", "crop_other": "Maiz"}, "out": {"crop": "maize", "crop_other": None}},
        {"in": {"crop": "other", "crop_other": "bananas"}, "out": {"crop": "maize"}},
    ]
    recode = rule("recode_other", "crop_other", parent="crop", map={"maiz": "maize"}, examples=examples)
    test = rule(
        "drop_submission",
        when="${head} = 'test'",
        reason_code="test",
        examples=[
            {"in": {"head": "test"}, "out": {"_dropped": True}},
            {"in": {"head": "x"}, "out": {"_dropped": True}},
        ],
    )
    member = rule("set", "m_age", value=5, active=False, examples=[{"in": {"m_age": 4}, "out": {"m_age": 5}}])
    found = run_examples(program(recode, test, member))
    assert [tuple(fault) for fault in found] == [
        ("recode_other", 2, "crop", "maize", "other"),
        ("drop_submission", 2, "_dropped", "true", "false"),
    ]


def test_each_kind_of_rule_is_explained_with_its_parameters() -> None:
    page = (ROOT / "docs/cleaning.md").read_text(encoding="utf-8")
    for name, kind in KINDS.items():
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `{name}` |")]
        assert [parameter for parameter in kind.parameters if f"`{parameter}`" not in row] == [], name
