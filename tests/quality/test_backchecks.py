"""Backchecks: what counts as a difference, whose rates are too high, and who is asked again."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from surveyapp.quality.backcheck_rates import Rate, only_of, rate_backchecks
from surveyapp.quality.backchecks import Asked, Comparison, Pair, draw_backchecks, match_pairs
from surveyapp.quality.declaration import NOTHING, QualityFinding
from surveyapp.quality.interview import Interview
from surveyapp.quality.plan import make_plan
from surveyapp.quality.roles import find_roles
from surveyapp.quality.run import backcheck_settings, check_backchecks
from tests.quality.villages import MONDAY, gathered, interview_of, plan_of, village_form


def asked(interview: Interview) -> Asked:
    """The interview as it is compared."""
    summary, given = interview.summary, interview.main
    texts = {path: text for path, text in given.texts.items() if text}
    values = {path: value for path, value in given.values.items() if path in texts}
    who = (summary.instance_id, summary.household, summary.enumerator, summary.team, summary.received_at)
    return Asked(0, *who, frozenset(given.texts), texts, values)


def pair(plan: Any, number: int = 0, old: Mapping[str, str] = NOTHING, **new: str) -> Pair:
    changed = {**old, "enumerator": "checker", **new}
    back = interview_of(plan, number, changed, facts={"instance_id": f"back:{number}"})
    return Pair(asked(interview_of(plan, number, old)), asked(back))


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
        "",
        "income",
        pair(PLAN, 0, {"income": "1"}, income="3"),
        pair(PLAN, 1, {"income": "5"}, income=""),
        pair(PLAN, 2, {"income": "5"}, income="-98"),
    )
    (one,) = rate_backchecks(made).questions
    assert (one.rate.differing, one.rate.compared) == (3, 3)
    assert (one.response_variance, one.reliability, one.mean_gap) == (2.0, 0.0, 2.0)


def test_a_question_that_the_backcheck_does_not_ask_is_not_compared() -> None:
    one = pair(PLAN, 0, {"income": "1000"}, income="")
    shorter = dataclasses.replace(one, back=dataclasses.replace(one.back, questions=frozenset({"/data/crop"})))
    assert [one.differs for one in comparison("", "income crop", one).compared] == [True, False]
    assert [one.path for one in comparison("", "income crop", shorter).compared] == ["/data/crop"]


def test_rates_are_told_by_type_by_question_and_by_everybody_who_had_part() -> None:
    plan = plan_of(("a", "B1", "income crop", "type=1"), ("b", "B1", "land", "type=2"))
    pairs = [
        pair(plan, n, {"enumerator": "e1" if n < 6 else "e2"}, **({"income": "1"} if n < 3 else {})) for n in range(8)
    ]
    made = Comparison(plan, pairs, backcheck_settings(plan))
    told = rate_backchecks(made, unmatched=4)
    assert (told.pairs, told.unmatched, told.types) == (8, 4, (Rate(1, 3, 16, 10.0), Rate(2, 0, 8, 20.0)))
    assert [(one.path, one.rate.differing, one.rate.alarming) for one in told.questions] == [
        ("/data/income", 3, True),
        ("/data/crop", 0, False),
        ("/data/land", 0, False),
    ]
    people = {(one.by, one.name): (one.pairs, one.rates[0]) for one in told.people}
    assert people == {
        ("enumerator", "e1"): (6, Rate(1, 3, 12, 10.0)),
        ("enumerator", "e2"): (2, Rate(1, 0, 4, 10.0)),
        ("backchecker", "checker"): (8, Rate(1, 3, 16, 10.0)),
        ("team", "north"): (8, Rate(1, 3, 16, 10.0)),
    }
    assert [one.pair.original.instance_id for one in told.differences] == ["uuid:0", "uuid:1", "uuid:2"]
    assert rate_backchecks(only_of(made, "e2")).types == (Rate(1, 0, 4, 10.0), Rate(2, 0, 2, 20.0))


def test_numbers_and_yes_or_no_are_tested_from_five_pairs_on() -> None:
    pairs = [pair(PLAN, n, {"income": "1000", "owns": "yes"}, income=str(1001 + n), owns="no") for n in range(6)]
    income, owns, crop = rate_backchecks(comparison("", "income owns crop", *pairs)).questions
    assert income.t is not None
    assert income.ranks is not None
    assert owns.changes is not None
    assert (income.t.n, income.ranks.statistic, income.ranks.p) == (6, 21.0, 2 / 64)
    assert (owns.changes.statistic, owns.changes.n, owns.changes.p) == (0.0, 6, 2 / 64)
    assert (income.changes, owns.t, crop.t, crop.changes) == (None, None, None, None)
    income, owns, _ = rate_backchecks(comparison("", "income owns crop", *pairs[:4])).questions
    assert (income.t, income.ranks, owns.changes) == (None, None, None)


@pytest.mark.parametrize(("answer", "marked"), [("yes", True), ("no", False), ("dk", False), ("", False)])
def test_a_question_marks_an_interview_as_a_backcheck(answer: str, marked: bool) -> None:
    roles = find_roles(village_form(), {"backcheck": "owns"})
    plan = make_plan(village_form(), PLAN.settings, roles)
    made = interview_of(plan, 1, {"owns": answer}).summary
    assert made.backcheck is marked
    assert (made.instance_id in gathered(plan, interview_of(plan, 1, {"owns": answer})).summaries) is not marked
    assert draw_backchecks([made], 1).instance_ids == (() if marked else (made.instance_id,))


def test_a_backcheck_is_matched_by_household_with_the_last_interview() -> None:
    first, again = (
        asked(interview_of(PLAN, 1)),
        asked(interview_of(PLAN, 1, facts={"instance_id": "uuid:again", "received_at": MONDAY.replace(year=2027)})),
    )
    back = asked(interview_of(PLAN, 1, {"hh_code": "V1-0001 "}, facts={"instance_id": "b"}))
    stranger = asked(interview_of(PLAN, 2))
    pairs, alone = match_pairs([again, first], [back, stranger])
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
