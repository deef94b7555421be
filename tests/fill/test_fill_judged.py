"""Records that the app makes of the reference survey: our server finds in them what the engine on the phone finds."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from surveyapp.config import Config
from surveyapp.validate.rules import CompiledRules, compile_rules
from surveyapp.xform.parse import parse_xform
from tests.fill.form_screen import Screen, build_page, screen_in, served
from tests.people import Phone, Survey, serving
from tests.validate.comparison import CONSENT
from tests.validate.reference import QUESTIONNAIRE, household_table
from tests.validate.steering import Steering

FORMS = Path(__file__).parents[2] / "forms"
CHECKS = {"required-missing": "required", "constraint-violated": "constraint"}
RECORDS = 8
# None of the answers breaks a rule on purpose; many do.
ODDITIES = (0.0, 0.5)
FIRST_ROW = re.compile(r"\[1\]")


@pytest.fixture
def screen(browser: Browser, tmp_path: Path) -> Iterator[Screen]:
    with served(build_page(tmp_path / "page")) as address, screen_in(browser, address) as found:
        yield found


@pytest.fixture
def survey(tmp_path: Path, sqlite_template: Path) -> Iterator[Survey]:
    (tmp_path / "survey.db").write_bytes(sqlite_template.read_bytes())
    settings = {
        "SURVEYAPP_DATABASE_URL": f"sqlite:///{tmp_path / 'survey.db'}",
        "SURVEYAPP_DATA_DIR": str(tmp_path / "data"),
    }
    config = Config.from_environ(settings)
    with serving(config) as url:
        found = Survey(config, url)
        yield found
        found.database.close()


@pytest.fixture
def phone(survey: Survey) -> Phone:
    """A phone with the app, where the reference survey is published."""
    workbook = (FORMS / f"{QUESTIONNAIRE}.xlsx").read_bytes()
    survey.publish(workbook, f"{QUESTIONNAIRE}.xlsx", {"households.csv": household_table()})
    found = survey.phone()
    found.http.headers["User-Agent"] = "Mozilla/5.0 (Linux; Android 14) Chrome/126.0"
    return found


def test_the_server_finds_in_a_record_of_the_app_what_the_engine_finds(
    screen: Screen, survey: Survey, phone: Phone
) -> None:
    address = re.search(r"<downloadUrl>([^<]+)", phone.form_list().text)
    assert address
    xform = phone.get(address[1]).text
    rules = compile_rules(parse_xform(xform.encode()), {"households.csv": household_table()})
    seen: Counter[str] = Counter()
    for number in range(RECORDS):
        for oddity in ODDITIES:
            # As a draft that is opened again: the engine computes what hangs on an answer, and writes the record.
            draft = {"xml": odd_record(rules, number, oddity), "files": []}
            screen.open(xform, media={"households.csv": household_table().decode()}, draft=draft)
            theirs = {(FIRST_ROW.sub("", path), kind) for path, kind in screen.complaints()}
            taken = screen.take()
            assert phone.send(taken["xml"]).status_code == 201
            findings = survey.findings(QUESTIONNAIRE, taken["instanceId"])
            ours = {(FIRST_ROW.sub("", found.path), CHECKS.get(found.check, found.check)) for found in findings}
            assert ours == theirs, number
            seen.update(kind for _, kind in theirs)
            seen["answers"] += len(re.findall(r"<(\w+)>[^<]+</\1>", taken["xml"]))
    assert seen["answers"] > RECORDS * len(ODDITIES) * 60
    assert seen["required"] > 10
    assert seen["constraint"] > 10, seen


def odd_record(rules: CompiledRules, seed: int, oddity: float) -> str:
    steering = Steering(rules, seed, oddity=oddity, fixed={**CONSENT, "photo": ""}, rows=2, dialect="xforms")
    xml = Steering.xml(steering.record()).decode()
    assert "instanceID" not in xml
    return xml.replace("</data>", f"<meta><instanceID>uuid:{seed}-{oddity}</instanceID></meta></data>")
