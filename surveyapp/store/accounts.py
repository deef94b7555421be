"""People who sign in, and their roles in projects."""

import datetime
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from surveyapp.problems import ACCOUNT_NOT_FOUND, Problem
from surveyapp.sentences import say
from surveyapp.store.people_tables import accounts, memberships, projects

a = accounts.c
m = memberships.c


@dataclass(frozen=True, slots=True)
class Account:
    """A person who may sign in. Without a password, only a one-time link lets them in."""

    id: int
    login: str
    name: str
    email: str
    language: str
    has_password: bool
    has_totp: bool
    operator: bool
    created_at: datetime.datetime
    disabled_at: datetime.datetime | None


@dataclass(frozen=True, slots=True)
class Secrets:
    """What proves that somebody is who they say; read where it is compared, and nowhere else."""

    password_hash: str | None
    totp_secret: str | None
    totp_step: int


@dataclass(frozen=True, slots=True)
class Member:
    """A person with their role in a project."""

    account: Account
    role: str


ACCOUNT: Final = (
    a.id,
    a.login,
    a.name,
    a.email,
    a.language,
    a.password_hash.is_not(None).label("has_password"),
    a.totp_secret.is_not(None).label("has_totp"),
    a.operator,
    a.created_at,
    a.disabled_at,
)


def add_account(session: Session, login: str, name: str, *, operator: bool, created_at: datetime.datetime) -> Account:
    """A new person, who has no password yet."""
    values = {"login": login, "name": name, "operator": operator, "created_at": created_at}
    session.execute(insert(accounts).values(values))
    return get_account(session, login)


def find_account(session: Session, login: str) -> Account | None:
    """The person with this sign-in name, which is kept in lower case."""
    row = session.execute(select(*ACCOUNT).where(a.login == login)).one_or_none()
    return None if row is None else Account(*row)


def get_account(session: Session, login: str) -> Account:
    """The person with this sign-in name.

    Raises:
        Problem: ACCOUNT_NOT_FOUND.
    """
    account = find_account(session, login)
    if account is None:
        raise Problem(ACCOUNT_NOT_FOUND, say("There is no person {login!r}.", login=login))
    return account


def get_account_by_id(session: Session, account_id: int) -> Account:
    """The person that a row of ours names."""
    return Account(*session.execute(select(*ACCOUNT).where(a.id == account_id)).one())


def get_secrets(session: Session, account_id: int) -> Secrets:
    """What the person's password and code are compared with."""
    row = session.execute(select(a.password_hash, a.totp_secret, a.totp_step).where(a.id == account_id)).one()
    return Secrets(*row)


def list_accounts(session: Session) -> list[Account]:
    """All people by sign-in name."""
    return [Account(*row) for row in session.execute(select(*ACCOUNT).order_by(a.login))]


def mark_account(session: Session, account_id: int, **columns: Any) -> None:
    """Change columns of a person."""
    session.execute(update(accounts).where(a.id == account_id).values(**columns))


def mark_totp_step(session: Session, account_id: int, step: int) -> bool:
    """Use up the code of a time step; False when it, or a later one, was used before."""
    statement = update(accounts).where(a.id == account_id, a.totp_step < step).values(totp_step=step)
    return bool(session.execute(statement.returning(a.id)).all())


# -- roles ------------------------------------------------------------------------------------------------------------
def find_role(session: Session, project_id: int, account_id: int) -> str | None:
    """The role of a person in a project."""
    found: str | None = session.execute(
        select(m.role).where(m.project_id == project_id, m.account_id == account_id)
    ).scalar_one_or_none()
    return found


def replace_role(session: Session, project_id: int, account_id: int, role: str | None) -> None:
    """Give a person a role in a project; None takes it away."""
    session.execute(delete(memberships).where(m.project_id == project_id, m.account_id == account_id))
    if role is not None:
        session.execute(insert(memberships).values(project_id=project_id, account_id=account_id, role=role))


def list_members(session: Session, project_id: int) -> list[Member]:
    """The people of a project by sign-in name."""
    rows = session.execute(
        select(*ACCOUNT, m.role)
        .join(memberships, m.account_id == a.id)
        .where(m.project_id == project_id)
        .order_by(a.login)
    )
    return [Member(Account(*row[:-1]), row[-1]) for row in rows]


def list_roles(session: Session, account_id: int) -> dict[str, str]:
    """The roles of a person: project slug to role."""
    rows = session.execute(
        select(projects.c.slug, m.role)
        .join(projects, projects.c.id == m.project_id)
        .where(m.account_id == account_id)
        .order_by(projects.c.slug)
    )
    return {row.slug: row.role for row in rows}
