"""Who is signed in, links that work once, and failed attempts that slow the next ones."""

import datetime
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from surveyapp.store.accounts import ACCOUNT, Account
from surveyapp.store.people_tables import accounts, one_time_links, sessions, throttles

s = sessions.c
k = one_time_links.c


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A browser in which a person is signed in."""

    id: int
    account: Account
    address: str
    user_agent: str
    created_at: datetime.datetime
    seen_at: datetime.datetime


SIGNED_IN = (s.id, s.address, s.user_agent, s.created_at, s.seen_at)


def _signed_in(row: tuple[object, ...]) -> SignedIn:
    session_id, address, user_agent, created_at, seen_at, *account = row
    return SignedIn(session_id, Account(*account), address, user_agent, created_at, seen_at)  # type: ignore[arg-type]  # a row has the types of its columns


def add_session(
    session: Session, account_id: int, token_hash: str, address: str, user_agent: str, at: datetime.datetime
) -> None:
    """A browser in which a person has just signed in."""
    values = {"account_id": account_id, "token_hash": token_hash, "address": address, "user_agent": user_agent}
    session.execute(insert(sessions).values(**values, created_at=at, seen_at=at))


def find_session(session: Session, token_hash: str) -> SignedIn | None:
    """The browser with this token, when it was not signed out."""
    statement = (
        select(*SIGNED_IN, *ACCOUNT)
        .join(accounts, accounts.c.id == s.account_id)
        .where(s.token_hash == token_hash, s.ended_at.is_(None))
    )
    row = session.execute(statement).one_or_none()
    return None if row is None else _signed_in(tuple(row))


def list_sessions(session: Session, account_id: int) -> list[SignedIn]:
    """The browsers in which a person is signed in, newest first."""
    statement = (
        select(*SIGNED_IN, *ACCOUNT)
        .join(accounts, accounts.c.id == s.account_id)
        .where(s.account_id == account_id, s.ended_at.is_(None))
        .order_by(s.id.desc())
    )
    return [_signed_in(tuple(row)) for row in session.execute(statement)]


def mark_session_seen(session: Session, session_id: int, at: datetime.datetime) -> None:
    """The browser asked for something."""
    session.execute(update(sessions).where(s.id == session_id).values(seen_at=at))


def mark_sessions_ended(
    session: Session, account_id: int, at: datetime.datetime, *, only: int | None = None, spare: int | None = None
) -> int:
    """Sign a person out: everywhere, in one browser, or everywhere but in one; how many those were."""
    statement = update(sessions).where(s.account_id == account_id, s.ended_at.is_(None)).values(ended_at=at)
    if only is not None:
        statement = statement.where(s.id == only)
    if spare is not None:
        statement = statement.where(s.id != spare)
    return len(session.execute(statement.returning(s.id)).all())


# -- links that work once ---------------------------------------------------------------------------------------------
def add_link(
    session: Session, account_id: int, token_hash: str, created_at: datetime.datetime, expires_at: datetime.datetime
) -> None:
    """A link with which a person sets a password; those made before stop working."""
    session.execute(
        update(one_time_links).where(k.account_id == account_id, k.used_at.is_(None)).values(used_at=created_at)
    )
    values = {"account_id": account_id, "token_hash": token_hash}
    session.execute(insert(one_time_links).values(**values, created_at=created_at, expires_at=expires_at))


def find_link(session: Session, token_hash: str, at: datetime.datetime) -> Account | None:
    """Whose link it is, if it still works."""
    statement = (
        select(*ACCOUNT)
        .join(one_time_links, k.account_id == accounts.c.id)
        .where(k.token_hash == token_hash, k.used_at.is_(None), k.expires_at > at)
    )
    row = session.execute(statement).one_or_none()
    return None if row is None else Account(*row)


def remove_links(session: Session, account_id: int) -> None:
    """No link of this person works any more."""
    session.execute(delete(one_time_links).where(k.account_id == account_id, k.used_at.is_(None)))


def mark_link_used(session: Session, token_hash: str, at: datetime.datetime) -> bool:
    """Use a link up; False when somebody was quicker."""
    statement = update(one_time_links).where(k.token_hash == token_hash, k.used_at.is_(None)).values(used_at=at)
    return bool(session.execute(statement.returning(k.id)).all())


# -- failed attempts --------------------------------------------------------------------------------------------------
def find_failures(session: Session, key: str) -> tuple[int, datetime.datetime] | None:
    """How many attempts failed under this key in a row, and when the last one did."""
    c = throttles.c
    row = session.execute(select(c.failures, c.failed_at).where(c.key == key)).one_or_none()
    return None if row is None else (row[0], row[1])


def replace_failures(session: Session, key: str, failures: int, at: datetime.datetime) -> None:
    """Keep the count; 0 forgets the key."""
    session.execute(delete(throttles).where(throttles.c.key == key))
    if failures:
        session.execute(insert(throttles).values(key=key, failures=failures, failed_at=at))
