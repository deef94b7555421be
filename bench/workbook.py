"""Workbook writing against the hand-written floor: `python bench/workbook.py`.

The floor is the least that a streaming writer can do: the text of every row by type dispatch, then deflate level 6.
Both write the same values: 150 columns (1 id, 60 whole numbers, 25 decimals, 45 codes, 10 texts, 9 dates and times),
one cell in five empty. CPU seconds of the process, all threads, are compared, since a machine may be busy with other
things.
"""

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from openpyxl.utils import get_column_letter

from surveyapp.export.cells import Kind
from surveyapp.export.package import Compression
from surveyapp.export.sheets import Sheet, SheetColumn
from surveyapp.export.splice import SpliceWorkbook
from surveyapp.export.text import Tally

SIZES = (20_000, 100_000)
WRITERS = ("floor", "splice", *(("splice isal",) if find_spec("isal") else ()))
_COUNTS: dict[Kind, int] = {"int": 60, "float": 25, "code": 45, "text": 10, "date": 5, "datetime": 4}
KINDS: tuple[Kind, ...] = ("text", *(kind for kind, count in _COUNTS.items() for _ in range(count)))
_POOL = 997
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
)
_EPOCH = datetime(1899, 12, 30)


def rows(count: int) -> Iterator[tuple[Any, ...]]:
    """`count` rows, drawn from a pool so that making them costs next to nothing."""
    pick = random.Random(7)
    words = [
        "rice",
        "maize",
        "road",
        "school",
        "clinic",
        "loan",
        "river",
        "hill",
        "family",
        "market",
        "water",
        "seed",
        "shop",
        "work",
        "field",
    ]
    makers: dict[str, Callable[[], Any]] = {
        "int": lambda: pick.randint(0, 5000),
        "float": lambda: round(pick.random() * 1000, 2),
        "code": lambda: pick.choice(words),
        "text": lambda: " ".join(pick.choices(words, k=pick.randint(2, 8))) + pick.choice(("", " & more", " 村", "")),
        "date": lambda: date(2026, 1, 1) + timedelta(days=pick.randint(0, 300)),
        "datetime": lambda: datetime(2026, 1, 1) + timedelta(seconds=pick.randint(0, 10**7)),
    }
    pool = [
        tuple(None if index and pick.random() < 0.2 else makers[kind]() for index, kind in enumerate(KINDS))
        for _ in range(_POOL)
    ]
    for number in range(count):
        row = pool[number * 31 % _POOL]
        yield (f"uuid:{number:08x}-1f7a-4c2e-9d1b-{number * 7919 % 2**48:012x}", *row[1:])


def write_floor(count: int, target: Path) -> None:
    """The hand-written floor."""
    letters = [get_column_letter(index + 1) for index in range(len(KINDS))]
    buffer = [_HEAD]
    with (
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as package,
        package.open("xl/worksheets/sheet1.xml", "w") as part,
    ):
        for number, row in enumerate(rows(count), 2):
            buffer.append(_floor_row(row, number, letters))
            if len(buffer) == 200:
                part.write("".join(buffer).encode())
                buffer.clear()
        part.write(("".join(buffer) + "</sheetData></worksheet>").encode())


def _floor_row(row: tuple[Any, ...], number: int, letters: list[str]) -> str:
    cells = [f'<row r="{number}">']
    for letter, value in zip(letters, row, strict=True):
        if value is None:
            continue
        kind = type(value)
        if kind is int or kind is float:
            cells.append(f'<c r="{letter}{number}"><v>{value!r}</v></c>')
        elif kind is str:
            cells.append(f'<c r="{letter}{number}" t="inlineStr"><is><t>{escape(value, quote=False)}</t></is></c>')
        elif kind is date:
            cells.append(f'<c r="{letter}{number}" s="1"><v>{value.toordinal() - _EPOCH.toordinal()}</v></c>')
        else:
            cells.append(f'<c r="{letter}{number}" s="2"><v>{(value - _EPOCH).total_seconds() / 86_400!r}</v></c>')
    cells.append("</row>")
    return "".join(cells)


def write_splice(count: int, target: Path, compression: Compression) -> None:
    """Our writer, with formats on every column and shared strings for codes."""
    columns = tuple(SheetColumn((f"column_{n}", f"Label {n}"), kind, 12) for n, kind in enumerate(KINDS, 1))
    with SpliceWorkbook(target.parent, Tally(), lambda *_: None, compression=compression) as workbook:
        workbook.write(Sheet("data", columns, 1), rows(count), lambda _: None)
        workbook.finish(target, (), datetime(2026, 1, 1, tzinfo=UTC))


def measure(writer: str, count: int) -> dict[str, float]:
    """Run one writer in this process: CPU seconds without the making of rows, peak memory in MB, file size in MB."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "out.xlsx"
        start = time.process_time()
        for _ in rows(count):
            pass
        making = time.process_time() - start
        wall, start = time.perf_counter(), time.process_time()
        if writer == "floor":
            write_floor(count, target)
        else:
            write_splice(count, target, "isal" if writer == "splice isal" else "zlib")
        return {
            "cpu_s": round(time.process_time() - start - making, 2),
            "wall_s": round(time.perf_counter() - wall, 2),
            "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            "file_mb": round(target.stat().st_size / 1e6, 1),
        }


def bench(sizes: tuple[int, ...] = SIZES) -> dict[str, Any]:
    """Every writer at every size, each in a process of its own.

    `cpu_over_floor` is the CPU seconds over the floor's, aim 1.0.
    """
    found: dict[str, Any] = {}
    for count in sizes:
        runs = {writer: _in_process(writer, count) for writer in WRITERS}
        floor = runs["floor"]["cpu_s"]
        for run in runs.values():
            run["cpu_over_floor"] = round(run["cpu_s"] / floor, 2)
        found[f"{count} rows x {len(KINDS)}"] = runs
    return found


def _in_process(writer: str, count: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--one", writer, str(count)]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def main() -> dict[str, Any]:
    """The measurements at both sizes."""
    return bench()


if __name__ == "__main__":
    if "--one" in sys.argv:
        print(json.dumps(measure(sys.argv[2], int(sys.argv[3]))))
    else:
        print(json.dumps(bench(tuple(map(int, sys.argv[1:])) or SIZES), indent=2))
