"""The zip container: every reader opens it, the same bytes each time, nothing of it lost in silence."""

import os
import struct
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.export.package import (
    Compression,
    Deflater,
    PackageDamaged,
    PackageTooLarge,
    PackageWriter,
    Segment,
    check_package,
    joined_crc,
)
from tests.export.memory_source import COMPRESSIONS


@given(st.binary(max_size=300), st.binary(max_size=300), st.integers(1, 200))
def test_joined_crc_is_that_of_the_joined_bytes(first: bytes, second: bytes, times: int) -> None:
    second *= times
    assert joined_crc(zlib.crc32(first), zlib.crc32(second), len(second)) == zlib.crc32(first + second)


def make_package(path: Path, compression: Compression, chunks: list[bytes]) -> None:
    spool = BytesIO()
    deflater = Deflater(spool, compression)
    for chunk in chunks:
        deflater.write(chunk)
    body = deflater.finish()
    with path.open("wb") as file:
        package = PackageWriter(file)
        package.add("short.xml", b"<a/>")
        package.add_around("sheet.xml", b"<h>", body, spool, b"</h>")
        package.add_around("empty.xml", b"<h>", empty_body(spool, compression), spool, b"</h>")
        package.close()


def empty_body(spool: BytesIO, compression: Compression) -> Segment:
    return Deflater(spool, compression).finish()


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_parts_hold_head_rows_and_tail(tmp_path: Path, compression: Compression) -> None:
    chunks = [os.urandom(1000) + b"<row " * 3000 for _ in range(700)]
    make_package(tmp_path / "a.zip", compression, chunks)
    with zipfile.ZipFile(tmp_path / "a.zip") as package:
        assert package.testzip() is None
        assert package.read("sheet.xml") == b"<h>" + b"".join(chunks) + b"</h>"
        assert package.read("empty.xml") == b"<h></h>"
    check_package(tmp_path / "a.zip", {"sheet.xml": 700 * 3000, "short.xml": 0})


def test_headers_are_plain_version_20_without_zip64(tmp_path: Path) -> None:
    make_package(tmp_path / "a.zip", "zlib", [b"row"] * 10)
    raw = (tmp_path / "a.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as package:
        for info in package.infolist():
            version, flags, method = struct.unpack_from("<HHH", raw, info.header_offset + 4)
            extra = struct.unpack_from("<H", raw, info.header_offset + 28)[0]
            assert (version, flags, method, extra) == (20, 0, zipfile.ZIP_DEFLATED, 0)
            assert (info.extract_version, info.extra, info.date_time) == (20, b"", (1980, 1, 1, 0, 0, 0))
    assert b"PK\x06\x06" not in raw


def test_same_parts_give_same_bytes(tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip"):
        make_package(tmp_path / name, "auto", [b"<row r='1'/>" * 50_000] * 20)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_lost_rows_and_damaged_bytes_are_noticed(tmp_path: Path) -> None:
    make_package(tmp_path / "a.zip", "zlib", [b"<row />"] * 10)
    with pytest.raises(PackageDamaged, match="10 rows, 11 were written"):
        check_package(tmp_path / "a.zip", {"sheet.xml": 11})
    raw = bytearray((tmp_path / "a.zip").read_bytes())
    raw[raw.index(b"short.xml") + len("short.xml") + 1] ^= 0xFF
    (tmp_path / "a.zip").write_bytes(raw)
    with pytest.raises(PackageDamaged, match="cannot be read back"):
        check_package(tmp_path / "a.zip", {})


def test_part_beyond_four_gigabytes_is_refused_before_it_is_written() -> None:
    target = BytesIO()
    huge = Segment(offset=0, length=10, size=5_000_000_000, crc=0, sha256="")
    with pytest.raises(PackageTooLarge, match=r"sheet\.xml passes 4 GB"):
        PackageWriter(target).add_around("sheet.xml", b"", huge, BytesIO(), b"")
    assert target.getvalue() == b""


class FullDisk(BytesIO):
    def write(self, _chunk: object) -> int:
        raise OSError(28, "No space left on device")


def test_full_disk_is_told_and_does_not_hang() -> None:
    deflater = Deflater(FullDisk(), "zlib")
    chunk = os.urandom(1_000_000)

    def write_all() -> None:
        for _ in range(50):
            deflater.write(chunk)

    with pytest.raises(OSError, match="No space"):
        write_all()
    deflater.stop()
