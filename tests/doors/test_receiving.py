"""Every row of the table of duplicates and edits, as phones see it."""

import threading
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import requests

from tests.office import browser, person
from tests.people import Phone, Survey, record

TOLD = "{http://openrosa.org/http/response}message"


def message(response: requests.Response) -> str:
    assert response.content.startswith(b"<?xml")
    return ElementTree.fromstring(response.content).findtext(TOLD) or ""


def test_a_new_record_is_201_and_in_the_answer_tables(survey: Survey, phone: Phone) -> None:
    answers = "<name>Ana</name><age>31</age><child><c_name>Bo</c_name><c_age>4</c_age></child>"
    response = phone.send(record(answers))
    assert response.status_code == 201
    assert message(response) == "Form received."
    assert survey.rows("SELECT name, age FROM data_people") == [("Ana", 31)]
    assert survey.rows("SELECT c_name, c_age, _ordinal FROM data_people_child") == [("Bo", 4, 1)]


def test_the_same_bytes_again_are_202_and_stored_once(survey: Survey, phone: Phone) -> None:
    sent = record("<name>Ana</name><photo>a.jpg</photo>")
    phone.send(sent, {"a.jpg": b"picture"})
    assert phone.send(sent, {"a.jpg": b"picture"}).status_code == 202
    assert survey.count("submission_versions") == 1
    assert survey.count("submission_attachments") == 1


def test_the_same_bytes_with_a_new_file_are_201_and_the_file_is_added(survey: Survey, phone: Phone) -> None:
    sent = record("<name>Ana</name><photo>a.jpg</photo>", instance_id="uuid:1")
    assert phone.send(sent, incomplete=True).status_code == 201
    assert [finding.check for finding in survey.findings("people", "uuid:1")] == ["attachment-missing"]
    assert phone.send(sent, {"a.jpg": b"picture"}).status_code == 201
    assert survey.findings("people", "uuid:1") == []
    assert survey.count("submission_attachments") == 1


def test_other_bytes_under_the_same_id_are_409_and_kept_beside_the_first(survey: Survey, phone: Phone) -> None:
    phone.send(record("<name>Ana</name>", instance_id="uuid:1"))
    other = record("<name>Eva</name>", instance_id="uuid:1")
    for _ in range(2):
        response = phone.send(other)
        assert response.status_code == 409
        assert "name" in message(response)
    assert survey.rows("SELECT name FROM data_people") == [("Ana",)]
    assert survey.rows("SELECT kind, count(*) FROM submission_versions GROUP BY kind ORDER BY kind") == [
        ("conflict", 1),
        ("original", 1),
    ]


def test_a_conflict_copy_shows_in_the_export_as_a_finding(survey: Survey, phone: Phone, tmp_path: Path) -> None:
    phone.send(record("<name>Ana</name>", instance_id="uuid:1"))
    phone.send(record("<name>Eva</name>", instance_id="uuid:1"))
    sheets = survey.export("people", tmp_path / "out.xlsx")
    assert [row["name"] for row in sheets["data"]] == ["Ana"]
    assert any("conflict" in str(value) for row in sheets["findings"] for value in row.values())


def test_other_bytes_under_the_same_file_name_are_kept_as_a_copy(survey: Survey, phone: Phone) -> None:
    sent = record("<name>Ana</name><photo>a.jpg</photo>", instance_id="uuid:1")
    phone.send(sent, {"a.jpg": b"first"})
    assert phone.send(sent, {"a.jpg": b"second"}).status_code == 201
    assert phone.send(sent, {"a.jpg": b"second"}).status_code == 202
    assert survey.rows("SELECT size, conflict FROM submission_attachments ORDER BY id") == [(5, False), (6, True)]
    assert "file-conflict" in [finding.check for finding in survey.findings("people", "uuid:1")]


def test_an_edit_of_the_current_version_becomes_current(survey: Survey, phone: Phone) -> None:
    phone.send(record("<name>Ana</name><child><c_name>Bo</c_name></child>", instance_id="uuid:1"))
    edit = record("<name>Ana B</name>", instance_id="uuid:2", deprecated_id="uuid:1")
    assert phone.send(edit).status_code == 201
    assert phone.send(edit).status_code == 202
    assert survey.rows("SELECT name FROM data_people") == [("Ana B",)]
    assert survey.count("data_people_child") == 0
    assert survey.count("submissions") == 1
    assert survey.count("submission_versions") == 2


def test_an_edit_takes_over_the_files_that_it_still_names(survey: Survey, phone: Phone) -> None:
    phone.send(record("<name>Ana</name><photo>a.jpg</photo>", instance_id="uuid:1"), {"a.jpg": b"picture"})
    phone.send(record("<name>Eva</name><photo>a.jpg</photo>", instance_id="uuid:2", deprecated_id="uuid:1"))
    assert survey.findings("people", "uuid:2") == []
    assert survey.count("submission_attachments") == 2


def test_a_photo_that_comes_after_the_edit_reaches_the_edit(survey: Survey, phone: Phone) -> None:
    sent = record("<name>Ana</name><photo>a.jpg</photo>", instance_id="uuid:1")
    phone.send(sent, incomplete=True)
    phone.send(record("<name>Eva</name><photo>a.jpg</photo>", instance_id="uuid:2", deprecated_id="uuid:1"))
    assert [finding.check for finding in survey.findings("people", "uuid:2")] == ["attachment-missing"]
    assert phone.send(sent, {"a.jpg": b"picture"}).status_code == 201
    assert survey.findings("people", "uuid:2") == []


def test_an_edit_of_a_replaced_version_is_409_and_kept(survey: Survey, phone: Phone) -> None:
    phone.send(record("<name>Ana</name>", instance_id="uuid:1"))
    phone.send(record("<name>Eva</name>", instance_id="uuid:2", deprecated_id="uuid:1"))
    stale = record("<name>Ida</name>", instance_id="uuid:3", deprecated_id="uuid:1")
    for _ in range(2):
        response = phone.send(stale)
        assert response.status_code == 409
        assert "name" in message(response)
    assert survey.rows("SELECT name FROM data_people") == [("Eva",)]
    assert survey.rows("SELECT kind FROM submission_versions ORDER BY number") == [
        ("original",),
        ("edit",),
        ("stale_edit",),
    ]


def test_an_edit_that_arrives_before_its_original_is_kept_and_stays_current(survey: Survey, phone: Phone) -> None:
    assert phone.send(record("<name>Eva</name>", instance_id="uuid:2", deprecated_id="uuid:1")).status_code == 201
    assert [finding.check for finding in survey.findings("people", "uuid:2")] == ["unknown-original"]
    original = record("<name>Ana</name>", instance_id="uuid:1")
    assert phone.send(original).status_code == 201
    assert phone.send(original).status_code == 202
    assert survey.rows("SELECT name FROM data_people") == [("Eva",)]
    assert survey.count("submissions") == 1
    assert survey.findings("people", "uuid:2") == []


def test_edits_that_overtake_the_one_they_edit_come_into_their_order_when_it_arrives(
    survey: Survey, phone: Phone
) -> None:
    assert phone.send(record("<name>Ana</name>", instance_id="uuid:1")).status_code == 201
    third = record("<name>Eva</name><photo>e.jpg</photo>", instance_id="uuid:3", deprecated_id="uuid:2")
    assert phone.send(third, {"e.jpg": b"\xff\xd8\xff"}).status_code == 201
    fourth = record("<name>Fay</name><photo>e.jpg</photo><shoe>42</shoe>", instance_id="uuid:4", deprecated_id="uuid:3")
    assert phone.send(fourth).status_code == 201
    assert survey.count("submissions") == 2
    arrived = survey.rows("SELECT instance_id, received_at FROM submission_versions ORDER BY instance_id")
    second = record("<name>Ida</name>", instance_id="uuid:2", deprecated_id="uuid:1")
    assert [phone.send(second).status_code for _ in range(2)] == [201, 202]
    assert survey.rows("SELECT name FROM data_people") == [("Fay",)]
    assert survey.count("submissions") == 1
    versions = survey.rows("SELECT number, kind, instance_id FROM submission_versions ORDER BY number")
    assert versions == [(1, "original", "uuid:1")] + [(n, "edit", f"uuid:{n}") for n in (2, 3, 4)]
    assert arrived[1:] == [
        row
        for row in survey.rows("SELECT instance_id, received_at FROM submission_versions ORDER BY instance_id")
        if row[0] in ("uuid:3", "uuid:4")
    ]
    assert [finding.check for finding in survey.findings("people", "uuid:4")] == ["unknown-question"]
    assert survey.count("submission_attachments") == 2
    assert phone.send(fourth).status_code == 202


def test_an_overtaking_edit_that_is_under_review_stays_apart_with_a_finding(survey: Survey, phone: Phone) -> None:
    phone.send(record("<name>Ana</name>", instance_id="uuid:1"))
    phone.send(record("<name>Eva</name>", instance_id="uuid:3", deprecated_id="uuid:2"))
    supervisor = browser(survey, person(survey, "sita", role="admin"))
    number = survey.rows("SELECT id FROM submissions WHERE instance_id = 'uuid:3'")[0][0]
    page = f"{survey.url}/p/default/forms/people/submissions/{number}"
    assert supervisor.post(f"{page}/comments", data={"text": "Is this the same house?"}, timeout=60).status_code == 200
    assert phone.send(record("<name>Ida</name>", instance_id="uuid:2", deprecated_id="uuid:1")).status_code == 201
    assert sorted(survey.rows("SELECT name FROM data_people")) == [("Eva",), ("Ida",)]
    assert [finding.check for finding in survey.findings("people", "uuid:3")] == ["original-apart"]


def test_of_two_edits_before_their_original_the_second_is_kept_as_stale(survey: Survey, phone: Phone) -> None:
    assert phone.send(record("<name>Eva</name>", instance_id="uuid:2", deprecated_id="uuid:1")).status_code == 201
    stale = record("<name>Ida</name>", instance_id="uuid:3", deprecated_id="uuid:1")
    assert [phone.send(stale).status_code for _ in range(2)] == [409, 409]
    assert phone.send(record("<name>Ana</name>", instance_id="uuid:1")).status_code == 201
    assert survey.rows("SELECT name FROM data_people") == [("Eva",)]
    assert survey.rows("SELECT kind FROM submission_versions ORDER BY number") == [
        ("original",),
        ("stale_edit",),
        ("predecessor",),
    ]


def test_rows_keep_their_keys_through_an_edit(survey: Survey, phone: Phone) -> None:
    def children(*names: str) -> str:
        return "<name>Ana</name>" + "".join(f"<child><c_name>{name}</c_name></child>" for name in names)

    phone.send(record(children("Bo", "Cy", "Di"), instance_id="uuid:1"))
    phone.send(record(children("Cy", "Di", "Ed"), instance_id="uuid:2", deprecated_id="uuid:1"))
    rows = dict(survey.rows("SELECT c_name, _row_key FROM data_people_child"))
    assert [rows[name].rpartition("-")[2] for name in ("Cy", "Di", "Ed")] == ["2", "3", "2.1"]


def test_the_key_of_a_row_that_went_is_never_given_again(survey: Survey, phone: Phone) -> None:
    phone.send(record("<name>Ana</name><child><c_name>Bo</c_name></child>", instance_id="uuid:1"))
    phone.send(record("<name>Ana</name>", instance_id="uuid:2", deprecated_id="uuid:1"))
    edit = record("<name>Ana</name><child><c_name>Cy</c_name></child>", instance_id="uuid:3", deprecated_id="uuid:2")
    assert phone.send(edit).status_code == 201
    assert survey.rows("SELECT c_name, _row_key FROM data_people_child") == [("Cy", "1/child-3.1")]


def test_questions_asked_and_left_blank_are_told_from_those_not_asked(survey: Survey, phone: Phone) -> None:
    phone.send(record("<name>Ana</name><age/><child><c_name>Bo</c_name><c_age></c_age></child>"))
    assert survey.rows("SELECT _blank FROM data_people") == [("age",)]
    assert survey.rows("SELECT _blank FROM data_people_child") == [("c_age",)]


def test_a_record_of_an_unknown_version_is_kept_with_a_finding(survey: Survey, phone: Phone) -> None:
    sent = record("<name>Ana</name><shoe>42</shoe>", version="9", instance_id="uuid:1")
    assert phone.send(sent).status_code == 201
    assert {finding.check for finding in survey.findings("people", "uuid:1")} >= {"unknown-version", "unknown-question"}
    assert survey.rows("SELECT name, _extra FROM data_people") == [("Ana", '{"/data/shoe": "42"}')]


def test_a_record_without_instance_id_is_kept_once(survey: Survey, phone: Phone) -> None:
    sent = record("<name>Ana</name>", instance_id="")
    assert phone.send(sent).status_code == 201
    assert phone.send(sent).status_code == 202
    assert survey.count("data_people") == 1


def test_a_split_submission_of_250_files_arrives_whole(survey: Survey, phone: Phone) -> None:
    sent = record("<name>Ana</name><photo>0.jpg</photo>", instance_id="uuid:1")
    names = [f"{number}.jpg" for number in range(250)]
    for start in range(0, 250, 100):
        part = {name: name.encode() for name in names[start : start + 100]}
        assert phone.send(sent, part, incomplete=start < 200).status_code == 201
    assert survey.count("submission_attachments") == 250


@pytest.mark.parametrize("name", ["with space.jpg", 'quo"te.jpg', "phöto 照片.jpg", "../../etc/passwd", "a\\b.jpg"])
def test_odd_file_names_match_the_record(survey: Survey, phone: Phone, name: str) -> None:
    escaped = name.replace("&", "&amp;")
    sent = record(f"<name>Ana</name><photo>{escaped}</photo>", instance_id="uuid:1")
    boundary = "----okhttp"
    quoted = name.replace('"', "%22")
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="xml_submission_file"; filename="r.xml"\r\n'
        f"Content-Type: text/xml\r\nContent-Length: {len(sent.encode())}\r\n\r\n{sent}\r\n"
        f'--{boundary}\r\nContent-Disposition: form-data; name="{quoted}"; filename="{quoted}"\r\n'
        f"Content-Type: image/jpeg\r\nContent-Length: 3\r\n\r\njpg\r\n--{boundary}--\r\n"
    )
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    assert (
        phone.http.post(f"{phone.url}/submission", data=body.encode(), headers=headers, timeout=60).status_code == 201
    )
    assert survey.rows("SELECT name FROM submission_attachments") == [(name,)]
    assert survey.findings("people", "uuid:1") == []


def test_eight_phones_racing_the_same_retry_store_it_once(survey: Survey, phone: Phone) -> None:
    sent = record("<name>Ana</name><photo>a.jpg</photo><child><c_name>Bo</c_name></child>")
    statuses: list[int] = []
    barrier = threading.Barrier(8)

    def race() -> None:
        racer = Phone(phone.url)
        barrier.wait()
        statuses.append(racer.send(sent, {"a.jpg": b"picture"}).status_code)

    run_at_once(race, 8)
    assert sorted(statuses) == [201] + [202] * 7
    assert [survey.count(table) for table in ("submissions", "submission_versions", "submission_attachments")] == [
        1,
        1,
        1,
    ]
    assert [survey.count(table) for table in ("data_people", "data_people_child")] == [1, 1]


def test_of_eight_racing_edits_one_wins_and_the_others_are_kept(survey: Survey, phone: Phone) -> None:
    phone.send(record("<name>Ana</name>", instance_id="uuid:1"))
    statuses: list[int] = []
    barrier = threading.Barrier(8)
    numbers = iter(range(8))

    def race() -> None:
        edit = record(f"<name>Edit {next(numbers)}</name>", deprecated_id="uuid:1")
        barrier.wait()
        statuses.append(Phone(phone.url).send(edit).status_code)

    run_at_once(race, 8)
    assert sorted(statuses) == [201] + [409] * 7
    assert survey.count("submission_versions") == 9
    assert survey.count("data_people") == 1


def run_at_once(job: Any, number: int) -> None:
    threads = [threading.Thread(target=job) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
