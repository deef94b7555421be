"""SPSS, Stata, Parquet, GeoJSON, JSON lines, read back."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pyreadstat
import pytest

from surveyapp.export.geojson import geometry_of
from surveyapp.export.options import ENDINGS, ExportOptions
from surveyapp.export.run import ExportResult, write_export
from surveyapp.problems import Problem
from tests.export.memory_source import MemoryRecord, MemoryRow, MemorySource, publish
from tests.export.test_export_merge import form

SURVEY = form(
    "1",
    "| | integer | age | Age of the head | . > 0 or . = -98 |\n"
    "| | decimal | income | Income, yuan | |\n"
    "| | select_one tap | tap | 主要水源 Water | |\n"
    "| | select_one yn | yn | Own land | |\n"
    "| | select_multiple tap | used | Used | |\n"
    "| | text | _odd.name | Odd | |\n"
    "| | text | using | Using | |\n"
    "| | text | a_name_that_is_much_longer_than_statistics_allow | Long | |\n"
    "| | text | a_name_that_is_much_longer_than_statistics_take | Long | |\n"
    "| | date | day | Day | |\n"
    "| | time | hour | Hour | |\n"
    "| | dateTime | at | When | |\n"
    "| | geopoint | gps | Position | |\n"
    "| | geotrace | path | Path | |\n"
    "| | begin repeat | member | Member | |\n| | text | m_name | Name | |\n"
    "| | integer | m_age | Age | |\n| | end repeat | | | |",
    "| | tap | river | River |\n| | tap | pipe | 自来水 |\n| | tap | dk | Does not know |\n"
    "| | yn | 1 | Yes |\n| | yn | 0 | No |",
)


def answers(**by_name: Any) -> dict[tuple[str, str], Any]:
    return {(f"/data/{name}", ""): value for name, value in by_name.items()}


@pytest.fixture
def farms() -> MemorySource:
    when = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    first = answers(age=34, income=12.5, tap="pipe", yn="0", used="river pipe", using="=1+1", day=date(2026, 2, 3))
    first |= answers(at=when, hour=time(13, 45)) | {("/data/at", "tz"): "+08:00", ("/data/_odd.name", ""): "村" * 900}
    first |= {("/data/gps", "lat"): 26.5, ("/data/gps", "lon"): 106.25, ("/data/gps", "alt"): 1100.0}
    second = answers(age=-98, income=-99.0, tap="dk", yn="1", path="26 106 0 0; 26.5 106.5 0 0")
    third = answers(tap="well", yn="1")
    rows = [MemoryRow("/data/member", f"1/member-{n}", "1", n, answers(**{"member/m_age": n})) for n in (1, 2)]
    return MemorySource(
        [publish(SURVEY)],
        [MemoryRecord(1, "1", first, rows), MemoryRecord(2, "1", second), MemoryRecord(3, "1", third)],
    )


def export(source: MemorySource, folder: Path, file_format: str, **options: Any) -> Path:
    made: ExportResult = write_export(
        source,
        ExportOptions(format=file_format, **options),  # type: ignore[arg-type]  # the names of formats
        folder / f"out{ENDINGS[file_format]}",  # type: ignore[index]  # the same
    )
    unpacked = folder / file_format
    with zipfile.ZipFile(made.path) as package:
        assert package.testzip() is None
        package.extractall(unpacked)
    assert sorted(path.name for path in folder.iterdir() if path.name.startswith(".")) == []
    return unpacked


def test_spss_has_labels_and_missing_codes_of_its_own(farms: MemorySource, tmp_path: Path) -> None:
    folder = export(farms, tmp_path, "sav")
    assert sorted(path.name for path in folder.iterdir()) == [
        *("README.txt", "choices.csv", "codebook.csv", "data.sav", "findings.csv", "member.sav")
    ]
    rows, about = pyreadstat.read_sav(folder / "data.sav", user_missing=True, output_format="dict")
    assert list(rows["age"])[:2] == [34, -98]
    assert list(rows["tap"]) == [2, -98, -96]
    assert list(rows["yn"]) == [0, 1, 1]
    assert [next(iter(rows[f"used__{code}"])) for code in ("river", "pipe", "dk")] == [1, 1, 0]
    assert about.variable_value_labels["tap"] == {1: "River", 2: "自来水", -98: "Does not know", -96: "not in the list"}
    assert about.missing_ranges["tap"] == [{"lo": -98, "hi": -98}, {"lo": -96, "hi": -96}]
    assert about.missing_ranges["income"] == [{"lo": code, "hi": code} for code in (-999_994, -99, -98)]
    assert about.column_names_to_labels["tap"] == "主要水源 Water"
    assert str(about.original_variable_types["at"]).startswith("DATETIME")
    assert rows["at"][0] == datetime(2026, 2, 3, 4, 5, 6)
    assert rows["day"][0] == date(2026, 2, 3)
    assert rows["hour"][0] == time(13, 45)
    assert rows["odd_name"][0] == "村" * 900
    members, _ = pyreadstat.read_sav(folder / "member.sav", output_format="dict")
    assert list(members["m_age"]) == [1, 2]
    assert list(members["row_key"]) == ["1/member-1", "1/member-2"]


def test_stata_has_tagged_missing_values_and_names_that_it_takes(farms: MemorySource, tmp_path: Path) -> None:
    folder = export(farms, tmp_path, "dta")
    rows, about = pyreadstat.read_dta(folder / "data.dta", user_missing=True, output_format="dict")
    assert list(rows["age"])[:2] == [34, "a"]
    assert list(rows["income"])[:2] == [12.5, "b"]
    assert list(rows["tap"]) == [2, "a", "d"]
    assert about.variable_value_labels["tap"] == {1: "River", 2: "自来水", "a": "Does not know", "d": "not in the list"}
    assert rows["odd_name"][0] == "村" * 900
    names = about.column_names
    assert len({name.lower() for name in names}) == len(names)
    assert all(len(name) <= 32 and name.replace("_", "a").isalnum() and name[0].isalpha() for name in names)
    assert "using_" in names
    codebook = list(csv.DictReader(io.StringIO((folder / "codebook.csv").read_text("utf-8-sig"))))
    assert [row["name"] for row in codebook if row["sheet"] == "data"] == names
    paths = {row["name"]: row["question"] for row in codebook}
    longest = [name for name in names if name.startswith("a_name_that")]
    assert sorted(paths[name].rpartition("_")[2] for name in longest) == ["allow", "take"]
    numbers = {
        r["code"]: r["export code"]
        for r in csv.DictReader(io.StringIO((folder / "choices.csv").read_text("utf-8-sig")))
    }
    assert numbers == {"river": "1", "pipe": "2", "dk": "-98", "1": "1", "0": "0"}


@pytest.mark.parametrize("file_format", ["sav", "dta", "parquet", "jsonl", "geojson"])
def test_same_data_give_the_same_bytes(farms: MemorySource, tmp_path: Path, file_format: str) -> None:
    export(farms, tmp_path, file_format)
    first = (tmp_path / f"out{ENDINGS[file_format]}").read_bytes()  # type: ignore[index]  # the names of formats
    export(farms, tmp_path, file_format)
    assert (tmp_path / f"out{ENDINGS[file_format]}").read_bytes() == first  # type: ignore[index]  # the same


def test_files_bear_the_date_of_their_data_not_of_the_clock(farms: MemorySource, tmp_path: Path) -> None:
    assert b"01 Mar 2604:30:00" in (export(farms, tmp_path, "sav") / "data.sav").read_bytes()[:176]
    assert b"<timestamp>\x1101 Mar 2026 04:30</timestamp>" in (export(farms, tmp_path, "dta") / "data.dta").read_bytes()


R_FOREIGN = 'cat(all(c("foreign") %in% rownames(installed.packages())))'


def test_r_reads_the_spss_file_with_its_labels(farms: MemorySource, tmp_path: Path) -> None:
    rscript = shutil.which("Rscript")
    if rscript is None:
        pytest.skip("there is no Rscript on this machine")
    asked = subprocess.run([rscript, "-e", R_FOREIGN], capture_output=True, text=True, check=True)
    if asked.stdout != "TRUE":
        pytest.skip("R is here, its package foreign is not")
    path = export(farms, tmp_path, "sav") / "data.sav"
    program = (
        f'd <- suppressWarnings(foreign::read.spss("{path}", to.data.frame = TRUE, reencode = "UTF-8"));'
        'cat(as.character(d$tap), is.na(d$income), sep = "|")'
    )
    found = subprocess.run(
        [rscript, "-e", program], capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": "C.UTF-8"}
    )
    assert found.stdout == "自来水|NA|NA|FALSE|TRUE|TRUE"


def test_parquet_has_types_and_labels(farms: MemorySource, tmp_path: Path) -> None:
    folder = export(farms, tmp_path, "parquet")
    table = pyarrow.parquet.read_table(folder / "data.parquet")
    types = {field.name: str(field.type) for field in table.schema}
    assert (types["age"], types["income"], types["day"], types["at"]) == (
        "int64",
        "double",
        "date32[day]",
        "timestamp[ms]",
    )
    assert types["tap"].startswith("dictionary<values=string")
    assert table["age"].to_pylist() == [34, None, None]
    assert table["age__missing"].to_pylist() == [None, "dont_know", None]
    assert table["tap"].to_pylist() == ["pipe", None, "well"]
    about = {key.decode(): value.decode() for key, value in table.schema.field("tap").metadata.items()}
    assert about["label"] == "主要水源 Water"
    assert json.loads(about["labels"]) == {"river": "River", "pipe": "自来水", "dk": "Does not know"}
    assert pyarrow.parquet.read_table(folder / "member.parquet")["m_age"].to_pylist() == [1, 2]


def test_geojson_has_points_and_lines_with_their_answers(farms: MemorySource, tmp_path: Path) -> None:
    folder = export(farms, tmp_path, "geojson", columns=("gps", "path", "tap"))
    points = json.loads((folder / "data_gps.geojson").read_text())
    assert points["type"] == "FeatureCollection"
    (point,) = points["features"]
    assert point["geometry"] == {"type": "Point", "coordinates": [106.25, 26.5, 1100.0]}
    assert point["properties"]["tap"] == "pipe"
    (line,) = json.loads((folder / "data_path.geojson").read_text())["features"]
    assert line["geometry"] == {"type": "LineString", "coordinates": [[106.0, 26.0], [106.5, 26.5]]}
    with pytest.raises(Problem, match="no places"):
        export(farms, tmp_path, "geojson", columns=("tap",))


def test_ring_of_a_shape_is_closed_and_too_few_points_are_no_shape() -> None:
    ring = geometry_of("POLYGON ((1 2, 3 4, 5 6))")
    assert ring == {"type": "Polygon", "coordinates": [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [1.0, 2.0]]]}
    assert geometry_of("POLYGON ((1 2, 3 4))") is None
    assert geometry_of("LINESTRING (1 2)") is None
    assert geometry_of("LINESTRING (a b, c d)") is None
    assert geometry_of("somewhere") is None


def test_geojson_of_no_positions_is_an_empty_collection(tmp_path: Path) -> None:
    folder = export(MemorySource([publish(SURVEY)]), tmp_path, "geojson")
    assert json.loads((folder / "data_gps.geojson").read_text()) == {"type": "FeatureCollection", "features": []}


def test_json_lines_leave_out_what_has_no_answer(farms: MemorySource, tmp_path: Path) -> None:
    farms.records[2].answers[("/data/using", "")] = "line\nbreak \udc80"
    lines = (export(farms, tmp_path, "jsonl", zone="Asia/Shanghai") / "data.jsonl").read_text().splitlines()
    first, second, third = map(json.loads, lines)
    assert (first["age"], first["at"], first["day"], first["using"]) == (
        34,
        "2026-02-03T12:05:06",
        "2026-02-03",
        "=1+1",
    )
    assert "age" not in second
    assert second["age__missing"] == "dont_know"
    assert third["using"] == "line\nbreak ?"


def test_typed_formats_take_no_raw_answers(farms: MemorySource, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="columns of one type"):
        export(farms, tmp_path, "sav", kind="raw")
    assert '"age":-98' in (export(farms, tmp_path, "jsonl", kind="raw") / "data.jsonl").read_text()


def test_calculated_text_in_a_number_column_is_left_empty_and_told(tmp_path: Path) -> None:
    calculated = (
        "| survey |\n| | type | name | label | calculation |\n"
        "| | integer | a | A | |\n| | calculate | c | | ${a} + 1 |\n"
        "| settings |\n| | form_id | version |\n| | f | 1 |\n"
    )
    source = MemorySource(
        [publish(calculated)], [MemoryRecord(1, "1", answers(c="2")), MemoryRecord(2, "1", answers(c="n/a"))]
    )
    for file_format in ("sav", "parquet"):
        readme = (export(source, tmp_path, file_format) / "README.txt").read_text()
        assert "1 answers are not of their column's type" in readme
    assert pyarrow.parquet.read_table(tmp_path / "parquet/data.parquet")["c"].to_pylist() == [2.0, None]


def test_missing_library_is_a_refusal_with_its_remedy(
    farms: MemorySource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyreadstat", None)
    with pytest.raises(Problem) as refusal:
        export(farms, tmp_path, "sav")
    assert refusal.value.kind.status == 501
    assert "pip install 'surveyapp[stats]'" in refusal.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_csv_takes_its_dialect_from_the_options(farms: MemorySource, tmp_path: Path) -> None:
    folder = export(farms, tmp_path, "csv", delimiter=";", csv_bom=False, columns=("tap", "using"))
    (head, first, *_) = csv.reader(io.StringIO((folder / "data.csv").read_text()), delimiter=";")
    assert head == ["_submission_no", "_instance_id", "tap", "using", "tap__missing"]
    assert first == ["1", "uuid:00000001", "pipe", "'=1+1", ""]


def test_empty_form_gives_empty_tables_in_every_format(tmp_path: Path) -> None:
    for file_format in ("sav", "dta", "parquet", "jsonl"):
        export(MemorySource([publish(SURVEY)]), tmp_path, file_format)
    assert pyreadstat.read_dta(tmp_path / "dta/data.dta", metadataonly=True)[1].number_rows == 0
    assert pyarrow.parquet.read_table(tmp_path / "parquet/data.parquet").num_rows == 0
