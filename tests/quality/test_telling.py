"""A finding speaks the reader's language, with the label that its question has in it."""

import pytest

from surveyapp.quality.catalogue import plain_setting
from surveyapp.quality.declaration import QualityFinding
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
