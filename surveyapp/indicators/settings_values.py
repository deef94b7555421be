"""Readers of single settings: from JSON values to Python ones, with messages that say where and what instead."""

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

Read: TypeAlias = Callable[[Any, str], Any]
T = TypeVar("T")


class SettingsError(ValueError):
    """A setting that cannot be used. `where` is its path, as `mpi.indicators[2].weight`."""

    def __init__(self, where: str, message: str) -> None:
        super().__init__(f"{where}: {message}")
        self.where = where


def number(lowest: float = -math.inf, highest: float = math.inf) -> Read:
    """A finite number in a range."""

    def read(value: Any, where: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise SettingsError(where, f"a number is needed, not {value!r}.")
        if not lowest <= value <= highest:
            raise SettingsError(where, f"{value} lies outside {lowest} to {highest}.")
        return value

    return read


def whole(lowest: int = 0, highest: int = 10**9) -> Read:
    """A whole number in a range; 3.0 is one, since JSON does not tell it from 3."""

    def read(value: Any, where: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
            raise SettingsError(where, f"a whole number is needed, not {value!r}.")
        if not lowest <= value <= highest:
            raise SettingsError(where, f"{value} lies outside {lowest} to {highest}.")
        return int(value)

    return read


def flag(value: Any, where: str) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise SettingsError(where, f"true or false is needed, not {value!r}.")
    return value


def text(value: Any, where: str) -> str:
    """A text."""
    if not isinstance(value, str):
        raise SettingsError(where, f"a text is needed, not {value!r}.")
    return value


def one_from(*names: str) -> Read:
    """One of some words."""

    def read(value: Any, where: str) -> str:
        if value not in names:
            raise SettingsError(where, f"one of {', '.join(names)} is needed, not {value!r}.")
        return str(value)

    return read


def fraction(value: Any, where: str) -> Fraction:
    """An exact share above 0 and up to 1, as "1/3"; decimals are taken at their word ("0.2" is 1/5)."""
    try:
        found = Fraction(str(value))
    except (ValueError, ZeroDivisionError) as error:
        raise SettingsError(where, f'a share such as "1/3" is needed, not {value!r}.') from error
    if not 0 < found <= 1:
        raise SettingsError(where, f"{value} is not above 0 and at most 1.")
    return found


def several(read_one: Read, *, length: int | None = None) -> Read:
    """A list of one kind of thing, as a tuple."""

    def read(value: Any, where: str) -> tuple[Any, ...]:
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise SettingsError(where, f"a list is needed, not {value!r}.")
        if length is not None and len(value) != length:
            raise SettingsError(where, f"{length} values are needed, not {len(value)}.")
        return tuple(read_one(item, f"{where}[{place}]") for place, item in enumerate(value))

    return read


def rising(value: Any, where: str) -> tuple[float, ...]:
    """Numbers in rising order."""
    found: tuple[float, ...] = several(number())(value, where)
    if not found or any(left >= right for left, right in pairwise(found)):
        raise SettingsError(where, f"rising numbers are needed, not {list(found)}.")
    return found


def mapping_of(read_one: Read, known: Mapping[str, Any] | None = None) -> Read:
    """Things by name. With `known`, only these names, and what is not named keeps its default."""

    def read(value: Any, where: str) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            raise SettingsError(where, f"a mapping is needed, not {value!r}.")
        if known is not None and (strange := [str(name) for name in value if name not in known]):
            raise SettingsError(f"{where}.{strange[0]}", f"there is no such name; known are {', '.join(known)}.")
        found = {str(name): read_one(item, f"{where}.{name}") for name, item in value.items()}
        return MappingProxyType({**(known or {}), **found})

    return read
