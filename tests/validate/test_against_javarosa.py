"""Our judgement beside that of JavaRosa, on random records of forms that use the whole language."""

import html
import re
from functools import partial
from pathlib import Path

import pytest

from surveyapp.expressions.numbers import read_xforms
from tests.expressions.case_document import RECORD, read_cases, write_form
from tests.validate.comparison import Comparison, compare_form
from tests.validate.javarosa_runner import needs_java, run_java
from tests.validate.reference import FORMS, convert_form, each_foreign_form, household_table

RECORDS = 15
ODDITIES = (0.0, 0.5)


@needs_java
@pytest.mark.parametrize("form", FORMS)
def test_javarosa_judges_as_we_do(form: str, tmp_path: Path, java_classes: Path) -> None:
    total = Comparison()
    for oddity in ODDITIES:
        ask = partial(run_java, "ReferenceJudge", java_classes)
        folder = tmp_path / str(oddity)
        total.add(compare_form(convert_form(form), household_table(), folder, "javarosa", oddity, RECORDS, ask))
    assert total.differences == {}
    assert total.asked["asked questions"] > 0.6 * total.asked["relevant"]
    # A good share of the odd half of the records breaks its constraints, and most keep them.
    assert 0.05 < total.asked["violated constraints"] / total.asked["constraint"] < 0.5


@needs_java
@each_foreign_form
def test_javarosa_judges_forms_from_elsewhere_as_we_do(form: str, tmp_path: Path, java_classes: Path) -> None:
    for oddity in ODDITIES:
        ask = partial(run_java, "ReferenceJudge", java_classes)
        folder = tmp_path / str(oddity)
        found = compare_form(convert_form(form), household_table(), folder, "javarosa", oddity, RECORDS, ask)
        assert found.below_the_bars() == {}


# JavaRosa's own answer is an error, or of the machine's time zone or date.
NOT_COMPARABLE = re.compile(r"\b(now|today)\(|instance\('nolist'\)")


@needs_java
def test_the_table_of_cases_is_what_javarosa_computes(tmp_path: Path, java_classes: Path) -> None:
    cases = [(expression, value) for expression, value, _ in read_cases() if not NOT_COMPARABLE.search(expression)]
    (tmp_path / "form.xml").write_text(write_form("PLACE"), encoding="utf-8")
    (tmp_path / "record.xml").write_text(RECORD, encoding="utf-8")
    (tmp_path / "cases.txt").write_text("\n".join(html.escape(case[0]) for case in cases), encoding="utf-8")
    files = [tmp_path / name for name in ("record.xml", "form.xml", "cases.txt")]
    given = run_java("ReferenceValues", java_classes, *files)
    odd = [
        (expression, ours, theirs)
        for (expression, ours), theirs in zip(cases, given, strict=True)
        if not same_text(ours, theirs)
    ]
    assert odd == []


def same_text(ours: str, theirs: str) -> bool:
    """The text of our value beside what JavaRosa stores: booleans as 1 and 0, dates with a time, nothing for NaN."""
    stored = {"true": "1", "false": "0", "NaN": "", "error": "ERROR"}.get(ours, ours)
    return theirs in (ours, stored) or theirs.startswith(f"{ours}T") or read_xforms(ours) == read_xforms(theirs)
