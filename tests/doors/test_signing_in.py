"""Signing in and out, links, the own account, asked over HTTP without a browser."""

import re

import pyotp
import pytest
import requests

from surveyapp.people.accounts import ensure_operator, make_link
from surveyapp.store.accounts import get_account
from tests.office import person
from tests.people import Survey, now
from tests.visitor import PASSWORD, Visitor, actions, signed_in, with_password


@pytest.fixture
def visitor(survey: Survey) -> Visitor:
    return Visitor(survey)


def test_the_first_operator_comes_in_by_the_link_and_begins_a_project(survey: Survey, visitor: Visitor) -> None:
    with survey.database.begin() as session:
        secret = ensure_operator(session, now())
    assert visitor.open(f"/link/{secret}").status_code == 200
    assert visitor.send(f"/link/{secret}", password="password1234").status_code == 422
    assert visitor.send(f"/link/{secret}", password=PASSWORD).url == f"{survey.url}/projects"
    assert visitor.send("/projects", name="Baseline", slug="baseline", timezone="Asia/Shanghai").url.startswith(
        f"{survey.url}/p/baseline"
    )
    assert "The project is there." in visitor.text()
    assert visitor.open(f"/link/{secret}").status_code == 410
    assert actions(survey) == ["person.password", "session.started", "project.added"]


def test_looking_at_a_link_does_not_use_it_up(survey: Survey, visitor: Visitor) -> None:
    with survey.database.begin() as session:
        secret = ensure_operator(session, now())
    for _ in range(2):
        assert visitor.open(f"/link/{secret}?show=yes").status_code == 200
    assert visitor.page.xpath("//input[@name='password']/@type") == ["text"]


def test_all_that_can_be_wrong_is_answered_alike(survey: Survey, visitor: Visitor) -> None:
    with_password(survey, person(survey, "known"))
    person(survey, "invited")
    wrong = [visitor.sign_in(login, "not the password").text for login in ("known", "invited", "stranger")]
    texts = [re.sub(r'value="[^"]*"', "", text) for text in wrong]
    assert texts[0] == texts[1] == texts[2]
    assert visitor.answer.status_code == 401
    assert visitor.sign_in("known").url == f"{survey.url}/projects"


def test_after_signing_in_one_comes_to_where_one_wanted(survey: Survey, visitor: Visitor) -> None:
    survey.create_project("alpha")
    with_password(survey, person(survey, "chief", "admin", project="alpha"))
    asked = visitor.open("/p/alpha/phones")
    assert asked.url.startswith(f"{survey.url}/sign-in?next=")
    assert visitor.send("/sign-in", login="chief", password=PASSWORD).url == f"{survey.url}/p/alpha/phones"
    assert visitor.open("/").url == f"{survey.url}/p/alpha"


@pytest.mark.parametrize("wish", ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example"])
def test_nobody_is_led_to_another_site(survey: Survey, visitor: Visitor, wish: str) -> None:
    with_password(survey, person(survey, "chief"))
    visitor.open("/sign-in")
    fields = {**dict(visitor.page.forms[-1].form_values()), "login": "chief", "password": PASSWORD, "next": wish}
    answer = visitor.http.post(f"{survey.url}/sign-in", data=fields, timeout=60, allow_redirects=False)
    assert answer.headers["Location"] == "/"


def test_a_form_from_elsewhere_signs_nobody_in(survey: Survey, visitor: Visitor) -> None:
    with_password(survey, person(survey, "chief"))
    answer = visitor.http.post(f"{survey.url}/sign-in", data={"login": "chief", "password": PASSWORD}, timeout=60)
    assert answer.status_code == 403


def test_who_tries_too_often_has_to_wait(survey: Survey, visitor: Visitor) -> None:
    with_password(survey, person(survey, "chief"))
    assert [visitor.sign_in("chief", "wrong").status_code for _ in range(5)] == [401] * 5
    # Each wait is longer than the one before; on a slow machine the first ones are over before the next attempt.
    assert any(visitor.sign_in("chief", "wrong").status_code == 429 for _ in range(8))
    assert visitor.sign_in("chief").status_code == 429


def test_signing_out_ends_the_session_on_the_server(survey: Survey) -> None:
    chief = signed_in(survey, person(survey, "chief"))
    chief.open("/account")
    cookie = chief.http.cookies.get("surveyapp_session")
    assert "You are signed out." in chief.send("/sign-out").text
    assert (
        requests.get(
            f"{survey.url}/account", cookies={"surveyapp_session": str(cookie)}, timeout=60, allow_redirects=False
        )
        .headers["Location"]
        .startswith("/sign-in")
    )
    assert actions(survey)[-1] == "session.ended"


def test_what_a_signed_in_person_reads_stays_in_no_cache(survey: Survey) -> None:
    chief = signed_in(survey, person(survey, "chief"))
    assert chief.open("/account").headers["Cache-Control"] == "no-store"


# -- the own account --------------------------------------------------------------------------------------------------
def test_a_new_password_asks_for_the_old_one_and_signs_others_out(survey: Survey, visitor: Visitor) -> None:
    with_password(survey, person(survey, "chief"))
    other = signed_in(survey, "chief")
    visitor.sign_in("chief")
    visitor.open("/account")
    assert visitor.send("/account/password", old="wrong", new="four loud storks fly").status_code == 422
    assert visitor.send("/account/password", old=PASSWORD, new="short").status_code == 422
    assert other.open("/account").url.endswith("/account")
    assert visitor.send("/account/password", old=PASSWORD, new="four loud storks fly").status_code == 200
    assert "/sign-in" in other.open("/account").url
    assert visitor.open("/account").url.endswith("/account")
    assert Visitor(survey).sign_in("chief", "four loud storks fly").status_code == 200


def test_a_second_factor_is_asked_for_and_a_code_counts_once(survey: Survey, visitor: Visitor) -> None:
    with_password(survey, person(survey, "chief"))
    visitor.sign_in("chief")
    visitor.open("/account/totp")
    secret = visitor.page.get_element_by_id("totp-secret").text_content()
    assert visitor.send("/account/totp", code="000000").status_code == 422
    assert visitor.page.get_element_by_id("totp-secret").text_content() == secret
    code = pyotp.TOTP(secret).now()
    assert "sign in with a code" in visitor.send("/account/totp", code=code).text
    assert Visitor(survey).sign_in("chief").status_code == 401
    assert Visitor(survey).sign_in("chief", code=code).status_code == 401
    following = pyotp.TOTP(secret).at(int(now().timestamp()) + 30)
    assert Visitor(survey).sign_in("chief", code=following).status_code == 200
    visitor.open("/account")
    assert visitor.send("/account/totp/off", password="wrong").status_code == 422
    assert visitor.send("/account/totp/off", password=PASSWORD).status_code == 200
    assert Visitor(survey).sign_in("chief").status_code == 200


def test_a_link_does_not_lead_past_the_second_factor(survey: Survey, visitor: Visitor) -> None:
    with_password(survey, person(survey, "chief"))
    survey.database.write(
        lambda session: session.execute(survey.sql(f"UPDATE accounts SET totp_secret = '{pyotp.random_base32()}'"))
    )
    with survey.database.begin() as session:
        secret = make_link(session, get_account(session, "chief"), now())
    visitor.open(f"/link/{secret}")
    assert visitor.send(f"/link/{secret}", password=PASSWORD).url == f"{survey.url}/sign-in"


def test_the_language_of_the_account_is_that_of_the_pages(survey: Survey) -> None:
    chief = signed_in(survey, person(survey, "chief"))
    chief.open("/account?lang=en")
    chief.send("/account/profile", name="Chief", language="zh")
    assert chief.page.get("lang") == "zh-Hans"
    chief.send("/account/profile", name="", language="zh")
    assert chief.answer.status_code == 422


def test_a_browser_that_was_left_open_is_signed_out_from_another(survey: Survey) -> None:
    left, here = signed_in(survey, person(survey, "chief")), signed_in(survey, "chief")
    stranger = signed_in(survey, person(survey, "stranger"))
    here.open("/account")
    endings = [form.action for form in here.page.forms if form.action.endswith("/end")]
    assert len(endings) == 1
    stranger.open("/account")
    stranger.http.post(survey.url + endings[0], timeout=60)
    assert "/sign-in" not in left.open("/account").url
    here.send(endings[0])
    assert "/sign-in" in left.open("/account").url
