"""Cleaning over the JSON API: rulesets drafted, tried, published; cleaning logs tried, applied, undone."""

import tempfile
from pathlib import Path
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from surveyapp.audit import note
from surveyapp.correct.log_import import SentLog, Tried, import_log, try_log, undo_import
from surveyapp.correct.rulesets import describe_fault, publish_ruleset, save_draft
from surveyapp.correct.sheets import read_sent
from surveyapp.correct.trials import try_rules
from surveyapp.correct.worklog import write_worklog
from surveyapp.problems import BAD_REQUEST, Problem
from surveyapp.store.cleaning import KeptRuleset, LogImport, get_import, get_ruleset, list_imports, list_rulesets
from surveyapp.store.forms import get_form
from surveyapp.web.api_blueprint import ApiBlueprint
from surveyapp.web.cleaning import WORKBOOK, importer_of, list_finding_effects, work_log_name
from surveyapp.web.current import config, database, files, now
from surveyapp.web.identity import Access, allow_program
from surveyapp.web.multipart import part_name, read_part
from surveyapp.web.shapes_cleaning import ImportedOut, LogImportOut, LogTrialOut, RulesetOut, RulesetTrialOut, RulesIn

api_cleaning = ApiBlueprint(
    "cleaning",
    __name__,
    url_prefix="/api/v1/projects/<project>/forms/<form_id>/cleaning",
    description="Rulesets, and the cleaning log",
)
UPLOAD = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "format": "binary"}, "token": {"type": "string"}},
            }
        }
    },
}


# -- rulesets ---------------------------------------------------------------------------------------------------------
@api_cleaning.route("/rulesets", methods=["GET"])
@api_cleaning.response(200, RulesetOut(many=True))
@api_cleaning.refuses(404)
def get_rulesets(project: str, form_id: str) -> list[KeptRuleset]:
    """The rulesets of a form, newest first."""
    with database().reading() as session:
        access = allow_program(session, "review", project)
        return list_rulesets(session, get_form(session, access.project.id, form_id).id)


@api_cleaning.route("/rulesets", methods=["POST"])
@api_cleaning.arguments(RulesIn)
@api_cleaning.response(201, RulesetOut)
@api_cleaning.refuses(400, 404, 422)
def post_ruleset(asked: dict[str, Any], project: str, form_id: str) -> KeptRuleset:
    """Keep rules as a draft."""
    return _save(project, form_id, asked["rules"], None)


@api_cleaning.route("/rulesets/trial", methods=["POST"])
@api_cleaning.arguments(RulesIn)
@api_cleaning.response(200, RulesetTrialOut)
@api_cleaning.refuses(400, 404, 422)
def post_ruleset_trial(asked: dict[str, Any], project: str, form_id: str) -> dict[str, Any]:
    """What rules would do, beside those that hold now; nothing is kept."""
    with database().reading() as session:
        access = allow_program(session, "remove", project)
        form = get_form(session, access.project.id, form_id)
        trial = try_rules(session, files(), form, asked["rules"])
    difference = trial.difference
    effects = [
        {"rule": name, "touched": one.touched, "blocked": one.blocked, "examples": one.examples}
        for name, one in difference.effects.items()
    ]
    return {
        "against": trial.against,
        "faults": [describe_fault(fault) for fault in trial.faults],
        "effects": effects,
        "findings": list_finding_effects(trial.findings),
        "cells": dict(difference.cells),
        "examples": difference.examples,
        "added": difference.added,
        "gone": difference.gone,
    }


@api_cleaning.route("/rulesets/<int:number>", methods=["GET"])
@api_cleaning.response(200, RulesetOut)
@api_cleaning.refuses(404)
def get_one_ruleset(project: str, form_id: str, number: int) -> KeptRuleset:
    """A ruleset."""
    with database().reading() as session:
        access = allow_program(session, "review", project)
        return get_ruleset(session, get_form(session, access.project.id, form_id).id, number)


@api_cleaning.route("/rulesets/<int:number>", methods=["PUT"])
@api_cleaning.arguments(RulesIn)
@api_cleaning.response(200, RulesetOut)
@api_cleaning.refuses(400, 404, 409, 422)
def put_ruleset(asked: dict[str, Any], project: str, form_id: str, number: int) -> KeptRuleset:
    """Replace the rules of a draft."""
    return _save(project, form_id, asked["rules"], number)


@api_cleaning.route("/rulesets/<int:number>/publish", methods=["POST"])
@api_cleaning.response(200, RulesetOut)
@api_cleaning.refuses(404, 409, 422)
def post_published_ruleset(project: str, form_id: str, number: int) -> KeptRuleset:
    """Clean by this draft from now on; it never changes again."""

    def change(session: Session) -> KeptRuleset:
        access = allow_program(session, "remove", project)
        form = get_form(session, access.project.id, form_id)
        published = publish_ruleset(session, files(), form, number, who=access.who.actor, now=now())
        _note(session, access, "ruleset.published", form_id, number=number)
        return published

    return database().write(change)


def _save(project: str, form_id: str, rules: list[dict[str, Any]], number: int | None) -> KeptRuleset:
    def change(session: Session) -> KeptRuleset:
        access = allow_program(session, "remove", project)
        form = get_form(session, access.project.id, form_id)
        kept = save_draft(session, files(), form, rules, who=access.who.actor, now=now(), number=number)
        _note(session, access, "ruleset.drafted", form_id, number=kept)
        return get_ruleset(session, form.id, kept)

    return database().write(change)


# -- the log ----------------------------------------------------------------------------------------------------------
@api_cleaning.route("/work-log", methods=["GET"])
@api_cleaning.response(200, {"type": "string", "format": "binary"}, content_type=WORKBOOK)
@api_cleaning.refuses(404)
def get_work_log(project: str, form_id: str) -> Response:
    """A workbook with a row for each answer that somebody should look at, to be filled in and sent back."""
    with tempfile.TemporaryDirectory() as folder, database().reading() as session:
        access = allow_program(session, "review", project)
        form = get_form(session, access.project.id, form_id)
        target = Path(folder) / "log.xlsx"
        write_worklog(session, files(), form, access.reach, target, now())
        headers = {"Content-Disposition": f"attachment; filename={work_log_name(form)}"}
        return Response(target.read_bytes(), mimetype=WORKBOOK, headers=headers)


@api_cleaning.route("/log/trial", methods=["POST"])
@api_cleaning.doc(requestBody=UPLOAD)
@api_cleaning.response(200, LogTrialOut)
@api_cleaning.refuses(400, 404, 413, 422)
def post_log_trial(project: str, form_id: str) -> dict[str, Any]:
    """Try a cleaning log (.xlsx or .csv): what it would change, and the token with which to apply it."""
    with database().reading() as session:
        access = allow_program(session, "review", project)
        form = get_form(session, access.project.id, form_id)
        return _described(try_log(session, files(), form, _read_sent(), importer_of(access)))


@api_cleaning.route("/log/imports", methods=["GET"])
@api_cleaning.response(200, LogImportOut(many=True))
@api_cleaning.refuses(404)
def get_imports(project: str, form_id: str) -> list[LogImport]:
    """The logs that were imported, newest first."""
    with database().reading() as session:
        access = allow_program(session, "review", project)
        return list_imports(session, get_form(session, access.project.id, form_id).id)


@api_cleaning.route("/log/imports", methods=["POST"])
@api_cleaning.doc(requestBody=UPLOAD)
@api_cleaning.response(201, ImportedOut)
@api_cleaning.refuses(400, 404, 409, 413, 422)
def post_import(project: str, form_id: str) -> dict[str, Any]:
    """Apply a cleaning log that was tried, with the token of its trial; all of it or nothing."""

    def change(session: Session) -> dict[str, Any]:
        access = allow_program(session, "review", project)
        form = get_form(session, access.project.id, form_id)
        token = request.form.get("token", "")
        tried, number = import_log(session, files(), form, _read_sent(), importer_of(access), token)
        if number is not None:
            _note(session, access, "log.imported", form_id, number=number)
        return {**_described(tried), "number": number}

    return database().write(change)


@api_cleaning.route("/log/imports/<int:number>", methods=["DELETE"])
@api_cleaning.response(200, LogImportOut)
@api_cleaning.refuses(404, 409)
def delete_import(project: str, form_id: str, number: int) -> LogImport:
    """Take an import back, as a whole."""

    def change(session: Session) -> LogImport:
        access = allow_program(session, "review", project)
        form = get_form(session, access.project.id, form_id)
        undo_import(session, form, number, importer_of(access))
        _note(session, access, "log.undone", form_id, number=number)
        return get_import(session, form.id, number)

    return database().write(change)


def _read_sent() -> SentLog:
    part = request.files.get("file")
    if part is None:
        raise Problem(BAD_REQUEST, "The request has no part called file.", remedy="Send the log as the part file.")
    part.stream.seek(0)
    return SentLog(read_sent(read_part(part, config().max_upload_mb * 1_000_000), part_name(part)))


def _described(tried: Tried) -> dict[str, Any]:
    dry_run = tried.dry_run
    return {
        "token": dry_run.token,
        "counts": dict(dry_run.counts),
        "notices": [one._asdict() for one in dry_run.notices],
        "differences": [one._asdict() for one in dry_run.differences],
        "removals": list(dry_run.removals),
    }


def _note(session: Session, access: Access, action: str, form_id: str, **detail: Any) -> None:
    note(session, access.who, action, at=now(), project=access.project.slug, subject=form_id, detail=detail)
