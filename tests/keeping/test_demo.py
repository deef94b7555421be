"""The demonstration from the command line, small: what it leaves behind, and what it says last."""

import json
import re
import socket
from pathlib import Path

import openpyxl

from tests.keeping.commands import surveyapp


def test_the_demonstration_ends_with_where_to_look_and_its_interviews_look_timely(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        environment = {"SURVEYAPP_DATA_DIR": str(tmp_path), "SURVEYAPP_PORT": str(taken.getsockname()[1])}
        said = surveyapp(environment, "demo", "--leave", status=1)
        assert re.search(r"Port \d+ is in use.*SURVEYAPP_PORT=\d+", said)
    said = surveyapp(environment, "demo", "-n", "3", "--leave")
    last = said.strip().splitlines()[-5:]
    assert [line.split("  ")[0] for line in last] == [
        "For the office",
        "The workbook",
        "For ODK Collect",
        "For programs",
        "The server's log",
    ]
    assert re.search(r"http://127\.0\.0\.1:\d+/link/\S+ \(works once\)", last[0])
    sheets = openpyxl.load_workbook(tmp_path / "livelihood_space.xlsx", read_only=True).sheetnames
    assert {"README", "data", "member"} <= set(sheets)
    assert "method=POST" in (tmp_path / "demo_server.log").read_text()
    assert "method=POST" not in said
    told = json.loads(surveyapp(environment, "quality", "livelihood_space", "--json"))
    assert told["waiting"] == 0
    assert not {one["kind"] for one in told["findings"]} & {"T03", "T04", "T05", "T08"}
