"""The JSON API: records in, findings out, exports, and every refusal as problem+json."""

import hashlib
import io
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import openpyxl
import pytest
import requests
from sqlalchemy.orm import Session

from surveyapp.store.database import Database
from surveyapp.store.files import Files
from surveyapp.worker import do_export, make_worker
from tests.people import PEOPLE, Survey, record

ON_SQLITE = pytest.mark.parametrize("database_url", [pytest.param("sqlite", marks=pytest.mark.sqlite)], indirect=True)


class Program:
    """A program with an API token of the project, where the form `people` is published."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.http = survey.api()
        self.project = f"{survey.url}/api/v1/projects/default"
        self.form = f"{self.project}/forms/people"

    def send(self, body: Any) -> requests.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        return self.http.post(f"{self.form}/submissions", data=content, headers=headers, timeout=60)

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.http.get(f"{self.form}/{path}", params=query, timeout=60)


@pytest.fixture
def program(survey: Survey) -> Program:
    survey.publish(PEOPLE)
    return Program(survey)


def one(name: str, instance_id: str | None = None, **more: Any) -> dict[str, Any]:
    ids = {} if instance_id is None else {"instance_id": instance_id}
    return {"version": "1", **ids, **more, "answers": {"name": name}}


def assert_problem(response: requests.Response, status: int, code: str | None = None) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body["type"].endswith(body["code"])
    assert body["title"]
    assert body["detail"]
    assert code is None or body["code"] == code
    return body


# -- one record -------------------------------------------------------------------------------------------------------
def test_a_record_is_kept_as_it_was_sent_and_spread_as_one_in_xml(program: Program) -> None:
    sent = (
        b'{ "version":"1", "instance_id":"uuid:1",\r\n "answers": {"name": "\\u7167\xe7\x85\xa7", "age": 31.0e0,'
        b' "child": [{"c_name": "Bo", "c_age": 4}, {"c_name": "Cy"}]} }'
    )
    response = program.send(sent)
    assert response.status_code == 201
    assert response.json() == {"status": 201, "outcome": "new", "instance_id": "uuid:1"}
    assert program.get("submissions/uuid:1/record").content == sent
    assert program.survey.rows("SELECT name, age FROM data_people") == [("照照", None)]
    assert program.survey.rows("SELECT c_name, c_age FROM data_people_child ORDER BY _position") == [
        ("Bo", 4),
        ("Cy", None),
    ]
    told = program.get("submissions/uuid:1").json()
    assert [(finding["question"], finding["value"]) for finding in told["findings"]] == [("age", "31.0e0")]


def test_the_table_of_duplicates_and_edits_is_that_of_xml(program: Program) -> None:
    first, edit = one("Ana", "uuid:1"), one("Eva", "uuid:2", deprecated_id="uuid:1")
    answers = [
        program.send(body)
        for body in (first, first, one("Ida", "uuid:1"), edit, edit, one("Isa", "uuid:3", deprecated_id="uuid:1"))
    ]
    assert [answer.status_code for answer in answers] == [201, 202, 409, 201, 202, 409]
    assert_problem(answers[2], 409, "submission-conflict")
    stale = assert_problem(answers[5], 409, "stale-edit")
    assert stale["errors"] == [{"path": "/data/name"}]
    told = program.get("submissions/uuid:1").json()
    assert told["instance_id"] == "uuid:2"
    assert [version["kind"] for version in told["versions"]] == ["original", "conflict", "edit", "stale_edit"]
    assert [version["current"] for version in told["versions"]] == [False, False, True, False]
    assert program.survey.rows("SELECT name FROM data_people") == [("Eva",)]


def test_an_edit_in_json_of_a_record_in_xml_becomes_current(program: Program) -> None:
    phone = program.survey.phone()
    phone.send(record("<name>Ana</name>", instance_id="uuid:1"))
    assert program.send(one("Eva", "uuid:2", deprecated_id="uuid:1")).status_code == 201
    assert program.survey.rows("SELECT name FROM data_people") == [("Eva",)]


# -- a batch ----------------------------------------------------------------------------------------------------------
def test_each_record_of_a_batch_has_a_result_of_its_own(program: Program) -> None:
    batch = [
        one("Ana", "uuid:1"),
        {"answers": 7},
        one("Ana", "uuid:1"),
        one("Eva", "uuid:1"),
        one("Bo"),
        "text",
        one("Cy", shoe=1),
    ]
    response = program.send(batch)
    assert response.status_code == 207
    items = response.json()["items"]
    assert [item["status"] for item in items] == [201, 422, 202, 409, 201, 422, 422]
    assert [item["outcome"] for item in items] == ["new", "refused", "same", "conflict", "new", "refused", "refused"]
    assert items[1]["problem"]["code"] == "invalid-fields"
    assert items[3]["problem"]["code"] == "submission-conflict"
    assert sorted(program.survey.rows("SELECT name FROM data_people")) == [("Ana",), ("Bo",)]


@ON_SQLITE
def test_an_empty_batch_is_answered(program: Program) -> None:
    assert program.send([]).json() == {"items": []}


# -- odd input --------------------------------------------------------------------------------------------------------
UNREADABLE = {
    "empty": b"",
    "truncated": b'{"answers": {"name": "A',
    "not JSON": b"<data/>",
    "NaN": b'{"answers": {"age": NaN}}',
    "two documents": b'{"answers": {}}{"answers": {}}',
    "invalid UTF-8": b'{"answers": {"name": "\xff\xfe"}}',
    "deep": b"[" * 100_000,
    "deep objects": b'{"a":' * 50_000,
}
WRONG_SHAPE = {
    "no answers": {"version": "1"},
    "text": "text",
    "number": 3,
    "null": None,
    "answers a list": {"answers": []},
    "unknown field": {"answers": {}, "shoe": 1},
    "version an object": {"answers": {}, "version": {}},
    "mixed list": {"answers": {"child": [{"c_name": "Bo"}, 3]}},
    "list in a list": {"answers": {"child": [["a"]]}},
}


@ON_SQLITE
def test_what_cannot_be_read_is_a_400_and_a_wrong_shape_a_422(program: Program) -> None:
    for what, content in UNREADABLE.items():
        assert assert_problem(program.send(content), 400, "bad-json"), what
    for what, body in WRONG_SHAPE.items():
        assert assert_problem(program.send(body), 422, "invalid-fields"), what
    nested: Any = "x"
    for _ in range(200):
        nested = {"g": nested}
    assert_problem(program.send({"answers": nested}), 422)
    assert program.survey.count("submission_versions") == 0
    assert program.send(one("Ana")).status_code == 201


def test_a_record_over_the_limit_is_a_413(program: Program) -> None:
    big = b'{"answers": {"name": "' + b"x" * 21_000_000 + b'"}}'
    assert_problem(program.send(big), 413, "too-large")
    batch = b"[" + big + b', {"answers": {"name": "Ana"}}]'
    assert [item["status"] for item in program.send(batch).json()["items"]] == [413, 201]


def test_nul_and_lone_surrogates_anywhere_are_kept_readable(program: Program) -> None:
    bad = ("A\\u0000B", "A\\ud800B")
    for number, text in enumerate(bad):
        for body in (
            f'{{"instance_id": "uuid:{number}a", "answers": {{"name": "{text}"}}}}',
            f'{{"instance_id": "uuid:{number}b", "answers": {{"{text}": "x", "name": "y"}}}}',
            f'{{"instance_id": "uuid:{number}c", "answers": {{"age": "{text}", "child": [{{"{text}": {{"{text}": 1}}}}]}}}}',
            f'{{"instance_id": "{number}d{text}", "instance_name": "{text}", "version": "{text}", "answers": {{}}}}',
            f'{{"instance_id": "uuid:{number}e", "deprecated_id": "{number}{text}", "answers": {{"name": "z"}}}}',
        ):
            response = program.send(body.encode())
            assert response.status_code == 201, body
            assert program.send(body.encode()).status_code == 202, body
            raw = program.get(f"submissions/{response.json()['instance_id']}/record").content
            assert raw == body.encode()
            batch = program.send(f"[{body}]".encode()).json()["items"]
            assert batch[0]["status"] in (202, 409)
    assert program.survey.rows("SELECT name FROM data_people ORDER BY _submission_id")[0] == ("A\ufffdB",)
    assert program.get("submissions").status_code == 200


@ON_SQLITE
def test_odd_addresses_are_a_404(program: Program) -> None:
    for path in (
        "submissions/none",
        "submissions/a%00b",
        "submissions/none/record",
        "submissions/none/attachments/a",
        "exports/none",
        "exports/a%00",
        "exports/none/file",
        "versions/9/xform",
        "changes/1/9",
    ):
        assert_problem(program.http.get(f"{program.form}/{path}", timeout=60), 404)
    for form in ("none", "a%00b", "%ff"):
        assert_problem(program.http.get(f"{program.project}/forms/{form}", timeout=60), 404)
    assert_problem(program.http.delete(f"{program.form}/submissions", timeout=60), 405)
    assert_problem(program.http.patch(program.form, json={"state": "ajar"}, timeout=60), 422, "invalid-fields")
    assert_problem(program.http.patch(program.form, json=[], timeout=60), 422)
    assert_problem(
        program.http.patch(program.form, data=b"{", headers={"Content-Type": "application/json"}, timeout=60), 400
    )


# -- reading ----------------------------------------------------------------------------------------------------------
def test_submissions_are_listed_page_by_page(program: Program) -> None:
    program.send([one(f"N{number}", f"uuid:{number}") for number in range(7)])
    seen: list[str] = []
    after: int | None = 0
    while after is not None:
        page = program.get("submissions", after=after, limit=3).json()
        assert len(page["items"]) <= 3
        seen += [item["instance_id"] for item in page["items"]]
        after = page["next"]
    assert seen == [f"uuid:{number}" for number in range(7)]
    for query in ({"limit": 0}, {"limit": 1001}, {"after": "x"}, {"after": 10**30}, {"after": -(10**30)}):
        assert_problem(program.get("submissions", **query), 422, "invalid-fields")


def test_files_come_after_their_record_and_are_given_back(program: Program) -> None:
    program.send({"instance_id": "uuid:1", "version": "1", "answers": {"name": "Ana", "photo": 'phöto "1".jpg'}})
    assert [f["check"] for f in program.get("submissions/uuid:1").json()["findings"]] == ["attachment-missing"]
    url = f"{program.form}/submissions/uuid:1/attachments"
    name, content = 'phöto "1".jpg', b"\xff\xd8 picture"
    first = program.http.post(url, files={"f": (name, content, "image/jpeg")}, timeout=60)
    again = program.http.post(url, files={"f": (name, content, "image/jpeg")}, timeout=60)
    other = program.http.post(url, files={"f": (name, b"other", "image/jpeg")}, timeout=60)
    assert [r.status_code for r in (first, again, other)] == [201, 202, 201]
    told = program.get("submissions/uuid:1").json()
    assert [f["check"] for f in told["findings"]] == ["file-conflict"]
    assert [(a["name"], a["conflict"]) for a in told["attachments"]] == [(name, False), (name, True)]
    assert told["attachments"][0]["sha256"] == hashlib.sha256(content).hexdigest()
    fetched = program.http.get(f"{url}/{quote(name)}", timeout=60)
    assert fetched.content == content
    assert fetched.headers["Content-Disposition"].startswith("attachment")
    assert fetched.headers["X-Content-Type-Options"] == "nosniff"
    assert_problem(program.http.post(url, data=b"x", timeout=60), 400, "bad-multipart")
    assert_problem(program.http.post(url.replace("uuid:1", "uuid:9"), files={"f": (name, content)}, timeout=60), 404)


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


# -- who may ----------------------------------------------------------------------------------------------------------
def test_each_address_asks_for_a_token_of_its_project(program: Program) -> None:
    survey = program.survey
    survey.create_project("other")
    device = survey.phone("lost").url.rpartition("/")[2]
    survey.revoke("lost")
    phone = survey.phone("phone").url.rpartition("/")[2]
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
    ]
    other = survey.api("other").headers["Authorization"]
    for method, url in addresses:
        body: Any = {"state": "open"} if method == "PATCH" else {"answers": {}} if url.endswith("submissions") else {}

        def ask(authorization: str | None, method: str = method, url: str = url, body: Any = body) -> requests.Response:
            headers = {} if authorization is None else {"Authorization": authorization}
            return requests.request(method, url, json=body, headers=headers, timeout=60)

        for wrong in (None, "", "Bearer", "Bearer nonsense", "Basic YTpi", f"Bearer {device}", "Bearer \xe9"):
            response = ask(wrong)
            assert_problem(response, 401, "not-signed-in")
            assert response.headers["WWW-Authenticate"].startswith("Bearer")
        assert_problem(ask(str(other)), 403, "not-allowed")
        if not (method == "POST" and url.endswith(("submissions", "attachments"))):
            assert_problem(ask(f"Bearer {phone}"), 401)
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
                    assert schema == {"$ref": "#/components/schemas/ProblemOut"}
                else:
                    assert "application/problem+json" not in answer["content"]
    assert len(operations) == len(set(operations)) >= 18
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
