"""Dates and instants as expressions see them.

Days are counted from 1970-01-01 on the local calendar, so that a difference of dates is whole whatever the clocks did
that night.
"""

import datetime
import re
from dataclasses import dataclass
from typing import Final

EPOCH_DAY: Final = datetime.date(1970, 1, 1).toordinal()
SECONDS_A_DAY: Final = 86_400
EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)

date_pattern = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
    r"(?:[T ](?P<time>[0-9:.,]*)(?P<offset>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
time_pattern = re.compile(
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?)?"
)


@dataclass(frozen=True, slots=True)
class Date:
    """A local date, or a local instant where `timed`. `moment` is aware, in the record's zone."""

    moment: datetime.datetime
    timed: bool = False

    @property
    def day(self) -> int:
        """Whole days since 1970-01-01 on the local calendar."""
        return self.moment.toordinal() - EPOCH_DAY

    @property
    def fraction(self) -> float:
        """The part of the local day that has passed, 0 for a date."""
        clock = self.moment
        seconds = clock.hour * 3600 + clock.minute * 60 + clock.second + clock.microsecond / 1e6
        return seconds / SECONDS_A_DAY

    @property
    def local(self) -> float:
        """Days since the epoch on the local calendar and clock, with fraction."""
        seconds = (self.moment.replace(tzinfo=None) - EPOCH.replace(tzinfo=None)).total_seconds()
        return round(seconds * 1000) / (SECONDS_A_DAY * 1000)

    @property
    def instant(self) -> float:
        """Days since the epoch in UTC, with fraction."""
        return (self.moment - EPOCH).total_seconds() / SECONDS_A_DAY

    def date_text(self) -> str:
        """`2024-05-01`."""
        return self.moment.date().isoformat()

    def full_text(self) -> str:
        """`2024-05-01`, or `2024-05-01T10:20:30.400+02:00` where timed."""
        return self.stamp_text() if self.timed else self.date_text()

    def stamp_text(self) -> str:
        """`2024-05-01T10:20:30.400+02:00`, also of a date."""
        return self.moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def midnight(self) -> "Date":
        """The local date."""
        return Date(self.moment.replace(hour=0, minute=0, second=0, microsecond=0))


def date_of_day(days: float, zone: datetime.tzinfo) -> Date | None:
    """The local date `days` days after 1970-01-01, None outside years 1 to 9999."""
    try:
        day = datetime.date.fromordinal(int(days) + EPOCH_DAY)
    except (ValueError, OverflowError):
        return None
    return Date(datetime.datetime(day.year, day.month, day.day, tzinfo=zone))


def instant_of_days(days: float, zone: datetime.tzinfo) -> Date | None:
    """The instant `days` days after the epoch in UTC."""
    try:
        return Date((EPOCH + datetime.timedelta(days=days)).astimezone(zone), timed=True)
    except (ValueError, OverflowError):
        return None


def read_date(text: str, zone: datetime.tzinfo, *, keep: bool = False) -> Date | None:
    """`text` as a date or an instant in `zone`; without an offset it is local. None where it is neither.

    `keep` leaves an instant in the offset in which it is written: that of the phone, on that day.
    """
    match = date_pattern.fullmatch(text)
    if match is None:
        return None
    try:
        day = datetime.date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        return None
    if match["time"] is None:
        return Date(datetime.datetime(day.year, day.month, day.day, tzinfo=zone))
    clock = read_clock(match["time"])
    return None if clock is None else _instant(day, clock, match["offset"], zone, keep=keep)


def _instant(
    day: datetime.date, clock: datetime.time, offset: str | None, zone: datetime.tzinfo, *, keep: bool
) -> Date | None:
    if offset is None:
        return Date(datetime.datetime.combine(day, clock, zone), timed=True)
    try:
        moment = datetime.datetime.combine(day, clock, _offset(offset))
        local = moment.astimezone(zone)
    except (ValueError, OverflowError):
        return None
    return Date(moment if keep else local, timed=True)


def _offset(text: str) -> datetime.tzinfo:
    if text == "Z":
        return datetime.UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return datetime.timezone(datetime.timedelta(minutes=-minutes if text[0] == "-" else minutes))


def read_clock(text: str) -> datetime.time | None:
    """A time of day, `10:20`, `10:20:30` or `10:20:30.400`."""
    match = time_pattern.fullmatch(text)
    if match is None:
        return None
    fraction = (match["fraction"] or "0")[:6].ljust(6, "0")
    try:
        return datetime.time(int(match["hour"]), int(match["minute"]), int(match["second"] or 0), int(fraction))
    except ValueError:
        return None


def read_typed_time(text: str, now: datetime.datetime) -> Date | None:
    """A node of type time, as an instant of today, as JavaRosa has it."""
    bare = re.sub(r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)$", "", text)
    clock = read_clock(bare)
    return None if clock is None else Date(datetime.datetime.combine(now.date(), clock, now.tzinfo), timed=True)
