"""Quantiles of Student's t distribution with a whole number of degrees of freedom, to 1e-12."""

import math
from functools import lru_cache
from statistics import NormalDist
from typing import Final

# From here on the expansion in 1/df is exact to the last digits, and the sum of df/2 terms would be slow.
LARGE: Final = 1000
TURNS: Final = 60


@lru_cache(maxsize=4096)
def two_sided_quantile(level: float, df: int) -> float:
    """t with P(−t < T < t) = `level`, T with `df` degrees of freedom; NaN for df < 1.

    Newton steps on the closed sum of the distribution function; for df ≥ 1000 the Cornish–Fisher expansion.
    Source: Abramowitz & Stegun (1964), 26.7.3, 26.7.4 and 26.7.5. ValueError: level not between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"level: {level} is not between 0 and 1.")
    if df < 1:
        return math.nan
    if df == 1:
        return math.tan(math.pi * level / 2)
    if df == 2:
        return level * math.sqrt(2 / (1 - level * level))
    t = _expansion(NormalDist().inv_cdf((1 + level) / 2), df)
    if df >= LARGE:
        return t
    for _ in range(TURNS):
        step = (inside(t, df) - level) / (2 * _density(t, df))
        t -= step
        if abs(step) <= 1e-14 * t:
            break
    return t


def inside(t: float, df: int) -> float:
    """P(−t < T < t) for t > 0."""
    angle = math.atan(t / math.sqrt(df))
    cosine = math.cos(angle)
    odd = df % 2
    term = cosine if odd else 1.0
    total = term if df > 1 else 0.0
    for k in range(2 + odd, df - 1, 2):
        term *= cosine * cosine * (k - 1) / k
        total += term
    return 2 / math.pi * (angle + math.sin(angle) * total) if odd else math.sin(angle) * total


def beyond(t: float, df: int) -> float:
    """P(|T| > |t|), the two-sided p-value of a test of 0; NaN for df < 1. Never below 0.

    From 1,000 degrees of freedom on by the normal distribution at the t that the expansion turns into z; the error is
    below 1e-6 there. Source: Abramowitz & Stegun (1964), 26.7.8.
    """
    if df < 1 or math.isnan(t):
        return math.nan
    size = abs(t)
    if df >= LARGE:
        z = size * (1 - 1 / (4 * df)) / math.sqrt(1 + size * size / (2 * df))
        return math.erfc(z / math.sqrt(2))
    return max(0.0, 1 - inside(size, df))


def _density(t: float, df: int) -> float:
    logarithm = math.lgamma((df + 1) / 2) - math.lgamma(df / 2) - math.log(df * math.pi) / 2
    return math.exp(logarithm - (df + 1) / 2 * math.log1p(t * t / df))


def _expansion(z: float, df: int) -> float:
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + math.fsum(term / df**power for power, term in enumerate(terms, 1))
