"""What a form's project states for its checks, beside the sheet `checks`: roles, the sample, backchecks.

{"roles": {"household": "hh_id"}, "sample": {"households": ["1", "2"], "box": [1.0, 2.0, 3.0, 4.0]},
 "backchecks": {"form": "back"}}
"""

import datetime
import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, NoReturn

from surveyapp.quality.geography import Point
from surveyapp.quality.roles import ROLE_NAMES
from surveyapp.quality.sample import Box, Sample, household_key

PARTS: Final = ("roles", "sample", "backchecks")
SAMPLE: Final = tuple(one.name for one in fields(Sample))


class QualitySettingsError(ValueError):
    """A setting that cannot be used; the text says which."""


@dataclass(frozen=True, slots=True)
class QualitySettings:
    """Roles by name ('' = the form has none), the sample, and the form id of the backchecks."""

    roles: Mapping[str, str] = field(default_factory=dict)
    sample: Sample = field(default_factory=Sample)
    back_form: str = ""


def hash_settings(content: Mapping[str, Any]) -> str:
    """The same for the same settings."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def read_quality_settings(content: Any) -> QualitySettings:
    """The settings that JSON states.

    Raises:
        QualitySettingsError: with the name of the setting.
    """
    stated = _mapping(content, "settings", PARTS)
    roles = {role: _text(name, f"roles.{role}") for role, name in _mapping(stated.get("roles", {}), "roles").items()}
    for role in roles:
        if role not in ROLE_NAMES:
            _refuse(f"roles.{role}", f"is no role; there are {', '.join(sorted(ROLE_NAMES))}")
    backs = _mapping(stated.get("backchecks", {}), "backchecks", ("form",))
    form = _text(backs.get("form", ""), "backchecks.form")
    return QualitySettings(roles, _read_sample(_mapping(stated.get("sample", {}), "sample", SAMPLE)), form)


def _read_sample(stated: Mapping[str, Any]) -> Sample:
    strip = stated.get("strip_zeros", False)
    if not isinstance(strip, bool):
        _refuse("sample.strip_zeros", "must be true or false")
    households = _list(stated.get("households", []), "sample.households")
    points = _by_name(stated, "points", _point)
    return Sample(
        households=frozenset(household_key(str(one), strip_zeros=strip) for one in households),
        points={household_key(name, strip_zeros=strip): point for name, point in points.items()},
        centres=_by_name(stated, "centres", _point),
        areas=_by_name(stated, "areas", lambda area, where: [_point(one, where) for one in _list(area, where)]),
        box=_box(stated["box"]) if stated.get("box") is not None else None,
        targets=_by_name(stated, "targets", _whole),
        planned=_by_name(
            stated, "planned", lambda days, where: frozenset(_day(one, where) for one in _list(days, where))
        ),
        strip_zeros=strip,
    )


def _by_name(stated: Mapping[str, Any], name: str, read: Callable[[Any, str], Any]) -> dict[str, Any]:
    listed = _mapping(stated.get(name, {}), f"sample.{name}")
    return {key: read(value, f"sample.{name}.{key}") for key, value in listed.items()}


def _mapping(value: Any, where: str, known: tuple[str, ...] = ()) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        _refuse(where, "must be an object")
    for name in value:
        if known and name not in known:
            _refuse(f"{where}.{name}", f"is not known; there are {', '.join(known)}")
    return value


def _list(value: Any, where: str) -> list[Any]:
    return value if isinstance(value, list) else _refuse(where, "must be a list")


def _text(value: Any, where: str) -> str:
    return value if isinstance(value, str) else _refuse(where, "must be a text")


def _whole(value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        _refuse(where, "must be a whole number")
    return value


def _point(value: Any, where: str) -> Point:
    numbers = _numbers(value, 2, where)
    if abs(numbers[0]) > 90 or abs(numbers[1]) > 180:
        _refuse(where, "must be latitude and longitude")
    return numbers[0], numbers[1]


def _box(value: Any) -> Box:
    return Box(*_numbers(value, 4, "sample.box"))


def _numbers(value: Any, count: int, where: str) -> list[float]:
    good = (
        isinstance(value, list)
        and len(value) == count
        and all(isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one) for one in value)
    )
    return [float(one) for one in value] if good else _refuse(where, f"must be {count} numbers")


def _day(value: Any, where: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(_text(value, where))
    except ValueError:
        _refuse(where, "must be days such as 2026-05-01")


def _refuse(where: str, why: str) -> NoReturn:
    raise QualitySettingsError(f"{where} {why}.")
