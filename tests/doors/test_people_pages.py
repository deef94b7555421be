"""People, teams, phones, tokens, projects and the log, asked over HTTP without a browser."""

import base64
import zlib

import pytest
import requests

from tests.office import person, team_phone
from tests.people import PEOPLE, Phone, Survey, record
from tests.visitor import PASSWORD, Visitor, actions, signed_in


# -- people and teams -------------------------------------------------------------------------------------------------
def test_an_operator_invites_and_the_link_is_shown_once(survey: Survey) -> None:
    visitor = Visitor(survey)
    operator = signed_in(survey, person(survey, "root", operator=True))
    operator.open("/people")
    assert operator.send("/people", login="New.Person", name="New").headers["Cache-Control"] == "no-store"
    link = operator.page.get_element_by_id("link").text_content()
    visitor.open(link)
    assert visitor.send(link.removeprefix(survey.url), password=PASSWORD).status_code == 200
    operator.open("/people")
    assert operator.send("/people", login="new.person").status_code == 409
    assert operator.send("/people", login="x!").status_code == 422


def test_the_last_operator_stays_one(survey: Survey) -> None:
    operator = signed_in(survey, person(survey, "root", operator=True))
    operator.open("/people/root")
    assert operator.send("/people/root/disable").status_code == 409
    operator.open("/people/root")
    assert operator.send("/people/root/operator").status_code == 409
    person(survey, "second", operator=True)
    operator.open("/people/second")
    assert operator.send("/people/second/operator").status_code == 200
    assert survey.rows("SELECT login FROM accounts WHERE operator") == [("root",)]


def test_who_is_shut_out_is_signed_out_at_once_and_may_come_back(survey: Survey) -> None:
    operator = signed_in(survey, person(survey, "root", operator=True))
    other = signed_in(survey, person(survey, "other"))
    operator.open("/people/other")
    operator.send("/people/other/disable")
    assert "/sign-in" in other.open("/account").url
    operator.send("/people/other/enable")
    assert "/sign-in" not in signed_in(survey, "other").open("/account").url


def test_an_admin_invites_into_the_own_project_only(survey: Survey) -> None:
    for project in ("alpha", "beta"):
        survey.create_project(project)
    admin = signed_in(survey, person(survey, "chief", "admin", project="alpha"))
    admin.open("/p/alpha/people")
    admin.send("/p/alpha/people", login="sup", role="supervisor")
    assert admin.page.get_element_by_id("link").text_content().startswith(f"{survey.url}/link/")
    admin.open("/p/alpha/people")
    assert admin.send("/p/alpha/people", login="sup", role="enumerator").url.endswith("?done=invited")
    assert survey.rows("SELECT role FROM memberships ORDER BY id")[-1] == ("enumerator",)
    forged = admin.http.post(f"{survey.url}/p/beta/people", data={"login": "sup", "role": "admin"}, timeout=60)
    assert forged.status_code == 403
    assert (
        admin.http.post(f"{survey.url}/people", data={"login": "x-y", "operator": "yes"}, timeout=60).status_code == 403
    )
    assert (
        admin.http.post(f"{survey.url}/p/alpha/people", data={"login": "z-z", "role": "god"}, timeout=60).status_code
        == 422
    )
    assert survey.rows("SELECT count(*) FROM accounts WHERE login = 'z-z'") == [(0,)]


def test_an_admin_makes_no_link_for_whoever_can_do_more(survey: Survey) -> None:
    for project in ("alpha", "beta"):
        survey.create_project(project)
    admin = signed_in(survey, person(survey, "chief", "admin", project="alpha"))
    person(survey, "root", "admin", project="alpha", operator=True)
    person(survey, "both", "supervisor", project="alpha")
    person(survey, "both", "supervisor", project="beta")
    person(survey, "mine", "supervisor", project="alpha")
    person(survey, "elsewhere", "supervisor", project="beta")
    answers = {
        login: admin.http.post(f"{survey.url}/p/alpha/people/{login}/link", timeout=60).status_code
        for login in ("root", "both", "mine", "elsewhere")
    }
    assert answers == {"root": 403, "both": 403, "mine": 200, "elsewhere": 404}
    assert (
        admin.http.post(f"{survey.url}/p/alpha/people/elsewhere/role", data={"role": "admin"}, timeout=60).status_code
        == 404
    )


def test_who_was_invited_elsewhere_gets_a_role_from_an_operator_only(survey: Survey) -> None:
    for project in ("alpha", "beta"):
        survey.create_project(project)
    person(survey, "guest", "enumerator", project="alpha")
    person(survey, "nowhere")
    admin = signed_in(survey, person(survey, "chief", "admin", project="beta"))
    for login in ("guest", "nowhere"):
        admin.open("/p/beta/people")
        assert admin.send("/p/beta/people", login=login, role="admin").status_code == 403
    operator = signed_in(survey, person(survey, "root", operator=True))
    operator.open("/p/beta/people")
    assert operator.send("/p/beta/people", login="guest", role="enumerator").url.endswith("?done=invited")
    admin.open("/p/beta/people")
    assert admin.send("/p/beta/people/guest/role", role="supervisor").status_code == 200
    roles = "SELECT slug, role FROM memberships JOIN projects ON projects.id = project_id WHERE role <> 'admin'"
    assert survey.rows(f"{roles} ORDER BY slug") == [("alpha", "enumerator"), ("beta", "supervisor")]


def test_a_team_holds_whom_the_admin_ticked(survey: Survey) -> None:
    survey.create_project("alpha")
    admin = signed_in(survey, person(survey, "chief", "admin", project="alpha"))
    person(survey, "sup", "supervisor", project="alpha")
    person(survey, "outsider")
    admin.open("/p/alpha/people")
    admin.send("/p/alpha/teams", team="North")
    address = admin.page.forms[-1].action
    admin.send(address, people=["sup", "outsider"])
    rows = "SELECT accounts.login FROM team_members JOIN accounts ON accounts.id = account_id"
    assert survey.rows(rows) == [("sup",)]
    assert admin.send("/p/alpha/teams", team="North").status_code == 409
    assert actions(survey) == ["team.added", "team.filled"]


# -- phones -----------------------------------------------------------------------------------------------------------
@pytest.fixture
def admin(survey: Survey) -> Visitor:
    """An admin of the default project, where the form `people` is published."""
    survey.publish(PEOPLE)
    return signed_in(survey, person(survey, "chief", "admin"))


def test_cards_with_an_address_that_no_phone_can_reach_say_so(admin: Visitor) -> None:
    admin.open("/p/default/phones/add")
    admin.send("/p/default/phones/add", names="one")
    assert "SURVEYAPP_PUBLIC_URL" in admin.page.find_class("notice bad")[0].text_content()


def cards(visitor: Visitor) -> list[tuple[str, str]]:
    """Name and server URL of each card."""
    found = visitor.page.find_class("phone-card")
    return [(card.findtext("h2"), card.find_class("server-url")[0].text_content()) for card in found]


def test_thirty_phones_are_let_in_at_once_and_each_card_lets_its_phone_in(survey: Survey, admin: Visitor) -> None:
    person(survey, "enum", "enumerator", team="North")
    admin.open("/p/default/phones/add")
    answer = admin.send("/p/default/phones/add", count="30", pattern="Phone {n}", team="North", person="enum")
    assert answer.headers["Cache-Control"] == "no-store"
    found = cards(admin)
    assert [name for name, _ in found] == [f"Phone {number:02}" for number in range(1, 31)]
    assert len({url for _, url in found}) == 30
    assert Phone(found[6][1]).send(record("<name>A</name>")).status_code == 201
    assert survey.rows("SELECT count(*) FROM submissions WHERE team_id IS NOT NULL AND account_id IS NOT NULL") == [
        (1,)
    ]
    assert actions(survey) == ["device.added"] * 30
    secret = found[6][1].rpartition("/")[2]
    assert secret not in str(survey.rows("SELECT * FROM audit_log") + survey.rows("SELECT * FROM devices"))
    assert secret not in admin.open("/p/default/phones").text


def test_one_name_that_is_taken_keeps_all_out(survey: Survey, admin: Visitor) -> None:
    survey.phone("B")
    admin.open("/p/default/phones/add")
    assert admin.send("/p/default/phones/add", names="A\nB\nC").status_code == 409
    assert "A\nB\nC" in admin.answer.text.replace("\r", "")
    assert survey.rows("SELECT name FROM devices") == [("B",)]
    assert admin.send("/p/default/phones/add", names="", count="0", pattern="X").status_code == 422


def test_the_codes_of_a_card_hold_what_the_card_says(survey: Survey, admin: Visitor) -> None:
    admin.open("/p/default/phones/add")
    admin.send("/p/default/phones/add", names="Phone 7")
    assert len(cards(admin)) == 1
    images = admin.page.xpath("//img[contains(@class, 'qr')]/@src")
    assert all(base64.b64decode(image.partition(",")[2]).startswith(b"<svg") for image in images)
    web_url = admin.page.find_class("web-url")[0].get("href")
    token = cards(admin)[0][1].rpartition("/")[2]
    assert web_url == f"{survey.url}/fill/#enrol={token}"


def test_a_new_card_shuts_the_former_one_out_and_a_revoked_phone_gets_none(survey: Survey, admin: Visitor) -> None:
    lost = survey.phone("Phone 1")
    admin.open("/p/default/phones")
    address = admin.page.xpath("//a[text()='Phone 1']/@href")[0]
    admin.open(address)
    admin.send(f"{address}/credentials")
    ((_, url),) = cards(admin)
    assert (lost.form_list().status_code, Phone(url).form_list().status_code) == (403, 200)
    admin.open(address)
    admin.send(f"{address}/revoke")
    assert Phone(url).form_list().status_code == 403
    assert admin.http.post(f"{survey.url}{address}/credentials", timeout=60).status_code == 404
    assert actions(survey) == ["device.credentials", "device.revoked"]


def test_a_supervisor_reads_of_the_own_teams_phones_and_changes_none(survey: Survey) -> None:
    person(survey, "chief", "admin")
    team_phone(survey, "Mine", "chief", "North")
    team_phone(survey, "Theirs", "chief", "South")
    supervisor = signed_in(survey, person(survey, "sup", "supervisor", team="North"))
    supervisor.open("/p/default/phones")
    assert "Mine" in supervisor.text()
    assert "Theirs" not in supervisor.text()
    assert not [form for form in supervisor.page.forms if "phones" in (form.action or "")]
    supervisor.open("/p/default")
    assert [one.text_content().strip() for one in supervisor.page.find_class("value")][1] == "1"
    assert supervisor.open("/p/default/phones/add").status_code == 403


def test_a_phone_of_another_project_is_not_there(survey: Survey, admin: Visitor) -> None:
    survey.create_project("beta")
    survey.phone("Phone", "beta")
    number = survey.rows("SELECT id FROM devices")[0][0]
    assert admin.open(f"/p/default/phones/{number}").status_code == 404
    assert admin.http.post(f"{survey.url}/p/default/phones/{number}/revoke", timeout=60).status_code == 404


# -- programs, projects, the log --------------------------------------------------------------------------------------
def test_a_token_is_shown_once_and_opens_what_its_scopes_say(survey: Survey, admin: Visitor) -> None:
    admin.open("/p/default/tokens")
    assert admin.send("/p/default/tokens", name="R", scopes=["read"], days="0").status_code == 422
    admin.send("/p/default/tokens", name="R", scopes=["read"], days="30")
    token = admin.page.get_element_by_id("token").text_content()
    headers = {"Authorization": f"Bearer {token}"}
    forms = f"{survey.url}/api/v1/projects/default/forms"
    assert requests.get(forms, headers=headers, timeout=60).status_code == 200
    assert requests.get(f"{survey.url}/api/v1/projects/default/devices", headers=headers, timeout=60).status_code == 403
    admin.open("/p/default/tokens")
    assert token not in admin.answer.text
    admin.send("/p/default/tokens/revoke")
    assert requests.get(forms, headers=headers, timeout=60).status_code == 401
    assert actions(survey) == ["token.added", "token.revoked"]


def test_a_project_is_called_otherwise_and_its_times_follow_its_zone(survey: Survey, admin: Visitor) -> None:
    phone = survey.phone("Phone 1")
    phone.form_list()
    survey.database.write(
        lambda session: session.execute(survey.sql("UPDATE devices SET last_seen_at = '2026-03-01 20:30:00+00:00'"))
    )
    admin.open("/p/default/settings")
    assert admin.send("/p/default/settings", name="Wave 2", timezone="Asia/Nowhere").status_code == 422
    admin.send("/p/default/settings", name="Wave 2", timezone="Asia/Shanghai")
    admin.open("/p/default/phones")
    assert "2 Mar 2026 04:30" in admin.text()
    assert "Wave 2" in admin.text()


def test_the_overview_says_what_comes_next_until_all_is_done(survey: Survey) -> None:
    survey.create_project("alpha")
    admin = signed_in(survey, person(survey, "chief", "admin", project="alpha"))

    def steps_done() -> int:
        admin.open("/p/alpha")
        return len(admin.page.find_class("is-done"))

    assert steps_done() == 0
    survey.publish(PEOPLE, project="alpha")
    assert steps_done() == 1
    phone = survey.phone("Phone 1", "alpha")
    assert steps_done() == 2
    phone.send(record("<name>A</name>"))
    assert steps_done() == 3


def test_the_log_of_a_project_is_filtered_and_paged(survey: Survey, admin: Visitor) -> None:
    admin.open("/p/default/phones/add")
    admin.send("/p/default/phones/add", count="60", pattern="P {n}")
    admin.open("/p/default/people")
    admin.send("/p/default/teams", team="North")
    admin.open("/p/default/audit?action=device.")
    assert "team.added" not in admin.text()
    older = admin.page.xpath("//a[@rel='next']/@href")[0]
    admin.open(older)
    assert len(admin.page.xpath("//tbody/tr")) == 10
    survey.create_project("beta")
    assert admin.open("/p/beta/audit").status_code == 403
    assert admin.open("/audit").status_code == 403


def test_an_operator_verifies_the_log_against_a_head_noted_before(survey: Survey, admin: Visitor) -> None:
    admin.open("/p/default/people")
    admin.send("/p/default/teams", team="North")
    operator = signed_in(survey, person(survey, "root", operator=True))
    operator.open("/audit/verify")
    head = operator.page.get_element_by_id("audit-head").text_content()
    admin.open("/p/default/people")
    admin.send("/p/default/teams", team="South")
    assert "2 lines hang together" in operator.open(f"/audit/verify?head={head}").text
    assert "The end of the log is missing" in operator.open(f"/audit/verify?head={'0' * 63}1").text


def test_a_program_lets_phones_in_hands_them_over_and_shuts_them_out(survey: Survey) -> None:
    survey.publish(PEOPLE)
    person(survey, "enum", "enumerator", team="North")
    program, devices = survey.api(), f"{survey.url}/api/v1/projects/default/devices"
    made = program.post(devices, json={"names": ["a/b 1", "2"], "team": "North"}, timeout=60)
    assert made.status_code == 201
    assert Phone(made.json()[0]["server_url"]).form_list().status_code == 200
    settings = zlib.decompress(base64.b64decode(made.json()[0]["settings_code"]))
    assert made.json()[0]["token"].encode() in settings
    changed = program.patch(f"{devices}/a%2Fb%201", json={"person": "enum"}, timeout=60)
    assert (changed.json()["person"], changed.json()["team"]) == ("enum", "North")
    again = program.post(f"{devices}/2/credentials", timeout=60)
    assert Phone(made.json()[1]["server_url"]).form_list().status_code == 403
    assert Phone(again.json()["server_url"]).form_list().status_code == 200
    assert program.delete(f"{devices}/2", timeout=60).status_code == 204
    assert [one["revoked_at"] is None for one in program.get(devices, timeout=60).json()] == [False, True]
    assert program.post(devices, json={"names": []}, timeout=60).status_code == 422
    assert actions(survey) == ["device.added"] * 2 + ["device.assigned", "device.credentials", "device.revoked"]
