"""Whose submissions somebody may see: the one condition that lists, counts, exports and files share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, false, or_, true

from surveyapp.store.tables import submissions


@dataclass(frozen=True, slots=True)
class Reach:
    """All submissions of a project; or those of some teams and those that a person sent."""

    everything: bool = False
    team_ids: frozenset[int] = frozenset()
    account_id: int | None = None

    def covers(self, other: "Reach") -> bool:
        """Whether nobody is in the `other` reach who is not in this one."""
        if self.everything or other.everything:
            return self.everything
        return other.team_ids <= self.team_ids and other.account_id in (None, self.account_id)

    def to_json(self) -> dict[str, Any] | None:
        """As it is kept beside what was made within it; None for everything."""
        return None if self.everything else {"team_ids": sorted(self.team_ids), "account_id": self.account_id}

    @classmethod
    def from_json(cls, content: Mapping[str, Any] | None) -> "Reach":
        """What `to_json` wrote."""
        if content is None:
            return EVERYTHING
        return cls(team_ids=frozenset(content["team_ids"]), account_id=content["account_id"])


EVERYTHING: Final = Reach(everything=True)
NOTHING: Final = Reach()


def within(reach: Reach) -> ColumnElement[bool]:
    """The condition on the table submissions; what was deleted is in nobody's reach."""
    present = submissions.c.deleted_at.is_(None)
    return present if reach.everything else and_(present, sent_within(reach))


def sent_within(reach: Reach) -> ColumnElement[bool]:
    """The same, whether it was deleted or not: for whoever accounts for what came."""
    if reach.everything:
        return true()
    conditions: list[ColumnElement[bool]] = []
    if reach.team_ids:
        conditions.append(submissions.c.team_id.in_(sorted(reach.team_ids)))
    if reach.account_id is not None:
        conditions.append(submissions.c.account_id == reach.account_id)
    return or_(false(), *conditions)
