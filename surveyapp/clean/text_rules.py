"""Stage 2: text made uniform, and numbers and dates read that the phone could not type."""

import datetime
import re
import unicodedata
from collections.abc import Callable
from typing import Any

from surveyapp.clean.fields import TEXTS, Field
from surveyapp.clean.making import Cell, Clean, Making, Unusable, Verdict
from surveyapp.clean.records import write_text
from surveyapp.sentences import say
from surveyapp.values import INVALID, read_value

spaces = re.compile(r"\s+")
number_like = re.compile(r"[\s\d.,:/+'()-]+")
CASES: dict[str, Callable[[str], str]] = {
    "keep": str,
    "casefold": str.casefold,
    "title": str.title,
    "upper": str.upper,
}


def make_normalise_text(making: Making, known: Field) -> Clean:
    """trim, collapse, nfc, case, digits. An answer of nothing but spaces becomes empty."""
    del known
    given = making.given
    steps: list[Callable[[str], str]] = []
    if given["nfc"]:
        steps.append(lambda text: unicodedata.normalize("NFC", text))
    if given["digits"]:
        steps.append(_ascii_digits)
    if given["collapse"]:
        steps.append(lambda text: spaces.sub(" ", text))
    if given["trim"]:
        steps.append(str.strip)
    steps.append(CASES[given["case"]])

    def clean(value: Any, cell: Cell) -> Verdict | None:
        del cell
        if not isinstance(value, str):
            return None
        text = value
        for step in steps:
            text = step(text)
        if text == value:
            return None
        return Verdict(text) if text else Verdict(None, "no_answer")

    return clean


def _ascii_digits(text: str) -> str:
    """Digits of other scripts, in a text that is a number, a phone or a date; words are left alone."""
    if text.isascii() or not number_like.fullmatch(text):
        return text
    return "".join(str(unicodedata.digit(letter)) if letter.isdecimal() else letter for letter in text)


def make_parse_number(making: Making, known: Field) -> Clean:
    """decimal and grouping marks. What cannot be read stays, with a finding."""
    given = making.given
    if given["decimal"] == given["grouping"]:
        raise Unusable(
            "parameters.grouping", say("The decimal and the grouping mark are the same."), say("Choose two marks.")
        )
    mark, grouping = re.escape(given["decimal"]), re.escape(given["grouping"])
    grouped = rf"[0-9]{{1,3}}(?:(?:{grouping})[0-9]{{3}})+" if grouping else "(?!)"
    shape = re.compile(rf"(?P<sign>[+-]?)(?P<whole>{grouped}|[0-9]+)(?:{mark}(?P<part>[0-9]+))?")

    def clean(value: Any, cell: Cell) -> Verdict | None:
        del cell
        if not isinstance(value, str) or not value.strip():
            return None
        text = _ascii_digits(value.strip()).replace("\u00a0", " ").replace("\u2212", "-")
        match = shape.fullmatch(text)
        if match is None:
            return _unread(value, "a number")
        whole = match["whole"].replace(given["grouping"], "") if given["grouping"] else match["whole"]
        plain = match["sign"].replace("+", "") + whole + (f".{match['part']}" if match["part"] else "")
        return _typed(value, plain, known, "a number")

    return clean


def make_parse_date(making: Making, known: Field) -> Clean:
    """formats of strptime, tried in order; two that read one text differently leave it, with a finding."""
    formats = making.given["formats"]

    def clean(value: Any, cell: Cell) -> Verdict | None:
        del cell
        if not isinstance(value, str) or not value.strip():
            return None
        text = _ascii_digits(value.strip())
        days = {day for form in formats if (day := _read_day(text, form)) is not None}
        if len(days) != 1:
            return _unread(value, "one date" if days else "a date")
        return _typed(value, days.pop().isoformat(), known, "a date")

    return clean


def _read_day(text: str, form: str) -> datetime.date | None:
    try:
        return datetime.datetime.strptime(text, form).date()
    except ValueError:
        return None


def _typed(value: str, text: str, known: Field, what: str) -> Verdict | None:
    found = read_value(known.type, text)
    if found is INVALID:
        return _unread(value, what)
    return None if write_text(found) == value and known.type in TEXTS else Verdict(found)


def _unread(value: str, what: str) -> Verdict:
    return Verdict(value, finding=f"“{value[:80]}” cannot be read as {what}.", keep=True)


def check_formats(value: Any) -> tuple[str, ...]:
    """Formats of strptime, each with day, month and year."""
    found = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list | tuple) else ()
    if not found or not all(isinstance(form, str) for form in found):
        raise ValueError(say("A list of formats such as %d/%m/%Y is needed."))
    sample = datetime.datetime(2031, 12, 25)
    for form in found:
        try:
            read_back = datetime.datetime.strptime(sample.strftime(form), form)
        except ValueError as error:
            raise ValueError(say("{form!r} is no format of a date.", form=form)) from error
        if read_back.date() != sample.date():
            raise ValueError(say("{form!r} lacks the day, the month or the year.", form=form))
    return found
