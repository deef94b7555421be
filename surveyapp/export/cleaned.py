"""The clean rows of a form, as an ExportSource: those of the store, with what cleaning changes laid over them."""

import json
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import IO, Any, Final

from surveyapp.clean.fields import Field
from surveyapp.clean.log import LogRow
from surveyapp.clean.records import Row
from surveyapp.clean.rulesets import source_of
from surveyapp.export.clean_rows import Change, CleanRows, Told
from surveyapp.export.quality_sheets import QualityFound
from surveyapp.export.query import Chosen
from surveyapp.export.source import (
    Ask,
    Asked,
    Cleanable,
    CutOff,
    EditOf,
    ExportSource,
    FormFile,
    FoundIn,
    KeptMedia,
    LeftOut,
    PublishedVersion,
    SaidOf,
)
from surveyapp.indicators.columns import Reason
from surveyapp.indicators.settings import MissingCodes
from surveyapp.indicators.tabulation import Tabulation
from surveyapp.store.clean_frames import REASONS
from surveyapp.store.selection import Selection
from surveyapp.values import offset_text
from surveyapp.xform.columns import GEOPOINT_PARTS

_NUMBER: Final = Ask("", "_submission_no")
_ROW_KEY: Final = Ask("", "_row_key")
# Reasons for which the phone sent a code.
CODED: Final = frozenset({"dont_know", "refused", "not_applicable", "other_code"})
# Kinds of rules that can empty a cell.
BLANKING: Final = frozenset({"missing_codes", "recode", "blank_if", "clip"})


class CleanedForm:
    """An ExportSource of clean rows. `keep_codes` leaves codes of missing answers in their cells."""

    def __init__(self, inner: ExportSource, rows: CleanRows, *, keep_codes: bool = False) -> None:
        self.inner = inner
        self.clean = rows
        self.keep_codes = keep_codes
        self._numbers: dict[Selection, array[int]] = {}

    # -- for the layout -----------------------------------------------------------------------------------------------
    @property
    def added(self) -> Sequence[Field]:
        """The columns of rules."""
        return tuple(self.clean.program.columns.values())

    @cached_property
    def reasoned(self) -> frozenset[str]:
        """The questions whose answers a rule or a decision may take away, and those where the run did so."""
        program = self.clean.program
        kinds = {source_of(rule, program.ruleset): rule.kind for rule in program.ruleset.rules}
        by_rule = {
            one.field.path
            for rules in program.cells.values()
            for one in rules
            if kinds.get(one.author.source) in BLANKING
        }
        return frozenset(by_rule | self._blanked | self.clean.reasoned)

    @cached_property
    def _blanked(self) -> set[str]:
        cleanable = self.inner.cleaning
        log = cleanable.cleaner.log if cleanable is not None else {}
        return {row.path for rows in log.values() for row in rows if row.change_type == "blank_response"}

    # -- rows ---------------------------------------------------------------------------------------------------------
    def count(self, repeat_path: str, selection: Selection) -> int:
        """How many clean rows there are."""
        lost = sum(lost[repeat_path] for number, lost in self.clean.lost.items() if self.has(number, selection))
        return self.inner.count(repeat_path, selection) - lost

    def has(self, number: int, selection: Selection) -> bool:
        """Whether a submission is in a selection."""
        if selection not in self._numbers:
            rows = self.inner.main_rows((_NUMBER,), selection)
            self._numbers[selection] = array("q", (row[0] for row in rows))
        numbers = self._numbers[selection]
        place = bisect_left(numbers, number)
        return place < len(numbers) and numbers[place] == number

    def main_rows(self, asks: Sequence[Ask], selection: Selection) -> Iterator[tuple[Any, ...]]:
        """One tuple a submission that is in the clean data."""
        return self._main_rows(asks, selection, _Laying(asks, self.kept_path, keep_codes=self.keep_codes))

    def _main_rows(self, asks: Sequence[Ask], selection: Selection, laying: "_Laying") -> Iterator[tuple[Any, ...]]:
        changes = _Changes(self.clean.list_changes())
        for row in self.inner.main_rows((*asks, _NUMBER), selection):
            change = changes.of(row[-1])
            if change is None:
                yield row[:-1]
            elif not change.deleted:
                yield laying.lay(row[:-1], change.cells.get("", {}), change.healed)

    def repeat_rows(self, repeat_path: str, asks: Sequence[Ask], selection: Selection) -> Iterator[tuple[Any, ...]]:
        """One tuple a row that is in the clean data; rows from other submissions follow the own ones."""
        return self._repeat_rows(
            repeat_path, asks, selection, _Laying(asks, self.kept_path, keep_codes=self.keep_codes)
        )

    def _repeat_rows(
        self, repeat_path: str, asks: Sequence[Ask], selection: Selection, laying: "_Laying"
    ) -> Iterator[tuple[Any, ...]]:
        arrivals = [c for c in self.clean.list_changes() if any(row.repeat == repeat_path for _, row in c.arrived)]
        waiting = [change for change in arrivals if self.has(change.number, selection)]
        changes = _Changes(self.clean.list_changes())
        for row in self.inner.repeat_rows(repeat_path, (*asks, _NUMBER, _ROW_KEY), selection):
            number, key = row[-2:]
            while waiting and waiting[0].number < number:
                yield from laying.arrived(waiting.pop(0), repeat_path)
            change = changes.of(number)
            if change is None:
                yield row[:-2]
            elif not change.deleted and key not in change.gone:
                yield laying.lay(row[:-2], change.cells.get(key, {}), change.healed)
        for change in waiting:
            yield from laying.arrived(change, repeat_path)

    def list_frame_rows(
        self, repeat: str, asks: Sequence[tuple[str, str]], selection: Selection
    ) -> Iterator[tuple[Any, ...]]:
        """The same for the indicators: an empty cell holds its Reason."""
        path = self.kept_path(repeat)
        wanted = tuple(Ask(*ask) for ask in asks)
        laying = _Laying(wanted, self.kept_path, reasons=True)
        if path:
            return self._repeat_rows(path, wanted, selection, laying)
        return self._main_rows(wanted, selection, laying)

    @cached_property
    def indicators(self) -> Tabulation | None:
        """The catalogue's indicators, of clean answers."""
        return self.inner.tabulate(self.list_frame_rows)

    # -- logs ---------------------------------------------------------------------------------------------------------
    def list_told(self, selection: Selection) -> Iterator[Told]:
        """What the logs tell of the submissions of a selection."""
        return (told for told in self.clean.list_told() if self.has(told.number, selection))

    def list_unmet(self, selection: Selection) -> Iterator[LogRow]:
        """Decisions about submissions that came and are in no export."""
        for left in self.inner.left_out(selection):
            for row in self.clean.unmet.get(left.instance_id, ()):
                yield replace(row, status="left_out", submission_no=left.submission_no, decision_id=row.log_id)

    def find_field(self, row: LogRow) -> Field | None:
        """The question that a row of the log is about."""
        return self.clean.program.find_field(row.path) if row.path else None

    def find_repeat(self, row: LogRow) -> str:
        """The repeat that a row of the log is about, '' for the submission."""
        known = self.find_field(row)
        return known.repeat if known else ""

    def findings(self, selection: Selection) -> Iterator[FoundIn]:
        """Every finding, those of cleaning at the end of each submission."""
        told = (one for one in self.list_told(selection) if one.findings)
        waiting = next(told, None)
        for found in self.inner.findings(selection):
            while waiting is not None and waiting.number < found.submission_no:
                yield from (FoundIn(waiting.number, waiting.instance_id, finding) for finding in waiting.findings)
                waiting = next(told, None)
            yield found
        while waiting is not None:
            yield from (FoundIn(waiting.number, waiting.instance_id, finding) for finding in waiting.findings)
            waiting = next(told, None)

    def account(self, selection: Selection) -> "Account":
        """What became of every row of a selection."""
        account = Account()
        for path in ("", *self.clean.form.repeats):
            account.raw[path] = self.inner.count(path, selection)
            account.clean[path] = self.count(path, selection)
        for told in self.list_told(selection):
            account.add(told)
        return account

    # -- as they are --------------------------------------------------------------------------------------------------
    @property
    def title(self) -> str:
        """The form's title."""
        return self.inner.title

    @property
    def form_id(self) -> str:
        """The form's id."""
        return self.inner.form_id

    @property
    def versions(self) -> Sequence[PublishedVersion]:
        """All published versions."""
        return self.inner.versions

    @property
    def cut_off(self) -> CutOff:
        """Up to where the snapshot goes."""
        return self.inner.cut_off

    @property
    def counts(self) -> Mapping[str, int]:
        """Further counts for the README."""
        return self.inner.counts

    @property
    def codes(self) -> MissingCodes:
        """Those of the settings."""
        return self.inner.codes

    @property
    def cleaning(self) -> Cleanable | None:
        """What it was cleaned by."""
        return self.inner.cleaning

    @property
    def fingerprint(self) -> str:
        """That of the store; the rules and decisions are in it."""
        return self.inner.fingerprint

    @property
    def asked(self) -> Asked:
        """That of the store: a query on clean answers is asked while they are made."""
        return self.inner.asked

    def narrow(self, chosen: Chosen) -> "CleanedForm":
        """These submissions alone."""
        return CleanedForm(self.inner.narrow(chosen), self.clean, keep_codes=self.keep_codes)

    def tabulate(self, rows: Any) -> Tabulation | None:
        """The indicators of other rows."""
        return self.inner.tabulate(rows)

    def kept_path(self, path: str) -> str:
        """The path under which answers are kept."""
        return self.inner.kept_path(path)

    def quality(self, selection: Selection) -> QualityFound | None:
        """Those of the store."""
        return self.inner.quality(selection)

    def comments(self, selection: Selection) -> Iterator[SaidOf]:
        """Those of the store."""
        return self.inner.comments(selection)

    def edits(self, selection: Selection) -> Iterator[EditOf]:
        """Those of the store: they were made before cleaning."""
        return self.inner.edits(selection)

    def left_out(self, selection: Selection) -> Iterator[LeftOut]:
        """What is in no export, clean or not."""
        return self.inner.left_out(selection)

    def missing_files(self, selection: Selection) -> Iterator[tuple[int, str]]:
        """Files that have not arrived."""
        return self.inner.missing_files(selection)

    def media(self, selection: Selection) -> Iterator[KeptMedia]:
        """Files that came with the submissions."""
        return self.inner.media(selection)

    def open_media(self, sha256: str) -> IO[bytes]:
        """The content of a file."""
        return self.inner.open_media(sha256)

    def forms(self) -> Iterator[FormFile]:
        """The files that were published."""
        return self.inner.forms()


class Account:
    """What became of raw rows: by repeat how many came, went and stayed; by source what was done."""

    def __init__(self) -> None:
        self.raw: dict[str, int] = {}
        self.clean: dict[str, int] = {}
        self.deletions: Counter[tuple[str, str]] = Counter()
        self.cells: Counter[str] = Counter()
        self.idle: Counter[str] = Counter()

    def add(self, told: Told) -> None:
        """Count what is told of a submission."""
        if told.deletion is not None:
            self.deletions[told.deletion.reason_code, told.deletion.source] += 1
        for row in told.log:
            if row.status == "applied":
                self.cells[row.source] += 1
            else:
                self.idle[row.status] += 1


class _Changes:
    """Changes beside the rows of the store, both in the order of receipt."""

    def __init__(self, changes: Iterator[Change]) -> None:
        self._changes = changes
        self._next = next(changes, None)

    def of(self, number: int) -> Change | None:
        """The change of that submission."""
        while self._next is not None and self._next.number < number:
            self._next = next(self._changes, None)
        return self._next if self._next is not None and self._next.number == number else None


class _Laying:
    """Lays changed cells over the rows of one set of asks."""

    def __init__(
        self,
        asks: Sequence[Ask],
        kept_path: Callable[[str], str],
        *,
        reasons: bool = False,
        keep_codes: bool = False,
    ) -> None:
        self.asks = [ask._replace(path=kept_path(ask.path)) if ask.path else ask for ask in asks]
        self.reasons = reasons
        self.keep_codes = keep_codes
        self.places: dict[str, list[tuple[int, str]]] = {}
        for place, ask in enumerate(self.asks):
            self.places.setdefault(ask.path or ask.part, []).append((place, ask.part))
        self.extra = [place for place, _ in self.places.get("_extra", ())]

    def lay(self, row: Sequence[Any], cells: Mapping[str, tuple[Any, str]], healed: frozenset[str]) -> tuple[Any, ...]:
        """The row with its changed cells."""
        shown = list(row)
        for path, (value, reason) in cells.items():
            for place, part in self.places.get(path, ()):
                if not (self.keep_codes and value is None and reason in CODED and part != "reason"):
                    shown[place] = self._part(value, reason, part)
        for place in self.extra:
            if healed and shown[place] is not None:
                left = {path: text for path, text in json.loads(shown[place]).items() if path not in healed}
                shown[place] = json.dumps(left, ensure_ascii=False, sort_keys=True) if left else None
        return tuple(shown)

    def _part(self, value: Any, reason: str, part: str) -> Any:
        if part == "reason":
            return reason or None
        if value is None:
            return REASONS.get(reason, Reason.BLANK) if self.reasons else None
        if part == "tz":
            return offset_text(value)
        return value[GEOPOINT_PARTS.index(part)] if part in GEOPOINT_PARTS else value

    def arrived(self, change: Change, repeat: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a repeat that came from another submission."""
        for position, row in change.arrived:
            if row.repeat == repeat:
                yield tuple(self._of_arrived(ask, change, row, position) for ask in self.asks)

    def _of_arrived(self, ask: Ask, change: Change, row: Row, position: int) -> Any:
        if ask.path:
            value, reason = row.values.get(ask.path), row.reasons.get(ask.path, "")
            return self._part(value, reason, ask.part) if value is not None or reason else None
        known: dict[str, Any] = {
            "_submission_no": change.number,
            "_instance_id": change.instance_id,
            "_row_key": row.key,
            "_parent_row_key": row.parent or str(change.number),
            "_ordinal": position,
        }
        return known.get(ask.part)
