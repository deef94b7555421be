"""The columns of an export and where their values come from."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from surveyapp.export.cells import Kind
from surveyapp.export.merge import MergedQuestion
from surveyapp.export.options import HeaderMode
from surveyapp.export.sheets import Role, SheetColumn, width_for
from surveyapp.export.source import Ask


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    `note` says in words what its values are where they are not the answer itself; `choice` is the choice it stands
    for.
    """

    name: str
    label: str
    kind: Kind
    role: Role = "answer"
    note: str = ""
    question: MergedQuestion | None = None
    choice: str = ""
    number_format: str = ""
    width: float = 0.0


@dataclass(frozen=True, slots=True)
class Feed:
    """Values asked for together and the columns that they fill.

    `make` turns the asked values into the value of the column, or a tuple of values where there are several columns;
    None hands the one value on.
    """

    asks: tuple[Ask, ...]
    columns: tuple[Column, ...]
    make: Callable[..., Any] | None = None


@dataclass(frozen=True, slots=True)
class TableLayout:
    """One sheet of answers: the submissions (`path` '') or the rows of one repeat.

    From the left: `feeds` (the first `keys` of them are keys), what is `carried` from the submission into each row of
    a repeat, and the `reasons` for missing answers. The names of the columns are unique.
    """

    title: str
    path: str
    parent: str
    label: str
    feeds: tuple[Feed, ...]
    keys: int
    carried: tuple[Feed, ...] = ()
    reasons: tuple[Feed, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns, in order."""
        return tuple(column for feed in (*self.feeds, *self.carried, *self.reasons) for column in feed.columns)


def sheet_columns(columns: Iterable[Column], headers: HeaderMode) -> tuple[SheetColumn, ...]:
    """The columns as a sheet shows them, with the header rows that were asked for."""
    shown = []
    for column in columns:
        both = (column.name, column.label)
        rows = {"name": both[:1], "label": both[1:], "both": both}[headers]
        width = column.width or width_for(rows, column.kind)
        shown.append(SheetColumn(rows, column.kind, width, column.role, column.number_format))
    return tuple(shown)
