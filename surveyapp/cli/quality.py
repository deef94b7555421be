"""Commands for the checks across interviews."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from surveyapp.cli.tools import Tools, now, out, project_option
from surveyapp.examine.backchecks import compare_backchecks
from surveyapp.examine.interviews import mark_again
from surveyapp.examine.settle import keep_quality_settings
from surveyapp.quality.backcheck_rates import BackcheckRates, Rate, only_of, rate_backchecks
from surveyapp.quality.telling import names_of, sentence_of, title_of
from surveyapp.store.forms import Form, get_form
from surveyapp.store.projects import get_project
from surveyapp.store.quality import QualityFilter, QualityRow, count_by_enumerator, list_quality_findings
from surveyapp.store.quality_summaries import count_unchecked
from surveyapp.store.reach import EVERYTHING
from surveyapp.watch import Watch

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("quality")
@click.argument("form")
@click.option("--check", "again", is_flag=True, help="First check all interviews again, the enumerators and the form.")
@click.option("--enumerator", help="Only what is about the interviews of this enumerator.")
@click.option("--only", "check_id", help="Only what this check found, such as D06.")
@click.option(
    "--state",
    type=click.Choice(["open", "acknowledged", "closed"]),
    default="open",
    show_default=True,
    help="What became of it.",
)
@click.option("--list", "listed", is_flag=True, help="One line for each finding, instead of counts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one entry for each finding.")
@project_option
@click.pass_obj
def quality_command(
    tools: Tools,
    /,
    form: str,
    *,
    again: bool,
    enumerator: str | None,
    check_id: str | None,
    state: Any,
    listed: bool,
    as_json: bool,
    project: str,
) -> None:
    """Say what the checks across interviews found in FORM."""
    found = _form(tools, project, form)
    if again:
        watch = Watch(tools.config, tools.database, tools.files)
        with tools.database.begin() as session:
            mark_again(session, found.id)
        watch.check_waiting(found.id)
        watch.check_form(found.id)
    wanted = QualityFilter(state=state, enumerator=enumerator, check=check_id)
    with tools.database.reading() as session:
        rows = list_quality_findings(session, found.id, EVERYTHING, wanted) if listed or as_json else []
        counts = count_by_enumerator(session, found.id, EVERYTHING, wanted)
        waiting, failed = count_unchecked(session, found.id)
    if as_json:
        content = {"waiting": waiting, "failed": failed, "findings": [_as_json(row) for row in rows]}
        click.echo(json.dumps(content, ensure_ascii=False, indent=1))
        return
    if listed:
        for row in rows:
            about = row.finding.instance_id or row.finding.subject
            out.print(f"{row.finding.severity}: {row.finding.check}: {about}: {_say(row)}", markup=False)
    elif counts:
        out.print(_table(counts))
    out.print(f"{sum(counts.values()):,} findings are {state}.", markup=False)
    if waiting:
        out.print(f"{waiting:,} submissions wait for their checks; the worker runs them.", markup=False)
    if failed:
        out.print(f"{failed:,} submissions could not be checked; the log of the worker says why.", markup=False)


def _form(tools: Tools, project: str, form: str) -> Form:
    with tools.database.reading() as session:
        return get_form(session, get_project(session, project).id, form)


def _say(row: QualityRow) -> str:
    return sentence_of(row.finding, "en", row.own)


def _table(counts: dict[tuple[str, str, str], int]) -> Table:
    table = Table("check", "what", "severity", "enumerator", "findings")
    table.columns[4].justify = "right"
    for (check, severity, who), count in sorted(counts.items()):
        table.add_row(check, title_of(check.partition(":")[0]), severity, who, f"{count:,}")
    return table


def _as_json(row: QualityRow) -> dict[str, Any]:
    finding = row.finding
    return {
        "number": row.id,
        "check": finding.check,
        "kind": finding.kind,
        "severity": finding.severity,
        "state": row.state,
        "instance_id": finding.instance_id,
        "row_key": finding.row_key,
        "subject": finding.subject,
        "enumerator": row.enumerator,
        "questions": names_of(finding).split(),
        "observed": finding.observed,
        "expected": finding.expected,
        "suggestion": finding.suggestion,
        "binding": finding.binding,
        "message": _say(row),
        "opened_at": row.opened_at.isoformat(),
        "settled_by": row.settled_by,
        "reason": row.reason,
    }


@click.command("quality-settings")
@click.argument("form")
@click.argument("file", type=FILE)
@project_option
@click.pass_obj
def quality_settings_command(tools: Tools, form: str, file: Path, project: str) -> None:
    """Make FILE (JSON: roles, sample, backchecks) the settings of FORM's checks; all is checked again."""
    found = _form(tools, project, form)
    with tools.database.begin() as session:
        number = keep_quality_settings(session, found, file.read_bytes(), now())
    out.print(f"Settings {number} of the checks of {form}; the worker checks everything again.", markup=False)


@click.command("backchecks")
@click.argument("form")
@click.option(
    "--percent", type=click.IntRange(1, 100), default=10, show_default=True, help="Share of each enumerator's."
)
@click.option("--seed", type=int, help="Draws the same interviews again; without it one is made and kept.")
@project_option
@click.pass_obj
def backchecks_command(tools: Tools, form: str, percent: int, seed: int | None, project: str) -> None:
    """Draw the interviews of FORM that are to be asked again, at random; print their instance ids."""
    found = _form(tools, project, form)
    sample = Watch(tools.config, tools.database, tools.files).draw(found, percent, seed)
    for instance_id in sample.instance_ids:
        click.echo(instance_id)
    click.echo(f"Seed {sample.seed}: {len(sample.instance_ids)} interviews.", err=True)


@click.command("backcheck-rates")
@click.argument("form")
@click.option("--enumerator", default="", help="Only of the interviews of this enumerator.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@project_option
@click.pass_obj
def backcheck_rates_command(tools: Tools, /, form: str, *, enumerator: str, as_json: bool, project: str) -> None:
    """Say how far the answers of FORM's households that were asked again agree, by question and by who asked."""
    found = _form(tools, project, form)
    plans = Watch(tools.config, tools.database, tools.files).examiner.plans
    with tools.database.reading() as session:
        compared = compare_backchecks(plans, session, found)
    chosen = only_of(compared.comparison, enumerator) if enumerator else compared.comparison
    told = rate_backchecks(chosen, compared.unmatched)
    if as_json:
        content = {
            "pairs": told.pairs,
            "unmatched": told.unmatched,
            "types": [asdict(one) for one in told.types],
            "questions": [asdict(one) for one in told.questions],
            "people": [asdict(one) for one in told.people],
        }
        click.echo(json.dumps(content, ensure_ascii=False, indent=1))
        return
    if told.pairs:
        out.print(_rates_of_questions(told))
        out.print(_rates_of_people(told))
    out.print(f"{told.pairs:,} pairs of interviews; {told.unmatched:,} backchecks have none.", markup=False)


def _rates_of_questions(told: BackcheckRates) -> Table:
    table = Table("question", "type", "compared", "differ", "share", "reliability", "p (t)", "p (ranks)", "p (yes/no)")
    for column in table.columns[1:]:
        column.justify = "right"
    for one in told.questions:
        reliability = "" if one.reliability is None else f"{one.reliability:.2f}"
        tests = ("" if test is None else f"{test.p:.3f}" for test in (one.t, one.ranks, one.changes))
        table.add_row(one.path.rpartition("/")[2], *_cells(one.rate), reliability, *tests)
    return table


def _rates_of_people(told: BackcheckRates) -> Table:
    table = Table("name", "as", "pairs", "type", "compared", "differ", "share")
    for column in table.columns[2:]:
        column.justify = "right"
    for person in told.people:
        for rate in person.rates:
            table.add_row(person.name, person.by, f"{person.pairs:,}", *_cells(rate))
    return table


def _cells(rate: Rate) -> tuple[str, ...]:
    mark = " !" if rate.alarming else ""
    return str(rate.type), f"{rate.compared:,}", f"{rate.differing:,}", f"{rate.share:.1%}{mark}"
