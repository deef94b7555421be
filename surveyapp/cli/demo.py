"""The product's main job, once through: published, listed to phones, interviews sent over HTTP, checked, stored,
exported.
"""

import csv
import queue
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
from rich.table import Table

from surveyapp.assess import PROFILE_HOUSEHOLDS, PROFILE_VILLAGE, PROFILES, effective_settings, fit
from surveyapp.cli.phones import SamplePhone
from surveyapp.cli.simulate import FIRST_DAY, read_form
from surveyapp.cli.tools import Tools, bar, now, out, refuse_busy_port
from surveyapp.config import shipped_folder
from surveyapp.export.from_store import StoredForm
from surveyapp.export.options import ExportOptions
from surveyapp.export.run import write_export
from surveyapp.people.accounts import ensure_operator
from surveyapp.people.phones import reissue_device
from surveyapp.people.programs import SCOPES, grant_api_token
from surveyapp.people.projects import DEFAULT_PROJECT, create_project
from surveyapp.problems import Problem
from surveyapp.publish import prepare_form, publish
from surveyapp.simulate.interviews import SimulatedRecord, as_edit, simulate_interviews
from surveyapp.store.findings import count_findings
from surveyapp.store.forms import get_form, get_form_version
from surveyapp.store.indicators import get_parameters
from surveyapp.store.migrations import migrate
from surveyapp.store.projects import find_project, get_project
from surveyapp.store.submissions import count_by_kind, count_rules

FORM: Final = "livelihood_space"
REGISTER: Final = "households.csv"
ZONE: Final = "Asia/Shanghai"
PHONES: Final = 8
SEED: Final = 2019
ODD: Final = 0.1
PATIENCE: Final = 60


@dataclass(frozen=True, slots=True)
class Errand:
    """One thing that a phone sends."""

    record: SimulatedRecord
    split: bool


@click.command("demo")
@click.option("-n", "--number", default=300, show_default=True, help="How many interviews.")
@click.option("--port", default=8000, show_default=True, help="Port of 127.0.0.1 to serve on.")
@click.option(
    "--target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The workbook; else livelihood_space.xlsx in the data folder.",
)
@click.option("--stay/--leave", default=True, help="Keep serving at the end, or stop.")
@click.pass_obj
def demo_command(tools: Tools, number: int, port: int, target: Path | None, stay: bool) -> None:
    """Show the whole of it: publish the reference survey, let sample phones send interviews, export, keep serving."""
    refuse_busy_port("127.0.0.1", port)
    target = target or tools.config.data_dir / f"{FORM}.xlsx"
    urls, token = prepare(tools, port)
    with serving(port) as server:
        send_profiles(tools, urls[0])
        answers, put_in = send_interviews(tools, urls, number)
        export(tools, target)
        report(tools, answers, put_in)
        out.print(f"\n[bold]The workbook[/bold]       {target}")
        out.print(f"[bold]The server[/bold]         http://127.0.0.1:{port}")
        out.print(f"[bold]For the office[/bold]     {office_address(tools, port)}")
        out.print(f"[bold]For ODK Collect[/bold]    {urls[0]}")
        out.print(f"[bold]For the JSON API[/bold]   http://127.0.0.1:{port}/api/v1/docs, token {token}")
        out.print(f"[bold]Commands on its data[/bold] SURVEYAPP_DATA_DIR={tools.config.data_dir} surveyapp …")
        if stay:
            out.print("\nServing until you press Ctrl-C.")
            server.wait()


def office_address(tools: Tools, port: int) -> str:
    """Where people begin: the link of the first operator, until a password is set."""
    with tools.database.begin() as session:
        secret = ensure_operator(session, now())
    return f"http://127.0.0.1:{port}/" + (f"link/{secret} (works once)" if secret else "sign-in")


def prepare(tools: Tools, port: int) -> tuple[list[str], str]:
    """Database, project, the reference survey with its register, the sample phones; their server URLs and a token
    for the API.
    """
    forms = shipped_folder("forms")
    migrate(tools.database)
    prepared = [prepare_form((forms / f"{name}.xlsx").read_bytes(), f"{name}.xlsx", now()) for name in (FORM, PROFILES)]
    with tools.database.begin() as session:
        if find_project(session, DEFAULT_PROJECT) is None:
            create_project(session, DEFAULT_PROJECT, "Demonstration", ZONE, now())
        project = get_project(session, DEFAULT_PROJECT)
        media = {REGISTER: (forms / REGISTER).read_bytes()}
        for form, files in zip(prepared, (media, {}), strict=True):
            published = publish(session, tools.files, project, form, files, now())
            out.print(f"Published {published.form.form_id}, version {published.version.version}.")
        urls = []
        for number in range(1, PHONES + 1):
            name = f"Sample phone {number}"
            urls.append(f"http://127.0.0.1:{port}/c/{reissue_device(session, project, name, now())}")
        return urls, grant_api_token(session, project, "demonstration", now(), scopes=SCOPES)


@contextmanager
def serving(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The server as a process of its own, until the block ends; also when we are told to stop."""
    server = subprocess.Popen(
        [sys.executable, "-m", "surveyapp", "serve", "--port", str(port)], stdout=subprocess.DEVNULL
    )
    former = signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    try:
        wait_until_healthy(server, port)
        yield server
    except KeyboardInterrupt:
        out.print("Stopping.")
    finally:
        signal.signal(signal.SIGTERM, former)
        server.terminate()
        server.wait()


def wait_until_healthy(server: subprocess.Popen[bytes], port: int) -> None:
    """Come back when the server answers."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise click.ClickException("The server did not start; what it wrote above says why.")


def send_profiles(tools: Tools, url: str) -> None:
    """One profile for each village, with the size that the weights of the register stand for."""
    with tools.database.reading() as session:
        form = get_form(session, get_project(session, DEFAULT_PROJECT).id, PROFILES)
        definition, _ = read_form(session, tools.files, get_form_version(session, form))
    phone = SamplePhone(url, "collect:supervisor")
    for number, (village, size) in enumerate(sorted(read_village_sizes().items())):
        fixed = {PROFILE_VILLAGE: village, PROFILE_HOUSEHOLDS: str(size)}
        for made in simulate_interviews(definition, 1, seed=SEED + number, started_at=FIRST_DAY, fixed=fixed):
            phone.send(made.xml, made.files)
    phone.close()


def read_village_sizes() -> dict[str, int]:
    """Households by village: the sum of the weights in the register."""
    sizes: Counter[str] = Counter()
    with (shipped_folder("forms") / REGISTER).open(encoding="utf-8-sig", newline="") as file:
        weights = [(row["village"], float(row["weight"])) for row in csv.DictReader(file)]
    for village in {village for village, _ in weights}:
        sizes[village] = round(sum(weight for place, weight in weights if place == village))
    return dict(sizes)


def send_interviews(tools: Tools, urls: list[str], number: int) -> tuple[Counter[int], Counter[str]]:
    """Let the phones fetch the form as listed and send; how often each status was answered, and what odd answers
    were put in.
    """
    with tools.database.reading() as session:
        project = get_project(session, DEFAULT_PROJECT)
        version = get_form_version(session, get_form(session, project.id, FORM))
        definition, attachments = read_form(session, tools.files, version)
    phones: queue.Queue[SamplePhone] = queue.Queue()
    for place, url in enumerate(urls):
        phone = SamplePhone(url, f"collect:sample{place}")
        listed = next(form for form in phone.list_forms() if form.form_id == FORM)
        phone.download(listed)
        phones.put(phone)
    records = list(
        simulate_interviews(definition, number, attachments=attachments, seed=SEED, started_at=FIRST_DAY, odd=ODD)
    )
    put_in = Counter(odd.kind for record in records for odd in record.odd)
    answers: Counter[int] = Counter()

    def go(errands: list[Errand]) -> list[int]:
        phone = phones.get()
        try:
            return [status for errand in errands for status in _send(phone, errand)]
        finally:
            phones.put(phone)

    with bar("phones send", "interviews") as progress, ThreadPoolExecutor(len(urls)) as pool:
        for statuses in progress.track(pool.map(go, plan_errands(records)), total=len(records)):
            answers.update(statuses)
    while not phones.empty():
        phones.get().close()
    return answers, put_in


def _send(phone: SamplePhone, errand: Errand) -> list[int]:
    return phone.send(errand.record.xml, errand.record.files, split=errand.split)


def plan_errands(records: list[SimulatedRecord]) -> Iterator[list[Errand]]:
    """What is sent for each interview: most go once; some again after a lost answer, as an edit, or with the id of
    another record.
    """
    dice = random.Random(SEED)
    for record in records:
        sent = Errand(record, split=dice.random() < 0.5)
        chance = dice.random()
        if chance < 0.08:
            yield [sent, sent]
        elif chance < 0.12:
            yield [
                sent,
                Errand(as_edit(record, changes=[(b"</int_note>", "（已核对）</int_note>".encode())]), split=False),
            ]
        elif chance < 0.13:
            yield [sent, Errand(as_copy(record), split=False)]
        else:
            yield [sent]


def as_copy(record: SimulatedRecord) -> SimulatedRecord:
    """The record with another end time under the same id, as from a phone whose storage was restored."""
    edited = as_edit(record, changes=[(b"</end>", b" </end>")])
    own = edited.xml.replace(edited.instance_id.encode(), record.instance_id.encode())
    start = own.index(b"<orx:deprecatedID>")
    end = own.index(b"</orx:deprecatedID>") + len(b"</orx:deprecatedID>")
    return SimulatedRecord(
        record.instance_id,
        own[:start] + own[end:],
        {},
        record.started_at,
        record.ended_at,
        record.device_id,
        record.username,
    )


def export(tools: Tools, target: Path) -> None:
    """Fit the weights of the indicators, and write the cleaned workbook."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tools.database.begin() as session:
            fit(session, get_form(session, get_project(session, DEFAULT_PROJECT).id, FORM), now())
    except Problem as problem:
        out.print(str(problem), markup=False)
    with bar("writing", "rows") as progress, tools.database.reading() as session:
        task = progress.add_task("", total=None)
        form = get_form(session, get_project(session, DEFAULT_PROJECT).id, FORM)
        write_export(
            StoredForm(session, tools.files, form, effective_settings(session, form), get_parameters(session, form)),
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
    table.add_row("rules that held", f"{rules.ok:,}")
    table.add_row("rules broken", f"{rules.violated:,}")
    table.add_row("rules that could not be checked", f"{rules.not_checkable:,}")
    out.print(table)
