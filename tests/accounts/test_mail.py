"""Invitations go by mail where a mail server is set, and are shown where it is not there or refuses."""

import socket
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from click.testing import CliRunner

from surveyapp.cli import main


class Letterbox:
    """What a mail server took; it takes nothing for people at refused.example."""

    def __init__(self) -> None:
        self.letters: list[Any] = []

    async def handle_RCPT(  # the signature is aiosmtpd's
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if address.endswith("@refused.example"):
            return "550 nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.letters.append(message_from_bytes(envelope.content))
        return "250 OK"


@pytest.fixture
def letterbox() -> Iterator[tuple[Letterbox, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    box = Letterbox()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


def invite(tmp_path: Path, login: str, smtp_url: str) -> str:
    environment = {
        "SURVEYAPP_DATA_DIR": str(tmp_path),
        "SURVEYAPP_SMTP_URL": smtp_url,
        "SURVEYAPP_PUBLIC_URL": "https://survey.example.org",
        "SURVEYAPP_MAIL_FROM": "survey@example.org",
    }
    runner = CliRunner()
    assert runner.invoke(main, ["migrate"], env=environment).exit_code == 0
    result = runner.invoke(main, ["person", "add", login], env=environment)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_an_invitation_goes_to_the_person_and_is_not_shown(tmp_path: Path, letterbox: tuple[Letterbox, int]) -> None:
    box, port = letterbox
    said = invite(tmp_path, "li@example.org", f"smtp://127.0.0.1:{port}")
    (letter,) = box.letters
    assert (letter["To"], letter["From"]) == ("li@example.org", "survey@example.org")
    assert "https://survey.example.org/link/" in letter.get_payload()
    assert "was sent to li@example.org" in said
    assert "/link/" not in said


@pytest.mark.parametrize("case", ["no address", "refused", "nobody listens"])
def test_a_link_that_could_not_be_sent_is_shown(tmp_path: Path, letterbox: tuple[Letterbox, int], case: str) -> None:
    box, port = letterbox
    login = {"no address": "li", "refused": "li@refused.example", "nobody listens": "li@example.org"}[case]
    server = f"smtp://127.0.0.1:{1 if case == 'nobody listens' else port}"
    assert "https://survey.example.org/link/" in invite(tmp_path, login, server)
    assert not box.letters
