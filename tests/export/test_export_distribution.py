"""Statistics of columns against those of Python, exact while they can be, near it beyond."""

import random
import statistics
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.export.cells import AsSent
from surveyapp.export.distribution import MOST_DISTINCT, Distribution
from surveyapp.export.options import ExportOptions
from surveyapp.export.run import write_export
from tests.export.memory_source import MemoryRecord, MemorySource, publish
from tests.export.test_export_merge import form

NUMBERS = st.lists(st.none() | st.integers(-1000, 1000), min_size=2, max_size=200)


def taken(kind: Any, values: list[Any], size: int = 37) -> Distribution:
    distribution = Distribution(kind)
    for start in range(0, len(values), size):
        distribution.take(values[start : start + size])
    return distribution


@given(NUMBERS)
def test_statistics_of_few_values_are_exact(values: list[int | None]) -> None:
    present = [value for value in values if value is not None]
    found = taken("int", values).spread()
    assert found.exact
    assert found.distinct == len(set(present))
    if len(present) > 1:
        expected = statistics.quantiles(present, n=4, method="inclusive")
        assert found.quartiles == pytest.approx(tuple(expected), rel=1e-5)
        assert found.deviation == pytest.approx(statistics.stdev(present), rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("order", ["sorted", "shuffled"])
def test_statistics_of_many_values_are_near_in_any_order(order: str) -> None:
    chance = random.Random(3)
    values = sorted(chance.lognormvariate(8, 1) for _ in range(60_000))
    if order == "shuffled":
        chance.shuffle(values)
    found = taken("float", values, 500).spread()
    assert not found.exact
    assert found.distinct is None
    assert found.deviation == pytest.approx(statistics.stdev(values), rel=1e-4)
    assert found.quartiles is not None
    ranks = [sum(value < quartile for value in values) / len(values) for quartile in found.quartiles]
    assert ranks == pytest.approx([0.25, 0.5, 0.75], abs=0.03)
    assert taken("float", values, 500).spread() == found


def test_days_have_quartiles_and_texts_are_counted() -> None:
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(5)]
    assert taken("date", days).spread().quartiles == (days[1], days[2], days[3])
    assert taken("text", ["a", "b", "a", None]).spread().distinct == 2
    assert taken("text", [str(n) for n in range(MOST_DISTINCT + 1)]).spread().distinct is None
    assert taken("int", [1, AsSent("x"), 3]).spread().distinct == 2
    assert taken("float", [float("nan"), float("inf")]).spread().distinct == 0


def test_codebook_tells_statistics_reasons_and_class(tmp_path: Path) -> None:
    survey = form("1", "| | integer | age | Age | |\n| | text | phone | Phone | |\n| | date | day | Day | |")
    ages = [20, 30, 40, -98, -98, -99, None]
    days = [date(2026, 1, n) for n in (1, 2, 3)]
    records = [
        MemoryRecord(n, "1", {("/data/age", ""): age, ("/data/day", ""): days[n % 3]}) for n, age in enumerate(ages, 1)
    ]
    write_export(MemorySource([publish(survey)], records), ExportOptions(), tmp_path / "out.xlsx")
    names, *rows = openpyxl.load_workbook(tmp_path / "out.xlsx")["codebook"].iter_rows(values_only=True)
    book = {row[3]: dict(zip(map(str, names), row, strict=True)) for row in rows}
    age = book["age"]
    assert (age["answered"], age["distinct"], age["p25"], age["median"], age["p75"], age["sd"]) == (
        3,
        3,
        25,
        30,
        35,
        10,
    )
    assert age["missing by reason"] == "dont_know: 2; refused: 1"
    assert (age["pii"], book["phone"]["pii"]) == ("indirect (suggested)", "direct (suggested)")
    assert book["day"]["median"] == "2026-01-02"
