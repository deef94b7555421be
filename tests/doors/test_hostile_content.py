"""Forms, answers and names made to harm whoever reads them: a server, a browser, a spreadsheet, a person."""

import json
import re
import socket
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import escape

import openpyxl
import pytest
import requests
from lxml import html

from surveyapp.config import Config
from surveyapp.export.from_store import StoredForm
from surveyapp.export.options import ExportOptions
from surveyapp.export.run import write_export
from surveyapp.people.accounts import change_profile
from surveyapp.people.programs import grant_api_token
from surveyapp.people.projects import change_project
from surveyapp.store.accounts import get_account
from surveyapp.store.exports import add_export
from surveyapp.store.forms import get_form
from surveyapp.store.projects import get_project
from tests.doors.test_attacks import fill_in, plain_session
from tests.doors.test_hostile_files import XFORM
from tests.doors.test_rights import ROWS, World, address_of
from tests.office import browser, person
from tests.people import PEOPLE, Phone, Survey, now, record, serving

ON_SQLITE = pytest.mark.parametrize("database_url", [pytest.param("sqlite", marks=pytest.mark.sqlite)], indirect=True)
# What a browser would run or load, a template would compute and a log would take for two lines.
PAYLOAD: Final = """"'><b data-owned="1"><script>owned()</script><img src=x onerror=owned()>{{31337*3}}"""


# -- the server does not fetch ----------------------------------------------------------------------------------------
@contextmanager
def listener() -> Iterator[tuple[str, list[str]]]:
    """An address that notes whoever asks there."""
    asked: list[str] = []

    class Noting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        do_HEAD = do_POST = do_PUT = do_GET

        def log_message(self, *_: Any) -> None:
            """Not on the screen of the tests."""

    server = HTTPServer(("127.0.0.1", 0), Noting)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_form_that_names_addresses_makes_the_server_ask_none(survey: Survey, tmp_path: Path) -> None:
    with listener() as (outside, asked):
        pulled = f"pulldata('{outside}/data.csv', 'a', 'b', ${{name}})"
        form = f"""
| survey   |                               |       |             |                 |                     |
|          | type                          | name  | label       | media::image    | calculation         |
|          | text                          | name  | [x]({outside}/label) | {outside}/image.png | |
|          | select_one_from_file list.csv | pick  | Pick        |                 |                     |
|          | calculate                     | look  |             |                 | {pulled} |
| settings |            |         |         |                      |
|          | form_title | form_id | version | submission_url       |
|          | Evil       | evil    | 1       | {outside}/submission |
"""
        api = survey.api()
        url = f"{survey.url}/api/v1/projects/default/forms"
        files = [("file", ("evil.md", form)), ("media", ("list.csv", "name,label\na,A\n"))]
        published = api.post(url, files=files, timeout=120)
        assert published.status_code in (201, 422), published.text
        if published.status_code == 201:
            assert "submission-url" in {one["code"] for one in published.json()["findings"]}
        more = f'<input ref="/data/a"><label ref="jr:itext(\'{outside}/itext\')"/></input>'
        xform = XFORM.format(doctype="", text="Evil", more=more).replace("evil", "evil2")
        xform = xform.replace("<model>", f'<model><instance id="out" src="{outside}/instance.xml"/>')
        xform = xform.replace("<h:head>", f'<?xml-stylesheet href="{outside}/style.xsl"?><h:head>')
        api.post(url, files=[("file", ("evil2.xml", xform))], timeout=120)
        phone = survey.phone()
        for form_id in ("evil", "evil2"):
            phone.send(record(f"<name>{outside}/answer</name><a>{outside}/a</a><pick>a</pick>", form=form_id))
        listed = {one["form_id"] for one in api.get(url, timeout=60).json()}
        for form_id in listed:
            survey.export(form_id, tmp_path / f"{form_id}.xlsx")
    assert listed
    assert asked == []


def test_a_form_that_sends_its_records_elsewhere_is_flagged(survey: Survey) -> None:
    form = PEOPLE.replace("form_id | version      |", "form_id | version | submission_url |").replace(
        "people  | 1            |", "people  | 1 | https://evil.example/submission |"
    )
    found = {one.code: one for one in survey.publish(form).findings}
    assert found["submission-url"].severity == "warning"
    assert "https://evil.example/submission" in found["submission-url"].message


# -- formulas ---------------------------------------------------------------------------------------------------------
FORMULAS: Final = (
    "=1+1",
    '=HYPERLINK("http://evil.example";"x")',
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "=cmd|' /C x'!A0",
)


def test_no_answer_is_a_formula_in_what_people_open(survey: Survey, tmp_path: Path) -> None:
    survey.publish(PEOPLE)
    phone = survey.phone("=1+2")
    phone.http.headers["User-Agent"] = "=1+3"
    for number, formula in enumerate(FORMULAS):
        text = escape(formula)
        answers = f"<name>{text}</name><photo>{text}</photo><child><c_name>{text}</c_name></child>"
        assert phone.send(record(answers, instance_id=f"={number}"), {formula: b"x"}).status_code == 201
    with survey.database.reading() as session:
        form = get_form(session, get_project(session, "default").id, "people")
        for writer in ("splice", "openpyxl"):
            target = tmp_path / f"{writer}.xlsx"
            write_export(StoredForm(session, survey.files, form), ExportOptions(writer=writer), target)
            book = openpyxl.load_workbook(target)
            cells = [cell for sheet in ("data", "child") for row in book[sheet].iter_rows() for cell in row]
            assert {cell.data_type for cell in cells} <= {"s", "n", "d", "b"}
            assert {str(cell.value) for cell in cells} >= {"=1+1", "@SUM(1)"}
        target = tmp_path / "csv.zip"
        write_export(StoredForm(session, survey.files, form), ExportOptions(format="csv"), target)
    packed = zipfile.ZipFile(target)
    data = packed.read(next(name for name in packed.namelist() if "data" in name)).decode("utf-8-sig")
    assert "'=1+1" in data
    assert not re.search(r'(^|[,\n])"?[=@]', data)


# -- scripts in what people type --------------------------------------------------------------------------------------
EVIL_FORM: Final = f"""
| survey   |               |        |             |               |                    |
|          | type          | name   | label       | constraint    | constraint_message |
|          | text          | name   | N {PAYLOAD} |               |                    |
|          | integer       | age    | A {PAYLOAD} | . < 10        | M {PAYLOAD}        |
|          | select_one yn | sure   | S {PAYLOAD} |               |                    |
|          | image         | photo  | P {PAYLOAD} |               |                    |
|          | begin repeat  | child  | R {PAYLOAD} |               |                    |
|          | text          | c_name | C {PAYLOAD} |               |                    |
|          | end repeat    |        |             |               |                    |
| choices  |               |        |             |
|          | list_name     | name   | label       |
|          | yn            | y      | Y {PAYLOAD} |
| settings |               |        |             |
|          | form_title    | form_id | version    | instance_name |
|          | T {PAYLOAD}   | evil   | 1           | ${{name}}     |
"""
# Whatever a page reads from its address.
REFLECTED: Final = ("text", "check", "actor", "action", "labels", "shown", "version", "since", "done", "next", "head")


def lay_traps(world: World) -> dict[str, Any]:
    """A project in which everything that can be named is named like a script; what leads to it."""
    survey = world.survey
    survey.publish(EVIL_FORM, project="alpha")
    typed = escape(PAYLOAD)
    sent = record(
        f"<name>{typed}</name><age>99{typed}</age><sure>{typed}</sure><photo>p.svg</photo>"
        f"<child><c_name>{typed}</c_name></child><stray>{typed}</stray>"
        f'<meta xmlns="http://openrosa.org/xforms"><instanceName>{typed}</instanceName></meta>',
        form="evil",
        instance_id="uuid:evil",
    )
    world.phone.http.headers["User-Agent"] = PAYLOAD
    assert world.phone.send(sent, {"p.svg": b"<svg/>", PAYLOAD[:40]: b"x"}).status_code == 201
    with survey.database.begin() as session:
        alpha = get_project(session, "alpha")
        change_project(session, alpha, PAYLOAD, "")
        for login in ("helped", "operator", "admin", "enumerator"):
            change_profile(session, get_account(session, login), PAYLOAD, "", "")
        grant_api_token(session, alpha, PAYLOAD, now(), scopes=("read",))
        add_export(session, "evil", get_form(session, alpha.id, "evil").id, {}, now())
        session.execute(survey.sql("UPDATE exports SET state = 'failed', error = :e"), {"e": PAYLOAD})
    operator = browser(survey, "operator")
    for path, fields in (
        ("teams", {"team": PAYLOAD}),
        ("phones/add", {"names": PAYLOAD}),
        ("people", {"login": "newcomer", "name": PAYLOAD, "role": "supervisor"}),
        ("settings", {"name": PAYLOAD, "timezone": "UTC"}),
    ):
        answer = operator.post(f"{survey.url}/p/alpha/{path}", data=fields, timeout=60)
        assert answer.status_code in (200, 422), f"{path} {answer.status_code}"
        assert_harmless(answer)
    return {
        "form_id": "evil",
        "instance_id": "uuid:evil",
        "submission_no": survey.rows("SELECT max(id) FROM submissions")[0][0],
        "export_id": "evil",
        "team_id": survey.rows("SELECT max(id) FROM teams")[0][0],
        "device_id": survey.rows("SELECT max(id) FROM devices")[0][0],
    }


def assert_harmless(answer: requests.Response) -> bool:
    """That a page holds what was typed as text only; whether it holds it."""
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe-inline" not in policy
    if not answer.headers.get("Content-Type", "").startswith("text/html"):
        disposition = answer.headers.get("Content-Disposition", "")
        assert "sandbox" in policy or disposition.startswith("attachment") or not answer.text
        return False
    page = html.fromstring(answer.text or "<p></p>")
    where = answer.request.url
    assert not page.xpath("//*[@data-owned]"), where
    assert "94011" not in answer.text, where
    for script in page.iter("script"):
        assert (script.get("src") or "").startswith(("/static/", "/fill/", "./")), where
        assert not (script.text or "").strip(), where
    for element in page.iter():
        for name, value in ((str(name), str(value)) for name, value in element.attrib.items()):
            assert not name.startswith("on"), f"{where} {name}"
            address = name in ("href", "src", "action", "formaction", "hx-get", "hx-post")
            assert not (address and value.strip().lower().startswith(("javascript:", "data:text", "vbscript:"))), where
    return "owned()" in answer.text


def test_no_page_runs_what_people_typed(survey: Survey) -> None:
    world = World(survey)
    world.values.update(lay_traps(world))
    operator = browser(survey, "operator")
    query = "&".join(f"{name}={quote(PAYLOAD)}" for name in REFLECTED)
    shown = []
    for row in (one for one in ROWS if "GET" in one.methods and one.door in ("page", "open")):
        if row.address == "/fill/<name>":
            continue
        address = address_of(world, row)
        for asked in (address, f"{address}?{query}"):
            answer = operator.get(asked, timeout=60)
            assert answer.status_code < 500, asked
            if assert_harmless(answer):
                shown.append(row.address)
    assert len(set(shown)) > 10
    for address in (
        f"/{quote(PAYLOAD)}",
        f"/p/{quote(PAYLOAD)}",
        f"/people/{quote(PAYLOAD)}",
        f"/link/{quote(PAYLOAD)}",
    ):
        assert_harmless(operator.get(survey.url + address, timeout=60))


# -- too much ---------------------------------------------------------------------------------------------------------
@ON_SQLITE
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/sign-in", "multipart/form-data; boundary=x"),
        ("/p/default/publish", "multipart/form-data; boundary=x"),
        ("/sign-in", "application/x-www-form-urlencoded"),
        ("/c/nobody/submission", "multipart/form-data; boundary=x"),
        ("/api/v1/projects/default/forms", "multipart/form-data; boundary=x"),
        ("/api/v1/projects/default/forms/people/submissions", "application/json"),
    ],
)
def test_a_stranger_is_answered_before_a_large_upload_is_read(survey: Survey, path: str, kind: str) -> None:
    place = urlsplit(survey.url)
    head = f"POST {path} HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: {kind}\r\nContent-Length: 400000000\r\n"
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=30) as connection:
        connection.sendall(f"{head}Authorization: Bearer nobody\r\nConnection: close\r\n\r\n--x\r\n".encode())
        status = connection.recv(1000).split(b" ")[1]
    assert status in (b"303", b"401", b"403", b"413")


@pytest.mark.parametrize("number", ["9223372036854775808", "9" * 40, "-1", "0", "1e3"])
def test_a_number_that_no_row_has_is_not_there(survey: Survey, number: str) -> None:
    world = World(survey)
    operator = browser(survey, "operator")
    ids = ("device_id", "team_id", "number", "submission_no", "version_id")
    rows = [row for row in ROWS if set(re.findall(r"<(\w+)>", row.address)) & set(ids)]
    assert len(rows) > 10
    for row in (one for one in rows if one.door in ("page", "phone") and "GET" in one.methods):
        values = {**world.values, **dict.fromkeys(ids, number), "token": world.card.token}
        address = fill_in(survey, row, values)
        assert operator.get(address, timeout=60).status_code in (401, 404), address
    ended = operator.post(f"{survey.url}/account/sessions/{number}/end", timeout=60)
    assert ended.status_code in (200, 404)


@ON_SQLITE
def test_an_address_for_mail_holds_no_second_header(survey: Survey) -> None:
    operator = browser(survey, person(survey, "root", operator=True))
    sent = {"login": "new.person", "email": "a@example.org\r\nBcc: all@example.org"}
    assert operator.post(f"{survey.url}/people", data=sent, timeout=60).status_code == 422
    assert survey.count("accounts") == 1


@ON_SQLITE
def test_a_problem_repeats_what_was_asked_as_data(survey: Survey) -> None:
    api = survey.api()
    said = api.get(f"{survey.url}/api/v1/projects/default/forms/{quote(PAYLOAD, safe='')}", timeout=60)
    assert json.loads(said.text)["status"] == 404
    assert said.headers["Content-Type"] == "application/problem+json"
    phone = Phone(f"{survey.url}/c/{quote(PAYLOAD, safe='')}")
    answer = phone.form_list()
    assert "<script>" not in answer.text
    assert answer.headers["Content-Type"].startswith("text/xml")


def test_a_text_that_no_database_holds_is_refused(survey: Survey) -> None:
    survey.phone("phone")
    api = survey.api()
    for text in ("a\x00b", "\ud800"):
        url = f"{survey.url}/api/v1/projects/default/devices"
        assert api.patch(f"{url}/phone", json={"person": text}, timeout=60).status_code == 422
        assert api.post(url, json={"names": [text]}, timeout=60).status_code == 422


@ON_SQLITE
def test_addresses_are_made_from_the_public_one_whatever_the_request_says(survey: Survey) -> None:
    survey.publish(PEOPLE)
    token = survey.phone().url.rpartition("/")[2]
    outer = {"SURVEYAPP_PUBLIC_URL": "https://survey.example.org", "SURVEYAPP_ALLOWED_HOSTS": "other.example.org"}
    ours = {"SURVEYAPP_DATABASE_URL": survey.config.database_url, "SURVEYAPP_DATA_DIR": str(survey.config.data_dir)}
    made_up = {"Host": "other.example.org", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    with serving(Config.from_environ({**ours, **outer})) as url:
        listed = plain_session().get(f"{url}/c/{token}/formList", headers=made_up, timeout=60)
    addresses = re.findall("<downloadUrl>(.*?)</downloadUrl>", listed.text)
    assert addresses
    assert all(address.startswith("https://survey.example.org/c/") for address in addresses)
