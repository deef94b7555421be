"""Sheets and columns are decided by the form and the options."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.export.layout import Layout, plan_layout
from surveyapp.export.names import TITLE_LENGTH, sheet_title, short_names, unique_names
from surveyapp.export.options import ExportOptions
from surveyapp.problems import Problem
from tests.export.memory_source import publish
from tests.export.test_export_merge import form

HOUSEHOLD = form(
    "1",
    "| | integer | age | Age | . > 0 or . = -98 |\n"
    "| | integer | rooms | Rooms | . >= 0 |\n"
    "| | decimal | income | Income | |\n"
    "| | select_one w | tap | Tap | |\n"
    "| | select_multiple w | water | Water | |\n"
    "| | geopoint | gps | Position | |\n"
    "| | dateTime | at | When | |\n"
    "| | geotrace | path | Path | |\n"
    "| | image | photo | Photo | |\n"
    "| | note | hello | Hello | |\n"
    "| | begin repeat | member | Member | |\n| | text | m_name | Name | |\n"
    "| | integer | m_age | Age | |\n| | end repeat | | | |",
    "| | w | river | River |\n| | w | tap | Tap water |\n| | w | dk | Does not know |",
)


def lay_out(form_text: str = HOUSEHOLD, *, most_columns: int = 16_384, **options: Any) -> Layout:
    return plan_layout([publish(form_text)], ExportOptions(**options), lambda path: path, most_columns=most_columns)


def names(layout: Layout, title: str = "data") -> list[str]:
    (table,) = [table for table in layout.tables if table.title == title]
    return [column.name for column in table.columns]


def test_columns_of_a_clean_export_keys_first_reasons_last() -> None:
    assert names(lay_out()) == [
        *["_submission_no", "_instance_id", "age", "rooms", "income", "tap"],
        *["water", "water__river", "water__tap", "water__dk", "gps_lat", "gps_lon", "gps_alt", "gps_acc"],
        *["at", "at_tz", "path", "path_points", "path_length", "photo", "photo__received"],
        *["_version", "_state", "_reviewed_by", "_reviewed_at"],
        *["_received", "_start", "_end", "_minutes", "_enumerator", "_device"],
        *["_edits", "_findings_error", "_findings_warn", "_extra"],
        *["age__missing", "rooms__missing", "income__missing", "tap__missing", "water__missing"],
        *["gps__missing", "at__missing"],
    ]


def test_repeat_has_its_keys_and_what_is_carried_from_the_submission() -> None:
    assert names(lay_out(carry=("tap",)), "member") == [
        *["_submission_no", "_instance_id", "_row_key", "_parent_row_key", "_ordinal"],
        *["m_name", "m_age", "tap", "_state", "_enumerator", "m_age__missing"],
    ]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"select": "summary"}, ["water"]),
        ({"select": "split"}, ["water__river", "water__tap", "water__dk"]),
        ({"select": "both", "labels": "both"}, ["water", "water__label", "water__river", "water__tap", "water__dk"]),
        ({"select": "summary", "labels": "labels"}, ["water"]),
        ({"kind": "raw", "select": "summary"}, ["water"]),
        ({"missing": "none", "select": "summary"}, ["water"]),
        ({"missing": "codes", "select": "summary"}, ["water"]),
    ],
)
def test_options_decide_the_columns_of_a_select(options: dict[str, Any], expected: list[str]) -> None:
    columns = [name for name in names(lay_out(**options)) if name.startswith("water")]
    reasons = ["water__missing"] if options.get("kind") != "raw" and "missing" not in options else []
    assert columns == expected + reasons


@pytest.mark.parametrize(
    ("option", "value"), [("kind", "best"), ("select", ""), ("zone", "Mars/Olympus"), ("zone", "../x"), ("labels", "x")]
)
def test_option_that_is_not_offered_is_refused(option: str, value: str) -> None:
    with pytest.raises(Problem) as refused:
        ExportOptions(**{option: value})  # type: ignore[arg-type]  # a wrong value is the point
    assert refused.value.kind.code == "export-option"
    assert value in refused.value.detail


def test_too_wide_sheet_first_loses_the_split_then_goes_on_to_the_right() -> None:
    whole = names(lay_out())
    layout = lay_out(most_columns=len(whole) - 1)
    assert "water__river" not in names(layout)
    assert [table.title for table in layout.tables] == ["data", "member"]
    narrow = lay_out(most_columns=12)
    parts = [table for table in narrow.tables if not table.path]
    assert [part.title for part in parts] == ["data", "data_b", "data_c", "data_d"]
    assert all(len(part.columns) <= 12 for part in parts)
    assert all([column.name for column in part.columns][:2] == ["_submission_no", "_instance_id"] for part in parts)
    found = [column.name for part in parts for column in part.columns[2:]]
    assert found == [name for name in whole[2:] if not name.startswith("water__") or name == "water__missing"]
    assert len(narrow.notes) == 2


def test_repeats_named_like_fixed_sheets_or_alike_get_titles_of_their_own() -> None:
    long = "a_repeat_with_a_very_long_name_indeed"
    repeats = "".join(
        f"| | begin repeat | {name} | R | |\n| | text | q{number} | Q | |\n| | end repeat | | | |\n"
        for number, name in enumerate(["readme", "data_1", "codebook", f"{long}_1", f"{long}_2"])
    )
    titles = [table.title for table in lay_out(form("1", repeats.rstrip("\n"))).tables]
    assert titles == ["data", "readme_2", "data_1", "codebook_2", long[:31], f"{long[:29]}_2"]


@given(st.lists(st.text(max_size=40), max_size=8))
def test_sheet_titles_are_such_as_excel_takes(wanted: list[str]) -> None:
    taken: list[str] = []
    for name in wanted:
        taken.append(sheet_title(name, taken))
    assert len({title.lower() for title in taken}) == len(wanted)
    for title in taken:
        assert 0 < len(title.encode("utf-16-le")) // 2 <= TITLE_LENGTH
        assert not set(title) & set("[]:*?/\\\x00")
        assert title.strip("'") == title
        assert title.lower() != "history"


def test_questions_of_one_name_are_told_apart_by_their_groups() -> None:
    paths = ["/data/a/age", "/data/b/age", "/data/b/name", "/data/c/d/Age"]
    assert short_names(paths) == {
        "/data/a/age": "a_age",
        "/data/b/age": "b_age",
        "/data/b/name": "name",
        "/data/c/d/Age": "d_Age",
    }
    assert unique_names(["a", "A", "b", "_state"], ["_state"]) == ["a", "A_2", "b", "_state_2"]


def test_question_named_like_a_system_column_gives_way() -> None:
    columns = names(lay_out(form("1", "| | text | _state | S | |\n| | text | age | A | |\n| | text | AGE | B | |")))
    assert columns[2:5] == ["_state_2", "age", "AGE_2"]
    assert "_state" in columns


@pytest.mark.parametrize(
    ("wanted", "found"), [("", "Sex"), ("fr", "Sexe"), ("French", "Sexe"), ("french (FR)", "Sexe")]
)
def test_language_is_found_by_its_name_or_code(wanted: str, found: str) -> None:
    survey = "| survey |\n| | type | name | label::English (en) | label::French (fr) |\n| | text | sex | Sex | Sexe |\n"
    assert lay_out(survey, language=wanted).tables[0].columns[2].label == found
    with pytest.raises(Problem, match="English"):
        lay_out(survey, language="zh")


def test_columns_do_not_move_when_a_version_adds_a_question() -> None:
    first = form("1", "| | text | a | A | |\n| | text | c | C | |")
    second = form("2", "| | text | a | A | |\n| | text | b | B | |\n| | text | c | C | |")
    layout = plan_layout([publish(first), publish(second)], ExportOptions(), lambda path: path)
    assert names(layout)[2:5] == ["a", "b", "c"]
