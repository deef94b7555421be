"""What becomes of findings when checks are run again: kept, opened or closed.

Two findings are the same where check, submission, row, subject, questions and observed value are. What somebody has
acknowledged stays silent until the value changes; then the value is a new finding.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from surveyapp.quality.declaration import QualityFinding

Identity: TypeAlias = tuple[str, str, str, str, tuple[str, ...], str]
Status: TypeAlias = Literal["open", "acknowledged", "closed"]


@dataclass(frozen=True, slots=True)
class KeptFinding:
    """A finding as it was kept: `id` is the keeper's, `status` what became of it, `enumerator` whose interviews it is
    about, `own` the author's sentences by language.
    """

    id: str
    finding: QualityFinding
    status: Status
    enumerator: str = ""
    own: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Changes:
    """What to do with the findings of the checks that were run.

    `opened` are new; `reopened` were closed and are there again; `renewed` stay as they are, but for the severity,
    limits and arguments that the new run gives; `closed` are ids of open ones that are no longer found. Acknowledged
    ones that are no longer found are left as they are: when the value comes back, the decision still holds.
    """

    opened: tuple[QualityFinding, ...]
    reopened: tuple[tuple[str, QualityFinding], ...]
    renewed: tuple[tuple[str, QualityFinding], ...]
    closed: tuple[str, ...]


def follow_up(old: Iterable[KeptFinding], new: Iterable[QualityFinding]) -> Changes:
    """What the `new` findings change in the `old`; both must be of the same checks and submissions."""
    known: dict[Identity, KeptFinding] = {}
    for kept in old:
        before = known.get(kept.finding.identity)
        # Where a value was found, closed and found again, what is not closed counts.
        if before is None or before.status == "closed":
            known[kept.finding.identity] = kept
    opened: list[QualityFinding] = []
    reopened: list[tuple[str, QualityFinding]] = []
    renewed: list[tuple[str, QualityFinding]] = []
    seen: set[Identity] = set()
    for finding in new:
        if finding.identity in seen:
            continue
        seen.add(finding.identity)
        kept_one = known.get(finding.identity)
        if kept_one is None:
            opened.append(finding)
        elif kept_one.status == "closed":
            reopened.append((kept_one.id, finding))
        else:
            renewed.append((kept_one.id, finding))
    closed = [kept.id for identity, kept in known.items() if kept.status == "open" and identity not in seen]
    return Changes(tuple(opened), tuple(reopened), tuple(renewed), tuple(closed))


def leave_equal(
    changes: Changes,
    old: Iterable[KeptFinding],
    enumerator: Callable[[QualityFinding], str],
    own: Mapping[str, Mapping[str, str]],
) -> Changes:
    """The changes without the renewed findings that say what they said before, word for word."""
    known = {kept.id: (kept.finding, kept.enumerator, dict(kept.own)) for kept in old}
    renewed = tuple(
        (number, finding)
        for number, finding in changes.renewed
        if known[number] != (finding, enumerator(finding), dict(own.get(finding.check, {})))
    )
    return replace(changes, renewed=renewed)
