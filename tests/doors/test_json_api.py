"""Records over the JSON API: in, out, and refused."""

import hashlib
from typing import Any
from urllib.parse import quote

import pytest

from tests.people import record
from tests.programs import Program, assert_problem, one

ON_SQLITE = pytest.mark.parametrize("database_url", [pytest.param("sqlite", marks=pytest.mark.sqlite)], indirect=True)


# -- one record -------------------------------------------------------------------------------------------------------
def test_a_record_is_kept_as_it_was_sent_and_spread_as_one_in_xml(program: Program) -> None:
    sent = (
        b'{ "version":"1", "instance_id":"uuid:1",\r\n "answers": {"name": "\\u7167\xe7\x85\xa7", "age": 31.0e0,'
        b' "child": [{"c_name": "Bo", "c_age": 4}, {"c_name": "Cy"}]} }'
    )
    response = program.send(sent)
    assert response.status_code == 201
    assert response.json() == {"status": 201, "outcome": "new", "instance_id": "uuid:1"}
    assert program.get("submissions/uuid:1/record").content == sent
    assert program.survey.rows("SELECT name, age FROM data_people") == [("照照", None)]
    assert program.survey.rows("SELECT c_name, c_age FROM data_people_child ORDER BY _position") == [
        ("Bo", 4),
        ("Cy", None),
    ]
    told = program.get("submissions/uuid:1").json()
    assert [(finding["question"], finding["value"]) for finding in told["findings"]] == [("age", "31.0e0")]


def test_the_table_of_duplicates_and_edits_is_that_of_xml(program: Program) -> None:
    first, edit = one("Ana", "uuid:1"), one("Eva", "uuid:2", deprecated_id="uuid:1")
    answers = [
        program.send(body)
        for body in (first, first, one("Ida", "uuid:1"), edit, edit, one("Isa", "uuid:3", deprecated_id="uuid:1"))
    ]
    assert [answer.status_code for answer in answers] == [201, 202, 409, 201, 202, 409]
    assert_problem(answers[2], 409, "submission-conflict")
    stale = assert_problem(answers[5], 409, "stale-edit")
    assert stale["errors"] == [{"path": "/data/name"}]
    told = program.get("submissions/uuid:1").json()
    assert told["instance_id"] == "uuid:2"
    assert [version["kind"] for version in told["versions"]] == ["original", "conflict", "edit", "stale_edit"]
    assert [version["current"] for version in told["versions"]] == [False, False, True, False]
    assert program.survey.rows("SELECT name FROM data_people") == [("Eva",)]


def test_an_edit_in_json_of_a_record_in_xml_becomes_current(program: Program) -> None:
    phone = program.survey.phone()
    phone.send(record("<name>Ana</name>", instance_id="uuid:1"))
    assert program.send(one("Eva", "uuid:2", deprecated_id="uuid:1")).status_code == 201
    assert program.survey.rows("SELECT name FROM data_people") == [("Eva",)]


# -- a batch ----------------------------------------------------------------------------------------------------------
def test_each_record_of_a_batch_has_a_result_of_its_own(program: Program) -> None:
    batch = [
        one("Ana", "uuid:1"),
        {"answers": 7},
        one("Ana", "uuid:1"),
        one("Eva", "uuid:1"),
        one("Bo"),
        "text",
        one("Cy", shoe=1),
    ]
    response = program.send(batch)
    assert response.status_code == 207
    items = response.json()["items"]
    assert [item["status"] for item in items] == [201, 422, 202, 409, 201, 422, 422]
    assert [item["outcome"] for item in items] == ["new", "refused", "same", "conflict", "new", "refused", "refused"]
    assert items[1]["problem"]["code"] == "invalid-fields"
    assert items[3]["problem"]["code"] == "submission-conflict"
    assert sorted(program.survey.rows("SELECT name FROM data_people")) == [("Ana",), ("Bo",)]


@ON_SQLITE
def test_an_empty_batch_is_answered(program: Program) -> None:
    assert program.send([]).json() == {"items": []}


# -- odd input --------------------------------------------------------------------------------------------------------
UNREADABLE = {
    "empty": b"",
    "truncated": b'{"answers": {"name": "A',
    "not JSON": b"<data/>",
    "NaN": b'{"answers": {"age": NaN}}',
    "two documents": b'{"answers": {}}{"answers": {}}',
    "invalid UTF-8": b'{"answers": {"name": "\xff\xfe"}}',
    "deep": b"[" * 100_000,
    "deep objects": b'{"a":' * 50_000,
}
WRONG_SHAPE = {
    "no answers": {"version": "1"},
    "text": "text",
    "number": 3,
    "null": None,
    "answers a list": {"answers": []},
    "unknown field": {"answers": {}, "shoe": 1},
    "version an object": {"answers": {}, "version": {}},
    "mixed list": {"answers": {"child": [{"c_name": "Bo"}, 3]}},
    "list in a list": {"answers": {"child": [["a"]]}},
}


@ON_SQLITE
def test_what_cannot_be_read_is_a_400_and_a_wrong_shape_a_422(program: Program) -> None:
    for what, content in UNREADABLE.items():
        assert assert_problem(program.send(content), 400, "bad-json"), what
    for what, body in WRONG_SHAPE.items():
        assert assert_problem(program.send(body), 422, "invalid-fields"), what
    nested: Any = "x"
    for _ in range(200):
        nested = {"g": nested}
    assert_problem(program.send({"answers": nested}), 422)
    assert program.survey.count("submission_versions") == 0
    assert program.send(one("Ana")).status_code == 201


def test_a_record_over_the_limit_is_a_413(program: Program) -> None:
    big = b'{"answers": {"name": "' + b"x" * 21_000_000 + b'"}}'
    assert_problem(program.send(big), 413, "too-large")
    batch = b"[" + big + b', {"answers": {"name": "Ana"}}]'
    assert [item["status"] for item in program.send(batch).json()["items"]] == [413, 201]


def test_nul_and_lone_surrogates_anywhere_are_kept_readable(program: Program) -> None:
    bad = ("A\\u0000B", "A\\ud800B")
    for number, text in enumerate(bad):
        for body in (
            f'{{"instance_id": "uuid:{number}a", "answers": {{"name": "{text}"}}}}',
            f'{{"instance_id": "uuid:{number}b", "answers": {{"{text}": "x", "name": "y"}}}}',
            f'{{"instance_id": "uuid:{number}c", "answers": {{"age": "{text}", "child": [{{"{text}": {{"a": 1}}}}]}}}}',
            f'{{"instance_id": "{number}d{text}", "instance_name": "{text}", "version": "{text}", "answers": {{}}}}',
            f'{{"instance_id": "uuid:{number}e", "deprecated_id": "{number}{text}", "answers": {{"name": "z"}}}}',
        ):
            response = program.send(body.encode())
            assert response.status_code == 201, body
            assert program.send(body.encode()).status_code == 202, body
            raw = program.get(f"submissions/{response.json()['instance_id']}/record").content
            assert raw == body.encode()
            batch = program.send(f"[{body}]".encode()).json()["items"]
            assert batch[0]["status"] in (202, 409)
    assert program.survey.rows("SELECT name FROM data_people ORDER BY _submission_id")[0] == ("A\ufffdB",)
    assert program.get("submissions").status_code == 200


@ON_SQLITE
def test_odd_addresses_are_a_404(program: Program) -> None:
    for path in (
        "submissions/none",
        "submissions/a%00b",
        "submissions/none/record",
        "submissions/none/attachments/a",
        "exports/none",
        "exports/a%00",
        "exports/none/file",
        "versions/9/xform",
        "changes/1/9",
    ):
        assert_problem(program.http.get(f"{program.form}/{path}", timeout=60), 404)
    for form in ("none", "a%00b", "%ff"):
        assert_problem(program.http.get(f"{program.project}/forms/{form}", timeout=60), 404)
    assert_problem(program.http.delete(f"{program.form}/submissions", timeout=60), 405)
    assert_problem(program.http.patch(program.form, json={"state": "ajar"}, timeout=60), 422, "invalid-fields")
    assert_problem(program.http.patch(program.form, json=[], timeout=60), 422)
    assert_problem(
        program.http.patch(program.form, data=b"{", headers={"Content-Type": "application/json"}, timeout=60), 400
    )


# -- reading ----------------------------------------------------------------------------------------------------------
def test_submissions_are_listed_page_by_page(program: Program) -> None:
    program.send([one(f"N{number}", f"uuid:{number}") for number in range(7)])
    seen: list[str] = []
    after: int | None = 0
    while after is not None:
        page = program.get("submissions", after=after, limit=3).json()
        assert len(page["items"]) <= 3
        seen += [item["instance_id"] for item in page["items"]]
        after = page["next"]
    assert seen == [f"uuid:{number}" for number in range(7)]
    for query in ({"limit": 0}, {"limit": 1001}, {"after": "x"}, {"after": 10**30}, {"after": -(10**30)}):
        assert_problem(program.get("submissions", **query), 422, "invalid-fields")


def test_files_come_after_their_record_and_are_given_back(program: Program) -> None:
    program.send({"instance_id": "uuid:1", "version": "1", "answers": {"name": "Ana", "photo": 'phöto "1".jpg'}})
    assert [f["check"] for f in program.get("submissions/uuid:1").json()["findings"]] == ["attachment-missing"]
    url = f"{program.form}/submissions/uuid:1/attachments"
    name, content = 'phöto "1".jpg', b"\xff\xd8 picture"
    first = program.http.post(url, files={"f": (name, content, "image/jpeg")}, timeout=60)
    again = program.http.post(url, files={"f": (name, content, "image/jpeg")}, timeout=60)
    other = program.http.post(url, files={"f": (name, b"other", "image/jpeg")}, timeout=60)
    assert [r.status_code for r in (first, again, other)] == [201, 202, 201]
    told = program.get("submissions/uuid:1").json()
    assert [f["check"] for f in told["findings"]] == ["file-conflict"]
    assert [(a["name"], a["conflict"]) for a in told["attachments"]] == [(name, False), (name, True)]
    assert told["attachments"][0]["sha256"] == hashlib.sha256(content).hexdigest()
    fetched = program.http.get(f"{url}/{quote(name)}", timeout=60)
    assert fetched.content == content
    assert fetched.headers["Content-Disposition"].startswith("attachment")
    assert fetched.headers["X-Content-Type-Options"] == "nosniff"
    assert_problem(program.http.post(url, data=b"x", timeout=60), 400, "bad-multipart")
    assert_problem(program.http.post(url.replace("uuid:1", "uuid:9"), files={"f": (name, content)}, timeout=60), 404)
