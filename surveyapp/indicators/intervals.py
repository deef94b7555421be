"""From variances to what is printed: intervals, design effects and flags, for many groups at once.

Arrays are (groups,) unless said; y, z, w, g are (rows,) as in `surveyapp.indicators.linearisation`.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from surveyapp.indicators import linearisation
from surveyapp.indicators.arguments import ROUNDING, Numbers
from surveyapp.indicators.sampling_variance import Codes, Lonely, Mask, Variances, sums
from surveyapp.indicators.student import two_sided_quantile

Scale: TypeAlias = Literal["linear", "logit"]

FULL_COVERAGE: Final = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """How an error is told and shown."""

    lonely: Lonely
    scale: Scale
    level: float


def told_variances(spread: Variances, constant: Mask, *, summed: bool) -> Numbers:
    """The variances that can be told: inside one cluster deviations from a mean add up to 0, which is no error.

    Where all values are the same they are exactly 0, whatever rounding leaves. A total (`summed`) is no deviation.
    """
    variance = spread.variance if summed else np.where(constant, 0 * spread.variance, spread.variance)
    untold = (spread.clusters == 1) & ~spread.census & (not summed)
    return np.where(untold | (spread.clusters == 0), np.nan, variance)


def raised_flags(n: Codes, inside: Codes, spread: Variances, constant: Mask) -> list[tuple[str, ...]]:
    """Flags of `n` households with a value, of the `inside` ones that could have one."""
    alone = spread.lonely | ((spread.clusters == 1) & ~spread.census)
    raised = {
        "n<10": n < 10,
        "n<30": (n >= 10) & (n < 30),
        "lonely_cluster": alone,
        "census": spread.census,
        "constant": constant,
        "coverage<80%": n < FULL_COVERAGE * inside,
    }
    return [tuple(flag for flag, where in raised.items() if where[k]) for k in range(n.size)]


def interval(found: float, se: float, df: int, rules: Rules) -> tuple[float, float]:
    """Ends of the interval of one figure; NaN where its error cannot be told. ValueError: a logit outside [0, 1]."""
    if se == 0:
        return found, found
    reach = two_sided_quantile(rules.level, df) * se
    if rules.scale == "linear" or math.isnan(found + reach):
        return found - reach, found + reach
    if not -ROUNDING <= found <= 1 + ROUNDING:
        raise ValueError(f"scale: the logit is for figures in 0 to 1; this one is {found:.6g}. Use the linear scale.")
    if found <= 0 or found >= 1:
        return found, found
    reach /= found * (1 - found)
    odds = math.log(found / (1 - found))
    return _share_of_odds(odds - reach), _share_of_odds(odds + reach)


def _share_of_odds(logit: float) -> float:
    # The exponential of a large number would be beyond floats; of its negative it is 0.
    small = math.exp(-abs(logit))
    return 1 / (1 + small) if logit >= 0 else small / (1 + small)


def woodruff(
    middle: Numbers, errors: Numbers, df: Codes, columns: tuple[Numbers, Numbers, Codes], rules: Rules
) -> tuple[Numbers, list[tuple[float, float]]]:
    """The interval of the share at or below each median, turned back to values; the error is a t-th of its half.

    `middle`: medians; `errors`: of the shares; `columns`: y, w, g. Source: Woodruff (1952), J. American Statistical
    Association 47.
    """
    y, w, g = columns
    share, _ = linearisation.mean((y <= middle[g]).astype(np.float64), w, g, middle.size)
    t = np.array([two_sided_quantile(rules.level, int(one)) for one in df])
    ends = linearisation.quantiles(y, w, g, np.stack((share - t * errors, share + t * errors)))
    lower, upper = np.where(errors == 0, middle, ends)
    found = np.where(errors == 0, 0.0, (upper - lower) / (2 * t))
    return found, list(zip(lower.tolist(), upper.tolist(), strict=True))


def simple_variances(z: Numbers, w: Numbers, g: Codes, n: Codes) -> Numbers:
    """Of Σ w z under simple random sampling without replacement: W² · s²/n · (1 − n/W), s² that of z; NaN if n ≥ W."""
    size = n.size
    centre, _ = linearisation.mean(z, w, g, size)
    whole = sums(w, g, size)
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = sums(w * (z - centre[g]) ** 2, g, size) / whole
        found = whole**2 * squares / (n - 1) * (1 - n / whole)
    return np.where((n < whole) & (found > 0), found, np.nan)


def extremes(values: Numbers, g: Codes, size: int) -> tuple[Numbers, Numbers]:
    """Smallest and largest value of each group; infinite where it is empty, NaN where a ratio has nothing below it."""
    low, high = np.full(size, np.inf), np.full(size, -np.inf)
    with np.errstate(invalid="ignore"):
        np.minimum.at(low, g, values)
        np.maximum.at(high, g, values)
    return low, high
