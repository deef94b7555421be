"""The states of a submission, and the one table of who may bring it from one to another, and what that needs.

    received      as it came
    in_review     somebody has taken it up
    approved, has_issues, rejected
    returned      sent back to the enumerator
    corrected     a new version arrived after somebody had taken it up or decided

That a submission was deleted is a tombstone beside its state: restored, it stands where it stood.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

State: TypeAlias = Literal["received", "in_review", "approved", "has_issues", "rejected", "returned", "corrected"]
# same_reviewer: who decided it, less than a day ago.
Part: TypeAlias = Literal["reviewer", "admin", "same_reviewer", "system"]
Need: TypeAlias = Literal["", "no_open_errors", "finding_or_comment", "comment", "reason_code", "reason"]

STATES: Final[tuple[State, ...]] = (
    *("received", "in_review", "approved", "has_issues", "rejected", "returned", "corrected"),
)
# What waits for somebody.
WAITING: Final[tuple[State, ...]] = ("received", "corrected", "in_review")
REASON_CODES: Final = ("refused", "test", "duplicate", "fabricated", "out_of_sample", "other")


@dataclass(frozen=True, slots=True)
class Transition:
    """From some states to another, by whom, and what it needs."""

    sources: frozenset[State]
    to: State
    by: frozenset[Part]
    needs: Need = ""


def _row(sources: Iterable[State], to: State, by: Iterable[Part], needs: Need = "") -> Transition:
    return Transition(frozenset(sources), to, frozenset(by), needs)


_REVIEWED: Final[tuple[State, ...]] = ("received", "in_review", "corrected", "has_issues")
TRANSITIONS: Final = (
    _row(("received", "corrected"), "in_review", ("reviewer", "admin")),
    _row(_REVIEWED, "approved", ("reviewer", "admin"), "no_open_errors"),
    _row(("received", "in_review", "corrected"), "has_issues", ("reviewer", "admin"), "finding_or_comment"),
    _row(_REVIEWED, "returned", ("reviewer", "admin"), "comment"),
    Transition(frozenset({"approved"}), "returned", frozenset({"admin"}), "comment"),
    Transition(frozenset(STATES) - {"rejected"}, "rejected", frozenset({"reviewer", "admin"}), "reason_code"),
    _row(("rejected", "approved"), "in_review", ("admin", "same_reviewer"), "reason"),
    Transition(frozenset(STATES) - {"received"}, "corrected", frozenset({"system"})),
)
# A claim of nobody is no decision: it names no reviewer.
DECISIONS: Final[Mapping[State, bool]] = {
    state: state not in ("received", "in_review", "corrected") for state in STATES
}


def find_transition(state: str, to: str, parts: Collection[Part]) -> Transition | None:
    """The row that lets somebody who has these parts bring a submission from `state` to `to`."""
    for row in TRANSITIONS:
        if state in row.sources and row.to == to and row.by.intersection(parts):
            return row
    return None


def list_next(state: str, parts: Collection[Part]) -> list[Transition]:
    """All that somebody who has these parts may do with a submission in `state`."""
    return [row for row in TRANSITIONS if state in row.sources and row.by.intersection(parts)]
