"""The members of a household as the checks see them."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from surveyapp.quality.case import Case
from surveyapp.quality.interview import Row
from surveyapp.quality.words import plain
from surveyapp.values import INVALID


@dataclass(frozen=True, slots=True)
class Member:
    """One member as the checks see him or her; None and '' where it is not known."""

    row: Row
    relation: frozenset[str]
    sex: str
    age: float | None
    name: str
    birth: datetime.date | None


def list_members(case: Case) -> list[Member]:
    """The rows of the roster; empty where the form has none."""
    roles = case.plan.roles
    rows = case.interview.rows.get(roles.get("members"), ())
    found = []
    for row in rows:
        birth = row.values.get(roles.get("birth"))
        found.append(
            Member(
                row,
                case.plan.relations.get(row.texts.get(roles.get("relation"), ""), frozenset()),
                row.texts.get(roles.get("sex"), ""),
                case.number_in(row, roles.get("age")) if roles.get("age") else None,
                plain(row.texts.get(roles.get("member_name"), "")),
                birth if birth is not INVALID and isinstance(birth, datetime.date) else None,
            )
        )
    return found


def being(members: Sequence[Member], relation: str) -> list[Member]:
    """Those who are that to the head."""
    return [member for member in members if relation in member.relation]
