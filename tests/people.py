"""Who acts in the tests: an office that publishes and exports, and phones that send over real HTTP."""

import datetime
import functools
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
import requests
from sqlalchemy import TextClause, text
from werkzeug.serving import make_server

from surveyapp.config import Config
from surveyapp.export.from_store import StoredForm
from surveyapp.export.options import ExportOptions
from surveyapp.export.run import write_export
from surveyapp.findings import Finding
from surveyapp.people.phones import enrol_device, revoke_device
from surveyapp.people.programs import SCOPES, grant_api_token
from surveyapp.people.projects import create_project, ensure_project
from surveyapp.publish import PreparedForm, Published, prepare_form, publish
from surveyapp.store.database import Database
from surveyapp.store.files import Files
from surveyapp.store.findings import list_findings
from surveyapp.store.forms import get_form
from surveyapp.store.projects import get_project
from surveyapp.store.submissions import get_current_version, get_version
from surveyapp.web import create_app
from surveyapp.web.current import KEY


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


@functools.cache
def prepared_form(content: bytes, name: str) -> PreparedForm:
    """Many tests publish the same form, and converting it takes longer than all the rest."""
    return prepare_form(content, name, now(), ask_collect=False)


class Phone:
    """ODK Collect's side of the protocol, call by call."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers.update(
            {"X-OpenRosa-Version": "1.0", "User-Agent": "org.odk.collect.android/v2026.3.1 Dalvik/2.1.0"}
        )

    def get(self, url: str, **query: str) -> requests.Response:
        return self.http.get(url, params={**query, "deviceID": "collect:abc"}, timeout=60, allow_redirects=False)

    def form_list(self, **query: str) -> requests.Response:
        return self.get(f"{self.url}/formList", **query)

    def ask(self) -> requests.Response:
        return self.http.head(f"{self.url}/submission?deviceID=collect%3Aabc", timeout=60, allow_redirects=False)

    def send(
        self, record: str | bytes, files: Mapping[str, bytes] | None = None, *, incomplete: bool = False
    ) -> requests.Response:
        content = record.encode() if isinstance(record, str) else record
        parts: list[Any] = [("xml_submission_file", ("record.xml", content, "text/xml"))]
        parts += [(name, (name, data, "image/jpeg")) for name, data in (files or {}).items()]
        if incomplete:
            parts.append(("*isIncomplete*", (None, "yes")))
        return self.http.post(
            f"{self.url}/submission?deviceID=collect%3Aabc", files=parts, timeout=60, allow_redirects=False
        )


class Survey:
    """A server with a database of its own, and the office's side of it."""

    def __init__(self, config: Config, url: str) -> None:
        self.config = config
        self.url = url
        self.database = Database(config.database_url)
        self.files = Files(config.files_dir)

    def publish(
        self,
        form: str | bytes,
        name: str = "form.md",
        media: Mapping[str, bytes] | None = None,
        project: str = "default",
    ) -> Published:
        prepared = prepared_form(form.encode() if isinstance(form, str) else form, name)
        with self.database.begin() as session:
            owner = ensure_project(session, project, now())
            return publish(session, self.files, owner, prepared, media or {}, now())

    def phone(self, name: str = "phone", project: str = "default") -> Phone:
        with self.database.begin() as session:
            token = enrol_device(session, ensure_project(session, project, now()), name, now())
        return Phone(f"{self.url}/c/{token}")

    def create_project(self, project: str) -> None:
        with self.database.begin() as session:
            create_project(session, project, "", "", now())

    def revoke(self, name: str, project: str = "default") -> None:
        with self.database.begin() as session:
            revoke_device(session, get_project(session, project), name, now())

    def api(self, project: str = "default") -> requests.Session:
        with self.database.begin() as session:
            token = grant_api_token(session, ensure_project(session, project, now()), "test", now(), scopes=SCOPES)
        http = requests.Session()
        http.trust_env = False
        http.headers["Authorization"] = f"Bearer {token}"
        return http

    def export(
        self, form: str, target: Path, project: str = "default", **asked: Any
    ) -> dict[str, list[dict[str, Any]]]:
        """The workbook of `form`: for each sheet of answers its rows by column name."""
        with self.database.reading() as session:
            found = get_form(session, get_project(session, project).id, form)
            options = ExportOptions(**{"headers": "name", **asked})
            write_export(StoredForm(session, self.files, found), options, target)
        return read_sheets(target)

    def findings(self, form: str, instance_id: str, project: str = "default") -> list[Finding]:
        with self.database.reading() as session:
            found = get_form(session, get_project(session, project).id, form)
            submission_id = get_version(session, found.id, instance_id).submission_id
            return list_findings(session, get_current_version(session, found.id, submission_id).id)

    @staticmethod
    def sql(statement: str) -> TextClause:
        return text(statement)

    def rows(self, sql: str) -> list[Any]:
        with self.database.reading() as session:
            return [tuple(row) for row in session.execute(text(sql))]

    def count(self, table: str) -> int:
        counted: int = self.rows(f"SELECT count(*) FROM {table}")[0][0]
        return counted


def read_sheets(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Each sheet as rows by the names in its first row."""
    workbook = openpyxl.load_workbook(path)
    sheets: dict[str, list[dict[str, Any]]] = {}
    for sheet in workbook.worksheets:
        head, *rows = [list[Any](row) for row in sheet.iter_rows(values_only=True)] or [[]]
        sheets[sheet.title] = [dict(zip(head, row, strict=True)) for row in rows]
    return sheets


@contextmanager
def serving(config: Config) -> Iterator[str]:
    """The app on a port of this machine, for as long as the block lasts; its address."""
    app = create_app(config)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        app.extensions[KEY].database.close()


def record(
    answers: str,
    *,
    form: str = "people",
    version: str = "1",
    instance_id: str | None = None,
    deprecated_id: str | None = None,
) -> str:
    """A record as Collect writes it; `answers` is XML."""
    deprecated = f"<orx:deprecatedID>{escape(deprecated_id)}</orx:deprecatedID>" if deprecated_id else ""
    instance_id = f"uuid:{uuid.uuid4()}" if instance_id is None else instance_id
    return (
        '<?xml version="1.0" encoding="UTF-8"?><data xmlns:orx="http://openrosa.org/xforms" '
        f'id="{escape(form)}" version="{version}">'
        f"{answers}<orx:meta><orx:instanceID>{escape(instance_id)}</orx:instanceID>{deprecated}</orx:meta></data>"
    )


PEOPLE = """
| survey   |                |        |               |          |
|          | type           | name   | label         | required |
|          | text           | name   | Name          | yes      |
|          | integer        | age    | Age           |          |
|          | image          | photo  | Photo         |          |
|          | begin repeat   | child  | Child         |          |
|          | text           | c_name | Child's name  |          |
|          | integer        | c_age  | Child's age   |          |
|          | end repeat     |        |               |          |
| settings |                |        |               |          |
|          | form_title     | form_id | version      |          |
|          | People         | people  | 1            |          |
"""
