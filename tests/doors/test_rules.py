"""The rules of a form, seen through the doors: what was put in is found, and nothing else."""

import datetime
import json
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from surveyapp.cli import main
from surveyapp.config import shipped_folder
from surveyapp.simulate.interviews import simulate_interviews
from surveyapp.store.forms import get_definition
from tests.people import Phone, Survey, record

FORMS = shipped_folder("forms")
FIRST_DAY = datetime.datetime(2026, 10, 12, 8, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))
EXPECTED = {
    "unknown_choice": "unknown-choice",
    "text_in_number": "type-mismatch",
    "constraint_broken": "constraint-violated",
    "missing_required": "required-missing",
    "missing_photo": "attachment-missing",
    "unknown_question": "unknown-question",
    "out_of_range": "out-of-range",
}
RULED = """
| survey   |          |       |       |               |                   |                 |
|          | type     | name  | label | relevant      | constraint        | required        |
|          | integer  | age   | Age   |               | . >= 0 and . < 120|                 |
|          | text     | job   | Job   | ${age} >= 16  |                   | ${age} >= 16    |
| settings |          |       |       |               |                   |                 |
|          | form_title | form_id | version |         |                   |                 |
|          | Ruled    | ruled | 1     |               |                   |                 |
"""


def test_of_300_interviews_each_odd_answer_is_found_and_nothing_else(survey: Survey) -> None:
    register = (FORMS / "households.csv").read_bytes()
    form = (FORMS / "livelihood_space.xlsx").read_bytes()
    published = survey.publish(form, "livelihood_space.xlsx", {"households.csv": register})
    with survey.database.reading() as session:
        definition = get_definition(session, published.version)
    phone = survey.phone()
    attachments = {"households.csv": register}
    expected = Counter[tuple[str, str]]()
    for made in simulate_interviews(definition, 300, attachments=attachments, seed=7, started_at=FIRST_DAY, odd=0.3):
        assert phone.send(made.xml, made.files).status_code == 201
        expected.update((made.instance_id, EXPECTED[odd.kind]) for odd in made.odd)
    found = survey.rows(
        "SELECT v.instance_id, f.check_id FROM findings f JOIN submission_versions v ON v.id = f.submission_version_id"
    )
    assert Counter(found) == expected
    assert len(expected) > 40


@pytest.fixture
def ruled(survey: Survey, monkeypatch: pytest.MonkeyPatch) -> Phone:
    monkeypatch.setenv("SURVEYAPP_DATABASE_URL", survey.config.database_url)
    monkeypatch.setenv("SURVEYAPP_DATA_DIR", str(survey.config.data_dir))
    survey.publish(RULED)
    return survey.phone()


def test_rules_broken_are_findings_with_question_rule_and_severity(survey: Survey, ruled: Phone) -> None:
    assert ruled.send(record("<age>140</age><job/>", form="ruled", instance_id="uuid:1")).status_code == 201
    found = {finding.check: finding for finding in survey.findings("ruled", "uuid:1")}
    assert set(found) == {"constraint-violated", "required-missing"}
    assert found["constraint-violated"].value == "140"
    assert found["constraint-violated"].rule.replace(" ", "") == ".>=0and.<120"
    assert found["required-missing"].path == "/data/job"


def test_recheck_replaces_what_rules_say_and_keeps_how_it_arrived(survey: Survey, ruled: Phone) -> None:
    ruled.send(record("<age>140</age><job>x</job>", form="ruled", version="9", instance_id="uuid:1"))
    before = survey.findings("ruled", "uuid:1")
    with survey.database.begin() as session:
        session.execute(survey.sql("UPDATE submission_versions SET judged_by = 0, rules_violated = 77"))
        session.execute(survey.sql("DELETE FROM findings WHERE check_id = 'constraint-violated'"))
    first = CliRunner().invoke(main, ["recheck", "ruled"])
    assert "1 submissions" in first.output
    assert {f.check for f in survey.findings("ruled", "uuid:1")} == {f.check for f in before}
    assert survey.rows("SELECT rules_violated FROM submission_versions") == [(1,)]
    assert "0 submissions" in CliRunner().invoke(main, ["recheck", "ruled"]).output
    assert "1 submissions" in CliRunner().invoke(main, ["recheck", "ruled", "--all"]).output


def test_findings_are_counted_beside_the_share_of_rules_that_could_be_checked(survey: Survey, ruled: Phone) -> None:
    ruled.send(record("<age>140</age><job>x</job>", form="ruled"))
    told = CliRunner().invoke(main, ["findings", "ruled"]).output
    assert "constraint-violated" in told
    assert "1 findings; 100.0% of" in told
    answer = survey.api().get(f"{survey.url}/api/v1/projects/default/forms/ruled/findings", timeout=60).json()
    assert answer["counts"] == [{"check": "constraint-violated", "severity": "error", "count": 1}]
    assert answer["rules_violated"] == 1


def test_judge_needs_neither_server_nor_database(tmp_path: Path) -> None:
    (tmp_path / "ruled.md").write_text(RULED)
    (tmp_path / "record.xml").write_text(record("<age>140</age><job/>", form="ruled"))
    result = CliRunner().invoke(main, ["judge", str(tmp_path / "ruled.md"), str(tmp_path / "record.xml"), "--json"])
    assert result.exit_code == 3
    told = json.loads(result.output)
    assert told["rules"]["violated"] == 2
    age = next(node for node in told["nodes"] if node["path"] == "/data/age")
    assert age == {
        "path": "/data/age",
        "type": "integer",
        "value": "140",
        "relevant": True,
        "required": False,
        "constraint_ok": False,
        "calculated": None,
    }
