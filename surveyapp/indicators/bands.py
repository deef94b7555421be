"""Scores to bands and grades: cut-offs are data, and where they fall is decided here."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from surveyapp.indicators.arguments import Numbers

# A sum or root that should lie on a cut may pass it by a rounding error.
ON_THE_CUT = 1e-12


def grade(values: ArrayLike, cuts: Sequence[float]) -> Numbers:
    """Place of each value among ascending `cuts`, whose upper bounds are inclusive.

    1 for ≤ the first cut, and so on up to len(cuts) + 1; NaN stays NaN. A value that passes a cut by less than 1e-12
    is on it. ValueError: cuts that do not ascend.
    """
    if any(later <= earlier for earlier, later in pairwise(cuts)):
        raise ValueError(f"cuts: {list(cuts)} do not ascend.")
    array = np.asarray(values, dtype=np.float64)
    place = 1.0 + np.searchsorted(np.asarray(cuts, dtype=np.float64) + ON_THE_CUT, array)
    return np.where(np.isnan(array), np.nan, place)


def fcs_category(scores: ArrayLike, high: bool = False) -> Numbers:
    """Food consumption score to 1 poor, 2 borderline, 3 acceptable; NaN stays NaN.

    Cuts 21 and 35, or 28 and 42 where oil and sugar are eaten daily (`high`). Source: WFP VAM, RAMResourcesScripts.
    """
    return grade(scores, (28, 42) if high else (21, 35))


def fes_band(shares: ArrayLike) -> Numbers:
    """Food share of spending to bands: < .50 1, < .65 2, < .75 3, else 4; NaN stays NaN. Source: WFP VAM, CARI."""
    array = np.asarray(shares, dtype=np.float64)
    return np.where(np.isnan(array), np.nan, 1.0 + np.searchsorted((0.5, 0.65, 0.75), array, side="right"))
