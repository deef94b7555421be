"""The columns of an export and where their values come from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from surveyapp.export.cells import Kind
from surveyapp.export.merge import MergedQuestion
from surveyapp.export.sheets import Role
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
