"""One plausible answer to one question, as the text that ODK Collect stores."""

import datetime
import random
import zlib
from collections.abc import Callable, Mapping
from typing import Final

from surveyapp.expressions.scope import Scope
from surveyapp.simulate import media
from surveyapp.simulate.numbers import make_day, make_number, write_number
from surveyapp.simulate.plan import Task
from surveyapp.simulate.selecting import make_choice, make_choices, make_ranking
from surveyapp.simulate.visit import Visit
from surveyapp.simulate.words import LATIN_PLACES, LATIN_REMARKS, PLACES, REMARKS, make_name

# The middle of the made-up survey area: hills in western Shanxi.
CENTRE: Final = (37.52, 111.14)
BETWEEN_PLACES, WITHIN_PLACE = 0.25, 0.006
TRIES: Final = 40

Maker = Callable[[Task, Scope, Visit], str]


def make_answer(task: Task, scope: Scope, visit: Visit) -> str:
    """An answer that keeps the question's constraint; '' where none was found in a bounded number of tries."""
    node, maker = scope.node, MAKERS.get(task.question.type, _text)
    for number in range(TRIES):
        node.text = maker(task, scope, visit)
        if not node.text or task.constraint is None or task.constraint(scope):
            return node.text
        if number == TRIES // 2 and task.limits.values:
            node.text = visit.rng.choice(task.limits.values)(scope)
            if task.constraint(scope):
                return node.text
    return ""


def _text(task: Task, scope: Scope, visit: Visit) -> str:
    del scope
    rng = visit.rng
    if task.pattern:
        return task.pattern(rng)
    if task.limits.lengths or "numbers" in task.question.appearance or task.topic == "phone":
        length = rng.choice(task.limits.lengths) if task.limits.lengths else 11
        return "1" + "".join(rng.choices("0123456789", k=max(0, length - 1)))
    if task.topic == "place":
        return rng.choice(PLACES if task.chinese else LATIN_PLACES)
    if task.topic == "person":
        person = visit.person()
        return person.name if visit.chinese == task.chinese else make_name(rng, person.sex, chinese=task.chinese)
    return rng.choice(REMARKS if task.chinese else LATIN_REMARKS)


def _number(task: Task, scope: Scope, visit: Visit) -> str:
    if task.question.control == "range":
        return _on_scale(task, visit.rng)
    value = make_number(visit.rng, task, scope, visit.person())
    return write_number(value, task.question.type, task.topic)


def _on_scale(task: Task, rng: random.Random) -> str:
    question = task.question
    start, end, step = (float(text or other) for text, other in zip(_scale(task), ("0", "10", "1"), strict=True))
    steps = int(abs(end - start) / (abs(step) or 1))
    value = start + rng.randint(0, steps) * (abs(step) or 1) * (1 if end >= start else -1)
    return str(round(value)) if question.type == "integer" else repr(round(value, 6))


def _scale(task: Task) -> tuple[str, str, str]:
    return task.question.range_start, task.question.range_end, task.question.range_step


def _date(task: Task, scope: Scope, visit: Visit) -> str:
    return make_day(visit.rng, task, scope, visit.person()).isoformat()


def _clock(visit: Visit) -> datetime.datetime:
    minutes = visit.rng.randint(6 * 60, 21 * 60)
    return visit.appointment.started_at.replace(hour=minutes // 60, minute=minutes % 60, second=0, microsecond=0)


def _time(task: Task, scope: Scope, visit: Visit) -> str:
    del task, scope
    return _clock(visit).isoformat(timespec="milliseconds").partition("T")[2]


def _datetime(task: Task, scope: Scope, visit: Visit) -> str:
    return f"{_date(task, scope, visit)}T{_time(task, scope, visit)}"


def _point(visit: Visit, spread: float = WITHIN_PLACE) -> str:
    """A position about the place of the interview: latitude, longitude, altitude and accuracy in metres."""
    place = zlib.crc32(visit.place.encode())
    shifts = ((place & 0xFFFF) / 0xFFFF - 0.5, (place >> 16) / 0xFFFF - 0.5)
    latitude, longitude = (
        middle + 2 * BETWEEN_PLACES * shift + visit.rng.gauss(0, spread)
        for middle, shift in zip(CENTRE, shifts, strict=True)
    )
    return f"{latitude:.7f} {longitude:.7f} {visit.rng.uniform(820, 1450):.1f} {visit.rng.uniform(3, 14):.1f}"


def _geopoint(task: Task, scope: Scope, visit: Visit) -> str:
    del task, scope
    return _point(visit)


def _line(task: Task, scope: Scope, visit: Visit) -> str:
    del scope
    points = [_point(visit, WITHIN_PLACE / 4) for _ in range(visit.rng.randint(3, 5))]
    return "; ".join([*points, points[0]] if task.question.type == "geoshape" else points)


def _file(task: Task, scope: Scope, visit: Visit) -> str:
    del scope
    kind, appearance, rng = task.question.mediatype, task.question.appearance, visit.rng
    if kind.startswith("audio"):
        return visit.add_file("wav", media.make_sound(rng))
    if kind.startswith("image") and appearance.split(" ")[0] in ("draw", "signature"):
        return visit.add_file("png", media.make_drawing(rng))
    if kind.startswith("image"):
        return visit.add_file("jpg", media.make_photo(rng))
    if kind.startswith("video"):
        return visit.add_file("mp4", media.make_film())
    return visit.add_file("txt", rng.choice(REMARKS if task.chinese else LATIN_REMARKS).encode())


def _barcode(task: Task, scope: Scope, visit: Visit) -> str:
    del scope
    return task.pattern(visit.rng) if task.pattern else "69" + "".join(visit.rng.choices("0123456789", k=11))


MAKERS: Final[Mapping[str, Maker]] = {
    "text": _text,
    "integer": _number,
    "decimal": _number,
    "boolean": lambda task, scope, visit: visit.rng.choice("01"),
    "date": _date,
    "time": _time,
    "datetime": _datetime,
    "select_one": make_choice,
    "select_multiple": make_choices,
    "rank": lambda task, scope, visit: make_ranking(task, scope, visit.rng),
    "geopoint": _geopoint,
    "geotrace": _line,
    "geoshape": _line,
    "barcode": _barcode,
    "file": _file,
    "acknowledge": lambda task, scope, visit: "OK",
}
