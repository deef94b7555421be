"""What backchecks say of questions and of people: how often answers differ, how stable numbers are, whether they moved.

Everything is computed from a `Comparison`, for all enumerators or one.
"""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from surveyapp.quality.backchecks import PEOPLE, Compared, Comparison, Pair, alarm_of
from surveyapp.quality.declaration import Setting
from surveyapp.quality.distributions import response_variance
from surveyapp.quality.paired_tests import TestResult, mcnemar, paired_t, signed_rank

# Fewer pairs say nothing of a mean; their differences are listed all the same.
FEWEST_TESTED: Final = 5


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of the `compared` answers of one type (1, 2 or 3) differ. `limit` is the percentage that alarms."""

    type: int
    differing: int
    compared: int
    limit: float | None = None

    @property
    def share(self) -> float:
        """Differing by compared, 0 to 1."""
        return self.differing / self.compared if self.compared else 0.0

    @property
    def alarming(self) -> bool:
        """Whether B1 alarms."""
        return self.limit is not None and 100 * self.share > self.limit


@dataclass(frozen=True, slots=True)
class QuestionRate:
    """One compared question. Numbers asked twice have `response_variance` sum(d²) / 2n, `reliability` 1 − that / the
    variance of all answers, `mean_gap` second − first, Student's paired `t` and Wilcoxon's `ranks`; questions answered
    yes or no have `changes`, McNemar's test. What cannot be told is None; tests need five pairs.
    """

    path: str
    label: str
    rate: Rate
    response_variance: float | None = None
    reliability: float | None = None
    mean_gap: float | None = None
    t: TestResult | None = None
    ranks: TestResult | None = None
    changes: TestResult | None = None


@dataclass(frozen=True, slots=True)
class PersonRates:
    """The rates of somebody, by type; `by` says as what: enumerator, backchecker or team."""

    by: str
    name: str
    pairs: int
    rates: tuple[Rate, ...]


@dataclass(frozen=True, slots=True)
class BackcheckRates:
    """All of it. `unmatched` backchecks have no interview of their household; `types` are the rates over everything."""

    pairs: int
    unmatched: int
    types: tuple[Rate, ...]
    questions: tuple[QuestionRate, ...]
    people: tuple[PersonRates, ...]
    differences: tuple[Compared, ...]


def rate_backchecks(comparison: Comparison, unmatched: int = 0, language: str = "") -> BackcheckRates:
    """The rates of a comparison. `language` is that of the labels, as the form calls it."""
    compared = comparison.compared
    return BackcheckRates(
        len(comparison.pairs),
        unmatched,
        rate_types(comparison, compared),
        tuple(_list_questions(comparison, language)),
        tuple(_list_people(comparison)),
        tuple(one for one in compared if one.differs),
    )


def only_of(comparison: Comparison, enumerator: str) -> Comparison:
    """The pairs whose interview that enumerator held."""
    pairs = tuple(pair for pair in comparison.pairs if pair.original.enumerator == enumerator)
    return Comparison(comparison.plan, pairs, comparison.settings)


def rate_types(comparison: Comparison, compared: Sequence[Compared]) -> tuple[Rate, ...]:
    """One rate for each type among these comparisons; it has a limit where all settings of the type have the same."""
    found = []
    for kind in sorted({one.type for one in compared}):
        own = [one.differs for one in compared if one.type == kind]
        limits = {alarm_of(setting) for setting in comparison.settings if int(setting.number("type")) == kind}
        found.append(Rate(kind, sum(own), len(own), limits.pop() if len(limits) == 1 else None))
    return tuple(found)


def _list_people(comparison: Comparison) -> Iterator[PersonRates]:
    for by, key in PEOPLE.items():
        grouped: dict[str, list[Compared]] = {}
        for one in comparison.compared:
            if name := key(one):
                grouped.setdefault(name, []).append(one)
        for name, own in sorted(grouped.items()):
            pairs = {(one.pair.original.instance_id, one.pair.back.instance_id) for one in own}
            yield PersonRates(by, name, len(pairs), rate_types(comparison, own))


def _list_questions(comparison: Comparison, language: str) -> Iterator[QuestionRate]:
    """In the order of the settings, and in them of the questions."""
    for setting in comparison.settings:
        compared = list(comparison.compare(setting))
        for path in setting.questions:
            own = [one for one in compared if one.path == path]
            if own:
                yield _rate_question(comparison, setting, path, own, language)


def _rate_question(
    comparison: Comparison, setting: Setting, path: str, own: Sequence[Compared], language: str
) -> QuestionRate:
    rate = Rate(int(setting.number("type")), sum(one.differs for one in own), len(own), alarm_of(setting))
    numbers = comparison.list_numbers(path)
    label = comparison.plan.label(path, language)
    if numbers:
        variance, reliability = response_variance(numbers) or (None, None)
        tested = numbers if len(numbers) >= FEWEST_TESTED else ()
        return QuestionRate(
            path,
            label,
            rate,
            variance,
            reliability,
            statistics.fmean(second - first for first, second in numbers),
            paired_t(tested),
            signed_rank(tested),
        )
    answers = [_yes_and_no(comparison, path, one.pair) for one in own]
    known = [answer for answer in answers if answer is not None]
    return QuestionRate(path, label, rate, changes=mcnemar(known) if len(known) >= FEWEST_TESTED else None)


def _yes_and_no(comparison: Comparison, path: str, pair: Pair) -> tuple[bool, bool] | None:
    """Whether each of both said yes; None where one of them said neither yes nor no."""
    yes, no = comparison.plan.yes.get(path, frozenset()), comparison.plan.no.get(path, frozenset())
    first, second = (one.texts.get(path, "") for one in (pair.original, pair.back))
    return (first in yes, second in yes) if {first, second} <= yes | no else None
