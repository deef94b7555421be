"""De-identified exports on the pages: an admin confirms what answers give away; a file with a risk needs a reason."""

import re
import time

import requests

from tests.office import browser, person
from tests.pages.data_office import working
from tests.people import PEOPLE, Survey, record

OPEN = {"kind": "deidentified", "format": "csv"}


def confirm(admin: requests.Session, page: str, **changed: str) -> requests.Response:
    """Confirm the classes as the page shows them, some of them `changed` by the name of their question."""
    shown = admin.get(f"{page}/protection", timeout=60).text
    names = re.findall(r'name="(class:[^"]+)"', shown)
    chosen = re.findall(r'<select class="input" id="class:.*?</select>', shown, re.DOTALL)
    guessed = [re.findall(r'value="(\w+)" selected', select)[0] for select in chosen]
    fields = dict(zip(names, guessed, strict=True))
    assert fields
    fields |= {name: pii for name in names for question, pii in changed.items() if name.endswith(f"/{question}")}
    fields = {name: pii for name, pii in fields.items() if pii != "-"}
    return admin.post(f"{page}/protection", data={**fields, "places": "drop", "dates": "month"}, timeout=60)


def outcome(survey: Survey) -> tuple[str, str]:
    with working(survey):
        for _ in range(600):
            state, error = survey.rows("SELECT state, error FROM exports ORDER BY created_at DESC")[0]
            if state not in ("queued", "running"):
                return state, error
            time.sleep(0.05)
    raise AssertionError(state)


def test_a_deidentified_export_needs_the_classes_that_an_admin_confirms(survey: Survey) -> None:
    survey.publish(PEOPLE)
    phone = survey.phone()
    assert phone.send(record("<name>Ada</name><age>40</age>", instance_id="uuid:1")).status_code == 201
    for login, role in (("supervisor", "supervisor"), ("admin", "admin")):
        person(survey, login, role)
    page = f"{survey.url}/p/default/forms/people/exports"
    admin, supervisor = browser(survey, "admin"), browser(survey, "supervisor")
    refused = admin.post(page, data=OPEN, timeout=60)
    assert refused.status_code == 422
    assert "Nobody has confirmed" in refused.text
    assert supervisor.get(f"{page}/protection", timeout=60).status_code == 403
    assert confirm(admin, page, age="-").status_code == 422
    assert survey.count("confirmed_protections") == 0
    assert confirm(admin, page, age="indirect").status_code == 200
    [(who, content)] = survey.rows("SELECT confirmed_by, content FROM confirmed_protections")
    assert who == "admin"
    assert re.search(r"""/age['"]: ['"]indirect""", str(content))
    assert survey.count("audit_log WHERE action = 'protection.confirmed'") == 1
    # One household shares its age with nobody.
    assert admin.post(page, data=OPEN, timeout=60).ok
    state, error = outcome(survey)
    assert (state, "k < 3" in error) == ("failed", True)
    reason = {**OPEN, "accept_risk": "For our own records"}
    supervisor_asked = supervisor.post(page, data=reason, timeout=60)
    assert supervisor_asked.status_code == 403
    assert admin.post(page, data=reason, timeout=60).ok
    assert outcome(survey) == ("done", "")
    noted = survey.rows("SELECT detail FROM audit_log WHERE action = 'export.asked' ORDER BY id")
    assert ["own records" in str(detail) for (detail,) in noted] == [False, True]
