"""What was answered to the questions of a form, counted in one pass over its newest submissions."""

import datetime
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, null, select
from sqlalchemy.orm import Session

from surveyapp.clean.pipeline import Cleaner
from surveyapp.clean.records import Row
from surveyapp.store.answer_tables import AnswerTables
from surveyapp.store.cleaning_source import StoredSubmissions
from surveyapp.store.database import streaming
from surveyapp.store.listing import CURRENT, Filter, narrow
from surveyapp.store.reach import Reach
from surveyapp.store.tables import submissions

# More rows than these are not read for a page; the newest are.
MOST_ROWS: Final = 100_000
AT_ONCE: Final = 1_000
SELECT_ONE: Final = ("select_one", "boolean")
SELECT_MANY: Final = ("select_multiple", "rank")
NUMBERS: Final = ("integer", "decimal")
MOMENTS: Final = ("date", "datetime", "time")
# Reasons that are no answer: the question was left empty, or not asked.
UNANSWERED: Final = ("not_asked", "no_answer")
NO_CODES: Final[Mapping[str, Mapping[float, str]]] = MappingProxyType({})

s = submissions.c


@dataclass
class Summary:
    """The answers to one question.

    `asked` counts rows in which it was asked, `answered` those with an answer, `missing` by reason those whose answer
    says why there is none. `choices` counts by code; `numbers` are all of them, unsorted; `first` and `last` are the
    ends of dates and times.
    """

    asked: int = 0
    answered: int = 0
    missing: Counter[str] = field(default_factory=Counter)
    choices: Counter[str] = field(default_factory=Counter)
    numbers: "array[float]" = field(default_factory=lambda: array("d"))
    first: datetime.date | datetime.time | None = None
    last: datetime.date | datetime.time | None = None

    @property
    def quartiles(self) -> tuple[float, float, float, float, float] | None:
        """Least, lower quartile, median, upper quartile, greatest (between two values: in proportion); None without
        numbers.
        """
        ordered = sorted(self.numbers)
        if not ordered:
            return None
        least, lower, middle, upper, greatest = (_quantile(ordered, part / 4) for part in range(5))
        return least, lower, middle, upper, greatest

    @property
    def mean(self) -> float | None:
        """Of the numbers."""
        return sum(self.numbers) / len(self.numbers) if self.numbers else None


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = (len(ordered) - 1) * share
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def count_answers(
    session: Session,
    tables: AnswerTables,
    repeat_path: str,
    questions: Mapping[str, str],
    reach: Reach,
    wanted: Filter,
    *,
    codes: Mapping[str, Mapping[float, str]] = NO_CODES,
) -> tuple[int, dict[str, Summary]]:
    """How many rows of a repeat ('' = the submissions) there are, MOST_ROWS at most, and by path the summary of each
    of the `questions`, whose types these are by path. `codes` are the numbers that stand for a reason, by path.
    """
    found = {path: Summary() for path in questions}
    columns = {path: _find_column(tables, repeat_path, path) for path in questions}
    names = {column[1]: path for path, column in columns.items() if column is not None}
    counted = 0
    for blank, *values in _list_rows(session, tables, repeat_path, list(columns.values()), reach, wanted):
        counted += 1
        for name in (blank or "").split():
            if name in names:
                found[names[name]].asked += 1
        for (path, kind), value in zip(questions.items(), values, strict=True):
            if value is not None:
                _add(found[path], kind, value, codes.get(path, {}).get(value, ""))
    return counted, found


def count_clean_answers(
    source: StoredSubmissions, cleaner: Cleaner, repeat_path: str, questions: Mapping[str, str]
) -> tuple[int, dict[str, Summary]]:
    """The same of what cleaning makes of the submissions of `source`; those that it removes do not count."""
    found = {path: Summary() for path in questions}
    counted = 0
    for submission in source.list_submissions():
        outcome = cleaner.clean(submission)
        for row in () if outcome.deletion else outcome.rows:
            if row.repeat != repeat_path:
                continue
            counted += 1
            for path, kind in questions.items():
                _add_clean(found[path], kind, row, path)
    return counted, found


def _add_clean(summary: Summary, kind: str, row: Row, path: str) -> None:
    value, reason = row.values.get(path), row.reasons.get(path, "")
    if value is not None:
        _add(summary, kind, value)
    elif reason and reason not in UNANSWERED:
        summary.asked += 1
        summary.missing[reason] += 1
    elif path in row.values:
        summary.asked += 1


def list_newest(session: Session, form_pk: int, reach: Reach, wanted: Filter, limit: int) -> list[int]:
    """The numbers of the newest submissions that these are."""
    statement, number = narrow(session, select(s.id).select_from(CURRENT), form_pk, reach, wanted)
    return list(session.execute(statement.order_by(number.desc()).limit(limit)).scalars())


def _find_column(tables: AnswerTables, repeat_path: str, path: str) -> tuple[int, str] | None:
    """In which part of the table of a repeat a question lies, and under which name."""
    for number, part in enumerate(tables.parts[repeat_path]):
        place = part.columns.get((path, "")) or part.columns.get((path, "lat"))
        if place is not None:
            return number, place[0]
    return None


def _list_rows(
    session: Session,
    tables: AnswerTables,
    repeat_path: str,
    columns: Sequence[tuple[int, str] | None],
    reach: Reach,
    wanted: Filter,
) -> Iterator[Sequence[Any]]:
    parts = [part.sql for part in tables.parts[repeat_path]]
    main, keys = parts[0], ["_submission_id", "_position"] if repeat_path else ["_submission_id"]
    source: Any = CURRENT.join(main, main.c["_submission_id"] == s.id)
    for number in sorted({column[0] for column in columns if column} - {0}):
        source = source.join(parts[number], and_(*(parts[number].c[key] == main.c[key] for key in keys)))
    asks: list[ColumnElement[Any]] = [parts[column[0]].c[column[1]] if column else null() for column in columns]
    named = [ask.label(f"answer{number}") for number, ask in enumerate(asks)]
    statement = select(main.c["_blank"], *named).select_from(source)
    narrowed, number_of = narrow(session, statement, tables.form_pk, reach, wanted)
    with streaming(session, narrowed.order_by(number_of.desc()).limit(MOST_ROWS), AT_ONCE) as result:
        yield from result


def _add(summary: Summary, kind: str, value: Any, reason: str = "") -> None:
    summary.asked += 1
    if reason:
        summary.missing[reason] += 1
        return
    summary.answered += 1
    if kind in SELECT_ONE:
        summary.choices[str(value)] += 1
    elif kind in SELECT_MANY:
        summary.choices.update(set(str(value).split()))
    elif kind in NUMBERS and isinstance(value, (int, float)):
        summary.numbers.append(value)
    elif kind in MOMENTS and not isinstance(value, str):
        summary.first = value if summary.first is None or value < summary.first else summary.first
        summary.last = value if summary.last is None or value > summary.last else summary.last
