"""Exports beside the workbook: time and peak memory by format, and a media zip of 2 GB: `python -m bench companions`.

Each runs in a process of its own, over made-up rows; the CSV zip is what the others are compared with.
"""

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import IO, Any

from surveyapp.disclosure.protection import Protection
from surveyapp.export.options import ENDINGS, ExportOptions, Format
from surveyapp.export.run import write_export
from surveyapp.export.source import Ask, KeptMedia
from surveyapp.store.selection import Selection
from tests.export.memory_source import MemoryRecord, MemorySource, publish

SUBMISSIONS = int(os.environ.get("BENCH_SUBMISSIONS", "50000"))
MEDIA_BYTES = int(os.environ.get("BENCH_MEDIA_BYTES", str(2 << 30)))
FORMATS: tuple[Format, ...] = ("csv", "jsonl", "parquet", "sav", "dta", "xlsx")
_PHOTO = 4 << 20
_TYPES = [*["integer"] * 60, *["decimal"] * 25, *["select_one c"] * 45, *["text"] * 10, *["date"] * 6]


def _form() -> str:
    questions = "".join(f"| | {kind} | q{n} | Question {n} |\n" for n, kind in enumerate(_TYPES))
    choices = "".join(f"| | c | c{n} | Choice {n} |\n" for n in range(8))
    head = "| survey |\n| | type | name | label |\n| | image | photo | Photo |\n"
    return f"{head}{questions}| choices |\n| | list_name | name | label |\n{choices}"


class Many(MemorySource):
    """So many submissions, drawn from a pool of 500; files are made while they are read."""

    total = SUBMISSIONS

    def count(self, repeat_path: str, selection: Selection) -> int:  # noqa: ARG002  # everything is asked for
        return self.total

    def main_rows(self, asks: Sequence[Ask], selection: Selection) -> Iterator[tuple[Any, ...]]:
        pool = list(super().main_rows(asks, selection))
        places = [n for n, ask in enumerate(asks) if ask.part in ("_submission_no", "_instance_id")]
        for number in range(1, self.total + 1):
            row = list(pool[number % len(pool)])
            for place in places:
                row[place] = number if asks[place].part == "_submission_no" else f"uuid:{number:08}"
            yield tuple(row)

    def media(self, selection: Selection) -> Iterator[KeptMedia]:  # noqa: ARG002  # everything is asked for
        for number in range(1, self.total + 1):
            yield KeptMedia(number, f"{number}.jpg", f"{number:064}", _PHOTO)

    def open_media(self, sha256: str) -> IO[bytes]:  # noqa: ARG002  # every photo is alike
        return BufferedReader(_Noise())


class _Noise(RawIOBase):
    _block = random.Random(1).randbytes(1 << 20)

    def __init__(self) -> None:
        self._left = _PHOTO

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = min(len(buffer), self._left, len(self._block))
        buffer[:count] = self._block[:count]
        self._left -= count
        return count


def _source() -> Many:
    chance, version = random.Random(7), publish(_form())

    def answer(kind: str) -> Any:
        if kind == "integer":
            return chance.randrange(1000)
        if kind == "decimal":
            return round(chance.lognormvariate(5, 1), 2)
        if kind == "text":
            return f"words {chance.randrange(10**6)}"
        return f"c{chance.randrange(8)}" if kind.startswith("select_one") else None

    path = f"/{version.definition.root.name}/q"
    records = [
        MemoryRecord(n, "", {(f"{path}{q}", ""): answer(kind) for q, kind in enumerate(_TYPES)}) for n in range(500)
    ]
    return Many([version], records)


def _run(what: str) -> None:
    """One export in this process; its figures are printed."""
    source, options = _source(), ExportOptions(select="summary")
    if what == "deidentified":
        questions = source.versions[0].definition.questions
        classes = {q.path: "none" if q.type == "decimal" else "indirect" for q in questions}
        protection = Protection(classes, "bench", keys=(questions[-1].path,), accept_risk="bench")  # type: ignore[arg-type]  # classes by name
        options = ExportOptions(kind="deidentified", format="csv", protection=protection)
    elif what == "media":
        source.total = MEDIA_BYTES // _PHOTO
        options = ExportOptions(format="media")
    else:
        options = ExportOptions(select="summary", format=what)  # type: ignore[arg-type]  # formats by name
    with tempfile.TemporaryDirectory() as folder:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        used, began = time.process_time(), time.perf_counter()
        made = write_export(source, options, Path(folder) / f"out{ENDINGS[options.format]}", secret=b"bench").path
        print(
            json.dumps(
                {
                    "cpu s": time.process_time() - used,
                    "wall s": time.perf_counter() - began,
                    "memory MB": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024,
                    "file MB": made.stat().st_size / 1e6,
                }
            )
        )


def main() -> dict[str, Any]:
    """The figures by format."""
    found = {}
    for what in (*FORMATS, "deidentified", "media"):
        program = f"from bench.companions import _run; _run({what!r})"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        found[what] = json.loads(done.stdout)
    return {f"{SUBMISSIONS:,} x {len(_TYPES)}": found}
