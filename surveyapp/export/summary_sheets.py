"""Figures of villages and of the project, before against now, wave against wave: one row each, small cells masked."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from surveyapp.export.cells import Kind, Row
from surveyapp.export.figure_labels import figure_label, figure_unit, indicator_label, unit_label
from surveyapp.export.indicator_sheet import DECIMALS
from surveyapp.export.sheets import Role, Sheet, SheetColumn
from surveyapp.indicators.catalogue import CATALOGUE
from surveyapp.indicators.changes import Comparison
from surveyapp.indicators.figures import PROJECT, Figure
from surveyapp.indicators.panel import Panel, PanelChange

PROJECT_PLACE: Final = "project"


def _column(name: str, kind: Kind, width: float, role: Role = "answer") -> SheetColumn:
    return SheetColumn((name,), kind, width, role, DECIMALS if kind == "float" else "")


_PLACE: Final = (_column("place", "text", 14, "key"), _column("place_name", "code", 24, "key"))
_FIGURE: Final = (
    *(_column("code", "code", 24, "key"), _column("label", "code", 40), _column("unit", "code", 14)),
    *(_column(name, "float", 12) for name in ("estimate", "se", "lower", "upper")),
    *(
        _column("df", "int", 8),
        *(_column(name, "float", 9) for name in ("t", "p")),
        _column("n", "int", 8),
        _column("units", "float", 12),
    ),
    *(_column("unit_kind", "code", 13, "about"), _column("flags", "code", 30, "about")),
    *(_column("text", "code", 16), _column("masked", "int", 9, "about")),
)
_COMPARED: Final[tuple[tuple[str, Kind], ...]] = (
    *(("estimate", "float"), ("se", "float"), ("lower", "float"), ("upper", "float")),
    *(("n", "int"), ("flags", "code")),
)
_TESTED: Final[tuple[tuple[str, Kind], ...]] = (*_COMPARED[:4], ("df", "int"), ("t", "float"), ("p", "float"))
# Of a difference the test of 0 is told too.
_PARTS: Final = {"first": _COMPARED, "later": _COMPARED, "before": _COMPARED, "now": _COMPARED} | {
    "change": (*_TESTED, *_COMPARED[4:])
}
VILLAGE_SHEET: Final = Sheet("village_summary", (*_PLACE, *_FIGURE), 3)
PROJECT_SHEET: Final = Sheet("project_summary", (*_PLACE, *_FIGURE), 3)
BEFORE_AFTER_SHEET: Final = Sheet(
    "before_after",
    (
        *(_column("code", "code", 20, "key"), _column("label", "code", 34, "key"), *_PLACE),
        _column("unit", "code", 14),
        *(_column(f"{when}_{name}", kind, 14) for when in ("before", "now", "change") for name, kind in _PARTS[when]),
    ),
    4,
)

_KEPT: Final = (*((part, "estimate") for part in ("stayed", "lost")), *((part, "n") for part in ("stayed", "lost")))
PANEL_SHEET: Final = Sheet(
    "panel",
    (
        *(_column("code", "code", 20, "key"), _column("label", "code", 34, "key"), *_PLACE),
        *(_column("first_wave", "code", 14, "key"), _column("later_wave", "code", 14, "key")),
        _column("unit", "code", 14),
        *(_column(f"{when}_{name}", kind, 14) for when in ("first", "later", "change") for name, kind in _PARTS[when]),
        _column("attrition", "float", 12),
        *(_column(f"{part}_{name}", "float" if name == "estimate" else "int", 14) for part, name in _KEPT),
    ),
    6,
)


def figure_rows(figures: Iterable[Figure], place_names: Mapping[str, str], chinese: bool) -> Iterator[Row]:
    """One row a figure, in the order of the catalogue. Masked: no estimate, error or text."""
    for one in figures:
        yield (
            *_place(one.place, place_names, chinese),
            one.code,
            figure_label(one.code, chinese),
            figure_unit(one.code, chinese) or None,
            *_interval(one),
            one.df or None,
            *((_number(one.t), _number(one.p)) if one.tested else (None, None)),
            one.n,
            _number(one.units),
            one.unit_kind,
            "; ".join(one.flags) or None,
            one.text or None,
            int(one.masked),
        )


def comparison_rows(compared: Iterable[Comparison], place_names: Mapping[str, str], chinese: bool) -> Iterator[Row]:
    """One row for each indicator that has a twin, of the project and of each village."""
    for one in compared:
        indicator = CATALOGUE[one.code]
        label = indicator_label(indicator, chinese)
        yield (
            one.code,
            label,
            *_place(one.place, place_names, chinese),
            unit_label(indicator.unit, chinese),
            *_compared(one),
        )


def panel_rows(panel: Panel, place_names: Mapping[str, str], chinese: bool) -> Iterator[Row]:
    """One row for each indicator that was seen in both waves, of the project and of each village."""
    for one in panel.changes:
        indicator = CATALOGUE[one.code]
        kept = [getattr(getattr(one, part), name) for part, name in _KEPT]
        yield (
            *(one.code, indicator_label(indicator, chinese), *_place(one.place, place_names, chinese)),
            *(
                one.first,
                one.later,
                unit_label(indicator.unit, chinese),
                *_compared(one),
                _number(one.attrition),
                *map(_number, kept),
            ),
        )


def _compared(one: Comparison | PanelChange) -> list[Any]:
    cells: list[Any] = []
    for figure in (one.before, one.now):
        cells += [*_interval(figure), figure.n, "; ".join(figure.flags) or None]
    change = one.change
    tested = [change.df or None, _number(change.t), _number(change.p)]
    return [*cells, *_interval(change), *tested, change.n, "; ".join(change.flags) or None]


def _place(place: str, names: Mapping[str, str], chinese: bool) -> tuple[str, str]:
    if place == PROJECT:
        return PROJECT_PLACE, "整个项目" if chinese else "The whole project"
    return place, names.get(place, place)


def _interval(one: Figure) -> list[float | None]:
    return [_number(value) for value in (one.estimate, one.se, one.lower, one.upper)]


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
