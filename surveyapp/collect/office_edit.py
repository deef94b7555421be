"""The office edits answers: the record as it stands, some answers and rows changed, is received as its next version.

The request names the version that it started from. Where others changed the submission since, nothing is lost: the
caller learns what they changed, and may put the own changes on top where they do not meet, or say which of the two
shall count where they do.
"""

import datetime
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from surveyapp.answers import Node
from surveyapp.collect.answering import change_record, compute_again, list_unasked, locate, try_rules
from surveyapp.collect.changes import Difference, compare_versions, map_answers, map_rows, mark_rows, number_rows
from surveyapp.collect.envelope import is_encrypted
from surveyapp.collect.from_xml import read_xml
from surveyapp.collect.incoming import Incoming
from surveyapp.collect.reading import read_version
from surveyapp.collect.receive import receive
from surveyapp.collect.rules import get_rules
from surveyapp.collect.write_xml import write_record
from surveyapp.findings import Finding
from surveyapp.problems import EDIT_REFUSED, Problem
from surveyapp.sentences import say
from surveyapp.store.answers import FORMER
from surveyapp.store.files import Files
from surveyapp.store.forms import Form, FormVersion, get_definition, get_form_version, get_form_version_by_pk
from surveyapp.store.submissions import (
    Arrival,
    Version,
    get_arrival,
    get_current_version,
    get_numbered_version,
    list_attachments,
    lock_submission,
)
from surveyapp.validate.circumstances import Circumstances
from surveyapp.validate.judge import Judgement
from surveyapp.xform.bind import bind
from surveyapp.xform.definition import FormDefinition
from surveyapp.xform.parse import OPENROSA

CLIENT = "surveyapp-office"


@dataclass(frozen=True, slots=True)
class OfficeEdit:
    """Answers to change, by path with repeat indices, '' for none; `base` is the number of the version looked at,
    `reason` why. `added` and `removed` are rows by path; a new one is named `/data/child[+1]`.

    `merge` puts the changes on top of what others changed meanwhile, where they do not meet; where they do, the own
    ones count at the paths in `over`, while version `seen` is the one that others made. `keep_odd` keeps answers that
    break a rule of the form: they become findings, as from a phone. `leave_out` takes away what is not asked any more.
    `newest` brings the record to the newest version of the form; answers that it does not ask stay.
    """

    base: int
    changes: Mapping[str, str]
    reason: str = ""
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    merge: bool = False
    over: frozenset[str] = frozenset()
    seen: int = 0
    keep_odd: bool = False
    leave_out: bool = False
    newest: bool = False


@dataclass(frozen=True, slots=True)
class Clash:
    """What stands in the way: others made version `current` since `base`.

    `theirs` maps what they changed to (at the base, now), `yours` is what was asked; `overlap` are the paths of answers
    and rows at which both want something else, `gone` those of them that lie in rows which others removed.
    """

    current: int
    base: int
    theirs: Mapping[str, tuple[str, str]]
    yours: OfficeEdit
    overlap: tuple[str, ...]
    gone: tuple[str, ...]
    rows_added: tuple[str, ...]
    rows_removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edited:
    """The new version: its number and id, and all that differs from the one before, computed answers included."""

    number: int
    instance_id: str
    changes: tuple[tuple[str, str, str], ...] = ()
    rows_added: tuple[str, ...] = ()
    rows_removed: tuple[str, ...] = ()
    form_version: str = ""

    @property
    def made(self) -> bool:
        """Whether a version was made."""
        return bool(self.changes or self.rows_added or self.rows_removed or self.form_version)


def edit_answers(
    session: Session, files: Files, form: Form, submission_id: int, edit: OfficeEdit, now: datetime.datetime
) -> Edited | Clash:
    """Make the next version of a submission, or say with what it clashes. An edit that changes nothing makes none.

    Raises:
        Problem: EDIT_REFUSED with its faults by path; SUBMISSION_NOT_FOUND for a base that is not there.
    """
    lock_submission(session, submission_id)
    current = get_current_version(session, form.id, submission_id)
    root, _ = read_version(session, form, current)
    if is_encrypted(root):
        raise Problem(EDIT_REFUSED, "The record is encrypted.", remedy="Decrypt the export, and correct it there.")
    answers: Mapping[str, str] = map_answers(root)
    rows: Mapping[str, Node] = map_rows(root)
    if edit.base != current.number:
        base = get_numbered_version(session, form.id, submission_id, edit.base)
        since = compare_versions(session, form, base, current)
        clash = _find_clash(base, current, since, edit)
        if clash.overlap or not edit.merge:
            return clash
        root, answers, rows = since.root, since.answers, since.rows
    wanted = _narrow(edit, answers, rows)
    version = get_form_version(session, form) if edit.newest else None
    moved = version is not None and version.id != current.form_version_id
    if not (wanted.changes or wanted.added or wanted.removed or moved):
        return Edited(current.number, current.instance_id)
    arrival = get_arrival(session, form.id, current.id)
    _change(session, files, arrival, root, dict(rows), wanted, newest=version if moved else None)
    return _keep(session, files, form, arrival, root, now)


def _narrow(edit: OfficeEdit, answers: Mapping[str, str], rows: Mapping[str, Node]) -> OfficeEdit:
    """What of an edit would change anything: rows that are gone already need not go, nor what lies in them."""
    removed = tuple(path for path in edit.removed if path in rows)
    return replace(
        edit,
        removed=removed,
        changes={
            path: text
            for path, text in edit.changes.items()
            if (answers.get(path, "") != text or _lies_in(path, edit.added)) and not _lies_in(path, edit.removed)
        },
    )


def _lies_in(path: str, rows: tuple[str, ...]) -> bool:
    return any(path == row or path.startswith(f"{row}/") for row in rows)


def _find_clash(base: Version, current: Version, since: Difference, edit: OfficeEdit) -> Clash:
    theirs = {path: (old, new) for path, old, new in since.changes}
    gone = [path for path in (*edit.changes, *edit.added) if _lies_in(path, since.removed)]
    gone = [path for path in gone if not _lies_in(path, edit.removed)]
    both = [path for path, text in edit.changes.items() if path in theirs and theirs[path][1] != text]
    both = [path for path in both if path not in gone and not _lies_in(path, edit.removed)]
    kept = [row for row in edit.removed if row not in since.removed and _is_touched(row, since)]
    chosen = edit.over if edit.seen == current.number else frozenset[str]()
    return Clash(
        current.number,
        base.number,
        theirs,
        edit,
        (*gone, *(path for path in (*both, *kept) if path not in chosen)),
        tuple(gone),
        since.added,
        since.removed,
    )


def _is_touched(row: str, since: Difference) -> bool:
    """Whether others changed something in a row, or below it."""
    paths = (*(path for path, _, _ in since.changes), *since.added, *since.removed)
    return any(path.startswith(f"{row}/") for path in paths)


# -- the change -------------------------------------------------------------------------------------------------------
def _change(
    session: Session,
    files: Files,
    arrival: Arrival,
    root: Node,
    rows: dict[str, Node],
    edit: OfficeEdit,
    *,
    newest: FormVersion | None,
) -> None:
    version = newest or get_form_version_by_pk(session, arrival.version.form_version_id)
    rules = get_rules(session, files, version)
    circumstances = Circumstances(
        received_at=arrival.received_at,
        user_agent=arrival.user_agent,
        device_identifier=arrival.device_identifier,
        files=frozenset(one.name for one in list_attachments(session, arrival.version.id)),
    )
    if newest is not None:
        bring_to(root, rules.definition)
        rows |= map_rows(root) if edit.base == arrival.version.number else {}
    before = try_rules(rules, root, circumstances)
    # What another version of the form computes was never computed for this record.
    computed = {} if newest else {locate(root, node.path): node.calculated for node in before.nodes}
    known = {(one.check, locate(root, one.path), one.value) for one in before.findings}
    unasked = {id(node) for node in list_unasked(rules, root, before)}
    mark_rows(root, arrival.version.instance_id)
    change_record(rules.definition, root, rows, edit.changes, edit.added, edit.removed)
    for path in edit.added:
        rows[path].attributes = {FORMER: f"{arrival.version.instance_id}#0"}

    def leave_out(found: Judgement) -> list[Node]:
        if not edit.leave_out:
            return []
        return [node for node in list_unasked(rules, root, found) if id(node) not in unasked]

    after = compute_again(rules, root, computed, circumstances, leave_out)
    broken = _list_new(after, lambda one: (one.check, locate(root, one.path), one.value) in known)
    if broken and not edit.keep_odd:
        errors = [{"path": one.path, "check": one.check, "message": one.message} for one in broken]
        raise Problem(EDIT_REFUSED, say("{count} rules of the form would be broken.", count=len(broken)), errors=errors)


def bring_to(root: Node, definition: FormDefinition) -> list[Node]:
    """Let `root` be a record of another version of its form; the nodes that this version does not know.

    Raises:
        Problem: EDIT_REFUSED where that version calls its record something else.
    """
    if root.name != definition.root.name:
        detail = say(
            "The newest version calls its record {name!r}, this one is {own!r}.",
            name=definition.root.name,
            own=root.name,
        )
        raise Problem(EDIT_REFUSED, detail, remedy="Edit it in its own version.")
    for node in root.walk():
        node.element = node.typed = None
    others = {name: text for name, text in root.attributes.items() if name != f"{OPENROSA} version"}
    root.attributes = {**others, "version": definition.version}
    return bind(definition, root)


def _list_new(after: Judgement, is_known: Callable[[Finding], bool]) -> list[Finding]:
    return [one for one in after.findings if one.outcome == "violated" and one.severity != "info" and not is_known(one)]


# -- keeping it -------------------------------------------------------------------------------------------------------
def bring_back(
    session: Session, files: Files, form: Form, submission_id: int, number: int, now: datetime.datetime
) -> Edited:
    """Let a submission say again what it said in version `number`, byte for byte but for its ids, as its next version.

    Raises:
        Problem: SUBMISSION_NOT_FOUND.
    """
    lock_submission(session, submission_id)
    current = get_current_version(session, form.id, submission_id)
    former = get_numbered_version(session, form.id, submission_id, number)
    since = compare_versions(session, form, former, current)
    root, _ = read_version(session, form, former)
    there = number_rows(map_rows(since.root))
    numbers = {id(row): there[id(since.rows[path])] for path, row in map_rows(root).items() if path in since.rows}
    mark_rows(root, current.instance_id, numbers)
    return _keep(session, files, form, get_arrival(session, form.id, current.id), root, now)


def _keep(session: Session, files: Files, form: Form, arrival: Arrival, root: Node, now: datetime.datetime) -> Edited:
    """Receive the changed record as an edit of the one that it was made from."""
    former = arrival.version
    content = write_record(root, f"uuid:{uuid.uuid4()}", former.instance_id)
    incoming = Incoming(
        content=content,
        content_type="text/xml",
        record=read_xml(content),
        files=(),
        received_at=now,
        device_identifier=arrival.device_identifier,
        # The rules speak the dialect of the client that filled the form.
        user_agent=arrival.user_agent if arrival.user_agent.startswith(CLIENT) else f"{CLIENT} {arrival.user_agent}",
    )
    receive(session, files, form.project_id, incoming)
    made = get_current_version(session, form.id, former.submission_id)
    found = compare_versions(session, form, former, made)
    moved = made.form_version_id != former.form_version_id
    version = get_definition(session, get_form_version_by_pk(session, made.form_version_id)).version if moved else ""
    return Edited(made.number, made.instance_id, found.changes, found.added, found.removed, version)
