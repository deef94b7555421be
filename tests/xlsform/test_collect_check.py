"""What ODK Collect would refuse is refused at publish, with the question and its row."""

import pytest

from surveyapp.xlsform.collect_check import check_for_collect, find_validator
from surveyapp.xlsform.convert import convert_form
from surveyapp.xlsform.pipeline import run

needs_java = pytest.mark.skipif(not find_validator(), reason="ODK Validate needs Java")
FORM = """
    | survey |
    | | type | name | label | relevant |
    | | begin_group | g | G | |
    | | integer | a | A | |
    | | integer | b | B | {relevant} |
    | | end_group | | | |
"""


def form(relevant: str) -> bytes:
    return FORM.format(relevant=relevant).encode()


@needs_java
@pytest.mark.parametrize(
    ("relevant", "message"),
    [
        ("floor(${a}) = 1", "cannot handle function 'floor'"),
        (
            "${b} = 1",
            "Cycle detected in form's relevant and calculation logic! The following nodes are likely involved",
        ),
        ("if(${a} = 1,", "Mismatched brackets or parentheses"),
        ("${a} == 1", "problem with display condition for node"),
    ],
)
def test_a_form_that_collect_cannot_open_is_refused_naming_the_question(relevant: str, message: str) -> None:
    converted = convert_form(form(relevant), "f.md")
    (error,) = [one for one in check_for_collect(converted.xform, rows=converted.rows) if one.severity == "error"]
    assert message in error.message
    assert "${b}" in error.message
    assert "java" not in error.message
    assert (error.sheet, error.row) == ("survey", 4)


@needs_java
def test_a_sound_form_passes() -> None:
    converted = convert_form(form("${a} > 1"), "f.md")
    assert not check_for_collect(converted.xform, rows=converted.rows)


@needs_java
def test_no_answer_in_time_is_a_warning_and_not_a_refusal() -> None:
    (finding,) = check_for_collect(run(form(""), "f.md", "1").xform, seconds=0)
    assert (finding.code, finding.severity) == ("collect-undecided", "warning")


def test_without_java_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert check_for_collect(b"<h:html/>") == ()
