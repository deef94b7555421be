"""The files that came with the submissions, in one zip of any size, and the forms that were published."""

import csv
import hashlib
import io
import itertools
import os
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import merge
from itertools import groupby
from pathlib import Path
from typing import IO, Any, Final

from surveyapp.export.names import short_names
from surveyapp.export.options import ExportOptions
from surveyapp.export.sheets import Written
from surveyapp.export.source import Ask, ExportSource, KeptMedia, PublishedVersion

INDEX: Final = "index.csv"
INDEX_COLUMNS: Final = (
    *("_submission_no", "_instance_id", "_row_key", "question", "file", "original", "bytes", "sha256", "state"),
)
_COPY: Final = 1 << 20
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
# Members of 2 GB and more need sizes of 64 bits.
_LARGE: Final = (1 << 31) - 1
_BAD = re.compile(r"(?:[^\w.()+-]|\.{2,})+")
_NAME: Final = 100

# One answer that names a file: submission number, instance id, row key, question, file name.
_Named = tuple[int, str, str, str, str]


class MediaZip:
    """The files, stored and not deflated: photos and sound are compressed already, and a part can be asked for.

    ZIP64 where it is needed. Memory: what the zip's directory takes, some 400 bytes a file.
    """

    def __init__(self, source: ExportSource, options: ExportOptions) -> None:
        self._source = source
        self._selection = options.selection
        self.files = 0
        self.lost = 0
        # Of the submission that is being written.
        self._submission_no = 0
        self._taken: set[str] = set()

    def write(self, target: Path, watch: Callable[[int], None]) -> list[Written]:
        """Write the zip; `watch` is told of each file, and may raise to stop."""
        with (
            tempfile.TemporaryFile("w+", dir=target.parent, encoding="utf-8", newline="") as index,
            zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, allowZip64=True) as package,
        ):
            lines = csv.writer(index)
            lines.writerow(INDEX_COLUMNS)
            for named, media in self._matched():
                lines.writerow(self._add(package, named, media))
                watch(1)
            _add_index(package, index)
        with target.open("rb") as file:
            os.fsync(file.fileno())
        return [Written(INDEX, self.files)]

    def _add(self, package: zipfile.ZipFile, named: _Named, media: KeptMedia | None) -> Sequence[Any]:
        number, instance_id, row_key, question, original = named
        self.files += 1
        if media is None:
            self.lost += 1
            return (number, instance_id, row_key, question, "", original, "", "", "not received")
        name = self._free_name(number, _safe(question or "unnamed"), _safe(original))
        state = self._copy(package, name, media)
        return (number, instance_id, row_key, question, name, original, media.size, media.sha256, state)

    def _free_name(self, number: int, question: str, original: str) -> str:
        """A name that no other file has: "../a.jpg" and "a.jpg" would be one, as "A.jpg" is on many file systems."""
        if number != self._submission_no:
            self._submission_no, self._taken = number, set()
        tries = itertools.chain((question,), (f"{question}-{again}" for again in itertools.count(2)))
        name = next(
            name for name in (f"{number}_{one}_{original}" for one in tries) if name.casefold() not in self._taken
        )
        self._taken.add(name.casefold())
        return name

    def _copy(self, package: zipfile.ZipFile, name: str, media: KeptMedia) -> str:
        info = zipfile.ZipInfo(name, _EPOCH)
        info.external_attr = 0o644 << 16
        digest = hashlib.sha256()
        try:
            content = self._source.open_media(media.sha256)
        except OSError:
            self.lost += 1
            return "lost"
        with content, package.open(info, "w", force_zip64=media.size >= _LARGE) as member:
            while chunk := content.read(_COPY):
                digest.update(chunk)
                member.write(chunk)
        if digest.hexdigest() == media.sha256:
            return "received"
        self.lost += 1
        return "damaged"

    def _matched(self) -> Iterator[tuple[_Named, KeptMedia | None]]:
        """Each answer that names a file, with the file; then files that no answer names, as the log of the phone."""
        answers = groupby(merge(*self._named()), key=lambda named: named[0])
        kept = groupby(self._source.media(self._selection), key=lambda media: media.submission_no)
        for _, named, media in _side_by_side(answers, kept):
            files = {one.name: one for one in media}
            used = set()
            for one in named:
                used.add(one[4])
                yield one, files.get(one[4])
            number = next(iter(files.values())).submission_no if files else 0
            for name in files.keys() - used:
                yield (number, named[0][1] if named else "", "", "", name), files[name]

    def _named(self) -> list[Iterator[_Named]]:
        """For each table the answers that name files, by submission."""
        found = []
        for repeat, paths in list_file_questions(self._source.versions, self._source.kept_path).items():
            keys = [Ask("", "_submission_no"), Ask("", "_instance_id"), *([Ask("", "_row_key")] if repeat else [])]
            asks = [*keys, *(Ask(path) for path in paths)]
            rows = (
                self._source.repeat_rows(repeat, asks, self._selection)
                if repeat
                else self._source.main_rows(asks, self._selection)
            )
            found.append(_names_in(rows, len(keys), list(short_names(paths).values())))
        return found


def _names_in(rows: Iterator[tuple[Any, ...]], keys: int, questions: Sequence[str]) -> Iterator[_Named]:
    for row in rows:
        row_key = row[2] if keys > 2 else ""
        for question, name in zip(questions, row[keys:], strict=True):
            if name:
                yield row[0], row[1], row_key, question, name


def _side_by_side(
    answers: Iterable[tuple[int, Iterator[_Named]]], kept: Iterable[tuple[int, Iterator[KeptMedia]]]
) -> Iterator[tuple[int, list[_Named], list[KeptMedia]]]:
    """Both streams by submission, in order; either may lack it."""
    left, right = iter(answers), iter(kept)
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        number = min(at[0] for at in (one, other) if at is not None)
        named: list[_Named] = []
        media: list[KeptMedia] = []
        if one is not None and one[0] == number:
            named = list(one[1])
            one = next(left, None)
        if other is not None and other[0] == number:
            media = list(other[1])
            other = next(right, None)
        yield number, named, media


def list_file_questions(versions: Sequence[PublishedVersion], kept_path: Callable[[str], str]) -> dict[str, list[str]]:
    """The kept paths of all questions that take a file, by the repeat they lie in."""
    found: dict[str, dict[str, None]] = {}
    for published in versions:
        definition = published.definition
        for question in definition.questions:
            if question.type == "file":
                repeat = definition.repeat_of[question.path]
                found.setdefault(kept_path(repeat) if repeat else "", {})[kept_path(question.path)] = None
    return {repeat: list(paths) for repeat, paths in found.items()}


def _safe(name: str) -> str:
    """A name that every file system takes, with its ending."""
    ready = _BAD.sub("_", name).strip("._ ") or "file"
    stem, dot, ending = ready.rpartition(".")
    return ready if len(ready) <= _NAME else f"{(stem or ending)[: _NAME - len(ending) - 1]}{dot}{ending}"[:_NAME]


def _add_index(package: zipfile.ZipFile, index: IO[str]) -> None:
    index.seek(0)
    info = zipfile.ZipInfo(INDEX, _EPOCH)
    info.external_attr = 0o644 << 16
    with package.open(info, "w", force_zip64=True) as member, io.TextIOWrapper(member, "utf-8") as text:
        text.write("\ufeff")
        while chunk := index.read(_COPY):
            text.write(chunk)


def write_forms(source: ExportSource, options: ExportOptions, target: Path) -> list[Written]:
    """The published files of the chosen versions in one zip, as the office sent them."""
    written = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for number, form in enumerate(source.forms(), 1):
            if options.versions and form.version not in options.versions:
                continue
            info = zipfile.ZipInfo(f"{number}_{_safe(form.version or 'form')}_{_safe(form.name)}", _EPOCH)
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(info, form.content)
            written.append(Written(info.filename, 1))
    return written
