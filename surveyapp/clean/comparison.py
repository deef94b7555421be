"""A draft ruleset beside the published one: what each rule touches, and where the clean data would differ."""

import bisect
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from surveyapp.clean.outcomes import Outcome
from surveyapp.clean.pipeline import Cleaner
from surveyapp.clean.records import Source, Submission, is_same, write_text
from surveyapp.clean.rulesets import Program, source_of

MOST_EXAMPLES: Final = 20
NOT_THERE: Final = "(not in the clean data)"


class CellExample(NamedTuple):
    """A cell before and after. Sorted by receipt, so that every run shows the same ones."""

    received: str
    instance_id: str
    row_key: str
    path: str
    before: str
    after: str


# The submission, what both rulesets make of it, and where that differs.
Watch: TypeAlias = Callable[[Submission, Outcome, Outcome, Sequence[CellExample]], None]


@dataclass
class RuleEffect:
    """What one rule of the draft does: cells (or submissions) touched and blocked by decisions, and examples."""

    touched: int = 0
    blocked: int = 0
    examples: list[CellExample] = field(default_factory=list)


@dataclass
class RulesetDifference:
    """What the draft does, by rule id, and how its clean data differ from those of the other ruleset.

    `cells` counts cells that differ by path of question, `added` and `gone` submissions that only the draft has or
    lacks.
    """

    effects: Mapping[str, RuleEffect]
    cells: Counter[str] = field(default_factory=Counter)
    examples: list[CellExample] = field(default_factory=list)
    added: int = 0
    gone: int = 0


def compare_rulesets(
    published: Cleaner,
    draft: Cleaner,
    source: Source,
    *,
    among: Source | None = None,
    watch: Watch | None = None,
) -> RulesetDifference:
    """Run both over all submissions, or those of `among`. Memory does not grow with them.

    `watch` is told of each submission with what both make of it, and every cell that differs.
    """
    before, after = published.decide_groups(source), draft.decide_groups(source)
    names = _names(draft.program)
    found = RulesetDifference({name: RuleEffect() for name in names.values()})
    for submission in (among or source).list_submissions():
        old, new = published.clean(submission, before), draft.clean(submission, after)
        _take_effects(found, names, new)
        differences = _list_differences(old, new)
        _take_differences(found, old, new, differences)
        if watch is not None:
            watch(submission, old, new, differences)
    return found


def _names(program: Program) -> dict[str, str]:
    """The ids of rules by what the log calls them."""
    return {source_of(rule, program.ruleset): rule.id for rule in program.ruleset.rules if rule.active}


def _take_effects(found: RulesetDifference, names: Mapping[str, str], outcome: Outcome) -> None:
    for store, counts in (("touched", outcome.touched), ("blocked", outcome.blocked)):
        for source, count in counts.items():
            if source in names:
                effect = found.effects[names[source]]
                setattr(effect, store, getattr(effect, store) + count)
    for row in outcome.log:
        if row.source in names:
            after = row.new_value or tell_reason(row.missing_reason)
            example = _example(outcome, row.row_key, row.path, row.old_value or "", after)
            _keep(found.effects[names[row.source]].examples, example)
    deletion = outcome.deletion
    if deletion is not None and deletion.source in names:
        example = _example(outcome, "", "", deletion.state, deletion.reason_code)
        _keep(found.effects[names[deletion.source]].examples, example)


def _take_differences(found: RulesetDifference, old: Outcome, new: Outcome, differences: Sequence[CellExample]) -> None:
    if (old.deletion is None) is not (new.deletion is None):
        found.gone += new.deletion is not None
        found.added += old.deletion is not None
    else:
        found.cells.update(one.path for one in differences)
    for one in differences:
        _keep(found.examples, one)


def _list_differences(old: Outcome, new: Outcome) -> list[CellExample]:
    """Each cell that differs; one with an empty path where only one of both has the submission."""
    if (old.deletion is None) is not (new.deletion is None):
        states = [NOT_THERE if outcome.deletion else "" for outcome in (old, new)]
        return [_example(new, "", "", *states)]
    return [] if old.digest == new.digest else _compare_rows(old, new)


def _compare_rows(old: Outcome, new: Outcome) -> list[CellExample]:
    found = []
    former, latter = ({row.key: row for row in outcome.rows} for outcome in (old, new))
    for key in sorted(former.keys() | latter.keys()):
        one, other = former.get(key), latter.get(key)
        before, after = one.values if one else {}, other.values if other else {}
        for path in sorted(before.keys() | after.keys()):
            left = (one.reasons.get(path, "") if one else "", before.get(path))
            right = (other.reasons.get(path, "") if other else "", after.get(path))
            if left[0] != right[0] or not is_same(left[1], right[1]):
                texts = [write_text(value) or tell_reason(reason) for reason, value in (left, right)]
                found.append(_example(new, key, path, *texts))
    return found


def tell_reason(reason: str) -> str:
    """Why a cell is empty, written so that it is no answer; '' for no reason."""
    return f"({reason})" if reason else ""


def _example(outcome: Outcome, row_key: str, path: str, before: str, after: str) -> CellExample:
    received = outcome.received_at.isoformat()
    return CellExample(received, outcome.id.instance_id, row_key, path, before, after)


def _keep(examples: list[CellExample], example: CellExample) -> None:
    if len(examples) < MOST_EXAMPLES or example < examples[-1]:
        bisect.insort(examples, example)
        del examples[MOST_EXAMPLES:]
