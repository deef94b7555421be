"""Commands for forms and their versions."""

from pathlib import Path

import click
from rich.table import Table
from sqlalchemy.orm import Session

from surveyapp.audit import note
from surveyapp.cli.tools import Tools, bar, command_line, now, out, project_option
from surveyapp.collect.rebuild import rebuild
from surveyapp.people.projects import ensure_project
from surveyapp.publish import prepare_form, publish, set_form_state
from surveyapp.store.forms import get_definition, get_form, get_form_version, list_form_versions, list_forms
from surveyapp.store.projects import Project, get_project
from surveyapp.xform.changes import list_changes


@click.command("publish")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--media",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with the files that the form needs.",
)
@project_option
@click.pass_obj
def publish_command(tools: Tools, file: Path, media: Path | None, project: str) -> None:
    """Publish an XLSForm (.xlsx, .xls, .csv, .md) or XForm XML as the next version of its form."""
    found = {path.name: path.read_bytes() for path in media.iterdir() if path.is_file()} if media else {}
    prepared = prepare_form(file.read_bytes(), file.name, now())
    with tools.database.begin() as session:
        owner = ensure_project(session, project, now())
        published = publish(session, tools.files, owner, prepared, found, now())
        if published.fresh:
            detail = {"version": published.version.version, "md5": published.version.md5}
            _note(session, "form.published", owner, published.form.form_id, **detail)
    for finding in published.findings:
        out.print(f"{finding.severity}: {finding}", markup=False)
    done = "is published" if published.fresh else "was published before, with the same content"
    out.print(f"Form {published.form.form_id}, version {published.version.version}, {done}.", markup=False)


@click.command("forms")
@project_option
@click.pass_obj
def forms_command(tools: Tools, project: str) -> None:
    """List the forms and their versions."""
    table = Table("form", "title", "state", "version", "published (UTC)")
    with tools.database.reading() as session:
        for form in list_forms(session, get_project(session, project).id):
            for version in list_form_versions(session, form):
                published = f"{version.published_at:%Y-%m-%d %H:%M}"
                table.add_row(form.form_id, form.title, form.state, version.version, published)
    out.print(table)


@click.command("diff")
@click.argument("form")
@click.argument("old")
@click.argument("new")
@project_option
@click.pass_obj
def diff_command(tools: Tools, form: str, old: str, new: str, project: str) -> None:
    """Tell what changed in FORM between the versions OLD and NEW."""
    with tools.database.reading() as session:
        found = get_form(session, get_project(session, project).id, form)
        before, after = (get_definition(session, get_form_version(session, found, name)) for name in (old, new))
    changes = list_changes(before, after)
    for change in changes:
        out.print(str(change), markup=False)
    if not changes:
        out.print("Nothing that matters to answers changed.")


@click.command("close")
@click.argument("form")
@project_option
@click.pass_obj
def close_command(tools: Tools, form: str, project: str) -> None:
    """Take FORM off the phones' list; records that were filled before are still taken."""
    _set_state(tools, form, project, "closed")


@click.command("open")
@click.argument("form")
@project_option
@click.pass_obj
def open_command(tools: Tools, form: str, project: str) -> None:
    """Put FORM back on the phones' list."""
    _set_state(tools, form, project, "open")


def _set_state(tools: Tools, form: str, project: str, state: str) -> None:
    with tools.database.begin() as session:
        owner = get_project(session, project)
        set_form_state(session, get_form(session, owner.id, form), state)
        _note(session, f"form.{state}", owner, form)
    out.print(f"Form {form} is {state}.", markup=False)


def _note(session: Session, action: str, project: Project, form: str, **detail: object) -> None:
    note(session, command_line(), action, at=now(), project=project.slug, subject=form, detail=detail)


@click.command("rebuild")
@click.argument("form")
@project_option
@click.pass_obj
def rebuild_command(tools: Tools, form: str, project: str) -> None:
    """Make the answer tables of FORM again from the raw records."""
    with bar("rebuilding", "submissions") as progress, tools.database.begin() as session:
        task = progress.add_task("", total=None)
        found = get_form(session, get_project(session, project).id, form)
        count = rebuild(session, found, lambda done, total: progress.update(task, completed=done, total=total))
    out.print(f"The answer tables of {form} hold {count:,} submissions.", markup=False)
