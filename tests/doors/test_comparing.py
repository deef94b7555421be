"""What supervisors need to compare copies that were kept, and answers that came by another version of the form."""

from pathlib import Path

import requests

from tests.people import Phone, Survey, record

V2 = """
| survey   |      |       |       |         |
|          | type | name  | label |         |
|          | text | name  | Name  |         |
| settings |      |       |       |         |
|          | form_title | form_id | version | |
|          | People     | people  | 2       | |
"""


def test_every_copy_can_be_read_and_its_finding_stands_with_the_submission(survey: Survey, phone: Phone) -> None:
    phone.send(record("<name>Ana</name>", instance_id="uuid:1"))
    other = record("<name>Eva</name>", instance_id="uuid:1")
    phone.send(other)
    phone.send(record("<name>Ida</name>", instance_id="uuid:2", deprecated_id="uuid:1"))
    stale = record("<name>Una</name>", instance_id="uuid:3", deprecated_id="uuid:1")
    phone.send(stale)
    api, base = survey.api(), f"{survey.url}/api/v1/projects/default/forms/people/submissions"
    told = api.get(f"{base}/uuid:3", timeout=60).json()
    kinds = {version["number"]: version["kind"] for version in told["versions"]}
    assert kinds == {1: "original", 2: "conflict", 3: "edit", 4: "stale_edit"}
    assert {(finding["check"], finding["version"]) for finding in told["findings"]} == {
        ("conflict", 2),
        ("stale-edit", 4),
    }
    assert api.get(f"{base}/uuid:1/versions/2/record", timeout=60).text == other
    assert api.get(f"{base}/uuid:1/versions/4/record", timeout=60).text == stale
    assert api.get(f"{base}/uuid:1/versions/9/record", timeout=60).status_code == 404


def test_copies_count_among_the_errors_of_their_submission(survey: Survey, phone: Phone, tmp_path: Path) -> None:
    phone.send(record("<name>Ana</name>", instance_id="uuid:1"))
    phone.send(record("<name>Eva</name>", instance_id="uuid:1"))
    assert [row["_findings_error"] for row in survey.export("people", tmp_path / "out.xlsx")["data"]] == [1]


def test_an_answer_to_a_question_of_another_version_goes_to_its_column(survey: Survey, phone: Phone) -> None:
    survey.publish(V2)
    phone.send(record("<name>Ana</name><age>31</age>", version="2", instance_id="uuid:1"))
    phone.send(record("<name>Eva</name><age>x</age>", version="2", instance_id="uuid:2"))
    assert survey.rows("SELECT name, age, _extra FROM data_people ORDER BY _submission_id") == [
        ("Ana", 31, None),
        ("Eva", None, '{"/data/age": "x"}'),
    ]
    assert [finding.check for finding in survey.findings("people", "uuid:1")] == ["unknown-question"]


def test_the_address_of_a_phone_says_in_a_browser_that_it_is_valid(survey: Survey, phone: Phone) -> None:
    assert "ODK Collect" in requests.get(phone.url, timeout=60).text
    assert requests.get(f"{survey.url}/c/nonsense", timeout=60).status_code == 403
