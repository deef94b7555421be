"""Scores from 0 to 1, means with a rule of coverage, and three-valued and/or over columns."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from surveyapp.indicators.bands import grade
from surveyapp.indicators.columns import Column, Mask, Reason


def goalpost(column: Column, worst: float, best: float, shift: float = 0.0) -> Column:
    """clip((x - worst)/(best - worst), 0, 1); `worst` above `best` turns the direction round.

    With `shift` e the score is rescaled to [e, 1 - e]. Where the goalposts coincide the score is 0 for all and marked
    constant.
    """
    if worst == best:
        values = np.where(column.given, 0.0, np.nan)
        return Column(values, column.reasons, constant=True)
    values = np.clip((column.values - worst) / (best - worst), 0.0, 1.0)
    if shift:
        values = shift + (1 - 2 * shift) * values
    return Column(values, column.reasons)


def mean_of(terms: Sequence[Column], at_least: int | None = None) -> Column:
    """The mean of the terms that are present, where at least so many are; without `at_least` all are needed.

    Constant scores are left out and the rest renormalised. Where too few are present the reason is the largest among
    the missing terms.
    """
    varying = [term for term in terms if not term.constant]
    if not varying:
        return terms[0]
    needed = len(varying) if at_least is None else max(1, at_least - (len(terms) - len(varying)))
    reasons = np.maximum.reduce([term.reasons for term in varying])
    if not reasons.any():
        total = varying[0].values.copy()
        for term in varying[1:]:
            total += term.values
        total /= len(varying)
        return Column(total, reasons)
    present = np.zeros(len(reasons), np.uint8)
    total = np.zeros(len(reasons))
    for term in varying:
        given = term.given
        present += given
        total += np.where(given, term.values, 0.0)
    enough = present >= needed
    values = np.where(enough, total / np.maximum(present, 1), np.nan)
    return Column(values, np.where(enough, 0, reasons).astype(np.uint8))


def mean_without_inapplicable(terms: Sequence[Column], at_least: int, at_least_without: int) -> Column:
    """As `mean_of`, with a lower bar where one of the terms does not apply to the household."""
    not_applicable = np.logical_or.reduce([term.reasons == Reason.NOT_APPLICABLE for term in terms])
    strict, lenient = mean_of(terms, at_least), mean_of(terms, at_least_without)
    return Column(
        np.where(not_applicable, lenient.values, strict.values),
        np.where(not_applicable, lenient.reasons, strict.reasons),
    )


def sum_of(terms: Sequence[Column]) -> Column:
    """The strict sum: missing where any term is."""
    total = terms[0].values.copy()
    reasons = terms[0].reasons.copy()
    for term in terms[1:]:
        total += term.values
        np.maximum(reasons, term.reasons, out=reasons)
    return Column(total, reasons)


def count_missing_as_zero(terms: Sequence[Column]) -> tuple[Column, Mask]:
    """The sum with missing terms counted as 0, and where that happened; missing where all are."""
    reasons = np.maximum.reduce([term.reasons for term in terms])
    total = np.zeros(len(reasons))
    none = np.ones(len(reasons), bool)
    for term in terms:
        total += np.where(term.given, term.values, 0.0)
        none &= ~term.given
    total[none] = np.nan
    return Column(total, np.where(none, reasons, 0).astype(np.uint8)), (reasons != 0) & ~none


def any_of(terms: Sequence[Column]) -> Column:
    """1 where one term is known to be 1; else missing where one is missing; else 0."""
    yes = np.logical_or.reduce([term.values == 1 for term in terms])
    reasons = np.maximum.reduce([term.reasons for term in terms])
    reasons[yes] = 0
    return Column(np.where(reasons == 0, yes.astype(np.float64), np.nan), reasons)


def all_of(terms: Sequence[Column]) -> Column:
    """0 where one term is known to be 0; else missing where one is missing; else 1."""
    no = np.logical_or.reduce([term.values == 0 for term in terms])
    reasons = np.maximum.reduce([term.reasons for term in terms])
    reasons[no] = 0
    return Column(np.where(reasons == 0, (~no).astype(np.float64), np.nan), reasons)


def negation(flag: Column) -> Column:
    """1 for 0 and 0 for 1."""
    return 1.0 - flag


def in_bands(column: Column, lower_bounds: Sequence[float]) -> Column:
    """The number of the band, from 0: a value that equals a bound lies in the upper band."""
    places = np.searchsorted(np.asarray(lower_bounds, dtype=np.float64), column.values, side="right")
    return Column(np.where(column.given, places.astype(np.float64), np.nan), column.reasons)


def in_grades(column: Column, upper_bounds: Sequence[float]) -> Column:
    """The number of the band, from 0: a value that equals a bound lies in the lower band."""
    return Column(grade(column.values, upper_bounds) - 1, column.reasons)


def as_levels(places: Column, levels: Sequence[str]) -> Column:
    """Numbers of bands as a choice column with names."""
    codes = np.where(places.given, places.values, -1).astype(np.int16)
    return Column(codes, places.reasons, tuple(levels))


def fraction_sum(flags: Sequence[Column], weights: Sequence[Fraction]) -> Column:
    """The weighted sum of 0/1 columns, in whole numbers over the weights' common denominator until the last division.

    Summing ten weights of 0.1 in floating point gives 0.9999999999999999 and would move households across a cut-off.
    """
    if not flags:
        raise ValueError("No deprivation is left to add up.")
    denominator = np.lcm.reduce([weight.denominator for weight in weights])
    reasons = np.maximum.reduce([flag.reasons for flag in flags])
    count = np.zeros(len(reasons))
    for flag, weight in zip(flags, weights, strict=True):
        count += int(weight * int(denominator)) * flag.values
    count /= float(denominator)
    return Column(count, reasons)
