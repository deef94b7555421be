"""Backchecks: what counts as a difference, whose rates are too high, and who is asked again."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from surveyapp.quality.backchecks import Comparison, Pair, draw_backchecks, match_pairs
from surveyapp.quality.declaration import NOTHING, QualityFinding
from surveyapp.quality.run import backcheck_settings, check_backchecks
from tests.quality.villages import MONDAY, interview_of, plan_of


def pair(plan: Any, number: int = 0, old: Mapping[str, str] = NOTHING, **new: str) -> Pair:
    return Pair(
        interview_of(plan, number, old),
        interview_of(plan, number, {**old, "enumerator": "checker", **new}, facts={"instance_id": f"back:{number}"}),
    )


def found(parameters: str, question: str, *pairs: Pair) -> list[QualityFinding]:
    return list(check_backchecks(comparison(parameters, question, *pairs)))


def comparison(parameters: str, question: str, *pairs: Pair) -> Comparison:
    plan = plan_of(("b", "B1", question, parameters))
    return Comparison(plan, pairs, backcheck_settings(plan))


PLAN = plan_of()


@pytest.mark.parametrize(
    ("question", "parameters", "old", "new", "differs"),
    [
        ("income", "", "1000", "1001", True),
        ("income", "", "1000", "1000", False),
        ("income", "below=10; above=20", "1000", "990", False),
        ("income", "below=10; above=20", "1000", "989", True),
        ("income", "below=10; above=20", "1000", "1020", False),
        ("income", "below=10; above=20", "1000", "1021", True),
        ("income", "percent=5", "1000", "1050", False),
        ("income", "percent=5", "1000", "1051", True),
        ("income", "", "1000", "", True),
        ("income", "no_difference=-98", "1000", "-98", False),
        ("crop", "", "maize", "wheat", True),
        ("crop", "no_difference=wheat", "maize", "wheat", False),
        ("hazards", "", "flood drought", "drought flood", False),
        ("hazards", "", "flood drought", "flood", True),
        ("remark", "", "All went well!", "all  went WELL", False),
        ("remark", "", "All went well", "All went badly", True),
    ],
)
def test_what_counts_as_a_difference(question: str, parameters: str, old: str, new: str, differs: bool) -> None:
    made = comparison(parameters, question, pair(PLAN, 0, {question: old}, **{question: new}))
    assert [one.differs for one in made.compared] == [differs]


def test_two_missing_answers_are_not_compared() -> None:
    assert comparison("", "income", pair(PLAN, 0, {"income": ""})).compared == ()


def test_a_difference_is_told_with_both_answers() -> None:
    one = found("", "income", pair(PLAN, 0, {"income": "1000"}, income="900"))[0]
    assert (one.instance_id, one.binding, one.observed, one.expected) == ("uuid:0", "back:0", "1000", "900")


@pytest.mark.parametrize(
    ("type_", "wrong", "alarm"), [(1, 2, True), (1, 1, False), (2, 3, True), (2, 2, False), (3, 10, False)]
)
def test_rates_above_the_limit_of_the_type_are_told(type_: int, wrong: int, alarm: bool) -> None:
    pairs = [pair(PLAN, n, {"income": "1000"}, income="1" if n < wrong else "1000") for n in range(10)]
    rates = [one for one in found(f"type={type_}", "income", *pairs) if one.message == "rate"]
    subjects = ["question /data/income", "enumerator e1", "backchecker checker", "team north"]
    assert [one.subject for one in rates] == (subjects if alarm else [])
    assert {one.severity for one in rates} <= {"error"}


def test_the_error_rates_of_enumerators_are_of_type_1_alone() -> None:
    plan = plan_of(("a", "B1", "income", "type=1"), ("b", "B1", "land", "type=2"))
    pairs = [pair(plan, 0, income="1"), pair(plan, 1, land="99")]
    assert Comparison(plan, pairs, backcheck_settings(plan)).error_rates() == {"e1": (1, 2)}


def test_reliability_is_that_of_the_pairs_with_two_numbers() -> None:
    made = comparison(
        "", "income", pair(PLAN, 0, {"income": "1"}, income="3"), pair(PLAN, 1, {"income": "5"}, income="")
    )
    assert made.reliability("/data/income") == (2.0, 0.0)
    assert made.reliability("/data/moved_on") is None


def test_a_backcheck_is_matched_by_household_with_the_last_interview() -> None:
    first, again = (
        interview_of(PLAN, 1),
        interview_of(PLAN, 1, facts={"instance_id": "uuid:again", "received_at": MONDAY.replace(year=2027)}),
    )
    rejected = interview_of(
        PLAN, 1, facts={"instance_id": "z", "received_at": MONDAY.replace(year=2028), "rejected": True}
    )
    back, stranger = interview_of(PLAN, 1, {"hh_code": "V1-0001 "}, facts={"instance_id": "b"}), interview_of(PLAN, 2)
    pairs, alone = match_pairs([again, first, rejected], [back, stranger])
    assert [(one.original, one.back) for one in pairs] == [(again, back)]
    assert alone == [stranger]


SUMMARIES = [
    dataclasses.replace(interview_of(PLAN, 0).summary, instance_id=f"{who}-{number}", enumerator=who)
    for who, n in (("e1", 30), ("e2", 4), ("e3", 1))
    for number in range(n)
]


def test_a_tenth_of_each_enumerator_is_drawn_and_at_least_one() -> None:
    drawn = draw_backchecks(SUMMARIES, 7)
    assert [sum(one.startswith(who) for one in drawn.instance_ids) for who in ("e1", "e2", "e3")] == [3, 1, 1]
    assert drawn.seed == 7


@given(some.permutations(SUMMARIES), some.integers())
def test_the_sample_depends_on_the_seed_and_not_on_the_order(shuffled: list[Any], seed: int) -> None:
    assert draw_backchecks(shuffled, seed) == draw_backchecks(SUMMARIES, seed)


def test_another_seed_draws_others_and_refusals_are_not_drawn() -> None:
    assert len({draw_backchecks(SUMMARIES, seed).instance_ids for seed in range(20)}) > 10
    refused = [dataclasses.replace(one, consent=False) for one in SUMMARIES[:30]]
    assert not [one for one in draw_backchecks(refused + SUMMARIES[30:], 1).instance_ids if one.startswith("e1")]
