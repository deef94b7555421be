"""Commands for the operator: backup, restore, and is all well."""

import json
import sys
from pathlib import Path

import click
from rich.table import Table

from surveyapp.cli.tools import Tools, now, out
from surveyapp.keeping.backup import (
    Backup,
    begin_backup,
    finish_backup,
    leave_mark,
    open_place,
    remove_old_backups,
    write_tables,
)
from surveyapp.keeping.doctor import Check, check_database, check_folder, check_settings, check_worker
from surveyapp.keeping.manifest import read_manifest
from surveyapp.keeping.restore import (
    check_backup,
    find_backup,
    refuse_occupied,
    restore_files,
    restore_key,
    restore_rows,
)
from surveyapp.problems import BACKUP_UNREADABLE, Problem
from surveyapp.store.database import Database, DatabaseFailure
from surveyapp.store.migrations import find_revision, lay_revision, migrate, newest_revision
from surveyapp.store.row_files import list_kept_tables
from surveyapp.worker import count_waiting, make_worker
from surveyapp.xlsform.collect_check import find_validator

MARKS = {"ok": "green", "note": "cyan", "warn": "yellow", "fail": "red"}


@click.command("backup")
@click.argument("place", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--keep", type=click.IntRange(min=1), help="Remove all but the newest KEEP backups of DIR.")
@click.pass_obj
def backup_command(tools: Tools, place: Path, keep: int | None) -> None:
    """Write a backup into DIR while the server runs: database, attachments, key.

    Attachments that DIR has already are not copied again. Ends with status 3 when attachments were missing or damaged;
    all else is in the backup then.
    """
    revision = find_revision(tools.database)
    if revision is None:
        raise click.ClickException("The database is empty. A new one first needs `surveyapp migrate`.")
    place = place.absolute()
    with open_place(place):
        backup = begin_backup(place, now())
        _write_tables(tools.database, backup)
        dialect, key = tools.database.dialect, tools.config.secret_key
        manifest = finish_backup(backup, tools.files.folder, key, revision=revision, dialect=dialect)
        removed = remove_old_backups(place, keep) if keep else 0
    leave_mark(tools.config.backup_mark, backup, manifest)
    out.print(
        f"{backup.folder}: {len(manifest.tables)} tables with {manifest.rows:,} rows, {manifest.files:,} files"
        f" ({backup.copied:,} of them new) of {manifest.file_bytes:,} bytes.",
        markup=False,
    )
    if removed:
        out.print(f"{removed} older backups were removed.")
    if manifest.left_out:
        out.print(f"Not ours, and left out: {', '.join(manifest.left_out)}.", markup=False)
    for fault in manifest.faults:
        out.print(fault, markup=False)
    sys.exit(3 if manifest.faults else 0)


def _write_tables(database: Database, backup: Backup) -> None:
    while True:
        with database.reading() as session:
            names = list_kept_tables(session)
        with database.reading() as session:
            if write_tables(session, backup, names):
                return


@click.command("restore")
@click.argument("backup", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--check", "only_check", is_flag=True, help="Only read every part of the backup, and restore nothing.")
@click.pass_obj
def restore_command(tools: Tools, backup: Path, only_check: bool) -> None:
    """Bring a backup back into a new, empty place: BACKUP, or the newest one in it.

    SQLite or PostgreSQL, whichever the settings name now. Broken off, it can be started again.
    """
    folder = find_backup(backup.absolute())
    manifest = read_manifest(folder)
    check_backup(folder, manifest)
    told = f"{folder} of {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC"
    if only_check:
        out.print(f"{told} is whole: {manifest.rows:,} rows, {manifest.files:,} files.", markup=False)
        return
    with tools.database.reading() as session:
        refuse_occupied(session, manifest)
    try:
        lay_revision(tools.database, manifest.revision)
    except LookupError as error:
        detail = f"It was written by surveyapp {manifest.software}, which is newer than this one."
        raise Problem(BACKUP_UNREADABLE, detail, remedy="Restore with that version.") from error
    restore_files(folder, tools.files.folder)
    with tools.database.begin() as session:
        restore_rows(session, folder, manifest)
    migrate(tools.database)
    key_was_kept = tools.config.key_is_kept
    key = restore_key(folder, tools.config.key_path)
    out.print(f"{told} is restored: {manifest.rows:,} rows, {manifest.files:,} files.", markup=False)
    for fault in manifest.faults:
        out.print(f"When it was taken: {fault}", markup=False)
    if not key_was_kept and key != tools.config.secret_key:
        out.print("SURVEYAPP_SECRET_KEY is another key than that of the backup: people will have to sign in again.")


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def doctor_command(tools: Tools, as_json: bool) -> None:
    """Examine this deployment, and say what to do. Ends with status 1 when something fails."""
    checks = [*check_settings(tools.config), *check_folder(tools.config, now()), *_examine_database(tools)]
    try:
        waiting = count_waiting(make_worker(tools.config, tools.database, tools.files))
    except OSError:
        waiting = 0
    checks += [check_worker(tools.config, waiting, now()), _check_validator()]
    if as_json:
        click.echo(json.dumps([check.as_dict() for check in checks], ensure_ascii=False, indent=1))
    else:
        _print_checks(checks)
    sys.exit(1 if any(check.state == "fail" for check in checks) else 0)


def _examine_database(tools: Tools) -> list[Check]:
    try:
        revision = find_revision(tools.database)
    except DatabaseFailure as failure:
        remedy = "Start it, and compare SURVEYAPP_DATABASE_URL."
        return [Check("database", "fail", f"The database does not answer: {failure.orig}", remedy)]
    if revision != newest_revision(tools.database):
        told = f"The database is at revision {revision}, this version needs {newest_revision(tools.database)}."
        return [Check("migrations", "fail", told, "Take a backup, then run `surveyapp migrate`.")]
    with tools.database.reading() as session:
        checks = check_database(session, tools.files, now())
    return [Check("migrations", "ok", f"The database is at the newest revision, {revision}."), *checks]


def _check_validator() -> Check:
    if find_validator():
        return Check("java", "ok", "ODK Validate can be asked about forms.")
    remedy = "Install a Java runtime (17 or newer) if forms are published on this machine."
    return Check("java", "note", "There is no Java: ODK Validate is not asked about forms.", remedy)


def _print_checks(checks: list[Check]) -> None:
    table = Table("check", "state", "what", "remedy")
    for check in checks:
        table.add_row(check.name, f"[{MARKS[check.state]}]{check.state}[/]", _plain(check.told), _plain(check.remedy))
    out.print(table)


def _plain(text: str) -> str:
    return text.replace("[", r"\[")
