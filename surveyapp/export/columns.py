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
    for. `known` is the part of what we know of the submission or row that it shows, as in
    `surveyapp.export.source.MAIN_PARTS`, '' for an answer; names may change, this does not.
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
    known: str = ""


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
class Beside:
    """The first `count` rows of the repeat at `path` side by side: the columns of `feeds`, `count` times over."""

    path: str
    feeds: tuple[Feed, ...]
    count: int
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class TableLayout:
    """One sheet of answers: the submissions (`path` '') or the rows of one repeat.

    From the left: `feeds` (the first `keys` of them are keys), what is `carried` from the submission into each row of
    a repeat, the `reasons` for missing answers, and rows of repeats `beside` their submission. The names of the columns
    are unique.
    """

    title: str
    path: str
    parent: str
    label: str
    feeds: tuple[Feed, ...]
    keys: int
    carried: tuple[Feed, ...] = ()
    reasons: tuple[Feed, ...] = ()
    beside: tuple[Beside, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns, in order."""
        parts: tuple[Feed | Beside, ...] = (*self.feeds, *self.carried, *self.reasons, *self.beside)
        return tuple(column for part in parts for column in part.columns)


def sheet_columns(
    columns: Iterable[Column], headers: HeaderMode, sections: Callable[[Column], str] | None = None
) -> tuple[SheetColumn, ...]:
    """The columns as a sheet shows them, with the header rows that were asked for.

    `sections` gives the words of a row above them: which group of the form a column belongs to.
    """
    shown = []
    for column in columns:
        both = (column.name, column.label)
        rows = {"name": both[:1], "label": both[1:], "both": both, "hidden": both, "comment": both[:1]}[headers]
        width = column.width or width_for(rows, column.kind)
        above = (sections(column),) if sections is not None else ()
        comment = column.label if headers == "comment" else ""
        shown.append(SheetColumn((*above, *rows), column.kind, width, column.role, column.number_format, comment))
    return tuple(shown)
