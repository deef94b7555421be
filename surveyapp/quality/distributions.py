"""Statistics of the checks: distributions, distances from the usual, rates, agreement. Plain functions over numbers.

Quantiles interpolate linearly (type 7 of Hyndman and Fan 1996); the robust z is that of Iglewicz and Hoaglin (1993).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

ENOUGH: Final = 20
DISTINCT_ENOUGH: Final = 5
MAD_SCALE: Final = 0.6745
MEAN_AD_SCALE: Final = 0.7979
PERCENTS: Final = (2.5, 5.0, 25.0, 50.0, 75.0, 95.0, 97.5)


@dataclass(frozen=True, slots=True)
class Spread:
    """Where numbers lie, on one scale: `mad` is the median and `mean_ad` the mean distance from the median."""

    median: float
    mad: float
    mean_ad: float
    mean: float
    sd: float

    def robust_z(self, value: float) -> float | None:
        """How far `value` lies from the median; None where the numbers do not vary."""
        if self.mad > 0:
            return MAD_SCALE * (value - self.median) / self.mad
        return MEAN_AD_SCALE * (value - self.median) / self.mean_ad if self.mean_ad > 0 else None


@dataclass(frozen=True, slots=True)
class Distribution:
    """What a comparison must know of the numbers that are there.

    `plain` is on the scale of the answers, `log` on ln(x + 1) and None where a number is below 0; `quantiles` by
    percent are those of PERCENTS. `nonzero` are the numbers other than 0 by themselves, None where no number is 0 or
    all are.
    """

    n: int
    distinct: int
    plain: Spread
    log: Spread | None
    quantiles: Mapping[float, float]
    nonzero: "Distribution | None" = None

    @property
    def zero_share(self) -> float:
        """The share of 0 among the numbers, 0 to 1; it is not known of nothing but 0."""
        return 1 - self.nonzero.n / self.n if self.nonzero is not None else 0.0

    @property
    def enough(self) -> bool:
        """Whether there is enough to compare with."""
        return self.n >= ENOUGH and self.distinct >= DISTINCT_ENOUGH

    @property
    def median(self) -> float:
        """The median on the scale of the answers."""
        return self.plain.median

    def robust_z(self, value: float, *, logarithm: bool = True) -> float | None:
        """The robust z of `value`, on ln(x + 1) where no number is below 0 and `logarithm` is wanted."""
        if logarithm and self.log is not None and value >= 0:
            return self.log.robust_z(math.log1p(value))
        return self.plain.robust_z(value)


def distribution_of(values: Iterable[float] | NDArray[np.float64]) -> Distribution | None:
    """The distribution of `values` (no missing ones among them); None of nothing."""
    numbers = np.asarray(values if isinstance(values, np.ndarray) else list(values), dtype=np.float64)
    if not len(numbers):
        return None
    ordered = np.sort(numbers)
    quantiles = np.percentile(ordered, PERCENTS)
    distinct = 1 + int(np.count_nonzero(np.diff(ordered)))
    log = _spread(np.log1p(ordered)) if ordered[0] >= 0 else None
    known = dict(zip(PERCENTS, map(float, quantiles), strict=True))
    others = ordered[ordered != 0]
    nonzero = distribution_of(others) if len(others) < len(ordered) else None
    return Distribution(len(ordered), distinct, _spread(ordered), log, known, nonzero)


def _spread(numbers: NDArray[np.float64]) -> Spread:
    median = float(np.median(numbers))
    away = np.abs(numbers - median)
    sd = float(np.std(numbers, ddof=1)) if len(numbers) > 1 else 0.0
    return Spread(median, float(np.median(away)), float(np.mean(away)), float(np.mean(numbers)), sd)


def find_outliers(values: Sequence[float], limit: float, fewest: int = 5) -> list[tuple[int, float]]:
    """Place and robust z of each of `values` that lies further than `limit` from their median; of fewer than `fewest`
    nothing is said.
    """
    if len(values) < fewest:
        return []
    spread = _spread(np.asarray(values, dtype=np.float64))
    scored = [(place, spread.robust_z(value)) for place, value in enumerate(values)]
    return [(place, z) for place, z in scored if z is not None and abs(z) > limit]


def rate_z(hits: int, n: int, other_hits: int, other_n: int) -> tuple[float, float] | None:
    """The z of a rate against that of the others, and the difference in percentage points; None where nothing can be
    said. z = (p - P) / sqrt(P (1 - P) / n).
    """
    if not n or not other_n:
        return None
    share, usual = hits / n, other_hits / other_n
    spread = math.sqrt(usual * (1 - usual) / n)
    gap = share - usual
    z = gap / spread if spread > 0 else math.copysign(math.inf, gap) if gap else 0.0
    return z, 100 * gap


def chi_square_p(hits: int, n: int, other_hits: int, other_n: int) -> float:
    """The p-value of Pearson's chi-square of a 2 x 2 table (one degree of freedom, no correction); 1 where a margin is
    empty.
    """
    total, all_hits = n + other_n, hits + other_hits
    if not n or not other_n or all_hits in (0, total):
        return 1.0
    product = float(n) * other_n * all_hits * (total - all_hits)
    chi = total * (hits * (other_n - other_hits) - other_hits * (n - hits)) ** 2 / product
    return math.erfc(math.sqrt(chi / 2))


def whipple_index(ages: Iterable[float]) -> tuple[float, int]:
    """Whipple's index of ages 23 to 62 and how many there are: 100 = no preference for 0 and 5, 500 = nothing else."""
    counted = [int(age) for age in ages if 23 <= age <= 62]
    if not counted:
        return 100.0, 0
    return 500 * sum(age % 5 == 0 for age in counted) / len(counted), len(counted)


def intraclass_correlation(groups: Sequence[Sequence[float]]) -> float | None:
    """The one-way ICC(1) of numbers in groups of unequal size; None with fewer than two groups or without variation."""
    used = [np.asarray(group, dtype=np.float64) for group in groups if len(group) > 0]
    k, n = len(used), sum(len(group) for group in used)
    if k < 2 or n <= k:
        return None
    grand = sum(float(group.sum()) for group in used) / n
    between = sum(len(group) * (float(group.mean()) - grand) ** 2 for group in used) / (k - 1)
    within = sum(float(((group - group.mean()) ** 2).sum()) for group in used) / (n - k)
    size = (n - sum(len(group) ** 2 for group in used) / n) / (k - 1)
    total = between + (size - 1) * within
    return (between - within) / total if total > 0 else None


def response_variance(pairs: Sequence[tuple[float, float]]) -> tuple[float, float | None] | None:
    """The simple response variance sum(d²) / (2n) of answers asked twice, and the reliability 1 - SRV / variance of all
    answers pooled (None where they do not vary); None without pairs.
    """
    if not pairs:
        return None
    table = np.asarray(pairs, dtype=np.float64)
    srv = float(np.sum((table[:, 0] - table[:, 1]) ** 2) / (2 * len(table)))
    variance = float(np.var(table, ddof=1))
    return srv, 1 - srv / variance if variance > 0 else None
