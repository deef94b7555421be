"""Small valid files as phones make them: photographs, drawings, sound and the log of an interview."""

import io
import random
import struct
import wave
import zlib
from collections.abc import Iterable, Sequence

BLOCKS_WIDE, BLOCKS_HIGH = 24, 18
# ITU T.81 table K.3: how many codes of each length, and the categories of differences that they stand for.
_DC_LENGTHS = bytes([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
_DC_VALUES = bytes(range(12))
# Each block is of one colour, so that the only further code ever needed is "end of block", one bit long.
_AC_LENGTHS = bytes([1] + [0] * 15)
_AC_VALUES = bytes([0])


def make_photo(rng: random.Random) -> bytes:
    """A JPEG of 192 x 144 dots in coarse blocks: sky, a house wall, ground."""
    wall, ground, sky = rng.randint(150, 215), rng.randint(70, 120), rng.randint(185, 240)
    roof, left = rng.randint(6, 9), rng.randint(3, 8)
    bits = _Bits(_dc_codes())
    for row in range(BLOCKS_HIGH):
        for column in range(BLOCKS_WIDE):
            if row < roof:
                colour = (sky - row * 4, 140, 118)
            elif row < BLOCKS_HIGH - 5 and left <= column < BLOCKS_WIDE - left:
                door = row > roof + 2 and abs(column - BLOCKS_WIDE // 2) < 2
                colour = (60, 120, 140) if door else (wall, 120, 136)
            else:
                colour = (ground, 118, 132)
            bits.add_block((colour[0] + rng.randint(-9, 9), *colour[1:]))
    return _jpeg(bits.finish())


def _jpeg(scan: bytes) -> bytes:
    frame = struct.pack(">BHHB", 8, BLOCKS_HIGH * 8, BLOCKS_WIDE * 8, 3) + b"\1\x11\0\2\x11\0\3\x11\0"
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"),
            _segment(0xDB, b"\0" + bytes([8] * 64)),
            _segment(0xC0, frame),
            _segment(0xC4, b"\0" + _DC_LENGTHS + _DC_VALUES),
            _segment(0xC4, b"\x10" + _AC_LENGTHS + _AC_VALUES),
            _segment(0xDA, b"\3\1\0\2\0\3\0\0\x3f\0"),
            scan,
            b"\xff\xd9",
        )
    )


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def _dc_codes() -> list[tuple[int, int]]:
    """For each category its code and the code's length, built as ITU T.81 annex C says."""
    codes, code, values = [(0, 0)] * len(_DC_VALUES), 0, iter(_DC_VALUES)
    for length, count in enumerate(_DC_LENGTHS, start=1):
        for _ in range(count):
            codes[next(values)] = (code, length)
            code += 1
        code <<= 1
    return codes


class _Bits:
    """The entropy-coded part: differences of the mean of each block to the one before, for three colour channels."""

    def __init__(self, codes: Sequence[tuple[int, int]]) -> None:
        self.codes = codes
        self.bits: list[str] = []
        self.before = [0, 0, 0]

    def add_block(self, colour: Sequence[int]) -> None:
        for channel, level in enumerate(colour):
            value = max(0, min(255, level)) - 128
            difference, self.before[channel] = value - self.before[channel], value
            category = abs(difference).bit_length()
            code, length = self.codes[category]
            self.bits.append(f"{code:0{length}b}")
            if category:
                self.bits.append(f"{difference if difference > 0 else difference + (1 << category) - 1:0{category}b}")
            self.bits.append("0")

    def finish(self) -> bytes:
        text = "".join(self.bits)
        text += "1" * (-len(text) % 8)
        return int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\0")


def make_drawing(rng: random.Random) -> bytes:
    """A PNG of 120 x 60 dots with a line as a finger draws it."""
    width, height = 120, 60
    rows = [bytearray(b"\xff" * width) for _ in range(height)]
    y = height // 2
    for x in range(8, width - 8):
        y = max(3, min(height - 4, y + rng.randint(-3, 3)))
        rows[y][x] = rows[y + 1][x] = 0
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 6)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def make_sound(rng: random.Random) -> bytes:
    """A WAV of a quarter of a second of quiet noise."""
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(bytes(rng.randint(120, 136) for _ in range(2000)))
    return out.getvalue()


def make_audit(events: Iterable[tuple[str, str, int, int]]) -> bytes:
    """`audit.csv` as ODK Collect logs an interview: event, node, start and end in milliseconds since 1970 (0: none)."""
    lines = ["event,node,start,end"]
    lines += [f"{event},{node},{start},{end or ''}" for event, node, start, end in events]
    return ("\n".join(lines) + "\n").encode()


def make_film() -> bytes:
    """The smallest MP4 container: a file type and nothing to play."""
    return struct.pack(">I", 24) + b"ftypisom\0\0\2\0isommp41" + struct.pack(">I", 8) + b"mdat"
