"""A log from a sheet: what each row check finds, what would change, and what binds the import to its dry run."""

from dataclasses import replace
from typing import Any

import pytest

from surveyapp.clean.log import undo
from surveyapp.clean.log_damage import NoStoredValue
from surveyapp.clean.log_dry_run import accept_import, hash_row
from surveyapp.clean.log_headers import map_headers
from surveyapp.clean.log_import import try_import
from surveyapp.problems import Problem
from tests.clean.household import FORM, answers, make_form, path
from tests.clean.log_sheets import HEADERS, META, Cleaned, attempt, cleaned, codes

CHANGE: dict[str, Any] = {
    "question": "income",
    "old_value": 500,
    "new_value": 600,
    "change_type": "change_response",
    "comment": "asked again",
}


# -- headers ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("headers", "custom"),
    [
        (["instance_id", "row_key", "question", "old_value", "new_value", "change_type", "reason"], "ours"),
        (["X.U.FEFF.uuid", "questions", "old.value", "new.value", "change_type", "issue", "comment"], "impact"),
        (["\ufeffX_uuid", "question", "issue", "old_value", "new_value", "change_type"], "impact"),
        (["ï»¿_uuid", "Question", "New Value"], "impact"),
        (["key", "variable", "value", "newvalue", "action", "comments"], "ipa"),
    ],
)
def test_headers_of_others_are_understood(headers: list[str], custom: str) -> None:
    found = map_headers(headers)
    assert found.custom == custom
    assert (found.columns["instance_id"], found.columns["new_value"]) == (
        headers[0],
        next(h for h in headers if h.lower().replace(".", "_").replace(" ", "_") in ("new_value", "newvalue")),
    )


def test_headers_are_mapped_by_hand() -> None:
    found = map_headers(["hh", "Frage", "neu"], {"instance_id": "hh", "question": "Frage", "new_value": "neu"})
    assert found.columns == {"instance_id": "hh", "question": "Frage", "new_value": "neu"}


def test_a_sheet_that_is_no_log_says_what_is_missing() -> None:
    with pytest.raises(Problem) as refused:
        map_headers(["name", "new_value"])
    assert [error["column"] for error in refused.value.errors] == ["instance_id", "question"]
    assert "name, new_value" in refused.value.detail


def test_the_words_of_ipa_are_understood() -> None:
    headers = map_headers(["key", "variable", "value", "newvalue", "action"])
    rows: list[dict[str, Any]] = [
        {"key": "uuid:1", "variable": "income", "value": 500, "newvalue": 600, "action": "replace"},
        {"key": "uuid:1", "variable": "age", "value": 44, "newvalue": None, "action": "okay"},
        {"key": "uuid:2", "variable": None, "value": None, "newvalue": None, "action": "drop"},
    ]
    dry_run = attempt(*rows, headers=headers)
    assert [row.change_type for row in dry_run.log] == ["change_response", "no_action", "remove_survey"]


# -- row checks -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("row", "weight", "code"),
    [
        ({"uuid": "uuid:9"}, "error", "uuid-unknown"),
        ({"uuid": "uuid:trees"}, "error", "other-form"),
        ({"question": "incme"}, "error", "question-unknown"),
        ({"question": "m_age", "old_value": 40}, "error", "row-key-missing"),
        ({"question": "m_age", "row_key": "1/member-9"}, "error", "row-key-unknown"),
        ({"question": "age", "row_key": "1/member-1"}, "error", "row-key-unknown"),
        ({"change_type": "improve"}, "error", "change-type-unknown"),
        ({"new_value": None}, "error", "new-value-missing"),
        ({"new_value": " NA "}, "error", "new-value-missing"),
        ({"change_type": "blank_response"}, "error", "new-value-present"),
        ({"new_value": "many"}, "error", "value"),
        ({"question": "crop", "old_value": "maize", "new_value": "sorghum"}, "error", "value"),
        ({"question": "age", "old_value": 44, "new_value": 130}, "error", "constraint"),
        ({"old_value": 499}, "blocked", "stale"),
        ({"old_value": None}, "warning", "unverified"),
        ({"new_value": 600.0}, "info", "healed"),
        ({"new_value": NoStoredValue("=A1")}, "error", "value"),
        ({"uuid": NoStoredValue("=A1")}, "error", "cell"),
        ({"question": "#REF!"}, "error", "cell"),
    ],
)
def test_a_row_check_finds_its_fault(row: dict[str, Any], weight: str, code: str) -> None:
    assert (2, weight, code) in codes(attempt({**CHANGE, **row}))
    assert (2, weight, code) not in codes(attempt(CHANGE))


def test_a_good_row_is_a_change_with_labels() -> None:
    dry_run = attempt({**CHANGE, "question": "crop", "old_value": "maize", "new_value": "Rice"})
    (difference,) = dry_run.differences
    assert difference == (2, "uuid:1", "", "crop", "maize", "Maize", "rice", "Rice")
    assert (dry_run.log[0].old_value, dry_run.log[0].new_value, dry_run.counts) == (
        "maize",
        "rice",
        {"change_response": 1},
    )
    assert (dry_run.log[0].changed_by, dry_run.log[0].changed_at) == ("supervisor", META.at)


def test_all_faults_are_told_at_once_with_their_rows() -> None:
    dry_run = attempt(CHANGE, {**CHANGE, "uuid": "x"}, {**CHANGE, "question": "x"}, {**CHANGE, "new_value": "x"})
    assert [notice.row for notice in dry_run.faults] == [3, 4, 5]
    with pytest.raises(Problem) as refused:
        accept_import(dry_run, dry_run.token, cleaned().version, META.file_hash)
    assert len(refused.value.errors) == 3


def test_an_unknown_question_has_a_suggestion() -> None:
    assert "“income”" in attempt({**CHANGE, "question": "incme"}).notices[0].message


def test_an_answer_in_a_repeat_is_known_by_its_row_key() -> None:
    dry_run = attempt({**CHANGE, "question": "m_age", "row_key": "1/member-2", "old_value": 9, "new_value": 10})
    assert (dry_run.notices, dry_run.log[0].cell) == ((), ("1/member-2", path("m_age")))


def test_old_values_are_compared_without_spaces_and_in_their_type() -> None:
    data = Cleaned([replace_head("Li \n Wei")])
    assert attempt({**CHANGE, "question": "head", "old_value": "Li Wei ", "new_value": "Ana"}, data=data).notices == ()
    assert attempt({**CHANGE, "old_value": "500.0"}).notices == ()


def replace_head(text: str) -> Any:
    first = cleaned().submissions[0]
    main = first.main.copy()
    main.values[path("head")] = text
    return replace(first, rows=(main, *first.rows[1:]))


def test_a_missing_old_value_is_filled_in() -> None:
    assert attempt({**CHANGE, "old_value": None}).log[0].old_value == "500"


def test_the_same_twice_is_merged_and_a_contradiction_is_a_fault() -> None:
    assert attempt(CHANGE, CHANGE).counts == {"change_response": 1, "merged": 1}
    dry_run = attempt(CHANGE, {**CHANGE, "new_value": 700})
    assert (codes(dry_run), dry_run.log) == ([(3, "error", "contradicts")], ())


def test_a_decision_says_why_and_logs_of_others_are_only_warned() -> None:
    own = [*("instance_id", "question", "old_value", "new_value", "change_type"), "reason"]
    row = {"instance_id": "uuid:1", "question": "income", "old_value": 500, "new_value": 600}
    missing = "reason-missing"
    assert codes(attempt(row, headers=map_headers(own))) == [(2, "error", missing)]
    assert codes(attempt({**row, "reason": "asked again"}, headers=map_headers(own))) == []
    assert codes(attempt(row, headers=map_headers(own[:-1]))) == [(1, "warning", missing)]
    theirs = map_headers([*("uuid", "question", "old_value", "new_value", "issue"), "comment"])
    other = {**row, "uuid": "uuid:1"}
    assert codes(attempt(other, headers=theirs)) == [(2, "warning", missing)]
    assert codes(attempt({**other, "issue": "an outlier"}, headers=theirs)) == []
    assert codes(attempt({**row, "new_value": 500}, headers=map_headers(own))) == []


def test_changes_of_what_is_removed_are_ignored_with_a_warning() -> None:
    remove = {"question": None, "change_type": "remove_survey", "comment": "nobody lives there"}
    dry_run = attempt(CHANGE, remove)
    assert (codes(dry_run), dry_run.removals) == ([(2, "warning", "removed-too")], ("uuid:1",))
    row = {"question": None, "row_key": "1/member-1", "change_type": "remove_row"}
    inside = {**CHANGE, "question": "m_age", "row_key": "1/member-1", "old_value": 40, "new_value": 41}
    assert attempt(inside, row).counts == {"ignored": 1, "remove_row": 1}


def test_rows_that_nobody_changed_are_skipped() -> None:
    exported = {"uuid": "uuid:1", "question": "income", "old_value": 500, "new_value": "9", "change_type": "no_action"}
    meta = replace(META, exported=frozenset({hash_row(exported)}))
    assert attempt(exported, {**exported, "comment": "seen"}, meta=meta).counts == {"unchanged": 1, "no_action": 1}
    assert attempt({"question": "income", "old_value": 500}).counts == {"unchanged": 1}
    assert attempt({**CHANGE, "new_value": 500}).counts == {"unchanged": 1}


def test_a_question_that_the_version_lacks_cannot_be_answered() -> None:
    form = make_form("\n".join(line for line in FORM.splitlines() if "| age |" not in line), FORM)
    rows = [{"uuid": "uuid:1", **CHANGE, "question": "age", "old_value": None, "new_value": 5}]
    assert codes(try_import(rows, HEADERS, form, cleaned(), (), META)) == [(2, "error", "question-not-in-version")]


# -- again and back ---------------------------------------------------------------------------------------------------
def test_the_same_file_twice_changes_nothing() -> None:
    rows: list[dict[str, Any]] = [
        CHANGE,
        {**CHANGE, "question": "age", "old_value": 44, "new_value": None, "change_type": "blank_response"},
        {"question": None, "row_key": "1/member-2", "change_type": "remove_row"},
        {"uuid": "uuid:2", "question": None, "change_type": "remove_survey"},
    ]
    first = attempt(*rows)
    log = accept_import(first, first.token, cleaned().version, META.file_hash)
    after = cleaned(log)
    assert answers(after.outcomes["uuid:1"])["income"] == 600
    assert after.outcomes["uuid:2"].deletion is not None
    again = attempt(*rows, log=log, meta=replace(META, file_hash="e" * 64))
    assert (again.counts, again.log, again.faults) == ({"already applied": 4}, (), [])


def test_an_import_can_be_undone() -> None:
    log = undo(attempt(CHANGE).log, META.source)
    assert cleaned(log).version == cleaned().version != cleaned(attempt(CHANGE).log).version


def test_an_import_is_bound_to_the_data_and_the_file_of_its_dry_run() -> None:
    dry_run = attempt(CHANGE)
    assert len(accept_import(dry_run, dry_run.token, cleaned().version, META.file_hash)) == 1
    for token, version, file in (
        (dry_run.token, "other", META.file_hash),
        (dry_run.token, cleaned().version, "other"),
        ("other", cleaned().version, META.file_hash),
    ):
        with pytest.raises(Problem) as refused:
            accept_import(dry_run, token, version, file)
        assert refused.value.kind.code == "log-changed"


def test_a_removed_submission_takes_no_more_changes() -> None:
    remove = attempt({"question": None, "change_type": "remove_survey"})
    assert codes(attempt(CHANGE, log=remove.log)) == [(2, "error", "deleted")]
