"""Forms and their published versions, kept for ever, byte for byte."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from surveyapp.problems import FORM_NOT_FOUND, FORM_VERSION_NOT_FOUND, MEDIA_NOT_FOUND, Problem
from surveyapp.sentences import say
from surveyapp.store.files import KeptFile
from surveyapp.store.tables import form_attachments, form_versions, forms
from surveyapp.xform.definition import FormDefinition
from surveyapp.xform.parse import parse_xform


@dataclass(frozen=True, slots=True)
class Form:
    """A form of a project, over all its versions. `state` is open or closed."""

    id: int
    project_id: int
    form_id: str
    title: str
    state: str
    answers_revision: int


@dataclass(frozen=True, slots=True)
class FormVersion:
    """One published version without its bytes. `ordinal` counts the versions of a form from 1."""

    id: int
    form_pk: int
    version: str
    ordinal: int
    md5: str
    source_name: str
    findings: list[dict[str, Any]]
    published_at: datetime.datetime


@dataclass(frozen=True, slots=True)
class FormAttachment:
    """A file that travels with a version."""

    name: str
    sha256: str
    md5: str
    size: int


FORM = (forms.c.id, forms.c.project_id, forms.c.form_id, forms.c.title, forms.c.state, forms.c.answers_revision)
VERSION = tuple(
    form_versions.c[name]
    for name in ("id", "form_pk", "version", "ordinal", "md5", "source_name", "findings", "published_at")
)
FIND_FORM = select(*FORM).where(forms.c.project_id == bindparam("project_id"), forms.c.form_id == bindparam("form_id"))
ATTACHMENT = tuple(form_attachments.c[name] for name in ("name", "sha256", "md5", "size"))


def add_form(session: Session, project_id: int, form_id: str, title: str, created_at: datetime.datetime) -> Form:
    """A new form without versions."""
    row = session.execute(
        insert(forms)
        .values(project_id=project_id, form_id=form_id, title=title, created_at=created_at)
        .returning(*FORM)
    ).one()
    return Form(*row)


def add_form_version(
    session: Session,
    form: Form,
    definition: FormDefinition,
    *,
    xform: bytes,
    md5: str,
    source: bytes,
    source_name: str,
    findings: list[dict[str, Any]],
    published_at: datetime.datetime,
) -> FormVersion:
    """The next version of `form`; its title becomes the form's."""
    newest = session.execute(
        select(func.max(form_versions.c.ordinal)).where(form_versions.c.form_pk == form.id)
    ).scalar()
    row = session.execute(
        insert(form_versions)
        .values(
            form_pk=form.id,
            version=definition.version,
            ordinal=(newest or 0) + 1,
            xform=xform,
            md5=md5,
            source=source,
            source_name=source_name,
            findings=findings,
            published_at=published_at,
        )
        .returning(*VERSION)
    ).one()
    session.execute(update(forms).where(forms.c.id == form.id).values(title=definition.title))
    return FormVersion(*row)


def add_form_attachment(session: Session, version: FormVersion, name: str, kept: KeptFile) -> None:
    """A file of a version."""
    session.execute(
        insert(form_attachments).values(
            form_version_id=version.id, name=name, sha256=kept.sha256, md5=kept.md5, size=kept.size
        )
    )


def mark_form_state(session: Session, form: Form, state: str) -> None:
    """Open or close a form."""
    session.execute(update(forms).where(forms.c.id == form.id).values(state=state))


def find_form(session: Session, project_id: int, form_id: str) -> Form | None:
    """The form with this id in a project."""
    row = session.connection().execute(FIND_FORM, {"project_id": project_id, "form_id": form_id}).one_or_none()
    return None if row is None else Form(*row)


def get_form(session: Session, project_id: int, form_id: str) -> Form:
    """The form with this id in a project.

    Raises:
        Problem: FORM_NOT_FOUND.
    """
    form = find_form(session, project_id, form_id)
    if form is None:
        raise Problem(FORM_NOT_FOUND, say("The project has no form {form_id!r}.", form_id=form_id))
    return form


def get_form_by_pk(session: Session, form_pk: int) -> Form:
    """The form with this row id, which a row of ours names."""
    return Form(*session.execute(select(*FORM).where(forms.c.id == form_pk)).one())


def list_forms(
    session: Session, project_id: int, *, state: str | None = None, form_id: str | None = None
) -> list[Form]:
    """The forms of a project by id."""
    statement = select(*FORM).where(forms.c.project_id == project_id).order_by(forms.c.form_id)
    if state is not None:
        statement = statement.where(forms.c.state == state)
    if form_id is not None:
        statement = statement.where(forms.c.form_id == form_id)
    return [Form(*row) for row in session.execute(statement)]


def list_form_versions(session: Session, form: Form) -> list[FormVersion]:
    """The versions of a form, oldest first."""
    rows = session.execute(select(*VERSION).where(form_versions.c.form_pk == form.id).order_by(form_versions.c.ordinal))
    return [FormVersion(*row) for row in rows]


def find_form_version(session: Session, form: Form, version: str) -> FormVersion | None:
    """The version called `version`; kept in memory, since a published version never changes."""
    known = _versions.setdefault(session.get_bind().engine, {})
    if (form.id, version) not in known:
        row = session.execute(
            select(*VERSION).where(form_versions.c.form_pk == form.id, form_versions.c.version == version)
        ).one_or_none()
        if row is None:
            return None
        known[form.id, version] = FormVersion(*row)
    return known[form.id, version]


def get_form_version(session: Session, form: Form, version: str | None = None) -> FormVersion:
    """The version called `version`, or the newest.

    Raises:
        Problem: FORM_VERSION_NOT_FOUND.
    """
    if version is None:
        return FormVersion(
            *session.execute(
                select(*VERSION)
                .where(form_versions.c.form_pk == form.id)
                .order_by(form_versions.c.ordinal.desc())
                .limit(1)
            ).one()
        )
    found = find_form_version(session, form, version)
    if found is None:
        raise Problem(
            FORM_VERSION_NOT_FOUND,
            say("The form {form_id!r} has no version {version!r}.", form_id=form.form_id, version=version),
        )
    return found


def get_form_version_by_pk(session: Session, version_pk: int) -> FormVersion:
    """The version with this row id, which a row of ours names."""
    return FormVersion(*session.execute(select(*VERSION).where(form_versions.c.id == version_pk)).one())


def get_project_form_version(session: Session, project_id: int, version_pk: int) -> FormVersion:
    """The version with this row id, when it belongs to the project.

    Raises:
        Problem: FORM_VERSION_NOT_FOUND.
    """
    row = session.execute(
        select(*VERSION)
        .join(forms, forms.c.id == form_versions.c.form_pk)
        .where(form_versions.c.id == version_pk, forms.c.project_id == project_id)
    ).one_or_none()
    if row is None:
        raise Problem(FORM_VERSION_NOT_FOUND, "The project has no such version of a form.")
    return FormVersion(*row)


def get_xform(session: Session, version: FormVersion) -> bytes:
    """The bytes that phones are given."""
    return bytes(session.execute(select(form_versions.c.xform).where(form_versions.c.id == version.id)).scalar_one())


def get_source(session: Session, version: FormVersion) -> bytes:
    """The bytes of the file that was published, a workbook or an XForm."""
    return bytes(session.execute(select(form_versions.c.source).where(form_versions.c.id == version.id)).scalar_one())


def list_form_attachments(session: Session, version: FormVersion) -> list[FormAttachment]:
    """The files of a version by name."""
    rows: Sequence[Any] = session.execute(
        select(*ATTACHMENT).where(form_attachments.c.form_version_id == version.id).order_by(form_attachments.c.name)
    ).all()
    return [FormAttachment(*row) for row in rows]


def get_form_attachment(session: Session, version: FormVersion, name: str) -> FormAttachment:
    """One file of a version.

    Raises:
        Problem: MEDIA_NOT_FOUND.
    """
    row = session.execute(
        select(*ATTACHMENT).where(form_attachments.c.form_version_id == version.id, form_attachments.c.name == name)
    ).one_or_none()
    if row is None:
        raise Problem(MEDIA_NOT_FOUND, say("The form has no file {name!r}.", name=name))
    return FormAttachment(*row)


_versions: WeakKeyDictionary[Engine, dict[tuple[int, str], FormVersion]] = WeakKeyDictionary()
_definitions: WeakKeyDictionary[Engine, dict[int, FormDefinition]] = WeakKeyDictionary()


def get_definition(session: Session, version: FormVersion) -> FormDefinition:
    """A version understood; kept in memory, since a published version never changes."""
    known = _definitions.setdefault(session.get_bind().engine, {})
    if version.id not in known:
        known[version.id] = parse_xform(get_xform(session, version))
    return known[version.id]
