"""The pages of cleaning: a log tried, applied and taken back; rules drafted by their fields, tried, published."""

import html
import io
import json
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import requests

from surveyapp.store.cleaning import mark_ruleset
from surveyapp.store.forms import get_form
from surveyapp.store.projects import get_project
from tests.doors.test_indicators_sheet import meals, send
from tests.farms import FARMS, farm
from tests.office import browser, person, team_phone
from tests.people import Phone, Survey

TOP = "p/default/forms/farms/cleaning"


@pytest.fixture
def farms(survey: Survey) -> Phone:
    """The phone of team a of a project where the form `farms` is published."""
    survey.publish(FARMS)
    person(survey, "chief", "admin")
    person(survey, "sun", "supervisor", team="a")
    person(survey, "other", "supervisor", team="b")
    person(survey, "walker", "enumerator", team="a")
    return team_phone(survey, "tablet", "walker", "a")


def token_of(page: requests.Response) -> str:
    found: list[str] = re.findall(r'name="csrf" value="(\w+)"', page.text)
    return found[0]


def carried(page: requests.Response) -> dict[str, str]:
    found = re.findall(r'name="(sent|signature|csrf)" value="([^"]*)"', page.text)
    return {name: html.unescape(value) for name, value in found}


def log_file(*rows: str) -> dict[str, tuple[str, bytes]]:
    return {"log": ("log.csv", "\n".join(["uuid,question,old_value,new_value,change_type", *rows]).encode())}


def test_a_supervisor_tries_a_log_applies_it_and_takes_it_back(survey: Survey, farms: Phone, tmp_path: Path) -> None:
    for number in (1, 2):
        assert farms.send(farm(number)).status_code == 201
    http, top = browser(survey, "sun"), f"{survey.url}/{TOP}"
    page = http.get(top, timeout=60)
    sent = log_file("uuid:farm-1,village,North,South,change_response")
    tried = http.post(f"{top}/log", files=sent, data={"csrf": token_of(page)}, timeout=60)
    assert tried.status_code == 200
    assert "South" in tried.text
    applied = http.post(f"{top}/log/apply", data=carried(tried), timeout=60)
    assert "The log is applied" in applied.text
    assert survey.export("farms", tmp_path / "a.xlsx")["data"][0]["village"] == "South"
    assert "South" in http.get(f"{top}/log", params={"question": "village"}, timeout=60).text
    assert "No such decisions" in http.get(f"{top}/log", params={"question": "income"}, timeout=60).text
    # What was tried is bound to the data of then.
    again = http.post(f"{top}/log/apply", data=carried(tried), timeout=60)
    assert again.status_code == 409
    undone = http.post(f"{top}/imports/1/undo", data={"csrf": token_of(page)}, timeout=60)
    assert "The import is taken back" in undone.text
    assert survey.export("farms", tmp_path / "b.xlsx")["data"][0]["village"] == "North"


def test_a_supervisor_corrects_the_own_teams_and_removes_nothing(survey: Survey, farms: Phone) -> None:
    farms.send(farm(1))
    top = f"{survey.url}/{TOP}"
    other = browser(survey, "other")
    token = token_of(other.get(top, timeout=60))
    sent = log_file("uuid:farm-1,village,North,South,change_response")
    tried = other.post(f"{top}/log", files=sent, data={"csrf": token}, timeout=60)
    assert "There is no submission" in tried.text
    own = browser(survey, "sun")
    token = token_of(own.get(top, timeout=60))
    tried = own.post(f"{top}/log", files=log_file("uuid:farm-1,,,,remove_survey"), data={"csrf": token}, timeout=60)
    assert own.post(f"{top}/log/apply", data=carried(tried), timeout=60).status_code == 403
    chief = browser(survey, "chief")
    token = token_of(chief.get(top, timeout=60))
    tried = chief.post(f"{top}/log", files=log_file("uuid:farm-1,,,,remove_survey"), data={"csrf": token}, timeout=60)
    assert chief.post(f"{top}/log/apply", data=carried(tried), timeout=60).status_code == 200


# -- rules ------------------------------------------------------------------------------------------------------------
def new_draft(http: requests.Session, top: str) -> str:
    """A draft of its own, by the button; its address."""
    page = http.post(f"{top}/rulesets", data={"csrf": token_of(http.get(top, timeout=60))}, timeout=60)
    assert page.status_code == 200
    return page.url


MAIZE = {
    "kind": "recode_other",
    "id": "maize",
    "questions": ["crop_other", ""],
    "p-parent": "crop",
    "p-map-old": ["corn", "mais", ""],
    "p-map-new": ["maize", "maize", ""],
    "p-match": "exact",
    "p-other": "other",
    "p-text": "blank",
    "reason": "another word for a listed crop",
    "active": "yes",
    "example-in": "crop = other\ncrop_other = Corn",
    "example-out": "crop = maize\ncrop_other =",
}


def save(http: requests.Session, draft: str, **fields: Any) -> requests.Response:
    return http.post(f"{draft}/rule", data={"csrf": token_of(http.get(draft, timeout=60)), **fields}, timeout=60)


def kept(survey: Survey, number: int = 1) -> list[dict[str, Any]]:
    found = survey.rows(f"SELECT rules FROM rulesets WHERE number = {number}")[0][0]
    rules: list[dict[str, Any]] = json.loads(found) if isinstance(found, str) else found
    return rules


def test_an_admin_builds_a_ruleset_from_fields_tries_and_publishes_it(
    survey: Survey, farms: Phone, tmp_path: Path
) -> None:
    farms.send(farm(1, crop="other", crop_other="corn"))
    farms.send(farm(2, crop="rice"))
    http, top = browser(survey, "chief"), f"{survey.url}/{TOP}"
    draft = new_draft(http, top)
    page = http.get(f"{draft}/rule", params={"kind": "recode_other"}, timeout=60)
    assert 'name="p-parent"' in page.text
    assert '<option value="crop">Crop (crop)</option>' in page.text
    assert "Other crop “corn” becomes the choice maize." in page.text
    assert "“其他，请说明”归类" in http.get(f"{draft}/rule?kind=recode_other&lang=zh", timeout=60).text
    http.get(f"{draft}?lang=en", timeout=60)
    assert "Saved." in save(http, draft, **MAIZE).text
    assert kept(survey) == [
        {
            "id": "maize",
            "kind": "recode_other",
            "questions": ["crop_other"],
            "reason": "another word for a listed crop",
            "parameters": {"parent": "crop", "map": {"corn": "maize", "mais": "maize"}},
            "examples": [{"in": {"crop": "other", "crop_other": "Corn"}, "out": {"crop": "maize", "crop_other": None}}],
        }
    ]
    tried = http.get(f"{draft}/trial", timeout=60)
    assert "Crop (crop)" in tried.text
    assert "Other → Maize" in tried.text
    book = openpyxl.load_workbook(io.BytesIO(http.get(f"{draft}/trial/file", timeout=60).content))
    rows = list(book["differences"].iter_rows(values_only=True))
    assert [(row[0], row[3], row[5], row[7]) for row in rows[1:]] == [
        (1, "crop", "other", "maize"),
        (1, "crop_other", "corn", "(blanked)"),
    ]
    assert list(book["rules"].iter_rows(min_row=2, values_only=True)) == [("maize", 2, 0)]
    published = http.post(draft, data={"csrf": token_of(page), "do": "publish"}, timeout=60)
    assert "cleaned by these rules" in published.text
    assert survey.export("farms", tmp_path / "a.xlsx")["data"][0]["crop"] == "maize"
    supervisor = browser(survey, "sun")
    seen = supervisor.get(draft, timeout=60)
    assert "corn → maize" in seen.text
    assert "Save the rule" not in supervisor.get(f"{draft}/rule?kind=set", timeout=60).text
    assert save(http, draft, **MAIZE).status_code == 409


def test_a_faulty_rule_is_told_beside_its_fields_and_kept_nowhere(survey: Survey, farms: Phone) -> None:
    farms.send(farm(1))
    http, top = browser(survey, "chief"), f"{survey.url}/{TOP}"
    draft = new_draft(http, top)
    lacking = MAIZE | {"p-map-new": ["wheat", "maize", ""]}
    refused = save(http, draft, **lacking)
    assert refused.status_code == 422
    assert "“wheat” is not among the choices of crop." in refused.text
    assert 'aria-describedby="p-map-hint p-map-error"' in refused.text
    assert 'value="wheat"' in refused.text
    assert kept(survey) == []
    other = save(http, draft, **MAIZE | {"p-other": "elsewhere"})
    assert "“elsewhere” is not among the choices of crop." in other.text
    assert 'id="p-other-error"' in other.text
    absent = save(http, draft, kind="set", id="s", questions="crop", **{"p-value": "wheat", "active": "yes"})
    assert 'id="p-value-error"' in absent.text
    twice = save(http, draft, **MAIZE | {"p-map-old": ["corn", "corn", ""]})
    assert "“corn” stands there twice." in twice.text
    assert kept(survey) == []
    assert save(http, draft, **MAIZE).status_code == 200
    again = save(http, draft, **MAIZE)
    assert (again.status_code, "Rule 1 has the same id." in again.text) == (422, True)
    assert [rule["id"] for rule in kept(survey)] == ["maize"]


def test_rules_of_a_draft_are_edited_moved_and_removed(survey: Survey, farms: Phone) -> None:
    farms.send(farm(1))
    http, top = browser(survey, "chief"), f"{survey.url}/{TOP}"
    draft = new_draft(http, top)
    for name, value in (("a", "South"), ("b", "North")):
        rule = {"kind": "set", "id": name, "questions": "village", "p-value": value, "active": "yes"}
        assert save(http, draft, **rule).status_code == 200
    assert save(http, draft, **MAIZE).status_code == 200
    form = http.get(f"{draft}/rule", params={"rule": "maize"}, timeout=60).text
    assert 'name="p-map-old" value="mais"' in form
    assert "crop_other = Corn" in form
    assert save(http, draft, rule="maize", **MAIZE | {"p-map-many": "blé\tmaize\nzea = maize"}).status_code == 200
    maize = next(rule for rule in kept(survey) if rule["id"] == "maize")
    assert maize["parameters"]["map"] == {"corn": "maize", "mais": "maize", "blé": "maize", "zea": "maize"}
    token = token_of(http.get(draft, timeout=60))
    for do, rule_id, order in (
        ("down", "a", ["b", "a", "maize"]),
        ("down", "a", ["b", "a", "maize"]),
        ("up", "a", ["a", "b", "maize"]),
        ("drop", "a", ["b", "maize"]),
    ):
        assert http.post(draft, data={"csrf": token, "do": do, "rule": rule_id}, timeout=60).status_code == 200
        assert [rule["id"] for rule in kept(survey)] == order
    gone = http.post(draft, data={"csrf": token, "do": "drop", "rule": "a"}, timeout=60)
    assert gone.status_code == 404
    text = {"csrf": token, "do": "replace", "rules": '[{"id": "x", "kind": "set", "questions": ["vilage"]}]'}
    faulty = http.post(draft, data=text, timeout=60)
    assert (faulty.status_code, "Did you mean “village”?" in faulty.text, "vilage" in faulty.text) == (422, True, True)
    assert [rule["id"] for rule in kept(survey)] == ["b", "maize"]


def test_rules_that_a_new_version_of_the_form_makes_faulty_are_mended_one_by_one(survey: Survey, farms: Phone) -> None:
    farms.send(farm(1))
    http, top = browser(survey, "chief"), f"{survey.url}/{TOP}"
    draft = new_draft(http, top)
    rules = [
        {"id": name, "kind": "set", "questions": [name], "parameters": {"value": "x"}} for name in ("lost", "gone")
    ]
    with survey.database.begin() as session:
        form = get_form(session, get_project(session, "default").id, "farms")
        mark_ruleset(session, form.id, 1, rules=rules)
    assert "“lost” matches no question of the form." in http.get(draft, timeout=60).text
    mended = {"kind": "set", "rule": "lost", "id": "lost", "questions": "village", "p-value": "x", "active": "yes"}
    assert save(http, draft, **mended).status_code == 200
    token = token_of(http.get(draft, timeout=60))
    assert http.post(draft, data={"csrf": token, "do": "publish"}, timeout=60).status_code == 422
    assert http.post(draft, data={"csrf": token, "do": "drop", "rule": "gone"}, timeout=60).status_code == 200
    assert http.post(draft, data={"csrf": token, "do": "publish"}, timeout=60).status_code == 200


def test_a_dry_run_compares_the_figures_of_the_project(survey: Survey) -> None:
    survey.publish(meals())
    phone = survey.phone()
    for place in range(4):
        send(phone, [7, 0, 0, 0, 7, 7, 0, 0], f"h{place}")
    person(survey, "chief", "admin")
    http, top = browser(survey, "chief"), f"{survey.url}/{TOP}".replace("farms", "meals")
    draft = new_draft(http, top)
    assert (
        "No figure of the project would be another one." in http.get(f"{draft}/trial?indicators=yes", timeout=60).text
    )
    assert save(http, draft, kind="set", id="fed", questions="meat", **{"p-value": "7", "active": "yes"}).ok
    told = http.get(f"{draft}/trial?indicators=yes", timeout=60).text
    # 28 points are poor, 56 are acceptable.
    share = re.search(r"v_fcs_acc</code>.*?</tr>", told, re.DOTALL)
    assert share
    assert re.findall(r"<span>([\d.–]+)</span></td>", share[0]) == ["0", "1", "4", "4"]
    assert http.get(f"{draft}/trial", timeout=60).text.count("v_fcs_acc") == 0


# -- logs -------------------------------------------------------------------------------------------------------------
def test_a_log_with_columns_of_its_own_is_mapped_by_hand_and_the_map_remembered(survey: Survey, farms: Phone) -> None:
    for number in (1, 2):
        farms.send(farm(number))
    http, top = browser(survey, "sun"), f"{survey.url}/{TOP}"
    token = token_of(http.get(top, timeout=60))

    def sheet(number: int) -> dict[str, tuple[str, bytes]]:
        text = f"record,field,was,becomes,why\nuuid:farm-{number},village,North,South,asked again\n"
        return {"log": ("ours.csv", text.encode())}

    asked = http.post(f"{top}/log", files=sheet(1), data={"csrf": token}, timeout=60)
    assert (asked.status_code, "There is no column for instance_id." in asked.text) == (422, True)
    columns = {
        "instance_id": "record",
        "question": "field",
        "old_value": "was",
        "new_value": "becomes",
        "reason": "why",
    }
    chosen = {f"column-{name}": header for name, header in columns.items()}
    tried = http.post(f"{top}/log", data=carried(asked) | chosen, timeout=60)
    assert (tried.status_code, "South" in tried.text) == (200, True)
    assert "No. 1 · North · H1</a>" in tried.text
    assert "uuid:farm-1</" not in tried.text
    assert http.post(f"{top}/log/apply", data=carried(tried), timeout=60).status_code == 200
    assert "asked again" in http.get(f"{top}/log", timeout=60).text
    second = http.post(f"{top}/log", files=sheet(2), data={"csrf": token}, timeout=60)
    assert (second.status_code, "South" in second.text) == (200, True)


def test_a_tried_log_is_fetched_with_what_becomes_of_each_row_and_the_findings(survey: Survey, farms: Phone) -> None:
    farms.send(farm(1, crop="barley"))
    farms.send(farm(2))
    http, top = browser(survey, "sun"), f"{survey.url}/{TOP}"
    token = token_of(http.get(top, timeout=60))
    rows = ("uuid:farm-1,crop,barley,maize,change_response", "uuid:farm-2,village,South,East,change_response")
    tried = http.post(f"{top}/log", files=log_file(*rows), data={"csrf": token}, timeout=60)
    assert re.search(r"unknown-choice</code>.*?<span>1</span>.*?<span>1</span>", tried.text, re.DOTALL)
    book = openpyxl.load_workbook(io.BytesIO(http.post(f"{top}/log/file", data=carried(tried), timeout=60).content))
    told = list(book["cleaning_log"].iter_rows(min_row=2, values_only=True))
    assert [row[5] for row in told] == ["change_response", "blocked"]
    assert "is “North” now" in str(told[1][6])
    assert [row[3:9:2] for row in book["differences"].iter_rows(min_row=2, values_only=True)] == [
        ("crop", "barley", "maize")
    ]
    forged = carried(tried) | {"signature": "0"}
    assert http.post(f"{top}/log/file", data=forged, timeout=60).status_code == 409


def test_an_edited_workbook_comes_back_on_the_page_and_lost_rows_are_a_question(
    survey: Survey, farms: Phone, tmp_path: Path
) -> None:
    for number in (1, 2):
        farms.send(farm(number))
    exported = tmp_path / "export.xlsx"
    survey.export("farms", exported, headers="both")
    book = openpyxl.load_workbook(exported)
    heads = [cell.value for cell in book["data"][1]]
    book["data"].cell(3, heads.index("village") + 1).value = "South"
    book["data"].delete_rows(4)
    edited = io.BytesIO()
    book.save(edited)
    http, top = browser(survey, "chief"), f"{survey.url}/{TOP}"
    token = token_of(http.get(top, timeout=60))
    files = {"log": ("edited.xlsx", edited.getvalue()), "exported": ("export.xlsx", exported.read_bytes())}
    tried = http.post(
        f"{top}/log", files=files, data={"csrf": token, "export": "file", "reason": "called them"}, timeout=60
    )
    assert "1 row is not in the workbook any more" in tried.text
    assert "Interviews that leave" not in tried.text
    again = http.post(f"{top}/log", data=carried(tried) | {"remove": "yes"}, timeout=60)
    assert "Interviews that leave" in again.text
    assert http.post(f"{top}/log/apply", data=carried(again), timeout=60).status_code == 200
    rows = survey.export("farms", tmp_path / "after.xlsx")["data"]
    assert [row["village"] for row in rows] == ["South"]
    assert "called them" in http.get(f"{top}/log", timeout=60).text
    asked = http.post(f"{top}/log", files=files, data={"csrf": token, "export": "file"}, timeout=60)
    assert (asked.status_code, "Nothing says why" in asked.text) == (400, True)
