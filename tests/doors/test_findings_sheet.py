"""The findings sheet of a workbook, made of what phones sent."""

from pathlib import Path

import openpyxl

from tests.office import person, team_phone
from tests.pages.data_office import HOUSEHOLD, JPEG
from tests.people import Survey, record

AGED = HOUSEHOLD.replace(
    "| ${m_name}的年龄   |          |            |", "| ${m_name}的年龄   |          | . < 120    |"
)


def sent(head: str, *members: tuple[str, int]) -> str:
    rows = "".join(f"<member><m_name>{name}</m_name><m_age>{age}</m_age></member>" for name, age in members)
    return f"<hh_name>{head}</hh_name><village>2</village><photo>p.jpg</photo><money><income>-5</income></money>{rows}"


def test_a_finding_quotes_the_answers_around_it_and_names_village_day_and_enumerator(
    survey: Survey, tmp_path: Path
) -> None:
    survey.publish(AGED)
    person(survey, "ada", "enumerator", team="a")
    phone = team_phone(survey, "phone", "ada", "a")
    for number, content in enumerate((sent("Chen", ("Bo", 7), ("Di", 130)), sent("Wu", ("Ed", 200)))):
        answer = phone.send(record(content, instance_id=f"uuid:{number}"), {"p.jpg": JPEG})
        assert answer.status_code == 201
    # An edit of the first: its own answers are quoted.
    edit = record(sent("Chan", ("Al", 121)), instance_id="uuid:9", deprecated_id="uuid:0")
    assert phone.send(edit, {"p.jpg": JPEG}).status_code == 201
    survey.export("people", tmp_path / "out.xlsx")
    heads, *rows = openpyxl.load_workbook(tmp_path / "out.xlsx")["findings"].iter_rows(values_only=True)
    found = [dict(zip(heads, row, strict=True)) for row in rows]
    quoted = [str(row["message"]).split("”")[0].lstrip("“") for row in found if row["question"] in ("income", "m_age")]
    assert quoted == ["Income of Chan", "Age of Al", "Income of Wu", "Age of Ed"]
    assert {(row["village"], row["_enumerator"]) for row in found} == {("2", "phone")}
    assert all(row["_interviewed"] is not None for row in found)
