"""Measures of inequality, poverty, diversity, weight, coupling and food security, as pure functions over arrays.

Notation: n households, ω their weights (w × members where persons are the units), Σ over households unless said. What
a measure cannot take is a ValueError (`surveyapp.indicators.arguments`). Measures of a population (`gini`, `theil`,
`fgt`) refuse missing values and give NaN for nobody; measures of a household give NaN where an answer that they need
is missing. Standard errors are the business of `surveyapp.indicators.estimation`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surveyapp.indicators.arguments import (
    ROUNDING,
    Invalid,
    Numbers,
    Weight,
    as_parts,
    as_unit_scores,
    as_values,
    as_weights,
    exact,
    exact_weights,
    whole_points,
    without_invalid,
)

FCS_WEIGHTS: Final = (2.0, 3.0, 4.0, 4.0, 1.0, 1.0, 0.5, 0.5)
RCSI_WEIGHTS: Final = (1.0, 2.0, 1.0, 1.0, 3.0)
LCS_ANSWERS: Final = (10, 20, 30, 9999)
SHIFT: Final = 0.002


# -- inequality and poverty -------------------------------------------------------------------------------------------
def gini(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Gini coefficient, 0 (equal) to 1.

    G = Σ ω_i y_i (2 F_i − ω_i) / (W Y) − 1 with y ascending, F_i = Σ_{j ≤ i} ω_j, W = Σ ω, Y = Σ ω y: the form of R
    `laeken` and `ineq`, which splitting a household into copies leaves unchanged. Negative values count as 0; Y = 0
    gives 0; nobody, or only weights of 0, gives NaN. `values`, `weights`: (n,), any unit.
    Source: Haughton & Khandker (2009), Handbook on Poverty and Inequality, World Bank.
    """
    y, w = _population(values, weights)
    order = np.argsort(y)
    w, income = w[order], (w * y)[order]
    whole = float(w.sum()) * float(income.sum())
    if whole == 0:
        return _nobody_or_zero(w)
    return max(0.0, float(income @ (2 * np.cumsum(w) - w)) / whole - 1)


def theil(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Theil T, 0 (equal) to ln n, in nats.

    T = Σ ω (y/μ) ln(y/μ) / W with 0 · ln 0 = 0, μ the weighted mean. Negative values count as 0 as in `gini`; μ = 0
    gives 0; nobody gives NaN. `values`, `weights`: (n,). Source: Haughton & Khandker (2009).
    """
    y, w = _population(values, weights)
    income = float(w @ y)
    if income == 0:
        return _nobody_or_zero(w)
    size = float(w.sum())
    return max(0.0, float(w @ _times_own_logarithm(y / (income / size))) / size)


class TheilParts(NamedTuple):
    """Theil T, and what of it lies between and within groups; total = between + within."""

    total: float
    between: float
    within: float


def theil_parts(values: ArrayLike, groups: ArrayLike, weights: ArrayLike | None = None) -> TheilParts:
    """Theil T split by group: between = Σ_l ν_l (μ_l/μ) ln(μ_l/μ), ν_l the population share of group l.

    `groups`: (n,) labels. Everything else as in `theil`.
    """
    y, w = _population(values, weights)
    _, member = np.unique(np.asarray(groups), return_inverse=True)
    if member.size != y.size:
        raise ValueError(f"groups: {member.size} labels for {y.size} values.")
    sizes, incomes = np.bincount(member, w), np.bincount(member, w * y)
    peopled = sizes > 0
    total, between = theil(y, w), theil(incomes[peopled] / sizes[peopled], sizes[peopled])
    return TheilParts(total, between, total - between)


def fgt(values: ArrayLike, line: float, alpha: float, weights: ArrayLike | None = None) -> float:
    """Poverty of Foster, Greer and Thorbecke: headcount (α = 0), gap (1), squared gap (2), each 0 to 1.

    P_α = Σ_{y < z} ω ((z − y)/z)^α / Σ ω with 0⁰ = 1; poor is strictly below the line z. A negative value is used as it
    is for α = 0 and counts as 0 otherwise, or one loss-making household would have a gap above 1. `values`, `line`: the
    same unit; `weights`: (n,). Nobody gives NaN. Source: Foster, Greer & Thorbecke (1984), Econometrica 52(3).
    """
    column = as_values(values)
    w = as_weights(weights, column.size)
    if not w.any():
        return math.nan
    return float(w @ fgt_terms(column, line, alpha)) / float(w.sum())


def fgt_terms(values: ArrayLike, line: float, alpha: float) -> Numbers:
    """What each household adds to P_α, in [0, 1]; NaN stays NaN. Its mean is `fgt`, its error that of a mean."""
    if not (line > 0 and math.isfinite(line)) or not alpha >= 0:
        raise ValueError(f"line: {line} and alpha: {alpha}; the line must be above 0, alpha 0 or more.")
    y = np.asarray(values, dtype=np.float64)
    gap = (y < line).astype(np.float64) if alpha == 0 else np.clip((line - y) / line, 0.0, 1.0) ** alpha
    return np.where(np.isnan(y), np.nan, gap)


# -- diversity --------------------------------------------------------------------------------------------------------
def simpson(shares: ArrayLike) -> Numbers:
    """Simpson diversity D = 1 − Σ s_k²: 0 for one source, 1 − 1/K for K equal ones.

    `shares`: (..., K) shares or amounts of one unit (they are divided by their sum), 0 or more. A total of 0, or a
    missing part, gives NaN. Result: (...). Source: Simpson (1949), Nature 163.
    """
    parts, total = _parts_and_total(shares)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.maximum(1 - np.einsum("...k,...k->...", parts, parts) / total**2, 0.0))


def shannon(shares: ArrayLike) -> Numbers:
    """Shannon diversity −Σ s_k ln s_k in nats, 0 · ln 0 = 0: 0 for one source, ln K for K equal ones.

    Shapes and missing values as in `simpson`. Source: Shannon (1948), Bell System Technical Journal 27.
    """
    parts, total = _parts_and_total(shares)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(0.0 - _times_own_logarithm(parts / total[..., None]).sum(axis=-1))


# -- weights from the spread of the scores ----------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, eq=False)
class EntropyWeights:
    """Entropy weights, and what must be stored and printed beside them.

    `weights`, `entropies`: (m,), weights adding up to 1; `n` households used, `left_out` for a missing score;
    `constant`: (m,) columns without spread; `equal`: no column had any, so all weigh 1/m.
    """

    weights: Numbers
    entropies: Numbers
    n: int
    left_out: int
    constant: NDArray[np.bool_]
    equal: bool


def entropy_weights(scores: ArrayLike, zero_rule: Literal["limit", "shift"] = "limit") -> EntropyWeights:
    """Weights of m scores by how unevenly they are spread over n households.

    p_ij = x_ij / Σ_i x_ij, e_j = −(1/ln n) Σ_i p_ij ln p_ij, w_j = (1 − e_j) / Σ_j (1 − e_j). `limit`: 0 · ln 0 = 0;
    `shift`: scores are first moved from [0, 1] to [0.002, 0.998]. A column that is constant or sums to 0 weighs 0, as
    do all where n < 2; if none has a weight, all have 1/m. Sampling weights do not enter: with them e_j may pass 1.
    `scores`: (n, m), 0 or more (`shift`: at most 1); rows with a missing score are left out.
    Source: Shannon (1948); as in Elsayed et al. (2017), Int. J. Eng. Trends Technol. 46(2).
    """
    table = as_parts(scores, "scores")
    if table.ndim != 2 or (table < 0).any() or np.isinf(table).any():
        raise ValueError("scores: a table of households by scores is needed, finite, none negative.")
    complete = ~np.isnan(table).any(axis=1)
    x = table if complete.all() else table[complete]
    if zero_rule == "shift":
        x = SHIFT + (1 - 2 * SHIFT) * as_unit_scores(x)
    n, m = x.shape
    constant = np.ptp(x, axis=0) == 0 if n else np.ones(m, dtype=np.bool_)
    entropies = np.ones(m)
    for j in np.flatnonzero(~constant):
        column = np.ascontiguousarray(x[:, j])
        entropies[j] = min(1.0, -_times_own_logarithm(column / column.sum()).sum() / math.log(n))
    spread = 1 - entropies
    equal = not spread.any()
    weights = np.full(m, 1 / m) if equal else spread / spread.sum()
    return EntropyWeights(weights, entropies, n, int((~complete).sum()), constant, equal)


# -- coupling ---------------------------------------------------------------------------------------------------------
class Coupling(NamedTuple):
    """Coupling degree C, overall level T and coupling coordination degree D = √(C T), each in [0, 1]."""

    C: Numbers
    T: Numbers
    D: Numbers


def coupling(scores: ArrayLike, weights: ArrayLike | None = None, adjusted: bool = False) -> Coupling:
    """How well the systems of a household fit one another.

    C = n (Π U)^(1/n) / Σ U; T = Σ α U; D = √(C T). Adjusted: C' = √{[1 − mean over pairs |U_i − U_j|] ·
    [Π (U_i / max U)]^(1/(n−1))}, which bunches less near 1. A score of 0 makes C and D 0; a missing score makes all
    three NaN. `scores`: (..., n) in [0, 1], n ≥ 2 systems; `weights`: (n,) α adding up to 1, equal by default (they
    enter T alone). Result: three arrays (...). Source: Wang et al. (2021), J. Natural Resources 36(3) 793–810.
    """
    u = as_unit_scores(scores)
    n = u.shape[-1]
    if n < 2:
        raise ValueError("scores: coupling is between two systems or more; the last axis holds one.")
    alpha = np.full(n, 1 / n) if weights is None else as_weights(weights, n)
    if abs(alpha.sum() - 1) > ROUNDING:
        raise ValueError(f"weights: they add up to {alpha.sum():.6g}, not to 1.")
    level = np.clip(u @ alpha, 0.0, 1.0)
    c = _adjusted_degree(u) if adjusted else _degree(u)
    return Coupling(np.asarray(c), np.asarray(level), np.asarray(np.sqrt(c * level)))


def _degree(u: Numbers) -> Numbers:
    total = u.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        c = u.shape[-1] * np.prod(u, axis=-1) ** (1 / u.shape[-1]) / total
    return np.where(total == 0, 0.0, np.minimum(c, 1.0))


def _adjusted_degree(u: Numbers) -> Numbers:
    n = u.shape[-1]
    pairs = list(combinations(range(n), 2))
    apart = sum((np.abs(u[..., i] - u[..., j]) for i, j in pairs), np.zeros(u.shape[:-1])) / len(pairs)
    most = u.max(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        evenness = np.prod(u / most[..., None], axis=-1) ** (1 / (n - 1))
    return np.where(most == 0, 0.0, np.sqrt(np.clip((1 - apart) * evenness, 0.0, 1.0)))


# -- multidimensional poverty -----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, eq=False)
class AlkireFoster:
    """Multidimensional poverty.

    `H` share of poor, `A` their mean score (NaN where H = 0), `M0` = H · A; `headcounts`, `censored_headcounts`,
    `contributions`: (d,), the last adding up to 1 (NaN where M0 = 0); `weights` used, exact; `scores`, `poor`: (n,) per
    household, NaN where a deprivation is missing; `n` households used, `left_out` not.
    """

    H: float
    A: float
    M0: float
    headcounts: Numbers
    censored_headcounts: Numbers
    contributions: Numbers
    weights: tuple[Fraction, ...]
    scores: Numbers
    poor: Numbers
    n: int
    left_out: int


def alkire_foster(
    deprivations: ArrayLike, weights: Sequence[Weight], cutoff: Weight, sample_weights: ArrayLike | None = None
) -> AlkireFoster:
    """Counting measure of Alkire and Foster.

    c = Σ_j w_j g_j; poor if c ≥ k; H = Σ ω 1(poor) / Σ ω; M0 = Σ ω c 1(poor) / Σ ω; A = M0 / H; h_j = Σ ω g_j / Σ ω;
    h_j(k) = Σ ω g_j 1(poor) / Σ ω; φ_j = w_j h_j(k) / M0. Scores are added and compared in whole points of the common
    denominator, so ten weights of 0.1 reach k = 1. `deprivations`: (n, d) of 0, 1, NaN; `weights`: d fractions or
    floats adding up to 1, or whole points; `cutoff` k in (0, 1]; `sample_weights` ω: (n,). Households with a missing
    deprivation are left out. Source: Alkire & Foster (2011), J. Public Economics 95(7–8).
    """
    g = as_parts(deprivations, "deprivations")
    fractions, k = exact_weights(weights), exact(cutoff)
    if g.ndim != 2 or g.shape[1] != len(fractions):
        raise ValueError(f"deprivations: {g.shape} is not households by {len(fractions)} weights.")
    if not 0 < k <= 1:
        raise ValueError(f"cutoff: {cutoff} is not above 0 and at most 1.")
    g = without_invalid(g, (g == 0) | (g == 1), "deprivations", "0 or 1", "refuse")
    omega = as_weights(sample_weights, len(g), "sample_weights")
    points, whole = whole_points(fractions)
    reached = g @ points
    missing = np.isnan(reached)
    poor = np.where(missing, np.nan, reached >= math.ceil(k * whole))
    used, share = (g, omega) if not missing.any() else (g[~missing], omega[~missing])
    with np.errstate(invalid="ignore"):
        share = share / share.sum()
        censored = (share * poor[~missing]) @ used
        # 0 ≤ M0 ≤ H ≤ 1 holds for the figures as for the formulas, whatever rounding does.
        h = min(1.0, float(share @ poor[~missing]))
        m0 = min(h, float(censored @ points) / whole)
        return AlkireFoster(
            H=h if share.size else math.nan,
            A=m0 / h if h > 0 else math.nan,
            M0=m0 if share.size else math.nan,
            headcounts=share @ used if share.size else np.full(len(fractions), np.nan),
            censored_headcounts=censored if share.size else np.full(len(fractions), np.nan),
            contributions=points * censored / (whole * m0) if m0 > 0 else np.full(len(fractions), np.nan),
            weights=fractions,
            scores=reached / whole,
            poor=poor,
            n=share.size,
            left_out=int(missing.sum()),
        )


# -- food security ----------------------------------------------------------------------------------------------------
def fcs(*groups: ArrayLike, invalid: Invalid = "refuse") -> Numbers:
    """Food consumption score, 0 to 112.

    2 staple + 3 pulse + 4 dairy + 4 protein + veg + fruit + 0.5 fat + 0.5 sugar. `groups`: these eight in this order,
    each (n,) whole days of the last 7. Any missing group gives NaN; other answers are refused, or with
    `invalid="missing"` count as missing. Source: WFP VAM, RAMResourcesScripts.
    """
    return _days_weighted("fcs", groups, FCS_WEIGHTS, invalid)


def rcsi(*strategies: ArrayLike, invalid: Invalid = "refuse") -> Numbers:
    """Reduced coping strategies index, 0 to 56: less + 2 borrow + meals + portion + 3 adult.

    `strategies`: these five in this order; days, missing values and source as in `fcs`.
    """
    return _days_weighted("rcsi", strategies, RCSI_WEIGHTS, invalid)


def lcs(stress: ArrayLike, crisis: ArrayLike, emergency: ArrayLike, *, invalid: Invalid = "refuse") -> Numbers:
    """Severest livelihood coping strategy: 4 emergency, 3 crisis, 2 stress, 1 none.

    A strategy counts when answered 20 (used up before) or 30 (used); 10 is no, 9999 not applicable. Each argument:
    (..., number of strategies). NaN only where every answer is missing. Source: WFP VAM, RAMResourcesScripts.
    """
    found, known = np.asarray(1.0), np.asarray(False)
    for level, answers in ((2.0, stress), (3.0, crisis), (4.0, emergency)):
        array = as_parts(answers, "lcs")
        array = without_invalid(array, np.isin(array, LCS_ANSWERS), "lcs", "10, 20, 30 or 9999", invalid)
        found = np.where(((array == 20) | (array == 30)).any(axis=-1), level, found)
        known = known | ~np.isnan(array).all(axis=-1)
    return np.where(known, found, np.nan)


def hhs(*answers: ArrayLike, skipped: ArrayLike = False, invalid: Invalid = "refuse") -> Numbers:
    """Household hunger scale, 0 to 6; bands 0–1, 2–3, 4–6.

    `answers`: three pairs (happened 0 or 1, how often 1 rarely, 2 sometimes, 3 often), each (n,): no food, slept
    hungry, day and night without. A pair counts 0 for no, 1 for rarely or sometimes, 2 for often; yes without how often
    is missing, and a missing pair gives NaN. `skipped`: (n,) true where earlier answers showed no hardship, so that it
    was not asked: 0. Source: FANTA; WFP VAM, RAMResourcesScripts.
    """
    if len(answers) != 6:
        raise ValueError(f"hhs: three pairs of happened and how often are needed, {len(answers)} columns were given.")
    columns = [np.asarray(answer, dtype=np.float64) for answer in answers]
    score = np.zeros(np.broadcast_shapes(*(column.shape for column in columns)))
    for happened, often in zip(columns[::2], columns[1::2], strict=True):
        yes = without_invalid(happened, np.isin(happened, (0, 1)), "hhs", "0 or 1", invalid)
        how = without_invalid(often, np.isin(often, (1, 2, 3)), "hhs", "1, 2 or 3", invalid)
        score = score + np.where(yes == 0, 0.0, yes * np.where(how == 3, 2.0, np.minimum(how, 1.0)))
    return np.where(np.asarray(skipped, dtype=np.bool_), 0.0, score)


def cari(fcs_categories: ArrayLike, rcsi_scores: ArrayLike, lcs_levels: ArrayLike, fes_bands: ArrayLike) -> Numbers:
    """Consolidated food security: 1 secure, 2 marginally secure, 3 moderately and 4 severely insecure.

    Current status: acceptable (3) 1, but 2 if rCSI ≥ 4; borderline (2) 3; poor (1) 4. Coping = mean(LCS, FES band). The
    mean of both is rounded with halves upward. Arguments: (n,) from `bands.fcs_category`, `rcsi`, `lcs`,
    `bands.fes_band`; any missing gives NaN. Source: WFP VAM, CARI technical guidance; RAMResourcesScripts.
    """
    category, coping_days, level, band = (
        np.asarray(given, dtype=np.float64) for given in (fcs_categories, rcsi_scores, lcs_levels, fes_bands)
    )
    category = without_invalid(category, np.isin(category, (1, 2, 3)), "fcs_categories", "1, 2 or 3", "refuse")
    status = np.where(category == 3, np.where(coping_days >= 4, 2.0, 1.0), 5 - category)
    level = without_invalid(level, np.isin(level, (1, 2, 3, 4)), "lcs_levels", "1 to 4", "refuse")
    band = without_invalid(band, np.isin(band, (1, 2, 3, 4)), "fes_bands", "1 to 4", "refuse")
    # In quarters, so that a half is met exactly: (2 status + level + band) / 4, and half up.
    return np.floor((2 * status + level + band + 2) / 4) + 0 * coping_days


def _days_weighted(name: str, items: Sequence[ArrayLike], weights: Sequence[float], invalid: Invalid) -> Numbers:
    if len(items) != len(weights):
        raise ValueError(f"{name}: {len(weights)} columns are needed, {len(items)} were given.")
    score: Numbers = np.asarray(0.0)
    for item, weight in zip(items, weights, strict=True):
        days = np.asarray(item, dtype=np.float64)
        allowed = (days >= 0) & (days <= 7) & (days == np.floor(days))
        score = score + weight * without_invalid(days, allowed, name, "whole days from 0 to 7", invalid)
    return score


def _population(values: ArrayLike, weights: ArrayLike | None) -> tuple[Numbers, Numbers]:
    y = as_values(values)
    return np.maximum(y, 0.0), as_weights(weights, y.size)


def _nobody_or_zero(weights: Numbers) -> float:
    return 0.0 if weights.any() else math.nan


def _parts_and_total(shares: ArrayLike) -> tuple[Numbers, Numbers]:
    parts = as_parts(shares, "shares")
    parts = without_invalid(parts, (parts >= 0) & (parts < np.inf), "shares", "finite and 0 or more", "refuse")
    return parts, parts.sum(axis=-1)


def _times_own_logarithm(x: Numbers) -> Numbers:
    """x ln x, 0 for x = 0, NaN for NaN."""
    product: Numbers = x * np.log(np.where(x == 0, 1.0, x))
    return product
