"""Which language a reader gets, and that programs always get the same one."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from surveyapp.web.i18n import COOKIE, register_languages
from surveyapp.web.pages_start import pages_start

CHINESE_BROWSER = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}


def language(response: TestResponse) -> str:
    return response.text.partition('<html lang="')[2].partition('"')[0]


def test_english_is_spoken_where_nobody_asks_for_another(client: FlaskClient) -> None:
    assert language(client.get("/")) == "en"
    assert language(client.get("/", headers={"Accept-Language": "sw"})) == "en"


@pytest.mark.parametrize("asked", ["zh-CN", "zh", "zh-Hans", "zh-SG;q=0.9, fr;q=0.8", "fr, zh;q=0.5, en;q=0.4"])
def test_the_browser_is_listened_to(client: FlaskClient, asked: str) -> None:
    response = client.get("/", headers={"Accept-Language": asked})
    assert language(response) == "zh-Hans"
    assert "入户调查服务器" in response.text


def test_what_was_chosen_goes_before_the_browser_and_stays(client: FlaskClient) -> None:
    assert language(client.get("/?lang=en", headers=CHINESE_BROWSER)) == "en"
    assert language(client.get("/", headers=CHINESE_BROWSER)) == "en"
    assert language(client.get("/?lang=zh")) == "zh-Hans"
    assert language(client.get("/gallery/")) == "zh-Hans"


def test_the_cookie_cannot_be_read_by_scripts_nor_sent_from_elsewhere(client: FlaskClient) -> None:
    cookie = client.get("/?lang=zh", base_url="https://survey.example.org").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" in cookie


def test_a_language_that_is_not_spoken_is_passed_over(client: FlaskClient) -> None:
    response = client.get("/?lang=tlh", headers=CHINESE_BROWSER)
    assert language(response) == "zh-Hans"
    assert "Set-Cookie" not in response.headers
    client.set_cookie(COOKIE, "tlh")
    assert language(client.get("/")) == "en"


def test_the_language_of_the_account_goes_before_the_browser_and_behind_what_was_chosen(tmp_path: Path) -> None:
    app = Flask("surveyapp.web", root_path=str(Path("surveyapp/web").resolve()), instance_path=str(tmp_path))
    register_languages(app, "UTC", person_language=lambda: "zh")
    app.register_blueprint(pages_start)
    app.add_url_rule("/word", view_func=lambda: app.jinja_env.from_string("{{ html_lang }}").render(**_context(app)))
    client = app.test_client()
    assert client.get("/word", headers={"Accept-Language": "en"}).text == "zh-Hans"
    assert client.get("/word?lang=en").text == "en"


def _context(app: Flask) -> dict[str, object]:
    context: dict[str, object] = {}
    app.update_template_context(context)
    return context


def test_the_switch_leads_to_the_same_page_and_keeps_what_was_asked(client: FlaskClient) -> None:
    page = client.get("/gallery/nobody?state=approved&lang=en&state=%22%3E").text
    assert 'href="?state=approved&amp;state=%22%3E&amp;lang=zh"' in page


def test_caches_are_told_what_a_page_hangs_on(client: FlaskClient) -> None:
    assert {"Accept-Language", "Cookie"} <= set(client.get("/").headers["Vary"].split(", "))


def test_a_refusal_is_told_in_the_readers_language(client: FlaskClient) -> None:
    response = client.get("/nothing", headers=CHINESE_BROWSER)
    assert response.status_code == 404
    assert "<h1>该网址没有内容</h1>" in response.text
    assert "请检查网址。" in response.text
    assert "requested URL" not in response.text


def test_programs_are_answered_in_english_whatever_they_say(client: FlaskClient) -> None:
    response = client.get("/api/v1/nothing?lang=zh", headers=CHINESE_BROWSER)
    assert response.json
    assert response.json["title"] == "There is nothing at this address"
    assert "Set-Cookie" not in response.headers


def test_numbers_and_instants_are_written_as_the_reader_writes_them(client: FlaskClient) -> None:
    english, chinese = (client.get(f"/gallery/?lang={key}").text for key in ("en", "zh"))
    assert ">1 Mar 2026 08:30</time>" in english
    assert ">2026年3月1日 08:30</time>" in chinese
    assert "<span>1,040</span>" in english
