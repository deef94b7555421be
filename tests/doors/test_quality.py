"""The checks across interviews through the doors: sent by phones, checked by the worker, settled in the office."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from surveyapp.cli import main
from surveyapp.people.programs import grant_api_token
from surveyapp.problems import Problem
from surveyapp.review.history import verify_history
from surveyapp.store.forms import get_form
from surveyapp.store.projects import get_project
from surveyapp.store.quality import get_quality_finding
from surveyapp.store.quality_summaries import count_unchecked
from surveyapp.store.reach import Reach
from surveyapp.store.teams import get_team
from surveyapp.watch import Watch
from tests.office import browser, person, team_phone
from tests.people import Survey, now, record

ITEMS = [f"item{number}" for number in range(34)]


def village(checks: str = "", version: str = "1") -> str:
    """A form with a household id, an enumerator, a position, an amount of money and 34 questions more."""
    questions = "\n".join(f"| | text | {item} | {item} |" for item in ITEMS)
    return f"""
| survey | | | |
| | type | name | label |
| | start | start | |
| | end | end | |
| | text | hh_id | Household id |
| | text | enumerator | Enumerator |
| | geopoint | gps | Position |
| | integer | income | Income |
{questions}
| | begin repeat | member | Member |
| | text | m_name | Name |
| | end repeat | | |

| settings | | |
| | form_id | version |
| | village | {version} |
{checks}
"""


CHECKS = """
| checks | | | | | |
| | check_id | kind | questions | parameters | message::English (en) |
| | poor | S07 | income | expression=${income} < 10 | Hardly any income |
"""


def interview(household: str, answers: dict[str, str] | None = None, **options: Any) -> str:
    """A record of the household; its 34 answers differ from those of others unless said."""
    said = {
        "start": "2026-05-04T09:00:00.000+00:00",
        "end": "2026-05-04T09:40:00.000+00:00",
        "hh_id": household,
        "enumerator": "ana",
        "income": "500",
        **{item: f"{household} {item}" for item in ITEMS},
        **(answers or {}),
    }
    return record("".join(f"<{name}>{value}</{name}>" for name, value in said.items()), form="village", **options)


@pytest.fixture
def office(survey: Survey, monkeypatch: pytest.MonkeyPatch) -> Survey:
    """Commands work on the survey; the form `village` is published."""
    monkeypatch.setenv("SURVEYAPP_DATABASE_URL", survey.config.database_url)
    monkeypatch.setenv("SURVEYAPP_DATA_DIR", str(survey.config.data_dir))
    survey.publish(village())
    return survey


def run(*words: str) -> str:
    result = CliRunner().invoke(main, list(words))
    if result.exception is not None:
        raise result.exception
    return result.output


def found(*words: str) -> list[dict[str, Any]]:
    """The findings as the command tells them."""
    told: list[dict[str, Any]] = json.loads(run("quality", "village", "--json", *words))["findings"]
    return told


def check(office: Survey) -> int:
    """The worker's turn; how many submissions it checked."""
    return Watch(office.config, office.database, office.files).check_waiting()


def waiting(office: Survey) -> tuple[int, int]:
    with office.database.reading() as session:
        form = get_form(session, get_project(session, "default").id, "village")
        return count_unchecked(session, form.id)


def test_a_near_duplicate_is_found_after_sending(office: Survey) -> None:
    phone = office.phone()
    answers = dict.fromkeys(ITEMS, "the same")
    phone.send(interview("1", answers, instance_id="uuid:1"))
    phone.send(interview("2", {**answers, "item3": "other", "income": "640"}, instance_id="uuid:2"))
    phone.send(interview("3", instance_id="uuid:3"))
    check(office)
    near = found("--only", "D07")
    assert {one["instance_id"] for one in near} == {"uuid:1", "uuid:2"}
    assert near[0]["enumerator"] == "ana"
    assert not found("--enumerator", "bo")


def test_a_position_where_other_households_were_interviewed_is_found(office: Survey) -> None:
    phone = office.phone()
    for number in range(4):
        phone.send(interview(str(number), {"gps": f"10.00000{number} 20.0 0 5"}, instance_id=f"uuid:{number}"))
    check(office)
    assert {one["instance_id"] for one in found("--only", "G04")} == {f"uuid:{number}" for number in range(4)}


def test_what_nobody_checked_when_the_worker_died_is_checked_by_the_next_one(office: Survey) -> None:
    phone = office.phone()
    phone.send(interview("1", {"enumerator": "test"}, instance_id="uuid:1"))
    assert waiting(office) == (1, 0)
    dying = Watch(office.config, office.database, office.files)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dying.database, "write", _die)
        with pytest.raises(KeyboardInterrupt):
            dying.check_some()
    assert waiting(office) == (1, 0)
    assert not found("--only", "S11")
    check(office)
    assert waiting(office) == (0, 0)
    assert len(found("--only", "S11")) == 1


def _die(_job: object) -> None:
    raise KeyboardInterrupt


def test_an_edit_closes_what_it_mends_and_keeps_what_it_leaves(office: Survey) -> None:
    phone = office.phone()
    wrong = {"enumerator": "asdf", "end": "2026-05-04T08:00:00.000+00:00"}
    phone.send(interview("1", wrong, instance_id="uuid:1"))
    check(office)
    assert {("S11", "warning"), ("T03", "error")} <= {(one["check"], one["severity"]) for one in found()}
    mended = interview("1", {"enumerator": "asdf"}, instance_id="uuid:2", deprecated_id="uuid:1")
    assert phone.send(mended).status_code == 201
    assert waiting(office) == (1, 0)
    check(office)
    assert {one["instance_id"] for one in found("--only", "S11")} == {"uuid:1"}
    assert "error" not in {one["severity"] for one in found("--only", "T03")}
    assert len(found("--only", "T03", "--state", "closed")) == 1


def test_two_rows_of_a_roster_keep_their_keys(office: Survey) -> None:
    phone = office.phone()
    row = "<member><m_name>{}</m_name></member>"
    content = interview("1", instance_id="uuid:1").replace(
        "<orx:meta>", row.format("Ana") + row.format("x") + "<orx:meta>"
    )
    phone.send(content)
    check(office)
    rows = [one["row_key"] for one in found() if one["row_key"]]
    assert all(key.endswith("member-2") for key in rows)
    assert office.rows("SELECT count(*) FROM quality_summaries") == [(1,)]


def test_the_checks_sheet_of_the_workbook_counts(office: Survey) -> None:
    phone = office.phone()
    phone.send(interview("1", {"income": "3"}, instance_id="uuid:1"))
    check(office)
    assert not found("--only", "poor")
    office.publish(village(CHECKS, version="2"))
    run("quality", "village", "--check")
    (one,) = found("--only", "poor")
    assert (one["kind"], one["message"], one["questions"]) == ("S07", "Hardly any income", ["income"])


def test_faults_of_the_checks_sheet_are_told_with_their_places(office: Survey) -> None:
    with pytest.raises(Problem) as caught:
        office.publish(village(CHECKS.replace("S07", "S99"), version="2"))
    assert [(one["sheet"], one["row"], one["column"]) for one in caught.value.errors or ()] == [("checks", 2, "kind")]


def test_enumerators_and_the_form_are_checked_on_demand(office: Survey) -> None:
    phone = office.phone()
    for number in range(21):
        phone.send(interview(f"a{number}", {"enumerator": "ana" if number < 20 else "bo"}))
    run("quality", "village", "--check")
    kinds = {one["kind"] for one in found()}
    assert "E05" in kinds
    assert {one["enumerator"] for one in found("--only", "E05")} == {"ana"}
    assert {one["kind"][0] for one in found()} >= {"E", "F"}


def test_declared_roles_count_and_unknown_ones_are_refused(office: Survey, tmp_path: Path) -> None:
    phone = office.phone()
    for number in range(2):
        phone.send(interview(str(number), {"item0": "the same house"}))
    check(office)
    assert not found("--only", "D03")
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"roles": {"household": "item0"}}))
    run("quality-settings", "village", str(settings))
    check(office)
    assert len(found("--only", "D03")) >= 1
    settings.write_text(json.dumps({"roles": {"household": "nothing"}}))
    with pytest.raises(SystemExit):
        run("quality-settings", "village", str(settings))


def test_backchecks_are_drawn_again_with_the_same_seed(office: Survey) -> None:
    phone = office.phone()
    for number in range(12):
        phone.send(interview(str(number), {"enumerator": "ana" if number < 6 else "bo"}, instance_id=f"uuid:{number}"))
    check(office)
    first = run("backchecks", "village", "--seed", "7", "--percent", "34")
    assert first == run("backchecks", "village", "--seed", "7", "--percent", "34")
    assert sum(line.startswith("uuid:") for line in first.splitlines()) == 4
    assert office.rows("SELECT DISTINCT seed FROM backcheck_samples") == [(7,)]


# -- settled in the office --------------------------------------------------------------------------------------------
def address(office: Survey, path: str = "", project: str = "default") -> str:
    return f"{office.url}/p/{project}/forms/village/quality{path}"


def tick(http: requests.Session, office: Survey, numbers: list[int], **fields: str) -> requests.Response:
    page = http.get(address(office, "/findings"), timeout=60).text
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)
    assert csrf is not None
    sent: dict[str, Any] = {"csrf": csrf[1], "finding": numbers, **fields}
    return http.post(address(office, "/findings"), data=sent, timeout=60)


def test_what_was_acknowledged_stays_silent_until_its_value_changes(office: Survey) -> None:
    person(office, "ann", "supervisor", team="a")
    person(office, "ben", "enumerator", team="a")
    phone = team_phone(office, "theirs", "ben", "a")
    phone.send(interview("1", {"enumerator": "asdf"}, instance_id="uuid:1"))
    check(office)
    (one,) = found("--only", "S11")
    http = browser(office, "ann")
    board = http.get(address(office), timeout=60)
    assert board.status_code == 200
    assert "asdf" in board.text
    assert tick(http, office, [one["number"]], reason="").status_code == 400
    assert tick(http, office, [one["number"]], reason="her name").status_code == 200
    assert not found("--only", "S11")
    run("quality", "village", "--check")
    assert not found("--only", "S11")
    (kept,) = found("--only", "S11", "--state", "acknowledged")
    assert (kept["settled_by"], kept["reason"]) == ("person:ann", "her name")
    phone.send(interview("1", {"enumerator": "test"}, instance_id="uuid:2", deprecated_id="uuid:1"))
    check(office)
    assert [other["observed"] for other in found("--only", "S11")] == ["test"]
    assert tick(http, office, [kept["number"]], do="reopen").status_code == 200
    assert {other["observed"] for other in found("--only", "S11")} == {"test", "asdf"}


def test_what_is_settled_on_the_board_stands_in_the_history_of_each_submission(office: Survey) -> None:
    person(office, "ada", "admin")
    phone = office.phone()
    for number in range(2):
        phone.send(interview(str(number), {"enumerator": "asdf"}, instance_id=f"uuid:{number}"))
    check(office)
    numbers = [one["number"] for one in found("--only", "S11")]
    http = browser(office, "ada")
    assert tick(http, office, numbers, reason="her name").status_code == 200
    assert tick(http, office, numbers[:1], do="reopen").status_code == 200
    told = office.rows("SELECT submission_id, kind, actor, channel, reason FROM submission_events ORDER BY id")
    assert told == [
        (1, "acknowledged", "person:ada", "office", "her name"),
        (2, "acknowledged", "person:ada", "office", "her name"),
        (1, "finding_reopened", "person:ada", "office", ""),
    ]
    with office.database.reading() as session:
        assert [(verify_history(session, one).events, verify_history(session, one).why) for one in (1, 2)] == [
            (2, ""),
            (1, ""),
        ]


@pytest.mark.parametrize("kind", ["D07", "D03"])
def test_when_one_side_of_a_pair_changes_the_other_side_is_checked_again(office: Survey, kind: str) -> None:
    phone = office.phone()
    alike = dict.fromkeys(ITEMS, "the same") if kind == "D07" else {}
    phone.send(interview("1", alike, instance_id="uuid:1"))
    phone.send(interview("2" if kind == "D07" else "1", alike, instance_id="uuid:2"))
    check(office)
    assert {one["instance_id"] for one in found("--only", kind)} == {"uuid:1", "uuid:2"}
    phone.send(interview("7", instance_id="uuid:3", deprecated_id="uuid:1"))
    assert check(office) == 2
    assert not found("--only", kind)
    assert check(office) == 0


def test_a_supervisor_sees_and_settles_what_her_teams_sent_and_nothing_else(office: Survey) -> None:
    person(office, "ann", "supervisor", team="a")
    person(office, "ben", "enumerator", team="b")
    theirs = team_phone(office, "theirs", "ben", "b")
    theirs.send(interview("1", {"enumerator": "asdf"}, instance_id="uuid:1"))
    run("quality", "village", "--check")
    (one,) = found("--only", "S11")
    http = browser(office, "ann")
    assert "asdf" not in http.get(address(office), timeout=60).text
    assert "asdf" not in http.get(address(office, "/findings"), timeout=60).text
    person(office, "cat", "supervisor", team="b")
    assert "asdf" in browser(office, "cat").get(address(office), timeout=60).text
    with office.database.reading() as session:
        form = get_form(session, get_project(session, "default").id, "village")
        ann = Reach(team_ids=frozenset({get_team(session, form.project_id, "a").id}))
        with pytest.raises(Problem) as caught:
            get_quality_finding(session, form.id, ann, one["number"])
    assert caught.value.kind.status == 404


def test_programs_read_findings_and_acknowledge_them(office: Survey) -> None:
    phone = office.phone()
    phone.send(interview("1", {"enumerator": "asdf"}, instance_id="uuid:1"))
    check(office)
    http = office.api()
    url = f"{office.url}/api/v1/projects/default/forms/village/quality"
    told = http.get(f"{url}?check=S11", timeout=60).json()
    assert [one["instance_id"] for one in told["items"]] == ["uuid:1"]
    assert told["counts"] == [{"check": "S11", "severity": "warning", "enumerator": "asdf", "count": 1}]
    with office.database.begin() as session:
        project = get_project(session, "default")
        http.headers["Authorization"] = f"Bearer {grant_api_token(session, project, 'r', now(), scopes=('review',))}"
    number = told["items"][0]["number"]
    answer = http.post(f"{url}/acknowledge", json={"numbers": [number], "reason": "seen"}, timeout=60)
    assert answer.json() == {"numbers": [number]}
    assert http.get(f"{url}?check=S11", timeout=60).json()["items"] == []
    answer = http.post(f"{url}/acknowledge", json={"numbers": [number + 999], "reason": "seen"}, timeout=60)
    assert answer.status_code == 404
    assert http.post(f"{url}/check", timeout=60).status_code == 202
    assert waiting(office) == (1, 0)


def test_the_list_of_submissions_narrows_to_those_with_a_finding(office: Survey) -> None:
    person(office, "ada", "admin")
    phone = office.phone()
    phone.send(interview("1", {"enumerator": "asdf"}, instance_id="uuid:odd"))
    phone.send(interview("2", instance_id="uuid:sound"))
    check(office)
    page = browser(office, "ada").get(f"{office.url}/p/default/forms/village/submissions?check=S11", timeout=60).text
    assert "uuid:odd" in page
    assert "uuid:sound" not in page


def test_an_audit_log_that_comes_late_is_read(office: Survey) -> None:
    phone = office.phone()
    lines = "\n".join(f"question,/data/{item},{n * 1000},{n * 1000 + 400}" for n, item in enumerate(ITEMS))
    content = interview("1", instance_id="uuid:1").replace(
        "<orx:instanceID>", "<orx:audit>audit.csv</orx:audit><orx:instanceID>"
    )
    phone.send(content, incomplete=True)
    check(office)
    assert not found("--only", "T06")
    phone.send(content, {"audit.csv": f"event,node,start,end\n{lines}\n".encode()})
    assert waiting(office) == (1, 0)
    check(office)
    assert len(found("--only", "T06")) == 1


def test_backchecks_are_compared_with_the_interviews_of_their_households(office: Survey, tmp_path: Path) -> None:
    checks = CHECKS.replace("| | poor | S07 | income | expression=${income} < 10 | Hardly any income |", "")
    office.publish(village(checks + "| | again | B1 | income | type=1 | |", version="2"))
    office.publish(village().replace("| | village | 1 |", "| | village_back | 1 |"))
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"backchecks": {"form": "village_back"}}))
    run("quality-settings", "village", str(settings))
    phone = office.phone()
    for number in range(3):
        phone.send(interview(str(number), instance_id=f"uuid:{number}"))
    back = interview("1", {"income": "900", "enumerator": "cat"}, instance_id="uuid:back")
    assert phone.send(back.replace('id="village"', 'id="village_back"')).status_code == 201
    run("quality", "village", "--check")
    differing = [one for one in found("--only", "again") if one["instance_id"]]
    assert [(one["instance_id"], one["observed"], one["expected"]) for one in differing] == [("uuid:1", "500", "900")]
    assert {one["enumerator"] for one in found("--only", "E14")} == {"ana"}
    mended = interview("1", {"income": "500", "enumerator": "cat"}, instance_id="uuid:b2", deprecated_id="uuid:back")
    phone.send(mended.replace('id="village"', 'id="village_back"'))
    run("quality", "village", "--check")
    assert not found("--only", "again")
