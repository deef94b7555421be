"""A draft beside the published ruleset: what each rule touches, and what would be different."""

from typing import Any

from surveyapp.clean.comparison import compare_rulesets
from surveyapp.clean.pipeline import Cleaner
from surveyapp.clean.records import MemorySource
from tests.clean.household import decision, interview, member, path, program, rule

FEW = [
    interview(n, income=n, head="test" if n == 1 else "Ana", rows=[member(1, n, m_age=n)], ages=str(n))
    for n in range(1, 31)
]


def compare(old: list[dict[str, Any]], new: list[dict[str, Any]], order: int = 1) -> Any:
    log = [decision("income", "7", instance_id="uuid:5")]
    return compare_rulesets(Cleaner(program(*old), log), Cleaner(program(*new), log), MemorySource(FEW[::order]))


def test_a_draft_shows_what_each_rule_touches_with_examples() -> None:
    tests = rule("drop_submission", when="${head} = 'test'", reason_code="test")
    lift = rule("set", "income", expression=". + 1")
    found = compare([], [tests, lift])
    assert (found.effects["drop_submission"].touched, found.effects["set"].touched) == (1, 28)
    assert (found.effects["set"].blocked, len(found.effects["set"].examples)) == (1, 20)
    assert found.effects["set"].examples[0][1:] == ("uuid:2", "", path("income"), "2", "3")
    assert found.effects["drop_submission"].examples[0][4:] == ("received", "test")


def test_a_draft_shows_where_its_data_differ() -> None:
    lift = rule("set", "income", expression=". + 1")
    tests = rule("drop_submission", when="${head} = 'test'", reason_code="test")
    found = compare([lift], [lift, rule("blank_if", "m_age", when=". < 3"), tests])
    assert (found.cells, found.gone, found.added) == ({path("m_age"): 1, path("ages"): 1}, 1, 0)
    assert [example[1:] for example in found.examples] == [
        ("uuid:1", "", "", "", "(not in the clean data)"),
        ("uuid:2", "", path("ages"), "2", "0"),
        ("uuid:2", "2/member-1", path("m_age"), "2", "(blanked)"),
    ]
    assert compare([tests], []).added == 1


def test_equal_rulesets_do_not_differ() -> None:
    lift = [rule("set", "income", expression=". + 1")]
    assert compare(lift, lift).cells == {}


def test_the_examples_do_not_hang_on_the_order_of_the_database() -> None:
    lift = [rule("set", "income", expression=". + 1")]
    assert compare([], lift) == compare([], lift, order=-1)
