"""A backup, taken while the server runs: the rows from one unchanging view of the database, and only then the files.

A file is on disk before the row that names it, and never changes or goes. So whoever has the rows of a moment, and
after that copies the files, has every file that the rows name.
"""

import contextlib
import datetime
import fcntl
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from surveyapp import __version__
from surveyapp.keeping.file_copies import copy_file, list_digests, place_of, sync_folder
from surveyapp.keeping.manifest import (
    FILE_LIST,
    KEY,
    Manifest,
    TableEntry,
    hash_file,
    list_backups,
    read_file_list,
    write_file_list,
    write_manifest,
)
from surveyapp.problems import BACKUP_BUSY, Problem
from surveyapp.store.row_files import (
    list_kept_tables,
    list_named_files,
    list_shapes,
    list_strange_tables,
    lock_shapes,
    write_rows,
)

STAMP: Final = "%Y%m%dT%H%M%SZ"
FILES: Final = "files"


@dataclass
class Backup:
    """A backup that is being written. Personal data lie in it: only its owner may read."""

    place: Path
    taken_at: datetime.datetime
    tables: list[TableEntry] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    copied: int = 0

    @property
    def folder(self) -> Path:
        """Where it will be when it is finished."""
        return self.place / self.taken_at.strftime(STAMP)

    @property
    def draft(self) -> Path:
        """Where it is until then."""
        return self.place / f".{self.taken_at.strftime(STAMP)}.unfinished"


@contextlib.contextmanager
def open_place(place: Path) -> Iterator[None]:
    """`place` for one backup at a time; what a backup that was cut off left there is removed.

    Raises:
        Problem: BACKUP_BUSY.
    """
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (place / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Problem(BACKUP_BUSY, f"Another backup is being written to {place}.") from error
        for unfinished in place.glob(".*.unfinished"):
            shutil.rmtree(unfinished)
        yield


def begin_backup(place: Path, now: datetime.datetime) -> Backup:
    """A new backup in `place`.

    Raises:
        Problem: BACKUP_BUSY when one was begun in the same second.
    """
    backup = Backup(place, now)
    if backup.folder.exists():
        raise Problem(BACKUP_BUSY, f"{backup.folder} was written in this second.")
    (place / FILES).mkdir(mode=0o700, exist_ok=True)
    backup.draft.mkdir(mode=0o700)
    (backup.draft / "rows").mkdir()
    return backup


def write_tables(session: Session, backup: Backup, names: list[str]) -> bool:
    """Write the rows of all tables as this session sees them.

    `names` are the tables as another session just saw them. False, and nothing is written, when a form was published
    in between: look again then.
    """
    lock_shapes(session, names)
    if list_kept_tables(session) != names:
        return False
    shapes = list_shapes(session, names)
    for shape in shapes:
        entry = TableEntry(shape, 0, "")
        rows = write_rows(session, shape, backup.draft / entry.file)
        backup.tables.append(TableEntry(shape, rows, hash_file(backup.draft / entry.file)))
    backup.named = list_named_files(session, shapes)
    backup.left_out = list_strange_tables(session)
    return True


def finish_backup(backup: Backup, files: Path, secret_key: str, *, revision: str, dialect: str) -> Manifest:
    """Copy the files that the place lacks, write the manifest, and give the backup its name."""
    target, digests, faults, size = backup.place / FILES, [], [], 0
    for digest in sorted(backup.named.union(list_digests(files))):
        try:
            backup.copied += copy_file(files, target, digest)
            size += place_of(target, digest).stat().st_size
            digests.append(digest)
        except FileNotFoundError:
            faults.append(f"The file {digest} is named in the database and is not there.")
        except ValueError as error:
            faults.append(f"The file {digest} is damaged: {error}.")
    write_file_list(digests, backup.draft)
    key = backup.draft / KEY
    key.touch(mode=0o600)
    key.write_text(secret_key)
    manifest = Manifest(
        software=__version__,
        revision=revision,
        dialect=dialect,
        taken_at=backup.taken_at,
        tables=tuple(backup.tables),
        files=len(digests),
        file_bytes=size,
        files_sha256=hash_file(backup.draft / FILE_LIST),
        key_sha256=hash_file(key),
        left_out=tuple(backup.left_out),
        faults=tuple(faults),
    )
    write_manifest(manifest, backup.draft)
    sync_folder(backup.draft)
    backup.draft.rename(backup.folder)
    return manifest


def remove_old_backups(place: Path, keep: int) -> int:
    """Remove all but the newest `keep` backups of `place`, and the files that no other backup has; how many went.

    `keep` is 1 or more.
    """
    old = list_backups(place)[:-keep]
    for folder in old:
        shutil.rmtree(folder)
    if old:
        wanted = {digest for folder in list_backups(place) for digest in read_file_list(folder)}
        for digest in list(list_digests(place / FILES)):
            if digest not in wanted:
                place_of(place / FILES, digest).unlink()
    return len(old)


def leave_mark(mark: Path, backup: Backup, manifest: Manifest) -> None:
    """Note in the data folder that there is a backup, for those who watch."""
    draft = mark.with_name(f".{mark.name}.draft")
    draft.write_text(json.dumps({"taken_at": manifest.taken_at.isoformat(), "folder": str(backup.folder)}) + "\n")
    draft.replace(mark)


def read_mark(mark: Path) -> datetime.datetime | None:
    """The moment of the last backup, None when there is none."""
    try:
        return datetime.datetime.fromisoformat(json.loads(mark.read_text())["taken_at"])
    except (OSError, ValueError, KeyError):
        return None
