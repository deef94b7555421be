"""Backchecks: some households are asked again, and the answers are compared.

The second interview is a submission of a form of its own, or one of the same form that a question marks as a backcheck
(the role `backcheck`).

A question of type 1 has one true answer (its difference is the enumerator's fault), type 2 is hard to ask (retrain),
type 3 is asked for its stability only.
"""

import datetime
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from surveyapp.quality.declaration import Check, Parameter, QualityFinding, Setting
from surveyapp.quality.interview import Summary
from surveyapp.quality.plan import DONT_KNOW_CODES, NUMERIC_TYPES, REFUSED_CODES, Plan
from surveyapp.quality.words import plain
from surveyapp.values import INVALID

ALARMS: Final = {1: 10.0, 2: 20.0}


@dataclass(frozen=True, slots=True)
class Asked:
    """One of the two interviews of a household: `texts` and typed `values` of the compared questions by path; what has
    no answer is in neither. `questions` are those that its form has; `number` is that of its submission.
    """

    number: int
    instance_id: str
    household: str
    enumerator: str
    team: str
    received_at: datetime.datetime
    questions: frozenset[str] = frozenset()
    texts: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pair:
    """An interview and the one that checks it."""

    original: Asked
    back: Asked


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
        """The questions of one setting that both forms have. Questions of repeats are left out: rows of two interviews
        cannot be matched.
        """
        for pair in self.pairs:
            for path in setting.questions:
                old, new = (one.texts.get(path, "") for one in (pair.original, pair.back))
                if path in self.plan.visible and path in pair.back.questions and (old or new):
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
        return self.rates(lambda one: one.pair.original.enumerator, 1)

    def list_numbers(self, path: str) -> list[tuple[float, float]]:
        """Both answers to a question, of each pair in which both are numbers; don't know and refused are none."""
        found = []
        for pair in self.pairs:
            first, second = (_measured(one.values.get(path)) for one in (pair.original, pair.back))
            if first is not None and second is not None:
                found.append((first, second))
        return found


def match_pairs(originals: Iterable[Asked], backs: Iterable[Asked]) -> tuple[list[Pair], list[Asked]]:
    """Backchecks with the interview of the same household (the last one received where there are several), and those
    that have none.
    """
    by_household: dict[str, Asked] = {}
    for one in sorted(originals, key=lambda one: (one.received_at, one.instance_id)):
        if one.household:
            by_household[one.household] = one
    pairs, alone = [], []
    for back in backs:
        original = by_household.get(back.household)
        if original is None or original.instance_id == back.instance_id:
            alone.append(back)
        else:
            pairs.append(Pair(original, back))
    return pairs, alone


def differ(plan: Plan, setting: Setting, path: str, pair: Pair) -> bool:
    """Whether the two answers to a question differ by more than the setting allows."""
    old, new = (one.texts.get(path, "") for one in (pair.original, pair.back))
    same = {plain(value) for value in setting.names("no_difference")}
    if plain(old) in same or plain(new) in same:
        return False
    question = plan.question(path)
    if question is not None and question.type in NUMERIC_TYPES:
        first, second = (_number(one.values.get(path)) for one in (pair.original, pair.back))
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


def _measured(value: Any) -> float | None:
    number = _number(value)
    return None if number in DONT_KNOW_CODES | REFUSED_CODES else number


def _number(value: Any) -> float | None:
    if value is INVALID or not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value)


PEOPLE: Final[Mapping[str, Callable[[Compared], str]]] = {
    "enumerator": lambda one: one.pair.original.enumerator,
    "backchecker": lambda one: one.pair.back.enumerator,
    "team": lambda one: one.pair.original.team,
}


def alarm_of(setting: Setting) -> float | None:
    """The percentage of differing answers from which B1 alarms; None for never."""
    limit = setting.limit("alarm")
    return ALARMS.get(int(setting.number("type"))) if limit is None else limit


def differing_answers(comparison: Comparison, setting: Setting) -> Iterator[QualityFinding]:
    """B1: each difference, and the questions and people whose rate is too high."""
    compared = list(comparison.compare(setting))
    kind = int(setting.number("type"))
    for one in compared:
        if one.differs:
            yield setting.find(
                instance_id=one.pair.original.instance_id,
                questions=(one.path,),
                severity="info",
                observed=one.old,
                expected=one.new,
                binding=one.pair.back.instance_id,
                arguments={"label": comparison.plan.label(one.path), "type": str(kind)},
            )
    limit = alarm_of(setting)
    if limit is None:
        return
    part = Comparison(comparison.plan, comparison.pairs, (setting,))
    for who, key in {"question": lambda one: one.path, **PEOPLE}.items():
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

    The same interviews and seed give the same sample, in whatever order they come. Interviews without consent,
    rejected ones and backchecks are not drawn.
    """
    by_enumerator: dict[str, list[str]] = defaultdict(list)
    for one in summaries:
        if not one.rejected and not one.backcheck and one.consent is not False:
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
