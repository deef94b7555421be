"""Backchecks: some households are asked again, and the answers are compared.

A question of type 1 has one true answer (its difference is the enumerator's fault), type 2 is hard to ask (retrain),
type 3 is asked for its stability only.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from surveyapp.quality.declaration import Check, Parameter, QualityFinding, Setting
from surveyapp.quality.distributions import response_variance
from surveyapp.quality.interview import Interview, Summary
from surveyapp.quality.plan import NUMERIC_TYPES, Plan
from surveyapp.quality.words import plain
from surveyapp.values import INVALID

ALARMS: Final = {1: 10.0, 2: 20.0}


@dataclass(frozen=True, slots=True)
class Pair:
    """An interview and the one that checks it."""

    original: Interview
    back: Interview


@dataclass(frozen=True, slots=True)
class Compared:
    """One question of one pair."""

    pair: Pair
    path: str
    type: int
    old: str
    new: str
    differs: bool


@dataclass(frozen=True)
class Comparison:
    """All pairs of a form, question by question; `settings` are those of B1."""

    plan: Plan
    pairs: Sequence[Pair]
    settings: Sequence[Setting] = ()

    @cached_property
    def compared(self) -> tuple[Compared, ...]:
        """Every question that any setting compares, in every pair; both empty is not compared."""
        return tuple(one for setting in self.settings for one in self.compare(setting))

    def compare(self, setting: Setting) -> Iterator[Compared]:
        """The questions of one setting. Questions of repeats are left out: rows of two interviews cannot be matched."""
        for pair in self.pairs:
            for path in setting.questions:
                old, new = (one.main.texts.get(path, "") for one in (pair.original, pair.back))
                if path in self.plan.visible and (old or new):
                    type_ = int(setting.number("type"))
                    yield Compared(pair, path, type_, old, new, differ(self.plan, setting, path, pair))

    def rates(self, key: Callable[[Compared], str], type_: int | None = None) -> dict[str, tuple[int, int]]:
        """How many answers differ, and how many were compared, by what `key` gives ('' is left out)."""
        found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for one in self.compared:
            if type_ in (None, one.type) and (name := key(one)):
                found[name][0] += one.differs
                found[name][1] += 1
        return {name: (differ_, n) for name, (differ_, n) in sorted(found.items())}

    def error_rates(self) -> dict[str, tuple[int, int]]:
        """Differing and compared answers of type 1 by enumerator, for E14."""
        return self.rates(lambda one: one.pair.original.summary.enumerator, 1)

    def reliability(self, path: str) -> tuple[float, float | None] | None:
        """The simple response variance of a numeric question and its reliability; None where it has no pairs."""
        pairs = []
        for pair in self.pairs:
            numbers = [_number(one.main.values.get(path)) for one in (pair.original, pair.back)]
            if numbers[0] is not None and numbers[1] is not None:
                pairs.append((numbers[0], numbers[1]))
        return response_variance(pairs)


def match_pairs(originals: Iterable[Interview], backs: Iterable[Interview]) -> tuple[list[Pair], list[Interview]]:
    """Backchecks with the interview of the same household (the last one received where there are several), and those
    that have none.
    """
    by_household: dict[str, Interview] = {}
    for one in sorted(originals, key=lambda one: (one.facts.received_at, one.facts.instance_id)):
        if one.summary.household and not one.summary.rejected:
            by_household[one.summary.household] = one
    pairs, alone = [], []
    for back in backs:
        original = by_household.get(back.summary.household)
        if original is None or original.facts.instance_id == back.facts.instance_id:
            alone.append(back)
        else:
            pairs.append(Pair(original, back))
    return pairs, alone


def differ(plan: Plan, setting: Setting, path: str, pair: Pair) -> bool:
    """Whether the two answers to a question differ by more than the setting allows."""
    old, new = (one.main.texts.get(path, "") for one in (pair.original, pair.back))
    same = {plain(value) for value in setting.names("no_difference")}
    if plain(old) in same or plain(new) in same:
        return False
    question = plan.question(path)
    if question is not None and question.type in NUMERIC_TYPES:
        first, second = (_number(one.main.values.get(path)) for one in (pair.original, pair.back))
        if first is not None and second is not None:
            return not _is_within(setting, first, second)
    if question is not None and question.type in ("select_multiple", "rank"):
        return (
            set(old.split()) != set(new.split()) if question.type == "select_multiple" else old.split() != new.split()
        )
    return _letters(old) != _letters(new)


def _is_within(setting: Setting, old: float, new: float) -> bool:
    """Whether the backcheck lies within [old - below, old + above], or so many percent of old."""
    below, above = setting.number("below"), setting.number("above")
    share = setting.number("percent") / 100 * abs(old)
    return old - max(below, share) - 1e-9 <= new <= old + max(above, share) + 1e-9


def _letters(text: str) -> str:
    """Letters and digits only, without case and accents."""
    return "".join(letter for letter in plain(text) if letter.isalnum())


def _number(value: Any) -> float | None:
    if value is INVALID or not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value)


def differing_answers(comparison: Comparison, setting: Setting) -> Iterator[QualityFinding]:
    """B1: each difference, and the questions and people whose rate is too high."""
    compared = list(comparison.compare(setting))
    kind = int(setting.number("type"))
    for one in compared:
        if one.differs:
            yield setting.find(
                instance_id=one.pair.original.facts.instance_id,
                questions=(one.path,),
                severity="info",
                observed=one.old,
                expected=one.new,
                binding=one.pair.back.facts.instance_id,
                arguments={"label": comparison.plan.label(one.path), "type": str(kind)},
            )
    limit = setting.limit("alarm")
    limit = ALARMS.get(kind) if limit is None else limit
    if limit is None:
        return
    part = Comparison(comparison.plan, comparison.pairs, (setting,))
    keys: Mapping[str, Callable[[Compared], str]] = {
        "question": lambda one: one.path,
        "enumerator": lambda one: one.pair.original.summary.enumerator,
        "backchecker": lambda one: one.pair.back.summary.enumerator,
        "team": lambda one: one.pair.original.summary.team,
    }
    for who, key in keys.items():
        for subject, (differing, n) in part.rates(key).items():
            if 100 * differing / n > limit:
                yield setting.find(
                    "rate",
                    subject=f"{who} {subject}",
                    observed=f"{100 * differing / n:.1f} %",
                    expected=f"≤ {limit:g} %",
                    arguments={"n": str(n), "type": str(kind)},
                )


@dataclass(frozen=True, slots=True)
class BackcheckSample:
    """The interviews to be asked again, with the seed that gives the same ones again."""

    seed: int
    instance_ids: tuple[str, ...] = field(default_factory=tuple)


def draw_backchecks(summaries: Iterable[Summary], seed: int, share: float = 0.10) -> BackcheckSample:
    """Of each enumerator's interviews that share, rounded up to at least one, drawn at random.

    The same interviews and seed give the same sample, in whatever order they come. Interviews without consent and
    rejected ones are not drawn.
    """
    by_enumerator: dict[str, list[str]] = defaultdict(list)
    for one in summaries:
        if not one.rejected and one.consent is not False:
            by_enumerator[one.enumerator].append(one.instance_id)
    drawn: list[str] = []
    for enumerator, ids in sorted(by_enumerator.items()):
        # Each enumerator has a lot of his or her own, so that another's interviews change nothing.
        lot = random.Random(f"{seed}|{enumerator}")
        drawn += sorted(lot.sample(sorted(ids), max(1, round(share * len(ids)))))
    return BackcheckSample(seed, tuple(drawn))


CHECKS: Final = (
    Check(
        "B1",
        "backcheck differs",
        "回访不一致",
        "the answer of a backcheck differs: each difference (info); and a question, enumerator, backchecker "
        "or team with more than "
        "10 % (type 1) or 20 % (type 2) of differing answers (error)",
        "backcheck",
        "survey",
        "error",
        {
            "": (
                "“{label}” was {observed}, in the backcheck {expected}.",
                "“{label}”原为{observed}，回访为{expected}。",
            ),
            "rate": (
                "{subject}: {observed} of {n} answers of type {type} differ in backchecks.",
                "{subject}：{n}个类型{type}答案中{observed}与回访不同。",
            ),
        },
        "IPA bcstats",
        run_backcheck=differing_answers,
        questions="several",
        parameters=(
            Parameter("type", 1.0, "1, 2 or 3"),
            Parameter("below", 0.0, "how much less is no difference"),
            Parameter("above", 0.0, "how much more is no difference"),
            Parameter("percent", 0.0, "% of the first answer that is no difference"),
            Parameter("no_difference", (), "answers that never differ"),
            Parameter("alarm", None, "%"),
        ),
    ),
)
