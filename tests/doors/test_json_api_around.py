"""The JSON API around its records: exports, who may ask, and the document that describes it."""

import io
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import openpyxl
import pytest
import requests
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from surveyapp.store.database import Database
from surveyapp.store.files import Files
from surveyapp.web import create_app
from surveyapp.worker import do_export, make_worker
from tests.people import Survey
from tests.programs import Program, assert_problem, one

ON_SQLITE = pytest.mark.parametrize("database_url", [pytest.param("sqlite", marks=pytest.mark.sqlite)], indirect=True)


# -- exports ----------------------------------------------------------------------------------------------------------
@contextmanager
def working(survey: Survey) -> Iterator[None]:
    """The process for long work, as a thread."""
    database, files = Database(survey.config.database_url), Files(survey.config.files_dir)
    worker = make_worker(survey.config, database, files)
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            task = worker.queue.dequeue()
            if task is None:
                time.sleep(0.02)
            else:
                worker.queue.execute(task)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        database.close()
        worker.queue.storage.close()


def wait_for(program: Program, export_id: str) -> dict[str, Any]:
    for _ in range(600):
        found: dict[str, Any] = program.get(f"exports/{export_id}").json()
        if found["state"] not in ("queued", "running"):
            return found
        time.sleep(0.05)
    raise TimeoutError(export_id)


def test_an_export_is_asked_for_watched_and_fetched(program: Program) -> None:
    program.send([one(f"N{number}") for number in range(5)])
    asked = program.http.post(f"{program.form}/exports", json={"headers": "name"}, timeout=60)
    assert asked.status_code == 202
    assert (asked.json()["state"], asked.json()["url"]) == ("queued", None)
    assert_problem(program.get(f"exports/{asked.json()['id']}/file"), 409, "export-not-ready")
    with working(program.survey):
        done = wait_for(program, asked.json()["id"])
    assert (done["state"], done["done"], done["error"]) == ("done", done["total"], "")
    fetched = program.http.get(program.survey.url + done["url"], timeout=60)
    assert "people.xlsx" in fetched.headers["Content-Disposition"]
    book = openpyxl.load_workbook(io.BytesIO(fetched.content))
    assert book["data"].max_row == 6
    assert [export["id"] for export in program.get("exports").json()] == [done["id"]]


@ON_SQLITE
def test_a_cancelled_export_is_not_written(program: Program) -> None:
    program.send(one("Ana"))
    ids = [
        program.http.post(f"{program.form}/exports", json={"format": "csv"}, timeout=60).json()["id"] for _ in range(2)
    ]
    cancelled = program.http.delete(f"{program.form}/exports/{ids[0]}", timeout=60)
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    with working(program.survey):
        assert wait_for(program, ids[1])["state"] == "done"
    assert program.get(f"exports/{ids[0]}").json()["state"] == "cancelled"
    assert [path.name for path in program.survey.config.exports_dir.iterdir()] == [ids[1]]
    assert_problem(program.get(f"exports/{ids[0]}/file"), 409, "export-not-ready")
    assert program.http.delete(f"{program.form}/exports/{ids[1]}", timeout=60).json()["state"] == "done"


class Interrupted(Database):
    """The second transaction of an export notes its progress; just before that somebody cancels it."""

    def __init__(self, survey: Survey, cancel: Callable[[], object]) -> None:
        super().__init__(survey.config.database_url)
        self.cancel = cancel
        self.begun = 0

    @contextmanager
    def begin(self) -> Iterator[Session]:
        self.begun += 1
        if self.begun == 2:
            self.cancel()
        with super().begin() as session:
            yield session


def test_an_export_that_is_cancelled_while_it_runs_leaves_no_file(program: Program) -> None:
    program.send([one("Ana"), one("Eva")])
    survey = program.survey
    url = f"{program.form}/exports"
    export_id = program.http.post(url, json={}, timeout=60).json()["id"]
    database = Interrupted(survey, lambda: program.http.delete(f"{url}/{export_id}", timeout=60))
    do_export(survey.config, database, survey.files, export_id)
    database.close()
    assert database.begun == 2
    assert program.get(f"exports/{export_id}").json()["state"] == "cancelled"
    assert list((survey.config.exports_dir / export_id).iterdir()) == []


@ON_SQLITE
def test_options_that_are_not_offered_are_refused(program: Program) -> None:
    for asked in (
        {"kind": "dirty"},
        {"format": "pdf"},
        {"zone": "Mars"},
        {"labels": "x"},
        {"shoe": 1},
        {"versions": "1"},
        {"versions": ["9"]},
    ):
        assert_problem(program.http.post(f"{program.form}/exports", json=asked, timeout=60), 422)
    assert program.survey.count("exports") == 0


# What is right where it is sent; without, some would be told that before anything else.
BODIES = {"submissions": {"answers": {}}, "devices": {"names": ["one"]}, "people": {"state": "open"}}


# -- who may ----------------------------------------------------------------------------------------------------------
def test_each_address_asks_for_a_token_of_its_project(program: Program) -> None:
    survey = program.survey
    survey.create_project("other")
    device = survey.phone("lost").url.rpartition("/")[2]
    survey.revoke("lost")
    program.send(one("Ana", "uuid:1"))
    addresses = [
        ("GET", f"{program.project}/forms"),
        ("POST", f"{program.project}/forms"),
        ("GET", program.form),
        ("PATCH", program.form),
        ("GET", f"{program.form}/versions/1/xform"),
        ("GET", f"{program.form}/changes/1/1"),
        ("GET", f"{program.form}/submissions"),
        ("POST", f"{program.form}/submissions"),
        ("GET", f"{program.form}/submissions/uuid:1"),
        ("GET", f"{program.form}/submissions/uuid:1/record"),
        ("POST", f"{program.form}/submissions/uuid:1/attachments"),
        ("GET", f"{program.form}/submissions/uuid:1/attachments/a"),
        ("GET", f"{program.form}/exports"),
        ("POST", f"{program.form}/exports"),
        ("GET", f"{program.form}/exports/x"),
        ("DELETE", f"{program.form}/exports/x"),
        ("GET", f"{program.form}/exports/x/file"),
        ("GET", f"{program.project}/devices"),
        ("POST", f"{program.project}/devices"),
        ("PATCH", f"{program.project}/devices/x"),
        ("DELETE", f"{program.project}/devices/x"),
        ("POST", f"{program.project}/devices/x/credentials"),
    ]
    other = survey.api("other").headers["Authorization"]
    for method, url in addresses:
        body: Any = BODIES.get(url.rpartition("/")[2], {}) if method in ("POST", "PATCH") else {}

        def ask(authorization: str | None, method: str = method, url: str = url, body: Any = body) -> requests.Response:
            headers = {} if authorization is None else {"Authorization": authorization}
            return requests.request(method, url, json=body, headers=headers, timeout=60)

        for wrong in (None, "", "Bearer", "Bearer nonsense", "Basic YTpi", f"Bearer {device}", "Bearer \xe9"):
            response = ask(wrong)
            assert_problem(response, 401, "not-signed-in")
            assert response.headers["WWW-Authenticate"].startswith("Bearer")
        assert_problem(ask(str(other)), 403, "not-allowed")
    assert survey.count("submission_versions") == 1
    assert_problem(program.http.get(f"{survey.url}/api/v1/projects/none/forms", timeout=60), 403)


def test_a_phone_may_send_json_with_its_own_token_until_it_is_revoked(program: Program) -> None:
    token = program.survey.phone("web").url.rpartition("/")[2]
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{program.form}/submissions"
    assert requests.post(url, json=one("Ana"), headers=headers, timeout=60).status_code == 201
    assert program.survey.rows("SELECT d.name FROM submission_versions v JOIN devices d ON d.id = v.device_id") == [
        ("web",)
    ]
    program.survey.revoke("web")
    assert_problem(requests.post(url, json=one("Eva"), headers=headers, timeout=60), 401)


# -- the document -----------------------------------------------------------------------------------------------------
def walk(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


def served_operations(survey: Survey) -> set[str]:
    """What the server answers below /api/v1, but for the document itself."""
    parameter, braced = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>"), r"{\1}"
    return {
        f"{method.lower()} {parameter.sub(braced, rule.rule)}"
        for rule in create_app(survey.config).url_map.iter_rules()
        if rule.rule.startswith("/api/v1/projects/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


@ON_SQLITE
def test_the_document_describes_every_address_and_refers_to_nothing_that_is_missing(survey: Survey) -> None:
    document = requests.get(f"{survey.url}/api/v1/openapi.json", timeout=60).json()
    assert document["openapi"].startswith("3.")
    assert document["info"]["title"]
    assert document["components"]["securitySchemes"]["bearer"] == {"type": "http", "scheme": "bearer"}
    schemas = document["components"]["schemas"]
    for key, target in walk(document):
        if key == "$ref":
            kind, _, name = target.removeprefix("#/components/").partition("/")
            assert name in document["components"][kind], target
    operations: list[str] = []
    for path, item in document["paths"].items():
        named = {parameter["name"] for parameter in item.get("parameters", [])}
        assert set(re.findall(r"{(\w+)}", path)) == named, path
        for method, operation in item.items():
            if method == "parameters":
                continue
            operations.append(f"{method} {path}")
            assert operation["summary"]
            assert operation["tags"]
            statuses = set(operation["responses"])
            assert {"401", "403"} <= statuses
            for status in statuses:
                answer = operation["responses"][status]
                assert answer["description"]
                if int(status) >= 400:
                    schema = answer["content"]["application/problem+json"]["schema"]
                    assert schema["$ref"].rpartition("/")[2] in ("ProblemOut", "ClashOut")
                else:
                    assert "application/problem+json" not in answer.get("content", {})
    assert set(operations) == served_operations(survey)
    assert len(operations) == len(set(operations))
    assert {"FormOut", "ReceiptOut", "BatchOut", "ExportOut", "SubmissionOut", "ChangeOut"} <= set(schemas)


@ON_SQLITE
def test_answers_are_as_the_document_says(program: Program) -> None:
    program.send(one("Ana", "uuid:1"))
    schemas = program.http.get(f"{program.survey.url}/api/v1/openapi.json", timeout=60).json()["components"]["schemas"]
    answers = {
        "FormOut": program.http.get(program.form, timeout=60).json(),
        "SubmissionOut": program.get("submissions/uuid:1").json(),
        "SubmissionPageOut": program.get("submissions").json(),
        "ProblemOut": program.get("submissions/none").json(),
    }
    for name, body in answers.items():
        assert set(body) <= set(schemas[name]["properties"]), name
        assert set(schemas[name].get("required", [])) <= set(body), name


@ON_SQLITE
def test_the_document_can_be_read_as_a_page_from_our_own_files(survey: Survey) -> None:
    page = requests.get(f"{survey.url}/api/v1/docs", timeout=60)
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")
    assert "/submissions" in page.text
    for address in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert not address.startswith(("http:", "https:", "//")), address
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


@ON_SQLITE
def test_a_number_too_large_for_any_row_is_not_there_whatever_the_method(survey: Survey) -> None:
    app = create_app(survey.config)
    numbered = [rule for rule in app.url_map.iter_rules() if "<int:" in rule.rule]
    assert len(numbered) > 20
    for rule in numbered:
        address = re.sub(r"<[^>]+>", "x", re.sub(r"<int:\w+>", str(2**31), rule.rule))
        for method in (rule.methods or set()) - {"OPTIONS"}:
            with pytest.raises(NotFound):
                app.url_map.bind("localhost").match(address, method=method)
