"""Uploads as phones send them: parts are hashed and spooled while they arrive, names are read as OkHttp writes them."""

import re
from typing import IO, Any, cast

from flask import Flask, Request, request
from werkzeug.datastructures import FileStorage

from surveyapp.collect.incoming import IncomingFile
from surveyapp.problems import BAD_MULTIPART, NO_XML_PART, TOO_LARGE, Problem
from surveyapp.sentences import say
from surveyapp.store.files import Arriving, Files
from surveyapp.values import storable
from surveyapp.web.current import config, files

XML_PART = "xml_submission_file"
LONGEST_NAME = 255
raw_name = re.compile(r'filename="((?:\\.|[^"\\])*)"')


class SpoolingRequest(Request):
    """A request whose uploaded files arrive in the data folder."""

    max_form_parts = 10_000
    max_form_memory_size = 50_000_000

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._arriving: list[Arriving] = []

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        self._arriving.append(files().arrive())
        return cast("IO[bytes]", self._arriving[-1])

    def close(self) -> None:
        """Let go of every part, also of an upload that broke off."""
        super().close()
        for part in self._arriving:
            part.close()


def use_spooling(app: Flask, limit: int) -> None:
    """Let `app` read uploads this way; `limit` is the largest request in bytes."""
    app.request_class = SpoolingRequest
    app.config["MAX_CONTENT_LENGTH"] = limit


def read_part(storage: FileStorage, limit: int) -> bytes:
    """The bytes of a part.

    Raises:
        Problem: TOO_LARGE.
    """
    arriving = cast("Arriving", storage.stream)
    if arriving.size > limit:
        raise Problem(
            TOO_LARGE,
            say(
                "{part_name} has {size:,} bytes; {limit:,} are taken.",
                part_name=part_name(storage),
                size=arriving.size,
                limit=limit,
            ),
        )
    arriving.seek(0)
    return arriving.read()


def read_submission() -> tuple[bytes, list[FileStorage]]:
    """The record and the parts that are files, of the current request.

    Raises:
        Problem: BAD_MULTIPART, NO_XML_PART, TOO_LARGE.
    """
    if request.mimetype != "multipart/form-data":
        raise Problem(
            BAD_MULTIPART,
            say("The upload is {kind}, not multipart/form-data.", kind=request.mimetype or say("of no type")),
        )
    limit = config().max_record_mb * 1_000_000
    parts = [part for _, part in request.files.items(multi=True)]
    record = next((part for part in parts if part.name == XML_PART), None)
    attachments = [part for part in parts if part is not record]
    if record is not None:
        return read_part(record, limit), attachments
    if XML_PART in request.form:
        return request.form[XML_PART].encode(), attachments
    if not parts and not request.form:
        raise Problem(BAD_MULTIPART, "The upload is empty, or was cut off.")
    raise Problem(NO_XML_PART, "The upload has no part xml_submission_file.")


def read_parts(store: Files) -> list[IncomingFile]:
    """The files of an upload that holds nothing else, kept.

    Raises:
        Problem: BAD_MULTIPART.
    """
    parts = [part for _, part in request.files.items(multi=True)] if request.mimetype == "multipart/form-data" else []
    if not parts:
        raise Problem(BAD_MULTIPART, "The upload holds no file, or was cut off.")
    return keep_files(store, parts)


def keep_files(store: Files, parts: list[FileStorage]) -> list[IncomingFile]:
    """Put the files on disk; they are safe there when this returns."""
    return [
        IncomingFile(
            part_name(part), part.mimetype or "application/octet-stream", store.keep(cast("Arriving", part.stream))
        )
        for part in parts
    ]


def part_name(part: FileStorage) -> str:
    """The name of a file. OkHttp writes quote, CR and LF as %22, %0D, %0A, and all else raw, backslashes too; old
    curl writes \\".
    """
    raw = raw_name.search(part.headers.get("Content-Disposition", ""))
    name = raw[1].replace('\\"', '"') if raw else part.filename or part.name or ""
    for code, character in (("%22", '"'), ("%0D", "\r"), ("%0A", "\n")):
        name = name.replace(code, character)
    return storable(name).strip()[-LONGEST_NAME:]
