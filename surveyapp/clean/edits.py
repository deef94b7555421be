"""What edits made of a submission before cleaning began: as first sent, with its edits on it = as it is now.

An edit replaces the record that it names, sent again by a phone or made in the office. A row of a roster is known by
its permanent key on both sides, so that no member is taken for another.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias

from surveyapp.clean.records import CellKey

EditType: TypeAlias = Literal["change_response", "add_response", "blank_response", "add_row", "remove_row"]
# Who edited: a phone that sent the interview once more, or the office.
PHONE: Final = "collect"


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a submission: its answers as canonical text, none of them '', and its rows of repeats.

    `rows` maps the key of each row to the kept path of its repeat, in document order.
    """

    cells: Mapping[CellKey, str] = field(default_factory=dict)
    rows: Mapping[str, str] = field(default_factory=dict)


class Edit(NamedTuple):
    """One cell or row that an edit changed; `path` is the kept path of the question, or of the repeat of a row."""

    change_type: EditType
    row_key: str
    path: str
    old_value: str = ""
    new_value: str = ""


@dataclass(frozen=True, slots=True)
class Revision:
    """One record that replaced another: its number among the records of the submission, how it came, what it changed.

    `channel` is `collect` where a phone sent it; `changed_by` is an actor, '' where nobody is known.
    """

    number: int
    form_version: str
    channel: str
    changed_by: str
    changed_at: datetime.datetime
    reason: str
    edits: tuple[Edit, ...]


def list_edits(before: Record, after: Record) -> tuple[Edit, ...]:
    """What differs: rows and answers that are there now, in document order, then those that are gone.

    A row that came or went is told itself, and with each answer in it.
    """
    found = [Edit("add_row", key, path) for key, path in after.rows.items() if key not in before.rows]
    for cell, text in after.cells.items():
        former = before.cells.get(cell, "")
        if former != text:
            found.append(Edit("change_response" if former else "add_response", *cell, former, text))
    gone = [cell for cell in before.cells if cell not in after.cells]
    found += [Edit("blank_response", *cell, before.cells[cell]) for cell in gone]
    found += [Edit("remove_row", key, path) for key, path in before.rows.items() if key not in after.rows]
    return tuple(found)


def apply_edits(record: Record, edits: tuple[Edit, ...]) -> Record:
    """The record with the edits on it.

    Raises:
        ValueError: an edit does not fit: its old value is another, its row is there already or is not.
    """
    cells, rows = dict(record.cells), dict(record.rows)
    for edit in edits:
        cell = CellKey(edit.row_key, edit.path)
        if edit.change_type in ("add_row", "remove_row"):
            if (edit.row_key in rows) == (edit.change_type == "add_row"):
                raise ValueError(f"{edit.change_type} does not fit row {edit.row_key!r}")
            if edit.change_type == "add_row":
                rows[edit.row_key] = edit.path
            else:
                del rows[edit.row_key]
        elif cells.get(cell, "") != edit.old_value:
            raise ValueError(f"{edit.path} in row {edit.row_key!r} was not {edit.old_value!r}")
        elif edit.new_value:
            cells[cell] = edit.new_value
        else:
            del cells[cell]
    return Record(cells, rows)
