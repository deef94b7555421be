"""A survey in the field for the tests of the checks: one form, and households that answer it without anything odd."""

import dataclasses
import datetime
import functools
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from pyxform.xls2xform import convert

from surveyapp.expressions.evaluation import read_tree
from surveyapp.quality.automatic import configure, merge_settings
from surveyapp.quality.declaration import NOTHING, QualityFinding, Setting
from surveyapp.quality.gathered import Gathered
from surveyapp.quality.interview import Facts, Interview
from surveyapp.quality.plan import Plan, make_plan
from surveyapp.quality.reading import read_interview
from surveyapp.quality.roles import find_roles
from surveyapp.quality.run import Outcome, check_submission, compare_submission
from surveyapp.quality.sample import NO_SAMPLE, Sample
from surveyapp.quality.sheet import read_checks
from surveyapp.xform.bind import bind
from surveyapp.xform.definition import FormDefinition
from surveyapp.xform.parse import parse_xform

FORM = """
| survey |
| | type | name | label | relevant | constraint |
| | start | start | | | |
| | end | end | | | |
| | text | hh_code | Household code | | |
| | text | enumerator | Enumerator | | |
| | select_one place | village | Village | | |
| | text | head_name | Name of the head | | |
| | text | phone | Phone number | | |
| | select_one yn | consent | Consent | | |
| | geopoint | gps | Position | | |
| | select_multiple hazard | hazards | Hazards | | |
| | text | hazards_other | Other hazard | selected(${hazards}, 'other') | |
| | select_one crop | crop | Main crop | | |
| | text | crop_other | Other crop | ${crop} = 'other' | |
| | integer | income | Income | | |
| | decimal | land | Land | | |
| | decimal | harvest | Harvest | | |
| | integer | total | Total | | |
| | integer | part_a | Part A | | |
| | integer | part_b | Part B | | |
| | date | moved_on | When did you move? | | |
| | select_one yn | owns | Owns animals | | |
| | integer | animals | Animals | | |
| | integer | fcs_a | Staples | | . >= 0 and . <= 7 |
| | integer | fcs_b | Pulses | | . >= 0 and . <= 7 |
| | integer | fcs_c | Milk | | . >= 0 and . <= 7 |
| | integer | fcs_d | Meat | | . >= 0 and . <= 7 |
| | integer | fcs_e | Fruit | | . >= 0 and . <= 7 |
| | select_one agree | g_a | Trust A | | |
| | select_one agree | g_b | Trust B | | |
| | select_one agree | g_c | Trust C | | |
| | select_one agree | g_d | Trust D | | |
| | select_one agree | g_e | Trust E | | |
| | integer | hh_size | Household size | | |
| | begin_repeat | member | Member | | |
| | text | m_name | Name | | |
| | select_one relation | m_relation | Relation to head | | |
| | select_one sex | m_sex | Sex | | |
| | integer | m_age | Age | | |
| | date | m_dob | Date of birth | | |
| | select_one edu | m_edu | Highest schooling | | |
| | select_one yn | m_school | Attends school | | |
| | end_repeat | | | | |
| | text | remark | Remark | | |
| | image | photo | Photo | | |
| choices |
| | list_name | name | label |
| | yn | yes | Yes |
| | yn | no | No |
| | yn | dk | Don't know |
| | yn | rf | Refused |
| | place | v1 | First |
| | place | v2 | Second |
| | hazard | none | None |
| | hazard | flood | Flood |
| | hazard | drought | Drought |
| | hazard | other | Other |
| | hazard | dk | Don't know |
| | crop | maize | Maize |
| | crop | wheat | Wheat |
| | crop | other | Other |
| | agree | 1 | Low |
| | agree | 2 | Middle |
| | agree | 3 | High |
| | relation | head | Head |
| | relation | spouse | Spouse |
| | relation | child | Child |
| | relation | parent | Parent |
| | relation | grandchild | Grandchild |
| | sex | m | Male |
| | sex | f | Female |
| | edu | none | Never |
| | edu | primary | Primary |
| | edu | junior | Junior |
| | edu | college | College |
"""
MONDAY = datetime.datetime(2026, 9, 7, 9, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))
NOW = MONDAY + datetime.timedelta(hours=2)
METRE = 1 / 111_195
Answers = Mapping[str, Any]

HEAD = {"m_name": "First", "m_relation": "head", "m_sex": "f", "m_age": "40", "m_edu": "primary", "m_school": "no"}
SPOUSE = {"m_name": "Second", "m_relation": "spouse", "m_sex": "m", "m_age": "42", "m_edu": "junior", "m_school": "no"}
CHILD = {"m_name": "Third", "m_relation": "child", "m_sex": "m", "m_age": "12", "m_edu": "primary", "m_school": "yes"}
FAMILY: tuple[Answers, ...] = (HEAD, SPOUSE, CHILD)


def member(like: Answers, **changes: str) -> Answers:
    """A member as `like`, with changes."""
    return {**like, **changes}


def parse_form(table: str) -> FormDefinition:
    return parse_xform(convert(table, file_type=".md", form_name="data", validate=False).xform.encode())


@functools.cache
def village_form() -> FormDefinition:
    """The form of the survey."""
    return parse_form(FORM)


def plan_of(
    *rows: Sequence[str],
    sample: Sample = NO_SAMPLE,
    settings: Sequence[Setting] | None = None,
    zone: datetime.tzinfo | None = None,
) -> Plan:
    """The plan of the form, with rows of a checks sheet: check_id, kind, questions, parameters, by, severity."""
    definition = village_form()
    roles = find_roles(definition)
    header = ("check_id", "kind", "questions", "parameters", "by", "severity", "message::en", "active")
    own, faults = read_checks([header, *rows], definition)
    assert not faults, faults
    everything = merge_settings(configure(definition, roles), own) if settings is None else settings
    return make_plan(definition, everything, roles, sample=sample, zone=zone)


def answers_of(number: int = 0) -> dict[str, str]:
    """What household `number` says; each differs from the others in what only it can say."""
    start = MONDAY + datetime.timedelta(days=number // 4, hours=number % 4)
    minutes = 40 + number % 9
    return {
        "start": start.isoformat(),
        "end": (start + datetime.timedelta(minutes=minutes)).isoformat(),
        "hh_code": f"v1-{number:04d}",
        "enumerator": "e1",
        "village": "v1",
        "head_name": f"Head {number}",
        "phone": f"139{number:04d}5678",
        "consent": "yes",
        "gps": f"{25 + 40 * number * METRE:.7f} 105 900 5",
        "hazards": "flood",
        "crop": "maize",
        "income": str(900 + 23 * (number * 7 % 31)),
        "land": str(2 + number % 7),
        "harvest": str((2 + number % 7) * (400 + number * 11 % 60)),
        "total": "12",
        "part_a": "5",
        "part_b": "7",
        "moved_on": "2019-05-04",
        "owns": "yes",
        "animals": str(1 + number % 6),
        **{f"fcs_{letter}": str((number + place) % 8) for place, letter in enumerate("abcde")},
        **{f"g_{letter}": str(1 + (number + place) % 3) for place, letter in enumerate("abcde")},
        "hh_size": "3",
        "remark": "All went well",
        "photo": f"house{number}.jpg",
    }


def facts_of(number: int = 0, **changes: Any) -> Facts:
    known = Facts(
        f"uuid:{number}",
        datetime.datetime.fromisoformat(answers_of(number)["end"]) + datetime.timedelta(hours=1),
        form_version="1",
        device="phone1",
        team="north",
        files={f"house{number}.jpg": f"sha{number}"},
    )
    return dataclasses.replace(known, **changes)


def interview_of(
    plan: Plan,
    number: int = 0,
    answers: Answers = NOTHING,
    members: Sequence[Answers] = FAMILY,
    facts: Mapping[str, Any] = NOTHING,
) -> Interview:
    """The interview of household `number`; `answers` are what it says otherwise, None for what was not asked."""
    said = {**answers_of(number), **answers}
    cells = "".join(_cells({name: text for name, text in said.items() if name not in ("remark", "photo")}))
    rows = "".join(f"<member>{''.join(_cells(row))}</member>" for row in members)
    rest = "".join(_cells({name: said[name] for name in ("remark", "photo")}))
    root = read_tree(f'<data id="data">{cells}{rows}{rest}</data>')
    assert not bind(plan.definition, root)
    return read_interview(plan, root, facts_of(number, **facts))


def _cells(answers: Answers) -> list[str]:
    return [f"<{name}>{escape(text)}</{name}>" for name, text in answers.items() if text is not None]


def others(plan: Plan, n: int = 40, **answers: Any) -> list[Interview]:
    """The interviews of households 1 to n."""
    return [interview_of(plan, number, answers) for number in range(1, n + 1)]


def gathered(plan: Plan, *interviews: Interview) -> Gathered:
    return Gathered(plan.compared, [one.summary for one in interviews])


def kinds(findings: Sequence[QualityFinding]) -> set[str]:
    return {finding.kind for finding in findings}


def of_kind(outcome: Outcome, kind: str) -> list[QualityFinding]:
    return [finding for finding in outcome.findings if finding.kind == kind]


def at_receipt(plan: Plan, interview: Interview, now: datetime.datetime = NOW) -> Outcome:
    return check_submission(plan, interview, now)


def among(plan: Plan, interview: Interview, there: Gathered) -> Outcome:
    return compare_submission(plan, interview, there, NOW)
