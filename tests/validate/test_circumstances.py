"""What the clock and the client of a record do to its judgement."""

import datetime

import pytest

from surveyapp.validate.circumstances import dialect_of
from tests.validate.fieldwork import COLLECT, RECEIVED, WEB, doubted, found, interview, make_rules

# -- time -------------------------------------------------------------------------------------------------------------
STAMPED = "| start | start | | | | | | | |\n| end | end | | | | | | | |\n"


def test_today_is_the_day_of_the_interview() -> None:
    rules = make_rules(STAMPED + "| date | d | D | | | . <= today() | | | |")
    stamps = "<start>2026-08-01T09:00:00.000+08:00</start><end>2026-08-01T10:00:00.000+08:00</end>"
    assert found(interview(rules, f"{stamps}<d>2026-08-01</d>")) == []
    assert found(interview(rules, f"{stamps}<d>2026-09-02</d>")) == [("constraint-violated", "/data/d")]


def test_a_rule_about_today_is_broken_only_at_every_moment() -> None:
    rules = make_rules(STAMPED + "| date | d | D | | | . = today() | | | |")
    stamps = "<start>2026-08-30T23:50:00.000Z</start><end>2026-08-31T00:10:00.000Z</end>"
    assert [found(interview(rules, f"{stamps}<d>2026-08-{day}</d>")) for day in (29, 30, 31)] == [
        [("constraint-violated", "/data/d")],
        [],
        [],
    ]


def test_a_computed_age_may_be_of_any_moment_of_the_interview() -> None:
    rules = make_rules(STAMPED + "| calculate | t | | | | | | today() | |")
    stamps = "<start>2026-08-30T23:50:00.000Z</start><end>2026-08-31T00:10:00.000Z</end>"
    assert found(interview(rules, f"{stamps}<t>2026-08-30</t>")) == []
    assert doubted(interview(rules, f"{stamps}<t>2026-08-29</t>")) == [("calculate-differs", "/data/t")]
    assert found(interview(rules, f"{stamps}<t>2026-08-01</t>")) == [("calculate-differs", "/data/t")]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-08-01T10:00:00.000Z", "2026-08-01T09:00:00.000Z"),
        ("2026-09-03T09:00:00.000Z", "2026-09-03T10:00:00.000Z"),
    ],
)
def test_a_wrong_clock_is_reported_and_time_rules_are_left_open(start: str, end: str) -> None:
    rules = make_rules(STAMPED + "| date | d | D | | | . <= today() | | | |\n| integer | n | N | | | . < 5 | | | |")
    judgement = interview(rules, f"<start>{start}</start><end>{end}</end><d>2027-01-01</d><n>9</n>")
    assert found(judgement) == [("device-clock", ""), ("constraint-violated", "/data/n")]
    assert doubted(judgement) == [("constraint-violated", "/data/d")]


def test_without_stamps_the_time_of_receipt_serves() -> None:
    rules = make_rules("| date | d | D | | | . <= today() | | | |")
    assert found(interview(rules, "<d>2026-09-01</d>")) == []
    late = RECEIVED + datetime.timedelta(days=400)
    assert found(interview(rules, "<d>2026-10-01</d>")) == [("constraint-violated", "/data/d")]
    assert found(interview(rules, "<d>2026-10-01</d>", received=late)) == []


# -- dialects ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("agent", "dialect"),
    [
        (COLLECT, "javarosa"),
        ("org.koboc.collect.android", "javarosa"),
        (WEB, "xforms"),
        ("curl/8", "both"),
        ("", "both"),
    ],
)
def test_the_client_says_its_dialect(agent: str, dialect: str) -> None:
    assert dialect_of(agent) == dialect


def test_an_unknown_client_is_given_the_benefit_of_the_doubt() -> None:
    rules = make_rules("| text | t | T | | | regex(., '[0-9]+') | | | |")
    assert found(interview(rules, "<t>a1</t>", agent=COLLECT)) == [("constraint-violated", "/data/t")]
    assert found(interview(rules, "<t>a1</t>", agent=WEB)) == []
    unknown = interview(rules, "<t>a1</t>", agent="")
    assert found(unknown) == []
    assert doubted(unknown) == [("constraint-violated", "/data/t")]
    assert "depends on the client" in unknown.unchecked[0].message
    assert found(interview(rules, "<t>abc</t>", agent="")) == [("constraint-violated", "/data/t")]


def test_a_hostile_pattern_is_not_checkable() -> None:
    rules = make_rules("| text | t | T | | | regex(., '(a+a+)+') | | | |")
    judgement = interview(rules, f"<t>{'a' * 3000}!</t>")
    assert found(judgement) == []
    assert doubted(judgement) == [("constraint-violated", "/data/t")]


def test_what_collect_cannot_run_is_not_checkable() -> None:
    rules = make_rules("| decimal | d | D | | | floor(.) = . | | | |")
    assert doubted(interview(rules, "<d>1.5</d>")) == [("constraint-violated", "/data/d")]
    assert found(interview(rules, "<d>1.5</d>", agent=WEB)) == [("constraint-violated", "/data/d")]


def test_unknown_relevance_leaves_what_lies_below_open() -> None:
    rules = make_rules(
        "| text | a | A | property('x') = 'y' | yes | | | | |\n| calculate | c | | property('x') = 'y' | | | | 1 | |"
    )
    judgement = interview(rules, "<a/><c/>")
    assert found(judgement) == []
    assert ("required-missing", "/data/a") in doubted(judgement)
    assert ("calculate-differs", "/data/c") in doubted(judgement)
