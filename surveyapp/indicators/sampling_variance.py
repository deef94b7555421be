"""How a sum over sampled clusters varies from sample to sample: strata, clusters, finite populations, lonely clusters.

Indices: rows r (households), clusters c, strata h, groups g (domains that do not overlap; row r is in one of them).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surveyapp.indicators.arguments import Numbers

Codes: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]
Lonely: TypeAlias = Literal["flag", "adjust", "certainty"]
Population: TypeAlias = ArrayLike | Mapping[Any, float]


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """Which row is in which cluster, and which cluster in which stratum.

    `of_row`: (rows,) cluster; `stratum`: (clusters,); `sampled`: (strata,) clusters n_h in the sample; `unsampled`:
    (strata,) 1 − n_h/N_h, 1 where the number of clusters in the population N_h is not known.
    """

    of_row: Codes
    stratum: Codes
    sampled: Numbers
    unsampled: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Variances:
    """Per group: `variance` (NaN where it cannot be told), `df`, `clusters` with members, `lonely` where a stratum
    with members has one cluster, `census` where every stratum with members was taken whole."""

    variance: Numbers
    df: Codes
    clusters: Codes
    lonely: Mask
    census: Mask


def index_clusters(
    size: int, strata: ArrayLike | None, clusters: ArrayLike | None, population: Population | None
) -> Clusters:
    """Clusters of `size` rows.

    A cluster lies in one stratum: the same label in two strata is two clusters. Without `clusters` each row is one.
    `population` N_h: by label of the stratum, one number for every stratum, or (rows,) numbers that agree inside a
    stratum; NaN, or a stratum left out, is not known. ValueError: lengths, missing labels, N_h below n_h.
    """
    if strata is None:
        labels, stratum_of_row = [None], np.zeros(size, dtype=np.int64)
    else:
        labels, stratum_of_row = as_codes(strata, size, "strata")
    if clusters is None:
        of_row, stratum = np.arange(size), stratum_of_row
    else:
        _, code = as_codes(clusters, size, "clusters")
        places, of_row = numbered(stratum_of_row * (code.max(initial=0) + 1) + code, size)
        stratum = places // (code.max(initial=0) + 1)
    sampled = np.bincount(stratum, minlength=len(labels)).astype(np.float64)
    known = _population_of_strata(population, labels, stratum_of_row)
    if (known < sampled).any():
        short = [labels[h] for h in np.flatnonzero(known < sampled)[:3]]
        raise ValueError(f"population: strata {short} have fewer clusters in the population than in the sample.")
    unsampled = np.where(np.isnan(known), 1.0, 1 - sampled / np.where(np.isnan(known), 1.0, known))
    return Clusters(of_row, stratum, sampled, unsampled)


def as_codes(labels: ArrayLike, size: int, name: str) -> tuple[list[Any], Codes]:
    """The distinct labels in order, and for each row the place of its label."""
    array = np.asarray(labels)
    if array.shape != (size,):
        raise ValueError(f"{name}: {size} labels are needed, the array is {array.shape}.")
    unlabelled = int(without_label(array).sum())
    if unlabelled:
        raise ValueError(f"{name}: {unlabelled} rows have no label.")
    distinct, code = np.unique(array, return_inverse=True)
    return distinct.tolist(), code.astype(np.int64)


def without_label(labels: NDArray[Any]) -> Mask:
    """Where the label is None or NaN."""
    if labels.dtype.kind == "f":
        return np.asarray(np.isnan(labels))
    if labels.dtype.kind == "O":
        return np.fromiter((label is None or label != label for label in labels), np.bool_, labels.size)
    return np.zeros(labels.shape, dtype=np.bool_)


def numbered(keys: Codes, size: int) -> tuple[Codes, Codes]:
    """The distinct keys (0 or more) in order, and for each key its place; by counting where they are dense."""
    most = int(keys.max(initial=-1)) + 1
    if most > 4 * size + 1024:
        distinct, place = np.unique(keys, return_inverse=True)
        return distinct, place.astype(np.int64)
    present = np.bincount(keys, minlength=most) > 0
    return np.flatnonzero(present), (np.cumsum(present) - 1)[keys]


def sums(values: Numbers | Mask, group: Codes, groups: int) -> Numbers:
    """Σ values of each of `groups` groups."""
    return np.asarray(np.bincount(group, values, minlength=groups), dtype=np.float64)


def variances(
    influence: Numbers, cluster: Codes, group: Codes, groups: int, sample: Clusters, lonely: Lonely
) -> Variances:
    """Variance of Σ influence in each of `groups` groups.

    V = Σ_h (1 − n_h/N_h) · n_h/(n_h − 1) · Σ_c (U_hc − Ū_h)², U_hc the sum over the group's rows in cluster c, 0 where
    it has none. `influence`, `cluster`, `group`: (rows,). A stratum with one cluster, not all of its population, has no
    variance of its own: `flag` makes V NaN, `adjust` takes (U − mean over all clusters)², `certainty` takes 0.
    Degrees of freedom: clusters − strata over the strata that hold members of the group.
    """
    width, strata = len(sample.stratum), len(sample.sampled)
    cells, cell = numbered(group * width + cluster, influence.size)
    total = sums(influence, cell, cells.size)
    cell_group, cell_cluster = cells // width, cells % width
    layers, layer = numbered(cell_group * strata + sample.stratum[cell_cluster], cells.size)
    layer_group, h = layers // strata, layers % strata
    n_h, unsampled = sample.sampled[h], sample.unsampled[h]
    mean = sums(total, layer, layers.size) / n_h
    empty = n_h - np.bincount(layer, minlength=layers.size)
    squares = sums((total - mean[layer]) ** 2, layer, layers.size) + empty * mean**2
    alone = (n_h == 1) & (unsampled > 0)
    part = unsampled * n_h / np.where(n_h == 1, 1.0, n_h - 1) * squares
    if lonely == "flag":
        part[alone] = np.nan
    elif lonely == "adjust":
        centre = sums(total, cell_group, groups) / width
        part[alone] = (unsampled * (mean - centre[layer_group]) ** 2)[alone]
    peopled = np.bincount(group, minlength=groups) > 0
    return Variances(
        variance=sums(part, layer_group, groups),
        df=sums(n_h - 1, layer_group, groups).astype(np.int64),
        clusters=np.bincount(cell_group, minlength=groups),
        lonely=sums(alone, layer_group, groups) > 0,
        census=(sums(unsampled > 0, layer_group, groups) == 0) & peopled,
    )


def _population_of_strata(population: Population | None, labels: list[Any], stratum_of_row: Codes) -> Numbers:
    if population is None:
        return np.full(len(labels), np.nan)
    if isinstance(population, Mapping):
        return np.array([population.get(label, np.nan) for label in labels], dtype=np.float64)
    given = np.asarray(population, dtype=np.float64)
    if given.ndim == 0:
        return np.full(len(labels), float(given))
    if given.shape != stratum_of_row.shape:
        raise ValueError(f"population: {stratum_of_row.size} numbers are needed, the array is {given.shape}.")
    known = np.empty(len(labels))
    known[stratum_of_row] = given
    if not np.array_equal(known[stratum_of_row], given, equal_nan=True):
        raise ValueError("population: rows of one stratum disagree about its number of clusters.")
    return known
