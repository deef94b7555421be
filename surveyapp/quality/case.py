"""One interview before its checks, and what they all need: values, labels, comparisons, findings."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from surveyapp.quality.declaration import QualityFinding, Setting
from surveyapp.quality.distributions import Distribution
from surveyapp.quality.interview import Interview, Row
from surveyapp.quality.plan import DONT_KNOW_CODES, REFUSED_CODES, Plan
from surveyapp.quality.surroundings import Neighbour, Surroundings
from surveyapp.values import INVALID

MISSING_CODES: Final = DONT_KNOW_CODES | REFUSED_CODES


@dataclass(frozen=True, slots=True)
class Skipped:
    """A check that could say nothing: too few to compare with, or an expression that cannot be evaluated here."""

    check: str
    questions: tuple[str, ...]
    reason: str


@dataclass(slots=True)
class Case:
    """An interview, its plan and what lies around it. `surroundings` are None for the checks at receipt; `alike`
    is filled by the first check that looks for near duplicates.
    """

    plan: Plan
    interview: Interview
    now: datetime.datetime
    surroundings: Surroundings | None = None
    skipped: list[Skipped] = field(default_factory=list)
    alike: tuple[Neighbour, ...] | None = None

    def rows_at(self, path: str) -> "list[Row] | tuple[Row, ...]":
        """The rows that hold the question at `path`: the record itself, or those of its repeat."""
        repeat = self.plan.definition.repeat_of.get(path, "")
        return list(self.interview.rows.get(repeat, ())) if repeat else (self.interview.main,)

    def values(self, path: str) -> Iterator[tuple[Row, Any]]:
        """The answers to a question, with the row of each; what is blank or not of its type is left out."""
        for row in self.rows_at(path):
            value = row.values.get(path)
            if value is not None and value is not INVALID:
                yield row, value

    def numbers(self, path: str) -> Iterator[tuple[Row, float]]:
        """The answers that are numbers, without missing codes."""
        for row, value in self.values(path):
            if isinstance(value, int | float) and not isinstance(value, bool) and value not in MISSING_CODES:
                yield row, float(value)

    def number_in(self, row: Row, path: str) -> float | None:
        """The number that a question has in this row, else in the record; None where it has none."""
        value = row.values.get(path, self.interview.main.values.get(path))
        if value is INVALID or not isinstance(value, int | float) or isinstance(value, bool):
            return None
        return None if value in MISSING_CODES else float(value)

    def local(self, instant: datetime.datetime) -> datetime.datetime:
        """An instant in the form's zone, else in that of the phone."""
        return instant.astimezone(self.plan.zone) if self.plan.zone else instant

    @property
    def interview_day(self) -> datetime.date:
        """The day of the interview where it was held."""
        summary = self.interview.summary
        return self.local(summary.start or summary.received_at).date()

    def find(
        self, setting: Setting, *paths: str, row: Row | None = None, message: str = "", **parts: Any
    ) -> QualityFinding:
        """A finding about this interview at `paths`, in `row` where that is one of a repeat.

        Further keywords are fields of QualityFinding, or else arguments of its message.
        """
        arguments = {name: str(parts.pop(name)) for name in list(parts) if name not in FINDING_FIELDS}
        if paths:
            arguments.setdefault("label", self.plan.label(paths[0]))
        return setting.find(
            message,
            instance_id=self.interview.facts.instance_id,
            repeat_path=row.repeat if row is not None else "",
            row_key=row.key if row is not None else "",
            questions=paths,
            arguments=arguments,
            **parts,
        )

    def group_of(self, setting: Setting) -> str:
        """The answer by which the setting makes its groups."""
        return self.interview.summary.groups.get(setting.by, "") if setting.by else ""

    def compare(self, setting: Setting, measure: str) -> Distribution | None:
        """The numbers to compare a measure with: of the group if that has enough, else of all; None and noted as
        skipped where there are too few.
        """
        if self.surroundings is None:
            return None
        if setting.by:
            group = self.group_of(setting)
            near = self.surroundings.find_distribution(measure, setting.by, group) if group else None
            if near is not None and near.enough:
                return near
        found = self.surroundings.find_distribution(measure, "", "")
        if found is not None and found.enough:
            return found
        self.skip(setting, f"too few to compare with: {0 if found is None else found.n} values")
        return None

    def skip(self, setting: Setting, reason: str) -> None:
        """Note that the setting could say nothing."""
        self.skipped.append(Skipped(setting.id, setting.questions, reason))


FINDING_FIELDS: Final = frozenset({"severity", "observed", "expected", "binding", "suggestion", "subject"})


def shown(value: float) -> str:
    """A number as messages show it: at most four digits behind the point, no trailing zeros."""
    return f"{value:.4f}".rstrip("0").rstrip(".") if abs(value) < 1e15 else f"{value:g}"
