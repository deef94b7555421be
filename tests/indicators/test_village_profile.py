"""The companion form: it converts, speaks two languages, and its lists are those of the household form."""

import functools
import subprocess
from pathlib import Path

import pytest
from pyxform import validators

from surveyapp.xform.definition import FormDefinition
from surveyapp.xform.parse import parse_xform
from surveyapp.xlsform.pipeline import Made, run

FORMS = Path(__file__).parents[2] / "forms"
JAR = Path(next(iter(validators.__path__))) / "odk_validate/bin/ODK_Validate.jar"
FIELDS = (
    *("village", "vp_households", "vp_population", "vp_relocated", "vp_kind", "vp_year", "vp_gps", "vp_gps_origin"),
    *("vp_spaces", "vp_enterprises", "vp_jobs", "vp_coops", "vp_collective_income", "vp_land_shared", "vp_icoop"),
    *("vp_meetings", "vp_leader", "vp_branch", "vp_gov_invest"),
)


@functools.cache
def made(name: str) -> Made:
    path = FORMS / f"{name}.xlsx"
    return run(path.read_bytes(), path.name, "1")


def form(name: str) -> FormDefinition:
    return parse_xform(made(name).xform)


def test_it_converts_without_a_word() -> None:
    assert made("village_profile").findings == []


def test_odk_validate_accepts_it(tmp_path: Path) -> None:
    path = tmp_path / "village_profile.xml"
    path.write_bytes(made("village_profile").xform)
    done = subprocess.run(["java", "-jar", str(JAR), str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_it_asks_what_was_laid_down() -> None:
    names = [question.name for question in form("village_profile").questions]
    assert [name for name in names if name in FIELDS] == list(FIELDS)
    assert "wave" in names


def test_it_speaks_both_languages() -> None:
    definition = form("village_profile")
    assert set(definition.languages) == {"English (en)", "中文 (zh)"}
    for question in definition.questions:
        if question.visible:
            assert all(question.label[language] for language in definition.languages), question.name


@pytest.mark.parametrize("name", ["village", "reloc", "cspace", "icoop", "leader", "yn", "wave"])
def test_its_lists_are_those_of_the_household_form(name: str) -> None:
    here, there = (form(form_id).choice_lists[name].choices for form_id in ("village_profile", "livelihood_space"))
    assert [(choice.name, choice.label) for choice in here] == [(choice.name, choice.label) for choice in there]


def test_a_village_has_no_more_movers_than_households() -> None:
    rules = {question.name: question.rules.constraint for question in form("village_profile").questions}
    assert "vp_households" in rules["vp_relocated"]
    assert "vp_households" in rules["vp_population"]
