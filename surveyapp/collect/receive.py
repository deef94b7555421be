"""The main job: a record and its files arrive, and are kept.

    new                 first time under this instance id
    same                byte for byte what we have, no new file: nothing stored
    files_added         byte for byte what we have, with files that we lacked
    edit                replaces the current version, which it names as deprecatedID
    predecessor         arrives after the edit that replaces it
    conflict            other bytes under an instance id that we have: kept as a copy, not current
    stale_edit          an edit of a version that is no longer current: kept as a copy, not current

The files are on disk before this job runs. The whole of a submission is one transaction; whoever called commits it
and only then answers.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal

from sqlalchemy.orm import Session

from surveyapp.answers import Node, list_differences
from surveyapp.collect.attachments import add_late_files, keep_files, list_lacking
from surveyapp.collect.envelope import list_named_files, read_envelope
from surveyapp.collect.incoming import Incoming, IncomingFile, Receipt
from surveyapp.collect.reading import read_version
from surveyapp.collect.rebuild import read_rows
from surveyapp.collect.rules import get_rules
from surveyapp.findings import Finding, Severity
from surveyapp.store.answer_tables import get_answer_tables
from surveyapp.store.answers import RecordRows, add_rows, key_rows, read_keys, remove_rows, spread_record
from surveyapp.store.devices import get_device_by_id, mark_device_seen
from surveyapp.store.files import Files, KeptFile
from surveyapp.store.findings import add_findings, list_findings, remove_findings
from surveyapp.store.forms import FormVersion, find_form_version, get_definition, get_form, get_form_version
from surveyapp.store.history import list_events
from surveyapp.store.submissions import (
    Attachment,
    Version,
    add_attachment,
    add_submission,
    add_version,
    count_versions,
    find_copy,
    find_successor,
    get_arrival,
    get_content,
    get_current_version,
    list_attachments,
    list_related,
    list_versions,
    lock_submission,
    mark_corrected,
    mark_current,
)
from surveyapp.store.tombstones import remove_submission
from surveyapp.validate.circumstances import Circumstances
from surveyapp.validate.judge import Judgement, judge
from surveyapp.validate.wording import ENGINE
from surveyapp.xform.bind import bind

DIFFERENCES_SHOWN: Final = 5


def receive(session: Session, files: Files, project_id: int, incoming: Incoming) -> Receipt:
    """Keep what came in.

    Raises:
        Problem: FORM_NOT_FOUND, NO_FORM_ID; nothing is kept then.
    """
    reception = _Reception(session, files, project_id, incoming)
    receipt = replace(reception.receive(), lacking=reception.lacking)
    if incoming.device is not None:
        fresh = int(receipt.outcome == "new")
        mark_device_seen(session, incoming.device.id, incoming.received_at, incoming.user_agent, fresh)
    return receipt


class _Reception:
    """One record on its way in."""

    def __init__(self, session: Session, files: Files, project_id: int, incoming: Incoming) -> None:
        self.session = session
        self.files = files
        self.incoming = incoming
        self.sha256 = hashlib.sha256(incoming.content).hexdigest()
        self.envelope = read_envelope(incoming.record, incoming.content)
        self.form = get_form(session, project_id, self.envelope.form_id)
        self.findings: list[Finding] = list(self.envelope.findings)
        self.lacking: tuple[str, ...] = ()

    def receive(self) -> Receipt:
        instance_id, deprecated_id = self.envelope.instance_id, self.envelope.deprecated_id
        related = list_related(self.session, self.form.id, instance_id, deprecated_id)
        known = {version.instance_id: version for version in related}
        if instance_id in known:
            return self._again(known[instance_id])
        if deprecated_id in known:
            return self._edit(known[deprecated_id])
        successor = next((version for version in related if version.deprecated_id == instance_id), None)
        if successor is not None:
            return self._predecessor(successor)
        if deprecated_id is not None:
            rival = find_successor(self.session, self.form.id, deprecated_id)
            if rival is not None:
                lock_submission(self.session, rival.submission_id)
                current = get_current_version(self.session, self.form.id, rival.submission_id)
                return self._keep_copy("stale_edit", current)
            self._find("unknown-original", "info", f"It is an edit of {deprecated_id!r}, which has not arrived.")
        submission_id = self._add_submission(instance_id)
        self._keep_current(submission_id, 1, "original", None)
        return Receipt("new", instance_id, submission_id)

    def _add_submission(self, instance_id: str) -> int:
        """A new submission; it is of whoever has the phone now, and of the phone's team."""
        device, received_at = self.incoming.device, self.incoming.received_at
        account_id, team_id = (device.account_id, device.team_id) if device else (None, None)
        return add_submission(self.session, self.form.id, instance_id, received_at, account_id, team_id)

    # -- the cases ----------------------------------------------------------------------------------------------------
    def _again(self, present: Version) -> Receipt:
        if present.sha256 != self.sha256:
            return self._keep_copy("conflict", present)
        incoming = self.incoming
        receipt = add_late_files(self.session, self.form.id, present, incoming.files, incoming.received_at)
        self.lacking = list_lacking(list_findings(self.session, present.id))
        return receipt

    def _edit(self, base: Version) -> Receipt:
        lock_submission(self.session, base.submission_id)
        current = get_current_version(self.session, self.form.id, base.submission_id)
        if current.id != base.id:
            return self._keep_copy("stale_edit", current)
        number = count_versions(self.session, base.submission_id) + 1
        self._keep_current(base.submission_id, number, "edit", base)
        mark_current(self.session, base.submission_id, number)
        mark_corrected(self.session, base.submission_id)
        ahead = find_successor(self.session, self.form.id, self.envelope.instance_id)
        if ahead is not None and ahead.submission_id != base.submission_id:
            self._take_up(ahead)
        return Receipt("edit", self.envelope.instance_id, base.submission_id)

    def _take_up(self, ahead: Version) -> None:
        """Edits of this record came ahead of it and made a submission of their own, a second one of this interview.
        They are received again, in order now; where the office has begun to work on them, a finding says so instead.
        """
        lock_submission(self.session, ahead.submission_id)
        if list_events(self.session, ahead.submission_id):
            remove_findings(self.session, ahead.id, "unknown-original")
            current = get_current_version(self.session, self.form.id, ahead.submission_id)
            message = f"It is an edit of {ahead.deprecated_id!r}, which came later and is kept as another submission."
            add_findings(self.session, current.id, [Finding("original-apart", "error", message)])
            return
        versions = list_versions(self.session, self.form.id, ahead.submission_id)
        incoming = [self._as_incoming(version) for version in versions]
        tables = get_answer_tables(self.session, self.form.id, self.form.answers_revision)
        remove_rows(self.session, tables, ahead.submission_id)
        remove_submission(self.session, ahead.submission_id)
        for one in incoming:
            _Reception(self.session, self.files, self.form.project_id, one).receive()

    def _as_incoming(self, version: Version) -> Incoming:
        arrival = get_arrival(self.session, self.form.id, version.id)
        content, content_type = get_content(self.session, version.id)
        record, _ = read_version(self.session, self.form, version)
        present = list_attachments(self.session, version.id)
        files = [IncomingFile(one.name, one.content_type, KeptFile(one.sha256, "", one.size)) for one in present]
        device_id = arrival.device_id
        device = None if device_id is None else get_device_by_id(self.session, self.form.project_id, device_id)
        return Incoming(
            content,
            content_type,
            record,
            files,
            arrival.received_at,
            device,
            arrival.device_identifier,
            arrival.user_agent,
        )

    def _predecessor(self, successor: Version) -> Receipt:
        version, _ = self._bind()
        version_id = self._add_version(successor.submission_id, "predecessor", version)
        self._add_files(version_id)
        add_findings(self.session, version_id, self.findings)
        remove_findings(self.session, successor.id, "unknown-original")
        return Receipt("predecessor", self.envelope.instance_id, successor.submission_id)

    def _keep_copy(self, kind: Literal["conflict", "stale_edit"], present: Version) -> Receipt:
        version, _ = self._bind()
        there, _ = read_version(self.session, self.form, present)
        differences = tuple(list_differences(there, self.incoming.record))
        copy = find_copy(self.session, self.form.id, self.envelope.instance_id, self.sha256)
        copy_id = copy.id if copy else self._add_version(present.submission_id, kind, version)
        if copy is None:
            shown = ", ".join(differences[:DIFFERENCES_SHOWN]) or "no answer, only the bytes"
            what = "Another record has this id" if kind == "conflict" else "It edits a version that was replaced"
            self._find(kind.replace("_", "-"), "error", f"{what}; this copy is kept beside it. Different: {shown}.")
            add_findings(self.session, copy_id, self.findings)
        self._add_files(copy_id)
        return Receipt(kind, self.envelope.instance_id, present.submission_id, differences)

    # -- what they share ----------------------------------------------------------------------------------------------
    def _keep_current(self, submission_id: int, number: int, kind: str, base: Version | None) -> None:
        version, unknown = self._bind()
        carried = [] if base is None else self._carried_over(base)
        received = {file.name for file in self.incoming.files} | {attachment.name for attachment in carried}
        judged = self._judge(version, unknown, received)
        self.lacking = list_lacking(judged.findings)
        version_id = self._add_version(submission_id, kind, version, number, judged)
        for attachment in carried:
            add_attachment(self.session, version_id, attachment, self.incoming.received_at)
        self._add_files(version_id)
        add_findings(self.session, version_id, [*self.findings, *judged.findings])
        self._write_rows(submission_id, number, unknown, base)

    def _bind(self) -> tuple[FormVersion, list[Node]]:
        version = find_form_version(self.session, self.form, self.envelope.version)
        if version is None:
            version = get_form_version(self.session, self.form)
            said = self.envelope.version
            message = f"The form has no version {said!r}; version {version.version!r} was used to read the record."
            self._find("unknown-version", "warning", message, value=said)
        if self.envelope.encrypted:
            return version, []
        return version, bind(get_definition(self.session, version), self.incoming.record)

    def _judge(self, version: FormVersion, unknown: Sequence[Node], received: set[str]) -> Judgement:
        if self.envelope.encrypted:
            return Judgement((), (), 0, 0, 0)
        rules = get_rules(self.session, self.files, version)
        circumstances = Circumstances(
            received_at=self.incoming.received_at,
            user_agent=self.incoming.user_agent,
            device_identifier=self.incoming.device_identifier,
            files=frozenset(received),
        )
        return judge(rules, self.incoming.record, unknown, circumstances)

    def _add_version(
        self,
        submission_id: int,
        kind: str,
        version: FormVersion,
        number: int | None = None,
        judged: Judgement | None = None,
    ) -> int:
        if number is None:
            lock_submission(self.session, submission_id)
            number = count_versions(self.session, submission_id) + 1
        return add_version(
            self.session,
            submission_id,
            number,
            form_pk=self.form.id,
            form_version_id=version.id,
            kind=kind,
            instance_id=self.envelope.instance_id,
            deprecated_id=self.envelope.deprecated_id,
            instance_name=self.envelope.instance_name,
            form_version=self.envelope.version,
            sha256=self.sha256,
            content_type=self.incoming.content_type,
            content=self.incoming.content,
            device_id=self.incoming.device.id if self.incoming.device else None,
            device_identifier=self.incoming.device_identifier,
            user_agent=self.incoming.user_agent,
            judged_by=ENGINE if judged else 0,
            rules_ok=judged.ok if judged else 0,
            rules_violated=judged.violated if judged else 0,
            rules_not_checkable=judged.not_checkable if judged else 0,
            received_at=self.incoming.received_at,
        )

    def _carried_over(self, base: Version) -> list[Attachment]:
        """Files of the replaced version that the edit names and did not send again."""
        named = list_named_files(self.incoming.record)
        sent = {file.name for file in self.incoming.files}
        present = list_attachments(self.session, base.id)
        return [a for a in present if a.name in named and a.name not in sent and not a.conflict]

    def _add_files(self, version_id: int) -> int:
        return keep_files(self.session, version_id, self.incoming.files, self.incoming.received_at)

    def _write_rows(self, submission_id: int, number: int, unknown: Sequence[Node], base: Version | None) -> None:
        tables = get_answer_tables(self.session, self.form.id, self.form.answers_revision)
        rows = RecordRows.empty() if self.envelope.encrypted else spread_record(tables, self.incoming.record, unknown)
        former = None
        if base is not None:
            former = read_rows(self.session, self.form, tables, base)
            read_keys(self.session, tables, submission_id, former)
            remove_rows(self.session, tables, submission_id)
        key_rows(rows, submission_id, number, former)
        add_rows(self.session, tables, submission_id, rows)

    def _find(self, check: str, severity: Severity, message: str, *, value: str = "") -> None:
        self.findings.append(Finding(check, severity, message, value=value))
