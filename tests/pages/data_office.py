"""A household form, an office of two teams with their phones, and the process for long work."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import requests

from surveyapp.store.database import Database
from surveyapp.store.files import Files
from surveyapp.worker import make_worker
from tests.office import browser, person, team_phone
from tests.people import Survey, record

HOUSEHOLD = """
| survey   |                      |          |                             |                   |          |            |
|          | type                 | name     | label::English (en)         | label::中文 (zh)  | required | constraint |
|          | text                 | hh_name  | Name of the head            | 户主姓名          | yes      |            |
|          | select_one village   | village  | Village of ${hh_name}       | ${hh_name}的村    |          |            |
|          | geopoint             | place    | Where the house stands      | 房屋位置          |          |            |
|          | image                | photo    | Photo of the house          | 房屋照片          |          |            |
|          | begin group          | money    | Income                      | 收入              |          |            |
|          | integer              | income   | Income of ${hh_name}        | ${hh_name}的收入  |          | . >= 0     |
|          | end group            |          |                             |                   |          |            |
|          | begin repeat         | member   | Members                     | 家庭成员          |          |            |
|          | text                 | m_name   | Name                        | 姓名              |          |            |
|          | integer              | m_age    | Age of ${m_name}            | ${m_name}的年龄   |          |            |
|          | end repeat           |          |                             |                   |          |            |
| choices  |                      |          |                             |                   |          |            |
|          | list_name            | name     | label::English (en)         | label::中文 (zh)  |          |            |
|          | village              | 1        | Upper                       | 上村              |          |            |
|          | village              | 2        | Lower                       | 下村              |          |            |
| settings |                      |          |                             |                   |          |            |
|          | form_title           | form_id  | version                     | instance_name     |          |            |
|          | Household            | people   | 1                           | ${hh_name}        |          |            |
"""
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 32


def answers(name: str, income: int = 10) -> str:
    return (
        f"<hh_name>{name}</hh_name><village>2</village><place>25.1 102.7 1900 5</place><photo>house.jpg</photo>"
        f"<money><income>{income}</income></money><member><m_name>A</m_name><m_age>40</m_age></member>"
        "<member><m_name>B</m_name><m_age>7</m_age></member>"
    )


class Office:
    """A survey of two teams, with one submission of each."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        survey.publish(HOUSEHOLD)
        survey.create_project("other")
        for team in ("a", "b"):
            person(survey, f"enumerator-{team}", "enumerator", team=team)
            person(survey, f"supervisor-{team}", "supervisor", team=team)
        person(survey, "admin", "admin")
        person(survey, "stranger", "admin", project="other")
        self.phones = {team: team_phone(survey, f"phone {team}", f"enumerator-{team}", team) for team in ("a", "b")}
        self.form = f"{survey.url}/p/default/forms/people"
        for team in ("a", "b"):
            self.send(team, f"Head {team}", f"uuid:{team}")
        self.numbers = {
            instance[-1]: number for number, instance in survey.rows("SELECT id, instance_id FROM submissions")
        }

    def send(self, team: str, name: str, instance_id: str, **more: str) -> None:
        said = f"<orx:instanceName>{name}</orx:instanceName></orx:meta>"
        content = record(answers(name), instance_id=instance_id, **more).replace("</orx:meta>", said)
        sent = self.phones[team].send(content, {"house.jpg": JPEG})
        assert sent.status_code in (201, 409)

    def who(self, login: str) -> requests.Session:
        return browser(self.survey, login)


@contextmanager
def working(survey: Survey) -> Iterator[None]:
    """The process for long work, as a thread."""
    database, files = Database(survey.config.database_url), Files(survey.config.files_dir)
    worker = make_worker(survey.config, database, files)
    stop = Event()

    def run() -> None:
        while not stop.is_set():
            task = worker.queue.dequeue()
            if task is None:
                time.sleep(0.02)
            else:
                worker.queue.execute(task)

    thread = Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        database.close()
        worker.queue.storage.close()
