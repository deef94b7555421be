"""What the codebook tells of the indicators: the formula in words, unit, set, source and inputs of each."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from openpyxl.utils import get_column_letter

from surveyapp.export.cells import Row
from surveyapp.export.codebook import most_frequent
from surveyapp.export.columns import Column
from surveyapp.export.figure_labels import indicator_label, is_chinese, line_label
from surveyapp.export.figures import Figures
from surveyapp.export.indicator_sheet import INDICATORS_TITLE, kind_of
from surveyapp.export.summary_sheets import PROJECT_SHEET, VILLAGE_SHEET
from surveyapp.indicators.catalogue import CATALOGUE
from surveyapp.indicators.compute import IndicatorTable
from surveyapp.indicators.declaration import Indicator
from surveyapp.indicators.summary import LINES

# Stands in place of a sheet where the form cannot give the indicator.
ABSENT: Final = "not computable"

_BY_CODE = {one.code: one for one in CATALOGUE}
_SHEET_OF = {"village": VILLAGE_SHEET.title, "project": PROJECT_SHEET.title}


def indicator_codebook_rows(
    columns: Sequence[Column], figures: Sequence[Figures], table: IndicatorTable, languages: Sequence[str], order: int
) -> Iterator[Row]:
    """One row for each column of the indicators sheet; `order` is the number of the row before."""
    for index, (column, found) in enumerate(zip(columns, figures, strict=True), 1):
        code = column.name.removesuffix("__missing")
        indicator = _BY_CODE.get(code)
        about = _about(indicator, column, table.not_computable, languages)
        numbers = (found.least, found.mean, found.most) if column.kind in ("int", "float") else (None, None, None)
        yield (
            *(order + index, INDICATORS_TITLE, get_column_letter(index), column.name),
            *about,
            *(found.answered, table.n - found.answered, *numbers, most_frequent(found)),
            *_origin(indicator if column.role == "answer" else None),
        )


def _about(
    one: Indicator | None, column: Column, lacking: Mapping[str, Mapping[str, list[str]]], languages: Sequence[str]
) -> Row:
    if one is None or column.role != "answer":
        return (None, column.kind, *(column.label for _ in languages), None, column.note or None, *([None] * 10))
    labels = (indicator_label(one, is_chinese(language)) for language in languages)
    bounds = f"{one.bounds[0]:g} to {one.bounds[1]:g}" if one.bounds else None
    return (
        *(None, column.kind, *labels, "; ".join(one.levels) or None, _not_computable(one.code, lacking)),
        *(one.recall or None, None, None, None, None, bounds, one.definition, one.missing or None, None, None),
    )


def _not_computable(code: str, lacking: Mapping[str, Mapping[str, list[str]]]) -> str | None:
    told = [
        f"not computable for version {version}: no {', '.join(codes[code])}"
        for version, codes in lacking.items()
        if code in codes
    ]
    return "; ".join(told) or None


def _origin(one: Indicator | None) -> Row:
    if one is None:
        return (None, None, None, None)
    return one.unit, one.set, " ".join(one.source) or None, ", ".join((*one.inputs, *one.depends)) or None


def list_absent(table: IndicatorTable) -> list[Indicator]:
    """The indicators of the catalogue that no version of the form can give, those that belong to another left aside."""
    return [one for one in CATALOGUE if one.counted and one.code not in table.computable]


def absent_codebook_rows(table: IndicatorTable, languages: Sequence[str], order: int) -> Iterator[Row]:
    """One row for each of them, with the questions that the newest version lacks."""
    newest = list(table.not_computable.values())[-1] if table.not_computable else {}
    for place, one in enumerate(list_absent(table), order + 1):
        labels = (indicator_label(one, is_chinese(language)) for language in languages)
        note = f"not computable: no {', '.join(newest.get(one.code, ()))}"
        yield (
            *(place, ABSENT, None, one.code, None, kind_of(one), *labels, "; ".join(one.levels) or None, note),
            *(None, None, None, None, None, None, one.definition, None, None, None, *([None] * 6)),
            *_origin(one),
        )


def line_codebook_rows(present: set[str], languages: Sequence[str], order: int) -> Iterator[Row]:
    """One row for each line of the catalogue for villages and the project of which a figure is `present`."""
    for line in LINES:
        if not present & line.codes.keys():
            continue
        order += 1
        labels = (line_label(line, is_chinese(language)) for language in languages)
        units = ", ".join(dict.fromkeys(line.codes.values()))
        yield (
            *(order, _SHEET_OF[line.levels[0]], None, line.code, None, "figures", *labels, ", ".join(line.codes), None),
            *(None, None, None, None, None, None, line.definition, None, None, None, *([None] * 6)),
            *(units, line.set, " ".join(line.source) or None, ", ".join(line.depends) or None),
        )
