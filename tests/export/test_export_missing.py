"""Why an answer is missing: codes that the form declares or forbids, answers that cannot be read, in every format."""

import json
from datetime import date
from pathlib import Path

import openpyxl
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveyapp.export.choice_codes import REASON_CODES, number_reasons
from surveyapp.export.feeds import View
from surveyapp.export.layout import plan_layout
from surveyapp.export.merge import MergedQuestion
from surveyapp.export.options import ExportOptions
from surveyapp.export.source import PublishedVersion
from surveyapp.findings import Finding
from tests.export.memory_source import MemoryRecord, MemorySource, publish
from tests.export.test_export_companions import answers, export
from tests.export.test_export_merge import form
from tests.export.test_export_run import export as write
from tests.export.test_export_run import only, table

SURVEY = form(
    "1",
    "| | integer | size | Size | . >= 0 |\n"
    "| | integer | warmth | Degrees | . >= -120 and . <= 60 |\n"
    "| | integer | debt | Debt | |\n"
    "| | date | born | Born | |\n",
)


@pytest.fixture(scope="module")
def version() -> PublishedVersion:
    return publish(SURVEY)


def test_a_code_that_the_constraint_forbids_is_a_reason_and_stays_in_raw(
    version: PublishedVersion, tmp_path: Path
) -> None:
    source = MemorySource([version], [MemoryRecord(1, "1", answers(size=-98, warmth=-98, debt=-5))])
    write(source, tmp_path)
    (row,) = table(tmp_path / "out.xlsx")
    assert only(row, "size", "size__missing", "warmth", "warmth__missing", "debt") == {
        "size": None,
        "size__missing": "dont_know",
        "warmth": -98,
        "warmth__missing": None,
        "debt": -5,
    }
    write(source, tmp_path, kind="raw")
    (row,) = table(tmp_path / "out.xlsx")
    assert (row["size"], row["warmth"]) == (-98, -98)


def test_another_number_that_the_constraint_forbids_stays(version: PublishedVersion, tmp_path: Path) -> None:
    write(MemorySource([version], [MemoryRecord(1, "1", answers(size=-7))]), tmp_path)
    (row,) = table(tmp_path / "out.xlsx")
    assert (row["size"], row["size__missing"]) == (-7, None)


def test_the_readme_counts_codes_that_the_form_does_not_name(version: PublishedVersion, tmp_path: Path) -> None:
    broken = Finding("constraint-violated", "error", "Not allowed.", "/data/size", "size", "-7")
    records = [MemoryRecord(1, "1", answers(size=-98)), MemoryRecord(2, "1", answers(size=-7), findings=[broken])]
    write(MemorySource([version], records), tmp_path)
    rows = openpyxl.load_workbook(tmp_path / "out.xlsx")["README"].iter_rows(values_only=True)
    counts = {str(row[0]): row[1] for row in rows}
    assert counts["… of questions whose constraint forbids the missing codes: taken as missing"] == 1
    told = "Answers that break a constraint of the form: they stay, unless a rule of cleaning changes them"
    assert counts[told] == 1


def test_a_date_that_cannot_be_read_says_so_beside_its_empty_cell(version: PublishedVersion, tmp_path: Path) -> None:
    record = MemoryRecord(1, "1", {}, meta={"_extra": json.dumps({"/data/born": "long ago"})})
    write(MemorySource([version], [record]), tmp_path)
    (row,) = table(tmp_path / "out.xlsx")
    assert (row["born"], row["born__missing"]) == (None, "invalid")


def test_statistics_files_have_a_code_for_each_reason_that_is_no_answer(
    version: PublishedVersion, tmp_path: Path
) -> None:
    records = [
        MemoryRecord(1, "1", answers(size=-98, warmth=-98, debt=-94, born=date(2000, 1, 2))),
        MemoryRecord(2, "1", answers(size=4), meta={"_extra": json.dumps({"/data/size": "x", "/data/born": "x"})}),
    ]
    source = MemorySource([version], records)
    rows, about = pyreadstat.read_sav(export(source, tmp_path, "sav") / "data.sav", user_missing=True)
    assert rows["size"].tolist() == [-98, -94]
    assert about.missing_ranges["size"] == [{"lo": code, "hi": code} for code in (-99, -98, -94)]
    assert about.variable_value_labels["size"][-94] == "could not be read"
    # -98 degrees are an answer, so that the codes of this question lie elsewhere.
    assert rows["warmth"].tolist()[0] == -98
    assert about.missing_ranges["warmth"] == [{"lo": -999_994, "hi": -999_994}]
    # -94 yuan may be a debt, and no code.
    assert about.missing_ranges["debt"] == [{"lo": code, "hi": code} for code in (-999_994, -99, -98)]
    assert rows["born__missing"].tolist() == ["", "invalid"]
    rows, about = pyreadstat.read_dta(export(source, tmp_path, "dta") / "data.dta", user_missing=True)
    assert rows["size"].tolist() == ["a", "f"]
    assert rows["warmth"].tolist()[0] == -98


@settings(max_examples=20, deadline=None)
@given(low=st.integers(-200, 10), rule=st.booleans(), cleaned=st.booleans())
def test_no_answer_that_the_form_allows_is_taken_for_a_code(low: int, rule: bool, cleaned: bool) -> None:
    version = publish(form("1", f"| | integer | q | Q | {f'. &gt;= {low}' if rule else ''} |".replace("&gt;", ">")))
    options = ExportOptions(format="sav").fitted()
    layout = plan_layout([version], options, str)
    question: MergedQuestion = layout.merged[0].questions[0]
    view = View(options, version.definition, "split", {}, reasoned=("/data/q",) if cleaned else None)
    codes = number_reasons(view, question)
    assert len(set(codes.values())) == len(codes)
    assert set(codes) == set(REASON_CODES) if cleaned else set(codes) >= {"invalid"}
    span = range(min(codes.values()), max(codes.values()) + 1) if len(codes) > 3 else codes.values()
    answered = range(low, 300) if rule else range(-300, 300)
    taken = set(span) & set(answered)
    # What the author writes as a bound is taken for a code that the form names, and without bounds -98 and -99 are.
    assert taken <= ({low} if rule else {-98, -99})
