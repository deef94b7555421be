"""A record as people read it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.answers import Node
from surveyapp.collect.from_xml import read_xml
from surveyapp.web.point_map import SIDE, draw_points
from surveyapp.xform.bind import bind, indexed_path
from surveyapp.xform.parse import parse_xform
from surveyapp.xform.shown import Answer, Reading, Roster, Section, find_nodes, list_leaf_changes, show_record
from tests.people import prepared_form, record

FORM = """
| survey   |                    |        |                     |           |                |
|          | type               | name   | label               | relevant  | calculation    |
|          | text               | head   | Head                |           |                |
|          | note               | hello  | Hello ${head}       |           |                |
|          | select_multiple w  | work   | Work of ${head}     |           |                |
|          | calculate          | size   |                     |           | count(${m})    |
|          | begin group        | g      | Of ${head}          |           |                |
|          | geopoint           | spot   | Spot                |           |                |
|          | begin repeat       | m      | Members             |           |                |
|          | text               | m_name | Name                |           |                |
|          | begin group        | inner  |                     |           |                |
|          | integer            | m_age  | Age of ${m_name}    |           |                |
|          | end group          |        |                     |           |                |
|          | begin repeat       | job    | Jobs                |           |                |
|          | text               | what   | Job of ${m_name}    |           |                |
|          | end repeat         |        |                     |           |                |
|          | end repeat         |        |                     |           |                |
|          | end group          |        |                     |           |                |
| choices  |                    |        |                     |           |                |
|          | list_name          | name   | label               |           |                |
|          | w                  | f      | Farming             |           |                |
|          | w                  | t      | Trade               |           |                |
| settings |                    |        |                     |           |                |
|          | form_title         | form_id | version            |           |                |
|          | People             | people  | 1                  |           |                |
"""
ANSWERS = (
    "<work>f x</work><head>Ana</head><size/><g><spot>25.5 102.5 0 0</spot>"
    "<m><m_name>Bo</m_name><inner><m_age>7</m_age></inner><job><what>herd</what></job></m>"
    "<m><m_name>Ci</m_name><inner><m_age/></inner></m></g>"
)


@pytest.fixture(scope="module")
def reading() -> Reading:
    return Reading(parse_xform(prepared_form(FORM.encode(), "form.md").conversion.xform))


def bound(reading: Reading, answers: str) -> Node:
    root = read_xml(record(answers).encode())
    bind(reading.definition, root)
    return root


def test_answers_stand_in_the_order_of_the_form_with_labels_filled_in(reading: Reading) -> None:
    head, work, section = show_record(reading, bound(reading, ANSWERS))
    assert isinstance(head, Answer)
    assert isinstance(work, Answer)
    assert isinstance(section, Section)
    assert (head.label, head.text) == ("Head", "Ana")
    assert (work.label, work.choices) == ("Work of Ana", (("f", "Farming"), ("x", "")))
    assert work.words == "Farming, x"
    assert section.title == "Of Ana"


def test_a_roster_is_a_table_whose_groups_are_columns_and_whose_rosters_lie_in_their_row(reading: Reading) -> None:
    section = show_record(reading, bound(reading, ANSWERS))[2]
    assert isinstance(section, Section)
    spot, roster = section.parts
    assert isinstance(spot, Answer)
    assert isinstance(roster, Roster)
    assert spot.point == (25.5, 102.5)
    assert roster.columns == (("m_name", "Name"), ("m_age", "Age of …"))
    first, second = roster.rows
    assert [answer.words for answer in first.answers if answer] == ["Bo", "7"]
    assert second.path == "/data/g/m[2]"
    [jobs] = first.inside
    assert [answer.label for answer in jobs.rows[0].answers if answer] == ["Job of Bo"]
    assert second.inside == ()


def test_what_differs_is_told_by_answer_and_row(reading: Reading) -> None:
    old, new = (
        bound(reading, ANSWERS),
        bound(reading, ANSWERS.replace("herd", "trade").replace("<m_age/>", "<m_age>3</m_age>")),
    )
    changes = list_leaf_changes((reading, old), (reading, new))
    told = [(one.path, one.label, one.before and one.before.text, one.after and one.after.text) for one in changes]
    assert told == [
        ("g/m[1]/job[1]/what", "Job of Bo", "herd", "trade"),
        ("g/m[2]/inner/m_age", "Age of Ci", "", "3"),
    ]
    assert list_leaf_changes((reading, old), (reading, bound(reading, ANSWERS))) == []


def test_a_row_that_is_gone_differs_too(reading: Reading) -> None:
    fewer = ANSWERS.replace("<m><m_name>Ci</m_name><inner><m_age/></inner></m>", "")
    changes = list_leaf_changes((reading, bound(reading, ANSWERS)), (reading, bound(reading, fewer)))
    assert [(one.path, one.after) for one in changes] == [("g/m[2]/m_name", None)]


def test_paths_are_those_that_findings_name(reading: Reading) -> None:
    assert all(indexed_path(node) == path for path, node in find_nodes(bound(reading, ANSWERS)).items())


@given(
    here=st.tuples(st.floats(-89, 89), st.floats(-180, 180)),
    others=st.lists(st.tuples(st.floats(-89, 89), st.floats(-180, 180)), max_size=30),
)
def test_the_drawing_holds_its_points_and_keeps_north_above(
    here: tuple[float, float], others: list[tuple[float, float]]
) -> None:
    drawn = draw_points(here, others)
    assert drawn.here == (SIDE / 2, SIDE / 2)
    assert all(0 <= x <= SIDE and 0 <= y <= SIDE for x, y in drawn.others)
    assert math.isfinite(drawn.metres)
    [(_, above)] = draw_points(here, [(here[0] + 0.5, here[1])]).others
    assert above < SIDE / 2
