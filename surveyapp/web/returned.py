"""What the office sent back, for the phone of whoever shall mend it. docs/phone.md states what the phone web app reads.

GET /c/<token>/returned                                     the list
GET /c/<token>/returned/<version_id>/record                 a record, byte for byte as it was sent
GET /c/<token>/returned/<version_id>/files/<name>           one of its files
"""

from typing import Any, Final
from urllib.parse import quote

from flask import Blueprint, Response, jsonify, send_file
from sqlalchemy.orm import Session

from surveyapp.problems import MEDIA_NOT_FOUND, Problem
from surveyapp.sentences import say
from surveyapp.store.comments import Comment, list_comments
from surveyapp.store.forms import get_form_version_by_pk, list_form_attachments
from surveyapp.store.returned import Returned, get_returned, list_returned
from surveyapp.store.submissions import get_content, list_attachments
from surveyapp.web.current import database, files, public_url
from surveyapp.web.identity import get_device

returned = Blueprint("returned", __name__, url_prefix="/c/<token>/returned")
ONE: Final = "/<int:version_id>"


@returned.get("")
def returned_list(token: str) -> Response:
    """The submissions that were returned to the person of this phone, with what shall be done."""
    with database().reading() as session:
        found = list_returned(session, get_device(session, token))
        remarks = list_comments(session, [one.submission_id for one in found])
        return jsonify(returned=[_describe(session, token, one, remarks) for one in found])


def _describe(session: Session, token: str, one: Returned, remarks: list[Comment]) -> dict[str, Any]:
    version = get_form_version_by_pk(session, one.form_version_id)
    here = f"{public_url()}/c/{quote(token, safe='')}"
    form = f"{here}/forms/{version.id}"
    record = f"{here}/returned/{one.version_id}"
    own = [r for r in remarks if r.submission_id == one.submission_id and r.for_field]
    open_ones = [r for r in own if r.struck_at is None and r.resolved_at is None]
    return {
        "instance_id": one.instance_id,
        "instance_name": one.instance_name,
        "reason": "\n".join(r.content if not r.path else f"{r.path}: {r.content}" for r in open_ones),
        "comments": [{"path": r.path, "text": r.content} for r in open_ones],
        "returned_at": one.returned_at.isoformat(),
        "form": {
            "form_id": one.form_id,
            "version": version.version,
            "name": one.title,
            "hash": f"md5:{version.md5}",
            "download_url": f"{form}/form.xml",
            "manifest_url": f"{form}/manifest" if list_form_attachments(session, version) else "",
        },
        "record_url": f"{record}/record",
        "files": [
            {"name": file.name, "url": f"{record}/files/{quote(file.name, safe='')}"}
            for file in list_attachments(session, one.version_id)
            if not file.conflict
        ],
    }


@returned.get(f"{ONE}/record")
def returned_record(token: str, version_id: int) -> Response:
    """The record that shall be mended."""
    with database().reading() as session:
        one = get_returned(session, get_device(session, token), version_id)
        content, content_type = get_content(session, one.version_id)
    return Response(content, content_type=content_type)


@returned.get(f"{ONE}/files/<path:name>")
def returned_file(token: str, version_id: int, name: str) -> Response:
    """One of its files, as a download."""
    with database().reading() as session:
        one = get_returned(session, get_device(session, token), version_id)
        found = [file for file in list_attachments(session, one.version_id) if file.name == name and not file.conflict]
    if not found:
        raise Problem(MEDIA_NOT_FOUND, say("The submission has no file {name!r}.", name=name))
    path = files().path(found[0].sha256)
    return send_file(path, "application/octet-stream", as_attachment=True, download_name=name)
