"""Commands that give the data out."""

from pathlib import Path
from typing import Any

import click

from surveyapp.assess import effective_settings
from surveyapp.cli.tools import Tools, bar, out, project_option
from surveyapp.export.from_store import StoredForm
from surveyapp.export.options import ExportOptions
from surveyapp.export.run import write_export
from surveyapp.store.forms import get_form
from surveyapp.store.indicators import get_parameters
from surveyapp.store.projects import get_project

KINDS = {".xlsx": "xlsx", ".zip": "csv"}


@click.command("export")
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
    kind = KINDS.get(target.suffix.lower())
    if kind is None:
        raise click.BadParameter("the name must end in .xlsx, or in .zip for CSV files", param_hint="TARGET")
    target.parent.mkdir(parents=True, exist_ok=True)
    with bar("writing", "rows") as progress, tools.database.reading() as session:
        task = progress.add_task("", total=None)
        owner = get_project(session, project)
        zone = owner.timezone or tools.config.timezone.key
        asked |= {"format": kind, "zone": zone, "writer": tools.config.export_writer}
        options = ExportOptions(**asked)
        found = get_form(session, owner.id, form)
        settings, parameters = effective_settings(session, found), get_parameters(session, found)
        source = StoredForm(session, tools.files, found, settings, parameters)
        write_export(
            source, options, target, progress=lambda done, total, _: progress.update(task, completed=done, total=total)
        )
        rows = source.count("", options.versions)
    out.print(f"{rows:,} submissions are in {target}", markup=False)
