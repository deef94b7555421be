"""A form is published in two steps: its file is checked, which shows what would change; then that file is published.

Between the two the file lies among the kept files, and the page carries its hash, signed: what was checked is what is
published. A check that nobody follows up leaves files that no row names, which do no harm.
"""

import base64
import binascii
import datetime
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, current_app, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from surveyapp.problems import BAD_REQUEST, Problem
from surveyapp.publish import PreparedForm, Published, foresee, prepare_form, publish
from surveyapp.sentences import say
from surveyapp.store.forms import FormVersion, list_form_attachments
from surveyapp.web.current import config, database, files, now
from surveyapp.web.headers import FRAMING
from surveyapp.web.identity import Access, allow_person
from surveyapp.web.multipart import part_name, read_part
from surveyapp.web.notes import note_published
from surveyapp.web.office import asked, done, render_refused
from surveyapp.xform.parse import ITEMSETS

pages_publish = Blueprint("publish", __name__, url_prefix="/p/<project>/publish")

# A version without a name is called after the time of its check; after a day it shall be checked anew.
CHECKED_FOR: Final = datetime.timedelta(days=1)

# Bytes of files that the page of the check holds for the preview.
MOST_PREVIEWED: Final = 5_000_000


@dataclass(frozen=True, slots=True)
class Upload:
    """A form file with what goes with it, and when it was checked."""

    name: str
    content: bytes
    media: Mapping[str, bytes]
    checked_at: datetime.datetime


@pages_publish.get("")
def publish_form(project: str) -> str:
    """Asks for the file."""
    with database().reading() as session:
        allow_person(session, "forms", project)
    return render_template("publish.html")


@pages_publish.post("")
def check(project: str) -> Response:
    """Check the file, and show what publishing it would do."""
    with database().reading() as session:
        access = allow_person(session, "forms", project)
    try:
        upload = _read_upload()
        prepared = _prepare(upload)
    except Problem as refused:
        return render_refused("publish.html", refused)
    with database().reading() as session:
        foreseen = foresee(session, access.project, prepared, upload.media)
        preview = _preview(session, prepared, upload, foreseen.former)
    carried = _carry(project, upload) if foreseen.possible and foreseen.fresh else ""
    page = render_template(
        "publish_checked.html",
        prepared=prepared,
        foreseen=foreseen,
        carried=carried,
        upload=upload,
        preview=preview,
    )
    policy = {"Content-Security-Policy": FRAMING}
    return Response(page, 200 if foreseen.possible else 409, headers=policy)


def _preview(session: Session, prepared: PreparedForm, upload: Upload, former: FormVersion | None) -> dict[str, Any]:
    """What the page hands to the phone web app, which draws the form; without the files where they are large."""
    kept = {} if former is None else {one.name: one.sha256 for one in list_form_attachments(session, former)}
    paths = {name: files().path(kept[name]) for name in prepared.definition.attachments if name in kept}
    media = {name: path.read_bytes() for name, path in paths.items() if path.exists()} | dict(upload.media)
    if prepared.conversion.itemsets:
        media[ITEMSETS] = prepared.conversion.itemsets
    if sum(map(len, media.values())) > MOST_PREVIEWED:
        media = {}
    told = {name: base64.b64encode(content).decode() for name, content in media.items()}
    return {"xform": prepared.conversion.xform.decode("utf-8", "replace"), "media": told}


@pages_publish.post("/confirmed")
def confirm(project: str) -> Response:
    """Publish what was checked."""
    with database().reading() as session:
        access = allow_person(session, "forms", project)
    try:
        upload = _read_carried(project, asked("carried"))
        published = _publish(access, project, _prepare(upload), upload.media)
    except Problem as refused:
        return render_refused("publish.html", refused)
    address = url_for("form_pages.form_page", project=project, form_id=published.form.form_id)
    return done(address, "form-published")


def _publish(access: Access, project: str, prepared: PreparedForm, media: Mapping[str, bytes]) -> Published:
    def change(session: Session) -> Published:
        # Converting took a while: rights may have been taken away.
        owner = allow_person(session, "forms", project).project
        published = publish(session, files(), owner, prepared, media, now())
        if published.fresh:
            note_published(session, access, published, now())
        return published

    return database().write(change)


def _prepare(upload: Upload) -> PreparedForm:
    """Takes seconds; no transaction is open."""
    return prepare_form(upload.content, upload.name, upload.checked_at)


def _read_upload() -> Upload:
    part = request.files.get("file")
    if part is None or not part.filename:
        raise Problem(BAD_REQUEST, "No file was chosen.", remedy="Choose the form's file.")
    media = {part_name(one): _whole(one) for one in request.files.getlist("media") if one.filename}
    return Upload(part_name(part), _whole(part), media, now().replace(microsecond=0))


def _whole(part: FileStorage) -> bytes:
    return read_part(part, config().max_upload_mb * 1_000_000)


# -- from the first step to the second --------------------------------------------------------------------------------
def _carry(project: str, upload: Upload) -> str:
    """What the page carries of an upload: its hashes, signed."""
    told = {
        "project": project,
        "name": upload.name,
        "file": files().keep(upload.content).sha256,
        "media": {name: files().keep(content).sha256 for name, content in upload.media.items()},
        "at": upload.checked_at.isoformat(),
    }
    content = base64.urlsafe_b64encode(json.dumps(told).encode()).decode()
    return f"{content}.{_sign(content)}"


def _read_carried(project: str, carried: str) -> Upload:
    """The upload that was checked.

    Raises:
        Problem: BAD_REQUEST when it is not from our page, for this project, of the last day.
    """
    content, _, signature = carried.partition(".")
    again = say("Check the file again.")
    if not hmac.compare_digest(signature.encode(), _sign(content).encode()):
        raise Problem(BAD_REQUEST, "This was not checked here.", remedy=again)
    told = _decode(content)
    checked_at = datetime.datetime.fromisoformat(told["at"])
    if told["project"] != project or now() - checked_at > CHECKED_FOR:
        raise Problem(BAD_REQUEST, "The check is too old, or of another project.", remedy=again)
    try:
        media = {name: files().path(sha256).read_bytes() for name, sha256 in told["media"].items()}
        return Upload(told["name"], files().path(told["file"]).read_bytes(), media, checked_at)
    except OSError as error:
        raise Problem(BAD_REQUEST, "What was checked is not on the disk any more.", remedy=again) from error


def _decode(content: str) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads(base64.urlsafe_b64decode(content))
    except (ValueError, binascii.Error) as error:
        raise Problem(BAD_REQUEST, "This was not checked here.") from error
    return told


def _sign(content: str) -> str:
    key = f"{current_app.secret_key!s}:checked-form".encode()
    return hmac.new(key, content.encode(), "sha256").hexdigest()
