"""Functions on dates and times. Names of months and days are English."""

import datetime
import math
import re
from collections.abc import Callable, Mapping
from typing import Final

from surveyapp.expressions.dates import Date, date_of_day, instant_of_days, read_clock, read_date
from surveyapp.expressions.errors import ExpressionError
from surveyapp.expressions.functions import Table
from surveyapp.expressions.numbers import LARGEST_INT, NAN, truncate
from surveyapp.expressions.scope import Scope
from surveyapp.expressions.values import DIALECTS, Scalar, Value
from surveyapp.sentences import say

DATES: Final = Table()
JAVAROSA: Final = DIALECTS["javarosa"]
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _week(day: datetime.date) -> int:
    """The week of the year as Java counts it: from Sunday, the first week is the one with 1 January."""
    saturday = day + datetime.timedelta(days=(5 - day.weekday()) % 7)
    if saturday.year > day.year:
        return 1
    first = datetime.date(day.year, 1, 1)
    return (saturday - first).days // 7 + 1


FORMATS: Final[Mapping[str, Callable[[Date], str]]] = {
    "Y": lambda date: f"{date.moment.year:04d}",
    "y": lambda date: f"{date.moment.year:04d}"[-2:],
    "m": lambda date: f"{date.moment.month:02d}",
    "n": lambda date: str(date.moment.month),
    "b": lambda date: MONTHS[date.moment.month - 1],
    "d": lambda date: f"{date.moment.day:02d}",
    "e": lambda date: str(date.moment.day),
    "a": lambda date: WEEKDAYS[date.moment.weekday()],
    "W": lambda date: str(_week(date.moment.date())),
    "H": lambda date: f"{date.moment.hour:02d}",
    "h": lambda date: str(date.moment.hour),
    "M": lambda date: f"{date.moment.minute:02d}",
    "S": lambda date: f"{date.moment.second:02d}",
    "3": lambda date: f"{date.moment.microsecond // 1000:03d}",
    "%": lambda date: "%",
}
JAVAROSA_CODES: Final = frozenset({"W", "%"})
format_code = re.compile(r"%(.)", re.DOTALL)


@DATES.add("today", scoped=True)
def today(scope: Scope) -> Date:
    """`today()`."""
    return Date(scope.environment.now).midnight()


@DATES.add("now", scoped=True)
def now(scope: Scope) -> Date:
    """`now()`."""
    return Date(scope.environment.now, timed=True)


def javarosa_date(scope: Scope, value: Value, *, timed: bool) -> Scalar:
    """A Date; '' and NaN stay what they are, anything else is an error."""
    scalar = JAVAROSA.single(value, scope) if isinstance(value, list) else value
    zone = scope.environment.zone
    if isinstance(scalar, Date):
        return scalar if timed else scalar.midnight()
    if isinstance(scalar, bool):
        raise ExpressionError(say("expected a date"), found=say("true or false"))
    if isinstance(scalar, str):
        found = read_date(scalar.strip(), zone) if scalar else None
    elif math.isfinite(scalar) and abs(scalar) <= LARGEST_INT:
        found = instant_of_days(scalar, zone) if timed else date_of_day(truncate(scalar), zone)
    elif scalar != scalar:
        return scalar
    else:
        found = None
    if found is None and scalar != "":
        raise ExpressionError(say("expected a date"), found=repr(scalar))
    return "" if found is None else found


@DATES.add("date", kinds=["value"], dialects=["javarosa"], scoped=True)
def javarosa_to_date(scope: Scope, value: Value) -> Scalar:
    """`date(x)`."""
    return javarosa_date(scope, value, timed=False)


@DATES.add("date-time", kinds=["value"], dialects=["javarosa"], scoped=True)
def javarosa_to_date_time(scope: Scope, value: Value) -> Scalar:
    """`date-time(x)`."""
    return javarosa_date(scope, value, timed=True)


def xforms_date(scope: Scope, value: Value) -> Scalar:
    """A Date; '' stays, what is no date becomes the text `Invalid Date`."""
    scalar = DIALECTS["xforms"].single(value, scope) if isinstance(value, list) else value
    zone = scope.environment.zone
    if isinstance(scalar, str):
        stripped = scalar.strip()
        if not stripped:
            return ""
        number = DIALECTS["xforms"].number(stripped, scope)
        found = read_date(stripped, zone) or (None if number != number else _date_of_number(scope, number))
    elif isinstance(scalar, Date):
        found = scalar
    else:
        found = _date_of_number(scope, float(scalar))
    return "Invalid Date" if found is None else found


def _date_of_number(scope: Scope, days: float) -> Date | None:
    if not math.isfinite(days):
        return None
    zone = scope.environment.zone
    return date_of_day(days, zone) if days == math.floor(days) else instant_of_days(days, zone)


@DATES.add("date", "date-time", kinds=["value"], dialects=["xforms"], scoped=True)
def xforms_to_date(scope: Scope, value: Value) -> Scalar:
    """`date(x)` and `date-time(x)`."""
    return xforms_date(scope, value)


@DATES.add("decimal-date-time", kinds=["value"], dialects=["javarosa"], scoped=True)
def javarosa_decimal_date_time(scope: Scope, value: Value) -> Scalar:
    """Days since the epoch with fraction; a date is its local midnight."""
    scalar = JAVAROSA.single(value, scope) if isinstance(value, list) else value
    if isinstance(scalar, float):
        return scalar
    found = javarosa_date(scope, scalar, timed=True)
    return found.instant if isinstance(found, Date) else found


@DATES.add("decimal-time", kinds=["value"], dialects=["javarosa"], scoped=True)
def javarosa_decimal_time(scope: Scope, value: Value) -> Scalar:
    """The fraction of the local day."""
    scalar = JAVAROSA.single(value, scope) if isinstance(value, list) else value
    if isinstance(scalar, float):
        return scalar - math.floor(scalar) if math.isfinite(scalar) else NAN
    found = javarosa_date(scope, scalar, timed=True)
    # Computed from the days since 1970, as JavaRosa does it: the last digits of the fraction are rounded away.
    return found.local - math.floor(found.local) if isinstance(found, Date) else found


@DATES.add("decimal-date-time", kinds=["value"], dialects=["xforms"], scoped=True)
def xforms_decimal_date_time(scope: Scope, value: Value) -> float:
    """`decimal-date-time(x)`: days since the epoch with fraction."""
    if isinstance(value, float):
        return value
    found = xforms_date(scope, value)
    return found.instant if isinstance(found, Date) else NAN


@DATES.add("decimal-time", kinds=["value"], dialects=["xforms"], scoped=True)
def xforms_decimal_time(scope: Scope, value: Value) -> float:
    """Of an instant, or of a time of day such as `12:00`."""
    text = DIALECTS["xforms"].text(value, scope)
    clock = read_clock(re.sub(r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)$", "", text.strip()))
    if clock is not None:
        return (clock.hour * 3600 + clock.minute * 60 + clock.second + clock.microsecond / 1e6) / 86_400
    found = xforms_date(scope, value)
    return found.fraction if isinstance(found, Date) and found.timed else NAN


def format_date(date: Date, pattern: str, *, strict: bool) -> str:
    """`pattern` with its codes replaced; `strict`, as JavaRosa is, refuses codes that do not exist."""

    def replace(match: re.Match[str]) -> str:
        write = FORMATS.get(match[1])
        if write is not None and (strict or match[1] not in JAVAROSA_CODES):
            return write(date)
        if strict:
            raise ExpressionError(say("expected a code of format-date() such as %Y, %m or %d"), found=repr(match[0]))
        return match[0]

    return format_code.sub(replace, pattern)


@DATES.add("format-date", "format-date-time", kinds=["value", "text"], dialects=["javarosa"], scoped=True)
def javarosa_format(scope: Scope, value: Value, pattern: str) -> str:
    """`format-date(date, pattern)`."""
    found = javarosa_date(scope, value, timed=True)
    return format_date(found, pattern, strict=True) if isinstance(found, Date) else ""


@DATES.add("format-date", "format-date-time", kinds=["value", "text"], dialects=["xforms"], scoped=True)
def xforms_format(scope: Scope, value: Value, pattern: str) -> str:
    """`format-date(date, pattern)`."""
    found = xforms_date(scope, value)
    return format_date(found, pattern, strict=False) if isinstance(found, Date) else str(found)
