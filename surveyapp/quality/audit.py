"""The audit log of ODK Collect: what the enumerator did, screen by screen.

`audit.csv` has the columns event, node, start, end (milliseconds since 1970), and where the form asks for them
latitude, longitude, accuracy, old-value, new-value, user, change-reason. Phones die in the middle of a line, so
whatever can be read is read, and what cannot is counted.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

QUESTION_EVENTS: Final = frozenset({"question", "group questions"})
PAUSED: Final = "form exit"
RESUMED: Final = frozenset({"form resume", "form start"})
CONSTRAINT: Final = "constraint error"
NEEDED: Final = ("event", "node", "start")
COLUMNS: Final = (
    *(*NEEDED, "end", "latitude", "longitude", "accuracy"),
    *("old-value", "new-value", "user", "change-reason"),
)
# Nobody looks at one screen for longer; the phone lay on the table.
LONGEST_SCREEN: Final = 10 * 60.0
MAX_BYTES: Final = 20_000_000
_ROW_NUMBER: Final = re.compile(r"\[\d+\]")
_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One line. Times are seconds since 1970, `end` None where the line has none; `node` keeps its row numbers."""

    event: str
    node: str
    start: float
    end: float | None
    latitude: float | None = None
    longitude: float | None = None
    accuracy: float | None = None
    old_value: str | None = None
    new_value: str | None = None
    user: str = ""
    reason: str = ""

    @property
    def path(self) -> str:
        """The generic path of the node."""
        return _ROW_NUMBER.sub("", self.node)


@dataclass(frozen=True, slots=True)
class AuditLog:
    """The events in the order of the file, and how many lines could not be read. `tracks_changes` says whether values
    are logged.
    """

    events: tuple[AuditEvent, ...]
    unreadable: int = 0
    tracks_changes: bool = False


@dataclass(frozen=True, slots=True)
class Paradata:
    """What an audit log says of an interview. Times in seconds.

    `screens` are the question screens, `fast_screens` those that were left too soon; `edits` changed answers, `backs`
    jumps to an earlier question. `sections` are seconds by the path of the group below which the questions stand.
    `mocked` says that a position of the log had the accuracy 0.
    """

    active: float
    screens: int
    fast_screens: int
    edits: int
    backs: int
    constraint_errors: int
    sections: Mapping[str, float] = field(default_factory=dict)
    unreadable: int = 0
    mocked: bool = False

    @property
    def fast_share(self) -> float:
        """The share of question screens that were left too soon."""
        return self.fast_screens / self.screens if self.screens else 0.0


def read_audit(content: bytes) -> AuditLog:
    """The log in `content`.

    Lines that cannot be read are left out and counted; an empty or foreign file is an empty log.
    """
    text = content[:MAX_BYTES].decode("utf-8-sig", errors="replace").replace("\x00", "")
    rows = _rows(text)
    header = [cell.strip().lower() for cell in rows[0]] if rows else []
    if not set(NEEDED) <= set(header):
        return AuditLog((), len(rows))
    named = {name: place for place, name in enumerate(header)}
    places = [named.get(name, len(header)) for name in COLUMNS]
    events, unreadable = [], 0
    for row in rows[1:]:
        event = _event(row, places)
        if event is not None:
            events.append(event)
        elif any(cell.strip() for cell in row):
            unreadable += 1
    return AuditLog(tuple(events), unreadable, "new-value" in named)


def _rows(text: str) -> list[list[str]]:
    """The lines as cells; a quote that never closes costs its line and not the rest of the file."""
    found: list[list[str]] = []
    try:
        return list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        pass
    for line in text.splitlines():
        try:
            found.extend(csv.reader([line], strict=True))
        except csv.Error:
            found.append([line])
    return found


def _event(row: Sequence[str], places: Sequence[int]) -> AuditEvent | None:
    width = len(row)
    event, node, start, end, latitude, longitude, accuracy, old, new, user, reason = (
        row[place] if place < width else None for place in places
    )
    event, began = (event or "").strip(), _seconds(start)
    if not event or began is None:
        return None
    return AuditEvent(
        event,
        (node or "").strip(),
        began,
        _seconds(end),
        _number(latitude),
        _number(longitude),
        _number(accuracy),
        old,
        new,
        (user or "").strip(),
        (reason or "").strip(),
    )


def _number(text: str | None) -> float | None:
    # Most cells of a log are empty.
    if not text:
        return None
    stripped = text.strip()
    return float(stripped) if _NUMBER.fullmatch(stripped) and len(stripped) < 25 else None


def _seconds(text: str | None) -> float | None:
    number = _number(text)
    return None if number is None or not 0 < number < 1e14 else number / 1000


def summarise(
    log: AuditLog, order: Mapping[str, int], section_of: Mapping[str, str], shortest: Mapping[str, float]
) -> Paradata | None:
    """What the log says, None of an empty one.

    `order` is the place of each question in the form by path, `section_of` the path of its section, `shortest` the
    seconds below which its screen counts as fast.
    """
    if not log.events:
        return None
    tally = _Tally(order, section_of, shortest, _pauses(log.events))
    for event in log.events:
        tally.add(event)
    return Paradata(
        tally.active,
        tally.screens,
        tally.fast,
        tally.edits,
        tally.backs,
        tally.constraint_errors,
        tally.sections,
        log.unreadable,
        any(event.accuracy == 0 for event in log.events),
    )


def _pauses(events: Sequence[AuditEvent]) -> list[tuple[float, float]]:
    """When the form was left, and when it was taken up again."""
    found: list[tuple[float, float]] = []
    left: float | None = None
    for event in events:
        if event.event == PAUSED and left is None:
            left = event.start
        elif event.event in RESUMED and left is not None:
            found.append((left, max(left, event.start)))
            left = None
    return found


class _Tally:
    """Adds the events up."""

    def __init__(
        self,
        order: Mapping[str, int],
        section_of: Mapping[str, str],
        shortest: Mapping[str, float],
        pauses: Sequence[tuple[float, float]],
    ) -> None:
        self.order, self.section_of, self.shortest, self.pauses = order, section_of, shortest, pauses
        self.active = 0.0
        self.screens = self.fast = self.edits = self.backs = self.constraint_errors = 0
        self.sections: dict[str, float] = {}
        self.furthest: tuple[str, int] | None = None
        self.seen: set[str] = set()

    def add(self, event: AuditEvent) -> None:
        """One event more."""
        if event.event == CONSTRAINT:
            self.constraint_errors += 1
        if event.event not in QUESTION_EVENTS or event.end is None:
            return
        self.count_change(event)
        seconds = self.measure(event.start, event.end)
        self.active += seconds
        path = event.path
        section = self.section_of.get(path, "")
        if section:
            self.sections[section] = self.sections.get(section, 0.0) + seconds
        if path in self.shortest and event.node not in self.seen:
            self.screens += 1
            self.fast += seconds < self.shortest[path]
        self.seen.add(event.node)
        self.count_back(event.node, path)

    def measure(self, start: float, end: float) -> float:
        """The seconds that a screen was looked at, without pauses."""
        away = sum(max(0.0, min(end, until) - max(start, since)) for since, until in self.pauses)
        return min(max(end - start - away, 0.0), LONGEST_SCREEN)

    def count_change(self, event: AuditEvent) -> None:
        """An answer that replaced another."""
        if event.old_value and event.new_value is not None and event.new_value != event.old_value:
            self.edits += 1

    def count_back(self, node: str, path: str) -> None:
        """A jump to an earlier question; another row of a repeat is no jump back."""
        place = self.order.get(path)
        if place is None:
            return
        rows = "".join(_ROW_NUMBER.findall(node))
        if self.furthest is not None and self.furthest[0] == rows and place < self.furthest[1]:
            self.backs += 1
        self.furthest = (rows, place)
