"""Indicators outside of exports rest on clean answers, as those in the workbook do, and follow every change at once."""

import json
from pathlib import Path
from typing import Any

import openpyxl

from surveyapp.correct.log_import import Importer, SentLog, import_log, try_log
from surveyapp.correct.rulesets import publish_ruleset, save_draft
from surveyapp.correct.sheets import read_sent
from surveyapp.store.forms import get_form
from surveyapp.store.projects import get_project
from surveyapp.store.reach import EVERYTHING
from surveyapp.store.reviews import mark_state
from tests.doors.test_indicators import run
from tests.doors.test_indicators_sheet import eating, send  # noqa: F401  the first is a fixture
from tests.people import Survey, now, read_sheets

RULES: list[dict[str, Any]] = [
    {"id": "no_sugar", "kind": "set_if", "questions": ["sweet"], "when": ". > 4", "parameters": {"value": 0}},
    {"id": "milk", "kind": "blank_if", "questions": ["milk"], "when": ". = 0", "parameters": {"missing": "refused"}},
]


def publish_rules(survey: Survey, rules: list[dict[str, Any]]) -> None:
    with survey.database.begin() as session:
        form = get_form(session, get_project(session, "default").id, "meals")
        number = save_draft(session, survey.files, form, json.loads(json.dumps(rules)), who="person:chief", now=now())
        publish_ruleset(session, survey.files, form, number, who="person:chief", now=now())


def decide(survey: Survey, instance_id: str, question: str, value: str) -> None:
    content = f"uuid,question,old_value,new_value,change_type\n{instance_id},{question},,{value},change_response\n"
    sent = SentLog(read_sent(content.encode(), "log.csv"))
    importer = Importer("person:chief", EVERYTHING, may_remove=True, now=now())
    with survey.database.begin() as session:
        form = get_form(session, get_project(session, "default").id, "meals")
        tried = try_log(session, survey.files, form, sent, importer)
        import_log(session, survey.files, form, sent, importer, tried.dry_run.token)


class Scores:
    """The food consumption scores as the API of a running server tells them."""

    def __init__(self, survey: Survey) -> None:
        self.http = survey.api()
        self.url = f"{survey.url}/api/v1/projects/default/forms/meals/indicators"

    def told(self, answers: str = "clean") -> list[tuple[str, float | None, str | None]]:
        found = self.http.get(self.url, params={"by": "household", "answers": answers}, timeout=60).json()
        assert found["answers"] == answers
        return [(row["_instance_id"], row["fcs"], row["fcs__missing"]) for row in found["rows"]]


def written(path: Path) -> list[tuple[str, float | None, str | None]]:
    """The same in the workbook, which cleans the answers in a way of its own."""
    run("export", "meals", str(path))
    rows = read_sheets(path)["indicators"][1:]
    return [(row["_instance_id"], row["fcs"], row["fcs__missing"]) for row in rows]


def test_indicators_of_api_command_and_workbook_are_those_of_clean_answers(
    eating: Survey,  # noqa: F811  the fixture
    tmp_path: Path,
) -> None:
    scores = Scores(eating)
    raw = scores.told()
    assert [score for _, score, _ in raw] == [80, 42, 28, 14]
    publish_rules(eating, RULES)
    clean = scores.told()
    # Without its five days of sugar the first lost 2.5 points; the others refused to tell of milk, says the rule.
    assert [(score, why) for _, score, why in clean] == [(77.5, None), (None, "rf"), (None, "rf"), (None, "rf")]
    assert clean == written(tmp_path / "a.xlsx")
    assert scores.told("raw") == raw
    rows = json.loads(run("indicators", "meals", "--by", "household", "--json"))["rows"]
    assert [row["fcs"] for row in rows] == [score for _, score, _ in clean]
    rows = json.loads(run("indicators", "meals", "--by", "household", "--json", "--raw"))["rows"]
    assert [row["fcs"] for row in rows] == [80, 42, 28, 14]


def test_each_later_decision_record_and_state_is_seen_at_once(eating: Survey, tmp_path: Path) -> None:  # noqa: F811
    scores, phone = Scores(eating), eating.phone("second")
    publish_rules(eating, RULES[:1])
    assert [score for _, score, _ in scores.told()] == [77.5, 42, 28, 14]
    second = scores.told()[1][0]
    decide(eating, second, "grain", "0")
    assert [score for _, score, _ in scores.told()] == [77.5, 28, 28, 14]
    send(phone, [0] * 7 + [6], "h9")
    assert [score for _, score, _ in scores.told()] == [77.5, 28, 28, 14, 0]
    with eating.database.begin() as session:
        number = dict(eating.rows("SELECT instance_id, id FROM submissions"))[second]
        mark_state(session, number, "rejected", "person:chief", now())
    assert [score for _, score, _ in scores.told()] == [77.5, 28, 14, 0]
    assert scores.told() == written(tmp_path / "a.xlsx")
    # A rule that looks at several: of one house the newest interview stays.
    publish_rules(eating, [{"id": "one", "kind": "dedupe", "parameters": {"keys": ["house"], "keep": "newest"}}])
    assert [score for _, score, _ in scores.told()] == [80, 28, 14, 3]
    send(phone, [1] * 8, "h0")
    assert [score for _, score, _ in scores.told()] == [28, 14, 3, 16]
    assert scores.told() == written(tmp_path / "b.xlsx")


def test_sheets_hold_what_the_form_can_give_and_the_codebook_names_the_rest(
    eating: Survey,  # noqa: F811  the fixture
    tmp_path: Path,
) -> None:
    assert eating.count("submissions") == 4
    run("export", "meals", str(tmp_path / "a.xlsx"))
    sheets = read_sheets(tmp_path / "a.xlsx")
    codes = [name for name in sheets["indicators"][0] if not name.startswith("_") and not name.endswith("__missing")]
    assert set(codes) == {"fcs", "fcs_cat", "mpi_d_food", "tnw_food"}
    assert {row["code"] for row in sheets["village_summary"]} == {"v_n", "v_response", "v_fcs_acc"}
    assert "before_after" not in sheets
    absent = {row["name"]: row["note"] for row in sheets["codebook"] if row["sheet"] == "not computable"}
    assert not absent.keys() & {"fcs", "fcs_cat"}
    assert "lcs_s1" in str(absent["lcs_max"])
    readme = {row[0]: row[1] for row in openpyxl.load_workbook(tmp_path / "a.xlsx")["README"].values}
    assert str(readme["Not computable"]).startswith(f"{len(absent)} of ")


def test_a_form_that_gives_no_indicator_has_no_sheets_of_them(office: Survey, tmp_path: Path) -> None:
    office.publish("| survey |\n| | type | name | label |\n| | text | colour | Colour |")
    run("export", "form", str(tmp_path / "a.xlsx"))
    sheets = read_sheets(tmp_path / "a.xlsx")
    assert not sheets.keys() & {"indicators", "village_summary", "project_summary", "before_after", "charts"}
    assert not [row for row in sheets["codebook"] if row["sheet"] == "not computable"]
