"""Figures of a place: what is declared about them, and how they are estimated.

A `View` is the sample seen for one level: every village of its own (households as sampling units), or the project
(villages as clusters). Each figure goes through `surveyapp.indicators.estimation`.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from surveyapp.indicators.columns import Column, Mask, Numbers, Reason
from surveyapp.indicators.declaration import Level, Set
from surveyapp.indicators.estimation import Estimate, Kind, estimate
from surveyapp.indicators.intervals import Rules, Scale, interval
from surveyapp.indicators.sample import Sample
from surveyapp.indicators.sampling_variance import Lonely
from surveyapp.indicators.student import beyond

Units: TypeAlias = Literal["households", "persons", "children"]
PROJECT: Final = ""
DIFFERENCES: Final = ("v_change_", "did_")
NOT_ELIGIBLE: Final = (Reason.NOT_APPLICABLE, Reason.NOT_ASKED)


@dataclass(frozen=True)
class Figure:
    """One figure of one place ('' = the project).

    `se`, `lower`, `upper` are NaN where no error can be told; `n` households, `units` what they hold of `unit_kind`.
    `text` is the value of a category. `masked` figures are not to be published: value and error are NaN, `text` ''.
    `smaller` are the households of the smaller side where the figure compares two groups.
    """

    code: str
    place: str
    estimate: float
    se: float = math.nan
    lower: float = math.nan
    upper: float = math.nan
    df: int = 0
    n: int = 0
    units: float = 0.0
    unit_kind: Units = "households"
    flags: tuple[str, ...] = ()
    text: str = ""
    masked: bool = False
    smaller: int | None = None

    @property
    def tested(self) -> bool:
        """Whether it is a change or a difference in differences, of which one asks whether it is 0."""
        return self.code.startswith(DIFFERENCES)

    @property
    def t(self) -> float:
        """The figure in standard errors: the test statistic of a change or difference; NaN where there is no error."""
        return self.estimate / self.se if self.se > 0 else math.nan

    @property
    def p(self) -> float:
        """The two-sided p-value of the hypothesis that a change or difference is 0; NaN where there is no error."""
        return beyond(self.t, self.df)

    @property
    def cell(self) -> int:
        """The households that decide whether the figure may be published."""
        return self.n if self.smaller is None else self.smaller


@dataclass(frozen=True)
class Line:
    """One line of the catalogue for villages or the project: a declared group of figures.

    `codes` are the figures that it gives, with the unit of each; `depends` the indicators that it reads; `units` whom
    it counts.
    """

    code: str
    set: Set
    levels: tuple[Level, ...]
    label_en: str
    label_zh: str
    definition: str
    formula: "Callable[[View], Iterator[Figure]]"
    source: tuple[str, ...]
    codes: Mapping[str, str] = field(default_factory=dict)
    depends: tuple[str, ...] = ()
    units: Units = "households"
    version: int = 1


class View:
    """The sample at one level. `labels` give each household its place; None for the project."""

    def __init__(self, sample: Sample, level: Level) -> None:
        self.sample = sample
        self.settings = sample.settings
        self.level = level
        self.labels = sample.village if level == "village" else None
        self.design = sample.inside_villages if level == "village" else sample.over_villages
        self.lonely: Lonely = sample.settings.design.lonely  # type: ignore[assignment]  # read_settings checked it

    @property
    def places(self) -> list[str]:
        """The places in order."""
        return [PROJECT] if self.labels is None else sorted(set(self.labels.tolist()))

    def column(self, code: str) -> Column:
        """An indicator of the households."""
        return self.sample.table[code]

    def estimates(
        self,
        column: Column,
        *,
        kind: Kind = "mean",
        scale: Scale = "linear",
        persons: bool = False,
        denominator: Column | None = None,
    ) -> Mapping[str, Estimate]:
        """The estimate for each place; households to which the question does not apply are outside the domain."""
        domain = ~np.isin(column.reasons, NOT_ELIGIBLE)
        values = np.where(column.given, column.values, np.nan)
        below = None if denominator is None else np.where(denominator.given, denominator.values, np.nan)
        design = self.design.per(self.sample.persons) if persons else self.design
        if persons:
            domain &= self.sample.members.given
        if self.labels is None:
            whole = estimate(
                values, design, kind=kind, domain=domain, lonely=self.lonely, denominator=below, scale=scale
            )
            return {PROJECT: whole}
        by_place: Mapping[Any, Estimate] = estimate(
            values, design, kind=kind, by=self.labels, domain=domain, lonely=self.lonely, denominator=below, scale=scale
        )
        return {str(place): one for place, one in by_place.items()}

    def codes(self) -> NDArray[np.int64]:
        """For each household the number of its place in `places`."""
        if self.labels is None:
            return np.zeros(self.sample.n, np.int64)
        return np.unique(self.labels, return_inverse=True)[1].astype(np.int64)

    def errors(self, z: Numbers, used: Mask, *, persons: bool = False) -> Mapping[str, Estimate]:
        """The error of a figure of each place whose linearised values are z = ∂θ/∂w, (n,), over the households `used`.

        It is that of the mean of Σ w · z, which is 0: the interval is for `with_error` to tell.
        """
        weights = self.sample.weights * (self.sample.persons if persons else 1.0)
        size = np.bincount(self.codes(), np.where(used, weights, 0.0))
        reasons = np.where(used, Reason.GIVEN, Reason.NOT_APPLICABLE).astype(np.uint8)
        return self.estimates(Column(np.where(used, z * size[self.codes()], np.nan), reasons), persons=persons)

    def figures(self, code: str, found: Mapping[str, Estimate], unit_kind: Units = "households") -> Iterator[Figure]:
        """Estimates as figures, with further flags."""
        for place, one in found.items():
            negative = (f"negative={one.negative}",) if one.negative else ()
            yield Figure(
                code, place, one.estimate, one.se, one.lower, one.upper, one.df, one.n, one.units, unit_kind,
                (*one.flags, *negative),
            )  # fmt: skip

    def means(self, code: str, indicator: str, scale: Scale = "linear") -> Iterator[Figure]:
        """The mean of an indicator over households."""
        yield from self.figures(code, self.estimates(self.column(indicator), scale=scale))


def with_error(figure: Figure, error: Estimate | None, scale: Scale = "logit") -> Figure:
    """The figure with an error as `View.errors` tells it, and its interval; unchanged without one."""
    if error is None or math.isnan(figure.estimate):
        return figure
    lower, upper = interval(figure.estimate, error.se, error.df, Rules("flag", scale, 0.95))
    return replace(figure, se=error.se, lower=lower, upper=upper, df=error.df)


def replace_values(column: Column, values: Numbers) -> Column:
    """Other values with the same reasons."""
    return Column(np.where(column.given, values, np.nan), column.reasons)


def mask_small(figures: list[Figure], smallest: int, careful: int, township_of: Mapping[str, str]) -> list[Figure]:
    """Figures of fewer households than `smallest` lose value and error.

    Where just one village of a township is masked in a figure, the next smallest is masked too: the masked one could
    be had by subtraction. One without any household has nothing to be had. Counts of interviews are no secret and stay.
    """
    hidden: set[tuple[str, str]] = {(one.code, one.place) for one in figures if _secret(one) and one.cell < smallest}
    groups: dict[tuple[str, str], list[Figure]] = {}
    for one in figures:
        if one.place != PROJECT and _secret(one):
            groups.setdefault((one.code, township_of.get(one.place, "")), []).append(one)
    for neighbours in groups.values():
        masked = [one for one in neighbours if (one.code, one.place) in hidden and one.n > 0]
        open_ = [one for one in neighbours if (one.code, one.place) not in hidden]
        others = sorted(open_, key=lambda one: (one.n, one.place))
        if len(masked) == 1 and others:
            hidden.add((others[0].code, others[0].place))
    return [_flagged(one, smallest, careful, (one.code, one.place) in hidden) for one in figures]


def _secret(one: Figure) -> bool:
    return one.code not in ("v_n", "v_response")


def _flagged(one: Figure, smallest: int, careful: int, hidden: bool) -> Figure:
    size = [f"n<{limit}" for limit in (smallest, careful) if one.cell < limit][:1] if _secret(one) else []
    rest = [flag for flag in one.flags if not flag.startswith("n<")]
    if not hidden:
        return replace(one, flags=(*size, *rest))
    told = size if one.cell < smallest else [*size, "complementary"]
    nothing = math.nan
    return replace(
        one, estimate=nothing, se=nothing, lower=nothing, upper=nothing, text="", flags=(*told, *rest), masked=True
    )


def given_everywhere(columns: list[Column]) -> Mask:
    """Households with a value in each column."""
    found: Mask = np.logical_and.reduce([column.given for column in columns])
    return found
