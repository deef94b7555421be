"""Each kind of rule, on the smallest interview that it works on. `clean` verifies the identity each time."""

import datetime
from typing import Any

import pytest

from surveyapp.clean.records import Flag
from tests.clean.household import (
    answers,
    changes,
    clean,
    clean_all,
    interview,
    member,
    path,
    reasons,
    rule,
)


def one(name: str, value: Any, *rules: dict[str, Any], **others: Any) -> Any:
    """What becomes of one answer."""
    return answers(clean(interview(**{name: value}, **others), *rules))[name]


# -- text -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("given", "parameters", "wanted"),
    [
        ("  Li \n Wei ", {}, "Li Wei"),
        ("Li  Wei", {"collapse": False}, "Li  Wei"),
        (" Li", {"trim": False}, " Li"),
        ("Amélie", {}, "Amélie"),
        ("li WEI", {"case": "title"}, "Li Wei"),
        ("LI", {"case": "casefold"}, "li"),
        ("li", {"case": "upper"}, "LI"),
        ("٠٧٧ ١٢٣", {"digits": True}, "077 123"),
        ("house ٣", {"digits": True}, "house ٣"),
        ("   ", {}, None),
    ],
)
def test_text_is_normalised(given: str, parameters: dict[str, Any], wanted: str | None) -> None:
    assert one("head", given, rule("normalise_text", "head", **parameters)) == wanted


@pytest.mark.parametrize(
    ("given", "parameters", "wanted"),
    [
        ("1 234,5", {"decimal": ",", "grouping": " "}, 1234.5),
        ("1.234.567", {"decimal": ",", "grouping": "."}, 1234567.0),
        ("12,5", {"decimal": ","}, 12.5),
        ("-3,0", {"decimal": ","}, -3.0),
        ("٣,٥", {"decimal": ","}, 3.5),
    ],
)
def test_a_number_is_read_as_it_is_written_there(given: str, parameters: dict[str, Any], wanted: float) -> None:
    assert one("harvest", given, rule("parse_number", "harvest", **parameters)) == wanted


@pytest.mark.parametrize("given", ["12.34.5", "1,23,4", "about 5", "1 2"])
def test_what_is_no_number_becomes_invalid_with_a_finding(given: str) -> None:
    outcome = clean(interview(harvest=given), rule("parse_number", "harvest", decimal=",", grouping="."))
    assert (answers(outcome)["harvest"], reasons(outcome)) == (None, {"harvest": "invalid"})
    assert [finding.check for finding in outcome.findings] == ["rule-not-applied"]
    assert changes(outcome) == [("harvest", "blank_response", given, "")]


def test_a_text_that_its_type_cannot_hold_is_invalid_without_any_rule() -> None:
    outcome = clean(interview(income="12a", age="7"))
    assert (answers(outcome), reasons(outcome)) == ({"income": None, "age": 7}, {"income": "invalid"})


def test_a_date_is_read_by_its_formats() -> None:
    assert one("visit", "3/12/2026", rule("parse_date", "visit", formats=["%d/%m/%Y"])) == datetime.date(2026, 12, 3)


def test_a_date_that_two_formats_read_differently_is_not_guessed() -> None:
    outcome = clean(interview(visit="3/12/2026"), rule("parse_date", "visit", formats=["%d/%m/%Y", "%m/%d/%Y"]))
    assert reasons(outcome) == {"visit": "invalid"}
    assert one("visit", "25/12/2026", rule("parse_date", "visit", formats=["%d/%m/%Y", "%m/%d/%Y"])).day == 25


# -- missing codes ----------------------------------------------------------------------------------------------------
def test_codes_become_empty_with_their_reason() -> None:
    outcome = clean(interview(income=-99, harvest=-98.0, age=40), rule("missing_codes", "*"))
    assert answers(outcome) == {"income": None, "harvest": None, "age": 40}
    assert reasons(outcome) == {"income": "dont_know", "harvest": "refused"}


def test_a_choice_may_be_a_missing_code() -> None:
    outcome = clean(interview(crop="dk"), rule("missing_codes", "crop", codes={"dk": "dont_know"}))
    assert reasons(outcome) == {"crop": "dont_know"}


def test_a_pattern_passes_over_questions_in_whose_range_the_code_lies() -> None:
    assert one("age", 99, rule("missing_codes", "*", codes={"99": "dont_know"})) == 99


# -- recode -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "given", "parameters", "wanted"),
    [
        ("head", "maiz", {"map": {"maiz": "maize"}}, "maize"),
        ("head", "Maiz", {"map": {"maiz": "maize"}}, "Maiz"),
        ("head", " MAIZ", {"map": {"maiz": "maize"}, "match": "casefold"}, "maize"),
        ("head", "maiiiz", {"map": {"mai+z": "maize"}, "match": "regex"}, "maize"),
        ("head", "a maiz", {"map": {"mai+z": "maize"}, "match": "regex"}, "a maiz"),
        ("age", 7, {"map": {"7": 70}}, 70),
        ("crop", "dk", {"map": {"dk": "sorghum"}, "new_choice": {"sorghum": "Sorghum"}}, "sorghum"),
        ("crop", "dk", {"map": {"dk": None}}, None),
        ("crops", "maize dk", {"map": {"dk": "rice"}}, "maize rice"),
        ("crops", "maize dk", {"map": {"dk": "maize"}}, "maize"),
        ("crops", "dk rice", {"map": {"dk": None}}, "rice"),
    ],
)
def test_values_are_recoded(name: str, given: Any, parameters: dict[str, Any], wanted: Any) -> None:
    assert one(name, given, rule("recode", name, **parameters)) == wanted


@pytest.mark.parametrize(
    ("match", "text"),
    [("exact", " MAIZ"), ("contains", "white maiz flour"), ("begins", "maizena"), ("ends", "my maiz")],
)
def test_other_text_becomes_a_choice(match: str, text: str) -> None:
    outcome = clean(
        interview(crop="other", crop_other=text),
        rule("recode_other", "crop_other", parent="crop", map={"maiz": "maize"}, match=match),
    )
    assert answers(outcome) == {"crop": "maize", "crop_other": None}
    assert {row.source for row in outcome.log} == {"rule:recode_other@3"}


def test_other_text_among_several_choices_takes_the_place_of_other() -> None:
    outcome = clean(
        interview(crops="rice other", crops_other="maiz"),
        rule("recode_other", "crops_other", parent="crops", map={"maiz": "maize"}, text="keep"),
    )
    assert answers(outcome) == {"crops": "rice maize", "crops_other": "maiz"}


def test_other_text_beside_a_choice_is_left_alone_with_a_finding() -> None:
    outcome = clean(
        interview(crop="rice", crop_other="maiz"),
        rule("recode_other", "crop_other", parent="crop", map={"maiz": "maize"}),
    )
    assert (outcome.log, len(outcome.findings)) == ((), 1)


# -- units ------------------------------------------------------------------------------------------------------------
CONVERT = rule("convert", "harvest", unit="unit", factors={"bag": 50.1}, target="kg", keep_original=True)


def test_amounts_are_converted_with_their_unit_and_the_original_is_kept() -> None:
    outcome = clean(interview(harvest=3.0, unit="bag"), CONVERT)
    assert answers(outcome) == {"harvest": 150.3, "unit": "kg", "harvest__orig": 3.0}
    assert [row.path for row in outcome.log] == [path("harvest"), path("unit")]


def test_an_unknown_unit_is_refused() -> None:
    outcome = clean(interview(harvest=3.0, unit="heap"), CONVERT)
    assert (answers(outcome), outcome.log) == ({"harvest": 3.0, "unit": "heap"}, ())
    assert "“heap”" in outcome.findings[0].message


def test_a_power_of_ten_is_taken_back_where_it_is_said_so() -> None:
    tenth = rule("scale10", "income", exponent=-1, instances=["uuid:1"], finding="S14")
    accepted = (Flag("S14", path("income"), state="accepted"),)
    assert one("income", 70000, tenth) == 7000
    assert one("income", 70000, tenth, _instance_id="uuid:2") == 70000
    assert one("income", 70000, tenth, _instance_id="uuid:2", _flags=accepted) == 7000
    outcome = clean(interview(income=75), tenth)
    assert (answers(outcome)["income"], len(outcome.findings)) == (75, 1)


# -- set and ranges ---------------------------------------------------------------------------------------------------
def test_values_are_set() -> None:
    assert one("head", "x", rule("set", "head", value="y")) == "y"
    assert one("income", 5, rule("set", "income", expression=". * 2 + ${age}"), age=30) == 40
    assert one("income", 5, rule("set_if", "income", value=0, when="${works} = 'no'"), works="no") == 0
    assert one("income", 5, rule("set_if", "income", value=0, when="${works} = 'no'"), works="yes") == 5


def test_a_value_that_the_question_cannot_hold_is_not_set() -> None:
    outcome = clean(interview(income=5, age=2), rule("set", "income", expression="${income} div ${age}"))
    assert (answers(outcome)["income"], len(outcome.findings)) == (5, 1)


def test_answers_are_blanked_with_a_reason() -> None:
    outcome = clean(
        interview(income=5, age=9), rule("blank_if", "income", when="${age} < 12", missing="not_applicable")
    )
    assert reasons(outcome) == {"income": "not_applicable"}
    assert outcome.log[0].missing_reason == "not_applicable"


def test_a_limit_flags_blanks_or_gives_a_copy() -> None:
    outside = interview(income=900)
    flagged = clean(outside, rule("clip", "income", min=0, max=500))
    assert (answers(flagged)["income"], len(flagged.findings)) == (900, 1)
    assert answers(clean(outside, rule("clip", "income", max=500, mode="blank")))["income"] is None
    copied = clean(outside, rule("clip", "income", max=500, mode="clip"))
    assert answers(copied) == {"income": 900, "income__clipped": 500}
    assert copied.log == ()


# -- rosters ----------------------------------------------------------------------------------------------------------
def roster(**main: Any) -> Any:
    job = member(1)
    job.repeat, job.key, job.parent = "/data/member/job", "1/member-1/job-1", "1/member-1"
    job.values = {path("j_name"): "farmer"}
    rows = [member(1, m_name="Ana", m_age=40), job, member(2, m_name="Ana", m_age=None, m_relation="child"), member(3)]
    return interview(rows=rows, members="3", ages="40", **main)


def keys(outcome: Any) -> list[str]:
    return [row.key for row in outcome.rows]


def test_a_row_is_dropped_with_the_rows_inside_it_and_counts_follow() -> None:
    outcome = clean(roster(), rule("drop_row", row_keys=["1/member-1"]))
    assert keys(outcome) == ["", "1/member-2", "1/member-3"]
    assert answers(outcome) == {"members": "2", "ages": "0"}
    assert [(r.row_key, r.change_type) for r in outcome.log if not r.path] == [
        ("1/member-1/job-1", "remove_row"),
        ("1/member-1", "remove_row"),
    ]


def test_rows_are_dropped_by_a_condition() -> None:
    outcome = clean(roster(), rule("drop_row", repeat="member", when="${m_name} = ''"))
    assert keys(outcome) == ["", "1/member-1", "1/member-1/job-1", "1/member-2"]


def test_rows_are_merged() -> None:
    outcome = clean(roster(), rule("merge_rows", keep="1/member-2", drop="1/member-1"))
    assert answers(outcome, "1/member-2") == {"m_name": "Ana", "m_age": 40, "m_relation": "child"}
    assert next(row for row in outcome.rows if row.key == "1/member-1/job-1").parent == "1/member-2"
    assert keys(outcome) == ["", "1/member-1/job-1", "1/member-2", "1/member-3"]


def test_rows_are_numbered_and_relations_put_right() -> None:
    outcome = clean(
        roster(),
        rule("renumber", question="m_no"),
        rule("fix_relation", question="m_relation", values={"1/member-2": "spouse"}),
    )
    assert [answers(outcome, f"1/member-{n}")["m_no"] for n in (1, 2, 3)] == [1, 2, 3]
    assert answers(outcome, "1/member-2")["m_relation"] == "spouse"


def test_a_row_moves_to_another_household_with_what_was_corrected_in_it() -> None:
    move = rule("move_row", row_key="1/member-1", instance="uuid:1", to="uuid:2")
    upper = rule("normalise_text", "m_name", case="upper")
    (first, second), record = clean_all([roster(), interview(2, members="0", ages="0")], move, upper)
    assert keys(first) == ["", "1/member-2", "1/member-3"]
    assert keys(second) == ["", "1/member-1", "1/member-1/job-1"]
    assert answers(second, "1/member-1")["m_name"] == "ANA"
    assert (answers(first)["members"], answers(second)["members"]) == ("2", "1")
    assert record.raw_rows == record.clean_rows


def test_a_row_stays_where_its_target_is_not_there() -> None:
    outcome = clean(roster(), rule("move_row", row_key="1/member-1", instance="uuid:1", to="uuid:9"))
    assert (len(outcome.rows), [f.check for f in outcome.findings]) == (5, ["row-not-moved"])


# -- dropping ---------------------------------------------------------------------------------------------------------
def test_submissions_are_dropped_by_expression_state_or_finding() -> None:
    by_name = rule("drop_submission", when="${head} = 'test'", reason_code="test", reason="pilot")
    dropped = clean(roster(head="test", _raw_hash="abc"), by_name).deletion
    assert dropped is not None
    assert (dropped.reason_code, dropped.reason, dropped.source) == ("test", "pilot", "rule:drop_submission@3")
    assert (dropped.rows_lost, dropped.raw_hash) == ({"/data/member": 3, "/data/member/job": 1}, "abc")
    assert clean(roster(head="Ana"), by_name).deletion is None
    by_state = rule("drop_submission", states=["rejected"], reason_code="other")
    assert clean(interview(_state="rejected"), by_state).deletion is not None
    by_finding = rule("drop_submission", finding="S12", reason_code="refused")
    assert clean(interview(_flags=(Flag("S12"),)), by_finding).deletion is not None
    assert clean(interview(_flags=(Flag("S12", state="false_alarm"),)), by_finding).deletion is None


@pytest.mark.parametrize(("keep", "kept"), [("newest", 3), ("oldest", 1), ("approved", 2), ("most_complete", 1)])
def test_of_duplicates_one_stays(keep: str, kept: int) -> None:
    copies = [
        interview(1, head="Li Wei", phone="1", age=5),
        interview(2, head=" li  wei", phone="1", _state="approved"),
        interview(3, head="Li Wei", phone="1"),
        interview(4, head="Li Wei", phone="2"),
        interview(5, head=None, phone="1"),
    ]
    outcomes, record = clean_all(copies, rule("dedupe", keys=["head", "phone"], keep=keep))
    assert {o.id.number for o in outcomes if o.deletion is None} == {kept, 4, 5}
    assert {o.deletion.kept_submission_no for o in outcomes if o.deletion} == {kept}
    assert record.deletions == {"duplicate": 2}


def test_a_duplicate_with_the_same_instance_id_is_told_apart_by_its_number() -> None:
    copies = [interview(1, head="a"), interview(2, head="a", _instance_id="uuid:1")]
    outcomes, _ = clean_all(copies, rule("dedupe", keys=["head"], keep="newest"))
    assert [(o.id, o.deletion is None) for o in outcomes] == [(("uuid:1", 1), False), (("uuid:1", 2), True)]


# -- order and switches -----------------------------------------------------------------------------------------------
def test_rules_run_by_stage_and_then_by_position() -> None:
    last = rule("set", "head", value="last", id="last")
    text = rule("normalise_text", "head", case="upper")
    assert one("head", "a", last, text) == "last"
    assert one("head", "a", rule("set", "head", value="b"), rule("set_if", "head", value="c", when=". = 'b'")) == "c"


def test_a_rule_that_is_not_active_does_nothing() -> None:
    assert one("head", "a", rule("set", "head", value="b", active=False)) == "a"


def test_a_rule_works_only_where_its_condition_holds() -> None:
    older = rule("normalise_text", "m_name", case="upper", when="${m_age} > 10 and ${head} = 'x'")
    rows = [member(1, m_name="a", m_age=40), member(2, m_name="b", m_age=4)]
    outcome = clean(interview(head="x", rows=rows), older)
    assert [answers(outcome, f"1/member-{n}")["m_name"] for n in (1, 2)] == ["A", "b"]


def test_a_pattern_may_be_held_to_a_repeat() -> None:
    outcome = clean(
        interview(head="a", rows=[member(1, m_name="a")]), rule("normalise_text", "*", case="upper", scope="member")
    )
    assert (answers(outcome)["head"], answers(outcome, "1/member-1")["m_name"]) == ("a", "A")


def test_the_log_row_says_which_rule_and_why() -> None:
    outcome = clean(
        interview(head="a", _context={"team": "north"}), rule("set", "head", value="b", reason="typing error")
    )
    (row,) = outcome.log
    assert (row.source, row.reason, row.changed_by, row.context["team"]) == (
        "rule:set@3",
        "typing error",
        "rule",
        "north",
    )
    assert clean(interview(head="a"), rule("set", "head", value="b")).log[0].log_id == row.log_id
