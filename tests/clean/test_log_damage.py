"""What spreadsheet programs do to answers is undone where that is sure, and told where it is not."""

import datetime
from typing import Any

import pytest

from surveyapp.clean.log_damage import NoStoredValue, is_empty, read_answer, read_plain
from tests.clean.household import FORM, HOUSEHOLD, make_form


def read(name: str, cell: object, **options: Any) -> str:
    """The text of an answer; FAULT where it cannot be read."""
    known = HOUSEHOLD.find_field(name)
    assert known is not None
    found = read_answer(cell, known, **options)
    return "FAULT" if found.fault else found.text


@pytest.mark.parametrize(
    ("name", "cell", "wanted"),
    [
        ("visit", 44389, "2021-07-12"),
        ("visit", 44389.0, "2021-07-12"),
        ("visit", 44389.5, "FAULT"),
        ("visit", 12, "FAULT"),
        ("visit", datetime.datetime(2021, 7, 12), "2021-07-12"),
        ("visit", datetime.datetime(2021, 7, 12, 8), "FAULT"),
        ("visit", datetime.date(2021, 7, 12), "2021-07-12"),
        ("visit", "12/07/2021", "FAULT"),
        ("income", "600", "600"),
        ("income", "1,600", "FAULT"),
        ("income", "600.0", "600"),
        ("income", 600.0, "600"),
        ("income", 600.5, "FAULT"),
        ("income", True, "FAULT"),
        ("income", datetime.datetime(2021, 1, 2), "FAULT"),
        ("income", 1234567890123456, "FAULT"),
        ("harvest", 3, "3"),
        ("harvest", "3.50", "3.5"),
        ("harvest", 0.1 + 0.2, "0.30000000000000004"),
        ("phone", 139123456789.0, "139123456789"),
        ("phone", 1.2345678901234568e17, "FAULT"),
        ("phone", "00139", "00139"),
        ("phone", datetime.date(2021, 7, 12), "FAULT"),
        ("head", " Li Wei\u00a0", "Li Wei"),
        ("head", "=1+1", "=1+1"),
        ("head", "“Li”", "“Li”"),
        ("head", NoStoredValue("=A1"), "FAULT"),
        ("head", "#VALUE!", "FAULT"),
        ("head", "#N/A", ""),
        ("head", "`NA`", ""),
        ("head", "NA", ""),
        ("head", None, ""),
        ("crop", "Maize", "maize"),
        ("crop", "DON’T know ", "dk"),
        ("crop", "sorghum", "FAULT"),
        ("crop", 1, "FAULT"),
        ("crops", "rice maize", "rice maize"),
        ("crops", "Rice; Don't know", "rice dk"),
        ("crops", "Rice, sorghum", "FAULT"),
    ],
    ids=repr,
)
def test_a_cell_is_read_or_refused(name: str, cell: object, wanted: str) -> None:
    assert read(name, cell) == wanted


def test_the_calendar_of_1904_is_another_day() -> None:
    assert read("visit", 42927, from_1904=True) == read("visit", 44389)


def test_choices_that_look_like_numbers_and_truths_are_found() -> None:
    table = FORM.replace("| yn | yes | Yes |", "| yn | 1 | Yes |\n| | yn | TRUE | True |\n| | yn | NA | Not asked |")
    known = make_form(table).find_field("works")
    assert known is not None
    cells = (1, 1.0, "1.0", True, "true", "NA")
    assert [read_answer(cell, known).text for cell in cells] == ["1", "1", "1", "TRUE", "TRUE", "NA"]


def test_a_label_of_two_choices_is_not_guessed() -> None:
    table = FORM.replace("| crop | rice | Rice |", "| crop | rice | Grain |")
    known = make_form(table.replace("| crop | maize | Maize |", "| crop | maize | Grain |")).find_field("crop")
    assert known is not None
    assert "several" in read_answer("grain", known).fault


def test_ids_keep_their_digits_or_are_refused() -> None:
    assert read_plain(123456789012345).text == "123456789012345"
    assert "15 digits" in read_plain(1234567890123456).fault
    assert read_plain(5.0).text == "5"
    assert (read_plain(" uuid:1\u00a0").text, read_plain("#REF!").fault) == ("uuid:1", "holds the error #REF!")


@pytest.mark.parametrize("cell", [None, "", " ", "NA", "`NA`", "#N/A", "n/a", "NULL"])
def test_many_words_mean_nothing(cell: object) -> None:
    assert is_empty(cell)
    assert not is_empty(0)
