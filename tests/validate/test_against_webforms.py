"""Our judgement in the dialect of web clients beside that of the engine of ODK Web Forms."""

import csv
import datetime
import html
import json
from functools import partial
from pathlib import Path

from surveyapp.expressions.dates import read_date
from surveyapp.expressions.numbers import read_xforms
from tests.expressions.case_document import RECORD, read_cases, write_form
from tests.validate.comparison import BARS, Comparison, compare_form
from tests.validate.reference import FORMS, convert_form, each_foreign_form, household_table
from tests.validate.webforms_runner import PROJECT, needs_node, run_node

RECORDS = 8
ODDITIES = (0.0, 0.5)
# An absolute path inside a repeat, which Enketo reads as this row's and ODK Web Forms does not; a sum of nothing, of
# which version 0.22.0 makes nothing.
EXPLAINED = r"= count\(/data/member/child\)|= sum\(.*: '0', the other engine ''$"


@needs_node
def test_web_forms_judges_as_we_do(tmp_path: Path, webforms: Path) -> None:
    total = Comparison()
    ask = partial(run_node, "judge.mjs", webforms)
    for form in FORMS:
        for oddity in ODDITIES:
            folder = tmp_path / f"{form}-{oddity}"
            total.add(compare_form(convert_form(form), household_table(), folder, "xforms", oddity, RECORDS, ask))
    assert total.unexplained(EXPLAINED) == []
    assert total.below_the_bars() == {}
    assert total.asked["asked questions"] > 0.6 * total.asked["relevant"]
    assert 0.05 < total.asked["violated constraints"] / total.asked["constraint"] < 0.5
    assert min(total.asked[kind] for kind in BARS) > 1000


@needs_node
@each_foreign_form
def test_web_forms_judges_forms_from_elsewhere_as_we_do(form: str, tmp_path: Path, webforms: Path) -> None:
    for oddity in ODDITIES:
        ask = partial(run_node, "judge.mjs", webforms)
        folder = tmp_path / str(oddity)
        found = compare_form(convert_form(form), household_table(), folder, "xforms", oddity, RECORDS, ask)
        assert found.below_the_bars() == {}


@needs_node
def test_the_table_of_cases_is_what_web_forms_computes(tmp_path: Path, webforms: Path) -> None:
    cases = [(expression, value) for expression, _, value in read_cases() if "today(" not in expression]
    (tmp_path / "form.xml").write_text(write_form("PLACE"), encoding="utf-8")
    (tmp_path / "record.xml").write_text(RECORD, encoding="utf-8")
    (tmp_path / "cases.txt").write_text("\n".join(html.escape(case[0]) for case in cases), encoding="utf-8")
    files = [tmp_path / name for name in ("record.xml", "form.xml", "cases.txt")]
    given = run_node("values.mjs", webforms, *files)
    odd = {
        expression: theirs
        for (expression, ours), theirs in zip(cases, given, strict=True)
        if not same_text(ours, theirs)
    }
    assert odd == {expression: theirs for expression, theirs, _ in known_differences()}


def known_differences() -> list[tuple[str, str, str]]:
    """Expression, value in ODK Web Forms, and why ours is another."""
    with (PROJECT / "differences.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        next(rows)
        return [(expression, theirs, why) for expression, theirs, why in rows]


def same_text(ours: str, theirs: str) -> bool:
    """The text of our value beside what the engine stores: nothing for NaN, numbers and instants by value."""
    stored = {"NaN": "", "error": "ERROR"}.get(ours, ours)
    if theirs in (ours, stored) or read_xforms(ours) == read_xforms(theirs):
        return True
    one, other = read_date(ours, datetime.UTC), read_date(theirs, datetime.UTC)
    return one is not None and other is not None and one.timed and other.timed and one.moment == other.moment


def test_no_address_of_a_registry_stands_in_the_lock_file() -> None:
    packages = json.loads((PROJECT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert not [name for name, package in packages.items() if "resolved" in package]
    wanted = json.loads((PROJECT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted
