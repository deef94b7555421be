"""Interviews made for forms: they keep the form's rules, and the odd ones are odd in the way they say.

The rules are evaluated here once more on the XML as a server gets it, by the expression room's own front door.
"""

import datetime
import functools
import re
import zoneinfo
from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

from surveyapp.answers import Node
from surveyapp.expressions.evaluation import compile_expression, read_tree
from surveyapp.expressions.scope import Environment, Scope, paths_of
from surveyapp.simulate.interviews import SimulatedRecord, as_edit, simulate_interviews
from surveyapp.simulate.lists import build_instances
from surveyapp.values import INVALID
from surveyapp.xform.bind import bind
from surveyapp.xform.definition import FormDefinition, Question
from surveyapp.xform.parse import parse_xform
from surveyapp.xlsform.pipeline import run

FORMS = Path(__file__).parents[2] / "forms"
MONDAY = datetime.datetime(2026, 10, 5, tzinfo=zoneinfo.ZoneInfo("Asia/Shanghai"))
ORX = "{http://openrosa.org/xforms}"
REGISTER = {"households.csv": (FORMS / "households.csv").read_bytes()}

SMALL = """
    | survey |
    | | type | name | label | relevant | constraint | required | calculation | repeat_count |
    | | text | phone | Phone | | regex(., '^1[3-9][0-9]{9}$') | yes | | |
    | | integer | kids | Children | | . >= 0 and . <= 4 | yes | | |
    | | decimal | own | Land | | . > 10 and . < 12 | yes | | |
    | | decimal | let | Let | | . <= ${own} and . >= 10 | yes | | |
    | | date | seen | Seen | | . <= today() and . >= date('2026-01-01') | yes | | |
    | | begin_repeat | kid | Child | | | | | ${kids} |
    | | text | k_name | Name | | | yes | | |
    | | integer | k_age | Age | | . >= 0 and . <= 17 | yes | | |
    | | integer | k_class | School class | ${k_age} > 6 | . <= 12 | yes | | |
    | | end_repeat | | | | | | | |
    | | calculate | total | | | | | sum(${k_age}) | |
    | | select_one yn | any | Any? | | | yes | | |
    | | select_multiple l | which | W? | ${any} = 'y' | not(selected(., 'none') and count-selected(.) > 1) | yes | | |
    | | range | scale | Scale | | | yes | | |
    | | image | photo | Photo | | | yes | | |
    | | geopoint | gps | Place | | | yes | | |
    | | note | n | Bye | | | | | |
    | choices |
    | | list_name | name | label |
    | | yn | y | Yes |
    | | yn | n | No |
    | | l | a | A |
    | | l | b | B |
    | | l | none | None |
"""


@functools.cache
def small_form() -> FormDefinition:
    return parse_xform(run(SMALL.encode(), "small.md", "1").xform)


@functools.cache
def reference_form() -> FormDefinition:
    path = FORMS / "livelihood_space.xlsx"
    return parse_xform(run(path.read_bytes(), path.name, "1").xform)


def interviews(form: FormDefinition, n: int, *, odd: float = 0.0, seed: int = 3) -> list[SimulatedRecord]:
    return list(simulate_interviews(form, n, attachments=REGISTER, seed=seed, started_at=MONDAY, odd=odd))


def broken_rules(form: FormDefinition, record: SimulatedRecord) -> list[str]:
    """What a strict reader finds wrong, as `kind path value`."""
    root = read_tree(record.xml.decode().partition("?>")[2])
    unknown = bind(form, root)
    for node in root.walk():
        node.type = node.element.bind_type if isinstance(node.element, Question) else ""
    environment = Environment(
        root, now=record.started_at, instances=build_instances(form, REGISTER), by_path=paths_of(root)
    )
    repeats = frozenset(repeat.path for repeat in form.repeats)

    def holds(expression: str, node: Node) -> bool:
        return compile_expression(expression, repeats=repeats).boolean(Scope(environment, node))

    found = [f"unknown {node.path()} {node.value}" for node in unknown]
    for node in root.walk():
        element = node.element
        if element is None:
            continue
        if element.rules.relevant and not holds(element.rules.relevant, node):
            found.append(f"not relevant {node.path()} {node.value}")
        if isinstance(element, Question):
            found += [f"{kind} {node.path()} {node.value}" for kind in _wrong_answer(form, element, node, holds)]
            if element.type == "file" and node.value and node.value not in record.files:
                found.append(f"file {node.path()} {node.value}")
    return found


def _wrong_answer(form: FormDefinition, question: Question, node: Node, holds: object) -> list[str]:
    assert callable(holds)
    rules, found = question.rules, []
    if node.typed is INVALID:
        found.append("type")
    if not node.value and question.visible and rules.required and holds(rules.required, node):
        found.append("required")
    if node.value and rules.constraint and not holds(rules.constraint, node):
        found.append("constraint")
    names = {choice.name for choice in form.choices(question)}
    if names and question.type in ("select_one", "select_multiple", "rank") and not set(node.value.split()) <= names:
        found.append("choice")
    return found


def test_records_keep_every_rule_of_a_small_form() -> None:
    for record in interviews(small_form(), 60):
        assert broken_rules(small_form(), record) == []


def test_records_keep_every_rule_of_the_reference_form() -> None:
    for record in interviews(reference_form(), 25):
        assert broken_rules(reference_form(), record) == []


def test_every_odd_record_is_odd_in_exactly_the_place_it_says() -> None:
    kinds: Counter[str] = Counter()
    for record in interviews(small_form(), 150, odd=0.7):
        wrong = broken_rules(small_form(), record)
        if not record.odd:
            assert wrong == []
            continue
        (odd,) = record.odd
        kinds[odd.kind] += 1
        path = re.sub(r"\[\d+\]", "", odd.path)
        assert odd.kind == "out_of_range" or [line for line in wrong if f" {path} " in f"{line} "], (odd, wrong)
        assert all(f" {path} " in f"{line} " for line in wrong)
    assert set(kinds) == {
        "unknown_choice",
        "text_in_number",
        "out_of_range",
        "constraint_broken",
        "missing_required",
        "future_date",
        "missing_photo",
        "unknown_question",
    }


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    first, again = interviews(reference_form(), 4), interviews(reference_form(), 4)
    assert [(record.xml, dict(record.files)) for record in first] == [(r.xml, dict(r.files)) for r in again]
    assert first[0].xml != interviews(reference_form(), 1, seed=4)[0].xml


def test_the_xml_is_shaped_as_collect_writes_it() -> None:
    record = interviews(reference_form(), 1)[0]
    root = etree.fromstring(record.xml)
    assert (root.tag, root.get("id"), root.get("version")) == ("data", "livelihood_space", "2026100101")
    assert re.fullmatch(r"uuid:[0-9a-f-]{36}", root.findtext(f"{ORX}meta/{ORX}instanceID") or "")
    assert root.findtext(f"{ORX}meta/{ORX}instanceID") == record.instance_id
    assert root.findtext(f"{ORX}meta/{ORX}instanceName") == f"{root.findtext('sec_id/hh_code')}-baseline"
    assert root.findtext("start") == record.started_at.isoformat(timespec="milliseconds")
    assert root.findtext("deviceid") == record.device_id
    assert root.find("sec_id/hh_code_new") is None
    assert root.findtext(f"{ORX}meta/{ORX}audit") == "audit.csv"
    assert record.files["audit.csv"].startswith(b"event,node,start,end\nform start,,")


def test_each_household_of_the_register_is_visited_once_and_keeps_its_head() -> None:
    roots = [etree.fromstring(record.xml) for record in interviews(reference_form(), 60)]
    codes = [code for root in roots if (code := root.findtext("sec_id/hh_pick"))]
    assert len(set(codes)) == len(codes) > 50
    heads = dict(line.split(",")[0:4:3] for line in REGISTER["households.csv"].decode().splitlines())
    named = [
        (root.findtext("sec_id/hh_pick"), root.findtext("member/m_name"))
        for root in roots
        if root.find("main") is not None
    ]
    assert all(heads[code] == name for code, name in named if code and name)


def test_fieldwork_keeps_working_hours_and_sundays_off() -> None:
    form = small_form()
    for record in interviews(form, 300):
        assert record.started_at.weekday() < 6
        assert 8 <= record.started_at.hour < 18
        assert 30 <= (record.ended_at - record.started_at).total_seconds() / 60 <= 60
    assert (record.started_at - MONDAY).days <= 28


def test_repeats_have_as_many_rows_as_their_count_says() -> None:
    for record in interviews(small_form(), 30):
        root = etree.fromstring(record.xml)
        assert len(root.findall("kid")) == int(root.findtext("kids") or 0)


def test_fixed_answers_are_given_by_all() -> None:
    made = simulate_interviews(small_form(), 5, started_at=MONDAY, fixed={"kids": "2"})
    assert {etree.fromstring(record.xml).findtext("kids") for record in made} == {"2"}


def test_an_edit_names_the_record_it_replaces() -> None:
    record = interviews(small_form(), 1)[0]
    edited = as_edit(record, changes=[(b"<any>", b"<any> ")])
    root = etree.fromstring(edited.xml)
    assert root.findtext(f"{ORX}meta/{ORX}deprecatedID") == record.instance_id
    assert root.findtext(f"{ORX}meta/{ORX}instanceID") == edited.instance_id != record.instance_id
    assert b"<any> " in edited.xml


def test_an_expression_that_cannot_be_read_does_not_stop_the_interviews() -> None:
    xform = run(SMALL.encode(), "small.md", "1").xform.replace(b"count-selected(.) &gt; 1", b"nonsense(((")
    assert len(list(simulate_interviews(parse_xform(xform), 3, started_at=MONDAY))) == 3


@pytest.mark.parametrize("kind", ["jpg", "csv"])
def test_files_named_in_a_record_come_with_it(kind: str) -> None:
    record = next(record for record in interviews(reference_form(), 5) if len(record.files) == 2)
    assert [name for name in record.files if name.endswith(kind)]
    assert all(name.encode() in record.xml for name in record.files)
