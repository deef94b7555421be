"""A browser without scripts: it reads a page and sends the forms that stand on it, over real HTTP."""

from typing import Any

import requests
from lxml import html

from surveyapp.people.accounts import make_link
from surveyapp.store.accounts import get_account
from tests.office import browser
from tests.people import Survey, now

PASSWORD = "seven quiet herons wade"


class Visitor:
    """A browser as a person uses it: it reads a page and sends the forms that stand on it."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.http = requests.Session()
        self.http.trust_env = False
        self.page = html.Element("html")
        self.answer = requests.Response()

    def open(self, address: str) -> requests.Response:
        return self._read(self.http.get(self._absolute(address), timeout=60))

    def send(self, action: str, **answers: Any) -> requests.Response:
        """Fill in the form of this address as it stands on the page, and send it."""
        forms = [form for form in self.page.forms if (form.action or "") == action]
        assert forms, f"no form {action} among {[form.action for form in self.page.forms]}"
        fields: dict[str, Any] = {**dict(forms[0].form_values()), **answers}
        return self._read(self.http.post(self._absolute(action), data=fields, timeout=60))

    def text(self) -> str:
        return " ".join(self.page.text_content().split())

    def sign_in(self, login: str, password: str = PASSWORD, code: str = "") -> requests.Response:
        self.open("/sign-in")
        return self.send("/sign-in", login=login, password=password, code=code)

    def _absolute(self, address: str) -> str:
        return address if address.startswith("http") else self.survey.url + address

    def _read(self, answer: requests.Response) -> requests.Response:
        self.answer = answer
        self.page = html.fromstring(answer.text)
        return answer


def signed_in(survey: Survey, login: str) -> Visitor:
    visitor = Visitor(survey)
    visitor.http = browser(survey, login)
    return visitor


def with_password(survey: Survey, login: str) -> str:
    """Let a person set PASSWORD by a link."""
    with survey.database.begin() as session:
        secret = make_link(session, get_account(session, login), now())
    visitor = Visitor(survey)
    visitor.open(f"/link/{secret}")
    assert visitor.send(f"/link/{secret}", password=PASSWORD).status_code == 200
    return login


def actions(survey: Survey) -> list[str]:
    return [row[0] for row in survey.rows("SELECT action FROM audit_log ORDER BY id")]
