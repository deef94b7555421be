"""Multidimensional poverty and vulnerability of villages and of the project."""

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final

import numpy as np

from surveyapp.indicators.columns import Column, Numbers
from surveyapp.indicators.figures import Figure, Line, View, replace_values
from surveyapp.indicators.settings import MPI_NAMES

# Sub-components of each major component of the vulnerability index, and to which part of LVI–IPCC it belongs.
COMPONENTS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "socio": ("adaptive", ("dep_ratio", "lvi_female_head", "lvi_head_unschooled")),
    "livelihood": ("adaptive", ("lvi_migrant", "lvi_farm_only", "lvi_few_sources")),
    "networks": ("adaptive", ("lvi_help_ratio", "lvi_no_lender")),
    "health": ("sensitivity", ("lvi_ill", "lvi_clinic_min")),
    "food": ("sensitivity", ("lvi_own_crops", "rcsi")),
    "water": ("sensitivity", ("lvi_water_short", "lvi_water_min")),
    "hazards": ("exposure", ("lvi_shocks", "hazard_any")),
}
SUBS: Final = tuple(name for _, names in COMPONENTS.values() for name in names)


def _mpi(view: View) -> Iterator[Figure]:
    measure = view.settings.mpi
    yield from _headline(view, "", measure.cutoff)
    for cutoff in measure.also_report:
        yield from _headline(view, f"_k{round(float(cutoff) * 100):02d}", cutoff)
    yield from _headcounts(view)


def _poor(view: View, cutoff: Fraction) -> Numbers:
    poor: Numbers = (view.column("mpi_score").values >= float(cutoff)).astype(np.float64)
    return poor


def _headline(view: View, end: str, cutoff: Fraction) -> Iterator[Figure]:
    score, poor = view.column("mpi_score"), _poor(view, cutoff)
    one, both = replace_values(score, poor), replace_values(score, poor * score.values)
    yield from view.figures(f"v_mpi_h{end}", view.estimates(one, scale="logit", persons=True), "persons")
    yield from view.figures(f"v_mpi_m0{end}", view.estimates(both, scale="logit", persons=True), "persons")
    intensity = view.estimates(both, kind="ratio", denominator=one, persons=True)
    yield from view.figures(f"v_mpi_a{end}", intensity, "persons")


def _headcounts(view: View) -> Iterator[Figure]:
    score, poor = view.column("mpi_score"), _poor(view, view.settings.mpi.cutoff)
    intensity = replace_values(score, poor * score.values)
    for name, weight in view.settings.mpi.weights().items():
        deprived = view.column(f"mpi_d_{name}")
        # Only households whose whole score is known, so that the censored headcounts add up to M0.
        known = Column(np.where(score.given, deprived.values, np.nan), score.reasons)
        censored = replace_values(known, known.values * poor)
        yield from view.figures(f"v_mpi_hc_{name}", view.estimates(known, scale="logit", persons=True), "persons")
        yield from view.figures(f"v_mpi_ch_{name}", view.estimates(censored, scale="logit", persons=True), "persons")
        weighted = replace_values(known, censored.values * float(weight))
        share = view.estimates(weighted, kind="ratio", denominator=intensity, persons=True)
        yield from view.figures(f"v_mpi_share_{name}", share, "persons")


def _lvi(view: View) -> Iterator[Figure]:
    bounds = view.settings.lvi_bounds
    standard: dict[str, dict[str, float]] = {}
    slopes = np.zeros(view.sample.n)
    heads: dict[str, int] = {}
    for name in SUBS:
        column = view.column(name)
        low, high = bounds[name]
        found = view.estimates(column)
        for place, one in found.items():
            standard.setdefault(place, {})[name] = float(np.clip((one.estimate - low) / (high - low), 0, 1))
            heads[place] = min(heads.get(place, one.n), one.n)
            slopes += _pull(view, place, column, one.estimate) / (len(SUBS) * (high - low))
    errors = view.estimates(Column(slopes, np.zeros(view.sample.n, np.uint8)))
    for place, values in standard.items():
        # Where nobody can answer to a sub-component, there is no index: it means nothing over the others alone.
        whole = {name: values.get(name, math.nan) for name in SUBS}
        n = heads[place] if len(values) == len(SUBS) else 0
        yield from _lvi_of(place, whole, errors[place].se if n else math.nan, errors[place].df, n)


def _pull(view: View, place: str, column: Column, mean: float) -> Numbers:
    """What each household adds to the error of its village's mean; nothing where it has no answer."""
    here = np.ones(view.sample.n, bool) if view.labels is None else view.labels == place
    answered = here & column.given
    weights = view.sample.weights
    if math.isnan(mean) or not weights[answered].sum():
        return np.zeros(view.sample.n)
    share = weights[here].sum() / weights[answered].sum()
    pull: Numbers = np.where(answered, share * (column.values - mean), 0.0)
    return pull


def _lvi_of(place: str, values: Mapping[str, float], se: float, df: int, n: int) -> Iterator[Figure]:
    majors = {name: float(np.mean([values[sub] for sub in subs])) for name, (_, subs) in COMPONENTS.items()}
    index = float(np.mean([values[sub] for sub in SUBS]))
    yield Figure("lvi", place, index, se, df=df, n=n, units=float(n))
    for name, value in majors.items():
        yield Figure(f"lvi_m_{name}", place, value, n=n, units=float(n))
    parts = {
        part: _weighted([(majors[name], len(subs)) for name, (to, subs) in COMPONENTS.items() if to == part])
        for part in ("exposure", "adaptive", "sensitivity")
    }
    found = (parts["exposure"] - parts["adaptive"]) * parts["sensitivity"]
    yield Figure("lvi_ipcc", place, found, n=n, units=float(n))


def _weighted(pairs: list[tuple[float, int]]) -> float:
    return sum(value * size for value, size in pairs) / sum(size for _, size in pairs)


LINES: Final = (
    Line(
        code="v_mpi_h",
        codes={
            **{f"v_mpi_{what}{end}": "share" for end in ("", "_k20", "_k50") for what in ("h", "m0", "a")},
            **{f"v_mpi_{what}_{name}": "share" for name in MPI_NAMES for what in ("hc", "ch", "share")},
        },
        set="CORE",
        levels=("village", "project"),
        label_en="Multidimensional poverty: H, A, M0",
        label_zh="多维贫困：发生率、强度、指数",
        definition="Alkire–Foster over persons: H, M0, A = M0/H at k = 1/3, and at 1/5 and 1/2 (`_k20`, `_k50`); "
        "headcounts `_hc_`, censored headcounts `_ch_`, contributions `_share_` of each indicator.",
        formula=_mpi,
        source=("S6", "S22"),
        depends=("mpi_score", *(f"mpi_d_{name}" for name in MPI_NAMES)),
        units="persons",
    ),
    Line(
        code="lvi",
        codes={"lvi": "0–1", **{f"lvi_m_{name}": "0–1" for name in COMPONENTS}, "lvi_ipcc": "−1…1"},
        set="EXT",
        levels=("village", "project"),
        label_en="Livelihood Vulnerability Index",
        label_zh="生计脆弱性指数",
        definition="Village means of 16 sub-components, each (s − min)/(max − min) with the bounds of `lvi_bounds`, "
        "averaged inside 7 major components and then over them by their number of sub-components; LVI–IPCC = "
        "(exposure − adaptive capacity) × sensitivity. No error is told of the parts.",
        formula=_lvi,
        source=("S21",),
        depends=SUBS,
    ),
)
