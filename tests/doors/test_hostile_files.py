"""Files made to harm whoever opens them: forms and workbooks on the server, media and attachments in a browser."""

import io
import re
import zipfile
from typing import Final

import openpyxl
import pytest
import requests

from tests.office import browser, person
from tests.people import PEOPLE, Survey, record

ON_SQLITE = pytest.mark.parametrize("database_url", [pytest.param("sqlite", marks=pytest.mark.sqlite)], indirect=True)


# -- readers of XML and of workbooks ----------------------------------------------------------------------------------
DOCTYPES: Final = {
    "external entity": '<!DOCTYPE d [<!ENTITY x SYSTEM "file://{secret}">]>',
    "parameter entity": '<!DOCTYPE d [<!ENTITY % x SYSTEM "file://{secret}"> %x;]>',
    "external subset": '<!DOCTYPE d SYSTEM "file://{secret}">',
    "laughs": '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY x "&a;&a;&a;&a;&a;&a;&a;">]>',
}
XFORM: Final = (
    '{doctype}<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">'
    "<h:head><h:title>{text}</h:title><model><instance><data id='evil' version='1'><a/></data></instance>"
    "<bind nodeset='/data/a' type='string'/></model></h:head><h:body><input ref='/data/a'><label>{text}</label></input>"
    "{more}</h:body></h:html>"
)


@ON_SQLITE
@pytest.mark.parametrize("doctype", DOCTYPES.values(), ids=DOCTYPES.keys())
def test_a_form_with_a_doctype_reads_no_file_and_does_not_grow(survey: Survey, doctype: str) -> None:
    secret = survey.config.data_dir / "owned"
    secret.write_text("what nobody shall read")
    content = XFORM.format(doctype=doctype.replace("{secret}", str(secret)), text="&x;", more="")
    url = f"{survey.url}/api/v1/projects/default/forms"
    answer = survey.api().post(url, files={"file": ("evil.xml", content)}, timeout=120)
    assert answer.status_code == 422
    assert "what nobody shall read" not in answer.text


@ON_SQLITE
@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ("xl/workbook.xml", "parameter entity"),
        ("xl/worksheets/sheet1.xml", "external subset"),
        ("xl/sharedStrings.xml", "external entity"),
        ("xl/sharedStrings.xml", "laughs"),
    ],
)
def test_a_workbook_with_a_doctype_reads_no_file_and_does_not_grow(survey: Survey, part: str, kind: str) -> None:
    secret = survey.config.data_dir / "owned"
    secret.write_text("what nobody shall read")
    made = openpyxl.Workbook()
    sheet = made.create_sheet("survey", 0)
    for row in (("type", "name", "label"), ("text", "a", "MARK")):
        sheet.append(row)
    plain, evil = io.BytesIO(), io.BytesIO()
    made.save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(evil, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name).decode()
            if name == part:
                head, sign, rest = content.rpartition("?>") if content.startswith("<?xml") else ("", "", content)
                content = head + sign + DOCTYPES[kind].replace("{secret}", str(secret)) + rest.replace("MARK", "&x;")
            target.writestr(name, content)
    url, api = f"{survey.url}/api/v1/projects/default/forms", survey.api()
    answer = api.post(url, files={"file": ("evil.xlsx", evil.getvalue())}, timeout=120)
    assert answer.status_code in (201, 422)
    said = answer.text
    if answer.status_code == 201:
        # An entity that is declared and not looked up does no harm.
        published = answer.json()
        said = api.get(f"{url}/{published['form_id']}/versions/{published['version']}/xform", timeout=60).text
    assert "what nobody shall read" not in said
    assert "aaaaaaaaaa" not in said


# -- files of forms and of submissions --------------------------------------------------------------------------------
ACTIVE: Final = {
    "page.html": b"<script>owned()</script>",
    "page.xhtml": b'<html xmlns="http://www.w3.org/1999/xhtml"><script>owned()</script></html>',
    "code.js": b"owned()",
    "code.mjs": b"owned()",
    "picture.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>owned()</script></svg>',
    "photo.jpg": b"<html><script>owned()</script></html>",
    "feed.xml": b'<h:html xmlns:h="http://www.w3.org/1999/xhtml"><h:script>owned()</h:script></h:html>',
    "paper.pdf": b"%PDF-1.4",
    "none": b"<script>owned()</script>",
}
# With these and nosniff a browser runs no script.
NO_SCRIPT: Final = re.compile(
    r"(image|audio|video)/.*|(text/(csv|xml)|application/(octet-stream|xml|json|geo\+json)).*"
)


def assert_locked_up(answer: requests.Response) -> None:
    assert answer.status_code == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert NO_SCRIPT.fullmatch(answer.headers["Content-Type"]), answer.headers["Content-Type"]
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy


@ON_SQLITE
def test_a_file_of_a_form_is_never_a_page_of_ours(survey: Survey) -> None:
    shown = "\n".join(f"| | note | n{number} | N | {name} |" for number, name in enumerate(ACTIVE))
    survey.publish(
        f"| survey | | | | |\n| | type | name | label | media::image |\n{shown}\n"
        "| settings | | |\n| | form_id | version |\n| | people | 1 |\n",
        media=ACTIVE,
    )
    phone = survey.phone()
    admin = browser(survey, person(survey, "ana", "admin"))
    version = survey.rows("SELECT max(id) FROM form_versions")[0][0]
    for name in ACTIVE:
        for answer in (
            phone.get(f"{phone.url}/forms/{version}/media/{name}"),
            admin.get(f"{survey.url}/p/default/forms/people/versions/1/media/{name}", timeout=60),
        ):
            assert_locked_up(answer)
            assert answer.headers["Content-Disposition"].startswith("attachment"), name
    assert_locked_up(phone.get(f"{phone.url}/forms/{version}/form.xml"))
    for path in ("source", "xform"):
        answer = admin.get(f"{survey.url}/p/default/forms/people/versions/1/{path}", timeout=60)
        assert answer.headers["Content-Disposition"].startswith("attachment")


@ON_SQLITE
def test_a_file_of_a_submission_is_never_a_page_of_ours(survey: Survey) -> None:
    survey.publish(PEOPLE)
    assert survey.phone().send(record("<name>A</name>", instance_id="uuid:1"), ACTIVE).status_code == 201
    admin = browser(survey, person(survey, "ana", "admin"))
    number = survey.rows("SELECT id FROM submissions")[0][0]
    api = survey.api()
    for name in ACTIVE:
        for http, address in (
            (admin, f"/p/default/forms/people/submissions/{number}/versions/1/files/{name}"),
            (api, f"/api/v1/projects/default/forms/people/submissions/uuid:1/attachments/{name}"),
        ):
            answer = http.get(survey.url + address, timeout=60)
            assert_locked_up(answer)
            assert answer.headers["Content-Type"] == "application/octet-stream"
            assert answer.headers["Content-Disposition"].startswith("attachment"), name
    for http, address in (
        (api, "/api/v1/projects/default/forms/people/submissions/uuid:1/record"),
        (admin, f"/p/default/forms/people/submissions/{number}/versions/1/record"),
    ):
        assert_locked_up(http.get(survey.url + address, timeout=60))
