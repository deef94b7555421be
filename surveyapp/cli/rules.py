"""Commands that try the rules of a form on records."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click
from rich.table import Table

from surveyapp.cli.tools import Tools, bar, now, out, project_option
from surveyapp.collect.from_xml import read_xml
from surveyapp.collect.recheck import recheck
from surveyapp.store.findings import count_findings
from surveyapp.store.forms import get_form
from surveyapp.store.projects import get_project
from surveyapp.store.submissions import count_rules, list_judged_by_others
from surveyapp.validate.circumstances import Circumstances
from surveyapp.validate.judge import Judgement, judge
from surveyapp.validate.rules import compile_rules
from surveyapp.validate.wording import ENGINE
from surveyapp.xform.bind import bind
from surveyapp.xform.parse import parse_xform
from surveyapp.xlsform.convert import convert_form

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("judge")
@click.argument("form", type=FILE)
@click.argument("record", type=FILE)
@click.option(
    "--media",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with the files of the form and of the record.",
)
@click.option(
    "--client",
    default="org.odk.collect.android",
    show_default=True,
    help="User agent of the client that made the record.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with one entry for each question.")
def judge_command(form: Path, record: Path, media: Path | None, client: str, as_json: bool) -> None:
    """Try every rule of FORM (XLSForm or XForm file) on RECORD (XML), without server or database.

    Ends with status 0 where nothing was found, 3 where something was.
    """
    definition = parse_xform(convert_form(form.read_bytes(), form.name, default_version="0").xform)
    files = {path.name: path.read_bytes() for path in media.iterdir() if path.is_file()} if media else {}
    root = read_xml(record.read_bytes())
    unknown = bind(definition, root)
    received = frozenset(files) if media else None
    circumstances = Circumstances(received_at=now(), user_agent=client, files=received)
    judged = judge(compile_rules(definition, files), root, unknown, circumstances, details=True)
    if as_json:
        click.echo(json.dumps(_as_json(judged), ensure_ascii=False, indent=1))
    else:
        for finding in (*judged.findings, *judged.unchecked):
            out.print(f"{finding.severity}: {finding.path}: {finding.message}", markup=False)
        out.print(f"{judged.ok} rules hold, {judged.violated} do not, {judged.not_checkable} could not be checked.")
    sys.exit(3 if judged.findings else 0)


def _as_json(judged: Judgement) -> dict[str, object]:
    return {
        "rules": {"ok": judged.ok, "violated": judged.violated, "not_checkable": judged.not_checkable},
        "findings": [asdict(finding) for finding in (*judged.findings, *judged.unchecked)],
        "nodes": [asdict(node) for node in judged.nodes],
    }


@click.command("recheck")
@click.argument("form")
@click.option("--all", "everything", is_flag=True, help="Also what this version of the rule engine has judged.")
@project_option
@click.pass_obj
def recheck_command(tools: Tools, form: str, everything: bool, project: str) -> None:
    """Judge what was received before again, after an upgrade of the rule engine. Broken off, it goes on where it
    was.
    """
    with tools.database.reading() as session:
        found = get_form(session, get_project(session, project).id, form)
        waiting = list_judged_by_others(session, found.id, None if everything else ENGINE)
    with bar("judging", "submissions") as progress:
        for version_id in progress.track(waiting):
            with tools.database.begin() as session:
                recheck(session, tools.files, found, version_id)
    out.print(f"{len(waiting):,} submissions of {form} were judged again.", markup=False)


@click.command("findings")
@click.argument("form")
@project_option
@click.pass_obj
def findings_command(tools: Tools, form: str, project: str) -> None:
    """Count what looks wrong in the submissions of FORM, and say how many rules could be checked."""
    with tools.database.reading() as session:
        found = get_form(session, get_project(session, project).id, form)
        counts, rules = count_findings(session, found.id), count_rules(session, found.id)
    table = Table("check", "severity", "findings")
    table.columns[2].justify = "right"
    for (check, severity), count in sorted(counts.items()):
        table.add_row(check, severity, f"{count:,}")
    if counts:
        out.print(table)
    tried = rules.ok + rules.violated + rules.not_checkable
    share = (
        f"{(rules.ok + rules.violated) / tried:.1%} of {tried:,} rules could be checked"
        if tried
        else "no rule was tried"
    )
    out.print(f"{sum(counts.values()):,} findings; {share}.", markup=False)
