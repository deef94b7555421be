"""docs/indicators.md says what the declarations say, and tells every reason and flag."""

from pathlib import Path

import pytest

from surveyapp.indicators.catalogue import CATALOGUE
from surveyapp.indicators.columns import REASON_NAMES, Reason
from surveyapp.indicators.page import END, START, write_tables
from surveyapp.indicators.summary import LINES

PAGE = (Path(__file__).parents[2] / "docs/indicators.md").read_text(encoding="utf-8")


def test_the_page_equals_what_is_declared() -> None:
    between = PAGE[PAGE.index(START) : PAGE.index(END) + len(END)]
    assert between == write_tables(), "Write surveyapp.indicators.page.write_tables() between the markers of the page."


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason])
def test_every_reason_is_explained(reason: Reason) -> None:
    assert f"`{REASON_NAMES[reason]}`" in PAGE.partition(START)[0]


def test_every_indicator_speaks_both_languages_and_names_its_source() -> None:
    for one in (*CATALOGUE, *LINES):
        assert one.label_en, one.code
        assert any("一" <= letter <= "鿿" for letter in one.label_zh), one.code
        assert all(source in PAGE.partition("## Sources")[2] for source in one.source), one.code
        assert one.source, one.code


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.code)
def test_what_a_line_reads_exists(line: object) -> None:
    depends = getattr(line, "depends", ())
    assert all(code in CATALOGUE for code in depends)
