"""The product's main job, once through: published, listed to phones, interviews sent over HTTP, checked, stored,
exported.
"""

import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from surveyapp.assess import PROFILE_HOUSEHOLDS, PROFILE_KIND, PROFILE_VILLAGE, PROFILES, fit
from surveyapp.cli.demo_fieldwork import (
    KINDS,
    PUBLISHED_AGO,
    SEED,
    enrol_crew,
    plan_interviews,
    plan_profiles,
    read_village_sizes,
    send_records,
)
from surveyapp.cli.simulate import read_form
from surveyapp.cli.tools import PORT, Tools, bar, now, out, refuse_busy_port
from surveyapp.config import shipped_folder
from surveyapp.export.options import ExportOptions
from surveyapp.export.run import write_export
from surveyapp.people.accounts import ensure_operator
from surveyapp.people.phones import reissue_device
from surveyapp.people.programs import SCOPES, grant_api_token
from surveyapp.people.projects import DEFAULT_PROJECT, create_project
from surveyapp.problems import Problem
from surveyapp.publish import prepare_form, publish
from surveyapp.simulate.interviews import SimulatedRecord, simulate_appointments
from surveyapp.store.findings import count_findings
from surveyapp.store.forms import Form, get_form
from surveyapp.store.migrations import migrate
from surveyapp.store.projects import find_project, get_project
from surveyapp.store.quality import SEVERITY_ORDER, QualityFilter, count_by_enumerator
from surveyapp.store.quality_summaries import count_unchecked
from surveyapp.store.reach import EVERYTHING
from surveyapp.store.submissions import count_by_kind, count_rules
from surveyapp.watch import Watch
from surveyapp.worker import open_form

FORM: Final = "livelihood_space"
REGISTER: Final = "households.csv"
ZONE: Final = "Asia/Shanghai"
ODD: Final = 0.1
PATIENCE: Final = 60
LOG_FILE: Final = "demo_server.log"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is to be sent, the tokens of the phones that send it, and what others come in with."""

    interviews: list[SimulatedRecord]
    profiles: list[SimulatedRecord]
    phones: dict[str, str]
    your_phone: str
    program: str


@click.command("demo")
@click.option("-n", "--number", default=300, show_default=True, help="How many interviews.")
@click.option("--port", type=PORT, help="Port of 127.0.0.1 to serve on; else that of the settings.")
@click.option(
    "--target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The workbook; else livelihood_space.xlsx in the data folder.",
)
@click.option("--stay/--leave", default=True, help="Keep serving at the end, or stop.")
@click.pass_obj
def demo_command(tools: Tools, number: int, port: int | None, target: Path | None, stay: bool) -> None:
    """Show the whole of it: publish the reference survey, let sample phones send interviews, export, keep serving."""
    port = port or tools.config.port
    refuse_busy_port("127.0.0.1", port)
    target = target or tools.config.data_dir / f"{FORM}.xlsx"
    prepared = prepare(tools, number)
    log = tools.config.data_dir / LOG_FILE
    with serving(port, log) as server:
        urls = {who: f"http://127.0.0.1:{port}/c/{token}" for who, token in prepared.phones.items()}
        answers = send_records(PROFILES, prepared.profiles, urls) + send_records(FORM, prepared.interviews, urls)
        check(tools)
        export(tools, target)
        report(tools, answers, Counter(odd.kind for record in prepared.interviews for odd in record.odd))
        out.print(f"\n[bold]For the office[/bold]    {office_address(tools, port)}")
        out.print(f"[bold]The workbook[/bold]      {target}")
        out.print(f"[bold]For ODK Collect[/bold]   http://127.0.0.1:{port}/c/{prepared.your_phone}")
        out.print(f"[bold]For programs[/bold]      http://127.0.0.1:{port}/api/v1/docs, token {prepared.program}")
        out.print(f"[bold]The server's log[/bold]  {log}")
        if stay:
            out.print(f"\nServing on http://127.0.0.1:{port} until you press Ctrl-C.")
            server.wait()


def office_address(tools: Tools, port: int) -> str:
    """Where people begin: the link of the first operator, until a password is set."""
    with tools.database.begin() as session:
        secret = ensure_operator(session, now())
    return f"http://127.0.0.1:{port}/" + (f"link/{secret} (works once)" if secret else "sign-in")


def prepare(tools: Tools, number: int) -> Prepared:
    """Database, project, the reference survey with its register, people with their phones, and what they ask."""
    forms = shipped_folder("forms")
    migrate(tools.database)
    at = now()
    drafts = [prepare_form((forms / f"{name}.xlsx").read_bytes(), f"{name}.xlsx", at) for name in (FORM, PROFILES)]
    sizes = read_village_sizes(forms / REGISTER)
    with tools.database.begin() as session:
        if find_project(session, DEFAULT_PROJECT) is None:
            create_project(session, DEFAULT_PROJECT, "Demonstration", ZONE, at)
        project = get_project(session, DEFAULT_PROJECT)
        media = {REGISTER: (forms / REGISTER).read_bytes()}
        survey, profiles = (
            publish(session, tools.files, project, draft, files, at - PUBLISHED_AGO).version
            for draft, files in zip(drafts, (media, {}), strict=True)
        )
    # A form that was published by an earlier run keeps its time, so that the same interviews are sent again.
    begins, profiles_begin = (one.published_at.astimezone(ZoneInfo(ZONE)) for one in (survey, profiles))
    with tools.database.reading() as session:
        definition, attachments = read_form(session, tools.files, survey)
        profile_form, _ = read_form(session, tools.files, profiles)
    planned = plan_interviews(definition, list(sizes), number, begins)
    with tools.database.begin() as session:
        phones = enrol_crew(session, project, planned, at)
        your_phone = reissue_device(session, project, "Your phone", at)
        program = grant_api_token(session, project, "demonstration", at, scopes=SCOPES)
    visited = [
        {PROFILE_VILLAGE: village, PROFILE_HOUSEHOLDS: str(size), PROFILE_KIND: KINDS[village]}
        for village, size in sizes.items()
    ]
    return Prepared(
        list(simulate_appointments(definition, planned, attachments=attachments, seed=SEED, odd=ODD)),
        list(simulate_appointments(profile_form, plan_profiles(visited, profiles_begin), seed=SEED)),
        phones,
        your_phone,
        program,
    )


@contextmanager
def serving(port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The server as a process of its own, until the block ends; also when we are told to stop. It writes to `log`."""
    with log.open("wb") as file:
        command = [sys.executable, "-m", "surveyapp", "serve", "--port", str(port)]
        server = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
    former = signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    try:
        wait_until_healthy(server, port, log)
        yield server
    except KeyboardInterrupt:
        out.print("Stopping.")
    finally:
        signal.signal(signal.SIGTERM, former)
        server.terminate()
        server.wait()


def wait_until_healthy(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Come back when the server answers.

    Raises:
        click.ClickException.
    """
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise click.ClickException(f"The server did not start; {log} says why.")


def check(tools: Tools) -> None:
    """Wait until the server's worker has run the checks of each interview, then run those over all."""
    form = find_survey(tools)
    with bar("checks run", "interviews") as progress:
        task, total, until = progress.add_task("", total=None), 0, time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with tools.database.reading() as session:
                waiting, _ = count_unchecked(session, form.id)
            if not waiting:
                break
            if waiting != total:
                until = time.monotonic() + PATIENCE
            total = max(total, waiting)
            progress.update(task, total=total, completed=total - waiting)
            time.sleep(0.2)
    Watch(tools.config, tools.database, tools.files).check_form(form.id)


def find_survey(tools: Tools) -> Form:
    """The form that was published."""
    with tools.database.reading() as session:
        return get_form(session, get_project(session, DEFAULT_PROJECT).id, FORM)


def export(tools: Tools, target: Path) -> None:
    """Fit the weights of the indicators, and write the cleaned workbook."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tools.database.begin() as session:
            fit(session, tools.files, get_form(session, get_project(session, DEFAULT_PROJECT).id, FORM), now())
    except Problem as problem:
        out.print(str(problem), markup=False)
    with bar("writing", "rows") as progress, tools.database.reading() as session:
        task = progress.add_task("", total=None)
        form = get_form(session, get_project(session, DEFAULT_PROJECT).id, FORM)
        write_export(
            open_form(session, tools.files, form),
            ExportOptions(zone=ZONE, labels="both"),
            target,
            progress=lambda done, total, _: progress.update(task, completed=done, total=total),
        )


def report(tools: Tools, answers: Counter[int], put_in: Counter[str]) -> None:
    """What happened, as tables."""
    with tools.database.reading() as session:
        form = get_form(session, get_project(session, DEFAULT_PROJECT).id, FORM)
        kinds = count_by_kind(session, form.id)
        findings = count_findings(session, form.id)
        rules = count_rules(session, form.id)
        odd = count_by_enumerator(session, form.id, EVERYTHING, QualityFilter(state="open"))
    table = Table("what", "how often", title="What happened", title_justify="left")
    table.columns[1].justify = "right"
    for status, often in sorted(answers.items()):
        table.add_row(f"answered {status}", f"{often:,}")
    for kind, often in sorted(kinds.items()):
        table.add_row(f"kept: {kind.replace('_', ' ')}", f"{often:,}")
    for kind, often in sorted(put_in.items()):
        table.add_row(f"odd answer put in: {kind.replace('_', ' ')}", f"{often:,}")
    for (check, severity), often in sorted(findings.items()):
        table.add_row(f"found: {check} ({severity})", f"{often:,}")
    for severity in SEVERITY_ORDER:
        often = sum(count for (_, degree, _), count in odd.items() if degree == severity)
        table.add_row(f"looks odd beside other interviews ({severity})", f"{often:,}")
    table.add_row("rules that held", f"{rules.ok:,}")
    table.add_row("rules broken", f"{rules.violated:,}")
    table.add_row("rules that could not be checked", f"{rules.not_checkable:,}")
    out.print(table)
