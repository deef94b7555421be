"""Attacks, tried over HTTP: each of them is a row of docs/security.md, and none of them gets through."""

import io
import itertools
import json
import re
import socket
import threading
import zipfile
from collections.abc import Iterator, Mapping
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
from surveyapp.people.accounts import change_profile, disable_account
from surveyapp.people.programs import grant_api_token
from surveyapp.people.projects import change_project
from surveyapp.store.accounts import get_account
from surveyapp.store.exports import add_export
from surveyapp.store.forms import get_form
from surveyapp.store.projects import get_project
from tests.doors.test_rights import BODIES, ROWS, SPECIAL, Row, World, address_of
from tests.office import browser, person, team_phone
from tests.people import PEOPLE, Phone, Survey, now, record, serving
from tests.visitor import PASSWORD, Visitor, with_password

ON_SQLITE = pytest.mark.parametrize("database_url", [pytest.param("sqlite", marks=pytest.mark.sqlite)], indirect=True)
# What a browser would run or load, a template would compute and a log would take for two lines.
PAYLOAD: Final = """"'><b data-owned="1"><script>owned()</script><img src=x onerror=owned()>{{31337*3}}"""


def plain_session() -> requests.Session:
    http = requests.Session()
    http.trust_env = False
    return http


def get_as_written(http: requests.Session, base: str, path: str) -> requests.Response:
    """Ask for `path` without the client tidying it up."""
    request = http.prepare_request(requests.Request("GET", base))
    request.url = base + path
    return http.send(request, timeout=60, allow_redirects=False)


# -- led elsewhere ----------------------------------------------------------------------------------------------------
ELSEWHERE: Final = (
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "https:evil.example",
    "javascript:owned()",
    "/\t/evil.example",
    "\t//evil.example",
    "/\r\nSet-Cookie: a=b",
    "//evil.example\\@here",
    "data:text/html,x",
)


@ON_SQLITE
def test_signing_in_leads_to_this_server_only(survey: Survey) -> None:
    with_password(survey, person(survey, "ana"))
    visitor = Visitor(survey)
    for wish in ELSEWHERE:
        visitor.http.cookies.clear()
        visitor.open(f"/sign-in?next={quote(wish)}")
        csrf = visitor.page.forms[0].fields["csrf"]
        sent = {"login": "ana", "password": PASSWORD, "next": wish, "csrf": csrf}
        answer = visitor.http.post(f"{survey.url}/sign-in", data=sent, timeout=60, allow_redirects=False)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/"), wish
        again = visitor.http.get(f"{survey.url}/sign-in?next={quote(wish)}", timeout=60, allow_redirects=False)
        assert (again.status_code, again.headers["Location"]) == (303, "/"), wish


@ON_SQLITE
@pytest.mark.parametrize("path", ["//evil.example/p/default", "/\\evil.example", "/p/default//evil.example/%2e%2e"])
def test_a_stranger_is_sent_to_the_sign_in_page_of_this_server(survey: Survey, path: str) -> None:
    answer = get_as_written(plain_session(), survey.url, path)
    assert urlsplit(answer.headers.get("Location", "/")).netloc == ""


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


# -- out of the folder ------------------------------------------------------------------------------------------------
OUT: Final = (
    "../../secret_key",
    "..%2f..%2fsecret_key",
    "%2e%2e/%2e%2e/secret_key",
    "..%5c..%5csecret_key",
    "....//....//secret_key",
    "%252e%252e%252fsecret_key",
    "/secret_key",
)


def test_no_name_in_an_address_leads_out_of_what_is_served(survey: Survey) -> None:
    world = World(survey)
    form = "/p/alpha/forms/people"
    api = "/api/v1/projects/alpha/forms/people"
    places = [
        "/static/",
        "/fill/",
        "/fill/assets/",
        f"/c/{world.card.token}/forms/{world.version_id}/media/",
        f"{form}/versions/1/media/",
        f"{form}/submissions/{world.values['submission_no']}/versions/1/files/",
        f"{api}/submissions/uuid:1/attachments/",
        f"{api}/exports/e1/file/",
        f"{api}/exports/",
    ]
    secret = survey.config.secret_key
    operator = browser(survey, "operator")
    operator.headers["Authorization"] = f"Bearer {world.tokens['program with read']}"
    for place, name in itertools.product(places, OUT):
        up = "../" * 12 + str(survey.config.data_dir / "secret_key").lstrip("/")
        for wish in (name, quote(up, safe="")):
            answer = get_as_written(operator, survey.url, place + wish)
            assert answer.status_code in (400, 403, 404), place + wish
            assert secret not in answer.text


def test_a_file_whose_name_leads_elsewhere_lies_among_the_others(survey: Survey, tmp_path: Path) -> None:
    names = ["../../../owned.txt", "/owned.txt", "..\\owned.txt", "C:\\owned.txt", "a\r\nX-Owned: yes", "owned\u202etxt"]
    survey.publish(PEOPLE)
    before = {path for path in tmp_path.rglob("*owned*")}
    answers = "".join(f"<photo>{escape(name)}</photo>" for name in names[:1])
    phone = survey.phone()
    parts = [("xml_submission_file", ("r.xml", record(answers, instance_id="uuid:1"), "text/xml"))]
    body, kind = _multipart(parts[0][1][1], names)
    sent = phone.http.post(f"{phone.url}/submission", data=body, headers={"Content-Type": kind}, timeout=60)
    assert sent.status_code == 201
    assert {path for path in tmp_path.rglob("*owned*")} == before
    with survey.database.reading() as session:
        form = get_form(session, get_project(session, "default").id, "people")
        target = tmp_path / "media.zip"
        write_export(StoredForm(session, survey.files, form), ExportOptions(format="media"), target)
    packed = zipfile.ZipFile(target).namelist()
    assert len(packed) == len(names) + 1
    for name in packed:
        assert re.fullmatch(r"[\w.()+-]+", name), name
        assert ".." not in name
    api = survey.api()
    for (name,) in survey.rows("SELECT name FROM submission_attachments"):
        fetched = api.get(
            f"{survey.url}/api/v1/projects/default/forms/people/submissions/uuid:1/attachments/{quote(name, safe='')}",
            timeout=60,
        )
        assert fetched.status_code in (200, 404), name
        assert "X-Owned" not in fetched.headers


def _multipart(content: str, names: list[str]) -> tuple[bytes, str]:
    """As OkHttp writes names: quote, CR and LF as %22, %0D, %0A, all else raw."""
    head = '--x\r\nContent-Disposition: form-data; name="{}"; filename="{}"\r\n\r\n{}\r\n'
    written = [name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A") for name in names]
    parts = [head.format("xml_submission_file", "r.xml", content)]
    parts += [head.format(f"f{number}", name, "x") for number, name in enumerate(written)]
    return ("".join(parts) + "--x--\r\n").encode(), "multipart/form-data; boundary=x"


# -- ids of another project -------------------------------------------------------------------------------------------
ONLY_IN_BETA: Final = """
| survey   |      |      |       |
|          | type | name | label |
|          | text | name | Name  |
| settings |            |         |         |
|          | form_title | form_id | version |
|          | Secret     | secret  | 9       |
"""


class Beta:
    """What the project beta has, by the names that addresses give it."""

    def __init__(self, world: World) -> None:
        survey = world.survey
        survey.publish(ONLY_IN_BETA, project="beta")
        sent = record("<name>B</name><photo>b.jpg</photo>", instance_id="uuid:beta")
        assert world.stranger.send(sent, {"b.jpg": b"\xff\xd8\xff"}).status_code == 201
        team_phone(survey, "only-beta", "admin-of-beta", "of-beta", "beta")
        with survey.database.begin() as session:
            beta = get_project(session, "beta")
            add_export(session, "of-beta", get_form(session, beta.id, "people").id, {}, now())
        self.values: Mapping[str, Any] = {
            "instance_id": "uuid:beta",
            "submission_no": survey.rows("SELECT max(id) FROM submissions")[0][0],
            "export_id": "of-beta",
            "version": "9",
            "old": "9",
            "new": "9",
            "login": "admin-of-beta",
            "team_id": survey.rows("SELECT id FROM teams WHERE name = 'of-beta'")[0][0],
            "device_id": survey.rows("SELECT id FROM devices WHERE name = 'only-beta'")[0][0],
        }
        self.version_id = survey.rows("SELECT max(id) FROM form_versions")[0][0]

    def ask_for(self, row: Row) -> Iterator[Mapping[str, Any]]:
        """What to fill in, so that an address of alpha names something of beta."""
        named = set(re.findall(r"<(\w+)>", row.address))
        device = {"name": "only-beta"} if "/devices/<name>" in row.address else {}
        if named & set(self.values) or device:
            yield {**self.values, **device}
        if "form_id" in named:
            yield {**self.values, **device, "form_id": "secret"}


def state_of(survey: Survey) -> list[Any]:
    tables = ("devices", "teams", "team_members", "memberships", "exports", "form_versions", "one_time_links")
    present = {row[0] for row in survey.rows(LIST_TABLES[survey.database.url.split(":")[0].split("+")[0]])}
    return [survey.rows(f"SELECT * FROM {table} ORDER BY 1") for table in tables if table in present]


LIST_TABLES: Final = {
    "sqlite": "SELECT name FROM sqlite_master",
    "postgresql": "SELECT table_name FROM information_schema.tables",
}


def test_an_id_of_another_project_is_not_there_whoever_asks_with_it(survey: Survey) -> None:
    world = World(survey)
    beta = Beta(world)
    admin = browser(survey, "admin")
    program = plain_session()
    with survey.database.begin() as session:
        token = grant_api_token(session, get_project(session, "alpha"), "all", now())
    program.headers["Authorization"] = f"Bearer {token}"
    wrong, asked = [], 0
    for row in (one for one in ROWS if one.door in ("page", "api") and "<project>" in one.address):
        http = admin if row.door == "page" else program
        for values, method in itertools.product(beta.ask_for(row), row.methods):
            filled = {**world.values, **SPECIAL.get(row.address, {}), **values}
            address = survey.url + re.sub(r"<(\w+)>", lambda match, filled=filled: str(filled[match[1]]), row.address)
            body = BODIES.get((method, row.address))
            answer = http.request(method, address, json=body, timeout=60, allow_redirects=False)
            asked += 1
            if answer.status_code not in (403, 404):
                wrong.append(f"{method} {row.address} {values}: {answer.status_code}")
    for part in ("form.xml", "manifest", "media/n.png"):
        answer = world.phone.get(f"{world.phone.url}/forms/{beta.version_id}/{part}")
        assert answer.status_code == 404
    assert not wrong
    assert asked > 40


# -- forms from another site ------------------------------------------------------------------------------------------
@ON_SQLITE
def test_no_page_takes_a_form_that_is_not_from_our_page_in_this_browser(survey: Survey) -> None:
    world = World(survey)
    mine = browser(survey, "operator")
    right = str(mine.headers.pop("X-CSRF-Token"))
    others = str(browser(survey, "operator").headers["X-CSRF-Token"])
    strangers = re.findall(r'name="csrf" value="(\w+)"', plain_session().get(f"{survey.url}/sign-in", timeout=60).text)
    forged: tuple[tuple[dict[str, str], dict[str, str]], ...] = (
        ({}, {}),
        ({"csrf": ""}, {}),
        ({"csrf": others}, {}),
        ({"csrf": strangers[0]}, {}),
        ({"csrf": right}, {"Sec-Fetch-Site": "cross-site"}),
        ({"csrf": right}, {"Sec-Fetch-Site": "same-site"}),
        ({}, {"X-CSRF-Token": others}),
    )
    posts = [row for row in ROWS if row.door == "page" and "POST" in row.methods]
    assert len(posts) > 15
    before = survey.rows("SELECT count(*) FROM audit_log")
    for row, (fields, headers) in itertools.product(posts, forged):
        answer = mine.post(
            address_of(world, row), data=fields, headers=headers, timeout=60, allow_redirects=False
        )
        assert answer.status_code == 403, f"{row.address} {fields} {headers}"
        assert "forged-request" in answer.text or "csrf" not in answer.headers
    assert survey.rows("SELECT count(*) FROM audit_log") == before
    ended = mine.post(f"{survey.url}/sign-out", data={"csrf": right}, timeout=60, allow_redirects=False)
    assert ended.status_code == 303


@ON_SQLITE
def test_a_cookie_opens_no_door_that_asks_for_a_token(survey: Survey) -> None:
    world = World(survey)
    operator = browser(survey, "operator")
    for row in (one for one in ROWS if one.door == "api"):
        for method in row.methods:
            assert operator.request(method, address_of(world, row), timeout=60).status_code == 401
    assert operator.get(f"{survey.url}/collect/formList", timeout=60).status_code == 401
    assert operator.get(f"{survey.url}/c/{'x' * 43}/formList", timeout=60).status_code == 403


# -- sessions ---------------------------------------------------------------------------------------------------------
def test_signing_in_makes_a_session_of_its_own_and_signing_out_ends_it_on_the_server(survey: Survey) -> None:
    with_password(survey, person(survey, "ana"))
    visitor = Visitor(survey)
    visitor.http.cookies.set("surveyapp_session", "x" * 43)
    visitor.sign_in("ana")
    token = [cookie.value for cookie in visitor.http.cookies if cookie.name == "surveyapp_session"][-1]
    assert token != "x" * 43
    replayed = {"Cookie": f"surveyapp_session={token}"}
    assert requests.get(f"{survey.url}/account", headers=replayed, timeout=60, allow_redirects=False).ok
    visitor.http.cookies.clear()
    visitor.http.cookies.set("surveyapp_session", token)
    visitor.open("/account")
    visitor.send("/sign-out")
    gone = requests.get(f"{survey.url}/account", headers=replayed, timeout=60, allow_redirects=False)
    assert gone.status_code == 303
    assert survey.rows("SELECT count(*) FROM sessions WHERE ended_at IS NULL AND token_hash = 'x'") == [(0,)]


def test_who_is_disabled_or_loses_the_role_is_out_with_the_next_request(survey: Survey) -> None:
    person(survey, "ana", "admin")
    with survey.database.begin() as session:
        # The last operator cannot be disabled, and Ana is none.
        disabled = person(survey, "bo", "admin")
        assert disabled
    http, other = browser(survey, "ana"), browser(survey, "bo")
    assert http.get(f"{survey.url}/p/default/phones", timeout=60).ok
    with survey.database.begin() as session:
        disable_account(session, "bo", now())
        session.execute(survey.sql("DELETE FROM memberships"))
    assert http.get(f"{survey.url}/p/default/phones", timeout=60).status_code == 403
    assert other.get(f"{survey.url}/account", timeout=60, allow_redirects=False).status_code == 303


@ON_SQLITE
@pytest.mark.parametrize("https", [False, True])
def test_the_cookies_are_for_this_host_and_not_for_scripts(survey: Survey, https: bool) -> None:
    with_password(survey, person(survey, "ana"))
    ours = {"SURVEYAPP_DATABASE_URL": survey.config.database_url, "SURVEYAPP_DATA_DIR": str(survey.config.data_dir)}
    with serving(Config.from_environ({**ours, "SURVEYAPP_PROXIES": "1"})) as url:
        forwarded = {"X-Forwarded-Proto": "https" if https else "http"}
        page = requests.get(f"{url}/sign-in", headers=forwarded, timeout=60)
        visit = page.headers["Set-Cookie"]
        csrf = re.findall(r'name="csrf" value="(\w+)"', page.text)[0]
        sent = {"login": "ana", "password": PASSWORD, "csrf": csrf}
        cookie = {"Cookie": visit.partition(";")[0], **forwarded}
        answer = requests.post(f"{url}/sign-in", data=sent, headers=cookie, timeout=60, allow_redirects=False)
    for said in (visit, answer.headers["Set-Cookie"]):
        attributes = {part.strip() for part in said.split(";")[1:]}
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= attributes
        assert ("Secure" in attributes) == https == said.startswith("__Host-surveyapp_")
        assert not any(attribute.startswith("Domain") for attribute in attributes)


# -- guessing ---------------------------------------------------------------------------------------------------------
@ON_SQLITE
def test_a_refused_sign_in_does_not_tell_who_has_an_account(survey: Survey) -> None:
    with_password(survey, person(survey, "here"))
    with_password(survey, person(survey, "shut-out"))
    person(survey, "invited")
    with survey.database.begin() as session:
        disable_account(session, "shut-out", now())
    said = set()
    for login in ("here", "shut-out", "invited", "nobody", "", "x" * 5000, "a\x00b", "' OR 1=1 --"):
        visitor = Visitor(survey)
        answer = visitor.sign_in(login, "wrong horse battery")
        alert = " ".join(visitor.page.xpath("string(//*[@role='alert'])").split())
        said.add((answer.status_code, alert))
    assert len(said) == 1


@ON_SQLITE
def test_a_made_up_address_does_not_get_anybody_past_the_wait(survey: Survey) -> None:
    visitor = Visitor(survey)
    statuses = []
    for number in range(34):
        visitor.http.headers.update({"X-Forwarded-For": f"198.51.100.{number}", "X-Real-IP": f"198.51.100.{number}"})
        visitor.open("/sign-in")
        statuses.append(visitor.send("/sign-in", login=f"guess-{number}", password="x").status_code)
    assert 429 in statuses
    assert {row[0] for row in survey.rows("SELECT key FROM throttles WHERE key LIKE 'address%'")} == {"address:127.0.0.1"}


# -- readers of XML and of workbooks ----------------------------------------------------------------------------------
DOCTYPES: Final = {
    "external entity": '<!DOCTYPE d [<!ENTITY x SYSTEM "file://{secret}">]>',
    "parameter entity": '<!DOCTYPE d [<!ENTITY % x SYSTEM "file://{secret}"> %x;]>',
    "external subset": '<!DOCTYPE d SYSTEM "file://{secret}">',
    "laughs": '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY x "&a;&a;&a;&a;&a;&a;&a;">]>',
}
XFORM: Final = (
    '{doctype}<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">'
    "<h:head><h:title>{text}</h:title><model><instance><data id='evil' version='1'><a/></data></instance>"
    "<bind nodeset='/data/a' type='string'/></model></h:head><h:body><input ref='/data/a'><label>{text}</label></input>"
    "{more}</h:body></h:html>"
)


@ON_SQLITE
@pytest.mark.parametrize("doctype", DOCTYPES.values(), ids=DOCTYPES.keys())
def test_a_form_with_a_doctype_reads_no_file_and_does_not_grow(survey: Survey, doctype: str) -> None:
    secret = survey.config.data_dir / "owned"
    secret.write_text("what nobody shall read")
    content = XFORM.format(doctype=doctype.replace("{secret}", str(secret)), text="&x;", more="")
    url = f"{survey.url}/api/v1/projects/default/forms"
    answer = survey.api().post(url, files={"file": ("evil.xml", content)}, timeout=120)
    assert answer.status_code == 422
    assert "what nobody shall read" not in answer.text


@ON_SQLITE
@pytest.mark.parametrize("doctype", DOCTYPES.values(), ids=DOCTYPES.keys())
@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"])
def test_a_workbook_with_a_doctype_reads_no_file_and_does_not_grow(survey: Survey, doctype: str, part: str) -> None:
    secret = survey.config.data_dir / "owned"
    secret.write_text("what nobody shall read")
    made = openpyxl.Workbook()
    made.active.title = "survey"
    for row in (("type", "name", "label"), ("text", "a", "MARK")):
        made.active.append(row)
    plain, evil = io.BytesIO(), io.BytesIO()
    made.save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(evil, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name).decode()
            if name == part:
                head, sign, rest = content.rpartition("?>") if content.startswith("<?xml") else ("", "", content)
                content = head + sign + doctype.replace("{secret}", str(secret)) + rest.replace("MARK", "&x;")
            target.writestr(name, content)
    url = f"{survey.url}/api/v1/projects/default/forms"
    answer = survey.api().post(url, files={"file": ("evil.xlsx", evil.getvalue())}, timeout=120)
    assert answer.status_code == 422
    assert "what nobody shall read" not in answer.text


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
        form = f"""
| survey   |                               |       |             |                 |                     |
|          | type                          | name  | label       | media::image    | calculation         |
|          | text                          | name  | [x]({outside}/label) | {outside}/image.png | |
|          | select_one_from_file list.csv | pick  | Pick        |                 |                     |
|          | calculate                     | look  |             |                 | pulldata('{outside}/data.csv', 'a', 'b', ${{name}}) |
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
FORMULAS: Final = ("=1+1", '=HYPERLINK("http://evil.example";"x")', "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "=cmd|' /C x'!A0")


def test_no_answer_is_a_formula_in_what_people_open(survey: Survey, tmp_path: Path) -> None:
    survey.publish(PEOPLE)
    phone = survey.phone("=1+2")
    phone.http.headers["User-Agent"] = "=1+3"
    for formula in FORMULAS:
        text = escape(formula)
        answers = f"<name>{text}</name><photo>{text}</photo><child><c_name>{text}</c_name></child>"
        assert phone.send(record(answers, instance_id=formula + "x"), {formula: b"x"}).status_code == 201
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
        grant_api_token(session, alpha, PAYLOAD, now())
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
        for name, value in element.attrib.items():
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
    for address in (f"/{quote(PAYLOAD)}", f"/p/{quote(PAYLOAD)}", f"/people/{quote(PAYLOAD)}", f"/link/{quote(PAYLOAD)}"):
        assert_harmless(operator.get(survey.url + address, timeout=60))


# -- files of forms and of submissions --------------------------------------------------------------------------------
ACTIVE: Final = {
    "page.html": b"<script>owned()</script>",
    "page.xhtml": b'<html xmlns="http://www.w3.org/1999/xhtml"><script>owned()</script></html>',
    "code.js": b"owned()",
    "code.mjs": b"owned()",
    "picture.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>owned()</script></svg>',
    "photo.jpg": b"<html><script>owned()</script></html>",
    "feed.xml": b'<h:html xmlns:h="http://www.w3.org/1999/xhtml"><h:script>owned()</h:script></h:html>',
    "paper.pdf": b"%PDF-1.4",
    "none": b"<script>owned()</script>",
}
# With these and nosniff a browser runs no script.
NO_SCRIPT: Final = re.compile(r"(image|audio|video)/.*|text/csv.*|application/(octet-stream|xml|json|geo\+json)|text/xml.*")


def assert_locked_up(answer: requests.Response) -> None:
    assert answer.status_code == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert NO_SCRIPT.fullmatch(answer.headers["Content-Type"]), answer.headers["Content-Type"]
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy


@ON_SQLITE
def test_a_file_of_a_form_is_never_a_page_of_ours(survey: Survey) -> None:
    survey.publish(PEOPLE, media=ACTIVE)
    phone = survey.phone()
    admin = browser(survey, person(survey, "ana", "admin"))
    version = survey.rows("SELECT max(id) FROM form_versions")[0][0]
    for name in ACTIVE:
        answers = [phone.get(f"{phone.url}/forms/{version}/media/{name}")]
        answers += [admin.get(f"{survey.url}/p/default/forms/people/versions/1/media/{name}", timeout=60)]
        for answer in answers:
            assert_locked_up(answer) if answer is answers[0] else None
            assert answer.headers["Content-Disposition"].startswith("attachment"), name
    assert_locked_up(phone.get(f"{phone.url}/forms/{version}/form.xml"))
    for path in ("source", "xform"):
        answer = admin.get(f"{survey.url}/p/default/forms/people/versions/1/{path}", timeout=60)
        assert answer.headers["Content-Disposition"].startswith("attachment")


@ON_SQLITE
def test_a_file_of_a_submission_is_never_a_page_of_ours(survey: Survey) -> None:
    survey.publish(PEOPLE)
    assert survey.phone().send(record("<name>A</name>", instance_id="uuid:1"), ACTIVE).status_code == 201
    admin = browser(survey, person(survey, "ana", "admin"))
    number = survey.rows("SELECT id FROM submissions")[0][0]
    api = survey.api()
    for name in ACTIVE:
        for http, address in (
            (admin, f"/p/default/forms/people/submissions/{number}/versions/1/files/{name}"),
            (api, f"/api/v1/projects/default/forms/people/submissions/uuid:1/attachments/{name}"),
        ):
            answer = http.get(survey.url + address, timeout=60)
            assert_locked_up(answer)
            assert answer.headers["Content-Type"] == "application/octet-stream"
            assert answer.headers["Content-Disposition"].startswith("attachment"), name
    for http, address in (
        (api, "/api/v1/projects/default/forms/people/submissions/uuid:1/record"),
        (admin, f"/p/default/forms/people/submissions/{number}/versions/1/record"),
    ):
        assert_locked_up(http.get(survey.url + address, timeout=60))


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


@pytest.mark.parametrize("number", ["9223372036854775808", "9" * 40, "-1", "0", "1e3", "٣"])
def test_a_number_that_no_row_has_is_not_there(survey: Survey, number: str) -> None:
    world = World(survey)
    operator = browser(survey, "operator")
    ids = ("device_id", "team_id", "number", "submission_no", "version_id")
    rows = [row for row in ROWS if set(re.findall(r"<(\w+)>", row.address)) & set(ids)]
    assert len(rows) > 10
    for row in (one for one in rows if one.door in ("page", "phone") and "GET" in one.methods):
        values = {**world.values, **dict.fromkeys(ids, number), "token": world.card.token}
        address = survey.url + re.sub(r"<(\w+)>", lambda match, values=values: str(values[match[1]]), row.address)
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
