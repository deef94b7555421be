"""What an analyst meets who opens the figures of a survey for the first time."""

import json
from pathlib import Path

import openpyxl
import pytest
from lxml import html

from tests.doors.test_indicators import run
from tests.doors.test_indicators_sheet import FOODS, INPUTS, meals, send
from tests.office import browser, person
from tests.people import Survey, read_sheets, record

# A form of two waves and of the time before the move, in two hamlets with names.
HOMES = """
| survey |
|        | type               | name   | label::English (en) |
|        | text               | house  | Household |
|        | select_one hamlets | hamlet | Hamlet    |
|        | text               | kind   | Kind      |
|        | integer            | people | People    |
|        | integer            | before | Before    |
|        | decimal            | floor  | Floor     |
|        | decimal            | earlier | Earlier  |
| choices |
|         | list_name | name | label::English (en) | label::中文 (zh) |
|         | hamlets   | h1   | Upper               | 上村             |
|         | hamlets   | h2   | Lower               | 下村             |
| settings |
|          | form_id | version | default_language |
|          | homes   | 1       | English (en)     |
| indicators |
|            | input     | question | setting       | value |
|            | village   | hamlet   | smallest_cell | 2     |
|            | hh_size   | people   | poverty_line.amount | 4200 |
|            | hh_size_b | before   | | |
|            | h_area_n  | floor    | | |
|            | h_area_b  | earlier  | | |
"""


@pytest.fixture
def moved(office: Survey) -> Survey:
    """Eight households that had 20 m² a head and have 23 to 30 now."""
    office.publish(HOMES)
    phone = office.phone()
    for place in range(8):
        given = f"<house>{place}</house><hamlet>h{place % 2 + 1}</hamlet><kind>relocated</kind><people>2</people>"
        areas = f"<before>2</before><floor>{46 + 2 * place}</floor><earlier>40</earlier>"
        assert phone.send(record(given + areas, form="homes")).status_code == 201
    return office


def test_a_question_that_a_version_drops_keeps_its_name_for_the_answers_before(office: Survey, tmp_path: Path) -> None:
    office.publish(meals())
    send(office.phone(), [5] * 8, "h1")
    dropped = meals(version="2", rows=INPUTS.replace("| | fcs_sugar | sweet | | |", ""))
    office.publish(dropped.replace("| | integer | sweet | sweet |\n", ""))
    eaten = "".join(f"<{food}>5</{food}>" for food in FOODS if food != "sweet")
    assert (
        office.phone("Phone 2").send(record(f"<house>h2</house>{eaten}", form="meals", version="2")).status_code == 201
    )
    told = json.loads(run("indicators", "meals", "--by", "household", "--json"))
    assert [(row["fcs"], row["fcs__missing"]) for row in told["rows"]] == [(80, None), (None, "not_in_version")]
    assert told["not_computable"]["2"]["fcs"] == ["fcs_sugar"]
    run("export", "meals", str(tmp_path / "out.xlsx"))
    readme = {row[0]: row[1] for row in readme_rows(tmp_path / "out.xlsx")}
    assert "fcs" in str(readme["Not computable for version 2"])


@pytest.mark.usefixtures("moved")
def test_what_is_printed_has_whole_codes_labels_names_and_no_exponents() -> None:
    told = run("indicators", "homes", "--by", "village")
    line = next(line for line in told.splitlines() if "v_change_area_pc" in line and "Upper" in line)
    assert "Change since before the move: Floor area per head" in line
    assert "m²/person" in line
    assert "e+" not in told
    assert "…" not in told


@pytest.mark.usefixtures("moved")
def test_a_change_is_tested_with_t_and_p_and_other_figures_are_not(tmp_path: Path) -> None:
    rows = json.loads(run("indicators", "homes", "--by", "village", "--json"))["rows"]
    change = next(row for row in rows if (row["code"], row["place"]) == ("v_change_area_pc", "h1"))
    assert change["place_name"] == "Upper"
    # 3, 5, 7, 9 m² more: R's t.test says t = 4.6476, df = 3, p = 0.01878.
    assert change["t"] == pytest.approx(4.647580, abs=1e-6)
    assert change["p"] == pytest.approx(0.018783, abs=1e-6)
    assert next(row for row in rows if row["code"] == "v_n")["p"] is None
    run("export", "homes", str(tmp_path / "out.xlsx"))
    (row,) = [row for row in read_sheets(tmp_path / "out.xlsx")["before_after"] if row["place"] == "h1"]
    assert row["change_t"] == pytest.approx(change["t"])
    assert row["change_p"] == pytest.approx(change["p"])


@pytest.mark.usefixtures("moved")
def test_the_workbook_says_the_poverty_line_and_each_setting_that_is_not_the_usual(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text(json.dumps({"fcs_cuts": [28, 42], "goalposts": {"area_pc": [0, 30]}}))
    told = run("settings", "set", str(tmp_path / "settings.json"))
    run("export", "homes", str(tmp_path / "out.xlsx"))
    readme = {row[0]: str(row[1]) for row in readme_rows(tmp_path / "out.xlsx")}
    assert readme["Poverty line"].startswith("4,200 yuan")
    assert readme["Setting fcs_cuts"] == "[28, 42]; the catalogue has [21, 35]"
    assert readme["Setting goalposts.area_pc"] == "[0, 30]; the catalogue has [0, 25]"
    # The hash that the command told is the one in the file, the form's own settings counted in.
    assert readme["Settings (SHA-256)"] in told


def test_the_page_puts_the_villages_beside_each_other_by_name(moved: Survey) -> None:
    person(moved, "operator", operator=True)
    figures = f"{moved.url}/p/default/forms/homes/indicators"
    reader = browser(moved, "operator")
    (table,) = html.fromstring(reader.get(f"{figures}?code=v_change_area_pc", timeout=60).text).findall(".//table")
    assert ["".join(map(str, cell.itertext())).strip() for cell in table.findall(".//tbody//th")] == [
        "The whole project",
        "Upper",
        "Lower",
    ]
    told = "".join(map(str, table.itertext()))
    assert "m²/person" in told
    assert "v_n" not in told
    # Flags in words, and not as the workbook has them.
    assert "by recall" in told
    of_village = reader.get(f"{figures}?village=h1", timeout=60).text
    assert "fewer than 30 households" in of_village
    assert "n&lt;30" not in of_village


def readme_rows(path: Path) -> list[list[object]]:
    """The README of a workbook, row by row."""
    return [list(row) for row in openpyxl.load_workbook(path)["README"].iter_rows(values_only=True)]
