"""Attacks, tried over HTTP: each of them is a row of docs/security.md, and none of them gets through."""

import itertools
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import escape

import pytest
import requests

from surveyapp.config import Config
from surveyapp.export.from_store import StoredForm
from surveyapp.export.options import ExportOptions
from surveyapp.export.run import write_export
from surveyapp.people.accounts import disable_account
from surveyapp.people.programs import SCOPES, grant_api_token
from surveyapp.store.exports import add_export
from surveyapp.store.forms import get_form
from surveyapp.store.projects import get_project
from tests.doors.test_rights import BODIES, ROWS, SPECIAL, Row, World, address_of
from tests.office import browser, person, team_phone
from tests.people import PEOPLE, Survey, now, record, serving
from tests.visitor import PASSWORD, Visitor, with_password

ON_SQLITE = pytest.mark.parametrize("database_url", [pytest.param("sqlite", marks=pytest.mark.sqlite)], indirect=True)


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
    names = [
        "../../../owned.txt",
        "/owned.txt",
        "..\\owned.txt",
        "C:\\owned.txt",
        "a\r\nX-Owned: yes",
        "owned\u202etxt",
    ]
    survey.publish(PEOPLE)
    before = set(tmp_path.rglob("*owned*"))
    answers = "".join(f"<photo>{escape(name)}</photo>" for name in names[:1])
    phone = survey.phone()
    parts = [("xml_submission_file", ("r.xml", record(answers, instance_id="uuid:1"), "text/xml"))]
    body, kind = _multipart(parts[0][1][1], names)
    sent = phone.http.post(f"{phone.url}/submission", data=body, headers={"Content-Type": kind}, timeout=60)
    assert sent.status_code == 201
    assert set(tmp_path.rglob("*owned*")) == before
    with survey.database.reading() as session:
        form = get_form(session, get_project(session, "default").id, "people")
        target = tmp_path / "media.zip"
        write_export(StoredForm(session, survey.files, form), ExportOptions(format="media"), target)
    packed = zipfile.ZipFile(target).namelist()
    assert len({name.casefold() for name in packed}) == len(packed) == len(names) + 1
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


# What a page's form may ask for, so that as few as can be are refused for a field that is missing.
FIELDS: Final = {
    "state": "open",
    "role": "admin",
    "person": "admin",
    "reason": "owned",
    "text": "owned",
    "to": "in_review",
}


def kept_of_beta(survey: Survey) -> list[Any]:
    """Whatever an attack on beta would change."""
    beta = survey.rows("SELECT id FROM projects WHERE slug = 'beta'")[0][0]
    tables = ("devices", "teams", "memberships", "forms", "exports", "submissions", "accounts", "one_time_links")
    own = {"devices": beta, "teams": beta, "memberships": beta, "forms": beta}
    return [
        survey.rows(
            f"SELECT * FROM {table}" + (f" WHERE project_id = {own[table]}" if table in own else "") + " ORDER BY 1"
        )
        for table in tables
    ] + survey.rows("SELECT count(*) FROM audit_log WHERE project = 'beta'")


def fill_in(survey: Survey, row: Row, values: Mapping[str, Any]) -> str:
    return survey.url + re.sub(r"<(\w+)>", lambda match: str(values[match[1]]), row.address)


def test_an_id_of_another_project_is_not_there_whoever_asks_with_it(survey: Survey) -> None:
    world = World(survey)
    beta = Beta(world)
    admin = browser(survey, "admin")
    program = plain_session()
    with survey.database.begin() as session:
        token = grant_api_token(session, get_project(session, "alpha"), "all", now(), scopes=SCOPES)
    program.headers["Authorization"] = f"Bearer {token}"
    wrong, asked, before = [], 0, kept_of_beta(survey)
    for row in (one for one in ROWS if one.door in ("page", "api") and "<project>" in one.address):
        http = admin if row.door == "page" else program
        for values, method in itertools.product(beta.ask_for(row), row.methods):
            filled = {**world.values, **SPECIAL.get(row.address, {}), **values}
            address = fill_in(survey, row, filled)
            body = BODIES.get((method, row.address))
            body = {**body, "reason": "owned"} if body and "reason" in body else body
            sent: Any = {"json": body} if row.door == "api" else {"data": FIELDS}
            answer = http.request(method, address, timeout=60, allow_redirects=False, **sent)
            asked += 1
            # Some look at what the form says before they look for what it is about.
            if answer.status_code not in ((403, 404) if method == "GET" else (400, 403, 404, 422)):
                wrong.append(f"{method} {row.address} {values}: {answer.status_code}")
    for part in ("form.xml", "manifest", "media/n.png"):
        answer = world.phone.get(f"{world.phone.url}/forms/{beta.version_id}/{part}")
        assert answer.status_code == 404
    assert not wrong
    assert asked > 40
    assert kept_of_beta(survey) == before


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
        answer = mine.post(address_of(world, row), data=fields, headers=headers, timeout=60, allow_redirects=False)
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
    visitor.http.cookies.set("surveyapp_session", str(token))
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
    assert {row[0] for row in survey.rows("SELECT key FROM throttles WHERE key LIKE 'address%'")} == {
        "address:127.0.0.1"
    }
