"""Tables for SPSS (.sav) and Stata (.dta, version 14 and later), written by pyreadstat.

pyreadstat takes a table whole, so that these two formats alone hold a table in memory: 8 bytes a number, and a text
once where it recurs.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from surveyapp.export.cells import AsSent, Gone, Row
from surveyapp.export.choice_codes import MOST_SINGLE, REASON_CODES, is_register, list_name, number_reasons
from surveyapp.export.columns import Column, TableLayout
from surveyapp.export.extras import import_extra
from surveyapp.export.feeds import View
from surveyapp.export.merge import MergedQuestion
from surveyapp.export.missing import BLANKED, DONT_KNOW, INVALID, NOT_APPLICABLE, OTHER_CODE, REFUSED
from surveyapp.export.text import Tally

# Why there is no answer: the tag in Stata, and the words where the form has no label for it.
TAGS: Final[Mapping[str, str]] = {
    DONT_KNOW: "a",
    REFUSED: "b",
    NOT_APPLICABLE: "c",
    OTHER_CODE: "d",
    BLANKED: "e",
    INVALID: "f",
}
_WORDS: Final[Mapping[str, str]] = {
    DONT_KNOW: "don't know",
    REFUSED: "refused",
    NOT_APPLICABLE: "does not apply",
    OTHER_CODE: "other code",
    BLANKED: "emptied in cleaning",
    INVALID: "could not be read",
}
_NOT_LISTED: Final = "not in the list"
_STATA_LABEL = 80
_SPSS_LABEL = 255
_VALUE_LABEL = 120
# SPSS keeps 32,767 bytes of a text.
_SPSS_TEXT = 32_767
_STATA_VERSION = 14
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class _Variable:
    """A column for a statistics program.

    `codes` are the numbers of its choices, `labels` words for its values, `missing` the numbers of reasons.
    """

    column: Column
    kind: str
    codes: Mapping[str, int]
    labels: Mapping[int, str]
    missing: Mapping[str, int]


class StatsFiles:
    """`<title>.sav` or `<title>.dta`. `codes` are the numbers of the choices, by list and code."""

    def __init__(
        self, suffix: str, view: View, codes: Mapping[str, Mapping[str, int]], cut_off: datetime, tally: Tally
    ) -> None:
        self._suffix = suffix
        self._view = view
        self._codes = codes
        self._cut_off = cut_off
        self._tally = tally
        self._pandas = import_extra("pandas", "stats")
        self._pyreadstat = import_extra("pyreadstat", "stats")

    def write(self, folder: Path, table: TableLayout, rows: Iterator[Row]) -> list[Path]:
        """Hold the table, write it, and give it the date of the data: the same data, the same bytes."""
        variables = [self._variable(column) for column in table.columns]
        columns: list[list[Any]] = [[] for _ in variables]
        takers = [(values.append, self._taker(one)) for values, one in zip(columns, variables, strict=True)]
        for row in rows:
            for (append, take), value in zip(takers, row, strict=True):
                append(take(value))
        frame = self._pandas.DataFrame(
            {one.column.name: self._series(one, columns.pop(0)) for one in variables}, copy=False
        )
        path = folder / f"{table.title}.{self._suffix}"
        (self._write_sav if self._suffix == "sav" else self._write_dta)(frame, path, variables)
        return [path]

    def _variable(self, column: Column) -> _Variable:
        question, kind = column.question, column.kind
        if question is not None and question.type == "select_one" and not column.note and not is_register(question):
            return self._choice(column, question)
        if kind in ("int", "float") and question is not None and question.type in ("integer", "decimal"):
            missing = number_reasons(self._view, question)
            return _Variable(column, "number", {}, {code: _WORDS[reason] for reason, code in missing.items()}, missing)
        plain = (
            "number" if kind in ("int", "float", "bool") else kind if kind in ("date", "datetime", "time") else "text"
        )
        return _Variable(column, plain, {}, {}, {})

    def _choice(self, column: Column, question: MergedQuestion) -> _Variable:
        codes = self._codes.get(list_name(question), {})
        labels = {codes[choice.name]: self._view.choice_label(choice) for choice in question.choices}
        cleaned = question.path in (self._view.reasoned or ())
        other = REASON_CODES[OTHER_CODE]
        missing = {reason: code for reason, code in REASON_CODES.items() if cleaned or code in (*labels, other)}
        words = {code: _WORDS[reason] for reason, code in missing.items()}
        return _Variable(column, "choice", codes, {**words, other: _NOT_LISTED, **labels}, missing)

    def _taker(self, one: _Variable) -> Callable[[Any], Any]:
        missing = one.missing
        if one.kind == "choice":
            codes, other = one.codes, missing[OTHER_CODE]
            return lambda value: (
                None if value is None else missing.get(value) if isinstance(value, Gone) else codes.get(value, other)
            )
        if one.kind == "text":
            return self._text
        return lambda value: missing.get(value) if isinstance(value, Gone) else self._typed(value)

    def _typed(self, value: Any) -> Any:
        if isinstance(value, AsSent):
            self._tally.untyped += 1
            return None
        return value

    def _text(self, value: Any) -> str:
        """Neither program knows a text that is missing: it is empty there."""
        if value is None or isinstance(value, Gone):
            return ""
        text = str(value).replace("\x00", "\ufffd").encode(errors="replace").decode()
        if self._suffix == "sav" and len(text.encode()) > _SPSS_TEXT:
            self._tally.cut_spss += 1
            text = _clipped(text, _SPSS_TEXT)
        return text

    def _series(self, one: _Variable, values: list[Any]) -> Any:
        pandas = self._pandas
        if one.kind == "text":
            return pandas.Series(values, dtype=object)
        if one.kind == "datetime":
            return pandas.Series(values, dtype="datetime64[ms]")
        if one.kind in ("date", "time"):
            return pandas.Series(values, dtype=object)
        if self._suffix == "dta" and one.missing:
            tags = {code: TAGS[reason] for reason, code in one.missing.items()}
            return pandas.Series(
                [None if value is None else tags.get(value, float(value)) for value in values], dtype=object
            )
        return pandas.Series(values, dtype="float64")

    def _write_sav(self, frame: Any, path: Path, variables: list[_Variable]) -> None:
        self._pyreadstat.write_sav(
            frame,
            path,
            column_labels=[_clipped(one.column.label, _SPSS_LABEL) for one in variables],
            variable_value_labels=_value_labels(variables, lambda _, number: number),
            missing_ranges={one.column.name: _missing_ranges(one) for one in variables if one.missing},
            variable_measure={one.column.name: _measure(one) for one in variables},
            row_compress=True,
        )
        _date_sav(path, self._cut_off)

    def _write_dta(self, frame: Any, path: Path, variables: list[_Variable]) -> None:
        self._pyreadstat.write_dta(
            frame,
            path,
            version=_STATA_VERSION,
            column_labels=[_clipped_letters(one.column.label, _STATA_LABEL) for one in variables],
            variable_value_labels=_value_labels(variables, _tagged),
            missing_user_values={one.column.name: _tags(one) for one in variables if one.missing},
        )
        _date_dta(path, self._cut_off)


def _value_labels(variables: list[_Variable], code: Callable[[_Variable, int], Any]) -> dict[str, dict[Any, str]]:
    return {
        one.column.name: {code(one, number): _clipped(label, _VALUE_LABEL) for number, label in one.labels.items()}
        for one in variables
        if one.labels
    }


def _tagged(one: _Variable, number: int) -> Any:
    return next((TAGS[reason] for reason, code in one.missing.items() if code == number), number)


def _tags(one: _Variable) -> list[str]:
    return sorted(TAGS[reason] for reason in one.missing)


def _missing_ranges(one: _Variable) -> list[Any]:
    """Three single values, or the range of all where there are more."""
    codes = sorted(one.missing.values())
    return codes if len(codes) <= MOST_SINGLE else [{"lo": codes[0], "hi": codes[-1]}]


def _measure(one: _Variable) -> str:
    if one.kind in ("choice", "text") or one.column.choice:
        return "nominal"
    return "scale"


def _clipped(text: str, most: int) -> str:
    """At most `most` bytes of UTF-8, no letter torn."""
    return text.encode(errors="replace")[:most].decode(errors="ignore")


def _clipped_letters(text: str, most: int) -> str:
    return _clipped(text[:most], 4 * most)


def _date_sav(path: Path, moment: datetime) -> None:
    """The date of creation in the header of an SPSS file, which the writer takes from the clock."""
    text = f"{moment.day:02} {_MONTHS[moment.month - 1]} {moment.year % 100:02}{moment:%H:%M:%S}"
    with path.open("r+b") as file:
        file.seek(92)
        file.write(text.encode())


def _date_dta(path: Path, moment: datetime) -> None:
    """The time stamp in the header of a Stata file."""
    text = f"{moment.day:02} {_MONTHS[moment.month - 1]} {moment.year} {moment:%H:%M}"
    with path.open("r+b") as file:
        place = file.read(1_000).index(b"<timestamp>") + len(b"<timestamp>") + 1
        file.seek(place)
        file.write(text.encode())
