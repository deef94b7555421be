"""Cleaning through the doors: rules published, decisions imported, the workbook that accounts for every interview."""

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from surveyapp.cli import main
from tests.farms import FARMS, RULES, farm
from tests.people import Phone, Survey


def run(survey: Survey, *words: str) -> Result:
    environment = {
        "SURVEYAPP_DATABASE_URL": survey.config.database_url,
        "SURVEYAPP_DATA_DIR": str(survey.config.data_dir),
    }
    return CliRunner().invoke(main, list(words), env=environment)


def publish_rules(survey: Survey, tmp_path: Path, rules: list[dict[str, Any]]) -> Result:
    path = tmp_path / "rules.json"
    path.write_text(json.dumps(rules))
    return run(survey, "clean", "farms", str(path), "--publish")


def readme(path: Path) -> dict[str, Any]:
    rows = openpyxl.load_workbook(path)["README"].iter_rows(values_only=True)
    return {str(row[0]): row[1] for row in rows if row[0]}


@pytest.fixture
def farms(survey: Survey) -> Phone:
    """A phone of a project where the form `farms` is published."""
    survey.publish(FARMS)
    return survey.phone()


def send_forty_odd_ones(phone: Phone) -> None:
    odd: dict[int, dict[str, Any]] = {
        1: {"village": "TEST"},
        2: {"village": "TEST"},
        3: {"hh_id": "H4"},
        5: {"village": "  north   bank "},
        6: {"income": "1,234"},
        7: {"income": "-99"},
        8: {"income": "many"},
        9: {"crop": "other", "crop_other": "corn"},
        10: {"age": 200},
        11: {"place": "30.5 120.5 5 4", "grows": "rice maize"},
    }
    for number in range(1, 41):
        answer = phone.send(farm(number, members=1 + number % 3, **odd.get(number, {})))
        assert answer.status_code == 201, answer.text


def test_the_readme_accounts_for_every_one_of_forty_odd_interviews(
    survey: Survey, farms: Phone, tmp_path: Path
) -> None:
    send_forty_odd_ones(farms)
    before = survey.export("farms", tmp_path / "before.xlsx")
    assert len(before["data"]) == 40
    result = publish_rules(survey, tmp_path, RULES)
    assert result.exit_code == 0, result.output
    sheets = survey.export("farms", tmp_path / "clean.xlsx")
    by_id = {row["hh_id"]: row for row in sheets["data"]}
    assert len(sheets["data"]) == 37
    assert sorted(row["reason_code"] for row in sheets["deletion_log"]) == ["duplicate", "test", "test"]
    assert by_id["H5"]["village"] == "North Bank"
    assert by_id["H6"]["income"] == 1234
    assert (by_id["H7"]["income"], by_id["H7"]["income__missing"]) == (None, "dont_know")
    assert (by_id["H8"]["income"], by_id["H8"]["income__missing"]) == (None, "invalid")
    assert (by_id["H9"]["crop"], by_id["H9"]["crop_other"]) == ("maize", None)
    assert (by_id["H11"]["place_lat"], by_id["H11"]["grows__maize"]) == (30.5, 1)
    assert (by_id["H10"]["members"], by_id["H11"]["members"]) == (0, 3)
    raw = survey.export("farms", tmp_path / "raw.xlsx", kind="raw")
    assert (len(raw["data"]), len(raw["member"])) == (40, len(before["member"]))
    # Each cell that differs has its row in the log, and nothing else has.
    told = {(row["instance_id"], row["question"]): row for row in sheets["cleaning_log"]}
    assert told["uuid:farm-6", "income"]["old_value"] == "1,234"
    assert told["uuid:farm-9", "crop"]["source"] == "rule:maize@1"
    found = readme(tmp_path / "clean.xlsx")
    assert (found["Submissions received"], found["… in the clean data"]) == (40, 37)
    assert (found["… left out: test, by rule:tests@1"], found["… left out: duplicate, by rule:twice@1"]) == (2, 1)
    lost = len(raw["member"]) - len(sheets["member"])
    assert (
        found["Sheet member"] == f"{len(raw['member'])} rows received − {lost} left out = {len(sheets['member'])} clean"
    )
    changes = {name: count for name, count in found.items() if name.startswith("Changes by")}
    assert sum(changes.values()) == len(sheets["cleaning_log"])


def test_without_rules_and_decisions_the_clean_workbook_is_as_before(
    survey: Survey, farms: Phone, tmp_path: Path
) -> None:
    farms.send(farm(1))
    sheets = survey.export("farms", tmp_path / "a.xlsx")
    assert "cleaning_log" not in sheets
    assert len(sheets["data"]) == 1


def test_clean_and_raw_answers_stand_in_one_workbook(survey: Survey, farms: Phone, tmp_path: Path) -> None:
    for number in (1, 2):
        farms.send(farm(number, village="TEST" if number == 1 else "North"))
    publish_rules(survey, tmp_path, RULES)
    sheets = survey.export("farms", tmp_path / "both.xlsx", kind="both")
    assert [len(sheets[name]) for name in ("data", "raw_data", "member", "raw_member")] == [1, 2, 1, 2]


def test_a_draft_is_tried_without_changing_anything(survey: Survey, farms: Phone, tmp_path: Path) -> None:
    farms.send(farm(1, village="  far  away"))
    path = tmp_path / "rules.json"
    path.write_text(json.dumps(RULES))
    result = run(survey, "clean", "farms", str(path))
    assert result.exit_code == 0, result.output
    assert "Beside no rules: " in result.output
    assert "There is no ruleset yet" in run(survey, "clean", "farms").output


@pytest.mark.usefixtures("farms")
def test_a_ruleset_whose_examples_fail_is_not_published(survey: Survey, tmp_path: Path) -> None:
    wrong = {**RULES[5], "examples": [{"in": {"crop": "other", "crop_other": "Corn"}, "out": {"crop": "rice"}}]}
    result = publish_rules(survey, tmp_path, [wrong])
    assert result.exit_code == 1
    assert "should be “rice” and is “maize”" in result.output
