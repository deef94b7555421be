"""Files of a record: those that come with it, and those that come after it. Their bytes are on disk before."""

import datetime
from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from surveyapp.collect.incoming import IncomingFile, Receipt
from surveyapp.findings import Finding
from surveyapp.store.findings import add_findings, list_findings, remove_findings
from surveyapp.store.forms import Form
from surveyapp.store.quality_summaries import mark_unchecked
from surveyapp.store.submissions import (
    Attachment,
    Version,
    add_attachment,
    get_current_version,
    get_version,
    list_attachments,
    mark_mended,
)


def add_files(
    session: Session, form: Form, instance_id: str, files: Sequence[IncomingFile], received_at: datetime.datetime
) -> Receipt:
    """Keep files that come after their record.

    Raises:
        Problem: SUBMISSION_NOT_FOUND.
    """
    version = get_version(session, form.id, instance_id)
    return add_late_files(session, form.id, version, files, received_at)


def add_late_files(
    session: Session, form_pk: int, version: Version, files: Sequence[IncomingFile], received_at: datetime.datetime
) -> Receipt:
    """Files for a version that is there; where an edit has replaced it meanwhile, also for the edit if it waits for
    them.
    """
    added = keep_files(session, version.id, files, received_at)
    if added:
        mark_unchecked(session, [version.submission_id])
    if added and not version.current:
        current = get_current_version(session, form_pk, version.submission_id)
        missing = list_lacking(list_findings(session, current.id))
        keep_files(session, current.id, [file for file in files if file.name in missing], received_at)
    return Receipt("files_added" if added else "same", version.instance_id, version.submission_id)


def list_lacking(findings: Iterable[Finding]) -> tuple[str, ...]:
    """The files whose absence was found."""
    return tuple(finding.value for finding in findings if finding.check == "attachment-missing")


def keep_files(session: Session, version_id: int, files: Sequence[IncomingFile], received_at: datetime.datetime) -> int:
    """Add the files that a version lacks; how many there were. Other bytes under a name that it has are kept as a
    copy.
    """
    if not files:
        return 0
    present = list_attachments(session, version_id)
    kept = {attachment.name for attachment in present if not attachment.conflict}
    known = {(attachment.name, attachment.sha256) for attachment in present}
    added = mended = 0
    for file in files:
        if (file.name, file.kept.sha256) in known:
            continue
        clash = file.name in kept
        attachment = Attachment(file.name, file.kept.sha256, file.kept.size, file.content_type, clash)
        add_attachment(session, version_id, attachment, received_at)
        if clash:
            message = f"Two different files named {file.name!r} arrived; the first is used, both are kept."
            add_findings(session, version_id, [Finding("file-conflict", "error", message, value=file.name)])
        mended += remove_findings(session, version_id, "attachment-missing", value=file.name)
        kept.add(file.name)
        known.add((file.name, file.kept.sha256))
        added += 1
    if mended:
        mark_mended(session, version_id, mended)
    return added
