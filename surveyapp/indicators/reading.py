"""What a formula sees: its declared inputs and nothing else.

`Answers` gives questions as columns with skip logic applied, for one slice of the households; a `Reading` is one
indicator's view of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from surveyapp.indicators.columns import Column, Mask, Reason, capped_share, is_choice
from surveyapp.indicators.declaration import Indicator, resolve
from surveyapp.indicators.frame import Frame, lacking, unknown_column
from surveyapp.indicators.inputs import QUESTIONS, Gate, Question
from surveyapp.indicators.parameters import Parameters
from surveyapp.indicators.roster import Roster
from surveyapp.indicators.scoring import goalpost
from surveyapp.indicators.settings import Settings

MONTHS_RESIDENT = 6


class UndeclaredUseError(LookupError):
    """A formula read what its declaration does not name."""


class Answers:
    """Questions of the households `start` to `stop`, by name in the catalogue."""

    def __init__(self, frame: Frame, settings: Settings, start: int, stop: int) -> None:
        self.frame = frame
        self.settings = settings
        self.households = slice(start, stop)
        first, last = np.searchsorted(frame.household, [start, stop])
        self.members = slice(int(first), int(last))
        self.n = stop - start
        self._read: dict[str, Column] = {}
        self._not_interviewed = self._find_not_interviewed()
        self.roster = Roster(self.n, frame.household[self.members] - start, self._not_interviewed)

    def __call__(self, name: str) -> Column:
        """The column of one question, missing values with their reasons, structural values filled in."""
        if name not in self._read:
            self._read[name] = self._make(QUESTIONS[name])
        return self._read[name]

    def _make(self, question: Question) -> Column:
        if question.name == "hh_size" and self.settings.hh_rule == "resident":
            return self._count_residents()
        in_form = self.settings.in_form(question.name)
        column = self._slice(question, in_form)
        if column.reasons.any():
            column = self._without_interview(question, column)
            for gate in question.gates:
                column = self._behind(gate, column)
        lacks = lacking(self.frame, in_form, self.households)
        if lacks is None:
            return column
        return _missing_where(column, lacks if question.place == "main" else lacks[self.roster.household])

    def _count_residents(self) -> Column:
        months = self("m_months_home")
        resident = months.holds(lambda values: values >= MONTHS_RESIDENT)
        return self.roster.total(resident)

    def _slice(self, question: Question, in_form: str) -> Column:
        main = question.place == "main"
        columns, rows = (self.frame.main, self.households) if main else (self.frame.member, self.members)
        n = self.n if main else rows.stop - rows.start
        column = columns.get(in_form)
        if column is None:
            return unknown_column(question, n)
        column = column.rows(rows)
        if question.kind != "number" or column.values.dtype == np.float64:
            return column
        values = column.values.astype(np.float64)
        values[column.reasons != 0] = np.nan
        return Column(values, column.reasons)

    def _find_not_interviewed(self) -> Mask | None:
        consent = self.frame.main.get(self.settings.in_form("consent"))
        if consent is None:
            return None
        refused = ~is_choice(consent.rows(self.households), ("yes",))
        return refused if refused.any() else None

    def _without_interview(self, question: Question, column: Column) -> Column:
        if self._not_interviewed is None or question.place != "main":
            return column
        blank = self._not_interviewed & (column.reasons == Reason.BLANK)
        reasons = np.where(blank, np.uint8(Reason.NOT_ASKED), column.reasons)
        return Column(column.values, reasons, column.levels, column.ticks)

    def _behind(self, gate: Gate, column: Column) -> Column:
        unanswered = (column.reasons == Reason.BLANK) | (column.reasons == Reason.NOT_ASKED)
        if not unanswered.any() or not all(self._has(name) for name in gate.needs):
            return column
        asked = gate.asked(self)
        closed = unanswered & (asked.values == 0)
        unknown = unanswered & (asked.reasons != 0) & (asked.reasons != Reason.NOT_IN_VERSION)
        reasons = np.where(unknown, asked.reasons, column.reasons)
        if gate.value is None:
            return Column(column.values, np.where(closed, np.uint8(gate.reason), reasons), column.levels, column.ticks)
        reasons[closed] = 0
        if isinstance(gate.value, str):
            levels = column.levels if gate.value in column.levels else (*column.levels, gate.value)
            return Column(np.where(closed, levels.index(gate.value), column.values), reasons, levels)
        return Column(np.where(closed, gate.value, column.values), reasons)

    def _has(self, name: str) -> bool:
        question = QUESTIONS[name]
        columns = self.frame.main if question.place == "main" else self.frame.member
        return self.settings.in_form(name) in columns


def _missing_where(column: Column, lacks: Mask) -> Column:
    reasons = np.where(lacks, np.uint8(Reason.NOT_IN_VERSION), column.reasons)
    if column.ticks:
        return Column(np.where(lacks, np.uint64(0), column.values), reasons, column.levels, ticks=True)
    if column.values.dtype == np.float64:
        return Column(np.where(lacks, np.nan, column.values), reasons)
    return Column(np.where(lacks, -1, column.values), reasons, column.levels)


@dataclass(frozen=True)
class Reading:
    """One indicator's view: `reading["h_area_@"]` is a question, `reading["area_pc@"]` another indicator's result.

    Raises UndeclaredUseError for anything that the declaration does not name.
    """

    indicator: Indicator
    answers: Answers
    results: Mapping[str, Column]
    settings: Settings
    parameters: Parameters
    raised: dict[str, Mask] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def __getitem__(self, name: str) -> Column:
        full = resolve(name, self.indicator.when)
        if full not in self.indicator.inputs and full not in self.indicator.depends:
            raise UndeclaredUseError(f"The formula of '{self.indicator.code}' reads '{full}' without declaring it.")
        self.used.add(full)
        return self.answers(full) if full in QUESTIONS else self.results[full]

    @property
    def n(self) -> int:
        """How many households."""
        return self.answers.n

    @property
    def roster(self) -> Roster:
        """Which household each member belongs to."""
        return self.answers.roster

    def all_of_them(self, names: Iterator[str] | tuple[str, ...]) -> list[Column]:
        """Several columns at once."""
        return [self[name] for name in names]

    def score(self, name: str, column: Column) -> Column:
        """The column between its goalposts: those of the settings, or the stored pooled bounds."""
        worst, best = self.settings.goalposts[name] if name != "inc_pc" else (0.0, self.settings.highest_income)
        if self.settings.bounds == "fixed":
            return goalpost(column, worst, best, self.settings.shift)
        bounds = self.parameters.bounds.get(name)
        if bounds is None:
            return Column(np.full(self.n, np.nan), np.maximum(column.reasons, np.uint8(Reason.NOT_FITTED)))
        low, high = bounds
        return goalpost(column, *((low, high) if worst <= best else (high, low)), self.settings.shift)

    def share_of_cap(self, name: str, column: Column) -> Column:
        """min(x, cap)/cap."""
        return capped_share(column, self.settings.caps[name])

    def flag(self, name: str, where: Mask) -> None:
        """Mark households. Raises UndeclaredUseError for a mark that the declaration does not name."""
        if name not in self.indicator.flags:
            raise UndeclaredUseError(f"The formula of '{self.indicator.code}' sets '{name}' without declaring it.")
        self.raised[name] = where
