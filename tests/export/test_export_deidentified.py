"""A file that may leave the house: nothing in it names anybody, and what it still gives away is counted."""

import json
import random
import re
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet
import pyreadstat
import pytest

from surveyapp.disclosure.places import metres_between
from surveyapp.disclosure.protection import Protection
from surveyapp.disclosure.pseudonyms import project_secret, pseudonym
from surveyapp.export.options import ENDINGS, ExportOptions
from surveyapp.export.run import write_export
from surveyapp.problems import Problem
from tests.export.memory_source import MemoryRecord, MemoryRow, MemorySource, publish
from tests.export.test_export_merge import form

SECRET = project_secret("key", 1)
SURVEY = form(
    "1",
    "| | text | head_name | Name of the head | |\n"
    "| | text | phone | Phone | |\n"
    "| | text | remarks | Remarks | |\n"
    "| | select_one v | village | Village | |\n"
    "| | select_one s | sex | Sex | |\n"
    "| | integer | age | Age | |\n"
    "| | decimal | income | Income | |\n"
    "| | date | moved | Moved | |\n"
    "| | select_one d | ill | Ill | |\n"
    "| | geopoint | gps | Position | |\n"
    "| | image | photo | Photo | |\n"
    "| | decimal | weight | Weight | |\n"
    "| | begin repeat | member | Member | |\n| | text | m_name | Name | |\n"
    "| | integer | m_age | Age | |\n| | select_one s | m_sex | Sex | |\n| | end repeat | | | |",
    "".join(f"| | v | v{n} | Village {n} |\n" for n in range(4))
    + "| | s | f | Woman |\n| | s | m | Man |\n| | d | y | Yes |\n| | d | n | No |",
)
CLASSES: dict[str, Any] = {
    **dict.fromkeys(["/data/head_name", "/data/phone", "/data/photo", "/data/gps", "/data/member/m_name"], "direct"),
    **dict.fromkeys(["/data/village", "/data/sex", "/data/age", "/data/moved", "/data/income"], "indirect"),
    **dict.fromkeys(["/data/member/m_age", "/data/member/m_sex", "/data/remarks"], "indirect"),
    "/data/ill": "sensitive",
    "/data/weight": "none",
}
PROTECTION = Protection(
    classes=CLASSES,
    confirmed_by="an admin",
    keys=("/data/village", "/data/sex"),
    sensitive="/data/ill",
    weight="/data/weight",
)


def households(count: int = 300) -> tuple[MemorySource, list[str]]:
    """Households, and everything in them that names somebody."""
    chance, records, names = random.Random(7), [], []
    for number in range(1, count + 1):
        name, phone, child = f"Zhāng-{number:05}王", f"1380{number:07}", f"Xiǎo-{number:05}李"
        file, device = f"IMG_{number:06}.jpg", f"tablet-{number:05}"
        village = "v3" if number == 1 else f"v{chance.randrange(3)}"
        answers: dict[str, Any] = {
            "head_name": name, "phone": phone, "remarks": f"call {phone}", "photo": file, "village": village,
            "sex": chance.choice("fm"), "age": chance.randrange(18, 99), "income": float(number) if number > 1 else 9e6,
            "moved": date(2015, 1 + number % 12, 1 + number % 28), "ill": chance.choice("yn"),
            "weight": 1.0 + number % 3,
        }  # fmt: skip
        by_path = {(f"/data/{key}", ""): value for key, value in answers.items()}
        by_path |= {("/data/gps", "lat"): 26 + chance.random(), ("/data/gps", "lon"): 106 + chance.random()}
        rows = [
            MemoryRow("/data/member", f"{number}/member-{n}", str(number), n, {
                ("/data/member/m_name", ""): child, ("/data/member/m_age", ""): chance.randrange(0, 110),
                ("/data/member/m_sex", ""): chance.choice("fm"),
            })
            for n in (1, 2)
        ]  # fmt: skip
        meta = {
            "_enumerator": f"enum-{number % 7:03}x", "_device": device, "_instance_id": f"uuid:abcdef-{number:06}",
            "_received": datetime(2026, 2, 1 + number % 27, 3, 4, 5, tzinfo=UTC),
            "_extra": json.dumps({"/data/member[1]/m_age": f"about {phone}"}),
        }  # fmt: skip
        records.append(MemoryRecord(number, "1", by_path, rows, meta))
        names += [name, phone, child, file, device, f"enum-{number % 7:03}x", f"uuid:abcdef-{number:06}"]
    return MemorySource([publish(SURVEY)], records), names


def export(source: MemorySource, folder: Path, protection: Protection | None, file_format: str = "xlsx") -> Path:
    options = ExportOptions(kind="deidentified", format=file_format, protection=protection)  # type: ignore[arg-type]  # formats by name
    return write_export(source, options, folder / f"out{ENDINGS[options.format]}", secret=SECRET).path


def sheet(path: Path, title: str) -> list[dict[str, Any]]:
    names, *rows = openpyxl.load_workbook(path)[title].iter_rows(values_only=True)
    return [dict(zip(map(str, names), row, strict=True)) for row in rows[title in ("data", "member") :]]


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def read_back(path: Path, folder: Path) -> bytes:
    """What the typed files hold when they are read: they are compressed by themselves."""
    found: list[Any] = []
    for name, part in parts(path).items():
        file = folder / "part"
        file.write_bytes(part)
        if name.endswith(".parquet"):
            found.append(pyarrow.parquet.read_table(file).to_pydict())
        elif name.endswith(".sav"):
            found.append(pyreadstat.read_sav(file, output_format="dict")[0])
        elif name.endswith(".dta"):
            found.append(pyreadstat.read_dta(file, output_format="dict")[0])
    assert found or path.suffixes[0] not in (".sav", ".dta", ".parquet")
    return repr([{key: list(values) for key, values in table.items()} for table in found]).encode()


@pytest.mark.parametrize("file_format", ["xlsx", "csv", "sav", "dta", "parquet", "jsonl"])
def test_no_name_phone_or_id_is_anywhere_in_the_file(tmp_path: Path, file_format: str) -> None:
    source, names = households()
    path = export(source, tmp_path, replace(PROTECTION, accept_risk="a test"), file_format)
    sampled = random.Random(1).sample(names, 50)
    content = b"".join(name.encode() + part for name, part in parts(path).items()) + read_back(path, tmp_path)
    found = [name for name in sampled for form_of in (name.encode(), name.encode("utf-16-le")) if form_of in content]
    assert not found
    manifest = path.with_name(f"{path.name}.manifest.json").read_text()
    assert not [name for name in sampled if name in manifest]


def test_file_has_nothing_hidden(tmp_path: Path) -> None:
    source, _ = households()
    path = export(source, tmp_path, replace(PROTECTION, accept_risk="a test"))
    workbook = openpyxl.load_workbook(path)
    assert workbook.sheetnames == ["README", "data", "member", "disclosure", "codebook", "choices"]
    assert all(worksheet.sheet_state == "visible" for worksheet in workbook.worksheets)
    assert not [name for name in parts(path) if re.search("comment|hyperlink|externalLink|custom", name)]
    assert not any(b"<hyperlink" in part for part in parts(path).values())
    assert workbook.properties.created == datetime(2026, 3, 1)
    assert {cell.value for (cell,) in workbook["data"]["A1:A1"]} == {"_instance_id"}


def test_disclosure_figures_are_those_of_the_rows_in_the_file(tmp_path: Path) -> None:
    source, _ = households()
    path = export(source, tmp_path, replace(PROTECTION, accept_risk="agreed with the ministry"))
    data, told = sheet(path, "data"), sheet(path, "disclosure")
    keys = [(row["village"], row["sex"]) for row in data]
    sizes = Counter(keys)
    value = {(row["topic"], row["item"]): row["value"] for row in told}
    assert value["k", "records"] == 300
    assert value["k", "records with k = 1"] == sum(sizes[key] == 1 for key in keys)
    assert value["k", "records with k < 5"] == sum(sizes[key] < 5 for key in keys)
    for size, records in Counter(sizes[key] for key in keys).items():
        assert value["distribution of k", f"k = {size}"] == records
    variety = Counter(len({r["ill"] for r, k in zip(data, keys, strict=True) if k == key}) for key in keys)
    assert {k[1]: v for k, v in value.items() if k[0] == "l-diversity"} == {f"l = {n}": c for n, c in variety.items()}
    weights = {key: sum(r["weight"] for r, k in zip(data, keys, strict=True) if k == key) for key in sizes}
    rate = sum(min(1, 1 / max(1, weights[key])) for key in keys) / len(keys)
    assert value["risk", "expected re-identification rate"] == pytest.approx(rate)
    households_keys = {row["_instance_id"]: key for row, key in zip(data, keys, strict=True)}
    members = [
        (households_keys[r["_instance_id"]], r["m_age"], r["m_sex"], r["_instance_id"]) for r in sheet(path, "member")
    ]
    groups = Counter(member[:3] for member in members)
    for limit, words in ((2, "k = 1"), (3, "k < 3")):
        found = {member[3] for member in members if groups[member[:3]] < limit}
        assert value["members", f"households by members with {words}"] == len(found)
    assert ("dropped", "head_name") in {(row["topic"], row["item"]) for row in told}
    assert any(row["note"] == "agreed with the ministry" for row in told)


def test_household_that_is_like_fewer_than_two_others_is_refused(tmp_path: Path) -> None:
    source, _ = households()
    with pytest.raises(Problem, match="k < 3") as refusal:
        export(source, tmp_path, replace(PROTECTION, keys=("/data/village", "/data/sex", "/data/age")))
    assert refusal.value.kind.code == "disclosure-risk"
    assert list(tmp_path.iterdir()) == []
    assert export(source, tmp_path, PROTECTION).exists()


def test_without_confirmation_nothing_goes_out_and_the_suggestions_are_told(tmp_path: Path) -> None:
    source, _ = households(5)
    for protection in (None, Protection(classes={"/data/phone": "direct"}, confirmed_by="an admin")):
        with pytest.raises(Problem) as refusal:
            export(source, tmp_path, protection)
        assert refusal.value.kind.code == "pii-unconfirmed"
        suggested = {fault["path"]: fault["suggested"] for fault in refusal.value.errors}
        assert suggested["/data/head_name"] == "direct"
        assert suggested["/data/sex"] == "indirect"
        assert ("/data/phone" in suggested) == (protection is None)
    with pytest.raises(Problem, match="not confirmed"):
        export(source, tmp_path, replace(PROTECTION, confirmed_by=" "))


def test_values_are_coarser_and_rows_join_by_pseudonym(tmp_path: Path) -> None:
    source, _ = households()
    path = export(source, tmp_path, PROTECTION)
    data, members = sheet(path, "data"), sheet(path, "member")
    real = {pseudonym(SECRET, record.meta["_instance_id"]): record for record in source.records}
    assert [row["_instance_id"] for row in data] == sorted(real)
    assert {row["_instance_id"] for row in members} == set(real)
    assert len({row["_row_key"] for row in members}) == 600
    assert max(row["age"] for row in data) == max(row["m_age"] for row in members) == 80
    assert {row["moved"][:5] for row in data} == {"2015-"}
    assert {row["_received"] for row in data} == {"2026-02"}
    assert max(row["income"] for row in data) < 9e6
    for row in data:
        income = real[row["_instance_id"]].answers["/data/income", ""]
        assert row["income"] == income or not 5 <= income <= 297
    # One household alone in its village: its village and the next smallest have one code.
    assert "v3" not in {row["village"] for row in data}
    assert sum(row["village"] == "merged_rare" for row in data) > 5
    assert (
        not {"head_name", "phone", "remarks", "photo", "gps_lat", "_device", "_extra", "_submission_no"}
        & data[0].keys()
    )
    assert len({row["_enumerator"] for row in data}) == 7
    again = export(source, tmp_path, PROTECTION)
    assert sheet(again, "data") == data


def test_places_are_displaced_rounded_or_the_middle_of_the_village(tmp_path: Path) -> None:
    source, _ = households()
    real = {pseudonym(SECRET, r.meta["_instance_id"]): r for r in source.records}

    def places(protection: Protection) -> dict[str, tuple[Any, Any]]:
        rows = sheet(export(source, tmp_path, protection), "data")
        assert not {"gps_alt", "gps_acc"} & rows[0].keys()
        return {row["_instance_id"]: (row["gps_lat"], row["gps_lon"]) for row in rows}

    def truth(who: str) -> tuple[float, float]:
        return real[who].answers["/data/gps", "lat"], real[who].answers["/data/gps", "lon"]

    displaced = places(replace(PROTECTION, places="displace"))
    distances = [metres_between(truth(who), place) for who, place in displaced.items()]
    assert min(distances) > 0
    assert max(distances) <= 10_001
    assert places(replace(PROTECTION, places="displace")) == displaced
    urban = replace(PROTECTION, places="displace", urban=("/data/sex", ("f", "m")))
    assert max(metres_between(truth(who), place) for who, place in places(urban).items()) <= 2_001
    rounded = places(replace(PROTECTION, places="round"))
    assert all(place == tuple(round(number, 2) for number in truth(who)) for who, place in rounded.items())
    centroids = places(replace(PROTECTION, places="centroid", village="/data/village"))
    assert len(set(centroids.values())) == 4
    (alone,) = [who for who, record in real.items() if record.answers["/data/village", ""] == "v3"]
    assert centroids[alone] == (None, None)
    village = [who for who, record in real.items() if record.answers["/data/village", ""] == "v1"]
    mean = sum(truth(who)[0] for who in village) / len(village)
    assert {centroids[who][0] for who in village} == {round(mean, 4)}


def test_days_of_a_household_can_be_shifted_and_direct_answers_get_pseudonyms(tmp_path: Path) -> None:
    source, _ = households()
    data = sheet(export(source, tmp_path, replace(PROTECTION, dates="shift", pseudonyms=("/data/phone",))), "data")
    real = {pseudonym(SECRET, r.meta["_instance_id"]): r for r in source.records}
    for row in data:
        record = real[row["_instance_id"]]
        days = (row["moved"].date() - record.answers["/data/moved", ""]).days
        assert 0 < abs(days) <= 182
        assert (row["_received"].date() - record.meta["_received"].date()).days == days
        assert row["phone"] == pseudonym(SECRET, record.answers["/data/phone", ""])


def test_protection_that_names_what_is_not_in_the_file_is_refused(tmp_path: Path) -> None:
    source, _ = households(5)
    with pytest.raises(Problem, match="'/data/phone', which is not in the file"):
        export(source, tmp_path, replace(PROTECTION, keys=("/data/phone",)))
    with pytest.raises(Problem, match="Media are never"):
        ExportOptions(kind="deidentified", format="media")


@pytest.mark.parametrize("file_format", ["xlsx", "sav", "dta", "parquet", "jsonl"])
def test_list_of_people_that_a_question_chooses_from_does_not_go_out(tmp_path: Path, file_format: str) -> None:
    people = "".join(f"| | p | p{n} | Person-{n:03} |\n" for n in range(6))
    survey = form("1", "| | select_one p | hh_pick | Household | |\n| | select_one p | again | Again | |", people)
    records = [
        MemoryRecord(n, "1", {("/data/hh_pick", ""): f"p{n % 6}", ("/data/again", ""): "p1"}) for n in range(1, 13)
    ]
    protection = Protection(
        classes={"/data/hh_pick": "direct", "/data/again": "direct"},
        confirmed_by="an admin",
        pseudonyms=("/data/hh_pick",),
    )
    path = export(MemorySource([publish(survey)], records), tmp_path, protection, file_format)
    assert not any(b"Person-0" in part for part in parts(path).values())
    if file_format == "xlsx":
        assert {row["hh_pick"] for row in sheet(path, "data")} == {pseudonym(SECRET, f"p{n}") for n in range(6)}
