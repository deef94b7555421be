"""What the server knows about a record besides its answers, and what that says about its clock and its dialect."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from surveyapp.answers import Node
from surveyapp.values import read_value
from surveyapp.xform.definition import FormDefinition, Question

ClientDialect: TypeAlias = Literal["javarosa", "xforms", "both"]

JAVAROSA_CLIENTS: Final = ("org.odk.collect", "org.koboc.collect", "odk collect", "kobocollect")
XFORMS_CLIENTS: Final = ("enketo", "web forms", "web-forms", "mozilla/", "surveyapp-web")
# A phone's clock may run ahead of the server's by this much before we distrust it.
CLOCK_TOLERANCE: Final = datetime.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How a record came.

    `received_at` is aware; `files` are the names of the attachments received so far, None where they are not known;
    `instants` are further moments of the interview (audit log).
    """

    received_at: datetime.datetime
    user_agent: str = ""
    device_identifier: str = ""
    files: frozenset[str] | None = None
    instants: tuple[datetime.datetime, ...] = ()


def dialect_of(user_agent: str) -> ClientDialect:
    """The dialect of the client that calls itself so; `both` where we do not know it."""
    lowered = user_agent.lower()
    if any(name in lowered for name in JAVAROSA_CLIENTS):
        return "javarosa"
    return "xforms" if any(name in lowered for name in XFORMS_CLIENTS) else "both"


@dataclass(frozen=True, slots=True)
class Clock:
    """The moments at which rules about now and today are tried, in the record's own zone.

    `approximate` where the record has no time of its own; `fault` says what is wrong with the device's clock, '' where
    nothing is.
    """

    instants: tuple[datetime.datetime, ...]
    approximate: bool = False
    fault: str = ""


def read_clock(times: Sequence[tuple[str, Node]], circumstances: Circumstances) -> Clock:
    """The clock of a record, from its `times`: pairs of what the phone stamped (start, end, today) and the node."""
    stamped: dict[str, datetime.datetime] = {}
    days: list[datetime.date] = []
    for kind, node in times:
        value = read_value("date" if kind == "today" else "datetime", node.text)
        if isinstance(value, datetime.datetime):
            stamped[kind] = value
        elif isinstance(value, datetime.date):
            days.append(value)
    received = circumstances.received_at
    zone = next((moment.tzinfo for moment in stamped.values()), received.tzinfo)
    moments = [*stamped.values(), *circumstances.instants]
    noons = [datetime.datetime.combine(day, datetime.time(12), zone) for day in days]
    found = tuple(dict.fromkeys(moment.astimezone(zone) for moment in [*moments, *noons, received]))
    return Clock(found, approximate=not stamped and not days, fault=_fault(stamped, received))


def _fault(stamped: Mapping[str, datetime.datetime], received: datetime.datetime) -> str:
    start, end = stamped.get("start"), stamped.get("end")
    if start and end and start > end:
        return f"The interview starts ({start.isoformat()}) after it ends ({end.isoformat()})."
    latest = max(stamped.values(), default=None)
    if latest and latest > received + CLOCK_TOLERANCE:
        return f"The phone's time ({latest.isoformat()}) is later than the receipt ({received.isoformat()})."
    return ""


def list_time_questions(definition: FormDefinition) -> dict[str, str]:
    """For the path of each question that the phone stamps with a time: start, end or today."""
    found = {}
    for element in (*definition.questions, *definition.meta):
        kind = _stamp(element)
        if kind:
            found[element.path] = kind
    return found


def _stamp(question: Question) -> str:
    rules = question.rules
    if rules.preload == "timestamp" and rules.preload_parameters in ("start", "end"):
        return rules.preload_parameters
    return "today" if rules.preload == "date" and rules.preload_parameters == "today" else ""
