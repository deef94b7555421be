"""Who interviews whom, when and where: the fieldwork around a record."""

import datetime
import random
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from surveyapp.simulate.words import Person, make_household

INTERVIEWS_A_DAY = 6
INTERVIEWS_PER_ENUMERATOR = 50
MOST_ENUMERATORS = 40
FIRST_HOUR, LAST_HOUR = 8.5, 17.0
# Of those that are held one after the other: an hour and a quarter each, from the first hour on.
SLOTS_A_DAY = 8
SLOT = datetime.timedelta(minutes=75)
SUNDAY = 6
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class Appointment:
    """One interview to be made. Its times are aware; `answers`, by question name, are known before it is held."""

    number: int
    started_at: datetime.datetime
    ended_at: datetime.datetime
    username: str
    device_id: str
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Visit:
    """One interview while it is made: its chance, its household, its files, what it has used up with its fellows.

    `used` holds, for each question with a list from a file, the items already interviewed by anyone.
    """

    rng: random.Random
    appointment: Appointment
    used: dict[str, set[str]]
    chinese: bool
    household: list[Person] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    place: str = ""
    row: int = 0

    def person(self) -> Person:
        """Whom the questions are about: the member of the current roster row, else the head."""
        if not self.household:
            self.household = make_household(self.rng, chinese=self.chinese)
        return self.household[min(self.row, len(self.household) - 1)]

    def add_file(self, extension: str, content: bytes) -> str:
        """Keep a file under a name as ODK Collect gives it, the milliseconds since 1970."""
        moment = int(self.appointment.started_at.timestamp() * 1000) + self.rng.randint(60_000, 1_700_000)
        while f"{moment}.{extension}" in self.files:
            moment += 1
        self.files[f"{moment}.{extension}"] = content
        return f"{moment}.{extension}"


def make_uuid(rng: random.Random) -> str:
    """`uuid:` and a random UUID (version 4)."""
    return f"uuid:{uuid.UUID(int=rng.getrandbits(128), version=4)}"


def list_appointments(n: int, seed: int, started_at: datetime.datetime) -> Iterator[Appointment]:
    """`n` interviews from the day of `started_at` on: a team of enumerators, about six a day each, Sundays off.

    The team has one enumerator for fifty interviews, so that the work takes some weeks.
    """
    team = min(MOST_ENUMERATORS, max(1, -(-n // INTERVIEWS_PER_ENUMERATOR)))
    devices = _make_devices(team, seed)
    midnight = started_at.replace(hour=0, minute=0, second=0, microsecond=0)
    for number in range(n):
        rng = random.Random(f"{seed}/{number}/time")
        enumerator, turn = number % team, number // team
        day, slot = divmod(turn, INTERVIEWS_A_DAY)
        hours = FIRST_HOUR + (LAST_HOUR - FIRST_HOUR) * slot / INTERVIEWS_A_DAY
        seconds = hours * 3600 + rng.uniform(0, 1200)
        begins = _working_day(midnight, day) + datetime.timedelta(milliseconds=round(seconds * 1000))
        minutes = min(60.0, max(30.0, rng.gauss(43, 7)))
        ends = begins + datetime.timedelta(milliseconds=round(minutes * 60_000))
        yield Appointment(number, begins, ends, f"enum{enumerator + 1:02d}", devices[enumerator])


def list_last_appointments(
    n: int, seed: int, since: datetime.datetime, until: datetime.datetime
) -> Iterator[Appointment]:
    """`n` interviews by daylight between two aware times, in their zone: of the first enumerator all, then of the next.

    Each enumerator has one after the other from the first hour on, with time to walk between them, and as many as the
    days give; there are as many enumerators as that needs.
    """
    begins = list(_list_hours(since, until))
    if not begins:
        raise ValueError(f"Between {since} and {until} there is no hour of daylight.")
    devices = _make_devices(-(-n // len(begins)), seed)
    for number in range(n):
        enumerator, turn = divmod(number, len(begins))
        rng = random.Random(f"{seed}/{number}/time")
        start = begins[turn] + datetime.timedelta(milliseconds=rng.randint(0, 480_000))
        minutes = min(58.0, max(30.0, rng.gauss(43, 7)))
        end = start + datetime.timedelta(milliseconds=round(minutes * 60_000))
        yield Appointment(number, start, end, f"enum{enumerator + 1:02d}", devices[enumerator])


def _list_hours(since: datetime.datetime, until: datetime.datetime) -> Iterator[datetime.datetime]:
    """When interviews of one enumerator begin."""
    midnight = since.replace(hour=0, minute=0, second=0, microsecond=0)
    day = datetime.timedelta(days=1)
    while midnight < until:
        for slot in range(SLOTS_A_DAY):
            begin = midnight + datetime.timedelta(hours=FIRST_HOUR) + slot * SLOT
            if since <= begin and begin + SLOT <= until:
                yield begin
        midnight += day


def _make_devices(count: int, seed: int) -> list[str]:
    rng = random.Random(f"{seed}/team")
    return ["collect:" + "".join(rng.choices(_LETTERS, k=16)) for _ in range(count)]


def _working_day(first: datetime.datetime, number: int) -> datetime.datetime:
    """The working day of that number, counted from `first`, which counts itself unless it is a Sunday."""
    lead = 1 if first.weekday() == SUNDAY else 0
    weeks, rest = divmod(number, 6)
    day = first + datetime.timedelta(days=lead + 7 * weeks)
    for _ in range(rest):
        day += datetime.timedelta(days=2 if day.weekday() == SUNDAY - 1 else 1)
    return day
