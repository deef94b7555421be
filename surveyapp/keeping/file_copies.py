"""Content-addressed files carried from one folder to another, each looked at on its way."""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

CHUNK: Final = 1 << 20
digest_text = re.compile("[0-9a-f]{64}")


def place_of(folder: Path, digest: str) -> Path:
    """Where the file with this digest lies in `folder`."""
    return folder / digest[:2] / digest


def list_digests(folder: Path) -> Iterator[str]:
    """The digests of all files in `folder`."""
    for part in sorted(folder.glob("[0-9a-f][0-9a-f]")):
        yield from sorted(entry.name for entry in os.scandir(part) if digest_text.fullmatch(entry.name))


def copy_file(source: Path, target: Path, digest: str) -> bool:
    """Copy a file that is not in `target` yet; whether it was copied. It is on disk when this returns.

    A file whose content is not that of its name is not copied.

    Raises:
        OSError: the source cannot be read, or the target not be written.
        ValueError: the file is damaged.
    """
    here, there = place_of(source, digest), place_of(target, digest)
    if there.exists() and there.stat().st_size == here.stat().st_size:
        return False
    there.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(prefix=".", dir=there.parent)
    try:
        with os.fdopen(handle, "wb") as copy, here.open("rb") as original:
            seen = hashlib.sha256()
            while chunk := original.read(CHUNK):
                seen.update(chunk)
                copy.write(chunk)
            copy.flush()
            os.fsync(copy.fileno())
        if seen.hexdigest() != digest:
            raise ValueError(f"its content is that of {seen.hexdigest()}")
        Path(draft).replace(there)
        _sync(there.parent)
    finally:
        Path(draft).unlink(missing_ok=True)
    return True


def sync_folder(folder: Path) -> None:
    """Put all files of `folder`, and their names, safely on disk."""
    for path in (*folder.rglob("*"), folder):
        _sync(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
