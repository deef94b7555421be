"""Indicators as plain rows, for whatever writes them down."""

import math
from collections.abc import Iterator
from typing import Any, Final

from surveyapp.indicators.columns import REASON_NAMES, Reason
from surveyapp.indicators.figures import Figure
from surveyapp.indicators.tabulation import Tabulation

FIGURE: Final = ("code", "place", "estimate", "se", "lower", "upper", "df", "n", "flags", "text", "masked")


def list_household_rows(found: Tabulation) -> Iterator[dict[str, Any]]:
    """One row a household: keys, then for each indicator its value and why it is missing."""
    columns = found.table.columns
    for place, household in enumerate(found.households):
        row: dict[str, Any] = {"_submission_no": household.submission_no, "_instance_id": household.instance_id}
        for code, column in columns.items():
            reason = Reason(int(column.reasons[place]))
            given = reason is Reason.GIVEN
            row[code] = _value(column.levels, column.values[place]) if given else None
            row[f"{code}__missing"] = None if given else REASON_NAMES[reason]
        yield row


def _value(levels: tuple[str, ...], value: Any) -> Any:
    return levels[int(value)] if levels else _number(float(value))


def list_figure_rows(found: Tabulation, by: str) -> Iterator[dict[str, Any]]:
    """One row a figure of the villages or of the project; masked figures are empty."""
    figures = found.summary.villages if by == "village" else found.summary.project
    for figure in figures:
        yield {name: _told(figure, name) for name in FIGURE}


def _told(figure: Figure, name: str) -> Any:
    value = getattr(figure, name)
    if isinstance(value, tuple):
        return "; ".join(value)
    return _number(value) if isinstance(value, float) else value


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
