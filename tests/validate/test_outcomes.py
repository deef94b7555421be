"""What was computed stays what it is for the rules that read it, in Collect; a date or sum that clients write apart."""

import pytest

from surveyapp.validate.outcomes import list_outcomes
from tests.validate.fieldwork import COLLECT, WEB, doubted, found, interview, make_rules, parse_form

READER = """
| integer   | n | N | | | | | | |
| calculate | c | | | | | | {calculation} | |
| text      | t | T | ${{c}} | | | | | |
"""


@pytest.mark.parametrize("calculation", ["${n} > 100", "${n} - 5", "if(${n} = 5, 0, 'none')", "count-selected('')"])
def test_a_calculated_nought_is_false_to_collect(calculation: str) -> None:
    rules = make_rules(READER.format(calculation=calculation))
    assert found(interview(rules, "<n>5</n><c>0</c><t>x</t>")) == [("not-relevant-answered", "/data/t")]
    assert found(interview(rules, "<n>5</n><c>0</c>")) == []


@pytest.mark.parametrize("calculation", ["string(${n} - 5)", "substr('0', 0)", "concat('', ${n} - 5)"])
def test_a_text_of_nought_is_true_to_collect(calculation: str) -> None:
    rules = make_rules(READER.format(calculation=calculation))
    assert found(interview(rules, "<n>5</n><c>0</c><t>x</t>")) == []


def test_a_calculated_truth_reads_as_a_word() -> None:
    rules = make_rules(
        """
        | integer   | n | N | | | | | | |
        | calculate | c | | | | | | ${n} > 1 | |
        | calculate | d | | | | | | concat(${c}, '!') | |
        """
    )
    assert found(interview(rules, "<n>5</n><c>1</c><d>true!</d>")) == []


@pytest.mark.parametrize(
    ("calculation", "outcome"),
    [
        ("${n} > 1", "boolean"),
        ("not(${n})", "boolean"),
        ("${n} + 1", "decimal"),
        ("-${n}", "decimal"),
        ("${n}", "decimal"),
        ("once(sum(${n}))", "decimal"),
        ("if(${n} > 1, ${n}, '')", "decimal"),
        ("if(${n} > 1, true(), 1)", "decimal"),
        ("if(${n} > 1, ${n}, '3')", ""),
        ("${t}", ""),
        ("today()", ""),
        ("${a} = ${t}", "boolean"),
        ("(", ""),
        ("${c} + 1", "decimal"),
        ("coalesce(${c}, 1)", ""),
    ],
)
def test_what_a_calculation_yields_is_told_from_its_text(calculation: str, outcome: str) -> None:
    definition = parse_form(
        "| survey |\n| | type | name | label | calculation |\n| | integer | n | N | |\n| | text | t | T | |\n"
        f"| | calculate | a | | ${{n}} + 1 |\n| | calculate | c | | {calculation} |"
    )
    assert list_outcomes(definition)["/data/c"] == outcome


def test_a_sum_of_nothing_depends_on_the_version_of_the_web_client() -> None:
    rules = make_rules("| calculate | c | | | | | | sum(/data/none) | |\n| text | t | T | | | | | | |")
    judgement = interview(rules, "<c/>", agent=WEB)
    assert found(judgement) == []
    assert doubted(judgement) == [("calculate-differs", "/data/c")]
    assert found(interview(rules, "<c>3</c>", agent=WEB)) == [("calculate-differs", "/data/c")]
    assert found(interview(rules, "<c/>", agent=COLLECT)) == [("calculate-differs", "/data/c")]


def test_what_is_no_date_may_be_blank() -> None:
    rules = make_rules("| text | t | T | | | | | | |\n| calculate | c | | | | | | format-date(${t}, '%Y') | |")
    assert found(interview(rules, "<t>x</t><c/>", agent=WEB)) == []
    assert found(interview(rules, "<t>x</t><c>2024</c>", agent=WEB)) == [("calculate-differs", "/data/c")]
