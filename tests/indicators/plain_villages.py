"""The figures of villages and project once more, slowly: plain Python, one household after the other.

Written from the definitions of the catalogue alone, to hold the product's figures against; it imports nothing of the
product. An error is never worked out by hand here. Each figure is a function of the households' weights, and the pull
of a household on it is its weight times the derivative by that weight. The derivative is taken numerically, by a step
so small along the imaginary axis that nothing is lost to rounding. The formula for stratified clusters does the rest.
"""

import cmath
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

STEP = 1e-40
NAN = math.nan
Weights = Sequence[complex]
Statistic = Callable[[Weights], complex]


@dataclass(frozen=True)
class Home:
    """One interviewed household: numbers and categories by code; `exempt` are the codes that do not apply to it."""

    weight: float
    village: str
    township: str
    stratum: str
    group: str
    size: float
    cells: Mapping[str, float | str]
    exempt: frozenset[str] = frozenset()
    name: str = ""

    def number(self, code: str) -> float:
        """The value of an indicator that is no category."""
        return float(self.cells[code])


@dataclass(frozen=True)
class Rules:
    """What the project states. `mpi` are (name, dimension, points); sizes are by village and by stratum."""

    line: float
    lvi_bounds: Mapping[str, tuple[float, float]]
    mpi: Sequence[tuple[str, str, int]]
    households: Mapping[str, int] = field(default_factory=dict)
    villages: Mapping[str, int] = field(default_factory=dict)
    lonely: str = "flag"
    treated: str = "relocated"
    comparison: tuple[str, ...] = ("stayed",)
    cutoffs: Mapping[str, Fraction] = field(
        default_factory=lambda: {"": Fraction(1, 3), "_k20": Fraction(1, 5), "_k50": Fraction(1, 2)}
    )


@dataclass(frozen=True)
class Plain:
    """One figure."""

    estimate: float
    se: float = NAN
    lower: float = NAN
    upper: float = NAN
    df: int = 0
    n: int = 0
    units: float = 0
    flags: frozenset[str] = frozenset()
    text: str = ""


@dataclass(frozen=True)
class Asked:
    """A figure before it has an error: who counts, the statistic over them, whether it lies between 0 and 1.

    `parts` are the groups, each of which must be able to tell an error: two sides, or all who answered one question.
    """

    who: Sequence[int]
    statistic: Statistic | None
    bounded: bool = False
    units: float | None = None
    flags: frozenset[str] = frozenset()
    text: str = ""
    lost_df: int = 0
    parts: Sequence[Sequence[int]] = ()
    n: int | None = None


# ── Student's t ──────────────────────────────────────────────────────────────────────────────────────────────────────


def inside_t(value: float, df: int) -> float:
    """P(|T| < value): the finite sums for whole degrees of freedom (Abramowitz & Stegun 26.7.3 and 26.7.4)."""
    angle = math.atan(value / math.sqrt(df))
    sine, square = math.sin(angle), math.cos(angle) ** 2
    term, total = (1.0, 1.0) if df % 2 == 0 else (math.cos(angle), math.cos(angle))
    for k in range(2 if df % 2 == 0 else 3, df - 1, 2):
        term *= (k - 1) / k * square
        total += term
    if df % 2 == 0:
        return sine * total
    return 2 / math.pi * (angle + (sine * total if df > 1 else 0.0))


def quantile_t(df: int) -> float:
    """The value that |T| passes one time in twenty."""
    low, high = 0.0, 20.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if inside_t(middle, df) < 0.95 else (low, middle)
    return high


# ── Errors ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Plan:
    """Of each household stratum and cluster; of each stratum how many clusters there are, where known."""

    strata: Sequence[str]
    clusters: Sequence[object]
    sizes: Mapping[str, int]
    lonely: str


def inside_village(homes: Sequence[Home], village: str, rules: Rules) -> Plan:
    """Households are the sampling units of a village."""
    stated = rules.households.get(village, 0)
    sizes = {village: stated} if stated >= len(homes) else {}
    return Plan([village] * len(homes), range(len(homes)), sizes, rules.lonely)


def over_villages(homes: Sequence[Home], rules: Rules) -> Plan:
    """Villages are the sampling units of the project."""
    met = {(one.stratum, one.village) for one in homes}
    counts = Counter(stratum for stratum, _ in met)
    sizes = {name: rules.villages[name] for name in counts if rules.villages.get(name, 0) >= counts[name]}
    return Plan([one.stratum for one in homes], [one.village for one in homes], sizes, rules.lonely)


def pulls_of(weights: Sequence[float], who: Sequence[int], statistic: Statistic) -> dict[int, float]:
    """What each household that counts pulls the figure by: its weight times the derivative by it."""
    found = {}
    for place, row in enumerate(who):
        moved: list[complex] = [weights[one] for one in who]
        moved[place] += STEP * 1j
        found[row] = weights[row] * statistic(moved).imag / STEP
    return found


def variance_of(pulls: Mapping[int, float], plan: Plan, who: Sequence[int]) -> tuple[float, int, set[str]]:
    """Variance, degrees of freedom and flags; no number where it cannot be told."""
    totals: dict[str, dict[object, float]] = {}
    for row, (stratum, cluster) in enumerate(zip(plan.strata, plan.clusters, strict=True)):
        here = totals.setdefault(stratum, {})
        here[cluster] = here.get(cluster, 0.0) + pulls.get(row, 0.0)
    inhabited = {plan.strata[row] for row in who}
    df = sum(len(totals[name]) - 1 for name in inhabited)
    everybody = [pull for found in totals.values() for pull in found.values()]
    centre, variance, flags = sum(everybody) / len(everybody), 0.0, set()
    for name in inhabited:
        found, size = list(totals[name].values()), plan.sizes.get(name)
        left = 1.0 if size is None else 1 - len(found) / size
        if len(found) > 1:
            mean = sum(found) / len(found)
            variance += left * len(found) / (len(found) - 1) * sum((one - mean) ** 2 for one in found)
        elif left > 0:
            flags.add("lonely_cluster")
            variance += {"flag": NAN, "adjust": left * (found[0] - centre) ** 2, "certainty": 0.0}[plan.lonely]
    if all(plan.sizes.get(name) == len(totals[name]) for name in inhabited):
        return 0.0, df, {"census"}
    if len({(plan.strata[row], plan.clusters[row]) for row in who}) == 1:
        return NAN, df, {"lonely_cluster"}
    return variance, df, flags


def finish(asked: Asked, weights: Sequence[float], plan: Plan) -> Plain:
    """The figure with its error."""
    units = float(len(asked.who)) if asked.units is None else asked.units
    bare = Plain(NAN, n=len(asked.who) if asked.n is None else asked.n, units=units, flags=asked.flags, text=asked.text)
    if asked.statistic is None or not asked.who:
        return bare
    estimate = asked.statistic([weights[row] for row in asked.who]).real
    bare = replace(bare, estimate=estimate)
    if math.isnan(estimate):
        return bare
    pulls = pulls_of(weights, asked.who, asked.statistic)
    variance, df, flags = variance_of(pulls, plan, asked.who)
    df -= asked.lost_df
    for part in asked.parts:
        own, _, weak = variance_of({}, plan, part)
        variance, flags = variance + 0 * own, flags | (weak - {"census"})
    se = math.sqrt(variance) if variance >= 0 else NAN
    lower, upper = interval(estimate, se, df, asked.bounded)
    return replace(bare, se=se, df=df, lower=lower, upper=upper, flags=asked.flags | flags)


def interval(estimate: float, se: float, df: int, bounded: bool) -> tuple[float, float]:
    """95 % interval; on the logit scale where the figure lies strictly between 0 and 1 and cannot lie elsewhere."""
    if math.isnan(se):
        return NAN, NAN
    if se == 0:
        return estimate, estimate
    if df < 1:
        return NAN, NAN
    reach = quantile_t(df) * se
    if not bounded or not 0 < estimate < 1:
        return estimate - reach, estimate + reach
    odds, slope = math.log(estimate / (1 - estimate)), estimate * (1 - estimate)
    return 1 / (1 + math.exp(-(odds - reach / slope))), 1 / (1 + math.exp(-(odds + reach / slope)))


# ── Statistics of columns: x, y are values, w the weights of their households ────────────────────────────────────────


def mean_of(values: Sequence[float]) -> Statistic:
    return ratio_of(values, [1.0] * len(values))


def ratio_of(above: Sequence[float], below: Sequence[float]) -> Statistic:
    def figure(w: Weights) -> complex:
        under = sum(a * b for a, b in zip(w, below, strict=True))
        return sum(a * b for a, b in zip(w, above, strict=True)) / under if under != 0 else complex(NAN)

    return figure


def difference_of(values: Sequence[float], first: Sequence[bool]) -> Statistic:
    """Mean of some less mean of the others."""
    ones, rest = [float(one) for one in first], [float(not one) for one in first]
    up = ratio_of([a * b for a, b in zip(values, ones, strict=True)], ones)
    down = ratio_of([a * b for a, b in zip(values, rest, strict=True)], rest)
    return lambda w: up(w) - down(w)


def gini_of(values: Sequence[float], sizes: Sequence[float]) -> Statistic:
    """By the cumulated weights of the sorted incomes."""
    order = sorted(range(len(values)), key=lambda row: values[row])

    def figure(w: Weights) -> complex:
        reached: complex = 0
        total, income, area = 0j, 0j, 0j
        for row in order:
            here, y = w[row] * sizes[row], max(values[row], 0.0)
            reached += here
            total, income = total + here, income + here * y
            area += here * y * (2 * reached - here)
        return area / (total * income) - 1 if income != 0 else 0j

    return figure


def theil_inside(values: Sequence[float], sizes: Sequence[float], villages: Sequence[str]) -> Statistic:
    """The part of Theil's T that lies inside villages, as a share of it."""

    def figure(w: Weights) -> complex:
        groups: dict[str, list[complex]] = {}
        whole = between = total = income = 0j
        for row, village in enumerate(villages):
            here, y = w[row] * sizes[row], max(values[row], 0.0)
            group = groups.setdefault(village, [0j, 0j])
            group[0], group[1] = group[0] + here, group[1] + here * y
            total, income = total + here, income + here * y
        if income == 0:
            return complex(NAN)
        mean = income / total
        for row, value in enumerate(values):
            if value > 0:
                whole += w[row] * sizes[row] / total * value / mean * cmath.log(value / mean)
        for weight, sum_ in groups.values():
            if sum_ != 0:
                relative = sum_ / weight / mean
                between += weight / total * relative * cmath.log(relative)
        return (whole - between) / whole if abs(whole) > 1e-14 else complex(NAN)

    return figure


def coupling(parts: Sequence[complex]) -> complex:
    """D = √(C · T) with C = n (Π U)^(1/n) / Σ U and T the mean."""
    total, product = sum(parts), math.prod(parts)
    if total == 0 or product == 0:
        return 0j
    n = len(parts)
    return cmath.sqrt(n * product ** (1 / n) / total * (total / n))


def median_of(values: Sequence[float], weights: Sequence[float], share: float = 0.5) -> float:
    """The smallest value whose cumulated weight exceeds the share, or the mean of it and its successor where met."""
    pairs = sorted(zip(values, weights, strict=True))
    goal, reached = share * math.fsum(weights), 0.0
    for place, (value, weight) in enumerate(pairs):
        reached += weight
        if abs(reached - goal) <= 1e-12 * goal:
            return (value + pairs[min(place + 1, len(pairs) - 1)][0]) / 2
        if reached > goal:
            return value
    return pairs[-1][0]


def median_figure(asked: Asked, values: Sequence[float], weights: Sequence[float], plan: Plan) -> Plain:
    """Woodruff: the interval of the share below the median, turned back into values."""
    own = [weights[row] for row in asked.who]
    middle = median_of(values, own)
    below = finish(replace(asked, statistic=mean_of([float(one <= middle) for one in values])), weights, plan)
    if math.isnan(below.se) or below.df < 1:
        return replace(below, estimate=middle, se=below.se, lower=NAN, upper=NAN)

    def below_share(share: float) -> float:
        return median_of(values, own, share) if 0 <= share <= 1 else NAN

    reach = quantile_t(below.df) * below.se
    lower, upper = (middle if not reach else below_share(below.estimate + side) for side in (-reach, reach))
    return replace(below, estimate=middle, se=(upper - lower) / 2 / quantile_t(below.df), lower=lower, upper=upper)


# ── Small cells ──────────────────────────────────────────────────────────────────────────────────────────────────────


def hidden(counts: Mapping[str, int], townships: Mapping[str, str], smallest: int = 10) -> dict[str, str]:
    """Which villages are hidden in one figure, and why: below the cell, or beside the only one that is."""
    found = {village: f"n<{smallest}" for village, n in counts.items() if n < smallest}
    for township in set(townships.values()):
        here = [village for village in counts if townships[village] == township]
        small = [village for village in here if 0 < counts[village] < smallest]
        rest = [village for village in here if counts[village] >= smallest]
        if len(small) == 1 and rest:
            found[min(rest, key=lambda village: (counts[village], village))] = "complementary"
    return found
