"""What people say of a submission, or of one question of it. Nothing is taken away: it is resolved, or struck."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from surveyapp.problems import COMMENT_NOT_FOUND, Problem
from surveyapp.sentences import say
from surveyapp.store.review_tables import submission_comments

c = submission_comments.c


@dataclass(frozen=True, slots=True)
class Comment:
    """One remark. `path` is the question's with repeat indices, '' for the whole submission; `for_field` says that the
    enumerator reads it when the submission is returned.
    """

    id: int
    submission_id: int
    path: str
    content: str
    author: str
    for_field: bool
    at: datetime.datetime
    resolved_by: str
    resolved_at: datetime.datetime | None
    struck_by: str
    struck_at: datetime.datetime | None


def add_comment(
    session: Session,
    submission_id: int,
    path: str,
    content: str,
    author: str,
    at: datetime.datetime,
    *,
    for_field: bool = False,
) -> int:
    """A remark; its number."""
    values = {"submission_id": submission_id, "path": path, "content": content, "author": author, "at": at}
    statement = insert(submission_comments).values(**values, for_field=for_field).returning(c.id)
    added: int = session.execute(statement).scalar_one()
    return added


def list_comments(session: Session, submission_ids: Sequence[int]) -> list[Comment]:
    """The remarks about some submissions, oldest first."""
    rows = session.execute(select(submission_comments).where(c.submission_id.in_(submission_ids)).order_by(c.id))
    return [Comment(*row) for row in rows]


def get_comment(session: Session, submission_id: int, number: int) -> Comment:
    """One remark about a submission.

    Raises:
        Problem: COMMENT_NOT_FOUND.
    """
    found = [comment for comment in list_comments(session, [submission_id]) if comment.id == number]
    if not found:
        raise Problem(COMMENT_NOT_FOUND, say("The submission has no comment {number}.", number=number))
    return found[0]


def mark_comment_resolved(session: Session, number: int, by: str, at: datetime.datetime | None) -> None:
    """What it asked for is done; or not, where `at` is None."""
    session.execute(update(submission_comments).where(c.id == number).values(resolved_by=by, resolved_at=at))


def mark_comment_struck(session: Session, number: int, by: str, at: datetime.datetime) -> None:
    """It does not count any more; it can still be read."""
    session.execute(update(submission_comments).where(c.id == number).values(struck_by=by, struck_at=at))
