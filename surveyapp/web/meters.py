"""What all processes of this machine count, added up by whichever of them is asked.

Each process counts in a file of its own, which it maps into its memory and holds a lock on for as long as it lives. A
file without that lock is of a process that has ended: what it counted goes over to the file `ended`, so that counters
never run backwards.
"""

import fcntl
import json
import mmap
import os
import struct
import tempfile
import threading
import weakref
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias

from flask import g

# Name, and pairs of label and value.
Series: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]

# Room for some 4,000 series; pages that are not used take no room on disk.
SIZE: Final = 1 << 19
HEAD: Final = struct.Struct("<Q")  # bytes used
LENGTH: Final = struct.Struct("<Q")  # of a key, which is padded to 8 bytes
VALUE: Final = struct.Struct("<d")


def note_submission(outcome: str) -> None:
    """Say what became of a record that the current request brings; a refused one need not be told."""
    list_noted_submissions().append(outcome)


def list_noted_submissions() -> list[str]:
    """What became of the records that the current request brought."""
    noted: list[str] = g.setdefault("submission_outcomes", [])
    return noted


class Meters:
    """Counters of one process, and the sums over all processes that share `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._owner = 0
        self._places: dict[Series, int] = {}

    def add(self, amounts: dict[Series, float]) -> None:
        """Count."""
        with self._lock:
            if self._owner != os.getpid():
                self._open()
            for series, amount in amounts.items():
                place = self._places.get(series) or self._make_place(series)
                if place:
                    VALUE.pack_into(self._map, place, VALUE.unpack_from(self._map, place)[0] + amount)

    def read(self) -> Counter[Series]:
        """The sums over all processes, living and ended."""
        total: Counter[Series] = Counter()
        with _locked(self._folder):
            for path in self._folder.glob("live-*"):
                total.update(_parse(path.read_bytes()))
            total.update(self._read_ended())
        return total

    def _open(self) -> None:
        with _locked(self._folder):
            self._take_over_ended()
            handle, _ = tempfile.mkstemp(prefix="live-", dir=self._folder)
            fcntl.flock(handle, fcntl.LOCK_EX)
            os.ftruncate(handle, SIZE)
        self._map = mmap.mmap(handle, SIZE)
        HEAD.pack_into(self._map, 0, HEAD.size)
        self._places = {}
        self._owner = os.getpid()
        weakref.finalize(self, os.close, handle)

    def _make_place(self, series: Series) -> int:
        """Where a new series is counted; 0 when there is no room, and it is not."""
        key = json.dumps(series).encode()
        key += b" " * (-len(key) % 8)
        begin: int = HEAD.unpack_from(self._map, 0)[0]
        place = begin + LENGTH.size + len(key)
        if place + VALUE.size > SIZE:
            return 0
        LENGTH.pack_into(self._map, begin, len(key))
        self._map[begin + LENGTH.size : place] = key
        VALUE.pack_into(self._map, place, 0.0)
        # Last: whoever reads meanwhile sees all of it or nothing.
        HEAD.pack_into(self._map, 0, place + VALUE.size)
        self._places[series] = place
        return place

    def _read_ended(self) -> Counter[Series]:
        path = self._folder / "ended"
        return Counter(dict(_parse(path.read_bytes()))) if path.exists() else Counter()

    def _take_over_ended(self) -> None:
        ended: Counter[Series] = Counter()
        files = []
        for path in self._folder.glob("live-*"):
            with path.open("rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                ended.update(_parse(file.read()))
                files.append(path)
        if not files:
            return
        ended.update(self._read_ended())
        draft = self._folder / "ended.draft"
        draft.write_bytes(_write(ended))
        draft.replace(self._folder / "ended")
        for path in files:
            path.unlink()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _parse(content: bytes) -> dict[Series, float]:
    found: dict[Series, float] = {}
    if len(content) < HEAD.size:
        return found
    end, at = HEAD.unpack_from(content, 0)[0], HEAD.size
    while at < end:
        place = at + LENGTH.size + LENGTH.unpack_from(content, at)[0]
        name, labels = json.loads(content[at + LENGTH.size : place])
        found[name, tuple((label, value) for label, value in labels)] = VALUE.unpack_from(content, place)[0]
        at = place + VALUE.size
    return found


def _write(sums: Counter[Series]) -> bytes:
    body = b""
    for series, value in sums.items():
        key = json.dumps(series).encode()
        key += b" " * (-len(key) % 8)
        body += LENGTH.pack(len(key)) + key + VALUE.pack(value)
    return HEAD.pack(HEAD.size + len(body)) + body
