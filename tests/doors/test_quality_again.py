"""All interviews checked again: the same findings at a fraction of the cost, and both sides of a pair told at once."""

from typing import Any

import pytest

from surveyapp.examine.settle import keep_quality_settings
from surveyapp.store.forms import get_form
from surveyapp.store.projects import get_project
from surveyapp.watch import Watch
from tests.doors.test_quality import ITEMS, check, found, interview, village
from tests.people import Survey, now


@pytest.fixture
def office(survey: Survey, monkeypatch: pytest.MonkeyPatch) -> Survey:
    """Commands work on the survey; the form `village` is published."""
    monkeypatch.setenv("SURVEYAPP_DATABASE_URL", survey.config.database_url)
    monkeypatch.setenv("SURVEYAPP_DATA_DIR", str(survey.config.data_dir))
    survey.publish(village())
    return survey


def test_a_full_check_finds_the_same_whether_records_are_read_or_remembered(office: Survey) -> None:
    phone = office.phone()
    odd: list[dict[str, str]] = [
        {"income": "900000"},
        {"income": "-98", "gps": "10.000001 20.0 0 5"},
        {"gps": "10.000002 20.0 0 150"},
        {"hh_id": "9", "enumerator": "asdf"},
        dict.fromkeys(ITEMS, "the same"),
        {**dict.fromkeys(ITEMS, "the same"), "item3": "other", "end": "2026-05-04T08:00:00.000+00:00"},
        {"start": "2026-05-04T23:00:00.000+00:00", "end": "2026-05-04T23:02:00.000+00:00"},
    ]
    for number in range(30):
        answers = {"income": str(480 + number), **(odd[number] if number < len(odd) else {})}
        phone.send(interview(str(number), answers, instance_id=f"uuid:{number}"))
    with office.database.reading() as session:
        form = get_form(session, get_project(session, "default").id, "village")
    check(office)
    # Each by a process of its own, in whose memory the numbers of all count from the beginning.
    watches = [Watch(office.config, office.database, office.files) for _ in range(2)]
    watches[0].check_all(form.id)
    first = kept_findings(office)
    assert {kind for kind, *_ in first} >= {"S06", "S11", "G02", "G04", "D03", "D07", "T03", "T04", "T05"}
    # By their summaries alone: nothing of the interviews themselves is looked at, and nothing is written.
    stamps = office.rows("SELECT submission_id, checked_at FROM quality_summaries ORDER BY submission_id")
    assert watches[1].check_all(form.id) == 30
    assert kept_findings(office) == first
    assert office.rows("SELECT submission_id, checked_at FROM quality_summaries ORDER BY submission_id") == stamps
    # With other settings all are read again.
    with office.database.begin() as session:
        keep_quality_settings(session, form, "{}", now())
    check(office)
    assert kept_findings(office) == first
    assert office.rows("SELECT submission_id, checked_at FROM quality_summaries ORDER BY submission_id") != stamps


def kept_findings(office: Survey) -> list[Any]:
    return office.rows(
        "SELECT kind, submission_id, row_key, observed, expected, severity, message, binding, state, opened_at,"
        " closed_at FROM quality_findings ORDER BY id"
    )


def test_an_interview_held_between_two_others_is_told_of_by_both_sides_at_once(office: Survey) -> None:
    phone = office.phone()
    early, late = "2026-05-04T08:30:00.000+00:00", "2026-05-04T09:10:00.000+00:00"
    phone.send(interview("1", {"gps": "10.0 20.0 0 5"}, instance_id="uuid:1"))
    check(office)
    assert not found("--only", "T05")
    phone.send(interview("2", {"start": early, "end": late, "gps": "12.0 20.0 0 5"}, instance_id="uuid:2"))
    check(office)
    assert [one["instance_id"] for one in found("--only", "T05")] == ["uuid:1"]
