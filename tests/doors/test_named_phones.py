"""Phones that sign in with a name and a password, as ODK Collect and KoboCollect negotiate it."""

import base64
import json
import shutil
import subprocess
import zlib

import pytest
import requests
from requests.auth import HTTPBasicAuth, HTTPDigestAuth

from surveyapp.people.phones import Credentials, enrol_device, issue_credentials
from surveyapp.people.projects import ensure_project
from surveyapp.people.settings_qr import collect_settings, decode_settings, encode_settings
from surveyapp.store.projects import get_project
from tests.people import PEOPLE, Phone, Survey, now, record

OVER_HTTPS = {"X-Forwarded-Proto": "https"}


@pytest.fixture
def environment() -> dict[str, str]:
    """As behind a proxy that speaks https with the phones."""
    return {"SURVEYAPP_PROXIES": "1"}


@pytest.fixture
def card(survey: Survey) -> Credentials:
    """What is written on the card of a phone called Phone 7."""
    survey.publish(PEOPLE)
    with survey.database.begin() as session:
        project = ensure_project(session, "default", now())
        enrol_device(session, project, "Phone 7", now())
        return issue_credentials(session, project, "Phone 7")


@pytest.fixture
def http() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


def challenges(answer: requests.Response) -> list[str]:
    """The schemes of the challenges, each of which came in a header of its own."""
    return [
        value.split(" ", 1)[0]
        for name, value in answer.raw.headers.items()  # urllib3's headers keep each
        if name.lower() == "www-authenticate"
    ]


def test_a_stranger_is_asked_for_both_over_https_and_only_for_digest_over_http(
    survey: Survey, http: requests.Session
) -> None:
    over_https = http.get(f"{survey.url}/collect/formList", headers=OVER_HTTPS, timeout=60)
    over_http = http.get(f"{survey.url}/collect/formList", timeout=60)
    assert (over_https.status_code, challenges(over_https)) == (401, ["Digest", "Basic"])
    assert (over_http.status_code, challenges(over_http)) == (401, ["Digest"])
    assert over_https.headers["X-OpenRosa-Version"] == "1.0"
    assert b"OpenRosaResponse" in over_https.content


def test_digest_serves_one_nonce_for_the_whole_visit(survey: Survey, card: Credentials) -> None:
    phone = Phone(f"{survey.url}/collect")
    phone.http.auth = HTTPDigestAuth(card.username, card.password)
    listed = phone.form_list()
    assert listed.status_code == 200
    assert f"{survey.url}/collect/forms/" in listed.text
    assert phone.get(listed.text.partition("<downloadUrl>")[2].partition("<")[0]).status_code == 200
    assert phone.ask().status_code == 204
    assert phone.send(record("<name>A</name>")).status_code == 201
    # Only the first of the visit was refused and sent again.
    assert [len(answer.history) for answer in (listed, phone.ask())] == [1, 0]


def test_basic_is_taken_over_https_and_only_there(survey: Survey, card: Credentials, http: requests.Session) -> None:
    http.auth = HTTPBasicAuth(card.username, card.password)
    url = f"{survey.url}/collect/formList"
    assert http.get(url, headers=OVER_HTTPS, timeout=60).status_code == 200
    assert http.get(url, timeout=60).status_code == 401


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_wrong_password_is_refused_in_whatever_encoding(
    survey: Survey, card: Credentials, http: requests.Session, encoding: str
) -> None:
    wrong = base64.b64encode(f"{card.username}:pä:ss".encode(encoding)).decode()
    headers = {**OVER_HTTPS, "Authorization": f"Basic {wrong}"}
    assert http.get(f"{survey.url}/collect/formList", headers=headers, timeout=60).status_code == 401


@pytest.mark.parametrize("junk", ["Digest", "Digest nonce=", 'Digest username="x", uri="/"', "Basic %%%", "Bearer x"])
def test_junk_is_refused_and_the_server_lives(survey: Survey, http: requests.Session, junk: str) -> None:
    headers = {**OVER_HTTPS, "Authorization": junk}
    assert http.get(f"{survey.url}/collect/formList", headers=headers, timeout=60).status_code == 401


def test_a_signature_serves_its_own_address_only(survey: Survey, card: Credentials, http: requests.Session) -> None:
    http.auth = HTTPDigestAuth(card.username, card.password)
    listed = http.get(f"{survey.url}/collect/formList", timeout=60)
    signed = listed.request.headers["Authorization"]
    stolen = requests.head(f"{survey.url}/collect/submission", headers={"Authorization": signed}, timeout=60)
    assert stolen.status_code == 401


def test_curl_negotiates(survey: Survey, card: Credentials) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    for options in (["--anyauth"], ["--digest"], ["--basic", "-H", "X-Forwarded-Proto: https"]):
        command = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", *options]
        command += ["-u", f"{card.username}:{card.password}", f"{survey.url}/collect/formList"]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "200"


def test_many_wrong_passwords_are_put_off(survey: Survey, card: Credentials, http: requests.Session) -> None:
    wrong = base64.b64encode(f"{card.username}:wrong".encode()).decode()
    headers = {**OVER_HTTPS, "Authorization": f"Basic {wrong}"}
    answers = [http.get(f"{survey.url}/collect/formList", headers=headers, timeout=60).status_code for _ in range(62)]
    assert 429 in answers


def test_a_lost_phone_gets_a_new_card_and_nothing_is_lost(survey: Survey, card: Credentials) -> None:
    lost = Phone(f"{survey.url}/c/{card.token}")
    assert lost.send(record("<name>A</name>")).status_code == 201
    with survey.database.begin() as session:
        new = issue_credentials(session, get_project(session, "default"), "Phone 7")
    found = Phone(f"{survey.url}/c/{new.token}")
    assert found.send(record("<name>B</name>")).status_code == 201
    assert lost.form_list().status_code == 403
    assert new.username == card.username
    assert survey.rows("SELECT name, submissions FROM devices") == [("Phone 7", 2)]
    assert survey.count("submissions") == 2


def test_a_phone_is_seen_with_its_app(survey: Survey, card: Credentials) -> None:
    Phone(f"{survey.url}/c/{card.token}").form_list()
    assert survey.rows("SELECT app FROM devices") == [("org.odk.collect.android/v2026.3.1",)]
    assert survey.rows("SELECT count(*) FROM devices WHERE last_seen_at IS NOT NULL") == [(1,)]


def test_the_settings_code_reads_as_collect_reads_it(card: Credentials) -> None:
    text = encode_settings(collect_settings("https://s.example.org", card, "Phone 7", "住户调查"))
    settings = json.loads(zlib.decompress(base64.b64decode(text)))
    assert settings == decode_settings(text)
    assert settings["general"]["server_url"] == f"https://s.example.org/c/{card.token}"
    assert settings["general"]["form_update_mode"] == "match_exactly"
    assert settings["project"] == {"name": "住户调查", "icon": "住", "color": "#1f6f5c"}
    assert set(settings) == {"general", "admin", "project"}
    assert all(isinstance(value, str | bool) for part in settings.values() for value in part.values())
    assert len(text) < 4000


def test_the_phone_works_with_what_its_code_says(survey: Survey, card: Credentials) -> None:
    for by_password in (False, True):
        settings = collect_settings(survey.url, card, "Phone 7", "Default", by_password=by_password)["general"]
        phone = Phone(settings["server_url"])
        if by_password:
            phone.http.auth = HTTPDigestAuth(settings["username"], settings["password"])
        assert phone.form_list().status_code == 200
