"""The base of the office pages, asked without a browser."""

import hashlib
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import html

from tests.house.source import ROOT

STATIC = ROOT / "surveyapp/web/static"
ADDRESSES = ["/", "/api/v1/docs", "/nothing", "/gallery/", "/gallery/nobody"]


def read(client: FlaskClient, address: str) -> html.HtmlElement:
    return html.fromstring(client.get(address).text)


def find(page: html.HtmlElement, path: str) -> list[Any]:
    found: Any = page.xpath(path)
    return list(found)


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_page_holds_script_or_style_of_its_own(client: FlaskClient, address: str) -> None:
    page = read(client, address)
    assert not find(page, "//style | //script[not(@src)] | //@style")
    assert not [name for element in page.iter() for name in element.attrib if str(name).startswith("on")]
    assert not find(page, "//script[not(@defer) and not(@type='module')]")


def test_the_policy_lets_nothing_in_from_elsewhere_and_evaluates_nothing(client: FlaskClient) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert "unsafe" not in policy
    assert not re.search(r"https?:|\*", policy)


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_page_has_one_heading_a_language_and_a_way_past_the_navigation(client: FlaskClient, address: str) -> None:
    page = read(client, address)
    assert page.get("lang") == "en"
    assert len(find(page, "//h1")) == 1
    assert find(page, "//title")[0].text.startswith(find(page, "//h1")[0].text_content())
    skip = find(page, "//body/a[1]")[0]
    assert find(page, f"//main[@id='{skip.get('href')[1:]}']")


def test_a_page_is_whole_when_nobody_is_signed_in(client: FlaskClient) -> None:
    page = read(client, "/")
    assert not find(page, "//nav[@class='places'] | //details[contains(@class, 'menu')]")
    assert not find(page, "//*[contains(text(), 'None') or contains(text(), 'Undefined')]")


def test_every_field_has_a_label_and_an_error_that_belongs_to_it(client: FlaskClient) -> None:
    page = read(client, "/gallery/")
    for field in find(page, "//main//input[not(@type='hidden')] | //main//select | //main//textarea"):
        assert find(page, f"//label[@for='{field.get('id')}']") or field.getparent().tag == "label"
    for identifier in find(page, "//@aria-describedby"):
        assert all(find(page, f"//*[@id='{one}']") for one in identifier.split())
    identifiers = find(page, "//@id")
    assert len(identifiers) == len(set(identifiers))


def test_a_part_that_is_refused_arrives_as_a_notice(client: FlaskClient) -> None:
    response = client.get("/gallery/part?refuse=1", headers={"HX-Request": "true"})
    assert response.status_code == 409
    assert response.headers["HX-Retarget"] == "#notices"
    assert "<html" not in response.text
    assert "Somebody else was quicker." in response.text


def test_what_others_wrote_is_what_they_published() -> None:
    rows = re.findall(r"^\| `([\w.-]+)` .*`([0-9a-f]{64})` \|$", (STATIC / "THIRD_PARTY.md").read_text(), re.MULTILINE)
    assert rows
    for name, digest in rows:
        assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == digest
