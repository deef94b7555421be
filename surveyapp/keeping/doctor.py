"""Examines a deployment: what is well, what is not, and what to do about it."""

import datetime
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from surveyapp.config import LOOPBACK, Config
from surveyapp.keeping.backup import read_mark
from surveyapp.store.condition import (
    find_last_receipt,
    find_server_version,
    get_clock,
    list_answer_faults,
    list_newest_files,
)
from surveyapp.store.files import Files

State: TypeAlias = Literal["ok", "note", "warn", "fail"]

SHORTEST_KEY: Final = 32
OLDEST_POSTGRESQL: Final = (15,)
GIGABYTE: Final = 1_000_000_000
# A nightly backup that takes two hours.
BACKUP_DUE: Final = datetime.timedelta(hours=26)
BACKUP_OVERDUE: Final = datetime.timedelta(days=7)
# Seconds.
CLOCK_WARN: Final = 5
CLOCK_FAIL: Final = 60
BEAT_DUE: Final = 60
FILES_LOOKED_AT: Final = 100
# Bytes that are read to compare digests, in all.
READ_AT_MOST: Final = 200_000_000


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, how it is, and the remedy where it is not well."""

    name: str
    state: State
    told: str
    remedy: str = ""

    def as_dict(self) -> dict[str, str]:
        """For JSON."""
        return asdict(self)


# -- settings ---------------------------------------------------------------------------------------------------------
def check_settings(config: Config) -> Iterator[Check]:
    """The settings, as far as they can be judged by themselves; whoever made `config` has read them all."""
    yield Check("settings", "ok", "All settings can be read.")
    yield _check_key(config)
    yield _check_address(config.public_url)
    yield _check_proxies(config)


def _check_key(config: Config) -> Check:
    if len(config.secret_key) < SHORTEST_KEY:
        remedy = "Set 64 random hexadecimal digits: `openssl rand -hex 32`."
        return Check("key", "fail", f"SURVEYAPP_SECRET_KEY is shorter than {SHORTEST_KEY} characters.", remedy)
    if not config.key_is_kept:
        return Check("key", "ok", "The key for signing is set in the environment.")
    mode = stat.S_IMODE(config.key_path.stat().st_mode)
    if mode & 0o077:
        told = f"Others may read {config.key_path} (mode {mode:o})."
        return Check("key", "fail", told, f"chmod 600 {config.key_path}")
    return Check("key", "ok", f"{config.key_path} is for its owner only.")


def _check_address(url: str) -> Check:
    if not url:
        told = "SURVEYAPP_PUBLIC_URL is empty: links and cards have the address under which the office asks."
        return Check("address", "note", told, "Set it to the address that phones use, before cards are printed.")
    if url.startswith("http://"):
        state: State = "note" if (urlsplit(url).hostname or "") in LOOPBACK else "warn"
        remedy = "Put a reverse proxy with HTTPS in front; the secrets of phones are in addresses."
        return Check("address", state, f"{url} is not encrypted.", remedy)
    return Check("address", "ok", f"Phones reach the server at {url}.")


def _check_proxies(config: Config) -> Check:
    count, https = config.proxies, config.public_url.startswith("https://")
    if count < 0:
        return Check(
            "proxies", "fail", f"SURVEYAPP_PROXIES is {count}.", "Set the number of reverse proxies, 0 or more."
        )
    if https and not count:
        told = "HTTPS needs a reverse proxy, and the headers of none are trusted."
        return Check("proxies", "warn", told, "Set SURVEYAPP_PROXIES=1, or how many there are.")
    if count and not https:
        told = f"The headers of {count} reverse proxies are trusted, and the address is not one of HTTPS."
        return Check("proxies", "warn", told, "Set SURVEYAPP_PUBLIC_URL, or SURVEYAPP_PROXIES=0 where there is none.")
    return Check("proxies", "ok", f"{count} reverse proxies are trusted.")


# -- the data folder --------------------------------------------------------------------------------------------------
def check_folder(config: Config, now: datetime.datetime) -> Iterator[Check]:
    """The data folder: who may read it, how full its disk is, what its clock says, and the last backup."""
    yield _check_rights(config.data_dir)
    yield _check_space(config.data_dir)
    yield _check_folder_clock(config.data_dir)
    yield _check_backup(config, read_mark(config.backup_mark), now)


def _check_rights(folder: Path) -> Check:
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        told = f"{folder} cannot be written to by this account."
        return Check("data folder", "fail", told, "Give it to the account that runs the server (chown).")
    if stat.S_IMODE(folder.stat().st_mode) & 0o007:
        told = f"Every account of this machine may look into {folder}, where personal data lie."
        return Check("data folder", "warn", told, f"chmod o-rwx {folder}")
    return Check("data folder", "ok", f"{folder} is closed to others.")


def _check_space(folder: Path) -> Check:
    usage = shutil.disk_usage(folder)
    share, told = usage.free / usage.total, f"{usage.free / GIGABYTE:,.1f} GB of {folder} are free."
    remedy = "Make room: phones are refused when the disk is full."
    if usage.free < GIGABYTE:
        return Check("disk", "fail", told, remedy)
    return (
        Check("disk", "warn", told, remedy) if share < 0.1 and usage.free < 20 * GIGABYTE else Check("disk", "ok", told)
    )


def _check_folder_clock(folder: Path) -> Check:
    """A data folder on another machine has that machine's clock."""
    probe = folder / f".clock.{os.getpid()}"
    try:
        before = datetime.datetime.now(datetime.UTC)
        probe.touch()
        there = datetime.datetime.fromtimestamp(probe.stat().st_mtime, datetime.UTC)
    except OSError as error:
        return Check("clock of files", "warn", f"{folder} took no file: {error.strerror}.", "See the check above.")
    finally:
        probe.unlink(missing_ok=True)
    return _compare_clocks("clock of files", abs((there - before).total_seconds()))


def _compare_clocks(name: str, seconds: float) -> Check:
    told = f"Its clock and ours differ by {seconds:,.1f} s."
    if seconds < CLOCK_WARN:
        return Check(name, "ok", told)
    state: State = "warn" if seconds < CLOCK_FAIL else "fail"
    return Check(name, state, told, "Let both machines follow a time server (NTP).")


def _check_backup(config: Config, last: datetime.datetime | None, now: datetime.datetime) -> Check:
    remedy = "Let `surveyapp backup DIR --keep 14` run every night, onto another disk."
    if last is None:
        # Nobody has missed one where the installation, or what was restored here, is of today.
        made = config.key_path.stat().st_mtime if config.key_is_kept else 0.0
        state: State = "note" if now.timestamp() - made < BACKUP_DUE.total_seconds() else "warn"
        return Check("backup", state, "There is no backup yet.", remedy)
    age = now - last
    told = f"The last backup is of {last:%Y-%m-%d %H:%M} UTC."
    if age > BACKUP_OVERDUE:
        return Check("backup", "fail", told, remedy)
    return Check("backup", "warn", told, remedy) if age > BACKUP_DUE else Check("backup", "ok", told)


# -- the database -----------------------------------------------------------------------------------------------------
def check_database(session: Session, files: Files, now: datetime.datetime) -> list[Check]:
    """A database at the newest revision: its version and clock, its answer tables, the files that it names."""
    return [
        _check_version(session),
        _check_database_clock(session, now),
        _check_answer_tables(session),
        _check_files(session, files),
    ]


def _check_version(session: Session) -> Check:
    dialect, version = session.get_bind().dialect.name, find_server_version(session)
    told = f"{dialect} {'.'.join(map(str, version))} answers."
    if dialect == "postgresql" and version < OLDEST_POSTGRESQL:
        return Check("database", "fail", told, "PostgreSQL 15 or newer is needed.")
    return Check("database", "ok", told)


def _check_database_clock(session: Session, now: datetime.datetime) -> Check:
    name, last, there = "clock of the database", find_last_receipt(session), get_clock(session)
    if last is not None and (last - now).total_seconds() > CLOCK_FAIL:
        told = f"The last submission is of {last:%Y-%m-%d %H:%M} UTC, which is to come."
        return Check(name, "fail", told, "Set the clock of this machine; let it follow a time server (NTP).")
    if there is None:
        return Check(name, "ok", "The database has the clock of this machine.")
    return _compare_clocks(name, abs((there - datetime.datetime.now(datetime.UTC)).total_seconds()))


def _check_answer_tables(session: Session) -> Check:
    faults = list_answer_faults(session)
    if faults:
        told = f"{'; '.join(faults[:3])}{' …' if len(faults) > 3 else ''}."
        return Check("answer tables", "fail", told, "Make them again from the submissions: `surveyapp rebuild FORM`.")
    return Check("answer tables", "ok", "The answer tables are as the catalogue says.")


def _check_files(session: Session, files: Files) -> Check:
    newest, faults, left = list_newest_files(session, FILES_LOOKED_AT), [], READ_AT_MOST
    for named in newest:
        path = files.path(named.sha256)
        if not path.exists() or path.stat().st_size != named.size:
            faults.append(f"{named.sha256} is missing or cut off")
        elif (left := left - named.size) > 0 and hashlib.sha256(path.read_bytes()).hexdigest() != named.sha256:
            faults.append(f"{named.sha256} is damaged")
    if faults:
        told = f"Of the {len(newest)} newest attachments {len(faults)} are not well: {faults[0]}."
        return Check("attachments", "fail", told, "Copy the files back from a backup: DIR/files.")
    return Check("attachments", "ok", f"The {len(newest)} newest attachments are there and whole.")


# -- the worker -------------------------------------------------------------------------------------------------------
def check_worker(config: Config, waiting: int, now: datetime.datetime) -> Check:
    """Whether somebody does the work of the queue, in which `waiting` jobs wait."""
    remedy = "Start the server; `surveyapp serve` starts a worker by itself."
    try:
        age = now.timestamp() - config.worker_beat.stat().st_mtime
    except FileNotFoundError:
        age = float("inf")
    if age < BEAT_DUE:
        return Check("worker", "ok", f"The worker lives; {waiting} jobs wait.")
    if waiting:
        return Check("worker", "fail", f"{waiting} jobs wait, and no worker does them.", remedy)
    return Check("worker", "note", "No worker is running, and no job waits for one.", remedy)
