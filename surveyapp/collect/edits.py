"""The edits of a submission, read from its records: each that replaced another, and what it says otherwise.

Nothing of this is kept: the records are, and from them it is told again whenever somebody asks.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from surveyapp.answers import Node
from surveyapp.clean.edits import PHONE, Edit, Record, Revision, apply_edits, list_edits
from surveyapp.clean.records import CellKey, write_text
from surveyapp.collect.envelope import is_encrypted
from surveyapp.collect.reading import read_version
from surveyapp.problems import CLEANING_BROKEN, Problem
from surveyapp.sentences import say
from surveyapp.store.answer_tables import AnswerTables, get_answer_tables
from surveyapp.store.answers import RecordRows, RowOfRepeat, key_rows, read_keys, spread_record
from surveyapp.store.forms import Form
from surveyapp.store.history import Event, list_events
from surveyapp.store.listing import Sent, list_history
from surveyapp.values import INVALID
from surveyapp.xform.definition import Question, Repeat


def list_revisions(session: Session, form: Form, submission_id: int) -> list[Revision]:
    """What each record of a submission changed in the one before it, oldest first; none where it was sent once.

    Copies that were kept for comparison changed nothing. The answers of an encrypted record are not known.

    Raises:
        Problem: CLEANING_BROKEN where the first record with the edits on it is not what the answer tables hold.
    """
    line = _in_line(list_history(session, form.id, submission_id))
    if len(line) < 2:
        return []
    tables = get_answer_tables(session, form.id, form.answers_revision)
    records = _read(session, form, tables, submission_id, line)
    events = {one.detail.get("version"): one for one in list_events(session, submission_id) if one.kind == "edited"}
    found = [
        _revision(one, list_edits(before, after), events.get(one.version.number))
        for one, before, after in zip(line[1:], records, records[1:], strict=False)
    ]
    now = records[0]
    for revision in found:
        now = apply_edits(now, revision.edits)
    if now != records[-1]:
        raise _broken(submission_id)
    return found


def _revision(one: Sent, edits: tuple[Edit, ...], event: Event | None) -> Revision:
    phone = f"phone:{one.device}" if one.device else ""
    channel, actor, reason = (PHONE, phone, "") if event is None else (event.channel, event.actor, event.reason)
    return Revision(one.version.number, one.form_version, channel, actor, one.received_at, reason, edits)


def _broken(submission_id: int) -> Problem:
    detail = say("Submission {number} with its edits is not what the answer tables hold.", number=submission_id)
    return Problem(CLEANING_BROKEN, detail, remedy="Run `surveyapp rebuild` for the form, and export again.")


def _in_line(sent: Sequence[Sent]) -> list[Sent]:
    """The records that replaced one another, the first first: what arrived after its own edit comes before it."""
    line = [one for one in sent if one.version.kind in ("original", "edit")]
    late = {one.version.instance_id: one for one in sent if one.version.kind == "predecessor"}
    while line and (former := late.pop(line[0].version.deprecated_id or "", None)) is not None:
        line.insert(0, former)
    return line


def _read(session: Session, form: Form, tables: AnswerTables, submission_id: int, line: Sequence[Sent]) -> list[Record]:
    """The records with the keys that their rows have in the tables."""
    read = [read_version(session, form, one.version) for one in line]
    spread = [
        RecordRows.empty() if is_encrypted(root) else spread_record(tables, root, unknown) for root, unknown in read
    ]
    first = next(place for place, one in enumerate(line) if one.version.kind == "original")
    for place in range(first, len(line)):
        former = spread[place - 1] if place > first else None
        key_rows(spread[place], submission_id, line[place].version.number, former)
    for place in range(first - 1, -1, -1):
        key_rows(spread[place], submission_id, line[place].version.number, spread[place + 1])
    _check_keys(session, tables, submission_id, spread[-1])
    return [
        _record(tables, root, unknown, [row.key for row in _walk(rows.top)])
        for (root, unknown), rows in zip(read, spread, strict=True)
    ]


def _check_keys(session: Session, tables: AnswerTables, submission_id: int, newest: RecordRows) -> None:
    """Hold the keys that were worked out against those in the tables."""
    keys = [row.key for row in _walk(newest.top)]
    try:
        read_keys(session, tables, submission_id, newest)
    except StopIteration:
        raise _broken(submission_id) from None
    if [row.key for row in _walk(newest.top)] != keys:
        raise _broken(submission_id)


def _walk(top: RowOfRepeat) -> list[RowOfRepeat]:
    return [row for child in top.children for row in (child, *_walk(child))]


def _record(tables: AnswerTables, root: Node, unknown: Sequence[Node], keys: Sequence[str]) -> Record:
    if is_encrypted(root):
        return Record()
    nodes = [node for node in root.walk() if isinstance(node.element, Repeat)]
    key_of = {id(node): key for node, key in zip(nodes, keys, strict=True)}
    cells: dict[CellKey, str] = {}
    for node in root.walk():
        if isinstance(node.element, Question) and node.typed is not None:
            text = node.value if node.typed is INVALID else write_text(node.typed)
            _put(cells, _row_key(node, key_of), tables.kept_path(node.element.path), text)
    for top in unknown:
        for leaf in top.walk():
            if leaf.value and not leaf.children:
                _put(cells, _row_key(leaf, key_of), tables.kept_path(leaf.path()), leaf.value)
    rows = {key_of[id(node)]: tables.kept_path(node.element.path) for node in nodes}
    return Record(cells, rows)


def _row_key(node: Node, key_of: dict[int, str]) -> str:
    """The key of the row that a node lies in, '' in the main record."""
    step: Node | None = node
    while step is not None:
        if id(step) in key_of:
            return key_of[id(step)]
        step = step.parent
    return ""


def _put(cells: dict[CellKey, str], row_key: str, path: str, text: str) -> None:
    """Keep an answer; what the form does not know may stand there several times."""
    cell, number = CellKey(row_key, path), 1
    while cell in cells:
        number += 1
        cell = CellKey(row_key, f"{path}[{number}]")
    if text:
        cells[cell] = text
