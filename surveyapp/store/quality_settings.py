"""How a form wants to be checked: its sheet `checks`, its settings (every version is kept), its drawn backchecks."""

import datetime
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from surveyapp.quality.declaration import Setting
from surveyapp.quality.sheet import CHECKS_READ, read_checks
from surveyapp.store.forms import FormVersion, get_source
from surveyapp.store.people_tables import projects
from surveyapp.store.quality_tables import backcheck_samples, quality_settings
from surveyapp.xform.definition import FormDefinition
from surveyapp.xlsform.convert import read_checks_sheet

c = quality_settings.c
b = backcheck_samples.c
# A published workbook never changes, and reading one takes a process of its own.
_read_sheet = functools.lru_cache(maxsize=8)(read_checks_sheet)


@dataclass(frozen=True, slots=True)
class DrawnSample:
    """The interviews of a form to be asked again; the seed and the same interviews give the same sample."""

    seed: int
    percent: int
    instance_ids: tuple[str, ...]
    drawn_at: datetime.datetime


def get_zone(session: Session, project_id: int) -> str:
    """The time zone of a project, '' for the server's."""
    zone: str = session.execute(select(projects.c.timezone).where(projects.c.id == project_id)).scalar_one()
    return zone


def get_sheet_checks(session: Session, version: FormVersion, definition: FormDefinition) -> list[Setting]:
    """The settings in the sheet `checks` of a version's workbook that fit `definition`; none where it has no such
    sheet.
    """
    if not any(finding.get("code") == CHECKS_READ for finding in version.findings):
        return []
    grid = _read_sheet(get_source(session, version), version.source_name)
    return read_checks(grid, definition)[0]


def get_quality_settings(session: Session, form_pk: int) -> tuple[int, dict[str, Any]]:
    """The number and the content of the newest settings of a form; 0 and {} where it has none."""
    statement = select(c.number, c.content).where(c.form_pk == form_pk).order_by(c.number.desc()).limit(1)
    row = session.execute(statement).one_or_none()
    return (0, {}) if row is None else (row.number, row.content)


def add_quality_settings(
    session: Session, form_pk: int, content: Mapping[str, Any], hash_: str, now: datetime.datetime
) -> int:
    """The next version of a form's settings; its number."""
    highest = session.execute(select(func.max(c.number)).where(c.form_pk == form_pk)).scalar()
    number: int = (highest or 0) + 1
    row = {"form_pk": form_pk, "number": number, "content": dict(content), "hash": hash_, "created_at": now}
    session.execute(insert(quality_settings).values(row))
    return number


def add_drawn_sample(session: Session, form_pk: int, sample: DrawnSample) -> None:
    """Keep what was drawn."""
    session.execute(
        insert(backcheck_samples).values(
            form_pk=form_pk,
            seed=sample.seed,
            share=sample.percent,
            instance_ids=list(sample.instance_ids),
            drawn_at=sample.drawn_at,
        )
    )


def list_drawn_samples(session: Session, form_pk: int) -> list[DrawnSample]:
    """Every sample that was drawn, newest first."""
    rows = session.execute(
        select(b.seed, b.share, b.instance_ids, b.drawn_at).where(b.form_pk == form_pk).order_by(b.id.desc())
    )
    return [DrawnSample(row.seed, row.share, tuple(row.instance_ids), row.drawn_at) for row in rows]
