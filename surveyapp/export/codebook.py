"""The codebook sheet, one row per exported column, and the choices sheet, one row per choice of every list."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any, Final

from openpyxl.utils import get_column_letter

from surveyapp.export.cells import AsSent, Kind, Row
from surveyapp.export.choice_codes import is_register, list_name, number_choices
from surveyapp.export.columns import Column, TableLayout
from surveyapp.export.distribution import MOST_DISTINCT, Observed, Spread
from surveyapp.export.feeds import View
from surveyapp.export.figures import Figures
from surveyapp.export.layout import Layout
from surveyapp.export.merge import MergedChoice, MergedQuestion
from surveyapp.export.missing import list_reasons
from surveyapp.export.options import STATS
from surveyapp.export.pii import suggest_for
from surveyapp.export.sheets import Sheet, SheetColumn, width_for

_INLINE_CHOICES = 10
_TOP = 5


@dataclass(frozen=True, slots=True)
class TableFigures:
    """A sheet of answers with the figures of its columns, in their order."""

    table: TableLayout
    figures: Sequence[Observed]


def _sheet(title: str, columns: Sequence[tuple[str, Kind, float]], frozen: int) -> Sheet:
    made = (SheetColumn((name,), kind, width or width_for((name,), kind)) for name, kind, width in columns)
    return Sheet(title, tuple(made), frozen)


# Further columns of the codebook where there are indicators.
ORIGIN: Final[Sequence[tuple[str, Kind, float]]] = (
    ("unit", "code", 16),
    ("set", "code", 9),
    ("source", "code", 14),
    ("inputs", "text", 36),
)

# Further columns, at the far right.
STATISTICS: Final[Sequence[tuple[str, Kind, float]]] = (
    ("distinct", "int", 10),
    ("sd", "float", 12),
    ("p25", "float", 12),
    ("median", "float", 12),
    ("p75", "float", 12),
    ("missing by reason", "text", 30),
    ("pii", "code", 20),
)


def codebook_sheet(languages: Sequence[str], further: Sequence[tuple[str, Kind, float]] = ()) -> Sheet:
    """The shape of the codebook sheet, with a label column per language of the form."""
    labels: list[tuple[str, Kind, float]] = [(_heading("label", language), "text", 40) for language in languages]
    return _sheet(
        "codebook",
        [
            ("order", "int", 0),
            ("sheet", "code", 14),
            ("column", "code", 9),
            ("name", "text", 26),
            ("question", "text", 36),
            ("type", "code", 16),
            *labels,
            ("values", "text", 40),
            ("note", "code", 34),
            ("hint", "code", 24),
            ("section", "code", 24),
            ("list", "code", 16),
            ("required", "text", 12),
            ("relevant", "text", 24),
            ("constraint", "text", 24),
            ("calculation", "text", 24),
            ("missing codes", "code", 24),
            ("first version", "code", 14),
            ("last version", "code", 14),
            ("answered", "int", 0),
            ("empty", "int", 0),
            ("min", "float", 12),
            ("mean", "float", 12),
            ("max", "float", 12),
            ("most frequent", "text", 40),
            *further,
            *STATISTICS,
        ],
        4,
    )


def codebook_rows(
    layout: Layout, tables: Sequence[TableFigures], rows: Mapping[str, int], languages: Sequence[str], gap: int = 0
) -> Iterator[Row]:
    """One row for each column of each sheet of answers; `rows` gives the number of rows by sheet title.

    `gap` columns before the statistics are left empty.
    """
    order = 0
    for table in tables:
        reasons = _count_reasons(table)
        for index, (column, figures) in enumerate(zip(table.table.columns, table.figures, strict=True), 1):
            order += 1
            title = table.table.title
            yield (
                order,
                title,
                get_column_letter(index),
                column.name,
                *_about_question(layout.view, column, languages),
                figures.answered,
                rows[title] - figures.answered,
                _limit(figures.least),
                figures.mean,
                _limit(figures.most),
                most_frequent(figures),
                *(None,) * gap,
                *_statistics(figures.distribution.spread(), column),
                reasons.get(column.question.path) if column.question and column.role == "answer" else None,
                _pii(layout.view, column),
            )


def _statistics(spread: Spread, column: Column) -> Row:
    distinct = AsSent(f"over {MOST_DISTINCT}") if spread.distinct is None else spread.distinct
    if spread.quartiles is None or column.choice:
        return (distinct, None, None, None, None)
    return (distinct, spread.deviation, *map(_limit, spread.quartiles))


def _count_reasons(table: TableFigures) -> dict[str, str]:
    """How often each reason stands for an answer, in words, by path of the question."""
    return {
        column.question.path: told
        for column, figures in zip(table.table.columns, table.figures, strict=True)
        if column.role == "reason" and column.question is not None and (told := most_frequent(figures))
    }


def _pii(view: View, column: Column) -> str | None:
    question = column.question
    if question is None:
        return None
    if view.options.protection is not None and question.path in view.options.protection.classes:
        return view.options.protection.classes[question.path]
    return f"{suggest_for(question).pii} (suggested)"


def _limit(value: Any) -> Any:
    """A number as a number, a date as text in a column of numbers."""
    return AsSent(value.isoformat()) if isinstance(value, date | time) else value


def most_frequent(figures: Figures) -> str | None:
    """The codes that occur most often in a column, with their counts."""
    top = sorted((figures.codes or {}).items(), key=lambda item: (-item[1], item[0]))[:_TOP]
    return "; ".join(f"{code}: {count}" for code, count in top) or None


def _about_question(view: View, column: Column, languages: Sequence[str]) -> Row:
    question = column.question
    if question is None:
        return (None, column.kind, *(column.label for _ in languages), None, column.note, *([None] * 10))
    rules = question.newest.rules
    reasons = list_reasons(question, view.codes) if view.options.kind != "raw" else {}
    return (
        question.path,
        question.type,
        *(_label(view, column, question, language) for language in languages),
        _inline_values(view, question) if not column.choice else None,
        column.note,
        view.text(question.hint) or None,
        view.text(question.section) or None,
        list_name(question) or None,
        rules.required or None,
        rules.relevant or None,
        rules.constraint or None,
        rules.calculate or None,
        ", ".join(f"{code} = {reason}" for code, reason in reasons.items()) or None,
        question.first_version,
        question.last_version,
    )


def _label(view: View, column: Column, question: MergedQuestion, language: str) -> str:
    label = view.definition.text(question.label, language) or question.newest.name
    if column.choice:
        choice = next(choice for choice in question.choices if choice.name == column.choice)
        return f"{label}: {view.definition.text(choice.label, language) or choice.name}"
    return column.label if column.role == "reason" else label


def _inline_values(view: View, question: MergedQuestion) -> str | None:
    if question.choice_file:
        return f"see file {question.choice_file}"
    listed = [f"{choice.name} = {view.choice_label(choice)}" for choice in question.choices[:_INLINE_CHOICES]]
    if len(question.choices) > _INLINE_CHOICES:
        listed.append(f"… {len(question.choices)} in all, see sheet choices")
    return "; ".join(listed) or None


def _heading(word: str, language: str) -> str:
    return f"{word}::{language}" if language else word


def choices_sheet(languages: Sequence[str]) -> Sheet:
    """The shape of the choices sheet."""
    labels: list[tuple[str, Kind, float]] = [(_heading("label", language), "text", 40) for language in languages]
    return _sheet(
        "choices",
        [
            ("list", "code", 20),
            ("code", "text", 16),
            ("export code", "int", 12),
            *labels,
            ("first version", "code", 14),
            ("last version", "code", 14),
            ("former labels", "text", 40),
            ("answers", "int", 0),
        ],
        2,
    )


def choices_rows(layout: Layout, tables: Sequence[TableFigures], languages: Sequence[str]) -> Iterator[Row]:
    """Every choice of every list, versions merged, with the number of answers that name it."""
    lists: dict[str, dict[str, MergedChoice]] = {}
    for table in layout.merged:
        for question in table.questions:
            if question.choices and not is_register(question):
                listed = lists.setdefault(list_name(question), {})
                for choice in question.choices:
                    listed.setdefault(choice.name, choice)
    counts = _count_choices(tables)
    numbers = number_choices(layout.view, layout.merged) if layout.view.options.format in STATS else {}
    for name, choices in lists.items():
        for choice in choices.values():
            former = [f"{_any(layout.view, text)} ({first} to {last})" for text, first, last in choice.labels[1:]]
            yield (
                name,
                choice.name,
                numbers.get(name, {}).get(choice.name),
                *(layout.view.definition.text(choice.label, language) or None for language in languages),
                choice.labels[-1][1],
                choice.labels[0][2],
                "; ".join(former) or None,
                counts.get((name, choice.name), 0),
            )


def _any(view: View, text: Mapping[str, str]) -> str:
    return view.text(text)


def _count_choices(tables: Sequence[TableFigures]) -> dict[tuple[str, str], int]:
    counts: dict[tuple[str, str], int] = {}
    for table in tables:
        for column, figures in zip(table.table.columns, table.figures, strict=True):
            question = column.question
            if question is None or column.role != "answer":
                continue
            name = list_name(question)
            if column.choice and question.type == "select_multiple":
                key = (name, column.choice)
                counts[key] = counts.get(key, 0) + int(figures.total)
            elif question.type == "select_one" and not column.note:
                for code, count in (figures.codes or {}).items():
                    counts[name, code] = counts.get((name, code), 0) + count
    return counts
