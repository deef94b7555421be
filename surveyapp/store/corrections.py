"""How many answers of each submission were corrected: in the office's edits, and by decisions of the cleaning log."""

from collections import Counter
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from surveyapp.store.cleaning_tables import cleaning_decisions
from surveyapp.store.review_tables import submission_events
from surveyapp.store.tables import submissions

# What changes an answer; the other decisions let it stand, or take out rows.
CORRECTING: Final = ("change_response", "blank_response")

d = cleaning_decisions.c
e = submission_events.c
s = submissions.c


def count_corrections(session: Session, form_pk: int) -> dict[int, int]:
    """The number of corrected answers by submission; those without any are left out."""
    found = Counter[int]()
    edited = select(e.submission_id, e.detail).join(submissions, s.id == e.submission_id)
    for submission_id, detail in session.execute(edited.where(s.form_pk == form_pk, e.kind == "edited")):
        found[submission_id] += len(detail.get("paths", ()))
    decided = (
        select(s.id, func.count())
        .join(cleaning_decisions, s.instance_id == d.instance_id)
        .where(s.form_pk == form_pk, d.form_pk == form_pk, ~d.rejected, d.change_type.in_(CORRECTING))
        .where(or_(d.submission_no.is_(None), d.submission_no == s.id))
        .group_by(s.id)
    )
    for submission_id, count in session.execute(decided):
        found[submission_id] += count
    return {submission_id: count for submission_id, count in found.items() if count}
