"""Plausible numbers and dates inside the limits that a question sets."""

import datetime
import math
import random
from collections.abc import Callable, Mapping
from typing import Final

from surveyapp.expressions.dates import EPOCH_DAY
from surveyapp.expressions.scope import Scope
from surveyapp.simulate.plan import Task
from surveyapp.simulate.words import Person

# Where a constraint gives no bound.
WIDEST = 1_000.0
SPECIAL_SHARE = 0.012
FIRST_YEAR = 1800
FEW = 31
NONE_SHARE = 0.3

TYPICAL: Final[Mapping[str, Callable[[random.Random], float]]] = {
    "area": lambda rng: rng.gauss(95, 32),
    "people": lambda rng: float(rng.choices(range(1, 9), weights=(6, 18, 24, 24, 15, 8, 3, 2))[0]),
    "minutes": lambda rng: rng.lognormvariate(math.log(22), 0.8),
    "land": lambda rng: 0.0 if rng.random() < 0.25 else rng.lognormvariate(math.log(6), 0.7),
    "herd": lambda rng: 0.0 if rng.random() < 0.6 else 1 + rng.lognormvariate(math.log(4), 0.9),
}


def bounds(task: Task, scope: Scope, step: float) -> tuple[float, float]:
    """The least and the most that the question takes, NaN where it sets none; excluded ends are moved by `step`."""
    least = [value + step * strict for value, strict in ((make(scope), strict) for make, strict in task.limits.least)]
    most = [value - step * strict for value, strict in ((make(scope), strict) for make, strict in task.limits.most)]
    lower = max((value for value in least if value == value), default=math.nan)
    upper = min((value for value in most if value == value), default=math.nan)
    return (math.nan, math.nan) if lower > upper else (lower, upper)


def make_number(rng: random.Random, task: Task, scope: Scope, person: Person) -> float:
    """A whole or decimal number by what the question is about; not yet tested against its constraint."""
    lower, upper = bounds(task, scope, 1.0 if task.question.type == "integer" else 0.1)
    specials = [make(scope) for make in task.limits.values]
    if specials and rng.random() < SPECIAL_SHARE * len(specials):
        return float(_as_number(rng.choice(specials)))
    low = 0.0 if lower != lower else lower
    if upper == upper:
        high = upper
    elif task.question.type == "integer" or lower == lower:
        high = max(low, 0) + WIDEST
    else:
        high = WIDEST
    return min(high, max(low, _typical(rng, task.topic, low, high, person)))


def _as_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _typical(rng: random.Random, topic: str, low: float, high: float, person: Person) -> float:
    if topic == "age":
        return float(person.age)
    if topic == "year" and high > FIRST_YEAR:
        return high - 1 - abs(rng.gauss(0, 4))
    if topic in TYPICAL:
        return TYPICAL[topic](rng)
    span = high - low
    if span <= FEW:
        return low + rng.random() * (span + 0.999)
    # Amounts, times, things owned: often none, else many small and few large ones.
    if low <= 0 and rng.random() < NONE_SHARE:
        return max(low, 0.0)
    return max(low, 0.0) + rng.lognormvariate(math.log(span**0.55), 0.8)


def write_number(value: float, kind: str, topic: str = "") -> str:
    """A number as ODK Collect writes it into a node of type integer or decimal."""
    if value >= (100 if topic == "money" else 1_000):
        value = round(value, -1 if value < 5_000 else -2)
    if kind == "integer":
        return str(math.floor(value))
    return java_double(round(value, 1))


def java_double(value: float) -> str:
    """The text that Java gives a double: `12.0`, from ten million on `1.0E7`."""
    if 1e-3 <= abs(value) < 1e7 or value == 0:
        return repr(float(value))
    digits, _, exponent = f"{value:.15e}".partition("e")
    digits = digits.rstrip("0")
    return f"{digits}{'0' if digits.endswith('.') else ''}E{int(exponent)}"


def make_day(rng: random.Random, task: Task, scope: Scope, person: Person) -> datetime.date:
    """A day by what the question is about: birthdays by age, else the months before the interview."""
    today = scope.environment.now.date()
    lower, upper = bounds(task, scope, 1.0)
    latest = today.toordinal() - EPOCH_DAY if upper != upper else int(upper)
    if task.topic == "birth":
        day = today.toordinal() - EPOCH_DAY - person.age * 365.25 - rng.randint(0, 364)
    else:
        day = latest - abs(rng.gauss(0, 120))
    earliest = lower if lower == lower else day
    return datetime.date.fromordinal(max(1, round(min(max(day, earliest), latest)) + EPOCH_DAY))
