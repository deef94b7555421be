"""What must not defeat real questionnaires: mended before the conversion, and said."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.xlsform.faults import FormFaultsError
from surveyapp.xlsform.pipeline import Made, run
from surveyapp.xlsform.repair import mend_expression, mend_type
from surveyapp.xlsform.repair_settings import slug


def convert(form: str, filename: str = "form.md", version: str = "2026112301") -> Made:
    return run(form.encode(), filename, version)


def codes(made: Made) -> set[str]:
    return {finding.code for finding in made.findings}


def xml(made: Made) -> str:
    return made.xform.decode()


def test_a_question_called_data_gets_another_root() -> None:
    made = convert("""
        | survey |
        |        | type         | name | label        |
        |        | begin_repeat | data | Data         |
        |        | text         | a    | A            |
        |        | end_repeat   |      |              |
        |        | note         | n    | ${a} is that |
    """)
    assert '<record id="form"' in xml(made)
    assert "root-renamed" in codes(made)


def test_form_id_and_version_are_derived_and_said() -> None:
    made = convert("| survey |\n| | type | name | label |\n| | text | a | A |", "Dir\\My survey (v2).xlsx")
    assert '<data id="my_survey_v2" version="2026112301"' in xml(made)
    assert {"form-id-derived", "version-derived"} <= codes(made)


def test_stated_settings_are_left_alone() -> None:
    made = convert("""
        | survey |
        |        | type | name | label |
        |        | text | a    | A     |
        | settings |
        |          | form_id | form_title | version |
        |          | x_1     | 标题       | 7       |
    """)
    assert '<data id="x_1" version="7"' in xml(made)
    assert "<h:title>标题</h:title>" in xml(made)
    assert not codes(made)


def test_full_width_signs_of_a_chinese_keyboard_are_mended_outside_of_quoted_text() -> None:
    assert mend_expression("（${a}＞18）and ${b}！=“是（对）”") == '(${a}>18)and ${b}!="是（对）"'


def test_typographic_minus_and_comparison_signs_are_mended() -> None:
    assert mend_expression(". ≥ 0 or . = \u221298") == ". >= 0 or . = -98"


@given(st.text(alphabet="abc ${}().,<>='\"0123", max_size=40))
def test_plain_expressions_are_never_changed(text: str) -> None:
    assert mend_expression(text) == text


@given(st.text(max_size=60))
def test_mending_twice_changes_nothing_more(text: str) -> None:
    once = mend_expression(text)
    assert mend_expression(once) == once


@pytest.mark.parametrize(
    ("written", "mended"),
    [
        ("Select_One yn", "select_one yn"),
        ("select-one  YN", "select_one YN"),
        ("select one from file villages.csv", "select_one_from_file villages.csv"),
        ("SELECT_MULTIPLE a or_other", "select_multiple a or_other"),
        ("BEGIN GROUP", "begin_group"),
        ("end-repeat", "end_repeat"),
        ("Integer", "integer"),
        ("datetime", "datetime"),
        ("nonsense here", "nonsense here"),
        ("select_one", "select_one"),
    ],
)
def test_types_are_brought_to_the_usual_spelling(written: str, mended: str) -> None:
    assert mend_type(written) == mended


def test_whole_numbers_written_as_decimals_are_mended_in_choice_names() -> None:
    form = """
        | survey |
        |        | type         | name | label |
        |        | select_one l | a    | A     |
        | choices |
        |         | list_name | name  | label |
        |         | l         | 1.0   | One   |
        |         | l         | {two} | Two   |
    """
    assert "<name>1</name>" in xml(convert(form.format(two="2.0")))
    assert "<name>1.0</name>" in xml(convert(form.format(two="2.5")))


def test_odd_spaces_and_control_characters_do_not_matter() -> None:
    made = convert("""
        | survey |
        |        | type\u00a0           | name\u200b   | label      |
        |        | select_one\u00a0yn  | a\u200b      | A\x0bB     |
        | choices |
        |         | list_name | name       | label |
        |         | yn\u3000  | yes\u00a0  | Yes   |
    """)
    assert "<name>yes</name>" in xml(made)
    assert 'ref="/data/a"' in xml(made)
    assert {"odd-spaces", "control-characters"} <= codes(made)


def test_a_misspelt_sheet_is_taken_where_there_is_no_doubt() -> None:
    made = convert("""
        | survey |
        |        | type          | name | label |
        |        | select_one YN | a    | A     |
        | Choises |
        |         | List Name | Name | Label |
        |         | yn        | yes  | Yes   |
        | notes to myself |
        |                 | anything |
        |                 | at all   |
    """)
    assert {"sheet-misspelt", "list-case"} <= codes(made)
    assert "<name>yes</name>" in xml(made)


def test_rows_above_the_header_are_left_out_and_row_numbers_stay_true() -> None:
    form = """
        | survey |
        |        | Household survey, draft |      |       |
        |        | type                    | name | label |
        |        | text                    | a    | A     |
        |        | text                    | {name} | B     |
    """
    assert "header-moved" in codes(convert(form.format(name="b")))
    with pytest.raises(FormFaultsError) as caught:
        convert(form.format(name="2b"))
    assert [finding.row for finding in caught.value.findings if finding.severity == "error"] == [4]


def test_word_for_word_repeated_choices_are_dropped() -> None:
    made = convert("""
        | survey |
        |        | type          | name | label |
        |        | select_one yn | a    | A     |
        | choices |
        |         | list_name | name | label |
        |         | yn        | yes  | Yes   |
        |         | yn        | yes  | Yes   |
    """)
    assert "choice-repeated" in codes(made)
    assert xml(made).count("<name>yes</name>") == 1


def test_a_choice_that_comes_again_in_another_county_is_allowed() -> None:
    made = convert("""
        | survey |
        |        | type         | name | label | choice_filter |
        |        | select_one c | c    | C     |               |
        |        | select_one v | v    | V     | c = ${c}      |
        | choices |
        |         | list_name | name | label | c |
        |         | c         | 1    | One   |   |
        |         | c         | 2    | Two   |   |
        |         | v         | a    | A     | 1 |
        |         | v         | dk   | ?     | 1 |
        |         | v         | dk   | ?     | 2 |
    """)
    assert xml(made).count("<name>dk</name>") == 2
    assert "choice-duplicates-allowed" in codes(made)


def test_a_misspelt_column_that_would_silently_have_no_effect_is_told() -> None:
    made = convert("""
        | survey |
        |        | type | name | label | relevnt |
        |        | text | a    | A     | 1 = 1   |
    """)
    found = [finding for finding in made.findings if finding.code == "column-unknown"]
    assert "Did you mean 'relevant'?" in found[0].message


def test_a_choice_column_that_no_filter_could_name_is_left_out_and_said() -> None:
    made = convert("""
        | survey |
        |        | type          | name | label |
        |        | select_one yn | a    | A     |
        | choices |
        |         | list_name | name | label | 2nd parent | =3 | media::image |
        |         | yn        | yes  | Yes   | x          | y  | yes.png      |
    """)
    assert [f.column for f in made.findings if f.code == "column-dropped"] == ["2nd parent", "=3"]
    assert "jr://images/yes.png" in xml(made)


def test_an_audit_row_of_another_name_is_renamed() -> None:
    assert "audit-renamed" in codes(
        convert("| survey |\n| | type | name | label |\n| | audit | log | |\n| | text | a | A |")
    )


@given(st.text(max_size=80))
def test_a_form_id_from_any_file_name_is_one_word(filename: str) -> None:
    assert re.fullmatch(r"[\w.-]{1,64}", slug(filename))
