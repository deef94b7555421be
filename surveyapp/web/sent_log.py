"""A cleaning log between its trial and its import: kept as a file, carried by the page with a signature."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Final

from flask import current_app, request

from surveyapp.clean.log_headers import SYNONYMS
from surveyapp.correct.log_import import SentLog
from surveyapp.correct.sheets import read_sent
from surveyapp.problems import BAD_REQUEST, LOG_CHANGED, Problem
from surveyapp.sentences import say
from surveyapp.store.exports import Export
from surveyapp.web.current import config, files
from surveyapp.web.multipart import part_name, read_part
from surveyapp.web.office import asked
from surveyapp.worker import export_path

# Before the names of our columns, in the names of fields.
COLUMN: Final = "column-"
COLUMNS: Final = tuple(SYNONYMS)


@dataclass(frozen=True, slots=True)
class Carried:
    """What was sent, by its hash, and how it is to be read.

    `columns` are headers by our columns, as a person gave them. `export` is the hash of the workbook from which an
    edited one came, '' for a log; `remove` whether rows that are gone from it shall leave the data, `reason` why it was
    edited. `token` is that of the trial.
    """

    file: str
    name: str
    columns: Mapping[str, str] = field(default_factory=dict)
    export: str = ""
    export_name: str = ""
    remove: bool = False
    reason: str = ""
    token: str = ""

    def fields(self, place: str) -> dict[str, str]:
        """The hidden fields that carry it."""
        text = json.dumps(asdict(self), sort_keys=True)
        return {"sent": text, "signature": _sign(place, text)}

    def read(self) -> SentLog:
        """The files, read.

        Raises:
            Problem: LOG_CHANGED where they are gone; LOG_UNREADABLE.
        """
        export = read_sent(_content(self.export), self.export_name) if self.export else None
        return SentLog(
            read_sent(_content(self.file), self.name), self.columns or None, export, self.remove, self.reason
        )


def read_carried(place: str, *, changed: bool = False) -> Carried:
    """What the page carries, for a form at `place`; `changed` takes what the fields beside it say.

    Raises:
        Problem: LOG_CHANGED where it was not tried here.
    """
    text = request.form.get("sent", "")
    if not hmac.compare_digest(asked("signature"), _sign(place, text)):
        raise Problem(LOG_CHANGED, "This log was not tried here.")
    carried = Carried(**json.loads(text))
    if not changed:
        return carried
    given = {name: header for name in COLUMNS if (header := asked(f"{COLUMN}{name}"))}
    columns = given or carried.columns
    return replace(carried, columns=columns, remove=carried.remove or asked("remove") == "yes")


def read_upload(find_export: Mapping[str, Export]) -> Carried:
    """A file that was just chosen, kept; `find_export` gives the exports from which an edited workbook may come.

    Raises:
        Problem: BAD_REQUEST where there is none, or its export is gone.
    """
    content, name = _part("log")
    carried = Carried(files().keep(content).sha256, name)
    chosen = asked("export")
    if not chosen:
        return carried
    if not asked("reason"):
        raise Problem(BAD_REQUEST, "Nothing says why the answers were edited.", remedy="Write a sentence.")
    if chosen == "file":
        export, export_name = _part("exported")
    elif chosen in find_export:
        found = find_export[chosen]
        path = export_path(config(), found.id, found.file_name)
        if not path.exists():
            remedy = say("Send the workbook as it was before it was edited, too.")
            raise Problem(BAD_REQUEST, "The file of this export is gone.", remedy=remedy)
        export, export_name = path.read_bytes(), found.file_name
    else:
        raise Problem(BAD_REQUEST, "There is no such export.", remedy="Choose one of the list.")
    return replace(carried, export=files().keep(export).sha256, export_name=export_name, reason=asked("reason"))


def _part(name: str) -> tuple[bytes, str]:
    part = request.files.get(name)
    if part is None or not part.filename:
        raise Problem(BAD_REQUEST, "No file was chosen.", remedy="Choose a file.")
    return read_part(part, config().max_upload_mb * 1_000_000), part_name(part)


def _content(sha256: str) -> bytes:
    try:
        return files().path(sha256).read_bytes()
    except OSError as error:
        raise Problem(LOG_CHANGED, "The log is not on the disk any more.") from error


def _sign(place: str, text: str) -> str:
    secret = str(current_app.secret_key).encode()
    return hmac.digest(secret, f"log {place} {text}".encode(), "sha256").hex()
