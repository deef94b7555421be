"""Calculations that give numbers are numbers in the export."""

from typing import Any

import pytest

from surveyapp.export.calculated import gives_number, read_number
from surveyapp.export.cells import AsSent
from surveyapp.export.layout import plan_layout
from surveyapp.export.merge import merge_versions
from surveyapp.export.options import ExportOptions
from tests.export.memory_source import publish


def form(calculation: str) -> str:
    return (
        "| survey |\n| | type | name | label | calculation |\n"
        "| | integer | n | N | |\n| | text | t | T | |\n| | calculate | copy | | ${n} |\n"
        "| | begin repeat | r | R | |\n| | integer | k | K | |\n| | end repeat | | | |\n"
        f"| | calculate | c | | {calculation} |\n"
    )


@pytest.mark.parametrize(
    ("calculation", "number"),
    [
        ("count(${r})", True),
        ("sum(${k}) + 1", True),
        ("if(${n} > 0, ${n} - 1, 2016)", True),
        ("if(${n} > 0, 1, '')", True),
        ("${copy}", True),
        ("coalesce(${n}, 0)", True),
        ("-${n}", True),
        ("../n", True),
        ("once(random())", True),
        ("${t}", False),
        ("${n} > 0", False),
        ("concat(${n}, '-', ${t})", False),
        ("if(${n} > 0, ${n}, ${t})", False),
        ("if(${n} > 0, '', '')", False),
        ("pulldata('f', 'a', 'b', ${t})", False),
        ("'007'", False),
        ("today()", False),
    ],
)
def test_shape_of_a_calculation_says_whether_it_is_a_number(calculation: str, number: bool) -> None:
    version = publish(form(calculation))
    main = merge_versions([version], lambda path: path)[0]
    (question,) = [question for question in main.questions if question.newest.name == "c"]
    assert gives_number(question) == number
    for kind, expected in (("clean", number), ("raw", False)):
        layout = plan_layout([version], ExportOptions(kind=kind), lambda path: path)  # type: ignore[arg-type]  # kind is one of the literals
        (column,) = [column for column in layout.tables[0].columns if column.name == "c"]
        assert (column.kind == "float") == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("-3", -3),
        ("2.50", 2.5),
        ("1.0E7", 1e7),
        (None, None),
        ("12 months", AsSent("12 months")),
        ("", AsSent("")),
    ],
)
def test_text_of_a_calculated_number_is_read(text: str | None, value: Any) -> None:
    assert read_number(text) == value
    assert type(read_number(text)) is type(value)
    assert str(read_number("NaN")) == "nan"
