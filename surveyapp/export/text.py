"""Answers as text that a workbook can carry, whatever a phone sent.

A worksheet stores text in XML, so control characters cannot be kept; `_x0041_` and carriage returns have an escape of
their own (ECMA-376 part 1, 22.4.2.4 ST_Xstring); a cell holds at most 32,767 UTF-16 units.
"""

import re
from dataclasses import dataclass
from html import escape

CELL_UNITS = 32_767
CUT_MARKER = " … [cut, see sheet long_text]"
REPLACEMENT = "\ufffd"

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# An underscore that begins an escape, or would once a carriage return after it is written as one.
_ESCAPABLE = re.compile("_(?=x[0-9A-Fa-f]{4}[_\r])")


@dataclass(slots=True)
class Tally:
    """What had to be changed so that a workbook can hold it. Counts of cells, except `characters`."""

    characters: int = 0
    cut: int = 0
    long_integers: int = 0
    early_dates: int = 0
    not_numbers: int = 0
    untyped: int = 0
    cut_spss: int = 0

    def warnings(self) -> list[str]:
        """One sentence for each thing that happened, for the README sheet."""
        told = (
            (self.cut, "texts are longer than a cell can hold: cut in place, whole in sheet long_text."),
            (self.characters, "control characters are not allowed in a workbook: replaced by U+FFFD."),
            (self.long_integers, "whole numbers have more than 15 digits: written as text, so that no digit is lost."),
            (self.early_dates, "dates lie before 1 March 1900, where Excel cannot count: written as text."),
            (
                self.untyped,
                "answers are not of their column's type: left empty; exports of format xlsx and csv have them.",
            ),
            (
                self.cut_spss,
                "texts are longer than SPSS can hold: cut at 32,767 bytes; the other formats have them whole.",
            ),
            (self.not_numbers, "numbers are infinite or not a number: cell left empty."),
        )
        return [f"{count:,} {sentence}" for count, sentence in told if count]


def cell_text(text: str, tally: Tally) -> str:
    """`text` as a workbook must hold it.

    Control characters replaced and counted, escapes of the format escaped, carriage returns kept.
    """
    if _FORBIDDEN.search(text):
        text, count = _FORBIDDEN.subn(REPLACEMENT, text)
        tally.characters += count
    if "_x" in text:
        text = _ESCAPABLE.sub("_x005F_", text)
    return text.replace("\r", "_x000D_")


def string_xml(text: str, tally: Tally) -> str:
    """The `<t>` element that holds `text`."""
    ready = cell_text(text, tally)
    keep = ' xml:space="preserve"' if ready != ready.strip() or "\n" in ready else ""
    return f"<t{keep}>{escape(ready, quote=False)}</t>"


def units(text: str) -> int:
    """How many UTF-16 units Excel counts for `text`."""
    return len(text) + sum(character > "\uffff" for character in text)


def split_units(text: str, limit: int = CELL_UNITS) -> list[str]:
    """`text` in parts of at most `limit` UTF-16 units, no character torn."""
    parts = []
    while text:
        part = text[:limit]
        while units(part) > limit:
            part = part[: len(part) - max(1, (units(part) - limit) // 2)]
        parts.append(part)
        text = text[len(part) :]
    return parts


def cut(text: str) -> str:
    """The beginning of `text` with the marker that sends the reader to the sheet long_text."""
    return split_units(text, CELL_UNITS - len(CUT_MARKER))[0] + CUT_MARKER


def is_long(text: str) -> bool:
    """Whether `text` does not fit one cell."""
    return len(text) > CELL_UNITS // 2 and units(text) > CELL_UNITS
