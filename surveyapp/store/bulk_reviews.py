"""Decisions about many submissions at once: what was asked, and how each of them stood before."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from surveyapp.problems import BULK_NOT_FOUND, Problem
from surveyapp.sentences import say
from surveyapp.store.review_tables import bulk_review_items, bulk_reviews

b = bulk_reviews.c
i = bulk_review_items.c


@dataclass(frozen=True, slots=True)
class BulkReview:
    """One of them; `asked` is the filter and the decision."""

    id: int
    form_pk: int
    asked: dict[str, Any]
    actor: str
    at: datetime.datetime
    undone_at: datetime.datetime | None


@dataclass(frozen=True, slots=True)
class BulkItem:
    """How a submission stood before, and the number of the event that the bulk decision made of it."""

    submission_id: int
    former: str
    former_reviewer: str
    former_reviewed_at: datetime.datetime | None
    event_number: int


def add_bulk_review(session: Session, form_pk: int, asked: dict[str, Any], actor: str, at: datetime.datetime) -> int:
    """A new one; its number."""
    values = {"form_pk": form_pk, "asked": asked, "actor": actor, "at": at}
    added: int = session.execute(insert(bulk_reviews).values(**values).returning(b.id)).scalar_one()
    return added


def add_bulk_items(session: Session, number: int, items: Sequence[BulkItem]) -> None:
    """What it did."""
    rows = [
        {
            "bulk_review_id": number,
            "submission_id": item.submission_id,
            "former": item.former,
            "former_reviewer": item.former_reviewer,
            "former_reviewed_at": item.former_reviewed_at,
            "event_number": item.event_number,
        }
        for item in items
    ]
    if rows:
        session.execute(insert(bulk_review_items), rows)


def get_bulk_review(session: Session, form_pk: int, number: int) -> BulkReview:
    """One of a form.

    Raises:
        Problem: BULK_NOT_FOUND.
    """
    row = session.execute(select(bulk_reviews).where(b.id == number, b.form_pk == form_pk)).one_or_none()
    if row is None:
        raise Problem(BULK_NOT_FOUND, say("The form has no bulk decision {number}.", number=number))
    return BulkReview(*row)


def list_bulk_reviews(session: Session, form_pk: int, since: datetime.datetime) -> list[BulkReview]:
    """Those of a form since a moment, newest first."""
    rows = session.execute(select(bulk_reviews).where(b.form_pk == form_pk, b.at >= since).order_by(b.id.desc()))
    return [BulkReview(*row) for row in rows]


def list_bulk_items(session: Session, number: int, after: int, limit: int) -> list[BulkItem]:
    """What it did to up to `limit` submissions numbered above `after`."""
    columns = (i.submission_id, i.former, i.former_reviewer, i.former_reviewed_at, i.event_number)
    rows = session.execute(
        select(*columns)
        .where(i.bulk_review_id == number, i.submission_id > after)
        .order_by(i.submission_id)
        .limit(limit)
    )
    return [BulkItem(*row) for row in rows]


def mark_bulk_undone(session: Session, number: int, at: datetime.datetime) -> None:
    """It was taken back."""
    session.execute(update(bulk_reviews).where(b.id == number).values(undone_at=at))
