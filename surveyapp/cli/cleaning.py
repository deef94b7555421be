"""Commands for cleaning: rules tried and published, cleaning logs taken out and brought in."""

import json
from pathlib import Path

import click
from rich.table import Table

from surveyapp.audit import note
from surveyapp.cli.tools import Tools, command_line, now, out, project_option
from surveyapp.correct.log_import import Importer, SentLog, Tried, import_log, try_log, undo_import
from surveyapp.correct.rulesets import publish_ruleset, read_rules, save_draft
from surveyapp.correct.sheets import read_sent
from surveyapp.correct.trials import Trial, try_rules
from surveyapp.correct.worklog import write_worklog
from surveyapp.store.cleaning import KeptRuleset, find_published_ruleset, get_ruleset, list_imports, list_rulesets
from surveyapp.store.forms import get_form
from surveyapp.store.projects import get_project
from surveyapp.store.reach import EVERYTHING

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
SHOWN = 5


@click.command("clean")
@click.argument("form")
@click.argument("rules", required=False, type=FILE)
@click.option("--publish", is_flag=True, help="Clean by these rules from now on.")
@click.option("--draft", is_flag=True, help="Keep these rules as a draft.")
@click.option("--number", type=int, help="The draft that is meant, or replaced; with --show the ruleset.")
@click.option("--show", is_flag=True, help="Print the rules as JSON.")
@project_option
@click.pass_obj
def clean_command(
    tools: Tools,
    /,
    form: str,
    rules: Path | None,
    *,
    publish: bool,
    draft: bool,
    number: int | None,
    show: bool,
    project: str,
) -> None:
    """Try cleaning rules on FORM: what each would do, and how the clean data would change. RULES is a JSON file.

    Nothing is changed without --draft or --publish. Without RULES and --number the rulesets of FORM are listed.
    """
    with tools.database.reading() as session:
        owner = get_project(session, project)
        found = get_form(session, owner.id, form)
        kept = get_ruleset(session, found.id, number) if number is not None else None
        if show:
            shown = kept or find_published_ruleset(session, found.id)
            click.echo(json.dumps(shown.rules if shown else [], ensure_ascii=False, indent=2))
            return
        wanted = read_rules(rules.read_bytes()) if rules is not None else (kept.rules if kept else None)
        if wanted is None:
            _list(list_rulesets(session, found.id))
            return
        if not (draft or publish):
            _tell(try_rules(session, tools.files, found, wanted))
            return
    who = command_line()
    with tools.database.begin() as session:
        if rules is not None or number is None:
            number = save_draft(session, tools.files, found, wanted, who=who.actor, now=now(), number=number)
        if publish:
            publish_ruleset(session, tools.files, found, number, who=who.actor, now=now())
        action = "ruleset.published" if publish else "ruleset.drafted"
        note(session, who, action, at=now(), project=project, subject=form, detail={"number": number})
    out.print(f"Ruleset {number} of {form} is {'published' if publish else 'kept as a draft'}.", markup=False)


def _list(rulesets: list[KeptRuleset]) -> None:
    if not rulesets:
        out.print("There is no ruleset yet: give a JSON file with rules.")
        return
    table = Table("number", "state", "rules", "made by", "made at", "published at")
    for one in rulesets:
        published = f"{one.published_at:%Y-%m-%d %H:%M}" if one.published_at else ""
        made = f"{one.made_at:%Y-%m-%d %H:%M}"
        table.add_row(str(one.number), one.state, str(len(one.rules)), one.made_by, made, published)
    out.print(table)


def _tell(trial: Trial) -> None:
    for fault in trial.faults:
        words = f"example {fault.example} of {fault.rule_id}: {fault.question} should be “{fault.wanted}”"
        out.print(f"{words}, is “{fault.got}”", markup=False)
    table = Table("rule", "cells", "stopped by decisions", "for example")
    for name, effect in trial.difference.effects.items():
        shown = [f"{e.path.rpartition('/')[2]}: {e.before} → {e.after}" for e in effect.examples[:SHOWN]]
        table.add_row(name, f"{effect.touched:,}", f"{effect.blocked:,}", "; ".join(shown))
    out.print(table)
    difference = trial.difference
    beside = f"ruleset {trial.against}" if trial.against else "no rules"
    cells = sum(difference.cells.values())
    told = f"{cells:,} cells would differ, {difference.gone:,} submissions leave, {difference.added:,} come back"
    out.print(f"Beside {beside}: {told}.", markup=False)


# -- the cleaning log -------------------------------------------------------------------------------------------------
@click.group("log")
def log_group() -> None:
    """The cleaning log: what people decide about answers, taken out to Excel and brought in again."""


@log_group.command("export")
@click.argument("form")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@project_option
@click.pass_obj
def export_log_command(tools: Tools, form: str, target: Path, project: str) -> None:
    """Write the work log of FORM to TARGET (.xlsx): a row for each answer that somebody should look at."""
    with tools.database.reading() as session:
        found = get_form(session, get_project(session, project).id, form)
        rows, more = write_worklog(session, tools.files, found, EVERYTHING, target, now())
    out.print(f"{rows:,} rows are in {target}", markup=False)
    if more:
        out.print("There is more than a work log can hold: settle these first.")


@log_group.command("import")
@click.argument("form")
@click.argument("file", type=FILE)
@click.option("--apply", is_flag=True, help="Apply it; without this it is only tried.")
@click.option("--column", "columns", multiple=True, metavar="OURS=HEADER", help="Which header is which of our columns.")
@click.option("--edited-from", type=FILE, help="FILE is the workbook of answers exported as this one, and edited.")
@click.option("--remove-gone", is_flag=True, help="Rows that are gone from the edited workbook leave the data.")
@click.option("--reason", default="", help="Why the workbook was edited; it stands in the log.")
@project_option
@click.pass_obj
def import_log_command(
    tools: Tools,
    /,
    form: str,
    file: Path,
    *,
    apply: bool,
    columns: tuple[str, ...],
    edited_from: Path | None,
    remove_gone: bool,
    reason: str,
    project: str,
) -> None:
    """Try the cleaning log FILE (.xlsx, .csv) on FORM: what it would change. With --apply, change it."""
    by_hand = dict(pair.split("=", 1) for pair in columns if "=" in pair)
    former = read_sent(edited_from.read_bytes(), edited_from.name) if edited_from is not None else None
    sent = SentLog(read_sent(file.read_bytes(), file.name), by_hand, former, remove_gone, reason)
    who = command_line()
    importer = Importer(who.actor, EVERYTHING, may_remove=True, now=now())
    with tools.database.reading() as session:
        found = get_form(session, get_project(session, project).id, form)
        if not apply:
            _tell_log(try_log(session, tools.files, found, sent, importer))
            return
    with tools.database.begin() as session:
        tried, number = import_log(session, tools.files, found, sent, importer, None)
        if number is not None:
            note(session, who, "log.imported", at=now(), project=project, subject=form, detail={"import": number})
    _tell_log(tried)
    if number is None:
        out.print("0 changes: nothing was imported.")
    else:
        out.print(f"Imported as number {number}; `surveyapp log undo {form} {number}` takes it back.", markup=False)


@log_group.command("list")
@click.argument("form")
@project_option
@click.pass_obj
def list_log_command(tools: Tools, form: str, project: str) -> None:
    """List the imports into the cleaning log of FORM."""
    with tools.database.reading() as session:
        found = get_form(session, get_project(session, project).id, form)
        imports = list_imports(session, found.id)
    table = Table("number", "file", "decisions", "by", "at", "undone")
    for one in imports:
        undone = f"{one.undone_at:%Y-%m-%d %H:%M}" if one.undone_at else ""
        cells = (str(one.id), one.file_name, f"{one.decisions:,}", one.imported_by, f"{one.imported_at:%Y-%m-%d %H:%M}")
        table.add_row(*cells, undone)
    out.print(table)


@log_group.command("undo")
@click.argument("form")
@click.argument("number", type=int)
@project_option
@click.pass_obj
def undo_log_command(tools: Tools, form: str, number: int, project: str) -> None:
    """Take back the import NUMBER: the data are as they were before it."""
    who = command_line()
    with tools.database.begin() as session:
        found = get_form(session, get_project(session, project).id, form)
        undone = undo_import(session, found, number, Importer(who.actor, EVERYTHING, may_remove=True, now=now()))
        note(session, who, "log.undone", at=now(), project=project, subject=form, detail={"import": number})
    out.print(f"{undone.decisions:,} decisions of {undone.file_name} are taken back.", markup=False)


def _tell_log(tried: Tried) -> None:
    dry_run = tried.dry_run
    # Plain lines: to lay out a table of ten thousand rows took as long as the import itself.
    for one in dry_run.notices:
        click.echo(f"row {one.row}: {one.weight}: {one.message}")
    for difference in dry_run.differences:
        before, after = difference.old_label or difference.old, difference.new_label or difference.new
        click.echo(f"row {difference.row}: {difference.instance_id}: {difference.question}: “{before}” → “{after}”")
    for instance_id in dry_run.removals:
        out.print(f"{instance_id} would leave the clean data", markup=False)
    if tried.gone:
        out.print(f"{tried.gone:,} rows are gone from the sheet; --remove-gone takes them out of the data.")
    out.print(", ".join(f"{count:,} {kind}" for kind, count in sorted(dry_run.counts.items())) or "0 changes")
