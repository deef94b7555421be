"""Numbers to text and back, and rounding, as the clients do it."""

import math
import re
from decimal import ROUND_FLOOR, ROUND_HALF_DOWN, ROUND_HALF_UP, Context, Decimal
from typing import Final

NAN: Final = math.nan
LARGEST_INT: Final = 2**31 - 1
LARGEST_LONG: Final = 2**63 - 1
NEARLY_ZERO: Final = 1e-12
# Java writes plain digits from 10^-3 up to 10^7 and an exponent outside.
SMALLEST_PLAIN: Final = 1e-3
LARGEST_PLAIN: Final = 1e7
MOST_PLACES: Final = 30

javarosa_number = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
xforms_number = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
wide = Context(prec=400)


def read_javarosa(text: str) -> float:
    """JavaRosa: a comma is a point, no exponent; NaN where it is no number."""
    stripped = text.strip()
    try:
        if stripped.isdecimal() and stripped.isascii():
            return float(stripped)
        stripped = stripped.replace(",", ".")
        return float(stripped) if javarosa_number.fullmatch(stripped) else NAN
    except (ValueError, OverflowError):
        return NAN


def read_xforms(text: str) -> float:
    """ODK Web Forms: as ECMAScript reads a decimal number; NaN where it is none."""
    stripped = text.strip()
    return float(stripped) if xforms_number.fullmatch(stripped) else NAN


def write_javarosa(number: float) -> str:
    """Java's text of a double, with whole numbers that an int holds plain."""
    if number != number:
        return "NaN"
    if abs(number) < NEARLY_ZERO:
        return "0"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if abs(number) <= LARGEST_INT and abs(number - int(number)) < NEARLY_ZERO:
        return str(int(number))
    if SMALLEST_PLAIN <= abs(number) < LARGEST_PLAIN:
        return repr(number)
    return _with_exponent(number)


def _with_exponent(number: float) -> str:
    sign, digits, exponent = Decimal(repr(number)).normalize(wide).as_tuple()
    text = "".join(map(str, digits))
    assert isinstance(exponent, int)
    return f"{'-' if sign else ''}{text[0]}.{text[1:] or '0'}E{exponent + len(text) - 1}"


def write_xforms(number: float) -> str:
    """XPath 1.0: plain digits, no exponent, no trailing `.0`."""
    if number != number:
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == int(number):
        return str(int(number)) if abs(number) < 2**53 else format(Decimal(repr(number)), "f").partition(".")[0]
    return format(Decimal(repr(number)), "f")


def truncate(number: float) -> float:
    """Toward zero; NaN and infinities stay."""
    return float(math.trunc(number)) if math.isfinite(number) else number


def to_int(number: float) -> int:
    """Java's cast of a double to int: NaN is 0, out of range is the nearest."""
    if number != number:
        return 0
    return int(max(-LARGEST_INT - 1, min(LARGEST_INT, number)))


def round_javarosa(number: float, places: float) -> float:
    """Half up on the decimal text, negative halves toward zero; negative `places` through a cast to long."""
    digits = to_int(places)
    if not math.isfinite(number):
        return number
    if abs(digits) > MOST_PLACES:
        return NAN
    exact = Decimal(repr(number))
    if digits >= 0:
        rounding = ROUND_HALF_DOWN if number < 0 else ROUND_HALF_UP
        return float(exact.quantize(Decimal(1).scaleb(-digits), rounding=rounding, context=wide))
    scaled = float(exact.scaleb(digits, context=wide)) + 0.5
    whole = max(-LARGEST_LONG - 1, min(LARGEST_LONG, math.trunc(scaled)))
    return float(Decimal(whole).scaleb(-digits, context=wide))


def round_xforms(number: float, places: float) -> float:
    """Half away from zero, on the decimal text."""
    if not math.isfinite(number):
        return number
    if places != places or abs(places) > 300:
        return NAN
    digits = int(places)
    exact = Decimal(repr(number)).scaleb(digits, context=wide)
    half = Decimal("0.5")
    whole = (abs(exact) + half).to_integral_value(rounding=ROUND_FLOOR)
    return math.copysign(float(whole.scaleb(-digits, context=wide)), number)
