"""Cleaning on the pages: the work log that goes out, what people decided, and what was imported."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, render_template, url_for
from sqlalchemy.orm import Session

from surveyapp.audit import note
from surveyapp.clean.log import LogRow, label_of
from surveyapp.correct.log_import import undo_import
from surveyapp.correct.worklog import write_worklog
from surveyapp.problems import Problem
from surveyapp.store.cleaning import find_numbers, list_decisions, list_imports, list_rulesets
from surveyapp.store.cleaning_source import get_questionnaire
from surveyapp.store.exports import Export, list_given_exports
from surveyapp.store.forms import Form, get_form
from surveyapp.web.cleaning import WORKBOOK, find_labels, importer_of, work_log_name
from surveyapp.web.current import database, files, now
from surveyapp.web.i18n import page_language
from surveyapp.web.identity import Access, allow_person
from surveyapp.web.office import asked, done, render_refused
from surveyapp.web.rule_form import RuleWords

pages_cleaning = Blueprint("cleaning_pages", __name__, url_prefix="/p/<project>/forms/<form_id>/cleaning")

# Rows of a table on one page.
MOST_SHOWN: Final = 200


def enter(session: Session, project: str, form_id: str) -> tuple[Access, Form]:
    """Who reviews, and the form.

    Raises:
        Problem: NOT_SIGNED_IN, NOT_ALLOWED, FORM_NOT_FOUND.
    """
    access = allow_person(session, "review", project)
    return access, get_form(session, access.project.id, form_id)


def list_sources(session: Session, access: Access, form: Form) -> dict[str, Export]:
    """The workbooks of clean answers that a person can have edited, by id, newest first."""
    given = list_given_exports(session, form.id, access.who.actor, access.reach)
    return {
        one.id: one
        for one in given
        if one.state == "done"
        and one.options.get("format", "xlsx") == "xlsx"
        and one.options.get("kind", "clean") in ("clean", "both")
    }


def describe_cleaning(session: Session, access: Access, form: Form) -> dict[str, Any]:
    """What the page of cleaning shows."""
    return {
        "form": form,
        "rulesets": list_rulesets(session, form.id),
        "imports": list_imports(session, form.id),
        "sources": list_sources(session, access, form).values(),
    }


@pages_cleaning.get("")
def overview(project: str, form_id: str) -> str:
    """Rulesets, imports, and where a log comes in and goes out."""
    with database().reading() as session:
        access, form = enter(session, project, form_id)
        return render_template("cleaning.html", **describe_cleaning(session, access, form))


@pages_cleaning.get("/work-log")
def work_log(project: str, form_id: str) -> Response:
    """The work log as a workbook."""
    with tempfile.TemporaryDirectory() as folder, database().reading() as session:
        access, form = enter(session, project, form_id)
        target = Path(folder) / "log.xlsx"
        write_worklog(session, files(), form, access.reach, target, now(), language=page_language())
        headers = {"Content-Disposition": f"attachment; filename={work_log_name(form)}"}
        return Response(target.read_bytes(), mimetype=WORKBOOK, headers=headers)


@pages_cleaning.get("/log")
def decisions(project: str, form_id: str) -> str:
    """What people decided, the newest first."""
    question, interview, source = asked("question"), asked("interview"), asked("source")
    with database().reading() as session:
        access, form = enter(session, project, form_id)
        words = RuleWords(get_questionnaire(session, files(), form), page_language())
        rows = list_decisions(session, form.id)[::-1]
        numbers = find_numbers(session, form, {row.instance_id for row in rows}, access.reach)
        if not access.reach.everything:
            rows = [row for row in rows if row.instance_id in numbers]

        def is_wanted(row: LogRow) -> bool:
            named = not question or question == row.path.rpartition("/")[2]
            about = interview in ("", row.instance_id, str(numbers.get(row.instance_id)))
            return named and about and (not source or source == row.source)

        wanted = [row for row in rows if is_wanted(row)]
        shown = wanted[:MOST_SHOWN]
        labels = find_labels(session, form, access, {row.instance_id for row in shown})
    asked_about = {row.path.rpartition("/")[2] for row in rows if row.path}
    return render_template(
        "cleaning_log.html",
        form=form,
        rows=[{"row": row, **_tell(words, row)} for row in shown],
        count=len(wanted),
        labels=labels,
        questions=[(name, words.name(name)) for name in sorted(asked_about)],
        sources=sorted({row.source for row in rows}),
    )


def _tell(words: RuleWords, row: LogRow) -> dict[str, str]:
    """A decision in words."""
    known = words.form.fields.get(row.path)
    before, after = (label_of(known, text, words.form.newest.text) for text in (row.old_value or "", row.new_value))
    return {
        "question": words.question(known) if known else row.path.rpartition("/")[2],
        "before": before or row.old_value or "",
        "after": after or row.new_value,
    }


@pages_cleaning.post("/imports/<int:number>/undo")
def undo(project: str, form_id: str, number: int) -> Response:
    """Take an import back."""

    def change(session: Session) -> None:
        access, form = enter(session, project, form_id)
        undo_import(session, form, number, importer_of(access))
        slug, detail = access.project.slug, {"number": number}
        note(session, access.who, "log.undone", at=now(), project=slug, subject=form_id, detail=detail)

    return change_log(project, form_id, change, "log-undone")


def change_log(project: str, form_id: str, change: Callable[[Session], None], code: str) -> Response:
    """Change the log and go back to the page of cleaning, which says what was done, or what was refused."""
    try:
        database().write(change)
    except Problem as refused:
        with database().reading() as session:
            access, form = enter(session, project, form_id)
            return render_refused("cleaning.html", refused, **describe_cleaning(session, access, form))
    return done(url_for("cleaning_pages.overview", project=project, form_id=form_id), code)
