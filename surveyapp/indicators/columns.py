"""Columns of answers: values, and for each missing one the reason why it is missing.

Reasons are small whole numbers whose order matters: where several answers that go into one figure are missing, the
figure carries the largest of their reasons. Arithmetic between columns follows from it: values are NaN where missing,
reasons the maximum of both sides, so that the order of the terms never matters.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.float64]
Reasons: TypeAlias = NDArray[np.uint8]
Mask: TypeAlias = NDArray[np.bool_]
Kind: TypeAlias = Literal["number", "choice", "choices", "text"]


class Reason(IntEnum):
    """Why a value is missing; GIVEN where it is not."""

    GIVEN = 0
    NOT_APPLICABLE = 1
    NOT_ASKED = 2
    BLANK = 3
    DONT_KNOW = 4
    REFUSED = 5
    INVALID = 6
    UNDEFINED = 7
    NOT_FITTED = 8
    NOT_IN_VERSION = 9


REASON_NAMES: Final[Mapping[Reason, str]] = {
    Reason.GIVEN: "",
    Reason.NOT_APPLICABLE: "na",
    Reason.NOT_ASKED: "not_asked",
    Reason.BLANK: "blank",
    Reason.DONT_KNOW: "dk",
    Reason.REFUSED: "rf",
    Reason.INVALID: "invalid",
    Reason.UNDEFINED: "undefined",
    Reason.NOT_FITTED: "not_fitted",
    Reason.NOT_IN_VERSION: "not_in_version",
}

NUMBER_CODES: Final[Mapping[float, Reason]] = {-98: Reason.DONT_KNOW, -99: Reason.REFUSED}
CHOICE_CODES: Final[Mapping[str, Reason]] = {"dk": Reason.DONT_KNOW, "rf": Reason.REFUSED}
MOST_TICKS: Final = 64
_NUMBERS: Final = frozenset({int, float})


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """`n` values with `n` reasons.

    `values` is float64 with NaN where missing, for numbers; a place in `levels` (-1 where missing) for a choice; one
    bit a level (bit 0 = the first level) for several choices (`ticks`). `constant` marks a score whose goalposts
    coincide: it is 0 for all and left out of means.
    """

    values: NDArray[Any]
    reasons: Reasons
    levels: tuple[str, ...] = ()
    ticks: bool = False
    constant: bool = False

    def __len__(self) -> int:
        return len(self.reasons)

    @property
    def given(self) -> Mask:
        """Where there is a value."""
        found: Mask = self.reasons == 0
        return found

    def __add__(self, other: "Column | float") -> "Column":
        return _combine(np.add, self, other)

    def __sub__(self, other: "Column | float") -> "Column":
        return _combine(np.subtract, self, other)

    def __rsub__(self, other: float) -> "Column":
        return Column(other - self.values, self.reasons)

    def __mul__(self, other: "Column | float") -> "Column":
        return _combine(np.multiply, self, other)

    def __truediv__(self, other: "Column | float") -> "Column":
        """Division; by 0 it is undefined, never infinite."""
        if not isinstance(other, Column):
            return Column(self.values / other, self.reasons)
        zero = other.values == 0
        with np.errstate(divide="ignore", invalid="ignore"):
            found = _combine(np.divide, self, other)
        return with_reason(found, zero & found.given, Reason.UNDEFINED) if zero.any() else found

    __radd__ = __add__
    __rmul__ = __mul__

    def holds(self, test: Callable[[NDArray[Any]], NDArray[Any]]) -> "Column":
        """1 where `test` holds for the value, 0 where it does not, missing where the value is."""
        return as_flag(test(self.values), self.reasons)

    def below(self, limit: "Column | float") -> "Column":
        """1 where strictly below the limit."""
        return _compare(np.less, self, limit)

    def at_most(self, limit: "Column | float") -> "Column":
        """1 where at or below the limit."""
        return _compare(np.less_equal, self, limit)

    def above(self, limit: "Column | float") -> "Column":
        """1 where strictly above the limit."""
        return _compare(np.greater, self, limit)

    def at_least(self, limit: "Column | float") -> "Column":
        """1 where at or above the limit."""
        return _compare(np.greater_equal, self, limit)

    def capped(self, most: float) -> "Column":
        """No more than `most`."""
        return Column(np.minimum(self.values, most), self.reasons)

    def known(self, value: float) -> Mask:
        """Where the value is present and equal to `value`."""
        found: Mask = self.given & (self.values == value)
        return found

    def rows(self, which: slice | NDArray[Any]) -> "Column":
        """Some of the rows."""
        return replace(self, values=_pick(self.values, which), reasons=_pick(self.reasons, which))


def _pick(array: NDArray[Any], which: slice | NDArray[Any]) -> NDArray[Any]:
    """Some of an array; what holds one value for all rows goes on to do so."""
    if isinstance(which, slice) or array.strides != (0,):
        return array[which]
    count = int(np.count_nonzero(which)) if which.dtype == np.bool_ else len(which)
    return np.broadcast_to(array[:1], count)


def _combine(operation: Callable[..., NDArray[Any]], left: Column, right: "Column | float") -> Column:
    if isinstance(right, Column):
        return Column(operation(left.values, right.values), np.maximum(left.reasons, right.reasons))
    return Column(operation(left.values, right), left.reasons)


def _compare(operation: Callable[..., NDArray[Any]], left: Column, right: "Column | float") -> Column:
    if isinstance(right, Column):
        return as_flag(operation(left.values, right.values), np.maximum(left.reasons, right.reasons))
    return as_flag(operation(left.values, right), left.reasons)


def as_flag(holds: NDArray[Any], reasons: Reasons) -> Column:
    """1 where it holds, 0 where not, missing for these reasons."""
    values = holds.astype(np.float64)
    if reasons.any():
        values[reasons != 0] = np.nan
    return Column(values, reasons)


def full(n: int, value: float) -> Column:
    """The same number for all."""
    return Column(np.full(n, value, dtype=np.float64), np.zeros(n, np.uint8))


def missing(n: int, reason: Reason) -> Column:
    """Missing for all, for one reason."""
    return Column(np.full(n, np.nan), np.full(n, reason, np.uint8))


def of_mask(mask: Mask) -> Column:
    """0 and 1, none missing."""
    return Column(mask.astype(np.float64), np.zeros(len(mask), np.uint8))


def with_reason(column: Column, where: Mask, reason: Reason) -> Column:
    """The numbers made missing, for that reason, where the mask says so."""
    if not where.any():
        return column
    values, reasons = column.values.copy(), column.reasons.copy()
    values[where] = np.nan
    reasons[where] = reason
    return replace(column, values=values, reasons=reasons)


def with_value(column: Column, where: Mask, value: float) -> Column:
    """The numbers set to a value where the mask says so."""
    if not where.any():
        return column
    values, reasons = column.values.copy(), column.reasons.copy()
    values[where] = value
    reasons[where] = 0
    return replace(column, values=values, reasons=reasons)


def choose(where: Mask, yes: Column, no: Column) -> Column:
    """Row by row the one or the other."""
    return Column(np.where(where, yes.values, no.values), np.where(where, yes.reasons, no.reasons))


def one_of(column: Column, names: Iterable[str]) -> Column:
    """1 where the choice is one of `names`."""
    wanted = [column.levels.index(name) for name in names if name in column.levels]
    if len(wanted) == 1:
        return as_flag(column.values == wanted[0], column.reasons)
    return as_flag(np.isin(column.values, wanted), column.reasons)


def is_choice(column: Column, names: Iterable[str]) -> Mask:
    """Where the choice is known to be one of `names`."""
    found: Mask = one_of(column, names).values == 1
    return found


def valued(column: Column, table: Mapping[str, float]) -> Column:
    """The number that `table` gives each choice; a choice that it lacks is INVALID."""
    by_place = np.array([*(table.get(level, np.nan) for level in column.levels), np.nan])
    values = by_place[column.values]
    unknown = np.isnan(values) & column.given
    found = Column(values, column.reasons)
    return with_reason(found, unknown, Reason.INVALID) if unknown.any() else found


def with_levels(column: Column, levels: Sequence[str]) -> Column:
    """A choice column with its levels in this order; choices that are not among them come after."""
    names = (*levels, *(level for level in column.levels if level not in levels))
    places = np.array([*(names.index(level) for level in column.levels), -1], np.int32)
    return Column(places[column.values], column.reasons, names)


def ticked(column: Column, names: Iterable[str]) -> Column:
    """1 where at least one of `names` is among the ticks."""
    return as_flag((column.values & _bits(column, names)) != 0, column.reasons)


def count_ticks(column: Column, without: Iterable[str] = ("none",)) -> Column:
    """How many choices are ticked, `none` not counted."""
    kept = ~_bits(column, without)
    values = np.bitwise_count(column.values & kept).astype(np.float64)
    if column.reasons.any():
        values[column.reasons != 0] = np.nan
    return Column(values, column.reasons)


def count_among(column: Column, names: Iterable[str]) -> Column:
    """How many of `names` are ticked."""
    values = np.bitwise_count(column.values & _bits(column, names)).astype(np.float64)
    return Column(np.where(column.given, values, np.nan), column.reasons)


def _bits(column: Column, names: Iterable[str]) -> np.uint64:
    return np.uint64(sum(1 << column.levels.index(name) for name in names if name in column.levels))


def read_numbers(
    answers: Sequence[Any],
    *,
    codes: Mapping[float, Reason] = NUMBER_CODES,
    lowest: float | None = 0.0,
    highest: float | None = None,
    allowed: Sequence[float] = (),
) -> Column:
    """Typed answers as numbers: int, float or numeric text (`dk` and `rf` too); None is blank, a `Reason` itself.

    A value below `lowest` or above `highest`, or outside `allowed` where that is given, is INVALID.
    """
    # Most answers are numbers already: what has to be looked at one by one is the rest.
    others = [place for place, answer in enumerate(answers) if type(answer) not in _NUMBERS]
    numbers, reasons = list(answers), np.zeros(len(answers), np.uint8)
    for place in others:
        numbers[place] = _as_number(answers[place])
    reasons[others] = [_reason_of(answers[place], CHOICE_CODES) for place in others]
    values = np.array(numbers, dtype=np.float64)
    for code, reason in codes.items():
        reasons[values == code] = reason
    given = reasons == 0
    wrong = given & ~np.isfinite(values)
    if lowest is not None:
        wrong |= given & (values < lowest)
    if highest is not None:
        wrong |= given & (values > highest)
    if allowed:
        wrong |= given & ~np.isin(values, allowed)
    reasons[wrong] = Reason.INVALID
    values[reasons != 0] = np.nan
    return Column(values, reasons)


def _as_number(answer: Any) -> float:
    if answer is None or type(answer) is Reason:
        return np.nan
    try:
        return float(answer)
    except (TypeError, ValueError):
        return np.nan


def _reason_of(answer: Any, codes: Mapping[str, Reason]) -> Reason:
    if type(answer) is Reason:
        return answer
    if answer is None or answer == "":
        return Reason.BLANK
    return codes.get(answer.lower(), Reason.GIVEN) if isinstance(answer, str) else Reason.GIVEN


def read_choices(answers: Sequence[Any], codes: Mapping[str, Reason] = CHOICE_CODES) -> Column:
    """Names of one choice each; those among `codes`, in lower case, are reasons. The levels are the names in the order
    in which they are met.
    """
    places: dict[str, int] = {}
    found = []
    for answer in answers:
        place = places.get(answer) if type(answer) is str else None
        if place is not None:
            found.append(place)
        elif isinstance(answer, str) and not _reason_of(answer, codes):
            found.append(places.setdefault(answer, len(places)))
        else:
            found.append(-1 - (_reason_of(answer, codes) or Reason.INVALID))
    values = np.array(found, np.int32)
    reasons = np.where(values < 0, -1 - values, 0).astype(np.uint8)
    return Column(np.maximum(values, -1), reasons, tuple(places))


def only_named(column: Column, names: Sequence[str]) -> Column:
    """The same choices; one that is not among `names` is INVALID, for nobody has said what it means."""
    strange = [place for place, level in enumerate(column.levels) if level not in names]
    if not strange:
        return column
    wrong = np.isin(column.values, strange)
    reasons = np.where(wrong, np.uint8(Reason.INVALID), column.reasons)
    return Column(np.where(wrong, np.int32(-1), column.values), reasons, column.levels)


def read_ticks(answers: Sequence[Any], codes: Mapping[str, Reason] = CHOICE_CODES) -> Column:
    """Names of several choices each, one space between them. Only what is among `codes` is missing; `none` is an
    answer.

    Raises ValueError beyond 64 different choices: such a list is no list of ticks.
    """
    places: dict[str, int] = {}
    values = np.zeros(len(answers), np.uint64)
    reasons = np.zeros(len(answers), np.uint8)
    known: dict[str, tuple[int, Reason]] = {}
    for row, answer in enumerate(answers):
        if isinstance(answer, str) and answer:
            if answer not in known:
                known[answer] = _bits_and_reason(answer.split(), places, codes)
            values[row], reasons[row] = known[answer]
        else:
            reasons[row] = _reason_of(answer, codes) or Reason.INVALID
    return Column(values, reasons, tuple(places), ticks=True)


def _bits_and_reason(names: Sequence[str], places: dict[str, int], codes: Mapping[str, Reason]) -> tuple[int, Reason]:
    bits, reason = 0, Reason.BLANK
    for name in names:
        if name.lower() in codes:
            reason = max(reason, codes[name.lower()])
            continue
        place = places.setdefault(name, len(places))
        if place >= MOST_TICKS:
            raise ValueError(f"More than {MOST_TICKS} different choices were ticked; '{name}' is one too many.")
        bits |= 1 << place
    return (bits, Reason.GIVEN) if bits else (0, reason)


def texts_of(column: Column) -> list[str]:
    """The names of a choice column, '' where missing."""
    names = [*column.levels, ""]
    return [names[place] for place in column.values]


def capped_share(column: Column, cap: float) -> Column:
    """min(x, cap)/cap: a count as a score from 0 to 1."""
    return Column(np.minimum(column.values, cap) / cap, column.reasons)
