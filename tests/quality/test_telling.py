"""A finding speaks the reader's language, with the label that its question has in it."""

import pytest

from surveyapp.quality.catalogue import plain_setting
from surveyapp.quality.declaration import QualityFinding
from surveyapp.quality.surroundings import name_beside
from surveyapp.quality.telling import sentence_of, with_label
from tests.quality.villages import parse_form, village_form

FORM = parse_form("""
| survey |
| | type | name | label::English (en) | label::中文 (zh) |
| | integer | income | Income of ${who} | ${who}的收入 |
| | text | who | Who | 谁 |
| settings |
| | default_language |
| | English (en) |
""")


def finding(path: str = "/data/income") -> QualityFinding:
    return plain_setting("S06").find(questions=(path,), observed="7", expected="9", arguments={"label": "as kept"})


@pytest.mark.parametrize(("language", "start"), [("en", "“Income of ${who}” is 7"), ("zh", "“${who}的收入”为7")])
def test_a_finding_is_told_with_the_label_of_the_reader_s_language(language: str, start: str) -> None:
    assert sentence_of(with_label(finding(), FORM, language), language).startswith(start)


def test_a_form_without_that_language_gives_the_label_it_has() -> None:
    assert sentence_of(with_label(finding(), village_form(), "zh"), "zh").startswith("“Income”为7")


def test_a_question_that_is_gone_keeps_the_label_that_it_had() -> None:
    assert with_label(finding("/data/gone"), FORM, "zh").arguments["label"] == "as kept"


@pytest.mark.parametrize(
    ("kind", "expected", "words"),
    [
        ("S06", "median 500, |z| ≤ 3.5 (z = 9.1)", "中位数500，|z| ≤ 3.5，此处z = 9.1"),
        ("T01", "≥ 20.0 min", "≥ 20.0分钟"),
        ("S06", "mean 500 ± 3 sd", "平均值500 ± 3个标准差"),
        ("B1", "my mean neighbour ± 3 sd", "my mean neighbour ± 3 sd"),
    ],
)
def test_limits_are_told_in_chinese_and_answers_as_they_are(kind: str, expected: str, words: str) -> None:
    told = plain_setting(kind).find(observed="7", expected=expected, arguments={"label": "x"})
    assert words in sentence_of(told, "zh")
    assert expected in sentence_of(told, "en")


def test_another_interview_is_named_by_its_household_else_by_the_beginning_of_its_id() -> None:
    assert name_beside("0012", "uuid:1a2b3c4d-5e6f", "0013") == "0012"
    assert name_beside("0012", "uuid:1a2b3c4d-5e6f", "0012") == "1a2b3c4d"
    assert name_beside("", "uuid:1a2b3c4d-5e6f", "") == "1a2b3c4d"
