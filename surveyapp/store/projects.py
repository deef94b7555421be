"""Projects own forms, devices and data."""

import datetime
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from surveyapp.problems import PROJECT_NOT_FOUND, Problem
from surveyapp.sentences import say
from surveyapp.store.people_tables import projects


@dataclass(frozen=True, slots=True)
class Project:
    """One project. `timezone` is an IANA name, '' for the server's default."""

    id: int
    slug: str
    name: str
    timezone: str


COLUMNS = (projects.c.id, projects.c.slug, projects.c.name, projects.c.timezone)


def add_project(session: Session, slug: str, name: str, timezone: str, created_at: datetime.datetime) -> int:
    """A new project; its id."""
    values = {"slug": slug, "name": name, "timezone": timezone, "created_at": created_at}
    added: int = session.execute(insert(projects).values(values).returning(projects.c.id)).scalar_one()
    return added


def mark_project(session: Session, project_id: int, *, name: str, timezone: str) -> None:
    """Change what a project is called, and its zone."""
    session.execute(update(projects).where(projects.c.id == project_id).values(name=name, timezone=timezone))


def find_project(session: Session, slug: str) -> Project | None:
    """The project called `slug`."""
    row = session.execute(select(*COLUMNS).where(projects.c.slug == slug)).one_or_none()
    return None if row is None else Project(*row)


def get_project(session: Session, slug: str) -> Project:
    """The project called `slug`.

    Raises:
        Problem: PROJECT_NOT_FOUND.
    """
    project = find_project(session, slug)
    if project is None:
        raise Problem(PROJECT_NOT_FOUND, say("There is no project {slug!r}.", slug=slug))
    return project


def list_projects(session: Session) -> list[Project]:
    """All projects by name."""
    return [Project(*row) for row in session.execute(select(*COLUMNS).order_by(projects.c.slug))]
