"""Work that takes longer than a request: a queue of exports and checks, and the process that does them."""

import contextlib
import datetime
import logging
import os
import secrets
import threading
import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from huey import SqliteHuey, crontab
from sqlalchemy.orm import Session

from surveyapp.assess import effective_settings
from surveyapp.audit import Who, note
from surveyapp.collect.edits import list_revisions
from surveyapp.config import Config
from surveyapp.correct.worklog import write_worklog
from surveyapp.disclosure.pseudonyms import project_secret
from surveyapp.export.from_store import StoredForm
from surveyapp.export.manifest import find_same, hash_inputs, reuse
from surveyapp.export.options import ENDINGS, ExportOptions
from surveyapp.export.query import Chosen, check_query
from surveyapp.export.run import write_export
from surveyapp.export.source import Ask
from surveyapp.problems import EXPORT_OPTION, Problem
from surveyapp.review.history import note_export
from surveyapp.sentences import say
from surveyapp.store.database import Database
from surveyapp.store.exported import Exported
from surveyapp.store.exports import (
    Export,
    add_export,
    find_export,
    list_exports,
    list_exports_in_state,
    list_finished_before,
    mark_export,
    remove_export,
)
from surveyapp.store.files import Files
from surveyapp.store.forms import Form, get_definition, get_form_by_pk, list_form_versions
from surveyapp.store.indicators import get_parameters
from surveyapp.store.projects import Project
from surveyapp.store.reach import EVERYTHING, Reach
from surveyapp.watch import Watch

log = logging.getLogger(__name__)

# Seconds between two looks at whether an export was cancelled, and two notes of its progress.
NOTE_EVERY: Final = 0.5
# What is asked of each submission in an export, to note that it was in it.
NUMBERS: Final = (Ask("", "_submission_no"),)
# A phone that has not finished an upload after a day has begun it anew.
ABANDONED_AFTER: Final = 86_400


class Cancelled(Exception):
    """Somebody no longer wants this export."""


@dataclass(frozen=True, slots=True)
class Worker:
    """The queue and what its jobs need."""

    config: Config
    database: Database
    files: Files
    queue: SqliteHuey
    run_export: Any
    check_form: Any
    watch: Watch


def make_worker(config: Config, database: Database, files: Files) -> Worker:
    """The queue of this server; jobs put into it are done by whichever process runs `work`."""
    queue = SqliteHuey("surveyapp", filename=str(config.queue_path), results=False)

    @queue.task(name="run_export")
    def run_export(export_id: str) -> None:
        do_export(config, database, files, export_id)

    @queue.periodic_task(crontab(minute="7"), name="remove_old")
    def remove_old() -> None:
        remove_old_exports(config, database)
        files.remove_abandoned(ABANDONED_AFTER)

    watch = Watch(config, database, files)

    @queue.task(name="check_form")
    def check_form(form_pk: int) -> None:
        watch.check_waiting(form_pk)
        watch.check_form(form_pk)

    @queue.periodic_task(crontab(minute="13", hour="1"), name="check_night")
    def check_night() -> None:
        watch.check_night()

    return Worker(config, database, files, queue, run_export, check_form, watch)


def request_export(worker: Worker, project: Project, form: Form, asked: dict[str, Any], who: Who, reach: Reach) -> str:
    """Put an export of `form` into the queue; its id. `asked` are the options as they were asked for; `who` asked, and
    gets what is within their `reach`.

    Raises:
        Problem: EXPORT_OPTION for a version that the form does not have, or a query that cannot be read.
    """
    export_id = secrets.token_urlsafe(12)
    with worker.database.begin() as session:
        versions = list_form_versions(session, form)
        check_query(asked.get("query", ""), [get_definition(session, version) for version in versions])
        known = [version.version for version in versions]
        for version in asked.get("versions", ()):
            if version not in known:
                remedy = say("Choose among: {known}.", known=known)
                raise Problem(
                    EXPORT_OPTION, say("The form has no version {version!r}.", version=version), remedy=remedy
                )
        now = _now()
        add_export(session, export_id, form.id, asked, now, asked_by=who.actor, reach=reach.to_json())
        risk = (asked.get("protection") or {}).get("accept_risk", "")
        _note(session, project, form, who, "export.asked", export_id, **({"accept_risk": risk} if risk else {}))
    worker.run_export(export_id)
    return export_id


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def count_waiting(worker: Worker) -> int:
    """How many jobs wait in the queue."""
    waiting: int = worker.queue.pending_count()
    return waiting


def _note(
    session: Session, project: Project, form: Form, who: Who, action: str, export_id: str, **further: str
) -> None:
    now, detail = _now(), {"export": export_id, **further}
    note(session, who, action, at=now, project=project.slug, subject=form.form_id, detail=detail)


def cancel_export(worker: Worker, project: Project, form: Form, export_id: str, who: Who) -> None:
    """Nobody wants this export any more: one that waits is not begun, one that runs stops at its next note of
    progress.
    """
    with worker.database.begin() as session:
        now = _now()
        if mark_export(session, export_id, only_from=("queued", "running"), state="cancelled", finished_at=now):
            _note(session, project, form, who, "export.cancelled", export_id)


def export_path(config: Config, export_id: str, file_name: str) -> Path:
    """Where a finished export lies."""
    return config.exports_dir / export_id / file_name


def do_export(config: Config, database: Database, files: Files, export_id: str) -> None:
    """Write one export that was asked for, noting its progress; nothing happens when it was cancelled or done
    meanwhile.
    """
    with database.begin() as session:
        if not mark_export(session, export_id, only_from=("queued",), state="running"):
            return
        export = find_export(session, export_id)
    if export is None:
        return
    state, file_name, error = "done", "", ""
    held: Sequence[int] = ()
    try:
        file_name, held = _write(config, database, files, export)
    except Cancelled:
        return
    except Problem as problem:
        state, error = "failed", str(problem)
    except Exception:
        log.exception("Export %s failed", export_id)
        state, error = "failed", "The server failed; see its log."
    ended: dict[str, Any] = {"state": state, "file_name": file_name, "error": error}
    now = _now()
    with database.begin() as session:
        if mark_export(session, export_id, only_from=("running",), finished_at=now, **ended) and held:
            note_export(session, export.form_pk, Exported(export_id, export.asked_by, file_name, now), held)


def _write(config: Config, database: Database, files: Files, export: Export) -> tuple[str, Sequence[int]]:
    """The name of the file, and the numbers of the submissions in it."""
    options = ExportOptions.from_json(export.options)
    noted = 0.0

    def note(done: int, total: int, _sheet: str) -> None:
        nonlocal noted
        if time.monotonic() - noted < NOTE_EVERY and done < total:
            return
        noted = time.monotonic()
        with database.begin() as session:
            if not mark_export(session, export.id, only_from=("running",), done=done, total=total):
                raise Cancelled

    with database.reading() as session:
        form = get_form_by_pk(session, export.form_pk)
        name = "".join(c if c.isalnum() or c in "-_" else "_" for c in form.form_id) + ENDINGS[options.format]
        path = export_path(config, export.id, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        reach = Reach.from_json(export.reach)
        if options.kind == "worklog":
            write_worklog(session, files, form, reach, path, _now(), language=options.language or "en")
            return name, ()
        source = open_form(session, files, form, reach)
        done = [one for one in list_exports(session, form.id) if one.state == "done"]
        before = [export_path(config, one.id, one.file_name) for one in done]
        chosen: Chosen | None = None
        # For whom a query holds is known once it was put to all of them.
        if not options.query and (same := find_same(hash_inputs(source, options.fitted()), before)):
            reuse(same, path)
        else:
            secret = project_secret(config.secret_key, form.project_id)
            chosen = write_export(source, options, path, progress=note, secret=secret).chosen
        held = list_held(source, options, chosen)
    return name, held


def form_address(config: Config, project: str, form_id: str) -> str:
    """Where a form's pages are, '' where the server does not know its public address."""
    return f"{config.public_url.rstrip('/')}/p/{project}/forms/{quote(form_id, safe='')}" if config.public_url else ""


def open_form(session: Session, files: Files, form: Form, reach: Reach = EVERYTHING) -> StoredForm:
    """All that an export of a form may tell: answers, indicators under the settings that hold, edits."""
    settings, parameters = effective_settings(session, form), get_parameters(session, form)
    read_edits = partial(list_revisions, session, form)
    return StoredForm(session, files, form, settings, parameters, reach, read_edits=read_edits)


def list_held(source: StoredForm, options: ExportOptions, chosen: Chosen | None = None) -> Sequence[int]:
    """The numbers of the submissions that an export holds, of those `chosen` by its query; of the form itself, none.
    Bare numbers: there may be a million.
    """
    narrowed = source if chosen is None else source.narrow(chosen)
    rows = () if options.format == "form" else narrowed.main_rows(NUMBERS, options.selection)
    return array("q", (row[0] for row in rows))


def remove_old_exports(config: Config, database: Database) -> None:
    """Files of exports that ended long ago go, and then the exports."""
    moment = _now() - datetime.timedelta(days=config.export_days)
    with database.reading() as session:
        old = list_finished_before(session, moment)
    for export in old:
        folder = config.exports_dir / export.id
        for file in folder.glob("*"):
            file.unlink()
        if folder.exists():
            folder.rmdir()
        with database.begin() as session:
            remove_export(session, export.id)


def work(worker: Worker) -> None:
    """Do what is in the queue until told to stop, or until the process that started us is gone.

    What was running when the last worker died starts again.
    """
    with worker.database.begin() as session:
        for export in list_exports_in_state(session, "running"):
            mark_export(session, export.id, state="queued")
            worker.run_export(export.id)
    parent = os.getppid()
    threading.Thread(target=_follow, args=(parent, worker.config.worker_beat), daemon=True).start()
    threading.Thread(target=worker.watch.go_on, daemon=True).start()
    worker.queue.create_consumer(workers=1, worker_type="thread", check_worker_health=False).run()


def _follow(parent: int, beat: Path) -> None:
    """Say that we live, and end when whoever started us has."""
    while os.getppid() == parent:
        with contextlib.suppress(OSError):
            beat.touch()
        time.sleep(1)
    os._exit(0)
