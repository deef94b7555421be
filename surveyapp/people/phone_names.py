"""Names: of many phones that are let in at once, and of the apps that run on them."""

import re
from typing import Final

from surveyapp.problems import INVALID_NAME, Problem
from surveyapp.sentences import say

MOST_AT_ONCE: Final = 200
PLACE: Final = "{n}"
# What clients call themselves before the version, and what people call them.
APPS: Final = {
    "org.odk.collect.android": "ODK Collect",
    "org.koboc.collect.android": "KoboCollect",
    "enketo-express": "Enketo",
    "fill": "Web app",
}


def number_names(pattern: str, count: int, first: int = 1) -> list[str]:
    """`count` names from a pattern as "Phone {n}"; numbers have as many digits as the last one, so that they sort.

    Raises:
        Problem: INVALID_NAME.
    """
    if not 1 <= count <= MOST_AT_ONCE or first < 0:
        raise Problem(
            INVALID_NAME,
            say("{count} phones from number {first}.", count=count, first=first),
            remedy=say("Take 1 to {most_at_once} at once.", most_at_once=MOST_AT_ONCE),
        )
    if count == 1 and PLACE not in pattern:
        return [pattern.strip()]
    if PLACE not in pattern:
        pattern = f"{pattern.strip()} {PLACE}"
    digits = len(str(first + count - 1))
    return [pattern.replace(PLACE, str(number).zfill(digits)).strip() for number in range(first, first + count)]


def read_names(text: str) -> list[str]:
    """The names of a pasted list, one a line; the first column where a sheet was pasted. Each counts once.

    Raises:
        Problem: INVALID_NAME.
    """
    names = [line.split("\t")[0].strip() for line in text.splitlines()]
    unique = list(dict.fromkeys(name for name in names if name))
    if len(unique) > MOST_AT_ONCE:
        raise Problem(
            INVALID_NAME,
            say("{count} names.", count=len(unique)),
            remedy=say("Take at most {most_at_once} at once.", most_at_once=MOST_AT_ONCE),
        )
    return unique


def app_title(app: str) -> str:
    """What a phone said it runs, readable: "ODK Collect 2026.3.1" for "org.odk.collect.android/v2026.3.1"."""
    name, _, version = app.partition("/")
    title = APPS.get(name.lower()) or name
    return f"{title} {re.sub(r'^v(?=[0-9])', '', version)}".strip()
