"""What the checks across interviews found, in sheets: how often, each finding, and the enumerators side by side."""

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from surveyapp.export.cells import Kind, Row
from surveyapp.export.convert import local_time
from surveyapp.export.options import ExportOptions
from surveyapp.export.sheets import Role, Shade, Sheet, SheetColumn, width_for
from surveyapp.quality.catalogue import CATALOGUE
from surveyapp.quality.interview import Summary
from surveyapp.quality.telling import names_of, sentence_of, title_of
from surveyapp.store.quality import SEVERITY_ORDER, QualityRow

# Findings in the list of a workbook; files of other formats have them all.
MOST_LISTED: Final = 50_000
POOR_ACCURACY: Final = 20.0
RED: Final = "FFF8CBAD"
YELLOW: Final = "FFFFF2CC"
NOBODY: Final = ""
_SHADES: Final = (Shade("severity", "error", RED), Shade("severity", "warning", YELLOW))


@dataclass(frozen=True, slots=True)
class QualityFound:
    """What is kept of the checks, read anew with each call: the findings of the submissions in an export, and the
    summaries of all submissions that its other bounds let in, also of rejected ones.
    """

    findings: Callable[[], Iterator[QualityRow]]
    summaries: Callable[[], Iterator[Summary]]


def _column(name: str, kind: Kind, role: Role = "answer", width: float = 0) -> SheetColumn:
    percent = "0.0%" if name.endswith("_share") else "0.0" if kind == "float" else ""
    return SheetColumn((name,), kind, width or width_for((name,), kind), role, percent)


DATA_QUALITY: Final = Sheet(
    "data_quality",
    (
        _column("check", "code", "key"),
        _column("title", "code", width=34),
        _column("severity", "code"),
        *(_column(state, "int") for state in ("open", "acknowledged", "closed")),
        _column("submissions", "int"),
        _column("enumerators", "int"),
        _column("fires_when", "code", "about", 60),
    ),
    1,
    _SHADES,
)
QUALITY_FINDINGS: Final = Sheet(
    "quality_findings",
    (
        _column("_submission_no", "int", "key", 14),
        _column("_instance_id", "text", "key"),
        _column("row_key", "text", "key"),
        *(_column(name, "code") for name in ("check", "severity", "state")),
        _column("message", "text", width=60),
        _column("question", "code", width=22),
        *(_column(name, "text") for name in ("value", "expected", "suggestion")),
        *(_column(name, "text") for name in ("subject", "enumerator", "belongs_to")),
        _column("opened_at", "datetime"),
        *(_column(name, "text", "about") for name in ("settled_by", "reason")),
        _column("settled_at", "datetime", "about"),
    ),
    2,
    _SHADES,
)
ENUMERATORS: Final = Sheet(
    "enumerators",
    (
        _column("enumerator", "text", "key"),
        *(_column(name, "int") for name in ("interviews", "days")),
        *(_column(name, "float") for name in ("per_day", "median_minutes", "median_active_minutes")),
        *(_column(f"{name}_share", "float") for name in ("dont_know", "refused", "missing", "other")),
        *(_column(f"{name}_share", "float") for name in ("position_missing", "position_poor", "rejected")),
        *(_column(name, "int") for name in ("corrections", "open_errors", "open_warnings", "near_duplicates")),
    ),
    1,
    (Shade("open_errors", "", RED),),
)


# -- how often --------------------------------------------------------------------------------------------------------
@dataclass(slots=True)
class _Tally:
    states: Counter[str] = field(default_factory=Counter)
    submissions: set[int] = field(default_factory=set)
    enumerators: set[str] = field(default_factory=set)


def quality_rows(found: QualityFound, language: str) -> Iterator[Row]:
    """One row for each check and severity, the gravest and most frequent first."""
    tallies: dict[tuple[str, str, str], _Tally] = defaultdict(_Tally)
    for row in found.findings():
        tally = tallies[row.finding.check, row.finding.kind, row.finding.severity]
        tally.states[row.state] += 1
        if row.submission_id is not None:
            tally.submissions.add(row.submission_id)
        if row.enumerator:
            tally.enumerators.add(row.enumerator)
    ordered = sorted(tallies.items(), key=lambda one: (SEVERITY_ORDER.index(one[0][2]), -one[1].states["open"], one[0]))
    for (check, kind, severity), tally in ordered:
        states = (tally.states[state] for state in ("open", "acknowledged", "closed"))
        declared = CATALOGUE.get(kind)
        fires = declared.fires if declared is not None else None
        yield (
            *(check, title_of(kind, language), severity, *states),
            *(len(tally.submissions), len(tally.enumerators), fires),
        )


def finding_rows(found: QualityFound, options: ExportOptions, language: str) -> Iterator[Row]:
    """One row for each finding that is open or acknowledged; of a workbook as many as somebody may read."""
    clock = local_time(options.clock)
    listed = 0
    for row in found.findings():
        if row.state == "closed":
            continue
        if options.format == "xlsx" and listed == MOST_LISTED:
            return
        listed += 1
        one = row.finding
        yield (
            *(row.submission_id, one.instance_id or None, one.row_key or None, one.check, one.severity, row.state),
            *(sentence_of(one, language, row.own), names_of(one) or None, one.observed or None, one.expected or None),
            *(one.suggestion or None, one.subject or None, row.enumerator or None, one.binding or None),
            *(clock(row.opened_at), row.settled_by or None, row.reason or None),
            clock(row.settled_at) if row.settled_at is not None else None,
        )


# -- enumerators ------------------------------------------------------------------------------------------------------
def enumerator_rows(found: QualityFound) -> Iterator[Row]:
    """One row for each enumerator, in order of name; interviews of which nobody is named come last."""
    crew: dict[str, list[Summary]] = defaultdict(list)
    for summary in found.summaries():
        if summary.backcheck:
            continue
        crew[summary.enumerator].append(summary)
    opened: dict[str, Counter[str]] = defaultdict(Counter)
    for row in found.findings():
        if row.state == "open" and row.submission_id is not None:
            opened[row.enumerator][row.finding.severity] += 1
            opened[row.enumerator][row.finding.kind] += 1
    for who in sorted(crew, key=lambda name: (name == NOBODY, name)):
        yield _member_row(who, crew[who], opened[who])


def _member_row(who: str, all_own: Sequence[Summary], opened: Counter[str]) -> Row:
    own = [one for one in all_own if not one.rejected]
    days = len({one.day for one in own})
    counts = [one.counts for one in own]
    asked = sum(one.asked for one in counts)
    answered = sum(one.answered for one in counts)
    places = [one for one in own if one.position_asked]
    poor = [one for one in places if one.position and (one.position.accuracy or 0.0) > POOR_ACCURACY]
    return (
        *(who or None, len(own), days, len(own) / days if days else None),
        *(_median(own, "minutes"), _median(own, "active_minutes")),
        _share(sum(one.dont_know for one in counts), answered),
        _share(sum(one.refused for one in counts), answered),
        _share(asked - answered, asked),
        _share(sum(one.other for one in counts), sum(one.with_other for one in counts)),
        _share(sum(one.position is None for one in places), len(places)),
        _share(len(poor), len(places)),
        _share(len(all_own) - len(own), len(all_own)),
        *(sum(one.corrections for one in own), opened["error"], opened["warning"], opened["D07"]),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _median(own: Sequence[Summary], measure: str) -> float | None:
    numbers = [number for one in own for number in one.measures.get(measure)]
    return statistics.median(numbers) if numbers else None
