"""The drill: a backup while eight phones send, everything is wiped, the backup is restored elsewhere."""

import hashlib
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy

from surveyapp.config import Config
from tests.doors.test_killed import PHONES, Interview
from tests.keeping.commands import surveyapp
from tests.people import PEOPLE, Phone, Survey
from tests.servers import MortalServer

# What makes the drill long enough for phones to be in the middle of things.
BEFORE = 40


def test_a_backup_taken_while_phones_send_brings_everything_back_elsewhere(
    here: dict[str, str], elsewhere: dict[str, str], tmp_path: Path
) -> None:
    with serving(here) as (survey, server):
        survey.publish(PEOPLE)
        phones = Phones([survey.phone(f"phone {number}").url.partition("/c/")[2] for number in range(PHONES)])
        with phones.sending(server.url):
            phones.wait_for(BEFORE)
            before = list(phones.received)
            surveyapp(here, "backup", tmp_path / "backups")
            phones.wait_for(len(phones.received) + PHONES)
        source = survey.export("people", tmp_path / "source.xlsx")
    wipe(here)

    surveyapp(elsewhere, "restore", tmp_path / "backups")
    with serving(elsewhere) as (restored, server):
        back = restored.export("people", tmp_path / "restored.xlsx")
        ids = {row["name"] for row in back["data"]}
        assert {interview.instance_id for interview in before} <= ids
        assert len(ids) < len(phones.received)
        whole = {interview.instance_id for interview in before}
        assert [row for row in back["data"] if row["name"] in whole] == [
            row for row in source["data"] if row["name"] in whole
        ]
        assert back["child"] == [row for row in source["child"] if row["c_name"] in ids]
        for interview in before:
            assert restored.files.path(hashlib.sha256(interview.photo).hexdigest()).read_bytes() == interview.photo

        # The phones keep their addresses; what came after the backup is sent once more, and some of what came before.
        sent_again = before[:PHONES] + phones.received[len(before) :]
        for number, interview in enumerate(sent_again):
            interview.send(Phone(f"{server.url}/c/{phones.tokens[number % PHONES]}"))
        again = restored.export("people", tmp_path / "again.xlsx")
        assert answers_of(again["data"]) == answers_of(source["data"])
        assert restored.count("findings") == 0


class Phones:
    """Phones that send, each on its own, and what they were told has been received."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.received: list[Interview] = []
        self.failures: list[BaseException] = []

    @contextmanager
    def sending(self, url: str) -> Iterator[None]:
        stop = threading.Event()
        threads = [threading.Thread(target=self._work, args=(f"{url}/c/{token}", stop)) for token in self.tokens]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        assert not self.failures

    def _work(self, url: str, stop: threading.Event) -> None:
        phone = Phone(url)
        try:
            while not stop.is_set():
                interview = Interview()
                interview.send(phone)
                self.received.append(interview)
        except BaseException as error:
            self.failures.append(error)

    def wait_for(self, number: int) -> None:
        deadline = time.monotonic() + 120
        while len(self.received) < number and not self.failures and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(self.received) >= number


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[tuple[Survey, MortalServer]]:
    server = MortalServer(environment)
    survey = Survey(Config.from_environ(environment), server.url)
    server.start()
    try:
        yield survey, server
    finally:
        server.kill()
        survey.database.close()


def wipe(environment: dict[str, str]) -> None:
    """The disk is gone."""
    shutil.rmtree(environment["SURVEYAPP_DATA_DIR"])
    url = sqlalchemy.make_url(environment["SURVEYAPP_DATABASE_URL"])
    if url.get_backend_name() == "sqlite":
        for file in Path(url.database or "").parent.glob("survey.db*"):
            file.unlink()
        return
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("DROP SCHEMA public CASCADE"))
        connection.execute(sqlalchemy.text("CREATE SCHEMA public"))


def answers_of(sheet: list[dict[str, object]]) -> list[dict[str, object]]:
    """The answers, in an order that does not hang on when they came."""
    rows = [{name: value for name, value in row.items() if not name.startswith("_")} for row in sheet]
    return sorted(rows, key=repr)
