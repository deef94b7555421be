"""All faults of a form at once, each with sheet, row, column and remedy. Forms are Markdown tables."""

import pytest

from surveyapp.findings import FormFinding
from surveyapp.xlsform.by_pyxform import plain
from surveyapp.xlsform.faults import FormFaultsError
from surveyapp.xlsform.pipeline import run


def faults(form: str) -> list[FormFinding]:
    with pytest.raises(FormFaultsError) as caught:
        run(form.encode(), "form.md", "1")
    return [finding for finding in caught.value.findings if finding.severity == "error"]


def told(form: str) -> set[tuple[str, str, int, str]]:
    return {(finding.code, finding.sheet, finding.row, finding.column) for finding in faults(form)}


def test_ten_faults_are_reported_together() -> None:
    assert told("""
        | survey |
        |        | type            | name  | label | relevant  | calculation |
        |        | begin_group     | g     | G     |           |             |
        |        | intger          | a     | A     |           |             |
        |        | select_one foo  | b     | B     | ${zz} > 1 |             |
        |        | integer         | b     | B     | ${a > 1   |             |
        |        | integer         | 2b    | B     |           |             |
        |        | calculate       | c     |       |           |             |
        |        | select_one      | d     | D     |           |             |
        |        | text            |       | E     |           |             |
        |        |                 | f     | F     |           |             |
        | choices |
        |         | list_name | name | label |
        |         | yn        | yes  | Yes   |
        |         |           | no   | No    |
    """) == {
        ("group-unbalanced", "survey", 2, "type"),
        ("type-unknown", "survey", 3, "type"),
        ("list-undefined", "survey", 4, "type"),
        ("reference-unknown", "survey", 4, "relevant"),
        ("name-duplicate", "survey", 5, "name"),
        ("reference-open", "survey", 5, "relevant"),
        ("name-invalid", "survey", 6, "name"),
        ("calculation-missing", "survey", 7, "calculation"),
        ("list-missing", "survey", 8, "type"),
        ("name-missing", "survey", 9, "name"),
        ("type-missing", "survey", 10, "type"),
        ("choice-without-list", "choices", 3, "list_name"),
    }


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("intger", "integer"),
        ("number", "integer or decimal"),
        ("select_mutiple yn", "select_multiple"),
        ("begin_grop", "begin_group"),
    ],
)
def test_a_misspelt_type_is_met_with_what_was_probably_meant(written: str, meant: str) -> None:
    form = f"""
        | survey |
        |        | type      | name | label |
        |        | {written} | a    | A     |
    """
    assert f"Did you mean {meant}?" in faults(form)[0].message


def test_a_reference_to_nothing_names_the_nearest_question() -> None:
    found = faults("""
        | survey |
        |        | type    | name    | label          |
        |        | integer | hh_size | Size           |
        |        | note    | n       | So ${hh_siez}! |
    """)
    assert [(fault.row, fault.column) for fault in found] == [(3, "label")]
    assert "Did you mean ${hh_size}?" in found[0].message


def test_a_reference_that_could_mean_two_questions_names_both_rows() -> None:
    found = faults("""
        | survey |
        |        | type        | name | label | relevant |
        |        | begin_group | g    | G     |          |
        |        | text        | a    | A     |          |
        |        | end_group   |      |       |          |
        |        | text        | a    | A     |          |
        |        | text        | b    | B     | ${a} = 1 |
    """)
    assert [(fault.code, fault.row) for fault in found] == [("reference-ambiguous", 6)]
    assert "rows 3, 5" in found[0].message


def test_groups_that_cross_are_told_at_the_row_where_they_cross() -> None:
    assert ("group-unbalanced", "survey", 5, "type") in told("""
        | survey |
        |        | type         | name | label |
        |        | begin_group  | g    | G     |
        |        | begin_repeat | r    | R     |
        |        | text         | a    | A     |
        |        | end_group    |      |       |
        |        | end_repeat   |      |       |
    """)


def test_faults_that_only_the_converter_sees_come_out_together_too() -> None:
    found = faults("""
        | survey |
        |        | type  | name | label | parameters     |
        |        | range | a    | A     | start=x end=9  |
        |        | text  | b    | B     | rows=three     |
        |        | image | c    | C     | max-pixels=big |
        |        | text  | d    | D     |                |
    """)
    assert [fault.row for fault in found] == [2, 3, 4]


def test_a_bare_python_error_of_the_converter_is_traced_to_its_row() -> None:
    found = faults("""
        | survey |
        |        | type | name | label | bind |
        |        | text | a    | A     |      |
        |        | text | b    | B     |      |
        |        | text | c    | C     | oops |
        |        | text | d    | D     |      |
    """)
    assert [(fault.code, fault.row) for fault in found] == [("converter-failed", 4)]
    assert "on this row" in found[0].message


def test_a_missing_name_column_is_told_once_and_not_for_every_row() -> None:
    found = faults("""
        | survey |
        |        | type | nam | label |
        |        | text | a   | A     |
        |        | text | b   | B     |
    """)
    assert [(fault.code, fault.column) for fault in found] == [("column-missing", "name")]
    assert "'nam'" in found[0].message


def test_a_workbook_without_survey_sheet_lists_the_sheets_it_has() -> None:
    found = faults("""
        | questions |
        |           | a | b |
        |           | 1 | 2 |
        | other |
        |       | c |
        |       | 3 |
    """)
    assert found[0].code == "sheet-missing"
    assert "'questions', 'other'" in found[0].message


def test_the_same_choice_name_with_another_label_is_refused_naming_both_rows() -> None:
    found = faults("""
        | survey |
        |        | type          | name | label |
        |        | select_one yn | a    | A     |
        | choices |
        |         | list_name | name | label |
        |         | yn        | yes  | Yes   |
        |         | yn        | yes  | Yeah  |
    """)
    assert [(fault.code, fault.row) for fault in found] == [("choice-duplicate", 3)]
    assert "row 2" in found[0].message


def test_a_choice_name_with_a_space_is_refused_only_where_several_can_be_ticked() -> None:
    form = """
        | survey |
        |        | type     | name | label |
        |        | {kind} l | a    | A     |
        | choices |
        |         | list_name | name    | label |
        |         | l         | one two | Yes   |
    """
    assert told(form.format(kind="select_multiple")) == {("choice-name-space", "choices", 2, "name")}
    assert run(form.format(kind="select_one").encode(), "f.md", "1").xform


def test_paths_of_the_xform_are_turned_back_into_questions() -> None:
    assert plain("Problem with /data/sec_id/hh_code in pyxform") == "Problem with ${hh_code} in the converter"
