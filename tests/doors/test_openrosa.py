"""ODK Collect's side of OpenRosa over real HTTP: what it reads, and what would make it stumble."""

import hashlib
import itertools
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
import requests

from surveyapp.config import Config
from tests.people import PEOPLE, Phone, Survey, record, serving

LIST = "{http://openrosa.org/xforms/xformsList}"
MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"

WITH_FILES = """
| survey   |            |       |         |              |
|          | type       | name  | label   | media::image |
|          | note       | n1    | A       | a b.png      |
|          | note       | n2    | B       | 照片 é.png   |
|          | note       | n3    | C       | it's 100%#?.png |
|          | select_one_from_file list.csv | pick | Pick | |
| settings |            |       |         |              |
|          | form_title | form_id | version |            |
|          | Files & <more> | files 照 | 1   |            |
"""
FILES = {
    "a b.png": b"\x89PNG a",
    "照片 é.png": b"\x89PNG b",
    "it's 100%#?.png": b"\x89PNG c",
    "list.csv": b"name,label\n1,One\n",
}


ON_SQLITE = pytest.mark.parametrize("database_url", [pytest.param("sqlite", marks=pytest.mark.sqlite)], indirect=True)


def entries(response: requests.Response) -> list[dict[str, str]]:
    """The forms of a form list, read as strictly as Collect does."""
    assert response.status_code == 200
    assert response.content.startswith(b"<?xml")
    root = ElementTree.fromstring(response.content)
    assert root.tag == f"{LIST}xforms"
    found = []
    for xform in root:
        assert xform.tag == f"{LIST}xform"
        assert all(child.tag.startswith(LIST) for child in xform)
        entry = {child.tag.removeprefix(LIST): child.text or "" for child in xform}
        assert all(entry[name].strip() for name in ("formID", "name", "downloadUrl", "hash"))
        found.append(entry)
    return found


def media_files(response: requests.Response) -> list[dict[str, str]]:
    """The files of a manifest."""
    assert response.status_code == 200
    assert response.content.startswith(b"<?xml")
    root = ElementTree.fromstring(response.content)
    assert root.tag == f"{MANIFEST}manifest"
    return [{child.tag.removeprefix(MANIFEST): child.text or "" for child in file} for file in root]


def assert_openrosa(response: requests.Response) -> None:
    """What must stand on success and refusal alike."""
    assert response.headers["X-OpenRosa-Version"] == "1.0"
    assert int(response.headers["X-OpenRosa-Accept-Content-Length"]) == 10_000_000
    assert response.headers["Date"]
    assert not response.is_redirect


def numbered(form_id: str, version: str) -> str:
    return PEOPLE.replace("people ", f"{form_id} ", 1).replace("| 1            |", f"| {version} |")


# -- the list ---------------------------------------------------------------------------------------------------------
def test_collect_finds_a_form_and_its_hash_is_that_of_the_bytes_served(phone: Phone) -> None:
    listed = phone.form_list()
    assert_openrosa(listed)
    assert listed.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert listed.headers["Cache-Control"] == "no-store"
    [entry] = entries(listed)
    assert (entry["formID"], entry["name"], entry["version"]) == ("people", "People", "1")
    assert "manifestUrl" not in entry
    form = phone.get(entry["downloadUrl"])
    assert_openrosa(form)
    assert form.headers["Content-Type"].startswith("text/xml")
    assert entry["hash"] == f"md5:{hashlib.md5(form.content).hexdigest()}"


@ON_SQLITE
def test_the_list_answers_with_or_without_a_trailing_slash_and_with_unknown_parameters(phone: Phone) -> None:
    for url in (f"{phone.url}/formList", f"{phone.url}/formList/"):
        for response in (phone.get(url), phone.http.get(url, timeout=60, allow_redirects=False), phone.get(url, a="b")):
            assert len(entries(response)) == 1


@ON_SQLITE
def test_a_probe_of_the_list_is_204_and_without_a_body(phone: Phone) -> None:
    response = phone.http.head(f"{phone.url}/formList", timeout=60, allow_redirects=False)
    assert (response.status_code, response.content) == (204, b"")
    assert_openrosa(response)


def test_form_id_verbose_and_all_versions(survey: Survey, phone: Phone) -> None:
    survey.publish(numbered("people", "2"))
    survey.publish(numbered("second", "1"))
    assert [(e["formID"], e["version"]) for e in entries(phone.form_list())] == [("people", "2"), ("second", "1")]
    assert [e["formID"] for e in entries(phone.form_list(formID="second"))] == ["second"]
    assert entries(phone.form_list(formID="seco")) == []
    every = entries(phone.form_list(formID="people", listAllVersions="true"))
    assert [e["version"] for e in every] == ["1", "2"]
    assert len({e["hash"] for e in every}) == len({e["downloadUrl"] for e in every}) == 2
    assert "descriptionText" not in every[0]
    assert all(e["descriptionText"] for e in entries(phone.form_list(verbose="true")))


def test_a_new_version_shows_another_hash_and_the_old_one_stays_to_be_had(survey: Survey, phone: Phone) -> None:
    [before] = entries(phone.form_list())
    old = phone.get(before["downloadUrl"]).content
    survey.publish(numbered("people", "2"))
    [after] = entries(phone.form_list())
    assert before["hash"] != after["hash"]
    assert phone.get(before["downloadUrl"]).content == old


def test_a_closed_form_leaves_the_list_and_its_filled_records_are_taken(survey: Survey, phone: Phone) -> None:
    url = f"{survey.url}/api/v1/projects/default/forms/people"
    api = survey.api()
    assert api.patch(url, json={"state": "closed"}, timeout=60).json()["state"] == "closed"
    assert entries(phone.form_list()) == []
    assert phone.send(record("<name>Ana</name>")).status_code == 201
    api.patch(url, json={"state": "open"}, timeout=60)
    assert len(entries(phone.form_list())) == 1


@ON_SQLITE
def test_a_form_without_a_title_does_not_void_the_list(survey: Survey) -> None:
    form = (
        '<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head><h:title/>'
        '<model><instance><data id="untitled" version="1"><a/><meta><instanceID/></meta></data></instance>'
        '<bind nodeset="/data/a" type="string"/></model></h:head>'
        '<h:body><input ref="/data/a"><label>A</label></input></h:body></h:html>'
    )
    survey.publish(form, "form.xml")
    [entry] = entries(survey.phone().form_list())
    assert entry["name"] == "untitled"


def test_of_another_project_a_phone_sees_nothing(survey: Survey, phone: Phone) -> None:
    survey.create_project("other")
    stranger = survey.phone("stranger", "other")
    assert entries(stranger.form_list()) == []
    [entry] = entries(phone.form_list())
    theirs = entry["downloadUrl"].replace(urlsplit(phone.url).path, urlsplit(stranger.url).path)
    for url in (theirs, theirs.replace("form.xml", "manifest"), theirs.replace("form.xml", "media/list.csv")):
        response = stranger.get(url)
        assert response.status_code == 404
        assert_openrosa(response)
        assert response.headers["Content-Type"].startswith("text/xml")
    assert stranger.send(record("<name>Ana</name>")).status_code == 404
    survey.publish(PEOPLE.replace("People ", "Persons"), project="other")
    assert stranger.send(record("<name>Eva</name>")).status_code == 201
    assert survey.rows("SELECT name FROM data_other_people") == [("Eva",)]
    assert survey.count("data_people") == 0


def test_what_is_not_there_is_a_404_in_openrosa_xml(phone: Phone) -> None:
    for path in (
        "/forms/99/form.xml",
        "/forms/99999999999999999999999/form.xml",
        "/forms/x/form.xml",
        "/forms/1/media/none.png",
        "/forms/1/media/a%00b",
        "/nothing",
        "/formList/%00",
        "/forms/1/media/..%2F..%2Fsecret_key",
    ):
        response = phone.get(phone.url + path)
        assert response.status_code == 404, path
        assert_openrosa(response)
        assert response.content.startswith(b"<?xml")
        assert "OpenRosaResponse" in response.text


def test_odd_query_texts_find_no_form(phone: Phone) -> None:
    for odd in ("%00", "%ff", "%ed%a0%80", "'", "%25"):
        response = phone.http.get(f"{phone.url}/formList?formID={odd}&deviceID=%00%ff", timeout=60)
        assert entries(response) == []


# -- files ------------------------------------------------------------------------------------------------------------
@ON_SQLITE
def test_the_manifest_names_every_file_with_its_md5_and_an_address_that_works(survey: Survey) -> None:
    survey.publish(WITH_FILES, media=FILES)
    phone = survey.phone()
    [entry] = entries(phone.form_list())
    manifest = phone.get(entry["manifestUrl"])
    assert_openrosa(manifest)
    assert manifest.headers["Content-Type"] == "text/xml; charset=utf-8"
    listed = media_files(manifest)
    assert {file["filename"] for file in listed} == set(FILES)
    for file in listed:
        content = FILES[file["filename"]]
        assert file["hash"] == f"md5:{hashlib.md5(content).hexdigest()}"
        assert file["downloadUrl"].isascii()
        assert " " not in file["downloadUrl"]
        response = phone.get(file["downloadUrl"])
        assert response.content == content
        assert_openrosa(response)


@ON_SQLITE
def test_a_file_that_has_not_changed_is_304(survey: Survey) -> None:
    survey.publish(WITH_FILES, media=FILES)
    phone = survey.phone()
    [entry] = entries(phone.form_list())
    url = media_files(phone.get(entry["manifestUrl"]))[0]["downloadUrl"]
    first = phone.get(url)
    again = phone.http.get(url, headers={"If-None-Match": first.headers["ETag"]}, timeout=60)
    assert (again.status_code, again.content) == (304, b"")
    assert phone.http.get(url, headers={"If-None-Match": '"other"'}, timeout=60).status_code == 200


@ON_SQLITE
def test_a_form_whose_files_have_not_come_has_no_manifest_entry_for_them(survey: Survey) -> None:
    survey.publish(WITH_FILES, media={"list.csv": FILES["list.csv"]})
    phone = survey.phone()
    [entry] = entries(phone.form_list())
    assert [file["filename"] for file in media_files(phone.get(entry["manifestUrl"]))] == ["list.csv"]


# -- addresses --------------------------------------------------------------------------------------------------------
def addresses(phone: Phone) -> list[str]:
    [entry] = entries(phone.form_list())
    files = media_files(phone.get(phone.url + urlsplit(entry["manifestUrl"]).path.partition(phone.url[-43:])[2]))
    return [entry["downloadUrl"], entry["manifestUrl"], *(file["downloadUrl"] for file in files)]


@pytest.mark.sqlite
def test_addresses_carry_the_public_url(tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "survey.db"
    path.write_bytes(sqlite_template.read_bytes())
    settings = {"SURVEYAPP_PUBLIC_URL": "https://survey.example.org/base/", "SURVEYAPP_DATA_DIR": str(tmp_path)}
    config = Config.from_environ({**settings, "SURVEYAPP_DATABASE_URL": f"sqlite:///{path}"})
    with serving(config) as url:
        survey = Survey(config, url)
        survey.publish(WITH_FILES, media=FILES)
        found = addresses(survey.phone())
        survey.database.close()
    assert len(found) == 6
    assert all(address.startswith("https://survey.example.org/base/c/") for address in found)


@pytest.mark.sqlite
@pytest.mark.parametrize("proxies", ["0", "1"])
def test_behind_a_tls_proxy_addresses_are_the_outer_ones_when_proxies_are_trusted(
    tmp_path: Path, sqlite_template: Path, proxies: str
) -> None:
    path = tmp_path / "survey.db"
    path.write_bytes(sqlite_template.read_bytes())
    settings = {"SURVEYAPP_PROXIES": proxies, "SURVEYAPP_DATA_DIR": str(tmp_path)}
    config = Config.from_environ({**settings, "SURVEYAPP_DATABASE_URL": f"sqlite:///{path}"})
    with serving(config) as url:
        survey = Survey(config, url)
        survey.publish(WITH_FILES, media=FILES)
        phone = survey.phone()
        phone.http.headers.update(
            {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "h.example", "X-Forwarded-For": "1.2.3.4"}
        )
        found = addresses(phone)
        survey.database.close()
    outer = "https://h.example/c/" if proxies == "1" else f"{url}/c/"
    assert all(address.startswith(outer) for address in found)


# -- submissions ------------------------------------------------------------------------------------------------------
@ON_SQLITE
def test_the_probe_before_a_submission_is_204_without_location(phone: Phone) -> None:
    for method, slash in itertools.product(("HEAD", "GET"), ("", "/")):
        url = f"{phone.url}/submission{slash}?deviceID=collect%3Aabc"
        response = phone.http.request(method, url, timeout=60, allow_redirects=False)
        assert (response.status_code, response.content) == (204, b"")
        assert "Location" not in response.headers
        assert_openrosa(response)


@ON_SQLITE
def test_a_submission_to_a_trailing_slash_is_taken(survey: Survey, phone: Phone) -> None:
    parts = {"xml_submission_file": ("r.xml", record("<name>Ana</name>"), "text/xml")}
    response = phone.http.post(f"{phone.url}/submission/", files=parts, timeout=60, allow_redirects=False)
    assert response.status_code == 201
    assert survey.count("data_people") == 1


def test_every_answer_to_a_submission_is_xml_from_its_first_byte(phone: Phone) -> None:
    sent = record("<name>Ana</name>", instance_id="uuid:1")
    answers = [phone.send(sent), phone.send(sent), phone.send(record("<name>B</name>", instance_id="uuid:1"))]
    answers += [phone.send("<broken"), phone.send(record("", form="no such"))]
    assert [answer.status_code for answer in answers] == [201, 202, 409, 400, 404]
    for answer in answers:
        assert_openrosa(answer)
        assert answer.headers["Content-Type"].startswith("text/xml")
        assert answer.content.startswith(b"<?xml")
        root = ElementTree.fromstring(answer.content)
        assert root.tag == "{http://openrosa.org/http/response}OpenRosaResponse"
        assert root[0].text


@ON_SQLITE
def test_a_chunked_upload_is_taken(survey: Survey, phone: Phone) -> None:
    """OkHttp states a length; the specification says to take this too."""
    request = requests.Request(
        "POST", f"{phone.url}/submission", files={"xml_submission_file": ("r.xml", record("<name>Ana</name>"))}
    )
    prepared = phone.http.prepare_request(request)
    body = prepared.body
    assert isinstance(body, bytes)
    headers = {"Content-Type": prepared.headers["Content-Type"]}
    response = phone.http.post(
        f"{phone.url}/submission", data=iter([body[:50], body[50:]]), headers=headers, timeout=60
    )
    assert response.status_code == 201
    assert survey.count("data_people") == 1


def test_the_whole_sequence_of_collect_with_a_retry_after_a_lost_answer(survey: Survey) -> None:
    survey.publish(PEOPLE)
    survey.publish(WITH_FILES, media=FILES)
    phone = survey.phone()
    for entry in entries(phone.form_list()):
        form = phone.get(entry["downloadUrl"])
        assert hashlib.md5(form.content).hexdigest() == entry["hash"].removeprefix("md5:")
        for file in media_files(phone.get(entry["manifestUrl"])) if "manifestUrl" in entry else []:
            assert hashlib.md5(phone.get(file["downloadUrl"]).content).hexdigest() == file["hash"][4:]
    sent = record("<name>Ana</name><photo>2.jpg</photo>", instance_id="uuid:1")
    photos = [{f"{number}.jpg": str(number).encode()} for number in range(3)]
    assert phone.ask().status_code == 204
    assert phone.send(sent, photos[0], incomplete=True).status_code == 201
    assert phone.send(sent, photos[1], incomplete=True).status_code == 201
    # The answer to the second part is lost, so that the phone begins again at its next round.
    assert phone.ask().status_code == 204
    statuses = [phone.send(sent, part, incomplete=number < 2).status_code for number, part in enumerate(photos)]
    assert statuses == [202, 202, 201]
    assert survey.count("submission_versions") == 1
    assert survey.rows("SELECT name FROM submission_attachments ORDER BY name") == [("0.jpg",), ("1.jpg",), ("2.jpg",)]
    assert survey.findings("people", "uuid:1") == []
