"""What must hold for every form, all data, any rules and any log."""

import hashlib
import pickle
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveyapp.clean.outcomes import Outcome
from surveyapp.clean.pipeline import Cleaner
from surveyapp.clean.records import MemorySource, Submission, SubmissionKey
from surveyapp.clean.rulesets import compile_ruleset
from surveyapp.clean.runs import RunRecord, run_cleaning
from surveyapp.clean.verification import verify
from tests.clean.any_survey import forms, logs, rulesets, submissions
from tests.clean.household import HOUSEHOLD, clean_all, decision, interview, member, program, rule
from tests.house.source import ROOT

FREELY = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def run(cleaner: Cleaner, interviews: list[Submission]) -> tuple[list[Outcome], RunRecord]:
    outcomes: list[Outcome] = []
    record = run_cleaning(cleaner, MemorySource(interviews), outcomes.append)
    return outcomes, record


@FREELY
@given(st.data())
def test_raw_with_the_log_on_it_is_clean(data: st.DataObject) -> None:
    form = data.draw(forms())
    interviews = data.draw(submissions(form))
    log = data.draw(logs(form, interviews))
    cleaner = Cleaner(compile_ruleset(data.draw(rulesets(form)), form, version=1), log)
    outcomes, record = run(cleaner, interviews)
    assert record.breaches == ()
    assert verify(form, interviews, outcomes) == []
    for repeat, count in record.raw_rows.items():
        assert count == record.clean_rows.get(repeat, 0) + record.deleted_rows.get(repeat, 0)
    decided = sum(len(outcome.decided) for outcome in outcomes)
    assert decided == sum(record.decisions.values())


@FREELY
@given(st.data())
def test_a_run_is_the_same_again_in_any_order_and_one_by_one(data: st.DataObject) -> None:
    form = data.draw(forms())
    interviews = data.draw(submissions(form))
    log = data.draw(logs(form, interviews))
    rules = data.draw(rulesets(form))
    first = run(Cleaner(compile_ruleset(rules, form, version=1), log), interviews)
    shuffled = data.draw(st.permutations(interviews))
    cleaner = Cleaner(compile_ruleset(rules, form, version=1), data.draw(st.permutations(log)))
    second = run(cleaner, shuffled)
    assert second[1] == replace(first[1], breaches=second[1].breaches)
    decisions = cleaner.decide_groups(MemorySource(shuffled))
    alone = {s.id: cleaner.clean(s, decisions) for s in shuffled}
    assert alone == {outcome.id: outcome for outcome in first[0]}


@FREELY
@given(st.data())
def test_the_key_of_a_submission_changes_with_whatever_its_outcome_hangs_on(data: st.DataObject) -> None:
    form = data.draw(forms())
    interviews = data.draw(submissions(form))
    rules = data.draw(rulesets(form))
    kept: dict[tuple[SubmissionKey, str], Outcome] = {}
    for log in (data.draw(logs(form, interviews)), data.draw(logs(form, interviews))):
        cleaner = Cleaner(compile_ruleset(rules, form, version=1), log)
        decisions = cleaner.decide_groups(MemorySource(interviews))
        for submission in interviews:
            outcome = cleaner.clean(submission, decisions)
            same = kept.setdefault((submission.id, cleaner.key_of(submission, decisions)), outcome)
            assert same.digest == outcome.digest
            assert same.deletion == outcome.deletion


FEW = [interview(n, head=f" h{n}", income=-99, rows=[member(1, n, m_age=n)], ages=str(n)) for n in range(1, 6)]
RULES: list[dict[str, Any]] = [rule("normalise_text", "*"), rule("missing_codes", "*")]


def test_another_process_computes_the_same_hash() -> None:
    program = (
        "from tests.clean.test_cleaning_identity import FEW, RULES\n"
        "from tests.clean.household import clean_all\n"
        "print(clean_all(FEW[::-1], *RULES)[1].content_hash)"
    )
    other = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert other.stdout.strip() == clean_all(FEW, *RULES)[1].content_hash


def test_the_content_hash_tells_other_content() -> None:
    hashes = {
        clean_all(FEW, *RULES)[1].content_hash,
        clean_all(FEW)[1].content_hash,
        clean_all(FEW[1:], *RULES)[1].content_hash,
        clean_all(FEW, *RULES, log=[decision("head", "x")])[1].content_hash,
    }
    assert len(hashes) == 4


def test_the_order_of_answers_in_a_row_does_not_count() -> None:
    one, other = interview(head="a", income=1, age=2), interview(age=2, income=1, head="a", _raw_hash="x")
    assert clean_all([one])[1].content_hash == clean_all([other])[1].content_hash


def test_the_key_knows_what_was_decided_of_the_group() -> None:
    cleaner = Cleaner(program(rule("dedupe", keys=["head"], keep="newest")))
    first, second = interview(1, head="a"), interview(2, head="a")
    alone, together = (cleaner.decide_groups(MemorySource(few)) for few in ([first], [first, second]))
    assert cleaner.key_of(first, alone) != cleaner.key_of(first, together)
    assert cleaner.key_of(second, alone) == cleaner.key_of(second, together)


def test_the_key_knows_which_rows_move() -> None:
    cleaner = Cleaner(program(rule("move_row", row_key="1/member-1", instance="uuid:1", to="uuid:2")))
    few = [interview(n, rows=[member(1, n)]) for n in (1, 2)]
    alone, together = (cleaner.decide_groups(MemorySource(some)) for some in (few[:1], few))
    for submission in few:
        assert cleaner.key_of(submission, alone) != cleaner.key_of(submission, together)


def test_an_outcome_can_be_kept() -> None:
    outcome = clean_all(FEW, *RULES, log=[decision("head", "x")])[0][0]
    assert pickle.loads(pickle.dumps(outcome)) == outcome


def test_the_record_counts_by_rule() -> None:
    record = clean_all(FEW, *RULES, log=[decision("head", "x", "h1")])[1]
    assert record.cells_touched == {"rule:normalise_text@3": 5, "rule:missing_codes@3": 5, "import:log.xlsx": 1}
    assert record.decisions == {"applied": 1}
    assert record.log_rows == {"change_response": 5, "blank_response": 5}


def test_inputs_are_told_apart_by_their_raw_hash_and_their_edits() -> None:
    other = [replace(FEW[0], raw_hash=hashlib.sha256(b"x").hexdigest()), *FEW[1:]]
    edited = [replace(FEW[0], edits_hash="x"), *FEW[1:]]
    assert len({clean_all(few)[1].inputs_hash for few in (FEW, other, edited)}) == 3


# -- what the verification must notice --------------------------------------------------------------------------------
def tampered(change: Any) -> list[str]:
    """The messages about a run in which `change` was done to the first outcome."""
    interviews = [interview(1, head=" a", income=1, rows=[member(1, m_age=4)]), interview(2)]
    outcomes, _ = run(Cleaner(program(*RULES), [decision("income", "2", "1")]), interviews)
    assert verify(HOUSEHOLD, interviews, outcomes) == []
    changed = change(outcomes[0])
    return [breach.message for breach in verify(HOUSEHOLD, interviews, [*changed, outcomes[1]])]


def _with_cell(outcome: Outcome) -> list[Outcome]:
    outcome.rows[0].values["/data/age"] = 5
    return [outcome]


def _with_reason(outcome: Outcome) -> list[Outcome]:
    outcome.rows[0].reasons["/data/head"] = "refused"
    return [outcome]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_with_cell, "Raw with the log on it is not the clean value."),
        (_with_reason, "Raw with the log on it is not the clean value."),
        (lambda o: [replace(o, log=())], "Raw with the log on it is not the clean value."),
        (
            lambda o: [replace(o, log=tuple(replace(r, old_value="x") for r in o.log))],
            "The log's old value is not the raw one.",
        ),
        (lambda o: [replace(o, rows=o.rows[:1])], "The row is neither clean nor in the log, or in both."),
        (lambda o: [replace(o, rows=(*o.rows, o.rows[1]))], "Two rows have one key."),
        (lambda o: [replace(o, rows=(*o.rows, replace(o.rows[1], key="x")))], "The row comes from nowhere."),
        (
            lambda o: [replace(o, rows=(o.rows[0], replace(o.rows[1], parent="x")))],
            "It lies in another row, and the log does not say so.",
        ),
        (lambda o: [], "It is neither clean nor deleted."),
        (lambda o: [o, o], "It is there twice."),
        (lambda o: [o, replace(o, id=SubmissionKey("uuid:7", 7))], "No raw submission is behind it."),
        (lambda o: [replace(o, departed=(o.rows[1],))], "The row was lost on its way."),
    ],
)
def test_a_breach_of_the_identity_is_noticed(change: Any, message: str) -> None:
    assert message in tampered(change)


def test_a_decision_without_effect_is_noticed() -> None:
    def undone(outcome: Outcome) -> list[Outcome]:
        outcome.rows[0].values["/data/income"] = 1
        return [replace(outcome, log=tuple(row for row in outcome.log if row.path != "/data/income"))]

    assert any("no effect" in message for message in tampered(undone))
