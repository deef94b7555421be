"""The same jobs from the command line: one file a noun, put together here."""

import os

import click

from surveyapp import __version__
from surveyapp.cli.answers import codebook_command, export_command, protection_command
from surveyapp.cli.cleaning import clean_command, log_group
from surveyapp.cli.demo import demo_command
from surveyapp.cli.devices import device_group, token_group
from surveyapp.cli.forms import (
    close_command,
    diff_command,
    forms_command,
    open_command,
    publish_command,
    rebuild_command,
)
from surveyapp.cli.indicators import indicators_command, refit_command, settings_group
from surveyapp.cli.keeping import backup_command, doctor_command, restore_command
from surveyapp.cli.people import audit_group, person_group, project_group, team_group
from surveyapp.cli.quality import backcheck_rates_command, backchecks_command, quality_command, quality_settings_command
from surveyapp.cli.review import history_command, purge_command
from surveyapp.cli.rules import findings_command, judge_command, recheck_command
from surveyapp.cli.server import migrate_command, serve_command, worker_command
from surveyapp.cli.simulate import simulate_command
from surveyapp.cli.tools import Group, Tools
from surveyapp.config import BadSetting, Config


@click.group(cls=Group)
@click.version_option(__version__)
@click.pass_context
def main(context: click.Context) -> None:
    """A household-survey server: forms out to phones, submissions in, cleaned Excel out."""
    try:
        tools = Tools(Config.from_environ(os.environ))
    except BadSetting as error:
        raise click.UsageError(str(error)) from error
    context.obj = tools
    context.call_on_close(tools.close)


for command in (
    migrate_command,
    serve_command,
    worker_command,
    demo_command,
    project_group,
    person_group,
    team_group,
    device_group,
    token_group,
    audit_group,
    publish_command,
    forms_command,
    diff_command,
    close_command,
    open_command,
    rebuild_command,
    export_command,
    protection_command,
    codebook_command,
    findings_command,
    quality_command,
    quality_settings_command,
    backchecks_command,
    backcheck_rates_command,
    clean_command,
    log_group,
    purge_command,
    history_command,
    judge_command,
    recheck_command,
    indicators_command,
    settings_group,
    refit_command,
    simulate_command,
    backup_command,
    restore_command,
    doctor_command,
):
    main.add_command(command)
