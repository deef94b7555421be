"""What changed between two versions, and what is refused. Forms are Markdown tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.xform.changes import Change, list_changes, readable
from surveyapp.xform.definition import FormDefinition
from surveyapp.xform.parse import parse_xform
from surveyapp.xlsform.pipeline import run

BASE = """
    | survey |
    | | type | name | label | relevant | constraint | default |
    | | begin_group | home | Home | | | |
    | | integer | rooms | Rooms | | . < 9 | |
    | | select_one yn | roof | Roof? | | | |
    | | end_group | | | | | |
    | | begin_group | work | Work | | | |
    | | text | job | Job | ${rooms} > 1 | | |
    | | end_group | | | | | |
    | | begin_repeat | person | Person | | | |
    | | integer | age | Age | | | |
    | | end_repeat | | | | | |
    | choices |
    | | list_name | name | label |
    | | yn | yes | Yes |
    | | yn | no | No |
"""


def form(text: str) -> FormDefinition:
    return parse_xform(run(text.encode(), "form.md", "1").xform)


def changed(*replacements: tuple[str, str]) -> list[Change]:
    text = BASE
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return list_changes(form(BASE), form(text))


def briefly(changes: list[Change]) -> list[tuple[str, str, str]]:
    return [(change.kind, change.name, change.verdict) for change in changes]


def typed(kind: str, choices: str = "") -> FormDefinition:
    return form(f"| survey |\n| | type | name | label |\n| | {kind} | q | Q |\n{choices}")


def test_nothing_changed_between_equal_versions() -> None:
    assert changed() == []


def test_a_question_added_and_one_removed_are_told() -> None:
    assert briefly(changed(("| | text | job |", "| | text | trade | T | | | |\n    | | text | job |"))) == [
        ("question added", "trade", "ok")
    ]
    assert briefly(changed(("    | | integer | age | Age | | | |\n", "    | | text | height | H | | | |\n"))) == [
        ("question added", "height", "ok"),
        ("question removed", "age", "ok"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "kind", "verdict"),
    [
        ("integer", "decimal", "type widened", "widened"),
        ("integer", "text", "type widened", "widened"),
        ("decimal", "text", "type widened", "widened"),
        ("date", "text", "type widened", "widened"),
        ("select_one l", "text", "type widened", "widened"),
        ("select_one l", "select_multiple l", "type widened", "widened"),
        ("select_multiple l", "select_one l", "type narrowed", "ok"),
        ("text", "select_one l", "type narrowed", "ok"),
        ("decimal", "integer", "type narrowed", "refused"),
        ("text", "integer", "type narrowed", "refused"),
        ("select_one l", "integer", "type narrowed", "refused"),
        ("date", "dateTime", "type narrowed", "refused"),
        ("text", "date", "type narrowed", "refused"),
        ("geopoint", "text", "type changed", "ok"),
    ],
)
def test_types_may_widen_and_never_narrow_what_their_column_holds(old: str, new: str, kind: str, verdict: str) -> None:
    choices = "| choices |\n| | list_name | name | label |\n| | l | a | A |"
    changes = list_changes(typed(old, choices), typed(new, choices))
    about_type = [change for change in changes if change.kind.startswith("type")]
    assert [(change.kind, change.verdict) for change in about_type] == [(kind, verdict)]
    assert bool(about_type[0].remedy) == (verdict != "widened")


def test_a_question_that_changes_its_group_has_moved_and_changes_nothing_else() -> None:
    changes = changed(
        ("    | | integer | rooms | Rooms | | . < 9 | |\n", ""),
        ("| | text | job |", "| | integer | rooms | Rooms | | . < 9 | |\n    | | text | job |"),
    )
    assert [(c.kind, c.old, c.new) for c in changes] == [("question moved", "home/rooms", "work/rooms")]


def test_a_narrowing_hidden_behind_a_move_is_refused() -> None:
    changes = changed(
        ("    | | text | job | Job | ${rooms} > 1 | | |\n", ""),
        ("| | select_one yn | roof", "| | integer | job | Job | ${rooms} > 1 | | |\n    | | select_one yn | roof"),
    )
    assert ("type narrowed", "job", "refused") in briefly(changes)


def test_moving_into_and_out_of_a_repeat_keeps_answers_apart() -> None:
    inside = changed(
        ("    | | text | job | Job | ${rooms} > 1 | | |\n", ""),
        ("| | integer | age |", "| | text | job | Job | ${rooms} > 1 | | |\n    | | integer | age |"),
    )
    assert briefly(inside) == [("moved into a repeat", "job", "ok")]
    outside = changed(
        ("    | | integer | age | Age | | | |\n", "    | | text | x | X | | | |\n"),
        ("| | text | job |", "| | integer | age | Age | | | |\n    | | text | job |"),
    )
    assert ("moved out of a repeat", "age", "ok") in briefly(outside)
    assert all(change.remedy for change in inside)


def test_a_group_that_becomes_a_repeat_takes_its_questions_along() -> None:
    changes = changed(
        ("begin_group | work", "begin_repeat | work"),
        ("${rooms} > 1 | | |\n    | | end_group", "${rooms} > 1 | | |\n    | | end_repeat"),
    )
    assert briefly(changes) == [("repeat added", "work", "ok"), ("moved into a repeat", "job", "ok")]


def test_a_repeat_added_is_told_with_its_questions() -> None:
    repeat = ("begin_repeat | plot | Plot", "text | crop | Crop", "end_repeat | |")
    extra = "".join(f"    | | {row} | | | |\n" for row in repeat) + "    | choices |"
    assert briefly(changed(("    | choices |", extra))) == [
        ("repeat added", "plot", "ok"),
        ("question added", "crop", "ok"),
    ]


def test_labels_rules_and_defaults_are_told_with_both_texts() -> None:
    changes = changed(("| Rooms | | . < 9 | |", "| How many rooms? | | . < 12 | 3 |"))
    assert [(c.kind, c.old, c.new) for c in changes] == [
        ("default changed", "", "3"),
        ("label changed", "Rooms", "How many rooms?"),
        ("rule changed", "constraint: . < 9", "constraint: . < 12"),
    ]


def test_rules_are_shown_as_their_author_wrote_them() -> None:
    (change,) = changed(("${rooms} > 1", "${rooms} > 2"))
    assert (change.old, change.new) == ("relevant: ${rooms} > 1", "relevant: ${rooms} > 2")


def test_choices_added_removed_and_relabelled_are_told_once_for_their_list() -> None:
    changes = changed(
        ("| | yn | yes | Yes |", "| | yn | yes | Certainly |\n    | | yn | dk | ? |"), ("    | | yn | no | No |\n", "")
    )
    assert [(c.kind, c.name, c.old, c.new) for c in changes] == [
        ("choice relabelled", "yn", "yes (Yes)", "yes (Certainly)"),
        ("choice added", "yn", "", "dk (?)"),
        ("choice removed", "yn", "no (No)", ""),
    ]
    assert changes[0].remedy


def test_another_name_of_the_root_changes_no_question() -> None:
    text = BASE.replace("| choices |", "| settings |\n    | | name |\n    | | visit |\n    | choices |")
    assert list_changes(form(BASE), form(text)) == []


def test_a_change_reads_as_one_line() -> None:
    (change,) = list_changes(typed("text"), typed("integer"))
    assert (
        str(change)
        == "type narrowed q: text → integer [refused] Give the question a new name, or keep its former type."
    )


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        (" /data/sec/hh_code  = 'a/b/c'", "${hh_code} = 'a/b/c'"),
        ("count( /data/member ) div 2", "count( ${member}) div 2"),
        ("../../a/b + 6 div 3", "${b}+ 6 div 3"),
        ("instance('v')/root/item[parent = 3]", "instance('v')/root/item[parent = 3]"),
    ],
)
def test_paths_are_shown_as_questions(expression: str, shown: str) -> None:
    assert readable(expression) == shown


@given(st.sampled_from(["text", "integer", "decimal", "date", "time", "geopoint", "image", "barcode"]))
def test_a_form_compared_with_itself_never_differs(kind: str) -> None:
    assert list_changes(typed(kind), typed(kind)) == []
