"""The server dies at random moments, with kill -9, while phones send: what was answered is there, once and whole."""

import hashlib
import random
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from surveyapp.config import Config
from tests.people import PEOPLE, Phone, Survey, record
from tests.servers import MortalServer

KILLS = 30
PHONES = 8


@pytest.fixture
def mortal(database_url: str, tmp_path: Path) -> Iterator[tuple[Survey, MortalServer]]:
    environment = {"SURVEYAPP_DATABASE_URL": database_url, "SURVEYAPP_DATA_DIR": str(tmp_path / "data")}
    server = MortalServer(environment)
    survey = Survey(Config.from_environ(environment), server.url)
    server.start()
    yield survey, server
    server.kill()
    survey.database.close()


class Interview:
    """What one phone holds until it is told that it has been received."""

    def __init__(self) -> None:
        self.instance_id = f"uuid:{uuid.uuid4()}"
        self.photo = random.randbytes(random.choice((2_000, 400_000)))
        children = "".join(f"<child><c_name>{self.instance_id}</c_name><c_age>{n}</c_age></child>" for n in range(3))
        answers = f"<name>{self.instance_id}</name><photo>a.jpg</photo>{children}"
        self.xml = record(answers, instance_id=self.instance_id)

    def send(self, phone: Phone) -> None:
        """Again and again until both parts are received, as Collect's automatic sending does."""
        while True:
            try:
                parts = [phone.send(self.xml, incomplete=True), phone.send(self.xml, {"a.jpg": self.photo})]
            except requests.RequestException:
                phone.http.close()
                time.sleep(0.05)
                continue
            assert all(part.status_code in (201, 202) for part in parts), [part.text for part in parts]
            return


def test_what_was_answered_survives_kills(mortal: tuple[Survey, MortalServer], tmp_path: Path) -> None:
    survey, server = mortal
    survey.publish(PEOPLE)
    url = survey.phone().url
    stop = threading.Event()
    received: list[Interview] = []
    failures: list[BaseException] = []

    def work() -> None:
        phone = Phone(url)
        try:
            while not stop.is_set():
                interview = Interview()
                interview.send(phone)
                received.append(interview)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(PHONES)]
    for thread in threads:
        thread.start()
    for _ in range(KILLS):
        time.sleep(random.uniform(0.05, 0.8))
        server.kill()
        server.start()
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(received) > KILLS

    sheets = survey.export("people", tmp_path / "out.xlsx")
    exported = [row["name"] for row in sheets["data"]]
    assert sorted(exported) == sorted(interview.instance_id for interview in received)
    children = [row["c_name"] for row in sheets["child"]]
    assert sorted(children) == sorted(exported * 3)
    kept = dict(
        survey.rows(
            "SELECT v.instance_id, a.sha256 FROM submission_attachments a "
            "JOIN submission_versions v ON v.id = a.submission_version_id"
        )
    )
    for interview in received:
        digest = hashlib.sha256(interview.photo).hexdigest()
        assert kept[interview.instance_id] == digest
        assert survey.files.path(digest).read_bytes() == interview.photo
    assert survey.count("findings") == 0
    assert survey.count("submissions") == survey.count("submission_versions") == len(received)
