"""What the checks across interviews found, in the workbook and the CSV files."""

from dataclasses import replace
from pathlib import Path

import openpyxl

from surveyapp.clean.log import LogRow
from surveyapp.review.decide import Decision, Reviewer, decide
from surveyapp.store.cleaning import add_decisions
from surveyapp.store.forms import get_form
from surveyapp.store.history import add_event
from surveyapp.store.projects import get_project
from surveyapp.store.reach import EVERYTHING
from surveyapp.watch import Watch
from tests.doors.test_quality import ITEMS, interview, village
from tests.people import Survey, now


def sent(survey: Survey) -> None:
    """Three interviews of two enumerators: two of Ana's are nearly the same."""
    survey.publish(village())
    phone = survey.phone()
    alike = dict.fromkeys(ITEMS, "the same")
    phone.send(interview("1", alike, instance_id="uuid:1"))
    phone.send(interview("2", {**alike, "item3": "other", "gps": ""}, instance_id="uuid:2"))
    phone.send(interview("3", {"enumerator": "bo"}, instance_id="uuid:3"))


def test_findings_and_enumerators_have_sheets_of_their_own(survey: Survey, tmp_path: Path) -> None:
    sent(survey)
    assert "data_quality" not in survey.export("village", tmp_path / "before.xlsx")
    watch = Watch(survey.config, survey.database, survey.files)
    watch.check_waiting()
    sheets = survey.export("village", tmp_path / "out.xlsx")
    (near,) = [row for row in sheets["data_quality"] if row["check"] == "D07"]
    assert (near["open"], near["submissions"], near["enumerators"], near["severity"]) == (2, 2, 1, "warning")
    told = [row for row in sheets["quality_findings"] if row["check"] == "D07"]
    assert {(row["_instance_id"], row["enumerator"], row["state"]) for row in told} == {
        ("uuid:1", "ana", "open"),
        ("uuid:2", "ana", "open"),
    }
    crew = {row["enumerator"]: row for row in sheets["enumerators"]}
    assert (crew["ana"]["interviews"], crew["bo"]["interviews"]) == (2, 1)
    assert crew["ana"]["median_minutes"] == 40
    assert crew["ana"]["near_duplicates"] == 2


def test_errors_and_warnings_are_shaded(survey: Survey, tmp_path: Path) -> None:
    sent(survey)
    Watch(survey.config, survey.database, survey.files).check_waiting()
    for writer in ("splice", "openpyxl"):
        survey.export("village", tmp_path / f"{writer}.xlsx", writer=writer)
        workbook = openpyxl.load_workbook(tmp_path / f"{writer}.xlsx")
        rules = {
            str(area.sqref): [rule.formula[0] for rule in area.rules]
            for area in workbook["data_quality"].conditional_formatting
        }
        assert rules == {"A2:I5001": ['$C2="error"', '$C2="warning"']}
        assert not workbook["data"].conditional_formatting


def test_the_same_findings_give_the_same_bytes(survey: Survey, tmp_path: Path) -> None:
    sent(survey)
    watch = Watch(survey.config, survey.database, survey.files)
    watch.check_waiting()
    survey.export("village", tmp_path / "a.xlsx")
    survey.export("village", tmp_path / "b.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_what_checks_found_can_be_had_without_the_answers(survey: Survey, tmp_path: Path) -> None:
    sent(survey)
    Watch(survey.config, survey.database, survey.files).check_waiting()
    sheets = survey.export("village", tmp_path / "out.xlsx", kind="quality")
    assert list(sheets) == ["README", "data_quality", "enumerators", "quality_findings", "findings"]
    assert len(sheets["enumerators"]) == 2


def test_rejected_interviews_and_corrected_answers_count_for_their_enumerators(survey: Survey, tmp_path: Path) -> None:
    sent(survey)
    watch = Watch(survey.config, survey.database, survey.files)
    watch.check_waiting()
    with survey.database.begin() as session:
        form = get_form(session, get_project(session, "default").id, "village")
        who = Reviewer("command:test", EVERYTHING, admin=True, channel="command", at=now())
        decide(session, form.id, 2, Decision("rejected", comment="made up", reason_code="fabricated"), who)
        detail = {"paths": ["/data/income", "/data/gps"]}
        add_event(session, 1, at=now(), actor="person:a", channel="office", kind="edited", detail=detail)
        cell = LogRow("uuid:1", "/data/item0", "change_response", "the same", "another", source="person")
        cell = replace(cell, changed_by="person:a", changed_at=now())
        add_decisions(session, form.id, [cell, replace(cell, change_type="no_action")])
    watch.check_waiting()
    sheets = survey.export("village", tmp_path / "out.xlsx", kind="raw")
    assert len(sheets["data"]) == 2
    crew = {row["enumerator"]: row for row in sheets["enumerators"]}
    assert (crew["ana"]["interviews"], crew["ana"]["rejected_share"], crew["ana"]["corrections"]) == (1, 0.5, 3)
    assert (crew["bo"]["rejected_share"], crew["bo"]["corrections"]) == (0, 0)
