"""What hangs on changed answers, and forms of several versions."""

from dataclasses import replace

from surveyapp.clean.fields import Questionnaire
from surveyapp.clean.pipeline import Cleaner
from surveyapp.clean.rulesets import compile_ruleset
from tests.clean.household import FORM, answers, clean, interview, make_form, member, path, reasons, rule


# -- computed ---------------------------------------------------------------------------------------------------------
def test_calculations_follow_what_was_changed_and_no_others() -> None:
    outcome = clean(interview(income=5, wage=2, works="yes", total="7", ages="wrong"), rule("set", "income", value=10))
    assert (answers(outcome)["total"], answers(outcome)["ages"]) == ("12", "wrong")
    assert [(r.path, r.change_type, r.source) for r in outcome.log][-1] == (
        path("total"),
        "derived",
        "engine:calculate",
    )


def test_a_calculation_that_takes_no_part_is_not_computed() -> None:
    row = "| | calculate | total | | | | coalesce(${income}, 0) + coalesce(${wage}, 0) |"
    form = make_form(FORM.replace(row, "| | calculate | total | | ${works} = 'yes' | | ${income} * 2 |"))
    income = rule("set", "income", value=5)
    cleaner = Cleaner(compile_ruleset([income, rule("set_if", "works", value="yes", when="${head} = 'x'")], form))
    assert answers(cleaner.clean(interview(income=1, works="no"))) == {"income": 5, "works": "no"}
    assert answers(cleaner.clean(interview(income=1, works="no", head="x")))["total"] == "10"


def test_what_was_not_asked_before_is_no_news() -> None:
    odd = interview(works="no", wage=100)
    assert clean(odd, rule("set", "works", expression="''")).findings == ()


def test_a_condition_may_walk_over_all_answers() -> None:
    few = rule("set", "head", value="few answers", when="count-non-empty(/data/*) = 3")
    assert answers(clean(interview(head="a", income=1, age=2), few))["head"] == "few answers"
    assert answers(clean(interview(head="a", income=1), few))["head"] == "a"


def test_what_is_no_longer_asked_is_a_finding_or_goes_with_a_cascade() -> None:
    answered = interview(works="yes", wage=100, income=1, total="101")
    kept = clean(answered, rule("set", "works", value="no"))
    assert (answers(kept)["wage"], [f.check for f in kept.findings]) == (100, ["not-asked-any-more"])
    gone = clean(answered, rule("set", "works", value="no", cascade=True))
    assert (answers(gone)["wage"], reasons(gone), answers(gone)["total"]) == (None, {"wage": "not_asked"}, "1")


def test_columns_of_rules_come_at_the_end() -> None:
    twice = rule("derive", name="twice", type="integer", expression="${income} * 2", id="twice")
    more = rule("derive", name="more", type="integer", expression="${twice} + 1", id="more")
    older = rule("derive", name="older", type="integer", expression="${m_age} + 1", repeat="member", id="older")
    outcome = clean(interview(income=4, rows=[member(1, m_age=9)]), twice, more, older)
    assert answers(outcome) == {"income": 4, "twice": 8, "more": 9}
    assert (answers(outcome, "1/member-1")["older"], outcome.log) == (10, ())


def test_a_calculation_that_reads_the_clock_is_left_with_a_finding() -> None:
    table = FORM.replace("coalesce(${income}, 0) + coalesce(${wage}, 0)", "${income} + decimal-date-time(today())")
    form = make_form(table)
    outcome = Cleaner(compile_ruleset([rule("set", "income", value=5)], form)).clean(interview(income=1, total="20000"))
    assert (answers(outcome)["total"], [f.check for f in outcome.findings]) == ("20000", ["calculate-kept"])


# -- versions ---------------------------------------------------------------------------------------------------------
WITHOUT_AGE = "\n".join(line for line in FORM.splitlines() if "| age |" not in line)
TWO = make_form(WITHOUT_AGE, FORM)


def test_a_version_that_lacks_a_question_gets_no_answer_to_it() -> None:
    cleaner = Cleaner(
        compile_ruleset([rule("set", "age", value=5), rule("set_if", "head", value="x", when="${age} = ''")], TWO)
    )
    assert answers(cleaner.clean(interview(head="a"))) == {"head": "x"}
    assert answers(cleaner.clean(interview(head="a", _version="2"))) == {"head": "a", "age": 5}


def test_an_empty_cell_has_its_reason() -> None:
    row = clean(interview(income=-99, phone=None, head="a"), rule("missing_codes", "income")).rows[0]
    found = {name: TWO.find_reason("1", row, path(name)) for name in ("income", "phone", "visit", "age", "head")}
    assert found == {"income": "dont_know", "phone": "no_answer", "visit": "not_asked", "age": "version", "head": ""}


def test_a_question_that_moved_to_a_group_is_one_question() -> None:
    row = "| | text | phone | Phone | | | |\n"
    moved = FORM.replace(row, f"| | begin_group | g | G | | | |\n{row}| | end_group | | | | | |\n")
    versions = [known for table in (FORM, moved) for known in make_form(table).versions.values()]
    second = replace(versions[1], definition=replace(versions[1].definition, version="2"))
    form = Questionnaire([versions[0], second], lambda path: path.replace("/data/g/phone", "/data/phone"))
    cleaner = Cleaner(compile_ruleset([rule("set_if", "head", value="x", when="${phone} = '1'")], form))
    for version in ("1", "2"):
        assert answers(cleaner.clean(interview(head="a", phone="1", _version=version)))["head"] == "x"
