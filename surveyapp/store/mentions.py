"""Who was named in a remark, and what waits for them."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from surveyapp.store.reach import Reach, within
from surveyapp.store.review_tables import comment_mentions, submission_comments
from surveyapp.store.tables import forms, submissions

c = submission_comments.c
n = comment_mentions.c
s = submissions.c


@dataclass(frozen=True, slots=True)
class Mention:
    """A remark that names somebody, and the submission that it is about."""

    form_id: str
    submission_id: int
    comment_id: int
    author: str
    content: str
    at: datetime.datetime


def add_mentions(session: Session, submission_id: int, comment_id: int, account_ids: Sequence[int]) -> None:
    """Note that these people were named in a remark."""
    rows = [{"submission_id": submission_id, "comment_id": comment_id, "account_id": one} for one in account_ids]
    if rows:
        session.execute(insert(comment_mentions), rows)


def list_mentions(session: Session, project_id: int, account_id: int, reach: Reach, limit: int = 50) -> list[Mention]:
    """The newest remarks in a project that name somebody and are neither resolved nor struck, of submissions that they
    may see.
    """
    rows = session.execute(
        select(forms.c.form_id, s.id, c.id, c.author, c.content, c.at)
        .select_from(comment_mentions)
        .join(submission_comments, c.id == n.comment_id)
        .join(submissions, s.id == n.submission_id)
        .join(forms, forms.c.id == s.form_pk)
        .where(n.account_id == account_id, forms.c.project_id == project_id, within(reach))
        .where(c.resolved_at.is_(None), c.struck_at.is_(None))
        .order_by(c.id.desc())
        .limit(limit)
    )
    return [Mention(*row) for row in rows]
