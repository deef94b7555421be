"""Each check that compares fires on its case among forty neighbours, and is silent on the twin."""

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from surveyapp.quality.catalogue import CATALOGUE
from surveyapp.quality.declaration import tell
from surveyapp.quality.gathered import Gathered
from surveyapp.quality.interview import Interview
from surveyapp.quality.plan import Plan
from tests.quality.villages import (
    CHILD,
    HEAD,
    METRE,
    MONDAY,
    among,
    gathered,
    interview_of,
    member,
    of_kind,
    others,
    plan_of,
)

MINUTE = datetime.timedelta(minutes=1)
HOUR = 60 * MINUTE


@dataclasses.dataclass(frozen=True)
class Trial:
    """A check, what makes interview 0 odd among the neighbours, and the twin that is just right."""

    check: str
    odd: Mapping[str, Any]
    twin: Mapping[str, Any]
    severity: str
    observed: str
    rows: Sequence[Sequence[str]] = ()
    there: Sequence[Mapping[str, Any]] = ()
    message: str = ""
    suggestion: str = ""


def said(**answers: str | None) -> dict[str, Any]:
    return {"answers": answers}


def times(start: datetime.datetime, minutes: float) -> dict[str, str]:
    return {"start": start.isoformat(), "end": (start + minutes * MINUTE).isoformat()}


def audit(seconds: float, changes: int = 0, section: str = "income") -> bytes:
    """An audit log with that much active time on one question, so many edits of it."""
    lines = ["event,node,start,end,old-value,new-value"]
    clock = 1_000_000.0
    while seconds > 0:
        step = min(seconds, 500.0)
        lines.append(f"question,/data/{section},{clock * 1000:.0f},{(clock + step) * 1000:.0f},,")
        clock, seconds = clock + step, seconds - step
    lines += [f"question,/data/income,{clock * 1000:.0f},{clock * 1000:.0f},{n},{n + 1}" for n in range(changes)]
    return "\n".join(lines).encode()


def north(metres: float) -> str:
    return f"{25 + metres * METRE:.8f} 105 900 5"


TRIALS = (
    Trial("S06", said(income="90000"), said(income="1200"), "warning", "90000", message="severe"),
    Trial("S06", said(income="1900"), said(income="1500"), "warning", "1900", [("S06", "S06", "income",
          "method=sd; sd=2")]),
    Trial("S06", said(income="2250"), said(income="1900"), "warning", "2250", [("S06", "S06", "income", "method=iqr")]),
    Trial("S08", said(income="9999"), said(income="9998"), "info", "9999"),
    Trial("S08", said(income="1100"), said(income="1101"), "info", "1100", [("S08", "S08", "income", "declared=1100")]),
    Trial("S14", said(income="12000"), said(income="1200"), "warning", "12000", suggestion="1200"),
    Trial("S15", said(land="4", harvest="4000"), said(land="4", harvest="1700"), "warning", "1000",
          [("yield", "S15", "harvest land", "")]),
    Trial("S15", said(land="4", harvest="3800"), said(land="4", harvest="1700"), "warning", "950",
          [("yield", "S15", "harvest", "max=900; expression=${harvest} div ${land}")]),
    Trial("G04", said(gps=north(5)), said(gps=north(11)), "warning", "2", there=[said(gps=north(1)),
          said(gps=north(9))]),
    Trial("G04", said(gps=north(0.5)), said(gps=north(1.5)), "warning", "1", there=[said(gps=north(0))]),
    Trial("G05", said(gps=north(40)), said(gps=north(41)), "warning", f"{25 + 40 * METRE:.6f} 105.000000"),
    Trial("G07", said(gps=north(9000)), said(gps=north(1700)), "warning", "8180"),
    Trial("G08", said(**times(MONDAY + 100 * HOUR, 40), enumerator="e7", gps=north(90_000)),
          said(**times(MONDAY + 100 * HOUR, 40), enumerator="e7", gps=north(70_000)), "warning", "90",
          there=[said(**times(MONDAY + 98 * HOUR, 60), enumerator="e7", gps=north(0))]),
    Trial("G08", said(**times(MONDAY + 100 * HOUR, 40), enumerator="e7", gps=north(160_000)),
          said(**times(MONDAY + 100 * HOUR, 40), enumerator="e7", gps=north(100)), "error", "160",
          there=[said(**times(MONDAY + 98 * HOUR, 60), enumerator="e7", gps=north(0))]),
    Trial("T01", said(**times(MONDAY, 21)), said(**times(MONDAY, 22.5)), "warning", "21.0"),
    Trial("T01", said(**times(MONDAY, 14)), said(**times(MONDAY, 30)), "error", "14.0"),
    Trial("T01", said(**times(MONDAY, 34)), said(**times(MONDAY, 35)), "warning", "34.0", [("T01", "T01", "",
          "minimum=35")]),
    Trial("T05", said(**times(MONDAY + 100 * HOUR, 40), enumerator="e7"), said(**times(MONDAY + 102 * HOUR, 40),
          enumerator="e7"),
          "error", "-10.0", there=[said(**times(MONDAY + 99 * HOUR, 70), enumerator="e7")], message="overlap"),
    Trial("T05", said(**times(MONDAY + 100 * HOUR, 40), enumerator="e7"),
          said(**times(MONDAY + 100 * HOUR + MINUTE, 40), enumerator="e7"),
          "warning", "1.0", there=[said(**times(MONDAY + 99 * HOUR, 59), enumerator="e7")]),
    Trial("T05", said(**times(MONDAY + 100 * HOUR, 40), enumerator="e7"), said(**times(MONDAY + 103 * HOUR, 40)),
          "warning", "0.0", there=[said(**times(MONDAY + 99 * HOUR, 60), enumerator="e7")]),
    Trial("D02", {"number": 1}, {}, "error", ""),
    Trial("D03", said(hh_code=" V1-0001 "), said(hh_code="v1-00010"), "error", "v1-0001"),
    Trial("D04", said(head_name="HEAD  1", phone="+86 139 0001 5678"), said(head_name="Head 2",
          phone="139 0001 5678"), "warning",
          "v1|head 1|900015678"),
    Trial("D05", said(phone="0086-13900015678"), said(phone="13900999999"), "warning", "900015678"),
    Trial("D09", {"facts": {"files": {"x.jpg": "sha1"}}}, {"facts": {"files": {"x.jpg": "sha0"}}}, "warning", "sha1"),
)  # fmt: skip


def _name(trial: Trial) -> str:
    return f"{trial.check}-{trial.message or trial.severity}-{trial.observed[:12]}"


def _meet(trial: Trial, arguments: Mapping[str, Any]) -> list[Any]:
    plan = plan_of(*trial.rows)
    known = others(plan) + [interview_of(plan, 50 + place, **one) for place, one in enumerate(trial.there)]
    number = arguments.get("number", 0)
    rest = {key: value for key, value in arguments.items() if key != "number"}
    asking = interview_of(plan, number, **{"facts": {"instance_id": "uuid:asking"}, **rest})
    found = of_kind(among(plan, asking, gathered(plan, *known)), trial.check)
    return [one for one in found if one.message == trial.message]


@pytest.mark.parametrize("trial", TRIALS, ids=_name)
def test_a_comparison_fires_on_its_case(trial: Trial) -> None:
    found = _meet(trial, trial.odd)
    assert [one.severity for one in found] == [trial.severity]
    if trial.observed:
        assert found[0].observed == trial.observed
    assert found[0].suggestion == trial.suggestion
    for language in ("en", "zh"):
        assert "{" not in tell(CATALOGUE[trial.check], found[0], language)


@pytest.mark.parametrize("trial", TRIALS, ids=_name)
def test_a_comparison_is_silent_on_the_twin(trial: Trial) -> None:
    assert not _meet(trial, trial.twin)


def test_every_check_that_compares_is_tried() -> None:
    declared = {check.id for check in CATALOGUE.values() if check.moment == "comparison"}
    elsewhere = {"S09", "T02", "T07", "T10", "D06", "D07", "D08"}
    assert declared - elsewhere == {trial.check for trial in TRIALS}


def test_a_large_share_of_missing_answers_is_found() -> None:
    plan = plan_of()
    blanks = ("g_a", "g_b", "g_c", "g_d", "g_e")
    known = [interview_of(plan, n, dict.fromkeys(blanks[: n % 6], "")) for n in range(1, 41)]
    numbers = ("income", "land", "harvest", "total", "part_a", "part_b", "animals")
    odd = interview_of(plan, answers=dict.fromkeys((*blanks, *numbers), ""))
    assert [one.severity for one in of_kind(among(plan, odd, gathered(plan, *known)), "S09")] == ["warning"]
    assert not of_kind(among(plan, known[4], gathered(plan, *known)), "S09")
    # However unusual it is, a share of 5 % is not large.
    few = [interview_of(plan, n, {"g_a": "" if n % 9 else "1", "g_b": "" if n % 8 else "1"}) for n in range(1, 41)]
    assert not of_kind(among(plan, few[0], gathered(plan, *few)), "S09")


# -- audit logs -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("check", "odd", "twin"),
    [
        ("T02", audit(40_000), audit(2100)),
        ("T10", audit(2000, changes=60), audit(2000, changes=7)),
    ],
)
def test_time_and_edits_of_the_log_are_compared(check: str, odd: bytes, twin: bytes) -> None:
    plan = plan_of()
    known = [
        interview_of(plan, number, facts={"audit": audit(1800 + 20 * number, changes=number % 7)})
        for number in range(1, 41)
    ]
    there = gathered(plan, *known)
    assert of_kind(among(plan, interview_of(plan, facts={"audit": odd}), there), check)
    assert not of_kind(among(plan, interview_of(plan, facts={"audit": twin}), there), check)


def test_the_time_of_a_section_is_compared() -> None:
    plan = plan_of()

    def log(seconds: float) -> dict[str, Any]:
        return {"audit": audit(seconds, section="member[1]/m_age")}

    there = gathered(plan, *(interview_of(plan, number, facts=log(100 + number)) for number in range(1, 41)))
    found = of_kind(among(plan, interview_of(plan, facts=log(400)), there), "T07")
    assert [one.subject for one in found] == ["section:/data/member"]
    assert not of_kind(among(plan, interview_of(plan, facts=log(120)), there), "T07")


# -- near duplicates --------------------------------------------------------------------------------------------------
FIRST = ("income", "land", "harvest", "total", "part_a", "part_b", "animals")
MORE = (*FIRST, "fcs_a", "fcs_b", "fcs_c")


def copied(plan: Plan, *changed: str, **answers: str) -> Interview:
    """Interview 1 by somebody else under another id, with other answers to so many questions."""
    changes = dict.fromkeys(changed, "3333")
    return interview_of(plan, 1, {"hh_code": "v1-0001", **answers, **changes}, facts={"instance_id": "uuid:copy"})


@pytest.mark.parametrize(
    ("check", "odd", "twin"),
    [
        ("D06", (FIRST, "e9"), ((*FIRST, "fcs_a"), "e9")),
        ("D07", (MORE, "e1"), ((*MORE, "fcs_d"), "e1")),
    ],
)
def test_a_near_duplicate_is_found_up_to_the_limit(check: str, odd: Any, twin: Any) -> None:
    # The enumerator's own name is one of the compared answers, and not to be counted here.
    plan = plan_of(settings=None)
    there = gathered(plan, *others(plan))
    different = {"D06": 8, "D07": 10}[check]
    shift = 1 if check == "D06" else 0
    fires = among(plan, copied(plan, *odd[0][shift:], enumerator=odd[1]), there)
    assert [one.binding for one in of_kind(fires, check)] == ["uuid:1|uuid:copy"]
    assert of_kind(fires, check)[0].observed.startswith(str(different - shift))
    assert not of_kind(among(plan, copied(plan, *twin[0][shift:], enumerator=twin[1]), there), check)


def test_equal_answers_are_told_where_no_near_duplicate_is() -> None:
    plan = plan_of(("D08", "D08", "", "share=0.65"))
    there = gathered(plan, *others(plan))
    assert [one.subject for one in of_kind(among(plan, copied(plan, *MORE, "fcs_d"), there), "D08")] == ["uuid:1"]
    assert not of_kind(among(plan, copied(plan, *MORE), there), "D08")
    many = (*MORE, "fcs_d", "fcs_e", "g_a", "g_b", "g_c", "g_d", "g_e", "hh_size")
    assert not of_kind(among(plan, copied(plan, *many), there), "D08")


def test_short_interviews_are_no_near_duplicates() -> None:
    plan = plan_of()
    first, second = (interview_of(plan, number, dict.fromkeys(MORE, "")) for number in (0, 1))
    assert not {"D06", "D07", "D08"} & {one.kind for one in among(plan, first, gathered(plan, second)).findings}


# -- what is compared with what ---------------------------------------------------------------------------------------
def test_too_few_to_compare_with_is_said_and_not_found() -> None:
    plan = plan_of()
    outcome = among(plan, interview_of(plan, answers={"income": "90000"}), gathered(plan, *others(plan, 19)))
    assert not of_kind(outcome, "S06")
    assert ("S06", "too few to compare with: 19 values") in {(one.check, one.reason) for one in outcome.skipped}
    enough = among(plan, interview_of(plan, answers={"income": "90000"}), gathered(plan, *others(plan, 20)))
    assert of_kind(enough, "S06")


def test_a_group_is_compared_with_itself_where_it_has_enough_and_else_with_all() -> None:
    plan = plan_of(("S06", "S06", "income", "", "village"))
    rich = [interview_of(plan, n, {"village": "v2", "income": str(90_000 + 1000 * (n % 11))}) for n in range(100, 125)]
    one = interview_of(plan, answers={"village": "v2", "income": "95000"})
    assert not of_kind(among(plan, one, gathered(plan, *others(plan), *rich)), "S06")
    assert of_kind(among(plan, one, gathered(plan, *others(plan), *rich[:3])), "S06")


def with_zeros(plan: Any, zeros: int) -> Gathered:
    """A hundred households: so many without income, the others with 900 to 1,590."""
    return gathered(plan, *(interview_of(plan, n, {"income": "0"} if n < zeros else {}) for n in range(1, 101)))


@pytest.mark.parametrize(
    ("zeros", "income", "odd"),
    [
        (0, "0", True),
        (3, "0", True),
        (40, "0", False),
        (40, "1000", False),
        (40, "100000", True),
        (40, "1", True),
        (90, "0", False),
        (90, "90000", False),
    ],
    ids=str,
)
def test_where_many_have_nothing_the_others_are_compared_with_each_other(zeros: int, income: str, odd: bool) -> None:
    plan = plan_of()
    outcome = among(plan, interview_of(plan, answers={"income": income}), with_zeros(plan, zeros + 1))
    assert bool(of_kind(outcome, "S06")) is odd
    if income == "100000":
        assert [one.suggestion for one in of_kind(outcome, "S14")] == ["1000"]


def test_the_author_says_from_which_share_on_a_zero_is_usual() -> None:
    plan = plan_of(("S06", "S06", "income", "zeros=50"))
    asking = interview_of(plan, answers={"income": "0"})
    assert of_kind(among(plan, asking, with_zeros(plan, 41)), "S06")
    assert not of_kind(among(plan, asking, with_zeros(plan, 61)), "S06")


def test_an_infant_is_not_far_from_the_ages_of_others() -> None:
    plan = plan_of()
    ages = [str(20 + 7 * n % 60) for n in range(40)]
    there = gathered(plan, *(interview_of(plan, n, members=[member(HEAD, m_age=age)]) for n, age in enumerate(ages)))
    for age, odd in (("0", False), ("1", False), ("95", False), ("400", True)):
        asking = interview_of(plan, 90, members=[HEAD, member(CHILD, m_age=age)])
        assert bool(of_kind(among(plan, asking, there), "S06")) is odd


def test_missing_codes_are_no_numbers() -> None:
    plan = plan_of()
    outcome = among(plan, interview_of(plan, answers={"income": "-98"}), gathered(plan, *others(plan)))
    assert not of_kind(outcome, "S06")


def test_an_answer_in_a_roster_is_compared_with_all_rosters() -> None:
    plan = plan_of()
    there = gathered(
        plan, *(interview_of(plan, n, members=[member(HEAD, m_age=str(30 + n % 9))]) for n in range(1, 41))
    )
    found = of_kind(among(plan, interview_of(plan, members=[HEAD, member(HEAD, m_age="400")]), there), "S06")
    assert [one.row_key for one in found] == ["/data/member[2]"]


def test_a_ratio_in_a_roster_is_compared_row_by_row() -> None:
    plan = plan_of(("r", "S15", "m_age income", ""))
    rows = [member(HEAD, m_age=str(30 + n)) for n in range(3)]
    there = gathered(plan, *(interview_of(plan, n, {"income": "10"}, members=rows) for n in range(1, 41)))
    asking = interview_of(plan, answers={"income": "10"}, members=[rows[0], member(HEAD, m_age="400")])
    varied = gathered(plan, *(interview_of(plan, n, {"income": str(10 + n % 9)}, members=rows) for n in range(1, 41)))
    assert not of_kind(among(plan, asking, there), "S15"), "three values are too few"
    assert [one.row_key for one in of_kind(among(plan, asking, varied), "S15")] == ["/data/member[2]"]


def test_rejected_and_dropped_interviews_are_not_there() -> None:
    plan = plan_of()
    first = interview_of(plan, 1, facts={"rejected": True})
    again = interview_of(plan, 1, facts={"instance_id": "uuid:again"})
    assert not of_kind(among(plan, again, gathered(plan, first)), "D03")
    there = gathered(plan, interview_of(plan, 1))
    assert of_kind(among(plan, again, there), "D03")
    there.drop("uuid:1")
    assert not among(plan, again, there).findings


def test_an_edit_takes_the_place_of_what_it_replaces() -> None:
    plan = plan_of()
    there = gathered(plan, interview_of(plan, 1))
    there.add(interview_of(plan, 1, {"hh_code": "v1-7777"}).summary)
    again = interview_of(plan, 1, facts={"instance_id": "uuid:again"})
    assert not of_kind(among(plan, again, there), "D03")
    assert len(there.matrix) == 1


def test_a_visit_without_consent_is_never_too_short() -> None:
    plan = plan_of()
    there = gathered(plan, *others(plan))
    short = times(MONDAY, 3)
    assert of_kind(among(plan, interview_of(plan, answers=short), there), "T01")
    assert not of_kind(among(plan, interview_of(plan, answers={**short, "consent": "no"}), there), "T01")


def test_an_interview_is_not_compared_with_itself() -> None:
    plan = plan_of()
    one = interview_of(plan, 1)
    assert among(plan, one, gathered(plan, one)).findings == ()


def test_interviews_of_an_older_version_are_laid_under_the_newer_columns() -> None:
    plan = plan_of()
    old = interview_of(plan, 1).summary
    kept = [place for place, path in enumerate(old.compared) if not path.endswith("/income")]
    width = len(old.compared)
    codes = bytes(old.codes[place] for place in kept) + b"".join(
        old.codes[width + 2 * place : width + 2 * place + 2] for place in kept
    )
    older = dataclasses.replace(old, compared=tuple(old.compared[place] for place in kept), codes=codes)
    there = Gathered(plan.compared, [older])
    found = of_kind(among(plan, copied(plan), there), "D07")
    assert [one.observed for one in found] == [f"1 of {width}"]
