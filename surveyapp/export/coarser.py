"""The cells of a table made coarser, column by column, as the protection says."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from surveyapp.disclosure.classes import suggest_top
from surveyapp.disclosure.generalise import MERGED, RARE, Limits, Tails, month_of, rare_codes, shifted
from surveyapp.disclosure.places import FEWEST_HOUSEHOLDS, ROUNDED, Centroid, displaced
from surveyapp.disclosure.protection import Protection
from surveyapp.disclosure.pseudonyms import pseudonym
from surveyapp.export.cells import AsSent, Gone, Kind, Row
from surveyapp.export.columns import Column, Feed, TableLayout
from surveyapp.export.merge import MergedQuestion

_KEYS: Final = frozenset({"_instance_id", "_row_key", "_parent_row_key", "_enumerator"})

# A cell from its row.
Convert = Callable[[Row], Any]


@dataclass(slots=True)
class Learned:
    """What the first look told, by path of the question; rows of repeats carry what was learned of submissions."""

    tails: dict[str, Tails] = field(default_factory=dict)
    limits: dict[str, Limits] = field(default_factory=dict)
    codes: dict[str, Counter[str]] = field(default_factory=dict)
    rare: dict[str, frozenset[str]] = field(default_factory=dict)
    ticks: dict[tuple[str, str], int] = field(default_factory=dict)
    villages: dict[Any, Centroid] = field(default_factory=dict)


@dataclass(slots=True)
class _Cell:
    """One column that goes out: its shape, its value, and what was done to it in words."""

    column: Column
    convert: Convert
    measure: Callable[[], str]


class Coarser:
    """The columns of one table. First `expect`, then `learn` from each row, `settle`, then `apply`."""

    def __init__(self, table: TableLayout, protection: Protection, secret: bytes, learned: Learned) -> None:
        self._table = table
        self._protection = protection
        self._secret = secret
        self._learned = learned
        # Those of the table itself come first; what is carried from the submission was learned there.
        self._own = range(sum(len(feed.columns) for feed in table.feeds))
        self._who = next(place for place, column in enumerate(table.columns) if column.known == "_instance_id")
        self._learners: list[Callable[[Row], None]] = []
        self._count = 0
        self._tailed: list[tuple[int, str]] = []
        self._cells = [self._cell(place, column) for place, column in enumerate(table.columns)]

    def protected(self, table: TableLayout) -> TableLayout:
        """The table with the columns as they go out."""
        columns = iter(cell.column for cell in self._cells)

        def shaped(feeds: tuple[Feed, ...]) -> tuple[Feed, ...]:
            return tuple(replace(feed, columns=tuple(next(columns) for _ in feed.columns)) for feed in feeds)

        feeds, carried, reasons = shaped(table.feeds), shaped(table.carried), shaped(table.reasons)
        return replace(table, feeds=feeds, carried=carried, reasons=reasons)

    def expect(self, count: int) -> None:
        """How many rows there are."""
        for place, path in self._tailed:
            if place in self._own:
                self._learned.tails[path] = Tails(count)

    def learn(self, row: Row) -> None:
        """Look at a row."""
        for learner in self._learners:
            learner(row)

    def settle(self) -> None:
        """All rows were seen."""
        for path, tails in self._learned.tails.items():
            self._learned.limits[path] = tails.limits()
        self._learned.tails.clear()
        for path, counts in self._learned.codes.items():
            self._learned.rare[path] = rare_codes(counts)

    def apply(self, row: Row) -> tuple[Any, ...]:
        """The row as it goes out."""
        return tuple(cell.convert(row) for cell in self._cells)

    def measures(self) -> Iterator[tuple[str, str]]:
        """(column, what was done) where something was."""
        for cell in self._cells:
            if words := cell.measure():
                yield cell.column.name, words

    def _cell(self, place: int, column: Column) -> _Cell:
        question, secret = column.question, self._secret
        if column.known in _KEYS:
            return _made(column, lambda row: _pseudonym(secret, row[place]), "pseudonym", kind="text")
        if column.kind in ("date", "datetime") and (question is None or self._pii(question) != "none"):
            return self._day(place, column)
        if question is None or column.role == "reason":
            return _made(column, lambda row: row[place])
        if self._pii(question) == "direct" and question.type != "geopoint":
            # Without the choices, whose labels may be names.
            nameless = replace(column, question=replace(question, choices=()))
            return _made(
                nameless, lambda row: _pseudonym(secret, row[place]), "pseudonym", kind="text", note="pseudonym"
            )
        return self._answer(place, column, question)

    def _answer(self, place: int, column: Column, question: MergedQuestion) -> _Cell:
        if question.type == "geopoint":
            return self._position(place, column, question)
        if self._pii(question) == "none" or column.kind == "text":
            return _made(column, lambda row: _typed(row[place]))
        if question.type == "select_multiple" and column.choice:
            return self._tick(place, column, question)
        if question.type == "select_one":
            return self._code(place, column, question)
        if column.kind in ("int", "float") and not column.choice:
            return self._number(place, column, question)
        return _made(column, lambda row: _typed(row[place]))

    def _pii(self, question: MergedQuestion) -> str:
        return self._protection.classes[question.path]

    def _day(self, place: int, column: Column) -> _Cell:
        if self._protection.dates == "month":
            return _made(column, lambda row: _month(row[place]), "month alone", kind="code", note="year and month")

        def shift(row: Row) -> Any:
            value = row[place]
            return shifted(self._secret, row[self._who], value) if isinstance(value, date) else None

        return _made(column, shift, "moved by a number of days of the household's own")

    def _number(self, place: int, column: Column, question: MergedQuestion) -> _Cell:
        path, limits = question.path, self._learned.limits
        labels = [text for _, one in question.every for text in one.label.values()]
        top = self._protection.tops.get(path, suggest_top(question.newest.name, labels))
        if top is not None:
            highest: int = top

            def capped(row: Row) -> Any:
                value = _typed(row[place])
                return value if value is None or isinstance(value, Gone) else min(value, highest)

            return _made(column, capped, f"{top} stands for {top} and more", note=f"{top} = {top} and more")

        def coarse(row: Row) -> Any:
            value = _typed(row[place])
            return value if value is None or isinstance(value, Gone) else limits[path].apply(value)

        self._tailed.append((place, path))
        if place in self._own:
            self._learners.append(lambda row: _add(self._learned.tails[path], row[place]))
        return _made(column, coarse, "beyond the 0.5 % at either end: the mean of that tail", kind="float")

    def _code(self, place: int, column: Column, question: MergedQuestion) -> _Cell:
        if self._pii(question) != "indirect":
            return _made(column, lambda row: row[place])
        path, learned = question.path, self._learned
        if place in self._own:
            counts = learned.codes.setdefault(path, Counter())
            self._learners.append(lambda row: counts.update(() if _is_no_code(row[place]) else (row[place],)))

        def told() -> str:
            rare = learned.rare.get(path)
            return f"{MERGED} stands for codes of fewer than {RARE} answers: {', '.join(sorted(rare))}" if rare else ""

        def merged(row: Row) -> Any:
            value = row[place]
            return MERGED if value in learned.rare[path] and not _is_no_code(value) else value

        return _Cell(column, merged, told)

    def _tick(self, place: int, column: Column, question: MergedQuestion) -> _Cell:
        key, ticks = (question.path, column.choice), self._learned.ticks
        if place in self._own:
            ticks[key] = 0

            def count(row: Row) -> None:
                ticks[key] += row[place] == 1

            self._learners.append(count)

        def is_rare() -> bool:
            return 0 < ticks[key] < RARE

        words = f"fewer than {RARE} answers tick it: left empty"
        return _Cell(column, lambda row: None if is_rare() else row[place], lambda: words if is_rare() else "")

    def _position(self, place: int, column: Column, question: MergedQuestion) -> _Cell:
        both = [n for n, one in enumerate(self._table.columns) if one.question is question and one.role == column.role]
        latitude, longitude = both[:2]
        part = 0 if place == latitude else 1
        village, urban = (
            self._place_of(self._protection.village),
            self._place_of(self._protection.urban[0] if self._protection.urban else ""),
        )
        towns = self._protection.urban[1] if self._protection.urban else ()
        mode, villages, secret = self._protection.places, self._learned.villages, self._secret
        if part == 0 and village >= 0 and place in self._own and mode != "round":
            self._learners.append(lambda row: _add_place(villages, row[village], row[latitude], row[longitude]))

        def convert(row: Row) -> Any:
            where = row[latitude], row[longitude]
            if not all(isinstance(number, int | float) for number in where):
                return None
            if mode == "round":
                return round(where[part], ROUNDED)
            who = str(row[self._who])
            if village >= 0 and row[village] is not None:
                where, who = villages[row[village]].position, f"village {row[village]}"
            if mode == "centroid":
                known = village >= 0 and row[village] is not None
                return where[part] if known and villages[row[village]].count >= FEWEST_HOUSEHOLDS else None
            return displaced(secret, who, *where, urban=urban >= 0 and row[urban] in towns)[part]

        return _made(column, convert, _PLACES[mode], kind="float")

    def _place_of(self, path: str) -> int:
        for place, column in enumerate(self._table.columns):
            if path and column.question is not None and column.question.path == path and column.role == "answer":
                return place
        return -1


_PLACES: Final = {
    "round": f"rounded to {ROUNDED} decimals (about 1 km)",
    "centroid": f"the middle of the village's positions; empty where it has fewer than {FEWEST_HOUSEHOLDS}",
    "displace": "moved by the rule of DHS: up to 2 km in towns, 5 km in the country, 10 km for one in a hundred there",
}


def _made(column: Column, convert: Convert, words: str = "", *, kind: Kind | None = None, note: str = "") -> _Cell:
    shape = replace(column, kind=kind or column.kind, note=note or column.note)
    if kind is not None and kind != column.kind:
        shape = replace(shape, number_format="", width=0.0)
    return _Cell(shape, convert, lambda: words)


def _pseudonym(secret: bytes, value: Any) -> str | None:
    return None if value is None else pseudonym(secret, str(value))


def _month(value: Any) -> str | None:
    return month_of(value) if isinstance(value, date) else None


def _typed(value: Any) -> Any:
    """Text that a phone sent where a number was asked for may hold anything: it does not go out."""
    return None if isinstance(value, AsSent) and not isinstance(value, Gone) else value


def _is_no_code(value: Any) -> bool:
    return value is None or isinstance(value, Gone)


def _add(tails: Tails, value: Any) -> None:
    if isinstance(value, int | float) and value == value:
        tails.add(value)


def _add_place(villages: dict[Any, Centroid], village: Any, latitude: Any, longitude: Any) -> None:
    if village is not None and isinstance(latitude, int | float) and isinstance(longitude, int | float):
        villages.setdefault(village, Centroid()).add(latitude, longitude)
