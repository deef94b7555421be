"""Every address, knocked at by everybody: it opens for whom docs/rights.md says, and for nobody else."""

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import requests
import requests.auth

from surveyapp.people.accounts import make_link
from surveyapp.people.phones import issue_credentials
from surveyapp.people.programs import grant_api_token
from surveyapp.people.rights import OPERATOR, ROLES, SCOPES
from surveyapp.store.accounts import get_account
from surveyapp.store.cleaning import add_ruleset
from surveyapp.store.comments import add_comment
from surveyapp.store.exports import add_export
from surveyapp.store.forms import get_form
from surveyapp.store.projects import get_project
from surveyapp.store.submissions import get_version
from surveyapp.store.teams import get_team
from surveyapp.web import create_app
from tests.house.source import ROOT
from tests.office import browser, person, team_phone
from tests.people import Phone, Survey, now, record


@dataclass(frozen=True)
class Row:
    """A row of the table: who may knock at an address."""

    address: str
    methods: tuple[str, ...]
    door: str
    needs: str
    reach: bool


def table_rows() -> list[Row]:
    rows = []
    for line in (ROOT / "docs/rights.md").read_text().splitlines():
        match = re.fullmatch(r"\| `(/[^`]*)` \| ([A-Z ]+) \| (\w+) \| ?(?:`?([\w ]+?)`?)?( \*\*reach\*\*)? ?\|", line)
        if match:
            address, methods, door, needs, reach = match.groups()
            rows.append(Row(address, tuple(methods.split()), door, (needs or "").strip(), bool(reach)))
    return rows


ROWS: Final = table_rows()


def routes(survey: Survey) -> set[tuple[str, str]]:
    app = create_app(survey.config)
    return {
        (re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"<\1>", rule.rule), method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_every_address_has_a_row_and_no_row_is_of_an_address_that_is_not_there(survey: Survey) -> None:
    documented = [(row.address, method) for row in ROWS for method in row.methods]
    assert len(documented) == len(set(documented))
    assert set(documented) == routes(survey)


def test_the_table_of_roles_is_that_of_the_code() -> None:
    documented = {}
    for line in (ROOT / "docs/rights.md").read_text().splitlines():
        match = re.fullmatch(r"\| ([a-z `]+) \| ((?:`\w+` ?)+) \|", line)
        if match:
            documented[match[1].replace("`", "")] = set(re.findall(r"\w+", match[2]))
    phone = {"phone": set(SCOPES["submit"])}
    programs = {f"program with {scope}": set(permissions) for scope, permissions in SCOPES.items()}
    people = {role: set(permissions) for role, permissions in ROLES.items()}
    assert documented == people | {"operator": set(OPERATOR)} | programs | phone


# -- a world with two projects, two teams, and somebody of each kind ---------------------------------------------------
class World:
    """Two projects with a form, submissions of one team of the first, and everybody who may knock."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        for project in ("alpha", "beta"):
            survey.create_project(project)
            survey.publish(WITH_PICTURE, project=project, media={"n.png": b"\x89PNG"})
        person(survey, "enumerator", "enumerator", project="alpha", team="a")
        person(survey, "other-enumerator", "enumerator", project="alpha", team="b")
        person(survey, "supervisor", "supervisor", project="alpha", team="a")
        person(survey, "other-supervisor", "supervisor", project="alpha", team="b")
        person(survey, "admin", "admin", project="alpha")
        person(survey, "admin-of-beta", "admin", project="beta")
        person(survey, "operator", operator=True)
        person(survey, "nobody")
        person(survey, "helped", "enumerator", project="alpha")
        self.phone = team_phone(survey, "phone", "enumerator", "a", "alpha")
        self.stranger = survey.phone("phone", "beta")
        survey.phone("spare", "alpha")
        sent = record("<name>A</name><photo>p.jpg</photo>", form="people", instance_id="uuid:1")
        assert self.phone.send(sent, {"p.jpg": b"\xff\xd8\xff"}).status_code == 201
        with survey.database.begin() as session:
            alpha = get_project(session, "alpha")
            form = get_form(session, alpha.id, "people")
            self.card = issue_credentials(session, alpha, "phone")
            self.tokens = {
                f"program with {scope}": grant_api_token(session, alpha, scope, now(), scopes=(scope,))
                for scope in SCOPES
            } | {
                "program of beta": grant_api_token(session, get_project(session, "beta"), "all", now(), scopes=SCOPES),
            }
            theirs = {"team_ids": [get_team(session, alpha.id, "a").id], "account_id": None}
            add_export(session, "e1", form.id, {}, now(), asked_by="person:supervisor", reach=theirs)
            add_ruleset(session, form.id, [], "person:admin", now())
            self.link = make_link(session, get_account(session, "nobody"), now())
            submission_id = get_version(session, form.id, "uuid:1").submission_id
            comment_id = add_comment(session, submission_id, "", "Look", "person:admin", now())
            self.version_id = session.execute(survey.sql("SELECT min(id) FROM form_versions")).scalar_one()
        self.phone = Phone(f"{survey.url}/c/{self.card.token}")
        number = survey.rows("SELECT id FROM submissions")[0][0]
        self.values: dict[str, Any] = {
            "project": "alpha",
            "form_id": "people",
            "instance_id": "uuid:1",
            "number": 1,
            "submission_no": number,
            "version": "1",
            "old": "1",
            "new": "1",
            "version_id": self.version_id,
            "export_id": "e1",
            "name": "n.png",
            "filename": "tokens.css",
            "login": "helped",
            "team_id": survey.rows("SELECT min(id) FROM teams")[0][0],
            "device_id": survey.rows("SELECT id FROM devices WHERE name = 'spare'")[0][0],
            "secret": self.link,
            "comment_id": comment_id,
            "bulk_id": 1,
        }


WITH_PICTURE = """
| survey   |                |        |               |          |              |
|          | type           | name   | label         | required | media::image |
|          | text           | name   | Name          | yes      | n.png        |
|          | image          | photo  | Photo         |          |              |
| settings |                |        |               |          |              |
|          | form_title     | form_id | version      |          |              |
|          | People         | people  | 1            |          |              |
"""
PERSONS: Final = {
    "enumerator": "enumerator",
    "other-enumerator": "enumerator",
    "supervisor": "supervisor",
    "other-supervisor": "supervisor",
    "admin": "admin",
    "operator": "operator",
    "admin-of-beta": None,
    "nobody": None,
}
OUT_OF_REACH: Final = {"other-enumerator", "other-supervisor"}


def permissions_of(who: str) -> frozenset[str]:
    if who in PERSONS:
        role = PERSONS[who]
        return frozenset() if role is None else frozenset(OPERATOR if role == "operator" else ROLES[role])
    scope = who.removeprefix("program with ")
    return frozenset(SCOPES.get(scope, ()))


def knockers(world: World, row: Row) -> Iterator[tuple[str, requests.Session, bool]]:
    """Who knocks, and whether the table lets them in."""
    plain = requests.Session()
    plain.trust_env = False
    yield "stranger", plain, row.door == "open"
    if row.door == "page":
        for login in PERSONS:
            allowed = row.needs in permissions_of(login) or row.needs == "signed in"
            allowed = allowed or (row.needs == "operator" and login == "operator")
            allowed = allowed and not (row.reach and login in OUT_OF_REACH)
            yield login, browser(world.survey, login), allowed
    if row.door == "api":
        for program, token in world.tokens.items():
            http = requests.Session()
            http.trust_env = False
            http.headers["Authorization"] = f"Bearer {token}"
            yield program, http, row.needs in permissions_of(program)
        phone = requests.Session()
        phone.trust_env = False
        phone.headers["Authorization"] = f"Bearer {world.card.token}"
        yield "phone", phone, row.needs in SCOPES["submit"]
        yield "admin by cookie", browser(world.survey, "admin"), False


def address_of(world: World, row: Row) -> str:
    values: Mapping[str, Any] = {**world.values, **SPECIAL.get(row.address, {})}
    return world.survey.url + re.sub(r"<(\w+)>", lambda match: str(values[match[1]]), row.address)


# Where a name in an address means something else than it does elsewhere.
SPECIAL: Final[Mapping[str, Mapping[str, str]]] = {
    "/api/v1/projects/<project>/forms/<form_id>/submissions/<instance_id>/attachments/<name>": {"name": "p.jpg"},
    "/p/<project>/forms/<form_id>/submissions/<submission_no>/versions/<number>/files/<name>": {"name": "p.jpg"},
    "/fill/<name>": {"name": "sw.js"},
    # Not there: another's would be refused as well.
    "/p/<project>/forms/<form_id>/exports/definitions/<number>/delete": {"number": "99"},
    "/p/<project>/forms/<form_id>/exports/definitions/<number>": {"number": "99"},
    "/api/v1/projects/<project>/forms/<form_id>/export-definitions/<number>": {"number": "99"},
    "/api/v1/projects/<project>/devices/<name>": {"name": "spare"},
    "/api/v1/projects/<project>/devices/<name>/credentials": {"name": "spare"},
}


OF_FORM: Final = "/api/v1/projects/<project>/forms/<form_id>"
ONE: Final = f"{OF_FORM}/submissions/<instance_id>"
# What a program that may do it sends; without, it would be told that its body is wrong before anything else.
BODIES: Final[Mapping[tuple[str, str], Any]] = {
    ("PATCH", "/api/v1/projects/<project>/forms/<form_id>"): {"state": "open"},
    ("POST", "/api/v1/projects/<project>/forms/<form_id>/exports"): {},
    ("POST", "/api/v1/projects/<project>/forms/<form_id>/export-definitions"): {"name": "weekly"},
    ("PUT", "/api/v1/projects/<project>/forms/<form_id>/export-definitions/<number>"): {"name": "weekly"},
    ("POST", "/api/v1/projects/<project>/forms/<form_id>/quality/acknowledge"): {"numbers": [1], "reason": "seen"},
    ("POST", "/api/v1/projects/<project>/forms/<form_id>/cleaning/rulesets"): {"rules": []},
    ("POST", "/api/v1/projects/<project>/forms/<form_id>/cleaning/rulesets/trial"): {"rules": []},
    ("PUT", "/api/v1/projects/<project>/forms/<form_id>/cleaning/rulesets/<number>"): {"rules": []},
    ("POST", "/api/v1/projects/<project>/devices"): {"names": ["one more"]},
    ("POST", f"{ONE}/review"): {"to": "in_review"},
    ("POST", f"{ONE}/comments"): {"text": "Look again"},
    ("PATCH", f"{ONE}/comments/<comment_id>"): {"resolved": True},
    ("POST", f"{ONE}/acknowledgements"): {"finding": 1, "reason": "Seen"},
    ("PATCH", f"{ONE}/answers"): {"base": 1, "changes": {"/data/name": "B"}},
    # Let in, they are told that a reason is needed: nothing is deleted.
    ("DELETE", ONE): {"reason": " "},
    ("POST", f"{ONE}/restore"): {"reason": " "},
    ("PATCH", f"{OF_FORM}/review-policy"): {},
    ("POST", f"{OF_FORM}/bulk-reviews"): {"where": {}, "to": "in_review", "preview": True},
    ("POST", f"{OF_FORM}/bulk-edits"): {"where": {}, "path": "/data/name", "text": "A", "reason": "x", "preview": True},
    ("PATCH", "/api/v1/projects/<project>/devices/<name>"): {},
}


def is_refused(answer: requests.Response) -> bool:
    to_sign_in = answer.status_code == 303 and "/sign-in" in answer.headers.get("Location", "")
    return answer.status_code in (401, 403) or to_sign_in


def knock(world: World, row: Row, method: str) -> list[str]:
    wrong = []
    for who, http, allowed in knockers(world, row):
        body = BODIES.get((method, row.address))
        answer = http.request(method, address_of(world, row), json=body, timeout=60, allow_redirects=False)
        refused = is_refused(answer) or (row.reach and answer.status_code == 404)
        failed = answer.status_code >= 500 or (
            method == "GET" and not refused and answer.status_code not in (200, 202, 204, 303, 409)
        )
        if refused == allowed or failed:
            wrong.append(f"{method} {row.address} by {who}: {answer.status_code}")
    return wrong


def test_each_address_opens_for_whom_the_table_says(survey: Survey) -> None:
    world = World(survey)
    # Who is in a team must be so still when it counts.
    asked = sorted((row for row in ROWS if row.door in ("page", "api", "open")), key=lambda row: not row.reach)
    wrong = [knock(world, row, method) for row in asked for method in row.methods]
    assert list(itertools.chain(*wrong)) == []


def test_a_phone_comes_in_by_its_token_or_its_name_and_nobody_else_does(survey: Survey) -> None:
    world = World(survey)
    named = requests.auth.HTTPDigestAuth(world.card.username, world.card.password)
    wrong = []
    for row, method in ((one, method) for one in ROWS if one.door == "phone" for method in one.methods):
        by_token = "<token>" in row.address
        for token, auth, allowed in ((world.card.token, named, True), ("x" * 43, None, False)):
            address = address_of(world, Row(row.address.replace("<token>", token), row.methods, "", "", False))
            answer = requests.request(
                method, address, auth=None if by_token else auth, timeout=60, allow_redirects=False
            )
            if is_refused(answer) == allowed or answer.status_code >= 500:
                wrong.append(f"{method} {row.address} allowed={allowed}: {answer.status_code}")
    assert not wrong


def test_a_form_for_strangers_is_taken_from_its_page_only(survey: Survey) -> None:
    world = World(survey)
    for row in (one for one in ROWS if one.door == "form"):
        http = requests.Session()
        http.trust_env = False
        token = re.findall(r'name="csrf" value="(\w+)"', http.get(address_of(world, row), timeout=60).text)[0]
        for csrf, forged in (("", True), (token, False)):
            answer = http.post(address_of(world, row), data={"csrf": csrf}, timeout=60, allow_redirects=False)
            assert (answer.status_code == 403) == forged


def test_a_phone_of_another_project_does_not_find_the_form(survey: Survey) -> None:
    world = World(survey)
    for part in ("form.xml", "manifest", "media/n.png"):
        assert world.stranger.get(f"{world.stranger.url}/forms/{world.version_id}/{part}").status_code == 404
