"""docs/quality.md says what the declarations say; every check speaks both languages and names its source."""

import string
from pathlib import Path

import pytest

from surveyapp.quality.catalogue import CATALOGUE, FOUND_ELSEWHERE
from surveyapp.quality.declaration import Check
from surveyapp.quality.page import END, START, write_tables
from surveyapp.quality.roles import ROLE_NAMES
from surveyapp.quality.sheet import COLUMNS

PAGE = (Path(__file__).parents[2] / "docs/quality.md").read_text(encoding="utf-8")


def test_the_page_equals_what_is_declared() -> None:
    between = PAGE[PAGE.index(START) : PAGE.index(END) + len(END)]
    assert between == write_tables(), "Write surveyapp.quality.page.write_tables() between the markers of the page."


def test_the_page_names_every_role_and_every_column_of_the_sheet() -> None:
    assert not [name for name in (*ROLE_NAMES, *COLUMNS, *FOUND_ELSEWHERE) if f"`{name}`" not in PAGE]


@pytest.mark.parametrize("check", CATALOGUE.values(), ids=CATALOGUE)
def test_a_check_speaks_both_languages_and_runs_in_one_way(check: Check) -> None:
    texts = [(check.label_en, check.label_zh), *check.messages.values()]
    assert all(any("一" <= letter <= "鿿" for letter in chinese) for _, chinese in texts)
    assert all(english.isascii() or "“" in english or "’" in english for english, _ in texts)
    for english, chinese in check.messages.values():
        assert _fields(english) >= _fields(chinese)
    runs = [check.run_case, check.run_survey, check.run_backcheck]
    assert sum(run is not None for run in runs) == 1
    assert (check.run_case is None) == (check.moment == "survey")
    assert check.source
    assert check.fires
    assert "" in check.messages


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_the_catalogue_is_whole() -> None:
    wanted = [
        *(f"S{number:02d}" for number in range(4, 22)),
        *(f"R{number:02d}" for number in range(1, 13)),
        *(f"G{number:02d}" for number in range(1, 9)),
        *(f"T{number:02d}" for number in range(1, 12)),
        *(f"D{number:02d}" for number in range(2, 10)),
        *(f"E{number:02d}" for number in range(1, 15)),
        *(f"F{number:02d}" for number in range(1, 11)),
        "B1",
    ]
    assert list(CATALOGUE) == wanted
