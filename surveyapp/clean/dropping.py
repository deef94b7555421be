"""Stage 1: submissions that leave the clean data, one by one and by groups."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeAlias

from surveyapp.clean.drafts import Draft
from surveyapp.clean.fields import Field
from surveyapp.clean.language import describe
from surveyapp.clean.making import Making, Rule, Unusable
from surveyapp.clean.records import Row, Submission, SubmissionKey, write_text
from surveyapp.expressions.errors import ExpressionError
from surveyapp.sentences import say

REASON_CODES: Final = ("refused", "test", "duplicate", "fabricated", "out_of_sample", "other")
# How rules and logs once said it.
_FORMER_CODES: Final = {"out of sample": "out_of_sample"}
KEEPS: Final = ("newest", "oldest", "approved", "most_complete")


def name_reason(code: str) -> str:
    """The code of a reason as it is said today; what older rules and logs say is understood."""
    return _FORMER_CODES.get(code, code)


class Drop(NamedTuple):
    """Why a submission leaves: source, reason code and text, and for a duplicate the one that stays."""

    source: str
    code: str
    text: str
    kept: SubmissionKey | None = None
    by: str = "rule"
    at: datetime.datetime | None = None


Dropping: TypeAlias = Callable[[Draft], bool]


def make_drop(making: Making) -> Dropping:
    """`when`, review states, or the kind of an open finding: any of them drops."""
    given = making.given
    states, check, when = frozenset(given["states"]), given["finding"], making.rule.when
    if not states and not check and not when:
        raise Unusable("when", say("Nothing says which submissions to drop."), say("Give when, states or finding."))
    formula = making.formula(when, "", "when") if when else None

    def drops(draft: Draft) -> bool:
        submission = draft.submission
        if submission.state in states:
            return True
        if check and any(flag.check == check and flag.state in ("open", "accepted") for flag in submission.flags):
            return True
        if formula is None:
            return False
        try:
            return formula.is_true(draft.tree(), "", "")
        except ExpressionError as error:
            draft.report("rule-not-evaluated", draft.main, None, describe(error, None))
            return False

    return drops


# -- groups -----------------------------------------------------------------------------------------------------------
class Candidate(NamedTuple):
    """What is remembered of a submission to choose among duplicates."""

    key: tuple[str, ...]
    # Ends with the id: of a hundred thousand candidates nothing is kept twice.
    rank: tuple[Any, ...]

    @property
    def id(self) -> SubmissionKey:
        """Of which submission."""
        return SubmissionKey(*self.rank[-2:])


@dataclass(frozen=True)
class Dedupe:
    """Submissions with equal `keys`: one stays. Answers are compared trimmed and with case folded."""

    rule: Rule
    source: str
    keys: tuple[Field, ...]
    keep: str

    def candidate(self, draft: Draft) -> Candidate | None:
        """What counts of this submission; None where a key is empty."""
        values = [draft.main.values.get(known.path) for known in self.keys]
        if any(value is None or value == "" for value in values):
            return None
        key = tuple(" ".join(write_text(value).casefold().split()) for value in values)
        return Candidate(key, _rank(self.keep, draft.submission))


def make_dedupe(making: Making, source: str) -> Dedupe:
    """Keys must lie in the main record."""
    keys = tuple(making.field(name, "parameters.keys") for name in making.given["keys"])
    if inner := [known.name for known in keys if known.repeat]:
        raise Unusable(
            "parameters.keys", say("{name} lies in a repeat.", name=inner[0]), say("Name questions of the household.")
        )
    return Dedupe(making.rule, source, keys, making.given["keep"])


def _rank(keep: str, submission: Submission) -> tuple[Any, ...]:
    """The greatest stays; of equals the newest, and then by id, so that order does not matter."""
    newest = (submission.received_at, submission.instance_id, submission.number)
    if keep == "oldest":
        # Sorted the other way round by `choose`.
        return newest
    if keep == "approved":
        return (submission.state == "approved", *newest)
    if keep == "most_complete":
        return (sum(value is not None for row in submission.rows for value in row.values.values()), *newest)
    return newest


def choose(
    rule: Dedupe, candidates: Sequence[Candidate], decided: frozenset[SubmissionKey]
) -> dict[SubmissionKey, Drop]:
    """Which of the candidates leave. A group of which a person decided about one is left alone."""
    found: dict[SubmissionKey, Drop] = {}
    for _, alike in groupby(sorted(candidates), key=itemgetter(0)):
        group = list(alike)
        if len(group) < 2 or any(candidate.id in decided for candidate in group):
            continue
        pick = min if rule.keep == "oldest" else max
        kept = pick(group, key=lambda candidate: candidate.rank).id
        text = rule.rule.reason or f"same {', '.join(known.name for known in rule.keys)} as another"
        found.update((c.id, Drop(rule.source, "duplicate", text, kept)) for c in group if c.id != kept)
    return found


@dataclass(frozen=True, slots=True)
class GroupDecisions:
    """What cannot be told from a submission by itself: duplicates that leave, rows that move in, by target, and the
    keys of all rows that move.
    """

    drops: Mapping[SubmissionKey, Drop] = field(default_factory=dict)
    arrivals: Mapping[SubmissionKey, Sequence[Row]] = field(default_factory=dict)
    moved: frozenset[str] = frozenset()
