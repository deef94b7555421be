"""The OpenRosa door, as ODK Collect, KoboCollect and Enketo use it.

    GET  /c/<token>                                   a sentence for people
    GET  /c/<token>/formList                          the open forms
    GET  /c/<token>/forms/<version>/form.xml          a form, byte for byte as published
    GET  /c/<token>/forms/<version>/manifest          the files it needs
    GET  /c/<token>/forms/<version>/media/<name>      one of them
    HEAD /c/<token>/submission                        204
    POST /c/<token>/submission                        a record and its files

The same under /collect for phones that sign in with a name and password (Digest; Basic over https).

https://docs.getodk.org/openrosa/. Unknown query parameters are ignored everywhere: Collect appends deviceID to each
address.
"""

from dataclasses import replace
from typing import Final
from urllib.parse import quote
from xml.sax.saxutils import escape

from flask import Blueprint, Response, request, send_file
from sqlalchemy.orm import Session
from werkzeug.http import http_date

from surveyapp.collect.envelope import read_envelope
from surveyapp.collect.from_xml import read_xml
from surveyapp.collect.incoming import Incoming, Receipt
from surveyapp.collect.receive import DIFFERENCES_SHOWN, receive
from surveyapp.people.phones import is_news, note_device
from surveyapp.problems import CONFLICT, STALE_EDIT, Problem
from surveyapp.sentences import say
from surveyapp.store.forms import (
    Form,
    FormVersion,
    get_form,
    get_form_attachment,
    get_project_form_version,
    get_xform,
    list_form_attachments,
    list_form_versions,
    list_forms,
)
from surveyapp.values import storable
from surveyapp.web.current import config, database, files, now, public_url
from surveyapp.web.headers import type_of_media
from surveyapp.web.i18n import told
from surveyapp.web.identity import admit_device, get_device
from surveyapp.web.meters import note_submission
from surveyapp.web.multipart import keep_files, read_submission
from surveyapp.web.problems import OPENROSA, openrosa_message, write_problem

openrosa = Blueprint("openrosa", __name__, url_prefix="/c/<token>")

XML: Final = "text/xml; charset=utf-8"
DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
LONGEST_HEADER: Final = 500
STATUS: Final = {"new": 201, "files_added": 201, "edit": 201, "predecessor": 201, "same": 202}
MESSAGE: Final = {
    "new": say("Form received."),
    "files_added": say("Files received."),
    "edit": say("Edit received."),
    "predecessor": say("Form received; a later edit of it had arrived before."),
    "same": say("Form received before; nothing was missing."),
}


@openrosa.after_app_request
def add_openrosa_headers(response: Response) -> Response:
    """On success and refusal alike: Collect takes their absence for "not an OpenRosa server"."""
    if request.path.startswith(OPENROSA):
        response.headers["X-OpenRosa-Version"] = "1.0"
        response.headers["X-OpenRosa-Accept-Content-Length"] = str(config().accept_content_length)
        response.headers["Date"] = http_date()
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _address(token: str, *steps: str | int) -> str:
    door = ["c", quote(token, safe="")] if token else ["collect"]
    return "/".join([public_url(), *door, *(quote(str(step), safe="") for step in steps)])


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"


@openrosa.get("", strict_slashes=False)
def server_url(token: str) -> Response:
    """For whoever tries the address in a browser: it is valid, and where it belongs."""
    with database().reading() as session:
        name = get_device(session, token).name
    told = say(
        "This is the server address of the phone {name!r}. In ODK Collect it goes into Settings, Server, URL.\n",
        name=name,
    )
    return Response(told, content_type="text/plain; charset=utf-8")


def caller() -> str:
    """What asks, in its own words. A browser's name is not for our app to choose: it says fill/0.1.0 in a header of its
    own.
    """
    words = (request.headers.get("X-Surveyapp-Client", ""), request.headers.get("User-Agent", ""))
    return " ".join(filter(None, words))[:LONGEST_HEADER]


# -- forms ------------------------------------------------------------------------------------------------------------
@openrosa.route("/formList", methods=["GET", "HEAD"], strict_slashes=False)
def form_list(token: str) -> Response:
    """The open forms of the phone's project; `formID`, `verbose` and `listAllVersions` as the specification says."""
    with database().reading() as session:
        device = get_device(session, token)
        project = device.project
        if request.method == "HEAD":
            return Response(status=204)
        entries: list[str] = []
        form_id = request.args.get("formID")
        wanted_id = None if form_id is None else storable(form_id)
        for form in list_forms(session, project.id, state="open", form_id=wanted_id):
            versions = list_form_versions(session, form)
            wanted = versions if request.args.get("listAllVersions") == "true" else versions[-1:]
            entries.extend(
                _list_entry(token, form, version, bool(list_form_attachments(session, version))) for version in wanted
            )
    if is_news(device, now()):
        with database().begin() as session:
            note_device(session, device, caller(), now())
    body = f'{DECLARATION}<xforms xmlns="http://openrosa.org/xforms/xformsList">{"".join(entries)}</xforms>'
    return Response(body.encode(), content_type=XML)


def _list_entry(token: str, form: Form, version: FormVersion, has_files: bool) -> str:
    # Collect drops the whole list over one form without a name.
    name = form.title.strip() or form.form_id
    parts = [_element("formID", form.form_id), _element("name", name), _element("version", version.version)]
    parts.append(_element("hash", f"md5:{version.md5}"))
    if request.args.get("verbose") == "true":
        parts.append(_element("descriptionText", f"Published {version.published_at:%Y-%m-%d %H:%M} UTC"))
    parts.append(_element("downloadUrl", _address(token, "forms", version.id, "form.xml")))
    if has_files:
        parts.append(_element("manifestUrl", _address(token, "forms", version.id, "manifest")))
    return f"<xform>{''.join(parts)}</xform>"


@openrosa.route("/forms/<int:version_id>/form.xml", strict_slashes=False)
def form_xml(token: str, version_id: int) -> Response:
    """The bytes whose MD5 the form list names."""
    with database().reading() as session:
        return Response(get_xform(session, _get_version(session, token, version_id)), content_type=XML)


@openrosa.route("/forms/<int:version_id>/manifest", strict_slashes=False)
def manifest(token: str, version_id: int) -> Response:
    """The files that the form needs."""
    with database().reading() as session:
        version = _get_version(session, token, version_id)
        attachments = list_form_attachments(session, version)
    entries = "".join(
        "<mediaFile>"
        + _element("filename", attachment.name)
        + _element("hash", f"md5:{attachment.md5}")
        + _element("downloadUrl", _address(token, "forms", version_id, "media", attachment.name))
        + "</mediaFile>"
        for attachment in attachments
    )
    body = f'{DECLARATION}<manifest xmlns="http://openrosa.org/xforms/xformsManifest">{entries}</manifest>'
    return Response(body.encode(), content_type=XML)


@openrosa.route("/forms/<int:version_id>/media/<path:name>", strict_slashes=False)
def media(token: str, version_id: int, name: str) -> Response:
    """One of these files."""
    with database().reading() as session:
        attachment = get_form_attachment(session, _get_version(session, token, version_id), name)
    path, content_type = files().path(attachment.sha256), type_of_media(attachment.name)
    response = send_file(
        path, content_type, as_attachment=True, download_name=attachment.name, etag=attachment.sha256, max_age=0
    )
    response.headers["Cache-Control"] = "no-cache"
    return response


def _get_version(session: Session, token: str, version_id: int) -> FormVersion:
    """A version of a form of the phone's project; what belongs to another project does not exist for this phone."""
    return get_project_form_version(session, get_device(session, token).project.id, version_id)


# -- submissions ------------------------------------------------------------------------------------------------------
@openrosa.route("/submission", methods=["GET", "HEAD", "POST"], strict_slashes=False)
def submission(token: str) -> Response:
    """Take a record and its files. 201 and 202 say: it is on disk."""
    if request.method != "POST":
        with database().reading() as session:
            get_device(session, token)
        return Response(status=204)
    admit_device(token)
    content, parts = read_submission()
    record = read_xml(content)
    if parts:
        with database().reading() as session:
            project = get_device(session, token).project
            get_form(session, project.id, read_envelope(record, content).form_id)
    incoming = Incoming(
        content=content,
        content_type="text/xml",
        record=record,
        files=keep_files(files(), parts),
        received_at=now(),
        device_identifier=storable(request.args.get("deviceID", ""))[:LONGEST_HEADER],
        user_agent=caller(),
    )

    def take(session: Session) -> Receipt:
        device = get_device(session, token)
        return receive(session, files(), device.project.id, replace(incoming, device=device))

    return _answer(database().write(take))


def _answer(receipt: Receipt) -> Response:
    note_submission(receipt.outcome)
    if receipt.outcome == "conflict":
        return write_problem(
            Problem(
                CONFLICT,
                say(
                    "The record {instance_id} differs in {shown}.",
                    instance_id=receipt.instance_id,
                    shown=_shown(receipt),
                ),
            )
        )
    if receipt.outcome == "stale_edit":
        return write_problem(Problem(STALE_EDIT, say("The newer version differs in {shown}.", shown=_shown(receipt))))
    response = openrosa_message(STATUS[receipt.outcome], told(MESSAGE[receipt.outcome]), "submit_success")
    response.vary.add("Accept-Language")
    response.headers["X-Surveyapp-Outcome"] = receipt.outcome
    if receipt.lacking:
        response.headers["X-Surveyapp-Lacking"] = ",".join(quote(name, safe="") for name in receipt.lacking)
    return response


def _shown(receipt: Receipt) -> str:
    if not receipt.differences:
        return say("its bytes, not its answers")
    names = [path.rpartition("/")[2] for path in receipt.differences[:DIFFERENCES_SHOWN]]
    more = len(receipt.differences) - len(names)
    return say("{names} and {more} more", names=names, more=more) if more else say("{names}", names=names)
