"""Submissions over the JSON API: records come in as JSON, what became of them goes out."""

from dataclasses import asdict
from typing import Any

from flask import Response, jsonify, request, send_file
from sqlalchemy.orm import Session

from surveyapp.collect.attachments import add_files
from surveyapp.collect.from_json import read_json, read_record, write_json
from surveyapp.collect.incoming import Incoming, Receipt
from surveyapp.collect.reading import JSON
from surveyapp.collect.receive import receive
from surveyapp.problems import BAD_JSON, CONFLICT, MEDIA_NOT_FOUND, STALE_EDIT, TOO_LARGE, Problem
from surveyapp.sentences import say
from surveyapp.store.findings import list_findings
from surveyapp.store.forms import Form, get_definition, get_form, get_form_version
from surveyapp.store.listing import Filter, get_listed, list_submissions
from surveyapp.store.submissions import (
    get_content,
    get_current_version,
    get_numbered_version,
    get_version,
    list_attachments,
    list_versions,
)
from surveyapp.web.api_blueprint import ApiBlueprint
from surveyapp.web.current import config, database, files, now
from surveyapp.web.identity import Access, allow_program
from surveyapp.web.meters import note_submission
from surveyapp.web.multipart import read_parts
from surveyapp.web.problems import problem_body
from surveyapp.web.shapes import (
    BatchOut,
    ReceiptOut,
    SubmissionOut,
    SubmissionPageIn,
    SubmissionPageOut,
)

api_submissions = ApiBlueprint(
    "submissions",
    __name__,
    url_prefix="/api/v1/projects/<project>/forms/<form_id>/submissions",
    description="Records in, findings out",
)
STATUS = {"same": 202, "conflict": CONFLICT.status, "stale_edit": STALE_EDIT.status}
COPIES = {"conflict": CONFLICT, "stale_edit": STALE_EDIT}
RECORD = {
    "type": "object",
    "required": ["answers"],
    "properties": {
        "version": {"type": "string"},
        "instance_id": {"type": "string"},
        "deprecated_id": {"type": ["string", "null"]},
        "instance_name": {"type": "string"},
        "answers": {"type": "object", "description": "Groups are objects, repeats lists of objects."},
    },
}
AS_SENT = {
    "description": "The bytes that were sent.",
    "content": {"text/xml": {"schema": {"type": "string"}}, JSON: {"schema": {}}},
}


@api_submissions.route("", methods=["POST"])
@api_submissions.doc(
    requestBody={
        "required": True,
        "content": {JSON: {"schema": {"oneOf": [RECORD, {"type": "array", "items": RECORD}]}}},
    }
)
@api_submissions.response(201, ReceiptOut)
@api_submissions.alt_response(202, schema=ReceiptOut, description="Received before.")
@api_submissions.alt_response(207, schema=BatchOut, description="A batch: each record has its own result.")
@api_submissions.refuses(400, 404, 409, 413, 422)
def post_submissions(project: str, form_id: str) -> Any:
    """Send one record, or a list of records of which each is kept or refused by itself."""
    with database().reading() as session:
        access = allow_program(session, "submit", project)
        form = get_form(session, access.project.id, form_id)
        root_name = get_definition(session, get_form_version(session, form)).root.name
    content = _body()
    item = read_json(content)
    if not isinstance(item, list):
        return _single(_receive(access, form_id, root_name, item, content))
    # A response by itself: the schema of the decorator is that of one record.
    batch = jsonify(BatchOut().dump({"items": [_item(access, form_id, root_name, one) for one in item]}))
    batch.status_code = 207
    return batch


@api_submissions.route("", methods=["GET"])
@api_submissions.arguments(SubmissionPageIn, location="query")
@api_submissions.response(200, SubmissionPageOut)
@api_submissions.refuses(404, 422)
def get_submissions(page: dict[str, int], project: str, form_id: str) -> dict[str, Any]:
    """List the submissions in order of receipt, part by part."""
    with database().reading() as session:
        access = allow_program(session, "see", project)
        form = get_form(session, access.project.id, form_id)
        limit = page["limit"] + 1
        rows = list_submissions(session, form.id, access.reach, Filter(), limit=limit, after=page["after"])[::-1]
    items = [
        {
            "submission_no": row.id,
            "instance_id": row.instance_id,
            "instance_name": row.instance_name,
            "form_version": row.version,
            "received_at": row.received_at,
        }
        for row in rows[: page["limit"]]
    ]
    return {"items": items, "next": items[-1]["submission_no"] if len(rows) > page["limit"] else None}


@api_submissions.route("/<instance_id>", methods=["GET"])
@api_submissions.response(200, SubmissionOut)
@api_submissions.refuses(404)
def get_submission(project: str, form_id: str, instance_id: str) -> dict[str, Any]:
    """One submission by the instance id of any of its versions: versions, findings and files of the current one."""
    with database().reading() as session:
        form, submission_id = _find(session, project, form_id, instance_id)
        current = get_current_version(session, form.id, submission_id)
        return {
            "submission_no": submission_id,
            "instance_id": current.instance_id,
            "versions": [asdict(version) for version in list_versions(session, form.id, submission_id)],
            "findings": [
                {**asdict(finding), "version": version.number}
                for version in list_versions(session, form.id, submission_id)
                if version.current or version.kind in COPIES
                for finding in list_findings(session, version.id)
            ],
            "attachments": [asdict(attachment) for attachment in list_attachments(session, current.id)],
        }


@api_submissions.route("/<instance_id>/record", methods=["GET"])
@api_submissions.doc(responses={"200": AS_SENT})
@api_submissions.refuses(404)
def get_record(project: str, form_id: str, instance_id: str) -> Response:
    """The record as it was sent, byte for byte."""
    with database().reading() as session:
        form, _ = _find(session, project, form_id, instance_id)
        content, content_type = get_content(session, get_version(session, form.id, instance_id).id)
    return Response(content, content_type=content_type)


@api_submissions.route("/<instance_id>/versions/<int:number>/record", methods=["GET"])
@api_submissions.doc(responses={"200": AS_SENT})
@api_submissions.refuses(404)
def get_version_record(project: str, form_id: str, instance_id: str, number: int) -> Response:
    """A version of a submission as it was sent, byte for byte: also a copy that was kept for comparison."""
    with database().reading() as session:
        form, submission_id = _find(session, project, form_id, instance_id)
        version = get_numbered_version(session, form.id, submission_id, number)
        content, content_type = get_content(session, version.id)
    return Response(content, content_type=content_type)


@api_submissions.route("/<instance_id>/attachments", methods=["POST"])
@api_submissions.doc(
    requestBody={
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {"type": "object", "additionalProperties": {"type": "string", "format": "binary"}}
            }
        },
    }
)
@api_submissions.response(201, ReceiptOut)
@api_submissions.alt_response(202, schema=ReceiptOut, description="Received before.")
@api_submissions.refuses(400, 404, 413)
def post_attachments(project: str, form_id: str, instance_id: str) -> Any:
    """Send the files that a record names; the file name of each part counts."""
    with database().reading() as session:
        access = allow_program(session, "submit", project)
        form = get_form(session, access.project.id, form_id)
        get_version(session, form.id, instance_id)
    incoming = read_parts(files())
    return _single(database().write(lambda session: add_files(session, form, instance_id, incoming, now())))


@api_submissions.route("/<instance_id>/attachments/<path:name>", methods=["GET"])
@api_submissions.response(200, {"type": "string", "format": "binary"}, content_type="application/octet-stream")
@api_submissions.refuses(404)
def get_attachment(project: str, form_id: str, instance_id: str, name: str) -> Response:
    """A file of a submission, always as a download."""
    with database().reading() as session:
        form, _ = _find(session, project, form_id, instance_id)
        found = list_attachments(session, get_version(session, form.id, instance_id).id)
    attachment = next((one for one in found if one.name == name and not one.conflict), None)
    if attachment is None:
        raise Problem(MEDIA_NOT_FOUND, say("The submission has no file {name!r}.", name=name))
    path = files().path(attachment.sha256)
    return send_file(path, "application/octet-stream", as_attachment=True, download_name=attachment.name)


def _find(session: Session, project: str, form_id: str, instance_id: str) -> tuple[Form, int]:
    """The form, and the number of the submission; one that was deleted is not there."""
    access = allow_program(session, "see", project)
    form = get_form(session, access.project.id, form_id)
    submission_id = get_version(session, form.id, instance_id).submission_id
    return form, get_listed(session, form.id, access.reach, submission_id).id


def _body() -> bytes:
    content = request.get_data()
    limit = config().max_upload_mb * 1_000_000
    if len(content) > limit:
        raise Problem(
            TOO_LARGE, say("The request has {count:,} bytes; {limit:,} are taken.", count=len(content), limit=limit)
        )
    if not content:
        raise Problem(BAD_JSON, "The request is empty.")
    return content


def _receive(access: Access, form_id: str, root_name: str, item: Any, content: bytes | None) -> Receipt:
    record = read_record(item, form_id, root_name)
    kept = write_json(item) if content is None else content
    limit = config().max_record_mb * 1_000_000
    if len(kept) > limit:
        raise Problem(
            TOO_LARGE, say("The record has {count:,} bytes; {limit:,} are taken.", count=len(kept), limit=limit)
        )
    incoming = Incoming(
        content=kept,
        content_type=JSON,
        record=record,
        files=(),
        received_at=now(),
        device=access.device,
        user_agent=request.headers.get("User-Agent", "")[:500],
    )
    receipt = database().write(lambda session: receive(session, files(), access.project.id, incoming))
    note_submission(receipt.outcome)
    return receipt


def _single(receipt: Receipt) -> Any:
    if receipt.outcome in COPIES:
        raise _copy_problem(receipt)
    status = STATUS.get(receipt.outcome, 201)
    return {"status": status, "outcome": receipt.outcome, "instance_id": receipt.instance_id}, status


def _item(access: Access, form_id: str, root_name: str, item: Any) -> dict[str, Any]:
    try:
        receipt = _receive(access, form_id, root_name, item, None)
    except Problem as problem:
        note_submission("refused")
        return {"status": problem.kind.status, "outcome": "refused", "problem": problem_body(problem)}
    result: dict[str, Any] = {
        "status": STATUS.get(receipt.outcome, 201),
        "outcome": receipt.outcome,
        "instance_id": receipt.instance_id,
    }
    if receipt.outcome in COPIES:
        result["problem"] = problem_body(_copy_problem(receipt))
    return result


def _copy_problem(receipt: Receipt) -> Problem:
    errors = [{"path": path} for path in receipt.differences]
    return Problem(
        COPIES[receipt.outcome],
        say("The record {instance_id!r} was kept as a copy.", instance_id=receipt.instance_id),
        errors=errors,
    )
