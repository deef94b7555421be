"""Sheets that people send back: workbooks and CSV files as rows of cells, read and never changed."""

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Final

from openpyxl import load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from surveyapp.clean.log_damage import NoStoredValue
from surveyapp.problems import LOG_UNREADABLE, Problem
from surveyapp.sentences import say
from surveyapp.values import storable
from surveyapp.xlsform.archive import check_archive
from surveyapp.xlsform.faults import FormFaultsError

LOG_SHEET: Final = "cleaning_log"
META_SHEET: Final = "_meta"
ROW_HASH: Final = "row"
# Rows of a log that can be imported at once.
MOST_ROWS: Final = 100_000
# Files of older Excel in other alphabets; the last one takes any bytes.
ENCODINGS: Final = ("utf-8-sig", "gb18030", "latin-1")


@dataclass(frozen=True, slots=True)
class SheetRows:
    """A sheet: its `headers`, its `rows` by header, and their `numbers` in the sheet (1 = the header).

    `from_1904` is the workbook's calendar.
    """

    title: str
    headers: Sequence[str]
    rows: Sequence[Mapping[str, object]]
    numbers: Sequence[int]
    from_1904: bool = False


@dataclass(frozen=True, slots=True)
class SentFile:
    """What somebody sent: the sheets, by title, in order; `exported` are hashes of rows as they went out."""

    name: str
    hash: str
    sheets: Mapping[str, SheetRows]
    exported: frozenset[str] = field(default_factory=frozenset)

    @property
    def log(self) -> SheetRows:
        """The sheet of the cleaning log: that of this name, else the first.

        Raises:
            Problem: LOG_UNREADABLE where nothing is in the file.
        """
        found = self.sheets.get(LOG_SHEET) or next(iter(self.sheets.values()), None)
        if found is None or not found.headers:
            raise Problem(
                LOG_UNREADABLE, say("{name} is empty.", name=self.name), remedy="Send a sheet with a row of headers."
            )
        return found


def read_sent(content: bytes, name: str) -> SentFile:
    """The sheets of a workbook, or of a CSV file.

    Raises:
        Problem: LOG_UNREADABLE for what is neither, or too large.
    """
    digest = hashlib.sha256(content).hexdigest()
    # The path on somebody's machine is nobody's business.
    plain = PurePath(name.replace("\\", "/")).name or "log"
    if content.startswith(b"PK"):
        return _read_workbook(content, plain, digest)
    if content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise Problem(LOG_UNREADABLE, say("{plain} is a file of old Excel.", plain=plain), remedy="Save it as .xlsx.")
    try:
        rows = [list(row) for row in csv.reader(io.StringIO(storable(_decode(content)), newline=""), _dialect(content))]
    except csv.Error as error:
        raise Problem(
            LOG_UNREADABLE,
            say("{plain} cannot be read: {error}.", plain=plain, error=error),
            remedy="Send it as .xlsx.",
        ) from error
    numbered = [(number, row) for number, row in enumerate(rows, 1)]
    return SentFile(plain, digest, {LOG_SHEET: _sheet(LOG_SHEET, iter(numbered))})


def _decode(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return ""


def _dialect(content: bytes) -> type[csv.Dialect]:
    head = _decode(content[:20_000]).partition("\n")[0]

    class Found(csv.excel):
        delimiter = max(",;\t", key=head.count)

    return Found


def _read_workbook(content: bytes, name: str, digest: str) -> SentFile:
    try:
        check_archive(content)
    except FormFaultsError as error:
        raise Problem(LOG_UNREADABLE, say("{name}: {message}", name=name, message=error.findings[0].message)) from error
    try:
        values = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        formulas = load_workbook(io.BytesIO(content), read_only=True) if _has_formulas(content) else None
        mac = values.epoch == CALENDAR_MAC_1904
        sheets = {}
        exported: set[str] = set()
        for sheet in values.worksheets:
            if sheet.title == META_SHEET:
                exported = {str(row[1]) for row in sheet.iter_rows(values_only=True) if row and row[0] == ROW_HASH}
                continue
            rows: Any = sheet.iter_rows(values_only=True)
            if formulas is not None:
                rows = map(_merge, rows, formulas[sheet.title].iter_rows(values_only=True))
            sheets[sheet.title] = _sheet(sheet.title, ((n, list(row)) for n, row in enumerate(rows, 1)), mac)
    except Problem:
        raise
    except Exception as error:  # openpyxl gives up on damaged files in many ways
        raise Problem(
            LOG_UNREADABLE,
            say("{name} cannot be read: {error}.", name=name, error=error),
            remedy="Save it again in Excel.",
        ) from error
    return SentFile(name, digest, sheets, frozenset(exported))


def _has_formulas(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheets = [entry for entry in archive.namelist() if entry.startswith("xl/worksheets/")]
        return any(b"<f>" in archive.read(entry) or b"<f " in archive.read(entry) for entry in sheets)


def _merge(values: Sequence[Any], formulas: Sequence[Any]) -> list[Any]:
    """The values of a row; where there is a formula and no value, that is said."""
    return [
        NoStoredValue(formula) if value is None and isinstance(formula, str) and formula.startswith("=") else value
        for value, formula in zip(values, formulas, strict=True)
    ]


def _sheet(title: str, rows: Iterator[tuple[int, list[Any]]], from_1904: bool = False) -> SheetRows:
    headers: list[str] = []
    found: list[Mapping[str, object]] = []
    numbers: list[int] = []
    for number, row in rows:
        if not any(cell not in (None, "") for cell in row):
            continue
        if not headers:
            headers = [str(cell or "").strip() for cell in row]
            continue
        if len(found) >= MOST_ROWS and title == LOG_SHEET:
            raise Problem(
                LOG_UNREADABLE,
                say("The log has more than {most_rows:,} rows.", most_rows=MOST_ROWS),
                remedy="Send it in parts.",
            )
        # Rows of some programs end with their last cell.
        cells = [*row, *(None for _ in headers[len(row) :])]
        found.append({header: cell for header, cell in zip(headers, cells, strict=False) if header})
        numbers.append(number)
    return SheetRows(title, [header for header in headers if header], found, numbers, from_1904)
