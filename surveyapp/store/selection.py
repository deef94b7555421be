"""Which submissions are asked for."""

import datetime
from dataclasses import dataclass
from typing import Final

from surveyapp.store.reach import EVERYTHING as EVERYBODY
from surveyapp.store.reach import Reach


@dataclass(frozen=True, slots=True)
class Selection:
    """Bounds on the submissions that are read; what is empty or None bounds nothing.

    `versions` are names of form versions. Times are aware: the bound ending in `_from` belongs to the selection, that
    ending in `_before` does not. An interview took place when it was started; where the form records no start, when it
    was received. `submissions` are numbers of submissions, `states` those of review, `teams` names of teams. `reach` is
    that of whoever asks.
    """

    versions: tuple[str, ...] = ()
    received_from: datetime.datetime | None = None
    received_before: datetime.datetime | None = None
    interviewed_from: datetime.datetime | None = None
    interviewed_before: datetime.datetime | None = None
    submissions: tuple[int, ...] = ()
    states: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    reach: Reach = EVERYBODY


EVERYTHING: Final = Selection()
