"""What spreadsheet programs do to answers, undone where that is sure, and told where it is not.

Cells come as openpyxl, calamine or a CSV reader give them: None, text, whole number, float, bool, date, time, datetime.
A formula whose value the file does not hold comes as `NoStoredValue`.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from surveyapp.clean.fields import SELECTS, TEXTS, Field
from surveyapp.clean.records import write_text
from surveyapp.sentences import say
from surveyapp.values import INVALID, read_value

EMPTY_WORDS: Final = frozenset({"", "na", "n/a", "#n/a", "#n/a n/a", "null", "none", "nan"})
ERRORS: Final = ("#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#GETTING_DATA", "#SPILL!", "#CALC!")
# What a spreadsheet keeps of a number.
MOST_DIGITS: Final = 10**15
QUOTES: Final = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "‚": "'", "`": "'"})
# Day 0 of the two calendars of Excel; the first one counts a 29 February 1900 that never was.
EPOCHS: Final[Mapping[bool, datetime.datetime]] = {
    False: datetime.datetime(1899, 12, 30),
    True: datetime.datetime(1904, 1, 1),
}
FIRST_SERIAL, LAST_SERIAL = 61, 2_958_465


@dataclass(frozen=True, slots=True)
class NoStoredValue:
    """A formula in a cell that holds no value."""

    formula: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A cell as canonical text. `fault` says why it cannot be read, `healed` what was undone."""

    text: str = ""
    fault: str = ""
    healed: str = ""


def read_plain(cell: object) -> Reading:
    """A cell that is no answer: an id, the name of a question, a comment."""
    found = _read_special(cell)
    if found is not None:
        return found
    if isinstance(cell, bool):
        return Reading("TRUE" if cell else "FALSE")
    if isinstance(cell, int | float):
        return _read_id(cell)
    if isinstance(cell, datetime.datetime | datetime.date | datetime.time):
        return Reading(cell.isoformat())
    text = str(cell)
    plain = text.replace("\u00a0", " ").strip()
    return Reading(plain, healed=say("spaces around it") if plain != text else "")


def is_empty(cell: object) -> bool:
    """Whether a cell says that there is nothing: empty, NA, `NA`, #N/A."""
    return cell is None or (isinstance(cell, str) and cell.strip().strip("`'\"").casefold() in EMPTY_WORDS)


def _read_special(cell: object) -> Reading | None:
    if isinstance(cell, NoStoredValue):
        return Reading(
            fault=f"holds the formula {cell.formula} without its value; write the value itself".replace("  ", " ")
        )
    if isinstance(cell, str) and cell.strip().upper() in ERRORS:
        return Reading(fault=say("holds the error {strip}", strip=cell.strip()))
    return Reading() if is_empty(cell) else None


def _read_id(number: float) -> Reading:
    if abs(number) >= MOST_DIGITS:
        return Reading(
            fault=say("is a number of more than 15 digits, of which the file has lost some; format it as text")
        )
    whole = isinstance(number, int) or number.is_integer()
    text = str(int(number)) if whole else write_text(float(number))
    return Reading(text, healed=say("1.0 for 1") if isinstance(number, float) and whole else "")


def read_answer(cell: object, known: Field, *, from_1904: bool = False) -> Reading:
    """A cell as an answer to a question, as canonical text; '' where it is empty.

    Labels of choices are read as their names. `from_1904` is the workbook's calendar.
    """
    if isinstance(cell, str) and known.type in SELECTS and cell.strip() in known.choices:
        return Reading(cell.strip())
    special = _read_special(cell)
    if special is not None:
        return special
    if known.type in SELECTS:
        return _read_choices(cell, known)
    if isinstance(cell, bool):
        return _read_truth(cell, known)
    if isinstance(cell, datetime.datetime | datetime.date | datetime.time):
        return _read_moment(cell, known)
    if isinstance(cell, int | float):
        return _read_number(cell, known, from_1904)
    return _read_text(str(cell), known)


def _fits(known: Field, text: str, healed: str = "") -> Reading:
    found = read_value(known.type, text)
    if found is INVALID:
        return Reading(
            fault=say(
                "is “{text}”, which is no value of {name} ({type})", text=text[:80], name=known.name, type=known.type
            )
        )
    return Reading(write_text(found), healed=healed)


def _read_truth(cell: bool, known: Field) -> Reading:
    if known.type == "boolean":
        return Reading("true" if cell else "false")
    return Reading(
        fault=say(
            "is {value}, which is no value of {name} ({type})",
            value="TRUE" if cell else "FALSE",
            name=known.name,
            type=known.type,
        )
    )


def _read_moment(cell: datetime.date | datetime.time, known: Field) -> Reading:
    if known.type == "date" and isinstance(cell, datetime.datetime):
        if cell.time() != datetime.time():
            return Reading(fault=say("is {isoformat}, which is a date with a time", isoformat=cell.isoformat()))
        return Reading(cell.date().isoformat())
    fits = {"date": datetime.date, "datetime": datetime.datetime, "time": datetime.time}.get(known.type)
    if fits is None or not isinstance(cell, fits):
        return Reading(
            fault=say(
                "was turned into the date {isoformat} by the spreadsheet; format it as text", isoformat=cell.isoformat()
            )
        )
    return _fits(known, cell.isoformat())


def _read_number(number: float, known: Field, from_1904: bool) -> Reading:
    if known.type in ("date", "datetime"):
        return _read_serial(number, known, from_1904)
    if known.type == "time" and 0 <= number < 1:
        seconds = datetime.timedelta(days=number)
        return Reading((EPOCHS[False] + datetime.timedelta(seconds=round(seconds.total_seconds()))).time().isoformat())
    if known.type == "decimal":
        return _fits(known, write_text(float(number)))
    found = _read_id(number)
    if found.fault:
        return found
    return _fits(known, found.text, "a number in a question of text" if known.type in TEXTS else found.healed)


def _read_serial(number: float, known: Field, from_1904: bool) -> Reading:
    if not FIRST_SERIAL <= number <= LAST_SERIAL:
        return Reading(fault=say("is {number:g}, which is no day", number=number))
    moment = EPOCHS[from_1904] + datetime.timedelta(seconds=round(number * 86_400))
    if known.type == "date":
        if moment.time() != datetime.time():
            return Reading(fault=say("is {isoformat}, which is a date with a time", isoformat=moment.isoformat()))
        return Reading(moment.date().isoformat(), healed=say("a day as its serial number"))
    return _fits(known, moment.isoformat(), "a moment as its serial number")


def _read_text(cell: str, known: Field) -> Reading:
    text = cell.replace("\u00a0", " ").strip()
    healed = "spaces around it" if text != cell else ""
    if known.type in TEXTS:
        return Reading(text, healed=healed)
    if known.type == "integer" and text.endswith(".0"):
        return _fits(known, text[:-2], "1.0 for 1")
    if known.type == "boolean":
        return _fits(known, text.casefold(), healed)
    return _fits(known, text, healed)


# -- choices ----------------------------------------------------------------------------------------------------------
def _read_choices(cell: object, known: Field) -> Reading:
    text = _choice_text(cell)
    if text is None:
        return Reading(fault=say("is {cell}, which is among no choices of {name}", cell=cell, name=known.name))
    if known.type == "select_one":
        return _one_choice(text, known)
    parts = [part for part in text.replace(";", ",").split(",") if part.strip()] if set(",;") & set(text) else [text]
    names: list[str] = []
    healed = ""
    for part in parts:
        words = part.split() if all(word in known.choices for word in part.split()) else [part]
        for word in words:
            found = _one_choice(word, known)
            if found.fault:
                return found
            names.append(found.text)
            healed = healed or found.healed
    return Reading(" ".join(dict.fromkeys(names)), healed=healed)


def _choice_text(cell: object) -> str | None:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        found = _read_id(cell)
        return None if found.fault else found.text
    return str(cell) if isinstance(cell, str) else None


def _one_choice(text: str, known: Field) -> Reading:
    text = text.replace("\u00a0", " ").strip()
    if text in known.choices or known.any_choice or not known.choices:
        return Reading(text)
    wanted = _fold(text)
    names = [name for name in known.choices if _fold(name) == wanted or f"{name}.0" == text]
    if not names:
        names = [
            name for name, label in known.choices.items() if any(_fold(words) == wanted for words in label.values())
        ]
    if len(names) == 1:
        return Reading(names[0], healed=say("a label for a name"))
    listed = ", ".join(list(known.choices)[:12])
    what = "stands for several choices" if names else "is not among the choices"
    return Reading(
        fault=say(
            "is “{text}”, which {what} of {name}; those are {listed}",
            text=text[:80],
            what=what,
            name=known.name,
            listed=listed,
        )
    )


def _fold(text: str) -> str:
    return " ".join(text.translate(QUOTES).casefold().split())


def loosely_equal(one: str, other: Any, known: Field) -> bool:
    """Whether two values are the same but for spaces, line ends and kinds of quotes."""
    left, right = read_value(known.type, one), read_value(known.type, str(other))
    if left is not INVALID and right is not INVALID and write_text(left) == write_text(right):
        return True
    return " ".join(one.translate(QUOTES).split()) == " ".join(str(other).translate(QUOTES).split())
