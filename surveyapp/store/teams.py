"""Teams of a project: enumerators, their phones, and the supervisors who see what they send."""

from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from surveyapp.problems import TEAM_NOT_FOUND, Problem
from surveyapp.sentences import say
from surveyapp.store.people_tables import devices, team_members, teams

t = teams.c
m = team_members.c


@dataclass(frozen=True, slots=True)
class Team:
    """A team of a project."""

    id: int
    project_id: int
    name: str


def add_team(session: Session, project_id: int, name: str) -> Team:
    """A new team."""
    added = session.execute(insert(teams).values(project_id=project_id, name=name).returning(t.id)).scalar_one()
    return Team(added, project_id, name)


def find_team(session: Session, project_id: int, name: str) -> Team | None:
    """The team of this name."""
    row = session.execute(select(*t).where(t.project_id == project_id, t.name == name)).one_or_none()
    return None if row is None else Team(*row)


def get_team(session: Session, project_id: int, name: str) -> Team:
    """The team of this name.

    Raises:
        Problem: TEAM_NOT_FOUND.
    """
    team = find_team(session, project_id, name)
    if team is None:
        raise Problem(TEAM_NOT_FOUND, say("The project has no team {name!r}.", name=name))
    return team


def get_team_by_id(session: Session, project_id: int, team_id: int) -> Team:
    """The team of the project that a row names.

    Raises:
        Problem: TEAM_NOT_FOUND.
    """
    row = session.execute(select(*t).where(t.project_id == project_id, t.id == team_id)).one_or_none()
    if row is None:
        raise Problem(TEAM_NOT_FOUND, say("The project has no team {team_id}.", team_id=team_id))
    return Team(*row)


def list_teams(session: Session, project_id: int) -> list[Team]:
    """The teams of a project by name."""
    return [Team(*row) for row in session.execute(select(*t).where(t.project_id == project_id).order_by(t.name))]


def mark_team_name(session: Session, team_id: int, name: str) -> None:
    """Call a team otherwise."""
    session.execute(update(teams).where(t.id == team_id).values(name=name))


def list_team_accounts(session: Session, team_id: int) -> set[int]:
    """The ids of the people in a team."""
    return set(session.execute(select(m.account_id).where(m.team_id == team_id)).scalars())


def list_own_teams(session: Session, project_id: int, account_id: int) -> list[Team]:
    """The teams of a person in a project, by name."""
    statement = (
        select(*t)
        .join(team_members, m.team_id == t.id)
        .where(t.project_id == project_id, m.account_id == account_id)
        .order_by(t.name)
    )
    return [Team(*row) for row in session.execute(statement)]


def replace_team_accounts(session: Session, team_id: int, account_ids: set[int]) -> None:
    """Let these people, and no others, be in a team."""
    session.execute(delete(team_members).where(m.team_id == team_id))
    if account_ids:
        rows = [{"team_id": team_id, "account_id": account_id} for account_id in sorted(account_ids)]
        session.execute(insert(team_members), rows)


def mark_device_team(session: Session, device_id: int, team_id: int | None) -> None:
    """Put a phone into a team; what it sends from now on is the team's."""
    session.execute(update(devices).where(devices.c.id == device_id).values(team_id=team_id))
