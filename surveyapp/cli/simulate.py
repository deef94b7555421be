"""The command that fills a form with made-up interviews."""

import datetime
from pathlib import Path

import click
from sqlalchemy.orm import Session

from surveyapp.cli.phones import SamplePhone
from surveyapp.cli.tools import Tools, bar, out, project_option
from surveyapp.simulate.interviews import SimulatedRecord, simulate_interviews
from surveyapp.store.files import Files
from surveyapp.store.forms import FormVersion, get_definition, get_form, get_form_version, list_form_attachments
from surveyapp.store.projects import get_project
from surveyapp.xform.definition import FormDefinition

# The first day of the made-up fieldwork, in the zone of the reference questionnaire's villages.
FIRST_DAY = datetime.datetime(2026, 10, 12, 8, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))


@click.command("simulate")
@click.argument("form")
@click.option("-n", "--number", default=10, show_default=True, help="How many interviews.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same interviews.")
@click.option("--odd", default=0.0, show_default=True, help="Share of interviews with one odd answer put in, 0 to 1.")
@click.option("--to", "url", default="", help="Server URL of a phone: the interviews are sent there.")
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), help="Folder to write the records and their files to."
)
@project_option
@click.pass_obj
def simulate_command(
    tools: Tools, /, form: str, *, number: int, seed: int, odd: float, url: str, folder: Path | None, project: str
) -> None:
    """Fill FORM with made-up interviews and send them (--to), or write them to a folder (--folder)."""
    if not url and folder is None:
        raise click.UsageError("Say where the interviews go: --to URL, or --folder FOLDER.")
    with tools.database.reading() as session:
        found = get_form_version(session, get_form(session, get_project(session, project).id, form))
        definition, attachments = read_form(session, tools.files, found)
    phone = SamplePhone(url, "collect:simulated") if url else None
    made = simulate_interviews(definition, number, attachments=attachments, seed=seed, started_at=FIRST_DAY, odd=odd)
    with bar("interviews", "") as progress:
        for record in progress.track(made, total=number):
            if phone is not None:
                _send(phone, record)
            if folder is not None:
                _write(folder, record)
    out.print(f"{number} interviews of {form} are made.", markup=False)


def read_form(session: Session, files: Files, version: FormVersion) -> tuple[FormDefinition, dict[str, bytes]]:
    """A version understood, and its files by name."""
    kept = list_form_attachments(session, version)
    return get_definition(session, version), {one.name: files.path(one.sha256).read_bytes() for one in kept}


def _send(phone: SamplePhone, record: SimulatedRecord) -> None:
    statuses = phone.send(record.xml, record.files)
    if any(status not in (201, 202) for status in statuses):
        raise click.ClickException(f"The server answered {statuses} to {record.instance_id}.")


def _write(folder: Path, record: SimulatedRecord) -> None:
    place = folder / record.instance_id.replace(":", "_")
    place.mkdir(parents=True, exist_ok=True)
    (place / "submission.xml").write_bytes(record.xml)
    for name, content in record.files.items():
        (place / name).write_bytes(content)
