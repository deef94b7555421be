"""A submission while it is being cleaned: its cells, who changed them, and which a person has decided."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from surveyapp.clean.fields import Field, Questionnaire
from surveyapp.clean.records import CellKey, Row, Submission, is_same, write_text
from surveyapp.clean.trees import Plan, Tree
from surveyapp.findings import Finding

RowChangeKind: TypeAlias = Literal["remove_row", "move_row", "merge_row"]


class Author(NamedTuple):
    """Who changes cells: a rule (`rule:<id>@<version>`), the engine itself, or a row of the log (`log_id`)."""

    source: str
    reason: str = ""
    cascade: bool = False
    log_id: str = ""
    derived: bool = False


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row of a repeat that is gone, or now belongs to `target`."""

    row: Row
    kind: RowChangeKind
    author: Author
    target: str = ""


@dataclass(slots=True)
class Draft:
    """The state between raw and clean.

    `changed` holds the last author of each changed cell, `locked` the cells that a person decided, `unread` those with
    a text that their question's type cannot read, `touched` and `blocked` count by author.
    """

    form: Questionnaire
    plan: Plan
    submission: Submission
    rows: list[Row]
    locked: set[CellKey] = field(default_factory=set)
    unread: list[tuple[Row, str]] = field(default_factory=list)
    changed: dict[CellKey, Author] = field(default_factory=dict)
    row_changes: list[RowChange] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    touched: Counter[str] = field(default_factory=Counter)
    blocked: Counter[str] = field(default_factory=Counter)
    _tree: Tree | None = None

    @property
    def main(self) -> Row:
        """The main record."""
        return self.rows[0]

    def find_row(self, key: str) -> Row | None:
        """The row of that key, while it is there."""
        return next((row for row in self.rows if row.key == key), None)

    def list_rows(self, repeat: str) -> Sequence[Row]:
        """The rows of a repeat; of '' the main record."""
        if not repeat:
            return self.rows[:1]
        return [row for row in self.rows if row.repeat == repeat]

    def tree(self) -> Tree:
        """The cells as expressions see them."""
        if self._tree is None:
            self._tree = Tree(self.plan, self.rows, self.submission.received_at)
        return self._tree

    def put(self, row: Row, known: Field, value: Any, author: Author, reason: str = "") -> bool:
        """Write a cell; whether it changed. A cell that a person decided stays, and the attempt is counted."""
        path = known.path
        if is_same(row.values.get(path), value) and row.reasons.get(path, "") == reason:
            return False
        key = CellKey(row.key, path)
        if key in self.locked and not author.log_id:
            self.blocked[author.source] += 1
            return False
        row.values[path] = value
        if reason:
            row.reasons[path] = reason
        else:
            row.reasons.pop(path, None)
        self.changed[key] = author
        self.touched[author.source] += 1
        if self._tree is not None:
            self._tree.put(row.key, path, value)
        return True

    def take_out(self, row: Row, kind: RowChangeKind, author: Author, target: str = "") -> None:
        """Take out a row of a repeat with the rows inside it."""
        for inner in [inner for inner in self.rows if inner.parent == row.key and inner.repeat]:
            self.take_out(inner, kind, author, target)
        self.rows = [other for other in self.rows if other is not row]
        self.row_changes.append(RowChange(row, kind, author, target))
        self.touched[author.source] += 1
        self._tree = None

    def take_in(self, rows: Sequence[Row]) -> None:
        """Rows from another submission, or in another order."""
        self.rows += rows
        self._tree = None

    def report(self, check: str, row: Row, known: Field | None, message: str, *, value: Any = None) -> None:
        """Enter a finding: nothing was changed, and somebody should look."""
        path = (known.path if known else row.repeat) + (f" [{row.key}]" if row.key else "")
        name = known.name if known else ""
        self.findings.append(Finding(check, "warning", message, path, name, write_text(value)))
