"""From an empty folder to the Excel file, unbroken: the server as it is started in earnest, people in a browser, phones
that know what stands on their cards and nothing else.
"""

import base64
import hashlib
import io
import json
import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import openpyxl
import pytest
from requests.auth import HTTPDigestAuth

from surveyapp.problems import FORM_INVALID
from tests.browser import DESK, PHONE, Journey, scan, visiting
from tests.people import Phone, read_sheets, record
from tests.servers import first_start

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LIST = "{http://openrosa.org/xforms/xformsList}"
MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"
PASSWORD = "seven quiet herons wade"
WARES = b"name,label\nrice,Rice\noil,Oil\n"
SURVEY = """
| type                           | name    | label::English (en)    | label::中文 (zh)        | required | constraint |
| text                           | hh_name | Name of the head       | 户主姓名                | yes      |            |
| image                          | photo   | Photo of the house     | 房屋照片                |          |            |
| select_one_from_file wares.csv | ware    | What do they buy most? | 最常购买什么？          |          |            |
| begin group                    | money   | Income                 | 收入                    |          |            |
| integer                        | income  | Income of ${hh_name}   | ${hh_name}的收入（元）  |          | . >= 0     |
| end group                      |         |                        |                         |          |            |
| begin repeat                   | member  | Members                | 家庭成员                |          |            |
| text                           | m_name  | Name                   | 姓名                    |          |            |
| integer                        | m_age   | Age of ${m_name}       | ${m_name}的年龄         |          |            |
| end repeat                     |         |                        |                         |          |            |
"""
SETTINGS = """
| form_title | form_id | version | instance_name | default_language |
| Household  | house   | 1       | ${hh_name}    | English (en)     |
"""
# Row 1 of the sheet has the names of the columns.
FAULTY_ROW = 10
FAULTY = SURVEY.replace("Age of ${m_name}", "Age of ${nobody}")


def workbook(**sheets: str) -> bytes:
    """An XLSForm as Excel keeps it, from a table for each sheet."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, table in sheets.items():
        sheet = book.create_sheet(title)
        for line in table.strip().splitlines():
            sheet.append([cell.strip() or None for cell in line.strip("|").split("|")])
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def answers(name: str, income: int) -> str:
    return (
        f"<hh_name>{name}</hh_name><photo>house.jpg</photo><ware>rice</ware><money><income>{income}</income></money>"
        "<member><m_name>A</m_name><m_age>40</m_age></member><member><m_name>B</m_name><m_age>7</m_age></member>"
    )


def fetch_all(phone: Phone) -> None:
    """Fetch what the list names, and see that it is whole, as Collect does."""
    listed = phone.form_list()
    assert listed.status_code == 200
    [form] = ElementTree.fromstring(listed.content)
    fetched = phone.get(form.findtext(f"{LIST}downloadUrl", "")).content
    assert form.findtext(f"{LIST}hash") == f"md5:{hashlib.md5(fetched, usedforsecurity=False).hexdigest()}"
    [media] = ElementTree.fromstring(phone.get(form.findtext(f"{LIST}manifestUrl", "")).content)
    assert media.findtext(f"{MANIFEST}filename") == "wares.csv"
    assert phone.get(media.findtext(f"{MANIFEST}downloadUrl", "")).content == WARES


def send(phone: Phone, name: str, income: int, photo: bytes) -> None:
    """Ask first, then send; a second time, because the first answer was lost on the way."""
    asked = phone.ask()
    assert asked.status_code == 204
    assert int(asked.headers["X-OpenRosa-Accept-Content-Length"]) > len(photo)
    content = record(answers(name, income), form="house", instance_id=f"uuid:{name.lower().replace(' ', '-')}")
    said = f"<orx:instanceName>{name}</orx:instanceName></orx:meta>"
    content = content.replace("</orx:meta>", said)
    assert [phone.send(content, {"house.jpg": photo}).status_code for _ in range(2)] == [201, 202]


def read_settings(code: str) -> dict[str, Any]:
    """What ODK Collect makes of its code."""
    settings: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(code)))
    return settings


def begin(operator: Journey) -> None:
    """From the link that the server printed to a project of one's own."""
    operator.look("link")
    operator.fill(password=PASSWORD)
    operator.press("main form button", "projects-none")
    operator.fill(name="Livelihoods after the move", slug="livelihood")
    operator.page.locator("#timezone").select_option("Asia/Shanghai")
    operator.press("main form button", "project-new")


def publish(operator: Journey, folder: Path) -> None:
    """A form with a fault, which is told by sheet and row; then the mended one."""
    operator.press(".step a[href$='/forms']", "forms-none")
    operator.press("main a[href$='/publish']", "publish")
    (folder / "wares.csv").write_bytes(WARES)
    for what, survey in (("faulty", FAULTY), ("mended", SURVEY)):
        (folder / f"{what}.xlsx").write_bytes(workbook(survey=survey, settings=SETTINGS))
        operator.page.locator("#file").set_input_files(folder / f"{what}.xlsx")
        operator.page.locator("#media").set_input_files(folder / "wares.csv")
        operator.press("main form.card button", f"publish-{what}")
        if what == "faulty":
            cells = operator.page.locator("main tbody tr").first.locator("th, td").all_inner_texts()
            assert "nobody" in cells[0]
            assert [cells[2], cells[3]] == ["survey", str(FAULTY_ROW)]
    operator.press("form:has([name=carried]) button", "form-published")


def hand_out_phones(operator: Journey, project: str) -> tuple[Phone, Phone]:
    """Two phones of a team: one that scanned its code, one into which the lines below the code were typed."""
    page = operator.page
    page.goto(f"{project}/people")
    operator.look("people-none")
    operator.fill(team="North")
    operator.press("form:has([name=team]) button", "team-new")
    page.goto(f"{project}/phones")
    operator.look("phones-none")
    operator.press("main a[href$='/phones/add']", "phones-add")
    operator.fill(count="2")
    page.locator("#team").select_option("North")
    operator.press("main form .primary")
    page.locator(".phone-card").first.wait_for()
    operator.look("phone-cards")
    cards = page.locator(".phone-card")
    assert scan(cards.first.locator("img.web")) == cards.first.locator(".web-url").get_attribute("href")
    settings = [read_settings(scan(card.locator("img.qr").first)) for card in cards.all()]
    assert {one["project"]["name"] for one in settings} == {"Livelihoods after the move"}
    scanned = Phone(settings[0]["general"]["server_url"])
    username, password = (cards.last.locator(".by-hand code").nth(place).inner_text() for place in (1, 2))
    typed = Phone(re.findall(r"http://[^/]+/collect", page.inner_text("main"))[0])
    assert typed.form_list().status_code == 401
    typed.http.auth = HTTPDigestAuth(username, password)
    return scanned, typed


def invite_supervisor(operator: Journey, project: str) -> str:
    """The link of a supervisor of the team."""
    page = operator.page
    page.goto(f"{project}/people")
    operator.fill(login="sup", name="Supervisor of the north")
    page.locator("main [name=role][value=supervisor]").check()
    operator.press("form:has([name=login]) button", "invited")
    link = page.locator("#link").inner_text()
    operator.press("main .actions a", "people")
    operator.press("main a[href*='/teams/']", "team")
    page.locator("main [name=people][value=sup]").check()
    operator.press("main form .primary", "people-in-team")
    return link


def read_interviews(supervisor: Journey, project: str, width: int, language: str) -> None:
    """The list, newest first, and a submission with what is wrong in it and its photo."""
    page = supervisor.page
    supervisor.look("link")
    supervisor.fill(password=PASSWORD)
    supervisor.press("main form button", "first-page")
    page.goto(f"{project}/submissions")
    supervisor.look("submissions")
    assert page.locator("tbody th a").all_inner_texts() == ["Head Two", "Head One"]
    supervisor.press("tbody th a")
    photo = page.locator(".photo img")
    photo.scroll_into_view_if_needed()
    assert photo.evaluate("image => image.decode().then(() => image.naturalWidth)") == width
    supervisor.look("submission")
    # The question that breaks its rule is named as the reader's language names it.
    found = page.locator("tr:has(a[href*='check=constraint-violated']) th").inner_text()
    assert {"en": "Income of Head Two", "zh": "Head Two的收入"}[language] in found


def export(supervisor: Journey, project: str, target: Path) -> None:
    """Ask for the workbook, wait for it, and take it home."""
    page = supervisor.page
    page.goto(f"{project}/exports")
    supervisor.look("exports-none")
    supervisor.press("form section button.primary")
    page.wait_for_url(re.compile("done=export-asked"))
    page.locator("#exports a.button.primary").wait_for(timeout=60_000)
    supervisor.look("exports")
    with page.expect_download() as fetched:
        page.locator("#exports a.button.primary").click()
    fetched.value.save_as(target)


@pytest.mark.parametrize(
    ("size", "language", "dark"), [(PHONE, "zh", True), (DESK, "en", False)], ids=["phone-zh-dark", "desk-en-light"]
)
def test_from_the_first_start_to_the_workbook_without_a_break(
    browser: "Browser", tmp_path: Path, size: tuple[int, int], language: str, dark: bool
) -> None:
    looks: Any = {"size": size, "language": language, "dark": dark}

    def tolerate(complaint: str) -> bool:
        return str(FORM_INVALID.status) in complaint

    with first_start(tmp_path) as server:
        project = f"{server.url}/p/livelihood"
        links = re.findall(rf"{server.url}/link/\S+", (tmp_path / "said.txt").read_text())
        with visiting(browser, **looks, tolerate=tolerate) as page:
            operator = Journey(page, f"setup-operator-{language}")
            page.goto(*links)
            begin(operator)
            publish(operator, tmp_path)
            scanned, typed = hand_out_phones(operator, project)
            photo = page.screenshot(type="jpeg", quality=60)
            for phone, name, income in ((scanned, "Head One", 1200), (typed, "Head Two", -5)):
                fetch_all(phone)
                send(phone, name, income, photo)
            invitation = invite_supervisor(operator, project)
            for place in ("/phones", ""):
                page.goto(project + place)
                operator.look(place.strip("/") or "project")
        with visiting(browser, **looks, accept_downloads=True) as page:
            supervisor = Journey(page, f"setup-supervisor-{language}")
            page.goto(invitation)
            read_interviews(supervisor, project, size[0], language)
            export(supervisor, project, tmp_path / "fetched.xlsx")

    sheets = read_sheets(tmp_path / "fetched.xlsx")
    # Row 1 has the names, row 2 the questions.
    _, first, second = sheets["data"]
    told = [[one[name] for name in ("hh_name", "income", "ware", "photo")] for one in (first, second)]
    assert told == [["Head One", 1200, "rice", "house.jpg"], ["Head Two", -5, "rice", "house.jpg"]]
    assert [row["m_age"] for row in sheets["member"][1:]] == [40, 7, 40, 7]
