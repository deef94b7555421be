"""The household layer: from answers to a table of indicators with reasons for what is missing.

Households are worked on in slices that fit the processor's cache, so that memory stays bounded and each figure of a
household depends on that household alone (and on stored parameters): see `surveyapp.indicators.joining`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from surveyapp.indicators.catalogue import CATALOGUE
from surveyapp.indicators.columns import Column, Mask, Reason
from surveyapp.indicators.declaration import Indicator
from surveyapp.indicators.frame import Frame
from surveyapp.indicators.parameters import NO_PARAMETERS, Parameters
from surveyapp.indicators.reading import Answers, Reading
from surveyapp.indicators.registry import Registry
from surveyapp.indicators.settings import Settings

SLICE: Final = 1 << 12


@dataclass(frozen=True)
class IndicatorTable:
    """One row a household, one column an indicator, in the order of the catalogue.

    `marks` are by indicator and name of mark. The hashes say under which settings and parameters it was computed;
    `not_computable` which indicators a form version cannot give, and the questions that it lacks.
    """

    n: int
    columns: Mapping[str, Column]
    marks: Mapping[tuple[str, str], Mask]
    not_computable: Mapping[str, Mapping[str, list[str]]]
    settings_hash: str
    parameters_hash: str

    def __getitem__(self, code: str) -> Column:
        return self.columns[code]

    @cached_property
    def computable(self) -> frozenset[str]:
        """The indicators that at least one version of the form can give."""
        lacking = [set(codes) for codes in self.not_computable.values()]
        nowhere = set.intersection(*lacking) if lacking else set()
        return frozenset(code for code in self.columns if code not in nowhere)

    def rows(self, which: NDArray[Any]) -> "IndicatorTable":
        """Some of the households; a column is picked when it is asked for."""
        return replace(
            self,
            n=len(np.arange(self.n)[which]),
            columns=_Picked(self.columns, which),
            marks={name: mask[which] for name, mask in self.marks.items()},
        )


class _Picked(Mapping[str, Column]):
    """The same rows of each column."""

    def __init__(self, columns: Mapping[str, Column], which: NDArray[Any]) -> None:
        self._columns = columns
        self._which = which

    def __getitem__(self, code: str) -> Column:
        return self._columns[code].rows(self._which)

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __contains__(self, code: object) -> bool:
        return code in self._columns

    def __len__(self) -> int:
        return len(self._columns)


def compute_households(
    frame: Frame,
    settings: Settings | None = None,
    parameters: Parameters = NO_PARAMETERS,
    *,
    codes: Iterable[str] | None = None,
    catalogue: Registry = CATALOGUE,
    slice_size: int = SLICE,
) -> IndicatorTable:
    """All indicators, or those named with their twins and parts, for every household of the frame.

    Raises RegistryError for a code that does not exist.
    """
    settings = settings or Settings()
    asked = catalogue.with_company(codes) if codes is not None else tuple(one.code for one in catalogue)
    order = catalogue.in_order(asked if codes is None else {*codes, *asked})
    making = _Making(frame.n, asked)
    for start in range(0, max(frame.n, 1), slice_size):
        stop = min(start + slice_size, frame.n)
        answers = Answers(frame, settings, start, stop)
        results: dict[str, Column] = {}
        for one in order:
            reading = Reading(one, answers, results, settings, parameters)
            results[one.code] = one.formula(reading)
            making.take(one, start, stop, results[one.code], reading.raised)
    lacking = {version: catalogue.not_computable(frame.questions[version], settings) for version in frame.versions}
    return IndicatorTable(
        n=frame.n,
        columns=making.finish(frame, lacking),
        marks=making.marks,
        not_computable={
            version: {code: found[code] for code in asked if code in found} for version, found in lacking.items()
        },
        settings_hash=settings.hash,
        parameters_hash=parameters.hash,
    )


class _Making:
    """Columns of the whole table, filled slice by slice.

    One that is the same everywhere holds its value once: of a form that asks for little, nearly all are missing.
    """

    def __init__(self, n: int, codes: Iterable[str]) -> None:
        self.n = n
        self.wanted = tuple(codes)
        self.columns: dict[str, Column] = {}
        self.marks: dict[tuple[str, str], Mask] = {}
        self._wanted = set(self.wanted)

    def take(self, one: Indicator, start: int, stop: int, column: Column, raised: Mapping[str, Mask]) -> None:
        """One indicator of one slice."""
        if one.code not in self._wanted:
            return
        if one.code not in self.columns:
            first = Column(column.values[:1], column.reasons[:1], column.levels)
            self.columns[one.code] = _repeat(first, self.n)
        whole = self.columns[one.code]
        if not _goes_on(whole.values, column.values) or not _goes_on(whole.reasons, column.reasons):
            whole = self._open(one.code)
            whole.values[start:stop] = column.values
            whole.reasons[start:stop] = column.reasons
        for name, where in raised.items():
            if where.any():
                self.marks.setdefault((one.code, name), np.zeros(self.n, bool))[start:stop] = where

    def finish(self, frame: Frame, lacking: Mapping[str, Mapping[str, list[str]]]) -> dict[str, Column]:
        """The columns in the order asked, NOT_IN_VERSION where a version lacks an input."""
        if any(lacking.values()):
            for code in self.wanted:
                lacks = np.array([code in lacking[version] for version in frame.versions], bool)
                if lacks.any():
                    self._blank(code, lacks[frame.version])
        return {code: self.columns[code] for code in self.wanted}

    def _open(self, code: str) -> Column:
        """The column, to be written to."""
        column = self.columns[code]
        if not column.values.flags.writeable:
            column = self.columns[code] = Column(column.values.copy(), column.reasons.copy(), column.levels)
        return column

    def _blank(self, code: str, where: Mask) -> None:
        column = self.columns[code]
        if where.all():
            nothing = np.array([-1 if column.levels else np.nan], column.values.dtype)
            reason = np.array([Reason.NOT_IN_VERSION], np.uint8)
            self.columns[code] = _repeat(Column(nothing, reason, column.levels), self.n)
        else:
            self._blank_some(code, where)
        for (owner, _), mask in self.marks.items():
            if owner == code:
                mask[where] = False

    def _blank_some(self, code: str, where: Mask) -> None:
        column = self._open(code)
        column.values[where] = -1 if column.levels else np.nan
        column.reasons[where] = Reason.NOT_IN_VERSION


def _repeat(first: Column, n: int) -> Column:
    """A column of `n` times the same; its arrays cannot be written to."""
    return Column(np.broadcast_to(first.values, n), np.broadcast_to(first.reasons, n), first.levels)


def _goes_on(whole: NDArray[Any], part: NDArray[Any]) -> bool:
    """Whether a column that is the same everywhere so far is so in one more slice."""
    if whole.flags.writeable:
        return False
    first = whole[:1]
    return bool(((part == first) | ((part != part) & (first != first))).all())
