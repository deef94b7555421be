"""Each check, on the smallest form that has it."""

import pytest

from surveyapp.validate.circumstances import Circumstances
from surveyapp.validate.judge import judge
from tests.validate.fieldwork import (
    COLLECT,
    RECEIVED,
    WEB,
    doubted,
    found,
    interview,
    make_rules,
    read_record,
    rules_of,
)

YES_NO = """| choices |
| | list_name | name | label |
| | yn | yes | Yes |
| | yn | no | No |
| | yn | dk | Don't know |"""


def test_a_constraint_is_broken_with_the_forms_own_message() -> None:
    rules = make_rules("| integer | age | Age of the head | | | . > 0 and . < 120 | Ages lie below 120. | | |")
    judgement = interview(rules, "<age>200</age>")
    assert found(judgement) == [("constraint-violated", "/data/age")]
    finding = judgement.findings[0]
    assert finding.message == "“Age of the head” is “200”, which its rule does not allow: Ages lie below 120."
    assert (finding.severity, finding.question, finding.value) == ("error", "age", "200")
    assert finding.rule == ". > 0 and . < 120"
    assert (judgement.ok, judgement.violated, judgement.not_checkable) == (0, 1, 0)
    assert interview(rules, "<age>20</age>").ok == 1
    assert interview(rules, "<age/>").findings == ()


def test_a_required_answer_is_missing() -> None:
    rules = make_rules("| text | name | Name | | yes | | | | |\n| note | n | Note | | yes | | | | |")
    assert found(interview(rules, "<name/>")) == [("required-missing", "/data/name")]
    assert found(interview(rules, "")) == [("required-missing", "/data/name")]
    assert found(interview(rules, "<name>Ana</name>")) == []


def test_a_requirement_may_depend_on_answers() -> None:
    rules = make_rules("| integer | a | A | | | | | | |\n| text | b | B | | ${a} > 5 | | | | |")
    assert found(interview(rules, "<a>6</a><b/>")) == [("required-missing", "/data/b")]
    assert found(interview(rules, "<a>5</a><b/>")) == []


def test_an_absent_answer_is_missing_only_where_it_was_asked() -> None:
    rules = make_rules("| integer | a | A | | | | | | |\n| text | b | B | ${a} > 5 | yes | | | | |")
    assert found(interview(rules, "<a>6</a>")) == [("required-missing", "/data/b")]
    assert found(interview(rules, "<a>1</a>")) == []


def test_an_answer_that_was_not_asked_is_odd() -> None:
    rules = make_rules(
        """| integer | a | A | | | | | | |
        | begin_group | g | G | ${a} > 5 | | | | | |
        | text | b | B | | | . != 'x' | | | |
        | text | c | C | ${b} = 'ask' | | | | | |
        | end_group | | | | | | | | |"""
    )
    judgement = interview(rules, "<a>1</a><g><b>x</b><c>y</c></g>")
    assert found(judgement) == [("not-relevant-answered", "/data/g/b"), ("not-relevant-answered", "/data/g/c")]
    assert found(interview(rules, "<a>6</a><g><b>ask</b><c>y</c></g>")) == []
    assert found(interview(rules, "<a>6</a><g><b>z</b><c>y</c></g>")) == [("not-relevant-answered", "/data/g/c")]


def test_relevance_is_judged_in_order_of_dependency() -> None:
    rules = make_rules(
        """| text | last | L | ${middle} = 'm' | yes | | | | |
        | text | middle | M | ${first} = 'f' | | | | | |
        | text | first | F | | | | | | |"""
    )
    assert found(interview(rules, "<last/><middle>m</middle><first>f</first>")) == [("required-missing", "/data/last")]
    assert found(interview(rules, "<last/><middle>m</middle><first/>")) == [("not-relevant-answered", "/data/middle")]


@pytest.mark.parametrize(
    ("kind", "value", "odd"),
    [
        ("integer", "4.5", True),
        ("integer", "4", False),
        ("decimal", "x", True),
        ("date", "2026-02-30", True),
        ("date", "2026-02-28", False),
        ("geopoint", "95 10", True),
    ],
)
def test_a_value_must_be_of_its_type(kind: str, value: str, odd: bool) -> None:
    rules = make_rules(f"| {kind} | q | Q | | | | | | |")
    assert found(interview(rules, f"<q>{value}</q>")) == ([("type-mismatch", "/data/q")] if odd else [])


def test_a_question_of_another_version_is_reported() -> None:
    rules = make_rules("| text | a | A | | | | | | |")
    assert found(interview(rules, "<a>1</a><old>2</old><meta><instanceID>x</instanceID></meta>")) == [
        ("unknown-question", "/data/old")
    ]


def test_choices_must_be_on_the_list() -> None:
    rules = make_rules(
        "| select_one yn | one | One | | | | | | |\n| select_multiple yn | many | Many | | | | | | |", YES_NO
    )
    judgement = interview(rules, "<one>maybe</one><many>yes perhaps</many>")
    assert found(judgement) == [("unknown-choice", "/data/one"), ("unknown-choice", "/data/many")]
    assert "“perhaps”" in judgement.findings[1].message
    assert found(interview(rules, "<one>yes</one><many>yes dk</many>")) == []


TOWNS = """| choices |
| | list_name | name | label | state |
| | state | n | North | |
| | state | s | South | |
| | town | n1 | N One | n |
| | town | s1 | S One | s |"""


@pytest.mark.parametrize("agent", [COLLECT, WEB, ""])
def test_a_choice_must_have_been_offered(agent: str) -> None:
    rules = make_rules(
        "| select_one state | st | State | | | | | | |\n| select_one town | to | Town | | | | | | state = ${st} |",
        TOWNS,
    )
    assert found(interview(rules, "<st>n</st><to>s1</to>", agent=agent)) == [("choice-not-offered", "/data/to")]
    assert found(interview(rules, "<st>n</st><to>n1</to>", agent=agent)) == []
    assert found(interview(rules, "<st>n</st><to>x</to>", agent=agent)) == [("unknown-choice", "/data/to")]


def test_choices_in_a_file_are_checked_where_the_file_is_there() -> None:
    survey = (
        "| text | v | V | | | | | | |\n| select_one_from_file hh.csv | h | Household | | | | | | village = ${v} |\n"
        "| calculate | size | | | | | | pulldata('hh', 'size', 'name', ${h}) | |"
    )
    table = b"name,label,village,size\nh1,One,a,4\nh2,Two,b,7\n"
    rules = make_rules(survey, attachments={"hh.csv": table})
    assert found(interview(rules, "<v>a</v><h>h1</h><size>4</size>")) == []
    assert found(interview(rules, "<v>a</v><h>h2</h><size>7</size>")) == [("choice-not-offered", "/data/h")]
    assert found(interview(rules, "<v>a</v><h>h3</h><size/>")) == [("unknown-choice", "/data/h")]
    assert found(interview(rules, "<v>a</v><h>h1</h><size>5</size>")) == [("calculate-differs", "/data/size")]
    without = interview(make_rules(survey), "<v>a</v><h>h1</h><size>4</size>")
    assert found(without) == []
    assert doubted(without) == [("unknown-choice", "/data/h"), ("calculate-differs", "/data/size")]
    assert "hh.csv is not attached" in without.unchecked[0].message


def test_a_number_must_lie_in_its_range() -> None:
    rules = rules_of("""| survey |
    | | type | name | label | parameters |
    | | range | r | R | start=1 end=9 step=2 |""")
    odd = [value for value in range(12) if found(interview(rules, f"<r>{value}</r>")) == [("out-of-range", "/data/r")]]
    assert odd == [0, 2, 4, 6, 8, 10, 11]


def test_rows_must_be_as_many_as_the_answers_say() -> None:
    rules = rules_of("""| survey |
    | | type | name | label | repeat_count |
    | | integer | n | N | |
    | | begin_repeat | r | R | ${n} |
    | | text | a | A | |
    | | end_repeat | | | |""")
    assert found(interview(rules, "<n>2</n><r><a>x</a></r><r><a/></r>")) == []
    three = interview(rules, "<n>2</n><r><a/></r><r><a/></r><r><a/></r>")
    assert found(three) == [("repeat-count", "/data/r[1]")]
    assert "has 3 rows where the answers call for 2" in three.findings[0].message
    assert [check for check, _ in found(interview(rules, "<n>2</n>"))] == ["repeat-count"]
    assert found(interview(rules, "<n/>")) == []


def test_a_file_that_is_named_must_have_arrived() -> None:
    rules = make_rules("| image | photo | Photo | | | | | | |")
    answers = "<photo>1.jpg</photo>"
    assert found(interview(rules, answers, files=frozenset())) == [("attachment-missing", "/data/photo")]
    assert found(interview(rules, answers, files=frozenset({"1.jpg"}))) == []
    assert found(interview(rules, answers)) == []


@pytest.mark.parametrize(
    ("calculation", "submitted", "odd"),
    [
        ("${a} * 2", "6", False),
        ("${a} * 2", "6.0", False),
        ("${a} * 2", "7", True),
        ("${a} div 3", "1", False),
        ("1 div 3", "0.33333333333", False),
        ("1 div 3", "0.333", True),
        ("${a} > 1", "1", False),
        ("${a} > 1", "true", False),
        ("${a} > 1", "0", True),
        ("date('2026-05-01')", "2026-05-01T00:00:00.000Z", False),
        ("date('2026-05-01')", "2026-05-02", True),
        ("if(${a} > 1, 'x', 'y')", "x", False),
        ("if(${a} > 1, 'x', 'y')", "", True),
        ("''", "", False),
        ("number('x')", "", False),
    ],
)
def test_a_calculation_is_compared_by_value(calculation: str, submitted: str, odd: bool) -> None:
    rules = make_rules(f"| integer | a | A | | | | | | |\n| calculate | c | | | | | | {calculation} | |")
    judgement = interview(rules, f"<a>3</a><c>{submitted}</c>")
    assert found(judgement) == ([("calculate-differs", "/data/c")] if odd else [])


def test_a_computed_date_is_a_date_to_the_rules_that_read_it() -> None:
    rules = make_rules(
        """| date | d | D | | | | | | |
        | calculate | day | | | | | | date(${d}) | |
        | calculate | days | | | | | | ${d} - ${day} | |
        | calculate | later | | | | | | ${day} + 1 > ${d} | |"""
    )
    answers = "<d>2026-05-03</d><day>2026-05-03T00:00:00.000+08:00</day><days>0</days><later>1</later>"
    assert found(interview(rules, answers)) == []
    assert found(interview(rules, answers.replace("<days>0", "<days>"))) == [("calculate-differs", "/data/days")]


def test_one_wrong_calculation_is_one_finding() -> None:
    rules = make_rules(
        """| integer | a | A | | | | | | |
        | calculate | b | | | | | | ${a} + 1 | |
        | calculate | c | | | | | | ${b} + 1 | |
        | calculate | d | | | | | | ${c} + 1 | |"""
    )
    assert found(interview(rules, "<a>1</a><b>9</b><c>10</c><d>11</d>")) == [("calculate-differs", "/data/b")]


def test_drawn_and_kept_values_are_not_computed_again() -> None:
    rules = make_rules(
        """| calculate | u | | | | | | uuid() | |
        | calculate | r | | | | | | once(random()) | |
        | calculate | o | | | | | | once('x') | |
        | calculate | n | | | | | | int(random() * 6) | |
        | calculate | p | | | | | | random() | |"""
    )
    good = "<u>0f8fad5b-d9cb-469f-a165-70867728950e</u><r>0.5</r><o>kept</o><n>3</n><p>0.25</p>"
    assert found(interview(rules, good)) == []
    assert doubted(interview(rules, good)) == [("calculate-differs", "/data/n")]
    assert found(interview(rules, "<u>abc</u><r>x</r><o/><n/><p>1.5</p>")) == [
        ("calculate-differs", "/data/u"),
        ("calculate-differs", "/data/p"),
    ]


def test_names_of_days_are_in_the_phones_language() -> None:
    rules = make_rules("| date | d | D | | | | | | |\n| calculate | c | | | | | | format-date(${d}, '%a') | |")
    assert found(interview(rules, "<d>2026-09-01</d><c>Tue</c>")) == []
    other = interview(rules, "<d>2026-09-01</d><c>mar.</c>")
    assert found(other) == []
    assert doubted(other) == [("calculate-differs", "/data/c")]


def test_distances_may_differ_a_little() -> None:
    rules = make_rules("| geotrace | g | G | | | | | | |\n| calculate | m | | | | | | distance(${g}) | |")
    trace = "<g>0 0 0 0;0 1 0 0</g>"
    assert found(interview(rules, f"{trace}<m>111195</m>")) == []
    assert found(interview(rules, f"{trace}<m>120000</m>")) == [("calculate-differs", "/data/m")]


# -- repeats and details ----------------------------------------------------------------------------------------------
def test_each_row_is_judged_by_its_own_answers() -> None:
    rules = make_rules(
        """| begin_repeat | m | Member | | | | | | |
        | integer | age | Age | | | . < 120 | | | |
        | text | job | Job | ${age} > 15 | yes | | | | |
        | end_repeat | | | | | | | | |"""
    )
    judgement = interview(
        rules, "<m><age>40</age><job/></m><m><age>4</age><job>x</job></m><m><age>130</age><job>y</job></m>"
    )
    assert sorted(found(judgement)) == [
        ("constraint-violated", "/data/m[3]/age"),
        ("not-relevant-answered", "/data/m[2]/job"),
        ("required-missing", "/data/m[1]/job"),
    ]


def test_details_tell_of_each_question() -> None:
    rules = make_rules(
        """| integer | a | A | | yes | . < 5 | | | |
        | text | b | B | ${a} > 9 | yes | | | | |
        | calculate | c | | | | | | ${a} + 1 | |"""
    )
    nodes = {node.path: node for node in interview(rules, "<a>7</a><c>8</c>").nodes}
    assert nodes["/data/a"].constraint_ok is False
    assert nodes["/data/a"].required
    assert not nodes["/data/b"].relevant
    assert not nodes["/data/b"].required
    assert nodes["/data/c"].calculated == "8"


def test_judging_leaves_the_record_as_it_was() -> None:
    rules = make_rules("| integer | a | A | | | | | | |\n| text | b | B | ${a} > 5 | | | | | |")
    record = read_record(rules, "<a>1</a>")
    judge(rules, record, [], Circumstances(RECEIVED))
    assert [child.name for child in record.children] == ["a"]
    assert all(node.relevant for node in record.walk())


def test_choice_names_agree_in_any_language() -> None:
    survey = """| survey |
| | type | name | label::English (en) | label::Français (fr) | calculation |
| | select_one yn | q | Q | Q | |
| | calculate | n | | | jr:choice-name(${q}, '${q}') |
| choices |
| | list_name | name | label::English (en) | label::Français (fr) |
| | yn | yes | Yes | Oui |"""
    rules = rules_of(survey)
    assert found(interview(rules, "<q>yes</q><n>Oui</n>")) == []
    assert found(interview(rules, "<q>yes</q><n>Yes</n>")) == []
    assert found(interview(rules, "<q>yes</q><n>Ja</n>")) == [("calculate-differs", "/data/n")]
