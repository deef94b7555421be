"""A form with names of its own: its sheet `indicators` says what they are, and all that reads indicators obeys."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from surveyapp.cli import main
from surveyapp.problems import Problem
from tests.doors.test_indicators import run
from tests.people import Phone, Survey, read_sheets, record

FOODS = {"grain": "staple", "beans": "pulse", "milk": "dairy", "meat": "protein"}
FOODS |= {"greens": "veg", "fruits": "fruit", "oil": "fat", "sweet": "sugar"}
ROWS = "\n".join(f"| | integer | {food} | {food} |" for food in FOODS)
INPUTS = "\n".join(f"| | fcs_{group} | {food} | | |" for food, group in FOODS.items())


def meals(form_id: str = "meals", version: str = "1", rows: str = INPUTS) -> str:
    """What a household eats, by the names of this project."""
    return f"""
| survey |
|        | type    | name    | label     |
|        | text    | house   | Household |
|        | text    | round   | Round     |
|        | text    | hamlet  | Hamlet    |
{ROWS}
| settings |
|          | form_id | version |
|          | {form_id} | {version} |
| indicators |
|            | input   | question | setting       | value |
{rows}
|            | village | hamlet   | smallest_cell | 2     |
|            |         |          | fcs_high      | TRUE  |
|            |         |          | design.household | house |
|            |         |          | design.wave   | round |
"""


def send(
    phone: Phone, days: Sequence[int], house: str, form: str = "meals", wave: str = "", version: str = "1"
) -> None:
    eaten = "".join(f"<{food}>{count}</{food}>" for food, count in zip(FOODS, days, strict=True))
    answers = f"<house>{house}</house><round>{wave}</round><hamlet>north</hamlet>{eaten}"
    assert phone.send(record(answers, form=form, version=version)).status_code == 201


@pytest.fixture
def eating(office: Survey) -> Survey:
    """Four households: 70, 42, 28 and 14 points of food consumption."""
    office.publish(meals())
    phone = office.phone()
    for place, days in enumerate(([5] * 8, [7, 7, 0, 0, 7, 0, 0, 0], [7, 0, 0, 0, 7, 7, 0, 0], [7] + [0] * 7)):
        send(phone, days, f"h{place}")
    return office


def by_household(form: str = "meals") -> list[tuple[float, str]]:
    rows = json.loads(run("indicators", form, "--by", "household", "--json"))["rows"]
    return [(row["fcs"], row["fcs_cat"]) for row in rows]


@pytest.mark.usefixtures("eating")
def test_the_sheet_names_the_questions_and_sets_the_cuts() -> None:
    # 28 and 42, not 21 and 35: `fcs_high` of the sheet.
    scores = [(80, "acceptable"), (42, "borderline"), (28, "poor"), (14, "poor")]
    assert by_household() == scores
    told = json.loads(run("indicators", "meals", "--by", "village", "--json"))
    share = next(row for row in told["rows"] if row["code"] == "v_fcs_acc")
    assert (share["place"], share["estimate"], share["n"]) == ("north", 0.25, 4)
    assert told["inputs"]["fcs_staple"] == "grain"
    assert "fcs" not in told["not_computable"]["1"]


def test_the_api_and_the_workbook_say_the_same(eating: Survey, tmp_path: Path) -> None:
    answer = (
        eating.api().get(f"{eating.url}/api/v1/projects/default/forms/meals/indicators?by=household", timeout=60).json()
    )
    assert [row["fcs"] for row in answer["rows"]] == [80, 42, 28, 14]
    assert answer["inputs"]["village"] == "hamlet"
    run("export", "meals", str(tmp_path / "out.xlsx"))
    sheets = read_sheets(tmp_path / "out.xlsx")
    assert [row["fcs"] for row in sheets["indicators"]][-4:] == [80, 42, 28, 14]
    (share,) = [row for row in sheets["village_summary"] if row["code"] == "v_fcs_acc"]
    assert (share["place"], share["estimate"]) == ("north", 0.25)


@pytest.mark.usefixtures("eating")
def test_the_project_decides_where_both_say_something(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text(json.dumps({"fcs_high": False}))
    run("settings", "set", str(tmp_path / "settings.json"))
    assert [kind for _, kind in by_household()] == ["acceptable", "acceptable", "borderline", "poor"]
    shown = json.loads(run("settings", "show", "--form", "meals"))
    assert (shown["fcs_high"], shown["smallest_cell"], shown["aliases"]["fcs_fat"]) == (False, 2, "oil")
    assert json.loads(run("settings", "show"))["smallest_cell"] == 10


def test_a_name_that_is_unknown_is_refused_with_its_place(office: Survey) -> None:
    with pytest.raises(Problem) as caught:
        office.publish(meals(rows="| | fcs_stapel | grain | | |\n| | fcs_fat | oils | | |"))
    assert caught.value.errors is not None
    assert [(one["sheet"], one["row"], one["column"]) for one in caught.value.errors] == [
        ("indicators", 2, "input"),
        ("indicators", 3, "question"),
    ]
    assert office.count("form_versions") == 0


def test_an_edit_and_a_new_record_are_seen_at_once_and_nothing_else_is_lost(eating: Survey) -> None:
    phone, api = eating.phone("second"), eating.api()
    address = f"{eating.url}/api/v1/projects/default/forms/meals/indicators?by=household"
    first = api.get(address, timeout=60).json()["rows"]
    answers = "<house>h1</house><hamlet>north</hamlet><grain>1</grain>" + "".join(
        f"<{food}>0</{food}>" for food in list(FOODS)[1:]
    )
    edit = record(answers, form="meals", deprecated_id=first[1]["_instance_id"])
    assert phone.send(edit).status_code == 201
    send(phone, [1] * 8, "h9")
    kept = api.get(address, timeout=60).json()["rows"]
    assert [row["fcs"] for row in kept] == [80, 2, 28, 14, 16]
    # The command has not seen this database before: it computes all.
    assert json.loads(run("indicators", "meals", "--by", "household", "--json"))["rows"] == kept


def test_a_new_version_brings_its_own_sheet(eating: Survey) -> None:
    eating.publish(meals(version="2", rows="\n".join(INPUTS.split("\n")[1:])))
    told = json.loads(run("indicators", "meals", "--by", "household", "--json"))
    # Its sheet counts for all submissions; what no version gives by these names has no column.
    assert [row for row in told["rows"] if "fcs" in row or "fcs__missing" in row] == []
    assert len(told["rows"]) == 4
    assert "fcs_staple" in told["not_computable"]["2"]["fcs"]


def test_two_rounds_of_one_form_are_a_panel(office: Survey, tmp_path: Path) -> None:
    office.publish(meals())
    phone = office.phone()
    for place in range(4):
        send(phone, [place] * 8, f"h{place}", wave="one")
    for place in range(3):
        send(phone, [place + 1 + place % 2] * 8, f"h{place}", wave="two")
    told = json.loads(run("indicators", "meals", "--by", "panel", "--json"))
    (matched,) = told["panel"]
    assert (matched["first"], matched["later"], matched["pairs"], matched["lost"]) == ("one", "two", 3, 1)
    assert told["wave"] == "two"
    (fcs,) = [row for row in told["rows"] if row["code"] == "fcs" and not row["place"]]
    # 16 points a day of all eight groups: two households gained one day, one gained two.
    assert fcs["estimate"] == pytest.approx(16 * 4 / 3)
    assert fcs["attrition"] == 0.25
    (north,) = [row for row in told["rows"] if row["code"] == "fcs" and row["place"] == "north"]
    # The lost household keeps its place among the four that were drawn: V = 4/3 · Σ (d − d̄)² / 3².
    assert north["se"] == pytest.approx(16 * (4 / 3 * (1 / 9 + 1 / 9 + 4 / 9) / 9) ** 0.5)
    assert "fcs" in run("indicators", "meals", "--by", "panel")
    run("export", "meals", str(tmp_path / "out.xlsx"))
    sheets = read_sheets(tmp_path / "out.xlsx")
    (written,) = [row for row in sheets["panel"] if row["code"] == "fcs" and row["place"] == "north"]
    assert (written["change_estimate"], written["change_se"], written["change_n"]) == (
        north["estimate"], north["se"], 3,
    )  # fmt: skip
    assert (written["first_wave"], written["later_wave"], written["lost_n"]) == ("one", "two", 1)


def test_the_first_wave_may_be_another_form(office: Survey, tmp_path: Path) -> None:
    office.publish(meals("before"))
    office.publish(meals())
    phone = office.phone()
    for place in range(3):
        send(phone, [1] * 8, f"h{place}", form="before")
    for place in range(2):
        send(phone, [2] * 8, f"h{place}")
    (tmp_path / "settings.json").write_text(json.dumps({"design": {"earlier_form": "before"}}))
    run("settings", "set", str(tmp_path / "settings.json"))
    told = json.loads(run("indicators", "meals", "--by", "panel", "--json"))
    assert [(one["first"], one["pairs"], one["lost"]) for one in told["panel"]] == [("before", 2, 1)]
    (fcs,) = [row for row in told["rows"] if row["code"] == "fcs" and not row["place"]]
    assert (fcs["first_estimate"], fcs["later_estimate"], fcs["estimate"]) == (16, 32, 16)


def test_a_form_that_can_give_nothing_says_what_it_lacks_instead_of_blanks(office: Survey, tmp_path: Path) -> None:
    office.publish("| survey |\n| | type | name | label |\n| | text | colour | Colour |")
    result = CliRunner().invoke(main, ["indicators", "form", str(tmp_path / "out.csv")])
    assert result.exit_code == 1
    assert "no indicator" in result.output
    assert "inputs it lacks 1" in result.output
    assert "co_meet" in result.output
    assert "sheet 'indicators'" in result.output
    assert not (tmp_path / "out.csv").exists()
