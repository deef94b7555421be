"""Checks over all interviews: each fires on one enumerator, question, stratum or day, and is silent on the twin."""

import dataclasses
import datetime
import random
from array import array
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from surveyapp.quality.catalogue import CATALOGUE
from surveyapp.quality.code_matrix import encode_answers
from surveyapp.quality.declaration import QualityFinding, tell
from surveyapp.quality.interview import Counts, Measures, Position, Summary
from surveyapp.quality.plan import Plan
from surveyapp.quality.run import check_survey
from surveyapp.quality.sample import Sample
from surveyapp.quality.survey import OpenFinding, Survey
from tests.quality.villages import MONDAY, NOW, interview_of, plan_of

PLAN = plan_of()
FIRST = interview_of(PLAN).summary
LATER = NOW + datetime.timedelta(days=30)
DAY = datetime.timedelta(days=1)
Change = Callable[[Summary, int], Summary]


def with_counts(summary: Summary, **counts: int) -> Summary:
    return dataclasses.replace(summary, counts=Counts(**counts))


def with_numbers(summary: Summary, **numbers: float) -> Summary:
    """The summary with other numbers, by the last part of the measure's name."""
    changed = array("d", summary.measures.numbers)
    many = dict(summary.measures.many)
    for name, number in numbers.items():
        place = next((at for key, at in summary.measures.names.items() if key.rpartition("/")[2] == name), None)
        if place is None:
            many[next(key for key in PLAN.many if key.endswith(name))] = (number,)
        else:
            changed[place] = number
    return dataclasses.replace(summary, measures=Measures(summary.measures.names, changed, many))


def interviews(n: int, enumerator: str, change: Change = lambda one, number: one) -> list[Summary]:
    """`n` interviews of an enumerator, two a day, `change`d by number."""
    found = []
    for number in range(n):
        start = MONDAY + (number // 2) * DAY
        one = dataclasses.replace(
            FIRST, instance_id=f"{enumerator}-{number}", household=f"{enumerator}-{number}", enumerator=enumerator,
            start=start, end=start, received_at=start,
        )  # fmt: skip
        found.append(change(one, number))
    return found


def others(change: Change = lambda one, number: one, people: int = 5) -> list[Summary]:
    return [one for person in range(people) for one in interviews(30, f"e{person}", change)]


def found_in(summaries: Sequence[Summary], kind: str, plan: Plan = PLAN, **more: Any) -> list[QualityFinding]:
    found = [one for one in check_survey(Survey(plan, summaries, **{"now": LATER, **more})) if one.kind == kind]
    for one in found:
        for language in ("en", "zh"):
            assert "{" not in tell(CATALOGUE[kind], one, language)
    return found


def counts(**numbers: int) -> Change:
    return lambda one, number: with_counts(one, **numbers)


def sometimes(every: int, yes: Change, no: Change) -> Change:
    return lambda one, number: yes(one, number) if number % every == 0 else no(one, number)


def numbers(spread: float) -> Change:
    """Ten and more numeric questions with answers that vary so much."""

    def change(one: Summary, number: int) -> Summary:
        lot = random.Random(number)
        names = (
            "income",
            "land",
            "harvest",
            "total",
            "part_a",
            "part_b",
            "animals",
            "fcs_a",
            "fcs_b",
            "fcs_c",
            "fcs_d",
        )
        return with_numbers(one, **{name: 100 + spread * lot.uniform(-1, 1) for name in names})

    return change


def minutes(number: float) -> Change:
    return lambda one, _: with_numbers(one, minutes=number)


def grid(share: float) -> Change:
    return lambda one, _: dataclasses.replace(one, grids=dict.fromkeys(PLAN.grids, share))


def position(metres: float | None) -> Change:
    place = None if metres is None else Position(25, 105, metres)
    return lambda one, _: dataclasses.replace(one, position=place, position_asked=True)


def part(**fields: Any) -> Change:
    return lambda one, _: dataclasses.replace(one, **fields)


def answer(**fields: float) -> Change:
    return lambda one, _: with_numbers(one, **fields)


USUAL = counts(
    asked=100, answered=95, dont_know=3, refused=2, with_other=20, other=1, gates=10, gates_no=5, digits=40, fives=8
)
ENUMERATORS: tuple[tuple[str, Change, Change, Change], ...] = (
    # check, what the others do, what the odd one does, what the twin does
    ("E01", USUAL, counts(asked=100, answered=95, dont_know=11), counts(asked=100, answered=95, dont_know=9)),
    ("E02", USUAL, counts(asked=100, answered=89), counts(asked=100, answered=91)),
    ("E03", USUAL, counts(with_other=20, other=3), counts(with_other=20, other=1)),
    ("E04", USUAL, counts(gates=10, gates_no=7), counts(gates=10, gates_no=5)),
    ("E06", minutes(50), minutes(29), minutes(31)),
    ("E07", numbers(50), numbers(20), numbers(35)),
    ("E08", grid(0.4), sometimes(3, grid(1.0), grid(0.4)), sometimes(8, grid(1.0), grid(0.4))),
    ("E09", USUAL, counts(digits=40, fives=14), counts(digits=40, fives=9)),
    ("E10", sometimes(9, position(30), position(5)), sometimes(2, position(None), position(5)), position(20)),
)  # fmt: skip


@pytest.mark.parametrize(("check", "usual", "odd", "twin"), ENUMERATORS, ids=[row[0] for row in ENUMERATORS])
def test_an_enumerator_unlike_the_others_is_found(check: str, usual: Change, odd: Change, twin: Change) -> None:
    there = others(usual)
    assert "odd" in [one.subject for one in found_in(there + interviews(30, "odd", odd), check)]
    assert "twin" not in [one.subject for one in found_in(there + interviews(30, "twin", twin), check)]
    assert not found_in(there + interviews(19, "few", odd), check), "fewer than 20 interviews say nothing"


def test_an_enumerator_is_compared_within_the_group() -> None:
    plan = plan_of(("E01", "E01", "", "", "village"))
    village = "/data/village"
    hard = [
        dataclasses.replace(one, groups={village: "v2"})
        for one in others(counts(answered=100, dont_know=30))
        + interviews(30, "here", counts(answered=100, dont_know=31))
    ]
    easy = [dataclasses.replace(one, groups={village: "v1"}) for one in others(counts(answered=100, dont_know=2), 6)]
    assert not found_in(hard + easy, "E01", plan)
    assert found_in(hard + easy, "E01")


def test_pace_is_that_of_the_clock_where_the_others_have_no_audit_log() -> None:
    def quick(one: Summary, number: int) -> Summary:
        return with_numbers(one, minutes=20 + number % 2, active_minutes=9)

    assert [one.subject for one in found_in(others(minutes(50)) + interviews(30, "odd", quick), "E06")] == ["odd"]


def test_too_many_interviews_in_a_day_are_found() -> None:
    def at_once(n: int) -> list[Summary]:
        return [dataclasses.replace(one, start=MONDAY) for one in interviews(n, "odd")]

    assert [one.observed for one in found_in(at_once(9), "E05")] == ["9 (2026-09-07)"]
    assert not found_in(at_once(8), "E05")


def test_a_planned_day_without_interviews_is_found_when_it_is_over() -> None:
    day = MONDAY.date() + 3 * DAY
    plan = plan_of(sample=Sample(planned={"e0": frozenset({MONDAY.date(), day, LATER.date(), day + 400 * DAY})}))
    assert [one.observed for one in found_in(interviews(2, "e0"), "E05", plan)] == [day.isoformat()]


@pytest.mark.parametrize(
    ("odd", "usual", "message"),
    [(part(corrections=9), part(corrections=1), ""), (part(rejected=True), part(rejected=False), "rejected")],
)
def test_an_enumerator_who_is_corrected_often_is_found(odd: Change, usual: Change, message: str) -> None:
    # Some variation among the others: without any, nothing is far from it.
    there = [one for n in range(5) for one in interviews(30, f"e{n}", sometimes(n + 5, odd, usual))]
    assert [(one.subject, one.message) for one in found_in(there + interviews(30, "odd", odd), "E11")] == [
        ("odd", message)
    ]
    assert not found_in(there + interviews(30, "twin", sometimes(6, odd, usual)), "E11")
    assert not found_in(there[:90] + interviews(30, "odd", odd), "E11"), "four enumerators are too few"


def test_an_enumerator_with_many_near_duplicates_is_found() -> None:
    there = others() + interviews(30, "odd")
    some = [OpenFinding(f"e{n}-{m}", "D07", NOW) for n in range(5) for m in range(n)]
    many = [OpenFinding(f"odd-{n}", "D07", NOW) for n in range(30)]
    assert [one.subject for one in found_in(there, "E12", open_findings=some + many)] == ["odd"]
    assert not found_in(there, "E12", open_findings=some + many[:4])


def test_answers_that_depend_on_who_asks_are_found() -> None:
    def asked_by(pull: float) -> list[Summary]:
        return [
            with_numbers(one, income=1000 + pull * person + random.Random(f"{person} {number}").uniform(-300, 300))
            for person in range(6)
            for number, one in enumerate(interviews(30, f"e{person}"))
        ]

    assert [one.questions for one in found_in(asked_by(60), "E13")] == [("/data/income",)]
    assert not found_in(asked_by(5), "E13")


def test_an_enumerator_with_backcheck_errors_is_found() -> None:
    found = found_in([FIRST], "E14", error_rates={"e1": (11, 100), "e2": (10, 100)})
    assert [one.subject for one in found] == ["e1"]


@pytest.mark.parametrize(("fives", "severity"), [(24, None), (26, "warning"), (36, "error")])
def test_ages_that_end_in_0_and_5_too_often_are_found(fives: int, severity: str | None) -> None:
    there = [with_numbers(one, m_age=40 if n < fives else 41) for n, one in enumerate(interviews(100, "e1"))]
    found = found_in(there, "R11")
    assert [(one.subject, one.severity) for one in found] == [(who, severity) for who in ("", "e1") if severity]
    assert not found_in(there[:99], "R11"), "fewer than 100 ages say nothing"


# -- the form ---------------------------------------------------------------------------------------------------------
def test_progress_is_told_for_each_stratum() -> None:
    plan = plan_of(sample=Sample(targets={"a": 3, "b": 2}))
    there = [dataclasses.replace(one, stratum="ab"[n % 2]) for n, one in enumerate(interviews(4, "e1"))]
    found = found_in(there, "F01", plan)
    assert [(one.subject, one.observed, one.severity) for one in found] == [("a", "2", "warning"), ("b", "2", "info")]


@pytest.mark.parametrize(("n", "fires"), [(4, True), (3, False)])
@pytest.mark.parametrize(
    ("change", "message"),
    [({"consent": False}, ""), ({"visit_refused": True, "consent": None}, ""), ({"replaced": True}, "replaced")],
)
def test_refusals_and_replacements_are_found(change: dict[str, Any], message: str, n: int, fires: bool) -> None:
    there = [dataclasses.replace(one, **change) if k < n else one for k, one in enumerate(interviews(20, "e1"))]
    assert [one.message for one in found_in(there, "F02")] == [message] * fires


def test_questions_that_say_nothing_are_found() -> None:
    def codes(number: int) -> bytes:
        return encode_answers([str(number % 3) if place > 1 else "x" * place for place in range(len(PLAN.compared))])

    there = [dataclasses.replace(one, codes=codes(n)) for n, one in enumerate(interviews(20, "e1"))]
    found = found_in(there, "F03")
    assert [(one.message, one.subject) for one in found] == [("empty", PLAN.compared[0]), ("", PLAN.compared[1])]
    assert not found_in(there[:19], "F03")


@pytest.mark.parametrize(("taken", "fires"), [(3, True), (2, False)])
def test_a_large_share_of_other_is_found(taken: int, fires: bool) -> None:
    path = "/data/crop"
    there = [
        dataclasses.replace(one, with_other=frozenset({path}), others=frozenset({path} if n < taken else ()))
        for n, one in enumerate(interviews(20, "e1"))
    ]
    assert bool(found_in(there, "F04")) is fires


def test_several_versions_in_use_are_told() -> None:
    one, two = (dataclasses.replace(FIRST, instance_id=name, form_version=name, received_at=LATER) for name in "12")
    assert [found.observed for found in found_in([one, two], "F05")] == ["1 (1), 2 (1)"]
    assert not found_in([one, dataclasses.replace(two, received_at=LATER - 8 * DAY)], "F05")


def test_a_household_that_is_not_on_the_list_is_found() -> None:
    plan = plan_of(sample=Sample(households=frozenset({"v1-0000"})))
    stranger = dataclasses.replace(FIRST, instance_id="x", household="v1-9999")
    assert [one.instance_id for one in found_in([FIRST, stranger], "F06", plan)] == ["x"]
    assert not found_in([stranger], "F06")


def test_findings_that_nobody_settles_are_told() -> None:
    old, new = (OpenFinding("x", kind, LATER - days * DAY) for kind, days in (("S06", 3.1), ("S14", 2.9)))
    assert [(one.subject, one.observed) for one in found_in([FIRST], "F07", open_findings=[old, new])] == [("S06", "1")]


def test_a_day_of_short_interviews_is_found() -> None:
    quick = [
        with_numbers(dataclasses.replace(one, start=MONDAY + 90 * DAY), minutes=29)
        for one in interviews(5, "e1", minutes(50))
    ]
    there = others(minutes(50))
    assert [one.subject for one in found_in(there + quick, "F08")] == [(MONDAY + 90 * DAY).date().isoformat()]
    slower = [with_numbers(one, minutes=31) for one in quick]
    assert not found_in(there + slower, "F08")
    assert not found_in(there + quick[:4], "F08")


def test_files_that_do_not_come_are_told() -> None:
    late = dataclasses.replace(FIRST, media_missing=2)
    assert [one.observed for one in found_in([late], "F09")] == ["2"]
    assert not found_in([late], "F09", now=late.received_at + DAY)


@pytest.mark.parametrize(("days", "severity"), [(4, "warning"), (3, "info")])
def test_a_team_that_falls_silent_is_found(days: int, severity: str) -> None:
    found = found_in(interviews(2, "e1"), "F10", now=FIRST.start + days * DAY if FIRST.start else NOW)
    assert [(one.subject, one.severity, one.observed) for one in found] == [("north", severity, "2.0")]
