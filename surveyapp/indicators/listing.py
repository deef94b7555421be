"""Indicators as plain rows, for whatever writes them down."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Final

from surveyapp.indicators.catalogue import CATALOGUE
from surveyapp.indicators.columns import REASON_NAMES, Reason
from surveyapp.indicators.figures import Figure
from surveyapp.indicators.tabulation import Tabulation

MOST_NAMED: Final = 12
BY: Final = ("household", "village", "project", "panel")
CHANGE: Final = ("estimate", "se", "lower", "upper", "df", "t", "p", "n", "flags", "masked")
FIGURE: Final = ("code", "place", "estimate", "se", "lower", "upper", "df", "t", "p", "n", "flags", "text", "masked")
TEST: Final = ("t", "p")


def list_household_rows(found: Tabulation) -> Iterator[dict[str, Any]]:
    """One row a household: keys, then for each indicator that the form can give its value and why it is missing."""
    codes = [code for code in found.table.columns if code in found.table.computable]
    for households, table in found.list_parts():
        columns = {code: table[code] for code in codes}
        for place, household in enumerate(households):
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
        yield {name: _told(figure, name) if figure.tested or name not in TEST else None for name in FIGURE}


def list_panel_rows(found: Tabulation) -> Iterator[dict[str, Any]]:
    """One row an indicator, place and later wave of a panel: the change, and who was lost; masked figures are empty."""
    for one in found.summary.panel.changes:
        yield {
            "code": one.code,
            "place": one.place,
            "first_wave": one.first,
            "later_wave": one.later,
            **{f"first_{name}": _told(one.before, name) for name in ("estimate", "se")},
            **{f"later_{name}": _told(one.now, name) for name in ("estimate", "se")},
            **{name: _told(one.change, name) for name in CHANGE},
            "attrition": _number(one.attrition),
            **{f"stayed_{name}": _told(one.stayed, name) for name in ("estimate", "n")},
            **{f"lost_{name}": _told(one.lost, name) for name in ("estimate", "n")},
        }


def list_rows(found: Tabulation, by: str) -> Iterator[dict[str, Any]]:
    """The rows of what was asked for: `household`, `village`, `project` or `panel`."""
    if by == "household":
        return list_household_rows(found)
    return list_panel_rows(found) if by == "panel" else list_figure_rows(found, by)


def explain_lack(found: Tabulation) -> str:
    """What the newest version of the form lacks for the catalogue, in words; '' where it can give every indicator."""
    if not found.table.not_computable:
        return ""
    version, lacking = list(found.table.not_computable.items())[-1]
    counted = [one.code for one in CATALOGUE if one.counted]
    inputs = sorted({name for code in counted for name in lacking.get(code, ())})
    codes = [code for code in counted if code in lacking]
    if not inputs:
        return ""
    none = len(codes) == len(counted)
    what = "no indicator of the catalogue" if none else f"not {_some(codes)}"
    needed = frozenset[str]().union(*CATALOGUE.all_inputs().values())
    return (
        f"Version {version} of the form can give {what}. Of {len(needed)} inputs it lacks {len(inputs)}: "
        f"{_some(inputs)}. If it asks them under other names, say so in a sheet 'indicators' of its workbook."
    )


def gives_nothing(found: Tabulation) -> bool:
    """Whether no version of the form can give any indicator."""
    return not found.table.computable


def _some(names: Sequence[str]) -> str:
    rest = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def describe(found: Tabulation) -> dict[str, Any]:
    """Under which settings, parameters and names of questions it was computed, of which wave, and what is lacking."""
    return {
        "settings_hash": found.table.settings_hash,
        "parameters_hash": found.table.parameters_hash,
        "inputs": dict(found.settings.aliases),
        "wave": found.summary.wave,
        "panel": [asdict(one) for one in found.summary.panel.matched],
        "not_computable": found.table.not_computable,
        "lacking": explain_lack(found),
    }


def _told(figure: Figure, name: str) -> Any:
    value = getattr(figure, name)
    if isinstance(value, tuple):
        return "; ".join(value)
    return _number(value) if isinstance(value, float) else value


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
