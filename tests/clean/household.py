"""A household form, interviews of it, and rules, for the tests of cleaning."""

import datetime
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from pyxform.xls2xform import convert

from surveyapp.clean.fields import KnownVersion, Questionnaire
from surveyapp.clean.log import LogRow
from surveyapp.clean.outcomes import Outcome
from surveyapp.clean.pipeline import Cleaner
from surveyapp.clean.records import MemorySource, Row, Submission
from surveyapp.clean.rulesets import Program, compile_ruleset
from surveyapp.clean.runs import RunRecord, run_cleaning
from surveyapp.clean.verification import verify
from surveyapp.xform.parse import parse_xform

NOON = datetime.datetime(2026, 9, 1, 12, tzinfo=datetime.UTC)
FORM = """
| survey |
| | type | name | label | relevant | constraint | calculation |
| | text | head | Head of household | | | |
| | text | phone | Phone | | | |
| | integer | income | Income | | . >= 0 or . = -99 | |
| | decimal | harvest | Harvest | | | |
| | select_one unit | unit | Unit of the harvest | | | |
| | integer | age | Age | | . >= 0 and . <= 120 | |
| | date | visit | Day of the visit | | | |
| | select_one crop | crop | Main crop | | | |
| | text | crop_other | Other crop | ${crop} = 'other' | | |
| | select_multiple crop | crops | Crops | | | |
| | text | crops_other | Other crops | selected(${crops}, 'other') | | |
| | select_one yn | works | Works | | | |
| | integer | wage | Wage | ${works} = 'yes' | | |
| | calculate | total | | | | coalesce(${income}, 0) + coalesce(${wage}, 0) |
| | begin_repeat | member | Members | | | |
| | text | m_name | Name | | | |
| | integer | m_age | Age | | | |
| | select_one rel | m_relation | Relation | | | |
| | integer | m_no | Number | | | |
| | begin_repeat | job | Jobs | | | |
| | text | j_name | Job | | | |
| | end_repeat | | | | | |
| | end_repeat | | | | | |
| | calculate | members | | | | count(${member}) |
| | calculate | ages | | | | sum(${m_age}) |
| choices |
| | list_name | name | label |
| | unit | kg | kg |
| | unit | bag | bags |
| | unit | heap | heaps |
| | crop | maize | Maize |
| | crop | rice | Rice |
| | crop | dk | Don't know |
| | crop | other | Other |
| | yn | yes | Yes |
| | yn | no | No |
| | rel | head | Head |
| | rel | spouse | Spouse |
| | rel | child | Child |
"""


def make_form(*tables: str) -> Questionnaire:
    """The form of one or more versions, as Markdown tables, oldest first."""
    versions = []
    for number, table in enumerate(tables, 1):
        text = convert(table, file_type=".md", form_name="data", validate=False).xform
        definition = parse_xform(text.replace("<data ", f'<data version="{number}" ', 1).encode())
        versions.append(KnownVersion(definition))
    return Questionnaire(versions)


HOUSEHOLD = make_form(FORM)


def path(name: str) -> str:
    """The path of a question of the household form."""
    return HOUSEHOLD.by_name[name][0].path


def member(number: int, submission: int = 1, parent: str = "", **answers: Any) -> Row:
    """A row of the roster, `1/member-1`."""
    return Row("/data/member", f"{submission}/member-{number}", parent, {path(n): v for n, v in answers.items()})


def interview(number: int = 1, rows: Sequence[Row] = (), **answers: Any) -> Submission:
    """A submission with these answers by name; keywords of Submission start with an underscore."""
    own = {name.lstrip("_"): answers.pop(name) for name in list(answers) if name.startswith("_")}
    main = Row("", "", "", {path(name): value for name, value in answers.items()})
    given: dict[str, Any] = {
        "instance_id": f"uuid:{number}",
        "number": number,
        "received_at": NOON + datetime.timedelta(minutes=number),
        "version": "1",
        "raw_hash": hashlib.sha256(repr((main, rows)).encode()).hexdigest(),
    } | own
    return Submission(rows=(main, *rows), **given)


def rule(kind: str, questions: str | Sequence[str] = (), **given: Any) -> dict[str, Any]:
    """A rule as data; what is no field of a rule is a parameter."""
    fields = {"id", "when", "scope", "reason", "active", "cascade", "examples"}
    parameters = {name: value for name, value in given.items() if name not in fields}
    own = {name: value for name, value in given.items() if name in fields}
    found = {"id": kind, "kind": kind, "questions": questions, "parameters": parameters, **own}
    return found if questions else {key: value for key, value in found.items() if key != "questions"}


def program(*rules: Mapping[str, Any]) -> Program:
    """A ruleset for the household form."""
    return compile_ruleset(rules, HOUSEHOLD, version=3)


def clean(submission: Submission, *rules: Mapping[str, Any], log: Sequence[LogRow] = ()) -> Outcome:
    """One submission, cleaned, and verified."""
    outcomes, _ = clean_all([submission], *rules, log=log)
    return outcomes[0]


def clean_all(
    submissions: Sequence[Submission], *rules: Mapping[str, Any], log: Sequence[LogRow] = ()
) -> tuple[list[Outcome], RunRecord]:
    """Several, in a run; the identity is verified."""
    outcomes: list[Outcome] = []
    cleaner = Cleaner(program(*rules), log)
    record = run_cleaning(cleaner, MemorySource(submissions), outcomes.append)
    assert record.breaches == ()
    assert verify(HOUSEHOLD, submissions, outcomes) == []
    return outcomes, record


def answers(outcome: Outcome, row_key: str = "") -> dict[str, Any]:
    """The clean answers of a row by name."""
    row = next(row for row in outcome.rows if row.key == row_key)
    return {key.rpartition("/")[2]: value for key, value in row.values.items()}


def reasons(outcome: Outcome, row_key: str = "") -> dict[str, str]:
    """The missing reasons of a row by name."""
    row = next(row for row in outcome.rows if row.key == row_key)
    return {key.rpartition("/")[2]: reason for key, reason in row.reasons.items()}


def decision(name: str, new: str = "", old: str | None = None, **given: Any) -> LogRow:
    """A decision of a person on the first submission."""
    fields: dict[str, Any] = {
        "instance_id": "uuid:1",
        "path": path(name) if name else "",
        "change_type": "change_response",
        "old_value": old,
        "new_value": new,
        "source": "import:log.xlsx",
        "changed_by": "supervisor",
        "changed_at": NOON + datetime.timedelta(days=1),
    }
    return LogRow(**{**fields, **given})


def fates(outcome: Outcome) -> list[str]:
    """What became of the decisions."""
    return [decided.status for decided in outcome.decided]


def changes(outcome: Outcome) -> list[tuple[str, str, str | None, str]]:
    """The log: question, kind, old and new value."""
    return [(r.path.rpartition("/")[2], r.change_type, r.old_value, r.new_value) for r in outcome.log]
