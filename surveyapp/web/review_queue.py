"""The queue of review as the address states it: its filter goes along from one submission to the next."""

from typing import Final

from sqlalchemy.orm import Session

from surveyapp.review.states import WAITING
from surveyapp.store.forms import Form
from surveyapp.store.listing import Filter, list_submissions
from surveyapp.web.identity import Access
from surveyapp.web.office import asked
from surveyapp.web.pages_submissions import SEVERITIES

CARRIED: Final = ("queue", "severity", "team")


def read_waiting() -> Filter:
    """What waits for somebody, as far as the address does not narrow it."""
    severity, team = asked("severity"), asked("team")
    return Filter(
        states=WAITING,
        severity=severity if severity in SEVERITIES else None,
        team_id=int(team) if team.isascii() and team.isdecimal() and len(team) < 19 else None,
    )


def carry_queue() -> dict[str, str]:
    """For the addresses and forms of a page that was come to from the queue; nothing where it was not."""
    return {name: asked(name) for name in CARRIED if asked(name)} if asked("queue") else {}


def find_waiting(session: Session, access: Access, form: Form, after: int) -> int | None:
    """The next submission of the queue after this number."""
    waiting = list_submissions(session, form.id, access.reach, read_waiting(), limit=1, after=after)
    return waiting[0].id if waiting else None
