"""From the rows of a repeat to their households: counts, sums, any and every, with what is missing kept."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surveyapp.indicators.columns import Column, Mask, Reason, Reasons


@dataclass(frozen=True)
class Roster:
    """`n` households and for each row of the repeat the place (0 to n - 1) of its household, ascending.

    `not_interviewed` marks households that were asked nothing: without rows, they are not asked, others blank.
    """

    n: int
    household: NDArray[np.int64]
    not_interviewed: Mask | None = None

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """Rows of each household."""
        return np.bincount(self.household, minlength=self.n)

    @cached_property
    def empty(self) -> Reasons:
        """Why households without a row have no result; 0 for all others."""
        asked = np.ones(self.n, bool) if self.not_interviewed is None else ~self.not_interviewed
        why = np.where(asked, np.uint8(Reason.BLANK), np.uint8(Reason.NOT_ASKED))
        return np.where(self.counts == 0, why, np.uint8(0))

    def count(self, rows: Mask) -> NDArray[np.float64]:
        """How many of the marked rows each household has."""
        return np.bincount(self.household[rows], minlength=self.n).astype(np.float64)

    def total(self, column: Column, among: Mask | None = None) -> Column:
        """Σ over rows (those of `among`); missing where one of them is."""
        rows = np.ones(len(column), bool) if among is None else among
        used = rows & column.given
        sums = np.bincount(self.household[used], weights=column.values[used], minlength=self.n)
        return self._with_reasons(sums, self.worst(column.reasons, rows))

    def mean(self, column: Column, among: Mask) -> Column:
        """The mean over the rows of `among`; missing where one of them is, not applicable where there is none."""
        total, count = self.total(column, among), self.count(among)
        nobody = (count == 0) & total.given
        reasons = np.where(nobody, np.uint8(Reason.NOT_APPLICABLE), total.reasons)
        values = np.where(nobody, np.nan, total.values / np.maximum(count, 1))
        return Column(values, reasons)

    def any(self, flag: Column, among: Mask | None = None) -> Column:
        """1 where a row is known to be 1; else missing where a row is; else 0."""
        rows = np.ones(len(flag), bool) if among is None else among
        yes = self.count(rows & (flag.values == 1)) > 0
        reasons = self.worst(flag.reasons, rows)
        reasons[yes] = 0
        return self._with_reasons(yes.astype(np.float64), reasons)

    def every(self, flag: Column, among: Mask | None = None) -> Column:
        """0 where a row is known to be 0; else missing where a row is; else 1."""
        rows = np.ones(len(flag), bool) if among is None else among
        no = self.count(rows & (flag.values == 0)) > 0
        reasons = self.worst(flag.reasons, rows)
        reasons[no] = 0
        return self._with_reasons(1.0 - no, reasons)

    def worst(self, reasons: Reasons, among: Mask) -> Reasons:
        """The largest reason among the marked rows of each household, 0 where all are given."""
        found = np.zeros(self.n, np.uint8)
        rows = np.flatnonzero(among & (reasons != 0))
        if rows.size:
            np.maximum.at(found, self.household[rows], reasons[rows])
        return found

    def _with_reasons(self, values: NDArray[Any], reasons: Reasons) -> Column:
        reasons = np.maximum(reasons, self.empty)
        return Column(np.where(reasons == 0, values, np.nan).astype(np.float64, copy=False), reasons)


def between(ages: Column, lowest: float, highest: float = np.inf) -> Mask:
    """Rows whose age is known to lie in the range, both ends included."""
    found: Mask = (ages.values >= lowest) & (ages.values <= highest)
    return found
