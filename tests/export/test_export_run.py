"""The whole job: submissions in, a workbook out, as a supervisor opens it."""

import csv
import io
import json
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from surveyapp.export.filling import RowsLost
from surveyapp.export.options import ExportOptions
from surveyapp.export.run import ExportResult, write_export
from surveyapp.findings import Finding
from surveyapp.problems import Problem
from surveyapp.xform.definition import Choice
from tests.export.memory_source import RECEIVED, MemoryRecord, MemoryRow, MemorySource, publish
from tests.export.test_export_layout import HOUSEHOLD
from tests.export.test_export_merge import form


def export(source: MemorySource, folder: Path, **options: Any) -> ExportResult:
    suffix = "zip" if options.get("format") == "csv" else "xlsx"
    return write_export(source, ExportOptions(**options), folder / f"out.{suffix}")


def table(path: Path, title: str = "data") -> list[dict[str, Any]]:
    """The rows of a sheet by column name."""
    worksheet = openpyxl.load_workbook(path)[title]
    names, *rows = worksheet.iter_rows(values_only=True)
    return [dict(zip(map(str, names), row, strict=True)) for row in rows[1 if title in ("data", "member") else 0 :]]


def only(record: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: record[name] for name in names}


def answers(**by_name: Any) -> dict[tuple[str, str], Any]:
    return {(f"/data/{name}", ""): value for name, value in by_name.items()}


@pytest.fixture
def households() -> MemorySource:
    when = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    first = answers(age=34, rooms=-98, income=-99.0, tap="dk", water="river tap", at=when, photo="a.jpg")
    first |= {("/data/at", "tz"): "+08:00", ("/data/gps", "lat"): 26.5, ("/data/gps", "lon"): 106.25}
    second = answers(age=-98, income=12.5, tap="tap", water="dk", path="26 106 0 0; 26.5 106.5 0 0", photo="b.jpg")
    return MemorySource(
        [publish(HOUSEHOLD)],
        [
            MemoryRecord(
                1,
                "1",
                first,
                [
                    MemoryRow("/data/member", "1/member-1", "1", 1, answers(**{"member/m_name": "=1+1"})),
                    MemoryRow("/data/member", "1/member-3", "1", 2, answers(**{"member/m_age": -98})),
                ],
                {"_start": RECEIVED - timedelta(minutes=50), "_end": RECEIVED},
                [Finding("range", "warning", "Too many.", "/data/rooms", "rooms", "-98")],
                ["a.jpg"],
            ),
            MemoryRecord(2, "1", second, [MemoryRow("/data/member", "2/member-1", "2", 1, {})]),
            MemoryRecord(3, "1", {}),
        ],
    )


def test_clean_workbook_has_typed_answers_and_reasons_apart(households: MemorySource, tmp_path: Path) -> None:
    export(households, tmp_path, zone="Asia/Shanghai")
    first, second, third = table(tmp_path / "out.xlsx")
    assert only(first, "_submission_no", "age", "rooms", "income", "tap") == {
        "_submission_no": 1,
        "age": 34,
        "rooms": None,
        "income": None,
        "tap": None,
    }
    assert only(first, "age__missing", "income__missing", "tap__missing", "water__missing") == {
        "age__missing": None,
        "income__missing": "refused",
        "tap__missing": "dont_know",
        "water__missing": None,
    }
    assert first["at"] == datetime(2026, 2, 3, 12, 5, 6)
    assert first["_received"] == datetime(2026, 3, 1, 12, 30)
    assert only(first, "at_tz", "gps_lat", "gps_lon", "gps_alt", "_minutes") == {
        "at_tz": "+08:00",
        "gps_lat": 26.5,
        "gps_lon": 106.25,
        "gps_alt": None,
        "_minutes": 50,
    }
    assert (first["photo__received"], second["photo__received"], third["photo__received"]) == (0, 1, None)
    assert only(second, "path", "path_points") == {"path": "LINESTRING (106 26, 106.5 26.5)", "path_points": 2}
    assert second["path_length"] == pytest.approx(74_766, rel=1e-4)
    assert (second["age"], second["age__missing"]) == (None, "dont_know")


def test_select_multiple_tells_not_answered_from_not_ticked(households: MemorySource, tmp_path: Path) -> None:
    export(households, tmp_path, labels="both")
    columns = ("water", "water__label", "water__river", "water__tap", "water__dk")
    first, second, third = (tuple(only(row, *columns).values()) for row in table(tmp_path / "out.xlsx"))
    assert first == ("river tap", "River; Tap water", 1, 1, 0)
    assert second == third == (None,) * 5
    export(households, tmp_path, missing="codes")
    assert tuple(only(table(tmp_path / "out.xlsx")[1], *columns[:1], *columns[2:]).values()) == ("dk", 0, 0, 1)


def test_raw_workbook_keeps_every_answer_as_sent(households: MemorySource, tmp_path: Path) -> None:
    households.records[2].meta["_extra"] = json.dumps({"/data/age": "forty", "/data/old": "=x", "/data/gps": "north"})
    export(households, tmp_path, kind="raw")
    first, second, third = table(tmp_path / "out.xlsx")
    assert only(first, "rooms", "income", "tap") == {"rooms": -98, "income": -99, "tap": "dk"}
    assert first["at"] == "2026-02-03T12:05:06.000+08:00"
    assert second["path"] == "26 106 0 0; 26.5 106.5 0 0"
    assert only(third, "age", "gps_lat", "_extra") == {
        "age": "forty",
        "gps_lat": "north",
        "_extra": '{"/data/old": "=x"}',
    }


def test_unreadable_answer_is_an_empty_cell_marked_invalid(households: MemorySource, tmp_path: Path) -> None:
    households.records[2].meta["_extra"] = json.dumps({"/data/age": "forty", "/data/member[2]/m_age": "x"})
    households.records[2].rows += [
        MemoryRow("/data/member", f"3/member-{n}", "3", n, {("/data/member/m_age", ""): n}) for n in (1, 3)
    ]
    households.records[2].rows.insert(1, MemoryRow("/data/member", "3/member-2", "3", 2, {}))
    export(households, tmp_path)
    assert only(table(tmp_path / "out.xlsx")[2], "age", "age__missing") == {"age": None, "age__missing": "invalid"}
    assert "forty" in table(tmp_path / "out.xlsx")[2]["_extra"]
    members = table(tmp_path / "out.xlsx", "member")[-3:]
    assert [row["m_age__missing"] for row in members] == [None, "invalid", None]
    export(households, tmp_path, kind="raw")
    assert [row["m_age"] for row in table(tmp_path / "out.xlsx", "member")[-3:]] == [1, "x", 3]


def test_repeat_rows_have_permanent_keys_and_answers_of_their_submission(
    households: MemorySource, tmp_path: Path
) -> None:
    export(households, tmp_path, carry=("tap",))
    rows = table(tmp_path / "out.xlsx", "member")
    assert [(row["_submission_no"], row["_row_key"], row["_parent_row_key"], row["_ordinal"]) for row in rows] == [
        (1, "1/member-1", "1", 1),
        (1, "1/member-3", "1", 2),
        (2, "2/member-1", "2", 1),
    ]
    assert [(row["m_name"], row["m_age"], row["m_age__missing"], row["tap"]) for row in rows] == [
        ("=1+1", None, None, None),
        (None, None, "dont_know", None),
        (None, None, None, "tap"),
    ]


def nested() -> MemorySource:
    survey = (
        "| | begin repeat | plot | Plot | |\n| | text | p | P | |\n| | begin repeat | crop | Crop | |\n"
        "| | integer | kg | Kg | |\n| | end repeat | | | |\n| | end repeat | | | |"
    )
    rows = [
        MemoryRow("/data/plot", "1/plot-1", "1", 1, {}),
        MemoryRow("/data/plot/crop", "1/plot-1/crop-1", "1/plot-1", 1, {("/data/plot/crop/kg", ""): 1}),
        MemoryRow("/data/plot", "1/plot-7", "1", 2, {}),
        MemoryRow("/data/plot/crop", "1/plot-7/crop-1", "1/plot-7", 1, {}),
        MemoryRow("/data/plot/crop", "1/plot-7/crop-2", "1/plot-7", 2, {}),
    ]
    extra = {"/data/plot[2]/crop[1]/kg": "much", "/data/plot[2]/crop[3]/kg": "none"}
    later = MemoryRecord(2, "1", {}, [MemoryRow("/data/plot/crop", "2/plot-1/crop-1", "2/plot-1", 1, {})])
    later.rows.insert(0, MemoryRow("/data/plot", "2/plot-1", "2", 1, {}))
    return MemorySource(
        [publish(form("1", survey))], [MemoryRecord(1, "1", {}, rows, {"_extra": json.dumps(extra)}), later]
    )


def test_unreadable_answer_in_a_nested_repeat_finds_its_row(tmp_path: Path) -> None:
    export(nested(), tmp_path)
    worksheet = CalamineWorkbook.from_path(tmp_path / "out.xlsx").get_sheet_by_name("crop").to_python()
    place = worksheet[0].index("kg__missing")
    assert [row[place] for row in worksheet[2:]] == ["", "invalid", "", ""]


def test_rows_are_numbered_as_users_of_kobo_know_it(tmp_path: Path) -> None:
    export(nested(), tmp_path, index=True, headers="name")
    keys = ("_index", "_parent_table_name", "_parent_index")
    workbook = openpyxl.load_workbook(tmp_path / "out.xlsx")
    told = {}
    for title in ("data", "plot", "crop"):
        names, *rows = workbook[title].iter_rows(values_only=True)
        told[title] = [tuple(dict(zip(names, row, strict=True)).get(key) for key in keys) for row in rows]
    assert told == {
        "data": [(1, None, None), (2, None, None)],
        "plot": [(1, "data", 1), (2, "data", 1), (3, "data", 2)],
        "crop": [(1, "plot", 1), (2, "plot", 2), (3, "plot", 2), (4, "plot", 3)],
    }
    export(nested(), tmp_path)
    assert "_index" not in table(tmp_path / "out.xlsx")[0]


def test_versions_share_one_column_set_and_can_be_filtered(tmp_path: Path) -> None:
    old = publish(form("1", "| | integer | age | Age | |\n| | text | gone | Gone | |"))
    new = publish(form("2", "| | decimal | age | Age, years | |\n| | text | fresh | Fresh | |"))
    records = [
        MemoryRecord(1, "1", answers(age=3.0, gone="g")),
        MemoryRecord(2, "2", answers(age=2.5, fresh="f")),
        MemoryRecord(3, "9", answers(age=1.0)),
    ]
    source = MemorySource([old, new], records)
    result = export(source, tmp_path)
    rows = table(tmp_path / "out.xlsx")
    assert [(row["age"], row["gone"], row["fresh"]) for row in rows] == [
        (3, "g", None),
        (2.5, None, "f"),
        (1, None, None),
    ]
    assert openpyxl.load_workbook(tmp_path / "out.xlsx")["data"]["C2"].value == "Age, years"
    assert any("'9', which was never published" in warning for warning in result.warnings)
    export(source, tmp_path, versions=("1",))
    assert [row["_submission_no"] for row in table(tmp_path / "out.xlsx")] == [1]
    assert "fresh" not in table(tmp_path / "out.xlsx")[0]
    with pytest.raises(Problem, match="no version '7'"):
        export(source, tmp_path, versions=("7",))


def test_form_wider_than_a_query_of_the_database_is_exported_whole(tmp_path: Path) -> None:
    survey = form("1", "\n".join(f"| | integer | q{n} | Q | |" for n in range(2600)))
    record = MemoryRecord(1, "1", answers(**{f"q{n}": n for n in range(2600)}))
    export(MemorySource([publish(survey)], [record, MemoryRecord(2, "1", {})]), tmp_path)
    first, second = table(tmp_path / "out.xlsx")
    assert [first[f"q{n}"] for n in range(2600)] == list(range(2600))
    assert second["q2599"] is None


def test_other_sheets_tell_findings_columns_and_choices(households: MemorySource, tmp_path: Path) -> None:
    export(households, tmp_path)
    path = tmp_path / "out.xlsx"
    assert openpyxl.load_workbook(path).sheetnames == ["README", "data", "member", "findings", "codebook", "choices"]
    (finding,) = table(path, "findings")
    assert only(finding, "_submission_no", "severity", "question", "label", "value", "message") == {
        "_submission_no": 1,
        "severity": "warning",
        "question": "rooms",
        "label": "Rooms",
        "value": "-98",
        "message": "Too many.",
    }
    codebook = {(row["sheet"], row["name"]): row for row in table(path, "codebook")}
    assert [row["name"] for row in table(path, "codebook") if row["sheet"] == "data"] == list(table(path)[0])
    assert only(codebook["data", "age"], "column", "type", "answered", "empty", "min", "max", "missing codes") == {
        "column": "C",
        "type": "integer",
        "answered": 1,
        "empty": 2,
        "min": 34,
        "max": 34,
        "missing codes": "-98 = dont_know, -99 = refused",
    }
    assert codebook["data", "water__river"]["label"] == "Water: River"
    assert codebook["data", "tap"]["values"] == "river = River; tap = Tap water; dk = Does not know"
    counted = {row["code"]: row["answers"] for row in table(path, "choices")}
    assert counted == {"river": 1, "tap": 2, "dk": 0}
    readme = list(openpyxl.load_workbook(path)["README"].iter_rows(values_only=True))
    assert ("Submissions in this file", 3, None) in readme
    assert ("member", "one row per Member, inside data", 3) in readme


def test_labels_are_in_the_language_asked_for(tmp_path: Path) -> None:
    labels = "label::English (en) | label::中文 (zh)"
    survey = f"| survey |\n| | type | name | {labels} |\n| | select_one s | sex | Sex | 性别 |\n"
    choices = f"| choices |\n| | list_name | name | {labels} |\n| | s | f | Woman | 女 |\n"
    source = MemorySource(
        [publish(f"{survey}{choices}")], [MemoryRecord(1, "", answers(sex="f")), MemoryRecord(2, "", answers(sex="q"))]
    )
    export(source, tmp_path, labels="labels", language="中文 (zh)", headers="label")
    worksheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["data"]
    assert [worksheet.cell(row, 3).value for row in (1, 2, 3)] == ["性别", "女", "q"]
    assert worksheet.freeze_panes == "C2"


def test_choices_of_a_file_have_labels_but_a_register_is_not_split(tmp_path: Path) -> None:
    survey = form(
        "1", "| | select_one_from_file v.csv | v | Village | |\n| | select_multiple_from_file v.csv | w | W | |"
    )
    few = tuple(Choice(f"v{n}", {"": f"Village {n}"}) for n in range(3))
    many = tuple(Choice(f"v{n}", {"": f"Village {n}"}) for n in range(300))
    for choices, split in ((few, True), (many, False)):
        source = MemorySource([publish(survey, v=choices)], [MemoryRecord(1, "1", answers(v="v1", w="v2 v0"))])
        export(source, tmp_path, labels="both")
        (row,) = table(tmp_path / "out.xlsx")
        assert only(row, "v", "v__label", "w__label") == {
            "v": "v1",
            "v__label": "Village 1",
            "w__label": "Village 2; Village 0",
        }
        assert ("w__v2" in row) == split


def test_dirty_answers_do_no_harm_and_nothing_is_cut_in_silence(tmp_path: Path) -> None:
    long = "村" * 40_000
    texts = ['=HYPERLINK("http://x")', "a\x00b", "_x0041_", long]
    source = MemorySource(
        [publish(form("1", "| | text | t | T | |\n| | integer | n | N | |\n| | date | d | D | |"))],
        [MemoryRecord(n, "1", answers(t=text, n=10**16 + 1, d=date(1850, 5, 5))) for n, text in enumerate(texts, 1)],
    )
    result = export(source, tmp_path)
    calamine = CalamineWorkbook.from_path(tmp_path / "out.xlsx")
    rows = calamine.get_sheet_by_name("data").to_python()[2:]
    assert [row[2] for row in rows[:3]] == ['=HYPERLINK("http://x")', "a\ufffdb", "_x0041_"]
    assert [row[3:5] for row in rows] == [["10000000000000001", "1850-05-05"]] * 4
    parts = calamine.get_sheet_by_name("long_text").to_python()
    assert parts[0] == ["sheet", "row", "column", "key", "part", "text"]
    assert [row[:5] for row in parts[1:]] == [["data", 6, "t", "uuid:00000004", n] for n in (1, 2)]
    assert "".join(str(row[5]) for row in parts[1:]) == long
    assert len(result.warnings) == 4


def test_same_snapshot_gives_the_same_bytes_and_a_manifest(households: MemorySource, tmp_path: Path) -> None:
    first = export(households, tmp_path)
    content = (tmp_path / "out.xlsx").read_bytes()
    second = export(households, tmp_path)
    assert (tmp_path / "out.xlsx").read_bytes() == content
    assert (first.sha256, first.content_hash) == (second.sha256, second.content_hash)
    manifest = json.loads((tmp_path / "out.xlsx.manifest.json").read_text())
    assert manifest["sha256"] == first.sha256
    assert {"title": "member", "rows": 3} in manifest["sheets"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.xlsx", "out.xlsx.manifest.json"]


def test_csv_zip_has_one_file_a_sheet_without_formulas(households: MemorySource, tmp_path: Path) -> None:
    export(households, tmp_path, format="csv")
    with zipfile.ZipFile(tmp_path / "out.zip") as package:
        assert package.testzip() is None
        assert package.namelist() == [
            "README.txt",
            "data.csv",
            "member.csv",
            "findings.csv",
            "codebook.csv",
            "choices.csv",
        ]
        members = list(csv.DictReader(io.StringIO(package.read("member.csv").decode("utf-8-sig"))))
        assert [row["m_name"] for row in members] == ["'=1+1", "", ""]
        assert package.read("data.csv").startswith(b"\xef\xbb\xbf_submission_no,")
    export(households, tmp_path, format="csv", formula_safe=False, csv_bom=False, zone="Asia/Shanghai")
    with zipfile.ZipFile(tmp_path / "out.zip") as package:
        assert b",=1+1," in package.read("member.csv")
        (first, *_) = csv.DictReader(io.StringIO(package.read("data.csv").decode()))
        assert only(first, "age", "gps_lat", "at") == {"age": "34", "gps_lat": "26.5", "at": "2026-02-03 12:05:06"}


def test_openpyxl_writer_gives_the_same_cells(households: MemorySource, tmp_path: Path) -> None:
    titles = ("data", "member", "findings", "codebook", "choices")
    export(households, tmp_path)
    spliced = {title: table(tmp_path / "out.xlsx", title) for title in titles}
    export(households, tmp_path, writer="openpyxl")
    assert {title: table(tmp_path / "out.xlsx", title) for title in titles} == spliced


class Cancelled(Exception):
    pass


def test_cancelled_or_failed_export_leaves_the_former_file(households: MemorySource, tmp_path: Path) -> None:
    (tmp_path / "out.xlsx").write_bytes(b"former")

    def stop(done: int, total: int, sheet: str) -> None:
        assert (done, total, sheet) == (3, 6, "data")
        raise Cancelled

    with pytest.raises(Cancelled):
        write_export(households, ExportOptions(), tmp_path / "out.xlsx", progress=stop)

    class Losing(MemorySource):
        def count(self, repeat_path: str, versions: Any) -> int:
            return super().count(repeat_path, versions) + 1

    with pytest.raises(RowsLost, match="holds 3 rows, the snapshot has 4"):
        export(Losing(households.versions, households.records), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["out.xlsx"]
    assert (tmp_path / "out.xlsx").read_bytes() == b"former"


def test_form_without_submissions_exports_its_headers(tmp_path: Path) -> None:
    export(MemorySource([publish(HOUSEHOLD)]), tmp_path)
    assert table(tmp_path / "out.xlsx") == []
    assert openpyxl.load_workbook(tmp_path / "out.xlsx")["data"]["C1"].value == "age"
