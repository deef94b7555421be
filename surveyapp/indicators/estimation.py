"""Every village and project figure: an estimate with the error that the design of the sample gives it.

Errors are Taylor-linearised: V = Σ_h (1 − n_h/N_h) · n_h/(n_h − 1) · Σ_c (U_hc − Ū_h)², U_hc the sum of w z over the
rows of cluster c in stratum h, z from `surveyapp.indicators.linearisation`. Domains keep the clusters of the whole
design, with 0 where a cluster has no member. Arrays are (n,), one row a household; a missing value (NaN) leaves its row
out of the domain, and is counted. What cannot be used is a ValueError.
Source: Lumley (2010), Complex Surveys; checked against R `survey` (docs/indicators.md).
"""

import copy
import math
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, overload

import numpy as np
from numpy.typing import ArrayLike

from surveyapp.indicators import linearisation
from surveyapp.indicators.arguments import Numbers, as_weights
from surveyapp.indicators.intervals import (
    Rules,
    Scale,
    extremes,
    interval,
    raised_flags,
    simple_variances,
    told_variances,
    woodruff,
)
from surveyapp.indicators.sampling_variance import (
    Codes,
    Lonely,
    Mask,
    Population,
    as_codes,
    index_clusters,
    sums,
    variances,
    without_label,
)

Kind: TypeAlias = Literal["mean", "total", "ratio", "gini", "theil", "median"]

PARALLEL_TRENDS: Final = (
    "Difference in differences: a description. That both groups would have changed alike without the move "
    "(parallel trends) is assumed, not shown."
)


class Design:
    """How the households of a table came into the sample.

    `weights`: (n,) 0 or more; `strata`, `clusters`: (n,) labels without gaps (a cluster label in two strata is two
    clusters; without clusters each household is one); `population`: clusters N_h of each stratum in the population, by
    label, one number for all, or (n,), NaN where not known, for the finite population correction. Inside villages:
    strata = village, no clusters, population = households of the village.
    """

    def __init__(
        self,
        weights: ArrayLike,
        strata: ArrayLike | None = None,
        clusters: ArrayLike | None = None,
        population: Population | None = None,
    ) -> None:
        self.weights = as_weights(weights, np.asarray(weights).size)
        self.units: Numbers | None = None
        self.sample = index_clusters(self.weights.size, strata, clusters, population)

    def __len__(self) -> int:
        return self.weights.size

    def per(self, units: ArrayLike) -> "Design":
        """The same sample with other units, as persons: each weight × the household's number of `units`, (n,)."""
        other = copy.copy(self)
        other.units = as_weights(units, len(self), "units")
        other.weights = self.weights * other.units
        return other


@dataclass(frozen=True, slots=True)
class Estimate:
    """One figure.

    `se` standard error, `lower` and `upper` ends of the interval, NaN where they cannot be told; `df` degrees of
    freedom; `n` households; `units` what they hold of the design's units (persons; else households); `deff` design
    effect against simple random sampling of households, NaN where the weights do not expand to a population; `negative`
    values below 0 that counted as 0. `flags`: `n<10` (do not publish), `n<30`, `lonely_cluster`, `census`, `constant`,
    `coverage<80%` (of the domain's households have a value).
    """

    estimate: float
    se: float
    lower: float
    upper: float
    df: int
    n: int
    units: float
    deff: float
    negative: int
    flags: tuple[str, ...]

    @property
    def interval(self) -> tuple[float, float]:
        """Both ends of the interval."""
        return self.lower, self.upper


@dataclass(frozen=True, slots=True)
class PairedChange:
    """The mean change of households seen twice, and who was not seen again.

    `attrition`: share of the households with a value before that have none after, NaN where nobody had one; `stayed`,
    `lost`: the mean before of those seen again and of those not.
    """

    change: Estimate
    attrition: float
    stayed: Estimate
    lost: Estimate


@dataclass(frozen=True, slots=True, eq=False)
class _Groups:
    """Domains that do not overlap: their labels, and for each row the place of its label, -1 for rows outside."""

    labels: list[Any]
    of_row: Codes


@overload
def estimate(
    values: ArrayLike,
    design: Design,
    *,
    kind: Kind = "mean",
    by: None = None,
    domain: ArrayLike | None = None,
    lonely: Lonely = "flag",
    denominator: ArrayLike | None = None,
    scale: Scale = "linear",
    level: float = 0.95,
) -> Estimate: ...
@overload
def estimate(
    values: ArrayLike,
    design: Design,
    *,
    kind: Kind = "mean",
    by: ArrayLike,
    domain: ArrayLike | None = None,
    lonely: Lonely = "flag",
    denominator: ArrayLike | None = None,
    scale: Scale = "linear",
    level: float = 0.95,
) -> dict[Any, Estimate]: ...
def estimate(
    values: ArrayLike,
    design: Design,
    *,
    kind: Kind = "mean",
    by: ArrayLike | None = None,
    domain: ArrayLike | None = None,
    lonely: Lonely = "flag",
    denominator: ArrayLike | None = None,
    scale: Scale = "linear",
    level: float = 0.95,
) -> Estimate | dict[Any, Estimate]:
    """One figure of the domain, or one a group.

    `kind`: mean Σ w y / Σ w; total Σ w y; ratio Σ w y / Σ w x, x the `denominator`; gini and theil as in
    `surveyapp.indicators.measures`; median, whose interval is Woodruff's. A proportion is the mean of 0 and 1, an FGT
    figure that of `measures.fgt_terms`. `by`: labels, one figure each (households without a label are in none);
    `domain`: who counts (n,) true or false. `lonely`: what a stratum with one cluster adds to the error: nothing can be
    said (`flag`), its distance from the mean of all clusters (`adjust`), or nothing (`certainty`); it is flagged in any
    case. `scale`: `logit` for proportions and indices in [0, 1]: the interval is taken on ln(b/(1 − b)), turned back.
    Interval: t quantiles at clusters − strata, over the strata where the domain has members. A mean, ratio or
    index of a domain inside one cluster has no error, for its deviations add up to 0; a stratum taken whole adds 0.
    """
    if (denominator is not None) != (kind == "ratio"):
        raise ValueError(f"denominator: a ratio needs one, and nothing else does; the kind is {kind}.")
    groups = _groups(by, domain, len(design))
    found = _estimates(values, denominator, design, groups, kind, Rules(lonely, scale, level))
    return found[0] if by is None else dict(zip(groups.labels, found, strict=True))


@overload
def paired_change(
    before: ArrayLike,
    after: ArrayLike,
    design: Design,
    *,
    by: None = None,
    domain: ArrayLike | None = None,
    lonely: Lonely = "flag",
    level: float = 0.95,
) -> PairedChange: ...
@overload
def paired_change(
    before: ArrayLike,
    after: ArrayLike,
    design: Design,
    *,
    by: ArrayLike,
    domain: ArrayLike | None = None,
    lonely: Lonely = "flag",
    level: float = 0.95,
) -> dict[Any, PairedChange]: ...
def paired_change(
    before: ArrayLike,
    after: ArrayLike,
    design: Design,
    *,
    by: ArrayLike | None = None,
    domain: ArrayLike | None = None,
    lonely: Lonely = "flag",
    level: float = 0.95,
) -> PairedChange | dict[Any, PairedChange]:
    """Mean of after − before over the households with both, and attrition.

    `before`, `after`: (n,) in one unit, NaN where a household has no value then; the rest as in `estimate`.
    """
    first, second = _column(before, len(design), "before"), _column(after, len(design), "after")
    groups, rules = _groups(by, domain, len(design)), Rules(lonely, "linear", level)
    again = ~np.isnan(second)
    seen = groups.of_row[~np.isnan(first) & (groups.of_row >= 0)]
    kept = groups.of_row[~np.isnan(first) & again & (groups.of_row >= 0)]
    size = len(groups.labels)
    counted, matched = np.bincount(seen, minlength=size), np.bincount(kept, minlength=size)
    changes = _estimates(second - first, None, design, groups, "mean", rules)
    stayed, lost = (
        _estimates(first, None, design, _Groups(groups.labels, np.where(which, groups.of_row, -1)), "mean", rules)
        for which in (again, ~again)
    )
    found = [
        PairedChange(change, 1 - int(matched[g]) / int(counted[g]) if counted[g] else math.nan, stayed[g], lost[g])
        for g, change in enumerate(changes)
    ]
    return found[0] if by is None else dict(zip(groups.labels, found, strict=True))


def difference_in_differences(
    before: ArrayLike,
    after: ArrayLike,
    design: Design,
    *,
    treated: ArrayLike,
    comparison: ArrayLike | None = None,
    lonely: Lonely = "flag",
    level: float = 0.95,
) -> Estimate:
    """Mean change of the treated minus mean change of the comparison, and its error.

    u = w [T (Δ − m_T)/N_T − C (Δ − m_C)/N_C], Δ = after − before, df = clusters − strata − 1: as in the survey
    regression of Δ on the dummy. `treated`, `comparison`: (n,) true or false, all others by default. Flags on size and
    lonely clusters are those of either side. Print `PARALLEL_TRENDS` beside the figure.
    """
    size = len(design)
    change = _column(after, size, "after") - _column(before, size, "before")
    in_treated = _truth(treated, size, "treated")
    in_comparison = ~in_treated if comparison is None else _truth(comparison, size, "comparison")
    if (in_treated & in_comparison).any():
        raise ValueError("comparison: some households are treated too. Each may be on one side only.")
    side = np.where(in_treated, 0, np.where(in_comparison, 1, -1)).astype(np.int64)
    rules = Rules(lonely, "linear", level)
    sides = _estimates(change, None, design, _Groups(["treated", "comparison"], side), "mean", rules)
    used = np.flatnonzero((side >= 0) & ~np.isnan(change))
    w, g = design.weights[used], side[used]
    _, z = linearisation.mean(change[used], w, g, 2)
    signed, both = w * np.where(g == 0, z, -z), np.zeros_like(g)
    spread = variances(signed, design.sample.of_row[used], both, 1, design.sample, lonely)
    told = not any(math.isnan(one.se) for one in sides)
    se, df = math.sqrt(spread.variance[0]) if told else math.nan, int(spread.df[0]) - 1
    found = sides[0].estimate - sides[1].estimate
    lower, upper = interval(found, se, df, rules)
    flags = [flag for flag in ("n<10", "n<30") if any(flag in one.flags for one in sides)][:1]
    flags += [flag for flag in ("lonely_cluster", "coverage<80%") if any(flag in one.flags for one in sides)]
    flags += [flag for flag in ("census", "constant") if all(flag in one.flags for one in sides)]
    units = sides[0].units + sides[1].units
    return Estimate(found, se, lower, upper, df, used.size, units, math.nan, 0, tuple(flags))


def _estimates(
    values: ArrayLike, denominator: ArrayLike | None, design: Design, groups: _Groups, kind: Kind, rules: Rules
) -> list[Estimate]:
    y = _column(values, len(design), "values")
    x = None if denominator is None else _column(denominator, len(design), "denominator")
    valid = (groups.of_row >= 0) & ~np.isnan(y if x is None else y + x)
    rows: Any = slice(None) if valid.all() else np.flatnonzero(valid)
    size = len(groups.labels)
    y, w, g = y[rows], design.weights[rows], groups.of_row[rows]
    if x is None:
        found, z = linearisation.ONE_COLUMN[kind](y, w, g, size)
    else:
        found, z = linearisation.ratio(y, x[rows], w, g, size)
    spread = variances(w * z, design.sample.of_row[rows], g, size, design.sample, rules.lonely)
    n = np.bincount(g, minlength=size)
    inside = np.bincount(groups.of_row[groups.of_row >= 0], minlength=size)
    low, high = extremes(y if x is None else z, g, size)
    constant = (n > 0) & (low == high)
    flags = raised_flags(n, inside, spread, constant)
    variance = told_variances(spread, constant, summed=kind == "total")
    deff = variance / simple_variances(z, w, g, n)
    units = n if design.units is None else sums(design.units[rows], g, size)
    cut = kind in ("gini", "theil")
    negative = sums(y < 0, g, size) if cut else np.zeros(size)
    errors = np.where(np.isnan(found), np.nan, np.sqrt(variance))
    if kind == "median":
        errors, ends = woodruff(found, errors, spread.df, (y, w, g), rules)
    else:
        ends = [interval(*one, rules) for one in zip(found.tolist(), errors.tolist(), spread.df.tolist(), strict=True)]
    return [
        Estimate(
            float(found[k]),
            float(errors[k]),
            *ends[k],
            int(spread.df[k]),
            int(n[k]),
            float(units[k]),
            float(deff[k]),
            int(negative[k]),
            flags[k],
        )
        for k in range(size)
    ]


def _groups(by: ArrayLike | None, domain: ArrayLike | None, size: int) -> _Groups:
    outside = np.zeros(size, dtype=np.bool_) if domain is None else ~_truth(domain, size, "domain")
    if by is None:
        return _Groups([None], np.where(outside, -1, 0).astype(np.int64))
    given = np.asarray(by)
    if given.shape != (size,):
        raise ValueError(f"by: {size} labels are needed, the array is {given.shape}.")
    rows = np.flatnonzero(~outside & ~without_label(given))
    labels, code = as_codes(given[rows], rows.size, "by")
    of_row = np.full(size, -1, dtype=np.int64)
    of_row[rows] = code
    return _Groups(labels, of_row)


def _column(values: ArrayLike, size: int, name: str) -> Numbers:
    column = np.asarray(values, dtype=np.float64)
    if column.shape != (size,):
        raise ValueError(f"{name}: the design has {size} households, the array is {column.shape}.")
    if np.isinf(column).any():
        raise ValueError(f"{name}: {int(np.isinf(column).sum())} are infinite. Correct them, or count them as missing.")
    return column


def _truth(given: ArrayLike, size: int, name: str) -> Mask:
    mask = np.asarray(given)
    if mask.shape != (size,):
        raise ValueError(f"{name}: the design has {size} households, the array is {mask.shape}.")
    if mask.dtype != np.bool_:
        raise ValueError(f"{name}: true or false is needed for each household, not {mask.dtype}.")
    return mask
