"""What people decided in the log wins over rules, and every decision says what became of it."""

import datetime
from dataclasses import replace

from surveyapp.clean.log import DELETION_COLUMNS, LOG_COLUMNS, deletion_cells, log_cells, undo
from surveyapp.clean.pipeline import Cleaner
from surveyapp.clean.records import MemorySource
from surveyapp.clean.runs import run_cleaning
from tests.clean.household import (
    HOUSEHOLD,
    NOON,
    answers,
    changes,
    clean,
    clean_all,
    decision,
    fates,
    interview,
    member,
    program,
    reasons,
    rule,
)

LATER = NOON + datetime.timedelta(days=2)


def test_a_decision_comes_after_recodes_and_before_ranges_and_is_not_overwritten() -> None:
    outcome = clean(
        interview(income=7),
        rule("recode", "income", map={"7": 8}),
        rule("set", "income", value=1),
        log=[decision("income", "9", "7")],
    )
    assert (answers(outcome)["income"], fates(outcome)) == (9, ["applied"])
    assert (outcome.blocked, changes(outcome)) == ({"rule:set@3": 1}, [("income", "change_response", "7", "9")])
    assert (outcome.log[0].changed_by, outcome.log[0].source) == ("supervisor", "import:log.xlsx")


def test_a_decision_to_keep_what_came_stands_against_rules() -> None:
    rows = [member(1, m_relation="child")]
    aunt = rule("fix_relation", question="m_relation", values={"1/member-1": "head"})
    log = [decision("head", "a", "a"), decision("m_relation", "child", row_key="1/member-1")]
    outcome = clean(interview(head="a", rows=rows), rule("set", "head", value="x"), aunt, log=log)
    assert (answers(outcome), fates(outcome)) == ({"head": "a"}, ["applied", "applied"])
    assert (outcome.blocked, outcome.log) == ({"rule:set@3": 1, "rule:fix_relation@3": 1}, ())


def test_the_later_of_two_decisions_wins() -> None:
    log = [decision("income", "9", "8", changed_at=LATER), decision("income", "8", "7")]
    outcome = clean(interview(income=7), log=log)
    assert (answers(outcome)["income"], fates(outcome)) == (9, ["superseded", "applied"])


def test_a_decision_on_an_answer_that_was_edited_since_is_not_carried_out() -> None:
    outcome = clean(interview(income=50), log=[decision("income", "6", "5")])
    assert (answers(outcome)["income"], fates(outcome)) == (50, ["superseded"])
    assert [finding.check for finding in outcome.findings] == ["decision-outdated"]


def test_a_decision_without_an_old_value_is_carried_out() -> None:
    assert answers(clean(interview(income=50), log=[decision("income", "6")]))["income"] == 6


def test_spaces_in_the_old_value_do_not_count() -> None:
    assert fates(clean(interview(head="Li \n Wei"), log=[decision("head", "Ana", "Li Wei")])) == ["applied"]


def test_an_answer_is_blanked_with_its_reason() -> None:
    blank = decision("income", change_type="blank_response", missing_reason="refused")
    outcome = clean(interview(income=5), log=[blank])
    assert (answers(outcome)["income"], reasons(outcome), outcome.log[0].missing_reason) == (
        None,
        {"income": "refused"},
        "refused",
    )


def test_decisions_that_cannot_be_carried_out_are_blocked() -> None:
    log = [
        decision("age", "many"),
        decision("m_age", "5", row_key="9/member-9"),
        replace(decision("age", "5"), path="/data/gone"),
        decision("crop", "sorghum"),
    ]
    assert set(fates(clean(interview(age=4), log=log))) == {"blocked"}


def test_rejected_and_acknowledged_decisions_change_nothing() -> None:
    log = [decision("age", "5", status="rejected"), decision("income", change_type="no_action")]
    outcome = clean(interview(age=4, income=1), log=log)
    assert (sorted(fates(outcome)), outcome.log) == (["acknowledged", "rejected"], ())


def test_a_person_takes_a_submission_out() -> None:
    log = [decision("", change_type="remove_survey", check_id="duplicate", reason="twice"), decision("age", "5")]
    outcome = clean(interview(age=4), log=log)
    assert outcome.deletion is not None
    assert (outcome.deletion.reason_code, outcome.deletion.deleted_by) == ("duplicate", "supervisor")
    assert sorted(fates(outcome)) == ["applied", "superseded"]


def test_a_person_takes_a_row_out_and_decisions_on_it_are_superseded() -> None:
    rows = [member(1, m_age=4), member(2, m_age=5)]
    log = [
        decision("m_age", "6", row_key="1/member-1"),
        decision("", change_type="remove_row", row_key="1/member-1", changed_at=LATER),
        decision("m_age", "7", row_key="1/member-2"),
    ]
    outcome = clean(interview(rows=rows, members="2"), log=log)
    assert [row.key for row in outcome.rows] == ["", "1/member-2"]
    assert {decided.row.row_key + decided.row.change_type: decided.status for decided in outcome.decided} == {
        "1/member-1change_response": "superseded",
        "1/member-1remove_row": "applied",
        "1/member-2change_response": "applied",
    }
    assert answers(outcome)["members"] == "1"


def test_a_rule_that_drops_the_row_supersedes_the_decision_on_it() -> None:
    log = [decision("m_age", "6", row_key="1/member-1")]
    outcome = clean(interview(rows=[member(1, m_age=4)]), rule("drop_row", row_keys=["1/member-1"]), log=log)
    assert fates(outcome) == ["superseded"]


def test_a_group_of_duplicates_about_which_a_person_decided_is_left_alone() -> None:
    copies = [interview(1, head="a"), interview(2, head="a")]
    dedupe = rule("dedupe", keys=["head"], keep="newest")
    stays = decision("", change_type="no_action")
    assert sum(o.deletion is not None for o in clean_all(copies, dedupe)[0]) == 1
    assert sum(o.deletion is not None for o in clean_all(copies, dedupe, log=[stays])[0]) == 0


def test_a_decision_may_cascade() -> None:
    answered = interview(works="yes", wage=100)
    assert answers(clean(answered, log=[decision("works", "no")]))["wage"] == 100
    assert answers(clean(answered, log=[decision("works", "no", cascade=True)]))["wage"] is None


def test_an_import_is_undone_as_a_unit() -> None:
    log = [decision("age", "5"), decision("income", "9", source="import:other.xlsx")]
    outcome = clean(interview(age=4, income=1), log=undo(log, "import:log.xlsx"))
    assert (answers(outcome)["age"], answers(outcome)["income"]) == (4, 9)


def test_decisions_on_submissions_that_are_not_there_are_counted() -> None:
    cleaner = Cleaner(program(), [decision("age", "5", instance_id="uuid:gone")])
    assert run_cleaning(cleaner, MemorySource([interview()])).unmatched_decisions == 1


def test_a_decision_on_one_copy_leaves_the_other_alone() -> None:
    copies = [interview(1, age=1), interview(2, age=1, _instance_id="uuid:1")]
    outcomes, _ = clean_all(copies, log=[decision("age", "5", submission_no=2)])
    assert [answers(outcome)["age"] for outcome in outcomes] == [1, 5]


def test_the_logs_can_be_shown_as_tables() -> None:
    submission = interview(crop="maize", crops="maize rice", _context={"household_id": "H1", "start": "8:00"})
    log = [decision("crop", "rice", issue="odd", reason="called back"), decision("crops", "rice dk")]
    outcome = clean(submission, log=log)
    text = HOUSEHOLD.newest.text
    rows = [dict(zip(LOG_COLUMNS, log_cells(r, HOUSEHOLD.fields[r.path], text), strict=True)) for r in outcome.log]
    assert [(row["question"], row["label"], row["old_label"], row["new_label"]) for row in rows] == [
        ("crop", "Main crop", "Maize", "Rice"),
        ("crops", "Crops", "Maize; Rice", "Rice; Don't know"),
    ]
    assert (rows[0]["household_id"], rows[0]["issue"], rows[0]["reason"]) == ("H1", "odd", "called back")
    assert {row["log_id"] for row in rows} == {entry.log_id for entry in log}
    gone = clean(submission, rule("drop_submission", when="true()", reason_code="test")).deletion
    assert gone is not None
    cells = dict(zip(DELETION_COLUMNS, deletion_cells(gone), strict=True))
    assert (cells["household_id"], cells["start"], cells["reason_code"]) == ("H1", "8:00", "test")


def test_rows_inside_a_removed_row_are_in_the_log_under_ids_of_their_own() -> None:
    job = member(9, parent="1/member-1")
    job.repeat, job.key = "/data/member/job", "1/member-1/job-1"
    log = [decision("", change_type="remove_row", row_key="1/member-1")]
    outcome = clean(interview(rows=[member(1), job]), log=log)
    ids = {row.row_key: row.log_id for row in outcome.log}
    assert ids["1/member-1"] == log[0].log_id != ids["1/member-1/job-1"]
