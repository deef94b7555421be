"""Multidimensional poverty and vulnerability of villages and of the project."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

import numpy as np

from surveyapp.indicators.columns import Column, Mask, Numbers
from surveyapp.indicators.estimation import Estimate
from surveyapp.indicators.figures import Figure, Line, View, replace_values, with_error
from surveyapp.indicators.intervals import Scale
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
PARTS: Final = ("exposure", "adaptive", "sensitivity")
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
    intensity = view.estimates(both, kind="ratio", denominator=one, scale="logit", persons=True)
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
        share = view.estimates(weighted, kind="ratio", denominator=intensity, scale="logit", persons=True)
        yield from view.figures(f"v_mpi_share_{name}", share, "persons")


def _lvi(view: View) -> Iterator[Figure]:
    subs = {name: _standardised(view, name) for name in SUBS}
    codes, places = view.codes(), view.places
    rests_on = _shares_of_figures()
    figures = {code: _mean_of(subs, names) for code, names in rests_on.items()}
    values = {code: found for code, (found, _) in figures.items()}
    # The sub-components measure what is lacking: the capacity to adapt is what is left of 1.
    exposure, adaptive, sensitivity = values["exposure"], 1 - values["adaptive"], values["sensitivity"]
    values["lvi_ipcc"] = (exposure - adaptive) * sensitivity
    moved = {code: pull for code, (_, pull) in figures.items()}
    moved["lvi_ipcc"] = (exposure - adaptive)[codes] * moved["sensitivity"] + sensitivity[codes] * (
        moved["exposure"] + moved["adaptive"]
    )
    weight = np.bincount(codes, view.sample.weights, minlength=len(places))
    for code in ("lvi", *(f"lvi_m_{name}" for name in COMPONENTS), "lvi_ipcc"):
        own = [subs[name] for name in rests_on.get(code, SUBS)]
        used = np.logical_or.reduce([sub.given for sub in own])
        errors = view.errors(np.where(used, np.nan_to_num(moved[code]), 0.0) / weight[codes], used)
        scale: Scale = "linear" if code == "lvi_ipcc" else "logit"
        for number, place in enumerate(places):
            parts = [sub.answered[place] for sub in own if place in sub.answered]
            # Where nobody can answer to a sub-component, there is no index: it means nothing over the others alone.
            if len(parts) < len(own) or math.isnan(values[code][number]):
                yield Figure(code, place, math.nan, flags=("n<10",))
                continue
            n = min(part.n for part in parts)
            figure = Figure(code, place, float(values[code][number]), n=n, units=float(n), flags=_flags_of(parts))
            told = not any(math.isnan(part.se) for part in parts)
            yield with_error(figure, errors[place] if told else replace(errors[place], se=math.nan), scale)


def _flags_of(parts: Sequence[Estimate]) -> tuple[str, ...]:
    """Flags of a figure that rests on several means: it has the weakness of each."""
    raised = [set(part.flags) for part in parts]
    either, every = set.union(*raised), set.intersection(*raised)
    small = [flag for flag in ("n<10", "n<30") if flag in either][:1]
    weak = [flag for flag in ("lonely_cluster", "coverage<80%") if flag in either]
    return (*small, *weak, *(flag for flag in ("census", "constant") if flag in every))


@dataclass(frozen=True)
class _Sub:
    """A sub-component: of each place its standardised mean and the estimate behind it; of each household whether it
    answered, and how it moves the standardised mean: by its own weight over that of the place.
    """

    value: Numbers
    answered: Mapping[str, Estimate]
    given: Mask
    pull: Numbers


def _standardised(view: View, name: str) -> _Sub:
    low, high = view.settings.lvi_bounds[name]
    column, codes, weights = view.column(name), view.codes(), view.sample.weights
    size = len(view.places)
    given = column.given
    whole = np.bincount(codes, weights, minlength=size)
    answered = np.bincount(codes[given], weights[given], minlength=size)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.bincount(codes[given], (weights * column.values)[given], minlength=size) / answered
        score = (mean - low) / (high - low)
        # Beyond a bound nothing moves the score.
        slope = np.where((score >= 0) & (score <= 1), whole / answered, 0.0) / (high - low)
    pull = np.where(given, slope[codes] * (column.values - mean[codes]), 0.0)
    return _Sub(np.clip(score, 0, 1), view.estimates(column), given, pull)


def _shares_of_figures() -> dict[str, tuple[str, ...]]:
    """Of which sub-components each figure is the plain mean."""
    found = {"lvi": SUBS, **{f"lvi_m_{name}": subs for name, (_, subs) in COMPONENTS.items()}}
    for part in PARTS:
        found[part] = tuple(sub for to, subs in COMPONENTS.values() if to == part for sub in subs)
    return found


def _mean_of(subs: Mapping[str, _Sub], names: Sequence[str]) -> tuple[Numbers, Numbers]:
    value: Numbers = np.mean([subs[name].value for name in names], axis=0)
    pull: Numbers = np.mean([subs[name].pull for name in names], axis=0)
    return value, pull


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
        "(exposure − adaptive capacity) × sensitivity, adaptive capacity being 1 − the mean of its 8 sub-components, "
        "which measure what is lacking.",
        version=2,
        formula=_lvi,
        source=("S21",),
        depends=SUBS,
    ),
)
