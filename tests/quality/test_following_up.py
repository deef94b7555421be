"""Findings of a new run are kept, opened or closed; what was acknowledged stays silent until its value changes."""

import dataclasses

from hypothesis import given
from hypothesis import strategies as some

from surveyapp.quality.catalogue import plain_setting
from surveyapp.quality.declaration import QualityFinding
from surveyapp.quality.following import Changes, KeptFinding, Status, follow_up


def finding(observed: str = "9", **parts: str) -> QualityFinding:
    return plain_setting("S06").find(instance_id="uuid:1", questions=("/data/a",), observed=observed, **parts)


def kept(status: Status, observed: str = "9") -> KeptFinding:
    return KeptFinding("k1", finding(observed), status)


def test_what_is_found_for_the_first_time_is_opened() -> None:
    assert follow_up([], [finding()]) == Changes((finding(),), (), (), ())


def test_what_is_found_again_stays_as_it_is() -> None:
    again = finding(expected="other limits")
    assert follow_up([kept("open")], [again]) == Changes((), (), (("k1", again),), ())


def test_what_is_acknowledged_is_not_opened_again() -> None:
    assert follow_up([kept("acknowledged")], [finding()]).opened == ()


def test_another_value_of_an_acknowledged_one_is_a_new_finding() -> None:
    assert follow_up([kept("acknowledged")], [finding("10")]) == Changes((finding("10"),), (), (), ())


def test_what_is_no_longer_found_is_closed() -> None:
    assert follow_up([kept("open")], []) == Changes((), (), (), ("k1",))


def test_an_acknowledged_one_that_is_no_longer_found_keeps_its_decision() -> None:
    assert follow_up([kept("acknowledged")], []).closed == ()


def test_what_was_closed_and_is_found_again_is_opened_again() -> None:
    assert follow_up([kept("closed")], [finding()]).reopened == (("k1", finding()),)


def test_a_decision_counts_more_than_what_was_closed_before_it() -> None:
    newer = KeptFinding("k2", finding(), "acknowledged")
    assert follow_up([kept("closed"), newer], [finding()]).renewed == (("k2", finding()),)
    assert follow_up([newer, kept("closed")], [finding()]).renewed == (("k2", finding()),)


def test_another_row_question_or_subject_is_another_finding() -> None:
    for change in ({"row_key": "m2"}, {"questions": ("/data/b",)}, {"subject": "e1"}, {"instance_id": "uuid:2"}):
        other = dataclasses.replace(finding(), **change)
        assert follow_up([kept("open")], [other]).opened == (other,)


def test_the_same_finding_twice_is_one() -> None:
    assert follow_up([], [finding(), finding()]).opened == (finding(),)


values = some.lists(some.sampled_from("abcdef"), max_size=6)


@given(values, values)
def test_a_second_run_with_the_same_findings_changes_nothing(first: list[str], second: list[str]) -> None:
    old = [KeptFinding(value, finding(value), "open") for value in dict.fromkeys(first)]
    changes = follow_up(old, map(finding, second))
    there = [one for one in old if one.id not in changes.closed]
    there += [KeptFinding(f"new {one.observed}", one, "open") for one in changes.opened]
    again = follow_up(there, map(finding, second))
    assert (again.opened, again.reopened, again.closed) == ((), (), ())
    assert {one.finding.observed for one in there} == set(second)
