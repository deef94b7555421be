"""The whole conversion through its own process: kinds of files, limits, hostile files."""

import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from surveyapp.problems import FORM_FILE_UNSUPPORTED, FORM_INVALID, Problem
from surveyapp.xlsform.archive import check_archive
from surveyapp.xlsform.convert import convert_form
from surveyapp.xlsform.faults import FormFaultsError
from surveyapp.xlsform.pipeline import run

SURVEY = [["type", "name", "label"], ["text", "a", "名字"], ["integer", "b", "B"]]
XFORM = b"""<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head><h:title>T</h:title>
<model><instance><data id="t" version="1"><a/></data></instance><bind nodeset="/data/a" type="string"/></model></h:head>
<h:body><input ref="/data/a"><label>A</label></input></h:body></h:html>"""


def workbook(**sheets: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)  # type: ignore[arg-type]  # a new workbook has an active sheet
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def refusal(content: bytes, filename: str = "form.xlsx", **limits: Any) -> Problem:
    with pytest.raises(Problem) as caught:
        convert_form(content, filename, **limits)
    return caught.value


def test_a_workbook_becomes_an_xform_in_a_process_of_its_own() -> None:
    made = convert_form(workbook(survey=SURVEY), "调查.xlsx", default_version="1")
    assert made.source_kind == "xlsx"
    assert '<data id="调查" version="1"' in made.xform.decode()
    assert {finding.severity for finding in made.findings} == {"info"}


def test_the_same_workbook_gives_the_same_bytes() -> None:
    content = workbook(survey=SURVEY)
    assert convert_form(content, "f.xlsx").xform == convert_form(content, "f.xlsx").xform


def test_faults_come_back_as_one_problem_with_sheet_row_column_and_remedy() -> None:
    problem = refusal(workbook(survey=[*SURVEY, ["nope", "c", "C"], ["text", "a", "again"]]))
    assert problem.kind is FORM_INVALID
    assert [(error["sheet"], error["row"], error["column"]) for error in problem.errors] == [
        ("survey", 4, "type"),
        ("survey", 5, "name"),
    ]
    assert all(error["remedy"] for error in problem.errors)
    assert "1 more" in problem.detail


def test_numbers_and_dates_in_cells_are_read_as_their_author_sees_them() -> None:
    choices: list[list[Any]] = [["list_name", "name", "label"], ["l", 1.0, "One"], ["l", 2, "Two"]]
    survey = [["type", "name", "label"], ["select_one l", "a", "A"]]
    settings: list[list[Any]] = [["form_id", "version"], ["x", 2026112301.0]]
    made = run(workbook(survey=survey, choices=choices, settings=settings), "f.xlsx", "")
    assert b"<name>1</name>" in made.xform
    assert b'version="2026112301"' in made.xform


def test_an_uploaded_xform_is_kept_byte_for_byte() -> None:
    made = convert_form(XFORM, "form.bin")
    assert (made.source_kind, made.xform) == ("xform", XFORM)


@pytest.mark.parametrize("separator", [",", ";"])
def test_csv_is_read_in_utf8_and_in_the_encoding_of_a_chinese_excel(separator: str) -> None:
    text = "survey\n,type,name,label\n,text,a,姓名\n".replace(",", separator)
    assert "姓名".encode() in run(text.encode(), "f.csv", "1").xform
    assert "姓名".encode() in run(text.encode("utf-8-sig"), "f.csv", "1").xform
    made = run(text.encode("gb18030"), "f.csv", "1")
    assert "姓名".encode() in made.xform
    assert "file-encoding" in {finding.code for finding in made.findings}


def test_an_old_excel_workbook_is_read_with_its_dates_numbers_and_truths() -> None:
    made = run((Path(__file__).parent / "small.xls").read_bytes(), "small.xls", "1")
    assert made.kind == "xls"
    for piece in (
        b'id="old_excel" version="2026112301"',
        b"<d>2026-01-31</d>",
        b"<name>0</name>",
        b'required="true()"',
    ):
        assert piece in made.xform


def test_external_choices_come_back_as_itemsets_csv() -> None:
    survey = [["type", "name", "label", "choice_filter"], ["select_one_external v", "a", "A", "c=1"]]
    external = [["list_name", "name", "c"], ["v", "x", "1"]]
    made = convert_form(workbook(survey=survey, external_choices=external), "f.xlsx")
    assert made.itemsets.decode().splitlines()[1] == '"v","x","1"'


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", FORM_FILE_UNSUPPORTED),
        (b"\0\0\0", FORM_FILE_UNSUPPORTED),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", FORM_FILE_UNSUPPORTED),
        (b"PK\x03\x04 cut off", FORM_INVALID),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), FORM_INVALID),
        (b"<html><body>an error page</body></html>", FORM_FILE_UNSUPPORTED),
        (XFORM[:-20], FORM_INVALID),
        (b'<!DOCTYPE h [<!ENTITY a "b">]>' + XFORM, FORM_INVALID),
        (XFORM.replace(b' id="t"', b""), FORM_INVALID),
        (b"just some words", FORM_FILE_UNSUPPORTED),
    ],
)
def test_what_is_no_form_is_refused_with_a_remedy(content: bytes, kind: object) -> None:
    problem = refusal(content)
    assert problem.kind is kind
    assert problem.remedy
    assert problem.errors


def test_an_entity_bomb_is_refused_quickly() -> None:
    levels = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 12))
    bomb = b'<!DOCTYPE h [<!ENTITY e0 "x">' + levels + b"]>" + XFORM.replace(b"<h:title>T", b"<h:title>&e11;")
    assert refusal(bomb, seconds=10).kind is FORM_INVALID


def zipped(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        zipped({"xl/workbook.xml": bytes(30 * 1024 * 1024)}),
        zipped({f"xl/{number}": b"" for number in range(2_001)}),
        zipped({"content.xml": b"", "mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}),
        zipped({"xl/workbook.bin": b""}),
        zipped({"photo.jpg": b""}),
    ],
    ids=["ratio", "entries", "ods", "xlsb", "photos"],
)
def test_archives_that_burst_or_hold_no_workbook_are_refused_before_they_are_opened(content: bytes) -> None:
    with pytest.raises(FormFaultsError):
        check_archive(content)


def test_a_cell_of_two_megabytes_is_refused_by_name() -> None:
    form = "| survey |\n| | type | name | label |\n| | text | a | " + "x" * 2_000_000 + " |"
    problem = refusal(form.encode(), "f.md")
    assert problem.detail == "sheet survey, row 2: Cell C2 holds 2,000,000 characters; 32,767 are the limit."


def test_a_hundred_thousand_questions_are_refused_in_bounded_time() -> None:
    form = "| survey |\n| | type | name | label |\n" + "".join(f"| | text | q{n} | Q |\n" for n in range(100_000))
    problem = refusal(form.encode(), "f.md", seconds=20)
    assert problem.errors[0]["code"] == "sheet-too-long"


def test_a_conversion_without_time_or_memory_is_stopped_and_told() -> None:
    heads = "| survey |\n| | type | name | label | relevant |\n"
    rows = (
        f"| | text | q{n} | Q | {' or '.join(f'${{q{n - k}}} = {k}' for k in range(1, 15))} |\n"
        for n in range(20, 9_000)
    )
    first = "".join(f"| | text | q{n} | Q | |\n" for n in range(20))
    form = (heads + first + "".join(rows)).encode()
    assert refusal(form, "f.md", seconds=1).errors[0]["code"] == "form-too-large"
    assert refusal(form, "f.md", memory_mb=100).errors[0]["code"] == "form-too-large"


def test_macros_are_not_run_and_said() -> None:
    out = io.BytesIO(workbook(survey=SURVEY))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"macro")
    assert "macros-ignored" in {finding.code for finding in run(out.getvalue(), "f.xlsm", "1").findings}


def test_a_sheet_formatted_to_its_last_row_is_read_to_its_last_question() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "survey"
    for row in SURVEY:
        sheet.append(row)
    sheet.cell(1_048_576, 3).number_format = "0.00"
    out = io.BytesIO()
    book.save(out)
    assert b"/data/b" in run(out.getvalue(), "f.xlsx", "1").xform
