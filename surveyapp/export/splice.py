"""The streaming workbook: openpyxl builds it, rows are spliced into the saved package.

openpyxl makes headers, styles, widths, filters and small sheets; each streamed sheet gets one prototype row that
carries the number formats. Rows are encoded and deflated into a spool file while they come; at the end the skeleton is
saved in memory and copied part by part, with the deflated rows in place of each prototype row. Memory does not grow
with the rows.
"""

import hashlib
import os
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import IO, Any, TypeAlias

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from surveyapp.export.cells import Encoder, OnLong, Row, SharedStrings, row_encoder
from surveyapp.export.charts import CHARTS_TITLE, ChartSheet
from surveyapp.export.names import sheet_title
from surveyapp.export.package import (
    Compression,
    Deflater,
    PackageDamaged,
    PackageWriter,
    Segment,
    check_package,
)
from surveyapp.export.sheets import (
    ROWS_OF_EXCEL,
    Line,
    Sheet,
    Written,
    dress,
    header_rows,
    prototype_row,
    set_filter,
    write_readme,
)
from surveyapp.export.text import Tally

# Told how many further rows are written; may raise to stop the export.
Watch: TypeAlias = Callable[[int], None]
# Told a long text: sheet title, row number, column index, text, row.
OnLongIn: TypeAlias = Callable[[str, int, int, str, Row], None]

_STRINGS_PART = "xl/sharedStrings.xml"
_STRINGS_TYPE = (
    '<Override PartName="/xl/sharedStrings.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
)
_STRINGS_RELATION = (
    '<Relationship Id="rIdStrings" Target="sharedStrings.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"/></Relationships>'
)
_STRINGS_HEAD = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" uniqueCount="{count}">'
)
# Codes are text, and look like numbers: no green triangle in every cell.
_NO_TRIANGLES = '<ignoredErrors><ignoredError sqref="A1:{last}" numberStoredAsText="1"/></ignoredErrors></worksheet>'
_MODIFIED = re.compile(r"(<dcterms:modified[^>]*>)[^<]*")


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a sheet ends and the next begins: rows with headers, bytes of XML; when the shared strings are full."""

    rows: int = ROWS_OF_EXCEL
    sheet_bytes: int = 1_900_000_000
    shared: int = 200_000
    shared_bytes: int = 64_000_000
    chunk: int = 200


@dataclass(frozen=True, slots=True)
class _Streamed:
    sheet: Sheet
    worksheet: Any
    rows: int
    body: Segment


class SpliceWorkbook:
    """A workbook that is written sheet after sheet, then finished into a file.

    Use as a context manager: it owns a spool file.
    """

    def __init__(
        self,
        folder: Path,
        tally: Tally,
        on_long: OnLongIn,
        *,
        limits: Limits | None = None,
        compression: Compression = "auto",
    ) -> None:
        self._limits = limits or Limits()
        self._compression = compression
        self._tally = tally
        self._on_long = on_long
        self._strings = SharedStrings(tally, most=self._limits.shared, most_bytes=self._limits.shared_bytes)
        self._spool: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # closed by __exit__
        self._streamed: list[_Streamed] = []
        self._drawn: list[str] = []
        self._workbook = Workbook()
        self._workbook.remove(self._workbook.worksheets[0])
        self._readme: Any = self._workbook.create_sheet("README")

    def __enter__(self) -> "SpliceWorkbook":
        return self

    def __exit__(self, *exception: object) -> None:
        self._spool.close()

    def write(self, sheet: Sheet, rows: Iterable[Row], watch: Watch) -> list[Written]:
        """Stream `rows` into `sheet`, and into `<title>_2` and so on where one sheet cannot hold them."""
        source = iter(rows)
        written: list[Written] = []
        chunk = self._next_chunk(source, sheet, 0)
        while chunk or not written:
            number = len(written) + 1
            worksheet = self._add(sheet, sheet.title if number == 1 else f"{sheet.title}_{number}")
            count, chunk = self._fill(sheet, worksheet, chunk, source, watch)
            written.append(Written(worksheet.title, count))
        return written

    def draw(self, charts: ChartSheet) -> list[Written]:
        """A sheet of charts, held in memory: it is small."""
        worksheet = self._workbook.create_sheet(sheet_title(CHARTS_TITLE, self._workbook.sheetnames))
        charts.draw(worksheet)
        self._drawn.append(charts.content_hash)
        return [Written(worksheet.title, charts.count)]

    def content_hash(self) -> str:
        """SHA-256 over the rows of every sheet, what the charts draw and the shared strings, before compression.

        The same data give the same hash anywhere.
        """
        digest = hashlib.sha256()
        for part in self._streamed:
            heads = "\x1f".join("\x1e".join(column.headers) for column in part.sheet.columns)
            digest.update(
                f"{part.worksheet.title}\n{part.rows}\n{heads}\n{part.body.sha256}\n".encode(errors="replace")
            )
        for drawn in self._drawn:
            digest.update(f"{CHARTS_TITLE}\n{drawn}\n".encode())
        for xml in self._strings.items_xml:
            digest.update(xml.encode())
        return digest.hexdigest()

    def finish(self, target: Path, readme: Iterable[Line], cut_off: datetime, /) -> None:
        """Write the README and put the package together in `target`. `cut_off` is the date that the file bears, UTC."""
        write_readme(self._readme, readme)
        for part in self._streamed:
            set_filter(part.worksheet, part.sheet, part.rows)
        moment = cut_off.replace(tzinfo=None, microsecond=0)
        self._workbook.properties.creator = "surveyapp"
        self._workbook.properties.created = moment
        skeleton = BytesIO()
        self._workbook.save(skeleton)
        with target.open("wb") as file, zipfile.ZipFile(skeleton) as saved:
            self._assemble(saved, PackageWriter(file), moment)
            file.flush()
            os.fsync(file.fileno())

    def verify(self, target: Path) -> None:
        """Read the whole package back: every part's CRC, and every streamed row counted."""
        check_package(target, {name: part.rows + part.sheet.header_rows for name, part in self._parts().items()})

    def _add(self, sheet: Sheet, title: str) -> Any:
        worksheet = self._workbook.create_sheet(sheet_title(title, self._workbook.sheetnames))
        dress(worksheet, sheet)
        for cells in header_rows(worksheet, sheet):
            worksheet.append(cells)
        worksheet.append(prototype_row(worksheet, sheet))
        return worksheet

    def _encoder(self, sheet: Sheet, worksheet: Any) -> Encoder:
        number = sheet.header_rows + 1
        styles = [worksheet.cell(number, column).style_id for column in range(1, len(sheet.columns) + 1)]

        def on_long(row_number: int, column: int, text: str, row: Row) -> None:
            self._on_long(worksheet.title, row_number, column, text, row)

        tell: OnLong = on_long
        return row_encoder(sheet.kinds, styles, self._strings, self._tally, tell)

    def _next_chunk(self, source: Iterator[Row], sheet: Sheet, written: int) -> list[Row]:
        room = self._limits.rows - sheet.header_rows - written
        return list(islice(source, min(self._limits.chunk, room)))

    def _fill(
        self, sheet: Sheet, worksheet: Any, chunk: list[Row], source: Iterator[Row], watch: Watch
    ) -> tuple[int, list[Row]]:
        encode = self._encoder(sheet, worksheet)
        deflater = Deflater(self._spool, self._compression)
        count = 0
        try:
            while chunk:
                deflater.write(encode(chunk, sheet.header_rows + count).encode())
                count += len(chunk)
                watch(len(chunk))
                full = count + sheet.header_rows >= self._limits.rows or deflater.size >= self._limits.sheet_bytes
                chunk = self._next_chunk(source, sheet, 0 if full else count)
                if full:
                    break
            self._streamed.append(_Streamed(sheet, worksheet, count, deflater.finish()))
        finally:
            deflater.stop()
        return count, chunk

    def _parts(self) -> dict[str, _Streamed]:
        order = {worksheet.title: number for number, worksheet in enumerate(self._workbook.worksheets, 1)}
        return {f"xl/worksheets/sheet{order[part.worksheet.title]}.xml": part for part in self._streamed}

    def _assemble(self, saved: zipfile.ZipFile, package: PackageWriter, moment: datetime) -> None:
        if _STRINGS_PART in saved.namelist():
            raise PackageDamaged("openpyxl wrote shared strings of its own; ours would be mixed up with them")
        parts = self._parts()
        for name in saved.namelist():
            content = saved.read(name)
            if name in parts:
                head, tail = _around(content.decode(), parts[name])
                package.add_around(name, head, parts[name].body, self._spool, tail)
            else:
                package.add(name, _patched(name, content, moment))
        head = _STRINGS_HEAD.format(count=len(self._strings.items_xml)).encode()
        package.add_around(_STRINGS_PART, head, self._deflated_strings(), self._spool, b"</sst>")
        package.close()

    def _deflated_strings(self) -> Segment:
        deflater = Deflater(self._spool, self._compression)
        try:
            for xml in self._strings.items_xml:
                deflater.write(xml.encode())
            return deflater.finish()
        finally:
            deflater.stop()


def _around(xml: str, part: _Streamed) -> tuple[bytes, bytes]:
    """What stands before and after the prototype row, with the dimension of the whole sheet."""
    number = part.sheet.header_rows + 1
    prototype = re.search(rf'<row r="{number}"[ >].*?</row>|<row r="{number}"[^>]*/>', xml, re.DOTALL)
    if prototype is None:
        raise PackageDamaged(f"sheet {part.worksheet.title} has no prototype row")
    last = f"{get_column_letter(len(part.sheet.columns))}{part.sheet.header_rows + part.rows}"
    head = re.sub(r'<dimension ref="[^"]*"', f'<dimension ref="A1:{last}"', xml[: prototype.start()], count=1)
    tail = xml[prototype.end() :].replace("</worksheet>", _NO_TRIANGLES.format(last=last))
    return head.encode(), tail.encode()


def _patched(name: str, content: bytes, moment: datetime) -> bytes:
    if name == "docProps/core.xml":
        return _MODIFIED.sub(rf"\g<1>{moment.isoformat()}Z", content.decode()).encode()
    if name == "[Content_Types].xml":
        return content.replace(b"</Types>", _STRINGS_TYPE.encode())
    if name == "xl/_rels/workbook.xml.rels":
        return content.replace(b"</Relationships>", _STRINGS_RELATION.encode())
    return content
