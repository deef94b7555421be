"""What may be chosen: names, headers, columns, submissions, rows side by side; and what is remembered of it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.disclosure.protection import Protection
from surveyapp.export.manifest import find_same, hash_file, hash_inputs, reuse
from surveyapp.export.names import STATS_LENGTH, path_names, stats_names
from surveyapp.export.options import ExportOptions
from surveyapp.export.run import ExportResult, write_export
from surveyapp.problems import Problem
from tests.export.memory_source import RECEIVED, MemoryRecord, MemoryRow, MemorySource, publish
from tests.export.test_export_merge import form

SURVEY = form(
    "1",
    "| | begin group | home | Home | |\n| | integer | rooms | Rooms | |\n"
    "| | select_multiple w | water | Water | |\n| | end group | | | |\n"
    "| | text | village | Village | |\n"
    "| | begin repeat | member | Member | |\n| | begin group | who | Who | |\n| | text | name | Name | |\n"
    "| | integer | age | Age | |\n| | end group | | | |\n"
    "| | begin repeat | job | Job | |\n| | text | what | What | |\n| | end repeat | | | |\n| | end repeat | | | |\n"
    "| | begin repeat | plot | Plot | |\n| | decimal | mu | Mu | |\n| | end repeat | | | |",
    "| | w | tap | Tap |\n| | w | river | River |",
)
NAMES = st.lists(st.text("aA_é .9/村", min_size=1, max_size=45), max_size=25, unique=True)


@pytest.fixture
def homes() -> MemorySource:
    def member(number: int, place: int) -> MemoryRow:
        return MemoryRow("/data/member", f"{number}/member-{place}", str(number), place, {
            ("/data/member/who/name", ""): f"P{number}.{place}", ("/data/member/who/age", ""): 10 * number + place
        })  # fmt: skip

    records = []
    for number, members in ((1, 3), (2, 0), (3, 1)):
        answers = {("/data/home/rooms", ""): number, ("/data/home/water", ""): "tap", ("/data/village", ""): "v"}
        rows = [member(number, place) for place in range(1, members + 1)]
        rows += [MemoryRow("/data/plot", f"{number}/plot-1", str(number), 1, {("/data/plot/mu", ""): number / 2})]
        received = RECEIVED + timedelta(days=number)
        meta = {"_received": received, "_start": received - timedelta(days=10) if number != 3 else None}
        records.append(MemoryRecord(number, "1", answers, rows, meta))
    return MemorySource([publish(SURVEY)], records)


def export(source: MemorySource, folder: Path, **options: Any) -> ExportResult:
    return write_export(source, ExportOptions(**options), folder / "out.xlsx")


def rows_of(path: Path, title: str = "data", head: int = 1) -> list[dict[str, Any]]:
    rows = list(openpyxl.load_workbook(path)[title].iter_rows(values_only=True))
    return [dict(zip(map(str, rows[head - 1]), row, strict=True)) for row in rows[head:]]


@given(NAMES)
def test_names_for_statistics_are_taken_by_both_programs_and_differ(names: list[str]) -> None:
    found = stats_names(names)
    assert len({name.lower() for name in found}) == len(names)
    for name in found:
        assert name.isascii()
        assert len(name) <= STATS_LENGTH
        assert name[0].isalpha()
        assert name.replace("_", "a").isalnum()
    assert stats_names(found)[: len(found)] == found or any(name.endswith("_") for name in found)


def test_names_for_statistics_keep_what_is_right_and_mark_what_is_not() -> None:
    assert stats_names(["age", "_age", "using", "str20", "a.b", "Age"])[:2] == ["age", stats_names(["age", "_age"])[1]]
    assert stats_names(["_submission_no", "using", "str20", "a.b", "9a"]) == [
        "submission_no",
        "using_",
        "str20_",
        "a_b",
        "v9a",
    ]
    long = "a_question_with_a_name_of_more_than_thirty_two_letters"
    assert stats_names([long]) == stats_names([long, "other"])[:1]
    assert stats_names([long])[0].startswith("a_question_with_a_name_of_m")


def test_paths_as_names_begin_inside_their_table() -> None:
    assert path_names(["/data/home/rooms", "/data/member/who/age"], "/data/member", "/") == {
        "/data/home/rooms": "home/rooms",
        "/data/member/who/age": "who/age",
    }


def test_columns_are_named_by_path_with_the_separator_asked_for(homes: MemorySource, tmp_path: Path) -> None:
    export(homes, tmp_path, names="path", separator="-", headers="name")
    assert [name for name in rows_of(tmp_path / "out.xlsx")[0] if name[0] != "_"] == [
        *("home-rooms", "home-water", "home-water-tap", "home-water-river", "village", "home-rooms__missing")
    ]
    assert "who-age" in rows_of(tmp_path / "out.xlsx", "member")[0]


def test_labels_can_be_comments_and_groups_a_banner(homes: MemorySource, tmp_path: Path) -> None:
    export(homes, tmp_path, headers="comment", banner=True)
    worksheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["data"]
    assert [worksheet.cell(row, 3).value for row in (1, 2, 3)] == ["Home", "rooms", 1]
    comment = worksheet["C2"].comment
    assert comment is not None
    assert (comment.text, comment.author) == ("Rooms", "surveyapp")
    assert worksheet.freeze_panes == "C3"
    first = (tmp_path / "out.xlsx").read_bytes()
    export(homes, tmp_path, headers="comment", banner=True)
    assert (tmp_path / "out.xlsx").read_bytes() == first


def test_only_the_columns_asked_for_are_there(homes: MemorySource, tmp_path: Path) -> None:
    export(homes, tmp_path, columns=("/data/home", "age", "_state"), headers="name")
    path = tmp_path / "out.xlsx"
    assert list(rows_of(path)[0]) == [
        *("_submission_no", "_instance_id", "rooms", "water", "water__tap", "water__river", "_state", "rooms__missing")
    ]
    assert "age" in rows_of(path, "member")[0]
    assert "name" not in rows_of(path, "member")[0]
    assert "plot" not in openpyxl.load_workbook(path).sheetnames
    with pytest.raises(Problem, match="no column colour"):
        export(homes, tmp_path, columns=("colour",))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"received_from": "2026-03-03"}, [2, 3]),
        ({"received_until": "2026-03-03"}, [1, 2]),
        ({"received_from": "2026-03-03", "received_until": "2026-03-03"}, [2]),
        ({"received_from": "2026-03-03", "zone": "Pacific/Apia"}, [2, 3]),
        ({"received_from": "2026-03-03", "zone": "America/Los_Angeles"}, [3]),
        ({"interviewed_until": "2026-02-21"}, [1, 2]),
        ({"interviewed_from": "2026-03-01"}, [3]),
    ],
)
def test_only_the_submissions_asked_for_are_there(
    homes: MemorySource, tmp_path: Path, asked: dict[str, str], found: list[int]
) -> None:
    result = export(homes, tmp_path, headers="name", **asked)
    assert [row["_submission_no"] for row in rows_of(tmp_path / "out.xlsx")] == found
    assert {written.title: written.rows for written in result.sheets}["plot"] == len(found)
    readme = openpyxl.load_workbook(tmp_path / "out.xlsx")["README"].iter_rows(values_only=True)
    (told,) = [str(row[1]) for row in readme if row[0] == "Filter"]
    assert told.startswith(next(iter(asked)).partition("_")[0])


def test_first_rows_of_a_repeat_stand_beside_their_submission(homes: MemorySource, tmp_path: Path) -> None:
    export(homes, tmp_path, wide=2, headers="name")
    rows = rows_of(tmp_path / "out.xlsx")
    assert [(row["name_1"], row["age_1"], row["name_2"], row["age_2"], row["mu_1"], row["mu_2"]) for row in rows] == [
        ("P1.1", 11, "P1.2", 12, 0.5, None),
        (None, None, None, None, 1, None),
        ("P3.1", 31, None, None, 1.5, None),
    ]
    assert "what_1" not in rows[0]
    with pytest.raises(Problem, match="wide cannot be 21"):
        ExportOptions(wide=21)


DAYS = st.dates().map(lambda day: day.isoformat()) | st.just("")
OPTIONS = st.builds(
    ExportOptions,
    kind=st.sampled_from(["clean", "deidentified"]),
    format=st.sampled_from(["xlsx", "csv", "sav", "parquet"]),
    names=st.sampled_from(["short", "path", "stats"]),
    columns=st.lists(st.text(max_size=5), max_size=3).map(tuple),
    received_from=DAYS,
    wide=st.integers(0, 20),
    delimiter=st.sampled_from([",", ";", "\t"]),
    banner=st.booleans(),
    protection=st.none() | st.just(Protection(classes={"/d/a": "direct"}, keys=("/d/b",), urban=("/d/u", ("1",)))),
)


@given(OPTIONS)
def test_options_survive_json(options: ExportOptions) -> None:
    assert ExportOptions.from_json(json.loads(json.dumps(options.to_json()))) == options


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"colour": "red"}, "no option colour"),
        ({"versions": "1"}, "versions cannot be '1'"),
        ({"wide": True}, "wide cannot be True"),
        ({"received_from": "yesterday"}, "received_from cannot be 'yesterday'"),
        ({"names": "long"}, "names cannot be 'long'"),
        ({"protection": []}, "not a JSON object"),
    ],
)
def test_option_that_does_not_exist_or_fit_is_refused(content: dict[str, Any], words: str) -> None:
    with pytest.raises(Problem, match=words):
        ExportOptions.from_json(content)


def test_same_inputs_are_found_again_and_others_are_not(homes: MemorySource, tmp_path: Path) -> None:
    options = ExportOptions()
    path = export(homes, tmp_path).path
    inputs = hash_inputs(homes, options)
    manifest = json.loads((tmp_path / "out.xlsx.manifest.json").read_text())
    assert manifest["inputs_hash"] == inputs
    assert manifest["options"]["kind"] == "clean"
    assert manifest["sha256"] == hash_file(path)
    readme = openpyxl.load_workbook(path)["README"].iter_rows(values_only=True)
    assert ("Inputs (SHA-256)", inputs) in [row[:2] for row in readme]
    assert find_same(inputs, [tmp_path / "nothing", path]) == path
    assert find_same(hash_inputs(homes, replace(options, labels="both")), [path]) is None
    homes.records[0].answers["/data/village", ""] = "w"
    assert find_same(hash_inputs(homes, options), [path]) is None
    target = tmp_path / "again.xlsx"
    reuse(path, target)
    assert target.read_bytes() == path.read_bytes()
    assert find_same(inputs, [target]) == target
    path.write_bytes(b"cut short")
    assert find_same(inputs, [path]) is None


def test_cut_off_of_the_selection_counts_days_in_the_zone() -> None:
    selection = ExportOptions(received_from="2026-03-01", received_until="2026-03-01", zone="Asia/Shanghai").selection
    assert selection.received_from == datetime(2026, 2, 28, 16, tzinfo=UTC)
    assert selection.received_before == datetime(2026, 3, 1, 16, tzinfo=UTC)
