"""Derived numbers that are compared as answers are: yield of a field, price of a kilogram, spending of a person."""

import datetime
import math
from collections.abc import Mapping, Sequence
from typing import Any

from surveyapp.expressions.errors import ExpressionError
from surveyapp.expressions.scope import Environment, Scope
from surveyapp.quality.declaration import Setting
from surveyapp.quality.interview import Row
from surveyapp.quality.plan import DONT_KNOW_CODES, REFUSED_CODES, Plan


def read_number(value: Any) -> float | None:
    """A typed answer as a number; None where it is none, or a missing code."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return None if value in DONT_KNOW_CODES or value in REFUSED_CODES else float(value)


def list_ratios(
    plan: Plan, setting: Setting, main: Row, rows: Mapping[str, Sequence[Row]], now: datetime.datetime
) -> list[tuple[Row, float]]:
    """The derived numbers of an S15 setting, with the row of each: its expression, else its first question divided by
    its second. Rows where a part is missing have none.

    `now` is the moment of the interview, for expressions that ask for it.
    """
    repeat = plan.definition.repeat_of.get(setting.questions[0], "") if setting.questions else ""
    listed = rows.get(repeat, ()) if repeat else (main,)
    if setting.id in plan.compiled:
        found = [(row, _evaluate(plan, setting, row, main, now)) for row in listed]
    else:
        found = [(row, _divide(setting, row, main)) for row in listed]
    return [(row, ratio) for row, ratio in found if ratio is not None]


def _divide(setting: Setting, row: Row, main: Row) -> float | None:
    if len(setting.questions) < 2:
        return None
    top, bottom = (read_number(row.values.get(path, main.values.get(path))) for path in setting.questions[:2])
    return None if top is None or not bottom else top / bottom


def _evaluate(plan: Plan, setting: Setting, row: Row, main: Row, now: datetime.datetime) -> float | None:
    if row.node is None or main.node is None:
        return None
    environment = Environment(main.node, now=now, version=plan.definition.version)
    try:
        number = plan.compiled[setting.id].number(Scope(environment, row.node))
    except ExpressionError:
        return None
    return number if math.isfinite(number) else None
