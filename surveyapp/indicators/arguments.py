"""What the measures accept: arguments become float64 arrays, or are refused in words.

Everything raised here is a ValueError that says which argument, what is wrong with it and how many values it concerns.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers: TypeAlias = NDArray[np.float64]
Invalid: TypeAlias = Literal["refuse", "missing"]
Weight: TypeAlias = Fraction | int | float | str

LARGEST_EXACT: Final = 2**53
# Scores that are means of means may pass 0 or 1 by a rounding error; more than this is another scale.
ROUNDING: Final = 1e-9


def as_values(values: ArrayLike, name: str = "values") -> Numbers:
    """`values` as one column of finite numbers; a missing value is refused: to leave it out is the caller's choice."""
    column = np.asarray(values, dtype=np.float64)
    if column.ndim != 1:
        raise ValueError(f"{name}: one column is needed, the array has {column.ndim} dimensions.")
    finite = np.isfinite(column)
    if not finite.all():
        odd = column.size - int(finite.sum())
        raise ValueError(f"{name}: {odd} of {column.size} are missing or infinite. Leave them out, and say how many.")
    return column


def as_weights(weights: ArrayLike | None, size: int, name: str = "weights") -> Numbers:
    """`size` finite weights of 0 or more; ones where none are given."""
    if weights is None:
        return np.ones(size)
    column = as_values(weights, name)
    if column.size != size:
        raise ValueError(f"{name}: {column.size} weights for {size} values.")
    if (column < 0).any():
        raise ValueError(f"{name}: {int((column < 0).sum())} are negative.")
    return column


def as_unit_scores(scores: ArrayLike, name: str = "scores") -> Numbers:
    """Scores in [0, 1] with their last axis for the systems; NaN stays, rounding errors at the ends are cut off."""
    array = as_parts(scores, name)
    outside = (array < -ROUNDING) | (array > 1 + ROUNDING)
    if outside.any():
        raise ValueError(f"{name}: {int(outside.sum())} lie outside 0 to 1. Bring them to one scale first.")
    return np.clip(array, 0.0, 1.0)


def as_parts(parts: ArrayLike, name: str) -> Numbers:
    """An array whose last axis holds the parts of one thing; a single row is allowed."""
    array = np.asarray(parts, dtype=np.float64)
    if array.ndim == 0 or array.shape[-1] == 0:
        raise ValueError(f"{name}: the last axis must hold at least one part.")
    return array


def without_invalid(array: Numbers, allowed: NDArray[np.bool_], name: str, wanted: str, invalid: Invalid) -> Numbers:
    """`array`, where what is neither missing nor `allowed` is refused, or becomes missing."""
    odd = ~(allowed | np.isnan(array))
    if not odd.any():
        return array
    if invalid == "refuse":
        raise ValueError(f"{name}: {int(odd.sum())} answers are not {wanted}. Correct them, or count them as missing.")
    return np.where(odd, np.nan, array)


def exact(number: Weight) -> Fraction:
    """The fraction that was meant: 0.1 is 1/10, and the float nearest to 1/3 is 1/3."""
    if isinstance(number, (Fraction, int, str)):
        return Fraction(number)
    floating = float(number)
    simple = Fraction(floating).limit_denominator(10_000)
    return simple if float(simple) == floating else Fraction(repr(floating))


def exact_weights(weights: Sequence[Weight]) -> tuple[Fraction, ...]:
    """Weights that add up to exactly 1.

    Whole numbers are points (3, 3, 1, …) and are divided by their sum. Fractions, texts (`"1/6"`) and floats must add
    up to 1; what floats lack by rounding is shared out. ValueError: none, negative, all 0, or another sum.
    """
    given = [exact(weight) for weight in weights]
    total = sum(given, Fraction(0))
    if not given or total <= 0 or min(given) < 0:
        raise ValueError("weights: at least one is needed, none may be negative and not all 0.")
    points = all(weight.denominator == 1 for weight in given)
    if not points and abs(total - 1) > ROUNDING:
        raise ValueError(f"weights: they add up to {float(total):.6g}. Give shares that add up to 1, or whole points.")
    return tuple(weight / total for weight in given)


def whole_points(weights: Sequence[Fraction]) -> tuple[Numbers, int]:
    """Weights as whole numbers of their common denominator, and that denominator; float64 adds such numbers exactly."""
    whole = math.lcm(*(weight.denominator for weight in weights))
    if whole > LARGEST_EXACT:
        raise ValueError("weights: their common denominator is too large to be exact. Round them to fewer digits.")
    return np.array([float(weight * whole) for weight in weights]), whole
