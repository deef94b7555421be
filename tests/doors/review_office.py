"""An office that reviews over HTTP, and the form that it reviews."""

from typing import Any

import requests

from surveyapp.people.programs import grant_api_token
from surveyapp.store.projects import get_project
from tests.people import Survey, now, record

HOUSE = """
| survey   |              |        |        |          |            |           |                     |             |
|          | type         | name   | label  | required | constraint | relevant  | calculation         | repeat_count |
|          | text         | name   | Name   | yes      |            |           |                     |             |
|          | integer      | age    | Age    |          | . < 130    |           |                     |             |
|          | text         | school | School |          |            | ${age}<20 |                     |             |
|          | calculate    | double |        |          |            |           | ${age} * 2          |             |
|          | calculate    | four   |        |          |            |           | ${double} * 2       |             |
|          | image        | photo  | Photo  |          |            |           |                     |             |
|          | begin repeat | child  | Child  |          |            |           |                     |             |
|          | integer      | c_age  | Age    |          |            |           |                     |             |
|          | end repeat   |        |        |          |            |           |                     |             |
| settings |              |        |        |          |            |           |                     |             |
|          | form_title   | form_id | version |         |            |           |                     |             |
|          | House        | house  | 1      |          |            |           |                     |             |
"""


def answers(name: str = "A", age: int | str = 30) -> str:
    return f"<name>{name}</name><age>{age}</age><double>{int(age) * 2}</double><four>{int(age) * 4}</four>"


def house(instance_id: str, body: str | None = None, **more: Any) -> str:
    return record(answers() if body is None else body, form="house", instance_id=instance_id, **more)


class Office:
    """A program with some scopes."""

    def __init__(self, survey: Survey, name: str = "office", *scopes: str) -> None:
        with survey.database.begin() as session:
            project = get_project(session, "default")
            token = grant_api_token(session, project, name, now(), scopes=scopes or ("read", "review", "remove"))
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers["Authorization"] = f"Bearer {token}"
        self.url = f"{survey.url}/api/v1/projects/default/forms/house"

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        return self.http.request(method, f"{self.url}/{path}", json=body, params=query, timeout=60)

    def review(self, instance_id: str) -> dict[str, Any]:
        answer = self.ask("GET", f"submissions/{instance_id}/review")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def decide(self, instance_id: str, to: str, **more: Any) -> requests.Response:
        return self.ask("POST", f"submissions/{instance_id}/review", {"to": to, **more})

    def edit(self, instance_id: str, base: int, changes: dict[str, str], **more: Any) -> requests.Response:
        return self.ask("PATCH", f"submissions/{instance_id}/answers", {"base": base, "changes": changes, **more})
