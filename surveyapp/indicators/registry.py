"""The indicators in the order in which they can be computed.

Refused, with a RegistryError that says which: two of one code, an input that no question has, a dependency that does
not exist or runs in a circle. That a formula reads only what it declares is proved by running each on no households.
"""

import graphlib
from collections.abc import Iterable, Iterator

import numpy as np

from surveyapp.indicators.columns import Column
from surveyapp.indicators.declaration import Indicator
from surveyapp.indicators.frame import SurveyFrame
from surveyapp.indicators.inputs import QUESTIONS
from surveyapp.indicators.parameters import NO_PARAMETERS
from surveyapp.indicators.reading import Answers, Reading, UndeclaredUseError
from surveyapp.indicators.settings import Settings


class RegistryError(ValueError):
    """A catalogue that cannot be computed."""


class Registry:
    """A checked catalogue. Iterating gives the indicators in the order of declaration.

    `accompanied` names figures of villages that some indicators are parts of.
    """

    def __init__(self, indicators: Iterable[Indicator], accompanied: Iterable[str] = ()) -> None:
        self._accompanied = frozenset(accompanied)
        self._by_code: dict[str, Indicator] = {}
        for indicator in indicators:
            if indicator.code in self._by_code or indicator.code in QUESTIONS:
                raise RegistryError(f"'{indicator.code}' is declared twice, or is the name of a question.")
            self._by_code[indicator.code] = indicator
        self._check_names()
        self._order = self._sorted()
        self._try_out()

    def __iter__(self) -> Iterator[Indicator]:
        return iter(self._by_code.values())

    def __getitem__(self, code: str) -> Indicator:
        return self._by_code[code]

    def __contains__(self, code: str) -> bool:
        return code in self._by_code

    def list_codes(self, set_name: str) -> tuple[str, ...]:
        """The codes of CORE, BLOCK or EXT as the catalogue counts them, without twins and parts."""
        return tuple(one.code for one in self if one.set == set_name and one.counted)

    def with_company(self, codes: Iterable[str]) -> tuple[str, ...]:
        """The codes, their twins and their parts, in the order of declaration."""
        wanted = set(codes)
        wanted |= {one.code for one in self if one.twin_of in wanted}
        wanted |= {one.code for one in self if one.part_of in wanted}
        return tuple(one.code for one in self if one.code in wanted)

    def in_order(self, codes: Iterable[str]) -> list[Indicator]:
        """These indicators and all that they depend on, each after what it needs. Raises RegistryError."""
        needed: set[str] = set()
        waiting = list(codes)
        while waiting:
            code = waiting.pop()
            if code not in self._by_code:
                raise RegistryError(f"There is no indicator '{code}'.")
            if code not in needed:
                needed.add(code)
                waiting.extend(self._by_code[code].depends)
        return [self._by_code[code] for code in self._order if code in needed]

    def all_inputs(self, dropped: Iterable[str] = ()) -> dict[str, frozenset[str]]:
        """For each code every question that it rests on, through others too, but not through those `dropped`."""
        left_out = set(dropped)
        found: dict[str, frozenset[str]] = {}
        for code in self._order:
            one = self._by_code[code]
            through = [found[other] for other in one.depends if other not in left_out]
            found[code] = frozenset(one.inputs).union(*through)
        return found

    def not_computable(self, questions: Iterable[str], settings: Settings) -> dict[str, list[str]]:
        """For a form version with these questions: each indicator that cannot be computed, and what it lacks."""
        have = set(questions)
        dropped = [f"mpi_d_{name}" for name in settings.mpi.drop]
        return {
            code: sorted(lacking)
            for code, inputs in self.all_inputs(dropped).items()
            if (lacking := {name for name in inputs if settings.in_form(name) not in have})
        }

    def _check_names(self) -> None:
        for one in self:
            if unknown := [name for name in one.inputs if name not in QUESTIONS]:
                raise RegistryError(f"'{one.code}' reads '{unknown[0]}', which is no question of the catalogue.")
            if unknown := [name for name in one.depends if name not in self._by_code]:
                raise RegistryError(f"'{one.code}' depends on '{unknown[0]}', which is not declared.")
            if one.part_of and one.part_of not in self._by_code and one.part_of not in self._accompanied:
                raise RegistryError(f"'{one.code}' is part of '{one.part_of}', which is not declared.")

    def _sorted(self) -> list[str]:
        try:
            return list(graphlib.TopologicalSorter({one.code: one.depends for one in self}).static_order())
        except graphlib.CycleError as error:
            raise RegistryError("Indicators depend on one another in a circle: " + " → ".join(error.args[1])) from error

    def _try_out(self) -> None:
        nobody = np.zeros(0, np.int64)
        frame = SurveyFrame(0, {}, {}, nobody, nobody, (), {})
        settings = Settings()
        answers = Answers(frame, settings, 0, 0)
        results: dict[str, Column] = {}
        for code in self._order:
            reading = Reading(self._by_code[code], answers, results, settings, NO_PARAMETERS)
            try:
                results[code] = reading.indicator.formula(reading)
            except UndeclaredUseError as error:
                raise RegistryError(str(error)) from error
