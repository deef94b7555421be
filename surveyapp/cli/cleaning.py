"""Commands for cleaning: rules tried and published, cleaning logs taken out and brought in."""

import json
from pathlib import Path

import click
from rich.table import Table

from surveyapp.audit import note
from surveyapp.cli.tools import Tools, command_line, now, out, project_option
from surveyapp.correct.rulesets import RulesetTrial, publish_ruleset, read_rules, save_draft, try_rules
from surveyapp.store.cleaning import KeptRuleset, find_published_ruleset, get_ruleset, list_rulesets
from surveyapp.store.forms import get_form
from surveyapp.store.projects import get_project

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


def _tell(trial: RulesetTrial) -> None:
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
