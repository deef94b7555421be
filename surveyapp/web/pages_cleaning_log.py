"""Logs that come back on the pages: their columns found, tried, looked at, applied as one."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, render_template, request
from sqlalchemy.orm import Session

from surveyapp.audit import note
from surveyapp.clean.log_headers import map_headers, plain_header
from surveyapp.correct.log_import import SentLog, Tried, import_log, try_log
from surveyapp.correct.trial_workbook import write_trial
from surveyapp.correct.trials import try_decisions
from surveyapp.problems import LOG_UNREADABLE, Problem
from surveyapp.store.audit import list_audit_lines
from surveyapp.store.cleaning_source import get_questionnaire
from surveyapp.store.forms import Form
from surveyapp.web.cleaning import (
    WORKBOOK,
    compare_indicators,
    file_name,
    find_labels,
    importer_of,
    list_finding_effects,
)
from surveyapp.web.current import database, files, now
from surveyapp.web.i18n import page_language
from surveyapp.web.identity import Access
from surveyapp.web.office import asked, render_refused
from surveyapp.web.pages_cleaning import MOST_SHOWN, change_log, describe_cleaning, enter, list_sources
from surveyapp.web.rule_form import RuleWords
from surveyapp.web.sent_log import COLUMNS, Carried, read_carried, read_upload

pages_cleaning_log = Blueprint("cleaning_log_pages", __name__, url_prefix="/p/<project>/forms/<form_id>/cleaning/log")

IMPORTED: Final = "log.imported"
# So many imports are looked at for how they named their columns.
REMEMBERED: Final = 50


@pages_cleaning_log.post("")
def try_import(project: str, form_id: str) -> Response:
    """What a log would change; nothing is changed yet."""
    with database().reading() as session:
        access, form = enter(session, project, form_id)
        sent: SentLog | None = None
        carried: Carried | None = None
        try:
            if "sent" in request.form:
                carried = read_carried(_place(project, form_id), changed=True)
            else:
                carried = read_upload(list_sources(session, access, form))
            sent = carried.read()
            if sent.export is None and not carried.columns:
                carried = replace(carried, columns=_remember(session, project, sent.file.log.headers))
                sent = carried.read()
            tried = try_log(session, files(), form, sent, importer_of(access))
        except Problem as refused:
            if (
                refused.kind is LOG_UNREADABLE
                and sent is not None
                and carried is not None
                and _may_map(refused, carried)
            ):
                shown = _columns(sent, carried, _place(project, form_id))
                return render_refused("cleaning_columns.html", refused, form=form, **shown)
            return render_refused("cleaning.html", refused, **describe_cleaning(session, access, form))
        return Response(_tried_page(session, access, form, sent, carried, tried))


def _may_map(refused: Problem, carried: Carried) -> bool:
    """Whether the sheet could be read, and a person can say what its columns are."""
    return refused.kind is LOG_UNREADABLE and not carried.export and bool(refused.errors or carried.columns)


def _place(project: str, form_id: str) -> str:
    return f"{project}/{form_id}"


def _remember(session: Session, project: str, headers: Sequence[str]) -> dict[str, str]:
    """How a person said what the columns of such a sheet are, when one like it was imported into the project."""
    present = {plain_header(header): header for header in headers}
    for line in list_audit_lines(session, limit=REMEMBERED, project=project, action=IMPORTED):
        columns = line.detail.get("columns") or {}
        if columns and all(plain_header(header) in present for header in columns.values()):
            return {name: present[plain_header(header)] for name, header in columns.items()}
    return {}


def _columns(sent: SentLog, carried: Carried, place: str) -> dict[str, Any]:
    """The columns of a log, as they were understood, and the headers to choose from."""
    try:
        found: Mapping[str, str] = map_headers(sent.file.log.headers, carried.columns).columns
    except Problem:
        found = carried.columns
    return {
        "log_column_list": [(name, found.get(name, "")) for name in COLUMNS],
        "headers": sent.file.log.headers,
        "carried": carried.fields(place),
    }


def _tried_page(session: Session, access: Access, form: Form, sent: SentLog, carried: Carried, tried: Tried) -> str:
    dry_run = tried.dry_run
    place = _place(access.project.slug, form.form_id)
    carried = replace(carried, token=dry_run.token)
    words = RuleWords(get_questionnaire(session, files(), form), page_language())
    trial = try_decisions(session, files(), form, dry_run.log, access.reach)
    figures = compare_indicators(session, form, access, trial) if asked("do") == "indicators" else None
    told = {one.instance_id for one in dry_run.differences[:MOST_SHOWN]} | set(dry_run.removals)
    return render_template(
        "cleaning_tried.html",
        form=form,
        name=carried.name,
        dry_run=dry_run,
        gone=0 if carried.remove else tried.gone,
        differences=dry_run.differences[:MOST_SHOWN],
        notices=dry_run.notices[:MOST_SHOWN],
        labels=find_labels(session, form, access, told),
        words={one.question: words.name(one.question) for one in dry_run.differences[:MOST_SHOWN]},
        findings=list_finding_effects(trial.findings),
        asked_for_figures=asked("do") == "indicators",
        figures=figures,
        applies=bool(dry_run.log) and not dry_run.faults,
        **(_columns(sent, carried, place) if sent.export is None else {"carried": carried.fields(place)}),
    )


@pages_cleaning_log.post("/file")
def tried_file(project: str, form_id: str) -> Response:
    """What was tried, as a workbook: every difference, and the rows of the log with what becomes of them."""
    with tempfile.TemporaryDirectory() as folder, database().reading() as session:
        access, form = enter(session, project, form_id)
        carried = read_carried(_place(project, form_id))
        sent = carried.read()
        dry_run = try_log(session, files(), form, sent, importer_of(access)).dry_run
        target = Path(folder) / "trial.xlsx"
        run = partial(try_decisions, session, files(), form, dry_run.log, access.reach)
        rows = (sent.file.log, dry_run) if sent.export is None else None
        write_trial(get_questionnaire(session, files(), form), page_language(), run, target, rows)
        headers = {"Content-Disposition": f"attachment; filename={file_name(form, 'log_trial')}"}
        return Response(target.read_bytes(), mimetype=WORKBOOK, headers=headers)


@pages_cleaning_log.post("/apply")
def apply_import(project: str, form_id: str) -> Response:
    """Apply what was tried."""

    def change(session: Session) -> None:
        access, form = enter(session, project, form_id)
        carried = read_carried(_place(project, form_id))
        _, number = import_log(session, files(), form, carried.read(), importer_of(access), carried.token)
        if number is not None:
            slug, detail = access.project.slug, {"number": number, "columns": dict(carried.columns)}
            note(session, access.who, IMPORTED, at=now(), project=slug, subject=form_id, detail=detail)

    return change_log(project, form_id, change, "log-imported")
