"""Sentences keep what they were made from, on all ways from where they are said to where they are read."""

import copy
import json
import pickle
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from surveyapp.expressions.errors import ExpressionError
from surveyapp.findings import FormFinding
from surveyapp.sentences import Sentence, pack, say, translate, unpack

CHINESE = {
    "The form has no {kind} {name!r}.": "问卷没有{kind}“{name}”。",
    "question": "题目",
    "sheet {sheet}": "工作表 {sheet}",
    "row {row}": "第 {row} 行",
    "{where}: {what}": "{where}：{what}",
    "{what} {remedy}": "{what}{remedy}",
    "Choose from {names}.": "请从 {names} 中选择。",
    "There are {count:,} rows.": "有 {count:,} 行。",
    "{error} Stop.": "{error}停止。",
    "At character {where}: {expected}.": "第 {where} 个字符处：{expected}。",
    "expected a path": "应为路径",
    ", ": "、",
}
WORDS = st.text(max_size=20)
VALUES = st.one_of(WORDS, st.integers(), WORDS.map(lambda text: say("In {place}", place=text)), st.lists(WORDS))


def chinese(text: str) -> str:
    return CHINESE.get(text, text)


def test_a_sentence_is_english_until_it_is_translated_with_its_values() -> None:
    said = say("The form has no {kind} {name!r}.", kind=say("question"), name="question")
    assert said == "The form has no question 'question'."
    assert translate(said, chinese) == "问卷没有题目“question”。"
    assert translate(say("Choose from {names}.", names=["a", "b"]), chinese) == "请从 a、b 中选择。"
    assert translate(say("There are {count:,} rows.", count=1234), chinese) == "有 1,234 行。"


def test_a_plain_text_is_its_own_template_and_braces_in_it_stay() -> None:
    assert translate("question", chinese) == "题目"
    assert translate(say("Write {name}"), chinese) == "Write {name}"
    assert translate("", lambda _: "the head of the catalogue") == ""


def test_a_fault_of_a_form_is_told_with_its_place() -> None:
    fault = FormFinding(
        "x", "error", say("The form has no {kind} {name!r}.", kind="x", name="y"), "question", "survey", 3
    )
    assert str(fault) == "sheet survey, row 3: The form has no x 'y'. question"
    assert translate(str(fault), chinese) == "工作表 survey、第 3 行：问卷没有x“y”。题目"


def test_an_error_inside_a_sentence_is_translated_too() -> None:
    said = say("{error} Stop.", error=ExpressionError(say("expected a path"), position=4))
    assert said == "At character 5: expected a path. Stop."
    assert translate(said, chinese) == "第 5 个字符处：应为路径。停止。"


@given(st.dictionaries(st.sampled_from("abc"), VALUES, min_size=1))
def test_copies_and_json_keep_a_sentence_whole(values: dict[str, object]) -> None:
    said = say(" ".join(f"{{{name}}}" for name in values), **values)
    ways: tuple[Callable[[Sentence], str], ...] = (
        copy.deepcopy,
        lambda one: str(pickle.loads(pickle.dumps(one))),
        lambda one: unpack(json.loads(json.dumps(pack(one)))),
        str,
    )
    for way in ways:
        kept = way(said)
        assert kept == said
        assert isinstance(kept, Sentence)
        assert (kept.template, kept.values) == (said.template, said.values)
