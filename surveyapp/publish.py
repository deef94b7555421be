"""A workbook becomes the next version of a form, or we say why not."""

import datetime
import hashlib
from collections.abc import Container, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy.orm import Session

from surveyapp.findings import FormFinding
from surveyapp.indicators.mapping import INDICATORS_READ, list_places, read_form_settings
from surveyapp.problems import FORM_INVALID, FORM_VERSION_EXISTS, Problem
from surveyapp.quality.sheet import CHECKS_READ, read_checks
from surveyapp.sentences import say
from surveyapp.store.answer_growth import extend_answer_tables
from surveyapp.store.files import Files, KeptFile
from surveyapp.store.forms import (
    Form,
    FormVersion,
    add_form,
    add_form_attachment,
    add_form_version,
    find_form,
    find_form_version,
    get_definition,
    get_form,
    list_form_attachments,
    list_form_versions,
    mark_form_state,
)
from surveyapp.store.projects import Project
from surveyapp.validate.form_checks import check_form
from surveyapp.validate.rules import compile_rules
from surveyapp.xform.changes import Change, list_changes
from surveyapp.xform.definition import FormDefinition
from surveyapp.xform.parse import ITEMSETS, parse_xform
from surveyapp.xlsform.collect_check import check_for_collect
from surveyapp.xlsform.convert import Conversion, convert_form

WIDENED: Final = say("It cannot go back; if it was not meant, give the question a new name and its former type.")
# Longer ids do not fit a database index.
LONGEST_ID: Final = 255


@dataclass(frozen=True, slots=True)
class Published:
    """What came of it. `fresh` is False when this very version was there already."""

    form: Form
    version: FormVersion
    findings: tuple[FormFinding, ...]
    fresh: bool


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What publishing would do: how the form differs from its newest version, what would stand in the way.

    `form` is None for a new form. `clash` is why it would be refused, where it is not for the changes whose verdict is
    refused. `fresh` is False when this very version is there already.
    """

    form: Form | None
    former: FormVersion | None
    changes: tuple[Change, ...]
    findings: tuple[FormFinding, ...]
    clash: Problem | None
    fresh: bool

    @property
    def possible(self) -> bool:
        """Whether it can be published."""
        return self.clash is None and not any(change.verdict == "refused" for change in self.changes)


@dataclass(frozen=True, slots=True)
class PreparedForm:
    """A form file converted, understood and checked, which no database has seen yet."""

    content: bytes
    file_name: str
    conversion: Conversion
    definition: FormDefinition
    findings: tuple[FormFinding, ...]


def prepare_form(content: bytes, file_name: str, now: datetime.datetime, *, ask_collect: bool = True) -> PreparedForm:
    """Convert and check `content` (XLSForm or XForm XML).

    It takes seconds, sometimes many, in which no transaction should be open: phones would wait for it. With
    `ask_collect` ODK Validate tries the form as Collect would, where Java is there.

    Raises:
        Problem: FORM_INVALID with every fault, FORM_FILE_UNSUPPORTED.
    """
    conversion = convert_form(content, file_name, default_version=f"{now:%Y%m%d%H%M%S}")
    definition = parse_xform(conversion.xform)
    findings = [*conversion.findings, *_check(definition, conversion), *_check_indicators(definition, conversion)]
    findings += _check_quality(definition, conversion)
    if ask_collect:
        findings += _ask_collect(conversion)
    return PreparedForm(content, file_name, conversion, definition, tuple(findings))


def _ask_collect(conversion: Conversion) -> tuple[FormFinding, ...]:
    """What ODK Validate says: after our own checks, since it names one fault only and not its place.

    Raises:
        Problem: FORM_INVALID.
    """
    told = check_for_collect(conversion.xform, rows=conversion.rows)
    refused = [finding for finding in told if finding.severity == "error"]
    if refused:
        raise Problem(FORM_INVALID, str(refused[0]), errors=[asdict(finding) for finding in refused])
    return told


def publish(
    session: Session,
    files: Files,
    project: Project,
    prepared: PreparedForm,
    media: Mapping[str, bytes],
    now: datetime.datetime,
) -> Published:
    """Publish a form with the files `media` in `project`.

    Raises:
        Problem: FORM_VERSION_EXISTS, FORM_NARROWED, FORM_INVALID when questions would share answers.
    """
    conversion, definition, checked = prepared.conversion, prepared.definition, prepared.findings
    form = find_form(session, project.id, definition.form_id)
    if form is None:
        form = add_form(session, project.id, definition.form_id, definition.title, now)
    if conversion.itemsets:
        media = {**media, ITEMSETS: conversion.itemsets}
    present = find_form_version(session, form, definition.version)
    if present is not None:
        _refuse_other_content(session, present, definition, conversion, media)
        return Published(form, present, checked, fresh=False)
    versions = list_form_versions(session, form)
    kept = _keep_media(session, files, definition, media, versions)
    former = [get_definition(session, version) for version in versions]
    widened = extend_answer_tables(session, form.id, _stem(project, definition), definition, former)
    findings = (*checked, *_findings(definition, kept, media, versions, widened))
    version = add_form_version(
        session,
        form,
        definition,
        xform=conversion.xform,
        md5=_md5(conversion.xform),
        source=prepared.content,
        source_name=prepared.file_name,
        findings=[asdict(finding) for finding in findings],
        published_at=now,
    )
    for name, file in kept.items():
        add_form_attachment(session, version, name, file)
    return Published(get_form(session, project.id, definition.form_id), version, findings, fresh=True)


def foresee(session: Session, project: Project, prepared: PreparedForm, media: Mapping[str, bytes]) -> Foreseen:
    """What `publish` would do with the same form and files; nothing is changed."""
    definition, form = prepared.definition, find_form(session, project.id, prepared.definition.form_id)
    versions = [] if form is None else list_form_versions(session, form)
    present = None if form is None else find_form_version(session, form, definition.version)
    clash = None
    if present is not None:
        try:
            _refuse_other_content(session, present, definition, prepared.conversion, media)
        except Problem as refusal:
            clash = refusal
    there = {one.name for one in list_form_attachments(session, versions[-1])} if versions else set[str]()
    kept = (there | set(media)) & set(definition.attachments)
    if prepared.conversion.itemsets:
        kept.add(ITEMSETS)
    findings = (*prepared.findings, *_findings(definition, kept, media, versions, []))
    former = [get_definition(session, version) for version in versions]
    return Foreseen(
        form, versions[-1] if versions else None, _foresee_changes(former, definition), findings, clash, present is None
    )


def _foresee_changes(former: Sequence[FormDefinition], definition: FormDefinition) -> tuple[Change, ...]:
    """What changes from the newest version; and where a question that an older one had would not fit its answers."""
    if not former:
        return ()
    newest = list_changes(former[-1], definition)
    older = [change for one in former[:-1] for change in list_changes(one, definition) if change.verdict != "ok"]
    known = {(change.kind, change.name) for change in newest}
    return (*newest, *{(c.kind, c.name): c for c in older if (c.kind, c.name) not in known}.values())


def _check(definition: FormDefinition, conversion: Conversion) -> list[FormFinding]:
    """What is wrong with the expressions of a form.

    Raises:
        Problem: FORM_INVALID when one of them can be evaluated nowhere, or when they need each other in a circle.
    """
    if len(definition.form_id) > LONGEST_ID:
        raise Problem(
            FORM_INVALID,
            say("The form id is longer than {longest_id} characters.", longest_id=LONGEST_ID),
            remedy="Choose a shorter one.",
        )
    found = check_form(compile_rules(definition, {}), conversion.rows)
    errors = [finding for finding in found if finding.severity == "error"]
    if errors:
        raise Problem(FORM_INVALID, str(errors[0]), errors=[asdict(finding) for finding in found])
    return found


def _check_indicators(definition: FormDefinition, conversion: Conversion) -> list[FormFinding]:
    """That the sheet `indicators` was read, where there is one.

    Raises:
        Problem: FORM_INVALID with every name that the catalogue or the form does not know.
    """
    if not conversion.indicators:
        return []
    found = read_form_settings(conversion.indicators, list_places(definition))
    if found.findings:
        raise Problem(FORM_INVALID, str(found.findings[0]), errors=[asdict(finding) for finding in found.findings])
    inputs, settings = (sum(bool(getattr(row, name)) for row in conversion.indicators) for name in ("input", "setting"))
    message = say(
        "For the indicators the form names {inputs} inputs and {settings} settings.", inputs=inputs, settings=settings
    )
    return [FormFinding(INDICATORS_READ, "info", message, sheet=conversion.indicators[0].sheet)]


def _check_quality(definition: FormDefinition, conversion: Conversion) -> list[FormFinding]:
    """That the sheet `checks` was read, where there is one, and what was odd about it.

    Raises:
        Problem: FORM_INVALID with every fault of its rows.
    """
    if not conversion.checks:
        return []
    settings, found = read_checks(conversion.checks, definition)
    errors = [finding for finding in found if finding.severity == "error"]
    if errors:
        raise Problem(FORM_INVALID, str(errors[0]), errors=[asdict(finding) for finding in found])
    return [
        *found,
        FormFinding(
            CHECKS_READ, "info", say("The form sets {count} checks itself.", count=len(settings)), sheet="checks"
        ),
    ]


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def set_form_state(session: Session, form: Form, state: str) -> None:
    """`closed` takes a form off the phones' list; records that were filled before are still taken. `open` puts it
    back.
    """
    mark_form_state(session, form, state)


def _stem(project: Project, definition: FormDefinition) -> str:
    prefix = "data" if project.slug == "default" else f"data_{project.slug}"
    return f"{prefix}_{definition.form_id}"


def _keep_media(
    session: Session,
    files: Files,
    definition: FormDefinition,
    media: Mapping[str, bytes],
    versions: list[FormVersion],
) -> dict[str, KeptFile]:
    """The files that the form names: those that were sent, for the rest those of the version before."""
    kept = {}
    if versions:
        for old in list_form_attachments(session, versions[-1]):
            if old.name in definition.attachments:
                kept[old.name] = KeptFile(old.sha256, old.md5, old.size)
    for name in definition.attachments:
        if name in media:
            kept[name] = files.keep(media[name])
    return kept


def _refuse_other_content(
    session: Session,
    present: FormVersion,
    definition: FormDefinition,
    conversion: Conversion,
    media: Mapping[str, bytes],
) -> None:
    there = {attachment.name: attachment.md5 for attachment in list_form_attachments(session, present)}
    other_files = any(there.get(name) != _md5(media[name]) for name in set(definition.attachments).intersection(media))
    if _md5(conversion.xform) != present.md5 or other_files:
        when = f"{present.published_at:%Y-%m-%d %H:%M} UTC"
        raise Problem(
            FORM_VERSION_EXISTS,
            say("Version {version!r} was published on {when} with other content.", version=present.version, when=when),
        )


def _findings(
    definition: FormDefinition,
    kept: Container[str],
    media: Mapping[str, bytes],
    versions: list[FormVersion],
    widened: list[str],
) -> list[FormFinding]:
    found = [
        FormFinding(
            "question-widened",
            "warning",
            say("{change}. Answers given before were carried over.", change=change),
            WIDENED,
        )
        for change in widened
    ]
    for name in definition.attachments:
        if name not in kept:
            remedy = say(
                "Publish the next version with the file beside it; until then phones cannot show what it holds."
            )
            found.append(
                FormFinding("form-file-missing", "warning", say("The form needs the file {name!r}.", name=name), remedy)
            )
        elif name not in media and versions:
            found.append(
                FormFinding(
                    "form-file-kept",
                    "info",
                    say(
                        "The file {name!r} was taken from version {version!r}.", name=name, version=versions[-1].version
                    ),
                )
            )
    for name in sorted(set(media) - set(definition.attachments)):
        found.append(
            FormFinding(
                "form-file-unused", "info", say("The form does not name the file {name!r}; it was left out.", name=name)
            )
        )
    if definition.submission_url:
        message = say(
            "The form sends its records to {submission_url}, not necessarily to this server.",
            submission_url=definition.submission_url,
        )
        found.append(
            FormFinding("submission-url", "warning", message, "Leave submission_url out of the settings sheet.")
        )
    return found
