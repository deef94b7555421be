"""Cleaning logs that come back: tried, applied as one, undone as one."""

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from surveyapp.clean.edited_sheet import HEADERS
from surveyapp.clean.log import LogRow, hash_log
from surveyapp.clean.log_dry_run import DryRun, ImportMeta, KnownSubmission, accept_import
from surveyapp.clean.log_headers import map_headers
from surveyapp.clean.log_import import try_import
from surveyapp.clean.records import make_hash
from surveyapp.correct.data_sheets import compare_exports
from surveyapp.correct.sheets import SentFile
from surveyapp.problems import LOG_IMPORT_UNDONE, NOT_ALLOWED, Problem
from surveyapp.sentences import say
from surveyapp.store.cleaning import (
    LogImport,
    add_decisions,
    add_import,
    find_numbers,
    find_other_forms,
    get_import,
    list_instances_of_import,
    list_removed_by_import,
    lock_log,
    mark_import_undone,
)
from surveyapp.store.cleaning_source import (
    Cleaning,
    StoredSubmissions,
    get_cleaning,
    get_compared,
)
from surveyapp.store.files import Files
from surveyapp.store.forms import Form
from surveyapp.store.reach import Reach
from surveyapp.store.selection import Selection


@dataclass(frozen=True, slots=True)
class Importer:
    """Who imports, with whose submissions, whether they may take interviews out, and when."""

    actor: str
    reach: Reach
    may_remove: bool
    now: datetime.datetime


@dataclass(frozen=True, slots=True)
class SentLog:
    """A log as it was sent. `by_hand` gives headers of our columns; `export` is the export from which an edited data
    sheet came, where it is one; `remove` says that rows that are gone from it shall leave the data, `reason` why it
    was edited.
    """

    file: SentFile
    by_hand: Mapping[str, str] | None = None
    export: SentFile | None = None
    remove: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """A dry run, and what it was tried on. `gone` counts rows that an edited data sheet does not have any more."""

    dry_run: DryRun
    version: str
    gone: int = 0


def try_log(session: Session, files: Files, form: Form, sent: SentLog, importer: Importer) -> Tried:
    """What a log would do. Changes nothing.

    Raises:
        Problem: LOG_UNREADABLE, SHEET_CHANGED; RULESET_INVALID where the published rules do not fit the form any more.
    """
    cleaning = get_cleaning(session, files, form)
    questionnaire = cleaning.program.form
    sheet = sent.file.log if sent.export is None else None
    meta = ImportMeta(
        sent.file.name,
        sent.file.hash,
        importer.actor,
        importer.now,
        sheet.from_1904 if sheet is not None else False,
        sent.file.exported,
    )
    gone = 0
    if sent.export is None:
        headers = map_headers(sheet.headers if sheet is not None else (), sent.by_hand)
        rows, numbers = (sheet.rows, sheet.numbers) if sheet is not None else ((), ())
    else:
        edits = compare_exports(sent.export, sent.file, questionnaire)
        headers, gone = HEADERS, len(edits.removed)
        removed = edits.removed if sent.remove else ()
        rows = [*edits.rows, *removed]
        if sent.reason:
            headers = replace(HEADERS, columns={**HEADERS.columns, "reason": "reason"})
            rows = [{**row, "reason": sent.reason} for row in rows]
        # Rows that are gone have no number in the sheet; they follow its last one.
        numbers = [*edits.numbers, *range(last := max(edits.numbers, default=1) + 1, last + len(removed))]
    named = {str(row.get(headers.columns["instance_id"]) or "").strip() for row in rows}
    data = CleanData(session, form, cleaning, named - {""}, importer.reach)
    dry_run = try_import(rows, headers, questionnaire, data, cleaning.log, meta, numbers=numbers)
    return Tried(dry_run, data.version, gone)


def import_log(
    session: Session, files: Files, form: Form, sent: SentLog, importer: Importer, token: str | None
) -> tuple[Tried, int | None]:
    """Apply a log that was tried, all of it or nothing; the number of the import, None where it changes nothing.

    `token` is that of the trial; None where nobody has looked at one, and it is applied as it comes.

    Raises:
        Problem: what `try_log` raises; LOG_CHANGED where the file or the data are not those of the dry run with this
            token; LOG_INVALID; NOT_ALLOWED for taking interviews out.
    """
    lock_log(session, form.id)
    tried = try_log(session, files, form, sent, importer)
    token = tried.dry_run.token if token is None else token
    rows = accept_import(tried.dry_run, token, tried.version, sent.file.hash)
    if tried.dry_run.removals and not importer.may_remove:
        raise Problem(NOT_ALLOWED, "Only an admin may take interviews out of the clean data.")
    if not rows:
        return tried, None
    columns = {"file_name": sent.file.name, "file_hash": sent.file.hash, "token": token}
    number = add_import(session, form.id, importer.now, decisions=len(rows), imported_by=importer.actor, **columns)
    add_decisions(session, form.id, [replace(row, source=f"import:{sent.file.name}#{number}") for row in rows], number)
    return tried, number


def undo_import(session: Session, form: Form, number: int, importer: Importer) -> LogImport:
    """Reject all that an import brought; the data are as before.

    Raises:
        Problem: LOG_IMPORT_NOT_FOUND, LOG_IMPORT_UNDONE; NOT_ALLOWED where it is about submissions out of reach.
    """
    found = get_import(session, form.id, number)
    instances = list_instances_of_import(session, number)
    if len(find_numbers(session, form, instances, importer.reach)) < len(instances) and not importer.reach.everything:
        raise Problem(NOT_ALLOWED, "The import is also about submissions of other teams.")
    if list_removed_by_import(session, number) and not importer.may_remove:
        raise Problem(NOT_ALLOWED, "Only an admin may bring interviews back into the clean data.")
    if not mark_import_undone(session, number, importer.actor, importer.now):
        raise Problem(
            LOG_IMPORT_UNDONE,
            say("Import {id} of {file_name} was undone before.", id=found.id, file_name=found.file_name),
        )
    return found


class CleanData:
    """The clean data of some submissions, as an import is tried on: a `surveyapp.clean.log_dry_run.KnownData`.

    Only the submissions that the log names are cleaned; where rules compare submissions, all are read for that.
    """

    def __init__(
        self, session: Session, form: Form, cleaning: Cleaning, instance_ids: Collection[str], reach: Reach
    ) -> None:
        cleaner = cleaning.cleaner
        numbers = find_numbers(session, form, instance_ids, reach)
        self.known: dict[str, KnownSubmission] = {
            name: KnownSubmission(name, 0, "", form_id=other)
            for name, other in find_other_forms(session, form, set(instance_ids) - numbers.keys()).items()
        }
        parts = [cleaning.program.ruleset.hash]
        questionnaire, asks = cleaning.program.form, cleaning.asks_checks
        decisions = cleaner.decide_groups(get_compared(session, form, questionnaire, flags=asks))
        if numbers:
            selection = Selection(submissions=tuple(numbers.values()))
            wanted = StoredSubmissions(session, form, questionnaire, flags=asks, selection=selection)
            for submission in wanted.list_submissions():
                outcome = cleaner.clean(submission, decisions)
                name = submission.instance_id
                self.known[name] = KnownSubmission(
                    name, submission.number, submission.version, outcome.rows, outcome.deletion
                )
                parts += [name, outcome.digest, repr(outcome.deletion), self._hash_log(cleaning, name)]
        self.version = make_hash(*parts)

    def find(self, instance_id: str) -> KnownSubmission | None:
        """A submission that the log names."""
        return self.known.get(instance_id)

    @staticmethod
    def _hash_log(cleaning: Cleaning, instance_id: str) -> str:
        rows: list[LogRow] = cleaning.by_instance.get(instance_id, [])
        return hash_log(rows)
