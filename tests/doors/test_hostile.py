"""Hostile and broken input: what cannot be kept is refused in the caller's dialect, what can be kept is kept; the
server lives.
"""

import io
import zipfile
from collections.abc import Iterator

import pytest
import requests

from tests.people import PEOPLE, Phone, Survey, record

GOOD = record("<name>Ana</name>", instance_id="uuid:good")

UNREADABLE = {
    "entity bomb": '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    '<data id="people">&b;</data>',
    "external entity": '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    '<data id="people"><name>&x;</name></data>',
    "undeclared entity": '<data id="people"><name>&x;</name></data>',
    "20,000 nested tags": "<a>" * 20_000,
    "20,000 nested tags, closed": '<data id="people">' + "<a>" * 20_000 + "</a>" * 20_000 + "</data>",
    "truncated": GOOD[:-30],
    "junk after the root": GOOD + "<more/>",
    "text after the root": GOOD + "junk",
    "NUL": GOOD.replace("Ana", "A\x00na"),
    "control character": GOOD.replace("Ana", "A\x08na"),
    "character reference to a control character": GOOD.replace("Ana", "A&#8;na"),
    "invalid UTF-8": GOOD.encode().replace(b"Ana", b"A\xff\xfena"),
    "lone surrogate": GOOD.encode().replace(b"Ana", b"A\xed\xa0\x80na"),
    "unknown encoding": '<?xml version="1.0" encoding="klingon"?><data id="people"/>',
    "no form id": "<data><name>Ana</name></data>",
    "empty": "",
    "not XML": "hello",
    "HTML": "<!doctype html><html></html>",
}


@pytest.fixture
def watched(survey: Survey, phone: Phone) -> Iterator[Phone]:
    """A phone whose misdeeds leave nothing behind, and leave the server able to take the next good record."""
    yield phone
    assert survey.count("submission_versions") == 0
    assert survey.count("data_people") == 0
    assert phone.send(GOOD).status_code == 201


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_cannot_be_read_is_a_400_in_openrosa_xml(watched: Phone, content: str | bytes) -> None:
    response = watched.send(content)
    assert response.status_code == 400
    assert response.headers["Content-Type"].startswith("text/xml")
    assert "<message>" in response.text


def test_a_record_for_an_unknown_form_is_a_404_and_its_files_are_not_kept(watched: Phone, survey: Survey) -> None:
    response = watched.send(record("<name>Ana</name>", form="nobody"), {"a.jpg": b"picture"})
    assert response.status_code == 404
    assert "nobody" in response.text
    assert [path for path in survey.files.folder.rglob("*") if path.is_file()] == []


def test_a_record_of_100_megabytes_is_a_413(watched: Phone) -> None:
    content = b'<data id="people"><name>' + b"x" * 100_000_000 + b"</name></data>"
    assert watched.send(content).status_code == 413


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=x", b""),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="xml_submission_file"; filename="a.xml"\r\n\r\n<data',
        ),
        ("multipart/form-data; boundary=x", b"--y\r\n\r\n--y--\r\n"),
        ("multipart/form-data; boundary=x", b"\x00\xff" * 1000),
        ("multipart/form-data", GOOD.encode()),
        ("text/xml", GOOD.encode()),
        ("application/x-www-form-urlencoded", b"a=b"),
        ("", GOOD.encode()),
    ],
)
def test_broken_multipart_is_a_400(watched: Phone, kind: str, body: bytes) -> None:
    headers = {"Content-Type": kind} if kind else {}
    response = watched.http.post(f"{watched.url}/submission", data=body, headers=headers, timeout=60)
    assert response.status_code == 400
    assert "<OpenRosaResponse" in response.text


def test_an_upload_cut_off_in_a_file_keeps_nothing(watched: Phone) -> None:
    head = f'--x\r\nContent-Disposition: form-data; name="xml_submission_file"; filename="a.xml"\r\n\r\n{GOOD}\r\n'
    cut = head + '--x\r\nContent-Disposition: form-data; name="a.jpg"; filename="a.jpg"\r\n\r\npict'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    assert (
        watched.http.post(f"{watched.url}/submission", data=cut.encode(), headers=headers, timeout=60).status_code
        == 400
    )


def test_a_missing_xml_part_is_a_400(watched: Phone) -> None:
    response = watched.http.post(f"{watched.url}/submission", files={"other": ("a.jpg", b"x")}, timeout=60)
    assert response.status_code == 400
    assert "xml_submission_file" in response.text


KEPT = {
    "ISO-8859-1": (
        '<?xml version="1.0" encoding="ISO-8859-1"?><data id="people" version="1"><name>Zoé</name></data>'
    ).encode("latin-1"),
    "UTF-16": '<?xml version="1.0" encoding="UTF-16"?><data id="people" version="1"><name>Zoé</name></data>'.encode(
        "utf-16"
    ),
    "byte order mark": b"\xef\xbb\xbf" + '<data id="people" version="1"><name>Zoé</name></data>'.encode(),
    "blank line first": '\n <?xml version="1.0"?><data id="people" version="1"><name>Zoé</name></data>'.encode(),
    "CDATA": '<data id="people" version="1"><name><![CDATA[Zoé]]></name></data>'.encode(),
    "no version": '<data id="people"><name>Zoé</name></data>'.encode(),
}


@pytest.mark.parametrize("content", KEPT.values(), ids=KEPT.keys())
def test_odd_but_readable_records_are_kept_byte_for_byte(survey: Survey, phone: Phone, content: bytes) -> None:
    assert phone.send(content).status_code == 201
    assert survey.rows("SELECT name FROM data_people") == [("Zoé",)]
    assert bytes(survey.rows("SELECT content FROM submission_versions")[0][0]) == content


@pytest.mark.parametrize(
    "instance_id", ["", " ", "../../etc/passwd", "'; DROP TABLE forms; --", "x" * 5000, "uuid:é照", "a\nb"]
)
def test_odd_instance_ids_are_kept_once(survey: Survey, phone: Phone, instance_id: str) -> None:
    sent = record("<name>Ana</name>", instance_id=instance_id)
    assert [phone.send(sent).status_code for _ in range(2)] == [201, 202]
    assert survey.count("data_people") == 1


@pytest.mark.parametrize(
    "answer", ["=1+1", "\u202e", "𝒳" * 100, "x" * 40_000, "99999999999999999999", "1e999", "NaN", "-0"]
)
def test_odd_answers_are_kept(survey: Survey, phone: Phone, answer: str) -> None:
    assert phone.send(record(f"<name>{answer}</name><age>{answer}</age>")).status_code == 201
    assert survey.rows("SELECT name FROM data_people") == [(answer,)]


def test_files_that_the_record_does_not_name_are_kept(survey: Survey, phone: Phone) -> None:
    assert phone.send(record("<name>Ana</name>"), {"stray.jpg": b"x"}).status_code == 201
    assert survey.rows("SELECT name FROM submission_attachments") == [("stray.jpg",)]


def test_the_record_may_come_as_a_plain_field(survey: Survey, phone: Phone) -> None:
    response = phone.http.post(f"{phone.url}/submission", files={"xml_submission_file": (None, GOOD)}, timeout=60)
    assert response.status_code == 201
    assert survey.count("data_people") == 1


def test_a_zip_bomb_as_workbook_is_refused_before_it_is_opened(survey: Survey) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 300_000_000)
    url = f"{survey.url}/api/v1/projects/default/forms"
    response = survey.api().post(url, files={"file": ("bomb.xlsx", bomb.getvalue())}, timeout=120)
    assert response.status_code in (413, 422)
    assert response.headers["Content-Type"] == "application/problem+json"


# -- dialects ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "kind"),
    [("/c/{token}", "text/xml"), ("/api/v1", "application/problem+json"), ("", "text/html")],
)
def test_404_and_405_answer_in_the_callers_dialect(survey: Survey, path: str, kind: str) -> None:
    survey.publish(PEOPLE)
    base = survey.url + path.format(token=survey.phone().url.rpartition("/")[2])
    missing = requests.get(f"{base}/nothing/here", timeout=60)
    assert missing.status_code == 404
    assert missing.headers["Content-Type"].startswith(kind)
    there = {"text/xml": "/formList", "application/problem+json": "/projects/default/forms", "text/html": "/health"}[
        kind
    ]
    wrong = requests.put(base + there, timeout=60)
    assert wrong.status_code == 405
    assert wrong.headers["Content-Type"].startswith(kind)
    assert "GET" in wrong.headers["Allow"]


def test_an_unknown_or_revoked_token_is_a_403_that_tells_what_to_do(survey: Survey, phone: Phone) -> None:
    assert Phone(f"{survey.url}/c/nonsense").form_list().status_code == 403
    survey.revoke("phone")
    for response in (phone.form_list(), phone.ask(), phone.send(GOOD)):
        assert response.status_code == 403
        assert response.headers["X-OpenRosa-Version"] == "1.0"
    assert survey.count("submission_versions") == 0
