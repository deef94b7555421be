"""Settings and fitted parameters of the indicators: every version is kept, the newest counts."""

import datetime
import functools
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table, func, insert, select
from sqlalchemy.orm import Session

from surveyapp.indicators.mapping import INDICATORS_READ, list_places, read_form_settings, with_older_names
from surveyapp.indicators.parameters import NO_PARAMETERS, Parameters, read_parameters
from surveyapp.indicators.settings import Settings, read_settings
from surveyapp.store.answer_tables import get_answer_tables
from surveyapp.store.forms import Form, FormVersion, get_definition, get_source, list_form_versions
from surveyapp.store.projects import Project
from surveyapp.store.snapshot import Snapshot
from surveyapp.store.tables import indicator_parameters, indicator_settings
from surveyapp.xlsform.convert import read_indicators_sheet

# A published workbook never changes, and reading one takes a process of its own.
_read_sheet = functools.lru_cache(maxsize=32)(read_indicators_sheet)


def get_settings(session: Session, project_id: int) -> Settings:
    """The newest settings of a project; those of the catalogue where it has none of its own."""
    return read_settings(get_stated_settings(session, project_id))


def get_stated_settings(session: Session, project_id: int) -> dict[str, Any]:
    """What the newest settings of a project state, without defaults; {} where it has none of its own."""
    return _newest(session, indicator_settings, "project_id", project_id) or {}


def get_sheet_settings(session: Session, form: Form) -> dict[str, Any]:
    """What the sheet `indicators` of the newest version's workbook states, and the names that older versions give to
    inputs which the newest no longer asks; {} where no version has a sheet.
    """
    versions = [(_get_stated(session, version), version) for version in reversed(list_form_versions(session, form))]
    if not any(stated for stated, _ in versions):
        return {}
    asked = ((stated, list_places(get_definition(session, version))) for stated, version in versions)
    return with_older_names(versions[0][0], asked)


def _get_stated(session: Session, version: FormVersion) -> dict[str, Any]:
    """What the sheet of one version states; {} where it has none."""
    if not any(finding.get("code") == INDICATORS_READ for finding in version.findings):
        return {}
    rows = _read_sheet(get_source(session, version), version.source_name)
    return read_form_settings(rows, list_places(get_definition(session, version))).stated


def add_settings(
    session: Session, project: Project, stated: Mapping[str, Any], settings: Settings, now: datetime.datetime
) -> int:
    """The next version of a project's settings, as they were `stated`; its number. `settings` are what they mean."""
    row = {"project_id": project.id, "content": dict(stated), "hash": settings.hash, "created_at": now}
    return _add(session, indicator_settings, "project_id", row)


def get_parameters(session: Session, form: Form) -> Parameters:
    """What was fitted last on the submissions of a form."""
    content = _newest(session, indicator_parameters, "form_pk", form.id)
    return NO_PARAMETERS if content is None else read_parameters(content)


def add_parameters(session: Session, form: Form, parameters: Parameters, now: datetime.datetime) -> int:
    """The next version of a form's fitted parameters; its number."""
    row = {"form_pk": form.id, "content": parameters.as_json(), "hash": parameters.hash, "created_at": now}
    return _add(session, indicator_parameters, "form_pk", row)


def list_village_facts(session: Session, form: Form, village: str, fact: str) -> dict[str, Any]:
    """The answer to `fact` by village, as the last profile of each village has it; `form` holds the profiles."""
    versions = list_form_versions(session, form)
    paths = {q.name: q.path for version in versions for q in get_definition(session, version).questions}
    if village not in paths or fact not in paths:
        return {}
    snapshot = Snapshot(session, get_answer_tables(session, form.id, form.answers_revision), {})
    rows = snapshot.list_rows("", [(paths[village], ""), (paths[fact], "")])
    return {place: said for place, said in rows if place and said}


def _newest(session: Session, table: Table, owner: str, owner_id: int) -> dict[str, Any] | None:
    statement = select(table.c.content).where(table.c[owner] == owner_id).order_by(table.c.number.desc()).limit(1)
    content: dict[str, Any] | None = session.execute(statement).scalar_one_or_none()
    return content


def _add(session: Session, table: Table, owner: str, row: dict[str, Any]) -> int:
    highest = session.execute(select(func.max(table.c.number)).where(table.c[owner] == row[owner])).scalar()
    number: int = (highest or 0) + 1
    session.execute(insert(table).values({**row, "number": number}))
    return number
