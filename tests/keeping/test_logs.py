"""The log tells what happened, and no secret: seen through the real server, and through gunicorn from outside."""

import hashlib
import json
import logging
import re
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.web.logs import LogFormatter, Redactor
from tests.keeping.commands import running
from tests.people import PEOPLE, Phone, Survey, record

GUNICORN = (sys.executable, "-m", "gunicorn", "app:app", "--access-logfile=-", "--log-level=debug", "--bind=")


@pytest.mark.parametrize("command", [(), GUNICORN], ids=["serve", "gunicorn"])
@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_secret_is_in_the_log(
    here: dict[str, str], office: Survey, tmp_path: Path, command: tuple[str, ...], log_format: str
) -> None:
    office.publish(PEOPLE)
    device = office.phone().url.rpartition("/")[2]
    program = str(office.api().headers["Authorization"]).removeprefix("Bearer ")
    settings = {**here, "SURVEYAPP_LOG_FORMAT": log_format, "SURVEYAPP_METRICS_TOKEN": "metrics-token-of-this-test"}
    with running(settings, tmp_path / "log", command) as url:
        knock_everywhere(url, device, program)
        with office.database.begin() as session:
            # Every request fails from now on, and leaves a trace in the log.
            session.execute(office.sql("ALTER TABLE devices RENAME TO gone"))
        assert Phone(f"{url}/c/{device}").form_list().status_code >= 500
    log = (tmp_path / "log").read_text()
    secrets = [device, program, "metrics-token-of-this-test", "pass-word", "a-cookie", office.config.secret_key]
    secrets += [hashlib.sha256(secret.encode()).hexdigest() for secret in (device, program)]
    assert not [secret for secret in secrets if secret in log]
    assert "/c/…/formList" in log
    assert "Traceback" in log


def knock_everywhere(url: str, device: str, program: str) -> None:
    phone = Phone(f"{url}/c/{device}")
    assert phone.form_list().ok
    assert phone.send(record("<name>A</name>")).ok
    addresses = (
        f"/c/{device}",
        f"/C/{device}/formList",
        f"//c/{device}//x",
        f"/c/%{ord(device[0]):x}{device[1:]}/formList",
        f"/wrong/{device}/formList",
        f"/api/v1/projects/default/forms?token={program}",
        f"/?access={device}&password=pass-word",
        "/metrics",
    )
    for address in addresses:
        phone.http.get(url + address, timeout=30)
        for header in (f"Bearer {program}", f"Bearer {device}", "Basic dXNlcjpwYXNzLXdvcmQ="):
            phone.http.get(url + address, headers={"Authorization": header, "Cookie": "session=a-cookie"}, timeout=30)
    phone.http.get(f"{url}/metrics", headers={"Authorization": "Bearer metrics-token-of-this-test"}, timeout=30)
    place = urlsplit(url)
    for line in (f"GET /c/{device}/formList HTTP/9.9", f"GET /c/{device} /x HTTP/1.1", f"{device} / HTTP/1.1"):
        with socket.create_connection((place.hostname, place.port or 80), timeout=10) as connection:
            connection.sendall(f"{line}\r\nHost: x\r\nAuthorization Bearer {program}\r\n\r\n".encode())
            connection.recv(1000)


def test_a_request_is_one_line_with_the_id_that_its_answer_bears(
    here: dict[str, str], office: Survey, tmp_path: Path
) -> None:
    office.publish(PEOPLE)
    device = office.phone().url.rpartition("/")[2]
    with running({**here, "SURVEYAPP_LOG_FORMAT": "json"}, tmp_path / "log") as url:
        given_id = requests.get(f"{url}/", headers={"X-Request-ID": "from-the-proxy.1"}, timeout=30)
        own_id = requests.get(f"{url}/c/{device}/formList", headers={"X-Request-ID": "not sane"}, timeout=30)
    assert given_id.headers["X-Request-ID"] == "from-the-proxy.1"
    assert re.fullmatch("[0-9a-f]{16}", own_id.headers["X-Request-ID"])
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines() if line.startswith("{")]
    told = {line["request"]: line for line in lines if line["message"] == "request"}
    assert len(told) == 2
    line = told[own_id.headers["X-Request-ID"]]
    assert (line["method"], line["path"], line["status"], line["by"]) == ("GET", "/c/…/formList", 200, "phone")
    assert line["bytes_out"] == len(own_id.content)
    assert line["ms"] > 0


TOKEN = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", min_size=43, max_size=43)
AROUND = st.text(st.characters(exclude_categories=["Cs", "L", "N", "Pd", "Pc", "M"]), max_size=5)


@given(TOKEN, AROUND, AROUND)
def test_a_token_is_hidden_wherever_it_stands(token: str, before: str, after: str) -> None:
    assert token not in Redactor()(f"{before}{token}{after}")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("GET /c/abc/formList?deviceID=1", "GET /c/…/formList?deviceID=1"),
        ("Authorization: Bearer abc, x", "Authorization: Bearer …, x"),
        ("postgresql+psycopg://survey:geheim@host/db", "postgresql+psycopg://survey:…@host/db"),
        ("/x?a=1&token=abc&b=2", "/x?a=1&token=…&b=2"),
        ("uuid:0b5ed0a2-9a0c-4f0b-8f57-0d3a3d1f0a11 stays", "uuid:0b5ed0a2-9a0c-4f0b-8f57-0d3a3d1f0a11 stays"),
        ("known-secret", "…"),
    ],
)
def test_what_is_hidden_and_what_stays(said: str, shown: str) -> None:
    assert Redactor(["known-secret", ""])(said) == shown


def test_a_caller_cannot_forge_a_line() -> None:
    formatter = LogFormatter(Redactor(), as_json=False)
    entry = logging.LogRecord("x", logging.INFO, "", 0, "asked for %s", ("/a\n2026 INFO forged",), None)
    entry.fields = {"path": "/a\r\n2026 INFO forged"}
    assert len(formatter.format(entry).splitlines()) == 1
