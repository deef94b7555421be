"""Settings and fitted parameters of the indicators: every version is kept, the newest counts."""

import datetime
from typing import Any

from sqlalchemy import Table, func, insert, select
from sqlalchemy.orm import Session

from surveyapp.indicators.parameters import NO_PARAMETERS, Parameters, read_parameters
from surveyapp.indicators.settings import Settings, read_settings
from surveyapp.store.answer_tables import get_answer_tables
from surveyapp.store.forms import Form, get_definition, list_form_versions
from surveyapp.store.projects import Project
from surveyapp.store.snapshot import Snapshot
from surveyapp.store.tables import indicator_parameters, indicator_settings


def get_settings(session: Session, project_id: int) -> Settings:
    """The newest settings of a project; those of the catalogue where it has none of its own."""
    content = _newest(session, indicator_settings, "project_id", project_id)
    return Settings() if content is None else read_settings(content)


def add_settings(session: Session, project: Project, settings: Settings, now: datetime.datetime) -> int:
    """The next version of a project's settings; its number."""
    row = {"project_id": project.id, "content": settings.as_json(), "hash": settings.hash, "created_at": now}
    return _add(session, indicator_settings, "project_id", row)


def get_parameters(session: Session, form: Form) -> Parameters:
    """What was fitted last on the submissions of a form."""
    content = _newest(session, indicator_parameters, "form_pk", form.id)
    return NO_PARAMETERS if content is None else read_parameters(content)


def add_parameters(session: Session, form: Form, parameters: Parameters, now: datetime.datetime) -> int:
    """The next version of a form's fitted parameters; its number."""
    row = {"form_pk": form.id, "content": parameters.as_json(), "hash": parameters.hash, "created_at": now}
    return _add(session, indicator_parameters, "form_pk", row)


def list_village_sizes(session: Session, form: Form, village: str, households: str) -> dict[str, int]:
    """The number of households by village, as the last profile of each village says; `form` holds the profiles."""
    versions = list_form_versions(session, form)
    paths = {q.name: q.path for version in versions for q in get_definition(session, version).questions}
    if village not in paths or households not in paths:
        return {}
    snapshot = Snapshot(session, get_answer_tables(session, form.id, form.answers_revision), {})
    rows = snapshot.list_rows("", [(paths[village], ""), (paths[households], "")], ())
    return {place: int(size) for place, size in rows if place and size and size > 0}


def _newest(session: Session, table: Table, owner: str, owner_id: int) -> dict[str, Any] | None:
    statement = select(table.c.content).where(table.c[owner] == owner_id).order_by(table.c.number.desc()).limit(1)
    content: dict[str, Any] | None = session.execute(statement).scalar_one_or_none()
    return content


def _add(session: Session, table: Table, owner: str, row: dict[str, Any]) -> int:
    highest = session.execute(select(func.max(table.c.number)).where(table.c[owner] == row[owner])).scalar()
    number: int = (highest or 0) + 1
    session.execute(insert(table).values({**row, "number": number}))
    return number
