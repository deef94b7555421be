"""A store in memory, and forms written as Markdown tables."""

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Self

from pyxform.xls2xform import convert

from surveyapp.export.query import Chosen
from surveyapp.export.source import (
    MOST_ASKS,
    Ask,
    Asked,
    CutOff,
    EditOf,
    FormFile,
    FoundIn,
    KeptMedia,
    LeftOut,
    PublishedVersion,
    SaidOf,
)
from surveyapp.findings import Finding
from surveyapp.indicators.settings import MissingCodes
from surveyapp.indicators.tabulation import Tabulation
from surveyapp.store.selection import Selection
from surveyapp.xform.definition import Choice
from surveyapp.xform.parse import parse_xform

COMPRESSIONS = ["zlib", *(["isal"] if find_spec("isal") else [])]
PUBLISHED = datetime(2026, 1, 1, tzinfo=UTC)
RECEIVED = datetime(2026, 3, 1, 4, 30, tzinfo=UTC)


@dataclass
class MemoryRow:
    """A row of a repeat: answers by (path, part), in a parent row."""

    path: str
    key: str
    parent: str
    ordinal: int
    answers: dict[tuple[str, str], Any]


@dataclass
class MemoryRecord:
    """A submission."""

    number: int
    version: str
    answers: dict[tuple[str, str], Any]
    rows: list[MemoryRow] = field(default_factory=list)
    meta: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    def value(self, ask: Ask) -> Any:
        if ask.path:
            return self.answers.get((ask.path, ask.part))
        known = {"_submission_no": self.number, "_instance_id": f"uuid:{self.number:08d}", "_version": self.version}
        known |= {"_state": "received", "_received": RECEIVED, "_edits": 0} | self.meta
        return known.get(ask.part)


@dataclass
class MemorySource:
    """Everything an export asks of the store."""

    versions: Sequence[PublishedVersion]
    records: Sequence[MemoryRecord] = ()
    moved: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    indicators: Tabulation | None = None
    codes: MissingCodes = field(default_factory=MissingCodes)
    cleaning: None = None

    def tabulate(self, rows: Any) -> None:
        """Nothing is cleaned, so nothing else is tabulated."""

    @property
    def title(self) -> str:
        return self.versions[-1].definition.title

    @property
    def form_id(self) -> str:
        return self.versions[-1].definition.form_id

    @property
    def cut_off(self) -> CutOff:
        return CutOff(max((record.number for record in self.records), default=0), RECEIVED)

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(repr((self.records, self.title)).encode(errors="replace")).hexdigest()

    def media(self, selection: Selection) -> Iterator[KeptMedia]:
        for record in self.chosen(selection):
            for name, content in sorted(record.files.items()):
                yield KeptMedia(record.number, name, hashlib.sha256(content).hexdigest(), len(content))

    def open_media(self, sha256: str) -> IO[bytes]:
        for record in self.records:
            for content in record.files.values():
                if hashlib.sha256(content).hexdigest() == sha256:
                    return io.BytesIO(content)
        raise FileNotFoundError(sha256)

    def forms(self) -> Iterator[FormFile]:
        for version in self.versions:
            yield FormFile(version.definition.version, "form.xlsx", b"the workbook")

    def kept_path(self, path: str) -> str:
        return self.moved.get(path, path)

    def chosen(self, selection: Selection) -> Iterator[MemoryRecord]:
        return (record for record in self.records if _is_in(record, selection))

    def count(self, repeat_path: str, selection: Selection) -> int:
        rows = [row for record in self.chosen(selection) for row in record.rows if row.path == repeat_path]
        return len(rows) if repeat_path else sum(1 for _ in self.chosen(selection))

    def main_rows(self, asks: Sequence[Ask], selection: Selection) -> Iterator[tuple[Any, ...]]:
        assert len(asks) <= MOST_ASKS
        for record in self.chosen(selection):
            yield tuple(record.value(ask) for ask in asks)

    def repeat_rows(self, repeat_path: str, asks: Sequence[Ask], selection: Selection) -> Iterator[tuple[Any, ...]]:
        for record in self.chosen(selection):
            for row in record.rows:
                if row.path != repeat_path:
                    continue
                own = {"_row_key": row.key, "_parent_row_key": row.parent, "_ordinal": row.ordinal}
                yield tuple(
                    row.answers.get((ask.path, ask.part)) if ask.path else own.get(ask.part, record.value(ask))
                    for ask in asks
                )

    @property
    def asked(self) -> Asked:
        raise LookupError("no query is put to a store in memory")

    def narrow(self, chosen: Chosen) -> Self:
        raise LookupError(f"no query is put to a store in memory: {len(chosen)} chosen")

    @staticmethod
    def edits(_selection: Selection) -> Iterator[EditOf]:
        return iter(())

    @staticmethod
    def left_out(_selection: Selection) -> Iterator[LeftOut]:
        return iter(())

    def findings(self, selection: Selection) -> Iterator[FoundIn]:
        for record in self.chosen(selection):
            for finding in record.findings:
                yield FoundIn(record.number, f"uuid:{record.number:08d}", finding)

    @staticmethod
    def comments(_selection: Selection) -> Iterator[SaidOf]:
        return iter(())

    @staticmethod
    def quality(_selection: Selection) -> None:
        return None

    def missing_files(self, selection: Selection) -> Iterator[tuple[int, str]]:
        for record in self.chosen(selection):
            for name in record.missing:
                yield record.number, name


def _is_in(record: MemoryRecord, selection: Selection) -> bool:
    received = record.meta.get("_received", RECEIVED)
    started = record.meta.get("_start") or received
    return (
        (not selection.versions or record.version in selection.versions)
        and (selection.received_from is None or received >= selection.received_from)
        and (selection.received_before is None or received < selection.received_before)
        and (selection.interviewed_from is None or started >= selection.interviewed_from)
        and (selection.interviewed_before is None or started < selection.interviewed_before)
    )


def publish(markdown: str | Path, **file_choices: tuple[Choice, ...]) -> PublishedVersion:
    """A form version from a Markdown XLSForm or a workbook; `file_choices` by the stem of a CSV file."""
    converted = convert(markdown, file_type=".md") if isinstance(markdown, str) else convert(str(markdown))
    definition = parse_xform(converted.xform.encode())
    return PublishedVersion(definition, PUBLISHED, {f"{stem}.csv": c for stem, c in file_choices.items()})
