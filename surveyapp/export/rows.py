"""Rows of the store to rows of the sheets, one pass, nothing held back."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from surveyapp.export.cells import AsSent, Gone, Row
from surveyapp.export.columns import Beside, Feed, TableLayout
from surveyapp.export.feeds import CODED
from surveyapp.export.merge import KeptPath
from surveyapp.export.missing import INVALID
from surveyapp.export.options import STATS, ExportOptions
from surveyapp.export.source import MOST_ASKS, Ask, ExportSource

_INDEX = re.compile(r"\[\d+\]")
_EXTRA = Ask("", "_extra")
_NUMBER = Ask("", "_submission_no")


def compile_shape(
    feeds: Sequence[Feed], further: Sequence[Ask] = ()
) -> tuple[tuple[Ask, ...], Callable[[Row], tuple[Any, ...]]]:
    """What to ask the store for, each thing once, and the function that makes a sheet row of a store row.

    What is asked for in `further` comes last.
    """
    asks = list(dict.fromkeys(ask for feed in feeds for ask in feed.asks))
    asks += [ask for ask in further if ask not in asks]
    place = {ask: index for index, ask in enumerate(asks)}
    scope: dict[str, Any] = {}
    parts = []
    for number, feed in enumerate(feeds):
        values = ", ".join(f"r[{place[ask]}]" for ask in feed.asks)
        if feed.make is not None:
            scope[f"f{number}"] = feed.make
            values = f"f{number}({values})"
        parts.append(f"*{values}" if len(feed.columns) > 1 else values)
    source = f"lambda r: ({''.join(f'{part}, ' for part in parts)})"
    shape: Callable[[Row], tuple[Any, ...]] = eval(compile(source, "<row shape>", "eval"), scope)
    return tuple(asks), shape


@dataclass(frozen=True, slots=True)
class _Target:
    """Where an unreadable answer shows: its first column, and the column of its reason (-1 = none), which may be it."""

    column: int
    reason: int


class Extras:
    """Puts answers that no typed column could take where the reader finds them.

    Raw: back into their cell, as sent. Clean: the cell stays empty and its reason column says `invalid`, or the cell
    itself in files that have codes for that; the text stays in `_extra`.
    """

    def __init__(self, table: TableLayout, options: ExportOptions, kept_path: KeptPath) -> None:
        self._raw = options.kind == "raw"
        self._kept_path = kept_path
        self._targets: dict[str, _Target] = {}
        self._extra_column = -1
        firsts: dict[str, int] = {}
        reasons: dict[str, int] = {}
        own = [column for feed in (*table.feeds, *table.reasons) for column in feed.columns]
        for index, column in enumerate(own):
            if column.known == "_extra":
                self._extra_column = index
            elif column.question is not None:
                (reasons if column.role == "reason" else firsts).setdefault(column.question.path, index)
                if options.format in STATS and column.question.type in CODED:
                    reasons.setdefault(column.question.path, index)
        for path, index in firsts.items():
            self._targets[path] = _Target(index, reasons.get(path, -1))

    def apply(self, row: Row, texts: Mapping[str, str]) -> tuple[Any, ...]:
        """`row` with `texts`, by path with repeat indices, in place."""
        cells = list(row)
        left = dict(texts)
        for path, text in texts.items():
            target = self._targets.get(self._kept_path(_INDEX.sub("", path)))
            if target is None:
                continue
            if self._raw:
                cells[target.column] = AsSent(text)
                del left[path]
            elif target.reason >= 0:
                cells[target.reason] = INVALID if target.reason != target.column else Gone(INVALID)
        if self._extra_column >= 0 and self._raw:
            cells[self._extra_column] = json.dumps(left, ensure_ascii=False, sort_keys=True) if left else None
        return tuple(cells)


def _ask(give: Callable[[Sequence[Ask]], Iterator[Row]], asks: Sequence[Ask]) -> Iterator[Row]:
    """The rows with all that was asked for, of a form wider than one query: several iterators side by side."""
    if len(asks) <= MOST_ASKS:
        return give(asks)
    parts = [give(asks[start : start + MOST_ASKS]) for start in range(0, len(asks), MOST_ASKS)]
    return (tuple(chain.from_iterable(found)) for found in zip(*parts, strict=True))


def main_rows(source: ExportSource, table: TableLayout, options: ExportOptions) -> Iterator[tuple[Any, ...]]:
    """The rows of the sheet of submissions."""
    asks, shape = compile_shape((*table.feeds, *table.reasons), (_EXTRA, _NUMBER))
    extra, number = asks.index(_EXTRA), asks.index(_NUMBER)
    beside = [_SideBySide(source, one, options) for one in table.beside]
    extras, numbers = Extras(table, options, source.kept_path), _find_numbers(table)
    for count, row in enumerate(_ask(lambda some: source.main_rows(some, options.selection), asks), 1):
        shaped = shape(row)
        if numbers:
            shaped = _numbered(shaped, numbers, (count,))
        if row[extra] is not None:
            shaped = extras.apply(shaped, json.loads(row[extra]))
        for one in beside:
            shaped += one.of(row[number])
        yield shaped


def _find_numbers(table: TableLayout) -> list[int]:
    """The places of the columns that rows are numbered into: of the row, and of the row around it."""
    known = [column.known for feed in table.feeds[: table.keys] for column in feed.columns]
    return [known.index(name) for name in ("_index", "_parent_index") if name in known]


def _numbered(row: Row, places: Sequence[int], numbers: Sequence[int]) -> tuple[Any, ...]:
    cells = list(row)
    for place, number in zip(places, numbers, strict=True):
        cells[place] = number
    return tuple(cells)


class _SideBySide:
    """The first rows of a repeat, in the row of their submission; read beside the submissions, in the same order."""

    def __init__(self, source: ExportSource, beside: Beside, options: ExportOptions) -> None:
        asks, self._shape = compile_shape(beside.feeds, (_NUMBER,))
        self._number = asks.index(_NUMBER)
        self._rows = iter(_ask(lambda some: source.repeat_rows(beside.path, some, options.selection), asks))
        self._next: Row | None = next(self._rows, None)
        self._cells = len(beside.columns)

    def of(self, number: int) -> tuple[Any, ...]:
        """The cells of the submission of that number; None where it has fewer rows."""
        cells: list[Any] = []
        while self._next is not None and self._next[self._number] <= number:
            if self._next[self._number] == number and len(cells) < self._cells:
                cells += self._shape(self._next)
            self._next = next(self._rows, None)
        return (*cells, *(None,) * (self._cells - len(cells)))


def repeat_rows(source: ExportSource, table: TableLayout, options: ExportOptions) -> Iterator[tuple[Any, ...]]:
    """The rows of the sheet of a repeat, with what is copied from their submission."""
    key = (_NUMBER, Ask("", "_parent_row_key"), Ask("", "_ordinal"))
    asks, shape = compile_shape((*table.feeds, *table.reasons), key)
    reasons = sum(len(feed.columns) for feed in table.feeds)
    places = [asks.index(ask) for ask in key]
    extras = Extras(table, options, source.kept_path)
    around, numbers = _Around(source, table, options), _find_numbers(table)
    for count, row in enumerate(_ask(lambda some: source.repeat_rows(table.path, some, options.selection), asks), 1):
        number, parent_key, ordinal = (row[place] for place in places)
        around.move_to(number)
        shaped = shape(row)
        if numbers:
            shaped = _numbered(shaped, numbers, (count, around.number_of(parent_key)))
        if around.texts:
            texts = around.texts_of(parent_key, ordinal)
            shaped = extras.apply(shaped, texts) if texts else shaped
        yield shaped[:reasons] + around.carried + shaped[reasons:]


class _Around:
    """What stands around the rows of a repeat: their submission, and for nested repeats the rows that they lie in.

    Reads the submissions and the outer repeats beside the rows, in the same order, one submission at a time.
    """

    def __init__(self, source: ExportSource, table: TableLayout, options: ExportOptions) -> None:
        asks, self._shape = compile_shape(table.carried, (_NUMBER, _EXTRA))
        self._number, self._extra = asks.index(_NUMBER), asks.index(_EXTRA)
        self._main = source.main_rows(asks, options.selection)
        self._at = -1
        self._count = 0
        self._kept_path = source.kept_path
        self._steps = _steps(source, table)
        self._outer = [_Outer(source, step, options) for step in self._steps[:-1]]
        self.carried: tuple[Any, ...] = ()
        self.texts: dict[str, str] = {}

    def move_to(self, number: int) -> None:
        """Stand at the submission of that number."""
        while self._at < number:
            row = next(self._main, None)
            if row is None:
                raise LookupError(f"the snapshot has repeat rows of submission {number}, but not the submission")
            self._at = row[self._number]
            self._count += 1
            if self._at == number:
                self.carried = self._shape(row)
                self.texts = json.loads(row[self._extra]) if row[self._extra] is not None else {}
        for outer in self._outer:
            outer.move_to(number)

    def number_of(self, parent_key: str) -> int:
        """The number that the row around the one at hand has in its sheet."""
        return self._outer[-1].rows[parent_key][2] if self._outer else self._count

    def texts_of(self, parent_key: str, ordinal: int) -> dict[str, str]:
        """The unreadable answers of one row of the repeat, of those of its submission."""
        ordinals = [ordinal]
        for outer in reversed(self._outer):
            ordinals.append(outer.rows[parent_key][1])
            parent_key = outer.rows[parent_key][0]
        wanted = list(reversed(ordinals))
        return {path: text for path, text in self.texts.items() if self._indices(path) == wanted}

    def _indices(self, path: str) -> list[int]:
        """The repeat indices in `path` if it lies in this repeat and in none inside it, else an empty list."""
        generic = self._kept_path(_INDEX.sub("", path))
        inside = generic.startswith(self._steps[-1] + "/")
        return [int(index[1:-1]) for index in _INDEX.findall(path)] if inside else []


class _Outer:
    """The rows of an outer repeat that belong to the submission at hand: key to (parent key, position, number)."""

    def __init__(self, source: ExportSource, path: str, options: ExportOptions) -> None:
        asks = (_NUMBER, Ask("", "_row_key"), Ask("", "_parent_row_key"), Ask("", "_ordinal"))
        self._source = iter(source.repeat_rows(path, asks, options.selection))
        self._next: Row | None = next(self._source, None)
        self.rows: dict[str, tuple[str, int, int]] = {}
        self._at = -1
        self._count = 0

    def move_to(self, number: int) -> None:
        """Hold the rows of the submission of that number."""
        if self._at == number:
            return
        self._at = number
        self.rows.clear()
        while self._next is not None and self._next[0] <= number:
            self._count += 1
            if self._next[0] == number:
                self.rows[self._next[1]] = (self._next[2], self._next[3], self._count)
            self._next = next(self._source, None)


def _steps(source: ExportSource, table: TableLayout) -> list[str]:
    """The repeats around and including `table`, outermost first."""
    newest = {}
    for version in source.versions:
        for repeat in version.definition.repeats:
            outer = version.definition.repeat_of[repeat.path]
            newest[source.kept_path(repeat.path)] = source.kept_path(outer) if outer else ""
    steps, path = [], table.path
    while path:
        steps.append(path)
        path = newest[path]
    return steps[::-1]


def chunks(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """`rows` in lists of at most `size`."""
    chunk: list[Row] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
