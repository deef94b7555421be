"""The made-up fieldwork of the demonstration: teams with their phones, where and when they ask, what they send."""

import csv
import datetime
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from surveyapp.cli.phones import SamplePhone
from surveyapp.cli.tools import bar
from surveyapp.people.accounts import create_team, fill_team, give_role, invite
from surveyapp.people.phones import assign_device, reissue_device
from surveyapp.simulate.interviews import SimulatedRecord, as_edit
from surveyapp.simulate.visit import Appointment, list_last_appointments
from surveyapp.store.accounts import find_account
from surveyapp.store.projects import Project
from surveyapp.store.teams import find_team
from surveyapp.xform.definition import FormDefinition

SEED: Final = 2019
# A phone is late after 48 hours: the form counts as published so long ago, and the fieldwork as just over.
PUBLISHED_AGO: Final = datetime.timedelta(hours=47)
FIRST_AFTER: Final = datetime.timedelta(hours=1)
LAST_AFTER: Final = datetime.timedelta(hours=46, minutes=30)
MEMBERS_OF_A_TEAM: Final = 6
SENDING_AT_ONCE: Final = 8
PLACES: Final = ("village", "township", "county", "province")
SUPERVISOR: Final = "supervisor{number}"
# What the villages of the reference questionnaire are, as their names say.
KINDS: Final = {
    **dict.fromkeys(("a01v1", "a02v1", "b02v1"), "relocated"),
    **dict.fromkeys(("a01v2", "a02v2", "b01v2"), "host"),
    **dict.fromkeys(("b01v1", "b02v2"), "stayed"),
}


@dataclass(frozen=True, slots=True)
class Errand:
    """One thing that a phone sends."""

    record: SimulatedRecord
    split: bool


# -- when and where ---------------------------------------------------------------------------------------------------
def read_village_sizes(register: Path) -> dict[str, int]:
    """Households by village: the sum of the weights in the register."""
    with register.open(encoding="utf-8-sig", newline="") as file:
        weights = [(row["village"], float(row["weight"])) for row in csv.DictReader(file)]
    villages = sorted({village for village, _ in weights})
    return {village: round(sum(weight for place, weight in weights if place == village)) for village in villages}


def plan_interviews(
    definition: FormDefinition, villages: Sequence[str], number: int, published_at: datetime.datetime
) -> list[Appointment]:
    """Who interviews when and in which village. The same for the same arguments, and the first ones of more are those
    of fewer.
    """
    appointments = list(list_last_appointments(number, SEED, published_at + FIRST_AFTER, published_at + LAST_AFTER))
    crew = {who: place for place, who in enumerate(dict.fromkeys(one.username for one in appointments))}
    return [
        replace(one, answers=list_places(definition, villages[crew[one.username] % len(villages)]))
        for one in appointments
    ]


def plan_profiles(answers: Sequence[Mapping[str, str]], published_at: datetime.datetime) -> list[Appointment]:
    """The supervisor's visits, one for each of `answers`."""
    since, until = published_at + FIRST_AFTER, published_at + LAST_AFTER
    planned = list_last_appointments(len(answers), SEED, since, until)
    who = SUPERVISOR.format(number=1)
    return [replace(one, username=who, answers=known) for one, known in zip(planned, answers, strict=True)]


def list_places(definition: FormDefinition, village: str) -> dict[str, str]:
    """A village with all that it lies in, as the form's cascade of choices has them."""
    found: dict[str, str] = {}
    choice = village
    for name in PLACES:
        question = next((one for one in definition.questions if one.name == name), None)
        if question is None or not choice:
            break
        found[name] = choice
        columns = next((one.columns for one in definition.choices(question) if one.name == choice), {})
        choice = columns.get("parent", "")
    return found


# -- who --------------------------------------------------------------------------------------------------------------
def enrol_crew(
    session: Session, project: Project, appointments: Sequence[Appointment], now: datetime.datetime
) -> dict[str, str]:
    """An account and a phone for everybody who interviews, in teams with a supervisor each; the phones' tokens by
    account.
    """
    crew = list(dict.fromkeys(one.username for one in appointments))
    tokens = {}
    for number, first in enumerate(range(0, len(crew), MEMBERS_OF_A_TEAM), 1):
        supervisor, members = SUPERVISOR.format(number=number), crew[first : first + MEMBERS_OF_A_TEAM]
        for login in (supervisor, *members):
            if find_account(session, login) is None:
                invite(session, login, login, now)
            give_role(session, project, login, "supervisor" if login == supervisor else "enumerator")
        name = f"Team {number}"
        team = find_team(session, project.id, name) or create_team(session, project, name)
        fill_team(session, team, [supervisor, *members])
        for login in (supervisor, *members):
            phone = f"Phone of {login}"
            tokens[login] = reissue_device(session, project, phone, now)
            assign_device(session, project, phone, login, name)
    return tokens


# -- what they send ---------------------------------------------------------------------------------------------------
def plan_errands(records: Sequence[SimulatedRecord]) -> Iterator[list[Errand]]:
    """What is sent for each interview: most go once; some again after a lost answer, as an edit, or with the id of
    another record.
    """
    dice = random.Random(SEED)
    for record in records:
        sent = Errand(record, split=dice.random() < 0.5)
        chance = dice.random()
        if chance < 0.08:
            yield [sent, sent]
        elif chance < 0.12:
            yield [
                sent,
                Errand(as_edit(record, changes=[(b"</int_note>", "（已核对）</int_note>".encode())]), split=False),
            ]
        elif chance < 0.13:
            yield [sent, Errand(as_copy(record), split=False)]
        else:
            yield [sent]


def as_copy(record: SimulatedRecord) -> SimulatedRecord:
    """The record with another end time under the same id, as from a phone whose storage was restored."""
    edited = as_edit(record, changes=[(b"</end>", b" </end>")])
    own = edited.xml.replace(edited.instance_id.encode(), record.instance_id.encode())
    start = own.index(b"<orx:deprecatedID>")
    end = own.index(b"</orx:deprecatedID>") + len(b"</orx:deprecatedID>")
    return replace(edited, instance_id=record.instance_id, xml=own[:start] + own[end:], files={})


def send_records(form_id: str, records: Sequence[SimulatedRecord], urls: Mapping[str, str]) -> Counter[int]:
    """Let each phone fetch the form as listed and send what its owner asked; how often each status was answered."""
    errands = list(zip(records, plan_errands(records), strict=True))
    by_owner = [(who, [one for _, one in own]) for who, own in groupby(errands, key=lambda one: one[0].username)]
    answers: Counter[int] = Counter()
    with bar("phones send", "interviews") as progress, ThreadPoolExecutor(SENDING_AT_ONCE) as pool:
        task = progress.add_task("", total=len(records))

        def go(owned: tuple[str, list[list[Errand]]]) -> Counter[int]:
            who, own = owned
            statuses: Counter[int] = Counter()
            phone = SamplePhone(urls[who], own[0][0].record.device_id)
            phone.download(next(form for form in phone.list_forms() if form.form_id == form_id))
            for one in own:
                for errand in one:
                    statuses.update(phone.send(errand.record.xml, errand.record.files, split=errand.split))
                progress.advance(task)
            phone.close()
            return statuses

        for statuses in pool.map(go, by_owner):
            answers.update(statuses)
    return answers
