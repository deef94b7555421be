"""The office edits answers: the record as it stands with some answers changed is received as its next version.

The request names the version that it started from. Where others changed the submission since, nothing is lost: the
caller learns what they changed, and may put the own changes on top where they do not meet.
"""

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from surveyapp.answers import Node
from surveyapp.collect.answering import change_answers, compute_again
from surveyapp.collect.changes import list_changes, map_answers
from surveyapp.collect.envelope import is_encrypted
from surveyapp.collect.from_xml import read_xml
from surveyapp.collect.reading import read_version
from surveyapp.collect.receive import Incoming, receive
from surveyapp.collect.rules import get_rules
from surveyapp.collect.write_xml import write_record
from surveyapp.findings import Finding
from surveyapp.problems import EDIT_REFUSED, Problem
from surveyapp.store.files import Files
from surveyapp.store.forms import Form, get_form_version_by_pk
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
from surveyapp.validate.judge import Judgement, judge
from surveyapp.xform.bind import bind

CLIENT = "surveyapp-office"


@dataclass(frozen=True, slots=True)
class OfficeEdit:
    """Answers to change, by path with repeat indices, '' for none; `base` is the number of the version looked at,
    `reason` why.

    `merge` puts the changes on top of what others changed meanwhile, where they do not meet; `keep_odd` keeps answers
    that break a rule of the form: they become findings, as from a phone.
    """

    base: int
    changes: Mapping[str, str]
    reason: str = ""
    merge: bool = False
    keep_odd: bool = False


@dataclass(frozen=True, slots=True)
class Clash:
    """What stands in the way: others made version `current` since `base`.

    `theirs` maps what they changed to (at the base, now), `yours` is what was asked; `overlap` are the paths at which
    both want different answers.
    """

    current: int
    base: int
    theirs: Mapping[str, tuple[str, str]]
    yours: Mapping[str, str]
    overlap: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edited:
    """The new version: its number and id, and all that differs from the one before, computed answers included."""

    number: int
    instance_id: str
    changes: tuple[tuple[str, str, str], ...]


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
    if edit.base != current.number:
        clash = _find_clash(session, form, current, root, edit)
        if clash.overlap or not edit.merge:
            return clash
    before = map_answers(root)
    changes = {path: text for path, text in edit.changes.items() if before.get(path, "") != text}
    if not changes:
        return Edited(current.number, current.instance_id, ())
    arrival = get_arrival(session, form.id, current.id)
    _change(session, files, arrival, root, changes, edit)
    return _keep(session, files, form, arrival, root, now)


def _find_clash(session: Session, form: Form, current: Version, root: Node, edit: OfficeEdit) -> Clash:
    base = get_numbered_version(session, form.id, current.submission_id, edit.base)
    theirs = {path: (old, new) for path, old, new in list_changes(read_version(session, form, base)[0], root)}
    overlap = tuple(path for path, text in edit.changes.items() if path in theirs and theirs[path][1] != text)
    return Clash(current.number, base.number, theirs, edit.changes, overlap)


def _change(
    session: Session, files: Files, arrival: Arrival, root: Node, changes: Mapping[str, str], edit: OfficeEdit
) -> None:
    rules = get_rules(session, files, get_form_version_by_pk(session, arrival.version.form_version_id))
    circumstances = Circumstances(
        received_at=arrival.received_at,
        user_agent=arrival.user_agent,
        device_identifier=arrival.device_identifier,
        files=frozenset(one.name for one in list_attachments(session, arrival.version.id)),
    )
    before = judge(rules, root, bind(rules.definition, root), circumstances, details=True)
    change_answers(rules.definition, root, changes)
    after = compute_again(rules, root, before, circumstances)
    broken = _list_new(before, after)
    if broken and not edit.keep_odd:
        errors = [{"path": one.path, "check": one.check, "message": one.message} for one in broken]
        raise Problem(EDIT_REFUSED, f"{len(broken)} rules of the form would be broken.", errors=errors)


def _list_new(before: Judgement, after: Judgement) -> list[Finding]:
    known = {(one.check, one.path, one.value) for one in before.findings}
    return [
        one
        for one in after.findings
        if one.outcome == "violated" and one.severity != "info" and (one.check, one.path, one.value) not in known
    ]


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
    old, new = (read_version(session, form, version)[0] for version in (former, made))
    return Edited(made.number, made.instance_id, tuple(list_changes(old, new)))
