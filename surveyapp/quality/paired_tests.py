"""Tests of answers that the same households gave twice: Student's t, Wilcoxon's signed ranks, McNemar's.

All p-values are two-sided. Plain functions over numbers; pairs are (first answer, second answer).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

Pairs = Sequence[tuple[float, float]]

# Up to so many differences the distribution of the ranks is counted out, beyond it is as good as normal.
COUNTED_OUT: Final = 60
_SMALL: Final = 1e-300
_CLOSE: Final = 1e-15
_TURNS: Final = 10_000


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test: its statistic, on how many differences it rests, and its p-value."""

    __test__ = False  # pytest takes what is called Test… for its own

    statistic: float
    n: int
    p: float


def paired_t(pairs: Pairs) -> TestResult | None:
    """Whether the mean of second − first is 0: t = mean / (sd / √n) with n − 1 degrees of freedom.

    None with fewer than two pairs, or where all differ by the same amount, so that there is no spread to go by.
    """
    gaps = [second - first for first, second in pairs]
    n = len(gaps)
    if n < 2:
        return None
    mean = math.fsum(gaps) / n
    spread = math.sqrt(math.fsum((gap - mean) ** 2 for gap in gaps) / (n - 1))
    # What rounding leaves of numbers that are all the same is no spread.
    if spread <= 1e-12 * max(abs(gap) for gap in gaps):
        return None
    t = mean / (spread / math.sqrt(n))
    return TestResult(t, n, student_p(t, n - 1))


def student_p(t: float, df: int) -> float:
    """P(|T| ≥ |t|), T with Student's distribution with `df` ≥ 1 degrees of freedom.

    It is the regularized incomplete beta function at df / (df + t²). Source: Abramowitz & Stegun (1964), 26.7.1.
    """
    return _beta_share(df / (df + t * t), df / 2, 0.5)


def _beta_share(x: float, a: float, b: float) -> float:
    """The regularized incomplete beta function I_x(a, b), 0 ≤ x ≤ 1."""
    if x <= 0 or x >= 1:
        return min(1.0, max(0.0, x))
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    # The fraction converges fast on this side of the mean only.
    if x < (a + 1) / (a + b + 2):
        return math.exp(front) * _beta_fraction(x, a, b) / a
    return 1 - math.exp(front) * _beta_fraction(1 - x, b, a) / b


def _beta_fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method (A&S 26.5.8)."""
    c, d = 1.0, 1 / _not_zero(1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, _TURNS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _not_zero(1 + term * d)
            c = _not_zero(1 + term / c)
            found *= c * d
        if abs(c * d - 1) < _CLOSE:
            break
    return found


def _not_zero(number: float) -> float:
    return number if abs(number) > _SMALL else _SMALL


def signed_rank(pairs: Pairs) -> TestResult | None:
    """Wilcoxon's signed-rank test: whether second − first lies evenly about 0. The statistic is the sum of the ranks of
    the differences above 0.

    Differences of 0 are left out, equal ones share their mean rank. With 60 differences or fewer p is exact, given
    the ranks as they are; with more it is that of the normal distribution, with the correction for equal ranks and for
    continuity. None where nothing differs. Source: Hollander, Wolfe & Chicken (2014), 3.1.
    """
    gaps = sorted((second - first for first, second in pairs if second != first), key=abs)
    if not gaps:
        return None
    doubled: list[int] = []
    equal: list[int] = []
    for _, group in groupby(gaps, key=abs):
        many = len(list(group))
        # Twice the mean of the ranks k + 1 to k + many: whole, so that sums are exact.
        doubled += [2 * len(doubled) + many + 1] * many
        equal.append(many)
    above = sum(rank for rank, gap in zip(doubled, gaps, strict=True) if gap > 0)
    p = _counted_p(doubled, above) if len(gaps) <= COUNTED_OUT else _normal_p(len(gaps), above / 2, equal)
    return TestResult(above / 2, len(gaps), p)


def _counted_p(doubled: Sequence[int], above: int) -> float:
    """Each difference is above 0 or below it as often: how many of the 2^n ways are as far out as this one."""
    ways = [1] + [0] * sum(doubled)
    reached = 0
    for rank in doubled:
        reached += rank
        for total in range(reached, rank - 1, -1):
            ways[total] += ways[total - rank]
    low, high = sum(ways[: above + 1]), sum(ways[above:])
    return min(1.0, 2 * min(low, high) / (1 << len(doubled)))


def _normal_p(n: int, above: float, equal: Sequence[int]) -> float:
    mean = n * (n + 1) / 4
    variance = n * (n + 1) * (2 * n + 1) / 24 - math.fsum(t**3 - t for t in equal) / 48
    away = max(0.0, abs(above - mean) - 0.5) / math.sqrt(variance)
    return math.erfc(away / math.sqrt(2))


def mcnemar(pairs: Sequence[tuple[bool, bool]]) -> TestResult | None:
    """McNemar's exact test: whether those who say so the second time only are as many as those who do the first time
    only. The statistic is the number of the former; None where nobody changed.
    """
    gained = sum(second and not first for first, second in pairs)
    lost = sum(first and not second for first, second in pairs)
    n = gained + lost
    if not n:
        return None
    fewer = sum(math.comb(n, k) for k in range(min(gained, lost) + 1))
    # Whole numbers are divided as such: 2^n is beyond floats from 1,024 changes on.
    return TestResult(float(gained), n, min(1.0, 2 * fewer / (1 << n)))
