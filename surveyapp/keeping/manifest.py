"""What a backup says of itself, and where its parts lie.

DIR/files/ab/ab12…           attachments by their SHA-256, shared by all backups of DIR
DIR/20261123T021500Z/        one backup
    manifest.json            this file; written last
    rows/<table>.jsonl.gz    one a table
    files.txt.gz             the digests of its attachments, one a line
    secret_key               the key for signing
"""

import datetime
import gzip
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from surveyapp.problems import BACKUP_UNREADABLE, Problem
from surveyapp.store.row_files import ColumnShape, TableShape

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
FILE_LIST: Final = "files.txt.gz"
KEY: Final = "secret_key"


@dataclass(frozen=True, slots=True)
class TableEntry:
    """A table in a backup: its shape, how many rows, and the SHA-256 of their file."""

    shape: TableShape
    rows: int
    sha256: str

    @property
    def file(self) -> str:
        """Where the rows lie, inside the backup."""
        return f"rows/{self.shape.name}.jsonl.gz"


@dataclass(frozen=True, slots=True)
class Manifest:
    """One backup. `taken_at` is the moment of the database that it shows; `file_bytes` counts all its attachments;
    `left_out` are tables in the schema that are not ours; `faults` tells of attachments that were missing or damaged.
    """

    software: str
    revision: str
    dialect: str
    taken_at: datetime.datetime
    tables: tuple[TableEntry, ...]
    files: int
    file_bytes: int
    files_sha256: str
    key_sha256: str
    left_out: tuple[str, ...]
    faults: tuple[str, ...]

    @property
    def rows(self) -> int:
        """How many rows all tables have together."""
        return sum(table.rows for table in self.tables)


def hash_file(path: Path) -> str:
    """The SHA-256 of a file, in lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write the manifest of the backup in `folder`."""
    body = {"format": FORMAT, **asdict(manifest), "taken_at": manifest.taken_at.isoformat()}
    (folder / MANIFEST).write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the backup in `folder`.

    Raises:
        Problem: BACKUP_UNREADABLE.
    """
    try:
        body: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if body.pop("format") != FORMAT:
            raise Problem(BACKUP_UNREADABLE, f"{folder} was written by a newer version of surveyapp.")
        body["taken_at"] = datetime.datetime.fromisoformat(body["taken_at"])
        body["tables"] = tuple(
            TableEntry(
                TableShape(
                    entry["shape"]["name"],
                    tuple(ColumnShape(**column) for column in entry["shape"]["columns"]),
                    tuple(entry["shape"]["key"]),
                ),
                entry["rows"],
                entry["sha256"],
            )
            for entry in body["tables"]
        )
        body["left_out"], body["faults"] = tuple(body["left_out"]), tuple(body["faults"])
        return Manifest(**body)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Problem(BACKUP_UNREADABLE, f"The manifest of {folder} cannot be read: {error}.") from error


def write_file_list(digests: list[str], folder: Path) -> None:
    """Write which attachments belong to the backup in `folder`."""
    with gzip.open(folder / FILE_LIST, "wt", encoding="ascii") as file:
        file.writelines(f"{digest}\n" for digest in digests)


def read_file_list(folder: Path) -> list[str]:
    """Which attachments belong to the backup in `folder`."""
    with gzip.open(folder / FILE_LIST, "rt", encoding="ascii") as file:
        return file.read().split()


def list_backups(place: Path) -> list[Path]:
    """The finished backups in `place`, oldest first."""
    return sorted(folder.parent for folder in place.glob(f"[0-9]*/{MANIFEST}"))
