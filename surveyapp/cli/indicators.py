"""Commands for the indicators of a form."""

import csv
import json
import math
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from surveyapp.assess import PROFILES, assess, check_settings, effective_settings, fit, keep_settings
from surveyapp.cli.tools import Tools, now, out, project_option
from surveyapp.export.named_figures import list_named_rows
from surveyapp.indicators.listing import BY, describe, explain_lack, gives_nothing
from surveyapp.people.projects import ensure_project
from surveyapp.store.forms import get_form, list_forms
from surveyapp.store.indicators import get_settings
from surveyapp.store.projects import get_project

# What is printed of a row; JSON and CSV have all of it.
SHOWN = (
    *("_instance_id", "code", "label", "place", "place_name", "unit", "later_wave", "first_estimate", "later_estimate"),
    *("estimate", "se", "lower", "upper", "t", "p", "n", "attrition", "text", "flags"),
)
WIDEST = 10_000
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
        owner = get_form(session, get_project(session, project).id, form)
        found = assess(session, tools.files, owner, given, raw=raw)
        rows = list_named_rows(session, owner, found, by)
        if as_json and target is None:
            told = {"answers": "raw" if raw else "clean", **describe(found), "rows": list(rows)}
            click.echo(json.dumps(told, ensure_ascii=False, indent=1))
            return
        if lack := explain_lack(found):
            click.echo(lack, err=True)
        if gives_nothing(found):
            raise click.exceptions.Exit(1)
        if target is None:
            _print(list(rows))
            return
        out.print(f"{_write(rows, target):,} rows are in {target}", markup=False)


def _write(rows: Iterator[dict[str, Any]], target: Path) -> int:
    """Each row as it comes; how many there were."""
    written = 0
    with target.open("w", newline="", encoding="utf-8-sig") as file:
        first = next(rows, None)
        writer = csv.DictWriter(file, fieldnames=list(first or ["code"]))
        writer.writeheader()
        for row in chain([] if first is None else [first], rows):
            writer.writerow(row)
            written += 1
    return written


def _print(rows: list[dict[str, Any]]) -> None:
    """A table for the eye: codes whole, numbers without exponents. On a narrow screen it goes on to the right."""
    if not rows:
        out.print("There are no interviews to compute from yet.")
        return
    names = [name for name in SHOWN if name in rows[0] and any(row[name] not in (None, "") for row in rows)]
    table = Table()
    for name in names:
        number = any(isinstance(row[name], float | int) for row in rows)
        table.add_column(name, no_wrap=True, justify="right" if number else "left")
    for row in rows:
        table.add_row(*(_shown(name, row[name]) for name in names))
    # Nothing is cut: a code of which only the beginning is there is no name.
    Console(width=max(out.width, Console(width=WIDEST).measure(table).maximum), markup=False).print(table)


def _shown(name: str, value: Any) -> str:
    """Four significant digits, written out: 12,965 and not 1.297e+04; nothing for what is not there."""
    if not isinstance(value, float):
        return "" if value is None else str(value)
    if name == "p":
        return "<0.0001" if value < 0.0001 else f"{value:.4f}"
    if value.is_integer():
        return f"{value:,.0f}"
    digits = max(0, 3 - math.floor(math.log10(abs(value))))
    return f"{value:,.{min(digits, 6)}f}"


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
        owner = ensure_project(session, project, now())
        number, settings = keep_settings(session, owner, file.read_text(), now())
        asked = [form for form in list_forms(session, owner.id) if form.form_id != PROFILES]
        by_form = {form.form_id: effective_settings(session, form).hash for form in asked}
    out.print(f"Settings {number} of {project}, hash {settings.hash}.", markup=False)
    for form_id, counted in by_form.items():
        if counted != settings.hash:
            words = "together with what the form and the village profiles state"
            out.print(f"For {form_id}, {words}, hash {counted}.", markup=False)


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
        careful = effective_settings(session, get_form(session, get_project(session, project).id, form)).careful_cell
    fitted = {"entropy weights": parameters.entropy, "asset index": parameters.assets}
    told = ", ".join(f"{name} on {one.n:,} households" for name, one in fitted.items() if one is not None)
    out.print(f"Fitted: {told}; hash {parameters.hash}.", markup=False)
    if any(one is not None and one.n < careful for one in fitted.values()):
        click.echo(
            f"Warning: fewer than {careful} households with all answers. Fit again when more interviews are there, and "
            "before figures are published; from then on leave the parameters as they are.",
            err=True,
        )
