"""The checks sheet: what authors write, and every fault of it at once, with row, column and remedy."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from surveyapp.findings import FormFinding
from surveyapp.quality.automatic import configure, merge_settings
from surveyapp.quality.catalogue import CATALOGUE
from surveyapp.quality.declaration import Setting, tell
from surveyapp.quality.roles import find_roles
from surveyapp.quality.sheet import read_checks
from tests.quality.villages import at_receipt, interview_of, of_kind, plan_of, village_form

HEADER = ("check_id", "kind", "question(s)", "parameters", "by", "severity", "message::English (en)", "active")


def read(*rows: tuple[str, ...], header: tuple[str, ...] = HEADER) -> tuple[list[Setting], list[FormFinding]]:
    return read_checks([header, *rows], village_form())


def test_a_row_becomes_a_setting() -> None:
    settings, faults = read(
        ("rich", "s06", "${income}, land", "k=4; method=robust; log=no", "village", "Warn", "Look again", "yes")
    )
    assert faults == []
    assert settings == [
        Setting(
            "rich",
            CATALOGUE["S06"],
            ("/data/income", "/data/land"),
            {"k": 4.0, "method": "robust", "log": False},
            "/data/village",
            "warning",
            {"English (en)": "Look again"},
        )
    ]


def test_an_expression_takes_all_that_follows() -> None:
    settings, faults = read(("r", "S07", "land", "expression=${land} = 0 and concat(${crop}, ';') = 'x;'"))
    assert faults == []
    assert settings[0].text("expression") == "${land} = 0 and concat(${crop}, ';') = 'x;'"


def test_the_row_of_the_sheet_is_counted_as_the_spreadsheet_shows_it() -> None:
    grid = [["", ""], ["kind", "questions"], [], ["S06", "income"], ["", ""], ["S6", "income"]]
    settings, faults = read_checks(grid, village_form(), "Checks")
    assert [one.id for one in settings] == ["S06"]
    assert [(one.sheet, one.row, one.column) for one in faults] == [("Checks", 6, "kind")]


@pytest.mark.parametrize(
    ("row", "column", "message", "remedy"),
    [
        (("", "", "income"), "kind", "names no check", "such as S07"),
        (("", "S6", "income"), "kind", "no check 'S6'", "Did you mean S06?"),
        (("", "S01", "income"), "kind", "always checked", "Remove the row"),
        (("", "S06", "incom"), "questions", "no question 'incom'", "Did you mean 'income'?"),
        (("", "S06", ""), "questions", "at least 1 question", "apart by spaces"),
        (("", "S16", "total"), "questions", "at least 2 questions", "apart by spaces"),
        (("", "S15", "harvest"), "questions", "two questions, or an expression", "divided"),
        (("", "S10", "income"), "questions", "no single question", "empty"),
        (("", "S06", "income", "kk=3"), "parameters", "no parameter 'kk'", "Did you mean 'k'?"),
        (("", "S06", "income", "k=three"), "parameters", "no number", "with a point"),
        (("", "S06", "income", "k"), "parameters", "'k' is no parameter", "name=value"),
        (("", "S06", "income", "method=magic"), "parameters", "method is 'magic'", "robust, sd, iqr"),
        (("", "S06", "income", "log=perhaps"), "parameters", "no value", "yes"),
        (("", "S11", "", "go_live=soon"), "parameters", "no date", "2026-09-01"),
        (("", "S13", "moved_on", "age=m_agee"), "parameters", "no question 'm_agee'", "'m_age'"),
        (("", "S07", "income", ""), "parameters", "needs an expression", "expression="),
        (("", "S07", "income", "expression=${incom} > 3"), "parameters", "'${incom}'", "'${income}'"),
        (("", "S07", "income", "expression=${income} >"), "parameters", "has a fault", "constraint"),
        (("", "S06", "income", "", "villag"), "by", "no question 'villag'", "'village'"),
        (("", "S06", "income", "", "m_sex"), "by", "lies in a repeat", "asked once"),
        (("", "S06", "income", "", "", "awful"), "severity", "'awful'", "error"),
        (("", "S06", "income", "", "", "", "", "maybe"), "active", "'maybe'", "yes"),
    ],
)
def test_a_fault_says_where_what_and_what_to_do(row: tuple[str, ...], column: str, message: str, remedy: str) -> None:
    settings, faults = read(row)
    assert settings == []
    assert [(one.severity, one.sheet, one.row, one.column) for one in faults] == [("error", "checks", 2, column)]
    assert message in faults[0].message
    assert remedy in faults[0].remedy


def test_all_faults_are_told_at_once_and_sound_rows_are_kept() -> None:
    settings, faults = read(
        ("a", "S06", "incom", "k=x", "nowhere", "bad", "", "?"),
        ("b", "S06", "income"),
        ("c", "S99", ""),
    )
    assert [one.id for one in settings] == ["b"]
    assert [(one.row, one.column) for one in faults] == [
        (2, "questions"), (2, "parameters"), (2, "by"), (2, "severity"), (2, "active"), (4, "kind"),
    ]  # fmt: skip


def test_an_id_that_comes_twice_is_a_fault() -> None:
    settings, faults = read(("a", "S06", "income"), ("a", "S08", "land"))
    assert len(settings) == 1
    assert [(one.row, one.column) for one in faults] == [(3, "check_id")]


def test_a_column_that_is_not_read_is_told() -> None:
    _, faults = read(("S06", "income", "x"), header=("kind", "questions", "severty"))
    assert [(one.severity, one.column, one.remedy) for one in faults] == [
        ("warning", "severty", "Rename it to 'severity'.")
    ]


def test_a_sheet_without_kind_is_one_fault() -> None:
    settings, faults = read(("a",), ("b",), header=("check_id",))
    assert settings == []
    assert [(one.row, one.column) for one in faults] == [(1, "kind")]


def test_an_empty_sheet_holds_nothing() -> None:
    assert read_checks([], village_form()) == ([], [])
    assert read_checks([["", " "]], village_form()) == ([], [])


@given(some.lists(some.lists(some.text(max_size=12), max_size=8), max_size=5))
def test_whatever_stands_in_a_sheet_is_read_or_told(rows: list[list[str]]) -> None:
    settings, faults = read_checks([list(HEADER), *rows], village_form())
    assert len(settings) <= len(rows)
    assert all(fault.message and fault.remedy for fault in faults)


def test_the_authors_row_takes_the_place_of_the_automatic_one() -> None:
    roles = find_roles(village_form())
    automatic = configure(village_form(), roles)
    own, _ = read(("S06", "S06", "income", "k=9"), ("S11", "S11", "", "", "", "", "", "no"))
    merged = {one.id: one for one in merge_settings(automatic, own)}
    assert merged["S06"].number("k") == 9
    assert not merged["S11"].active
    plan = plan_of(("S11", "S11", "", "", "", "", "", "no"))
    assert not of_kind(at_receipt(plan, interview_of(plan, answers={"hh_code": "test"})), "S11")


def test_the_authors_severity_and_sentence_are_used() -> None:
    plan = plan_of(("poor", "S05", "income", "hard_min=5000", "", "info", "So little?"))
    finding = of_kind(at_receipt(plan, interview_of(plan)), "S05")[0]
    setting = next(one for one in plan.settings if one.id == "poor")
    assert (finding.check, finding.severity) == ("poor", "info")
    assert tell(setting.check, finding, "en", setting.messages) == "So little?"
