"""One submission: its answers as the form asks them, what looks wrong, its versions, and the files that came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, render_template, send_file
from sqlalchemy.orm import Session

from surveyapp.answers import Node
from surveyapp.collect.changes import compare, number_rows
from surveyapp.collect.reading import JSON, read_version
from surveyapp.export.from_store import read_choices
from surveyapp.findings import Finding
from surveyapp.problems import MEDIA_NOT_FOUND, Problem
from surveyapp.sentences import say
from surveyapp.store.answer_tables import get_answer_tables
from surveyapp.store.findings import list_findings
from surveyapp.store.forms import Form, get_definition, get_form, get_form_version_by_pk, list_form_attachments
from surveyapp.store.listing import Listed, Sent, get_listed, list_history
from surveyapp.store.positions import list_positions
from surveyapp.store.submissions import Attachment, get_content, get_numbered_version, list_attachments
from surveyapp.web.current import database, files
from surveyapp.web.finding_words import Told, tell_finding
from surveyapp.web.i18n import page_language
from surveyapp.web.identity import Access, allow_person
from surveyapp.web.odd_part import list_odd
from surveyapp.web.office import asked
from surveyapp.web.pages_submissions import list_neighbours, narrowing
from surveyapp.web.point_map import PointMap, draw_points
from surveyapp.web.review_part import get_review_part, take_up
from surveyapp.xform.definition import Choice, FormDefinition
from surveyapp.xform.shown import LeafChange, Reading, find_nodes, list_leaf_changes, show_record

ADDRESS: Final = "/p/<project>/forms/<form_id>/submissions/<int:submission_no>"
pages_submission = Blueprint("submission_page", __name__, url_prefix=ADDRESS)

COPIES: Final = ("conflict", "stale_edit")
# Characters of a record that the page shows; the rest is in the download.
MOST_RAW: Final = 200_000
# How files of these types begin; nothing else is shown in place.
IMAGES: Final = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"GIF8": "image/gif"}


@dataclass(frozen=True)
class Opened:
    """A version of a submission, read."""

    sent: Sent
    reading: Reading
    root: Node
    unknown: Sequence[Node]

    @cached_property
    def nodes(self) -> Mapping[str, Node]:
        """The bound nodes by path."""
        return find_nodes(self.root)

    def tell(self, finding: Finding) -> Told:
        """The sentence of a finding, the labels in it filled in."""
        return tell_finding(finding, self.reading, self.nodes, self.root)


@pages_submission.get("")
def submission(project: str, form_id: str, submission_no: int) -> str:
    """What the submission says now; with `?shown=` what another of its versions says."""
    with database().reading() as session:
        access = allow_person(session, "see", project)
    take_up(access, form_id, submission_no)
    with database().reading() as session:
        access, form, listed = _find(session, project, form_id, submission_no)
        history = list_history(session, form.id, submission_no)
        opened = {sent.version.number: _open(session, form, sent) for sent in history}
        current = next(one for one in opened.values() if one.sent.version.current)
        shown = opened.get(int(asked("shown")) if asked("shown").isdecimal() else -1, current)
        attachments = list_attachments(session, shown.sent.version.id)
        parts = show_record(shown.reading, shown.root)
        return render_template(
            "submission.html",
            form=form,
            listed=listed,
            shown=shown,
            current=current,
            parts=parts,
            languages_of_form=[one for one in shown.reading.definition.languages if one],
            found=[(one, finding) for one in _with_findings(opened, shown) for finding in _found(session, one)],
            odd=list_odd(session, access, form, submission_no, shown.reading, shown.root),
            history=[(one, _against(session, form, opened, current, one)) for one in opened.values()],
            files_by_name={one.name: one for one in attachments if not one.conflict},
            attachments=attachments,
            images={one.sha256 for one in attachments if sniff_image(files().path(one.sha256))},
            point_map=_map(session, form, access, shown),
            raw=_raw(session, shown.sent),
            beside=list_neighbours(session, form.id, access, submission_no),
            narrowed=narrowing(),
            review=get_review_part(session, access, form, submission_no),
        )


def _find(session: Session, project: str, form_id: str, submission_no: int) -> tuple[Access, Form, Listed]:
    access = allow_person(session, "see", project)
    form = get_form(session, access.project.id, form_id)
    return access, form, get_listed(session, form.id, access.reach, submission_no)


def _open(session: Session, form: Form, sent: Sent) -> Opened:
    root, unknown = read_version(session, form, sent.version)
    version = get_form_version_by_pk(session, sent.version.form_version_id)
    definition = get_definition(session, version)
    wanted = {definition.choice_file(question) for question in definition.questions} - {""}
    kept = {one.name: one.sha256 for one in list_form_attachments(session, version)} if wanted else {}
    choices = {name: _read_choices(name, kept[name]) for name in wanted if name in kept}
    return Opened(sent, Reading(definition, _language(definition), choices), root, unknown)


def _read_choices(name: str, sha256: str) -> tuple[Choice, ...]:
    try:
        return read_choices(name, files().path(sha256).read_bytes())
    except OSError:
        return ()


def _language(definition: FormDefinition) -> str:
    """What the address asks for, else the form's language that is the page's: of `中文 (zh)` the code counts."""
    wish = asked("labels")
    if wish in definition.languages:
        return wish
    of_page = (name for name in definition.languages if f"({page_language()}" in name.lower())
    return next(of_page, definition.default_language)


def _with_findings(opened: Mapping[int, Opened], shown: Opened) -> list[Opened]:
    """The version shown, and what was kept beside it for comparison."""
    return [one for one in opened.values() if one is shown or one.sent.version.kind in COPIES]


def _found(session: Session, opened: Opened) -> list[Finding]:
    return list_findings(session, opened.sent.version.id)


def _against(
    session: Session, form: Form, opened: Mapping[int, Opened], current: Opened, one: Opened
) -> list[LeafChange]:
    """What a version changed: a copy is compared with what is current, an edit with the version that it replaces. A row
    is the same member on both sides, whatever its number.
    """
    version = one.sent.version
    if version.kind in COPIES:
        former: Opened | None = current
    else:
        ids = {
            other.sent.version.instance_id: other for other in opened.values() if other.sent.version.kind not in COPIES
        }
        former = ids.get(version.deprecated_id or "")
    if former is None:
        return []
    tables = get_answer_tables(session, form.id, form.answers_revision)
    numbers = number_rows(compare(tables, [(former.root, former.unknown), (one.root, one.unknown)]).rows)
    return list_leaf_changes((former.reading, former.root), (one.reading, one.root), numbers)


def _map(session: Session, form: Form, access: Access, shown: Opened) -> PointMap | None:
    """Where the interview was, among the others of the form that the reader may see."""
    for path, node in shown.nodes.items():
        question = node.element
        if getattr(question, "type", "") == "geopoint" and not shown.reading.definition.repeat_of[question.path]:
            point = shown.reading.answer(node, path).point
            if point is not None:
                tables = get_answer_tables(session, form.id, form.answers_revision)
                return draw_points(point, list_positions(session, tables, question.path, access.reach))
    return None


def _raw(session: Session, sent: Sent) -> dict[str, Any]:
    content, content_type = get_content(session, sent.version.id)
    text = content.decode("utf-8", "replace")
    return {"text": text[:MOST_RAW], "cut": len(text) > MOST_RAW, "json": content_type == JSON}


# -- what came with it ------------------------------------------------------------------------------------------------
@pages_submission.get("/versions/<int:number>/record")
def record(project: str, form_id: str, submission_no: int, number: int) -> Response:
    """A version as it was sent, byte for byte, as a download."""
    with database().reading() as session:
        _, form, _ = _find(session, project, form_id, submission_no)
        version = get_numbered_version(session, form.id, submission_no, number)
        content, content_type = get_content(session, version.id)
    ending = "json" if content_type == JSON else "xml"
    name = f"{submission_no}-{number}.{ending}"
    return Response(
        content,
        content_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"},
    )


@pages_submission.get("/versions/<int:number>/files/<path:name>")
def attachment(project: str, form_id: str, submission_no: int, number: int, name: str) -> Response:
    """A file that came with a version: a picture in place, anything else as a download. `?sha256=` names a copy."""
    with database().reading() as session:
        _, form, _ = _find(session, project, form_id, submission_no)
        version = get_numbered_version(session, form.id, submission_no, number)
        found = _choose(list_attachments(session, version.id), name, asked("sha256"))
    path = files().path(found.sha256)
    if not path.exists():
        raise Problem(
            MEDIA_NOT_FOUND, say("The file {name!r} is not on the disk.", name=name), remedy="Ask who runs the server."
        )
    image = sniff_image(path)
    response = send_file(path, image or "application/octet-stream", as_attachment=not image, download_name=found.name)
    # Whatever it is, it is no page of ours.
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


def _choose(found: Sequence[Attachment], name: str, sha256: str) -> Attachment:
    fitting = [one for one in found if one.name == name and (one.sha256 == sha256 if sha256 else not one.conflict)]
    if not fitting:
        raise Problem(
            MEDIA_NOT_FOUND,
            say("The submission has no file {name!r}.", name=name),
            remedy="It may not have arrived yet.",
        )
    return fitting[0]


def sniff_image(path: Path) -> str:
    """The type of a picture by how its file begins, '' for anything else: what a phone says of it is not trusted."""
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError:
        return ""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for begin, kind in IMAGES.items() if head.startswith(begin)), "")
