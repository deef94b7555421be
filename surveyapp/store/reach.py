"""Whose submissions somebody may see: the one condition that lists, counts, exports and files share."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, false, or_, true

from surveyapp.store.tables import submissions


@dataclass(frozen=True, slots=True)
class Reach:
    """All submissions of a project; or those of some teams and those that a person sent."""

    everything: bool = False
    team_ids: frozenset[int] = frozenset()
    account_id: int | None = None


EVERYTHING: Final = Reach(everything=True)
NOTHING: Final = Reach()


def within(reach: Reach) -> ColumnElement[bool]:
    """The condition on the table submissions."""
    if reach.everything:
        return true()
    conditions: list[ColumnElement[bool]] = []
    if reach.team_ids:
        conditions.append(submissions.c.team_id.in_(sorted(reach.team_ids)))
    if reach.account_id is not None:
        conditions.append(submissions.c.account_id == reach.account_id)
    return or_(false(), *conditions)
