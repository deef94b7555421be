"""Each check of one submission fires on its case and is silent on the twin that is only just right."""

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from surveyapp.quality.catalogue import CATALOGUE, FOUND_ELSEWHERE
from surveyapp.quality.declaration import tell
from surveyapp.quality.interview import Row
from surveyapp.quality.sample import Box, Sample
from surveyapp.validate.wording import SEVERITIES
from tests.quality.villages import (
    CHILD,
    FAMILY,
    HEAD,
    METRE,
    MONDAY,
    NOW,
    SPOUSE,
    at_receipt,
    interview_of,
    member,
    of_kind,
    plan_of,
)

HOUR = datetime.timedelta(hours=1)
PLAIN = plan_of()


@dataclasses.dataclass(frozen=True)
class Trial:
    """A check, what makes it fire, and the twin on which it is silent; both as arguments of `interview_of`."""

    check: str
    odd: Mapping[str, Any]
    twin: Mapping[str, Any]
    severity: str
    observed: str
    rows: Sequence[Sequence[str]] = ()
    sample: Sample = dataclasses.field(default_factory=Sample)
    hours: float = 0
    message: str = ""


def said(**answers: str | None) -> dict[str, Any]:
    return {"answers": answers}


def facts(**known: Any) -> dict[str, Any]:
    return {"facts": known}


def household(*members: Mapping[str, Any], **answers: str) -> dict[str, Any]:
    return {"members": members, "answers": {"hh_size": str(len(members)), **answers}}


def north(metres: float, accuracy: str = "5") -> str:
    return f"{25 + metres * METRE:.8f} 105 900 {accuracy}"


NUMBERS = ("income", "land", "harvest", "total", "part_a", "part_b", "animals", *(f"fcs_{x}" for x in "abcde"))
SITE = Sample(centres={"v1": (25.0, 105.0)}, box=Box(20, 100, 30, 110))
AREA = Sample(areas={"v1": [(24.99, 104.99), (25.0, 104.99), (25.0, 105.01), (24.99, 105.01)]})


def audit(fast: int) -> bytes:
    """An audit log with 10 question screens, so many of them left in half a second."""
    lines = ["event,node,start,end"]
    names = ("hh_code", "phone", "income", "land", "harvest", "total", "part_a", "part_b", "fcs_a", "fcs_b")
    for place, name in enumerate(names):
        start = 1_000_000 + 20_000 * place
        lines.append(f"question,/data/{name},{start},{start + (500 if place < fast else 9000)}")
    return "\n".join(lines).encode()


TRIALS = (
    Trial("S04", said(hazards="none flood"), said(hazards="flood drought"), "error", "none flood"),
    Trial("S05", said(income="10"), said(income="100"), "error", "10", [("", "S05", "income", "hard_min=100")]),
    Trial("S05", said(income="501"), said(income="500"), "warning", "501", [("", "S05", "income", "soft_max=500")]),
    Trial(
        "S07", said(land="0", harvest="9"), said(land="0", harvest="0"), "warning", "land = 0; harvest = 9",
        [("harvest_without_land", "S07", "land harvest", "expression=${land} = 0 and ${harvest} > 0")],
    ),
    Trial("S10", said(**{f"fcs_{x}": "-98" for x in "abcd"}, owns="rf"),
          said(**{f"fcs_{x}": "-98" for x in "abc"}, owns="rf"), "warning",
          "10.2 %"),
    Trial("S10", said(**dict.fromkeys(NUMBERS, "-98"), owns="dk"), said(**dict.fromkeys(NUMBERS[9:], "-99")),
          "error", "26.5 %"),
    Trial("S11", said(hh_code="TEST 1"), said(hh_code="Testa-1"), "warning", "TEST 1"),
    Trial("S11", facts(is_test=True), facts(is_test=False), "warning", "phone1", message="device"),
    Trial("S11", {}, said(start="2026-09-08T09:00:00+08:00"), "warning", "2026-09-07",
          [("", "S11", "", "go_live=2026-09-08")], message="early"),
    Trial("S12", said(consent="no"), said(consent="yes"), "error", "no"),
    Trial("S13", said(moved_on="2026-09-08"), said(moved_on="2026-09-06"), "error", "2026-09-08"),
    Trial("S13", said(moved_on="2026-09-07"), said(moved_on="2026-09-06"), "warning", "2026-09-07", message="same"),
    Trial("S13", household(member(HEAD, m_dob="1984-09-01")), household(member(HEAD, m_dob="1985-09-01")), "warning",
          "1984-09-01, 40", message="age"),
    Trial("S16", said(total="13"), said(total="12"), "error", "13", [("", "S16", "total part_a part_b", "")]),
    Trial("S16", said(total="1225", part_a="1200", part_b="0"), said(total="1212", part_a="1200", part_b="0"),
          "error", "1225",
          [("", "S16", "total part_a part_b", "percent=1")]),
    Trial("S17", said(**{f"fcs_{x}": "0" for x in "abcde"}), said(**{f"fcs_{x}": "0" for x in "abcd"},
          fcs_e="1"), "warning", "0"),
    Trial("S18", said(crop="other", crop_other=" WHAET".replace("AE", "EA")), said(crop="other",
          crop_other="rye"), "info", "WHEAT"),
    Trial("S18", said(crop="other", crop_other="whet"), said(crop="other", crop_other="who"), "info", "whet"),
    Trial("S18", said(crop="other", crop_other="Corn"), said(crop="other", crop_other="Cork"), "info", "Corn",
          [("S18:crop", "S18", "crop crop_other", "recode=corn=maize")]),
    Trial("S19", said(crop_other="rye"), said(crop="other", crop_other="rye"), "error", "rye", message="text"),
    Trial("S19", said(crop="other", crop_other=""), said(crop="maize", crop_other=""), "error", "other",
          message="empty"),
    Trial("S20", facts(files={}), {}, "warning", "house0.jpg", hours=24.5),
    Trial("S21", said(remark="a"), said(remark="ab"), "info", "a", message="short"),
    Trial("S21", said(remark="xxx"), said(remark="xxy"), "info", "xxx", message="repeated"),
    Trial("S21", said(remark="..!"), said(remark="..!a"), "info", "..!", message="punctuation"),
    Trial("S21", said(remark="call 139 1234 5678"), said(remark="in 2019 or 2020"), "info",
          "call 139 1234 5678", message="phone"),
    Trial("S21", said(remark="ask a@b.org"), said(remark="ask a at b"), "info", "ask a@b.org", message="mail"),
    Trial("R01", said(hh_size="4"), said(hh_size="3"), "error", "4"),
    Trial("R02", household(HEAD, member(HEAD, m_name="Fourth")), household(*FAMILY), "error", "2"),
    Trial("R02", household(SPOUSE), household(HEAD), "error", "0"),
    Trial("R03", household(member(HEAD, m_age="14")), household(member(HEAD, m_age="15")), "warning", "14"),
    Trial("R04", household(HEAD, SPOUSE, member(SPOUSE, m_name="Fourth")), household(*FAMILY), "warning", "2",
          message="count"),
    Trial("R04", household(HEAD, member(SPOUSE, m_age="14", m_edu="none")), household(HEAD, member(SPOUSE, m_age="15")),
          "warning", "14", message="age"),
    Trial("R04", household(HEAD, member(SPOUSE, m_age="71")), household(HEAD, member(SPOUSE, m_age="70")),
          "warning", "31",
          message="gap"),
    Trial("R05", household(HEAD, member(CHILD, m_age="29")), household(HEAD, member(CHILD, m_age="28")), "error", "29"),
    Trial("R05", household(HEAD, member(CHILD, m_relation="parent", m_age="51")),
          household(HEAD, member(CHILD, m_relation="parent", m_age="52")), "error", "51"),
    Trial("R05", household(HEAD, member(CHILD, m_relation="grandchild", m_age="17")),
          household(HEAD, member(CHILD, m_relation="grandchild", m_age="16")), "error", "17"),
    Trial("R06", household(HEAD, member(CHILD, m_age="10", m_edu="junior")), household(HEAD, member(CHILD,
          m_age="11", m_edu="junior")),
          "error", "junior, 10"),
    Trial("R07", household(HEAD, member(SPOUSE, m_school="yes", m_age="31")), household(HEAD, member(SPOUSE,
          m_school="yes", m_age="30")),
          "warning", "31"),
    Trial("R08", said(total="13"), said(total="12"), "error", "13", [("", "R08", "total part_a part_b", "")]),
    Trial("R08", household(member(HEAD, m_age="17")), household(member(HEAD, m_age="18")), "warning", "17",
          message="adult"),
    Trial("R09", household(HEAD, CHILD, member(CHILD, m_name="THÍRD")), household(HEAD, CHILD, member(CHILD,
          m_name="Fourth")), "warning",
          "third, m, 12.0"),
    Trial("R09", household(HEAD, member(CHILD, m_dob="2014-01-01"), member(CHILD, m_name="Fourth", m_dob="2014-01-01")),
          household(HEAD, member(CHILD, m_dob="2014-01-01"), member(CHILD, m_name="Fourth", m_dob="2014-01-02")),
          "warning", "m, 2014-01-01"),
    Trial("R12", said(owns="no", animals="2"), said(owns="no", animals="0"), "error", "2", [("", "R12",
          "owns animals", "")]),
    Trial("R12", said(total="13"), said(total="12"), "error", "13", [("", "R12", "total part_a part_b",
          "compare=sum")], message="sum"),
    Trial("G01", said(gps=""), said(gps=None), "warning", ""),
    Trial("G02", said(gps=north(0, "20.5")), said(gps=north(0, "20")), "warning", "20.5"),
    Trial("G02", said(gps=north(0, "101")), said(gps=north(0, "1")), "error", "101"),
    Trial("G02", said(gps=north(0, "0")), said(gps="25 105"), "error", "0", message="mock"),
    Trial("G03", said(gps=north(502)), said(gps=north(498)), "warning", "502", sample=SITE),
    Trial("G03", said(gps=north(2003)), said(gps=north(400)), "error", "2003", sample=SITE),
    Trial("G03", said(gps=north(7)), said(gps=north(4)), "warning", "7", sample=AREA, message="area"),
    Trial("G06", said(gps="0 0 0 5"), said(gps="0 1 0 5"), "error", "0 0"),
    Trial("G06", said(gps="105 25 0 5"), said(gps="25 105 0 5"), "error", "105 25", sample=SITE),
    Trial("G06", said(gps="25 29 0 5"), said(gps="25 109 0 5"), "error", "25 29",
          sample=Sample(box=Box(28, 20, 30, 27)), message="swapped"),
    Trial("T03", said(end=(MONDAY - HOUR).isoformat()), said(end=MONDAY.isoformat()), "error",
          (MONDAY - HOUR).isoformat(), message="end"),
    Trial("T03", facts(received_at=MONDAY - HOUR / 5), facts(received_at=MONDAY - HOUR / 6), "error",
          MONDAY.isoformat(),
          message="received"),
    Trial("T03", facts(published_at=MONDAY + HOUR), facts(published_at=MONDAY), "warning", MONDAY.isoformat(),
          message="published"),
    Trial("T04", said(start="2026-09-07T21:00:00+08:00"), said(start="2026-09-07T20:59:00+08:00"), "warning", "21:00"),
    Trial("T04", said(start="2026-09-07T05:59:00+08:00"), said(start="2026-09-07T06:00:00+08:00"), "warning", "05:59"),
    Trial("T06", facts(audit=audit(4)), facts(audit=audit(3)), "warning", "40 %"),
    Trial("T08", facts(received_at=MONDAY + 50 * HOUR), facts(received_at=MONDAY + 48 * HOUR), "warning", "49"),
    Trial("T09", facts(newer_published_at=MONDAY - 25 * HOUR), facts(newer_published_at=MONDAY - 24 * HOUR),
          "warning", "1"),
    Trial("T11", said(start="2026-09-06T09:00:00+08:00"), {}, "info", "2026-09-06", [("", "T11", "", "")]),
    Trial("T11", {}, said(start="2026-09-08T09:00:00+08:00"), "info", "2026-09-07", [("", "T11", "",
          "holidays=2026-09-07")]),
)  # fmt: skip


def _name(trial: Trial) -> str:
    return f"{trial.check}-{trial.message or trial.severity}-{trial.observed[:12]}"


@pytest.mark.parametrize("trial", TRIALS, ids=_name)
def test_a_check_fires_on_its_case(trial: Trial) -> None:
    plan = plan_of(*trial.rows, sample=trial.sample)
    outcome = at_receipt(plan, interview_of(plan, **trial.odd), NOW + trial.hours * HOUR)
    found = [one for one in of_kind(outcome, trial.check) if one.message == trial.message]
    assert [(one.severity, one.observed.strip()) for one in found] == [(trial.severity, trial.observed)]
    check = CATALOGUE[trial.check]
    for language in ("en", "zh"):
        assert "{" not in tell(check, found[0], language)
    assert found[0].message in check.messages


@pytest.mark.parametrize("trial", TRIALS, ids=_name)
def test_a_check_is_silent_on_the_twin(trial: Trial) -> None:
    plan = plan_of(*trial.rows, sample=trial.sample)
    outcome = at_receipt(plan, interview_of(plan, **trial.twin), NOW + trial.hours * HOUR)
    assert not [one for one in of_kind(outcome, trial.check) if one.message == trial.message]


def test_an_interview_with_nothing_odd_has_no_findings() -> None:
    assert at_receipt(PLAIN, interview_of(PLAIN)).findings == ()


def test_every_check_of_the_receipt_is_tried_here() -> None:
    declared = {check.id for check in CATALOGUE.values() if check.moment == "receipt"}
    assert declared - {"R10"} == {trial.check for trial in TRIALS}


def test_what_validate_finds_is_not_checked_again() -> None:
    assert not set(FOUND_ELSEWHERE.values()) & set(CATALOGUE)
    assert set(FOUND_ELSEWHERE) - {"conflict-copy"} <= set(SEVERITIES)


@pytest.mark.parametrize(
    ("rows", "fires"),
    [
        ([("a", "", 1), ("b", "", 2)], False),
        ([("a", "", 1), ("b", "", 3)], True),
        ([("a", "", 1), ("b", "", 1)], True),
        ([("a", "nobody", 1)], True),
    ],
)
def test_rows_without_parent_and_gaps_are_found(rows: list[tuple[str, str, int]], fires: bool) -> None:
    made = [Row(key, parent, ordinal, "/data/member", key, {}, {}) for key, parent, ordinal in rows]
    interview = dataclasses.replace(interview_of(PLAIN), rows={"/data/member": made})
    assert bool(of_kind(at_receipt(PLAIN, interview), "R10")) is fires


def test_a_finding_in_a_roster_names_its_row() -> None:
    interview = interview_of(PLAIN, members=[member(HEAD, m_age="14"), CHILD])
    finding = of_kind(at_receipt(PLAIN, interview), "R03")[0]
    assert (finding.repeat_path, finding.row_key) == ("/data/member", "/data/member[1]")
    assert finding.questions == ("/data/member/m_age",)
    kept = interview_of(PLAIN, members=[member(HEAD, m_age="14")], facts={"row_keys": {"/data/member[1]": "k1"}})
    assert of_kind(at_receipt(PLAIN, kept), "R03")[0].row_key == "k1"


def test_levels_of_schooling_may_be_said() -> None:
    plan = plan_of(("", "R06", "", "levels=none=tertiary primary=nothing"))
    young = [HEAD, member(CHILD, m_age="4", m_edu="none"), member(CHILD, m_age="4")]
    assert [one.row_key for one in of_kind(at_receipt(plan, interview_of(plan, members=young)), "R06")] == [
        "/data/member[2]"
    ]


def test_a_logic_rule_is_tried_in_each_row() -> None:
    plan = plan_of(("r", "S07", "m_age", "expression=${m_age} > ${total}"))
    found = of_kind(at_receipt(plan, interview_of(plan, answers={"total": "41"})), "S07")
    assert [one.row_key for one in found] == ["/data/member[2]"]


def test_an_expression_that_cannot_be_evaluated_is_skipped_with_its_reason() -> None:
    plan = plan_of(("r", "S07", "income", "expression=${m_age} > 3"))
    outcome = at_receipt(plan, interview_of(plan))
    assert not of_kind(outcome, "S07")
    assert [one.check for one in outcome.skipped] == ["r"]


def test_the_hour_is_that_of_the_forms_zone() -> None:
    utc = plan_of(zone=datetime.UTC)
    assert of_kind(at_receipt(utc, interview_of(utc)), "T04")[0].observed == "01:00"


def test_a_check_of_another_version_of_the_form_is_passed_over() -> None:
    plan = plan_of(("", "S05", "income", "hard_min=5000"))
    gone = dataclasses.replace(plan, order={path: n for path, n in plan.order.items() if not path.endswith("income")})
    assert of_kind(at_receipt(plan, interview_of(plan)), "S05")
    assert not of_kind(at_receipt(gone, interview_of(plan)), "S05")
