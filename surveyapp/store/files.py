"""Files by what is in them: a file is kept once under its SHA-256, and never changes.

A file is on disk, synced, before the row that names it is written. A file without a row (the server died in between)
does no harm.
"""

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

CHUNK: Final = 1 << 20
SPOOL: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that is on disk. Digests in lower-case hex, size in bytes."""

    sha256: str
    md5: str
    size: int


class Arriving:
    """A file on its way in: written chunk by chunk, hashed as it comes; small ones stay in memory until they are
    kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._spool: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=SPOOL, dir=str(folder))  # noqa: SIM115  # closed by whoever reads the request
        self.size = 0

    def write(self, chunk: bytes) -> int:
        """Take the next bytes."""
        self._sha256.update(chunk)
        self._md5.update(chunk)
        self.size += len(chunk)
        return self._spool.write(chunk)

    def read(self, size: int = -1) -> bytes:
        """Give bytes back."""
        return self._spool.read(size)

    def seek(self, position: int, whence: int = 0) -> int:
        """Move to a position."""
        return self._spool.seek(position, whence)

    def close(self) -> None:
        """Let go of what was not kept."""
        self._spool.close()

    def digests(self) -> KeptFile:
        """What the file is."""
        return KeptFile(self._sha256.hexdigest(), self._md5.hexdigest(), self.size)


class Files:
    """A folder of files named by their content."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.incoming = folder / "incoming"
        self.incoming.mkdir(parents=True, exist_ok=True)

    def remove_abandoned(self, older_than: float) -> None:
        """Remove what uploads left that were cut off by the end of a process; `older_than` in seconds."""
        for file in self.incoming.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if time.time() - file.stat().st_mtime > older_than:
                    file.unlink()

    def path(self, sha256: str) -> Path:
        """Where the file with this digest lies."""
        return self.folder / sha256[:2] / sha256

    def arrive(self) -> Arriving:
        """A new file to write to."""
        return Arriving(self.incoming)

    def keep(self, content: Arriving | bytes) -> KeptFile:
        """Keep `content`; return when it is safe on disk."""
        if isinstance(content, bytes):
            arriving = self.arrive()
            arriving.write(content)
            try:
                return self.keep(arriving)
            finally:
                arriving.close()
        kept = content.digests()
        content.seek(0)
        handle, name = tempfile.mkstemp(dir=self.incoming)
        try:
            with os.fdopen(handle, "wb") as target:
                shutil.copyfileobj(content, target, CHUNK)
                target.flush()
                os.fsync(target.fileno())
            self._move(Path(name), self.path(kept.sha256))
            return kept
        finally:
            Path(name).unlink(missing_ok=True)

    @staticmethod
    def _move(source: Path, target: Path) -> None:
        target.parent.mkdir(exist_ok=True)
        source.replace(target)
        for folder in (target.parent, target.parent.parent):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
