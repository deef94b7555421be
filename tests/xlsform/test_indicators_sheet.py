"""The sheet `indicators` of a workbook: read as it stands, its faults with sheet, row and column."""

import pytest

from surveyapp.findings import FormFinding
from surveyapp.indicators.mapping import list_places, merge_stated, read_form_settings
from surveyapp.xform.parse import parse_xform
from surveyapp.xlsform.convert import convert_form, read_indicators_sheet
from surveyapp.xlsform.faults import FormFaultsError
from surveyapp.xlsform.indicators_sheet import IndicatorRow
from surveyapp.xlsform.pipeline import run

FORM = """
| survey |
|        | type         | name    | label   |
|        | integer      | members | Members |
|        | text         | place   | Place   |
|        | begin_repeat | people  | People  |
|        | integer      | years   | Age     |
|        | end_repeat   |         |         |
"""
HEAD = """
| indicators |
|            | note | Input | question | setting | value |
"""
PLACES = {"members": [""], "place": [""], "years": ["/data/people"], "twice": ["", ""]}


def told(*lines: str) -> list[FormFinding]:
    """The faults of a form with these rows in its sheet."""
    made = run((FORM + HEAD + "\n".join(lines)).encode(), "form.md", "1")
    return read_form_settings(made.indicators, list_places(parse_xform(made.xform))).findings


def test_the_rows_come_as_they_stand_and_pyxform_never_sees_them() -> None:
    rows = "| | ours | hh_size | members | | |\n| | | m_age | years | poverty_line.amount | 4200 |"
    content = (FORM + HEAD + rows).encode()
    made = convert_form(content, "form.md", default_version="1")
    assert made.indicators == (
        IndicatorRow("indicators", 2, "hh_size", "members"),
        IndicatorRow("indicators", 3, "m_age", "years", "poverty_line.amount", "4200"),
    )
    assert made.xform == convert_form(FORM.encode(), "form.md", default_version="1").xform
    assert read_indicators_sheet(content, "form.md") == made.indicators


def test_a_form_without_the_sheet_states_nothing() -> None:
    assert convert_form(FORM.encode(), "form.md", default_version="1").indicators == ()
    assert read_indicators_sheet(FORM.encode(), "form.md") == ()


@pytest.mark.parametrize(
    ("row", "code", "column", "said"),
    [
        ("| | | hh_sice | members | | |", "indicator-input", "input", "hh_size"),
        ("| | | hh_size | member | | |", "indicator-question", "question", "members"),
        ("| | | hh_size | years | | |", "indicator-place", "question", "outside of any repeat"),
        ("| | | m_age | members | | |", "indicator-place", "question", "in the repeat"),
        ("| | | | | poverty_lin.amount | 4 |", "indicator-setting", "setting", "poverty_line"),
        ("| | | | | poverty_line.amount | much |", "indicator-setting", "value", "number"),
        ("| | | | | fcs_high | often |", "indicator-setting", "value", "true or false"),
        ("| | | | | design.village | hamlet |", "indicator-question", "value", "hamlet"),
        ("| | | | | aliases.hh_size | members |", "indicator-setting", "setting", "input and question"),
    ],
)
def test_a_name_that_nobody_knows_is_told_with_its_place(row: str, code: str, column: str, said: str) -> None:
    (finding,) = told(row)
    assert (finding.code, finding.sheet, finding.row, finding.column) == (code, "indicators", 2, column)
    assert said in f"{finding.message} {finding.remedy}"


def test_what_is_named_twice_is_told() -> None:
    assert [one.code for one in told("| | | hh_size | members | | |", "| | | hh_size | place | | |")] == [
        "indicator-twice"
    ]


def test_a_question_that_is_there_twice_is_told() -> None:
    found = read_form_settings([IndicatorRow("indicators", 2, "hh_size", "twice")], PLACES)
    assert "2 questions" in found.findings[0].message


@pytest.mark.parametrize(
    ("sheet", "code", "column"),
    [
        ("| indicators |\n| | input | setting | value |\n| | hh_size | | |", "column-missing", "question"),
        ("| indicators |\n| | what |\n| | hh_size |", "column-missing", ""),
        (f"{HEAD}| | | hh_size | | | |", "indicator-half", "question"),
        (f"{HEAD}| | | | | | 4000 |", "indicator-half", "setting"),
    ],
)
def test_a_sheet_that_is_half_filled_is_told_with_the_other_faults_of_the_form(
    sheet: str, code: str, column: str
) -> None:
    with pytest.raises(FormFaultsError) as caught:
        run((FORM + sheet.lstrip("\n")).encode(), "form.md", "1")
    faults = [(one.code, one.sheet, one.column) for one in caught.value.findings if one.severity == "error"]
    assert faults == [(code, "indicators", column)]


@pytest.mark.parametrize(
    ("setting", "value", "stated"),
    [
        ("poverty_line.amount", "4200", {"poverty_line": {"amount": 4200}}),
        ("fcs_high", "TRUE", {"fcs_high": True}),
        ("goalposts.area_pc", "0 30", {"goalposts": {"area_pc": [0, 30]}}),
        ("fcs_cuts", "[21, 35]", {"fcs_cuts": [21, 35]}),
        ("design.strata", "place, members", {"design": {"strata": ["place", "members"]}}),
        ("design.treated", "1", {"design": {"treated": "1"}}),
        ("design.households.v.1", "80", {"design": {"households": {"v.1": 80}}}),
        ("mpi.cutoff", "1/3", {"mpi": {"cutoff": "1/3"}}),
    ],
)
def test_a_cell_is_read_as_the_kind_of_its_setting(setting: str, value: str, stated: object) -> None:
    found = read_form_settings([IndicatorRow("indicators", 2, setting=setting, value=value)], PLACES)
    assert (found.stated, found.findings) == (stated, [])


def test_what_does_not_go_together_is_told_of_the_sheet() -> None:
    found = read_form_settings([IndicatorRow("indicators", 2, setting="grade_cuts", value="0.5")], PLACES)
    assert [(one.code, one.sheet, one.row) for one in found.findings] == [("indicator-setting", "indicators", 0)]


def test_settings_of_two_sources_are_merged_one_by_one() -> None:
    below = {"aliases": {"a": "1", "b": "2"}, "fcs_high": True, "fcs_cuts": [1, 2]}
    assert merge_stated(below, {"aliases": {"b": "3"}, "fcs_cuts": [4, 5]}) == {
        "aliases": {"a": "1", "b": "3"},
        "fcs_high": True,
        "fcs_cuts": [4, 5],
    }
