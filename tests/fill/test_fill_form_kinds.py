"""Every type of question and appearance, answered by hand in a browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from surveyapp.config import Config
from tests.browser import find_barriers
from tests.fill.form_cases import CASES, LABEL, LABEL_ZH, Case
from tests.fill.form_fixtures import FOLDER, xform_of
from tests.fill.form_screen import Screen, build_page, content_of, screen_in, served
from tests.people import Survey, serving

INSTANCE_ID = re.compile(r"uuid:[0-9a-f-]{36}")
by_name = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(build_page(tmp_path_factory.mktemp("page"))) as url:
        yield url


@pytest.fixture(scope="module")
def screen(browser: Browser, address: str) -> Iterator[Screen]:
    with screen_in(browser, address) as found:
        yield found


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Survey]:
    folder = tmp_path_factory.mktemp("server")
    (folder / "survey.db").write_bytes(request.getfixturevalue("sqlite_template").read_bytes())
    settings = {
        "SURVEYAPP_DATABASE_URL": f"sqlite:///{folder / 'survey.db'}",
        "SURVEYAPP_DATA_DIR": str(folder / "data"),
    }
    config = Config.from_environ(settings)
    with serving(config) as url:
        found = Survey(config, url)
        yield found
        found.database.close()


def test_the_xforms_of_the_javascript_tests_are_those_of_their_tables() -> None:
    for source in sorted(FOLDER.glob("*.md")):
        assert source.with_suffix(".xml").read_text("utf-8") == xform_of(source.read_text("utf-8")), source.name


@by_name
def test_an_answer_reaches_the_server_as_the_engine_writes_it_and_nothing_is_odd(
    case: Case, screen: Screen, survey: Survey
) -> None:
    survey.publish(case.table(), f"{case.name}.md")
    phone = survey.phone(case.name)
    phone.http.headers["User-Agent"] = "Mozilla/5.0 (Linux; Android 14) Chrome/126.0"
    form_id = f"case_{case.name}"
    listed = phone.form_list().text
    address = re.search(rf"<formID>{form_id}</formID>.*?<downloadUrl>([^<]+)", listed, re.DOTALL)
    assert address
    xform = phone.get(address[1]).text

    screen.open(xform)
    case.answer(screen.question(LABEL))
    taken = screen.take()

    assert taken["violations"] == 0
    assert screen.errors() == []
    assert [file["type"] for file in taken["files"]] == ([case.file] if case.file else [])
    if not case.file:
        expected = screen.by_engine(xform, {"/data/q": case.engine})
        assert INSTANCE_ID.sub("", taken["xml"]) == INSTANCE_ID.sub("", expected)
        assert "<q/>" not in expected
    files = {file["name"]: content_of(file) for file in taken["files"]}
    assert phone.send(taken["xml"], files).status_code == 201
    assert survey.findings(form_id, taken["instanceId"]) == []


@by_name
def test_nobody_is_shut_out_empty_wrong_or_answered(case: Case, screen: Screen, tmp_path: Path) -> None:
    for language, label in (("en", LABEL), ("zh", LABEL_ZH)):
        screen.open(xform_of(case.table()), language)
        assert find_barriers(screen.page) == []
        screen.next()
        assert len(screen.errors()) == 1
        assert find_barriers(screen.page) == []
        case.answer(screen.question(label))
        assert find_barriers(screen.page) == []
        assert screen.errors() == []
        # To be looked at: pytest keeps the folders of its last runs.
        screen.page.screenshot(path=tmp_path / f"{case.name}.{language}.png", full_page=True)


def test_a_photo_is_made_as_small_as_the_form_wants_it(screen: Screen) -> None:
    case = next(one for one in CASES if one.name == "image")
    screen.open(xform_of(case.table()))
    case.answer(screen.question(LABEL))
    size = screen.page.locator("figure img").evaluate("(image) => [image.naturalWidth, image.naturalHeight]")
    assert size == [600, 450]
