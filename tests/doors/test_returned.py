"""What the office sends back reaches the phone of whoever shall mend it, and nobody else's."""

from urllib.parse import urlsplit

from tests.doors.review_office import HOUSE as FORM
from tests.doors.review_office import Office, answers, house
from tests.office import person, team_phone
from tests.people import Phone, Survey


def ask(phone: Phone, path: str) -> str:
    answer = phone.get(f"{phone.url.rsplit('/c/', 1)[0]}{urlsplit(path).path}")
    assert answer.status_code == 200
    return answer.text


def test_a_returned_submission_comes_with_its_remarks_record_and_files_and_goes_when_it_is_mended(
    survey: Survey,
) -> None:
    survey.publish(FORM)
    person(survey, "ming", "enumerator")
    person(survey, "other", "enumerator")
    first, second = team_phone(survey, "old", "ming", "North"), team_phone(survey, "new", "ming", "North")
    stranger = team_phone(survey, "theirs", "other", "North")
    sent = house("uuid:1", f"{answers()}<photo>p.jpg</photo>")
    assert first.send(sent, {"p.jpg": b"\xff\xd8\xff"}).status_code == 201
    office = Office(survey)
    assert first.get(f"{first.url}/returned").json() == {"returned": []}
    questions = [{"path": "/data/age", "text": "Ask again"}]
    assert office.decide("uuid:1", "returned", comment="Visit her", questions=questions).status_code == 200
    assert stranger.get(f"{stranger.url}/returned").json() == {"returned": []}
    # Also on the phone that the person has now.
    (one,) = second.get(f"{second.url}/returned").json()["returned"]
    assert (one["instance_id"], one["reason"]) == ("uuid:1", "Visit her\n/data/age: Ask again")
    assert (one["form"]["form_id"], one["form"]["version"]) == ("house", "1")
    assert ask(second, one["record_url"]) == sent
    assert [file["name"] for file in one["files"]] == ["p.jpg"]
    assert second.get(second.url.rsplit("/c/", 1)[0] + urlsplit(one["files"][0]["url"]).path).content == b"\xff\xd8\xff"
    assert "<h:title>House</h:title>" in ask(second, one["form"]["download_url"])
    number = urlsplit(one["record_url"]).path.split("/")[-2]
    assert stranger.get(f"{stranger.url}/returned/{number}/record").status_code == 404
    mended = house("uuid:2", f"{answers(age=31)}<photo>p.jpg</photo>", deprecated_id="uuid:1")
    assert second.send(mended).status_code == 201
    assert second.get(f"{second.url}/returned").json() == {"returned": []}
    assert office.review("uuid:1")["state"] == "corrected"


def test_what_the_office_edited_before_it_was_returned_still_reaches_the_phone_that_sent_it(survey: Survey) -> None:
    survey.publish(FORM)
    phone, stranger = survey.phone("of nobody"), survey.phone("another of nobody")
    assert phone.send(house("uuid:1")).status_code == 201
    office = Office(survey)
    assert office.edit("uuid:1", 1, {"/data/age": "31"}).status_code == 200
    assert office.decide("uuid:1", "returned", comment="Visit her").status_code == 200
    (one,) = phone.get(f"{phone.url}/returned").json()["returned"]
    assert "<age>31</age>" in ask(phone, one["record_url"])
    assert stranger.get(f"{stranger.url}/returned").json() == {"returned": []}
