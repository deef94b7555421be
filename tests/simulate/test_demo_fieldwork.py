"""The fieldwork of the demonstration: by daylight, one interview after the other, each enumerator in one village."""

import datetime
import itertools
import zoneinfo
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from surveyapp.cli.demo_fieldwork import FIRST_AFTER, LAST_AFTER, list_places, plan_interviews, plan_profiles
from surveyapp.simulate.interviews import simulate_appointments
from surveyapp.simulate.visit import list_last_appointments
from tests.simulate.test_interviews import REGISTER, reference_form

ZONE = zoneinfo.ZoneInfo("Asia/Shanghai")
VILLAGES = ("a01v1", "b02v2")
PUBLISHED = datetime.datetime(2026, 11, 21, 23, 40, tzinfo=ZONE)
moments = some.datetimes(datetime.datetime(2026, 1, 1), datetime.datetime(2027, 1, 1)).map(
    lambda one: one.replace(tzinfo=ZONE)
)


@given(moments, some.integers(1, 80))
@settings(max_examples=50)
def test_interviews_of_the_last_days_lie_in_them_by_daylight_and_one_after_the_other(
    published_at: datetime.datetime, n: int
) -> None:
    since, until = published_at + FIRST_AFTER, published_at + LAST_AFTER
    made = list(list_last_appointments(n, 1, since, until))
    assert len(made) == n
    assert all(since <= one.started_at < one.ended_at <= until for one in made)
    assert all(8 <= one.started_at.hour < 19 for one in made)
    days = Counter((one.username, one.started_at.date()) for one in made)
    assert max(days.values()) <= 8
    for before, after in itertools.pairwise(made):
        if before.username == after.username:
            assert after.started_at - before.ended_at >= datetime.timedelta(minutes=5)
            assert after.device_id == before.device_id
    assert list(list_last_appointments(n + 30, 1, since, until))[:n] == made


def test_a_night_has_no_interviews() -> None:
    with pytest.raises(ValueError, match="daylight"):
        next(list_last_appointments(1, 1, PUBLISHED, PUBLISHED + datetime.timedelta(hours=3)))


def test_a_village_comes_with_all_that_it_lies_in() -> None:
    found = list_places(reference_form(), "b02v2")
    assert list(found) == ["village", "township", "county", "province"]
    assert (found["village"], found["township"]) == ("b02v2", "b02")


def test_an_enumerator_stays_in_one_village_and_its_households_are_of_the_register() -> None:
    planned = plan_interviews(reference_form(), VILLAGES, 36, PUBLISHED)
    crew = list(dict.fromkeys(one.username for one in planned))
    assert len(crew) > 1
    for one in planned:
        assert one.answers["village"] == VILLAGES[crew.index(one.username) % 2]
    made = list(simulate_appointments(reference_form(), planned[:3], attachments=REGISTER))
    for record, one in zip(made, planned, strict=False):
        assert f"<village>{one.answers['village']}</village>".encode() in record.xml
        assert f"<hh_pick>{one.answers['village']}-".encode() in record.xml
        assert (record.username, record.started_at) == (one.username, one.started_at)


def test_the_supervisor_visits_each_village_once() -> None:
    made = plan_profiles([{"village": one} for one in VILLAGES], PUBLISHED)
    assert [one.answers["village"] for one in made] == list(VILLAGES)
    assert made[0].ended_at < made[1].started_at
