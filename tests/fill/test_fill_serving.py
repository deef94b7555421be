"""The files of the phone web app, as the server hands them out."""

import gzip
import re

import pytest
import requests

from tests.fill.enumerator import BUNDLE
from tests.people import Survey, record


def get(survey: Survey, path: str, **headers: str) -> requests.Response:
    http = requests.Session()
    http.trust_env = False
    return http.get(f"{survey.url}{path}", headers=headers, timeout=60, allow_redirects=False)


def test_the_app_is_asked_for_anew_and_its_assets_are_kept_for_ever(office: Survey) -> None:
    page = get(office, "/fill/")
    assert page.content == (BUNDLE / "index.html").read_bytes()
    assert page.headers["Cache-Control"] == "no-cache"
    for name in ("sw.js", "manifest.webmanifest"):
        assert get(office, f"/fill/{name}").headers["Cache-Control"] == "no-cache"
    script = re.search(r'src="(/fill/assets/[^"]+\.js)"', page.text)
    assert script
    asset = get(office, script[1])
    assert asset.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert asset.headers["Content-Type"] == "text/javascript; charset=utf-8"


def test_the_address_without_its_slash_leads_to_the_one_with_it(office: Survey) -> None:
    answer = get(office, "/fill")
    assert (answer.status_code, answer.headers["Location"]) == (308, "/fill/")


def test_only_our_own_scripts_run_and_only_we_may_frame_the_app(office: Survey) -> None:
    headers = get(office, "/fill/").headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'self'"
    assert headers["X-Frame-Options"] == "SAMEORIGIN"


def test_what_can_be_packed_travels_packed(office: Survey) -> None:
    plain = get(office, "/fill/sw.js", **{"Accept-Encoding": "identity"})
    packed = get(office, "/fill/sw.js", **{"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.content == plain.content
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in get(office, "/fill/icon-192.png").headers


def test_what_has_not_changed_does_not_travel_again(office: Survey) -> None:
    tag = get(office, "/fill/").headers["ETag"]
    assert get(office, "/fill/", **{"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    "path", ["none.js", "assets/", "../tokens.css", "%2e%2e/tokens.css", "assets/../../tokens.css"]
)
def test_nothing_but_the_app_is_served(office: Survey, path: str) -> None:
    assert get(office, f"/fill/{path}").status_code == 404


def test_every_file_that_the_worker_keeps_is_there(office: Survey) -> None:
    named = re.search(r"^const FILES = \[(.*)\]$", (BUNDLE / "sw.js").read_text(), re.MULTILINE)
    assert named
    for path in re.findall(r'"([^"]+)"', named[1]):
        assert get(office, f"/fill/{path}").status_code == 200, path


def test_a_phone_learns_its_name_and_a_stranger_nothing(office: Survey) -> None:
    url = office.phone("Phone 1").url.removeprefix(office.url)
    assert get(office, f"{url}/device").json() == {"name": "Phone 1", "project": "Default project"}
    assert get(office, "/c/unknown/device").status_code == 403
    office.revoke("Phone 1")
    assert get(office, f"{url}/device").status_code == 403


def test_the_first_visit_costs_less_than_350_kilobytes() -> None:
    named = re.search(r"^const FILES = \[(.*)\]$", (BUNDLE / "sw.js").read_text(), re.MULTILINE)
    assert named
    files = [BUNDLE / (path if path != "./" else "index.html") for path in re.findall(r'"([^"]+)"', named[1])]
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) < 350_000


def test_a_receipt_says_what_became_of_a_record_and_which_of_its_files_have_not_arrived(office: Survey) -> None:
    phone = office.phone("Phone 1")
    sent = record("<name>Li</name><photo>a b,1.jpg</photo>", instance_id="uuid:1")
    first, again = phone.send(sent), phone.send(sent)
    assert [one.headers["X-Surveyapp-Outcome"] for one in (first, again)] == ["new", "same"]
    assert [one.headers["X-Surveyapp-Lacking"] for one in (first, again)] == ["a%20b%2C1.jpg"] * 2
    late = phone.send(sent, {"a b,1.jpg": b"a picture"})
    assert late.headers["X-Surveyapp-Outcome"] == "files_added"
    assert "X-Surveyapp-Lacking" not in late.headers
    # What an edit does not bring comes from the version that it replaces.
    edit = phone.send(
        sent.replace("uuid:1", "uuid:2").replace(
            "</orx:meta>", "<orx:deprecatedID>uuid:1</orx:deprecatedID></orx:meta>"
        )
    )
    assert edit.headers["X-Surveyapp-Outcome"] == "edit"
    assert "X-Surveyapp-Lacking" not in edit.headers
