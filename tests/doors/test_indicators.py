"""Indicators through the doors: from interviews that phones sent to figures with their standard errors."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from surveyapp.cli import main
from surveyapp.indicators.catalogue import CATALOGUE
from surveyapp.simulate.interviews import simulate_interviews
from surveyapp.store.forms import get_definition, get_form, get_form_version
from surveyapp.store.projects import get_project
from tests.doors.test_rules import FIRST_DAY, FORMS
from tests.people import PEOPLE, Survey, read_sheets, record

REGISTER = {"households.csv": (FORMS / "households.csv").read_bytes()}


@pytest.fixture
def surveyed_empty(survey: Survey, monkeypatch: pytest.MonkeyPatch) -> Survey:
    """A survey with the reference questionnaire and no interviews; commands work on it."""
    monkeypatch.setenv("SURVEYAPP_DATABASE_URL", survey.config.database_url)
    monkeypatch.setenv("SURVEYAPP_DATA_DIR", str(survey.config.data_dir))
    survey.publish((FORMS / "livelihood_space.xlsx").read_bytes(), "livelihood_space.xlsx", REGISTER)
    return survey


@pytest.fixture
def surveyed(surveyed_empty: Survey) -> Survey:
    """The same with 60 interviews."""
    with surveyed_empty.database.reading() as session:
        form = get_form(session, get_project(session, "default").id, "livelihood_space")
        definition = get_definition(session, get_form_version(session, form))
    phone = surveyed_empty.phone()
    for made in simulate_interviews(definition, 60, attachments=REGISTER, seed=3, started_at=FIRST_DAY):
        assert phone.send(made.xml, made.files).status_code == 201
    return surveyed_empty


def run(*words: str) -> str:
    result = CliRunner().invoke(main, list(words))
    if result.exception is not None:
        raise result.exception
    return result.output


@pytest.mark.usefixtures("surveyed")
def test_every_core_indicator_is_computed_for_every_household(tmp_path: Path) -> None:
    run("indicators", "livelihood_space", str(tmp_path / "out.csv"), "--by", "household")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 60
    for one in CATALOGUE:
        if one.set == "CORE" and not one.needs_fit:
            assert any(row[one.code] for row in rows), one.code
            assert all(row[one.code] or row[f"{one.code}__missing"] for row in rows), one.code


def test_project_figures_have_standard_errors_and_say_under_which_settings(surveyed: Survey) -> None:
    told = json.loads(run("indicators", "livelihood_space", "--json"))
    figures = {row["code"]: row for row in told["rows"]}
    assert figures["v_gini"]["se"] > 0
    assert figures["v_gini"]["lower"] < figures["v_gini"]["estimate"] < figures["v_gini"]["upper"]
    answer = surveyed.api().get(f"{surveyed.url}/api/v1/projects/default/forms/livelihood_space/indicators", timeout=60)
    assert answer.json()["settings_hash"] == told["settings_hash"]
    assert answer.json()["rows"] == told["rows"]


@pytest.mark.usefixtures("surveyed")
def test_settings_are_kept_per_project_and_change_the_figures(tmp_path: Path) -> None:
    before = json.loads(run("indicators", "livelihood_space", "--json"))
    (tmp_path / "settings.json").write_text(json.dumps({"poverty_line": {"amount": 40000, "price_year": 2020}}))
    run("settings", "set", str(tmp_path / "settings.json"))
    after = json.loads(run("indicators", "livelihood_space", "--json"))
    poor = [next(row["estimate"] for row in told["rows"] if row["code"] == "v_poor_h") for told in (before, after)]
    assert poor[0] < poor[1]
    assert before["settings_hash"] != after["settings_hash"]


@pytest.mark.usefixtures("surveyed")
def test_a_wrong_setting_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text(json.dumps({"poverty_line": {"amount": "much"}}))
    result = CliRunner().invoke(main, ["settings", "set", str(tmp_path / "settings.json")])
    assert result.exit_code == 1
    assert "poverty_line" in result.output


@pytest.mark.usefixtures("surveyed")
def test_entropy_weights_come_with_an_explicit_refit_only() -> None:
    def weighted() -> int:
        told = json.loads(run("indicators", "livelihood_space", "--json"))
        return next(int(row["n"]) for row in told["rows"] if row["code"] == "v_lci_ent")

    assert weighted() == 0
    run("refit", "livelihood_space")
    assert weighted() > 0


def test_a_form_without_these_questions_says_what_it_lacks(survey: Survey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SURVEYAPP_DATABASE_URL", survey.config.database_url)
    monkeypatch.setenv("SURVEYAPP_DATA_DIR", str(survey.config.data_dir))
    survey.publish(PEOPLE)
    told = json.loads(run("indicators", "people", "--json"))
    assert "area_pc" in told["not_computable"]["1"]


@pytest.mark.usefixtures("surveyed")
def test_the_workbook_holds_indicators_summaries_and_charts(tmp_path: Path) -> None:
    run("export", "livelihood_space", str(tmp_path / "out.xlsx"))
    sheets = read_sheets(tmp_path / "out.xlsx")
    assert {"indicators", "village_summary", "project_summary", "before_after", "charts"} <= set(sheets)
    told = json.loads(run("indicators", "livelihood_space", "--json"))
    gini = next(row for row in told["rows"] if row["code"] == "v_gini")
    written = next(row for row in sheets["project_summary"] if row["code"] == "v_gini")
    assert (written["estimate"], written["se"], written["n"]) == (gini["estimate"], gini["se"], gini["n"])
    assert len(sheets["indicators"]) == 61  # the labels stand in the second row


@pytest.mark.parametrize(
    "answers", ["", "<sec_id><village>a01v1</village><visit_result>absent</visit_result></sec_id>"]
)
def test_the_first_incomplete_interview_does_not_break_the_export(
    surveyed_empty: Survey, tmp_path: Path, answers: str
) -> None:
    surveyed_empty.phone().send(record(answers, form="livelihood_space", version="2026100101"))
    assert "1 submissions" in run("export", "livelihood_space", str(tmp_path / "out.xlsx"))
