"""Commands that give the data out."""

import json
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, get_args

import click
from click.core import ParameterSource
from sqlalchemy.orm import Session

from surveyapp.cli.tools import Tools, bar, command_line, now, out, project_option
from surveyapp.correct.worklog import write_worklog
from surveyapp.disclosure.protection import Protection
from surveyapp.disclosure.pseudonyms import project_secret
from surveyapp.export import options as choices
from surveyapp.export.codebook_changes import compare_codebooks, read_codebook
from surveyapp.export.confirming import with_protection
from surveyapp.export.definitions import lay_under
from surveyapp.export.from_store import StoredForm
from surveyapp.export.manifest import find_same, hash_inputs
from surveyapp.export.merge import merge_versions
from surveyapp.export.options import ENDINGS, FILES, ExportOptions
from surveyapp.export.pii import suggest_classes
from surveyapp.export.run import write_export
from surveyapp.problems import EXPORT_OPTION, Problem
from surveyapp.review.history import note_export
from surveyapp.store.exported import Exported
from surveyapp.store.forms import Form, get_form
from surveyapp.store.projects import get_project
from surveyapp.store.reach import EVERYTHING
from surveyapp.worker import form_address, list_held, open_form

Command = TypeVar("Command", bound=Callable[..., Any])

# option, what is offered, what it is for; the defaults are those of ExportOptions.
_CHOICES = (
    ("kind", choices.Kind, "Typed values, what was sent, or what may leave the house."),
    ("labels", choices.ValueMode, "What cells of choices hold."),
    ("headers", choices.HeaderMode, "What heads the columns."),
    ("names", choices.NameMode, "Names of columns: of the question, its path, or as statistics programs need."),
    ("separator", choices.Separator, "What stands between groups in names of paths."),
    ("select", choices.SelectMode, "How select_multiple is laid out."),
    ("missing", choices.MissingMode, "Where reasons for missing answers go."),
)
_DAYS = (
    ("received-from", "Only submissions received on this day or later."),
    ("received-until", "Only submissions received on this day or before."),
    ("interviewed-from", "Only interviews of this day or later."),
    ("interviewed-until", "Only interviews of this day or before."),
)


def _asked(command: Command) -> Command:
    """The options of an export."""
    defaults = ExportOptions()
    for name, help_text in reversed(_DAYS):
        command = click.option(f"--{name}", default="", metavar="DAY", help=help_text)(command)
    for name, offered, help_text in reversed(_CHOICES):
        listed = click.Choice(list(get_args(offered)))
        made = click.option(
            f"--{name}", default=getattr(defaults, name), show_default=True, type=listed, help=help_text
        )
        command = made(command)
    return command


@click.command("export")
@click.argument("form")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--format", "file_format", type=click.Choice(get_args(choices.Format)), help="Else told by the ending of TARGET."
)
@_asked
@click.option("--language", default="", help="Language of labels; else the form's default.")
@click.option("--version", "versions", multiple=True, help="Only submissions of this form version; may be repeated.")
@click.option("--column", "columns", multiple=True, help="Only this question or group; may be repeated.")
@click.option("--wide", default=0, help="So many rows of each repeat also side by side in the row of the submission.")
@click.option("--banner", is_flag=True, help="A row above the headers that names the groups.")
@click.option("--index", is_flag=True, help="Columns _index, _parent_index and _parent_table_name, as Kobo has them.")
@click.option("--state", "states", multiple=True, help="Only submissions in this state; may be repeated.")
@click.option("--query", default="", help="Only submissions for which this holds, as ${village} = 'v03'.")
@click.option("--media-links", is_flag=True, help="A column for each file: where it can be opened on the server.")
@click.option("--team", "teams", multiple=True, help="Only submissions of this team; may be repeated.")
@click.option("--delimiter", default=",", help="What separates the values of CSV files: , or ; or tab.")
@click.option("--bom/--no-bom", "csv_bom", default=True, help="Whether CSV files begin with a byte order mark.")
@click.option("--formula-safe/--as-is", default=True, help="Whether CSV text like a formula gets an apostrophe.")
@click.option("--protection", type=click.Path(exists=True, path_type=Path), help="JSON file for the kind deidentified.")
@click.option("--definition", default="", metavar="NAME", help="Options kept under this name, where none are given.")
@project_option
@click.pass_obj
def export_command(
    tools: Tools,
    /,
    *,
    form: str,
    target: Path,
    project: str,
    file_format: str | None,
    protection: Path | None,
    definition: str,
    **asked: Any,
) -> None:
    """Write the answers to FORM to TARGET: a workbook (.xlsx), or a zip of other files."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with bar("writing", "rows") as progress, tools.database.reading() as session:
        task = progress.add_task("", total=None)
        owner = get_project(session, project)
        found = get_form(session, owner.id, form)
        usual = {"zone": owner.timezone or tools.config.timezone.key, "writer": tools.config.export_writer}
        laid = _lay_under(session, found, definition, asked) | {"format": file_format or _format_of(target)}
        if protection is not None:
            laid |= {"protection": _read_protection(protection).to_json()}
        usual |= {"address": form_address(tools.config, owner.slug, form)}
        options = ExportOptions.from_json(with_protection(session, found, usual | laid))
        source = open_form(session, tools.files, found)
        if options.kind == "worklog":
            _write_worklog(session, tools, found, target, options.language)
            return
        if not options.query and find_same(hash_inputs(source, options.fitted()), [target]) is not None:
            out.print(f"{target} is up to date", markup=False)
            return
        result = write_export(
            source,
            options,
            target,
            progress=lambda done, total, _: progress.update(task, completed=done, total=total),
            secret=project_secret(tools.config.secret_key, owner.id),
        )
        held = list_held(source, options, result.chosen)
    if held:
        export = Exported(secrets.token_hex(16), command_line().actor, target.name, now())
        with tools.database.begin() as session:
            note_export(session, found.id, export, held)
    for warning in result.warnings:
        out.print(warning, markup=False)
    if options.format in FILES:
        out.print(f"{sum(sheet.rows for sheet in result.sheets):,} files are in {target}", markup=False)
    else:
        out.print(f"{len(held):,} submissions are in {target}", markup=False)


def _write_worklog(session: Session, tools: Tools, form: Form, target: Path, language: str) -> None:
    rows, more = write_worklog(session, tools.files, form, EVERYTHING, target, now(), language=language or "en")
    out.print(f"{rows:,} rows are in {target}" + ("; there are more" if more else ""), markup=False)


def _lay_under(session: Session, form: Form, definition: str, asked: dict[str, Any]) -> dict[str, Any]:
    """The options of a definition, and over them those that the command line gives."""
    asked |= {"delimiter": asked["delimiter"].replace("tab", "\t")}
    source = click.get_current_context().get_parameter_source
    given = {name: value for name, value in asked.items() if source(name) is not ParameterSource.DEFAULT}
    return lay_under(session, form, definition, given if definition else asked)


def _format_of(target: Path) -> str:
    """What the name of a file asks for; `x.sav.zip` is SPSS, `x.zip` CSV."""
    for name, ending in ENDINGS.items():
        if target.name.lower().endswith(ending):
            return name
    offered = ", ".join(ENDINGS.values())
    raise click.BadParameter(f"the name must end in one of {offered}, or give --format", param_hint="TARGET")


def _read_protection(path: Path) -> Protection:
    try:
        return Protection.from_json(json.loads(path.read_text(encoding="utf-8-sig")))
    except ValueError as error:
        raise Problem(EXPORT_OPTION, f"{path} is not JSON: {error}.", remedy="See docs/exports.md.") from error


@click.command("protection")
@click.argument("form")
@project_option
@click.pass_obj
def protection_command(tools: Tools, form: str, project: str) -> None:
    """Print a protection of FORM for de-identified exports: each question with its suggested class, to be confirmed."""
    with tools.database.reading() as session:
        owner = get_project(session, project)
        source = StoredForm(session, tools.files, get_form(session, owner.id, form))
        merged = merge_versions(source.versions, source.kept_path)
    classes = {question.path: suggestion.pii for question, suggestion in suggest_classes(merged)}
    click.echo(json.dumps(Protection(classes=classes).to_json(), ensure_ascii=False, indent=2))


@click.command("codebook")
@click.argument("old", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("new", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def codebook_command(old: Path, new: Path) -> None:
    """Tell what changed between the codebooks of two exports; exit status 1 where something did."""
    changes = list(compare_codebooks(read_codebook(old), read_codebook(new)))
    for change in changes:
        out.print(f"{change.where}  {change.what}: {change.before or '-'} → {change.after or '-'}", markup=False)
    if changes:
        sys.exit(1)
    out.print("no change", markup=False)
