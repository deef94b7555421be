"""Photos and other files in one zip, with an index."""

import csv
import io
import random
import resource
import zipfile
from pathlib import Path
from typing import IO, Any

import pytest

from surveyapp.export.media_zip import INDEX_COLUMNS, _safe
from surveyapp.export.options import ExportOptions
from surveyapp.export.run import ExportResult, write_export
from surveyapp.store.selection import Selection
from tests.export.memory_source import MemoryRecord, MemoryRow, MemorySource, publish
from tests.export.test_export_merge import form

SURVEY = form(
    "1",
    "| | image | photo | Photo | |\n| | begin repeat | member | Member | |\n"
    "| | audio | voice | Voice | |\n| | end repeat | | | |",
)


def export(source: MemorySource, folder: Path, **options: Any) -> ExportResult:
    return write_export(source, ExportOptions(format="media", **options), folder / "out.media.zip")


def index_of(path: Path) -> list[dict[str, str]]:
    with zipfile.ZipFile(path) as package:
        return list(csv.DictReader(io.StringIO(package.read("index.csv").decode("utf-8-sig"))))


@pytest.fixture
def visits() -> MemorySource:
    voice = [MemoryRow("/data/member", "2/member-1", "2", 1, {("/data/member/voice", ""): "a b.m4a"})]
    return MemorySource(
        [publish(SURVEY)],
        [
            MemoryRecord(1, "1", {("/data/photo", ""): "../x.jpg"}, files={"../x.jpg": b"one"}),
            MemoryRecord(2, "1", {("/data/photo", ""): "y.jpg"}, voice, files={"a b.m4a": b"two", "audit.csv": b"log"}),
            MemoryRecord(3, "1", {}),
        ],
    )


def test_every_file_lies_under_its_submission_and_question_and_in_the_index(
    visits: MemorySource, tmp_path: Path
) -> None:
    result = export(visits, tmp_path)
    with zipfile.ZipFile(result.path) as package:
        assert package.testzip() is None
        assert {info.compress_type for info in package.infolist()} == {zipfile.ZIP_STORED}
        assert {name: package.read(name) for name in package.namelist() if name != "index.csv"} == {
            "1_photo_x.jpg": b"one",
            "2_voice_a_b.m4a": b"two",
            "2_unnamed_audit.csv": b"log",
        }
    index = index_of(result.path)
    assert tuple(index[0]) == INDEX_COLUMNS
    assert [(row["_submission_no"], row["question"], row["original"], row["state"]) for row in index] == [
        ("1", "photo", "../x.jpg", "received"),
        ("2", "photo", "y.jpg", "not received"),
        ("2", "voice", "a b.m4a", "received"),
        ("2", "", "audit.csv", "received"),
    ]
    assert index[2]["_row_key"] == "2/member-1"
    assert result.warnings == ("1 files are not in the zip: see column state of index.csv.",)


def test_file_that_is_damaged_or_gone_from_the_disk_is_told(visits: MemorySource, tmp_path: Path) -> None:
    class Damaged(MemorySource):
        def open_media(self, sha256: str) -> IO[bytes]:
            content = super().open_media(sha256).read()
            if content == b"two":
                raise FileNotFoundError(sha256)
            return io.BytesIO(content.replace(b"one", b"eno"))

    result = export(Damaged(visits.versions, visits.records), tmp_path)
    states = {row["original"]: row["state"] for row in index_of(result.path)}
    assert states == {"../x.jpg": "damaged", "y.jpg": "not received", "a b.m4a": "lost", "audit.csv": "received"}


def test_same_files_give_the_same_bytes(visits: MemorySource, tmp_path: Path) -> None:
    first = export(visits, tmp_path).path.read_bytes()
    assert export(visits, tmp_path).path.read_bytes() == first


class Big(MemorySource):
    """Files that are made while they are read: `size` bytes each."""

    size = 0

    def media(self, selection: Selection) -> Any:
        for found in super().media(selection):
            yield found._replace(size=self.size)

    def open_media(self, sha256: str) -> IO[bytes]:  # noqa: ARG002  # every file is alike
        return io.BufferedReader(_Noise(self.size))


class _Noise(io.RawIOBase):
    def __init__(self, left: int) -> None:
        self._left = left
        self._block = random.Random(1).randbytes(1 << 20)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = min(len(buffer), self._left, len(self._block))
        buffer[:count] = self._block[:count]
        self._left -= count
        return count


def test_memory_does_not_grow_with_the_files(tmp_path: Path) -> None:
    records = [
        MemoryRecord(n, "1", {("/data/photo", ""): f"{n}.jpg"}, files={f"{n}.jpg": bytes([n])}) for n in range(1, 9)
    ]
    source = Big([publish(SURVEY)], records)
    source.size = 1 << 20
    export(source, tmp_path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    source.size = 24 << 20
    path = export(source, tmp_path).path
    assert path.stat().st_size > 8 * source.size
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40 << 10  # KiB; the zip is five times that


def test_names_keep_their_ending_and_leave_no_folder() -> None:
    assert _safe("../../etc/passwd") == "etc_passwd"
    assert _safe("照片 1.jpg") == "照片_1.jpg"
    assert _safe("x" * 300 + ".jpeg").endswith("x.jpeg")
    assert len(_safe("x" * 300 + ".jpeg")) == 100
    assert _safe("...") == "file"


def test_published_forms_of_the_chosen_versions_are_in_one_zip(tmp_path: Path) -> None:
    source = MemorySource([publish(form("1", "| | text | a | A | |")), publish(form("2", "| | text | a | A | |"))])
    for versions, names in (((), ["1_1_form.xlsx", "2_2_form.xlsx"]), (("2",), ["2_2_form.xlsx"])):
        path = write_export(source, ExportOptions(format="form", versions=versions), tmp_path / "f.form.zip").path
        with zipfile.ZipFile(path) as package:
            assert package.namelist() == names
            assert package.read(names[0]) == b"the workbook"
