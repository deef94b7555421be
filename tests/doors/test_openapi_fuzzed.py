"""The JSON API under made-up requests: whatever comes, no failure, no status and no body that its document does not
tell.

Schemathesis reads /api/v1/openapi.json and asks every operation: the corners of each parameter first, then values at
random, right ones and wrong ones, then chains in which one answer's ids go into the next question. The seed is fixed.
SURVEYAPP_TEST_FUZZ=2000 asks for so many requests an operation instead of a few.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from surveyapp.people.programs import grant_api_token
from surveyapp.people.rights import SCOPES
from surveyapp.store.exports import add_export
from surveyapp.store.forms import get_form
from surveyapp.store.projects import get_project
from tests.people import PEOPLE, Survey, now, record

ON_SQLITE = pytest.mark.parametrize("database_url", [pytest.param("sqlite", marks=pytest.mark.sqlite)], indirect=True)
WISHED: Final = int(os.environ.get("SURVEYAPP_TEST_FUZZ", "0"))
SEED: Final = 20261123
# Nearly always what is there, and sometimes a name out of the blue: most questions shall get past the first door.
SETTINGS: Final = """
[dictionaries.form_id]
values = ["people"]
[dictionaries.version]
values = ["1"]
[dictionaries.instance_id]
values = ["uuid:1"]
[dictionaries.export_id]
values = ["e1"]
[dictionaries.device]
values = ["phone", "a/b"]
[dictionaries.attachment]
values = ["p.jpg"]

[parameters]
"path.project" = "default"
"path.form_id" = { dictionary = "form_id", probability = 0.9 }
"path.version" = { dictionary = "version", probability = 0.8 }
"path.old" = { dictionary = "version", probability = 0.8 }
"path.new" = { dictionary = "version", probability = 0.8 }
"path.instance_id" = { dictionary = "instance_id", probability = 0.7 }
"path.export_id" = { dictionary = "export_id", probability = 0.7 }

[[operations]]
include-tag = "devices"
[operations.parameters]
"path.name" = { dictionary = "device", probability = 0.7 }

[[operations]]
include-tag = "submissions"
[operations.parameters]
"path.name" = { dictionary = "attachment", probability = 0.7 }

# An export is cancelled, not taken away.
[[operations]]
include-path-regex = "/exports/"
[operations.checks]
use_after_free.enabled = false

# A phone may be called "a/credentials".
[[operations]]
include-path-regex = "/devices/.*/credentials$"
[operations.checks]
allow_header_conformance.enabled = false
"""
# What a document cannot say: that a person of that name must be there, which options go together, what a workbook
# holds. So right shapes may be refused; and some wrong ones are read kindly, as 1 for true.
UNTESTED: Final = "positive_data_acceptance,negative_data_rejection"


@pytest.fixture
def surveyed(survey: Survey) -> Survey:
    """A project with a form, a record with a file, a phone and an export."""
    survey.publish(PEOPLE)
    sent = record("<name>Ana</name><photo>p.jpg</photo>", instance_id="uuid:1")
    assert survey.phone("phone").send(sent, {"p.jpg": b"\xff\xd8\xff"}).status_code == 201
    survey.phone("a/b")
    with survey.database.begin() as session:
        form = get_form(session, get_project(session, "default").id, "people")
        add_export(session, "e1", form.id, {}, now())
    return survey


def fuzz(survey: Survey, folder: Path, token: str | None, *options: str) -> None:
    """Ask as the bearer of `token`; fails with what was asked, answered and expected."""
    settings = folder / "schemathesis.toml"
    settings.write_text(SETTINGS)
    bearer = [] if token is None else ["--header", f"Authorization: Bearer {token}"]
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(settings), "run"]
    command += [f"{survey.url}/api/v1/openapi.json", f"--seed={SEED}", "--exclude-checks", UNTESTED]
    command += ["--continue-on-failure", "--output-truncate=false", "--output-sanitize=false", *bearer, *options]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def token_of(survey: Survey, *scopes: str) -> str:
    with survey.database.begin() as session:
        return grant_api_token(session, get_project(session, "default"), "fuzz", now(), scopes=scopes)


def test_a_program_that_may_do_all_gets_no_answer_that_is_not_documented(surveyed: Survey, tmp_path: Path) -> None:
    fuzz(surveyed, tmp_path, token_of(surveyed, *SCOPES), f"--max-examples={WISHED or 4}")


@ON_SQLITE
@pytest.mark.parametrize("scope", SCOPES)
def test_a_program_with_one_scope_gets_no_answer_that_is_not_documented(
    surveyed: Survey, tmp_path: Path, scope: str
) -> None:
    fuzz(surveyed, tmp_path, token_of(surveyed, scope), f"--max-examples={WISHED or 2}", "--phases=fuzzing")


@ON_SQLITE
def test_a_stranger_gets_no_answer_that_is_not_documented(surveyed: Survey, tmp_path: Path) -> None:
    fuzz(surveyed, tmp_path, None, f"--max-examples={WISHED or 2}", "--phases=fuzzing")
