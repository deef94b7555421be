"""Clean data through the doors: each reason that cleaning gave stands in the file, each submission is accounted for."""

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pyreadstat

from surveyapp.correct.rulesets import publish_ruleset, save_draft
from surveyapp.export.from_store import StoredForm
from surveyapp.export.options import ENDINGS, ExportOptions, Format
from surveyapp.export.run import write_export
from surveyapp.store.forms import Form, get_form
from surveyapp.store.history import add_event
from surveyapp.store.projects import get_project
from surveyapp.store.reviews import mark_deleted, mark_state
from tests.doors.test_cleaning_identity_doors import decide
from tests.farms import FARMS, RULES, farm
from tests.people import Survey, now

TAKEN_AWAY: list[dict[str, Any]] = [
    {"id": "nowhere", "kind": "blank_if", "questions": ["village"], "when": ". = 'Nowhere'"},
    {
        "id": "listed",
        "kind": "recode",
        "questions": ["crop"],
        "cascade": True,
        "parameters": {"map": {"other": "rice"}},
    },
    {
        "id": "no_work",
        "kind": "set_if",
        "questions": ["works"],
        "when": "${wage} = 0",
        "parameters": {"value": "no"},
        "cascade": True,
    },
    {
        "id": "gone",
        "kind": "recode",
        "questions": ["crop"],
        "parameters": {"map": {"maize": None}},
    },
    {"id": "many", "kind": "missing_codes", "questions": ["income"], "parameters": {"codes": {"777": "refused"}}},
]


def find_form(survey: Survey, form_id: str = "farms") -> Form:
    with survey.database.reading() as session:
        return get_form(session, get_project(session, "default").id, form_id)


def publish_rules(survey: Survey, rules: list[dict[str, Any]]) -> None:
    form = find_form(survey)
    with survey.database.begin() as session:
        number = save_draft(session, survey.files, form, json.loads(json.dumps(rules)), who="person:chief", now=now())
        publish_ruleset(session, survey.files, form, number, who="person:chief", now=now())


def unpack(survey: Survey, folder: Path, file_format: Format) -> Path:
    """The files of an export that is a zip."""
    target = folder / f"out{ENDINGS[file_format]}"
    with survey.database.reading() as session:
        write_export(StoredForm(session, survey.files, find_form(survey)), ExportOptions(format=file_format), target)
    with zipfile.ZipFile(target) as package:
        package.extractall(folder / file_format)
    return folder / file_format


def test_each_reason_that_a_rule_gave_stands_in_workbook_csv_spss_and_stata(survey: Survey, tmp_path: Path) -> None:
    survey.publish(FARMS)
    phone = survey.phone()
    odd: dict[str, Any] = {"works": "yes", "wage": 0, "village": "Nowhere", "income": 777, "born": "long ago"}
    odd |= {"crop": "other", "crop_other": "rye"}
    assert phone.send(farm(1, **odd)).status_code == 201
    assert phone.send(farm(2, crop="maize", born="1990-01-01")).status_code == 201
    publish_rules(survey, TAKEN_AWAY)
    wanted = {
        "village": "blanked",
        "crop_other": "not_asked",
        "wage": "not_asked",
        "income": "refused",
        "born": "invalid",
        "crop": None,
        "hh_id": None,
    }
    first, second = survey.export("farms", tmp_path / "a.xlsx")["data"]
    assert {name: first.get(f"{name}__missing") for name in wanted} == wanted
    assert (second["crop"], second["crop__missing"], second["born__missing"]) == (None, "blanked", None)
    assert "hh_id__missing" not in first
    told = unpack(survey, tmp_path, "csv") / "data.csv"
    rows = list(csv.DictReader(io.StringIO(told.read_text("utf-8-sig"))))
    assert {name: rows[0].get(f"{name}__missing") or None for name in wanted} == wanted
    values, about = pyreadstat.read_sav(unpack(survey, tmp_path, "sav") / "data.sav", user_missing=True)
    codes = {label: code for code, label in about.variable_value_labels["income"].items()}
    assert values["income"].tolist() == [codes["refused"], 102]
    ranges: list[Any] = about.missing_ranges["income"]
    assert any(limits["lo"] <= codes["refused"] <= limits["hi"] for limits in ranges)
    assert values["crop"].tolist() == [1, -95]
    assert values["village__missing"].tolist() == ["blanked", ""]
    assert values["born__missing"].tolist() == ["invalid", ""]
    values, _ = pyreadstat.read_dta(unpack(survey, tmp_path, "dta") / "data.dta", user_missing=True)
    assert values["income"].tolist() == ["b", 102]
    assert values["crop"].tolist() == [1, "e"]


def stand(survey: Survey, **states: str) -> None:
    """Bring submissions, by instance id without `uuid:farm-`, into states; `deleted` lays a tombstone."""
    numbers = dict(survey.rows("SELECT instance_id, id FROM submissions"))
    with survey.database.begin() as session:
        for name, state in states.items():
            number = numbers[f"uuid:farm-{name.removeprefix('_')}"]
            if state == "deleted":
                mark_deleted(session, number, "person:chief", "sent twice", now())
            else:
                mark_state(session, number, state, "person:chief", now())
                said = {"reason_code": "fabricated"} if state == "rejected" else {}
                add_event(session, number, at=now(), actor="person:chief", channel="office", kind="state", detail=said)


def told(path: Path) -> dict[str, Any]:
    rows = openpyxl.load_workbook(path)["README"].iter_rows(values_only=True)
    return {str(row[0]): row[1] for row in rows if row[0]}


def test_every_submission_that_came_is_in_the_file_or_told_of_in_the_deletion_log(
    survey: Survey, tmp_path: Path
) -> None:
    survey.publish(FARMS)
    phone = survey.phone()
    for number in range(1, 7):
        assert phone.send(farm(number, village="TEST" if number == 6 else "North")).status_code == 201
    decide(survey, find_form(survey), [(2, "village", 5), (4, "village", 7)])
    publish_rules(survey, [RULES[0]])
    stand(survey, _2="has_issues", _3="rejected", _4="deleted")
    sheets = survey.export("farms", tmp_path / "a.xlsx")
    assert [row["hh_id"] for row in sheets["data"]] == ["H1", "H5"]
    gone = {row["instance_id"]: row for row in sheets["deletion_log"]}
    assert {name: (row["reason_code"], row["source"]) for name, row in gone.items()} == {
        "uuid:farm-2": ("state has_issues", "policy"),
        "uuid:farm-3": ("state rejected", "policy"),
        "uuid:farm-4": ("deleted", "deletion"),
        "uuid:farm-6": ("test", "rule:tests@1"),
    }
    assert gone["uuid:farm-3"]["reason"].startswith("fabricated. ")
    assert (gone["uuid:farm-4"]["deleted_by"], gone["uuid:farm-4"]["reason"]) == ("person:chief", "sent twice")
    left = [(r["instance_id"], r["question"], r["new_value"], r["status"]) for r in sheets["cleaning_log"]]
    assert left == [("uuid:farm-2", "village", "5", "left_out"), ("uuid:farm-4", "village", "7", "left_out")]
    found = told(tmp_path / "a.xlsx")
    parts = {name: count for name, count in found.items() if name.startswith("… left out")}
    assert found["Submissions received"] == 6 == sum(parts.values()) + found["… in the clean data"]
    assert parts == {
        "… left out: state has_issues, by the policy of the form": 1,
        "… left out: state rejected, by the policy of the form": 1,
        "… left out: deleted by people": 1,
        "… left out: test, by rule:tests@1": 1,
    }
    assert "also after their answers were corrected" in found["States left out"]
    raw = survey.export("farms", tmp_path / "raw.xlsx", kind="raw")
    assert [row["instance_id"] for row in raw["deletion_log"]] == ["uuid:farm-2", "uuid:farm-3", "uuid:farm-4"]
    assert (told(tmp_path / "raw.xlsx")["Submissions received"], len(raw["data"])) == (6, 3)


def test_of_two_copies_the_one_that_the_policy_lets_in_stays(survey: Survey, tmp_path: Path) -> None:
    survey.publish(FARMS)
    phone = survey.phone()
    for number in (1, 2):
        assert phone.send(farm(number, hh_id="H1")).status_code == 201
    publish_rules(survey, [RULES[1]])
    stand(survey, _2="rejected")
    sheets = survey.export("farms", tmp_path / "a.xlsx")
    assert [row["_instance_id"] for row in sheets["data"]] == ["uuid:farm-1"]


def test_a_filter_by_state_or_team_holds_no_other_and_never_what_the_policy_keeps_out(
    survey: Survey, tmp_path: Path
) -> None:
    survey.publish(FARMS)
    phone = survey.phone()
    for number in (1, 2, 3):
        assert phone.send(farm(number)).status_code == 201
    stand(survey, _1="approved", _2="rejected")
    asked = {"approved": ["H1"], "rejected": [], "received": ["H3"]}
    for state, wanted in asked.items():
        sheets = survey.export("farms", tmp_path / "a.xlsx", states=(state,))
        assert [row["hh_id"] for row in sheets["data"]] == wanted
        assert len(sheets["member"]) == len(wanted)
    assert told(tmp_path / "a.xlsx")["Filter"].startswith("states received;")
    assert survey.export("farms", tmp_path / "a.xlsx", teams=("nobody",))["data"] == []
