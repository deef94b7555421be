"""Text from the phone to typed values and back.

One table of readers, by question type. A text that its type cannot hold reads as INVALID; nothing is guessed or
repaired. Instants keep the offset that the phone gave them.
"""

import datetime
import math
import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final

from surveyapp.xform.definition import QuestionType


class Invalid(Enum):
    """The one value that says: this text is not of its question's type."""

    INVALID = "invalid"

    def __repr__(self) -> str:
        return "INVALID"


INVALID: Final = Invalid.INVALID

# What a 64-bit column holds.
LARGEST_INTEGER: Final = 2**63 - 1

integer_text = re.compile(r"[+-]?[0-9]{1,19}")
decimal_text = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
date_text = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T Z+-].*)?")
unstorable = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """`text` with what no database takes (NUL, lone surrogates) replaced by U+FFFD."""
    return unstorable.sub("�", text) if unstorable.search(text) else text


def read_integer(text: str) -> int | Invalid:
    """A whole number of at most 64 bits."""
    if not integer_text.fullmatch(text):
        return INVALID
    number = int(text)
    return number if abs(number) <= LARGEST_INTEGER else INVALID


def read_decimal(text: str) -> float | Invalid:
    """A finite decimal number, with a point."""
    if not decimal_text.fullmatch(text):
        return INVALID
    number = float(text)
    return number if math.isfinite(number) else INVALID


def read_boolean(text: str) -> bool | Invalid:
    """`true`/`false` as the specification says, `1`/`0` as ODK Collect writes."""
    return {"true": True, "1": True, "false": False, "0": False}.get(text, INVALID)


def read_date(text: str) -> datetime.date | Invalid:
    """An ISO date; of a date-time its local date."""
    try:
        return datetime.date.fromisoformat(text[:10]) if date_text.fullmatch(text) else INVALID
    except ValueError:
        return INVALID


def read_time(text: str) -> datetime.time | Invalid:
    """An ISO time of day; the offset is dropped, the clock on the wall stays."""
    try:
        return datetime.time.fromisoformat(text).replace(tzinfo=None) if text[2:3] == ":" else INVALID
    except ValueError:
        return INVALID


def read_datetime(text: str) -> datetime.datetime | Invalid:
    """An ISO instant with its offset; without an offset it is taken as UTC."""
    if len(text) < 16 or text[4] != "-" or text[10] not in "T ":
        return INVALID
    try:
        instant = datetime.datetime.fromisoformat(text)
        instant.astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        return INVALID
    return instant if instant.tzinfo else instant.replace(tzinfo=datetime.UTC)


def read_geopoint(text: str) -> tuple[float, float, float | None, float | None] | Invalid:
    """Latitude and longitude in degrees, altitude and accuracy in metres (None where not sent)."""
    parts = [read_decimal(part) for part in text.split()]
    if not 2 <= len(parts) <= 4 or INVALID in parts:
        return INVALID
    latitude, longitude, altitude, accuracy = [*parts, None, None][:4]
    if not isinstance(latitude, float) or not isinstance(longitude, float):
        return INVALID
    if abs(latitude) > 90 or abs(longitude) > 180:
        return INVALID
    return (
        latitude,
        longitude,
        altitude if isinstance(altitude, float) else None,
        accuracy if isinstance(accuracy, float) else None,
    )


def read_trace(text: str) -> str | Invalid:
    """Points separated by semicolons, as sent."""
    points = [point for point in text.split(";") if point.strip()]
    return text.strip() if points and all(read_geopoint(point) is not INVALID for point in points) else INVALID


def read_text(text: str) -> str:
    """Any text."""
    return storable(text)


def read_choice(text: str) -> str:
    """The name of one choice."""
    return storable(text.strip())


def read_choices(text: str) -> str:
    """Names of choices, one space between them."""
    return storable(" ".join(text.split()))


READERS: Final[Mapping[QuestionType, Callable[[str], Any]]] = {
    "text": read_text,
    "integer": read_integer,
    "decimal": read_decimal,
    "boolean": read_boolean,
    "date": read_date,
    "time": read_time,
    "datetime": read_datetime,
    "select_one": read_choice,
    "select_multiple": read_choices,
    "rank": read_choices,
    "geopoint": read_geopoint,
    "geotrace": read_trace,
    "geoshape": read_trace,
    "barcode": read_text,
    "file": read_choice,
    "acknowledge": read_text,
    "note": read_text,
}
VERBATIM: Final = frozenset({"text", "barcode"})


def read_value(kind: QuestionType, text: str | None) -> Any:
    """`text` as a value of the question type `kind`: None where it is empty, INVALID where it does not fit."""
    if not text:
        return None
    if kind not in VERBATIM:
        text = text.strip()
        if not text:
            return None
    return READERS[kind](text)


def offset_text(instant: datetime.datetime) -> str:
    """The offset of `instant` from UTC as `+08:00`, '' for a naive one."""
    offset = instant.utcoffset()
    if offset is None:
        return ""
    minutes = int(offset.total_seconds() // 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def canonical_text(value: Any) -> str:
    """`value` as text, the same on every database: numbers without exponent tricks of a driver, times in ISO form.

    Instants are in UTC, as they are kept.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, datetime.datetime) and value.tzinfo:
        value = value.astimezone(datetime.UTC)
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    return str(value)
