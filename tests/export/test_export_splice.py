"""The spliced workbook against openpyxl alone, two readers, and the rules of the package."""

import posixpath
import re
import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from python_calamine import CalamineWorkbook

from surveyapp.export.cells import Kind, Row
from surveyapp.export.package import Compression
from surveyapp.export.plain import PlainWorkbook
from surveyapp.export.sheets import Line, Role, Sheet, SheetColumn
from surveyapp.export.splice import Limits, SpliceWorkbook
from surveyapp.export.text import CELL_UNITS, Tally
from tests.export.memory_source import COMPRESSIONS

CUT_OFF = datetime(2026, 3, 1, 4, 30, tzinfo=UTC)
README = (Line("title", ("A survey",)), Line("line", ("Rows", 3)), Line("warning", (None, "=evil()")))
NASTY = [
    *["=1+1", "+1", "-1", "@x", "#N/A", "#REF!", "_x0041_", "_x0000\r", "a\rb", "\x00\x0b", "\ud800", "\ufffe"],
    *[" lead", "trail ", "two\nlines", "a\tb", "<b>&amp;", "]]>", "007", "1e5", "村民", "𠀀", "", "TRUE", "'quoted"],
    "y" * 40_000,
]

VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    "int": st.integers(-(10**18), 10**18),
    "float": st.floats(-1e6, 1e6).map(lambda number: float(f"{number:.6f}")) | st.sampled_from([float("nan"), 0.1]),
    "text": st.sampled_from(NASTY) | st.text(max_size=20),
    # openpyxl misreads this one text where it is shared
    "code": st.sampled_from([*NASTY, "yes", "no", "dk"]).filter(lambda text: text != "_x0000\r"),
    "date": st.dates(date(1899, 1, 1), date(2100, 1, 1)),
    "datetime": st.datetimes(datetime(1899, 12, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(microsecond=0)),
    "time": st.times().map(lambda at: at.replace(microsecond=0)),
    "bool": st.booleans(),
}
ROLES: tuple[Role, ...] = ("key", "answer", "about", "reason")


@st.composite
def sheets(draw: st.DrawFn) -> tuple[Sheet, list[Row]]:
    kinds: list[Kind] = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=8))
    levels = draw(st.integers(1, 2))
    columns = tuple(
        SheetColumn(
            tuple(draw(st.sampled_from(NASTY[:-1]) | st.text(max_size=5)) for _ in range(levels)),
            kind,
            draw(st.sampled_from([9.0, 12.5])),
            draw(st.sampled_from(ROLES)),
            draw(st.sampled_from(["", "0.00"])) if kind in ("int", "float") else "",
        )
        for kind in kinds
    )
    rows = draw(st.lists(st.tuples(*(st.none() | VALUES[kind] for kind in kinds)), max_size=12))
    return Sheet("data", columns, draw(st.integers(0, 2))), rows


def splice(
    path: Path,
    written: Sequence[tuple[Sheet, Sequence[Row]]],
    *,
    limits: Limits | None = None,
    compression: Compression = "auto",
) -> list[str]:
    with SpliceWorkbook(path.parent, Tally(), lambda *_: None, limits=limits, compression=compression) as workbook:
        titles = [part.title for sheet, rows in written for part in workbook.write(sheet, rows, lambda _: None)]
        workbook.finish(path, README, CUT_OFF)
        workbook.verify(path)
    return titles


def by_openpyxl(path: Path, sheet: Sheet, rows: Sequence[Row]) -> None:
    with PlainWorkbook(Tally(), lambda *_: None) as workbook:
        workbook.write(sheet, rows, lambda _: None)
        workbook.finish(path, README, CUT_OFF)


def look(path: Path, title: str = "data") -> dict[str, Any]:
    """Everything that a reader sees of a sheet."""
    worksheet = openpyxl.load_workbook(path)[title]
    return {
        "cells": {
            cell.coordinate: (cell.value, cell.data_type, cell.number_format, cell.font.b, cell.fill.fgColor.rgb)
            for row in worksheet.iter_rows()
            for cell in row
            if cell.value is not None
        },
        "widths": {letter: column.width for letter, column in worksheet.column_dimensions.items()},
        "frozen": worksheet.freeze_panes,
        "filter": worksheet.auto_filter.ref,
        "zoom": worksheet.sheet_view.zoomScale,
        "titles": worksheet.print_title_rows,
    }


def comparable(seen: dict[str, Any]) -> dict[str, Any]:
    """openpyxl writes date-times less precisely than it reads them, and undoes escapes in shared strings only."""
    return seen | {"cells": {place: (plain(value), *rest) for place, (value, *rest) in seen["cells"].items()}}


def plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value + timedelta(milliseconds=500)).replace(microsecond=0)
    if isinstance(value, str) and value != decoded(value):
        return plain(decoded(value))
    return value


def decoded(text: str) -> str:
    return re.sub(r"_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), text)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(sheets())
def test_spliced_sheet_equals_that_of_openpyxl_cell_by_cell_and_style_by_style(made: tuple[Sheet, list[Row]]) -> None:
    sheet, rows = made
    with TemporaryDirectory() as folder:
        ours, theirs = Path(folder) / "ours.xlsx", Path(folder) / "theirs.xlsx"
        splice(ours, [(sheet, rows)])
        by_openpyxl(theirs, sheet, rows)
        assert comparable(look(ours)) == comparable(look(theirs))
        assert look(ours, "README") == look(theirs, "README")


def test_two_readers_find_the_nasty_texts_as_sent(tmp_path: Path) -> None:
    path = tmp_path / "nasty.xlsx"
    columns = (SheetColumn(("n",), "int", 9), SheetColumn(("text",), "text", 9), SheetColumn(("code",), "code", 9))
    texts = [text for text in NASTY if text and len(text) < CELL_UNITS]
    splice(path, [(Sheet("data", columns), [(n, text, text) for n, text in enumerate(texts)])])
    expected = [re.sub("[\x00\x0b\ud800\ufffe]", "\ufffd", text) for text in texts]
    values = list(openpyxl.load_workbook(path)["data"].iter_rows(min_row=2, values_only=True))
    assert [decoded(str(row[1])) for row in values] == expected
    # openpyxl undoes escapes in shared strings only, and there only those of underscores
    assert [str(row[2]).replace("_x000D_", "\r") for row in values] == expected
    calamine = CalamineWorkbook.from_path(path).get_sheet_by_name("data").to_python()[1:]
    assert [row[1] for row in calamine] == expected
    assert [row[2] for row in calamine] == expected


def test_calamine_finds_numbers_dates_and_times(tmp_path: Path) -> None:
    path = tmp_path / "typed.xlsx"
    kinds: list[Kind] = ["int", "float", "date", "datetime", "time"]
    row = (7, 1 / 3, date(2026, 2, 3), datetime(2026, 2, 3, 4, 5, 6), time(4, 5, 6))
    splice(path, [(Sheet("data", tuple(SheetColumn((kind,), kind, 9) for kind in kinds)), [row])])
    found = CalamineWorkbook.from_path(path).get_sheet_by_name("data").to_python()[1]
    assert found == [7.0, 1 / 3, date(2026, 2, 3), datetime(2026, 2, 3, 4, 5, 6), time(4, 5, 6)]


@pytest.mark.skipif(shutil.which("ssconvert") is None, reason="gnumeric is not installed")
def test_gnumeric_finds_every_row(tmp_path: Path) -> None:
    columns = (SheetColumn(("n",), "int", 9), SheetColumn(("day",), "date", 9), SheetColumn(("code",), "code", 9))
    rows = [(n, date(2026, 2, 3), f"code {n % 7}") for n in range(1000)]
    splice(tmp_path / "a.xlsx", [(Sheet("data", columns), rows)])
    command = ["ssconvert", "-S", str(tmp_path / "a.xlsx"), str(tmp_path / "out.csv")]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    lines = (tmp_path / "out.csv.1").read_text().splitlines()
    assert len(lines) == 1001
    assert lines[-1].replace("/", "-") == '999,2026-02-03,"code 5"'


@pytest.fixture
def package(tmp_path: Path) -> zipfile.ZipFile:
    path = tmp_path / "a.xlsx"
    columns = (SheetColumn(("n", "Number"), "int", 9), SheetColumn(("code", "Code"), "code", 9))
    sheets_made = [(Sheet(title, columns, 1), [(n, "yes") for n in range(3)]) for title in ("data", "member")]
    splice(path, sheets_made)
    return zipfile.ZipFile(path)


def test_every_part_is_well_formed_typed_and_every_relation_has_its_target(package: zipfile.ZipFile) -> None:
    names = set(package.namelist())
    types = etree.fromstring(package.read("[Content_Types].xml"))
    typed = {part.get("PartName", "").lstrip("/") for part in types} - {""}
    extensions = {part.get("Extension") for part in types} - {None}
    assert typed <= names
    for name in names - {"[Content_Types].xml"}:
        assert name in typed or name.rpartition(".")[2] in extensions
        etree.fromstring(package.read(name))
    for name in names:
        if name.endswith(".rels"):
            folder = posixpath.dirname(posixpath.dirname(name))
            relations = etree.fromstring(package.read(name))
            assert len({relation.get("Id") for relation in relations}) == len(relations)
            for relation in relations:
                assert posixpath.normpath(posixpath.join("/", folder, relation.get("Target", "")))[1:] in names


def test_shared_strings_dimension_and_names_are_those_of_the_rows(package: zipfile.ZipFile) -> None:
    assert b'uniqueCount="1"' in package.read("xl/sharedStrings.xml")
    assert b'Target="sharedStrings.xml"' in package.read("xl/_rels/workbook.xml.rels")
    assert package.read("docProps/core.xml").count(b">2026-03-01T04:30:00Z<") == 2
    assert b'<dimension ref="A1:B5"' in package.read("xl/worksheets/sheet2.xml")
    assert b'numberStoredAsText="1"' in package.read("xl/worksheets/sheet3.xml")
    book = package.read("xl/workbook.xml").decode()
    assert "'data'!$A$2:$B$5" in book
    assert "'member'!$A$2:$B$5" in book


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_same_rows_give_the_same_bytes(tmp_path: Path, compression: Compression) -> None:
    sheet = Sheet("data", (SheetColumn(("n",), "int", 9), SheetColumn(("t",), "text", 9)))
    for name in ("a.xlsx", "b.xlsx"):
        splice(tmp_path / name, [(sheet, [(n, f"text {n}") for n in range(5000)])], compression=compression)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_content_hash_is_that_of_the_rows_whatever_the_compression(tmp_path: Path) -> None:
    def hashed(compression: Compression, last: str) -> str:
        sheet = Sheet("data", (SheetColumn(("t",), "code", 9),))
        with SpliceWorkbook(tmp_path, Tally(), lambda *_: None, compression=compression) as workbook:
            workbook.write(sheet, [("a",), (last,)], lambda _: None)
            return workbook.content_hash()

    assert hashed("zlib", "b") == hashed("auto", "b") != hashed("auto", "c")


@pytest.mark.parametrize(
    ("limits", "rows"),
    [(Limits(rows=12, chunk=4), [10, 10, 5]), (Limits(sheet_bytes=900, chunk=5), [15, 10])],
    ids=["rows", "bytes"],
)
def test_full_sheet_goes_on_in_the_next(tmp_path: Path, limits: Limits, rows: list[int]) -> None:
    columns = (SheetColumn(("n", "Number"), "int", 9), SheetColumn(("m", "Number"), "int", 9))
    other = (Sheet("data_2", columns), [(1, 1)])
    titles = splice(tmp_path / "a.xlsx", [other, (Sheet("data", columns), [(n, n) for n in range(25)])], limits=limits)
    assert titles == ["data_2", "data", "data_2_2", "data_3"][: len(rows) + 1]
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    found = [[row[0] for row in book[title].iter_rows(min_row=3, values_only=True)] for title in titles[1:]]
    assert [len(part) for part in found] == rows
    assert [number for part in found for number in part] == list(range(25))
    assert all(book[title]["A1"].value == "n" for title in titles)


@pytest.mark.parametrize("rows", [0, 10])
def test_sheet_without_rows_or_exactly_full_is_one_sheet(tmp_path: Path, rows: int) -> None:
    sheet = Sheet("data", (SheetColumn(("n", "Number"), "int", 9),))
    titles = splice(tmp_path / "a.xlsx", [(sheet, [(n,) for n in range(rows)])], limits=Limits(rows=12, chunk=3))
    assert titles == ["data"]
    assert len(list(openpyxl.load_workbook(tmp_path / "a.xlsx")["data"].iter_rows())) == rows + 2


def test_failing_rows_leave_nothing_open(tmp_path: Path) -> None:
    sheet = Sheet("data", (SheetColumn(("n",), "int", 9),))
    with SpliceWorkbook(tmp_path, Tally(), lambda *_: None) as workbook, pytest.raises(TypeError):
        workbook.write(sheet, [("not a number",)], lambda _: None)
    assert list(tmp_path.iterdir()) == []
