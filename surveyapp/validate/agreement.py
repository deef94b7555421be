"""Whether a submitted value and a computed one are the same value, however the client wrote it."""

import datetime
import math
from typing import Final

from surveyapp.expressions.dates import Date, read_date
from surveyapp.expressions.numbers import read_xforms, truncate
from surveyapp.expressions.scope import Scope
from surveyapp.expressions.values import DIALECTS, Scalar
from surveyapp.xform.definition import QuestionType

RELATIVE_TOLERANCE: Final = 1e-9
# How far the clients' formulas for areas and distances lie apart.
EARTH_TOLERANCE: Final = 0.005
SAME_INSTANT: Final = datetime.timedelta(seconds=1)
TRUE_TEXTS: Final = frozenset({"1", "true"})
FALSE_TEXTS: Final = frozenset({"0", "false"})
# What Enketo writes of a text that is no date; ODK Web Forms leaves the answer blank.
INVALID_DATE: Final = "Invalid Date"


def agrees(
    computed: Scalar,
    submitted: str,
    kind: QuestionType,
    zone: datetime.tzinfo,
    tolerance: float = RELATIVE_TOLERANCE,
) -> bool:
    """Whether `submitted`, the answer to a question of that `kind`, is `computed` by value.

    Numbers within the relative `tolerance`, booleans in either spelling, dates by their instant or their local day,
    else by text.
    """
    text = submitted.strip()
    if isinstance(computed, bool):
        return text in (TRUE_TEXTS if computed else FALSE_TEXTS)
    if isinstance(computed, float):
        return text in ("", "NaN") if computed != computed else _same_number(computed, text, kind, tolerance)
    if isinstance(computed, Date):
        return _same_date(computed, text, zone)
    if computed.strip() == text:
        return True
    if computed == INVALID_DATE:
        return not text
    if kind in ("integer", "decimal"):
        number = read_xforms(computed)
        return number == number and _same_number(number, text, kind, tolerance)
    if kind in ("date", "datetime"):
        found = read_date(computed.strip(), zone)
        return found is not None and _same_date(found, text, zone)
    return kind == "boolean" and text in TRUE_TEXTS and computed in TRUE_TEXTS


def _same_number(computed: float, text: str, kind: QuestionType, tolerance: float) -> bool:
    submitted = read_xforms(text)
    if math.isinf(computed):
        return text == ("Infinity" if computed > 0 else "-Infinity")
    # A bind of type int keeps the whole part only.
    expected = truncate(computed) if kind == "integer" and submitted == truncate(submitted) else computed
    return math.isclose(submitted, expected, rel_tol=tolerance, abs_tol=1e-12)


def _same_date(computed: Date, text: str, zone: datetime.tzinfo) -> bool:
    submitted = read_date(text, zone)
    if submitted is None:
        return False
    if computed.timed and submitted.timed:
        return abs(submitted.moment - computed.moment) < SAME_INSTANT or _local_day(text) == computed.date_text()
    return submitted.day == computed.day or _local_day(text) == computed.date_text()


def _local_day(text: str) -> str:
    """The date as its writer's calendar had it."""
    return text[:10]


def written(value: Scalar, kind: QuestionType, dialect: str) -> str:
    """`value` as the client stores it in a question of that `kind`: '' for NaN.

    JavaRosa writes booleans as 1 and 0, and a date in a question that is no date as an instant.
    """
    if isinstance(value, float) and value != value:
        return ""
    if isinstance(value, bool) and dialect == "javarosa":
        return "1" if value else "0"
    if isinstance(value, Date):
        return value.stamp_text() if dialect == "javarosa" and kind != "date" else value.full_text()
    return DIALECTS[dialect].text(value, _NO_SCOPE)


# Texts of texts, numbers and booleans need no surroundings.
_NO_SCOPE: Final = Scope.__new__(Scope)
