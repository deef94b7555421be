"""Plausible records of any form, as ODK Collect would upload them.

    for record in simulate_interviews(definition, 300, attachments=files, seed=7, started_at=day):
        send(record.xml, record.files)

The same arguments give the same bytes. Types, choices (also those of CSV files, filtered), ranges, repeats, relevance,
required, constraints and calculations are obeyed; what an expression says that cannot be evaluated is passed over.
"""

import datetime
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from surveyapp.answers import Node
from surveyapp.expressions.scope import Scope
from surveyapp.simulate.filling import Filling
from surveyapp.simulate.media import make_audit
from surveyapp.simulate.oddities import Odd, list_answers, make_odd
from surveyapp.simulate.plan import Plan, make_plan
from surveyapp.simulate.record_xml import write_record
from surveyapp.simulate.visit import Appointment, Visit, list_appointments, make_uuid
from surveyapp.xform.definition import FormDefinition

AUDIT_FILE: Final = "audit.csv"
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
NO_FILES: Final[Mapping[str, bytes]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class SimulatedRecord:
    """One finished interview: the record's XML, its files by name, and the odd answers that were put in on purpose.

    `device_id` is what the phone sends as deviceID; times are aware.
    """

    instance_id: str
    xml: bytes
    files: Mapping[str, bytes]
    started_at: datetime.datetime
    ended_at: datetime.datetime
    device_id: str
    username: str
    odd: tuple[Odd, ...] = ()


def simulate_interviews(
    definition: FormDefinition,
    n: int,
    *,
    attachments: Mapping[str, bytes] = NO_FILES,
    seed: int = 1,
    started_at: datetime.datetime,
    odd: float = 0.0,
    fixed: Mapping[str, str] = NOTHING,
) -> Iterator[SimulatedRecord]:
    """`n` interviews of a form, one after another.

    `attachments` are the form's files by name; `started_at` is an aware time on the first day of fieldwork, in the zone
    of the phones; `odd` is the share of records (0 to 1) that get one deliberate odd answer; `fixed` gives answers by
    question name, for all records.
    """
    appointments = (replace(one, answers=fixed) for one in list_appointments(n, seed, started_at))
    return simulate_appointments(definition, appointments, attachments=attachments, seed=seed, odd=odd)


def simulate_appointments(
    definition: FormDefinition,
    appointments: Iterable[Appointment],
    *,
    attachments: Mapping[str, bytes] = NO_FILES,
    seed: int = 1,
    odd: float = 0.0,
) -> Iterator[SimulatedRecord]:
    """The interviews of these appointments, as `simulate_interviews` makes them."""
    plan = make_plan(definition, attachments)
    used: dict[str, set[str]] = {}
    for appointment in appointments:
        visit = Visit(random.Random(f"{seed}/{appointment.number}"), appointment, used, plan.chinese)
        yield _interview(plan, visit, odd)


def _interview(plan: Plan, visit: Visit, odd: float) -> SimulatedRecord:
    filling = Filling(plan, visit)
    root = filling.run()
    _drop_unused_files(plan, root, visit)
    meta = _fill_meta(plan, filling, visit)
    strange = make_odd(plan, root, visit, filling.environment) if visit.rng.random() < odd else None
    appointment = visit.appointment
    return SimulatedRecord(
        meta["instanceID"],
        write_record(plan.definition, root, meta),
        visit.files,
        appointment.started_at,
        appointment.ended_at,
        appointment.device_id,
        appointment.username,
        (strange,) if strange else (),
    )


def _drop_unused_files(plan: Plan, root: Node, visit: Visit) -> None:
    """A photo taken for a question that turned out not to be asked is not sent."""
    named = {answer.node.text for answer in list_answers(plan.root, root)}
    for name in [name for name in visit.files if name not in named]:
        del visit.files[name]


def _fill_meta(plan: Plan, filling: Filling, visit: Visit) -> dict[str, str]:
    texts: dict[str, str] = {}
    block = Node("meta")
    block.parent = filling.root
    for task in plan.meta:
        name = task.question.name
        node = block.append(Node(name))
        if name == "audit":
            visit.files[AUDIT_FILE] = _audit(plan, filling.root, visit.appointment)
            texts[name] = AUDIT_FILE
        elif name == "instanceID":
            texts[name] = make_uuid(visit.rng)
        else:
            texts[name] = task.calculate(Scope(filling.environment, node)) if task.calculate else ""
    return texts if texts.get("instanceID") else texts | {"instanceID": make_uuid(visit.rng)}


def _audit(plan: Plan, root: Node, appointment: Appointment) -> bytes:
    """The log of the interview: each question that was shown, one after another between start and end."""
    shown = [answer.path for answer in list_answers(plan.root, root) if answer.task.question.visible]
    start, end = (round(moment.timestamp() * 1000) for moment in (appointment.started_at, appointment.ended_at))
    each = (end - start) // (len(shown) + 1)
    events: list[tuple[str, str, int, int]] = [("form start", "", start, 0)]
    events += [("question", path, start + place * each, start + (place + 1) * each) for place, path in enumerate(shown)]
    events += [("end screen", "", start + len(shown) * each, end), ("form finalize", "", end, 0)]
    return make_audit(events)


def as_edit(record: SimulatedRecord, number: int = 1, changes: Sequence[tuple[bytes, bytes]] = ()) -> SimulatedRecord:
    """The record as a phone sends it again after an edit: a new instance id, the former one as deprecatedID.

    `changes` are (before, after) replacements in the XML; files are the same.
    """
    instance_id = make_uuid(random.Random(f"{record.instance_id}/{number}"))
    before = f"<orx:instanceID>{record.instance_id}</orx:instanceID>"
    after = f"<orx:instanceID>{instance_id}</orx:instanceID><orx:deprecatedID>{record.instance_id}</orx:deprecatedID>"
    xml = record.xml.replace(before.encode(), after.encode())
    for old, new in changes:
        xml = xml.replace(old, new, 1)
    return replace(record, instance_id=instance_id, xml=xml, odd=())
