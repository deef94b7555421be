"""A backup brought back into an empty place, on the database that it came from or on the other kind."""

import zlib
from pathlib import Path

from sqlalchemy.orm import Session

from surveyapp.keeping.backup import FILES
from surveyapp.keeping.file_copies import copy_file, place_of
from surveyapp.keeping.manifest import FILE_LIST, KEY, MANIFEST, Manifest, hash_file, list_backups, read_file_list
from surveyapp.problems import BACKUP_UNREADABLE, RESTORE_NOT_EMPTY, Problem
from surveyapp.store.row_files import add_rows_from, find_occupied_table, mark_counters


def find_backup(path: Path) -> Path:
    """The backup at `path`, or the newest of those in `path`.

    Raises:
        Problem: BACKUP_UNREADABLE.
    """
    if (path / MANIFEST).exists():
        return path
    found = list_backups(path)
    if not found:
        raise Problem(BACKUP_UNREADABLE, f"There is no finished backup in {path}.")
    return found[-1]


def check_backup(folder: Path, manifest: Manifest) -> None:
    """Read every part of a backup, and compare it with the manifest.

    Raises:
        Problem: BACKUP_UNREADABLE, with all faults.
    """
    parts = {entry.file: entry.sha256 for entry in manifest.tables}
    parts |= {FILE_LIST: manifest.files_sha256, KEY: manifest.key_sha256}
    faults = [fault for name, digest in parts.items() if (fault := _find_fault(folder / name, name, digest))]
    try:
        digests = read_file_list(folder)
    except (OSError, EOFError, zlib.error):
        digests = []  # told above
    places = ((place_of(folder.parent / FILES, digest), digest) for digest in digests)
    faults += [fault for path, digest in places if (fault := _find_fault(path, f"the file {digest}", digest))]
    if faults:
        errors = [{"message": fault} for fault in faults]
        raise Problem(BACKUP_UNREADABLE, f"{folder} is not as it was written.", errors=errors)


def _find_fault(path: Path, name: str, digest: str) -> str:
    try:
        return "" if hash_file(path) == digest else f"{name} was changed"
    except OSError as error:
        return f"{name} cannot be read: {error.strerror}"


def refuse_occupied(session: Session, manifest: Manifest) -> None:
    """Nothing that is there is ever overwritten.

    Raises:
        Problem: RESTORE_NOT_EMPTY.
    """
    occupied = find_occupied_table(session, (entry.shape.name for entry in manifest.tables))
    if occupied is not None:
        raise Problem(RESTORE_NOT_EMPTY, f"The table {occupied} of the database holds rows.")


def restore_files(folder: Path, files: Path) -> int:
    """Copy the files of a backup; how many were not there. What is there under the same digest stays."""
    return sum(copy_file(folder.parent / FILES, files, digest) for digest in read_file_list(folder))


def restore_rows(session: Session, folder: Path, manifest: Manifest) -> None:
    """Put all rows back, into core tables of the backup's revision."""
    shapes = [entry.shape for entry in manifest.tables]
    for entry in manifest.tables:
        rows = add_rows_from(session, entry.shape, folder / entry.file)
        if rows != entry.rows:
            detail = f"{entry.file} has {rows:,} rows; the manifest says {entry.rows:,}."
            raise Problem(BACKUP_UNREADABLE, detail)
    mark_counters(session, shapes)


def restore_key(folder: Path, path: Path) -> str:
    """Put the key for signing back; what it is."""
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text((folder / KEY).read_text())
    draft.replace(path)
    return path.read_text().strip()
