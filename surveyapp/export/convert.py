"""Stored values to the values of export columns: small functions and tables, made once per column."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from surveyapp.export.cells import Gone
from surveyapp.expressions.errors import ExpressionError
from surveyapp.expressions.geo_functions import area, distance

Value = TypeVar("Value")

_REMEMBERED = 1_000


class Remembered(dict[Any, Value], Generic[Value]):
    """Answers of selects and what they become.

    Each is worked out once, as long as there are not too many different ones.
    """

    def __init__(self, make: Callable[[str], Value], empty: Value) -> None:
        super().__init__({None: empty})
        self._make = make

    def __missing__(self, key: str) -> Value:
        made = self._make(key)
        if len(self) < _REMEMBERED:
            self[key] = made
        return made


def labelled(labels: Mapping[str, str]) -> Callable[[Any], Any]:
    """The label of a choice; a choice without label, or unknown, is its own label."""
    return Remembered(lambda code: labels.get(code) or code, None).__getitem__


def labels_joined(labels: Mapping[str, str], missing: Collection[str]) -> Callable[[Any], Any]:
    """The labels of ticked choices, joined by "; "; None where only reasons are ticked."""

    def join(text: str) -> str | None:
        codes = text.split()
        return None if codes and set(codes) <= set(missing) else "; ".join(labels.get(code) or code for code in codes)

    return Remembered(join, None).__getitem__


def codes_joined(missing: Collection[str]) -> Callable[[Any], Any]:
    """The ticked choices as sent; None where only reasons are ticked."""
    return Remembered(lambda text: None if _only(text, missing) else text, None).__getitem__


def ticks(names: Sequence[str], missing: Collection[str]) -> Callable[[Any], Any]:
    """1 or 0 for each of `names`; all None where nothing was answered, or only reasons are ticked."""
    nothing: tuple[int | None, ...] = (None,) * len(names)
    index = {name: place for place, name in enumerate(names)}

    def tick(text: str) -> tuple[int | None, ...]:
        if _only(text, missing):
            return nothing
        row: list[int | None] = [0] * len(names)
        for code in text.split():
            if code in index:
                row[index[code]] = 1
        return tuple(row)

    return Remembered(tick, nothing).__getitem__


def ranks(names: Sequence[str]) -> Callable[[Any], Any]:
    """The choice at each rank, then the rank of each choice; None where nothing was answered."""
    nothing: tuple[Any, ...] = (None,) * (2 * len(names))

    def rank(text: str) -> tuple[Any, ...]:
        codes = text.split()
        at_rank = (codes + [""] * len(names))[: len(names)]
        return (
            *(code or None for code in at_rank),
            *(codes.index(name) + 1 if name in codes else None for name in names),
        )

    return Remembered(rank, nothing).__getitem__


def _only(text: str, missing: Collection[str]) -> bool:
    codes = text.split()
    return bool(codes) and bool(missing) and set(codes) <= set(missing)


def reason_of_choices(reasons: Mapping[str, str]) -> Callable[[Any], Any]:
    """The reason where only reasons are ticked, the first of them."""

    def reason(text: str) -> str | None:
        codes = text.split()
        return reasons[codes[0]] if codes and all(code in reasons for code in codes) else None

    return Remembered(reason, None).__getitem__


def gone(reasons: Mapping[Any, str]) -> Callable[..., Any]:
    """The value, or why there is none: the answer says so itself, or cleaning does."""
    marks = {code: Gone(reason) for code, reason in reasons.items()}

    def mark(value: Any, reason: str | None = None) -> Any:
        if value is None:
            return Gone(reason) if reason else None
        return marks.get(value, value)

    return mark


def without(reasons: Mapping[Any, str]) -> Callable[[Any], Any]:
    """The value, None where it is a reason."""
    codes = frozenset(reasons)
    return lambda value: None if value in codes else value


def local_time(clock: ZoneInfo) -> Callable[[datetime | None], datetime | None]:
    """The instant as the clock on the wall shows it in that zone, without zone."""
    return lambda instant: None if instant is None else instant.astimezone(clock).replace(tzinfo=None)


def iso_text(instant: datetime | None, offset: str | None) -> str | None:
    """The instant in ISO form with the offset that the phone sent."""
    if instant is None:
        return None
    return instant.astimezone(_zone(offset or "")).isoformat(timespec="milliseconds")


def _zone(offset: str) -> timezone:
    if len(offset) != len("+08:00"):
        return UTC
    span = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:6]))
    return timezone(-span if offset[0] == "-" else span)


def minutes_between(start: datetime | None, end: datetime | None) -> float | None:
    """Minutes from `start` to `end`, one decimal; None where one is not known."""
    if start is None or end is None:
        return None
    return round((end - start).total_seconds() / 60, 1)


def as_number(value: Any) -> int | None:
    """A boolean as 1 or 0; an acknowledgement, which is text, as 1."""
    return None if value is None else 1 if isinstance(value, str) else int(value)


def wkt(shape: str) -> Callable[[str | None], tuple[Any, ...]]:
    """A trace (`lat lon alt acc; …`) as well-known text, its number of points, its length in metres and, of a shape,
    its area in square metres; text that is no trace is handed on as sent.
    """
    measures: list[Callable[[Any], float]] = [distance, area] if shape == "geoshape" else [distance]
    nothing = (None, *(None for _ in measures))

    def convert(text: str | None) -> tuple[Any, ...]:
        if not text:
            return None, *nothing
        pairs = [point.split()[:2] for point in text.split(";") if point.strip()]
        if not pairs or any(len(pair) < len(("lat", "lon")) for pair in pairs):
            return text, *nothing
        points = ", ".join(f"{longitude} {latitude}" for latitude, longitude in pairs)
        told = f"POLYGON (({points}))" if shape == "geoshape" else f"LINESTRING ({points})"
        return told, len(pairs), *(_measured(measure, text) for measure in measures)

    return convert


def _measured(measure: Callable[[Any], float], text: str) -> float | None:
    """Rounded to a decimetre; None where the points are no places."""
    try:
        found = measure(text)
    except ExpressionError:
        return None
    return round(found, 1) if math.isfinite(found) else None


def text_of(value: Any) -> str | None:
    """The value as text, whatever type the store keeps it in."""
    return value if value is None or isinstance(value, str) else str(value)


def decimal_of(value: Any) -> float | None:
    """The value as a decimal number."""
    return None if value is None else float(value)
