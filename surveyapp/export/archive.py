"""Several files in one zip that come one after the other, of any size, and are put together at the end."""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from surveyapp.export.package import Deflater, PackageWriter, Segment, check_package

_COPY = 1 << 20


class Archive:
    """Members are deflated into a spool file of `folder` as they come. Use as a context manager.

    Two runs over the same content give the same bytes; the limit is 4 GB (no ZIP64, which some readers refuse).
    """

    def __init__(self, folder: Path) -> None:
        self._spool: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # closed by __exit__
        self._members: list[tuple[str, bytes, Segment]] = []

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *exception: object) -> None:
        self._spool.close()

    def add(self, name: str, chunks: Iterable[bytes], head: bytes = b"") -> None:
        """A member called `name`: `head`, then `chunks`."""
        deflater = Deflater(self._spool)
        try:
            for chunk in chunks:
                deflater.write(chunk)
            self._members.append((name, head, deflater.finish()))
        finally:
            deflater.stop()

    def add_file(self, name: str, path: Path) -> None:
        """A member with the content of the file at `path`."""
        with path.open("rb") as file:
            self.add(name, iter(lambda: file.read(_COPY), b""))

    def content_hash(self) -> str:
        """SHA-256 over the names and contents, in order, without the README."""
        told = [f"{name}\n{hashlib.sha256(head).hexdigest()}\n{body.sha256}\n" for name, head, body in self._members]
        return hashlib.sha256("".join(told).encode(errors="replace")).hexdigest()

    def finish(self, target: Path, readme: bytes) -> None:
        """Put the zip together in `target`, README.txt first."""
        with target.open("wb") as file:
            package = PackageWriter(file)
            package.add("README.txt", readme)
            for name, head, body in self._members:
                package.add_around(name, head, body, self._spool, b"")
            package.close()
            file.flush()
            os.fsync(file.fileno())

    def verify(self, target: Path) -> None:
        """Read the whole zip back. Raises PackageDamaged."""
        check_package(target, {})
