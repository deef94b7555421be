"""The lines of the log that doors for programs and doors for people write alike."""

import datetime
from typing import Any

from sqlalchemy.orm import Session

from surveyapp.audit import note
from surveyapp.publish import Published
from surveyapp.store.export_definitions import ExportDefinition
from surveyapp.store.forms import Form
from surveyapp.web.identity import Access


def note_published(session: Session, access: Access, published: Published, at: datetime.datetime) -> None:
    """A version of a form was published."""
    detail = {"version": published.version.version, "md5": published.version.md5}
    subject = published.form.form_id
    note(session, access.who, "form.published", at=at, project=access.project.slug, subject=subject, detail=detail)


def note_form_state(session: Session, access: Access, form: Form, state: str, at: datetime.datetime) -> None:
    """A form was closed or opened."""
    note(session, access.who, f"form.{state}", at=at, project=access.project.slug, subject=form.form_id)


def note_policy(session: Session, access: Access, form: Form, policy: dict[str, Any], at: datetime.datetime) -> None:
    """A form is reviewed by another policy."""
    slug = access.project.slug
    note(session, access.who, "form.review_policy", at=at, project=slug, subject=form.form_id, detail=policy)


def note_definition(
    session: Session, access: Access, form: Form, action: str, definition: ExportDefinition, at: datetime.datetime
) -> None:
    """Options of exports were kept under a name, or deleted."""
    slug, detail = access.project.slug, {"name": definition.name, "number": definition.id}
    note(session, access.who, action, at=at, project=slug, subject=form.form_id, detail=detail)
