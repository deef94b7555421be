"""What every answer tells the browser, and under which names the server lets itself be asked."""

from collections.abc import Iterator

import pytest
import requests

from surveyapp.config import Config
from tests.people import Survey, serving

OUTER = "https://survey.example.org"


def ask(url: str, path: str = "/health", **headers: str) -> requests.Response:
    return requests.get(url + path, headers=headers, timeout=30, allow_redirects=False)


@pytest.fixture
def behind_proxy(here: dict[str, str]) -> Iterator[str]:
    """A server with HTTPS in front of it."""
    with serving(Config.from_environ({**here, "SURVEYAPP_PUBLIC_URL": OUTER, "SURVEYAPP_PROXIES": "1"})) as url:
        yield url


@pytest.mark.parametrize("path", ["/", "/health", "/nowhere", "/c/unknown/formList", "/api/v1/projects/x/forms"])
def test_every_answer_bears_the_headers(office: Survey, path: str) -> None:
    with serving(office.config) as url:
        headers = ask(url, path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] in ("no-referrer", "same-origin")
    assert headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "geolocation=(self)" in headers["Permissions-Policy"]
    assert headers["X-Request-ID"]


def test_browsers_are_bound_to_https_where_there_is_https(behind_proxy: str, office: Survey) -> None:
    assert ask(behind_proxy).headers["Strict-Transport-Security"] == "max-age=31536000"
    with serving(office.config) as url:
        assert "Strict-Transport-Security" not in ask(url).headers


@pytest.mark.parametrize("name", ["survey.example.org", "SURVEY.example.org:443", "127.0.0.1:8000", "[::1]:8000"])
def test_its_own_names_are_answered(behind_proxy: str, name: str) -> None:
    assert ask(behind_proxy, Host=name).status_code == 200


@pytest.mark.parametrize("name", ["evil.example.org", "survey.example.org.evil.org", "192.0.2.1", "[::2]", "survey"])
def test_other_names_are_refused(behind_proxy: str, name: str) -> None:
    refused = ask(behind_proxy, Host=name)
    assert refused.status_code == 400
    assert "SURVEYAPP_ALLOWED_HOSTS" in refused.text
    assert ask(behind_proxy, **{"X-Forwarded-Host": name}).status_code == 400


def test_names_that_the_operator_adds_are_answered(here: dict[str, str]) -> None:
    names = {"SURVEYAPP_PUBLIC_URL": OUTER, "SURVEYAPP_ALLOWED_HOSTS": "Other.example.org, 10.0.0.5"}
    with serving(Config.from_environ({**here, **names})) as url:
        assert ask(url, Host="10.0.0.5:8000").status_code == 200
        assert ask(url, Host="other.example.org").status_code == 200
        assert ask(url, Host="survey.example.org").status_code == 200
        assert ask(url, Host="127.0.0.1").status_code == 200
        assert ask(url, Host="10.0.0.6").status_code == 400


def test_without_an_outer_address_any_name_is_answered(office: Survey) -> None:
    with serving(office.config) as url:
        assert ask(url, Host="10.0.0.5:8000").status_code == 200


@pytest.mark.parametrize(
    "name", ["../../secret_key", "..%2f..%2fsecret_key", "%2e%2e/%2e%2e/secret_key", "/secret_key"]
)
def test_no_address_leads_out_of_what_is_served(office: Survey, name: str) -> None:
    with serving(office.config) as url:
        token = office.phone().url.rpartition("/")[2]
        for place in ("/static/", f"/c/{token}/forms/1/media/", "/"):
            request = requests.Request("GET", url).prepare()
            request.url = f"{url}{place}{name}"
            with requests.Session() as session:
                answer = session.send(request, timeout=30)
            assert office.config.secret_key not in answer.text
            assert answer.status_code in (400, 403, 404)
