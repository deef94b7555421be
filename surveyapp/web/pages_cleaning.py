"""Cleaning on the pages: the log and its imports, rulesets with their editor, what a draft would change."""

import hmac
import json
import tempfile
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, current_app, render_template, request, url_for
from sqlalchemy.orm import Session

from surveyapp.audit import note
from surveyapp.clean.kinds import KINDS
from surveyapp.clean.log import LogRow
from surveyapp.clean.making import REQUIRED
from surveyapp.correct.log_import import SentLog, Tried, import_log, try_log, undo_import
from surveyapp.correct.rulesets import publish_ruleset, read_rules, save_draft, try_rules
from surveyapp.correct.sheets import read_sent
from surveyapp.correct.worklog import write_worklog
from surveyapp.problems import BAD_REQUEST, LOG_CHANGED, Problem
from surveyapp.store.cleaning import find_numbers, get_ruleset, list_decisions, list_imports, list_rulesets
from surveyapp.store.forms import Form, get_form
from surveyapp.web.cleaning import WORKBOOK, importer_of, work_log_name
from surveyapp.web.current import config, database, files, now
from surveyapp.web.identity import Access, allow_person
from surveyapp.web.multipart import part_name, read_part
from surveyapp.web.office import asked, done, render_refused

pages_cleaning = Blueprint("cleaning_pages", __name__, url_prefix="/p/<project>/forms/<form_id>/cleaning")

# Rows of a table on one page.
MOST_SHOWN: Final = 200


def _enter(session: Session, project: str, form_id: str, permission: Any = "review") -> tuple[Access, Form]:
    access = allow_person(session, permission, project)
    return access, get_form(session, access.project.id, form_id)


def _overview(session: Session, form: Form) -> dict[str, Any]:
    return {"form": form, "rulesets": list_rulesets(session, form.id), "imports": list_imports(session, form.id)}


@pages_cleaning.get("")
def overview(project: str, form_id: str) -> str:
    """Rulesets, imports, and where a log comes in and goes out."""
    with database().reading() as session:
        _, form = _enter(session, project, form_id)
        return render_template("cleaning.html", **_overview(session, form))


# -- the log ----------------------------------------------------------------------------------------------------------
@pages_cleaning.get("/work-log")
def work_log(project: str, form_id: str) -> Response:
    """The work log as a workbook."""
    with tempfile.TemporaryDirectory() as folder, database().reading() as session:
        access, form = _enter(session, project, form_id)
        target = Path(folder) / "log.xlsx"
        write_worklog(session, files(), form, access.reach, target, now())
        headers = {"Content-Disposition": f"attachment; filename={work_log_name(form)}"}
        return Response(target.read_bytes(), mimetype=WORKBOOK, headers=headers)


@pages_cleaning.get("/log")
def decisions(project: str, form_id: str) -> str:
    """What people decided, the newest first."""
    question, interview, source = asked("question"), asked("interview"), asked("source")

    def is_wanted(row: LogRow) -> bool:
        named = not question or question == row.path.rpartition("/")[2]
        return named and (not interview or interview == row.instance_id) and (not source or source == row.source)

    with database().reading() as session:
        access, form = _enter(session, project, form_id)
        rows = [row for row in reversed(list_decisions(session, form.id)) if is_wanted(row)]
        if not access.reach.everything:
            seen = find_numbers(session, form, {row.instance_id for row in rows}, access.reach)
            rows = [row for row in rows if row.instance_id in seen]
    return render_template("cleaning_log.html", form=form, rows=rows[:MOST_SHOWN], count=len(rows))


@pages_cleaning.post("/log")
def try_import(project: str, form_id: str) -> Response:
    """What a log would change; nothing is changed yet."""
    with database().reading() as session:
        access, form = _enter(session, project, form_id)
        shown = _overview(session, form)
        try:
            name, content = _read_upload()
            sent = SentLog(read_sent(content, name))
            tried = try_log(session, files(), form, sent, importer_of(access))
        except Problem as refused:
            return render_refused("cleaning.html", refused, **shown)
    kept = files().keep(content).sha256
    carried = {"file": kept, "name": name, "token": tried.dry_run.token, "signature": _sign(project, kept, name)}
    return Response(_tried_page(form, tried, carried))


def _tried_page(form: Form, tried: Tried, carried: dict[str, str]) -> str:
    dry_run = tried.dry_run
    return render_template(
        "cleaning_tried.html",
        form=form,
        dry_run=dry_run,
        differences=dry_run.differences[:MOST_SHOWN],
        notices=dry_run.notices[:MOST_SHOWN],
        carried=carried if dry_run.log and not dry_run.faults else None,
    )


@pages_cleaning.post("/log/apply")
def apply_import(project: str, form_id: str) -> Response:
    """Apply what was tried."""
    kept, name = asked("file"), asked("name")

    def change(session: Session) -> None:
        access, form = _enter(session, project, form_id)
        sent = SentLog(read_sent(_read_kept(project, kept, name), name))
        _, number = import_log(session, files(), form, sent, importer_of(access), asked("token"))
        if number is not None:
            _note(session, access, "log.imported", form_id, number=number)

    try:
        database().write(change)
    except Problem as refused:
        with database().reading() as session:
            _, form = _enter(session, project, form_id)
            return render_refused("cleaning.html", refused, **_overview(session, form))
    return done(url_for("cleaning_pages.overview", project=project, form_id=form_id), "log-imported")


@pages_cleaning.post("/imports/<int:number>/undo")
def undo(project: str, form_id: str, number: int) -> Response:
    """Take an import back."""

    def change(session: Session) -> None:
        access, form = _enter(session, project, form_id)
        undo_import(session, form, number, importer_of(access))
        _note(session, access, "log.undone", form_id, number=number)

    database().write(change)
    return done(url_for("cleaning_pages.overview", project=project, form_id=form_id), "log-undone")


# -- rulesets ---------------------------------------------------------------------------------------------------------
@pages_cleaning.get("/rulesets/<int:number>")
def ruleset(project: str, form_id: str, number: int) -> str:
    """A ruleset; 0 is a new one, which begins with the rules that hold now."""
    with database().reading() as session:
        _, form = _enter(session, project, form_id)
        if number:
            shown = get_ruleset(session, form.id, number)
            rules, state = shown.rules, shown.state
        else:
            published = [one for one in list_rulesets(session, form.id) if one.state == "published"]
            rules, state = (published[0].rules if published else []), "new"
    kind = asked("kind")
    return render_template("cleaning_ruleset.html", **_editor(form, number, list(rules), state, kind))


def _editor(form: Form, number: int, rules: list[Any], state: str, kind: str = "") -> dict[str, Any]:
    parameters = KINDS[kind].parameters if kind in KINDS else {}
    return {
        "form": form,
        "number": number,
        "rules": rules,
        "state": state,
        "text": json.dumps(rules, ensure_ascii=False, indent=2),
        "kinds": list(KINDS),
        "kind": kind if kind in KINDS else "",
        "parameters": [(name, one.default is REQUIRED, _usual(one.default)) for name, one in parameters.items()],
    }


def _usual(default: Any) -> str:
    """The default of a parameter as a person would write it."""
    if default is REQUIRED or default in (None, "", (), {}):
        return ""
    return json.dumps(default, ensure_ascii=False, default=list)


@pages_cleaning.post("/rulesets/<int:number>")
def change_ruleset(project: str, form_id: str, number: int) -> Response:
    """Add a rule, try the rules, keep them as a draft, or publish them, as the button says."""
    do, text = asked("do"), asked("rules")
    with database().reading() as session:
        _, form = _enter(session, project, form_id, "remove")
        state = get_ruleset(session, form.id, number).state if number else "new"
    shown: dict[str, Any] = _editor(form, number, [], state, asked("kind")) | {"text": text}
    try:
        rules = [dict(rule) for rule in read_rules(text or "[]")]
        if do == "add":
            rules.append(_read_rule())
        shown = _editor(form, number, rules, state, asked("kind"))
        if do in ("add", "try"):
            with database().reading() as session:
                _enter(session, project, form_id, "remove")
                trial = try_rules(session, files(), form, rules)
            return Response(render_template("cleaning_ruleset.html", trial=trial, **shown))
        kept = _keep(project, form_id, number, rules, publish=do == "publish")
    except Problem as refused:
        return render_refused("cleaning_ruleset.html", refused, **shown)
    if do == "publish":
        return done(url_for("cleaning_pages.overview", project=project, form_id=form_id), "ruleset-published")
    return done(url_for("cleaning_pages.ruleset", project=project, form_id=form_id, number=kept), "saved")


def _keep(project: str, form_id: str, number: int, rules: list[dict[str, Any]], *, publish: bool) -> int:
    def change(session: Session) -> int:
        access, form = _enter(session, project, form_id, "remove")
        actor = access.who.actor
        kept = save_draft(session, files(), form, rules, who=actor, now=now(), number=number or None)
        _note(session, access, "ruleset.drafted", form_id, number=kept)
        if publish:
            publish_ruleset(session, files(), form, kept, who=actor, now=now())
            _note(session, access, "ruleset.published", form_id, number=kept)
        return kept

    return database().write(change)


def _read_rule() -> dict[str, Any]:
    """The rule that the fields of its kind describe."""
    kind = asked("kind")
    rule: dict[str, Any] = {"id": asked("id"), "kind": kind}
    if asked("questions"):
        rule["questions"] = [name.strip() for name in asked("questions").split(",") if name.strip()]
    rule |= {name: asked(name) for name in ("when", "reason") if asked(name)}
    names = KINDS[kind].parameters if kind in KINDS else {}
    given = {name: _read_parameter(asked(f"parameter-{name}")) for name in names if asked(f"parameter-{name}")}
    return rule | ({"parameters": given} if given else {})


def _read_parameter(text: str) -> Any:
    """What was written: JSON where it is that, `old: new` lines as a mapping, else the text."""
    try:
        return json.loads(text)
    except ValueError:
        pass
    pairs = [line.partition(":") for line in text.split("\n") if line.strip()]
    if all(colon for _, colon, _ in pairs):
        return {old.strip(): _read_parameter(new.strip()) if new.strip() else None for old, _, new in pairs}
    return text


def _note(session: Session, access: Access, action: str, form_id: str, **detail: Any) -> None:
    note(session, access.who, action, at=now(), project=access.project.slug, subject=form_id, detail=detail)


# -- from a trial to its import ---------------------------------------------------------------------------------------
def _read_upload() -> tuple[str, bytes]:
    part = request.files.get("log")
    if part is None or not part.filename:
        raise Problem(BAD_REQUEST, "No file was chosen.", remedy="Choose a cleaning log.")
    return part_name(part), read_part(part, config().max_upload_mb * 1_000_000)


def _read_kept(project: str, kept: str, name: str) -> bytes:
    """The file that was tried.

    Raises:
        Problem: LOG_CHANGED where it was not tried here, or is gone.
    """
    if not hmac.compare_digest(asked("signature"), _sign(project, kept, name)):
        raise Problem(LOG_CHANGED, "This log was not tried here.")
    try:
        return files().path(kept).read_bytes()
    except OSError as error:
        raise Problem(LOG_CHANGED, "The log is not on the disk any more.") from error


def _sign(project: str, kept: str, name: str) -> str:
    secret = str(current_app.secret_key).encode()
    return hmac.digest(secret, f"log {project} {kept} {name}".encode(), "sha256").hex()
