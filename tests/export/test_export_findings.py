"""The findings sheet: whose interview it was, and messages with the answers that they quote."""

from datetime import timedelta
from pathlib import Path

from surveyapp.findings import Finding
from tests.export.memory_source import RECEIVED, MemoryRecord, MemoryRow, MemorySource, publish
from tests.export.test_export_merge import form
from tests.export.test_export_run import answers, export, table


def test_findings_tell_whose_interview_it_was_and_quote_its_answers(tmp_path: Path) -> None:
    survey = form(
        "1",
        "\n".join(
            [
                "| | text | head | Head | | |",
                "| | text | village | Village | | |",
                "| | begin repeat | member | Members | | |",
                "| | text | m_name | Name | | |",
                "| | integer | m_age | Age of ${m_name} | | |",
                "| | begin repeat | cow | Cows | | |",
                "| | decimal | weight | Weight | | |",
                "| | end repeat | | | | |",
                "| | end repeat | | | | |",
            ]
        ),
    )
    rows = [
        MemoryRow("/data/member", "m1", "1", 1, answers(**{"member/m_name": "Ada"})),
        MemoryRow("/data/member", "m2", "1", 2, answers(**{"member/m_name": "Bo"})),
        MemoryRow("/data/member/cow", "c1", "m2", 1, answers(**{"member/cow/weight": 310.0})),
    ]
    said = [
        Finding("a", "error", "Age of ${m_name}", "/data/member[2]/m_age"),
        Finding("b", "error", "${weight} of ${m_name} in ${head}", "/data/member[2]/cow[1]/weight"),
        Finding("c", "error", "${weight} and ${nobody}", "/data/head"),
    ]
    meta = {"_start": RECEIVED - timedelta(days=3), "_enumerator": "ada"}
    one = MemoryRecord(4, "1", answers(head="H", village="V"), rows, meta, said)
    other = MemoryRecord(7, "1", answers(head="J"), findings=[Finding("d", "info", "Of ${head}")])
    export(MemorySource([publish(survey)], [MemoryRecord(2, "1", {}), one, other]), tmp_path, zone="Asia/Shanghai")
    found = table(tmp_path / "out.xlsx", "findings")
    assert [row["message"] for row in found] == ["Age of Bo", "310 of Bo in H", "… and …", "Of J"]
    assert [(row["village"], row["_enumerator"], str(row["_interviewed"])[:10]) for row in found] == [
        *[("V", "ada", "2026-02-26")] * 3,
        (None, None, "2026-03-01"),
    ]
