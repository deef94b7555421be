"""Statistics of groups, and how much each household moves them: z = ∂θ/∂w, so that V(θ) is that of Σ w z.

Arguments throughout: y and x (rows,) values, w (rows,) weights, g (rows,) the group of each row, `groups` their number.
Results: (groups,) estimates and (rows,) z. A group without weight has the estimate NaN. Source: Deville (1999), Survey
Methodology 25(2); Binder (1983), International Statistical Review 51(3).
"""

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np

from surveyapp.indicators.arguments import Numbers
from surveyapp.indicators.sampling_variance import Codes, sums

Linearised: TypeAlias = tuple[Numbers, Numbers]
# Weights that should add up to exactly half may miss it by rounding.
HALF: Final = 1e-12


def total(y: Numbers, w: Numbers, g: Codes, groups: int) -> Linearised:
    """θ = Σ w y; z = y."""
    return sums(w * y, g, groups), y


def ratio(y: Numbers, x: Numbers, w: Numbers, g: Codes, groups: int) -> Linearised:
    """θ = Σ w y / Σ w x; z = (y − θ x) / Σ w x."""
    below = sums(w * x, g, groups)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(below == 0, np.nan, sums(w * y, g, groups) / below)
        return found, (y - found[g] * x) / below[g]


def mean(y: Numbers, w: Numbers, g: Codes, groups: int) -> Linearised:
    """θ = Σ w y / Σ w; z = (y − θ) / Σ w."""
    return ratio(y, np.ones_like(y), w, g, groups)


def gini(y: Numbers, w: Numbers, g: Codes, groups: int) -> Linearised:
    """θ as in `measures.gini`; z = 2 (y F + Σ_{later} w y) / (W Y) − (θ + 1)(1/W + y/Y), 0 where Y = 0."""
    y = np.maximum(y, 0.0)
    order = np.lexsort((y, g))
    y, w, g = y[order], w[order], g[order]
    size, income = sums(w, g, groups), sums(w * y, g, groups)
    rows = np.bincount(g, minlength=groups)
    reached = _running(w, rows)
    later = income[g] - _running(w * y, rows)
    whole = size * income
    with np.errstate(divide="ignore", invalid="ignore"):
        found = sums(w * y * (2 * reached - w), g, groups) / whole - 1
        found = np.where(size == 0, np.nan, np.where(income == 0, 0.0, np.maximum(found, 0.0)))
        moved = 2 * (y * reached + later) / whole[g] - (found[g] + 1) * (1 / size[g] + y / income[g])
    z = np.empty_like(y)
    z[order] = np.where(income[g] == 0, 0.0, moved)
    return found, z


def theil(y: Numbers, w: Numbers, g: Codes, groups: int) -> Linearised:
    """θ as in `measures.theil`; with r = y/μ: z = (r ln r − θ r − r + 1) / W, 0 where μ = 0."""
    y = np.maximum(y, 0.0)
    size, (centre, _) = sums(w, g, groups), mean(y, w, g, groups)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = y / centre[g]
        spread = np.where(y == 0, 0.0, relative * np.log(np.where(y == 0, 1.0, relative)))
        found = np.maximum(sums(w * spread, g, groups) / size, 0.0)
        found = np.where(size == 0, np.nan, np.where(centre == 0, 0.0, found))
        moved = (spread - found[g] * relative - relative + 1) / size[g]
    return found, np.where(centre[g] == 0, 0.0, moved)


def theil_within(y: Numbers, w: Numbers, g: Codes, groups: int, inner: Codes) -> Linearised:
    """θ = 1 − B/T: the share of `theil` T that lies inside the parts `inner` (rows,) of a group, B = Σ ν ρ ln ρ with
    ν the population share of a part and ρ its mean over that of the group.

    ∂B/∂w = (r (ln ρ − B) − ρ + 1) / W, r = y/μ; z = (B/T · ∂T/∂w − ∂B/∂w) / T. NaN where T = 0.
    """
    y = np.maximum(y, 0.0)
    _, part = np.unique(g * (inner.max(initial=0) + 1) + inner, return_inverse=True)
    parts = int(part.max(initial=-1)) + 1
    whole, moved = theil(y, w, g, groups)
    size, (centre, _) = sums(w, g, groups), mean(y, w, g, groups)
    inside = mean(y, w, part, parts)[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        level = inside[part] / centre[g]
        log = np.where(level == 0, 0.0, np.log(np.where(level == 0, 1.0, level)))
        between = sums(w * level * log, g, groups) / size
        pull = (y / centre[g] * (log - between[g]) - level + 1) / size[g]
        found = np.where(whole > 0, 1 - between / whole, np.nan)
        return found, (between[g] / whole[g] * moved - pull) / whole[g]


def concentration(kind: Codes, w: Numbers, g: Codes, groups: int) -> Linearised:
    """θ = Σ p² over the kinds (rows,), p their shares in the group; z = 2 (p of the row's kind − θ) / Σ w."""
    kinds = int(kind.max(initial=-1)) + 1
    cell = g * kinds + kind
    size = sums(w, g, groups)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = sums(w, cell, groups * kinds) / np.repeat(size, kinds)
        found = (share.reshape(groups, kinds) ** 2).sum(axis=1)
        return found, 2 * (share[cell] - found[g]) / size[g]


def median(y: Numbers, w: Numbers, g: Codes, groups: int) -> Linearised:
    """θ by `quantiles`; z is that of the share at or below θ, whose interval `quantiles` turns back (Woodruff)."""
    found = quantiles(y, w, g, np.full(groups, 0.5))
    return found, mean((y <= found[g]).astype(np.float64), w, g, groups)[1]


def quantiles(y: Numbers, w: Numbers, g: Codes, shares: Numbers) -> Numbers:
    """Per group the smallest value whose cumulated weight exceeds the group's share of its whole weight, or the mean of
    it and the value before where the share is met exactly.

    `shares`, result: (..., groups). NaN where the share is not in [0, 1], or without weight.
    """
    groups = shares.shape[-1]
    weighing = w > 0
    y, w, g = y[weighing], w[weighing], g[weighing]
    order = np.lexsort((y, g))
    rows = np.bincount(g, minlength=groups)
    y, reached = y[order], _running(w[order], rows)
    last = np.cumsum(rows)
    found = np.full(shares.shape, np.nan)
    for group in np.flatnonzero(rows):
        part = slice(last[group] - rows[group], last[group])
        cumulated = reached[part]
        wanted = shares[..., group, None] + [-HALF, HALF]
        places = np.searchsorted(cumulated, wanted * cumulated[-1]).clip(max=rows[group] - 1)
        told = (shares[..., group] >= 0) & (shares[..., group] <= 1)
        found[..., group] = np.where(told, y[part][places].mean(axis=-1), np.nan)
    return found


def _running(values: Numbers, rows: Codes) -> Numbers:
    """Cumulated inside each group, which has so many `rows` one after the other.

    Cumulated over all and then set off, a small group would inherit the rounding of a large one before it.
    """
    return np.concatenate([np.cumsum(part) for part in np.split(values, np.cumsum(rows)[:-1])])


ONE_COLUMN: Final[dict[str, Callable[[Numbers, Numbers, Codes, int], Linearised]]] = {
    "mean": mean,
    "total": total,
    "gini": gini,
    "theil": theil,
    "median": median,
}
