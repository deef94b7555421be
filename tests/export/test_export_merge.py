"""All versions of a form as one set of columns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.export.merge import merge_orders, merge_versions
from tests.export.memory_source import publish

ORDERS = st.lists(st.lists(st.integers(0, 12), unique=True, max_size=8), min_size=1, max_size=4)


def form(version: str, survey: str, choices: str = "") -> str:
    listed = f"| choices |\n| | list_name | name | label |\n{choices}\n" if choices else ""
    header = "| survey |\n| | type | name | label | constraint |\n"
    return f"{header}{survey}\n{listed}| settings |\n| | form_id | version |\n| | f | {version} |\n"


@given(ORDERS)
def test_merged_order_has_everything_once_and_keeps_the_newest_order(orders: list[list[int]]) -> None:
    merged = merge_orders(orders)
    assert sorted(merged) == sorted({key for order in orders for key in order})
    assert [key for key in merged if key in orders[-1]] == orders[-1]


@pytest.mark.parametrize(
    ("older", "newer", "merged"),
    [
        ("abcd", "abd", "abcd"),
        ("xab", "ab", "xab"),
        ("abxy", "ab", "abxy"),
        ("axb", "acb", "axcb"),
        ("axyb", "ba", "baxy"),
    ],
)
def test_question_of_older_versions_follows_its_last_common_predecessor(older: str, newer: str, merged: str) -> None:
    assert "".join(merge_orders([list(older), list(newer)])) == merged


def test_types_widen_labels_are_the_newest_and_choices_of_all_versions_stay() -> None:
    old = form(
        "1",
        "| | integer | age | Age | |\n| | integer | income | Income | |\n| | select_one s | sex | Sex | |\n"
        "| | text | gone | Gone | |",
        "| | s | m | Man |\n| | s | f | Woman |\n| | s | x | Other |",
    )
    new = form(
        "2",
        "| | decimal | age | Age in years | |\n| | text | income | Income | |\n| | select_one s | sex | Sex | |",
        "| | s | f | Female |\n| | s | m | Man |",
    )
    (main,) = merge_versions([publish(old), publish(new)], lambda path: path)
    by_name = {question.newest.name: question for question in main.questions}
    assert list(by_name) == ["age", "income", "sex", "gone"]
    assert (by_name["age"].type, by_name["income"].type) == ("decimal", "text")
    assert by_name["age"].label == {"": "Age in years"}
    assert (by_name["gone"].first_version, by_name["gone"].last_version) == ("1", "1")
    assert [choice.name for choice in by_name["sex"].choices] == ["f", "x", "m"]
    female = next(choice for choice in by_name["sex"].choices if choice.name == "f")
    assert female.labels == (({"": "Female"}, "2", "2"), ({"": "Woman"}, "1", "1"))


def test_moved_question_stays_one_column_and_repeats_nest() -> None:
    old = form(
        "1", "| | text | name | Name | |\n| | begin repeat | a | A | |\n| | text | q | Q | |\n| | end repeat | | | |"
    )
    new = form(
        "2",
        "| | begin group | g | G | |\n| | text | name | Name | |\n| | end group | | | |\n"
        "| | begin repeat | a | A | |\n| | text | q | Q | |\n| | begin repeat | b | B | |\n| | text | r | R | |\n"
        "| | end repeat | | | |\n| | end repeat | | | |",
    )
    moved = {"/data/g/name": "/data/name"}
    tables = merge_versions([publish(old), publish(new)], lambda path: moved.get(path, path))
    assert [(table.path, table.parent) for table in tables] == [("", ""), ("/data/a", ""), ("/data/a/b", "/data/a")]
    assert [question.path for question in tables[0].questions] == ["/data/name"]
    assert [question.newest.name for question in tables[1].questions] == ["q"]
