"""Random forms, interviews, rules and decisions, for the properties that hold for all of them."""

import datetime
import itertools
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st

from surveyapp.clean.fields import Field, Questionnaire
from surveyapp.clean.log import ChangeType, LogRow
from surveyapp.clean.records import Flag, Row, Submission, write_text
from tests.clean.household import NOON, make_form

TYPES = ("integer", "decimal", "text", "date", "select_one yn", "select_multiple yn")
CHOICES = "| choices |\n| | list_name | name | label |" + "".join(
    f"\n| | yn | {name} | Label {name} |" for name in ("yes", "no", "dk", "other")
)
TEXTS = st.sampled_from(["bag", "kg", " a  b", "Ana", "12,5", "-99", "A\u00a0x", "maiz", "other", "=1+1", "é", "7"])


@lru_cache(maxsize=200)
def build_form(kinds: tuple[str, ...], inner: tuple[str, ...]) -> Questionnaire:
    """A form with these questions, every third asked by the first, a calculation, and a repeat in a repeat."""
    rows = [
        "| survey |",
        "| | type | name | label | relevant | calculation |",
        "| | integer | q0 | Q | | |",
        "| | text | unit | U | | |",
    ]
    for number, kind in enumerate(kinds, 1):
        relevant = "${q0} > 5" if number % 3 == 0 else ""
        rows.append(f"| | {kind} | q{number} | Q | {relevant} | |")
    rows.append("| | begin_repeat | rep | Rep | | |")
    rows.append("| | integer | r0 | R | | |")
    rows += [f"| | {kind} | r{number} | R | | |" for number, kind in enumerate(inner, 1)]
    rows += ["| | begin_repeat | sub | Sub | | |", "| | text | s0 | S | | |", "| | end_repeat | | | | |"]
    rows += ["| | end_repeat | | | | |", "| | calculate | total | | | sum(${r0}) + ${q0} |"]
    rows.append("| | calculate | often | | ${q0} > 5 | count(${rep}) |")
    return make_form("\n".join(rows) + "\n" + CHOICES)


@st.composite
def forms(draw: st.DrawFn) -> Questionnaire:
    kinds = st.lists(st.sampled_from(TYPES), max_size=4)
    return build_form(tuple(draw(kinds)), tuple(draw(kinds.map(lambda k: k[:2]))))


def values(known: Field) -> st.SearchStrategy[Any]:
    """Typed answers, and now and then a text that the type cannot hold."""
    own: dict[str, st.SearchStrategy[Any]] = {
        "integer": st.sampled_from([0, 3, 7, 70, 7000, -99, -98, "12a", "8"]),
        "decimal": st.sampled_from([0.5, 7.0, 1e6, -99.0, 3, "1,5"]),
        "date": st.sampled_from([datetime.date(2026, 1, 2), "2/1/2026"]),
        "select_one": st.sampled_from(["yes", "no", "dk", "other"]),
        "select_multiple": st.sampled_from(["yes", "yes other", "dk no"]),
    }
    return st.none() | own.get(known.type, TEXTS)


@st.composite
def submissions(draw: st.DrawFn, form: Questionnaire) -> list[Submission]:
    count = draw(st.integers(0, 5))
    return [draw(one_submission(form, number)) for number in range(1, count + 1)]


@st.composite
def one_submission(draw: st.DrawFn, form: Questionnaire, number: int) -> Submission:
    rows = [Row("", "", "", draw(answers(form, "")))]
    for place in range(draw(st.integers(0, 3))):
        key = f"{number}/rep-{place + 1}"
        rows.append(Row("/data/rep", key, "", draw(answers(form, "/data/rep"))))
        for inner in range(draw(st.integers(0, 1))):
            rows.append(Row("/data/rep/sub", f"{key}/sub-{inner}", key, draw(answers(form, "/data/rep/sub"))))
    return Submission(
        f"uuid:{draw(st.integers(1, 4))}",
        number,
        NOON + datetime.timedelta(minutes=draw(st.integers(0, 3))),
        "1",
        tuple(rows),
        raw_hash=f"{number}",
        state=draw(st.sampled_from(["received", "approved", "rejected"])),
        flags=draw(st.sampled_from([(), (Flag("S14", "/data/q0", state="accepted"),)])),
    )


@st.composite
def answers(draw: st.DrawFn, form: Questionnaire, repeat: str) -> dict[str, Any]:
    own = [known for known in form.fields.values() if known.repeat == repeat]
    return {known.path: draw(values(known)) for known in own if draw(st.integers(0, 4))}


def rule_pool(form: Questionnaire) -> list[dict[str, Any]]:
    """Rules of every kind that fit the form."""
    key = "1/rep-1"
    pool: list[dict[str, Any]] = [
        _rule("normalise_text", "*", case="upper"),
        _rule("missing_codes", "*"),
        _rule("missing_codes", "*", codes={"dk": "dont_know", "-98": "refused"}),
        _rule("parse_number", "*", decimal=","),
        _rule("parse_date", "*", formats=["%d/%m/%Y"]),
        _rule("recode", "q*", map={"7": 8, "other": "no"}) if _all_fit(form) else _rule("recode", "q0", map={"7": 8}),
        _rule("scale10", "q0", exponent=-1, instances=["uuid:1"], finding="S14"),
        _rule("set", "q0", expression=". + 1"),
        _rule("set_if", "q0", value=3, when="${q0} > 5", cascade=True),
        _rule("set_if", "r0", value=3, when="${q0} > 5 and . != 3"),
        _rule("blank_if", "*", when=". = 'no'", missing="refused"),
        _rule("blank_if", "q0", when=". > 5", cascade=True),
        _rule("clip", "*", max=50, mode="blank"),
        _rule("clip", "r0", max=50, mode="clip"),
        _rule("convert", "q0", unit="unit", target="kg", factors={"bag": 2}, keep_original=True),
        _rule("drop_submission", when="${q0} = 70", reason_code="test"),
        _rule("drop_submission", states=["rejected"], reason_code="other"),
        _rule("dedupe", keys=["q0"], keep="newest"),
        _rule("drop_row", repeat="rep", when="${r0} = 3"),
        _rule("drop_row", row_keys=[key, "2/rep-2"]),
        _rule("merge_rows", keep="1/rep-2", drop=key),
        _rule("move_row", row_key=key, instance="uuid:1", to="uuid:2"),
        _rule("renumber", question="r0"),
        _rule("fix_relation", question="r0", values={key: 5}),
        _rule("derive", name="twice", type="decimal", expression="${q0} * 2"),
    ]
    return [{**rule, "id": f"{number}-{rule['kind']}"} for number, rule in enumerate(pool)]


def _all_fit(form: Questionnaire) -> bool:
    names = [known for known in form.fields.values() if known.name.startswith("q")]
    return all(known.type == "text" for known in names)


def _rule(kind: str, names: str = "", **given: Any) -> dict[str, Any]:
    own = {name: given.pop(name) for name in ("when", "cascade") if name in given}
    found: dict[str, Any] = {"kind": kind, **({"questions": [names]} if names else {}), "parameters": given}
    return found | own


@st.composite
def rulesets(draw: st.DrawFn, form: Questionnaire) -> list[dict[str, Any]]:
    return draw(st.lists(st.sampled_from(rule_pool(form)), max_size=8, unique_by=lambda rule: rule["id"]))


@st.composite
def logs(draw: st.DrawFn, form: Questionnaire, interviews: list[Submission]) -> list[LogRow]:
    """Decisions on cells that are there, on rows, on submissions, and on things that are not there."""
    found = []
    minutes = itertools.count()
    for _ in range(draw(st.integers(0, 5))):
        at = NOON + datetime.timedelta(days=1, minutes=next(minutes))
        given: dict[str, Any] = {"source": "import:x", "changed_by": "supervisor", "changed_at": at}
        if not interviews or not draw(st.integers(0, 5)):
            found.append(LogRow("uuid:9", "/data/q0", "change_response", None, "4", **given))
            continue
        submission = draw(st.sampled_from(interviews))
        row = draw(st.sampled_from(list(submission.rows)))
        known = draw(st.sampled_from([f for f in form.fields.values() if f.repeat == row.repeat]))
        kinds: list[ChangeType] = ["change_response", "blank_response", "no_action", "remove_survey"]
        if row.key:
            kinds.append("remove_row")
        kind = draw(st.sampled_from(kinds))
        given |= {"row_key": row.key, "submission_no": draw(st.sampled_from([None, submission.number]))}
        if kind in ("remove_survey", "remove_row"):
            given |= {"row_key": row.key if kind == "remove_row" else ""}
            found.append(LogRow(submission.instance_id, "", kind, **given))
            continue
        old = draw(st.sampled_from([None, write_text(row.values.get(known.path)), "something else"]))
        new = write_text(draw(values(known))) if kind == "change_response" else ""
        found.append(LogRow(submission.instance_id, known.path, kind, old, new, **given))
    return found
