"""Typed values to the XML of worksheet rows.

`row_encoder` writes one Python function per sheet, from the kinds of its columns: no type dispatch per cell, no guess.
A value of another type than its column's is a TypeError, except `AsSent`, which marks text that stands where a number
or a date was asked for. Only column letters, style ids and fixed templates enter the generated source.
"""

import math
import sys
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from typing import Any, Literal, TypeAlias

from openpyxl.utils import get_column_letter

from surveyapp.export.text import CELL_UNITS, Tally, cut, is_long, string_xml

Kind: TypeAlias = Literal["int", "float", "text", "code", "date", "datetime", "time", "bool"]
Row: TypeAlias = Sequence[Any]
# Called with row number (1-based), column index (0-based), the whole text, and the row it stands in.
OnLong: TypeAlias = Callable[[int, int, str, Row], None]
# Rows and the number of the row before the first of them, to XML.
Encoder: TypeAlias = Callable[[Sequence[Row], int], str]

LARGEST_INTEGER = 999_999_999_999_999
EPOCH = date(1899, 12, 30).toordinal()
FIRST_DAY = date(1900, 3, 1).toordinal()
_CACHED_DATES = 100_000


class AsSent(str):
    """Text that a phone sent where another type was asked for; written as a text cell in any column."""

    __slots__ = ()


class Gone(AsSent):
    """Stands where there is no answer, in files that have codes for that; the text is the reason."""

    __slots__ = ()


def _inline(text: str, tally: Tally) -> str:
    return f' t="inlineStr"><is>{string_xml(text, tally)}</is></c>'


class SharedStrings(dict[str, str]):
    """Texts that recur: each is kept once in the package, cells hold its number.

    Maps a text to the rest of its cell's XML after the style. Beyond the caps texts are written into the cell. Texts
    too long for a cell go to `long`, where the encoder finds them.
    """

    def __init__(self, tally: Tally, *, most: int = 200_000, most_bytes: int = 64_000_000) -> None:
        super().__init__()
        self.items_xml: list[str] = []
        self.long: list[str] = []
        self._tally = tally
        self._most = most
        self._bytes_left = most_bytes

    def __missing__(self, text: str) -> str:
        if not isinstance(text, str):
            raise TypeError(f"a text column holds {type(text).__name__}")
        if is_long(text):
            self.long.append(text)
            return _inline(cut(text), self._tally)
        if len(self.items_xml) >= self._most or self._bytes_left <= 0:
            return _inline(text, self._tally)
        xml = f"<si>{string_xml(text, self._tally)}</si>"
        fragment = self[text] = f' t="s"><v>{len(self.items_xml)}</v></c>'
        self.items_xml.append(xml)
        self._bytes_left -= sys.getsizeof(xml) + sys.getsizeof(text) + sys.getsizeof(fragment)
        return fragment


class _Dates(dict[date, str]):
    """Dates to the rest of their cell's XML; survey dates recur."""

    def __init__(self, tally: Tally) -> None:
        super().__init__()
        self._tally = tally

    def __missing__(self, value: date) -> str:
        if value.toordinal() < FIRST_DAY:
            self._tally.early_dates += 1
            return _inline(value.isoformat(), self._tally)
        fragment = f"><v>{value.toordinal() - EPOCH}</v></c>"
        if len(self) < _CACHED_DATES:
            self[value] = fragment
        return fragment


class _Slow:
    """The rare values: too long, not finite, too early, or text in a typed column."""

    def __init__(self, tally: Tally, on_long: OnLong) -> None:
        self.tally = tally
        self.on_long = on_long

    def text(self, head: str, value: Any, where: tuple[int, int, Row]) -> str:
        if not isinstance(value, str):
            raise TypeError(f"column {where[1] + 1} holds {type(value).__name__}, not text")
        if not value:
            return ""
        if is_long(value):
            self.tally.cut += 1
            self.on_long(where[0], where[1], value, where[2])
            value = cut(value)
        return head + _inline(value, self.tally)

    def number(self, head: str, value: Any, where: tuple[int, int, Row]) -> str:
        if isinstance(value, AsSent):
            return self.text(head, value, where)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"column {where[1] + 1} holds {type(value).__name__}, not a number")
        if not math.isfinite(value):
            self.tally.not_numbers += 1
            return ""
        if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
            self.tally.long_integers += 1
            return head + _inline(str(value), self.tally)
        return f"{head}><v>{value!r}</v></c>"

    def date(self, head: str, value: Any, where: tuple[int, int, Row]) -> str:
        if isinstance(value, AsSent):
            return self.text(head, value, where)
        raise TypeError(f"column {where[1] + 1} holds {type(value).__name__}, not a date")

    def datetime(self, head: str, value: Any, where: tuple[int, int, Row]) -> str:
        if isinstance(value, AsSent):
            return self.text(head, value, where)
        if type(value) is not datetime or value.tzinfo is not None:
            raise TypeError(f"column {where[1] + 1} needs a date-time without zone, not {value!r}")
        day = value.toordinal()
        if day < FIRST_DAY:
            self.tally.early_dates += 1
            return head + _inline(value.isoformat(" "), self.tally)
        return f"{head}><v>{day - EPOCH + _seconds(value) / 86_400!r}</v></c>"

    def time(self, head: str, value: Any, where: tuple[int, int, Row]) -> str:
        if isinstance(value, AsSent):
            return self.text(head, value, where)
        if type(value) is not time or value.tzinfo is not None:
            raise TypeError(f"column {where[1] + 1} needs a time without zone, not {value!r}")
        return f"{head}><v>{_seconds(value) / 86_400!r}</v></c>"

    def bool(self, head: str, value: Any, where: tuple[int, int, Row]) -> str:
        if isinstance(value, AsSent):
            return self.text(head, value, where)
        if type(value) is not bool:
            raise TypeError(f"column {where[1] + 1} holds {type(value).__name__}, not a boolean")
        return f'{head} t="b"><v>{value:d}</v></c>'


def _seconds(value: datetime | time) -> float:
    return value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6


# Text that needs neither escapes nor care, the most of it: str.isprintable() is false for control characters,
# surrogates and line breaks.
_EASY = (
    "{v}.__class__ is str and 0 < len({v}) <= SHORT and {v}.isprintable() and {v}[0] > ' ' < {v}[-1]"
    " and '&' not in {v} and '<' not in {v} and '>' not in {v} and '_x' not in {v}"
)
# Per kind: what a present value `v` becomes; `h` opens the cell, `p` is (row number, column index, row).
_TEMPLATES: dict[str, str] = {
    "int": (
        "f'{h}><v>{{{v}}}</v></c>' if {v}.__class__ is int and -LARGEST <= {v} <= LARGEST else number(f'{h}', {v}, {p})"
    ),
    "float": "f'{h}><v>{{{v}!r}}</v></c>' if {v}.__class__ is float and {v} - {v} == 0.0 else number(f'{h}', {v}, {p})",
    "text": f"f'{{h}} t=\"inlineStr\"><is><t>{{{{{{v}}}}}}</t></is></c>' if {_EASY} else text(f'{{h}}', {{v}}, {{p}})",
    "code": "f'{h}{{strings[{v}]}}' if {v} else ''",
    "date": "f'{h}{{dates[{v}]}}' if {v}.__class__ is day else date(f'{h}', {v}, {p})",
    "datetime": "datetime(f'{h}', {v}, {p})",
    "time": "time(f'{h}', {v}, {p})",
    "bool": "bool(f'{h}', {v}, {p})",
}


def row_encoder(
    kinds: Sequence[Kind], style_ids: Sequence[int], strings: SharedStrings, tally: Tally, on_long: OnLong
) -> Encoder:
    """A function that turns rows of values, in the order of `kinds`, into `<row>` elements; None becomes no cell."""
    slow = _Slow(tally, on_long)
    scope: dict[str, Any] = {
        "LARGEST": LARGEST_INTEGER,
        "SHORT": CELL_UNITS // 2,
        "strings": strings,
        "dates": _Dates(tally),
        "day": date,
        "date": slow.date,
        "text": slow.text,
        "number": slow.number,
        "datetime": slow.datetime,
        "time": slow.time,
        "bool": slow.bool,
    }
    exec(compile(_source(kinds, style_ids), "<row encoder>", "exec"), scope)
    fast: Encoder = scope["encode"]
    coded = [index for index, kind in enumerate(kinds) if kind == "code"]

    def encode(rows: Sequence[Row], before: int) -> str:
        xml = fast(rows, before)
        if strings.long:
            _report_long(rows, before, coded, strings, slow)
        return xml

    return encode


def _report_long(rows: Sequence[Row], before: int, coded: list[int], strings: SharedStrings, slow: _Slow) -> None:
    wanted = set(strings.long)
    for number, row in enumerate(rows, before + 1):
        for index in coded:
            if row[index] in wanted:
                slow.tally.cut += 1
                slow.on_long(number, index, row[index], row)
    strings.long.clear()


def _source(kinds: Sequence[Kind], style_ids: Sequence[int]) -> str:
    cells = []
    for index, (kind, style) in enumerate(zip(kinds, style_ids, strict=True)):
        name = f"v{index}"
        head = f'<c r="{get_column_letter(index + 1)}{{n}}"' + (f' s="{style}"' if style else "")
        filled = _TEMPLATES[kind].format(h=head, v=name, p=f"(number_, {index}, row)")
        cells.append(f"            '' if {name} is None else {filled},")
    names = "".join(f"v{index}, " for index in range(len(kinds)))
    return "\n".join(
        [
            "def encode(rows, number_):",
            "    out = []",
            "    for row in rows:",
            "        number_ += 1",
            "        n = str(number_)",
            f"        ({names}) = row",
            "        out += (",
            "            f'<row r=\"{n}\">',",
            *cells,
            "            '</row>',",
            "        )",
            "    return ''.join(out)",
        ]
    )
