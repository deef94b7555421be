"""Forty interviews of the reference survey, odd ones among them, from the phones to the clean workbook: reviewed,
corrected, cleaned by rules and by the work log, and each of the forty accounted for at the end.
"""

import re
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import openpyxl

from surveyapp.cli.simulate import FIRST_DAY
from surveyapp.config import Config
from surveyapp.people.projects import create_project
from surveyapp.simulate.interviews import SimulatedRecord, simulate_interviews
from tests.browser import Journey, visiting
from tests.office import browser as signed_in
from tests.office import person, team_phone
from tests.people import Survey, now, prepared_form, read_sheets
from tests.servers import first_start

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FORMS = Path(__file__).parents[2] / "forms"
FORM, FILE, REGISTER = "livelihood_space", "livelihood_space.xlsx", "households.csv"
INTERVIEWS = 40

# What is put into the record of this number: the question, and what stands in it then.
ODD: Final = {
    8: ("x_edu_12m", "987654321"),  # breaks the rule of the form
    10: ("m_age", "150"),  # the same, in the roster
    12: ("x_gift_12m", "9999"),  # "don't know" by a code that the form does not have
    14: ("gps", "38.9 111.1 1200 4.5"),  # a village far away
    25: ("gps", "37.63 111.18 1242.6 45"),  # a position that is not precise
    31: ("h_area_n", "590"),  # a decimal point that was not typed
    34: ("end", "2026-10-17T14:18:00.000+08:00"),  # an interview of two minutes
}
OFFICE_EDIT, ROSTER, CODE, FAR, IMPRECISE, OUTLIER, SHORT = ODD
# The last one is the first one once more, under an id of its own.
TWIN = INTERVIEWS
# Rules as the fields of the editor take them: kind, and answers by the name of the field.
RULES: Final = (
    (
        "drop_submission",
        {
            "id": "not-interviewed",
            "when": "${visit_result} != 'done'",
            "p-reason_code": "refused",
            "reason": "nobody in",
        },
    ),
    ("dedupe", {"id": "twice", "p-keys": "hh_code", "p-keep": "oldest", "reason": "one household, one interview"}),
    (
        "blank_if",
        {"id": "nines", "questions": "x_gift_12m", "when": ". = 9999", "p-missing": "dont_know", "reason": "a code"},
    ),
)


def put(record: str, question: str, answer: str) -> str:
    """The record with another answer to a question, or to the first of its name."""
    changed, count = re.subn(rf"<{question}>[^<]*</{question}>", f"<{question}>{answer}</{question}>", record, count=1)
    assert count == 1, question
    return changed


def make_records(survey: Survey) -> list[tuple[str, SimulatedRecord]]:
    """Each record with its files, odd ones among them, in the order in which they are sent."""
    content, register = (FORMS / FILE).read_bytes(), (FORMS / REGISTER).read_bytes()
    survey.publish(content, FILE, {REGISTER: register}, project="livelihood")
    definition, media = prepared_form(content, FILE).definition, {REGISTER: register}
    made = list(simulate_interviews(definition, INTERVIEWS, attachments=media, seed=11, started_at=FIRST_DAY))
    texts = [one.xml.decode() for one in made]
    for number, odd in ODD.items():
        texts[number - 1] = put(texts[number - 1], *odd)
    texts[-1] = texts[0].replace(made[0].instance_id, made[-1].instance_id)
    return [(text, made[0] if number == TWIN else made[number - 1]) for number, text in enumerate(texts, start=1)]


def collect(survey: Survey) -> None:
    """An office, a phone, and what it sends; the checks across interviews have looked at all of it."""
    with survey.database.begin() as session:
        create_project(session, "livelihood", "Livelihoods", "Asia/Shanghai", now())
    person(survey, "boss", "admin", project="livelihood")
    for login, role in (("sup", "supervisor"), ("enum", "enumerator")):
        person(survey, login, role, project="livelihood", team="North")
    phone = team_phone(survey, "Phone 1", "enum", "North", "livelihood")
    for text, made in make_records(survey):
        answer = phone.send(text, made.files)
        assert answer.status_code == 201, answer.text
    wait_for_checks(survey)


def wait_for_checks(survey: Survey) -> None:
    deadline = time.monotonic() + 120
    while survey.rows("SELECT count(*) FROM submissions WHERE unchecked > 0")[0][0]:
        assert time.monotonic() < deadline, "the worker does not check"
        time.sleep(0.1)


class Desk(Journey):
    """Somebody of the office, signed in."""

    def __init__(self, page: "Page", survey: Survey, login: str) -> None:
        super().__init__(page, f"review-{login}")
        self.form = f"{survey.url}/p/livelihood/forms/{FORM}"
        token = signed_in(survey, login).cookies.get("surveyapp_session") or ""
        page.context.add_cookies([{"name": "surveyapp_session", "value": token, "url": survey.url}])

    def go(self, path: str, what: str = "") -> None:
        self.page.goto(self.form + path)
        if what:
            self.look(what)

    def decide(self, number: int, to: str, comment: str, reason_code: str = "") -> None:
        """Open a submission and decide about it in its fold."""
        self.go(f"/submissions/{number}")
        fold = self.page.locator(f"details:has(input[name=to][value={to}])")
        fold.locator("summary").first.click()
        fold.locator("[name=comment]").fill(comment)
        if reason_code:
            fold.locator("[name=reason_code]").select_option(reason_code)
        fold.locator("button").last.click()
        self.page.wait_for_url(re.compile("done=decided"))


def review(desk: Desk) -> None:
    """The oldest first, by keyboard; what is odd as a person decides; the rest at once."""
    page = desk.page
    desk.go("/review", "queue")
    oldest = page.locator("tbody th a").first.get_attribute("href")
    assert oldest
    assert "/submissions/1?" in oldest
    page.keyboard.press("n")
    page.wait_for_url(re.compile(r"/submissions/1\?"))
    # Its twin came last, and is told here at once: nothing for a key.
    assert page.locator("[data-key=a]").count() == 0
    page.keyboard.press("s")
    for number in range(2, OFFICE_EDIT):
        page.wait_for_url(re.compile(rf"/submissions/{number}\?"))
        page.keyboard.press("a")
    page.wait_for_url(re.compile(rf"/submissions/{OFFICE_EDIT}\?"))
    desk.look("with-an-error")
    assert "constraint-violated" in page.inner_text("main")
    # What breaks a rule is not approved by a key, but left for later by one.
    assert page.locator("[data-key=a]").count() == 0
    page.keyboard.press("s")
    page.wait_for_url(re.compile(rf"/submissions/{OFFICE_EDIT + 1}\?"))

    desk.go(f"/submissions/{OFFICE_EDIT}")
    page.locator("main a[href*='/edit']").first.click()
    page.wait_for_url(re.compile("/edit"))
    desk.look("edit")
    page.locator("[name$='/x_edu_12m']").fill("1460")
    page.locator("main [name=reason]").first.fill("asked on the telephone")
    page.locator("main form button.primary").first.click()
    page.wait_for_url(re.compile("done=edited"))
    page.locator("[data-key=a]").click()
    page.wait_for_url(re.compile("done=decided"))

    desk.decide(FAR, "returned", "Take the position in front of the house")
    desk.decide(SHORT, "rejected", "Two minutes", "fabricated")
    desk.go(f"/submissions/{IMPRECISE}")
    odd = page.locator("tr:has(a[href*='check=G02'])")
    odd.locator("summary").click()
    odd.locator("[name=reason]").fill("a narrow valley")
    odd.locator("button").click()
    page.wait_for_url(re.compile("done=acknowledged"))
    assert "a narrow valley" in page.inner_text("main")

    desk.go("/review/bulk?state=received", "many-at-once")
    page.locator("#to").select_option("approved")
    page.locator("main form.card button").first.click()
    page.locator("[name=confirmed]").click()
    page.locator("form[action*='/undo']").first.wait_for()
    desk.look("many-decided")


def publish_rules(desk: Desk) -> None:
    """A draft, rule by rule; what it would change; published."""
    page = desk.page
    desk.go("/cleaning", "cleaning")
    page.locator("form[action$='/rulesets'] button").click()
    for kind, answers in RULES:
        page.locator("#kind").select_option(kind)
        page.locator("form.filters button").click()
        for name, answer in answers.items():
            field = page.locator(f"main form.card [name='{name}']").first
            if field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(answer)
            else:
                field.fill(answer)
        desk.look(f"rule-{kind}")
        page.locator("main form.card .actions button.primary").click()
        page.wait_for_url(re.compile("done=saved"))
    page.locator("main a.button.primary[href*='/trial']").click()
    page.wait_for_url(re.compile("/trial"))
    desk.look("rules-tried")
    page.locator("button[name=do][value=publish]").click()
    page.wait_for_url(re.compile("done=ruleset-published"))


def fill_in_log(path: Path, survey: Survey) -> dict[tuple[str, str], str | None]:
    """Write decisions into the work log as it came; what was decided, by instance id and question."""
    ids = dict(survey.rows("SELECT id, instance_id FROM submissions"))
    wanted: dict[tuple[str, str], str | None] = {(ids[ROSTER], "m_age"): "50", (ids[OUTLIER], "h_area_n"): "59"}
    book = openpyxl.load_workbook(path)
    sheet = next(one for one in book.worksheets if one["A1"].value == "instance_id")
    places = {cell.value: place for place, cell in enumerate(sheet[1], start=1)}
    written = set()
    for row in range(2, sheet.max_row + 1):
        key = (sheet.cell(row, places["instance_id"]).value, sheet.cell(row, places["question"]).value)
        if key in wanted and key not in written:
            written.add(key)
            for name, value in (("change_type", "change_response"), ("new_value", wanted[key]), ("reason", "a slip")):
                sheet.cell(row, places[name]).value = value
    assert written == set(wanted)
    book.save(path)
    return wanted


def send_log_back(desk: Desk, survey: Survey, folder: Path) -> dict[tuple[str, str], str | None]:
    page = desk.page
    desk.go("/cleaning", "cleaning")
    with page.expect_download() as fetched:
        page.locator("a[href*='work-log'], a[href*='worklog']").first.click()
    fetched.value.save_as(folder / "log.xlsx")
    decided = fill_in_log(folder / "log.xlsx", survey)
    page.locator("#log").set_input_files(folder / "log.xlsx")
    page.locator("form:has(#log) button.primary").click()
    apply = page.locator("form[action$='/apply'] button.primary")
    apply.wait_for()
    desk.look("log-tried")
    assert "59" in page.inner_text("main")
    apply.click()
    page.wait_for_url(re.compile("done="))
    return decided


def export(desk: Desk, target: Path) -> None:
    page = desk.page
    desk.go("/exports", "exports")
    page.locator("form section button.primary").click()
    page.wait_for_url(re.compile("done=export-asked"))
    page.locator("#exports a.button.primary").wait_for(timeout=60_000)
    with page.expect_download() as fetched:
        page.locator("#exports a.button.primary").click()
    fetched.value.save_as(target)


def read_account(path: Path) -> dict[str, Any]:
    """What the README says, by the words before it; words that stand twice are told once."""
    sheet = openpyxl.load_workbook(path, read_only=True)["README"]
    return {str(row[0]): row[1] for row in sheet.iter_rows(values_only=True) if row[0]}


def test_forty_interviews_become_clean_data_and_each_is_accounted_for(browser: "Browser", tmp_path: Path) -> None:
    target = tmp_path / "clean.xlsx"
    with first_start(tmp_path) as server:
        survey = Survey(Config.from_environ(server.environment), server.url)
        collect(survey)
        with visiting(browser, accept_downloads=True) as page:
            review(Desk(page, survey, "sup"))
        wait_for_checks(survey)
        with visiting(browser, accept_downloads=True) as page:
            boss = Desk(page, survey, "boss")
            publish_rules(boss)
            decided = send_log_back(boss, survey, tmp_path)
            export(boss, target)
        ids = dict(survey.rows("SELECT id, instance_id FROM submissions"))
        survey.database.close()

    sheets = read_sheets(target)
    clean = {row["_instance_id"]: row for row in sheets["data"][1:]}
    missing = {row["instance_id"]: row for row in sheets["deletion_log"]}
    # Each of the forty is clean data, or stands among what is not there with the reason; none is both.
    assert len(ids) == INTERVIEWS == len(clean) + len(missing)
    assert clean.keys() | missing.keys() == set(ids.values())
    assert {one: missing[ids[one]]["state"] for one in (FAR, SHORT)} == {FAR: "returned", SHORT: "rejected"}
    assert missing[ids[TWIN]]["kept_instance_id"] == ids[1]
    assert Counter(row["source"].partition(":")[0] for row in missing.values()) == {"policy": 2, "rule": 3}
    account = read_account(target)
    gone = [number for words, number in account.items() if words.startswith("… left out: ")]
    assert account["Submissions received"] == INTERVIEWS == account["… in the clean data"] + sum(gone)
    assert account["… in the clean data"] == len(clean)

    # What was corrected stands in its cell, and in the log from what and why.
    log = {(row["instance_id"], row["question"]): row for row in sheets["cleaning_log"]}
    members = [row for row in sheets["member"][1:] if row["_instance_id"] == ids[ROSTER]]
    assert (clean[ids[OFFICE_EDIT]]["x_edu_12m"], clean[ids[OFFICE_EDIT]]["_edits"]) == (1460, 1)
    assert members[0]["m_age"] == 50
    assert clean[ids[OUTLIER]]["h_area_n"] == 59
    assert (clean[ids[CODE]]["x_gift_12m"], clean[ids[CODE]]["x_gift_12m__missing"]) == (None, "dont_know")
    decided[ids[CODE], "x_gift_12m"] = None
    assert {key: log[key]["new_value"] for key in decided} == decided
    assert [log[key]["old_value"] for key in decided] == ["150", "590", "9999"]
    assert all(row["reason"] and row["status"] == "applied" for row in log.values())
