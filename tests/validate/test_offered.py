"""Filtered choices inside a repeat: evaluated once where each row has the same, in each row where not."""

import pytest

from tests.validate.fieldwork import COLLECT, WEB, found, interview, rules_of

FORM = """
| survey |
| | type | name | label | choice_filter |
| | text | place | Place | |
| | begin_repeat | row | Row | |
| | text | own | Own | |
| | select_one home | home | Home | {choice_filter} |
| | select_one home | any | Any | village != ${{place}} |
| | end_repeat | row | | |
| choices |
| | list_name | name | label | village |
| | home | a1 | A1 | a |
| | home | a2 | A2 | a |
| | home | b1 | B1 | b |
"""


@pytest.mark.parametrize("agent", [COLLECT, WEB])
def test_a_filter_by_what_lies_outside_holds_in_each_row(agent: str) -> None:
    rules = rules_of(FORM.format(choice_filter="village = ${place}"))
    rows = "<row><home>a1</home><any>b1</any></row><row><home>b1</home><any>a1</any></row>"
    odd = found(interview(rules, f"<place>a</place>{rows}", agent=agent))
    assert odd == [("choice-not-offered", "/data/row[2]/home"), ("choice-not-offered", "/data/row[2]/any")]
    assert found(interview(rules, f"<place>b</place>{rows}", agent=agent))[0][1] == "/data/row[1]/home"


@pytest.mark.parametrize("agent", [COLLECT, WEB])
@pytest.mark.parametrize(
    "choice_filter", ["village = ${own}", "village = current()/../own", "starts-with(name, ${own})"]
)
def test_a_filter_by_the_row_is_asked_in_each(choice_filter: str, agent: str) -> None:
    rules = rules_of(FORM.format(choice_filter=choice_filter))
    rows = "".join(
        f"<row><own>{own}</own><home>{home}</home></row>"
        for own, home in (("a", "a1"), ("b", "b1"), ("a", "b1"), ("b", "a2"))
    )
    odd = found(interview(rules, f"<place>x</place>{rows}", agent=agent))
    assert odd == [("choice-not-offered", "/data/row[3]/home"), ("choice-not-offered", "/data/row[4]/home")]


def test_a_filter_by_the_number_of_the_row_is_asked_in_each() -> None:
    rules = rules_of(FORM.format(choice_filter="position(current()/..) = 1 or village = 'b'"))
    rows = "<row><home>a1</home></row><row><home>a1</home></row>"
    assert found(interview(rules, rows)) == [("choice-not-offered", "/data/row[2]/home")]
