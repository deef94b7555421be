"""What can be set and what can go wrong is in the docs, in the words of the code."""

import pytest

from surveyapp.config import SETTINGS, Setting
from surveyapp.problems import CATALOGUE, Kind
from tests.house.source import ROOT

PROBLEMS = (ROOT / "docs/problems.md").read_text().splitlines()
CONFIGURATION = (ROOT / "docs/configuration.md").read_text().splitlines()


@pytest.mark.parametrize("kind", CATALOGUE.values(), ids=CATALOGUE)
def test_a_problem_is_documented(kind: Kind) -> None:
    assert f"| `{kind.code}` | {kind.status} | {kind.title} | {kind.remedy} |" in PROBLEMS


def test_no_problem_is_documented_that_does_not_exist() -> None:
    assert {line.split("`")[1] for line in PROBLEMS if line.startswith("| `")} == set(CATALOGUE)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_a_setting_is_documented(setting: Setting) -> None:
    default = f"`{setting.default}`" if setting.default else ""
    assert f"| `{setting.variable}` | {default} | {setting.help} |" in CONFIGURATION


def test_no_setting_is_documented_that_does_not_exist() -> None:
    documented = {line.split("`")[1] for line in CONFIGURATION if line.startswith("| `")}
    assert documented == {setting.variable for setting in SETTINGS}
