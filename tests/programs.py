"""Who speaks JSON in the tests: a program with an API token."""

import json
from typing import Any

import requests

from tests.people import Survey


class Program:
    """A program with an API token of the project, and the form `people` that it asks about."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.http = survey.api()
        self.project = f"{survey.url}/api/v1/projects/default"
        self.form = f"{self.project}/forms/people"

    def send(self, body: Any) -> requests.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        return self.http.post(f"{self.form}/submissions", data=content, headers=headers, timeout=60)

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.http.get(f"{self.form}/{path}", params=query, timeout=60)


def one(name: str, instance_id: str | None = None, **more: Any) -> dict[str, Any]:
    ids = {} if instance_id is None else {"instance_id": instance_id}
    return {"version": "1", **ids, **more, "answers": {"name": name}}


def assert_problem(response: requests.Response, status: int, code: str | None = None) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body["type"].endswith(body["code"])
    assert body["title"]
    assert body["detail"]
    assert code is None or body["code"] == code
    return body
