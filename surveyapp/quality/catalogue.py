"""Every check there is, by id; and which findings of other rooms are checks of the catalogue."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from surveyapp.quality import (
    backchecks,
    choice_checks,
    duplicate_checks,
    enumerator_checks,
    family_checks,
    form_checks,
    number_checks,
    place_checks,
    rate_checks,
    record_checks,
    roster_checks,
    time_checks,
)
from surveyapp.quality.declaration import Check, Setting

ROOMS: Final = (
    choice_checks,
    number_checks,
    record_checks,
    roster_checks,
    place_checks,
    time_checks,
    duplicate_checks,
    family_checks,
    rate_checks,
    enumerator_checks,
    form_checks,
    backchecks,
)


def _order(check_id: str) -> tuple[int, int]:
    return "SRGTDEFB".index(check_id[0]), int(check_id[1:])


_declared: Final = [check for room in ROOMS for check in room.CHECKS]
CATALOGUE: Final[Mapping[str, Check]] = MappingProxyType(
    {check.id: check for check in sorted(_declared, key=lambda check: _order(check.id))}
)
assert len(CATALOGUE) == len(_declared), "two checks have one id"

# What is found elsewhere, by the name of the finding there: these are not checked a second time here.
FOUND_ELSEWHERE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "constraint-violated": "S01",
        "out-of-range": "S01",
        "not-relevant-answered": "S02",
        "required-missing": "S02",
        "unknown-choice": "S03",
        "choice-not-offered": "S03",
        "conflict-copy": "D01",
    }
)


def plain_setting(check_id: str) -> Setting:
    """The check with its defaults, on no particular question."""
    return Setting(check_id, CATALOGUE[check_id])
