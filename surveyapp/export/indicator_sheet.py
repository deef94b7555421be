"""The indicators sheet: one row a household, one column an indicator, why a value is missing at the far right."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from surveyapp.export.cells import Kind, Row
from surveyapp.export.columns import Column
from surveyapp.export.figure_labels import indicator_label
from surveyapp.indicators.catalogue import CATALOGUE
from surveyapp.indicators.columns import REASON_NAMES, Reason, texts_of
from surveyapp.indicators.columns import Column as Values
from surveyapp.indicators.compute import IndicatorTable
from surveyapp.indicators.declaration import Indicator
from surveyapp.indicators.frame import Household
from surveyapp.indicators.tabulation import Tabulation

INDICATORS_TITLE: Final = "indicators"
KEYS: Final = 2
DECIMALS: Final = "#,##0.000"

_WHOLE: Final = frozenset({"0/1", "count", "times/year", "−2…2", "1–4", "1–5", "0–6", "0–56"})
_REASONS: Final = tuple(REASON_NAMES[reason] or None for reason in Reason)
_CHUNK = 1_000


def list_shown(table: IndicatorTable) -> tuple[Indicator, ...]:
    """The indicators that at least one version of the form can give, in the order of the catalogue."""
    return tuple(CATALOGUE[code] for code in table.columns if code in table.computable)


def indicator_columns(shown: Sequence[Indicator], *, reasons: bool, chinese: bool) -> tuple[Column, ...]:
    """The columns of the sheet."""
    labels = {one.code: indicator_label(one, chinese) for one in shown}
    columns = [
        Column("_submission_no", "Submission number", "int", "key"),
        Column("_instance_id", "Instance id", "text", "key", width=16),
        *(Column(one.code, labels[one.code], kind_of(one), number_format=_format_of(one)) for one in shown),
        Column("_marks", "Remarks of the computation", "code", "about", "code: what befell this household's value"),
    ]
    if reasons:
        why = "为何缺失" if chinese else "why missing"
        columns += [Column(f"{one.code}__missing", f"{labels[one.code]}: {why}", "code", "reason") for one in shown]
    return tuple(columns)


def kind_of(indicator: Indicator) -> Kind:
    """What its cells hold; known from the declaration, so that no household moves it."""
    if indicator.levels:
        return "code"
    return "int" if indicator.unit in _WHOLE else "float"


def _format_of(indicator: Indicator) -> str:
    return DECIMALS if kind_of(indicator) == "float" else ""


def indicator_rows(tabulation: Tabulation, shown: Sequence[Indicator], *, reasons: bool) -> Iterator[Row]:
    """One row a household, in the order of `indicator_columns`; no value is an empty cell."""
    for households, table in tabulation.list_parts():
        columns = [table[one.code] for one in shown]
        for start in range(0, table.n, _CHUNK):
            part = slice(start, start + _CHUNK)
            yield from _rows(shown, households[part], [column.rows(part) for column in columns], table, part, reasons)


def _rows(
    shown: Sequence[Indicator],
    households: Sequence[Household],
    columns: Sequence[Values],
    table: IndicatorTable,
    part: slice,
    reasons: bool,
) -> Iterator[Row]:
    cells: list[Sequence[Any]] = [
        [household.submission_no for household in households],
        [household.instance_id for household in households],
        *(_cells(one, column) for one, column in zip(shown, columns, strict=True)),
        _marks(table, part, len(households)),
    ]
    if reasons:
        cells += [[_REASONS[reason] for reason in column.reasons.tolist()] for column in columns]
    return zip(*cells, strict=True)


def _cells(indicator: Indicator, column: Values) -> list[Any]:
    if column.levels:
        return [text or None for text in texts_of(column)]
    given, values = column.given.tolist(), column.values.tolist()
    if kind_of(indicator) == "int":
        return [_whole(value) if here else None for here, value in zip(given, values, strict=True)]
    return [value if here else None for here, value in zip(given, values, strict=True)]


def _whole(value: float) -> int | float:
    return int(value) if value.is_integer() else value


def _marks(table: IndicatorTable, part: slice, n: int) -> list[str | None]:
    found: list[list[str]] = [[] for _ in range(n)]
    for (code, mark), where in table.marks.items():
        for place in where[part].nonzero()[0].tolist():
            found[place].append(f"{code}: {mark}")
    return ["; ".join(marks) or None for marks in found]
