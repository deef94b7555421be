"""Commands for the indicators of a form."""

import csv
import json
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from surveyapp.assess import assess, check_settings, effective_settings, fit, keep_settings
from surveyapp.cli.tools import Tools, now, out, project_option
from surveyapp.indicators.listing import BY, describe, explain_lack, gives_nothing, list_rows
from surveyapp.people.projects import ensure_project
from surveyapp.store.forms import get_form
from surveyapp.store.indicators import get_settings
from surveyapp.store.projects import get_project

CHANGES = ("first_estimate", "later_estimate", "estimate", "se", "lower", "upper")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("indicators")
@click.argument("form")
@click.argument("target", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--settings", "settings_file", type=FILE, help="JSON with settings to use this once, instead of the project's."
)
@click.option(
    "--by",
    type=click.Choice(BY),
    default="project",
    show_default=True,
    help="What a row is about.",
)
@click.option("--raw", is_flag=True, help="From the answers as they were sent, not from the clean ones.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@project_option
@click.pass_obj
def indicators_command(
    tools: Tools,
    /,
    form: str,
    target: Path | None,
    settings_file: Path | None,
    *,
    by: str,
    raw: bool,
    as_json: bool,
    project: str,
) -> None:
    """Compute the indicators of FORM: print them, or write them to TARGET (.csv)."""
    if target is not None and target.suffix.lower() != ".csv":
        raise click.BadParameter("the name must end in .csv", param_hint="TARGET")
    given = check_settings(settings_file.read_text()) if settings_file else None
    with tools.database.reading() as session:
        found = assess(session, tools.files, get_form(session, get_project(session, project).id, form), given, raw=raw)
    rows = list(list_rows(found, by))
    if as_json and target is None:
        told = {"answers": "raw" if raw else "clean", **describe(found), "rows": rows}
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    if lack := explain_lack(found):
        click.echo(lack, err=True)
    if gives_nothing(found):
        raise click.exceptions.Exit(1)
    if target is None:
        _print(rows)
        return
    with target.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]) if rows else ["code"])
        writer.writeheader()
        writer.writerows(rows)
    out.print(f"{len(rows):,} rows are in {target}", markup=False)


def _print(rows: list[dict[str, Any]]) -> None:
    names = [
        name
        for name in ("_instance_id", "code", "place", "later_wave", *CHANGES, "n", "attrition", "flags")
        if rows and name in rows[0]
    ]
    table = Table(*names)
    for row in rows:
        table.add_row(
            *(f"{row[n]:,.4g}" if isinstance(row[n], float) else str("" if row[n] is None else row[n]) for n in names)
        )
    out.print(table)


@click.group("settings")
def settings_group() -> None:
    """Settings of the indicators: poverty line, goalposts, cut-offs, design of the sample."""


@settings_group.command("set")
@click.argument("file", type=FILE)
@project_option
@click.pass_obj
def settings_set(tools: Tools, file: Path, project: str) -> None:
    """Make FILE (JSON) the settings of a project from now on; those from before are kept."""
    with tools.database.begin() as session:
        number, settings = keep_settings(session, ensure_project(session, project, now()), file.read_text(), now())
    out.print(f"Settings {number} of {project}, hash {settings.hash}.", markup=False)


@settings_group.command("show")
@click.option("--form", "form_id", help="A form: what counts for it, with the sheet 'indicators' of its workbook.")
@project_option
@click.pass_obj
def settings_show(tools: Tools, form_id: str | None, project: str) -> None:
    """Print the settings of a project as JSON, defaults included."""
    with tools.database.reading() as session:
        owner = get_project(session, project).id
        if form_id is None:
            settings = get_settings(session, owner)
        else:
            settings = effective_settings(session, get_form(session, owner, form_id))
    click.echo(json.dumps(settings.as_json(), ensure_ascii=False, indent=1))


@click.command("refit")
@click.argument("form")
@project_option
@click.pass_obj
def refit_command(tools: Tools, form: str, project: str) -> None:
    """Fit entropy weights, pooled bounds and the asset index anew on the submissions of FORM, and keep them."""
    with tools.database.begin() as session:
        parameters = fit(session, tools.files, get_form(session, get_project(session, project).id, form), now())
    out.print(f"Fitted; hash {parameters.hash}.", markup=False)
