"""Which interviews are nearly the same as another: a matrix of codes, one column a question.

Each answer is hashed to three bytes: one to look through 100,000 interviews in some milliseconds, two to be sure. Codes
need no dictionary, so the matrix grows row by row, and rows made at different times or on different machines agree. Two
different answers look equal once in 255 in the first byte, and once in 16 million in all three. 0 is no answer.

One bit of each code makes a sketch of 64 columns a word. Where two sketches differ, so do the answers: most interviews
are ruled out by counting the bits of some words.
"""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

FIRST_CAPACITY: Final = 1024
# Rows looked at together: their counts of differences stay in the processor's cache.
BLOCK: Final = 1 << 15
COLUMNS_AT_ONCE: Final = 24
# Picking rows out costs as much as looking at some times as many in a row.
FEW: Final = 8
WORD: Final = 64
# So many rows are compared whole sooner than column by column.
MANY: Final = 64
MARK: Final = b"SVCM1\n"


def encode_answers(texts: Sequence[str]) -> bytes:
    """The codes of one interview: for n texts n screening bytes, then n little-endian 16-bit codes; '' gives 0."""
    sums = np.fromiter(
        (zlib.crc32(text.encode("utf-8", "replace")) if text else 0 for text in texts), np.uint32, len(texts)
    )
    given = np.fromiter((bool(text) for text in texts), np.bool_, len(texts))
    screen = np.where(given, 1 + (sums >> np.uint32(16)) % 255, 0).astype(np.uint8)
    exact = np.where(given, sums & np.uint32(0xFFFF), 0).astype("<u2")
    return screen.tobytes() + exact.tobytes()


@dataclass(frozen=True, slots=True)
class Alike:
    """One row that is like the one asked for. `different` of `compared` columns differ."""

    instance_id: str
    different: int
    compared: int


class CodeMatrix:
    """The codes of the interviews of one form.

    `columns` are the paths of the compared questions. A question that only later versions have is 0 in older rows; a
    matrix is made anew when columns come or go (`columns` differ from the plan's).
    """

    def __init__(self, columns: Sequence[str], capacity: int = FIRST_CAPACITY) -> None:
        self.columns = tuple(columns)
        width = len(self.columns)
        self._screen = np.zeros((width, capacity), np.uint8)
        self._exact = np.zeros((width, capacity), np.uint16)
        self._sketch = np.zeros((-(-width // WORD), capacity), np.uint64)
        self._ids: list[str] = []
        self._places: dict[str, int] = {}
        self._alive = np.zeros(capacity, np.bool_)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, instance_id: str) -> bool:
        return instance_id in self._places

    def put(self, instance_id: str, codes: bytes) -> None:
        """Add an interview, or replace what it was.

        Raises:
            ValueError: `codes` are of another number of columns.
        """
        screen, exact = self._split(codes)
        place = self._places.get(instance_id)
        if place is None:
            place = len(self._ids)
            if place == self._screen.shape[1]:
                self._grow()
            self._ids.append(instance_id)
            self._places[instance_id] = place
        self._screen[:, place] = screen
        self._exact[:, place] = exact
        self._sketch[:, place] = _sketch_of(exact[:, np.newaxis])[:, 0]
        self._alive[place] = True

    def drop(self, instance_id: str) -> None:
        """Take an interview out; nothing happens where it is not in."""
        place = self._places.pop(instance_id, None)
        if place is not None:
            self._alive[place] = False

    def find_alike(self, codes: bytes, most_different: int, *, but: str = "", limit: int = 20) -> list[Alike]:
        """The interviews of whose columns at most `most_different` differ from `codes`, the most alike first; `but` is
        left out. Both without answer is equal.
        """
        screen, exact = self._split(codes)
        sketch = _sketch_of(exact[:, np.newaxis])[:, 0]
        found: list[tuple[int, str]] = []
        for start in range(0, len(self._ids), BLOCK):
            stop = min(start + BLOCK, len(self._ids))
            places = self._sketched(sketch, start, stop, most_different)
            if len(places) > MANY:
                places = self._screened(screen, places, most_different)
            differ = self._screen[:, places] != screen[:, np.newaxis]
            differ |= self._exact[:, places] != exact[:, np.newaxis]
            different = np.count_nonzero(differ, axis=0)
            found += [
                (int(count), self._ids[place])
                for place, count in zip(places, different, strict=True)
                if count <= most_different and self._ids[place] != but
            ]
        found.sort()
        return [Alike(instance_id, different, len(self.columns)) for different, instance_id in found[:limit]]

    def _sketched(self, sketch: NDArray[np.uint64], start: int, stop: int, most_different: int) -> NDArray[np.int64]:
        """The places whose sketches leave them in question."""
        narrow: type[np.unsignedinteger[Any]] = np.uint8 if len(self.columns) < 256 else np.uint16
        counts: NDArray[Any] = np.zeros(stop - start, narrow)
        for words, wanted in zip(self._sketch, sketch, strict=True):
            counts += np.bitwise_count(words[start:stop] ^ wanted)
        places = start + np.flatnonzero(counts <= most_different)
        return places[self._alive[places]]

    def _screened(self, screen: NDArray[np.uint8], places: NDArray[np.int64], most_different: int) -> NDArray[np.int64]:
        """Those of the places whose screening bytes leave them in question, looked at for some columns at a time."""
        counts = np.zeros(len(places), np.uint16)
        for first in range(0, len(screen), COLUMNS_AT_ONCE):
            codes = self._screen[first : first + COLUMNS_AT_ONCE, places]
            counts += _count_different(codes, screen[first : first + COLUMNS_AT_ONCE])
            near = counts <= most_different
            if np.count_nonzero(near) * FEW <= len(places):
                places, counts = places[near], counts[near]
        return places[counts <= most_different]

    def _split(self, codes: bytes) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
        width = len(self.columns)
        if len(codes) != 3 * width:
            raise ValueError(f"The codes are of {len(codes) // 3} columns; the matrix has {width}.")
        return np.frombuffer(codes[:width], np.uint8), np.frombuffer(codes[width:], "<u2").astype(np.uint16)

    def _grow(self) -> None:
        more = self._screen.shape[1]
        self._screen = np.pad(self._screen, ((0, 0), (0, more)))
        self._exact = np.pad(self._exact, ((0, 0), (0, more)))
        self._sketch = np.pad(self._sketch, ((0, 0), (0, more)))
        self._alive = np.pad(self._alive, (0, more))

    def to_bytes(self) -> bytes:
        """The matrix, to be kept; `from_bytes` reads it."""
        places = sorted(self._places.values())
        head = json.dumps({"columns": self.columns, "ids": [self._ids[place] for place in places]}).encode()
        screen, exact = self._screen[:, places], self._exact[:, places].astype("<u2")
        return MARK + len(head).to_bytes(8, "little") + head + screen.tobytes() + exact.tobytes()

    @classmethod
    def from_bytes(cls, content: bytes) -> "CodeMatrix":
        """The matrix that `to_bytes` wrote.

        Raises:
            ValueError: it is something else, or not all of it is there.
        """
        start = len(MARK) + 8
        if not content.startswith(MARK) or len(content) < start:
            raise ValueError("This is no matrix of codes.")
        length = int.from_bytes(content[len(MARK) : start], "little")
        head = json.loads(content[start : start + length])
        ids, width = head["ids"], len(head["columns"])
        cells = len(ids) * width
        body = content[start + length :]
        if len(body) != 3 * cells:
            raise ValueError("The matrix of codes is not all there.")
        made = cls(head["columns"], max(FIRST_CAPACITY, len(ids)))
        made._screen[:, : len(ids)] = np.frombuffer(body[:cells], np.uint8).reshape(width, len(ids))
        made._exact[:, : len(ids)] = np.frombuffer(body[cells:], "<u2").reshape(width, len(ids))
        made._sketch[:, : len(ids)] = _sketch_of(made._exact[:, : len(ids)])
        made._ids = list(ids)
        made._places = {instance_id: place for place, instance_id in enumerate(ids)}
        made._alive[: len(ids)] = True
        return made


def _sketch_of(exact: NDArray[np.uint16]) -> NDArray[np.uint64]:
    """One bit of each code, 64 columns a word: from columns by rows to words by rows."""
    width, rows = exact.shape
    bits = np.zeros((-(-width // WORD) * WORD, rows), np.uint8)
    bits[:width] = exact & np.uint16(1)
    packed = np.ascontiguousarray(np.packbits(bits, axis=0).T)
    return np.ascontiguousarray(packed.view(np.uint64).T)


def _count_different(codes: NDArray[np.uint8], wanted: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """For each row (a column of `codes`) how many of a few codes differ from `wanted`."""
    counts = np.zeros(codes.shape[1], np.uint8)
    differs = np.empty(codes.shape[1], np.bool_)
    for column, code in zip(codes, wanted, strict=True):
        np.not_equal(column, code, out=differs)
        np.add(counts, differs.view(np.uint8), out=counts)
    return counts


def realign_codes(codes: bytes, have: Sequence[str], wanted: Sequence[str]) -> bytes:
    """The codes of an interview of another form version, laid under the columns `wanted`; what it lacks is 0."""
    if tuple(have) == tuple(wanted):
        return codes
    width = len(have)
    places = {path: place for place, path in enumerate(have)}
    exact = np.frombuffer(codes[width:], "<u2")
    taken = [places.get(path, -1) for path in wanted]
    screen = bytes(codes[place] if place >= 0 else 0 for place in taken)
    return screen + np.array([exact[place] if place >= 0 else 0 for place in taken], "<u2").tobytes()
