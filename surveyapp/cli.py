"""The same jobs from the command line."""

import datetime
import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from surveyapp import __version__
from surveyapp.collect.rebuild import rebuild
from surveyapp.config import BadSetting, Config
from surveyapp.export.from_store import StoredForm
from surveyapp.export.options import ExportOptions
from surveyapp.export.run import write_export
from surveyapp.people import (
    DEFAULT_PROJECT,
    create_project,
    enrol_device,
    ensure_project,
    grant_api_token,
    revoke_device,
)
from surveyapp.problems import Problem
from surveyapp.publish import publish, set_form_state
from surveyapp.store.database import Database
from surveyapp.store.devices import list_devices
from surveyapp.store.files import Files
from surveyapp.store.forms import get_definition, get_form, get_form_version, list_form_versions, list_forms
from surveyapp.store.migrations import migrate
from surveyapp.store.projects import get_project, list_projects
from surveyapp.web.serve import serve
from surveyapp.worker import make_worker, work
from surveyapp.xform.changes import list_changes

Command = TypeVar("Command", bound=Callable[..., Any])

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass
class Tools:
    """What commands work with; made when first asked for."""

    config: Config

    @cached_property
    def database(self) -> Database:
        """The database."""
        return Database(self.config.database_url)

    @cached_property
    def files(self) -> Files:
        """The kept files."""
        return Files(self.config.files_dir)


def now() -> datetime.datetime:
    """The time, aware."""
    return datetime.datetime.now(datetime.UTC)


class Group(click.Group):
    """Says a Problem in words, and ends with status 1; a bad setting with status 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except Problem as problem:
            err.print(f"{problem.kind.title}: {problem.detail} {problem.remedy}", markup=False)
            for fault in problem.errors:
                where = " ".join(f"{key} {fault[key]}" for key in ("sheet", "row", "column") if fault.get(key))
                text = f"{fault.get('message', '')} {fault.get('remedy', '')}".strip()
                err.print(f"  {where}: {text}" if where else f"  {text or fault}", markup=False)
            sys.exit(1)


@click.group(cls=Group)
@click.version_option(__version__)
@click.pass_context
def main(context: click.Context) -> None:
    """A household-survey server: forms out to phones, submissions in, cleaned Excel out."""
    try:
        context.obj = Tools(Config.from_environ(os.environ))
    except BadSetting as error:
        raise click.UsageError(str(error)) from error


def project_option(command: Command) -> Command:
    """--project, with the default project."""
    return click.option("--project", default=DEFAULT_PROJECT, show_default=True, help="The project's short name.")(
        command
    )


def bar(title: str, unit: str) -> Progress:
    """A progress bar, shown where somebody waits for it."""
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TextColumn(unit), TimeRemainingColumn())
    return Progress(*columns, console=err, transient=True, disable=not err.is_terminal)


# -- the server -------------------------------------------------------------------------------------------------------
@main.command("migrate")
@click.pass_obj
def migrate_command(tools: Tools) -> None:
    """Bring the database to what this version needs."""
    migrate(tools.database)
    out.print("The database is up to date.")


@main.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@click.pass_obj
def serve_command(tools: Tools, host: str, port: int) -> None:
    """Run the server, with its worker for exports."""
    out.print(f"surveyapp {__version__} answers on http://{host}:{port}, data in {tools.config.data_dir}", markup=False)
    serve(tools.config, host, port)


@main.command("worker")
@click.pass_obj
def worker_command(tools: Tools) -> None:
    """Do the work of the queue only; `serve` starts one by itself."""
    work(make_worker(tools.config, tools.database, tools.files))


# -- projects, devices, tokens ----------------------------------------------------------------------------------------
@main.group("project")
def project_group() -> None:
    """Projects own forms, devices and data."""


@project_group.command("add")
@click.argument("slug")
@click.option("--name", default="", help="The name for people.")
@click.option("--timezone", default="", help="Zone in which exports write times, as Asia/Shanghai.")
@click.pass_obj
def project_add(tools: Tools, slug: str, name: str, timezone: str) -> None:
    """Make a project; SLUG is its short name in addresses."""
    if timezone:
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise click.BadParameter(f"there is no time zone {timezone!r}", param_hint="--timezone") from error
    with tools.database.begin() as session:
        create_project(session, slug, name, timezone, now())
    out.print(f"Project {slug} is there.", markup=False)


@project_group.command("list")
@click.pass_obj
def project_list(tools: Tools) -> None:
    """List the projects."""
    with tools.database.reading() as session:
        for project in list_projects(session):
            out.print(f"{project.slug}\t{project.name}\t{project.timezone or tools.config.timezone.key}", markup=False)


@main.group("device")
def device_group() -> None:
    """Phones that may fetch forms and send submissions."""


@device_group.command("add")
@click.argument("name")
@project_option
@click.pass_obj
def device_add(tools: Tools, name: str, project: str) -> None:
    """Let a phone in; prints the server URL for it, this once."""
    with tools.database.begin() as session:
        token = enrol_device(session, ensure_project(session, project, now()), name, now())
    out.print(f"{tools.config.public_url or 'http://127.0.0.1:8000'}/c/{token}", markup=False)


@device_group.command("list")
@project_option
@click.pass_obj
def device_list(tools: Tools, project: str) -> None:
    """List the phones of a project."""
    with tools.database.reading() as session:
        for device in list_devices(session, get_project(session, project).id):
            state = f"revoked {device.revoked_at:%Y-%m-%d %H:%M}" if device.revoked_at else "live"
            out.print(f"{device.name}\t{device.created_at:%Y-%m-%d %H:%M}\t{state}", markup=False)


@device_group.command("revoke")
@click.argument("name")
@project_option
@click.pass_obj
def device_revoke(tools: Tools, name: str, project: str) -> None:
    """Shut a phone out; what it sent stays."""
    with tools.database.begin() as session:
        revoke_device(session, get_project(session, project), name, now())
    out.print(f"Device {name} is revoked.", markup=False)


@main.group("token")
def token_group() -> None:
    """Tokens for programs that use the JSON API."""


@token_group.command("add")
@click.argument("name")
@project_option
@click.pass_obj
def token_add(tools: Tools, name: str, project: str) -> None:
    """Let a program use the JSON API of a project; prints its token, this once."""
    with tools.database.begin() as session:
        out.print(grant_api_token(session, ensure_project(session, project, now()), name, now()), markup=False)


# -- forms ------------------------------------------------------------------------------------------------------------
@main.command("publish")
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
    with tools.database.begin() as session:
        owner = ensure_project(session, project, now())
        published = publish(session, tools.files, owner, file.read_bytes(), file.name, found, now())
    for finding in published.findings:
        out.print(f"{finding.severity}: {finding}", markup=False)
    done = "is published" if published.fresh else "was published before, with the same content"
    out.print(f"Form {published.form.form_id}, version {published.version.version}, {done}.", markup=False)


@main.command("forms")
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


@main.command("diff")
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


@main.command("close")
@click.argument("form")
@project_option
@click.pass_obj
def close_command(tools: Tools, form: str, project: str) -> None:
    """Take FORM off the phones' list; records that were filled before are still taken."""
    _set_state(tools, form, project, "closed")


@main.command("open")
@click.argument("form")
@project_option
@click.pass_obj
def open_command(tools: Tools, form: str, project: str) -> None:
    """Put FORM back on the phones' list."""
    _set_state(tools, form, project, "open")


def _set_state(tools: Tools, form: str, project: str, state: str) -> None:
    with tools.database.begin() as session:
        set_form_state(session, get_form(session, get_project(session, project).id, form), state)
    out.print(f"Form {form} is {state}.", markup=False)


@main.command("rebuild")
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


# -- data -------------------------------------------------------------------------------------------------------------
@main.command("export")
@click.argument("form")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--kind", default="clean", show_default=True, type=click.Choice(["clean", "raw"]))
@click.option(
    "--labels",
    default="codes",
    show_default=True,
    type=click.Choice(["codes", "labels", "both"]),
    help="What cells of choices hold.",
)
@click.option(
    "--headers",
    default="both",
    show_default=True,
    type=click.Choice(["name", "label", "both"]),
    help="What heads the columns.",
)
@click.option("--language", default="", help="Language of labels; else the form's default.")
@click.option(
    "--select",
    default="both",
    show_default=True,
    type=click.Choice(["summary", "split", "both"]),
    help="How select_multiple is laid out.",
)
@click.option(
    "--missing",
    default="columns",
    show_default=True,
    type=click.Choice(["columns", "codes", "none"]),
    help="Where reasons for missing answers go.",
)
@click.option("--version", "versions", multiple=True, help="Only submissions of this form version; may be repeated.")
@project_option
@click.pass_obj
def export_command(tools: Tools, /, form: str, target: Path, project: str, **asked: Any) -> None:
    """Write the workbook of FORM to TARGET (.xlsx, or .zip for CSV files)."""
    kind = "csv" if target.suffix.lower() == ".zip" else "xlsx"
    target.parent.mkdir(parents=True, exist_ok=True)
    with bar("writing", "rows") as progress, tools.database.reading() as session:
        task = progress.add_task("", total=None)
        owner = get_project(session, project)
        zone = owner.timezone or tools.config.timezone.key
        asked |= {"format": kind, "zone": zone, "writer": tools.config.export_writer}
        options = ExportOptions(**asked)
        source = StoredForm(session, tools.files, get_form(session, owner.id, form))
        write_export(
            source, options, target, progress=lambda done, total, _: progress.update(task, completed=done, total=total)
        )
        rows = source.count("", options.versions)
    out.print(f"{rows:,} submissions are in {target}", markup=False)
