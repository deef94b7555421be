"""What is compared by its summary alone is told the same as when its whole record is read."""

import json
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from surveyapp.quality.gathered import Gathered
from surveyapp.quality.interview import Interview
from surveyapp.quality.plan import Plan
from surveyapp.quality.run import compare_again
from surveyapp.quality.summaries import summary_as_plain, summary_from_plain
from tests.quality.test_checks_against_others import TRIALS, Trial, audit
from tests.quality.villages import HEAD, NOW, among, gathered, interview_of, member, others, plan_of

PLAN = plan_of(
    ("ages", "S15", "m_age income", ""),
    ("yield", "S15", "harvest", "max=900; expression=${harvest} div ${land}"),
    ("coded", "S08", "income land", "declared=1100,77"),
    ("near", "S06", "income", "method=iqr", "village"),
)
THERE = [
    interview_of(
        PLAN,
        number,
        {"income": str(900 + 10 * number)},
        members=[member(HEAD, m_age=str(20 + number))],
        facts={"audit": audit(1800 + 20 * number, changes=number % 7)},
    )
    for number in range(1, 41)
]
NUMBERS = some.sampled_from(["", "0", "-98", "-99", "66", "77", "99", "9999", "1000", "1100", "1300", "12000", "1e9"])


def again(plan: Plan, interview: Interview, there: Gathered) -> Any:
    """By the summary as it is kept and read again; None where the answers are asked for."""
    kept = json.loads(json.dumps(summary_as_plain(interview.summary)))
    summary = summary_from_plain(kept, plan.measures, plan.compared, interview.summary.codes)
    return compare_again(plan, summary, there, NOW)


@pytest.mark.parametrize("side", ["odd", "twin"])
@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: f"{trial.check}-{trial.message}-{trial.observed[:12]}")
def test_a_comparison_says_the_same_of_the_summary(trial: Trial, side: Literal["odd", "twin"]) -> None:
    plan = plan_of(*trial.rows)
    known = others(plan) + [interview_of(plan, 50 + place, **one) for place, one in enumerate(trial.there)]
    asking = interview_of(plan, **{"facts": {"instance_id": "uuid:asking"}, **getattr(trial, side)})
    there = gathered(plan, *known, asking)
    told = again(plan, asking, there)
    if told is not None:
        assert told == among(plan, asking, there).findings
    else:
        assert trial.check in {"S06", "S08", "S14", "S15"}


@settings(max_examples=80, deadline=None)
@given(
    some.fixed_dictionaries({"income": NUMBERS, "land": NUMBERS, "harvest": NUMBERS, "animals": NUMBERS}),
    some.lists(NUMBERS, min_size=1, max_size=3),
    some.sampled_from([b"", audit(40_000), audit(2100), audit(2000, changes=60)]),
)
def test_whatever_the_numbers_the_summary_says_the_same_or_asks_for_them(
    answers: dict[str, str], ages: list[str], log: bytes
) -> None:
    asking = interview_of(PLAN, 0, answers, [member(HEAD, m_age=age) for age in ages], {"audit": log})
    there = gathered(PLAN, *THERE, asking)
    told = again(PLAN, asking, there)
    assert told is None or told == among(PLAN, asking, there).findings


def test_of_ordinary_interviews_nothing_is_read_again() -> None:
    there = gathered(PLAN, *THERE)
    assert sum(again(PLAN, one, there) is None for one in THERE) <= len(THERE) // 10
