"""The interviews of a form in memory, so that a new one is compared with all in some milliseconds.

Nothing lies here alone: it is made from the kept summaries, and follows what other processes add to them.
"""

import datetime
from collections.abc import Iterable
from typing import Final

from sqlalchemy.orm import Session

from surveyapp.examine.plans import FormPlans
from surveyapp.quality.gathered import Gathered
from surveyapp.quality.interview import Summary
from surveyapp.quality.plan import Plan
from surveyapp.quality.summaries import summary_as_plain, summary_from_plain
from surveyapp.store.quality_summaries import KeptSummary, list_summaries, list_summary_marks

# Clocks of machines differ, and what was written first may be committed last.
OVERLAP: Final = datetime.timedelta(seconds=30)
VERSION: Final = "form_version_id"
MADE_OF: Final = "made_of"


class Memory:
    """The interviews of one form, as far as they have been checked."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self.gathered = Gathered(columns)
        # Rejected and deleted ones too, which nothing is compared with.
        self.summaries: dict[int, Summary] = {}
        # The hash of what each summary was made of.
        self.made_of: dict[int, str] = {}
        self._numbers: dict[str, int] = {}
        self._marks: dict[int, datetime.datetime] = {}
        self._newest: datetime.datetime | None = None

    def follow(self, session: Session, form_pk: int, plans: FormPlans) -> None:
        """Take in what has been kept since."""
        marks = list_summary_marks(session, form_pk, None if self._newest is None else self._newest - OVERLAP)
        # What we have just made ourselves, and is not committed yet, is newer than what is kept.
        changed = [one for one, checked_at in marks.items() if one not in self._marks or self._marks[one] < checked_at]
        for kept in list_summaries(session, changed):
            plan = plans.plans.get(kept.content.get(VERSION, 0), plans.newest)
            summary = summary_from_plain(kept.content, plan.measures, plan.compared, kept.codes)
            self.add(kept.submission_id, summary, kept.content.get(MADE_OF, ""), kept.checked_at)

    def add(self, submission_id: int, summary: Summary, made_of: str, checked_at: datetime.datetime) -> None:
        """One interview more, or what it says now."""
        same = self.summaries.get(submission_id) == summary
        self.summaries[submission_id] = summary
        self.made_of[submission_id] = made_of
        self._numbers[summary.instance_id] = submission_id
        self._marks[submission_id] = checked_at
        self._newest = checked_at if self._newest is None else max(self._newest, checked_at)
        if not same:
            # Its numbers would count twice.
            self.gathered.add(summary)

    def list_numbers(self, instance_ids: Iterable[str]) -> frozenset[int]:
        """The submissions of these instances; what is none is left out."""
        return frozenset(self._numbers[one] for one in instance_ids if one in self._numbers)


class Memories:
    """Those of all forms that this process has looked at."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Plan, Memory]] = {}

    def get(self, session: Session, form_pk: int, plans: FormPlans) -> Memory:
        """The interviews of a form, as they are kept now."""
        known = self._known.get(form_pk)
        if known is None or known[0] is not plans.newest:
            known = self._known[form_pk] = (plans.newest, Memory(plans.newest.compared))
        known[1].follow(session, form_pk, plans)
        return known[1]


def as_kept(
    submission_id: int, summary: Summary, form_version_id: int, made_of: str, now: datetime.datetime
) -> KeptSummary:
    """The summary as it is kept."""
    content = {**summary_as_plain(summary), VERSION: form_version_id, MADE_OF: made_of}
    return KeptSummary(submission_id, content, summary.codes, now)
